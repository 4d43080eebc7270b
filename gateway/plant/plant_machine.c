/* SPDX-License-Identifier: Apache-2.0 */
/* Sensors, control and actuators, and the signals that join all.  Two passes: every
 * signal gets its name, then what uses it is tied to it. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/plant/plant_build.h"
#include "twin/nearest.h"

size_t plant_given_parts(const struct plant_build *b)
{
	return b->given ? b->given->n_parts : 0;
}

static size_t given_sensors(const struct plant_build *b)
{
	return b->given ? b->given->n_sensors : 0;
}

/* ---- first pass ---- */

static void declare_setpoints(struct plant_build *b)
{
	const struct node *map = schema_node(&b->root, "signals");

	for (size_t i = 0; map && i < map->n; i++) {
		struct signal_config signal = {.name = map->keys[i]->text, .unit = ""};

		if (!map->items[i]->bad) {
			plant_quantity(b, map->items[i], &signal.start, &signal.unit);
		}
		plant_declare(b, map->keys[i]->at, &signal);
	}
}

/* The plant's own time, where the file has no other use for the name. */
static void declare_clock(struct plant_build *b)
{
	struct signal_config clock = {.name = "clock", .unit = "s"};

	for (size_t i = 0; i < b->n_signals; i++) {
		if (strcmp(b->signals[i].name, clock.name) == 0) {
			return;
		}
	}
	b->setup->plant.clock = plant_declare(b, b->root.map->at, &clock) + 1;
}

/* Items whose id is their one signal: sensors, blocks, actuators. */
static uint32_t declare_item(struct plant_build *b, const struct schema_view *v)
{
	struct signal_config signal = {.name = v->map ? schema_text(v, "id") : NULL};
	const char *unit = v->map ? schema_text(v, "unit") : NULL;

	signal.unit = unit ? unit : "";
	if (v->map) {
		plant_unit_is_known(b, schema_node(v, "unit"));
	}
	return signal.name ? plant_declare(b, v->map->at, &signal) : 0;
}

static void declare_items(struct plant_build *b, struct plant_lists *l)
{
	const struct plant_config *c = &b->setup->plant;

	for (size_t i = given_sensors(b); i < c->n_sensors; i++) {
		struct schema_view v = schema_item(&b->root, "sensors",
		                                   i - given_sensors(b));

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

/* ---- second pass ---- */

/* Tie an item to the signal that it takes; without a unit of its own it has that
 * signal's. */
static void tie(struct plant_build *b, const struct schema_view *v, const char *key,
                uint32_t own, struct plant_wire *out)
{
	const struct node *node = schema_node(v, key);
	struct signal_config *signal = &b->signals[own];
	char whom[100];

	*out = (struct plant_wire){.scale = 1};
	snprintf(whom, sizeof(whom), "'%s'", signal->name);
	if (node && plant_wire(b, node, whom, signal->unit, out) && !*signal->unit) {
		signal->unit = b->signals[out->signal].unit;
	}
}

static void check_order(struct plant_build *b, const struct schema_view *v, double min,
                        double max)
{
	if (!(min < max)) {
		complaint_error(b->said, v->map->at, "min %.9g is not below max %.9g",
		                min, max);
	}
}

static double seconds(const struct schema_view *v, const char *key)
{
	return (double)schema_int(v, key) / 1000;
}

static void connect_sensors(struct plant_build *b, struct sensor_config *sensors)
{
	for (size_t i = given_sensors(b); i < b->setup->plant.n_sensors; i++) {
		struct schema_view v = schema_item(&b->root, "sensors",
		                                   i - given_sensors(b));
		struct sensor_config *s = &sensors[i];

		if (!v.map) {
			continue;
		}
		tie(b, &v, "of", s->to, &s->from);
		s->gain = schema_real(&v, "gain");
		s->bias = schema_real(&v, "bias");
		s->drift_s = schema_real(&v, "drift");
		s->lag_s = seconds(&v, "lag");
		s->period_s = seconds(&v, "period");
		s->noise = schema_real(&v, "noise");
		s->resolution = schema_real(&v, "resolution");
		s->min = schema_real(&v, "min");
		s->max = schema_real(&v, "max");
		check_order(b, &v, s->min, s->max);
	}
}

/* With a gain it is in its own unit, whatever the command is in. */
static void connect_command(struct plant_build *b, const struct schema_view *v,
                            struct actuator_config *a)
{
	double gain = schema_real(v, "gain");
	const char *unit = b->signals[a->to].unit;

	b->signals[a->to].unit = gain == 1 ? unit : "";
	tie(b, v, "from", a->to, &a->from);
	if (gain != 1) {
		b->signals[a->to].unit = unit;
		a->from.scale *= gain;
	}
	if (gain == 0) {
		complaint_error(b->said, v->map->at, "gain is 0");
	}
}

static void connect_actuators(struct plant_build *b, struct actuator_config *actuators)
{
	for (size_t i = 0; i < b->setup->plant.n_actuators; i++) {
		struct schema_view v = schema_item(&b->root, "actuators", i);
		struct actuator_config *a = &actuators[i];
		double travel;

		if (!v.map) {
			continue;
		}
		connect_command(b, &v, a);
		a->min = schema_real(&v, "min");
		a->max = schema_real(&v, "max");
		a->rate = schema_real(&v, "rate");
		a->lag_s = seconds(&v, "lag");
		a->dead_band = schema_real(&v, "dead_band");
		a->stick = schema_real(&v, "stick");
		a->start = schema_real(&v, "start");
		check_order(b, &v, a->min, a->max);
		travel = seconds(&v, "travel");
		if (travel > 0 && a->rate > 0) {
			complaint_error(b->said, v.map->at,
			                "'travel' and 'rate' say the same: take one");
		} else if (travel > 0) {
			a->rate = (a->max - a->min) / travel;
		}
	}
}

static const struct block_kind *find_block_kind(struct plant_build *b,
                                                const struct schema_view *v)
{
	const struct node *node = schema_node(v, "block");
	const struct block_kind *kind = node ? block_find(node->text) : NULL;
	struct nearest nearest = {.word = node ? node->text : ""};

	if (!kind && node) {
		for (size_t i = 0; block_at(i); i++) {
			nearest_offer(&nearest, block_at(i)->name);
		}
		plant_unknown(b, node, "block", &nearest);
	}
	return kind;
}

static void read_block_parameters(struct plant_build *b, const struct schema_view *v,
                                  struct block_config *out)
{
	const struct block_kind *k = out->kind;
	const struct plant_ports ports = {k->name, "parameter", k->parameters,
	                                  k->n_parameters};
	const struct node *map = schema_node(v, "parameters");
	const struct schema_key number = {.type = SCHEMA_REAL};
	int64_t whole;

	for (size_t i = 0; i < k->n_parameters; i++) {
		out->parameters[i] = k->parameters[i].preset;
	}
	for (size_t i = 0; map && i < map->n; i++) {
		const struct node *node = map->items[i];
		int port = plant_port(b, &ports, map->keys[i]);
		double *p = port < 0 ? NULL : &out->parameters[port];

		if (!p || node->bad || schema_parse(&number, node->text, p, &whole)) {
			continue;
		}
		if (!(*p >= k->parameters[port].min && *p <= k->parameters[port].max)) {
			complaint_error(b->said, node->at,
			                "'%s' must be from %.9g to %.9g %s, not %s",
			                k->parameters[port].name, k->parameters[port].min,
			                k->parameters[port].max, k->parameters[port].unit,
			                node->raw);
		}
	}
	for (size_t i = 0; i < k->n_parameters; i++) {
		if (isnan(out->parameters[i])) {
			complaint_error(b->said, v->map->at,
			                "'%s' needs parameter '%s' (%s)", k->name,
			                k->parameters[i].name, k->parameters[i].unit);
		}
	}
}

/* Two inputs that are compared, or of which one is passed on: of one unit.  The output of
 * what passes its input on has that unit. */
static void check_block_units(struct plant_build *b, const struct schema_view *v,
                              const struct block_config *c)
{
	static const char *const pairs[][2] = {{"setpoint", "measured"}, {"a", "b"}};
	const struct block_kind *k = c->kind;
	struct signal_config *out = &b->signals[c->output];

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		int one = part_port(k->inputs, k->n_inputs, pairs[i][0]);
		int two = part_port(k->inputs, k->n_inputs, pairs[i][1]);
		const char *unit = one < 0 ? "" : b->signals[c->inputs[one]].unit;
		const char *other = two < 0 ? "" : b->signals[c->inputs[two]].unit;

		if (!plant_units_agree(unit, other)) {
			complaint_error(b->said, v->map->at,
			                "inputs '%s' in '%s' and '%s' in '%s' of '%s' "
			                "cannot be compared",
			                pairs[i][0], unit, pairs[i][1], other, out->name);
		}
	}
	if (!*out->unit &&
	    (strcmp(k->name, "filter") == 0 || strcmp(k->name, "select") == 0)) {
		int port = part_port(k->inputs, k->n_inputs, "a");

		out->unit = b->signals[c->inputs[port < 0 ? 0 : port]].unit;
	}
}

static void read_block_inputs(struct plant_build *b, const struct schema_view *v,
                              struct block_config *out)
{
	const struct block_kind *k = out->kind;
	const struct plant_ports ports = {k->name, "input", k->inputs, k->n_inputs};
	const struct node *map = schema_node(v, "inputs");
	bool named[BLOCK_INPUTS_MAX] = {false};

	for (size_t i = 0; map && i < map->n; i++) {
		int port = plant_port(b, &ports, map->keys[i]);
		int64_t signal;

		if (port < 0 || map->items[i]->bad) {
			continue;
		}
		named[port] = true;
		signal = plant_signal_or_number(b, map->items[i]);
		out->inputs[port] = signal < 0 ? 0 : (uint32_t)signal;
	}
	for (size_t i = 0; i < k->n_inputs; i++) {
		struct signal_config constant = {.unit = "",
		                                 .start = k->inputs[i].preset};

		if (!named[i] && isnan(constant.start)) {
			complaint_error(b->said, v->map->at, "'%s' needs input '%s'",
			                k->name, k->inputs[i].name);
		} else if (!named[i]) {
			out->inputs[i] = plant_declare(b, v->map->at, &constant);
		}
	}
}

static void connect_blocks(struct plant_build *b, struct block_config *blocks)
{
	for (size_t i = 0; i < b->setup->plant.n_blocks; i++) {
		struct schema_view v = schema_item(&b->root, "control", i);

		blocks[i].kind = v.map ? find_block_kind(b, &v) : NULL;
		if (blocks[i].kind) {
			read_block_parameters(b, &v, &blocks[i]);
			read_block_inputs(b, &v, &blocks[i]);
			check_block_units(b, &v, &blocks[i]);
		}
	}
}

/* ---- all ---- */

static int allocate(struct plant_build *b, struct plant_lists *l)
{
	struct plant_config *c = &b->setup->plant;
	const struct node *map = schema_node(&b->root, "signals");

	c->n_parts = plant_given_parts(b) + schema_count(&b->root, "components");
	c->n_sensors = given_sensors(b) + schema_count(&b->root, "sensors");
	c->n_blocks = schema_count(&b->root, "control");
	c->n_actuators = schema_count(&b->root, "actuators");
	/* Outputs, inputs that are constants, and numbers to start from. */
	b->room = (map ? map->n : 0) +
	          c->n_parts * (2 * MODEL_OUTPUTS_MAX + MODEL_INPUTS_MAX) +
	          2 * c->n_sensors + c->n_blocks * (1 + BLOCK_INPUTS_MAX) +
	          2 * c->n_actuators + 2 + (b->given ? b->given->n_signals : 0);
	b->signals = arena_array(b->arena, b->room, sizeof(*b->signals));
	b->models.fmus = arena_array(b->arena, c->n_parts, sizeof(*b->models.fmus));
	l->parts = arena_array(b->arena, c->n_parts, sizeof(*l->parts));
	l->sensors = arena_array(b->arena, c->n_sensors, sizeof(*l->sensors));
	l->blocks = arena_array(b->arena, c->n_blocks, sizeof(*l->blocks));
	l->actuators = arena_array(b->arena, c->n_actuators, sizeof(*l->actuators));
	l->part_ids = arena_array(b->arena, c->n_parts, sizeof(*l->part_ids));
	l->sensor_ids = arena_array(b->arena, c->n_sensors, sizeof(*l->sensor_ids));
	l->actuator_ids = arena_array(b->arena, c->n_actuators, sizeof(*l->actuator_ids));
	return b->signals && b->models.fmus && l->parts && l->sensors && l->blocks &&
	                       l->actuators && l->part_ids && l->sensor_ids &&
	                       l->actuator_ids
	               ? 0
	               : -ENOMEM;
}

static void keep(struct plant_build *b, const struct plant_lists *l)
{
	struct plant_config *c = &b->setup->plant;

	c->signals = b->signals;
	c->n_signals = b->n_signals;
	c->parts = l->parts;
	c->sensors = l->sensors;
	c->blocks = l->blocks;
	c->actuators = l->actuators;
	b->setup->part_ids = l->part_ids;
	b->setup->sensor_ids = l->sensor_ids;
	b->setup->actuator_ids = l->actuator_ids;
	b->setup->fmus = b->models.fmus;
	b->setup->n_fmus = b->config.n_fmus;
}

int plant_machine_build(struct plant_build *b)
{
	struct schema_view v = schema_sub(&b->root, "plant");
	struct plant_config *c = &b->setup->plant;
	struct plant_lists l = {0};
	int err;

	b->models.config = &b->config;
	b->models.arena = b->arena;
	b->models.said = b->said;
	err = allocate(b, &l);
	if (err) {
		return err;
	}
	c->seed = (uint64_t)schema_int(&v, "seed");
	c->steps = (uint32_t)schema_int(&v, "steps");
	c->step_s = (double)schema_int(&v, "cycle") / 1000 / c->steps;
	c->settle_s = (double)schema_int(&v, "settle") / 1000;
	if (b->given) {
		err = b->given->declare(b->given->arg, b, &l);
	}
	declare_setpoints(b);
	err = err ? err : plant_parts_declare(b, &l);
	if (err) {
		return err;
	}
	declare_items(b, &l);
	declare_clock(b);
	connect_sensors(b, l.sensors);
	connect_blocks(b, l.blocks);
	connect_actuators(b, l.actuators);
	err = plant_parts_connect(b, l.parts);
	if (b->given && !err) {
		b->given->connect(b->given->arg, b, &l);
	}
	keep(b, &l);
	return err;
}
