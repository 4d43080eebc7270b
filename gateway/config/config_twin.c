/* SPDX-License-Identifier: Apache-2.0 */
/* The section twin: components, what they are tied to, and the tags they add. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "gateway/config/config_build.h"
#include "gateway/config/config_fmu.h"
#include "gateway/config/config_model.h"
#include "twin/nearest.h"
#include "twin/units.h"

/* Readings to learn from: fewer follow a protocol, not a plant. */
enum { FEW_TO_LEARN = 400 };

/* One list of a model's ports as the configuration names it. */
struct ports {
	const char *key;  /* "inputs" */
	const char *what; /* "input" */
	const struct model_port *port;
	size_t n;
};

/* A component under construction. */
struct part {
	struct build *b;
	const struct schema_view *view;
	const struct model *model;
	struct component_config *out;
};

/* model stays NULL where there is none: complained about. */
static int find_model(struct build *b, const struct schema_view *v,
                      struct made_model *made)
{
	const char *name = schema_text(v, "model");
	const struct model *model = name ? model_find(name) : NULL;
	struct nearest nearest = {.word = name};
	struct place at = config_place(v, "model");
	int err;

	if (!name) {
		return 0;
	}
	err = config_model_make(b, v, name, made);
	if (err != -ENOENT) {
		return err;
	}
	made->model = model;
	if (model) {
		return 0;
	}
	if (strcmp(name, model_var.name) == 0) {
		made->model = &model_var;
		return 0;
	}
	for (size_t i = 0; model_at(i); i++) {
		nearest_offer(&nearest, model_at(i)->name);
	}
	nearest_offer(&nearest, model_var.name);
	complaint_error(b->said, at, "unknown model '%.64s'%s%s%s", name,
	                nearest.best ? " (did you mean '" : "",
	                nearest.best ? nearest.best : "", nearest.best ? "'?)" : "");
	return 0;
}

/* Index of a port by name, or -1. */
static int64_t index_of(const struct ports *ports, const char *name)
{
	for (size_t i = 0; i < ports->n; i++) {
		if (strcmp(ports->port[i].name, name) == 0) {
			return (int64_t)i;
		}
	}
	return -1;
}

/* Index of a port by name, or -1 with a complaint. */
static int64_t find_port(const struct part *part, const struct ports *ports,
                         const struct node *key)
{
	struct nearest nearest = {.word = key->text};
	int64_t found = index_of(ports, key->text);

	if (found >= 0) {
		return found;
	}
	for (size_t i = 0; i < ports->n; i++) {
		nearest_offer(&nearest, ports->port[i].name);
	}
	complaint_error(part->b->said, key->at, "model '%s' has no %s '%.64s'%s%s%s",
	                part->model->name, ports->what, key->text,
	                nearest.best ? " (did you mean '" : "",
	                nearest.best ? nearest.best : "", nearest.best ? "'?)" : "");
	return -1;
}

static void check_range(const struct part *part, const struct node *node,
                        const struct model_port *port, double value)
{
	if (!(value >= port->min && value <= port->max)) {
		complaint_error(part->b->said, node->at,
		                "parameter '%s' must be from %.9g to %.9g %s, not %s",
		                port->name, port->min, port->max, port->unit, node->raw);
	}
}

static struct place key_place(const struct part *part, const char *key)
{
	return config_place(part->view, key);
}

static void build_parameters(const struct part *part)
{
	const struct model *m = part->model;
	const struct ports ports = {"parameters", "parameter", m->parameters,
	                            m->n_parameters};
	const struct node *map = schema_node(part->view, "parameters");
	double *p = part->out->parameters;
	bool given[MODEL_PARAMETERS_MAX] = {false};
	double real;
	int64_t whole;

	for (size_t i = 0; i < m->n_parameters; i++) {
		p[i] = m->parameters[i].preset;
	}
	for (size_t i = 0; map && i < map->n; i++) {
		const struct schema_key number = {.type = SCHEMA_REAL};
		int64_t k = find_port(part, &ports, map->keys[i]);

		if (k >= 0) {
			given[k] = true;
		}
		if (k >= 0 && !map->items[i]->bad &&
		    schema_parse(&number, map->items[i]->text, &real, &whole) == 0) {
			p[k] = real;
			check_range(part, map->items[i], &m->parameters[k], real);
		}
	}
	for (size_t i = 0; i < m->n_parameters; i++) {
		if (isnan(p[i]) && !given[i]) {
			complaint_error(part->b->said, key_place(part, "parameters"),
			                "model '%s' needs parameter '%s' (%s, %s)",
			                m->name, ports.port[i].name, ports.port[i].unit,
			                ports.port[i].description);
		}
	}
}

/* The factor and offset from a tag's unit to the port's. */
static void convert(const struct part *part, const struct node *node, const struct tag *t,
                    const struct model_port *port, struct binding *out)
{
	int err = units_convert(t->kind->unit, port->unit, &out->scale, &out->offset);

	if (!err) {
		return;
	}
	out->scale = 1;
	out->offset = 0;
	if (!*port->unit) {
		return; /* takes what comes */
	}
	if (!*t->kind->unit && t->device_index >= part->b->config->n_devices) {
		return; /* of a model without units: meant as it is wanted */
	}
	if (!*t->kind->unit) {
		complaint_warning(part->b->said, node->at,
		                  "'%s/%s' has no unit: taken as %s, as '%s' of model "
		                  "'%s' wants it",
		                  t->device, t->name, port->unit, port->name,
		                  part->model->name);
	} else {
		complaint_error(
			part->b->said, node->at,
			err == -ENOENT ? "unit '%s' of '%s/%s' is unknown; '%s' of model "
					 "'%s' is in %s"
				       : "unit '%s' of '%s/%s' is of another quantity: "
					 "'%s' of model '%s' is in %s",
			t->kind->unit, t->device, t->name, port->name, part->model->name,
			port->unit);
	}
}

/* A device's tag; of an input also the virtual sensor of a component that stands before.
 */
static int64_t find_tag(const struct part *part, const struct node *node, bool input)
{
	const struct config *c = part->b->config;
	int64_t tag = config_tag(c, node->text);

	if (input && tag >= (int64_t)c->n_field_tags &&
	    strcmp(part->b->tags[tag].name, "health") != 0) {
		return tag;
	}
	return config_resolve(part->b, node, node->text);
}

/* Tie a port to the tag a node names.  False: complained about. */
static bool bind_port(const struct part *part, const struct node *node, size_t port,
                      const struct model_port *ports, struct binding *out)
{
	int64_t tag = find_tag(part, node, ports == part->model->inputs);

	if (tag < 0) {
		return false;
	}
	if (!part->b->tags[tag].kind->analog &&
	    part->b->tags[tag].kind->type != TYPE_BOOL &&
	    part->b->tags[tag].kind->type != TYPE_BIT) {
		complaint_error(part->b->said, node->at,
		                "'%s' is no number: its type is %s", node->text,
		                part->b->tags[tag].kind->type_name);
		return false;
	}
	*out = (struct binding){.port = (uint32_t)port, .tag = (uint32_t)tag};
	convert(part, node, &part->b->tags[tag], &ports[port], out);
	return true;
}

static void build_inputs(const struct part *part)
{
	const struct model *m = part->model;
	const struct ports ports = {"inputs", "input", m->inputs, m->n_inputs};
	const struct node *map = schema_node(part->view, "inputs");
	bool named[MODEL_INPUTS_MAX] = {false};

	for (size_t i = 0; map && i < map->n; i++) {
		int64_t k = find_port(part, &ports, map->keys[i]);
		struct binding *out = &part->out->inputs[part->out->n_inputs];

		if (k < 0 || named[k]) {
			continue;
		}
		named[k] = true;
		if (!map->items[i]->bad &&
		    bind_port(part, map->items[i], (size_t)k, m->inputs, out)) {
			part->out->n_inputs++;
		}
	}
	for (size_t i = 0; i < m->n_inputs; i++) {
		if (isnan(m->inputs[i].preset) && !named[i]) {
			complaint_error(part->b->said, key_place(part, "inputs"),
			                "model '%s' needs input '%s' (%s%s%s)", m->name,
			                m->inputs[i].name, m->inputs[i].unit,
			                *m->inputs[i].unit ? ", " : "",
			                m->inputs[i].description);
		}
	}
}

/* The period of what a component makes is that of its fastest tag; of model var, which
 * waits for all, of its slowest. */
static uint32_t fastest(const struct part *part)
{
	const struct component_config *k = part->out;
	uint32_t period = UINT32_MAX, slowest = 0;

	for (size_t i = 0; i < k->n_tags; i++) {
		uint32_t own = part->b->tags[k->tags[i]].period_ms;

		slowest = own > slowest ? own : slowest;
	}
	for (size_t i = 0; i < k->n_inputs + k->n_outputs; i++) {
		const struct binding *tie = i < k->n_inputs
		                                    ? &k->inputs[i]
		                                    : &k->outputs[i - k->n_inputs];

		if (tie->tag < part->b->config->n_field_tags &&
		    part->b->tags[tie->tag].period_ms < period) {
			period = part->b->tags[tie->tag].period_ms;
		}
	}
	return period == UINT32_MAX ? slowest : period;
}

uint32_t config_tag_add(struct build *b, const struct tag *tag, const char *unit)
{
	size_t i = b->config->n_tags++;
	struct tag_options options;
	struct tag_kind kind;

	memset(&kind, 0, sizeof(kind)); /* with what is between members: once_keep() */
	kind.unit = once_text(&b->once, unit);
	kind.type_name = once_text(&b->once, "float64");
	kind.min = kind.max = NAN;
	kind.type = TYPE_FLOAT64;
	kind.analog = true;
	memset(&options, 0, sizeof(options));
	options.store.deviation = NAN;
	b->tags[i] = *tag;
	b->tags[i].kind = kind.unit && kind.type_name
	                          ? once_keep(&b->once, &kind, sizeof(kind))
	                          : NULL;
	b->options[i] = once_keep(&b->once, &options, sizeof(options));
	return (uint32_t)i;
}

/* A tag of the component's own: a virtual sensor, or its health. */
static uint32_t add_tag(const struct part *part, const char *name, const char *unit,
                        const char *description)
{
	const struct tag tag = {.device = part->out->id,
	                        .name = name,
	                        .description = description,
	                        .device_index = part->out->device_index};

	return config_tag_add(part->b, &tag, strcmp(unit, "1") == 0 ? "" : unit);
}

/* One more sensor of a port that has one.  False: complained about. */
static bool bind_further(const struct part *part, const struct node *node, size_t port)
{
	struct component_config *k = part->out;
	struct binding *out = &k->outputs[k->n_outputs];

	if (k->n_outputs == COMPONENT_OUTPUTS_MAX) {
		complaint_error(part->b->said, node->at,
		                "component '%s' has too many sensors: at most %d", k->id,
		                COMPONENT_SENSORS_MAX);
		return false;
	}
	if (!bind_port(part, node, port, part->model->outputs, out)) {
		return false;
	}
	for (size_t i = 0; i < k->n_outputs; i++) {
		if (k->outputs[i].tag == out->tag) {
			complaint_error(part->b->said, node->at,
			                "'%s' is an output of '%s' already", node->text,
			                k->id);
			return false;
		}
	}
	k->n_outputs++;
	return true;
}

/* Lists of sensors: the first of each is bound, the others come after all outputs. */
static void build_further_sensors(const struct part *part, const struct ports *ports)
{
	const struct node *map = schema_node(part->view, "outputs");
	const struct component_config *k = part->out;
	size_t measured = 0;

	for (size_t i = 0; map && i < map->n; i++) {
		const struct node *list = map->items[i];
		int64_t port = list->kind == NODE_LIST
		                       ? index_of(ports, map->keys[i]->text)
		                       : -1;

		for (size_t j = 1; port >= 0 && j < list->n; j++) {
			if (list->items[j]->bad ||
			    !bind_further(part, list->items[j], (size_t)port)) {
				break;
			}
		}
	}
	for (size_t i = 0; i < k->n_outputs; i++) {
		measured += k->outputs[i].tag < part->b->config->n_field_tags;
	}
	if (measured > COMPONENT_SENSORS_MAX) {
		complaint_error(part->b->said, key_place(part, "outputs"),
		                "component '%s' has %zu sensors: at most %d", k->id,
		                measured, COMPONENT_SENSORS_MAX);
	}
}

/* Which parameters are followed, and how far they may be off.  What does not fit is
 * complained about, and is a constant. */
static void build_estimate(const struct part *part)
{
	const struct model *m = part->model;
	const struct ports ports = {"estimate", "parameter", m->parameters,
	                            m->n_parameters};
	const struct node *map = schema_node(part->view, "estimate");
	const struct schema_key number = {.type = SCHEMA_REAL};
	struct component_config *k = part->out;
	size_t most = MODEL_STATES_MAX, n = 0;
	int64_t whole;

	most -= m->n_states > m->n_outputs ? m->n_states : m->n_outputs;
	for (size_t i = 0; map && i < map->n; i++) {
		const struct node *node = map->items[i];
		int64_t p = find_port(part, &ports, map->keys[i]);
		double spread;

		if (p < 0 || node->bad ||
		    schema_parse(&number, node->text, &spread, &whole)) {
			continue;
		}
		if (k->made || m->remote) {
			complaint_error(part->b->said, node->at,
			                "parameters of model '%s' cannot be followed",
			                m->name);
		} else if (!(k->parameters[p] > 0)) {
			complaint_error(part->b->said, node->at,
			                "parameter '%s' cannot be followed: it must be "
			                "above 0",
			                m->parameters[p].name);
		} else if (n == most) {
			complaint_error(part->b->said, node->at,
			                "of model '%s' at most %zu parameters can be "
			                "followed",
			                m->name, most);
		} else {
			k->estimate[p] = spread;
			n++;
		}
	}
}

/* Parameters that are followed are virtual sensors: tank/outlet_estimated. */
static int build_followed(const struct part *part)
{
	const struct model *m = part->model;
	struct component_config *k = part->out;

	for (size_t i = 0; i < m->n_parameters; i++) {
		const struct model_port *p = &m->parameters[i];
		const char *name;

		if (k->estimate[i] == 0) {
			continue;
		}
		name = arena_format(part->b->arena, "%s_estimated", p->name);
		if (!name) {
			return -ENOMEM;
		}
		k->outputs[k->n_outputs] = (struct binding){
			.port = (uint32_t)k->n_outputs,
			.tag = add_tag(part, name, p->unit, p->description),
			.scale = 1};
		k->noise[k->n_outputs++] = NAN;
	}
	return 0;
}

static int build_outputs(const struct part *part)
{
	const struct model *m = part->model;
	const struct ports ports = {"outputs", "output", m->outputs, m->n_outputs};
	const struct node *map = schema_node(part->view, "outputs");
	struct component_config *k = part->out;
	bool bound[MODEL_OUTPUTS_MAX] = {false};

	for (size_t i = 0; map && i < map->n; i++) {
		int64_t port = find_port(part, &ports, map->keys[i]);
		const struct node *first = map->items[i];

		if (first->kind == NODE_LIST && first->n > 0) {
			first = first->items[0];
		}
		if (port >= 0 && !first->bad && !bound[port]) {
			bound[port] = bind_port(part, first, (size_t)port, m->outputs,
			                        &k->outputs[port]);
		}
	}
	k->n_outputs = m->n_outputs;
	for (size_t i = 0; i < m->n_outputs; i++) {
		const char *name = m->outputs[i].name;

		if (m->remote) {
			name = config_fmu_tag_name(part->b, name);
		}
		if (!bound[i]) {
			k->outputs[i] = (struct binding){
				.port = (uint32_t)i,
				.tag = add_tag(part, name ? name : "", m->outputs[i].unit,
			                       m->outputs[i].description),
				.scale = 1};
		}
	}
	if (build_followed(part)) {
		return -ENOMEM;
	}
	build_further_sensors(part, &ports);
	k->health_tag = add_tag(part, "health", "1", "innovations against their limit");
	return 0;
}

/* Parameters that are identified on the learning rows. */
static void build_fit(const struct part *part)
{
	const struct model *m = part->model;
	const struct ports ports = {"parameters", "parameter", m->parameters,
	                            m->n_parameters};
	const struct node *list = schema_node(part->view, "fit");

	if (list && (m->remote || m->local)) {
		complaint_error(part->b->said, list->at,
		                "'fit' is not for model '%s': it is computed elsewhere",
		                m->name);
		return;
	}
	for (size_t i = 0; list && i < list->n; i++) {
		const struct node *name = list->items[i];
		int64_t k = name->bad ? -1 : find_port(part, &ports, name);

		if (k >= 0 && !(part->out->parameters[k] > 0)) {
			complaint_error(
				part->b->said, name->at,
				"parameter '%s' cannot be identified from %.9g: it "
				"must be positive",
				m->parameters[k].name, part->out->parameters[k]);
		} else if (k >= 0) {
			part->out->fit |= UINT32_C(1) << k;
		}
	}
}

static void build_noise(const struct part *part)
{
	const struct model *m = part->model;
	const struct ports ports = {"noise", "output", m->outputs, m->n_outputs};
	const struct node *map = schema_node(part->view, "noise");
	const struct schema_key number = {.type = SCHEMA_REAL};
	int64_t whole;

	for (size_t i = 0; map && i < map->n; i++) {
		int64_t k = find_port(part, &ports, map->keys[i]);

		if (k >= 0 && !map->items[i]->bad) {
			(void)schema_parse(&number, map->items[i]->text,
			                   &part->out->noise[k], &whole);
		}
	}
	for (size_t i = m->n_outputs; i < part->out->n_outputs; i++) {
		/* further sensors; of a parameter there is none */
		part->out->noise[i] = part->out->noise[part->out->outputs[i].port];
	}
}

/* Of a model without parameters nothing can be identified. */
static void build_auto_identify(const struct part *part, size_t i)
{
	const struct component_config *k = part->out;
	struct schema_view twin = schema_sub(&part->b->root, "twin");
	bool own = schema_node(part->view, "auto_identify") != NULL;
	bool possible = !k->made && k->model->rates && k->model->n_parameters > 0;

	if (own && !possible) {
		complaint_error(part->b->said, key_place(part, "auto_identify"),
		                "model '%s' has no parameters to be identified",
		                k->model->name);
	}
	part->b->auto_identify[i] = !possible ? AUTO_IDENTIFY_OFF
	                                      : (enum auto_identify)schema_choice(
							own ? part->view : &twin,
							"auto_identify");
}

/* Keys of models that are files. */
static void refuse_keys_of_files(const struct part *part)
{
	static const char *const keys[] = {"file", "sha256", "start", "step"};

	for (size_t i = part->model->local ? 2 : 0;
	     i < ARRAY_SIZE(keys) && !part->model->remote; i++) {
		if (schema_node(part->view, keys[i])) {
			complaint_error(part->b->said, key_place(part, keys[i]),
			                "model '%s' has no '%s'", part->model->name,
			                keys[i]);
		}
	}
}

/* What an FMU makes comes step by step. */
static uint32_t step_ms(const struct build *b, size_t component)
{
	for (size_t i = 0; i < b->config->n_fmus; i++) {
		if (b->fmus[i].component == component) {
			return (uint32_t)lround(b->fmus[i].step_s * 1000);
		}
	}
	return 0;
}

static int build_component(struct build *b, size_t i, const struct made_model *made)
{
	const struct schema_view *v = &b->component_views[i];
	const struct part part = {b, v, made->model, &b->components[i]};
	struct component_config *k = part.out;
	const char *id = schema_text(v, "id");
	size_t first = b->config->n_tags;
	int err = 0;

	k->id = id ? id : "";
	k->model = made->model;
	k->made = made->p;
	k->n_made = made->n;
	memcpy(k->noise, made->noise, sizeof(made->noise));
	k->device_index = (uint32_t)(b->config->n_devices + i);
	k->learn = schema_node(v, "learn") ? (uint32_t)schema_int(v, "learn")
	                                   : b->config->twin.learn;
	k->max_age_s = (double)schema_int(v, "max_age") / 1000;
	k->unscented = schema_choice(v, "filter") == 1;
	if (made->model == &model_var) {
		err = config_var_build(b, v, k);
	} else if (schema_node(v, "tags")) {
		complaint_error(b->said, config_place(v, "tags"),
		                "model '%s' has no 'tags': it has inputs and outputs",
		                made->model->name);
	}
	if (!made->p || made->model->remote || made->model->local) {
		build_parameters(&part);
		build_fit(&part);
	}
	refuse_keys_of_files(&part);
	build_auto_identify(&part, i);
	build_inputs(&part);
	build_estimate(&part);
	if (build_outputs(&part)) {
		return -ENOMEM;
	}
	build_noise(&part);
	for (size_t t = first; t < b->config->n_tags; t++) {
		b->tags[t].period_ms = made->model->remote ? step_ms(b, i)
		                                           : fastest(&part);
		if (!b->tags[t].kind || !b->options[t]) {
			err = -ENOMEM;
		}
	}
	return err;
}

int config_twin_build(struct build *b)
{
	struct schema_view v = schema_sub(&b->root, "twin");
	struct schema_view monitor = schema_sub(&v, "monitor");
	const struct node *list = schema_node(&v, "components");
	struct config *c = b->config;
	size_t n = list ? list->n : 0;
	bool *monitored;
	int err = 0;

	b->components = arena_array(b->arena, n, sizeof(*b->components));
	b->auto_identify = arena_array(b->arena, n, sizeof(*b->auto_identify));
	b->component_views = arena_scratch(b->arena, n, sizeof(*b->component_views));
	b->fmus = arena_array(b->arena, n, sizeof(*b->fmus));
	b->luas = arena_array(b->arena, n, sizeof(*b->luas));
	if (!b->components || !b->auto_identify || !b->component_views || !b->fmus ||
	    !b->luas) {
		return -ENOMEM;
	}
	c->twin.learn = (uint32_t)schema_int(&monitor, "learn");
	c->twin.false_alarm = schema_real(&monitor, "false_alarm");
	c->twin.alarm_after = (uint32_t)schema_int(&monitor, "alarm_after");
	c->twin.skip_startup = schema_flag(&monitor, "skip_startup");
	if (c->twin.learn < FEW_TO_LEARN && schema_node(&monitor, "learn")) {
		complaint_warning(b->said, config_place(&monitor, "learn"),
		                  "%u readings are few to learn from; a plant wants 1800",
		                  c->twin.learn);
	}
	for (size_t i = 0; i < n && !err; i++) {
		struct schema_view *kv = &b->component_views[c->n_components];
		struct made_model made = {0};

		*kv = schema_item(&v, "components", i);
		if (kv->map && find_model(b, kv, &made)) {
			return -ENOMEM;
		}
		if (made.model) {
			err = build_component(b, c->n_components++, &made);
		}
	}
	err = err ? err : config_tests_build(b, &monitor);
	monitored = arena_array(b->arena, c->n_tags, sizeof(*monitored));
	if (err || !monitored) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < c->n_tags; i++) {
		monitored[i] = b->options[i]->monitor;
	}
	c->twin.monitored = monitored;
	c->twin.tags = b->tags;
	c->twin.points = b->points;
	c->twin.n_tags = c->n_tags;
	c->twin.n_field_tags = c->n_field_tags;
	c->twin.components = b->components;
	c->twin.n_components = c->n_components;
	c->auto_identify = b->auto_identify;
	c->fmus = b->fmus;
	c->luas = b->luas;
	return 0;
}
