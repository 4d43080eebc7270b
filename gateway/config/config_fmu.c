/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/config_fmu.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/config_file.h"
#include "gateway/fmu/digest.h"
#include "gateway/fmu/fmu.h"
#include "twin/models/remote.h"
#include "twin/nearest.h"
#include "twin/units.h"

enum { ID_MAX = 64 };

/* A model on its way. */
struct maker {
	struct build *b;
	const struct schema_view *view;
	struct fmu *fmu;
	struct fmu_config *out;
	struct model_port *inputs, *outputs;
	bool failed;
};

static struct place key_place(const struct maker *m, const char *key)
{
	return config_place(m->view, key);
}

const char *config_fmu_tag_name(struct build *b, const char *variable)
{
	char name[ID_MAX + 1];
	size_t n = strlen(variable);

	snprintf(name, sizeof(name), "%s", variable);
	n = n < ID_MAX ? n : ID_MAX;
	for (size_t i = 0; i < n; i++) {
		if (!schema_is_id(&name[i], 1)) {
			name[i] = '_';
		}
	}
	return arena_word(b->arena, name, n);
}

/* ---- the file ---- */

static int open_fmu(struct maker *m)
{
	char *said = NULL;
	size_t n;
	FILE *f = open_memstream(&said, &n);
	int err = f ? fmu_open(&m->fmu, m->out->path, f) : -ENOMEM;

	if (f) {
		fclose(f);
	}
	if (err && err != -ENOMEM) {
		said[strcspn(said, "\n")] = '\0';
		complaint_error(
			m->b->said, key_place(m, "file"),
			"the FMU is refused: %.300s (`pollux fmu check` says all)", said);
		m->failed = true;
	}
	free(said);
	return err == -ENOMEM ? err : 0;
}

/* Its sum, and is it the one that is wanted? */
static int check_sum(struct maker *m)
{
	const char *want = schema_text(m->view, "sha256");
	char hex[DIGEST_TEXT_MAX] = "";
	int err = digest_file(m->out->path, hex);

	if (err && err != -ENOMEM) {
		complaint_error(m->b->said, key_place(m, "file"), "'%.200s': %s",
		                m->out->path, config_file_error(err));
		m->failed = true;
		return 0;
	}
	m->out->sha256 = arena_text(m->b->arena, hex, strlen(hex));
	if (want && strcasecmp(want, hex) != 0) {
		complaint_error(m->b->said, key_place(m, "sha256"),
		                "the file is another: its SHA-256 is %s", hex);
		m->failed = true;
	}
	return m->out->sha256 ? 0 : -ENOMEM;
}

static void check_use(struct maker *m)
{
	const struct description *d = m->fmu->d;
	int64_t step_ms = schema_int(m->view, "step");
	struct fmu_error why;

	m->out->step_s = step_ms > 0 ? (double)step_ms / 1000 : d->step > 0 ? d->step : 1;
	if (!fmu_is_runnable(m->fmu, &why)) {
		complaint_error(m->b->said, key_place(m, "file"), "%.300s", why.text);
		m->failed = true;
	}
	if (!fmu_takes_step(m->fmu, m->out->step_s, &why)) {
		complaint_error(m->b->said, key_place(m, step_ms > 0 ? "step" : "file"),
		                "%.300s", why.text);
		m->failed = true;
	}
	if (m->out->step_s < 0.001) {
		complaint_error(m->b->said, key_place(m, "file"),
		                "its default experiment has steps of %.9g s, too short "
		                "for a clock: say 'step'",
		                m->out->step_s);
		m->failed = true;
	}
}

/* ---- variables ---- */

static bool is_input(const struct fmu_variable *v)
{
	return v->kind.causality == FMU_INPUT;
}

static bool is_output(const struct fmu_variable *v)
{
	return v->kind.causality == FMU_OUTPUT || v->kind.causality == FMU_LOCAL;
}

/* What may be set before it is initialised. */
static bool is_startable(const struct fmu_variable *v)
{
	return v->kind.variability != FMU_CONSTANT &&
	       (is_input(v) || v->kind.causality == FMU_PARAMETER ||
	        v->kind.initial == FMU_EXACT || v->kind.initial == FMU_APPROX);
}

/* The variable that a key names, or NULL with a complaint. */
static const struct fmu_variable *find(struct maker *m, const struct node *key,
                                       bool (*fits)(const struct fmu_variable *v),
                                       const char *what)
{
	const struct description *d = m->fmu->d;
	const struct fmu_variable *v = description_find(d, key->text);
	struct nearest nearest = {.word = key->text};

	if (v && fits(v) && rules_is_number(v->kind.type) && v->size == 1) {
		return v;
	}
	for (size_t i = 0; !v && i < d->n_variables; i++) {
		if (fits(&d->variables[i])) {
			nearest_offer(&nearest, d->variables[i].name);
		}
	}
	if (v && fits(v)) {
		complaint_error(m->b->said, key->at, "'%.64s' is no single number",
		                key->text);
	} else {
		complaint_error(m->b->said, key->at, "the FMU has no %s '%.64s'%s%.64s%s",
		                what, key->text, nearest.best ? " (did you mean '" : "",
		                nearest.best ? nearest.best : "",
		                nearest.best ? "'?)" : "");
	}
	m->failed = true;
	return NULL;
}

/* A unit that we know is converted; one that we do not is taken as it is. */
static void set_unit(const struct fmu_variable *v, struct model_port *port,
                     struct fmu_port_config *tie)
{
	port->unit = "";
	tie->scale = 1;
	for (size_t i = 0; *v->unit && units_at(i); i++) {
		if (strcmp(units_at(i)->name, v->unit) == 0) {
			port->unit = units_at(i)->si;
			tie->scale = units_at(i)->scale;
			tie->offset = units_at(i)->offset;
			return;
		}
	}
}

static int add_port(struct maker *m, const struct fmu_variable *v,
                    struct model_port *port, struct fmu_port_config *tie)
{
	struct arena *a = m->b->arena;

	*tie = (struct fmu_port_config){.reference = v->reference, .type = v->kind.type};
	*port = (struct model_port){
		.name = arena_text(a, v->name, strlen(v->name)),
		.description = arena_text(a, v->description, strlen(v->description)),
		.preset = isnan(v->start) ? 0 : v->start,
		.min = -INFINITY,
		.max = INFINITY};
	set_unit(v, port, tie);
	return port->name && port->description ? 0 : -ENOMEM;
}

static int make_inputs(struct maker *m)
{
	const struct node *map = schema_node(m->view, "inputs");
	int err = 0;

	for (size_t i = 0; map && i < map->n && !err; i++) {
		const struct fmu_variable *v = find(m, map->keys[i], is_input, "input");
		size_t n = m->out->n_inputs;

		if (v && n == MODEL_INPUTS_MAX) {
			complaint_error(m->b->said, map->keys[i]->at,
			                "an FMU has at most %d inputs here",
			                MODEL_INPUTS_MAX);
			m->failed = true;
			break;
		}
		if (v) {
			err = add_port(m, v, &m->inputs[n], &m->out->inputs[n]);
			m->out->n_inputs++;
		}
	}
	return err;
}

/* Would it be the tag of another output, or of the component's own test? */
static bool is_taken(struct maker *m, const char *name)
{
	const char *tag = config_fmu_tag_name(m->b, name);

	for (size_t i = 0; tag && i < m->out->n_outputs; i++) {
		const char *other = config_fmu_tag_name(m->b, m->outputs[i].name);

		if (other && strcmp(tag, other) == 0) {
			return true;
		}
	}
	return tag && strcmp(tag, "health") == 0;
}

static int add_output(struct maker *m, const struct fmu_variable *v)
{
	size_t n = m->out->n_outputs++;

	return add_port(m, v, &m->outputs[n], &m->out->outputs[n]);
}

/* Those that are named first, then the FMU's other outputs while there is room. */
static int make_outputs(struct maker *m)
{
	const struct description *d = m->fmu->d;
	const struct node *map = schema_node(m->view, "outputs");
	int err = 0;

	for (size_t i = 0; map && i < map->n && !err; i++) {
		const struct fmu_variable *v = find(m, map->keys[i], is_output, "output");

		if (v &&
		    (m->out->n_outputs == MODEL_OUTPUTS_MAX || is_taken(m, v->name))) {
			complaint_error(m->b->said, map->keys[i]->at,
			                "one output too many: there are at most %d, each "
			                "with a tag of its own",
			                MODEL_OUTPUTS_MAX);
			m->failed = true;
		} else if (v) {
			err = add_output(m, v);
		}
	}
	for (size_t i = 0; i < d->n_variables && !err; i++) {
		const struct fmu_variable *v = &d->variables[i];

		if (v->kind.causality == FMU_OUTPUT && rules_is_number(v->kind.type) &&
		    v->size == 1 && m->out->n_outputs < MODEL_OUTPUTS_MAX &&
		    !is_taken(m, v->name)) {
			err = add_output(m, v);
		}
	}
	return err;
}

static bool start_value(const struct node *node, const struct fmu_variable *v,
                        double *out)
{
	const struct schema_key number = {.type = SCHEMA_REAL},
				flag = {.type = SCHEMA_BOOL};
	int64_t whole;

	if (node->kind != NODE_SCALAR) {
		return false;
	}
	if (v->kind.type == FMU_BOOLEAN &&
	    schema_parse(&flag, node->text, out, &whole) == 0) {
		*out = (double)whole;
		return true;
	}
	return schema_parse(&number, node->text, out, &whole) == 0 &&
	       (rules_is_real(v->kind.type) || *out == round(*out));
}

static int make_start(struct maker *m)
{
	const struct node *map = schema_node(m->view, "start");
	size_t n = map ? map->n : 0;
	struct wire_value *values = arena_array(m->b->arena, n, sizeof(*values));
	const char **names = arena_array(m->b->arena, n, sizeof(*names));

	if (!values || !names) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		const struct fmu_variable *v = find(m, map->keys[i], is_startable,
		                                    "start value");
		struct wire_value *out = &values[m->out->n_start];

		if (!v || map->items[i]->bad) {
			continue;
		}
		out->reference = v->reference;
		out->type = v->kind.type;
		if (!start_value(map->items[i], v, &out->value) || n > WIRE_VALUES_MAX) {
			complaint_error(
				m->b->said, map->items[i]->at,
				"'%.64s' wants a number, of its type %s", v->name,
				rules_type_name(v->kind.type, m->fmu->d->version));
			m->failed = true;
		}
		names[m->out->n_start++] = map->keys[i]->text;
	}
	m->out->start = values;
	m->out->start_names = names;
	return 0;
}

/* What saved state depends on: the file, and what it starts from. */
static int make_meaning(struct maker *m, struct made_model *out)
{
	double *p = arena_array(m->b->arena, 9 + m->out->n_start, sizeof(*p));
	char word[9] = "";

	if (!p) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < 8; i++) {
		memcpy(word, m->out->sha256 + 8 * i, 8);
		p[i] = (double)strtoul(word, NULL, 16);
	}
	p[8] = m->out->step_s;
	for (size_t i = 0; i < m->out->n_start; i++) {
		p[9 + i] = m->out->start[i].value;
	}
	out->p = p;
	out->n = 9 + m->out->n_start;
	return 0;
}

static int make_model(struct maker *m, struct made_model *out)
{
	struct model ports = {.name = "fmu",
	                      .source = "the FMU",
	                      .inputs = m->inputs,
	                      .n_inputs = m->out->n_inputs,
	                      .outputs = m->outputs,
	                      .n_outputs = m->out->n_outputs};
	struct model *model = arena_array(m->b->arena, 1, sizeof(*model));

	if (!model || make_meaning(m, out)) {
		return -ENOMEM;
	}
	remote_make(model, &ports);
	out->model = model;
	m->b->config->n_fmus++;
	return 0;
}

static int make(struct maker *m, struct made_model *out)
{
	int err = open_fmu(m);

	if (!err && !m->failed) {
		err = check_sum(m);
	}
	if (err || m->failed) {
		return err;
	}
	check_use(m);
	m->inputs = arena_array(m->b->arena, MODEL_INPUTS_MAX, sizeof(*m->inputs));
	m->outputs = arena_array(m->b->arena, MODEL_OUTPUTS_MAX, sizeof(*m->outputs));
	if (!m->inputs || !m->outputs) {
		return -ENOMEM;
	}
	err = make_inputs(m);
	err = err ? err : make_outputs(m);
	err = err ? err : make_start(m);
	if (!err && !m->failed && m->out->n_outputs == 0) {
		complaint_error(m->b->said, key_place(m, "file"),
		                "the FMU has no output that is a number");
		m->failed = true;
	}
	return err || m->failed ? err : make_model(m, out);
}

int config_fmu_make(struct build *b, const struct schema_view *component,
                    struct made_model *out)
{
	struct maker m = {.b = b, .view = component, .out = &b->fmus[b->config->n_fmus]};
	const struct node *file = schema_node(component, "file");
	int err;

	*m.out = (struct fmu_config){.component = b->config->n_components};
	if (!file) {
		complaint_error(b->said, config_place(component, "model"),
		                "model 'fmu' needs 'file'");
		return 0;
	}
	m.out->path = config_file_path(
		file->text, complaint_source_name(b->said, file->at.source), b->arena);
	if (!m.out->path) {
		return -ENOMEM;
	}
	err = make(&m, out);
	fmu_close(m.fmu);
	return err;
}
