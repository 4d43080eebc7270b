/* SPDX-License-Identifier: Apache-2.0 */
/* Parts, sensors, control and actuators, and the signals that join them.  Two passes:
 * every signal gets its name, then what uses it is tied to it. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/quantity.h"
#include "gateway/plant/plant_build.h"
#include "twin/nearest.h"

/* One item with ports: a part or a block. */
struct item {
	struct plant_build *b;
	struct schema_view view;
	const char *kind; /* name, for messages */
};

size_t plant_count(const struct schema_view *view, const char *name)
{
	const struct node *list = schema_node(view, name);

	return list ? list->n : 0;
}

static int64_t find_signal(const struct plant_build *b, const char *name)
{
	for (size_t i = 0; i < b->n_signals; i++) {
		if (b->signals[i].name && strcmp(b->signals[i].name, name) == 0) {
			return (int64_t)i;
		}
	}
	return -1;
}

/* A new signal.  @return its index; a name that is taken is complained about */
static uint32_t declare(struct plant_build *b, struct place at, const char *name,
                        double start)
{
	if (name && find_signal(b, name) >= 0) {
		complaint_error(b->said, at, "a signal '%s' is there already", name);
	}
	b->signals[b->n_signals] = (struct signal_config){.name = name, .start = start};
	return (uint32_t)b->n_signals++;
}

static void complain_near(struct plant_build *b, const struct node *node,
                          const char *what, const struct nearest *nearest)
{
	complaint_error(b->said, node->at, "unknown %s '%.64s'%s%s%s", what, node->text,
	                nearest->best ? " (did you mean '" : "",
	                nearest->best ? nearest->best : "", nearest->best ? "'?)" : "");
}

int64_t plant_signal(struct plant_build *b, const struct node *node, bool number)
{
	struct nearest nearest = {.word = node->text};
	int64_t signal = find_signal(b, node->text);
	double value;

	if (signal >= 0) {
		return signal;
	}
	if (number && quantity_real(node->text, &value) == 0) {
		return declare(b, node->at, NULL, value);
	}
	for (size_t i = 0; i < b->n_signals; i++) {
		if (b->signals[i].name) {
			nearest_offer(&nearest, b->signals[i].name);
		}
	}
	complain_near(b, node, "signal", &nearest);
	return -1;
}

/* Port a key names, or -1 with a complaint. */
static int find_port(const struct item *item, const char *what, const struct node *key,
                     const struct part_port *ports, size_t n)
{
	struct nearest nearest = {.word = key->text};
	int port = part_port(ports, n, key->text);

	if (port >= 0) {
		return port;
	}
	for (size_t i = 0; i < n; i++) {
		nearest_offer(&nearest, ports[i].name);
	}
	complaint_error(item->b->said, key->at, "'%s' has no %s '%.64s'%s%s%s",
	                item->kind, what, key->text,
	                nearest.best ? " (did you mean '" : "",
	                nearest.best ? nearest.best : "", nearest.best ? "'?)" : "");
	return -1;
}

static void read_parameters(const struct item *item, const struct part_port *ports,
                            size_t n, double *out)
{
	const struct schema_key number = {.type = SCHEMA_REAL};
	const struct node *map = schema_node(&item->view, "parameters");

	for (size_t i = 0; i < n; i++) {
		out[i] = ports[i].preset;
	}
	for (size_t i = 0; map && i < map->n; i++) {
		const struct node *node = map->items[i];
		int port = find_port(item, "parameter", map->keys[i], ports, n);
		int64_t whole;

		if (port < 0 || node->bad ||
		    schema_parse(&number, node->text, &out[port], &whole)) {
			continue;
		}
		if (!(out[port] >= ports[port].min && out[port] <= ports[port].max)) {
			complaint_error(
				item->b->said, node->at,
				"parameter '%s' must be from %.9g to %.9g %s, not %s",
				ports[port].name, ports[port].min, ports[port].max,
				ports[port].unit, node->raw);
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (isnan(out[i])) {
			complaint_error(item->b->said, item->view.map->at,
			                "'%s' needs parameter '%s' (%s)", item->kind,
			                ports[i].name, ports[i].unit);
		}
	}
}

/* Inputs that are not named are constants of their own, at their preset. */
static void read_inputs(const struct item *item, const struct part_port *ports, size_t n,
                        uint32_t *out)
{
	const struct node *map = schema_node(&item->view, "inputs");
	bool named[PART_INPUTS_MAX] = {false};

	for (size_t i = 0; map && i < map->n; i++) {
		int port = find_port(item, "input", map->keys[i], ports, n);
		int64_t signal;

		if (port < 0 || map->items[i]->bad) {
			continue;
		}
		named[port] = true;
		signal = plant_signal(item->b, map->items[i], true);
		out[port] = signal < 0 ? 0 : (uint32_t)signal;
	}
	for (size_t i = 0; i < n; i++) {
		if (!named[i] && isnan(ports[i].preset)) {
			complaint_error(item->b->said, item->view.map->at,
			                "'%s' needs input '%s'", item->kind,
			                ports[i].name);
		} else if (!named[i]) {
			out[i] = declare(item->b, item->view.map->at, NULL,
			                 ports[i].preset);
		}
	}
}

static const struct part_kind *find_part_kind(const struct item *item)
{
	const struct node *node = schema_node(&item->view, "kind");
	const struct part_kind *kind = node ? part_find(node->text) : NULL;
	struct nearest nearest = {.word = node ? node->text : ""};

	if (!kind && node) {
		for (size_t i = 0; part_at(i); i++) {
			nearest_offer(&nearest, part_at(i)->name);
		}
		complain_near(item->b, node, "kind of part", &nearest);
	}
	return kind;
}

static const struct block_kind *find_block_kind(const struct item *item)
{
	const struct node *node = schema_node(&item->view, "block");
	const struct block_kind *kind = node ? block_find(node->text) : NULL;
	struct nearest nearest = {.word = node ? node->text : ""};

	if (!kind && node) {
		for (size_t i = 0; block_at(i); i++) {
			nearest_offer(&nearest, block_at(i)->name);
		}
		complain_near(item->b, node, "block", &nearest);
	}
	return kind;
}

/* First pass */

static void declare_setpoints(struct plant_build *b)
{
	const struct schema_key number = {.type = SCHEMA_REAL};
	const struct node *map = schema_node(&b->root, "signals");

	for (size_t i = 0; map && i < map->n; i++) {
		double value = 0;
		int64_t whole;

		if (!map->items[i]->bad) {
			(void)schema_parse(&number, map->items[i]->text, &value, &whole);
		}
		declare(b, map->keys[i]->at, map->keys[i]->text, value);
	}
}

static int declare_parts(struct plant_build *b, struct part_config *parts,
                         const char **ids)
{
	for (size_t i = 0; i < b->setup->plant.n_parts; i++) {
		struct item item = {b, schema_item(&b->root, "parts", i), NULL};
		const char *id = item.view.map ? schema_text(&item.view, "id") : NULL;

		ids[i] = id ? id : "";
		parts[i].kind = id ? find_part_kind(&item) : NULL;
		for (size_t k = 0; parts[i].kind && k < parts[i].kind->n_outputs; k++) {
			const char *name = arena_format(b->arena, "%s.%s", id,
			                                parts[i].kind->outputs[k].name);

			if (!name) {
				return -ENOMEM;
			}
			parts[i].outputs[k] = declare(b, item.view.map->at, name, 0);
		}
	}
	return 0;
}

/* Items whose id is their one signal: sensors, blocks, actuators. */
static uint32_t declare_item(struct plant_build *b, const struct schema_view *v)
{
	const char *id = v->map ? schema_text(v, "id") : NULL;

	return id ? declare(b, v->map->at, id, 0) : 0;
}

/* Second pass */

static uint32_t signal_at(struct plant_build *b, const struct schema_view *v,
                          const char *key)
{
	const struct node *node = schema_node(v, key);
	int64_t signal = node ? plant_signal(b, node, false) : 0;

	return signal < 0 ? 0 : (uint32_t)signal;
}

static void check_order(struct plant_build *b, const struct schema_view *v, double min,
                        double max)
{
	if (!(min < max)) {
		complaint_error(b->said, v->map->at, "min %.9g is not below max %.9g",
		                min, max);
	}
}

static void connect_parts(struct plant_build *b, struct part_config *parts)
{
	for (size_t i = 0; i < b->setup->plant.n_parts; i++) {
		const struct part_kind *kind = parts[i].kind;
		struct item item = {b, schema_item(&b->root, "parts", i),
		                    kind ? kind->name : ""};

		if (kind) {
			read_parameters(&item, kind->parameters, kind->n_parameters,
			                parts[i].parameters);
			read_inputs(&item, kind->inputs, kind->n_inputs, parts[i].inputs);
		}
	}
}

static void connect_sensors(struct plant_build *b, struct sensor_config *sensors)
{
	for (size_t i = 0; i < b->setup->plant.n_sensors; i++) {
		struct schema_view v = schema_item(&b->root, "sensors", i);
		struct sensor_config *s = &sensors[i];

		if (!v.map) {
			continue;
		}
		s->from = signal_at(b, &v, "of");
		s->gain = schema_real(&v, "gain");
		s->bias = schema_real(&v, "bias");
		s->lag_s = (double)schema_int(&v, "lag") / 1000;
		s->noise = schema_real(&v, "noise");
		s->resolution = schema_real(&v, "resolution");
		s->min = schema_real(&v, "min");
		s->max = schema_real(&v, "max");
		check_order(b, &v, s->min, s->max);
	}
}

static void connect_blocks(struct plant_build *b, struct block_config *blocks)
{
	for (size_t i = 0; i < b->setup->plant.n_blocks; i++) {
		struct item item = {b, schema_item(&b->root, "control", i), NULL};
		const struct block_kind *kind = item.view.map ? find_block_kind(&item)
		                                              : NULL;

		if (kind) {
			item.kind = kind->name;
			blocks[i].kind = kind;
			read_parameters(&item, kind->parameters, kind->n_parameters,
			                blocks[i].parameters);
			read_inputs(&item, kind->inputs, kind->n_inputs,
			            blocks[i].inputs);
		}
	}
}

static void connect_actuators(struct plant_build *b, struct actuator_config *actuators)
{
	for (size_t i = 0; i < b->setup->plant.n_actuators; i++) {
		struct schema_view v = schema_item(&b->root, "actuators", i);
		struct actuator_config *a = &actuators[i];

		if (!v.map) {
			continue;
		}
		a->from = signal_at(b, &v, "from");
		a->min = schema_real(&v, "min");
		a->max = schema_real(&v, "max");
		a->rate = schema_real(&v, "rate");
		a->dead_band = schema_real(&v, "dead_band");
		a->start = schema_real(&v, "start");
		check_order(b, &v, a->min, a->max);
	}
}

/* The lists of a machine under construction. */
struct lists {
	struct part_config *parts;
	struct sensor_config *sensors;
	struct block_config *blocks;
	struct actuator_config *actuators;
	const char **part_ids, **sensor_ids, **actuator_ids;
};

static int allocate(struct plant_build *b, struct lists *l)
{
	struct plant_config *c = &b->setup->plant;
	const struct node *map = schema_node(&b->root, "signals");

	c->n_parts = plant_count(&b->root, "parts");
	c->n_sensors = plant_count(&b->root, "sensors");
	c->n_blocks = plant_count(&b->root, "control");
	c->n_actuators = plant_count(&b->root, "actuators");
	b->room = (map ? map->n : 0) + c->n_parts * (PART_OUTPUTS_MAX + PART_INPUTS_MAX) +
	          c->n_sensors + c->n_blocks * (1 + BLOCK_INPUTS_MAX) + c->n_actuators +
	          1;
	b->signals = arena_array(b->arena, b->room, sizeof(*b->signals));
	l->parts = arena_array(b->arena, c->n_parts, sizeof(*l->parts));
	l->sensors = arena_array(b->arena, c->n_sensors, sizeof(*l->sensors));
	l->blocks = arena_array(b->arena, c->n_blocks, sizeof(*l->blocks));
	l->actuators = arena_array(b->arena, c->n_actuators, sizeof(*l->actuators));
	l->part_ids = arena_array(b->arena, c->n_parts, sizeof(*l->part_ids));
	l->sensor_ids = arena_array(b->arena, c->n_sensors, sizeof(*l->sensor_ids));
	l->actuator_ids = arena_array(b->arena, c->n_actuators, sizeof(*l->actuator_ids));
	return b->signals && l->parts && l->sensors && l->blocks && l->actuators &&
	                       l->part_ids && l->sensor_ids && l->actuator_ids
	               ? 0
	               : -ENOMEM;
}

static void declare_items(struct plant_build *b, struct lists *l)
{
	const struct plant_config *c = &b->setup->plant;

	for (size_t i = 0; i < c->n_sensors; i++) {
		struct schema_view v = schema_item(&b->root, "sensors", i);

		l->sensors[i].to = declare_item(b, &v);
		l->sensor_ids[i] = b->signals[l->sensors[i].to].name;
	}
	for (size_t i = 0; i < c->n_blocks; i++) {
		struct schema_view v = schema_item(&b->root, "control", i);

		l->blocks[i].output = declare_item(b, &v);
	}
	for (size_t i = 0; i < c->n_actuators; i++) {
		struct schema_view v = schema_item(&b->root, "actuators", i);

		l->actuators[i].to = declare_item(b, &v);
		l->actuator_ids[i] = b->signals[l->actuators[i].to].name;
	}
}

int plant_machine_build(struct plant_build *b)
{
	struct schema_view v = schema_sub(&b->root, "plant");
	struct plant_config *c = &b->setup->plant;
	struct lists l = {0};
	int err = allocate(b, &l);

	if (err) {
		return err;
	}
	c->seed = (uint64_t)schema_int(&v, "seed");
	c->steps = (uint32_t)schema_int(&v, "steps");
	c->step_s = (double)schema_int(&v, "cycle") / 1000 / c->steps;
	c->settle_s = (double)schema_int(&v, "settle") / 1000;
	declare_setpoints(b);
	err = declare_parts(b, l.parts, l.part_ids);
	if (err) {
		return err;
	}
	declare_items(b, &l);
	connect_parts(b, l.parts);
	connect_sensors(b, l.sensors);
	connect_blocks(b, l.blocks);
	connect_actuators(b, l.actuators);
	if (b->n_signals == 0) {
		complaint_error(b->said, b->root.map->at, "a plant without any signal");
	}
	c->signals = b->signals;
	c->n_signals = b->n_signals;
	c->parts = l.parts;
	c->sensors = l.sensors;
	c->blocks = l.blocks;
	c->actuators = l.actuators;
	b->setup->part_ids = l.part_ids;
	b->setup->sensor_ids = l.sensor_ids;
	b->setup->actuator_ids = l.actuator_ids;
	return 0;
}
