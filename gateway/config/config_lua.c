/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/config_lua.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/config_file.h"
#include "gateway/fmu/digest.h"
#include "gateway/lua/caller.h"
#include "twin/units.h"

/* A model on its way. */
struct maker {
	struct build *b;
	const struct schema_view *view;
	struct lua_config *out;
	uint32_t source; /* the script, among the complaints' */
	struct luamodel_ports ports;
	bool failed;
};

/* Of the script, where it has a line for it. */
static void complain(struct maker *m, const struct machine_error *why)
{
	complaint_error(m->b->said,
	                (struct place){.source = m->source,
	                               .line = why->line,
	                               .column = why->line > 0},
	                "%s", why->text);
	m->failed = true;
}

/* ---- the file ---- */

static int read_file(struct maker *m, const struct node *file)
{
	struct arena *a = m->b->arena;
	char *text = NULL, hex[DIGEST_TEXT_MAX] = "";
	const char *slash;
	int source, err;

	m->out->path = config_file_path(
		file->text, complaint_source_name(m->b->said, file->at.source), a);
	if (!m->out->path) {
		return -ENOMEM;
	}
	slash = strrchr(m->out->path, '/');
	m->out->name = slash ? slash + 1 : m->out->path;
	err = config_file_read(m->out->path, false, a, &text, &m->out->n);
	if (err == -ENOMEM) {
		return err;
	}
	if (err || m->out->n > LUAMODEL_BYTES_MAX) {
		complaint_error(m->b->said, file->at, "'%.200s': %s", m->out->path,
		                err ? config_file_error(err)
		                    : "a script has at most 64 KiB");
		m->failed = true;
		return 0;
	}
	m->out->text = text;
	if (digest_bytes(text, m->out->n, hex)) {
		return -ENOMEM;
	}
	m->out->sha256 = arena_text(a, hex, strlen(hex));
	source = complaint_source(m->b->said, m->out->path, text, m->out->n);
	m->source = source < 0 ? 0 : (uint32_t)source;
	return source < 0 ? source : m->out->sha256 ? 0 : -ENOMEM;
}

static void check_sum(struct maker *m)
{
	const char *want = schema_text(m->view, "sha256");

	if (want && strcasecmp(want, m->out->sha256) != 0) {
		complaint_error(m->b->said, config_place(m->view, "sha256"),
		                "the file is another: its SHA-256 is %s", m->out->sha256);
		m->failed = true;
	}
}

/* ---- in the child ---- */

static double given_or(const struct node *map, const char *name, double otherwise)
{
	const struct schema_key number = {.type = SCHEMA_REAL};
	const struct node *node = map ? tree_find(map, name) : NULL;
	double value;
	int64_t whole;

	return node && node->kind == NODE_SCALAR && !node->bad &&
	                       schema_parse(&number, node->text, &value, &whole) == 0
	               ? value
	               : otherwise;
}

/* Call its functions once, with inputs of 1 where it does not say. */
static int try_it(struct maker *m, struct caller *c)
{
	const struct node *map = schema_node(m->view, "parameters");
	struct luamodel_ask ask = {.t = 0};
	struct machine_error why;
	int err;

	for (size_t i = 0; i < m->ports.n_parameters; i++) {
		const struct luamodel_port *p = &m->ports.parameters[i];

		ask.p[i] = given_or(map, p->name, p->preset);
	}
	for (size_t i = 0; i < m->ports.n_inputs; i++) {
		double preset = m->ports.inputs[i].preset;

		ask.q.u[i] = isfinite(preset) ? preset : 1;
	}
	for (size_t i = 0; i < m->ports.n_outputs; i++) {
		ask.q.y[i] = NAN;
	}
	err = caller_try(c, &ask, &why);
	if (err) {
		complain(m, &why);
	}
	return 0;
}

static int look_at_it(struct maker *m)
{
	const struct caller_wish wish = {
		.name = m->out->name, .text = m->out->text, .n = m->out->n};
	struct machine_error why = {.text = ""};
	struct caller *c = NULL;
	int err = caller_open(&c, &wish, &m->ports, &why);

	if (err == -ENOMEM) {
		return err;
	}
	if (err) {
		complain(m, &why);
		return 0;
	}
	err = try_it(m, c);
	caller_close(c);
	return err;
}

/* ---- ports ---- */

static bool is_si(const char *unit)
{
	bool is = *unit == '\0' || strcmp(unit, "1") == 0;

	for (size_t i = 0; !is && units_at(i); i++) {
		is = strcmp(units_at(i)->si, unit) == 0;
	}
	return is;
}

/* Models are in SI; what the script means by another unit nobody could say. */
static void check_unit(struct maker *m, const char *list, const struct luamodel_port *p)
{
	const char *si = "";

	if (is_si(p->unit)) {
		return;
	}
	for (size_t i = 0; !*si && units_at(i); i++) {
		si = strcmp(units_at(i)->name, p->unit) == 0 ? units_at(i)->si : "";
	}
	complaint_error(m->b->said, (struct place){.source = m->source},
	                "%s.%s: unit '%s' is %s%s%s", list, p->name, p->unit,
	                *si ? "not SI: a model works in '" : "not known", si,
	                *si ? "'" : "");
	m->failed = true;
}

static struct model_port *make_ports(struct maker *m, const char *list,
                                     const struct luamodel_port *ports, size_t n)
{
	struct arena *a = m->b->arena;
	struct model_port *out = arena_array(a, n ? n : 1, sizeof(*out));

	for (size_t i = 0; out && i < n; i++) {
		const struct luamodel_port *p = &ports[i];

		check_unit(m, list, p);
		out[i] = (struct model_port){
			.name = arena_text(a, p->name, strlen(p->name)),
			.unit = arena_text(a, p->unit, strlen(p->unit)),
			.description = arena_text(a, p->description,
		                                  strlen(p->description)),
			.preset = p->preset,
			.min = p->min,
			.max = p->max};
		if (!out[i].name || !out[i].unit || !out[i].description) {
			return NULL;
		}
	}
	return out;
}

/* By state least, most, noise; then the text's sum, on which saved state depends. */
static int make_numbers(struct maker *m, struct made_model *out)
{
	size_t n = m->ports.n_states;
	double *p = arena_array(m->b->arena, 3 * n + 8, sizeof(*p));
	char word[9] = "";

	if (!p) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		p[i] = m->ports.states[i].min;
		p[n + i] = m->ports.states[i].max;
		p[2 * n + i] = luamodel_noise(&m->ports.states[i]);
	}
	for (size_t i = 0; i < 8; i++) {
		memcpy(word, m->out->sha256 + 8 * i, 8);
		p[3 * n + i] = (double)strtoul(word, NULL, 16);
	}
	out->p = p;
	out->n = 3 * n + 8;
	return 0;
}

static int make_model(struct maker *m, struct made_model *out)
{
	const struct luamodel_ports *p = &m->ports;
	struct model *model = arena_array(m->b->arena, 1, sizeof(*model));
	struct model ports = {.name = "lua",
	                      .source = "the script",
	                      .n_parameters = p->n_parameters,
	                      .n_inputs = p->n_inputs,
	                      .n_outputs = p->n_outputs,
	                      .n_states = p->n_states};

	ports.parameters = make_ports(m, "parameters", p->parameters, p->n_parameters);
	ports.inputs = make_ports(m, "inputs", p->inputs, p->n_inputs);
	ports.outputs = make_ports(m, "outputs", p->outputs, p->n_outputs);
	if (!model || !ports.parameters || !ports.inputs || !ports.outputs ||
	    make_numbers(m, out)) {
		return -ENOMEM;
	}
	local_make(model, &ports);
	if (!m->failed) {
		out->model = model;
		m->b->config->n_luas++;
	}
	return 0;
}

int config_lua_make(struct build *b, const struct schema_view *component,
                    struct made_model *out)
{
	struct maker m = {.b = b, .view = component, .out = &b->luas[b->config->n_luas]};
	const struct node *file = schema_node(component, "file");
	int err;

	*m.out = (struct lua_config){.component = b->config->n_components};
	if (!file) {
		complaint_error(b->said, config_place(component, "model"),
		                "model 'lua' needs 'file'");
		return 0;
	}
	err = read_file(&m, file);
	if (!err && !m.failed) {
		check_sum(&m);
	}
	if (!err && !m.failed) {
		err = look_at_it(&m);
	}
	return err || m.failed ? err : make_model(&m, out);
}
