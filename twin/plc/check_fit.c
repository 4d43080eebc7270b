/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "twin/plc/check_impl.h"

/* Kinds let type_is_integer() and type_is_real() answer; the address tells them apart. */
const struct type check_any_integer = {.kind = KIND_LINT, .name = "a whole number"};
const struct type check_any_real = {.kind = KIND_LREAL,
                                    .name = "a number with a fraction"};

bool check_is_open(const struct type *t)
{
	return t == &check_any_integer || t == &check_any_real;
}

/* ---- where to point -------------------------------------------------------------------
 */

struct position check_start(const struct expr *e)
{
	struct position at = e->at;

	while (e->kind == EXPR_BINARY && e->u.operation.left) {
		e = e->u.operation.left;
		at = e->at;
	}
	return at;
}

uint16_t check_length(const struct expr *e)
{
	struct position first = check_start(e);
	const struct expr *last = e;
	uint32_t end;

	while (last->kind == EXPR_BINARY && last->u.operation.right) {
		last = last->u.operation.right;
	}
	end = (uint32_t)last->at.column + last->length;
	if (last->at.line != first.line || end <= first.column) {
		return e->kind == EXPR_BINARY ? 1 : e->length;
	}
	return end - first.column > UINT16_MAX ? UINT16_MAX
	                                       : (uint16_t)(end - first.column);
}

/* ---- widening -------------------------------------------------------------------------
 */

static bool widens_number(enum kind from, enum kind to, unsigned from_bits,
                          unsigned to_bits)
{
	bool from_signed = from >= KIND_SINT && from <= KIND_LINT;
	bool to_signed = to >= KIND_SINT && to <= KIND_LINT;

	if (from == KIND_REAL) {
		return to == KIND_LREAL;
	}
	if (from < KIND_SINT || from > KIND_ULINT) {
		return false;
	}
	if (to == KIND_REAL || to == KIND_LREAL) {
		return from_bits < to_bits; /* every value stays what it is */
	}
	if (to < KIND_SINT || to > KIND_ULINT) {
		return false;
	}
	return from_signed == to_signed ? from_bits < to_bits
	                                : to_signed && from_bits < to_bits;
}

static bool widens_kind(const struct type *from, const struct type *to)
{
	enum kind f = from->kind, t = to->kind;

	if (f == t) {
		return true;
	}
	if (f >= KIND_BOOL && f <= KIND_LWORD && t >= KIND_BOOL && t <= KIND_LWORD) {
		return f < t;
	}
	if ((f == KIND_TIME && t == KIND_LTIME) || (f == KIND_LTIME && t == KIND_TIME)) {
		return true; /* both are 64 bits of ns here */
	}
	return widens_number(f, t, type_bits(from), type_bits(to));
}

bool check_widens(const struct type *from, const struct type *to)
{
	if (from == to || from->kind == KIND_ERROR || to->kind == KIND_ERROR) {
		return true;
	}
	if (from->kind == KIND_SUBRANGE) {
		from = type_base(from);
	}
	if (to->kind == KIND_SUBRANGE) {
		to = type_base(to); /* its range is asked when it is stored */
	}
	if (!type_is_elementary(from) || !type_is_elementary(to)) {
		return check_same_type(from, to);
	}
	return widens_kind(from, to);
}

const struct type *check_common(const struct type *a, const struct type *b)
{
	static const enum kind wider[] = {KIND_INT, KIND_DINT, KIND_LINT, KIND_REAL,
	                                  KIND_LREAL};

	if (a->kind == KIND_ERROR || b->kind == KIND_ERROR) {
		return type_elementary(KIND_ERROR);
	}
	if (a->kind == KIND_SUBRANGE && a != b) {
		a = type_base(a);
	}
	if (b->kind == KIND_SUBRANGE && a != b) {
		b = type_base(b);
	}
	if (check_widens(a, b)) {
		return type_is_string(a) && a->u.length > b->u.length ? a : b;
	}
	if (check_widens(b, a)) {
		return a;
	}
	for (size_t i = 0; i < sizeof(wider) / sizeof(wider[0]); i++) {
		const struct type *t = type_elementary(wider[i]);

		if (check_widens(a, t) && check_widens(b, t)) {
			return t;
		}
	}
	return NULL;
}

/* ---- open types -----------------------------------------------------------------------
 */

static bool adopt_integer(struct check *c, struct expr *e, const struct type *t)
{
	const struct constant *k = e->constant;

	if (type_is_real(t)) {
		double value = k->negative ? -(double)-k->u.bits : (double)k->u.bits;

		e->constant = check_real_new(
			c, t->kind == KIND_REAL ? (double)(float)value : value);
	} else if ((!type_is_integer(t) && !type_is_bits(t)) || !check_in_range(k, t)) {
		return false;
	}
	e->type = t;
	return true;
}

static bool adopt_real(struct check *c, struct expr *e, const struct type *t)
{
	double value = e->constant->u.real;

	if (!type_is_real(t)) {
		return false;
	}
	if (t->kind == KIND_REAL) {
		if (isinf((float)value)) {
			return false;
		}
		e->constant = check_real_new(c, (double)(float)value);
	}
	e->type = t;
	return true;
}

static bool is_whole(const struct type *t)
{
	return type_is_integer(t) || type_is_bits(t);
}

/* %IW3 where an INT is wanted: a place has a size; what is used there first gives it a
 * type, and what else has that size is converted. */
bool check_adopt_place(struct expr *e, const struct type *t)
{
	struct variable *v = e->variable;

	if (!v || !type_is_elementary(t) || type_bits(t) != type_bits(e->type) ||
	    type_bits(t) == 0) {
		return false;
	}
	if (v->reads == 1 && v->writes == 0 && !v->name.text && !v->spec) {
		v->type = t;
		e->type = t;
		return true;
	}
	return v->type->kind == t->kind || (is_whole(v->type) && is_whole(t));
}

/* e becomes the call of the conversion to t: a place that is used in two types. */
static void convert_place(struct check *c, struct expr *e, const struct type *t)
{
	struct expr *copy;
	struct item *item;

	if (check_same_type(e->type, t)) {
		return;
	}
	copy = region_alloc(c->region, sizeof(*copy));
	item = region_alloc(c->region, sizeof(*item));
	if (!copy || !item) {
		return;
	}
	*copy = *e;
	item->value = copy;
	e->kind = EXPR_CALL;
	e->u.call.callee = copy;
	e->u.call.items = item;
	e->u.call.n = 1;
	e->variable = NULL;
	e->standard = STANDARD_CONVERT;
	e->type = t;
}

bool check_adopt(struct check *c, struct expr *e, const struct type *t)
{
	if (t->kind == KIND_ERROR || check_is_open(t)) {
		return t->kind == KIND_ERROR;
	}
	if (e->kind == EXPR_DIRECT) {
		if (!check_adopt_place(e, t)) {
			return false;
		}
		convert_place(c, e, t);
		return true;
	}
	if (!e->constant) {
		return false; /* memory ran out */
	}
	if (e->type == &check_any_integer) {
		return adopt_integer(c, e, t);
	}
	return e->type == &check_any_real && adopt_real(c, e, t);
}

void check_settle(struct check *c, struct expr *e)
{
	static const enum kind integers[] = {KIND_INT, KIND_DINT, KIND_LINT, KIND_ULINT};

	if (!check_is_open(e->type)) {
		return;
	}
	if (e->type == &check_any_real) {
		/* LREAL keeps all digits that were written */
		if (!check_adopt(c, e, type_elementary(KIND_LREAL))) {
			e->type = type_elementary(KIND_ERROR);
		}
		return;
	}
	for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
		if (check_adopt(c, e, type_elementary(integers[i]))) {
			return;
		}
	}
	e->type = type_elementary(KIND_ERROR); /* without memory */
}

/* ---- complaints -----------------------------------------------------------------------
 */

static void say_range(struct check *c, const struct expr *e, const struct type *t)
{
	const struct constant *k = e->constant;
	const char *name = check_text(c, t);
	int64_t low;
	uint64_t high;

	type_limits(t, &low, &high);
	if (k->negative) {
		check_say(c, e, "%lld does not fit into %s (%lld to %llu)",
		          (long long)check_int64(k), name, (long long)low,
		          (unsigned long long)high);
	} else if (high > INT64_MAX && t->kind == KIND_SUBRANGE && type_is_signed(t)) {
		check_say(c, e, "%llu does not fit into %s (%lld to %lld)",
		          (unsigned long long)k->u.bits, name, (long long)low,
		          (long long)(int64_t)high);
	} else {
		check_say(c, e, "%llu does not fit into %s (%lld to %llu)",
		          (unsigned long long)k->u.bits, name, (long long)low,
		          (unsigned long long)high);
	}
}

/* "; convert it with INT_TO_REAL", where there is such a function. */
static const char *remedy(struct check *c, const struct type *from, const struct type *to)
{
	static const char words[] = "; convert it with ";
	struct standard_function f;
	const char *text;

	if (!type_is_elementary(type_base(from)) || !type_is_elementary(type_base(to)) ||
	    from->kind == KIND_ENUM || to->kind == KIND_ENUM || check_is_open(from)) {
		return "";
	}
	text = check_format(c, "%s%s_TO_%s", words, type_kind_name(type_base(from)->kind),
	                    type_kind_name(type_base(to)->kind));
	return standard_function(&f, text + sizeof(words) - 1) ? text : "";
}

static void say_misfit(struct check *c, const struct expr *e,
                       const struct check_slot *slot)
{
	const char *to = check_text(c, slot->type);
	const char *from = check_text(c, e->type);
	const char *help = remedy(c, e->type, slot->type);

	if (strcmp(to, from) == 0) {
		from = "another type of that name";
	}
	if (slot->name) {
		check_say(c, e, "%.*s is %s, but this is %s%s", CHECK_NAME(slot->name),
		          to, from, help);
	} else if (slot->text) {
		check_say(c, e, "%s is %s, but this is %s%s", slot->text, to, from, help);
	} else {
		check_say(c, e, "%s is wanted here, but this is %s%s", to, from, help);
	}
}

/* What is stored in a subrange, where its value is known. */
static bool check_stored(struct check *c, struct expr *e, const struct type *t)
{
	if (t->kind == KIND_SUBRANGE && e->constant && !check_in_range(e->constant, t)) {
		say_range(c, e, t);
		return false;
	}
	if (type_is_string(t) && t->kind != KIND_ERROR && e->constant &&
	    e->constant->kind == CONSTANT_STRING &&
	    e->constant->u.string.length > t->u.length) {
		sources_warning(
			c->sources, check_start(e), check_length(e),
			"this text has %u characters, %s takes %u: the rest is cut",
			e->constant->u.string.length, check_text(c, t), t->u.length);
	}
	return true;
}

void check_widen(struct expr *e, const struct type *t)
{
	if (!check_same_type(e->type, t) && !type_is_string(t)) {
		e->target = t;
	}
}

bool check_fit(struct check *c, struct expr *e, const struct check_slot *slot)
{
	const struct type *t = slot->type;

	if (e->type->kind == KIND_ERROR || t->kind == KIND_ERROR) {
		check_settle(c, e);
		return true;
	}
	if ((check_is_open(e->type) || e->kind == EXPR_DIRECT) && check_adopt(c, e, t)) {
		return true;
	}
	if (e->type == &check_any_integer && e->constant &&
	    (type_is_integer(t) || type_is_bits(t))) {
		say_range(c, e, t);
		return false;
	}
	if (check_is_open(e->type) || !check_widens(e->type, t)) {
		say_misfit(c, e, slot);
		return false;
	}
	check_widen(e, t);
	return check_stored(c, e, t);
}
