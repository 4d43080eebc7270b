/* SPDX-License-Identifier: Apache-2.0 */
/* The section devices: devices, their tags, points and poll groups. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/config_build.h"
#include "gateway/config/value_type.h"
#include "twin/nearest.h"

static size_t list_length(const struct schema_view *v, const char *name)
{
	const struct node *list = schema_node(v, name);

	return list ? list->n : 0;
}

/* The driver by name; complains with the nearest one. */
static const struct driver *find_driver(struct build *b, const struct schema_view *v)
{
	const char *name = schema_text(v, "driver");
	const struct driver *driver = name ? driver_find(name) : NULL;
	struct nearest nearest = {.word = name};

	if (driver || !name) {
		return driver;
	}
	if (driver_needs(name)) {
		complaint_error(b->said, config_place(v, "driver"),
		                "driver '%.64s' is not in this build: it needs %s", name,
		                driver_needs(name));
		return NULL;
	}
	for (size_t i = 0; driver_at(i); i++) {
		nearest_offer(&nearest, driver_at(i)->name);
	}
	complaint_error(b->said, config_place(v, "driver"),
	                "unknown driver '%.64s'%s%s%s", name,
	                nearest.best ? " (did you mean '" : "",
	                nearest.best ? nearest.best : "", nearest.best ? "'?)" : "");
	return NULL;
}

static void check_address(struct build *b, const struct schema_view *v,
                          const struct driver *driver, const char *address)
{
	const char *why = "not understood";

	if (!driver || !driver->parse_address ||
	    (!*address && schema_node(v, "address")) ||
	    driver->parse_address(address, &why) == 0) {
		return;
	}
	if (tree_find(v->map, "address")) {
		if (schema_node(v, "address")) {
			complaint_error(b->said, config_place(v, "address"),
			                "'address': %s", why);
		}
	} else {
		complaint_error(b->said, v->map->at, "missing key 'address': %s", why);
	}
}

/* The ranges that the driver understands. */
static int build_omit(struct build *b, const struct schema_view *v,
                      const struct driver *driver, struct device_limits *out)
{
	const struct node *list = schema_node(v, "omit");
	size_t n = list ? list->n : 0;
	struct device_range *ranges = arena_array(b->arena, n, sizeof(*ranges));

	if (n && !ranges) {
		return -ENOMEM;
	}
	for (size_t i = 0; driver && i < n; i++) {
		const struct node *node = list->items[i];
		const char *why = "its driver keeps no such limit";

		if (node->bad) {
			continue;
		}
		if (!driver->parse_range ||
		    driver->parse_range(&ranges[out->n_omit], node->text, &why)) {
			complaint_error(b->said, node->at, "'omit[%zu]': %s", i, why);
		} else {
			out->n_omit++;
		}
	}
	out->omit = ranges;
	return 0;
}

static int build_limits(struct build *b, const struct schema_view *device,
                        const struct driver *driver, struct device_limits *out)
{
	struct schema_view v = schema_sub(device, "limits");

	*out = (struct device_limits){
		.max_registers = (uint16_t)schema_int(&v, "max_registers"),
		.max_bits = (uint16_t)schema_int(&v, "max_bits"),
		.max_gap = (uint16_t)schema_int(&v, "max_gap"),
		.in_flight = (uint16_t)schema_int(&v, "in_flight"),
		.connections = (uint16_t)schema_int(&v, "connections"),
		.pause_ms = (uint32_t)schema_int(&v, "pause"),
		.first_byte_ms = (uint32_t)schema_int(&v, "first_byte"),
		.max_turnaround_ms = (uint32_t)schema_int(&v, "max_turnaround"),
		.round_trip_us = 1000U * (uint32_t)schema_int(device, "round_trip"),
		.one_per_request = schema_flag(&v, "one_per_request"),
		.start_at_zero = schema_flag(&v, "start_at_zero"),
	};
	return build_omit(b, &v, driver, out);
}

static void build_store(const struct schema_view *tag, struct store_config *out)
{
	struct schema_view v = schema_sub(tag, "store");

	out->deviation = v.map ? schema_real(&v, "deviation") : (double)NAN;
	out->max_interval_ms = (uint32_t)schema_int(&v, "max_interval");
}

static int build_write(struct build *b, const struct schema_view *tag,
                       const struct write_config **out)
{
	struct schema_view v = schema_sub(tag, "write");
	const char *interlock = schema_text(&v, "interlock");
	struct write_config w;

	*out = NULL;
	if (!v.map) {
		return 0;
	}
	memset(&w, 0, sizeof(w)); /* with what is between members, for once_keep() */
	w.min = schema_real(&v, "min");
	w.max = schema_real(&v, "max");
	w.step = schema_real(&v, "step");
	w.rate_ms = (uint32_t)schema_int(&v, "rate");
	w.interlock = once_text(&b->once, interlock ? interlock : "");
	w.read_back = schema_flag(&v, "read_back");
	*out = once_keep(&b->once, &w, sizeof(w));
	return *out && w.interlock ? 0 : -ENOMEM;
}

/* A raw value as its type reads it: manuals give the bits of signed numbers, 8000 hex.
 * @return 0, or -ERANGE: the type cannot hold it */
static int fit_raw(double *value, const struct encoding *e)
{
	uint32_t bits = value_type_bits(e->type, e->length);
	double low, high;

	if (!value_type_integer(e->type) ||
	    !value_type_range(e->type, e->length, &low, &high)) {
		return 0;
	}
	if (low < 0 && *value > high && *value < ldexp(1, (int)bits)) {
		*value -= ldexp(1, (int)bits);
	}
	return *value >= low && *value <= high && *value == floor(*value) ? 0 : -ERANGE;
}

/* What the device says about raw values; nearly always nothing. */
static int build_raw(struct build *b, const struct schema_view *v, struct encoding *e)
{
	const struct node *list = schema_node(v, "invalid");
	const char *exponent_at = schema_text(v, "exponent_at");
	size_t n = list ? list->n : 0;
	double *values;
	int64_t whole;

	if (!exponent_at && n == 0) {
		return 0;
	}
	values = arena_scratch(b->arena, n, sizeof(*values));
	e->raw = arena_scratch(b->arena, 1, sizeof(*e->raw));
	if (!e->raw || !values) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		static const struct schema_key number = {.type = SCHEMA_REAL};
		const struct node *node = list->items[i];

		if (node->bad || schema_parse(&number, node->text, &values[i], &whole)) {
			continue;
		}
		if (fit_raw(&values[i], e)) {
			complaint_error(b->said, node->at,
			                "'invalid[%zu]': the type cannot hold %.9g", i,
			                values[i]);
		}
	}
	e->raw->exponent_at = exponent_at;
	e->raw->invalid = values;
	e->raw->n_invalid = n;
	return 0;
}

/* All of an encoding but raw. */
static void build_encoding(const struct schema_view *v,
                           const struct device_config *device, struct encoding *e)
{
	static const uint8_t functions[] = {5, 6, 15, 16, 22}; /* as the choices */
	const char *type = schema_text(v, "type");
	const char *byte = schema_text(v, "byte"), *why;

	memset(e, 0, sizeof(*e)); /* with what is between members, for once_keep() */
	e->type = TYPE_UINT16;
	if (type) {
		(void)value_type_parse(type, &e->type, &e->length, &why);
	}
	e->order = schema_node(v, "word_order")
	                   ? (enum word_order)schema_choice(v, "word_order")
	                   : device->order;
	e->high_byte = e->type != TYPE_STRING && byte && strcmp(byte, "high") == 0;
	e->string_low_first = e->type == TYPE_STRING && byte && strcmp(byte, "low") == 0;
	e->write_function = schema_node(v, "function")
	                            ? functions[schema_choice(v, "function")]
	                            : 0;
	e->scale = schema_real(v, "scale");
	e->offset = schema_real(v, "offset");
}

static const char *text_or_empty(const struct schema_view *v, const char *name)
{
	const char *text = schema_text(v, name);

	return text ? text : "";
}

/* Let the driver understand `at:`, within the limits. */
static void understand_point(struct build *b, size_t i,
                             const struct device_config *device,
                             const struct driver *driver)
{
	const struct schema_view *v = &b->tag_views[i];
	struct point *p = &b->points[i];
	const char *why = "not understood";

	if (driver && driver->parse_point && schema_node(v, "at") &&
	    schema_node(v, "type") &&
	    (driver->parse_point(p, &why) ||
	     (driver->check_point && driver->check_point(p, &device->limits, &why)))) {
		complaint_error(b->said, config_place(v, "at"), "'at' of '%s/%s': %s",
		                b->tags[i].device, b->tags[i].name, why);
		tree_find(v->map, "at")->bad = true;
	}
}

/* The driver has understood it: what is the same in other points is kept once. */
static int keep_encoding(struct build *b, struct point *p, struct encoding *e)
{
	if (e->raw) {
		struct point_raw *raw = e->raw;

		raw->invalid = once_keep(&b->once, raw->invalid,
		                         raw->n_invalid * sizeof(*raw->invalid));
		raw->exponent_at = raw->exponent_at
		                           ? once_text(&b->once, raw->exponent_at)
		                           : NULL;
		e->raw = once_keep(&b->once, raw, sizeof(*raw));
		if (!raw->invalid || !e->raw) {
			return -ENOMEM;
		}
	}
	p->encoding = once_keep(&b->once, e, sizeof(*e));
	return p->encoding ? 0 : -ENOMEM;
}

static int keep_kind(struct build *b, size_t i, const struct encoding *e, bool writable)
{
	const struct schema_view *v = &b->tag_views[i];
	bool exact = value_type_integer(e->type) && !(e->raw && e->raw->exponent_at);
	struct tag_kind kind;

	memset(&kind, 0, sizeof(kind));
	kind.unit = once_text(&b->once, text_or_empty(v, "unit"));
	kind.type_name = once_text(&b->once, text_or_empty(v, "type"));
	kind.min = schema_real(v, "min");
	kind.max = schema_real(v, "max");
	kind.lsb = exact ? fabs(e->scale) : 0;
	kind.type = e->type;
	kind.analog = value_type_analog(e->type);
	kind.writable = writable;
	b->tags[i].kind = once_keep(&b->once, &kind, sizeof(kind));
	return kind.unit && kind.type_name && b->tags[i].kind ? 0 : -ENOMEM;
}

static int keep_options(struct build *b, size_t i, const struct write_config *w)
{
	const struct schema_view *v = &b->tag_views[i];
	struct tag_options options;

	memset(&options, 0, sizeof(options));
	build_store(v, &options.store);
	options.write = w;
	options.monitor = b->tags[i].kind->analog && schema_flag(v, "monitor");
	b->options[i] = once_keep(&b->once, &options, sizeof(options));
	return b->options[i] ? 0 : -ENOMEM;
}

static int build_tag(struct build *b, size_t i, const struct device_config *device,
                     const struct driver *driver)
{
	const struct schema_view *v = &b->tag_views[i];
	const struct write_config *w;
	struct encoding e;
	int err;

	build_encoding(v, device, &e);
	err = build_write(b, v, &w);
	err = err ? err : build_raw(b, v, &e);
	if (err) {
		return err;
	}
	e.read_back = w && w->read_back;
	b->tags[i] = (struct tag){.device = device->id,
	                          .name = text_or_empty(v, "id"),
	                          .description = text_or_empty(v, "description"),
	                          .device_index = device->index};
	b->points[i] = (struct point){
		.at = text_or_empty(v, "at"), .encoding = &e, .tag = (uint32_t)i};
	understand_point(b, i, device, driver);
	err = keep_encoding(b, &b->points[i], &e);
	err = err ? err : keep_kind(b, i, &e, w != NULL);
	return err ? err : keep_options(b, i, w);
}

static int compare_periods(const void *left, const void *right)
{
	const uint32_t *l = left, *r = right;

	return *l < *r ? -1 : *l > *r;
}

/* The distinct periods of a device's tags, ascending, and each point's place among them.
 */
static int build_groups(struct build *b, struct device_config *device, size_t first)
{
	const struct schema_view *dv = &b->device_views[device->index];
	uint32_t *periods = arena_array(b->arena, POLL_GROUPS_MAX, sizeof(*periods));
	uint32_t preset = (uint32_t)schema_int(dv, "every");

	for (size_t i = first; periods && i < first + device->n_points; i++) {
		const struct schema_view *v = &b->tag_views[i];
		size_t k = 0;

		b->tags[i].period_ms = schema_node(v, "every")
		                               ? (uint32_t)schema_int(v, "every")
		                               : preset;
		while (k < device->n_periods && periods[k] != b->tags[i].period_ms) {
			k++;
		}
		if (k == POLL_GROUPS_MAX) {
			complaint_error(b->said, config_place(v, "every"),
			                "more than %d distinct periods in '%s'",
			                POLL_GROUPS_MAX, device->id);
			break;
		}
		periods[k] = b->tags[i].period_ms;
		device->n_periods += k == device->n_periods;
	}
	if (!periods) {
		return -ENOMEM;
	}
	qsort(periods, device->n_periods, sizeof(*periods), compare_periods);
	for (size_t i = first; i < first + device->n_points; i++) {
		const uint32_t *at = bsearch(&b->tags[i].period_ms, periods,
		                             device->n_periods, sizeof(*periods),
		                             compare_periods);

		b->points[i].group = at ? (uint32_t)(at - periods) : 0;
	}
	device->periods_ms = periods;
	return 0;
}

static int build_device(struct build *b, size_t index, size_t *n_tags)
{
	const struct schema_view *v = &b->device_views[index];
	struct device_config *d = &b->devices[index];
	const struct driver *driver = find_driver(b, v);
	size_t first = *n_tags;
	int err;

	*d = (struct device_config){
		.id = text_or_empty(v, "id"),
		.driver = text_or_empty(v, "driver"),
		.address = text_or_empty(v, "address"),
		.index = (uint32_t)index,
		.unit = (uint8_t)schema_int(v, "unit"),
		.timeout_ms = (uint32_t)schema_int(v, "timeout"),
		.order = (enum word_order)schema_choice(v, "word_order"),
		.points = &b->points[first],
	};
	err = build_limits(b, v, driver, &d->limits);
	check_address(b, v, driver, d->address);
	for (size_t i = 0; !err && i < list_length(v, "tags"); i++) {
		b->tag_views[*n_tags] = schema_item(v, "tags", i);
		if (b->tag_views[*n_tags].map) {
			err = build_tag(b, *n_tags, d, driver);
			*n_tags += 1;
		}
	}
	d->n_points = *n_tags - first;
	err = err ? err : build_groups(b, d, first);
	b->drivers[index] = driver;
	return err;
}

/* Upper bounds of what the tree can hold: bad items leave room unused. */
static size_t count_tags(struct build *b, size_t n_devices)
{
	size_t n = 0;

	for (size_t i = 0; i < n_devices; i++) {
		struct schema_view v = schema_item(&b->root, "devices", i);

		n += v.map ? list_length(&v, "tags") : 0;
	}
	return n;
}

/* A component adds at most its model's outputs and its own tag, the line five. */
static size_t count_component_tags(struct build *b)
{
	struct schema_view twin = schema_sub(&b->root, "twin");

	return list_length(&twin, "components") * (MODEL_OUTPUTS_MAX + 1) + 1 +
	       FLOW_SHIFT_TAGS;
}

static int allocate(struct build *b, size_t n_devices, size_t n_tags, size_t n_more)
{
	struct arena *a = b->arena;

	b->devices = arena_array(a, n_devices, sizeof(*b->devices));
	b->device_views = arena_scratch(a, n_devices, sizeof(*b->device_views));
	b->drivers = arena_scratch(a, n_devices, sizeof(const struct driver *));
	b->points = arena_array(a, n_tags, sizeof(*b->points));
	b->tag_views = arena_scratch(a, n_tags + 1, sizeof(*b->tag_views));
	b->tags = arena_array(a, n_tags + n_more, sizeof(*b->tags));
	b->options = arena_array(a, n_tags + n_more, sizeof(const struct tag_options *));
	return b->devices && b->device_views && b->drivers && b->points && b->tag_views &&
	                       b->tags && b->options
	               ? 0
	               : -ENOMEM;
}

int config_devices_build(struct build *b)
{
	struct config *c = b->config;
	size_t n = list_length(&b->root, "devices"), n_tags = 0, index = 0;
	int err = allocate(b, n, count_tags(b, n), count_component_tags(b));

	for (size_t i = 0; !err && i < n; i++) {
		b->device_views[index] = schema_item(&b->root, "devices", i);
		if (b->device_views[index].map) {
			err = build_device(b, index++, &n_tags);
		}
	}
	c->devices = b->devices;
	c->n_devices = index;
	c->tags = b->tags;
	c->options = b->options;
	c->n_tags = c->n_field_tags = n_tags;
	return err;
}
