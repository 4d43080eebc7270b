/* SPDX-License-Identifier: Apache-2.0 */
/* Who needs himself.  Deep chains of POUs must not become deep calls here: the stack of
 * the search is an array. */
#include "twin/plc/check_impl.h"

void check_need(struct check *c, struct table *t, const struct pou *from,
                const struct check_edge *edge)
{
	struct check_edge *copy = region_alloc(c->region, sizeof(*copy));
	struct check_edge *first = table_get(t, (const char *)from);

	if (!copy) {
		return;
	}
	*copy = *edge;
	if (first) { /* behind the first: the order of the others does not matter */
		copy->next = first->next;
		first->next = copy;
	} else {
		copy->next = NULL;
		table_put(t, c->region, (const char *)from, copy);
	}
}

static char open_mark, closed_mark;

/** A search: what is open stands on the stack. */
struct search {
	struct check *c;
	struct table *edges;
	struct table marks;
	struct frame {
		struct pou *pou;
		struct check_edge *edge; /* the next to follow */
	} * stack;
	size_t depth;
	void (*found)(struct check *c, const struct pou *from, struct check_edge *edge);
};

static void push(struct search *s, struct pou *p)
{
	table_put(&s->marks, s->c->region, (const char *)p, &open_mark);
	s->stack[s->depth++] = (struct frame){p, table_get(s->edges, (const char *)p)};
}

static void visit(struct search *s, struct pou *start)
{
	push(s, start);
	while (s->depth > 0) {
		struct frame *top = &s->stack[s->depth - 1];
		struct check_edge *edge = top->edge;
		const char *mark;

		if (!edge) {
			table_put(&s->marks, s->c->region, (const char *)top->pou,
			          &closed_mark);
			s->depth--;
			continue;
		}
		top->edge = edge->next;
		mark = table_get(&s->marks, (const char *)edge->to);
		if (mark == &open_mark) {
			s->found(s->c, top->pou, edge);
		} else if (!mark) {
			push(s, edge->to);
		}
	}
}

static void search_all(struct search *s)
{
	size_t n = 0;

	for (struct pou *p = s->c->ast->pous; p; p = p->next) {
		n++;
	}
	s->stack = region_array(s->c->region, n + 1, sizeof(*s->stack));
	for (struct pou *p = s->c->ast->pous; p && s->stack; p = p->next) {
		if (s->c->region->exhausted) {
			return; /* marks may be missing: the stack would not hold */
		}
		if (!table_get(&s->marks, (const char *)p)) {
			visit(s, p);
		}
	}
}

/* ---- calls
 * -----------------------------------------------------------------------------
 */

static void say_recursion(struct check *c, const struct pou *from,
                          struct check_edge *edge)
{
	const struct name *name = &edge->to->name;

	if (edge->to == from) {
		sources_error(c->sources, edge->at, edge->length,
		              "%.*s calls itself: a PLC has no recursion, use a loop",
		              CHECK_NAME(name));
		return;
	}
	sources_error(
		c->sources, edge->at, edge->length,
		"%.*s is called by what it calls itself (here by %.*s): a PLC has no "
		"recursion",
		CHECK_NAME(name), CHECK_NAME(&from->name));
}

void check_recursion(struct check *c)
{
	struct search s = {.c = c, .edges = &c->calls, .found = say_recursion};

	search_all(&s);
}

/* ---- instances
 * -------------------------------------------------------------------------
 */

static void say_containment(struct check *c, const struct pou *from,
                            struct check_edge *edge)
{
	sources_error(c->sources, edge->at, edge->length,
	              edge->to == from ? "%.*s: an instance of the block within itself"
	                               : "%.*s: %.*s holds the block that it stands in",
	              CHECK_NAME(&edge->variable->name), CHECK_NAME(&edge->to->name));
	edge->variable->type = type_elementary(KIND_ERROR);
}

/* Blocks within t, each once; types do not nest beyond AST_NEST_MAX but by name. */
static void note_parts(struct check *c, struct variable *v, const struct type *t,
                       struct table *seen)
{
	while (t->kind == KIND_ARRAY) {
		t = t->u.array.element;
	}
	if (!check_holds_block(c, t) || table_get(seen, (const char *)t)) {
		return;
	}
	table_put(seen, c->region, (const char *)t, v);
	if (t->kind == KIND_BLOCK && t->u.block.pou) {
		struct check_edge edge = {.to = t->u.block.pou,
		                          .at = v->name.at,
		                          .length = v->name.length,
		                          .variable = v};

		check_need(c, &c->parts, v->pou, &edge);
	}
	if (t->kind == KIND_STRUCT) {
		for (uint32_t i = 0; i < t->u.structure.n; i++) {
			note_parts(c, v, t->u.structure.fields[i].type, seen);
		}
	}
}

void check_containment(struct check *c)
{
	struct search s = {.c = c, .edges = &c->parts, .found = say_containment};

	for (struct pou *p = c->ast->pous; p; p = p->next) {
		for (struct variable *v = p->variables; v; v = v->next) {
			struct table seen = {0};

			/* those of others are only referred to */
			if (v->type && v->section != SECTION_IN_OUT &&
			    v->section != SECTION_EXTERNAL) {
				note_parts(c, v, v->type, &seen);
			}
		}
	}
	search_all(&s);
}
