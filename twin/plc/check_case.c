/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "twin/plc/check_impl.h"

/* What one label covers. */
struct span {
	const struct expr *at;
	struct constant low, high;
	uint32_t order; /* in the text */
};

static bool is_enum(const struct type *t)
{
	return t->kind == KIND_ENUM;
}

/* The value of a label's end in the type of the selector; NULL: said. */
static const struct constant *label_value(struct check *c, struct expr *e,
                                          const struct type *t)
{
	struct check_slot slot = {.type = t, .text = "the selector of CASE"};

	check_expr(c, e, t);
	if (e->type->kind == KIND_ERROR) {
		return NULL;
	}
	if (!e->constant) {
		check_say(c, e,
		          "a label of CASE is a number, a constant or the name of an "
		          "enumeration");
		return NULL;
	}
	if (!check_fit(c, e, &slot) || e->constant->kind != CONSTANT_INTEGER) {
		return NULL;
	}
	return e->constant;
}

static bool make_span(struct check *c, struct label *l, const struct type *t,
                      struct span *out)
{
	const struct constant *low = l->low ? label_value(c, l->low, t) : NULL;
	const struct constant *high = l->high ? label_value(c, l->high, t) : low;

	if (!low || !high || t->kind == KIND_ERROR) {
		return false;
	}
	if (check_compare(low, high) > 0) {
		check_say(c, l->low,
		          "this range is empty: its beginning is above its end");
		return false;
	}
	out->at = l->low;
	out->low = *low;
	out->high = *high;
	return true;
}

static int compare_spans(const void *left, const void *right)
{
	const struct span *a = left, *b = right;
	int order = check_compare(&a->low, &b->low);

	if (order == 0) {
		return a->order < b->order ? -1 : a->order > b->order;
	}
	return order;
}

static void say_overlap(struct check *c, const struct span *a, const struct span *b)
{
	const struct span *first = a->order < b->order ? a : b;
	const struct span *second = a->order < b->order ? b : a;

	check_say(c, second->at, "this case stands already in line %u",
	          check_start(first->at).line);
}

/* Sorted by their beginnings, a label meets the one that reaches furthest before it. */
static void check_overlap(struct check *c, struct span *spans, uint32_t n)
{
	const struct span *widest = n > 0 ? &spans[0] : NULL;

	qsort(spans, n, sizeof(*spans), compare_spans);
	for (uint32_t i = 1; i < n; i++) {
		if (check_compare(&spans[i].low, &widest->high) <= 0) {
			say_overlap(c, widest, &spans[i]);
		}
		if (check_compare(&spans[i].high, &widest->high) > 0) {
			widest = &spans[i];
		}
	}
}

static bool covers(const struct span *spans, uint32_t n, int64_t value)
{
	for (uint32_t i = 0; i < n; i++) {
		if (check_int64(&spans[i].low) <= value &&
		    value <= check_int64(&spans[i].high)) {
			return true;
		}
	}
	return false;
}

/* Values of an enumeration that no branch has, and no ELSE. */
static void check_complete(struct check *c, const struct stmt *s,
                           const struct span *spans, uint32_t n)
{
	const struct type *t = s->u.choice.selector->type;
	const char *first = NULL;
	uint32_t missing = 0;

	if (!is_enum(t) || s->u.choice.has_else) {
		return;
	}
	for (uint32_t i = 0; i < t->u.enumeration.n; i++) {
		if (!covers(spans, n, t->u.enumeration.values[i].value)) {
			first = first ? first : t->u.enumeration.values[i].name;
			missing++;
		}
	}
	if (missing == 1) {
		sources_warning(c->sources, s->at, s->length,
		                "this CASE has no branch for %s, and no ELSE", first);
	} else if (missing > 1) {
		sources_warning(c->sources, s->at, s->length,
		                "this CASE has no branch for %s and %u more, and no ELSE",
		                first, missing - 1);
	}
}

static const struct type *check_selector(struct check *c, struct expr *e)
{
	check_expr(c, e, NULL);
	check_settle(c, e);
	if (e->type->kind != KIND_ERROR && !is_enum(e->type) &&
	    !type_is_integer(e->type) &&
	    !(type_is_bits(e->type) && e->type->kind != KIND_BOOL)) {
		check_say(c, e,
		          "CASE chooses by a whole number or an enumeration, this is %s",
		          check_text(c, e->type));
		return type_elementary(KIND_ERROR);
	}
	return e->type;
}

static uint32_t count_labels(const struct stmt *s)
{
	uint32_t n = 0;

	for (const struct branch *b = s->u.choice.branches; b; b = b->next) {
		for (const struct label *l = b->labels; l; l = l->next) {
			n++;
		}
	}
	return n;
}

void check_case(struct check *c, struct stmt *s)
{
	const struct type *t;
	struct span *spans = region_array(c->region, count_labels(s) + 1, sizeof(*spans));
	uint32_t n = 0;
	bool whole;

	s->u.choice.selector = check_some(c, s->u.choice.selector);
	t = check_selector(c, s->u.choice.selector);
	whole = spans && t->kind != KIND_ERROR;

	for (struct branch *b = s->u.choice.branches; b; b = b->next) {
		for (struct label *l = b->labels; spans && l; l = l->next) {
			if (make_span(c, l, t, &spans[n])) {
				spans[n].order = n;
				n++;
			} else {
				whole = false;
			}
		}
		check_statements(c, b->body);
	}
	check_statements(c, s->u.choice.otherwise);
	if (spans) {
		check_overlap(c, spans, n);
	}
	if (whole) {
		check_complete(c, s, spans, n);
	}
}
