/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of the compiler share; nobody else includes it. */
#ifndef TWIN_PLC_COMPILE_IMPL_H
#define TWIN_PLC_COMPILE_IMPL_H

#include "twin/plc/compile.h"
#include "twin/plc/convert.h"
#include "twin/plc/functions.h"
#include "twin/plc/layout.h"
#include "twin/plc/standard.h"

enum {
	COMPILE_NEST_MAX = 200, /* blocks within blocks, functions within functions */
	COMPILE_HASH = 256,
};

/** Bytes that grow: the memory, or what an instance of a block begins with. */
struct store {
	uint8_t *bytes;
	uint32_t n, room;
};

/** A constant in a store; once for each value and size. */
struct pooled {
	uint64_t bits;
	uint32_t size, at;
	uint32_t next; /* index + 1 of the next with the same hash */
};

struct pool {
	struct pooled *all;
	size_t n, room;
	uint32_t heads[COMPILE_HASH]; /* index + 1 */
};

/** Temporaries of 8 bytes: their places, the first n_used of which are taken. */
struct temps {
	uint32_t *at;
	size_t n, room, n_used;
};

/** A place to jump to; its jumps wait in a chain through their operand c. */
struct target {
	uint32_t chain; /* index + 1 of the last jump that waits */
	uint32_t at;
	bool bound;
};

/** A string of which a statement may have several. */
struct text_temp {
	uint32_t at, room;
	uint32_t width;
	bool used;
};

/** A call whose target's code is not there yet. */
struct call_fix {
	uint32_t insn;
	const struct pou *pou;
};

/** The body that is being compiled. */
struct body {
	struct body *outer;
	const struct pou *pou; /* NULL: of the configuration */
	bool relative;         /* a block: its frame is its instance */
	uint32_t base;         /* of a program: where its variables are */
	struct store *store;   /* where its temporaries and constants are */
	struct pool *pool;
	struct temps temps;
	struct text_temp *texts;
	size_t n_texts, texts_room;
	struct target leave; /* where RETURN goes */
	struct target *exit; /* of the innermost loop; NULL: none */
	struct target *more; /* of CONTINUE */

	/* its code, which is appended to the whole when it is complete */
	struct insn *code;
	uint8_t *ops;
	size_t n_code, code_room, ops_room;
	struct code_line *lines;
	size_t n_lines, lines_room;
	struct call_fix *fixes;
	size_t n_fixes, fixes_room;
	size_t barrier; /* no instruction before this may be changed any more */
};

/** What the compiler notes of a POU (pou->note). */
struct pou_note {
	enum { POU_NEW, POU_BUSY, POU_DONE } state;
	struct store store;  /* of a block: what an instance begins with */
	uint32_t n_declared; /* bytes of its variables; then come its temporaries */
	uint32_t entry;
	bool has_code;
	/* of a function */
	uint32_t at, size; /* its variables in memory */
	uint32_t pattern;  /* what they begin with at each call */
	/* VAR_TEMP of a block or program: fresh in each call */
	uint32_t temp_first, temp_end, temp_pattern; /* offsets in the instance */
};

/** VAR_INPUT x : BOOL R_EDGE (variable->note): what the body sees of it. */
struct edge_note {
	uint32_t pulse, memory; /* offsets in the instance */
};

struct compiler {
	struct compiled *out;
	struct ast *ast;
	bool coverage;
	int err;
	unsigned nest;
	struct store memory;
	struct pool pool; /* constants in memory */
	struct body *body;
	size_t code_room, ops_room, lines_room, arrays_room, arguments_room, points_room,
		cells_room, instances_room, tasks_room;
	struct call_fix *fixes;
	size_t n_fixes, fixes_room;
};

/** Where a value is. */
struct place {
	enum {
		PLACE_FRAME,   /* at: offset in the frame */
		PLACE_MEMORY,  /* at: offset in memory, from within a block */
		PLACE_ADDRESS, /* at: slot that holds an offset in memory */
	} form;
	uint32_t at;
	uint32_t offset; /* ADDRESS: to be added */
	bool indexed;    /* FRAME: an element, by the slot `index` */
	uint32_t index, n, stride;
	int32_t low;
	uint32_t part; /* of a bit string: shift | bits << 8; 0: all of it */
	const struct type *type;
};

#define NO_SLOT UINT32_MAX

/* ---- compile_emit.c: instructions, constants, temporaries */

/** Room for one element more. @return whether there is */
bool compile_grow(struct compiler *c, void *array, size_t n, size_t *room, size_t each);
#define COMPILE_GROW(c, array, n, room)                                                  \
	compile_grow(c, &(array), n, &(room), sizeof(*(array)))

/** Append. @return its index */
uint32_t emit(struct compiler *c, enum op op, uint32_t a, uint32_t b, uint32_t cc);

/** As emit() with a fresh temporary as a. @return that */
uint32_t emit_value(struct compiler *c, enum op op, uint32_t b, uint32_t cc);

/** From here on the code is of this place. */
void emit_line(struct compiler *c, struct position at);

/** Jump to a label, which may be bound later. */
void emit_jump(struct compiler *c, enum op op, uint32_t a, uint32_t b,
               struct target *label);
void emit_label(struct compiler *c, struct target *label);

/** Let the last instruction, which made temporary `from`, write to `to` at once.
 * @return whether it could */
bool emit_retarget(struct compiler *c, uint32_t from, uint32_t to);

/** An array's description. @return its index */
uint32_t emit_array(struct compiler *c, const struct code_array *array);

/** Call function with n arguments, in the manner of CODE_ABSOLUTE. */
void emit_function(struct compiler *c, enum function f, uint32_t more,
                   const uint32_t *args, uint32_t n);

/** Count a point here. @return nothing without coverage */
void emit_point(struct compiler *c, struct position at, enum program_point_kind kind);

/** Take zeroed bytes of a store. @return their offset */
uint32_t store_take(struct compiler *c, struct store *s, uint64_t size, uint32_t align);

/** A slot of the frame that holds this constant, of 1, 4 or 8 bytes. */
uint32_t constant_slot(struct compiler *c, uint64_t bits, uint32_t size);
uint32_t constant_int(struct compiler *c, int32_t value);

/** A fresh temporary of the frame; temporaries are given back to a mark. */
uint32_t temp_new(struct compiler *c);
size_t temp_mark(const struct compiler *c);
void temp_release(struct compiler *c, size_t mark);
bool temp_is(const struct compiler *c, uint32_t slot);

/** A string in memory for the statement. @return its offset | CODE_ABSOLUTE */
uint32_t temp_text(struct compiler *c, uint32_t room, uint32_t width);

/** Complain, once: the program cannot be compiled. */
void compile_fail(struct compiler *c, struct position at, const char *text);

/* ---- compile_place.c: variables */

/** Where the path e leads. */
struct place place_of(struct compiler *c, const struct expr *e);
struct place place_of_variable(struct compiler *c, const struct variable *v);
/** A variable of type t `offset` bytes into p. */
struct place place_within(struct compiler *c, const struct place *p, uint32_t offset,
                          const struct type *t);

/** Its value in a slot: its own where that is possible. */
uint32_t place_load(struct compiler *c, const struct place *p);

/** Store slot, whose value is one of p's type already. */
void place_store(struct compiler *c, const struct place *p, uint32_t slot);

/** A slot that holds its address in memory. */
uint32_t place_address(struct compiler *c, const struct place *p);

/** As argument of emit_function(). */
uint32_t place_argument(struct compiler *c, const struct place *p);

/** Copy n bytes. */
void place_copy(struct compiler *c, const struct place *to, const struct place *from,
                uint32_t n);

/* ---- compile_expr.c: values */

/** e's value, converted to its target, in a slot.  Of a type below 32 bits it may be
 * beyond it (*loose). */
uint32_t expr_slot(struct compiler *c, const struct expr *e, bool *loose);

/** As above, never beyond its type. */
uint32_t expr_tight(struct compiler *c, const struct expr *e);

/** A string, as argument of emit_function(). */
uint32_t expr_text(struct compiler *c, const struct expr *e);

/** Most characters that it can have. */
uint32_t expr_text_room(const struct expr *e);

/** An array, structure, or block. */
struct place expr_whole(struct compiler *c, const struct expr *e);

/** The type after conversion. */
const struct type *expr_type(const struct expr *e);

/** Jump to label if e is `sense`. */
void expr_jump(struct compiler *c, const struct expr *e, bool sense,
               struct target *label);

/** Store the value of e in p, whatever its type. */
void expr_assign(struct compiler *c, const struct place *p, const struct expr *e);

/** Store slot, a value of type `from`, in p: wrapped, checked, converted. */
void expr_store(struct compiler *c, const struct place *p, uint32_t slot,
                const struct type *from);

/** slot's value as another type. */
uint32_t expr_convert(struct compiler *c, uint32_t slot, const struct type *from,
                      const struct type *to);

/** An index or length, whatever its type, as a DINT. */
uint32_t expr_index(struct compiler *c, const struct expr *e);

/** Into the range of a narrow type. */
uint32_t expr_wrap(struct compiler *c, uint32_t slot, const struct type *t);

/** Compare two slots of type t by a JNE.. or NE..: the op for its slot, of the one for
 * SLOT_I. */
enum op expr_op(enum op of_i, enum slot slot);

/* ---- compile_logic.c: networks of contacts */

/** AND, OR, XOR, NOT, = and <> of BOOL. */
bool logic_is(const struct expr *e);

/** Its value in a slot, before what converts it. */
uint32_t logic_slot(struct compiler *c, const struct expr *e);

/* ---- compile_call.c, compile_standard.c: calls */

/** A call that is a statement. */
void call_statement(struct compiler *c, const struct expr *e);

/** A call that gives a scalar; a string; a whole. */
uint32_t call_slot(struct compiler *c, const struct expr *e);
uint32_t call_text(struct compiler *c, const struct expr *e);
struct place call_whole(struct compiler *c, const struct expr *e);

/** The argument of a call that is EN, or ENO; NULL. */
const struct item *call_item(const struct expr *e, uint32_t standard);

/** `=> target` of a call: slot is a value of type t. */
void call_output(struct compiler *c, const struct item *i, const struct place *from);

/** A standard function, without its EN and ENO. */
uint32_t standard_slot(struct compiler *c, const struct expr *e);
uint32_t standard_text(struct compiler *c, const struct expr *e);

/* ---- compile_stmt.c, compile_pou.c: bodies */

void stmt_list(struct compiler *c, const struct stmt *s);

/** Lay out and compile what has not been yet. */
struct pou_note *pou_ready(struct compiler *c, const struct pou *pou);

/** Lay out what type t contains, then its size. */
uint32_t pou_type_size(struct compiler *c, const struct type *t, struct position at);

/** What an instance of a block begins with. */
const uint8_t *compile_template(const struct pou *pou);

/** A name of a table in capitals against a key. */
bool compile_same_name(const char *word, const char *key);

/** Give a global its place. */
void pou_global(struct compiler *c, struct variable *v);

/** All programs, their tasks and connections. */
void pou_configuration(struct compiler *c);

#endif
