/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of the checker share; nobody else includes it. */
#ifndef TWIN_PLC_CHECK_IMPL_H
#define TWIN_PLC_CHECK_IMPL_H

#include "twin/plc/check.h"
#include "twin/plc/standard.h"
#include "twin/plc/table.h"

/** One value of an enumeration; values of several types may share a name. */
struct check_value {
	struct check_value *next; /* of the same name */
	const struct type *type;
	int64_t value;
	const struct pou *pou; /* of a type without name: where it is known; else NULL */
};

/** A FOR whose body is being checked, innermost first. */
struct check_loop {
	struct check_loop *outer;
	struct variable *variable; /* what counts; NULL: of WHILE and REPEAT */
};

struct check {
	struct ast *ast;
	struct sources *sources;
	struct region *region;
	struct table types;   /* struct type_decl */
	struct table pous;    /* struct pou */
	struct table globals; /* struct variable, outside of a CONFIGURATION: known
	                         everywhere */
	struct table shared;  /* struct variable, of a CONFIGURATION: by VAR_EXTERNAL */
	struct table values;  /* struct check_value */
	struct table said;    /* names that were complained about, of types and POUs */
	uint32_t suggestions; /* how often a nearest name was searched */
	struct table ready;   /* variables, see check_variable_ready() */
	struct table bytes;   /* uint64_t by struct type, see check_bytes() */
	struct table holds;   /* likewise, see check_holds_block() */
	struct table places; /* struct variable by address, see check_placed_variable() */
	struct table calls;  /* struct check_edge by struct pou */
	struct table parts;  /* likewise, of instances */
	struct table writers; /* struct check_writer by struct variable */
	const struct type *standards[STANDARD_END - STANDARD_SR]; /* once asked for */
	struct variable first_scan; /* known everywhere, TRUE in the first scan */

	/* of the body that is being checked */
	struct pou *pou;
	struct check_loop *loops;
	const struct stmt *list; /* the statements that are being checked */
	const char *word;        /* what its author calls an operator: "ADD"; NULL: "+" */
};

/** One POU needs another: calls it, or holds an instance of it. */
struct check_edge {
	struct check_edge *next;
	struct pou *to;
	struct position at;
	uint16_t length;
	struct variable *variable; /* the instance; NULL: a call */
};

/** Where an output was written last, for warnings. */
struct check_writer {
	const struct pou *pou;
	struct position at;
	const struct stmt *list; /* the statements among which it stands */
	uint32_t reads;          /* of the variable, until then */
	bool told;
};

/** Where a value goes, for the sentence. */
struct check_slot {
	const struct type *type;
	const struct name *name; /* what takes it; NULL: not said */
	const char *text;        /* likewise, of a standard one; NULL: none */
};

/* A name as the two arguments of "%.*s". */
#define CHECK_NAME(name) (int)(name)->length, (name)->text

/* ---- check_name.c: who is called how */

/** Tables of types, POUs and globals; complains of names that stand twice. */
void check_names(struct check *c);

/** Values of an enumeration become known; pou as in struct check_value. */
void check_values(struct check *c, const struct type *t, const struct pou *pou);

/** The variable of that name where the body stands: its own, its function's result, a
 * global of the file; outside of a body any global; NULL. */
struct variable *check_variable(struct check *c, const struct name *name);

/** The first value of that name that is known here; NULL. */
const struct check_value *check_value(const struct check *c, const char *key);

/** The one of type t; NULL. */
const struct check_value *check_value_of(const struct check *c, const char *key,
                                         const struct type *t);

/** Complain of a name that nothing has, with the nearest one; once in a body. */
void check_unknown_variable(struct check *c, const struct name *name);
void check_unknown_type(struct check *c, const struct name *name);
void check_unknown_function(struct check *c, const struct name *name);
void check_unknown_field(struct check *c, const struct name *name, const struct type *t);

/* ---- check_type.c: types as written to types */

/** The type of spec, made once; never NULL. */
const struct type *check_spec(struct check *c, struct type_spec *spec);

/** The type declared as d; never NULL. */
const struct type *check_type_decl(struct check *c, struct type_decl *d);

/** The type of that name: elementary, declared, block; NULL, without a complaint. */
const struct type *check_type_named(struct check *c, const struct name *name);

/** The same in all: name or, without names, structure. */
bool check_same_type(const struct type *a, const struct type *b);

/** As type_text(), but a STRING of the default length is just that. */
const char *check_text(struct check *c, const struct type *t);

/** Bytes, roughly and saturating, before anybody laid it out. */
uint64_t check_bytes(struct check *c, const struct type *t);

/** An instance of a block stands in it. */
bool check_holds_block(struct check *c, const struct type *t);

/* ---- check_initial.c: values that stand in declarations */

/** Check an initial value of that type; what it contains gets its types. */
void check_initial(struct check *c, struct expr *e, const struct check_slot *slot);

/* ---- check_declare.c: variables */

/** Types, initial values and scopes of all globals and POUs. */
void check_declarations(struct check *c);

/** The type and, of a constant, the value of v, which may stand further below. */
void check_variable_ready(struct check *c, struct variable *v);

/* ---- check_address.c */

/** AT of v, whose type is known. */
void check_address(struct check *c, struct variable *v);

/** BOOL of %IX, WORD of %IW ... */
const struct type *check_direct_type(const struct direct *d);

/** %IX0.8 and such; true where it is a place. */
bool check_direct(struct check *c, const struct direct *d);

/** Let d's address be known as that of v, unless it is another's already. */
void check_place(struct check *c, const struct direct *d, struct variable *v);

/** What stands at d: the global, or the variable of this POU, that was declared there,
 * else one made for it; NULL without memory. */
struct variable *check_placed_variable(struct check *c, struct direct *d);

/** Two variables at one place. */
void check_overlaps(struct check *c);

/* ---- check_constant.c: values known before the program runs */

struct constant *check_integer_new(struct check *c, uint64_t magnitude, bool negative);
struct constant *check_real_new(struct check *c, double value);

/** Below zero as int64, for what is within it; saturates. */
int64_t check_int64(const struct constant *k);

/** -1, 0, 1 of two integers. */
int check_compare(const struct constant *a, const struct constant *b);

/** e's value in the type it is converted to where it stands; NULL where not known. */
const struct constant *check_converted(struct check *c, const struct expr *e);

/** Is the value one of that type? */
bool check_in_range(const struct constant *k, const struct type *t);

/** The value of e's operator from those of its operands, into e->constant where it can be
 * known; complains of what can never work. */
void check_fold(struct check *c, struct expr *e);

/** Check e and demand a constant integer or enumerator; NULL where it is none, said. */
const struct constant *check_constant_integer(struct check *c, struct expr *e,
                                              const struct type *want, const char *what);

/* ---- check_fit.c: which value fits where */

/** The types of literals that nothing has given a type yet. */
extern const struct type check_any_integer, check_any_real;
bool check_is_open(const struct type *t);

/** May a value of type from stand where to is wanted, by itself (edition 3, figure 12)?
 */
bool check_widens(const struct type *from, const struct type *to);

/** The narrowest type that both widen to; NULL where there is none. */
const struct type *check_common(const struct type *a, const struct type *b);

/** Let e, an open or direct one, have type t where it can; false where it cannot. */
bool check_adopt(struct check *c, struct expr *e, const struct type *t);

/** May a value of type t stand at the place e, %QW3, in whatever type that is known? */
bool check_adopt_place(struct expr *e, const struct type *t);

/** e in the slot: adopt, widen, or complain; false where it was complained. */
bool check_fit(struct check *c, struct expr *e, const struct check_slot *slot);

/** Note that e, which widens to t, is to be converted where that is another type; texts
 * are cut when they are stored. */
void check_widen(struct expr *e, const struct type *t);

/** Give an open type its default (INT, DINT ..., REAL or LREAL). */
void check_settle(struct check *c, struct expr *e);

/** Where to underline a whole expression. */
struct position check_start(const struct expr *e);
uint16_t check_length(const struct expr *e);

/** A text in the region; never NULL, and at least SOURCES_MESSAGE_MAX zeros without
 * memory. */
const char *check_format(struct check *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void check_say(struct check *c, const struct expr *e, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- check_expr.c, check_operator.c, check_call.c, check_standard.c */

/** Types of e and all below; want is the type wanted where it stands, or NULL.  Open
 * types remain: check_fit() or check_settle() follow. */
void check_expr(struct check *c, struct expr *e, const struct type *want);

/** e, or an EXPR_BAD where the parser left none. */
struct expr *check_some(struct check *c, struct expr *e);

/** A value in a slot: both of the above. */
void check_value_in(struct check *c, struct expr *e, const struct check_slot *slot);

/** A BOOL that decides: IF, WHILE ... */
void check_condition(struct check *c, struct expr *e, const char *word);

/** Something that can be written to, in a body. */
void check_target(struct check *c, struct expr *e);

/** The variable at the bottom of a path: of a.b[3].c, a; NULL. */
struct variable *check_root(const struct expr *e);

void check_operation(struct check *c, struct expr *e, const struct type *want);

/** An operator whose operands are checked already. */
void check_combine(struct check *c, struct expr *e, const struct type *want);

/** A call that gives a value, or that is a statement. */
void check_call(struct check *c, struct expr *e, const struct type *want, bool statement);
void check_standard_call(struct check *c, struct expr *e,
                         const struct standard_function *f, const struct type *want);

/** Argument EN or ENO of any call; true where it was one. */
bool check_enable(struct check *c, struct item *item);

/** Arguments of a call that was wrong, for mistakes of their own. */
void check_arguments_alone(struct check *c, struct expr *e);

/** One call has both names and no names; said. */
bool check_is_mixed(struct check *c, const struct expr *e);

/** Does the name say that, in any case of letters? */
bool check_is_called(const struct name *name, const char *word);

/* ---- check_stmt.c, check_case.c */

void check_body(struct check *c, struct pou *pou);
void check_statements(struct check *c, struct stmt *list);
void check_case(struct check *c, struct stmt *s);

/* ---- check_config.c, check_cycle.c, check_flow.c, check_unused.c */

void check_configurations(struct check *c);

/** Note that `from` needs edge->to; edge is copied. */
void check_need(struct check *c, struct table *t, const struct pou *from,
                const struct check_edge *edge);

/** Functions and blocks that call themselves, also over others. */
void check_recursion(struct check *c);

/** Blocks that hold an instance of themselves, also over others; their types become
 * KIND_ERROR. */
void check_containment(struct check *c);

/** Statements that are never reached. */
void check_flow(struct check *c, const struct pou *p);

/** Variables that nobody uses. */
void check_unused(struct check *c);

/** e, a target in the body, is written: warn of a second writer of an output. */
void check_writer(struct check *c, const struct expr *e, bool assigned);

#endif
