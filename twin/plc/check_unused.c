/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/check_impl.h"

/* ---- outputs with two masters
 * ----------------------------------------------------------
 */

static struct variable *output_of(const struct expr *e, const struct pou *pou)
{
	struct variable *v = check_root(e);
	struct variable *real = v && v->global ? v->global : v;

	if (!v || e->kind != EXPR_NAME) {
		return NULL;
	}
	if (real->direct && real->direct->area == 'Q') {
		return real;
	}
	return v->section == SECTION_OUTPUT && v->pou == pou ? v : NULL;
}

void check_writer(struct check *c, const struct expr *e, bool assigned)
{
	struct variable *v = c->pou ? output_of(e, c->pou) : NULL;
	struct check_writer *last;

	if (!v) {
		return;
	}
	last = table_get(&c->writers, (const char *)v);
	if (last && last->pou != c->pou && !last->told) {
		sources_warning(
			c->sources, check_start(e), check_length(e),
			"the output %.*s is written by %.*s too (line %u): the last one "
			"to run wins",
			CHECK_NAME(&e->u.name), CHECK_NAME(&last->pou->name),
			last->at.line);
		last->told = true;
		return;
	}
	if (last && last->pou != c->pou) {
		return;
	}
	if (last && assigned && last->list == c->list && last->reads == v->reads) {
		sources_warning(
			c->sources, check_start(e), check_length(e),
			"the output %.*s is written again: the value from line %u is "
			"lost",
			CHECK_NAME(&e->u.name), last->at.line);
	}
	last = last ? last : region_alloc(c->region, sizeof(*last));
	if (last) {
		last->pou = c->pou;
		last->at = check_start(e);
		last->list = assigned ? c->list : NULL;
		last->reads = v->reads;
		table_put(&c->writers, c->region, (const char *)v, last);
	}
}

/* ---- what nobody uses
 * ------------------------------------------------------------------
 */

static void check_list(struct check *c, const struct variable *list)
{
	for (const struct variable *v = list; v; v = v->next) {
		if (v->reads == 0 && v->writes == 0 && v->name.text) {
			sources_warning(c->sources, v->name.at, v->name.length,
			                "%.*s is never used", CHECK_NAME(&v->name));
		}
	}
}

static void check_result_set(struct check *c, const struct pou *p)
{
	if (p->result && p->result->writes == 0) {
		sources_warning(
			c->sources, p->name.at, p->name.length,
			"%.*s never sets its result: nothing is assigned to its name",
			CHECK_NAME(&p->name));
	}
}

void check_unused(struct check *c)
{
	check_list(c, c->ast->globals);
	for (const struct configuration *f = c->ast->configurations; f; f = f->next) {
		check_list(c, f->globals);
		for (const struct resource *r = f->resources; r; r = r->next) {
			check_list(c, r->globals);
		}
	}
	for (const struct pou *p = c->ast->pous; p; p = p->next) {
		check_list(c, p->variables);
		check_result_set(c, p);
	}
}
