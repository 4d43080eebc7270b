/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/check_impl.h"

static void check_list(struct check *c, struct expr *e, const struct check_slot *slot);
static void check_record(struct check *c, struct expr *e, const struct check_slot *slot);

/* Everything below is of no type that could be known. */
static void give_up(struct expr *e)
{
	e->type = type_elementary(KIND_ERROR);
}

/* What a repetition counts; 1 where it is wrong, which was said. */
static uint64_t repetitions(struct check *c, struct expr *e)
{
	const struct constant *k = check_constant_integer(c, e, NULL,
	                                                  "the count of a repetition");

	if (k && (k->negative || k->u.bits == 0)) {
		check_say(c, e, "a repetition counts from 1");
		return 1;
	}
	return k ? k->u.bits : 1;
}

/* [N(0)] of a constant N looks like the call of a function. */
static void find_repetition(struct check *c, struct item *i)
{
	const struct expr *e = i->value;
	struct variable *v;

	if (i->repeat || !e || e->kind != EXPR_CALL || e->u.call.n == 0 ||
	    !e->u.call.callee || e->u.call.callee->kind != EXPR_NAME) {
		return;
	}
	v = check_variable(c, &e->u.call.callee->u.name);
	if (v && v->constant) {
		i->repeat = e->u.call.callee;
		i->value = e->u.call.items->value;
		i->rest = e->u.call.items->next;
	}
}

/* How many elements a value of the list fills, which it checks. */
static uint64_t check_element(struct check *c, struct item *i,
                              const struct check_slot *element)
{
	uint64_t count, width = 1;

	find_repetition(c, i);
	count = i->repeat ? repetitions(c, i->repeat) : 1;
	if (i->value) {
		check_initial(c, i->value, element);
	}
	for (struct item *k = i->rest; k; k = k->next, width++) {
		check_initial(c, k->value, element);
	}
	return count > UINT64_MAX / width ? UINT64_MAX : count * width;
}

static void check_list(struct check *c, struct expr *e, const struct check_slot *slot)
{
	const struct type *t = slot->type;
	struct check_slot element = {.type = t->u.array.element, .name = slot->name};
	uint64_t n = 0;

	e->type = t;
	for (struct item *i = e->u.list.items; i; i = i->next) {
		bool before = n <= t->u.array.n;
		uint64_t count = check_element(c, i, &element);

		n = n + count < n ? UINT64_MAX : n + count;
		if (before && n > t->u.array.n) {
			check_say(c,
			          i->value    ? i->value
			          : i->repeat ? i->repeat
			                      : e,
			          "too many values: the array has %llu elements",
			          (unsigned long long)t->u.array.n);
		}
	}
}

/* ---- (x := 1, y := 2) -----------------------------------------------------------------
 */

static const struct type *structure_member(struct item *i, const struct type *t)
{
	for (uint32_t k = 0; k < t->u.structure.n; k++) {
		if (t->u.structure.fields[k].key == i->name.key) {
			i->standard = k;
			return t->u.structure.fields[k].type;
		}
	}
	return NULL;
}

static const struct type *standard_member(struct check *c, struct item *i,
                                          const struct standard_block *b)
{
	for (uint32_t k = 0; b->variables[k].name; k++) {
		const char *name = b->variables[k].name;
		size_t n = 0;

		while (name[n]) {
			n++;
		}
		if (ast_key(c->ast, name, n) == i->name.key) {
			i->standard = k;
			return type_elementary(b->variables[k].kind);
		}
	}
	return NULL;
}

/* An instance may be given its inputs, outputs and, in the standard's words, its
 * "accessible" variables. */
static const struct type *block_member(struct check *c, struct item *i,
                                       const struct type *t)
{
	if (!t->u.block.pou) {
		return standard_member(c, i, standard_block_of(t->u.block.standard));
	}
	for (struct variable *v = t->u.block.pou->variables; v; v = v->next) {
		if (v->name.key == i->name.key && v->name.key &&
		    (v->section == SECTION_INPUT || v->section == SECTION_OUTPUT ||
		     v->section == SECTION_VAR)) {
			check_variable_ready(c, v);
			i->parameter = v;
			return v->type;
		}
	}
	return NULL;
}

static void check_member(struct check *c, struct item *i, const struct type *t)
{
	const struct type *member = t->kind == KIND_STRUCT ? structure_member(i, t)
	                                                   : block_member(c, i, t);
	struct check_slot slot = {.type = member, .name = &i->name};

	if (!member) {
		check_unknown_field(c, &i->name, t);
		slot.type = type_elementary(KIND_ERROR);
	}
	if (i->value) {
		check_initial(c, i->value, &slot);
	}
}

static void check_record(struct check *c, struct expr *e, const struct check_slot *slot)
{
	struct table known = {0};

	e->type = slot->type;
	for (struct item *i = e->u.list.items; i; i = i->next) {
		if (!i->name.text) {
			continue; /* the parser has complained */
		}
		if (table_get(&known, i->name.key)) {
			sources_error(c->sources, i->name.at, i->name.length,
			              "%.*s is given a value twice",
			              CHECK_NAME(&i->name));
			continue;
		}
		table_put(&known, c->region, i->name.key, i);
		check_member(c, i, slot->type);
	}
}

/* ---- all of them ----------------------------------------------------------------------
 */

static void check_plain(struct check *c, struct expr *e, const struct check_slot *slot)
{
	check_expr(c, e, slot->type);
	if (e->type->kind != KIND_ERROR && !e->constant) {
		check_say(c, e,
		          "an initial value must be known before the program runs: a "
		          "number "
		          "or a constant");
		give_up(e);
		return;
	}
	check_fit(c, e, slot);
}

void check_initial(struct check *c, struct expr *e, const struct check_slot *slot)
{
	const struct type *t = slot->type;

	if (t->kind == KIND_ERROR || e->kind == EXPR_BAD) {
		give_up(e);
	} else if (e->kind == EXPR_LIST) {
		if (t->kind == KIND_ARRAY) {
			check_list(c, e, slot);
			return;
		}
		check_say(c, e, "a list of values is for an array, not for %s",
		          check_text(c, t));
		give_up(e);
	} else if (e->kind == EXPR_RECORD) {
		if (t->kind == KIND_STRUCT || t->kind == KIND_BLOCK) {
			check_record(c, e, slot);
			return;
		}
		check_say(c, e, "values with names are for a structure, not for %s",
		          check_text(c, t));
		give_up(e);
	} else if (t->kind == KIND_ARRAY || t->kind == KIND_STRUCT ||
	           t->kind == KIND_BLOCK) {
		check_say(c, e,
		          t->kind == KIND_ARRAY
		                  ? "the values of an array stand in [ ]"
		                  : "values here stand in ( ) with names: (x := 1)");
		give_up(e);
	} else {
		check_plain(c, e, slot);
	}
}
