/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "twin/plc/check_impl.h"

static unsigned size_bits(char size)
{
	switch (size) {
	case 'X':
		return 1;
	case 'B':
		return 8;
	case 'W':
		return 16;
	case 'D':
		return 32;
	default:
		return 64;
	}
}

static void say(struct check *c, const struct direct *d, const char *text)
{
	sources_error(c->sources, d->at, d->length, "%s", text);
}

const struct type *check_direct_type(const struct direct *d)
{
	switch (d->size) {
	case 'X':
		return type_elementary(KIND_BOOL);
	case 'B':
		return type_elementary(KIND_BYTE);
	case 'W':
		return type_elementary(KIND_WORD);
	case 'D':
		return type_elementary(KIND_DWORD);
	default:
		return type_elementary(KIND_LWORD);
	}
}

bool check_direct(struct check *c, const struct direct *d)
{
	if (d->incomplete) {
		return true;
	}
	if (d->size == 'X') {
		if (d->n_parts > 2) {
			say(c, d,
			    "an address of a bit is its byte and its bit, as in %QX0.3");
			return false;
		}
		if (d->n_parts == 2 && d->parts[1] > 7) {
			say(c, d,
			    "a byte has the bits 0 to 7: the next bit is in the next "
			    "byte");
			return false;
		}
		return true;
	}
	if (d->n_parts == 2) { /* as OpenPLC takes it */
		sources_warning(c->sources, d->at, d->length,
		                "only the address of a bit has a point: this is %%%c%c%u",
		                d->area, d->size, d->parts[0]);
	} else if (d->n_parts != 1) {
		say(c, d, "only the address of a bit has a point: %IX0.3, but %IW3");
		return false;
	}
	return true;
}

/* What one element takes and how many there are; false of what has no such place. */
static bool shape(const struct type *t, unsigned *bits, uint64_t *n)
{
	*n = 1;
	while (t->kind == KIND_ARRAY) {
		if (__builtin_mul_overflow(*n, t->u.array.n, n)) {
			return false;
		}
		t = t->u.array.element;
	}
	*bits = type_bits(t);
	return *bits > 0;
}

/* Which of the two is wrong is not known, so what else is made of it is not judged. */
static void check_shape(struct check *c, struct variable *v)
{
	const struct direct *d = v->direct;
	unsigned bits = 0;
	uint64_t n;

	if (!shape(v->type, &bits, &n)) {
		sources_error(c->sources, d->at, d->length,
		              "%s has no place among inputs, outputs and flags",
		              check_text(c, v->type));
		v->type = type_elementary(KIND_ERROR);
	} else if (bits != size_bits(d->size)) {
		sources_error(c->sources, d->at, d->length,
		              "%%%c%c is %u bit%s, %s is %u", d->area, d->size,
		              size_bits(d->size), size_bits(d->size) == 1 ? "" : "s",
		              check_text(c, v->type), bits);
		v->type = type_elementary(KIND_ERROR);
	}
}

void check_address(struct check *c, struct variable *v)
{
	const struct direct *d = v->direct;

	if (v->section != SECTION_VAR && v->section != SECTION_GLOBAL) {
		say(c, d, "AT belongs into VAR or VAR_GLOBAL");
		return;
	}
	if (v->pou && v->pou->kind == POU_FUNCTION) {
		say(c, d,
		    "a function has no inputs and outputs of the PLC: hand them over as "
		    "arguments");
		return;
	}
	if (v->constant) {
		say(c, d, "a constant has no place among inputs, outputs and flags");
		return;
	}
	if (v->type->kind != KIND_ERROR && check_direct(c, d)) {
		check_shape(c, v);
	}
	if (!d->incomplete && type_bits(v->type) > 0) {
		check_place(c, d, v);
	}
}

/* ---- addresses in a body
 * ----------------------------------------------------------------
 */

static const char *place_key(struct check *c, const struct direct *d)
{
	const char *text = check_format(c, "%%%c%c%u.%u", d->area, d->size, d->parts[0],
	                                d->size == 'X' && d->n_parts > 1 ? d->parts[1]
	                                                                 : 0);
	size_t n = 0;

	while (text[n]) {
		n++;
	}
	return ast_key(c->ast, text, n);
}

void check_place(struct check *c, const struct direct *d, struct variable *v)
{
	const char *key = place_key(c, d);

	if (!table_get(&c->places, key)) {
		table_put(&c->places, c->region, key, v);
	}
}

struct variable *check_placed_variable(struct check *c, struct direct *d)
{
	const char *key = place_key(c, d);
	struct variable *v = table_get(&c->places, key);

	if (v && (!v->pou || v->pou == c->pou)) {
		return v;
	}
	v = region_alloc(c->region, sizeof(*v));
	if (v) {
		v->section = SECTION_GLOBAL;
		v->direct = d;
		v->type = check_direct_type(d);
		table_put(&c->places, c->region, key, v);
	}
	return v;
}

/* ---- two at one place -----------------------------------------------------------------
 */

/* From low to high in units of its size, of the areas that do not overlap each other. */
struct extent {
	const struct variable *variable;
	uint64_t low, high;
	char area, size;
};

static bool make_extent(const struct variable *v, struct extent *out)
{
	const struct direct *d = v->direct;
	unsigned bits;
	uint64_t n;

	if (!d || d->incomplete || !v->type || v->type->kind == KIND_ERROR ||
	    !shape(v->type, &bits, &n) || bits != size_bits(d->size) || d->n_parts < 1) {
		return false;
	}
	*out = (struct extent){v, d->parts[0], 0, d->area, d->size};
	if (d->size == 'X') {
		out->low = out->low * 8 + (d->n_parts > 1 ? d->parts[1] : 0);
	}
	out->high = out->low + n - 1;
	return true;
}

static size_t gather(struct extent *list, size_t n, const struct variable *v)
{
	for (; v; v = v->next) {
		struct extent one;

		if (make_extent(v, &one)) {
			if (list) {
				list[n] = one;
			}
			n++;
		}
	}
	return n;
}

static size_t gather_all(struct check *c, struct extent *list)
{
	size_t n = gather(list, 0, c->ast->globals);

	for (struct configuration *f = c->ast->configurations; f; f = f->next) {
		n = gather(list, n, f->globals);
		for (struct resource *r = f->resources; r; r = r->next) {
			n = gather(list, n, r->globals);
		}
	}
	for (struct pou *p = c->ast->pous; p; p = p->next) {
		n = gather(list, n, p->variables);
	}
	return n;
}

static int compare_places(const struct position *a, const struct position *b)
{
	if (a->file != b->file) {
		return a->file < b->file ? -1 : 1;
	}
	if (a->line != b->line) {
		return a->line < b->line ? -1 : 1;
	}
	return a->column < b->column ? -1 : a->column > b->column;
}

static int compare_extents(const void *left, const void *right)
{
	const struct extent *a = left, *b = right;

	if (a->area != b->area) {
		return a->area < b->area ? -1 : 1;
	}
	if (a->size != b->size) {
		return a->size < b->size ? -1 : 1;
	}
	if (a->low != b->low) {
		return a->low < b->low ? -1 : 1;
	}
	return compare_places(&a->variable->direct->at, &b->variable->direct->at);
}

/* Inputs may have two names, an output or a flag that has two has two masters. */
static void say_overlap(struct check *c, const struct extent *a, const struct extent *b)
{
	const struct extent *first = a, *second = b;
	const struct direct *d;
	const char *name, *verb;
	int length;

	if (compare_places(&a->variable->direct->at, &b->variable->direct->at) > 0) {
		first = b;
		second = a;
	}
	d = second->variable->direct;
	name = first->variable->name.text ? first->variable->name.text : "a variable";
	length = first->variable->name.text ? (int)first->variable->name.length : 10;
	verb = first->low == second->low ? "is already the place of" : "is within";
	if (d->area == 'I') {
		sources_warning(c->sources, d->at, d->length,
		                "this place %s %.*s (line %u)", verb, length, name,
		                first->variable->direct->at.line);
		return;
	}
	sources_error(c->sources, d->at, d->length, "this place %s %.*s (line %u)", verb,
	              length, name, first->variable->direct->at.line);
}

void check_overlaps(struct check *c)
{
	size_t n = gather_all(c, NULL);
	struct extent *list = region_array(c->region, n ? n : 1, sizeof(*list));
	const struct extent *widest;

	if (!list || n == 0) {
		return;
	}
	gather_all(c, list);
	qsort(list, n, sizeof(*list), compare_extents);
	widest = &list[0];
	for (size_t i = 1; i < n; i++) {
		bool same = list[i].area == widest->area && list[i].size == widest->size;

		if (same && list[i].low <= widest->high) {
			say_overlap(c, widest, &list[i]);
		}
		if (!same || list[i].high > widest->high) {
			widest = &list[i];
		}
	}
}
