/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the files of the parser share: tokens with a look ahead, complaints without echo,
 * and where to go on after a mistake.
 *
 * A function parser_<thing>() stands at the first token of the thing and leaves behind
 * its last.  After a complaint the parser is in `panic`: it says nothing more until
 * parser_recover() has found a place from where the text makes sense again.
 */
#ifndef TWIN_PLC_PARSER_IMPL_H
#define TWIN_PLC_PARSER_IMPL_H

#include "twin/plc/lexer.h"

enum { PARSER_AHEAD = 8 }; /* tokens, a power of two */

/** What is open around the current token, innermost last. */
struct opened {
	enum token_kind begin, end; /* WORD_IF, WORD_END_IF */
	struct position at;
	uint16_t length;
	struct position else_if; /* of an IF on the line of its ELSE; line 0: none */
};

struct parser {
	struct ast *ast;
	struct sources *sources;
	struct lexer lexer;
	struct token ring[PARSER_AHEAD]; /* tokens that are read */
	unsigned first, n;
	struct token last; /* the one that was taken last */
	bool panic;
	bool closing;   /* an END_ is missing, complained about; until a token is taken */
	bool in_access; /* a path of VAR_ACCESS or VAR_CONFIG, which may end in an address
	                 */
	unsigned brackets; /* ( and [ that are open in the current statement */
	unsigned depth;    /* of parentheses and statements */
	struct opened open[AST_NEST_MAX + 2];
	unsigned n_open;
	struct opened slip; /* what an END_ in the column of something around it has
	                     * ended: perhaps its own is missing; line 0: none */
	unsigned scans;     /* looks far ahead, which are not unlimited */
	uint64_t spare[64]; /* what parser_new() returns without memory */
	/* where lists end */
	struct type_decl **types;
	struct pou **pous;
	struct variable **globals;
	struct configuration **configurations;
};

/* parser_base.c */

/** The token k ahead, 0 being the current one; k < PARSER_AHEAD. */
const struct token *parser_peek(struct parser *p, unsigned k);
enum token_kind parser_kind(struct parser *p, unsigned k);

/** Take the current token; it is p->last then. */
void parser_take(struct parser *p);

/** Take it if it is of that kind. */
bool parser_accept(struct parser *p, enum token_kind kind);

/** Whether the current token is a name that is spelt so (in capitals): what is a word in
 * one place only. */
bool parser_is(struct parser *p, unsigned k, const char *word);

/** size bytes, zeroed; where memory ran out the spare, which nobody will read: the parser
 * then sees the end of the file. */
void *parser_new(struct parser *p, size_t size);

/** The name that the current token is; it is not taken. */
struct name parser_name_of(struct parser *p);

/** A name that is wanted, for what ("the variable"); text NULL, and panic, where there is
 * none.  A keyword is complained about and taken. */
struct name parser_name(struct parser *p, const char *what);

/** Complain at the current token, unless in panic or the token is bad; panic then. */
void parser_fail(struct parser *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Complain at a place without panic: how it goes on is clear. */
void parser_remark(struct parser *p, struct position at, uint16_t length,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/** The same at the current token. */
void parser_remark_here(struct parser *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Whether a complaint at the current token would be no echo. */
bool parser_may_fail(struct parser *p);

/** "';'", "the name Motor", "END_IF" of the current token, for messages; until the next
 * call. */
const char *parser_found(struct parser *p);

/** Take a token of that kind; else say that it is missing, and where: behind the last
 * token if what follows may stand there (`go_on`), in which case nothing else is said. */
bool parser_expect(struct parser *p, enum token_kind kind, const char *where);

/** Right behind the last token. */
struct position parser_behind(const struct parser *p);

/** Go to behind the next ';', or before what begins or ends a statement, a section or a
 * unit; panic is over. */
void parser_recover(struct parser *p);

/** Skip to behind a word, or to the end of the file. */
void parser_skip_behind(struct parser *p, const char *word);

/** Whether a word begins or ends a statement, or ends a section. */
bool parser_is_edge(enum token_kind kind);

/** Whether a token begins or ends a POU, a TYPE, a configuration. */
bool parser_is_unit_edge(enum token_kind kind);

/** Whether it begins a section of declarations. */
bool parser_is_section(enum token_kind kind);

/** Something is open until its END_; parser_shut() takes the END_ or says it is missing.
 */
bool parser_open(struct parser *p, enum token_kind begin, enum token_kind end);
void parser_shut(struct parser *p);

/** Whether the current token ends what is open, or something around it. */
bool parser_at_end(struct parser *p);

/** Whether it is an END_ of which nothing is open, but stands where another one is meant:
 * none of that other kind follows. */
bool parser_at_wrong_end(struct parser *p);

/** A list's end: where its next element is linked. */
#define PARSER_APPEND(tail, element)                                                     \
	do {                                                                             \
		*(tail) = (element);                                                     \
		(tail) = &(element)->next;                                               \
	} while (0)

/* parser_expr.c */
struct expr *parser_expr(struct parser *p);

/** A variable: name, address, with fields, indices and bits. */
struct expr *parser_path(struct parser *p);

/** (...) behind a name: a call. */
struct expr *parser_call(struct parser *p, struct expr *callee);

/** What stands behind := of a declaration. */
struct expr *parser_initial(struct parser *p);

struct expr *parser_expr_new(struct parser *p, enum expr_kind kind);

/* parser_stmt.c */

/** Statements up to what ends them. */
struct stmt *parser_stmts(struct parser *p);

/* parser_type.c */
struct type_spec *parser_spec(struct parser *p);

/* parser_decl.c */

/** VAR ... END_VAR of any kind but VAR_ACCESS and VAR_CONFIG, onto a list. */
struct variable **parser_section(struct parser *p, struct variable **tail);

/** Declarations of fields up to END_STRUCT. */
struct variable *parser_fields(struct parser *p);

/** AT %IX0.0; NULL where there is none. */
struct direct *parser_at(struct parser *p);

/** `:= value` if it is there; `=` is complained about. */
struct expr *parser_assigned(struct parser *p);

/** The ';' behind a declaration. */
void parser_semicolon(struct parser *p, const char *behind);

/* parser_config.c */
void parser_configuration(struct parser *p);

/** VAR_ACCESS ... END_VAR, onto a list. */
struct access **parser_accesses(struct parser *p, struct access **tail);

/* parser_other.c: what is not supported, named and skipped */

/** Whether a unit begins that is not supported; if so it is complained about, and
 * skipped. */
bool parser_foreign_unit(struct parser *p);

/** The same within a POU: METHOD, ACTION, SFC, a body in Instruction List. */
bool parser_foreign_body(struct parser *p);

/** Whether a type begins that is not supported; complained about. */
bool parser_foreign_type(struct parser *p);

#endif
