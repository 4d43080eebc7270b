/* SPDX-License-Identifier: Apache-2.0 */
/* Faults by name, and the script. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/plant/plant_build.h"

/* What a fault may have for a target. */
enum target { SENSOR, ACTUATOR, UNIT };

/* Faults by name.  Those of components are their damage: twin/plant/damage.c. */
static const struct {
	const char *name;
	enum fault_kind kind;
	enum target target;
	double min, max; /* of its value; both 0: it has none */
} fault_names[] = {
	{"stuck", FAULT_STUCK, SENSOR, 0, 0},
	{"dropout", FAULT_DROPOUT, SENSOR, 0, 0},
	{"offset", FAULT_OFFSET, SENSOR, -1e12, 1e12},
	{"drift", FAULT_DRIFT, SENSOR, -1e12, 1e12},
	{"noise", FAULT_NOISE, SENSOR, 0, 1e6},
	{"delay", FAULT_DELAY, SENSOR, 0, SENSOR_DELAY_MAX_S},
	{"swapped", FAULT_SWAPPED, SENSOR, 0, 0},
	{"jammed", FAULT_JAMMED, ACTUATOR, 0, 0},
	{"slow", FAULT_SLOW, ACTUATOR, 0, 1e6},
	{"sticking", FAULT_STICKING, ACTUATOR, 0, 1e12},
	{"silence", FAULT_SILENCE, UNIT, 0, 0},
	{"exception", FAULT_EXCEPTION, UNIT, 1, 255},
	{"close", FAULT_CLOSE, UNIT, 0, 0},
	{"late", FAULT_LATE, UNIT, 0, 60},
	{"garbled", FAULT_GARBLED, UNIT, 0, 1},
	{"clock", FAULT_CLOCK, UNIT, -1e10, 1e10},
};

static int find_id(const char *const *ids, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(ids[i], id) == 0) {
			return (int)i;
		}
	}
	return -1;
}

static int find_unit(const struct plant_setup *s, const char *id)
{
	for (size_t i = 0; i < s->plant.n_units; i++) {
		if (strcmp(s->units[i].id, id) == 0) {
			return (int)i;
		}
	}
	return -1;
}

static int find_part(const struct plant_setup *s, const char *id)
{
	return find_id(s->part_ids, s->plant.n_parts, id);
}

/* Index of the target, or -1. */
static int find_target(const struct plant_setup *s, enum target target, const char *id)
{
	switch (target) {
	case SENSOR:
		return find_id(s->sensor_ids, s->plant.n_sensors, id);
	case ACTUATOR:
		return find_id(s->actuator_ids, s->plant.n_actuators, id);
	case UNIT:
		return find_unit(s, id);
	}
	return -1;
}

static bool is_anything(const struct plant_setup *s, const char *id)
{
	return find_part(s, id) >= 0 || find_target(s, SENSOR, id) >= 0 ||
	       find_target(s, ACTUATOR, id) >= 0 || find_target(s, UNIT, id) >= 0;
}

int plant_config_fault(const struct plant_setup *s, const char *target, const char *name,
                       struct fault *out)
{
	int at = find_part(s, target), damage;
	const struct part_kind *kind = at < 0 ? NULL : &s->plant.parts[at].kind;

	*out = (struct fault){.until_s = (double)INFINITY};
	damage = kind ? part_port(kind->damages, kind->n_damages, name) : -1;
	if (damage >= 0) {
		out->kind = FAULT_DAMAGE;
		out->target = (uint32_t)at;
		out->damage = (uint32_t)damage;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fault_names); i++) {
		if (strcmp(fault_names[i].name, name) == 0) {
			at = find_target(s, fault_names[i].target, target);
			out->kind = fault_names[i].kind;
			out->target = (uint32_t)at;
			if (at >= 0) {
				return 0;
			}
		}
	}
	return is_anything(s, target) ? -EINVAL : -ENOENT;
}

static struct place place_of(const struct schema_view *v)
{
	return v->map ? v->map->at : (struct place){0};
}

/* Is the value one that this fault can have?  False: complained about. */
static void check_value(struct plant_build *b, const struct schema_view *v,
                        const struct fault *f)
{
	const struct node *node = schema_node(v, "value");
	struct place at = node ? node->at : v->map->at;
	const char *name = schema_text(v, "fault");
	double min = 0, max = 0;

	if (f->kind == FAULT_DAMAGE) {
		const struct part_kind *kind = &b->setup->plant.parts[f->target].kind;

		min = kind->damages[f->damage].min;
		max = kind->damages[f->damage].max;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fault_names); i++) {
		if (f->kind == fault_names[i].kind) {
			min = fault_names[i].min;
			max = fault_names[i].max;
		}
	}
	if (min < max && !(f->value >= min && f->value <= max)) {
		complaint_error(b->said, at, "fault '%s' has a value from %.9g to %.9g",
		                name, min, max);
	}
}

/* What it does.  False: complained about. */
static bool read_deed(struct plant_build *b, const struct schema_view *v,
                      struct fault *out)
{
	const char *target = schema_text(v, "target"), *name = schema_text(v, "fault");
	const struct node *set = schema_node(v, "set");
	int64_t signal = set ? plant_signal(b, set) : -1;
	int err;

	*out = (struct fault){.kind = FAULT_SET, .target = (uint32_t)signal};
	if (set ? target || name : !target || !name) {
		complaint_error(b->said, v->map->at,
		                "'set' alone, or 'target' and 'fault' are wanted");
		return false;
	}
	if (set) {
		if (signal >= 0 && plant_has_writer(b, (uint32_t)signal)) {
			complaint_error(b->said, set->at, "'%s' is written by the plant",
			                set->text);
		}
		return signal >= 0;
	}
	err = plant_config_fault(b->setup, target, name, out);
	if (err) {
		complaint_error(b->said, v->map->at,
		                err == -ENOENT
		                        ? "no component, sensor, actuator or unit '%s'"
		                        : "'%s' has no fault '%s'",
		                target, name);
	}
	return !err;
}

/* @return 0 or -ENOMEM */
static int read_event(struct plant_build *b, const struct schema_view *v,
                      struct fault *out)
{
	const struct node *when = schema_node(v, "when");
	int err;

	if (!read_deed(b, v, out)) {
		return 0;
	}
	out->value = schema_real(v, "value");
	out->at_s = (double)schema_int(v, "at") / 1000;
	out->for_s = (double)schema_int(v, "for") / 1000;
	out->until_s = schema_node(v, "until") ? (double)schema_int(v, "until") / 1000
	                                       : (double)INFINITY;
	if (!(out->at_s < out->until_s)) {
		complaint_error(b->said, v->map->at,
		                "a fault that ends before it begins");
	}
	check_value(b, v, out);
	err = when ? plant_condition_build(b, when->at, when->text, &out->when) : 0;
	return err == -ENOMEM ? err : 0;
}

int plant_script_build(struct plant_build *b, const struct schema_view *view)
{
	size_t n = schema_count(view, "script"), kept = 0;
	int err = 0;
	struct fault *faults = arena_array(b->arena, n, sizeof(*faults));

	b->setup->fault_texts = arena_array(b->arena, n, sizeof(char *));
	if (!faults || !b->setup->fault_texts) {
		return -ENOMEM;
	}
	if (n > PLANT_FAULTS_MAX) {
		complaint_error(b->said, place_of(view), "more than %d faults",
		                PLANT_FAULTS_MAX);
		n = 0;
	}
	for (size_t i = 0; i < n && !err; i++) {
		struct schema_view v = schema_item(view, "script", i);

		if (v.map) {
			const char *set = schema_text(&v, "set");
			const char *target = schema_text(&v, "target");
			const char *fault = schema_text(&v, "fault");

			b->setup->fault_texts[kept] = arena_format(b->arena, "%s %s",
			                                           set      ? set
			                                           : target ? target
			                                                    : "",
			                                           set     ? "set"
			                                           : fault ? fault
			                                                   : "");
			err = read_event(b, &v, &faults[kept++]);
		}
	}
	b->setup->plant.faults = faults;
	b->setup->plant.n_faults = kept;
	return err;
}
