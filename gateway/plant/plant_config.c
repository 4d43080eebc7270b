/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plant/plant_config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/address.h"
#include "drivers/modbus/value.h"
#include "drivers/reading.h"
#include "gateway/config/config_file.h"
#include "gateway/config/value_type.h"
#include "gateway/plant/plant_build.h"

/* What plant_config_free() gets is its first member. */
struct loaded {
	struct plant_setup setup;
	struct arena arena;
};

/* Faults by name.  Those of parts are the parameters that are marked so. */
static const struct {
	const char *name;
	enum fault_kind kind;
} fault_names[] = {
	{"stuck", FAULT_STUCK},     {"dropout", FAULT_DROPOUT},
	{"offset", FAULT_OFFSET},   {"drift", FAULT_DRIFT},
	{"noise", FAULT_NOISE},     {"jammed", FAULT_JAMMED},
	{"silence", FAULT_SILENCE}, {"exception", FAULT_EXCEPTION},
	{"close", FAULT_CLOSE},
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

/* Index of the target that a kind of fault means, or -1. */
static int find_target(const struct plant_setup *s, enum fault_kind kind, const char *id)
{
	switch (kind) {
	case FAULT_PARAMETER:
		return find_id(s->part_ids, s->plant.n_parts, id);
	case FAULT_STUCK:
	case FAULT_DROPOUT:
	case FAULT_OFFSET:
	case FAULT_DRIFT:
	case FAULT_NOISE:
		return find_id(s->sensor_ids, s->plant.n_sensors, id);
	case FAULT_JAMMED:
		return find_id(s->actuator_ids, s->plant.n_actuators, id);
	case FAULT_SILENCE:
	case FAULT_EXCEPTION:
	case FAULT_CLOSE:
		return find_unit(s, id);
	}
	return -1;
}

static bool is_anything(const struct plant_setup *s, const char *id)
{
	return find_target(s, FAULT_PARAMETER, id) >= 0 ||
	       find_target(s, FAULT_STUCK, id) >= 0 ||
	       find_target(s, FAULT_JAMMED, id) >= 0 ||
	       find_target(s, FAULT_SILENCE, id) >= 0;
}

int plant_config_fault(const struct plant_setup *s, const char *target, const char *name,
                       struct fault *out)
{
	int at = find_target(s, FAULT_PARAMETER, target), parameter;
	const struct part_kind *kind = at < 0 ? NULL : s->plant.parts[at].kind;

	out->parameter = 0;
	if (kind) {
		parameter = part_port(kind->parameters, kind->n_parameters, name);
		if (parameter >= 0 && kind->parameters[parameter].flags & PART_FAULT) {
			out->kind = FAULT_PARAMETER;
			out->target = (uint32_t)at;
			out->parameter = (uint32_t)parameter;
			return 0;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(fault_names); i++) {
		if (strcmp(fault_names[i].name, name) == 0) {
			at = find_target(s, fault_names[i].kind, target);
			out->kind = fault_names[i].kind;
			out->target = (uint32_t)at;
			if (at >= 0) {
				return 0;
			}
		}
	}
	return is_anything(s, target) ? -EINVAL : -ENOENT;
}

/* Units */

static bool is_bits(const struct plant_register *r)
{
	return r->point.space == MODBUS_COIL || r->point.space == MODBUS_DISCRETE;
}

static bool is_flag(enum value_type type)
{
	return type == TYPE_BOOL || type == TYPE_BIT;
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
	index = plant_signal(b, signal, false);
	r->signal = index < 0 ? 0 : (uint32_t)index;
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
	size_t n = plant_count(v, "registers");
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
		uint32_t *size;

		if (!read_register(b, &rv, r)) {
			continue;
		}
		check_overlap(b, &rv, list, out->n_registers);
		size = &out->sizes[r->point.space];
		*size = end_of(r) > *size ? end_of(r) : *size;
		out->n_registers++;
	}
	return 0;
}

int plant_units_build(struct plant_build *b)
{
	struct schema_view v = schema_sub(&b->root, "modbus");
	size_t n = plant_count(&v, "units");
	struct plant_unit *units = arena_array(b->arena, n, sizeof(*units));
	const struct node *listen = tree_find(v.map, "listen");
	struct address address;
	const char *why = "only tcp:// is served";
	int err = units ? 0 : -ENOMEM;

	b->setup->listen = schema_text(&v, "listen");
	if (listen && !listen->bad &&
	    (address_parse(&address, listen->text, &why) || address.serial)) {
		complaint_error(b->said, listen->at, "%s", why);
	}
	if (n > PLANT_UNITS_MAX) {
		complaint_error(b->said, v.map->at, "more than %d units",
		                PLANT_UNITS_MAX);
		n = 0;
	}
	for (size_t i = 0; i < n && !err; i++) {
		struct schema_view uv = schema_item(&v, "units", i);

		err = uv.map ? read_unit(b, &uv, &units[i]) : 0;
		for (size_t k = 0; k < i && uv.map && !err; k++) {
			if (units[k].unit == units[i].unit) {
				complaint_error(b->said, uv.map->at,
				                "unit %d is there already",
				                units[i].unit);
			}
		}
	}
	b->setup->units = units;
	b->setup->plant.n_units = n;
	return err;
}

/* Script */

static struct place place_of(const struct schema_view *v)
{
	return v->map ? v->map->at : (struct place){0};
}

static void read_event(struct plant_build *b, const struct schema_view *v,
                       struct fault *out)
{
	const char *target = schema_text(v, "target"), *name = schema_text(v, "fault");
	int err = plant_config_fault(b->setup, target, name, out);

	out->value = schema_real(v, "value");
	out->at_s = (double)schema_int(v, "at") / 1000;
	out->until_s = schema_node(v, "until") ? (double)schema_int(v, "until") / 1000
	                                       : (double)INFINITY;
	if (err) {
		complaint_error(b->said, v->map->at,
		                err == -ENOENT ? "no part, sensor, actuator or unit '%s'"
		                               : "'%s' has no fault '%s'",
		                target, name);
	} else if (!(out->at_s < out->until_s)) {
		complaint_error(b->said, v->map->at,
		                "a fault that ends before it begins");
	} else if (out->kind == FAULT_EXCEPTION &&
	           !(out->value >= 1 && out->value <= 255)) {
		complaint_error(b->said, v->map->at,
		                "an exception has a value from 1 to 255");
	}
}

int plant_script_build(struct plant_build *b, const struct schema_view *view)
{
	size_t n = plant_count(view, "script"), kept = 0;
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
	for (size_t i = 0; i < n; i++) {
		struct schema_view v = schema_item(view, "script", i);

		if (v.map && schema_node(&v, "target") && schema_node(&v, "fault")) {
			b->setup->fault_texts[kept] = arena_format(
				b->arena, "%s %s", schema_text(&v, "target"),
				schema_text(&v, "fault"));
			read_event(b, &v, &faults[kept++]);
		}
	}
	b->setup->plant.faults = faults;
	b->setup->plant.n_faults = kept;
	return 0;
}

/* Files */

/* Text to a checked tree in view.  0, -ENOMEM, or -EINVAL with complaints. */
static int read_tree(struct loaded *l, struct complaints *said, const char *path,
                     const char *text, struct schema_view *view)
{
	struct node *root = NULL;
	int source = complaint_source(said, path, text, strlen(text));
	int err = source < 0 ? source : 0;

	if (!err) {
		err = tree_read(&root, &l->arena, said, (uint32_t)source);
	}
	if (!err && !root) {
		complaint_error(said, (struct place){.source = (uint32_t)source},
		                "the file is empty");
	}
	if (err || !root) {
		return err ? err : -EINVAL;
	}
	schema_check(root, view->object, said);
	view->map = root->bad ? NULL : root;
	return complaint_errors(said) ? -EINVAL : 0;
}

/* A description that is no plant although each part of it is right. */
static int try_plant(struct plant_build *b)
{
	struct plant_config c = b->setup->plant;
	struct plant *p = NULL;
	int err;

	c.settle_s = 0;
	err = plant_new(&p, &c);
	plant_free(p);
	if (err == -ELOOP) {
		complaint_error(
			b->said, b->root.map->at,
			"outputs of parts depend on each other with no state between");
	} else if (err == -EEXIST) {
		complaint_error(b->said, b->root.map->at, "a signal has two writers");
	} else if (err == -EINVAL) {
		complaint_error(b->said, b->root.map->at, "too large a plant, or cycle");
	}
	return err == -ELOOP || err == -EEXIST ? -EINVAL : err;
}

static int build(struct plant_build *b, const struct schema_view *script)
{
	int err = plant_machine_build(b);

	err = err ? err : plant_units_build(b);
	if (!err && complaint_errors(b->said) == 0) {
		err = plant_script_build(b, script);
	}
	if (!err && complaint_errors(b->said)) {
		err = -EINVAL;
	}
	return err ? err : try_plant(b);
}

static int load(struct loaded *l, struct complaints *said, const char *const paths[2],
                const char *const texts[2])
{
	struct plant_build b = {.arena = &l->arena,
	                        .said = said,
	                        .root = {&plant_root, NULL},
	                        .setup = &l->setup};
	struct schema_view script = {&plant_script_root, NULL};
	int err = read_tree(l, said, paths[0], texts[0], &b.root);

	if (texts[1] && err != -ENOMEM) {
		int other = read_tree(l, said, paths[1], texts[1], &script);

		err = err ? err : other;
	} else {
		script = b.root;
	}
	return err ? err : build(&b, &script);
}

static int load_texts(struct plant_setup **out, const char *const paths[2],
                      const char *const texts[2], FILE *complaints)
{
	struct loaded *l = calloc(1, sizeof(*l));
	struct complaints *said = complaint_new();
	int err = l && said ? load(l, said, paths, texts) : -ENOMEM;

	if (said) {
		complaint_print(said, complaints);
	}
	if (err && err != -EINVAL) {
		fprintf(complaints, "%s: error: %s\n", paths[0], strerror(-err));
	}
	if (!err) {
		*out = &l->setup;
		l = NULL;
	}
	complaint_free(said);
	plant_config_free(l ? &l->setup : NULL);
	return err;
}

int plant_config_load_text(struct plant_setup **out, const char *path, const char *text,
                           FILE *complaints)
{
	const char *const paths[2] = {path, NULL}, *const texts[2] = {text, NULL};

	return load_texts(out, paths, texts, complaints);
}

int plant_config_load(struct plant_setup **out, const char *path, const char *script,
                      FILE *complaints)
{
	const char *const paths[2] = {path, script};
	const char *texts[2] = {"", NULL};
	struct arena arena = {0};
	int err = 0;

	for (size_t i = 0; i < 2 && paths[i] && !err; i++) {
		char *text;
		size_t n;

		err = config_file_read(paths[i], false, &arena, &text, &n);
		if (err) {
			fprintf(complaints, "%s: error: %s\n", paths[i],
			        config_file_error(err));
		}
		texts[i] = text;
	}
	err = err ? err : load_texts(out, paths, texts, complaints);
	arena_free(&arena);
	return err;
}

void plant_config_free(struct plant_setup *s)
{
	struct loaded *l = (struct loaded *)s;

	if (l) {
		arena_free(&l->arena);
		free(l);
	}
}
