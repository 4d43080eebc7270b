/* SPDX-License-Identifier: Apache-2.0 */
/* The twin's components as a plant: parts, their tags as signals, joined by the tags. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "gateway/scenario/scenario_build.h"
#include "twin/cholesky.h"

#define NO_SIGNAL UINT32_MAX

static struct place here(const struct scenario_build *b)
{
	return b->plant.root.map->at;
}

static const char *tag_name(struct scenario_build *b, uint32_t tag)
{
	const struct tag *t = &b->cfg->tags[tag];

	return arena_format(b->plant.arena, "%s/%s", t->device, t->name);
}

static const char *unit_of(const struct scenario_build *b, uint32_t tag)
{
	const char *unit = b->cfg->tags[tag].kind->unit;

	return unit ? unit : "";
}

/* ---- drives ---- */

static const struct scenario_drive *drive_of(const struct scenario_build *b, uint32_t tag)
{
	for (size_t i = 0; i < b->n_drives; i++) {
		if (b->drives[i].tag == tag) {
			return &b->drives[i];
		}
	}
	return NULL;
}

static bool is_input(const struct config *cfg, uint32_t tag)
{
	for (size_t i = 0; i < cfg->twin.n_components; i++) {
		const struct component_config *c = &cfg->twin.components[i];

		for (size_t k = 0; k < c->n_inputs; k++) {
			if (c->inputs[k].tag == tag) {
				return true;
			}
		}
	}
	return false;
}

static int read_drives(struct scenario_build *b)
{
	const struct node *map = schema_node(&b->plant.root, "drives");
	size_t n = map ? map->n : 0;

	b->drives = arena_array(b->plant.arena, n, sizeof(*b->drives));
	if (!b->drives) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		int64_t tag = config_tag(b->cfg, map->keys[i]->text);

		if (tag < 0 || !is_input(b->cfg, (uint32_t)tag)) {
			complaint_error(b->plant.said, map->keys[i]->at,
			                "'%.140s' is no tag that a component has for an "
			                "input",
			                map->keys[i]->text);
		} else if (!map->items[i]->bad) {
			b->drives[b->n_drives++] = (struct scenario_drive){
				.tag = (uint32_t)tag, .node = map->items[i]};
		}
	}
	return 0;
}

/* ---- which tag is whose ---- */

/* The component that is run and has the tag for an output of its model, or -1. */
static int64_t giver_of(const struct scenario_build *b, uint32_t tag,
                        const struct binding **binding)
{
	for (size_t i = 0; i < b->cfg->twin.n_components; i++) {
		const struct component_config *c = &b->cfg->twin.components[i];

		for (size_t k = 0; b->part_of[i] >= 0 && k < c->n_outputs; k++) {
			if (c->outputs[k].tag == tag &&
			    c->outputs[k].port < c->model->n_outputs) {
				*binding = &c->outputs[k];
				return (int64_t)i;
			}
		}
	}
	return -1;
}

static bool is_moved(const struct scenario_build *b, uint32_t tag)
{
	const struct binding *binding;

	return giver_of(b, tag, &binding) >= 0 || drive_of(b, tag);
}

/* ---- first pass ---- */

static int hold(struct scenario_build *b, size_t i)
{
	const char **held = (const char **)(uintptr_t)b->setup->held;
	const char *text = arena_format(b->plant.arena, "%s: %s; its outputs are held",
	                                b->cfg->twin.components[i].id,
	                                b->snapshot->components[i].why);

	if (!text) {
		return -ENOMEM;
	}
	b->part_of[i] = -1;
	held[b->setup->n_held++] = text;
	return 0;
}

static int choose_components(struct scenario_build *b, size_t *n_parts)
{
	size_t n = b->cfg->twin.n_components;

	b->part_of = arena_array(b->plant.arena, n, sizeof(*b->part_of));
	b->parts = arena_array(b->plant.arena,
	                       n + schema_count(&b->plant.root, "components"),
	                       sizeof(*b->parts));
	b->setup->held = arena_array(b->plant.arena, n, sizeof(char *));
	if (!b->part_of || !b->parts || !b->setup->held) {
		return -ENOMEM;
	}
	*n_parts = 0;
	for (size_t i = 0; i < n; i++) {
		if (!b->snapshot->components[i].why) {
			b->part_of[i] = (int32_t)(*n_parts)++;
		} else if (hold(b, i)) {
			return -ENOMEM;
		}
	}
	return 0;
}

static int place_part(struct scenario_part *out, const struct rollout_start *s)
{
	*out = (struct scenario_part){.placed = true, .n = s->n};
	memcpy(out->x, s->x, sizeof(out->x));
	memcpy(out->theta, s->theta, sizeof(out->theta));
	/* One that is known exactly has no factor. */
	if (cholesky_factor(s->P, out->root, s->n)) {
		memset(out->root, 0, sizeof(out->root));
		for (size_t i = 0; i < s->n; i++) {
			out->root[i * s->n + i] = sqrt(fmax(s->P[i * s->n + i], 0));
		}
	}
	return 0;
}

static int declare_part(struct scenario_build *b, size_t i, struct plant_lists *l)
{
	const struct component_config *c = &b->cfg->twin.components[i];
	const struct rollout_start *s = &b->snapshot->components[i].start;
	size_t at = (size_t)b->part_of[i];
	struct part_config *part = &l->parts[at];

	part->id = l->part_ids[at] = c->id;
	if (c->made || part_find(&part->kind, c->model->name)) {
		part->kind = (struct part_kind){.model = c->model};
	}
	part->parameters = c->made ? c->made : s->p;
	place_part(&b->parts[at], s);
	for (size_t k = 0; k < MODEL_OUTPUTS_MAX; k++) {
		part->start[k] = (double)NAN;
	}
	for (size_t k = 0; k < c->model->n_outputs; k++) {
		struct signal_config signal = {
			.name = arena_format(b->plant.arena, "%s.%s", c->id,
		                             c->model->outputs[k].name),
			.unit = c->model->outputs[k].unit};

		if (!signal.name) {
			return -ENOMEM;
		}
		part->outputs[k] = plant_declare(&b->plant, here(b), &signal);
	}
	return 0;
}

/* Tags that move are sensors, the others setpoints. */
static int declare_tags(struct scenario_build *b, struct plant_lists *l)
{
	size_t sensor = 0;

	for (uint32_t i = 0; i < b->cfg->n_tags; i++) {
		double value = b->snapshot->tags[i];
		struct signal_config signal = {.unit = unit_of(b, i)};
		bool moved = is_moved(b, i);

		b->tag_signals[i] = NO_SIGNAL;
		if (!moved && !isfinite(value)) {
			continue;
		}
		signal.name = tag_name(b, i);
		signal.start = isfinite(value) ? value : 0;
		if (!signal.name) {
			return -ENOMEM;
		}
		b->tag_signals[i] = plant_declare(&b->plant, here(b), &signal);
		if (moved) {
			l->sensor_ids[sensor] = signal.name;
			l->sensors[sensor++].to = b->tag_signals[i];
		}
	}
	return 0;
}

static int declare(void *arg, struct plant_build *plant, struct plant_lists *l)
{
	struct scenario_build *b = arg;
	int err = 0;

	(void)plant;
	for (size_t i = 0; i < b->cfg->twin.n_components && !err; i++) {
		err = b->part_of[i] < 0 ? 0 : declare_part(b, i, l);
	}
	return err ? err : declare_tags(b, l);
}

/* ---- second pass ---- */

/* An output in the tag's unit, as the input of a component or a sensor takes it. */
static struct plant_wire wire_from(const struct plant_lists *l, size_t part,
                                   const struct binding *out, const struct binding *in)
{
	double scale = in ? in->scale : 1, offset = in ? in->offset : 0;

	return (struct plant_wire){.signal = l->parts[part].outputs[out->port],
	                           .scale = scale / out->scale,
	                           .offset = offset - out->offset * scale / out->scale};
}

static void connect_input(struct scenario_build *b, const struct plant_lists *l,
                          struct plant_wire *out, const struct binding *in)
{
	const struct scenario_drive *drive = drive_of(b, in->tag);
	const struct binding *given;
	int64_t giver = giver_of(b, in->tag, &given);

	if (drive) {
		*out = drive->wire;
		out->scale *= in->scale;
		out->offset = out->offset * in->scale + in->offset;
	} else if (giver >= 0) {
		*out = wire_from(l, (size_t)b->part_of[giver], given, in);
	} else if (b->tag_signals[in->tag] == NO_SIGNAL) {
		complaint_error(b->plant.said, here(b),
		                "%s/%s has no value yet, and a component wants it",
		                b->cfg->tags[in->tag].device, b->cfg->tags[in->tag].name);
	} else {
		*out = (struct plant_wire){.signal = b->tag_signals[in->tag],
		                           .scale = in->scale,
		                           .offset = in->offset};
	}
}

static void connect_part(struct scenario_build *b, const struct plant_lists *l, size_t i)
{
	const struct component_config *c = &b->cfg->twin.components[i];
	struct part_config *part = &l->parts[b->part_of[i]];
	bool bound[MODEL_INPUTS_MAX] = {false};

	for (size_t k = 0; k < c->n_inputs; k++) {
		bound[c->inputs[k].port] = true;
		connect_input(b, l, &part->inputs[c->inputs[k].port], &c->inputs[k]);
	}
	for (size_t k = 0; k < c->model->n_inputs; k++) {
		struct signal_config preset = {.unit = c->model->inputs[k].unit,
		                               .start = c->model->inputs[k].preset};

		if (!bound[k]) {
			part->inputs[k] = (struct plant_wire){.scale = 1};
			part->inputs[k].signal = plant_declare(&b->plant, here(b),
			                                       &preset);
		}
	}
}

static struct plant_wire sensor_wire(const struct scenario_build *b,
                                     const struct plant_lists *l, uint32_t tag)
{
	const struct scenario_drive *drive = drive_of(b, tag);
	const struct binding *given;
	int64_t giver = giver_of(b, tag, &given);

	return drive ? drive->wire : wire_from(l, (size_t)b->part_of[giver], given, NULL);
}

/* Ideal: what it would read without noise. */
static void connect_sensors(struct scenario_build *b, const struct plant_lists *l)
{
	size_t sensor = 0;

	for (uint32_t i = 0; i < b->cfg->n_tags; i++) {
		if (b->tag_signals[i] != NO_SIGNAL && is_moved(b, i)) {
			struct sensor_config *s = &l->sensors[sensor++];

			*s = (struct sensor_config){.from = sensor_wire(b, l, i),
			                            .to = s->to,
			                            .gain = 1,
			                            .min = -(double)INFINITY,
			                            .max = (double)INFINITY};
		}
	}
}

/* The value of a tag that is driven, as who drives it writes it. */
static double driven_value(const struct scenario_build *b, const struct scenario_drive *d,
                           const struct plant_wire *wire)
{
	return (b->snapshot->tags[d->tag] - wire->offset) / wire->scale;
}

static bool has(const struct schema_view *v, const char *map, const char *key)
{
	const struct node *node = map ? schema_node(v, map) : v->map;

	return node && node->kind == NODE_MAP && tree_find(node, key);
}

/* A controller goes on from what it does now, where the file says nothing else. */
static void start_block(struct scenario_build *b, struct plant_lists *l, uint32_t signal,
                        double value)
{
	size_t n = b->plant.setup->plant.n_blocks;

	for (size_t i = 0; i < n; i++) {
		struct schema_view v = schema_item(&b->plant.root, "control", i);
		const struct block_kind *k = l->blocks[i].kind;
		int port = k ? part_port(k->parameters, k->n_parameters, "start") : -1;

		if (l->blocks[i].output == signal && port >= 0 &&
		    !has(&v, "parameters", "start") && isfinite(value)) {
			l->blocks[i].parameters[port] = value;
		}
	}
}

static void start_drive(struct scenario_build *b, struct plant_lists *l,
                        const struct scenario_drive *d)
{
	double value = driven_value(b, d, &d->wire);
	size_t n = b->plant.setup->plant.n_actuators;

	start_block(b, l, d->wire.signal, value);
	for (size_t i = 0; i < n; i++) {
		struct schema_view v = schema_item(&b->plant.root, "actuators", i);
		struct actuator_config *a = &l->actuators[i];

		if (a->to != d->wire.signal || !isfinite(value)) {
			continue;
		}
		if (!has(&v, NULL, "start")) {
			a->start = value;
		}
		start_block(b, l, a->from.signal,
		            (value - a->from.offset) / a->from.scale);
	}
}

static void tie(void *arg, struct plant_build *plant, struct plant_lists *l)
{
	struct scenario_build *b = arg;

	for (size_t i = 0; i < b->n_drives; i++) {
		struct scenario_drive *d = &b->drives[i];
		const char *name = tag_name(b, d->tag);

		plant_wire(plant, d->node, name ? name : "", unit_of(b, d->tag),
		           &d->wire);
		start_drive(b, l, d);
	}
	for (size_t i = 0; i < b->cfg->twin.n_components; i++) {
		if (b->part_of[i] >= 0) {
			connect_part(b, l, i);
		}
	}
	connect_sensors(b, l);
}

int scenario_given(struct scenario_build *b, struct plant_given *given)
{
	size_t n_parts;
	int err = choose_components(b, &n_parts);

	err = err ? err : read_drives(b);
	b->tag_signals = arena_array(b->plant.arena, b->cfg->n_tags + 1,
	                             sizeof(*b->tag_signals));
	if (err || !b->tag_signals) {
		return -ENOMEM;
	}
	*given = (struct plant_given){
		.n_parts = n_parts, .declare = declare, .connect = tie, .arg = b};
	for (uint32_t i = 0; i < b->cfg->n_tags; i++) {
		bool moved = is_moved(b, i);

		given->n_sensors += moved;
		given->n_signals += moved || isfinite(b->snapshot->tags[i]);
	}
	given->n_signals += b->n_drives; /* numbers */
	return 0;
}
