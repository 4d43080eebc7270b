/* SPDX-License-Identifier: Apache-2.0 */
/* What needs more than one part of the configuration: names, ranges, limits, interlocks.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/config_build.h"
#include "gateway/config/interlock.h"
#include "gateway/config/value_type.h"
#include "twin/nearest.h"

/* Something with an id, for finding those that are there twice. */
struct named {
	const char *id;
	struct place at;
	const char *what; /* "device", "component", "tag" */
};

static int compare_named(const void *left, const void *right)
{
	const struct named *l = left, *r = right;
	int order = strcmp(l->id, r->id);

	if (order) {
		return order;
	}
	if (l->at.source != r->at.source) {
		return l->at.source < r->at.source ? -1 : 1;
	}
	if (l->at.line != r->at.line) {
		return l->at.line < r->at.line ? -1 : 1;
	}
	return l->at.column < r->at.column ? -1 : l->at.column > r->at.column;
}

/* Complain about each that has an earlier one's id; sorts list. */
static void check_unique(struct build *b, struct named *list, size_t n,
                         const char *within)
{
	qsort(list, n, sizeof(*list), compare_named);
	for (size_t i = 1; i < n; i++) {
		const struct named *a = &list[i - 1], *x = &list[i];

		if (*x->id && strcmp(a->id, x->id) == 0) {
			complaint_error(
				b->said, x->at, "%s id '%s' is taken by a %s%s (%s:%u)",
				x->what, x->id, a->what, within,
				complaint_source_name(b->said, a->at.source), a->at.line);
		}
	}
}

static int check_ids(struct build *b)
{
	const struct config *c = b->config;
	size_t n = c->n_devices + c->n_components + (c->flow.file ? 1 : 0);
	size_t most = n > c->n_field_tags ? n : c->n_field_tags;
	struct named *list = arena_scratch(b->arena, most, sizeof(*list));

	if (!list) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < c->n_devices; i++) {
		list[i] = (struct named){b->devices[i].id,
		                         config_place(&b->device_views[i], "id"),
		                         "device"};
	}
	for (size_t i = 0; i < c->n_components; i++) {
		list[c->n_devices + i] = (struct named){
			b->components[i].id, config_place(&b->component_views[i], "id"),
			"component"};
	}
	if (c->flow.file) {
		struct schema_view line = schema_sub(&b->root, "line");

		list[n - 1] = (struct named){b->tags[c->flow.tag].device,
		                             config_place(&line, "file"), "component"};
	}
	check_unique(b, list, n, "");
	for (size_t d = 0; d < c->n_devices; d++) {
		size_t first = (size_t)(b->devices[d].points - b->points);

		for (size_t i = 0; i < b->devices[d].n_points; i++) {
			list[i] = (struct named){
				b->tags[first + i].name,
				config_place(&b->tag_views[first + i], "id"), "tag"};
		}
		check_unique(b, list, b->devices[d].n_points, " of this device");
	}
	return 0;
}

int64_t config_resolve(struct build *b, const struct node *node, const char *text)
{
	int64_t tag = config_tag(b->config, text);
	struct nearest nearest = {.word = text};
	char name[160];

	if (tag >= 0 && (size_t)tag < b->config->n_field_tags) {
		return tag;
	}
	if (tag >= 0) {
		complaint_error(b->said, node->at,
		                "'%s' belongs to a component; a device's tag is wanted",
		                text);
		return -1;
	}
	for (size_t i = 0; i < b->config->n_field_tags; i++) {
		const struct tag *t = &b->tags[i];
		struct nearest before = nearest;

		snprintf(name, sizeof(name), "%s/%s", t->device, t->name);
		nearest_offer(&nearest, name);
		if (nearest.best != before.best) {
			nearest.best = arena_text(b->arena, name, strlen(name));
		}
	}
	complaint_error(b->said, node->at, "there is no tag '%.140s'%s%s%s", text,
	                nearest.best ? " (did you mean '" : "",
	                nearest.best ? nearest.best : "", nearest.best ? "'?)" : "");
	return -1;
}

/* Keys that say nothing about a tag of this type. */
static void check_keys_of_type(struct build *b, size_t i)
{
	static const char *const numbers[] = {"scale", "offset",      "min",
	                                      "max",   "exponent_at", "invalid"};
	const struct schema_view *v = &b->tag_views[i];
	const struct tag *t = &b->tags[i];
	enum value_type type = t->kind->type;
	struct schema_view store = schema_sub(v, "store");

	if (t->kind->analog || !schema_node(v, "type")) {
		return;
	}
	for (size_t k = 0; k < ARRAY_SIZE(numbers); k++) {
		if (schema_node(v, numbers[k])) {
			complaint_error(b->said, config_place(v, numbers[k]),
			                "'%s' means nothing for type %s", numbers[k],
			                t->kind->type_name);
		}
	}
	if (schema_node(v, "monitor") && schema_flag(v, "monitor")) {
		complaint_error(b->said, config_place(v, "monitor"),
		                "a tag of type %s cannot be monitored",
		                t->kind->type_name);
	}
	if (schema_node(&store, "deviation") && type != TYPE_EPOCH) {
		complaint_error(b->said, config_place(&store, "deviation"),
		                "'deviation' means nothing for type %s",
		                t->kind->type_name);
	}
}

static void check_raw(struct build *b, size_t i)
{
	static const char *const keys[] = {"exponent_at", "invalid"};
	const struct driver *driver = b->drivers[b->tags[i].device_index];
	const struct schema_view *v = &b->tag_views[i];

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		if (schema_node(v, keys[k]) && driver && !driver->raw_values) {
			complaint_error(b->said, config_place(v, keys[k]),
			                "'%s' means nothing to driver '%s'", keys[k],
			                driver->name);
		}
	}
	if (schema_node(v, "exponent_at") && b->options[i]->write) {
		complaint_error(b->said, config_place(v, "write"),
		                "a tag with 'exponent_at' cannot be written");
	}
}

static void check_tag(struct build *b, size_t i)
{
	const struct schema_view *v = &b->tag_views[i];
	const struct tag *t = &b->tags[i];
	bool byte = t->kind->type == TYPE_INT8 || t->kind->type == TYPE_UINT8 ||
	            t->kind->type == TYPE_STRING;

	if (t->kind->min > t->kind->max) {
		complaint_error(b->said, config_place(v, "min"),
		                "'min' %.9g is above 'max' %.9g", t->kind->min,
		                t->kind->max);
	}
	if (b->points[i].encoding->scale == 0) {
		complaint_error(b->said, config_place(v, "scale"), "'scale' cannot be 0");
	}
	if (schema_node(v, "byte") && schema_node(v, "type") && !byte) {
		complaint_error(b->said, config_place(v, "byte"),
		                "'byte' is for 8-bit types and strings, not %s",
		                t->kind->type_name);
	}
	check_keys_of_type(b, i);
	check_raw(b, i);
}

/* Can it be written at all? */
static void check_writable(struct build *b, size_t i)
{
	const struct driver *driver = b->drivers[b->tags[i].device_index];
	const struct schema_view *v = &b->tag_views[i];

	if (driver && driver->open && !driver->write) {
		complaint_error(b->said, config_place(v, "write"),
		                "devices of driver '%s' cannot be written", driver->name);
	} else if (b->points[i].read_only) {
		complaint_error(b->said, config_place(v, "write"),
		                "'%s' cannot be written: %s is read only",
		                b->tags[i].name, b->points[i].at);
	}
}

/* min, max and step among themselves and against what the type can hold. */
static void check_write(struct build *b, size_t i)
{
	struct schema_view v = schema_sub(&b->tag_views[i], "write");
	const struct write_config *w = b->options[i]->write;
	const struct point *p = &b->points[i];
	double steps = (w->max - w->min) / w->step, low, high;

	if (w->min > w->max) {
		complaint_error(b->said, config_place(&v, "min"),
		                "'min' %.9g is above 'max' %.9g", w->min, w->max);
	} else if (fabs(steps - round(steps)) > 1e-6 * fmax(1, fabs(steps))) {
		complaint_error(b->said, config_place(&v, "step"),
		                "'step' %.9g does not divide the way from 'min' %.9g to "
		                "'max' %.9g",
		                w->step, w->min, w->max);
	}
	if (p->encoding->scale == 0 ||
	    !value_type_range(p->encoding->type, p->encoding->length, &low, &high)) {
		return;
	}
	low = low * p->encoding->scale + p->encoding->offset;
	high = high * p->encoding->scale + p->encoding->offset;
	if (w->min < fmin(low, high) || w->min > fmax(low, high)) {
		complaint_error(b->said, config_place(&v, "min"),
		                "'min' %.9g does not fit type %s", w->min,
		                b->tags[i].kind->type_name);
	}
	if (w->max < fmin(low, high) || w->max > fmax(low, high)) {
		complaint_error(b->said, config_place(&v, "max"),
		                "'max' %.9g does not fit type %s", w->max,
		                b->tags[i].kind->type_name);
	}
}

static void check_interlock(struct build *b, size_t i)
{
	struct schema_view v = schema_sub(&b->tag_views[i], "write");
	const struct node *node = schema_node(&v, "interlock");
	struct interlock_term term;
	const char *rest = node ? node->text : NULL, *why;

	while (rest && *rest) {
		if (interlock_parse(&rest, &term, &why)) {
			complaint_error(b->said, node->at, "'interlock': %s", why);
			return;
		}
		(void)config_resolve(b, node, term.tag);
	}
}

/* What a tag writes: a span of a device's registers, in bits, or what it names. */
struct span {
	size_t tag;
	const char *name; /* where the driver has no addresses; else NULL */
	uint16_t space;
	uint64_t first, last;
	double min, max; /* before scaling */
};

static struct span span_of(const struct build *b, size_t i, bool numbered)
{
	const struct point *p = &b->points[i];
	const struct write_config *w = b->options[i]->write;
	uint32_t bits = value_type_bits(p->encoding->type, p->encoding->length);
	uint64_t first = (uint64_t)p->address * 16;
	double low = (w->min - p->encoding->offset) / p->encoding->scale;
	double high = (w->max - p->encoding->offset) / p->encoding->scale;

	if (p->encoding->type == TYPE_BIT) {
		first += p->encoding->length;
	} else if (bits == 8 && p->encoding->high_byte) {
		first += 8;
	} else if (p->encoding->type == TYPE_BOOL) {
		bits = 16; /* a coil, or a register of its own */
	}
	return (struct span){.tag = i,
	                     .name = numbered ? NULL : p->at,
	                     .space = p->space,
	                     .first = numbered ? first : 0,
	                     .last = numbered ? first + bits - 1 : 0,
	                     .min = p->encoding->scale < 0 ? high : low,
	                     .max = p->encoding->scale < 0 ? low : high};
}

static int compare_spans(const void *left, const void *right)
{
	const struct span *l = left, *r = right;
	int by_name = l->name ? strcmp(l->name, r->name) : 0;

	if (by_name) {
		return by_name;
	}
	if (l->space != r->space) {
		return l->space < r->space ? -1 : 1;
	}
	if (l->first != r->first) {
		return l->first < r->first ? -1 : 1;
	}
	return l->tag < r->tag ? -1 : l->tag > r->tag;
}

/* Can no bit be in both, whatever their length? */
static bool are_apart(const struct span *l, const struct span *r)
{
	return l->space != r->space || (l->name && strcmp(l->name, r->name) != 0);
}

static bool same_limit(double a, double b)
{
	return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

/* One register must not be writable within limits by one tag and beyond by another. */
static void check_pair(struct build *b, const struct span *l, const struct span *r)
{
	const struct span *early = l->tag < r->tag ? l : r,
			  *late = l->tag < r->tag ? r : l;
	struct schema_view v = b->tag_views[late->tag];
	bool same = b->points[l->tag].encoding->type ==
	                    b->points[r->tag].encoding->type &&
	            l->first == r->first && same_limit(l->min, r->min) &&
	            same_limit(l->max, r->max);

	if (!same) {
		complaint_error(b->said, config_place(&v, "write"),
		                "'%s/%s' writes where '%s/%s' does (line %u), within "
		                "other limits",
		                b->tags[late->tag].device, b->tags[late->tag].name,
		                b->tags[early->tag].device, b->tags[early->tag].name,
		                b->tag_views[early->tag].map->at.line);
	}
}

static void check_overlaps(struct build *b, const struct device_config *d,
                           struct span *spans)
{
	size_t first = (size_t)(d->points - b->points), n = 0;
	/* A driver that knows ranges has numbers for addresses. */
	bool numbered = b->drivers[d->index]->parse_range != NULL;
	uint64_t last = 0;
	size_t longest = 0;

	for (size_t i = first; i < first + d->n_points; i++) {
		if (b->options[i]->write && schema_node(&b->tag_views[i], "at")) {
			spans[n++] = span_of(b, i, numbered);
		}
	}
	qsort(spans, n, sizeof(*spans), compare_spans);
	/* Sorted by their start, each is compared with the one that reaches farthest. */
	for (size_t i = 0; i < n; i++) {
		bool apart = i && are_apart(&spans[i], &spans[longest]);

		if (i && !apart && spans[i].first <= last) {
			check_pair(b, &spans[longest], &spans[i]);
		}
		if (i == 0 || apart || spans[i].last > last) {
			longest = i;
			last = spans[i].last;
		}
	}
}

int config_check(struct build *b)
{
	const struct config *c = b->config;
	struct span *spans = arena_scratch(b->arena, c->n_field_tags, sizeof(*spans));
	int err = check_ids(b);

	if (!spans) {
		err = -ENOMEM;
	}
	for (size_t i = 0; !err && i < c->n_field_tags; i++) {
		check_tag(b, i);
		if (b->options[i]->write) {
			check_writable(b, i);
			check_write(b, i);
			check_interlock(b, i);
		}
	}
	for (size_t i = 0; !err && i < c->n_devices; i++) {
		/* Without parse_point() nobody knows where a point is. */
		if (b->drivers[i] && b->drivers[i]->parse_point) {
			check_overlaps(b, &b->devices[i], spans);
		}
	}
	return err;
}
