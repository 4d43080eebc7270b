/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The tree of a Structured Text program, as the parser leaves it and the checker
 * annotates it.  Everything lives in sources_region(); nothing is freed by itself.
 *
 * Lists are linked by `next`, in order of the text.  What the parser fills stands first
 * in each struct; below "by the checker" is what it leaves zero.  Where the text was
 * wrong the parser has complained and left EXPR_BAD, or left the thing out: the tree of a
 * program with errors may be checked (for further ones), never compiled.
 *
 * Letters from the standard, edition 2: B.1.3 types, B.1.4 variables, B.1.5 POUs, B.1.7
 * configuration, B.3 language ST.
 */
#ifndef TWIN_PLC_AST_H
#define TWIN_PLC_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/plc/sources.h"
#include "twin/plc/type.h"

enum {
	AST_EXPR_DEPTH_MAX = 1000, /* levels of one expression, also a + b + c + ... */
	AST_NEST_MAX = 100,        /* parentheses and statements within each other */
	AST_NAME_MAX = 255,        /* characters of a name */
};

/** A name where it stands.  Two are the same name if their keys are the same pointer:
 * keys are interned for all files of one struct ast, letters folded to lower case. */
struct name {
	const char *text; /* as written; NULL: there is none */
	const char *key;  /* folded, NUL-terminated; see ast_key() */
	struct position at;
	uint16_t length; /* characters */
};

/** %IX0.0, %QW3, %M*; without a size letter it is X. */
struct direct {
	char area;         /* 'I', 'Q', 'M' */
	char size;         /* 'X', 'B', 'W', 'D', 'L' */
	bool incomplete;   /* %I*: the place is given by VAR_CONFIG */
	uint32_t parts[4]; /* between the points */
	uint32_t n_parts;
	struct position at;
	uint16_t length;
};

/* ---- constants ------------------------------------------------------------------------
 */

enum constant_kind {
	CONSTANT_NONE,
	CONSTANT_INTEGER, /* BOOL, bit strings, integers, enumerations, time and date (ns)
	                   */
	CONSTANT_REAL,
	CONSTANT_STRING,
};

/** A value known before the program runs. */
struct constant {
	enum constant_kind kind;
	bool negative; /* of an integer: bits are an int64 < 0; else a uint64 */
	union {
		uint64_t bits;
		double real;
		struct {
			const void *data; /* uint8_t of STRING, uint16_t of WSTRING */
			uint32_t length;  /* in these */
		} string;
	} u;
};

/* ---- expressions ----------------------------------------------------------------------
 */

enum expr_kind {
	EXPR_BAD,     /* was complained about */
	EXPR_LITERAL, /* constant, and literal_type where the text says one */
	EXPR_NAME,    /* variable, enumerator, function as written alone */
	EXPR_ENUM,    /* Colour#red */
	EXPR_DIRECT,  /* %IX0.0 */
	EXPR_FIELD,   /* base.name */
	EXPR_INDEX,   /* base[items], one item a dimension */
	EXPR_BITS,    /* base.3, base.%X3, base.%B1: a part of a bit string (edition 3) */
	EXPR_UNARY,
	EXPR_BINARY,
	EXPR_CALL,   /* function, or a block's instance where it is a statement */
	EXPR_LIST,   /* [1, 2, 3(0)]: only as an initial value */
	EXPR_RECORD, /* (x := 1, y := 2): only as an initial value */
};

enum operator{
	OPERATOR_NEGATE, /* unary */
	OPERATOR_PLUS,
	OPERATOR_NOT,
	OPERATOR_POWER, /* binary */
	OPERATOR_MULTIPLY,
	OPERATOR_DIVIDE,
	OPERATOR_MOD,
	OPERATOR_ADD,
	OPERATOR_SUBTRACT,
	OPERATOR_LESS,
	OPERATOR_GREATER,
	OPERATOR_LESS_EQUAL,
	OPERATOR_GREATER_EQUAL,
	OPERATOR_EQUAL,
	OPERATOR_NOT_EQUAL,
	OPERATOR_AND, /* also & */
	OPERATOR_XOR,
	OPERATOR_OR,
};

/** One thing between commas: argument of a call, index, element of an initial value. */
struct item {
	struct item *next;
	struct name name;    /* x := v, x => v; text NULL where there is none */
	struct expr *value;  /* NULL: f(x =>), 3(), which leave it out */
	struct expr *repeat; /* EXPR_LIST: 3(0); else NULL */
	struct item *rest;   /* 3(0, 1): the values behind the first; else NULL */
	bool output;         /* => */
	bool negated;        /* NOT x => v */
	/* by the checker */
	struct variable *parameter; /* which one of a declared function or block it is */
	uint32_t standard;          /* which one of a standard one, index */
};

struct expr {
	enum expr_kind kind;
	uint16_t length;    /* characters from at on, to underline (of one line) */
	uint16_t depth;     /* 1 and the deepest below it */
	bool parentheses;   /* stands in ( ) of its own */
	struct position at; /* of its first character; of a binary one: of the operator */
	union {
		struct {
			struct constant value;
			const struct type *type; /* INT#5, T#5s; NULL where not said */
			bool hex;                /* 16#FF, 8#17, 2#1: a bit pattern too */
		} literal;
		struct name name; /* EXPR_NAME */
		struct {
			struct name type, value; /* EXPR_ENUM */
		} enumerator;
		struct direct direct;
		struct {
			struct expr *base;
			struct name name;
		} field;
		struct {
			struct expr *base;
			struct item *items;
			uint32_t n;
		} index;
		struct {
			struct expr *base;
			char size; /* 'X', 'B', 'W', 'D' */
			uint32_t number;
		} bits;
		struct {
			enum operator op;
			struct expr *left, *right; /* right NULL where unary */
		} operation;
		struct {
			struct expr *callee; /* EXPR_NAME, or a path to an instance */
			struct item *items;
			uint32_t n;
		} call;
		struct {
			struct item *items;
			uint32_t n;
		} list; /* EXPR_LIST, EXPR_RECORD */
	} u;
	/* by the checker */
	const struct type *type;   /* of its value, before what widens it */
	const struct type *target; /* what it is to be converted to; NULL: as it is */
	const struct constant *constant; /* of its value where known, in type */
	struct variable *variable;       /* EXPR_NAME, EXPR_DIRECT: what it is */
	struct pou *callee;              /* EXPR_CALL of a declared function or block */
	uint32_t standard; /* EXPR_CALL of a standard one, id of standard.h; else 0 */
	uint32_t field;    /* EXPR_FIELD: index in the structure's fields */
	void *note;        /* free for who compiles */
};

/* ---- statements -----------------------------------------------------------------------
 */

enum stmt_kind {
	STMT_ASSIGN,
	STMT_CALL, /* a block's instance, or a function whose result is dropped */
	STMT_IF,
	STMT_CASE,
	STMT_FOR,
	STMT_WHILE,
	STMT_REPEAT,
	STMT_EXIT,
	STMT_CONTINUE,
	STMT_RETURN,
};

/** IF or ELSIF with what follows, or one branch of CASE. */
struct branch {
	struct branch *next;
	struct position at;
	struct expr *condition; /* IF */
	struct label *labels;   /* CASE */
	struct stmt *body;      /* NULL: empty */
	/* by the checker or the compiler */
	uint32_t id; /* counted through the program, for coverage */
};

/** 1 or 1..5 of CASE. */
struct label {
	struct label *next;
	struct expr *low, *high; /* high NULL: a single value */
};

struct stmt {
	struct stmt *next;
	enum stmt_kind kind;
	struct position at; /* of its first character */
	uint16_t length;
	union {
		struct {
			struct expr *target, *value;
		} assign;
		struct expr *call; /* EXPR_CALL */
		struct {
			struct branch
				*branches; /* at least one of IF; none of CASE is said */
			struct expr *selector; /* CASE */
			bool has_else;
			struct position else_at;
			struct stmt *otherwise;
		} choice; /* STMT_IF, STMT_CASE */
		struct {
			struct expr *variable;       /* EXPR_NAME, or a path */
			struct expr *from, *to, *by; /* by NULL: 1 */
			struct stmt *body;
		} loop; /* STMT_FOR */
		struct {
			struct expr *condition;
			struct stmt *body;
		} until; /* STMT_WHILE, STMT_REPEAT */
	} u;
	/* by the checker or the compiler */
	uint32_t id, else_id; /* counted through the program, for coverage */
};

/* ---- declarations ---------------------------------------------------------------------
 */

enum spec_kind {
	SPEC_BAD,
	SPEC_NAMED,  /* elementary, declared, or a block */
	SPEC_STRING, /* STRING, STRING[20], STRING(20), WSTRING likewise */
	SPEC_SUBRANGE,
	SPEC_ENUM,
	SPEC_ARRAY,
	SPEC_STRUCT,
};

struct spec_range {
	struct spec_range *next;
	struct expr *low, *high;
};

/** red, or red := 3 (edition 3) of an enumeration. */
struct spec_value {
	struct spec_value *next;
	struct name name;
	struct expr *value; /* NULL: one more than the one before */
};

/** A type as written.  Shared by the names of one declaration (a, b : INT). */
struct type_spec {
	enum spec_kind kind;
	struct position at;
	uint16_t length;
	struct name name;  /* NAMED; the base of SUBRANGE; base of ENUM, text NULL: INT */
	bool wide;         /* STRING: it is WSTRING */
	struct expr *size; /* STRING: most characters; NULL: default */
	struct spec_range *ranges; /* SUBRANGE: one; ARRAY: one a dimension */
	uint32_t n_ranges;
	struct type_spec *element; /* ARRAY */
	struct spec_value *values; /* ENUM */
	struct variable *fields;   /* STRUCT, section SECTION_FIELD */
	/* by the checker */
	const struct type *type;
};

enum section {
	SECTION_VAR,
	SECTION_INPUT,
	SECTION_OUTPUT,
	SECTION_IN_OUT,
	SECTION_TEMP,
	SECTION_EXTERNAL,
	SECTION_GLOBAL,
	SECTION_FIELD,  /* of a structure */
	SECTION_RESULT, /* what a function returns; pou->result */
};

enum retain { RETAIN_UNSAID, RETAIN_YES, RETAIN_NO };
enum edge { EDGE_NONE, EDGE_RISING, EDGE_FALLING };

/** One variable; `a, b : INT := 3` are two that share spec and initial. */
struct variable {
	struct variable *next;
	struct name name; /* text NULL: AT %QW5 : INT */
	enum section section;
	enum retain retain;
	bool constant;
	enum edge edge;        /* VAR_INPUT x : BOOL R_EDGE */
	struct direct *direct; /* AT; else NULL */
	struct type_spec *spec;
	struct expr *initial; /* NULL: the type's */
	/* by the checker */
	const struct type *type;
	struct pou *pou;           /* where it is declared; NULL: global */
	struct resource *resource; /* of a global of a resource; else NULL */
	struct variable *global;   /* EXTERNAL: what it stands for */
	struct constant *value;    /* CONSTANT: its value where it is one */
	uint32_t reads, writes;    /* for warnings */
	uint32_t offset;           /* for who lays out memory */
	void *note;
};

/** VAR_ACCESS name : path : type READ_ONLY. */
struct access {
	struct access *next;
	struct name name;
	struct expr *path;
	struct type_spec *spec;
	bool writable;
};

enum pou_kind { POU_FUNCTION, POU_BLOCK, POU_PROGRAM };

struct pou {
	struct pou *next;
	enum pou_kind kind;
	struct name name;
	struct variable *result;    /* of a function, called as it; else NULL */
	struct variable *variables; /* in order, of all sections */
	struct access *accesses;    /* VAR_ACCESS of a program */
	struct stmt *body;
	struct position at, end; /* of FUNCTION and of END_FUNCTION */
	/* by the checker */
	struct type *type; /* KIND_BLOCK of a block or program */
	void *scope;
	bool checked;
	void *note; /* free for who compiles */
};

/** TYPE name : spec := initial. */
struct type_decl {
	struct type_decl *next;
	struct name name;
	struct type_spec *spec;
	struct expr *initial;
	/* by the checker */
	const struct type *type;
	bool busy; /* being resolved: a type that holds itself */
};

/* ---- configuration --------------------------------------------------------------------
 */

struct task {
	struct task *next;
	struct name name;
	struct expr *interval; /* NULL: none */
	struct expr *single;   /* runs at its rising edge; NULL: none */
	struct expr *priority; /* NULL: not said, which the standard does not allow */
	/* by the checker */
	int64_t interval_ns; /* 0: none */
	uint32_t priority_value;
};

/** One line within the parentheses of PROGRAM p WITH t : T (...). */
struct connection {
	struct connection *next;
	struct position at;
	struct expr *inner; /* the program's variable, or its block's instance */
	struct expr *outer; /* constant, global or direct; NULL where task is set */
	bool output;        /* inner => outer */
	struct name task;   /* fb WITH t; else text NULL */
};

/** PROGRAM p WITH t : T (...). */
struct instance {
	struct instance *next;
	struct name name, task, type; /* task.text NULL: in the background, every cycle */
	enum retain retain;
	struct connection *connections;
	/* by the checker */
	struct task *task_found;
	struct pou *pou;
	void *note;
};

struct resource {
	struct resource *next;
	struct name
		name;   /* text NULL: tasks and programs directly in the configuration */
	struct name on; /* RESOURCE name ON on */
	struct variable *globals;
	struct task *tasks;
	struct instance *instances;
	struct position at, end;
};

/** VAR_CONFIG path AT %QX0.0 : BOOL := TRUE. */
struct preset {
	struct preset *next;
	struct expr *path;
	struct direct *direct; /* NULL: none */
	struct type_spec *spec;
	struct expr *initial; /* NULL: none */
	/* by the checker */
	struct variable *variable;
};

struct configuration {
	struct configuration *next;
	struct name name;
	struct variable *globals;
	struct resource *resources;
	struct access *accesses;
	struct preset *presets;
	struct position at, end;
};

/** All files together. */
struct ast {
	struct sources *sources;
	struct region *region; /* sources_region(sources) */
	struct type_decl *types;
	struct pou *pous;
	struct variable *globals; /* VAR_GLOBAL outside of a configuration (not in the
	                             standard; CODESYS writes such files) */
	struct configuration *configurations;
	struct keys *keys; /* see ast_key() */
};

/** The interned key of a name: the same pointer for the same name in any case of letters;
 * NULL where memory ran out. */
const char *ast_key(struct ast *ast, const char *name, size_t n);

/** "FUNCTION_BLOCK", "VAR_INPUT", "AND": as the language writes it; static. */
const char *ast_pou_word(enum pou_kind kind);
const char *ast_section_word(enum section section);
const char *ast_operator_word(enum operator op);

#endif
