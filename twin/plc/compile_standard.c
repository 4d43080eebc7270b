/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the standard functions, without their EN and ENO. */
#include "twin/plc/compile_impl.h"

static const struct expr *argument(const struct expr *e, uint32_t k)
{
	const struct item *i = call_item(e, k);

	return i ? i->value : NULL;
}

static bool is_text(const struct expr *e)
{
	return layout_slot(expr_type(e)) == SLOT_TEXT;
}

/* An argument as a value of the call's type. */
static uint32_t common(struct compiler *c, const struct expr *e, uint32_t k)
{
	const struct expr *a = argument(e, k);
	bool loose;
	uint32_t slot = expr_slot(c, a, &loose);

	return expr_convert(c, slot, expr_type(a), e->type);
}

/* To a temporary that may be written to. */
static uint32_t copied(struct compiler *c, uint32_t slot, const struct type *t)
{
	uint32_t bytes = layout_slot_bytes(layout_slot(t));

	return emit_value(c,
	                  bytes == 1   ? OP_MOVE1
	                  : bytes == 8 ? OP_MOVE8
	                               : OP_MOVE4,
	                  slot, 0);
}

static uint32_t conversion(struct compiler *c, const struct expr *e, enum convert_way way)
{
	const struct expr *in = argument(e, 0);
	const struct type *from = expr_type(in);
	uint32_t packed = convert_packed(layout_kind(from), layout_kind(e->type), way);
	uint32_t args[2];

	if (is_text(in)) {
		args[1] = expr_text(c, in);
		args[0] = temp_new(c);
		emit_function(c, FUNCTION_CONVERT, packed, args, 2);
		return args[0];
	}
	args[1] = expr_tight(c, in);
	if (way == CONVERT_ROUND) {
		return expr_convert(c, args[1], from, e->type);
	}
	return emit_value(c, OP_CONVERT, args[1], packed);
}

static uint32_t magnitude(struct compiler *c, const struct expr *e)
{
	uint32_t in = common(c, e, 0);

	switch (layout_slot(e->type)) {
	case SLOT_I:
		return type_is_signed(e->type) ? emit_value(c, OP_ABS_I, in, 0) : in;
	case SLOT_L:
		return emit_value(c, OP_ABS_L, in, 0);
	case SLOT_F:
		return emit_value(c, OP_ABS_F, in, 0);
	case SLOT_D:
		return emit_value(c, OP_ABS_D, in, 0);
	case SLOT_B:
	case SLOT_U:
	case SLOT_Q:
	case SLOT_TEXT:
	case SLOT_WHOLE:
	default:
		return in;
	}
}

static uint32_t real_function(struct compiler *c, const struct expr *e)
{
	bool single = layout_slot(e->type) == SLOT_F;
	uint32_t n = e->standard == STANDARD_ATAN2 ? 3 : 2;
	uint32_t args[3] = {0, common(c, e, 0), 0};
	static const enum function functions[] = {
		[STANDARD_LN - STANDARD_LN] = FUNCTION_LN,
		[STANDARD_LOG - STANDARD_LN] = FUNCTION_LOG,
		[STANDARD_EXP - STANDARD_LN] = FUNCTION_EXP,
		[STANDARD_SIN - STANDARD_LN] = FUNCTION_SIN,
		[STANDARD_COS - STANDARD_LN] = FUNCTION_COS,
		[STANDARD_TAN - STANDARD_LN] = FUNCTION_TAN,
		[STANDARD_ASIN - STANDARD_LN] = FUNCTION_ASIN,
		[STANDARD_ACOS - STANDARD_LN] = FUNCTION_ACOS,
		[STANDARD_ATAN - STANDARD_LN] = FUNCTION_ATAN,
		[STANDARD_ATAN2 - STANDARD_LN] = FUNCTION_ATAN2,
	};

	if (n == 3) {
		args[2] = common(c, e, 1);
	}
	args[0] = temp_new(c);
	emit_function(c, functions[e->standard - STANDARD_LN], single, args, n);
	return args[0];
}

static uint32_t shift(struct compiler *c, const struct expr *e)
{
	static const enum function functions[] = {
		[STANDARD_SHL - STANDARD_SHL] = FUNCTION_SHL,
		[STANDARD_SHR - STANDARD_SHL] = FUNCTION_SHR,
		[STANDARD_ROL - STANDARD_SHL] = FUNCTION_ROL,
		[STANDARD_ROR - STANDARD_SHL] = FUNCTION_ROR,
	};
	uint32_t bits = type_bits(type_base(e->type));
	uint32_t args[3];

	args[1] = common(c, e, 0);
	args[2] = expr_index(c, argument(e, 1));
	if (bits == 1) { /* a BOOL in a slot of one byte */
		args[1] = emit_value(c, OP_B_TO_I, args[1], 0);
	}
	args[0] = temp_new(c);
	emit_function(c, functions[e->standard - STANDARD_SHL], bits, args, 3);
	return args[0];
}

/* MIN, MAX of two slots. */
static uint32_t extreme(struct compiler *c, enum slot slot, bool most,
                        const uint32_t operands[2])
{
	enum op op;

	if (slot == SLOT_B) {
		op = most ? OP_OR_B : OP_AND_B;
	} else {
		op = (enum op)((int)(most ? OP_MAX_i : OP_MIN_i) +
		               2 * ((int)slot - (int)SLOT_I));
	}
	return emit_value(c, op, operands[0], operands[1]);
}

static uint32_t min_max(struct compiler *c, const struct expr *e)
{
	enum slot slot = layout_slot(e->type);
	uint32_t operands[2];

	operands[0] = common(c, e, 0);
	for (uint32_t k = 1; argument(e, k); k++) {
		operands[1] = common(c, e, k);
		operands[0] = extreme(c, slot, e->standard == STANDARD_MAX, operands);
	}
	return operands[0];
}

static uint32_t limit(struct compiler *c, const struct expr *e)
{
	enum slot slot = layout_slot(e->type);
	uint32_t operands[2];
	uint32_t most;

	operands[0] = common(c, e, 0);
	operands[1] = common(c, e, 1);
	most = common(c, e, 2);
	operands[0] = extreme(c, slot, true, operands);
	operands[1] = most;
	return extreme(c, slot, false, operands);
}

static uint32_t n_inputs(const struct expr *e)
{
	uint32_t n = 0;

	while (argument(e, n + 1)) {
		n++;
	}
	return n;
}

/* The selector of SEL and MUX as a DINT that is one of n. */
static uint32_t selector(struct compiler *c, const struct expr *e)
{
	const struct expr *k = argument(e, 0);
	uint32_t slot = expr_index(c, k);

	if (e->standard == STANDARD_SEL) {
		return emit_value(c, OP_B_TO_I, slot, 0);
	}
	if (!k->constant) {
		emit_line(c, e->at);
		emit(c, OP_RANGE_I, slot, constant_int(c, 0),
		     constant_int(c, (int32_t)n_inputs(e) - 1));
	}
	return slot;
}

/* All inputs are evaluated, whichever is chosen. */
static uint32_t choice(struct compiler *c, const struct expr *e)
{
	uint32_t n = n_inputs(e);
	uint32_t which = selector(c, e);
	uint32_t t = copied(c, common(c, e, 1), e->type);
	struct place p = {.form = PLACE_FRAME, .at = t, .type = e->type};

	for (uint32_t k = 1; k < n; k++) {
		uint32_t in = common(c, e, k + 1);
		struct target past = {0};

		emit_jump(c, OP_JNE_I, which, constant_int(c, (int32_t)k), &past);
		place_store(c, &p, in);
		emit_label(c, &past);
	}
	return t;
}

/* The moment of a date and a time of day. */
static uint32_t concat_date(struct compiler *c, const struct expr *e)
{
	uint32_t date = expr_tight(c, argument(e, 0));
	uint32_t time = expr_tight(c, argument(e, 1));

	return emit_value(c, OP_ADD_L, date, time);
}

static uint32_t text_number(struct compiler *c, const struct expr *e)
{
	uint32_t args[3];
	bool two = e->standard == STANDARD_FIND;

	args[1] = expr_text(c, argument(e, 0));
	args[2] = two ? expr_text(c, argument(e, 1)) : 0;
	args[0] = temp_new(c);
	emit_function(c, two ? FUNCTION_FIND : FUNCTION_LEN,
	              layout_width(expr_type(argument(e, 0))), args, two ? 3 : 2);
	return args[0];
}

uint32_t standard_slot(struct compiler *c, const struct expr *e)
{
	uint32_t in;

	switch (e->standard) {
	case STANDARD_CONVERT:
		return conversion(c, e, CONVERT_ROUND);
	case STANDARD_TRUNC:
		return conversion(c, e, CONVERT_TRUNC);
	case STANDARD_FROM_BCD:
		return conversion(c, e, CONVERT_FROM_BCD);
	case STANDARD_TO_BCD:
		return conversion(c, e, CONVERT_TO_BCD);
	case STANDARD_ABS:
		return magnitude(c, e);
	case STANDARD_SQRT:
		in = common(c, e, 0);
		return emit_value(
			c, layout_slot(e->type) == SLOT_F ? OP_SQRT_F : OP_SQRT_D, in, 0);
	case STANDARD_MOVE:
		return common(c, e, 0);
	case STANDARD_SHL:
	case STANDARD_SHR:
	case STANDARD_ROL:
	case STANDARD_ROR:
		return shift(c, e);
	case STANDARD_SEL:
	case STANDARD_MUX:
		return choice(c, e);
	case STANDARD_MAX:
	case STANDARD_MIN:
		return min_max(c, e);
	case STANDARD_LIMIT:
		return limit(c, e);
	case STANDARD_LEN:
	case STANDARD_FIND:
		return text_number(c, e);
	case STANDARD_CONCAT_DATE_TOD:
		return concat_date(c, e);
	default:
		return real_function(c, e);
	}
}

/* ---- strings
 * ---------------------------------------------------------------------------
 */

static void assign_text(struct compiler *c, uint32_t to, uint32_t from, uint32_t width)
{
	uint32_t args[2] = {to, from};

	emit_function(c, FUNCTION_ASSIGN, width, args, 2);
}

/* One after the other: CONCAT of more than two. */
static uint32_t concat_text(struct compiler *c, const struct expr *e)
{
	uint32_t width = layout_width(e->type);
	uint32_t room = expr_text_room(e);
	uint32_t args[3];

	args[1] = expr_text(c, argument(e, 0));
	for (uint32_t k = 1; argument(e, k); k++) {
		args[2] = expr_text(c, argument(e, k));
		args[0] = temp_text(c, room, width);
		emit_function(c, FUNCTION_CONCAT, width, args, 3);
		args[1] = args[0];
	}
	return args[1];
}

static uint32_t choice_text(struct compiler *c, const struct expr *e)
{
	uint32_t width = layout_width(e->type);
	uint32_t n = n_inputs(e);
	uint32_t which = selector(c, e);
	uint32_t to = temp_text(c, expr_text_room(e), width);

	assign_text(c, to, expr_text(c, argument(e, 1)), width);
	for (uint32_t k = 1; k < n; k++) {
		uint32_t in = expr_text(c, argument(e, k + 1));
		struct target past = {0};

		emit_jump(c, OP_JNE_I, which, constant_int(c, (int32_t)k), &past);
		assign_text(c, to, in, width);
		emit_label(c, &past);
	}
	return to;
}

/* `to` becomes `other` if that is greater (or less). */
static void keep_extreme(struct compiler *c, const uint32_t to_other[2], bool most,
                         uint32_t width)
{
	uint32_t args[3] = {0, to_other[0], to_other[1]};
	uint32_t zero = constant_int(c, 0);
	struct target past = {0};

	args[0] = temp_new(c);
	emit_function(c, FUNCTION_COMPARE, width, args, 3);
	if (most) {
		emit_jump(c, OP_JLE_I, zero, args[0], &past);
	} else {
		emit_jump(c, OP_JLE_I, args[0], zero, &past);
	}
	assign_text(c, to_other[0], to_other[1], width);
	emit_label(c, &past);
}

static uint32_t extreme_text(struct compiler *c, const struct expr *e)
{
	uint32_t width = layout_width(e->type);
	uint32_t to = temp_text(c, expr_text_room(e), width);
	bool limited = e->standard == STANDARD_LIMIT;

	assign_text(c, to, expr_text(c, argument(e, 0)), width);
	for (uint32_t k = 1; argument(e, k); k++) {
		uint32_t pair[2] = {to, expr_text(c, argument(e, k))};
		bool most = limited ? k == 1 : e->standard == STANDARD_MAX;

		keep_extreme(c, pair, most, width);
	}
	return to;
}

/* LEFT to REPLACE: strings first, then numbers. */
static uint32_t piece_text(struct compiler *c, const struct expr *e)
{
	static const enum function functions[] = {
		[STANDARD_LEFT - STANDARD_LEFT] = FUNCTION_LEFT,
		[STANDARD_RIGHT - STANDARD_LEFT] = FUNCTION_RIGHT,
		[STANDARD_MID - STANDARD_LEFT] = FUNCTION_MID,
		[STANDARD_CONCAT - STANDARD_LEFT] = FUNCTION_CONCAT,
		[STANDARD_INSERT - STANDARD_LEFT] = FUNCTION_INSERT,
		[STANDARD_DELETE - STANDARD_LEFT] = FUNCTION_DELETE,
		[STANDARD_REPLACE - STANDARD_LEFT] = FUNCTION_REPLACE,
	};
	uint32_t width = layout_width(e->type);
	uint32_t args[FUNCTION_ARGUMENTS_MAX] = {0};
	uint32_t n = 1;

	for (uint32_t k = 0; argument(e, k) && n < FUNCTION_ARGUMENTS_MAX; k++) {
		const struct expr *a = argument(e, k);

		args[n++] = is_text(a) ? expr_text(c, a) : expr_index(c, a);
	}
	args[0] = temp_text(c, expr_text_room(e), width);
	emit_function(c, functions[e->standard - STANDARD_LEFT], width, args, n);
	return args[0];
}

static uint32_t text_of(struct compiler *c, const struct expr *e)
{
	const struct expr *in = argument(e, 0);
	uint32_t packed = convert_packed(layout_kind(expr_type(in)), layout_kind(e->type),
	                                 0);
	uint32_t args[2];

	args[1] = is_text(in) ? expr_text(c, in) : expr_tight(c, in);
	args[0] = temp_text(c, type_base(e->type)->u.length, layout_width(e->type));
	emit_function(c, FUNCTION_CONVERT, packed, args, 2);
	return args[0];
}

uint32_t standard_text(struct compiler *c, const struct expr *e)
{
	switch (e->standard) {
	case STANDARD_CONVERT:
		return text_of(c, e);
	case STANDARD_MOVE:
		return expr_text(c, argument(e, 0));
	case STANDARD_CONCAT:
		return concat_text(c, e);
	case STANDARD_SEL:
	case STANDARD_MUX:
		return choice_text(c, e);
	case STANDARD_MAX:
	case STANDARD_MIN:
	case STANDARD_LIMIT:
		return extreme_text(c, e);
	default:
		return piece_text(c, e);
	}
}
