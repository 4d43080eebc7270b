/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "twin/plc/compile_impl.h"

const struct item *call_item(const struct expr *e, uint32_t standard)
{
	for (const struct item *i = e->u.call.items; i; i = i->next) {
		if (i->standard == standard && !i->parameter) {
			return i;
		}
	}
	return NULL;
}

static const struct item *item_of(const struct expr *e, const struct variable *v)
{
	for (const struct item *i = e->u.call.items; i; i = i->next) {
		if (i->parameter == v) {
			return i;
		}
	}
	return NULL;
}

/* ---- EN and ENO
 * ------------------------------------------------------------------------
 */

/* Where there is EN and it is FALSE, go to past. */
static void enable(struct compiler *c, const struct expr *e, struct target *past)
{
	const struct item *en = call_item(e, STANDARD_EN);

	if (en && en->value) {
		expr_jump(c, en->value, false, past);
	}
}

static void say_enabled(struct compiler *c, const struct expr *e, bool on)
{
	const struct item *eno = call_item(e, STANDARD_ENO);
	struct place p;

	if (eno && eno->value) {
		p = place_of(c, eno->value);
		place_store(c, &p, constant_slot(c, on != eno->negated, 1));
	}
}

/* The end of a call with EN or ENO. */
static void enabled_end(struct compiler *c, const struct expr *e, struct target *past)
{
	struct target end = {0};

	say_enabled(c, e, true);
	if (!past->chain) {
		return;
	}
	if (call_item(e, STANDARD_ENO)) {
		emit_jump(c, OP_JUMP, 0, 0, &end);
		emit_label(c, past);
		say_enabled(c, e, false);
		emit_label(c, &end);
	} else {
		emit_label(c, past);
	}
}

void call_output(struct compiler *c, const struct item *i, const struct place *from)
{
	struct place to = place_of(c, i->value);
	const struct type *t = from->type;
	uint32_t args[2], slot;

	if (layout_slot(t) == SLOT_TEXT) {
		args[0] = place_argument(c, &to);
		args[1] = place_argument(c, from);
		emit_function(c, FUNCTION_ASSIGN, layout_width(t), args, 2);
	} else if (layout_slot(t) == SLOT_WHOLE) {
		place_copy(c, &to, from, (uint32_t)layout_size(t));
	} else {
		slot = place_load(c, from);
		if (i->negated) {
			slot = emit_value(c, OP_NOT_B, slot, 0);
		}
		expr_store(c, &to, slot, t);
	}
}

/* ---- declared functions and blocks
 * ----------------------------------------------------- */

/** An input on its way: evaluated before any is stored, for f(f(x)). */
struct argument {
	const struct variable *v;
	const struct expr *e;
	uint32_t slot; /* a scalar, an address, or an argument of emit_function() */
};

static bool is_input(const struct variable *v)
{
	return v->section == SECTION_INPUT || v->section == SECTION_IN_OUT;
}

static void evaluate(struct compiler *c, struct argument *a)
{
	struct place p;

	if (a->v->section == SECTION_IN_OUT) {
		p = place_of(c, a->e);
		a->slot = place_address(c, &p);
	} else if (layout_slot(a->v->type) == SLOT_TEXT) {
		a->slot = expr_text(c, a->e);
	} else if (layout_slot(a->v->type) == SLOT_WHOLE) {
		p = expr_whole(c, a->e);
		a->slot = place_address(c, &p);
	} else {
		a->slot = expr_tight(c, a->e);
	}
}

/* Into the variable, which is at `to`. */
static void hand_over(struct compiler *c, const struct argument *a, struct place to)
{
	const struct type *t = a->v->type;
	struct place from = {.form = PLACE_ADDRESS, .at = a->slot, .type = t};
	uint32_t args[2];

	if (a->v->section == SECTION_IN_OUT) {
		to.type = type_elementary(KIND_UDINT);
		place_store(c, &to, a->slot);
	} else if (layout_slot(t) == SLOT_TEXT) {
		args[0] = place_argument(c, &to);
		args[1] = a->slot;
		emit_function(c, FUNCTION_ASSIGN, layout_width(t), args, 2);
	} else if (layout_slot(t) == SLOT_WHOLE) {
		place_copy(c, &to, &from, (uint32_t)layout_size(t));
	} else {
		expr_store(c, &to, a->slot, expr_type(a->e));
	}
}

/* The frame of a function, or the instance of a block. */
static struct place frame_place(struct compiler *c, uint32_t at)
{
	struct place p = {.form = c->body->relative ? PLACE_MEMORY : PLACE_FRAME};

	p.at = at;
	return p;
}

/* Evaluate what is given; the caller frees. */
static struct argument *arguments(struct compiler *c, const struct expr *e,
                                  const struct pou *pou, size_t *n)
{
	struct argument *all;
	size_t room = 0;

	for (const struct variable *v = pou->variables; v; v = v->next) {
		room += is_input(v) ? 1 : 0;
	}
	*n = 0;
	all = calloc(room + 1, sizeof(*all));
	if (!all) {
		c->err = -ENOMEM;
		return NULL;
	}
	for (const struct variable *v = pou->variables; v; v = v->next) {
		const struct item *i = is_input(v) ? item_of(e, v) : NULL;

		if (i && i->value) {
			all[*n].v = v;
			all[*n].e = i->value;
			evaluate(c, &all[*n]);
			++*n;
		}
	}
	return all;
}

static void outputs(struct compiler *c, const struct expr *e, const struct place *frame)
{
	for (const struct item *i = e->u.call.items; i; i = i->next) {
		const struct variable *v = i->parameter;

		if (v && v->section == SECTION_OUTPUT && i->value && i->output) {
			struct place from = place_within(c, frame, v->offset, v->type);

			call_output(c, i, &from);
		}
	}
}

static void emit_call(struct compiler *c, enum op op, uint32_t a, const struct pou *pou)
{
	struct body *b = c->body;
	uint32_t at = emit(c, op, a, 0, 0);

	if (COMPILE_GROW(c, b->fixes, b->n_fixes, b->fixes_room)) {
		b->fixes[b->n_fixes++] = (struct call_fix){at, pou};
	}
	c->body->barrier = c->body->n_code;
}

/* Call a function, its result left in its frame. */
static struct place call_function(struct compiler *c, const struct expr *e)
{
	const struct pou *pou = e->callee;
	struct pou_note *note = pou_ready(c, pou);
	struct place frame = frame_place(c, note->at);
	struct place pattern = frame_place(c, note->pattern);
	size_t n;
	struct argument *all = arguments(c, e, pou, &n);

	if (note->size > 0) {
		place_copy(c, &frame, &pattern, note->size);
	}
	for (size_t i = 0; all && i < n; i++) {
		hand_over(c, &all[i],
		          place_within(c, &frame, all[i].v->offset, all[i].v->type));
	}
	free(all);
	emit_line(c, e->at);
	emit_call(c, OP_CALL, 0, pou);
	outputs(c, e, &frame);
	if (!pou->result) {
		return frame;
	}
	return place_within(c, &frame, pou->result->offset, pou->result->type);
}

static void call_declared_block(struct compiler *c, const struct expr *e,
                                struct place *instance)
{
	const struct pou *pou = e->callee;
	size_t n;
	struct argument *all;

	pou_ready(c, pou);
	all = arguments(c, e, pou, &n);
	if (instance->form != PLACE_FRAME || instance->indexed) {
		instance->at = place_address(c, instance);
		instance->offset = 0;
		instance->indexed = false;
		instance->form = PLACE_ADDRESS;
	}
	for (size_t i = 0; all && i < n; i++) {
		hand_over(c, &all[i],
		          place_within(c, instance, all[i].v->offset, all[i].v->type));
	}
	free(all);
	emit_line(c, e->at);
	emit_call(c, instance->form == PLACE_FRAME ? OP_CALL_BLOCK : OP_CALL_ADDRESS,
	          instance->at, pou);
	outputs(c, e, instance);
}

/* ---- standard blocks
 * -------------------------------------------------------------------
 */

/* Those with an operation of their own, which takes the inputs as operands. */
static bool fused_op(uint32_t standard, enum op *op)
{
	static const struct {
		uint32_t standard;
		enum op op;
	} fused[] = {
		{STANDARD_SR, OP_SR},         {STANDARD_RS, OP_RS},
		{STANDARD_R_TRIG, OP_R_TRIG}, {STANDARD_F_TRIG, OP_F_TRIG},
		{STANDARD_TON, OP_TON},       {STANDARD_TOF, OP_TOF},
		{STANDARD_TP, OP_TP},
	};

	for (size_t i = 0; i < sizeof(fused) / sizeof(*fused); i++) {
		if (fused[i].standard == standard) {
			*op = fused[i].op;
			return true;
		}
	}
	return false;
}

static struct place block_variable(struct compiler *c, const struct place *instance,
                                   uint32_t standard, uint32_t i)
{
	const struct standard_block *b = standard_block_of(standard);

	return place_within(c, instance,
	                    layout_block_field(type_base(instance->type), NULL, i),
	                    type_elementary(b->variables[i].kind));
}

static void run_fused(struct compiler *c, const struct expr *e,
                      const struct place *instance, enum op op)
{
	const struct standard_block *b = standard_block_of(e->standard);
	uint32_t operands[2] = {0, 0};

	for (uint32_t i = 0; i < 2 && b->variables[i].section == SECTION_INPUT; i++) {
		const struct item *item = call_item(e, i);
		struct place own = block_variable(c, instance, e->standard, i);

		operands[i] = item && item->value
		                      ? expr_convert(c, expr_tight(c, item->value),
		                                     expr_type(item->value), own.type)
		                      : own.at;
	}
	emit(c, op, instance->at, operands[0], operands[1]);
	c->body->barrier = c->body->n_code;
}

static void run_stored(struct compiler *c, const struct expr *e, struct place *instance)
{
	const struct standard_block *b = standard_block_of(e->standard);

	if (instance->form != PLACE_FRAME || instance->indexed) {
		instance->at = place_address(c, instance);
		instance->offset = 0;
		instance->indexed = false;
		instance->form = PLACE_ADDRESS;
	}
	for (uint32_t i = 0; b->variables[i].name; i++) {
		const struct item *item = call_item(e, i);

		if (b->variables[i].section == SECTION_INPUT && item && item->value) {
			struct place p = block_variable(c, instance, e->standard, i);

			expr_assign(c, &p, item->value);
		}
	}
	emit(c, instance->form == PLACE_FRAME ? OP_BLOCK : OP_BLOCK_ADDRESS, instance->at,
	     e->standard, 0);
	c->body->barrier = c->body->n_code;
}

static void call_standard_block(struct compiler *c, const struct expr *e,
                                struct place *instance)
{
	const struct standard_block *b = standard_block_of(e->standard);
	enum op op;

	if (instance->form == PLACE_FRAME && !instance->indexed &&
	    fused_op(e->standard, &op)) {
		run_fused(c, e, instance, op);
	} else {
		run_stored(c, e, instance);
	}
	for (const struct item *i = e->u.call.items; i; i = i->next) {
		if (i->output && i->value && i->standard < STANDARD_VARIABLES_MAX &&
		    b->variables[i->standard].section == SECTION_OUTPUT) {
			struct place from = block_variable(c, instance, e->standard,
			                                   i->standard);

			call_output(c, i, &from);
		}
	}
}

/* ---- all calls
 * -------------------------------------------------------------------------
 */

void call_statement(struct compiler *c, const struct expr *e)
{
	bool block = e->standard >= STANDARD_SR ||
	             (e->callee && e->callee->kind != POU_FUNCTION);
	struct target past = {0};
	struct place instance;

	if (!block) {
		switch (layout_slot(e->type)) {
		case SLOT_TEXT:
			call_text(c, e);
			break;
		case SLOT_WHOLE:
			call_whole(c, e);
			break;
		case SLOT_B:
		case SLOT_I:
		case SLOT_U:
		case SLOT_L:
		case SLOT_Q:
		case SLOT_F:
		case SLOT_D:
		default:
			call_slot(c, e);
		}
		return;
	}
	enable(c, e, &past);
	instance = place_of(c, e->u.call.callee);
	if (e->callee) {
		call_declared_block(c, e, &instance);
	} else {
		call_standard_block(c, e, &instance);
	}
	enabled_end(c, e, &past);
}

static bool has_enable(const struct expr *e)
{
	return call_item(e, STANDARD_EN) || call_item(e, STANDARD_ENO);
}

uint32_t call_slot(struct compiler *c, const struct expr *e)
{
	static const enum op moves[] = {OP_MOVE1, OP_MOVE4, OP_MOVE8};
	uint32_t bytes = layout_slot_bytes(layout_slot(e->type));
	enum op move = moves[bytes == 1 ? 0 : bytes == 8 ? 2 : 1];
	struct target past = {0};
	struct place result = {.form = PLACE_FRAME, .type = e->type};
	uint32_t slot;

	if (!has_enable(e)) {
		if (!e->callee) {
			return standard_slot(c, e);
		}
		result = call_function(c, e);
		slot = place_load(c, &result);
		/* the function's own place is overwritten by its next call */
		return temp_is(c, slot) ? slot : emit_value(c, move, slot, 0);
	}
	result.at = emit_value(c, move, constant_slot(c, 0, bytes ? bytes : 4), 0);
	enable(c, e, &past);
	if (e->callee) {
		struct place from = call_function(c, e);

		place_store(c, &result, place_load(c, &from));
	} else {
		place_store(c, &result, standard_slot(c, e));
	}
	enabled_end(c, e, &past);
	c->body->barrier = c->body->n_code;
	return result.at;
}

uint32_t call_text(struct compiler *c, const struct expr *e)
{
	uint32_t width = layout_width(e->type);
	struct target past = {0};
	struct place from;
	uint32_t args[2];

	if (!has_enable(e) && !e->callee) {
		return standard_text(c, e);
	}
	args[0] = temp_text(c, expr_text_room(e), width);
	if (has_enable(e)) {
		struct constant empty = {.kind = CONSTANT_STRING};
		struct expr nothing = {.constant = &empty, .type = e->type};

		args[1] = expr_text(c, &nothing);
		emit_function(c, FUNCTION_ASSIGN, width, args, 2);
	}
	enable(c, e, &past);
	if (e->callee) {
		from = call_function(c, e);
		args[1] = place_argument(c, &from);
	} else {
		args[1] = standard_text(c, e);
	}
	emit_function(c, FUNCTION_ASSIGN, width, args, 2);
	enabled_end(c, e, &past);
	return args[0];
}

/* SEL and MUX of wholes: into a place of their own. */
static struct place choose_whole(struct compiler *c, const struct expr *e)
{
	uint32_t size = pou_type_size(c, e->type, e->at);
	struct place to = frame_place(c, store_take(c, &c->memory, size, 8));
	const struct item *which = call_item(e, 0);
	struct target end = {0};
	uint32_t slot = which ? expr_index(c, which->value) : 0;

	to.type = e->type;
	if (e->standard == STANDARD_SEL) {
		slot = emit_value(c, OP_B_TO_I, slot, 0);
	}
	for (uint32_t k = 0; call_item(e, k + 1); k++) {
		struct place from = expr_whole(c, call_item(e, k + 1)->value);
		struct target next = {0};

		emit_jump(c, OP_JNE_I, slot, constant_int(c, (int32_t)k), &next);
		place_copy(c, &to, &from, size);
		emit_jump(c, OP_JUMP, 0, 0, &end);
		emit_label(c, &next);
	}
	emit_label(c, &end);
	return to;
}

struct place call_whole(struct compiler *c, const struct expr *e)
{
	const struct item *in = call_item(e, 0);
	struct target past = {0};
	struct place p = {.form = PLACE_FRAME, .type = e->type};

	if (!has_enable(e)) {
		if (e->callee) {
			return call_function(c, e);
		}
		if (e->standard == STANDARD_MOVE && in) {
			return expr_whole(c, in->value);
		}
		return choose_whole(c, e);
	}
	enable(c, e, &past);
	p = e->callee ? call_function(c, e) : in ? expr_whole(c, in->value) : p;
	enabled_end(c, e, &past);
	return p;
}
