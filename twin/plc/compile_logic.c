/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks of contacts: up to four BOOL in one instruction, which looks the result up in
 * a table of 16 bits, whatever AND, OR, XOR and NOT stand between them.  What costs an
 * interpreter most is from one instruction to the next.
 */
#include "twin/plc/compile_impl.h"

enum { INPUTS = 4, ROWS = 1 << INPUTS };

/** The expressions that a table is of, from left to right. */
struct inputs {
	const struct expr *e[INPUTS];
	uint32_t n;
};

static bool is_negation(const struct expr *e)
{
	return e->kind == EXPR_UNARY && e->u.operation.op == OPERATOR_NOT;
}

bool logic_is(const struct expr *e)
{
	if (e->constant || (e->kind != EXPR_BINARY && e->kind != EXPR_UNARY) ||
	    layout_slot(e->type) != SLOT_B) {
		return false;
	}
	switch ((int)e->u.operation.op) {
	case OPERATOR_NOT:
	case OPERATOR_AND:
	case OPERATOR_OR:
	case OPERATOR_XOR:
		return true;
	case OPERATOR_EQUAL:
	case OPERATOR_NOT_EQUAL:
		return layout_slot(expr_type(e->u.operation.left)) == SLOT_B;
	default:
		return false;
	}
}

/* May it be looked into? */
static bool is_open(const struct expr *e)
{
	return logic_is(e) && !e->target;
}

static uint32_t n_contacts(const struct expr *e)
{
	if (!is_open(e)) {
		return 1;
	}
	return n_contacts(e->u.operation.left) +
	       (is_negation(e) ? 0 : n_contacts(e->u.operation.right));
}

/* Put the parts of input k in its place. */
static void open_input(struct inputs *in, uint32_t k)
{
	const struct expr *e = in->e[k];

	in->e[k] = e->u.operation.left;
	if (is_negation(e)) {
		return;
	}
	for (uint32_t i = in->n; i > k + 1; i--) {
		in->e[i] = in->e[i - 1];
	}
	in->e[k + 1] = e->u.operation.right;
	in->n++;
}

/* Look into the largest part as long as there is room. */
static void open_all(struct inputs *in)
{
	for (;;) {
		uint32_t best = INPUTS, most = 0;

		for (uint32_t k = 0; k < in->n; k++) {
			uint32_t n = is_open(in->e[k]) ? n_contacts(in->e[k]) : 0;

			if (n > most && (in->n < INPUTS || is_negation(in->e[k]))) {
				best = k;
				most = n;
			}
		}
		if (best == INPUTS) {
			return;
		}
		open_input(in, best);
	}
}

/* e's value where input k has bit k of row. */
static bool value_of(const struct expr *e, const struct inputs *in, uint32_t row)
{
	bool left, right;

	for (uint32_t k = 0; k < in->n; k++) {
		if (in->e[k] == e) {
			return (row >> k & 1) != 0;
		}
	}
	left = value_of(e->u.operation.left, in, row);
	if (is_negation(e)) {
		return !left;
	}
	right = value_of(e->u.operation.right, in, row);
	switch ((int)e->u.operation.op) {
	case OPERATOR_AND:
		return left && right;
	case OPERATOR_OR:
		return left || right;
	case OPERATOR_EQUAL:
		return left == right;
	default:
		return left != right;
	}
}

/* Two contacts mostly have an instruction of their own. */
static bool two(uint32_t table, enum op *op, bool *swapped)
{
	static const struct {
		uint32_t table; /* of a in bit 0 and b in bit 1 of the row */
		enum op op;
		bool swapped;
	} known[] = {
		{8, OP_AND_B, false},  {14, OP_OR_B, false},  {6, OP_XOR_B, false},
		{9, OP_EQ_B, false},   {2, OP_ANDN_B, false}, {4, OP_ANDN_B, true},
		{11, OP_ORN_B, false}, {13, OP_ORN_B, true},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (known[i].table == (table & 15)) {
			*op = known[i].op;
			*swapped = known[i].swapped;
			return true;
		}
	}
	return false;
}

static uint32_t emit_table(struct compiler *c, const uint32_t *slots, uint32_t n,
                           uint32_t table)
{
	uint32_t last = slots[0];
	bool swapped;
	enum op op;
	uint32_t t;

	if (n == 1) {
		return (table & 3) == 1 ? emit_value(c, OP_NOT_B, slots[0], 0) : slots[0];
	}
	if (n == 2 && two(table, &op, &swapped)) {
		return emit_value(c, op, slots[swapped ? 1 : 0], slots[swapped ? 0 : 1]);
	}
	t = emit_value(c, OP_TABLE, slots[0], slots[1]);
	emit(c, OP_TABLE_MORE, n > 2 ? slots[2] : last, n > 3 ? slots[3] : last, table);
	return t;
}

uint32_t logic_slot(struct compiler *c, const struct expr *e)
{
	struct inputs in = {.e = {e}, .n = 1};
	uint32_t slots[INPUTS] = {0};
	uint32_t table = 0;

	open_input(&in, 0);
	open_all(&in);
	for (uint32_t k = 0; k < in.n; k++) {
		slots[k] = expr_tight(c, in.e[k]);
	}
	for (uint32_t row = 0; row < ROWS; row++) {
		table |= (uint32_t)value_of(e, &in, row) << row;
	}
	return emit_table(c, slots, in.n, table);
}
