/* SPDX-License-Identifier: Apache-2.0 */
/* What the elements of a description say together. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/fmu/description_impl.h"

/* Pointers to elements, sorted, to find duplicates and to look up. */
struct index {
	const void **items;
	size_t n;
};

static int index_make(struct index *x, const void *items, size_t n, size_t size)
{
	*x = (struct index){.items = calloc(n + 1, sizeof(*x->items)), .n = n};
	for (size_t i = 0; x->items && i < n; i++) {
		x->items[i] = (const char *)items + i * size;
	}
	return x->items ? 0 : -ENOMEM;
}

/* Of two that are equal the one that stands first comes first. */
static int by_place(const void *l, const void *r)
{
	return l < r ? -1 : l > r;
}

static int named_by_name(const void *left, const void *right)
{
	const struct named *const *l = left, *const *r = right;
	int order = strcmp((*l)->name, (*r)->name);

	return order ? order : by_place(*l, *r);
}

static int raw_by_name(const void *left, const void *right)
{
	const struct raw *const *l = left, *const *r = right;
	int order = strcmp((*l)->v.name, (*r)->v.name);

	return order ? order : by_place(*l, *r);
}

static int raw_by_reference(const void *left, const void *right)
{
	const struct raw *const *l = left, *const *r = right;

	if ((*l)->v.reference != (*r)->v.reference) {
		return (*l)->v.reference < (*r)->v.reference ? -1 : 1;
	}
	return by_place(*l, *r);
}

static int index_names(struct reader *r, struct index *x, const struct named *list,
                       size_t n, const char *what)
{
	int err = index_make(x, list, n, sizeof(*list));

	if (err) {
		return err;
	}
	qsort(x->items, n, sizeof(*x->items), named_by_name);
	for (size_t i = 1; i < n; i++) {
		const struct named *a = x->items[i - 1], *b = x->items[i];

		if (*b->name && strcmp(a->name, b->name) == 0) {
			complaint_error(r->said, b->at,
			                "%s '%.60s' is there twice, first in line %u",
			                what, b->name, a->at.line);
		}
	}
	return 0;
}

static const struct named *find_named(const struct index *x, const char *name)
{
	size_t low = 0, high = x->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct named *there = x->items[mid];
		int order = strcmp(there->name, name);

		if (order == 0) {
			return there;
		}
		if (order < 0) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return NULL;
}

static struct raw *find_reference(const struct index *x, uint32_t reference)
{
	size_t low = 0, high = x->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct raw *there = x->items[mid];

		if (there->v.reference < reference) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	if (low < x->n && ((const struct raw *)x->items[low])->v.reference == reference) {
		return (struct raw *)x->items[low];
	}
	return NULL;
}

static void check_unit(struct reader *r, const struct index *units, const char *unit,
                       struct place at)
{
	if (*unit && !find_named(units, unit)) {
		complaint_error(r->said, at, "unit '%.60s' is not defined", unit);
	}
}

/* A declared type lends its unit. */
static void check_declared(struct reader *r, const struct index *units,
                           const struct index *types, struct raw *v)
{
	const struct named *type = *v->declared ? find_named(types, v->declared) : NULL;

	if (*v->declared && !type) {
		complaint_error(r->said, v->declared_at, "type '%.60s' is not defined",
		                v->declared);
	} else if (type && type->type != v->v.kind.type) {
		complaint_error(r->said, v->declared_at,
		                "type '%.60s' is not one of '%s'", v->declared,
		                rules_type_name(v->v.kind.type, r->d->version));
	} else if (v->v.kind.type == FMU_ENUMERATION && !type) {
		complaint_error(r->said, v->v.at, "enumeration '%.60s' declares no type",
		                v->v.name);
	}
	check_unit(r, units, v->v.unit, v->unit_at);
	if (!*v->v.unit && type) {
		v->v.unit = type->unit;
	}
}

static void check_variable(struct reader *r, struct raw *v)
{
	const char *fault;

	if (v->v.kind.type == FMU_TYPES) {
		complaint_error(r->said, v->v.at, "variable '%.60s' has no type",
		                v->v.name);
		v->v.kind.type = FMU_FLOAT64;
		v->spoilt = true;
	}
	rules_complete(&v->v.kind);
	fault = v->spoilt ? NULL : rules_fault(&v->v.kind, r->d->version);
	if (fault) {
		complaint_error(r->said, v->v.at, "variable '%.60s' (%s, %s): %s",
		                v->v.name, rules_causality_names[v->v.kind.causality],
		                rules_variability_names[v->v.kind.variability], fault);
		v->spoilt = true;
	}
	if (v->v.kind.initial == FMU_CALCULATED && v->v.kind.has_start && !fault) {
		complaint_warning(r->said, v->v.at,
		                  "variable '%.60s' is calculated: its start value says "
		                  "nothing",
		                  v->v.name);
	}
}

static void check_names(struct reader *r, struct index *x)
{
	qsort(x->items, x->n, sizeof(*x->items), raw_by_name);
	for (size_t i = 1; i < x->n; i++) {
		const struct raw *a = x->items[i - 1], *b = x->items[i];

		if (*b->v.name && strcmp(a->v.name, b->v.name) == 0) {
			complaint_error(
				r->said, b->v.at,
				"variable '%.60s' is there twice, first in line %u",
				b->v.name, a->v.at.line);
		}
	}
}

/* In 2.0 several variables may be one quantity; in 3.0 a reference is a variable. */
static void check_references(struct reader *r, struct index *x)
{
	qsort(x->items, x->n, sizeof(*x->items), raw_by_reference);
	for (size_t i = 1; r->d->version == 3 && i < x->n; i++) {
		const struct raw *a = x->items[i - 1], *b = x->items[i];

		if (a->v.reference == b->v.reference) {
			complaint_error(
				r->said, b->v.at,
				"variable '%.60s' has the reference %u of '%.60s'",
				b->v.name, b->v.reference, a->v.name);
		}
	}
}

static void check_dimensions(struct reader *r, const struct index *by_reference)
{
	for (size_t i = 0; i < r->n_dimensions; i++) {
		const struct dimension *d = &r->dimensions[i];
		struct fmu_variable *v = &r->raw[d->variable].v;
		const struct raw *tells = NULL;
		double size = d->size;

		if (d->refers) {
			tells = find_reference(by_reference, d->reference);
			size = tells ? tells->v.start : (double)NAN;
		}
		if (d->refers &&
		    (!tells || tells->v.kind.causality != FMU_STRUCTURAL_PARAMETER ||
		     tells->v.kind.type != FMU_UINT64)) {
			complaint_error(r->said, d->at,
			                "reference %u is no structural parameter of type "
			                "UInt64",
			                d->reference);
			continue;
		}
		if (!(size >= 0 && size * v->size <= 1e6)) {
			complaint_error(r->said, d->at,
			                "array '%.60s' is beyond a million values",
			                v->name);
			continue;
		}
		v->size *= (uint32_t)size;
	}
}

static void check_outputs(struct reader *r, const struct index *by_reference)
{
	for (size_t i = 0; i < r->n_outputs; i++) {
		const struct listed *l = &r->outputs[i];
		struct raw *v = NULL;

		if (r->d->version == 3) {
			v = find_reference(by_reference, l->number);
		} else if (l->number >= 1 && l->number <= r->n_raw) {
			v = &r->raw[l->number - 1];
		}
		if (!v) {
			complaint_error(r->said, l->at, "there is no variable %u",
			                l->number);
		} else if (v->v.kind.causality != FMU_OUTPUT) {
			complaint_error(r->said, l->at,
			                "variable '%.60s' is listed as an output and is "
			                "none",
			                v->v.name);
		} else if (v->listed) {
			complaint_error(r->said, l->at,
			                "output '%.60s' is listed a second time",
			                v->v.name);
		} else {
			v->listed = true;
		}
	}
	for (size_t i = 0; i < r->n_raw; i++) {
		const struct raw *v = &r->raw[i];

		if (v->v.kind.causality == FMU_OUTPUT && !v->listed && !v->spoilt) {
			complaint_error(r->said, v->v.at,
			                "output '%.60s' is missing in ModelStructure",
			                v->v.name);
		}
	}
}

static void check_whole(struct reader *r)
{
	if (!r->has_co_simulation) {
		complaint_error(r->said, r->root,
		                "it offers no co-simulation, and nothing else can be "
		                "used");
	}
	if (!r->has_variables) {
		complaint_error(r->said, r->root, "element 'ModelVariables' is missing");
	}
	if (!r->has_structure) {
		complaint_error(r->said, r->root, "element 'ModelStructure' is missing");
	}
}

static int keep_variables(struct reader *r)
{
	struct description *d = r->d;

	d->variables = arena_array(&d->arena, r->n_raw, sizeof(*d->variables));
	if (!d->variables) {
		return -ENOMEM;
	}
	d->n_variables = r->n_raw;
	for (size_t i = 0; i < r->n_raw; i++) {
		d->variables[i] = r->raw[i].v;
	}
	return 0;
}

int description_check(struct reader *r)
{
	struct index units = {0}, types = {0}, variables = {0};
	int err = index_names(r, &units, r->units, r->n_units, "unit");

	if (!err) {
		err = index_names(r, &types, r->types, r->n_types, "type");
	}
	if (!err) {
		err = index_make(&variables, r->raw, r->n_raw, sizeof(*r->raw));
	}
	if (err) {
		goto done;
	}
	check_whole(r);
	for (size_t i = 0; i < r->n_types; i++) {
		check_unit(r, &units, r->types[i].unit, r->types[i].unit_at);
	}
	for (size_t i = 0; i < r->n_raw; i++) {
		check_variable(r, &r->raw[i]);
		check_declared(r, &units, &types, &r->raw[i]);
	}
	check_names(r, &variables);
	check_references(r, &variables);
	check_dimensions(r, &variables);
	check_outputs(r, &variables);
	err = keep_variables(r);
done:
	free(units.items);
	free(types.items);
	free(variables.items);
	return err;
}
