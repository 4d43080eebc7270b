/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "twin/plc/check_impl.h"

static const struct type *error_type(void)
{
	return type_elementary(KIND_ERROR);
}

static char *copy_name(struct check *c, const struct name *name)
{
	return region_text(c->region, name->text, name->length);
}

static struct type *new_type(struct check *c, enum kind kind, const struct name *name)
{
	return type_new(c->region, kind, name ? copy_name(c, name) : NULL);
}

/* ---- equality -------------------------------------------------------------------------
 */

static bool same_arrays(const struct type *a, const struct type *b)
{
	return type_same_bounds(a, b) &&
	       check_same_type(a->u.array.element, b->u.array.element);
}

static bool same_ranges(const struct type *a, const struct type *b)
{
	return a->u.subrange.base == b->u.subrange.base &&
	       a->u.subrange.range.low == b->u.subrange.range.low &&
	       a->u.subrange.range.high == b->u.subrange.range.high;
}

/* A type declared as another one shares its fields and values. */
bool check_same_type(const struct type *a, const struct type *b)
{
	if (a == b || a->kind == KIND_ERROR || b->kind == KIND_ERROR) {
		return true;
	}
	if (a->kind != b->kind) {
		return false;
	}
	if (a->kind == KIND_STRING || a->kind == KIND_WSTRING) {
		return a->u.length == b->u.length;
	}
	if (a->kind == KIND_ENUM) {
		return a->u.enumeration.values == b->u.enumeration.values;
	}
	if (a->kind == KIND_STRUCT) {
		return a->u.structure.fields == b->u.structure.fields;
	}
	if (a->kind == KIND_BLOCK) {
		return a->u.block.pou == b->u.block.pou &&
		       a->u.block.standard == b->u.block.standard;
	}
	if (a->kind == KIND_SUBRANGE) {
		return same_ranges(a, b);
	}
	return a->kind != KIND_ARRAY || same_arrays(a, b);
}

const char *check_text(struct check *c, const struct type *t)
{
	if (!t->name && t->kind != KIND_ERROR && type_is_string(t) &&
	    t->u.length == TYPE_STRING_DEFAULT) {
		return type_kind_name(t->kind);
	}
	return type_text(t, c->region);
}

/* ---- size -----------------------------------------------------------------------------
 */

static uint64_t add_bytes(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

static uint64_t count_bytes(struct check *c, const struct type *t)
{
	uint64_t sum = 0, product;

	if (t->kind == KIND_ARRAY) {
		if (__builtin_mul_overflow(check_bytes(c, t->u.array.element),
		                           t->u.array.n, &product)) {
			return UINT64_MAX;
		}
		return product;
	}
	if (t->kind == KIND_STRUCT) {
		for (uint32_t i = 0; i < t->u.structure.n; i++) {
			sum = add_bytes(sum,
			                check_bytes(c, t->u.structure.fields[i].type));
		}
		return sum;
	}
	if (t->kind == KIND_BLOCK && t->u.block.pou) {
		for (const struct variable *v = t->u.block.pou->variables; v;
		     v = v->next) {
			sum = add_bytes(sum, v->type ? check_bytes(c, v->type) : 0);
		}
		return sum;
	}
	return 64;
}

uint64_t check_bytes(struct check *c, const struct type *t)
{
	const char *key = (const char *)t;
	uint64_t *known;

	if (type_is_string(t)) {
		return (uint64_t)t->u.length * (t->kind == KIND_WSTRING ? 2 : 1);
	}
	if (type_bits(t) > 0 || t->kind == KIND_ERROR) {
		return (type_bits(t) + 7) / 8;
	}
	known = table_get(&c->bytes, key);
	if (!known) {
		known = region_alloc(c->region, sizeof(*known));
		if (!known) {
			return 0;
		}
		table_put(&c->bytes, c->region, key, known); /* 0 while it is counted */
		*known = count_bytes(c, t);
	}
	return *known;
}

static bool holds_block(struct check *c, const struct type *t)
{
	for (uint32_t i = 0; i < t->u.structure.n; i++) {
		if (check_holds_block(c, t->u.structure.fields[i].type)) {
			return true;
		}
	}
	return false;
}

bool check_holds_block(struct check *c, const struct type *t)
{
	static char yes, no;
	char *known;

	while (t->kind == KIND_ARRAY) {
		t = t->u.array.element;
	}
	if (t->kind != KIND_STRUCT) {
		return t->kind == KIND_BLOCK;
	}
	known = table_get(&c->holds, (const char *)t);
	if (!known) {
		known = holds_block(c, t) ? &yes : &no;
		table_put(&c->holds, c->region, (const char *)t, known);
	}
	return known == &yes;
}

/* ---- types by name --------------------------------------------------------------------
 */

static const struct type *standard_type(struct check *c, const struct standard_block *b)
{
	const struct type **known = &c->standards[b->id - STANDARD_SR];
	struct type *t;

	if (!*known) {
		t = type_new(c->region, KIND_BLOCK, b->name);
		if (!t) {
			return error_type();
		}
		t->u.block.standard = b->id;
		*known = t;
	}
	return *known;
}

const struct type *check_type_named(struct check *c, const struct name *name)
{
	const struct type *t = type_find(name->text, name->length);
	struct type_decl *d;
	struct pou *p;
	const struct standard_block *b;

	if (t) {
		return t;
	}
	d = table_get(&c->types, name->key);
	if (d) {
		return check_type_decl(c, d);
	}
	p = table_get(&c->pous, name->key);
	if (p) {
		return p->type; /* of a function NULL */
	}
	b = standard_block(name->key);
	return b ? standard_type(c, b) : NULL;
}

/* ---- types as written -----------------------------------------------------------------
 */

static const struct type *named(struct check *c, const struct type_spec *spec)
{
	const struct type *t = check_type_named(c, &spec->name);
	const struct pou *p = table_get(&c->pous, spec->name.key);

	if (t && t->kind == KIND_BLOCK && p && p->kind == POU_PROGRAM) {
		sources_error(
			c->sources, spec->name.at, spec->name.length,
			"%.*s is a program: it runs in a CONFIGURATION and is no type "
			"of a variable",
			CHECK_NAME(&spec->name));
		return error_type();
	}
	if (!t && p) {
		sources_error(c->sources, spec->name.at, spec->name.length,
		              "%.*s is a function, not a type", CHECK_NAME(&spec->name));
		return error_type();
	}
	if (!t) {
		check_unknown_type(c, &spec->name);
	}
	return t ? t : error_type();
}

static struct type *make_string(struct check *c, struct type_spec *spec,
                                const struct name *name)
{
	struct type *t = new_type(c, spec->wide ? KIND_WSTRING : KIND_STRING, name);
	const struct constant *k;

	if (!t) {
		return NULL;
	}
	t->u.length = TYPE_STRING_DEFAULT;
	if (!spec->size) {
		return t;
	}
	k = check_constant_integer(c, spec->size, NULL, "the length of a STRING");
	if (!k) {
		return NULL;
	}
	if (k->negative || k->u.bits < 1 || k->u.bits > TYPE_STRING_MAX) {
		check_say(c, spec->size, "a STRING has 1 to %u characters",
		          (unsigned)TYPE_STRING_MAX);
		return NULL;
	}
	t->u.length = (uint32_t)k->u.bits;
	return t;
}

/* low..high; false where it is none, which was said. */
static bool make_range(struct check *c, const struct spec_range *r,
                       const struct type *want, struct type_range *out)
{
	const char *what = want ? "the limit of a subrange" : "the limit of an array";
	const struct constant *low = check_constant_integer(c, r->low, want, what);
	const struct constant *high = check_constant_integer(c, r->high, want, what);

	if (!low || !high) {
		return false;
	}
	out->low = check_int64(low);
	out->high = check_int64(high);
	if ((!low->negative && low->u.bits > INT64_MAX) ||
	    (!high->negative && high->u.bits > INT64_MAX)) {
		check_say(c, r->high, "a limit beyond that of LINT");
		return false;
	}
	if (out->low > out->high) {
		check_say(c, r->low, "the lower limit %lld is above the upper one, %lld",
		          (long long)out->low, (long long)out->high);
		return false;
	}
	return true;
}

static bool is_within(struct check *c, const struct expr *e, int64_t value,
                      const struct type *t)
{
	struct constant k = {.kind = CONSTANT_INTEGER,
	                     .negative = value < 0,
	                     .u = {.bits = (uint64_t)value}};

	if (!check_in_range(&k, t)) {
		check_say(c, e, "%lld is no value of %s", (long long)value,
		          check_text(c, t));
		return false;
	}
	return true;
}

static struct type *make_subrange(struct check *c, struct type_spec *spec,
                                  const struct name *name)
{
	struct type *t = new_type(c, KIND_SUBRANGE, name);
	const struct type *base = named(c, spec);

	if (!t || base->kind == KIND_ERROR) {
		return NULL;
	}
	if (!type_is_integer(base)) {
		sources_error(c->sources, spec->name.at, spec->name.length,
		              "a subrange is one of an integer type, %s is none",
		              check_text(c, base));
		return NULL;
	}
	t->u.subrange.base = type_elementary(type_base(base)->kind);
	if (!spec->ranges || !make_range(c, spec->ranges, base, &t->u.subrange.range) ||
	    !is_within(c, spec->ranges->low, t->u.subrange.range.low, base) ||
	    !is_within(c, spec->ranges->high, t->u.subrange.range.high, base)) {
		return NULL;
	}
	return t;
}

static bool make_dims(struct check *c, const struct type_spec *spec, struct type *t)
{
	struct type_range *dims = region_array(c->region, spec->n_ranges, sizeof(*dims));
	uint32_t i = 0;
	bool right = dims != NULL;

	t->u.array.n = 1;
	for (const struct spec_range *r = spec->ranges; right && r; r = r->next) {
		uint64_t n;

		right = make_range(c, r, NULL, &dims[i]);
		if (right) {
			n = (uint64_t)dims[i].high - (uint64_t)dims[i].low;
			if (n >= (uint64_t)CHECK_BYTES_MAX * 8 ||
			    __builtin_mul_overflow(t->u.array.n, n + 1, &t->u.array.n)) {
				check_say(c, r->low, "this array is too large");
				return false;
			}
		}
		i++;
	}
	t->u.array.dims = dims;
	t->u.array.n_dims = spec->n_ranges;
	return right;
}

static struct type *make_array(struct check *c, struct type_spec *spec,
                               const struct name *name)
{
	struct type *t = new_type(c, KIND_ARRAY, name);
	bool right;

	if (!t || !spec->element) {
		return NULL;
	}
	right = make_dims(c, spec, t);
	t->u.array.element = check_spec(c, spec->element);
	if (!right || t->u.array.element->kind == KIND_ERROR) {
		return NULL;
	}
	if (check_bytes(c, t) > CHECK_BYTES_MAX) {
		sources_error(
			c->sources, spec->at, spec->length,
			"this array is too large: all its elements take more than %u "
			"MiB",
			(unsigned)(CHECK_BYTES_MAX >> 20));
		return NULL;
	}
	return t;
}

/* ---- enumerations ---------------------------------------------------------------------
 */

static const struct type *enum_base(struct check *c, struct type_spec *spec)
{
	const struct type *base = type_elementary(KIND_INT);

	if (spec->name.text) {
		base = named(c, spec);
		if (!type_is_integer(base) && !type_is_bits(base)) {
			sources_error(c->sources, spec->name.at, spec->name.length,
			              "an enumeration is kept as an integer, not as %s",
			              check_text(c, base));
			base = type_elementary(KIND_INT);
		}
	}
	return base;
}

/* The number of one name; *next is what the following one has by itself. */
static int64_t enum_number(struct check *c, const struct spec_value *v,
                           const struct type *base, int64_t *next)
{
	const struct constant *k;

	if (v->value) {
		k = check_constant_integer(c, v->value, base, "the number of a name");
		if (k && is_within(c, v->value, check_int64(k), base)) {
			*next = check_int64(k);
		}
	}
	return (*next)++;
}

static struct type *make_enum(struct check *c, struct type_spec *spec,
                              const struct name *name)
{
	struct type *t = new_type(c, KIND_ENUM, name);
	struct table known = {0};
	struct type_value *values;
	int64_t next = 0;
	size_t n = 0;

	for (const struct spec_value *v = spec->values; v; v = v->next) {
		n++;
	}
	values = region_array(c->region, n ? n : 1, sizeof(*values));
	if (!t || !values) {
		return NULL;
	}
	t->u.enumeration.base = enum_base(c, spec);
	t->u.enumeration.values = values;
	for (const struct spec_value *v = spec->values; v; v = v->next) {
		if (table_get(&known, v->name.key)) {
			sources_error(c->sources, v->name.at, v->name.length,
			              "%.*s stands twice in this enumeration",
			              CHECK_NAME(&v->name));
			continue;
		}
		table_put(&known, c->region, v->name.key, t);
		values[t->u.enumeration.n++] = (struct type_value){
			.name = copy_name(c, &v->name),
			.key = v->name.key,
			.value = enum_number(c, v, t->u.enumeration.base, &next),
		};
	}
	check_values(c, t, name ? NULL : c->pou);
	return t;
}

/* ---- structures -----------------------------------------------------------------------
 */

static void make_field(struct check *c, struct variable *v, struct type_field *f)
{
	f->name = copy_name(c, &v->name);
	f->key = v->name.key;
	f->type = check_spec(c, v->spec);
	v->type = f->type;
	if (v->initial) {
		struct check_slot slot = {.type = f->type, .name = &v->name};

		check_initial(c, v->initial, &slot);
		f->initial = v->initial;
	}
}

static struct type *make_struct(struct check *c, struct type_spec *spec,
                                const struct name *name)
{
	struct type *t = new_type(c, KIND_STRUCT, name);
	struct table known = {0};
	struct type_field *fields;
	size_t n = 0;

	for (const struct variable *v = spec->fields; v; v = v->next) {
		n++;
	}
	fields = region_array(c->region, n ? n : 1, sizeof(*fields));
	if (!t || !fields) {
		return NULL;
	}
	t->u.structure.fields = fields;
	for (struct variable *v = spec->fields; v; v = v->next) {
		if (!v->name.text) { /* the parser has said what is wrong with it */
			continue;
		}
		if (table_get(&known, v->name.key)) {
			sources_error(c->sources, v->name.at, v->name.length,
			              "the structure has a second field %.*s",
			              CHECK_NAME(&v->name));
			continue;
		}
		table_put(&known, c->region, v->name.key, v);
		make_field(c, v, &fields[t->u.structure.n++]);
	}
	return t;
}

/* ---- all of them ----------------------------------------------------------------------
 */

static struct type *make(struct check *c, struct type_spec *spec, const struct name *name)
{
	switch (spec->kind) {
	case SPEC_STRING:
		return make_string(c, spec, name);
	case SPEC_SUBRANGE:
		return make_subrange(c, spec, name);
	case SPEC_ENUM:
		return make_enum(c, spec, name);
	case SPEC_ARRAY:
		return make_array(c, spec, name);
	case SPEC_STRUCT:
		return make_struct(c, spec, name);
	case SPEC_BAD:
	case SPEC_NAMED:
		break;
	}
	return NULL;
}

const struct type *check_spec(struct check *c, struct type_spec *spec)
{
	if (!spec) {
		return error_type();
	}
	if (!spec->type) {
		const struct type *t = spec->kind == SPEC_NAMED ? named(c, spec)
		                                                : make(c, spec, NULL);

		spec->type = t ? t : error_type();
	}
	return spec->type;
}

/* TYPE Level : REAL: what it is made of, under its own name. */
static struct type *derive(struct check *c, const struct type_decl *d)
{
	const struct type *from = named(c, d->spec);
	struct type *t;

	if (from->kind == KIND_ERROR) {
		return NULL;
	}
	t = new_type(c, from->kind, &d->name);
	if (t) {
		const char *name = t->name;

		*t = *from;
		t->name = name;
	}
	return t;
}

static void make_declared(struct check *c, struct type_decl *d)
{
	struct type *t;

	if (!d->spec) {
		return;
	}
	t = d->spec->kind == SPEC_NAMED ? derive(c, d) : make(c, d->spec, &d->name);
	if (!t) {
		return;
	}
	d->type = t;
	d->spec->type = t;
	if (d->initial) {
		struct check_slot slot = {.type = t, .name = &d->name};

		check_initial(c, d->initial, &slot);
		t->initial = d->initial;
	}
}

const struct type *check_type_decl(struct check *c, struct type_decl *d)
{
	struct pou *pou = c->pou;

	if (d->busy) {
		sources_error(c->sources, d->name.at, d->name.length,
		              "the type %.*s contains itself", CHECK_NAME(&d->name));
		d->type = error_type();
	}
	if (!d->type) {
		c->pou = NULL;
		d->busy = true;
		make_declared(c, d);
		d->busy = false;
		c->pou = pou;
	}
	if (!d->type) {
		d->type = error_type();
	}
	return d->type;
}
