/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of declared functions, of blocks' instances, and which of them it is. */
#include "twin/plc/check_impl.h"

static const struct type *error_type(void)
{
	return type_elementary(KIND_ERROR);
}

/* ---- what all calls share
 * --------------------------------------------------------------
 */

void check_arguments_alone(struct check *c, struct expr *e)
{
	for (struct item *i = e->u.call.items; i; i = i->next) {
		if (i->value) {
			check_expr(c, i->value, NULL);
			check_settle(c, i->value);
		}
	}
}

bool check_is_mixed(struct check *c, const struct expr *e)
{
	const struct item *bare = NULL, *named = NULL;

	for (const struct item *i = e->u.call.items; i; i = i->next) {
		if (!i->name.text) {
			bare = bare ? bare : i;
		} else if (!check_is_called(&i->name, "EN") &&
		           !check_is_called(&i->name, "ENO")) {
			named = named ? named : i;
		}
	}
	if (!bare || !named) {
		return false;
	}
	check_say(c, bare->value ? bare->value : e,
	          "either all arguments of a call have names or none has");
	return true;
}

/* `=> target`, where what comes out must fit into what takes it. */
static void check_output(struct check *c, struct item *item, const struct type *from)
{
	const struct type *to;

	if (!item->value) {
		return;
	}
	check_target(c, item->value);
	check_writer(c, item->value, false);
	to = item->value->type;
	if (item->negated && from->kind != KIND_BOOL && from->kind != KIND_ERROR) {
		check_say(c, item->value,
		          "NOT is for outputs that are BOOL, this one is %s",
		          check_text(c, from));
		return;
	}
	if (item->value->kind == EXPR_DIRECT && check_adopt_place(item->value, from)) {
		return;
	}
	if (!check_widens(from, to)) {
		check_say(c, item->value, "%.*s is %s, it does not fit into %s",
		          CHECK_NAME(&item->name), check_text(c, from),
		          check_text(c, to));
	}
}

bool check_enable(struct check *c, struct item *item)
{
	struct check_slot slot = {.type = type_elementary(KIND_BOOL), .text = "EN"};

	if (check_is_called(&item->name, "EN") && !item->output) {
		item->standard = STANDARD_EN;
		if (item->value) {
			check_value_in(c, item->value, &slot);
		}
		return true;
	}
	if (check_is_called(&item->name, "ENO") && item->output) {
		item->standard = STANDARD_ENO;
		check_output(c, item, slot.type);
		return true;
	}
	return false;
}

/* ---- parameters of a declared one
 * ------------------------------------------------------
 */

static bool is_parameter(const struct variable *v)
{
	return v->section == SECTION_INPUT || v->section == SECTION_IN_OUT ||
	       v->section == SECTION_OUTPUT;
}

/* A VAR_IN_OUT is that very variable: nothing is converted. */
static void check_in_out(struct check *c, struct item *item, const struct variable *p)
{
	check_target(c, item->value);
	if (item->value->kind == EXPR_BITS) {
		check_say(c, item->value,
		          "a part of a bit string cannot be a VAR_IN_OUT");
		return;
	}
	if (item->value->kind == EXPR_DIRECT) {
		check_adopt_place(item->value, p->type);
	}
	if (!check_same_type(item->value->type, p->type)) {
		check_say(c, item->value,
		          "%.*s is a VAR_IN_OUT of type %s, which takes no other: this "
		          "is %s",
		          CHECK_NAME(&p->name), check_text(c, p->type),
		          check_text(c, item->value->type));
	}
}

static void check_argument(struct check *c, struct item *item, struct variable *p)
{
	struct check_slot slot = {.type = p->type, .name = &p->name};

	item->parameter = p;
	if (item->name.text && item->output != (p->section == SECTION_OUTPUT)) {
		sources_error(c->sources, item->name.at, item->name.length,
		              item->output ? "%.*s is an input: it is given a value by :="
		                           : "%.*s is an output: it is fetched by =>",
		              CHECK_NAME(&item->name));
		if (item->value) {
			check_expr(c, item->value, NULL);
			check_settle(c, item->value);
		}
		return;
	}
	if (p->section == SECTION_OUTPUT) {
		check_output(c, item, p->type);
	} else if (!item->value) {
		return;
	} else if (p->section == SECTION_IN_OUT) {
		check_in_out(c, item, p);
	} else {
		check_value_in(c, item->value, &slot);
	}
}

/* Which parameters were given, by their keys. */
static bool is_repeated(struct check *c, struct table *given, const struct item *item)
{
	if (table_get(given, item->name.key)) {
		sources_error(c->sources, item->name.at, item->name.length,
		              "%.*s is given twice in this call",
		              CHECK_NAME(&item->name));
		return true;
	}
	table_put(given, c->region, item->name.key, c);
	return false;
}

static void check_named_argument(struct check *c, struct item *item, const struct pou *p,
                                 const struct type *t)
{
	struct variable *v = p->scope ? table_get(p->scope, item->name.key) : NULL;

	if (v && v->pou == p && is_parameter(v)) {
		check_argument(c, item, v);
		return;
	}
	if (check_enable(c, item)) {
		return;
	}
	if (v && v->pou == p && v->section != SECTION_RESULT) {
		sources_error(c->sources, item->name.at, item->name.length,
		              "%.*s is inside %.*s, it is no input or output",
		              CHECK_NAME(&item->name), CHECK_NAME(&p->name));
	} else {
		check_unknown_field(c, &item->name, t);
	}
	if (item->value) {
		check_expr(c, item->value, NULL);
		check_settle(c, item->value);
	}
}

static uint32_t count_inputs(const struct pou *p)
{
	uint32_t n = 0;

	for (const struct variable *v = p->variables; v; v = v->next) {
		n += v->section == SECTION_INPUT || v->section == SECTION_IN_OUT;
	}
	return n;
}

static struct variable *next_input(struct variable *v)
{
	while (v && v->section != SECTION_INPUT && v->section != SECTION_IN_OUT) {
		v = v->next;
	}
	return v;
}

static void check_bare_arguments(struct check *c, struct expr *e, const struct pou *p)
{
	struct variable *v = next_input(p->variables);
	uint32_t wanted = count_inputs(p), n = 0;

	for (struct item *i = e->u.call.items; i; i = i->next) {
		if (i->name.text) {
			check_enable(c, i);
			continue;
		}
		n++;
		if (v) {
			check_argument(c, i, v);
			v = next_input(v->next);
		} else if (i->value) {
			check_expr(c, i->value, NULL);
			check_settle(c, i->value);
		}
	}
	if (n != wanted) {
		check_say(c, e, "%.*s takes %u argument%s, here %s %u",
		          CHECK_NAME(&p->name), wanted, wanted == 1 ? "" : "s",
		          n == 1 ? "is" : "are", n);
	}
}

static void check_missing(struct check *c, const struct expr *e, const struct pou *p,
                          const struct table *given)
{
	for (const struct variable *v = p->variables; v; v = v->next) {
		if (v->section == SECTION_IN_OUT && v->name.key &&
		    !table_get(given, v->name.key)) {
			check_say(c, e, "%.*s is called without its VAR_IN_OUT %.*s",
			          CHECK_NAME(&p->name), CHECK_NAME(&v->name));
		}
	}
}

static bool has_bare(const struct expr *e)
{
	for (const struct item *i = e->u.call.items; i; i = i->next) {
		if (!i->name.text) {
			return true;
		}
	}
	return false;
}

static void check_arguments(struct check *c, struct expr *e, struct pou *p)
{
	struct type shown = {
		.kind = KIND_BLOCK,
		.name = region_text(c->region, p->name.text, p->name.length)};
	struct table given = {0};

	shown.u.block.pou = p;
	if (check_is_mixed(c, e)) {
		check_arguments_alone(c, e);
		return;
	}
	if (has_bare(e)) {
		check_bare_arguments(c, e, p);
		return;
	}
	for (struct item *i = e->u.call.items; i; i = i->next) {
		if (i->name.text && !is_repeated(c, &given, i)) {
			check_named_argument(c, i, p, &shown);
		}
	}
	check_missing(c, e, p, &given);
}

/* ---- parameters of a standard block
 * ----------------------------------------------------
 */

static void check_standard_argument(struct check *c, struct item *item,
                                    const struct standard_variable *v)
{
	const struct type *t = type_elementary(v->kind);
	struct check_slot slot = {.type = t, .text = v->name};

	if (item->name.text && item->output != (v->section == SECTION_OUTPUT)) {
		sources_error(c->sources, item->name.at, item->name.length,
		              item->output ? "%.*s is an input: it is given a value by :="
		                           : "%.*s is an output: it is fetched by =>",
		              CHECK_NAME(&item->name));
	} else if (v->section == SECTION_OUTPUT) {
		check_output(c, item, t);
	} else if (item->value) {
		check_value_in(c, item->value, &slot);
	}
}

static void check_standard_named(struct check *c, struct item *item,
                                 const struct standard_block *b, const struct type *t)
{
	for (uint32_t k = 0; b->variables[k].name; k++) {
		if (check_is_called(&item->name, b->variables[k].name)) {
			item->standard = k;
			check_standard_argument(c, item, &b->variables[k]);
			return;
		}
	}
	if (check_enable(c, item)) {
		return;
	}
	check_unknown_field(c, &item->name, t);
	if (item->value) {
		check_expr(c, item->value, NULL);
		check_settle(c, item->value);
	}
}

static void check_standard_bare(struct check *c, struct expr *e,
                                const struct standard_block *b)
{
	uint32_t wanted = 0, n = 0;

	while (b->variables[wanted].section == SECTION_INPUT &&
	       b->variables[wanted].name) {
		wanted++;
	}
	for (struct item *i = e->u.call.items; i; i = i->next) {
		if (i->name.text) {
			check_enable(c, i);
			continue;
		}
		if (n < wanted) {
			i->standard = n;
			check_standard_argument(c, i, &b->variables[n]);
		} else if (i->value) {
			check_expr(c, i->value, NULL);
			check_settle(c, i->value);
		}
		n++;
	}
	if (n != wanted) {
		check_say(c, e, "%s takes %u argument%s, here %s %u", b->name, wanted,
		          wanted == 1 ? "" : "s", n == 1 ? "is" : "are", n);
	}
}

static void check_standard_block(struct check *c, struct expr *e, const struct type *t)
{
	const struct standard_block *b = standard_block_of(t->u.block.standard);
	struct table given = {0};

	e->standard = t->u.block.standard;
	if (!b || check_is_mixed(c, e)) {
		check_arguments_alone(c, e);
		return;
	}
	if (has_bare(e)) {
		check_standard_bare(c, e, b);
		return;
	}
	for (struct item *i = e->u.call.items; i; i = i->next) {
		if (i->name.text && !is_repeated(c, &given, i)) {
			check_standard_named(c, i, b, t);
		}
	}
}

/* ---- which one is it
 * -------------------------------------------------------------------
 */

static void note_call(struct check *c, const struct expr *e, struct pou *p)
{
	struct check_edge edge = {.to = p, .at = e->at, .length = e->length};

	if (c->pou) {
		check_need(c, &c->calls, c->pou, &edge);
	}
}

static void check_instance(struct check *c, struct expr *e, bool statement)
{
	const struct type *t = e->u.call.callee->type;
	struct variable *root = check_root(e->u.call.callee);

	if (!statement) {
		check_say(c, e,
		          "a block gives no value: call it in a line of its own and read "
		          "its "
		          "outputs, as in %.*s.Q",
		          root ? (int)root->name.length : 5,
		          root ? root->name.text : "timer");
		check_arguments_alone(c, e);
		e->type = error_type();
		return;
	}
	if (t->u.block.pou) {
		e->callee = t->u.block.pou;
		note_call(c, e, t->u.block.pou);
		check_arguments(c, e, t->u.block.pou);
	} else {
		check_standard_block(c, e, t);
	}
	e->type = t;
}

static void check_function(struct check *c, struct expr *e, struct pou *p)
{
	e->callee = p;
	note_call(c, e, p);
	check_arguments(c, e, p);
	e->type = p->result && p->result->type ? p->result->type : error_type();
}

/* A name that is no variable. */
static void check_named_call(struct check *c, struct expr *e, const struct type *want)
{
	const struct name *name = &e->u.call.callee->u.name;
	struct pou *p = table_get(&c->pous, name->key);
	struct standard_function f;

	if (p && p->kind == POU_FUNCTION) {
		check_function(c, e, p);
		return;
	}
	if (!p && standard_function(&f, name->key)) {
		check_standard_call(c, e, &f, want);
		return;
	}
	if (p && p->kind == POU_PROGRAM) {
		check_say(c, e->u.call.callee,
		          "%.*s is a program: a task of the CONFIGURATION runs it",
		          CHECK_NAME(name));
	} else if (p || standard_block(name->key)) {
		check_say(c, e->u.call.callee,
		          "%.*s is a function block: declare an instance of it and call "
		          "that",
		          CHECK_NAME(name));
	} else {
		check_unknown_function(c, name);
	}
	check_arguments_alone(c, e);
	e->type = error_type();
}

void check_call(struct check *c, struct expr *e, const struct type *want, bool statement)
{
	struct expr *callee = e->u.call.callee;
	struct variable *v = NULL;

	e->callee = NULL;
	e->standard = 0;
	e->type = error_type();
	if (callee->kind == EXPR_NAME) {
		v = check_variable(c, &callee->u.name);
		if (!v || v->section == SECTION_RESULT) {
			check_named_call(c, e, want);
			return;
		}
	}
	check_expr(c, callee, NULL);
	if (callee->type->kind == KIND_BLOCK) {
		check_instance(c, e, statement);
		return;
	}
	if (callee->type->kind != KIND_ERROR) {
		check_say(c, callee,
		          "%s cannot be called: it is no function and no block",
		          check_text(c, callee->type));
	}
	check_arguments_alone(c, e);
}
