/* SPDX-License-Identifier: Apache-2.0 */
/* What a value can be given to: the left of :=, the right of =>, a VAR_IN_OUT. */
#include "twin/plc/check_impl.h"

struct variable *check_root(const struct expr *e)
{
	while (e->kind == EXPR_FIELD || e->kind == EXPR_INDEX || e->kind == EXPR_BITS) {
		e = e->kind == EXPR_FIELD   ? e->u.field.base
		    : e->kind == EXPR_INDEX ? e->u.index.base
		                            : e->u.bits.base;
	}
	return e->kind == EXPR_NAME ? e->variable : NULL;
}

static bool counts(const struct check *c, const struct variable *v)
{
	for (const struct check_loop *l = c->loops; l; l = l->outer) {
		if (l->variable == v) {
			return true;
		}
	}
	return false;
}

static bool is_input(const struct variable *v)
{
	const struct variable *at = v->global ? v->global : v;

	return at->direct && at->direct->area == 'I';
}

static void check_variable_target(struct check *c, const struct expr *e,
                                  const struct variable *v)
{
	if (v == &c->first_scan) {
		check_say(c, e, "FIRST_SCAN is set by the PLC: a program only reads it");
	} else if (v->constant) {
		check_say(c, e, "%.*s is a constant: it cannot be changed",
		          CHECK_NAME(&v->name));
	} else if (is_input(v)) {
		check_say(c, e, "%.*s is an input of the PLC: a program only reads it",
		          CHECK_NAME(&v->name));
	} else if (e->kind == EXPR_NAME && counts(c, v)) {
		check_say(c, e,
		          "%.*s counts the turns of this FOR: it cannot be changed in it",
		          CHECK_NAME(&v->name));
	} else if (v->section == SECTION_INPUT && v->pou == c->pou) {
		sources_warning(
			c->sources, check_start(e), check_length(e),
			"%.*s is an input of %.*s: what is written here is lost at the "
			"next call",
			CHECK_NAME(&v->name), CHECK_NAME(&c->pou->name));
	}
}

/* timer.Q: who sets it is the block alone. */
static bool is_foreign_output(const struct expr *e)
{
	const struct type *t;

	for (; e->kind == EXPR_INDEX || e->kind == EXPR_BITS || e->kind == EXPR_FIELD;) {
		if (e->kind != EXPR_FIELD) {
			e = e->kind == EXPR_INDEX ? e->u.index.base : e->u.bits.base;
			continue;
		}
		t = e->u.field.base->type;
		if (t && t->kind == KIND_BLOCK) {
			const struct standard_block *b = standard_block_of(
				t->u.block.standard);

			return e->variable ? e->variable->section == SECTION_OUTPUT
			                   : b && b->variables[e->field].section ==
			                                     SECTION_OUTPUT;
		}
		e = e->u.field.base;
	}
	return false;
}

static bool is_path(const struct expr *e)
{
	return e->kind == EXPR_NAME || e->kind == EXPR_FIELD || e->kind == EXPR_INDEX ||
	       e->kind == EXPR_BITS || e->kind == EXPR_DIRECT;
}

void check_target(struct check *c, struct expr *e)
{
	struct variable *v;

	check_expr(c, e, NULL);
	if (e->type->kind == KIND_ERROR) {
		return;
	}
	v = check_root(e);
	if (!is_path(e) || (!v && e->kind != EXPR_DIRECT)) {
		check_say(c, e, "only a variable can be given a value");
		e->type = type_elementary(KIND_ERROR);
		return;
	}
	if (!v) {
		if (e->u.direct.area == 'I') {
			check_say(c, e,
			          "this is an input of the PLC: a program only reads it");
		}
		return;
	}
	v->reads--;
	v->writes++;
	if (v->global) {
		v->global->reads--;
		v->global->writes++;
	}
	if (is_foreign_output(e)) {
		check_say(c, e, "an output of a block is set by the block alone");
		return;
	}
	check_variable_target(c, e, v);
}
