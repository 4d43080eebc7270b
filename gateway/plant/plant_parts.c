/* SPDX-License-Identifier: Apache-2.0 */
/* The components of a plant: models, what the plant has of its own, and what the file
 * makes itself (formulas, matrices, FMUs). */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/config_model.h"
#include "gateway/plant/plant_build.h"
#include "twin/nearest.h"

/* A component that is being read. */
struct item {
	struct plant_build *b;
	struct schema_view view;
	const struct model *model;
};

static struct place place_of(const struct item *item, const char *key)
{
	return config_place(&item->view, key);
}

/* ---- first pass ---- */

static void no_such_model(const struct item *item)
{
	const struct node *node = schema_node(&item->view, "model");
	struct nearest nearest = {.word = node->text};

	for (size_t i = 0; part_name_at(i); i++) {
		nearest_offer(&nearest, part_name_at(i));
	}
	plant_unknown(item->b, node, "model", &nearest);
}

/* @return 0 or -ENOMEM; out->kind.model stays NULL where there is none */
static int find_kind(struct item *item, size_t i, struct part_config *out)
{
	struct plant_build *b = item->b;
	const char *name = schema_text(&item->view, "model");
	struct made_model made = {.model = NULL};
	int err;

	if (!name) {
		return 0;
	}
	b->config.n_components = i;
	err = config_model_make(&b->models, &item->view, name, &made);
	if (!err) {
		out->kind = (struct part_kind){.model = made.model};
		out->parameters = made.p;
		return 0;
	}
	if (err == -ENOENT && part_find(&out->kind, name)) {
		no_such_model(item);
	}
	return err == -ENOENT ? 0 : err;
}

static int declare_outputs(const struct item *item, const char *id,
                           struct part_config *out)
{
	const struct model *m = out->kind.model;

	for (size_t k = 0; m && k < m->n_outputs; k++) {
		const struct model_port *port = &m->outputs[k];
		struct signal_config signal = {
			.name = arena_format(item->b->arena, "%s.%s", id, port->name),
			.unit = port->unit};

		if (!signal.name) {
			return -ENOMEM;
		}
		out->outputs[k] = plant_declare(item->b, item->view.map->at, &signal);
	}
	return 0;
}

/* Units of outputs that have none of their own. */
static void read_units(const struct item *item, const struct part_config *out)
{
	const struct model *m = out->kind.model;
	const struct plant_ports ports = {m->name, "output", m->outputs, m->n_outputs};
	const struct node *map = schema_node(&item->view, "units");

	for (size_t i = 0; map && i < map->n; i++) {
		int port = plant_port(item->b, &ports, map->keys[i]);
		struct signal_config *signal =
			port < 0 ? NULL : &item->b->signals[out->outputs[port]];

		if (signal && *signal->unit) {
			complaint_error(item->b->said, map->items[i]->at,
			                "output '%s' of '%s' is in '%s'",
			                ports.ports[port].name, m->name, signal->unit);
		} else if (signal && plant_unit_is_known(item->b, map->items[i])) {
			signal->unit = map->items[i]->text;
		}
	}
}

int plant_parts_declare(struct plant_build *b, struct plant_lists *l)
{
	size_t given = plant_given_parts(b);
	struct part_config *parts = l->parts;
	const char **ids = l->part_ids;
	int err = 0;

	for (size_t i = given; i < b->setup->plant.n_parts && !err; i++) {
		struct item item = {b, schema_item(&b->root, "components", i - given),
		                    NULL};
		const char *id = item.view.map ? schema_text(&item.view, "id") : NULL;

		ids[i] = id ? id : "";
		parts[i].id = ids[i];
		for (size_t k = 0; k < MODEL_OUTPUTS_MAX; k++) {
			parts[i].start[k] = (double)NAN;
		}
		if (id) {
			err = find_kind(&item, i, &parts[i]);
			err = err ? err : declare_outputs(&item, id, &parts[i]);
		}
		if (parts[i].kind.model && !err) {
			read_units(&item, &parts[i]);
		}
	}
	return err;
}

/* ---- second pass ---- */

static void check_range(const struct item *item, const struct node *node,
                        const struct model_port *port, double value)
{
	if (!(value >= port->min && value <= port->max)) {
		complaint_error(item->b->said, node->at,
		                "'%s' must be from %.9g to %.9g %s, not %s", port->name,
		                port->min, port->max, port->unit, node->raw);
	}
}

static int read_parameters(const struct item *item, struct part_config *out)
{
	const struct model *m = item->model;
	const struct plant_ports ports = {m->name, "parameter", m->parameters,
	                                  m->n_parameters};
	const struct node *map = schema_node(&item->view, "parameters");
	const struct schema_key number = {.type = SCHEMA_REAL};
	double *p = arena_array(item->b->arena, m->n_parameters + 1, sizeof(*p));
	int64_t whole;

	if (!p) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < m->n_parameters; i++) {
		p[i] = m->parameters[i].preset;
	}
	for (size_t i = 0; map && i < map->n; i++) {
		const struct node *node = map->items[i];
		int port = plant_port(item->b, &ports, map->keys[i]);

		if (port < 0 || node->bad || node->kind != NODE_SCALAR ||
		    schema_parse(&number, node->text, &p[port], &whole)) {
			continue;
		}
		check_range(item, node, &m->parameters[port], p[port]);
	}
	for (size_t i = 0; i < m->n_parameters; i++) {
		if (isnan(p[i])) {
			complaint_error(item->b->said, item->view.map->at,
			                "'%s' needs parameter '%s' (%s)", m->name,
			                m->parameters[i].name, m->parameters[i].unit);
		}
	}
	out->parameters = p;
	return 0;
}

/* Outputs to start from. */
static void read_start(const struct item *item, struct part_config *out)
{
	const struct model *m = item->model;
	const struct plant_ports ports = {m->name, "output", m->outputs, m->n_outputs};
	const struct node *map = schema_node(&item->view, "start");

	for (size_t i = 0; map && i < map->n; i++) {
		int port = plant_port(item->b, &ports, map->keys[i]);
		struct plant_wire wire;
		double value;

		if (port < 0 || map->items[i]->kind != NODE_SCALAR) {
			continue;
		}
		if (plant_wire(item->b, map->items[i], m->outputs[port].name,
		               m->outputs[port].unit, &wire)) {
			value = item->b->signals[wire.signal].start * wire.scale +
			        wire.offset;
			out->start[port] = value;
			check_range(item, map->items[i], &m->outputs[port], value);
		}
	}
}

static void read_input(const struct item *item, const struct node *node, int port,
                       struct plant_wire *out)
{
	char whom[200];

	snprintf(whom, sizeof(whom), "input '%s' of '%s'", item->model->inputs[port].name,
	         schema_text(&item->view, "id"));
	plant_wire(item->b, node, whom, item->model->inputs[port].unit, out);
}

/* Inputs that are not named are constants of their own, at their preset. */
static void read_inputs(const struct item *item, struct part_config *out)
{
	const struct model *m = item->model;
	const struct plant_ports ports = {m->name, "input", m->inputs, m->n_inputs};
	const struct node *map = schema_node(&item->view, "inputs");
	bool named[MODEL_INPUTS_MAX] = {false};

	for (size_t i = 0; map && i < map->n; i++) {
		int port = plant_port(item->b, &ports, map->keys[i]);

		if (port >= 0 && !map->items[i]->bad) {
			named[port] = true;
			read_input(item, map->items[i], port, &out->inputs[port]);
		}
	}
	for (size_t i = 0; i < m->n_inputs; i++) {
		struct signal_config constant = {.unit = m->inputs[i].unit,
		                                 .start = m->inputs[i].preset};

		if (!named[i] && isnan(constant.start)) {
			complaint_error(item->b->said, place_of(item, "inputs"),
			                "'%s' needs input '%s' (%s)", m->name,
			                m->inputs[i].name, m->inputs[i].unit);
		} else if (!named[i]) {
			out->inputs[i] = (struct plant_wire){.scale = 1};
			out->inputs[i].signal = plant_declare(item->b, item->view.map->at,
			                                      &constant);
		}
	}
}

int plant_parts_connect(struct plant_build *b, struct part_config *parts)
{
	size_t given = plant_given_parts(b);
	int err = 0;

	for (size_t i = given; i < b->setup->plant.n_parts && !err; i++) {
		struct item item = {b, schema_item(&b->root, "components", i - given),
		                    parts[i].kind.model};

		if (!item.model) {
			continue;
		}
		if (!parts[i].parameters && !item.model->remote) {
			err = read_parameters(&item, &parts[i]);
		}
		if (!item.model->remote) {
			read_start(&item, &parts[i]);
		}
		read_inputs(&item, &parts[i]);
	}
	return err;
}
