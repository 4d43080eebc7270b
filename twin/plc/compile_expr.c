/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "twin/plc/compile_impl.h"
#include "twin/plc/slot.h"

const struct type *expr_type(const struct expr *e)
{
	return e->target ? e->target : e->type;
}

static bool is_time_kind(enum kind k)
{
	return k >= KIND_TIME && k <= KIND_DT;
}

enum op expr_op(enum op of_i, enum slot slot)
{
	return (enum op)((int)of_i + (int)slot - (int)SLOT_I);
}

static bool is_narrow(const struct type *t)
{
	return layout_slot(t) == SLOT_I && layout_kind(t) != KIND_DINT;
}

uint32_t expr_wrap(struct compiler *c, uint32_t slot, const struct type *t)
{
	static const enum op wraps[] = {OP_WRAP_I8, OP_WRAP_I16, OP_WRAP_U8, OP_WRAP_U16};
	struct body *b = c->body;
	size_t last = b->n_code - 1;
	int which;

	switch ((int)layout_kind(t)) {
	case KIND_SINT:
		which = 0;
		break;
	case KIND_INT:
		which = 1;
		break;
	case KIND_USINT:
	case KIND_BYTE:
		which = 2;
		break;
	case KIND_UINT:
	case KIND_WORD:
		which = 3;
		break;
	default:
		return slot;
	}
	/* ADD, SUB and MUL can wrap by themselves. */
	if (!c->err && b->n_code > b->barrier && temp_is(c, slot) &&
	    b->code[last].a == slot &&
	    (b->ops[last] == OP_ADD_I || b->ops[last] == OP_SUB_I ||
	     b->ops[last] == OP_MUL_I)) {
		b->ops[last] = (uint8_t)(b->ops[last] + (int)OP_ADD_I8 - (int)OP_ADD_I +
		                         which);
		return slot;
	}
	return emit_value(c, wraps[which], slot, 0);
}

static uint32_t convert_any(struct compiler *c, uint32_t slot, enum kind from,
                            enum kind to)
{
	return emit_value(c, OP_CONVERT, slot, convert_packed(from, to, CONVERT_ROUND));
}

/* Whole numbers and bit strings among each other: the low bytes come first. */
static uint32_t convert_whole(struct compiler *c, uint32_t slot, const struct type *from,
                              const struct type *to)
{
	enum slot sf = layout_slot(from);
	enum slot st = layout_slot(to);

	if (st == SLOT_L || st == SLOT_Q) {
		return sf == SLOT_I   ? emit_value(c, OP_I_TO_L, slot, 0)
		       : sf == SLOT_U ? emit_value(c, OP_U_TO_L, slot, 0)
		                      : slot;
	}
	return st == SLOT_I && layout_kind(to) != KIND_DINT ? expr_wrap(c, slot, to)
	                                                    : slot;
}

/* Of what the low bits are: an INT is no UINT, but every SINT is an INT. */
static bool holds_all(enum kind to, enum kind from)
{
	switch ((int)to) {
	case KIND_DINT:
		return true;
	case KIND_INT:
		return from == KIND_SINT || from == KIND_USINT || from == KIND_BYTE;
	case KIND_UINT:
	case KIND_WORD:
		return from == KIND_USINT || from == KIND_BYTE || from == KIND_UINT ||
		       from == KIND_WORD;
	case KIND_USINT:
	case KIND_BYTE:
		return from == KIND_USINT || from == KIND_BYTE;
	default:
		return false;
	}
}

uint32_t expr_convert(struct compiler *c, uint32_t slot, const struct type *from,
                      const struct type *to)
{
	enum kind kf = layout_kind(from);
	enum kind kt = layout_kind(to);
	enum slot sf = layout_slot(from);
	enum slot st = layout_slot(to);
	bool time_f = kf == KIND_TIME || kf == KIND_LTIME;
	bool time_t = kt == KIND_TIME || kt == KIND_LTIME;

	if (kf == kt || (time_f && time_t) || sf > SLOT_D || st > SLOT_D) {
		return slot;
	}
	if (is_time_kind(kf) || is_time_kind(kt) || st == SLOT_B) {
		return convert_any(c, slot, kf, kt);
	}
	if (sf == SLOT_B && (st == SLOT_I || st == SLOT_U)) {
		return emit_value(c, OP_B_TO_I, slot, 0);
	}
	if (sf == SLOT_I && st == SLOT_I && holds_all(kt, kf)) {
		return slot;
	}
	if (sf >= SLOT_I && sf <= SLOT_Q && st >= SLOT_I && st <= SLOT_Q) {
		return convert_whole(c, slot, from, to);
	}
	if (sf == SLOT_I && (st == SLOT_F || st == SLOT_D)) {
		return emit_value(c, st == SLOT_F ? OP_I_TO_F : OP_I_TO_D, slot, 0);
	}
	if (sf == SLOT_F && st == SLOT_D) {
		return emit_value(c, OP_F_TO_D, slot, 0);
	}
	if (sf == SLOT_D && st == SLOT_F) {
		return emit_value(c, OP_D_TO_F, slot, 0);
	}
	return convert_any(c, slot, kf, kt);
}

static uint32_t constant_of(struct compiler *c, const struct expr *e)
{
	const struct type *t = expr_type(e);
	uint8_t slot[8] = {0};

	layout_constant(slot, e->constant, e->type, t);
	return constant_slot(c, get_q(slot), layout_slot_bytes(layout_slot(t)));
}

/* ---- operators
 * -------------------------------------------------------------------------
 */

static uint32_t negated(struct compiler *c, const struct expr *e, bool *loose)
{
	static const enum op ops[] = {
		[SLOT_B] = OP_NEG_I, [SLOT_I] = OP_NEG_I, [SLOT_U] = OP_NEG_I,
		[SLOT_L] = OP_NEG_L, [SLOT_Q] = OP_NEG_L, [SLOT_F] = OP_NEG_F,
		[SLOT_D] = OP_NEG_D};
	uint32_t slot = expr_slot(c, e->u.operation.left, loose);

	*loose = is_narrow(e->type);
	return emit_value(c, ops[layout_slot(e->type)], slot, 0);
}

static uint32_t complement(struct compiler *c, const struct expr *e)
{
	uint32_t slot = expr_tight(c, e->u.operation.left);
	enum slot s = layout_slot(e->type);
	unsigned bits = type_bits(type_base(e->type));

	if (s == SLOT_B) {
		return emit_value(c, OP_NOT_B, slot, 0);
	}
	if (s == SLOT_L || s == SLOT_Q) {
		return emit_value(c, OP_NOT_L, slot, 0);
	}
	return emit_value(c, OP_NOT_I, slot, bits < 32 ? (1u << bits) - 1 : UINT32_MAX);
}

static uint32_t unary(struct compiler *c, const struct expr *e, bool *loose)
{
	switch ((int)e->u.operation.op) {
	case OPERATOR_NEGATE:
		return negated(c, e, loose);
	case OPERATOR_NOT:
		return complement(c, e);
	default:
		return expr_slot(c, e->u.operation.left, loose);
	}
}

static bool is_number(const struct type *t)
{
	return !is_time_kind(layout_kind(t));
}

/* T#1s * 2.5, T#1s / 3: a number of ns by a number. */
static uint32_t scaled_time(struct compiler *c, const struct expr *e)
{
	const struct expr *time = e->u.operation.left;
	const struct expr *by = e->u.operation.right;
	bool divides = e->u.operation.op == OPERATOR_DIVIDE;
	bool loose;
	uint32_t ns, n;

	if (is_number(expr_type(time))) {
		const struct expr *t = time;

		time = by;
		by = t;
	}
	ns = expr_slot(c, time, &loose);
	n = expr_slot(c, by, &loose);
	emit_line(c, e->at);
	if (type_is_real(expr_type(by))) {
		n = expr_convert(c, n, expr_type(by), type_elementary(KIND_LREAL));
		ns = convert_any(c, ns, KIND_LINT, KIND_LREAL);
		ns = emit_value(c, divides ? OP_DIV_D : OP_MUL_D, ns, n);
		return convert_any(c, ns, KIND_LREAL, KIND_LINT);
	}
	n = expr_convert(c, n, expr_type(by), type_elementary(KIND_LINT));
	return emit_value(c, divides ? OP_DIV_L : OP_MUL_L, ns, n);
}

static uint32_t power(struct compiler *c, const struct expr *e)
{
	const struct expr *l = e->u.operation.left;
	const struct expr *r = e->u.operation.right;
	bool loose;
	uint32_t args[3];

	args[1] = expr_convert(c, expr_slot(c, l, &loose), expr_type(l), e->type);
	args[2] = expr_convert(c, expr_slot(c, r, &loose), expr_type(r), e->type);
	args[0] = temp_new(c);
	emit_function(c, FUNCTION_POWER, layout_slot(e->type) == SLOT_F, args, 3);
	return args[0];
}

static enum op arithmetic_op(enum operator op, enum slot slot)
{
	static const int column[] = {
		[SLOT_B] = 0, [SLOT_I] = 0, [SLOT_U] = 0, [SLOT_L] = 1,
		[SLOT_Q] = 1, [SLOT_F] = 2, [SLOT_D] = 3};

	switch ((int)op) {
	case OPERATOR_ADD:
		return (enum op)((int)OP_ADD_I + column[slot]);
	case OPERATOR_SUBTRACT:
		return (enum op)((int)OP_SUB_I + column[slot]);
	case OPERATOR_MULTIPLY:
		return (enum op)((int)OP_MUL_I + column[slot]);
	case OPERATOR_DIVIDE:
		return expr_op(OP_DIV_I, slot);
	default:
		return expr_op(OP_MOD_I, slot);
	}
}

static uint32_t arithmetic(struct compiler *c, const struct expr *e, bool *loose)
{
	const struct expr *l = e->u.operation.left;
	const struct expr *r = e->u.operation.right;
	enum operator op = e->u.operation.op;
	bool scales = op == OPERATOR_MULTIPLY || op == OPERATOR_DIVIDE;
	uint32_t a, b;

	if (op == OPERATOR_POWER) {
		return power(c, e);
	}
	if (scales && is_time_kind(layout_kind(e->type))) {
		return scaled_time(c, e);
	}
	a = expr_slot(c, l, loose);
	b = expr_slot(c, r, loose);
	if (op == OPERATOR_DIVIDE || op == OPERATOR_MOD) {
		emit_line(c, e->at);
	}
	*loose = is_narrow(e->type);
	return emit_value(c, arithmetic_op(op, layout_slot(expr_type(l))), a, b);
}

/* AND, OR, XOR of bit strings. */
static uint32_t logic(struct compiler *c, const struct expr *e)
{
	static const enum op ops[][2] = {
		{OP_AND_I, OP_AND_L}, {OP_XOR_I, OP_XOR_L}, {OP_OR_I, OP_OR_L}};
	enum slot s = layout_slot(e->type);
	unsigned row = (unsigned)e->u.operation.op - OPERATOR_AND;
	uint32_t a = expr_tight(c, e->u.operation.left);
	uint32_t b = expr_tight(c, e->u.operation.right);

	return emit_value(c, ops[row][s == SLOT_L || s == SLOT_Q ? 1 : 0], a, b);
}

/** A comparison: LESS, LESS_EQUAL, EQUAL or NOT_EQUAL of a and b. */
struct comparison {
	enum operator op;
	enum slot slot;
	uint32_t a, b;
};

/* Strings are compared to -1, 0 or 1, and that with 0. */
static void compare_texts(struct compiler *c, const struct expr *e, struct comparison *k)
{
	uint32_t args[3];

	args[1] = expr_text(c, e->u.operation.left);
	args[2] = expr_text(c, e->u.operation.right);
	args[0] = temp_new(c);
	emit_function(c, FUNCTION_COMPARE, layout_width(expr_type(e->u.operation.left)),
	              args, 3);
	k->slot = SLOT_I;
	k->a = args[0];
	k->b = constant_int(c, 0);
}

static struct comparison compared(struct compiler *c, const struct expr *e)
{
	struct comparison k = {.op = e->u.operation.op};
	bool loose;

	k.slot = layout_slot(expr_type(e->u.operation.left));
	if (k.slot == SLOT_TEXT) {
		compare_texts(c, e, &k);
	} else {
		k.a = expr_slot(c, e->u.operation.left, &loose);
		k.b = expr_slot(c, e->u.operation.right, &loose);
	}
	if (k.op == OPERATOR_GREATER || k.op == OPERATOR_GREATER_EQUAL) {
		uint32_t a = k.a;

		k.a = k.b;
		k.b = a;
		k.op = k.op == OPERATOR_GREATER ? OPERATOR_LESS : OPERATOR_LESS_EQUAL;
	}
	return k;
}

static uint32_t comparison_value(struct compiler *c, const struct expr *e)
{
	struct comparison k = compared(c, e);
	enum op op = k.op == OPERATOR_LESS         ? OP_LT_I
	             : k.op == OPERATOR_LESS_EQUAL ? OP_LE_I
	             : k.op == OPERATOR_EQUAL      ? OP_EQ_I
	                                           : OP_NE_I;

	return emit_value(c, expr_op(op, k.slot), k.a, k.b);
}

static bool is_comparison(enum operator op)
{
	return op >= OPERATOR_LESS && op <= OPERATOR_NOT_EQUAL;
}

static uint32_t binary(struct compiler *c, const struct expr *e, bool *loose)
{
	enum operator op = e->u.operation.op;

	if (is_comparison(op)) {
		return comparison_value(c, e);
	}
	if (op == OPERATOR_AND || op == OPERATOR_OR || op == OPERATOR_XOR) {
		return logic(c, e);
	}
	return arithmetic(c, e, loose);
}

static void check_subrange(struct compiler *c, const struct type *t, uint32_t slot)
{
	const struct type *base = t->u.subrange.base;
	uint32_t bytes = layout_slot_bytes(layout_slot(base));
	uint32_t low = constant_slot(c,
	                             (uint64_t)t->u.subrange.range.low &
	                                     (bytes == 4 ? UINT32_MAX : UINT64_MAX),
	                             bytes);
	uint32_t high = constant_slot(c,
	                              (uint64_t)t->u.subrange.range.high &
	                                      (bytes == 4 ? UINT32_MAX : UINT64_MAX),
	                              bytes);

	emit(c, expr_op(OP_RANGE_I, layout_slot(base)), slot, low, high);
}

static uint32_t plain_slot(struct compiler *c, const struct expr *e, bool *loose)
{
	struct place p;

	switch ((int)e->kind) {
	case EXPR_UNARY:
		return unary(c, e, loose);
	case EXPR_BINARY:
		return binary(c, e, loose);
	case EXPR_CALL:
		return call_slot(c, e);
	default:
		p = place_of(c, e);
		return place_load(c, &p);
	}
}

uint32_t expr_slot(struct compiler *c, const struct expr *e, bool *loose)
{
	uint32_t slot;

	*loose = false;
	if (e->constant) {
		return constant_of(c, e);
	}
	slot = logic_is(e) ? logic_slot(c, e) : plain_slot(c, e, loose);
	if (!e->target) {
		return slot;
	}
	slot = expr_convert(c, slot, e->type, e->target);
	*loose = *loose && is_narrow(e->target);
	if (e->target->kind == KIND_SUBRANGE && e->target != e->type) {
		slot = *loose ? expr_wrap(c, slot, e->target) : slot;
		*loose = false;
		emit_line(c, e->at);
		check_subrange(c, e->target, slot);
	}
	return slot;
}

uint32_t expr_tight(struct compiler *c, const struct expr *e)
{
	bool loose;
	uint32_t slot = expr_slot(c, e, &loose);

	return loose ? expr_wrap(c, slot, expr_type(e)) : slot;
}

uint32_t expr_index(struct compiler *c, const struct expr *e)
{
	bool loose;
	uint32_t slot = expr_slot(c, e, &loose);

	switch (layout_slot(expr_type(e))) {
	case SLOT_U:
		return emit_value(c, OP_INDEX_OF_U, slot, 0);
	case SLOT_L:
		return emit_value(c, OP_INDEX_OF_L, slot, 0);
	case SLOT_Q:
		return emit_value(c, OP_INDEX_OF_Q, slot, 0);
	case SLOT_B:
	case SLOT_I:
	case SLOT_F:
	case SLOT_D:
	case SLOT_TEXT:
	case SLOT_WHOLE:
	default:
		return slot;
	}
}

/* ---- conditions
 * ------------------------------------------------------------------------
 */

/* To leave it out cannot be noticed: it calls nothing and cannot fail. */
static bool is_harmless(const struct expr *e)
{
	if (e->constant) {
		return true;
	}
	switch ((int)e->kind) {
	case EXPR_NAME:
	case EXPR_DIRECT:
		return true;
	case EXPR_FIELD:
		return is_harmless(e->u.field.base);
	case EXPR_UNARY:
		return is_harmless(e->u.operation.left);
	case EXPR_BINARY:
		return e->u.operation.op != OPERATOR_DIVIDE &&
		       e->u.operation.op != OPERATOR_MOD &&
		       is_harmless(e->u.operation.left) &&
		       is_harmless(e->u.operation.right);
	default:
		return false;
	}
}

static void jump_comparison(struct compiler *c, const struct expr *e, bool sense,
                            struct target *label)
{
	struct comparison k = compared(c, e);
	enum op op;

	switch ((int)k.op) {
	case OPERATOR_LESS:
		op = sense ? OP_JLT_I : OP_JNLT_I;
		break;
	case OPERATOR_LESS_EQUAL:
		op = sense ? OP_JLE_I : OP_JNLE_I;
		break;
	default:
		op = (k.op == OPERATOR_EQUAL) == sense ? OP_JEQ_I : OP_JNE_I;
	}
	emit_jump(c, expr_op(op, k.slot), k.a, k.b, label);
}

/* a AND b, a OR b, where b may be left out. */
static void jump_logic(struct compiler *c, const struct expr *e, bool sense,
                       struct target *label)
{
	bool decides = e->u.operation.op == OPERATOR_OR; /* the value of a that does */
	struct target past = {0};

	if (decides == sense) {
		expr_jump(c, e->u.operation.left, sense, label);
		expr_jump(c, e->u.operation.right, sense, label);
		return;
	}
	expr_jump(c, e->u.operation.left, decides, &past);
	expr_jump(c, e->u.operation.right, sense, label);
	emit_label(c, &past);
}

void expr_jump(struct compiler *c, const struct expr *e, bool sense, struct target *label)
{
	enum operator op = e->u.operation.op;
	bool operation = !e->constant && !e->target &&
	                 (e->kind == EXPR_BINARY || e->kind == EXPR_UNARY);

	if (e->constant) {
		if ((e->constant->u.bits != 0) == sense) {
			emit_jump(c, OP_JUMP, 0, 0, label);
		}
		return;
	}
	if (operation && op == OPERATOR_NOT) {
		expr_jump(c, e->u.operation.left, !sense, label);
	} else if (operation && (op == OPERATOR_AND || op == OPERATOR_OR) &&
	           is_harmless(e->u.operation.right)) {
		jump_logic(c, e, sense, label);
	} else if (operation && is_comparison(op) &&
	           layout_slot(expr_type(e->u.operation.left)) != SLOT_B) {
		jump_comparison(c, e, sense, label);
	} else {
		emit_jump(c, sense ? OP_JT : OP_JF, expr_tight(c, e), 0, label);
	}
}

/* ---- strings and wholes
 * ----------------------------------------------------------------
 */

static uint32_t text_constant(struct compiler *c, const struct expr *e)
{
	const struct constant *k = e->constant;
	struct type t = *type_base(expr_type(e));
	uint32_t at;

	if (k->kind == CONSTANT_STRING) {
		t.u.length = k->u.string.length;
	}
	at = store_take(c, &c->memory, layout_size(&t), 4);
	if (!c->err) {
		layout_constant(c->memory.bytes + at, k, &t, &t);
	}
	return at | CODE_ABSOLUTE;
}

uint32_t expr_text(struct compiler *c, const struct expr *e)
{
	struct place p;

	if (e->constant) {
		return text_constant(c, e);
	}
	if (e->kind == EXPR_CALL) {
		return call_text(c, e);
	}
	p = place_of(c, e);
	return place_argument(c, &p);
}

uint32_t expr_text_room(const struct expr *e)
{
	uint64_t room = 0;
	bool sum = e->standard == STANDARD_CONCAT || e->standard == STANDARD_INSERT ||
	           e->standard == STANDARD_REPLACE;

	if (e->constant && e->constant->kind == CONSTANT_STRING) {
		return e->constant->u.string.length;
	}
	if (e->kind != EXPR_CALL || e->standard == 0 || e->standard == STANDARD_CONVERT) {
		return type_base(e->type)->u.length;
	}
	for (const struct item *i = e->u.call.items; i; i = i->next) {
		uint32_t n = i->value && i->value->type &&
		                             layout_slot(i->value->type) == SLOT_TEXT
		                     ? expr_text_room(i->value)
		                     : 0;

		room = sum ? room + n : n > room ? n : room;
	}
	return room > TYPE_STRING_MAX ? TYPE_STRING_MAX : (uint32_t)room;
}

struct place expr_whole(struct compiler *c, const struct expr *e)
{
	return place_of(c, e);
}

/* ---- assignment
 * ------------------------------------------------------------------------
 */

void expr_store(struct compiler *c, const struct place *p, uint32_t slot,
                const struct type *from)
{
	if (p->part == 0) {
		slot = expr_convert(c, slot, from, p->type);
		if (p->type->kind == KIND_SUBRANGE && p->type != from) {
			check_subrange(c, p->type, slot);
		}
	}
	place_store(c, p, slot);
}

void expr_assign(struct compiler *c, const struct place *p, const struct expr *e)
{
	const struct type *from = expr_type(e);
	enum slot s = p->part ? SLOT_B : layout_slot(p->type);
	struct place source;
	uint32_t args[2];

	if (s == SLOT_TEXT) {
		args[0] = place_argument(c, p);
		args[1] = expr_text(c, e);
		emit_function(c, FUNCTION_ASSIGN, layout_width(p->type), args, 2);
	} else if (s == SLOT_WHOLE) {
		source = expr_whole(c, e);
		place_copy(c, p, &source, (uint32_t)layout_size(p->type));
	} else {
		bool loose;
		uint32_t slot = expr_slot(c, e, &loose);

		if (loose) {
			slot = expr_wrap(c, slot, p->part ? from : p->type);
		}
		expr_store(c, p, slot, from);
	}
}
