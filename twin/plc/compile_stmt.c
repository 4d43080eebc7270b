/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/compile_impl.h"

/* ---- IF, CASE
 * --------------------------------------------------------------------------
 */

static void if_statement(struct compiler *c, const struct stmt *s)
{
	struct target end = {0};

	for (const struct branch *b = s->u.choice.branches; b; b = b->next) {
		struct target next = {0};
		size_t mark = temp_mark(c);
		bool last = !b->next && !s->u.choice.otherwise && !c->coverage;

		emit_line(c, b->condition->at);
		expr_jump(c, b->condition, false, last ? &end : &next);
		temp_release(c, mark);
		emit_point(c, b->at, POINT_TAKEN);
		stmt_list(c, b->body);
		if (!last) {
			emit_jump(c, OP_JUMP, 0, 0, &end);
			emit_label(c, &next);
		}
	}
	if (s->u.choice.otherwise || c->coverage) {
		emit_point(c, s->u.choice.has_else ? s->u.choice.else_at : s->at,
		           POINT_PASSED);
		stmt_list(c, s->u.choice.otherwise);
	}
	emit_label(c, &end);
}

/** The selector of a CASE. */
struct selector {
	uint32_t at;
	enum slot slot;
};

static uint32_t label_slot(struct compiler *c, const struct expr *e,
                           const struct selector *s)
{
	uint64_t bits = e->constant ? e->constant->u.bits : 0;
	uint32_t bytes = layout_slot_bytes(s->slot);

	return constant_slot(c, bytes == 4 ? (uint32_t)bits : bits, bytes);
}

/* To `here` where the selector is what one of the labels says. */
static void case_labels(struct compiler *c, const struct label *labels,
                        const struct selector *s, struct target *here)
{
	for (const struct label *l = labels; l; l = l->next) {
		uint32_t low = label_slot(c, l->low, s);
		struct target below = {0};

		if (!l->high) {
			emit_jump(c, expr_op(OP_JEQ_I, s->slot), s->at, low, here);
			continue;
		}
		emit_jump(c, expr_op(OP_JLT_I, s->slot), s->at, low, &below);
		emit_jump(c, expr_op(OP_JLE_I, s->slot), s->at, label_slot(c, l->high, s),
		          here);
		emit_label(c, &below);
	}
}

static void case_statement(struct compiler *c, const struct stmt *s)
{
	const struct expr *e = s->u.choice.selector;
	struct selector selector = {expr_tight(c, e), layout_slot(expr_type(e))};
	struct target end = {0};

	if (selector.slot == SLOT_B) {
		selector.at = emit_value(c, OP_B_TO_I, selector.at, 0);
		selector.slot = SLOT_I;
	}
	for (const struct branch *b = s->u.choice.branches; b; b = b->next) {
		struct target here = {0}, next = {0};

		case_labels(c, b->labels, &selector, &here);
		emit_jump(c, OP_JUMP, 0, 0, &next);
		emit_label(c, &here);
		emit_point(c, b->at, POINT_TAKEN);
		stmt_list(c, b->body);
		emit_jump(c, OP_JUMP, 0, 0, &end);
		emit_label(c, &next);
	}
	emit_point(c, s->u.choice.has_else ? s->u.choice.else_at : s->at, POINT_PASSED);
	stmt_list(c, s->u.choice.otherwise);
	emit_label(c, &end);
}

/* ---- loops
 * -----------------------------------------------------------------------------
 */

/** A FOR: what counts, and where its limit is, with the step 8 bytes behind. */
struct counter {
	const struct type *type;
	enum slot slot;
	struct place var;
	bool direct;    /* var is a slot that counts itself; else `at` counts for it */
	uint32_t at;    /* the slot that counts */
	uint32_t limit; /* slot */
	bool by_one;
	bool wraps; /* it may leave the range of its type at the end */
};

static enum op loop_op(enum op of_i, enum slot slot)
{
	return (enum op)((int)of_i + 3 * ((int)slot - (int)SLOT_I));
}

static bool is_one(const struct expr *by)
{
	return !by || (by->constant && by->constant->u.bits == 1);
}

/* e as a value of the counter's type in slot `to`. */
static void into(struct compiler *c, uint32_t to, const struct expr *e,
                 const struct type *t)
{
	struct place p = {.form = PLACE_FRAME, .at = to, .type = type_base(t)};
	bool loose;
	uint32_t slot = expr_slot(c, e, &loose);

	slot = expr_convert(c, slot, expr_type(e), p.type);
	place_store(c, &p, loose ? expr_wrap(c, slot, p.type) : slot);
}

/* Below the end of its type the count cannot wrap. */
static bool may_wrap(const struct counter *k, const struct stmt *s)
{
	const struct constant *to = s->u.loop.to->constant;
	int64_t low;
	uint64_t high;

	type_limits(type_base(k->type), &low, &high);
	return !(k->by_one && to && (to->negative || to->u.bits < high));
}

static struct counter counter_of(struct compiler *c, const struct stmt *s)
{
	struct counter k = {.by_one = is_one(s->u.loop.by)};
	uint32_t pair;

	k.var = place_of(c, s->u.loop.variable);
	k.type = k.var.type;
	k.slot = layout_slot(k.type);
	k.direct = k.var.form == PLACE_FRAME && !k.var.indexed;
	k.at = k.direct ? k.var.at : temp_new(c);
	k.wraps = may_wrap(&k, s);
	into(c, k.at, s->u.loop.from, k.type);
	if (k.by_one && s->u.loop.to->constant) {
		bool loose;
		uint32_t slot = expr_slot(c, s->u.loop.to, &loose);

		k.limit = expr_convert(c, slot, expr_type(s->u.loop.to),
		                       type_base(k.type));
		return k;
	}
	pair = store_take(c, c->body->store, 16, 8);
	k.limit = pair;
	into(c, pair, s->u.loop.to, k.type);
	if (!k.by_one) {
		into(c, pair + 8, s->u.loop.by, k.type);
	}
	return k;
}

/* What counted is stored where it counts for a variable elsewhere. */
static void show_count(struct compiler *c, const struct counter *k, bool wrapped)
{
	uint32_t slot = wrapped ? expr_wrap(c, k->at, k->type) : k->at;

	if (!k->direct || slot != k->at) {
		c->body->barrier = c->body->n_code; /* `at` is still needed */
		place_store(c, &k->var, slot);
	}
}

static void for_statement(struct compiler *c, const struct stmt *s)
{
	struct counter k = counter_of(c, s);
	struct target top = {0}, more = {0}, done = {0}, end = {0};
	struct target *outer_exit = c->body->exit, *outer_more = c->body->more;

	if (k.by_one) {
		emit_jump(c, expr_op(OP_JNLE_I, k.slot), k.at, k.limit, &done);
	} else {
		emit_jump(c, loop_op(OP_ENTER_i, k.slot), k.at, k.limit, &done);
	}
	emit_label(c, &top);
	show_count(c, &k, false);
	c->body->exit = &end;
	c->body->more = &more;
	emit_point(c, s->at, POINT_TAKEN);
	stmt_list(c, s->u.loop.body);
	emit_label(c, &more);
	emit_line(c, s->at);
	if (!k.direct) {
		uint32_t now = place_load(c, &k.var);
		struct place at = {.form = PLACE_FRAME, .at = k.at, .type = k.type};

		place_store(c, &at, now);
	}
	emit_jump(c, loop_op(k.by_one ? OP_LOOP_i : OP_STEP_i, k.slot), k.at, k.limit,
	          &top);
	emit_label(c, &done);
	show_count(c, &k, k.wraps);
	emit_label(c, &end);
	c->body->exit = outer_exit;
	c->body->more = outer_more;
}

static void while_statement(struct compiler *c, const struct stmt *s)
{
	struct target top = {0}, more = {0}, end = {0};
	struct target *outer_exit = c->body->exit, *outer_more = c->body->more;
	bool first = s->kind == STMT_WHILE; /* tested before the first turn */
	size_t mark = temp_mark(c);

	if (first) {
		expr_jump(c, s->u.until.condition, false, &end);
		temp_release(c, mark);
	}
	emit_label(c, &top);
	c->body->exit = &end;
	c->body->more = &more;
	emit_point(c, s->at, POINT_TAKEN);
	stmt_list(c, s->u.until.body);
	emit_label(c, &more);
	emit_line(c, s->u.until.condition->at);
	expr_jump(c, s->u.until.condition, first, &top);
	temp_release(c, mark);
	emit_label(c, &end);
	c->body->exit = outer_exit;
	c->body->more = outer_more;
}

/* ---- all
 * -------------------------------------------------------------------------------
 */

static void assignment(struct compiler *c, const struct stmt *s)
{
	struct place p = place_of(c, s->u.assign.target);

	expr_assign(c, &p, s->u.assign.value);
}

static void statement(struct compiler *c, const struct stmt *s)
{
	switch (s->kind) {
	case STMT_ASSIGN:
		assignment(c, s);
		break;
	case STMT_CALL:
		call_statement(c, s->u.call);
		break;
	case STMT_IF:
		if_statement(c, s);
		break;
	case STMT_CASE:
		case_statement(c, s);
		break;
	case STMT_FOR:
		for_statement(c, s);
		break;
	case STMT_WHILE:
	case STMT_REPEAT:
		while_statement(c, s);
		break;
	case STMT_EXIT:
		emit_jump(c, OP_JUMP, 0, 0, c->body->exit);
		break;
	case STMT_CONTINUE:
		emit_jump(c, OP_JUMP, 0, 0, c->body->more);
		break;
	case STMT_RETURN:
	default:
		emit_jump(c, OP_JUMP, 0, 0, &c->body->leave);
	}
}

void stmt_list(struct compiler *c, const struct stmt *s)
{
	for (; s && c->err == 0; s = s->next) {
		size_t mark = temp_mark(c);

		for (size_t i = 0; i < c->body->n_texts; i++) {
			c->body->texts[i].used = false;
		}
		emit_line(c, s->at);
		emit_point(c, s->at, POINT_STATEMENT);
		statement(c, s);
		temp_release(c, mark);
	}
}
