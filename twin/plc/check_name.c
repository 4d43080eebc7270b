/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "twin/nearest.h"
#include "twin/plc/check_impl.h"

static void collect_types(struct check *c)
{
	for (struct type_decl *d = c->ast->types; d; d = d->next) {
		const struct type_decl *first = table_get(&c->types, d->name.key);

		if (first) {
			sources_error(
				c->sources, d->name.at, d->name.length,
				"the type %.*s is declared twice, first in line %u of %s",
				CHECK_NAME(&d->name), first->name.at.line,
				sources_name(c->sources, first->name.at.file));
			continue;
		}
		table_put(&c->types, c->region, d->name.key, d);
	}
}

/* A declared POU goes before a standard one, as libraries bring their own. */
static void collect_pou(struct check *c, struct pou *p)
{
	const struct pou *first = table_get(&c->pous, p->name.key);
	const struct type_decl *type = table_get(&c->types, p->name.key);
	struct position at = first ? first->name.at : type ? type->name.at : p->name.at;

	if (first || type) {
		sources_error(
			c->sources, p->name.at, p->name.length,
			"a second %s is called %.*s, the first stands in line %u of %s",
			first ? ast_pou_word(p->kind) : "thing", CHECK_NAME(&p->name),
			at.line, sources_name(c->sources, at.file));
		return;
	}
	table_put(&c->pous, c->region, p->name.key, p);
}

static void collect_globals(struct check *c, struct table *t, struct variable *list)
{
	for (struct variable *v = list; v; v = v->next) {
		const struct variable *first = table_get(t, v->name.key);

		if (!v->name.key) {
			continue;
		}
		if (first && first->resource == v->resource) {
			sources_error(c->sources, v->name.at, v->name.length,
			              "the global %.*s is declared twice, first in line "
			              "%u of %s",
			              CHECK_NAME(&v->name), first->name.at.line,
			              sources_name(c->sources, first->name.at.file));
		}
		if (!first) {
			table_put(t, c->region, v->name.key, v);
		}
	}
}

static void collect_resource(struct check *c, struct resource *r)
{
	for (struct variable *v = r->globals; v; v = v->next) {
		v->resource = r;
	}
	collect_globals(c, &c->shared, r->globals);
}

void check_names(struct check *c)
{
	collect_types(c);
	for (struct pou *p = c->ast->pous; p; p = p->next) {
		collect_pou(c, p);
	}
	collect_globals(c, &c->globals, c->ast->globals);
	for (struct configuration *f = c->ast->configurations; f; f = f->next) {
		collect_globals(c, &c->shared, f->globals);
		for (struct resource *r = f->resources; r; r = r->next) {
			collect_resource(c, r);
		}
	}
}

void check_values(struct check *c, const struct type *t, const struct pou *pou)
{
	for (uint32_t i = 0; i < t->u.enumeration.n; i++) {
		const struct type_value *from = &t->u.enumeration.values[i];
		struct check_value *v = region_alloc(c->region, sizeof(*v));

		if (!v) {
			return;
		}
		*v = (struct check_value){
			.next = table_get(&c->values, from->key),
			.type = t,
			.value = from->value,
			.pou = pou,
		};
		table_put(&c->values, c->region, from->key, v);
	}
}

struct variable *check_variable(struct check *c, const struct name *name)
{
	struct variable *v = NULL;

	if (c->pou && c->pou->scope) {
		v = table_get(c->pou->scope, name->key);
	}
	if (!v) {
		v = table_get(&c->globals, name->key);
	}
	if (!v && !c->pou) {
		v = table_get(&c->shared, name->key);
	}
	return v || name->key != c->first_scan.name.key ? v : &c->first_scan;
}

const struct check_value *check_value(const struct check *c, const char *key)
{
	const struct check_value *v = table_get(&c->values, key);

	while (v && v->pou && v->pou != c->pou) {
		v = v->next;
	}
	return v;
}

const struct check_value *check_value_of(const struct check *c, const char *key,
                                         const struct type *t)
{
	const struct check_value *v = table_get(&c->values, key);

	while (v && !check_same_type(v->type, t)) {
		v = v->next;
	}
	return v;
}

/* ---- what was not found ---------------------------------------------------------------
 */

enum { SUGGESTIONS_MAX = 50 }; /* a text full of nonsense shall not take minutes */

/* Whether the search for a nearest name is worth its time. */
static bool may_suggest(struct check *c)
{
	return c->suggestions++ < SUGGESTIONS_MAX;
}

/* Names of the text are not terminated, nearest_offer() wants them so. */
static const char *terminated(struct check *c, const struct name *name)
{
	const char *copy = region_text(c->region, name->text, name->length);

	return copy ? copy : "";
}

static void offer_names(struct check *c, struct nearest *n, const struct variable *list)
{
	for (; list; list = list->next) {
		if (list->name.text) {
			nearest_offer(n, terminated(c, &list->name));
		}
	}
}

/* The end of the sentence. */
static void complain(struct check *c, const struct name *name, const char *what,
                     const struct nearest *n)
{
	if (n->best) {
		sources_error(c->sources, name->at, name->length,
		              "%.*s %s; did you mean %s?", CHECK_NAME(name), what,
		              n->best);
	} else {
		sources_error(c->sources, name->at, name->length, "%.*s %s",
		              CHECK_NAME(name), what);
	}
}

/* From now on the body knows it, as something that was complained about. */
static void swallow(struct check *c, const struct name *name)
{
	struct variable *v = region_alloc(c->region, sizeof(*v));

	if (v) {
		v->name = *name;
		v->type = type_elementary(KIND_ERROR);
		v->pou = c->pou;
		table_put(c->pou && c->pou->scope ? c->pou->scope : &c->globals,
		          c->region, name->key, v);
	}
}

/* A name that is something else than a variable; NULL: nothing. */
static const char *otherwise(struct check *c, const struct name *name)
{
	const struct pou *p = table_get(&c->pous, name->key);
	struct standard_function f;

	if (p && p->kind == POU_FUNCTION) {
		return "is a function: its arguments go in parentheses behind it";
	}
	if (p && p->kind == POU_PROGRAM) {
		return "is a program, not a variable";
	}
	if (p || standard_block(name->key)) {
		return "is a function block: declare an instance of it and use that";
	}
	if (check_type_named(c, name)) {
		return "is a type, not a variable";
	}
	if (table_get(&c->shared, name->key)) {
		return "is a VAR_GLOBAL of the configuration: list it under VAR_EXTERNAL "
		       "to use it here";
	}
	if (standard_function(&f, name->key)) {
		return "is a function: its arguments go in parentheses behind it";
	}
	return NULL;
}

void check_unknown_variable(struct check *c, const struct name *name)
{
	const char *what = otherwise(c, name);
	struct nearest n = {.word = name->key};

	if (!what && may_suggest(c)) {
		if (c->pou) {
			offer_names(c, &n, c->pou->variables);
		}
		offer_names(c, &n, c->ast->globals);
		for (size_t i = 0; i < c->values.room; i++) {
			const char *key = c->values.entries[i].key;

			if (key && check_value(c, key)) {
				nearest_offer(&n, key);
			}
		}
	}
	complain(c, name, what ? what : "is not declared", &n);
	swallow(c, name);
}

static void offer_types(struct check *c, struct nearest *n)
{
	for (const struct type_decl *d = c->ast->types; d; d = d->next) {
		nearest_offer(n, terminated(c, &d->name));
	}
	for (const struct pou *p = c->ast->pous; p; p = p->next) {
		if (p->kind == POU_BLOCK) {
			nearest_offer(n, terminated(c, &p->name));
		}
	}
	for (enum kind k = KIND_BOOL; k < KIND_ELEMENTARY_END; k++) {
		nearest_offer(n, type_kind_name(k));
	}
	for (uint32_t i = STANDARD_SR; i < STANDARD_END; i++) {
		nearest_offer(n, standard_block_of(i)->name);
	}
}

void check_unknown_type(struct check *c, const struct name *name)
{
	struct nearest n = {.word = name->key};

	if (may_suggest(c)) {
		offer_types(c, &n);
	}
	complain(c, name, "is no type and no function block", &n);
}

static void offer_functions(struct check *c, struct nearest *n)
{
	const struct standard_function *f;

	for (const struct pou *p = c->ast->pous; p; p = p->next) {
		if (p->kind == POU_FUNCTION) {
			nearest_offer(n, terminated(c, &p->name));
		}
	}
	for (size_t i = 0; (f = standard_function_at(i)) != NULL; i++) {
		nearest_offer(n, f->name);
	}
	if (c->pou) {
		offer_names(c, n, c->pou->variables);
	}
}

void check_unknown_function(struct check *c, const struct name *name)
{
	struct nearest n = {.word = name->key};

	if (table_get(&c->said, name->key)) {
		return;
	}
	table_put(&c->said, c->region, name->key, c);
	if (may_suggest(c)) {
		offer_functions(c, &n);
	}
	complain(c, name, "is no function and no instance of a block", &n);
}

/* ---- what a thing has -----------------------------------------------------------------
 */

static void offer_block(struct check *c, struct nearest *n, const struct type *t)
{
	const struct standard_block *b = standard_block_of(t->u.block.standard);

	if (t->u.block.pou) {
		offer_names(c, n, t->u.block.pou->variables);
	}
	for (uint32_t i = 0; b && b->variables[i].name; i++) {
		nearest_offer(n, b->variables[i].name);
	}
}

void check_unknown_field(struct check *c, const struct name *name, const struct type *t)
{
	struct nearest n = {.word = name->key};

	if (!may_suggest(c)) {
		n.best = NULL;
	} else if (t->kind == KIND_BLOCK) {
		offer_block(c, &n, t);
	} else {
		for (uint32_t i = 0; i < t->u.structure.n; i++) {
			nearest_offer(&n, t->u.structure.fields[i].name);
		}
	}
	sources_error(c->sources, name->at, name->length, "%s has no %.*s%s%s%s",
	              check_text(c, t), CHECK_NAME(name), n.best ? "; did you mean " : "",
	              n.best ? n.best : "", n.best ? "?" : "");
}
