/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/check_impl.h"

/* What is assigned to, for the sentence. */
static const struct name *name_of(const struct expr *e)
{
	if (e->kind == EXPR_NAME) {
		return &e->u.name;
	}
	return e->kind == EXPR_FIELD ? &e->u.field.name : NULL;
}

static void assign(struct check *c, struct expr *target, struct expr *value)
{
	struct check_slot slot = {.name = name_of(target)};

	check_target(c, target);
	slot.type = target->type;
	if (target->type->kind != KIND_ERROR && check_holds_block(c, target->type)) {
		check_say(c, target, "the instance of a block cannot be assigned");
		slot.type = type_elementary(KIND_ERROR);
	}
	check_expr(c, value, slot.type);
	if (target->kind == EXPR_DIRECT && !check_is_open(value->type) &&
	    check_adopt_place(target, value->type)) {
		check_widen(value, target->type);
	} else {
		check_fit(c, value, &slot);
	}
	check_writer(c, target, true);
}

static void check_assign(struct check *c, const struct stmt *s)
{
	if (!s->u.assign.value || !s->u.assign.target) {
		return; /* the parser has complained of this statement */
	}
	assign(c, s->u.assign.target, s->u.assign.value);
}

static void check_if(struct check *c, const struct stmt *s)
{
	bool first = true;

	for (struct branch *b = s->u.choice.branches; b; b = b->next) {
		if (b->condition) {
			check_condition(c, b->condition,
			                first ? "the condition of IF"
			                      : "the condition of ELSIF");
		}
		check_statements(c, b->body);
		first = false;
	}
	check_statements(c, s->u.choice.otherwise);
}

static void check_in_loop(struct check *c, struct stmt *body, struct variable *counter)
{
	struct check_loop loop = {.outer = c->loops, .variable = counter};

	c->loops = &loop;
	check_statements(c, body);
	c->loops = loop.outer;
}

/* ---- FOR
 * -------------------------------------------------------------------------------
 */

static void check_bound(struct check *c, struct expr *e, const struct type *t,
                        const char *what)
{
	struct check_slot slot = {.type = t, .text = what};

	if (e) {
		check_value_in(c, e, &slot);
	}
}

static bool is_unsigned(const struct type *t)
{
	return type_is_integer(t) && !type_is_signed(t);
}

static void check_step(struct check *c, struct expr *by)
{
	if (by && by->constant && by->constant->kind == CONSTANT_INTEGER &&
	    by->constant->u.bits == 0) {
		check_say(c, by, "a step of 0 never ends");
	}
}

/* `FOR i := 10 TO 1` without BY -1 is never entered. */
static void check_empty(struct check *c, const struct stmt *s)
{
	const struct constant *from = s->u.loop.from ? s->u.loop.from->constant : NULL;
	const struct constant *to = s->u.loop.to ? s->u.loop.to->constant : NULL;
	bool down = s->u.loop.by && s->u.loop.by->constant &&
	            s->u.loop.by->constant->negative;
	int order;

	if (!from || !to || from->kind != CONSTANT_INTEGER ||
	    to->kind != CONSTANT_INTEGER || (s->u.loop.by && !s->u.loop.by->constant)) {
		return;
	}
	order = check_compare(from, to);
	if ((down && order < 0) || (!down && order > 0)) {
		sources_warning(
			c->sources, s->at, s->length,
			"this FOR never runs: it counts %s, but begins %s its end",
			down ? "down" : "up", down ? "below" : "above");
	}
}

static void check_for(struct check *c, struct stmt *s)
{
	struct expr *variable = check_some(c, s->u.loop.variable);
	const struct type *t;
	struct variable *v;

	s->u.loop.variable = variable;
	check_target(c, variable);
	t = variable->type;
	v = check_root(variable);
	if (t->kind != KIND_ERROR && !type_is_integer(t)) {
		check_say(c, variable, "FOR counts with an integer, this is %s",
		          check_text(c, t));
		t = type_elementary(KIND_ERROR);
		variable->type = t;
	} else if (t->kind != KIND_ERROR && variable->kind != EXPR_NAME) {
		check_say(c, variable,
		          "FOR counts with a variable of its own, not with a part "
		          "of another");
	}
	if (v) {
		v->reads++;
	}
	check_bound(c, s->u.loop.from, t, "the beginning of FOR");
	check_bound(c, s->u.loop.to, t, "the end of FOR");
	if (s->u.loop.by && is_unsigned(t) && t->kind != KIND_ERROR) {
		check_bound(c, s->u.loop.by, t, "the step of an unsigned FOR");
	} else {
		check_bound(c, s->u.loop.by, t, "the step of FOR");
	}
	check_step(c, s->u.loop.by);
	check_empty(c, s);
	check_in_loop(c, s->u.loop.body,
	              variable->kind == EXPR_NAME && t->kind != KIND_ERROR ? v : NULL);
}

/* ---- WHILE, REPEAT, calls
 * --------------------------------------------------------------
 */

static void check_until(struct check *c, const struct stmt *s)
{
	const char *what = s->kind == STMT_WHILE ? "the condition of WHILE"
	                                         : "the condition of UNTIL";

	if (s->kind == STMT_WHILE && s->u.until.condition) {
		check_condition(c, s->u.until.condition, what);
	}
	check_in_loop(c, s->u.until.body, NULL);
	if (s->kind == STMT_REPEAT && s->u.until.condition) {
		check_condition(c, s->u.until.condition, what);
	}
}

static void check_call_statement(struct check *c, const struct stmt *s)
{
	struct expr *e = s->u.call;

	if (!e || e->kind != EXPR_CALL) {
		return; /* the parser has complained */
	}
	check_call(c, e, NULL, true);
	check_settle(c, e);
}

static void check_jump(struct check *c, const struct stmt *s)
{
	if (!c->loops) {
		sources_error(
			c->sources, s->at, s->length,
			"%s stands in no loop: it belongs into FOR, WHILE or REPEAT",
			s->kind == STMT_EXIT ? "EXIT" : "CONTINUE");
	}
}

static void check_statement(struct check *c, struct stmt *s)
{
	switch (s->kind) {
	case STMT_ASSIGN:
		check_assign(c, s);
		break;
	case STMT_CALL:
		check_call_statement(c, s);
		break;
	case STMT_IF:
		check_if(c, s);
		break;
	case STMT_CASE:
		check_case(c, s);
		break;
	case STMT_FOR:
		check_for(c, s);
		break;
	case STMT_WHILE:
	case STMT_REPEAT:
		check_until(c, s);
		break;
	case STMT_EXIT:
	case STMT_CONTINUE:
		check_jump(c, s);
		break;
	case STMT_RETURN:
		break;
	}
}

void check_statements(struct check *c, struct stmt *list)
{
	const struct stmt *outer = c->list;

	c->list = list;
	for (struct stmt *s = list; s; s = s->next) {
		check_statement(c, s);
	}
	c->list = outer;
}

void check_body(struct check *c, struct pou *pou)
{
	c->pou = pou;
	c->loops = NULL;
	check_statements(c, pou->body);
	check_flow(c, pou);
	pou->checked = true;
	c->pou = NULL;
}
