/* SPDX-License-Identifier: Apache-2.0 */
/* The Modbus units that serve a plant, and their maps. */
#include <errno.h>

#include "drivers/modbus/address.h"
#include "drivers/modbus/value.h"
#include "gateway/config/value_type.h"
#include "gateway/plant/plant_build.h"

static bool is_bits(const struct plant_register *r)
{
	return r->point.space == MODBUS_COIL || r->point.space == MODBUS_DISCRETE;
}

static bool is_flag(enum value_type type)
{
	return type == TYPE_BOOL || type == TYPE_BIT;
}

int32_t plant_sensor_of(const struct plant_config *c, uint32_t signal)
{
	for (size_t i = 0; i < c->n_sensors; i++) {
		if (c->sensors[i].to == signal) {
			return (int32_t)i;
		}
	}
	return -1;
}

/* @return false with a complaint */
static bool read_register(struct plant_build *b, const struct schema_view *v,
                          struct plant_register *r)
{
	const struct node *at = schema_node(v, "at"), *type = schema_node(v, "type");
	const struct node *signal = schema_node(v, "signal");
	const char *why = NULL;
	int64_t index;

	if (!v->map || !at || !type || !signal) {
		return false;
	}
	r->encoding = (struct encoding){
		.scale = 1, .order = (enum word_order)schema_choice(v, "word_order")};
	r->point = (struct point){.at = at->text, .encoding = &r->encoding};
	r->scale = schema_real(v, "scale");
	r->offset = schema_real(v, "offset");
	index = plant_signal(b, signal);
	r->signal = index < 0 ? 0 : (uint32_t)index;
	r->sensor = plant_sensor_of(&b->setup->plant, r->signal);
	if (value_type_parse(type->text, &r->encoding.type, &r->encoding.length, &why)) {
		complaint_error(b->said, type->at, "%s", why);
	} else if (address_parse_point(&r->point, &why)) {
		complaint_error(b->said, at->at, "%s", why);
	} else if (!is_flag(r->encoding.type) &&
	           !value_type_range(r->encoding.type, r->encoding.length, &r->raw_min,
	                             &r->raw_max)) {
		complaint_error(b->said, type->at, "a signal is a number, not a %s",
		                type->text);
	} else if (r->scale == 0) {
		complaint_error(b->said, v->map->at, "scale is 0");
	} else {
		return index >= 0;
	}
	return false;
}

static uint32_t end_of(const struct plant_register *r)
{
	return r->point.address + (is_bits(r) ? 1U : value_registers(&r->point));
}

void plant_unit_grow(struct plant_unit *unit, const struct plant_register *r)
{
	uint32_t *size = &unit->sizes[r->point.space];

	*size = end_of(r) > *size ? end_of(r) : *size;
	unit->n_registers++;
}

/* Two signals in one register hide each other, but for parts of it. */
static void check_overlap(struct plant_build *b, const struct schema_view *v,
                          const struct plant_register *list, size_t n)
{
	const struct plant_register *r = &list[n];

	for (size_t i = 0; i < n; i++) {
		if (list[i].point.space == r->point.space &&
		    list[i].point.address < end_of(r) &&
		    r->point.address < end_of(&list[i]) &&
		    !(value_is_part(&r->point) && value_is_part(&list[i].point))) {
			complaint_error(b->said, v->map->at, "'%s' and '%s' overlap",
			                r->point.at, list[i].point.at);
			return;
		}
	}
}

static int read_unit(struct plant_build *b, const struct schema_view *v,
                     struct plant_unit *out)
{
	size_t n = schema_count(v, "registers");
	struct plant_register *list = arena_array(b->arena, n, sizeof(*list));
	const char *id = schema_text(v, "id");

	if (!list) {
		return -ENOMEM;
	}
	*out = (struct plant_unit){.id = id ? id : "",
	                           .unit = (uint8_t)schema_int(v, "unit"),
	                           .registers = list};
	for (size_t i = 0; i < n; i++) {
		struct schema_view rv = schema_item(v, "registers", i);
		struct plant_register *r = &list[out->n_registers];

		if (!read_register(b, &rv, r)) {
			continue;
		}
		check_overlap(b, &rv, list, out->n_registers);
		plant_unit_grow(out, r);
	}
	return 0;
}

/* Unit i at map: has one before it the same number? */
static void check_twice(struct plant_build *b, const struct node *map,
                        const struct plant_unit *units, size_t i)
{
	for (size_t k = 0; k < i && map; k++) {
		if (units[k].unit == units[i].unit) {
			complaint_error(b->said, map->at, "unit %d is there already",
			                units[i].unit);
		}
	}
}

int plant_units_build(struct plant_build *b)
{
	struct schema_view v = schema_sub(&b->root, "modbus");
	size_t n = schema_count(&v, "units"), n_plc = b->setup->plc.n_io > 0;
	struct plant_unit *units = arena_array(b->arena, n + 1, sizeof(*units));
	const struct node *listen = tree_find(v.map, "listen");
	struct address address;
	const char *why = "only tcp:// is served";
	int err = units ? 0 : -ENOMEM;

	b->setup->listen = schema_text(&v, "listen");
	if (listen && !listen->bad &&
	    (address_parse(&address, listen->text, &why) || address.serial)) {
		complaint_error(b->said, listen->at, "%s", why);
	}
	if (n + n_plc > PLANT_UNITS_MAX) {
		complaint_error(b->said, v.map->at, "more than %d units",
		                PLANT_UNITS_MAX);
		n = 0;
	}
	for (size_t i = 0; i < n && !err; i++) {
		struct schema_view uv = schema_item(&v, "units", i);

		err = uv.map ? read_unit(b, &uv, &units[i]) : 0;
		check_twice(b, uv.map, units, i);
	}
	if (n_plc > 0 && !err) {
		err = plant_plc_unit(b, &units[n]);
		check_twice(b, b->root.map, units, n);
		n++;
	}
	b->setup->units = units;
	b->setup->plant.n_units = n;
	return err;
}
