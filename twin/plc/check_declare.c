/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "twin/nearest.h"
#include "twin/plc/check_impl.h"

/* ---- one variable ---------------------------------------------------------------------
 */

static char state_busy, state_done; /* what the table of ready ones holds */

static void say_at(struct check *c, const struct variable *v, const char *text)
{
	sources_error(c->sources, v->name.at, v->name.length, "%.*s: %s",
	              CHECK_NAME(&v->name), text);
}

static void check_own_initial(struct check *c, struct variable *v)
{
	struct check_slot slot = {.type = v->type, .name = &v->name};

	if (v->initial) {
		check_initial(c, v->initial, &slot);
	}
	if (v->initial && v->constant && v->initial->type->kind == KIND_ERROR) {
		v->type = v->initial->type; /* what it stands for was complained about */
	}
	if (v->initial && v->constant && v->initial->constant &&
	    v->type->kind != KIND_ERROR) {
		const struct constant *k = check_converted(c, v->initial);

		v->value = region_alloc(c->region, sizeof(*v->value));
		if (v->value && k) {
			*v->value = *k;
		}
	}
}

/* A constant is needed by what stands above it too: limits of an array, another one. */
void check_variable_ready(struct check *c, struct variable *v)
{
	const char *key = (const char *)v;
	const char *state = table_get(&c->ready, key);
	struct pou *pou = c->pou;

	if (state == &state_busy && !v->type) {
		say_at(c, v, "its declaration needs itself");
		v->type = type_elementary(KIND_ERROR);
	}
	if (state) {
		return;
	}
	table_put(&c->ready, c->region, key, &state_busy);
	c->pou = v->pou;
	if (!v->type) {
		const struct type *t = check_spec(c, v->spec);

		v->type = v->type ? v->type : t;
	}
	if (v->constant && v->section != SECTION_EXTERNAL) {
		check_own_initial(c, v);
	}
	c->pou = pou;
	table_put(&c->ready, c->region, key, &state_done);
}

/* ---- VAR_EXTERNAL ---------------------------------------------------------------------
 */

/* The name that was meant is taken as declared, so that its use is not a mistake too. */
static void swallow(struct check *c, const struct variable *v, const char *key)
{
	struct variable *meant = region_alloc(c->region, sizeof(*meant));
	struct table *scope = v->pou ? v->pou->scope : NULL;

	if (meant && scope && !table_get(scope, key)) {
		meant->type = type_elementary(KIND_ERROR);
		meant->pou = v->pou;
		table_put(scope, c->region, key, meant);
	}
}

static void say_no_global(struct check *c, const struct variable *v)
{
	struct nearest n = {.word = v->name.key};

	for (size_t i = 0; i < c->shared.room; i++) {
		if (c->shared.entries[i].key) {
			nearest_offer(&n, c->shared.entries[i].key);
		}
	}
	for (size_t i = 0; i < c->globals.room; i++) {
		if (c->globals.entries[i].key) {
			nearest_offer(&n, c->globals.entries[i].key);
		}
	}
	if (n.best) {
		swallow(c, v, n.best);
	}
	sources_error(c->sources, v->name.at, v->name.length,
	              "no VAR_GLOBAL declares %.*s%s%s%s", CHECK_NAME(&v->name),
	              n.best ? "; did you mean " : "", n.best ? n.best : "",
	              n.best ? "?" : "");
}

static void check_external(struct check *c, struct variable *v)
{
	struct variable *g;

	if (!v->name.text) { /* an address alone, which was complained about */
		v->type = type_elementary(KIND_ERROR);
		return;
	}
	g = table_get(&c->shared, v->name.key);
	g = g ? g : table_get(&c->globals, v->name.key);
	if (v->initial) {
		check_say(c, v->initial,
		          "a VAR_EXTERNAL has the value of its VAR_GLOBAL, not one of "
		          "its own");
	}
	if (!g) {
		say_no_global(c, v);
		v->type = type_elementary(KIND_ERROR);
		return;
	}
	v->global = g;
	check_variable_ready(c, g);
	if (!check_same_type(v->type, g->type)) {
		sources_error(c->sources, v->spec->at, v->spec->length,
		              "%.*s is %s here, but %s in its VAR_GLOBAL (line %u)",
		              CHECK_NAME(&v->name), check_text(c, v->type),
		              check_text(c, g->type), g->name.at.line);
	}
	if (v->constant && !g->constant) {
		return;
	}
	v->constant = g->constant;
	v->value = g->value;
}

/* ---- what may stand in which section --------------------------------------------------
 */

static bool in_function(const struct variable *v)
{
	return v->pou && v->pou->kind == POU_FUNCTION;
}

static void check_block_place(struct check *c, const struct variable *v)
{
	if (!check_holds_block(c, v->type)) {
		return;
	}
	if (v->constant) {
		say_at(c, v, "the instance of a block changes, it cannot be CONSTANT");
	} else if (in_function(v) && v->section != SECTION_IN_OUT &&
	           v->section != SECTION_EXTERNAL) {
		say_at(c, v,
		       "a function remembers nothing from call to call, so it has no "
		       "instance of a block: make it a FUNCTION_BLOCK");
	} else if (v->section == SECTION_TEMP) {
		say_at(c, v,
		       "VAR_TEMP begins anew each time: it has no instance of a block");
	} else if (v->section == SECTION_INPUT || v->section == SECTION_OUTPUT) {
		say_at(c, v, "the instance of a block is handed over as VAR_IN_OUT");
	}
}

static void check_edge(struct check *c, const struct variable *v)
{
	if (v->edge == EDGE_NONE || v->type->kind == KIND_ERROR) {
		return;
	}
	if (v->type->kind != KIND_BOOL) {
		say_at(c, v, "R_EDGE and F_EDGE are for BOOL");
	} else if (v->section != SECTION_INPUT || in_function(v)) {
		say_at(c, v, "R_EDGE and F_EDGE are for VAR_INPUT of a block or program");
	}
}

static void check_section(struct check *c, const struct variable *v)
{
	bool keeps = v->section == SECTION_VAR || v->section == SECTION_GLOBAL ||
	             v->section == SECTION_OUTPUT || v->section == SECTION_INPUT;

	if (v->retain == RETAIN_YES && (!keeps || in_function(v))) {
		say_at(c, v, "nothing remains of it that RETAIN could keep");
	}
	if (v->constant && v->section != SECTION_VAR && v->section != SECTION_GLOBAL &&
	    v->section != SECTION_EXTERNAL) {
		say_at(c, v, "CONSTANT is for VAR and VAR_GLOBAL");
	}
	if (v->initial && v->section == SECTION_IN_OUT) {
		check_say(c, v->initial,
		          "a VAR_IN_OUT is another's variable: it has no value "
		          "of its own to begin with");
	}
	check_block_place(c, v);
	check_edge(c, v);
}

static void check_own_name(struct check *c, const struct variable *v)
{
	if (v->spec && v->spec->kind == SPEC_NAMED && v->name.key &&
	    v->spec->name.key == v->name.key && v->type->kind != KIND_ERROR) {
		sources_error(c->sources, v->name.at, v->name.length,
		              "a variable may not be called like its type: %.*s",
		              CHECK_NAME(&v->name));
	}
}

static void check_size(struct check *c, const struct variable *v)
{
	if (check_bytes(c, v->type) > CHECK_BYTES_MAX) {
		sources_error(c->sources, v->name.at, v->name.length,
		              "%.*s is too large: more than %u MiB", CHECK_NAME(&v->name),
		              (unsigned)(CHECK_BYTES_MAX >> 20));
	}
}

/* `a, b : INT := 3` share what is written: complain once. */
static bool is_echo(const struct variable *before, const struct variable *v)
{
	return before && before->spec == v->spec && before->initial == v->initial;
}

static void check_list_of(struct check *c, struct variable *list)
{
	const struct variable *before = NULL;

	for (struct variable *v = list; v; v = v->next) {
		check_variable_ready(c, v);
		if (v->section == SECTION_EXTERNAL) {
			check_external(c, v);
		} else if (!v->constant && v->section != SECTION_IN_OUT &&
		           !is_echo(before, v)) {
			check_own_initial(c, v);
		}
		check_own_name(c, v);
		check_section(c, v);
		check_size(c, v);
		if (v->direct) {
			check_address(c, v);
		}
		before = v;
	}
}

/* ---- POUs -----------------------------------------------------------------------------
 */

static void put_variable(struct check *c, struct pou *p, struct variable *v)
{
	const struct variable *first = table_get(p->scope, v->name.key);

	v->pou = p;
	if (!v->name.key) {
		return;
	}
	if (first && first->section == SECTION_RESULT) {
		say_at(c, v,
		       "it has the name of the function, which stands for its result");
		return;
	}
	if (first) {
		sources_error(c->sources, v->name.at, v->name.length,
		              "%.*s is declared twice in %.*s, first in line %u",
		              CHECK_NAME(&v->name), CHECK_NAME(&p->name),
		              first->name.at.line);
		return;
	}
	table_put(p->scope, c->region, v->name.key, v);
}

static void make_scope(struct check *c, struct pou *p)
{
	p->scope = region_alloc(c->region, sizeof(struct table));
	if (!p->scope) {
		return;
	}
	if (p->kind != POU_FUNCTION) {
		p->type = type_new(c->region, KIND_BLOCK,
		                   region_text(c->region, p->name.text, p->name.length));
		if (p->type) {
			p->type->u.block.pou = p;
		}
	}
	if (p->result) {
		put_variable(c, p, p->result);
	}
	for (struct variable *v = p->variables; v; v = v->next) {
		put_variable(c, p, v);
	}
}

static void check_result(struct check *c, struct pou *p)
{
	check_variable_ready(c, p->result);
	if (check_holds_block(c, p->result->type)) {
		say_at(c, p->result,
		       "a function gives a value, not the instance of a block");
		p->result->type = type_elementary(KIND_ERROR);
	}
}

static void check_pou(struct check *c, struct pou *p)
{
	c->pou = p;
	if (p->result) {
		check_result(c, p);
	}
	check_list_of(c, p->variables);
	c->pou = NULL;
}

void check_declarations(struct check *c)
{
	for (struct pou *p = c->ast->pous; p; p = p->next) {
		make_scope(c, p);
	}
	for (struct type_decl *d = c->ast->types; d; d = d->next) {
		check_type_decl(c, d);
	}
	for (struct pou *p = c->ast->pous; p; p = p->next) {
		c->pou = p;
		for (struct variable *v = p->variables; v; v = v->next) {
			check_variable_ready(c, v);
		}
	}
	c->pou = NULL;
	check_containment(c);
	check_list_of(c, c->ast->globals);
	for (struct configuration *f = c->ast->configurations; f; f = f->next) {
		check_list_of(c, f->globals);
		for (struct resource *r = f->resources; r; r = r->next) {
			check_list_of(c, r->globals);
		}
	}
	for (struct pou *p = c->ast->pous; p; p = p->next) {
		check_pou(c, p);
	}
}
