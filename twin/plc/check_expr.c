/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "twin/plc/check_impl.h"

static const struct type *error_type(void)
{
	return type_elementary(KIND_ERROR);
}

/* ---- literals -------------------------------------------------------------------------
 */

/* SINT#16#FF is the pattern of -1. */
static const struct constant *from_pattern(struct check *c, const struct constant *k,
                                           const struct type *t)
{
	unsigned bits = type_bits(t);
	uint64_t all = bits > 0 ? UINT64_MAX >> (64 - bits) : 0;

	if (!type_is_signed(t) || k->negative || k->u.bits > all ||
	    k->u.bits <= all >> 1) {
		return k;
	}
	return check_integer_new(c, all - k->u.bits + 1, true);
}

static void check_typed_literal(struct check *c, struct expr *e)
{
	const struct type *t = e->u.literal.type;

	if (e->constant->kind == CONSTANT_INTEGER && e->u.literal.hex) {
		e->constant = from_pattern(c, e->constant, t);
	}
	e->type = e->constant && e->constant->kind == CONSTANT_INTEGER
	                  ? &check_any_integer
	                  : &check_any_real;
	if (!check_fit(c, e, &(struct check_slot){.type = t})) {
		e->type = error_type();
	}
}

/* A text is as long as it is, so that what is put together of several stays small. */
static const struct type *text_type(struct check *c, const struct expr *e)
{
	const struct type *as = e->u.literal.type;
	struct type *t = type_new(
		c->region, as && as->kind == KIND_WSTRING ? KIND_WSTRING : KIND_STRING,
		NULL);

	if (!t) {
		return error_type();
	}
	t->u.length = e->constant->u.string.length;
	return t;
}

static void check_literal(struct check *c, struct expr *e)
{
	const struct type *t = e->u.literal.type;

	e->constant = &e->u.literal.value;
	if (e->constant->kind == CONSTANT_STRING) {
		e->type = text_type(c, e);
	} else if (t && (type_is_number(t) || type_is_bits(t))) {
		check_typed_literal(c, e);
	} else if (t) {
		e->type = t; /* TRUE, times and dates */
	} else {
		e->type = e->constant->kind == CONSTANT_REAL ? &check_any_real
		                                             : &check_any_integer;
	}
}

/* ---- names ----------------------------------------------------------------------------
 */

static bool is_ambiguous(const struct check *c, const struct check_value *v)
{
	for (const struct check_value *o = v->next; o; o = o->next) {
		if ((!o->pou || o->pou == c->pou) && !check_same_type(o->type, v->type)) {
			return true;
		}
	}
	return false;
}

static void take_value(struct check *c, struct expr *e, const struct check_value *v)
{
	e->type = v->type;
	e->constant = check_integer_new(
		c, v->value < 0 ? -(uint64_t)v->value : (uint64_t)v->value, v->value < 0);
}

/* red: where several enumerations have one, that which is wanted. */
static bool check_enumerator(struct check *c, struct expr *e, const struct type *want)
{
	const struct name *name = &e->u.name;
	const struct check_value *v = want && want->kind == KIND_ENUM
	                                      ? check_value_of(c, name->key, want)
	                                      : NULL;

	if (v) {
		take_value(c, e, v);
		return true;
	}
	v = check_value(c, name->key);
	if (!v) {
		return false;
	}
	if (is_ambiguous(c, v)) {
		sources_error(
			c->sources, name->at, name->length,
			"several enumerations have %.*s: write the type before it, as in "
			"%s#%.*s",
			CHECK_NAME(name), check_text(c, v->type), CHECK_NAME(name));
		e->type = error_type();
		return true;
	}
	take_value(c, e, v);
	return true;
}

static void check_name(struct check *c, struct expr *e, const struct type *want)
{
	struct variable *v = check_variable(c, &e->u.name);

	if (v) {
		check_variable_ready(c, v);
		e->variable = v;
		e->type = v->type;
		e->constant = v->constant ? v->value : NULL;
		v->reads++;
		if (v->global) {
			v->global->reads++;
		}
		return;
	}
	if (!check_enumerator(c, e, want)) {
		check_unknown_variable(c, &e->u.name);
		e->type = error_type();
	}
}

static void check_enum_literal(struct check *c, struct expr *e)
{
	const struct name *value = &e->u.enumerator.value;
	const struct type *t = check_type_named(c, &e->u.enumerator.type);
	const struct check_value *v;

	e->type = error_type();
	if (!t) {
		check_unknown_type(c, &e->u.enumerator.type);
		return;
	}
	if (t->kind != KIND_ENUM) {
		if (t->kind != KIND_ERROR) {
			check_say(c, e, "%s is no enumeration, so it has no %.*s",
			          check_text(c, t), CHECK_NAME(value));
		}
		return;
	}
	v = check_value_of(c, value->key, t);
	if (!v) {
		sources_error(c->sources, value->at, value->length,
		              "the enumeration %s has no %.*s", check_text(c, t),
		              CHECK_NAME(value));
		return;
	}
	take_value(c, e, v);
	e->type = t;
}

/* ---- parts ----------------------------------------------------------------------------
 */

static void check_direct_expr(struct check *c, struct expr *e)
{
	struct direct *d = &e->u.direct;

	e->type = error_type();
	if (d->incomplete) {
		check_say(c, e, "an address with * is only for a declaration");
	} else if (check_direct(c, d)) {
		e->variable = check_placed_variable(c, d);
		e->type = e->variable && e->variable->type ? e->variable->type
		                                           : check_direct_type(d);
		if (e->variable) {
			e->variable->reads++;
		}
	}
}

static bool find_field(struct expr *e, const struct type *t)
{
	for (uint32_t i = 0; i < t->u.structure.n; i++) {
		if (t->u.structure.fields[i].key == e->u.field.name.key) {
			e->field = i;
			e->type = t->u.structure.fields[i].type;
			return true;
		}
	}
	return false;
}

static bool find_standard(struct expr *e, const struct type *t)
{
	const struct standard_block *b = standard_block_of(t->u.block.standard);

	for (uint32_t i = 0; b && b->variables[i].name; i++) {
		if (check_is_called(&e->u.field.name, b->variables[i].name)) {
			e->field = i;
			e->type = type_elementary(b->variables[i].kind);
			return true;
		}
	}
	return false;
}

/* What a block shows to others: its inputs and outputs (table 32). */
static bool find_variable(struct check *c, struct expr *e, const struct type *t)
{
	const struct name *name = &e->u.field.name;
	const struct pou *p = t->u.block.pou;
	struct variable *v = p->scope ? table_get(p->scope, name->key) : NULL;

	if (!v || v->pou != p) {
		return false;
	}
	e->variable = v;
	e->type = v->type ? v->type : error_type();
	if (v->section != SECTION_INPUT && v->section != SECTION_OUTPUT &&
	    e->type->kind != KIND_ERROR) {
		sources_error(c->sources, name->at, name->length,
		              "%.*s is inside %s: only its inputs and outputs are seen "
		              "from here",
		              CHECK_NAME(name), check_text(c, t));
		e->type = error_type();
	}
	return true;
}

static void check_field(struct check *c, struct expr *e)
{
	const struct type *t;
	bool found = false;

	check_expr(c, e->u.field.base, NULL);
	t = e->u.field.base->type;
	e->type = error_type();
	if (t->kind == KIND_ERROR) {
		return;
	}
	if (t->kind == KIND_STRUCT) {
		found = find_field(e, t);
	} else if (t->kind == KIND_BLOCK) {
		found = t->u.block.pou ? find_variable(c, e, t) : find_standard(e, t);
	} else {
		sources_error(c->sources, e->u.field.name.at, e->u.field.name.length,
		              "%s has no parts with names", check_text(c, t));
		return;
	}
	if (!found) {
		check_unknown_field(c, &e->u.field.name, t);
	}
}

static void check_subscript(struct check *c, struct expr *e, const struct type_range *dim)
{
	check_expr(c, e, NULL);
	if (e->type->kind == KIND_ERROR) {
		return;
	}
	if (!type_is_integer(e->type)) {
		check_say(c, e, "the index of an array is a whole number, not %s",
		          check_text(c, e->type));
		return;
	}
	if (e->constant && (check_int64(e->constant) < dim->low ||
	                    check_int64(e->constant) > dim->high)) {
		check_say(c, e,
		          "%lld is outside of the array, which goes from %lld to %lld",
		          (long long)check_int64(e->constant), (long long)dim->low,
		          (long long)dim->high);
		e->type = error_type();
		return;
	}
	check_settle(c, e);
}

static void check_index(struct check *c, struct expr *e)
{
	const struct type *t;
	uint32_t n = 0;

	check_expr(c, e->u.index.base, NULL);
	t = e->u.index.base->type;
	e->type = error_type();
	if (t->kind != KIND_ARRAY) {
		if (t->kind != KIND_ERROR) {
			check_say(c, e, "%s is no array, it has no [ ]",
			          check_text(c, t));
		}
		return;
	}
	for (struct item *i = e->u.index.items; i; i = i->next) {
		if (i->value && n < t->u.array.n_dims) {
			check_subscript(c, i->value, &t->u.array.dims[n]);
		}
		n++;
	}
	if (n != t->u.array.n_dims) {
		check_say(c, e, "the array has %u dimension%s, here stand%s %u",
		          t->u.array.n_dims, t->u.array.n_dims == 1 ? "" : "s",
		          n == 1 ? "s" : "", n);
		return;
	}
	e->type = t->u.array.element;
}

static void check_bits(struct check *c, struct expr *e)
{
	const struct type *t;
	unsigned width;

	check_expr(c, e->u.bits.base, NULL);
	t = e->u.bits.base->type;
	e->type = error_type();
	if (t->kind == KIND_ERROR) {
		return;
	}
	if (check_is_open(t) || t->kind == KIND_BOOL ||
	    (!type_is_bits(t) && !type_is_integer(t))) {
		check_say(c, e, "%s has no bits to pick", check_text(c, t));
		return;
	}
	e->type = check_direct_type(&(struct direct){.size = e->u.bits.size});
	width = type_bits(e->type);
	if ((uint64_t)(e->u.bits.number + 1u) * width > type_bits(t)) {
		check_say(c, e, "%s has %u bits: this part is beyond them",
		          check_text(c, t), type_bits(t));
		e->type = error_type();
	}
}

/* ---- all of them ----------------------------------------------------------------------
 */

bool check_is_called(const struct name *name, const char *word)
{
	return name->text && strlen(word) == name->length &&
	       strncasecmp(name->text, word, name->length) == 0;
}

static struct expr bad_expr; /* EXPR_BAD; only where memory ran out */

struct expr *check_some(struct check *c, struct expr *e)
{
	e = e ? e : region_alloc(c->region, sizeof(*e));
	return e ? e : &bad_expr;
}

/* What is below may be missing where the text was wrong. */
static void complete(struct check *c, struct expr *e)
{
	if (e->kind == EXPR_FIELD) {
		e->u.field.base = check_some(c, e->u.field.base);
	} else if (e->kind == EXPR_INDEX) {
		e->u.index.base = check_some(c, e->u.index.base);
	} else if (e->kind == EXPR_BITS) {
		e->u.bits.base = check_some(c, e->u.bits.base);
	} else if (e->kind == EXPR_UNARY || e->kind == EXPR_BINARY) {
		e->u.operation.left = check_some(c, e->u.operation.left);
		if (e->kind == EXPR_BINARY) {
			e->u.operation.right = check_some(c, e->u.operation.right);
		}
	} else if (e->kind == EXPR_CALL) {
		e->u.call.callee = check_some(c, e->u.call.callee);
	}
}

void check_expr(struct check *c, struct expr *e, const struct type *want)
{
	complete(c, e);
	e->target = NULL;
	e->constant = NULL;
	switch (e->kind) {
	case EXPR_LITERAL:
		check_literal(c, e);
		break;
	case EXPR_NAME:
		check_name(c, e, want);
		break;
	case EXPR_ENUM:
		check_enum_literal(c, e);
		break;
	case EXPR_DIRECT:
		check_direct_expr(c, e);
		break;
	case EXPR_FIELD:
		check_field(c, e);
		break;
	case EXPR_INDEX:
		check_index(c, e);
		break;
	case EXPR_BITS:
		check_bits(c, e);
		break;
	case EXPR_UNARY:
	case EXPR_BINARY:
		check_operation(c, e, want);
		break;
	case EXPR_CALL:
		check_call(c, e, want, false);
		break;
	case EXPR_BAD:
		e->type = error_type();
		break;
	case EXPR_LIST:
	case EXPR_RECORD:
		check_say(c, e, "a list of values is for a declaration");
		e->type = error_type();
		break;
	}
	if (!e->type) {
		e->type = error_type();
	}
}

void check_value_in(struct check *c, struct expr *e, const struct check_slot *slot)
{
	check_expr(c, e, slot->type);
	check_fit(c, e, slot);
}

void check_condition(struct check *c, struct expr *e, const char *word)
{
	struct check_slot slot = {.type = type_elementary(KIND_BOOL), .text = word};

	check_value_in(c, e, &slot);
}
