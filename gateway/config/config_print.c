/* SPDX-License-Identifier: Apache-2.0 */
/* The effective configuration as YAML that loads to the same.  Secrets are left out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config.h"
#include "gateway/config/quantity.h"
#include "gateway/config/yaml_out.h"
#include "twin/models/state_space.h"

/* `, key: "text"` or, as the first, without the comma. */
static void print_pair(const char *key, const char *text, FILE *out)
{
	fprintf(out, "%s: ", key);
	yaml_out_text(text, out);
}

static void print_number(const char *key, double value, FILE *out)
{
	fputs(key, out);
	yaml_out_real(value, out);
}

/* `key` and a duration in its largest unit. */
static void print_duration(const char *key, int64_t ms, FILE *out)
{
	char text[QUANTITY_TEXT_MAX];

	quantity_print_duration(ms, text, sizeof(text));
	fprintf(out, "%s%s", key, text);
}

static void print_list(const char *key, const char *const *list, size_t n, FILE *out)
{
	fprintf(out, "  %s: [", key);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ", " : "", out);
		yaml_out_text(list[i], out);
	}
	fputs("]\n", out);
}

static void print_optional(const char *indent, const char *key, const char *text,
                           FILE *out)
{
	if (text) {
		fputs(indent, out);
		print_pair(key, text, out);
		fputc('\n', out);
	}
}

static void print_mqtt(const struct mqtt_config *m, FILE *out)
{
	fputs("mqtt:\n", out);
	print_list("servers", m->servers, m->n_servers, out);
	print_optional("  ", "prefix", m->prefix, out);
	print_optional("  ", "client_id", m->client_id, out);
	fprintf(out, "  layout: %s\n", m->layout == LAYOUT_TAG ? "tag" : "device");
	if (m->n_fields) {
		print_list("fields", m->fields, m->n_fields, out);
	}
	fprintf(out, "  qos: %d\n", m->qos);
	print_optional("  ", "username", m->username, out);
	print_optional("  ", "password", m->password ? "***" : NULL, out);
	if (m->ca || m->cert) {
		fputs("  tls:\n", out);
		print_optional("    ", "ca", m->ca, out);
		print_optional("    ", "cert", m->cert, out);
		print_optional("    ", "key", m->key, out);
	}
	fprintf(out, "  plain: %s\n", m->plain ? "true" : "false");
	print_duration("  keep_alive: ", INT64_C(1000) * m->keep_alive_s, out);
	print_duration("\n  connect_timeout: ", m->connect_timeout_ms, out);
	fprintf(out, "\n  replay_rate: %u\n", m->replay_rate);
}

static void print_write(const struct write_config *w, FILE *out)
{
	const char *comma = "";

	fputs(", write: {", out);
	if (!isnan(w->min)) {
		print_number("min: ", w->min, out);
		comma = ", ";
	}
	if (!isnan(w->max)) {
		fputs(comma, out);
		print_number("max: ", w->max, out);
		comma = ", ";
	}
	if (!isnan(w->step)) {
		fputs(comma, out);
		print_number("step: ", w->step, out);
		comma = ", ";
	}
	if (w->rate_ms) {
		fputs(comma, out);
		print_number("rate: ", 8.64e7 / w->rate_ms, out);
		fputs("/d", out);
		comma = ", ";
	}
	if (*w->interlock) {
		fputs(comma, out);
		print_pair("interlock", w->interlock, out);
		comma = ", ";
	}
	if (w->read_back) {
		fprintf(out, "%sread_back: true", comma);
	}
	fputc('}', out);
}

static void print_point(const struct point *p, const struct device_config *d, FILE *out)
{
	static const char *const orders[] = {"ABCD", "CDAB", "BADC", "DCBA"};

	if (p->encoding->scale != 1) {
		print_number(", scale: ", p->encoding->scale, out);
	}
	if (p->encoding->offset != 0) {
		print_number(", offset: ", p->encoding->offset, out);
	}
	if (p->encoding->raw && p->encoding->raw->exponent_at) {
		print_pair(", exponent_at", p->encoding->raw->exponent_at, out);
	}
	for (size_t i = 0; p->encoding->raw && i < p->encoding->raw->n_invalid; i++) {
		print_number(i ? ", " : ", invalid: [", p->encoding->raw->invalid[i],
		             out);
	}
	fputs(p->encoding->raw && p->encoding->raw->n_invalid ? "]" : "", out);
	if (p->encoding->high_byte || p->encoding->string_low_first) {
		fprintf(out, ", byte: %s", p->encoding->high_byte ? "high" : "low");
	}
	if (p->encoding->write_function) {
		fprintf(out, ", function: %u", p->encoding->write_function);
	}
	if (p->encoding->order != d->order) {
		fprintf(out, ", word_order: %s", orders[p->encoding->order]);
	}
}

static void print_test(const struct sequence_config *test, FILE *out)
{
	fprintf(out, ", test: {kind: %s", sequence_name(test->kind));
	if (test->kind == SEQUENCE_CUSUM) {
		print_number(", k: ", test->k, out);
		print_number(", h: ", test->h, out);
	} else if (test->kind == SEQUENCE_EWMA) {
		print_number(", lambda: ", test->lambda, out);
		print_number(", limit: ", test->limit, out);
	} else if (test->kind != SEQUENCE_LEVEL) {
		print_number(", delta: ", test->delta, out);
	}
	if (test->kind == SEQUENCE_PAGE_HINKLEY) {
		print_number(", threshold: ", test->threshold, out);
		print_number(", alpha: ", test->alpha, out);
	}
	fputc('}', out);
}

static void print_tag(const struct config *c, const struct device_config *d,
                      const struct point *p, FILE *out)
{
	const struct tag *t = &c->tags[p->tag];
	const struct tag_options *o = c->options[p->tag];

	fputs("      - {", out);
	print_pair("id", t->name, out);
	print_pair(", at", p->at, out);
	print_pair(", type", t->kind->type_name, out);
	print_pair(", unit", t->kind->unit, out);
	print_duration(", every: ", t->period_ms, out);
	print_point(p, d, out);
	if (!isnan(t->kind->min)) {
		print_number(", min: ", t->kind->min, out);
	}
	if (!isnan(t->kind->max)) {
		print_number(", max: ", t->kind->max, out);
	}
	if (*t->description) {
		print_pair(", description", t->description, out);
	}
	if (!isnan(o->store.deviation)) {
		print_number(", store: {deviation: ", o->store.deviation, out);
		print_duration(", max_interval: ", o->store.max_interval_ms, out);
		fputc('}', out);
	}
	if (o->write) {
		print_write(o->write, out);
	}
	if (c->twin.tests && c->twin.tests[p->tag]) {
		print_test(c->twin.tests[p->tag], out);
	}
	fputs(t->kind->analog && !o->monitor ? ", monitor: false}\n" : "}\n", out);
}

static void print_omit(const struct device_config *d, FILE *out)
{
	const struct driver *driver = driver_find(d->driver);
	char text[POINT_TEXT_MAX];

	for (size_t i = 0; i < d->limits.n_omit; i++) {
		driver->print_range(&d->limits.omit[i], text, sizeof(text));
		fprintf(out, "%s%s", i ? ", " : ", omit: [", text);
	}
	fputs(d->limits.n_omit ? "]" : "", out);
}

static void print_device(const struct config *c, const struct device_config *d, FILE *out)
{
	static const char *const orders[] = {"ABCD", "CDAB", "BADC", "DCBA"};
	const struct device_limits *l = &d->limits;

	print_pair("  - id", d->id, out);
	fputc('\n', out);
	print_optional("    ", "driver", d->driver, out);
	print_optional("    ", "address", *d->address ? d->address : NULL, out);
	fprintf(out, "    unit: %u\n    word_order: %s\n", d->unit, orders[d->order]);
	print_duration("    timeout: ", d->timeout_ms, out);
	if (l->round_trip_us) {
		print_duration("\n    round_trip: ", l->round_trip_us / 1000, out);
	}
	fprintf(out,
	        "\n    limits: {max_registers: %u, max_bits: %u, max_gap: %u, in_flight: "
	        "%u, connections: %u",
	        l->max_registers, l->max_bits, l->max_gap, l->in_flight, l->connections);
	print_duration(", pause: ", l->pause_ms, out);
	print_duration(", first_byte: ", l->first_byte_ms, out);
	print_duration(", max_turnaround: ", l->max_turnaround_ms, out);
	print_omit(d, out);
	fprintf(out, ", one_per_request: %s, start_at_zero: %s}\n",
	        l->one_per_request ? "true" : "false",
	        l->start_at_zero ? "true" : "false");
	fputs(d->n_points ? "    tags:\n" : "    tags: []\n", out);
	for (size_t i = 0; i < d->n_points; i++) {
		print_tag(c, d, &d->points[i], out);
	}
}

/* What b[0] is tied to; a list where bindings from b[further] on are of its port too. */
static void print_sensors(const struct config *c, const struct binding *b, size_t n,
                          size_t further, FILE *out)
{
	bool list = false;

	for (size_t i = further; i < n; i++) {
		list = list || b[i].port == b->port;
	}
	fputs(list ? "[" : "", out);
	for (size_t i = 0; i < n; i = i ? i + 1 : further) {
		const struct tag *t = &c->tags[b[i].tag];

		if (b[i].port == b->port) {
			fprintf(out, "%s%s/%s", i ? ", " : "", t->device, t->name);
		}
	}
	fputs(list ? "]" : "", out);
}

/* A component's inputs, or its outputs without those that are virtual sensors. */
static void print_bindings(const struct config *c, const struct component_config *k,
                           bool outputs, FILE *out)
{
	const struct model_port *ports = outputs ? k->model->outputs : k->model->inputs;
	const struct binding *list = outputs ? k->outputs : k->inputs;
	size_t n = outputs ? k->n_outputs : k->n_inputs;
	size_t n_ports = outputs ? k->model->n_outputs : n;
	const char *comma = "";

	fprintf(out, "      %s: {", outputs ? "outputs" : "inputs");
	for (size_t i = 0; i < n && i < n_ports; i++) {
		if (!outputs || list[i].tag < c->n_field_tags) {
			fprintf(out, "%s%s: ", comma, ports[list[i].port].name);
			print_sensors(c, list + i, n - i, n_ports - i, out);
			comma = ", ";
		}
	}
	fputs("}\n", out);
}

static void print_numbers(const char *key, const double *values,
                          const struct model_port *ports, size_t n, FILE *out)
{
	const char *comma = "";

	fprintf(out, "      %s: {", key);
	for (size_t i = 0; i < n; i++) {
		if (!isnan(values[i])) {
			fprintf(out, "%s%s: ", comma, ports[i].name);
			yaml_out_real(values[i], out);
			comma = ", ";
		}
	}
	fputs("}\n", out);
}

static void print_matrix(const char *name, const double *cells, size_t rows,
                         size_t columns, FILE *out)
{
	fprintf(out, "%s: [", name);
	for (size_t i = 0; i < rows; i++) {
		fputs(i ? ", [" : "[", out);
		for (size_t k = 0; k < columns; k++) {
			fputs(k ? ", " : "", out);
			yaml_out_real(cells[i * columns + k], out);
		}
		fputc(']', out);
	}
	fputs("], ", out);
}

static void print_vector(const char *name, const double *cells, size_t n, FILE *out)
{
	fprintf(out, "%s: [", name);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ", " : "", out);
		yaml_out_real(cells[i], out);
	}
	fputc(']', out);
}

static void print_matrices(const double *p, FILE *out)
{
	struct state_space s = state_space_view(p);

	fputs("      parameters: {", out);
	print_matrix("A", s.A, s.n, s.n, out);
	print_matrix("B", s.B, s.n, s.m, out);
	print_matrix("C", s.C, s.k, s.n, out);
	print_matrix("D", s.D, s.k, s.m, out);
	print_vector("Q", s.Q, s.n, out);
	fputs(", ", out);
	print_vector("x0", s.x0, s.n, out);
	fputs("}\n", out);
}

static void print_formulas(const struct model *m, FILE *out)
{
	fputs("      expression: {", out);
	for (size_t i = 0; i < m->n_outputs; i++) {
		fprintf(out, "%s%s: ", i ? ", " : "", m->outputs[i].name);
		yaml_out_text(m->outputs[i].description, out);
	}
	fputs("}\n", out);
}

static void print_fmu(const struct fmu_config *f, FILE *out)
{
	fputs("      file: ", out);
	yaml_out_text(f->path, out);
	fprintf(out, "\n      sha256: \"%s\"\n", f->sha256);
	print_duration("      step: ", llround(f->step_s * 1000), out);
	fputs("\n      start: {", out);
	for (size_t i = 0; i < f->n_start; i++) {
		fputs(i ? ", " : "", out);
		yaml_out_text(f->start_names[i], out);
		fputs(": ", out);
		yaml_out_real(f->start[i].value, out);
	}
	fputs("}\n", out);
}

static void print_script(const struct lua_config *s, const struct component_config *k,
                         FILE *out)
{
	fputs("      file: ", out);
	yaml_out_text(s->path, out);
	fprintf(out, "\n      sha256: \"%s\"\n", s->sha256);
	print_numbers("parameters", k->parameters, k->model->parameters,
	              k->model->n_parameters, out);
}

static void print_model(const struct config *c, const struct component_config *k,
                        FILE *out)
{
	const struct model *m = k->model;

	for (size_t i = 0; m->remote && i < c->n_fmus; i++) {
		if (&c->twin.components[c->fmus[i].component] == k) {
			print_fmu(&c->fmus[i], out);
		}
	}
	for (size_t i = 0; m->local && i < c->n_luas; i++) {
		if (&c->twin.components[c->luas[i].component] == k) {
			print_script(&c->luas[i], k, out);
		}
	}
	if (m->remote || m->local) {
		return;
	}
	if (!k->made) {
		print_numbers("parameters", k->parameters, m->parameters, m->n_parameters,
		              out);
	} else if (m->n_states > 0) {
		print_matrices(k->made, out);
	} else {
		print_formulas(m, out);
	}
}

static void print_tags(const struct config *c, const struct component_config *k,
                       FILE *out)
{
	if (!k->n_tags) {
		return;
	}
	fputs("      tags:\n", out);
	for (size_t i = 0; i < k->n_tags; i++) {
		const struct tag *t = &c->tags[k->tags[i]];

		fprintf(out, "        - %s/%s\n", t->device, t->name);
	}
}

/* Parameters that are followed; nothing where there are none. */
static void print_estimate(const struct component_config *k, FILE *out)
{
	const char *before = "      estimate: {";

	for (size_t i = 0; i < k->model->n_parameters; i++) {
		if (k->estimate[i] > 0) {
			fprintf(out, "%s%s: ", before, k->model->parameters[i].name);
			yaml_out_real(k->estimate[i], out);
			before = ", ";
		}
	}
	fputs(*before == ',' ? "}\n" : "", out);
}

static void print_fit(const struct component_config *k, FILE *out)
{
	const char *before = "      fit: [";

	for (size_t i = 0; i < k->model->n_parameters; i++) {
		if (k->fit >> i & 1) {
			fprintf(out, "%s%s", before, k->model->parameters[i].name);
			before = ", ";
		}
	}
	fputs(k->fit ? "]\n" : "", out);
}

static void print_component(const struct config *c, const struct component_config *k,
                            FILE *out)
{
	const struct model *m = k->model;

	print_pair("    - id", k->id, out);
	fprintf(out, "\n      model: %s\n      learn: %u\n", m->name, k->learn);
	print_duration("      max_age: ", llround(k->max_age_s * 1000), out);
	fputc('\n', out);
	print_model(c, k, out);
	print_bindings(c, k, false, out);
	print_bindings(c, k, true, out);
	print_tags(c, k, out);
	print_fit(k, out);
	print_numbers("noise", k->noise, m->outputs, m->n_outputs, out);
	print_estimate(k, out);
	fprintf(out, "      filter: %s\n", k->unscented ? "ukf" : "ekf");
	if (!k->made && m->rates && m->n_parameters > 0) {
		static const char *const names[] = {"off", "propose", "accept"};

		fprintf(out, "      auto_identify: %s\n",
		        names[c->auto_identify[k - c->twin.components]]);
	}
}

static void print_line(const struct config *c, FILE *out)
{
	const struct routings_config *r = &c->routings;
	const struct flow_config *f = &c->flow;
	int minute = (int)(f->begins_s / 60);

	if (!f->file && r->n == 0) {
		return;
	}
	print_duration("line:\n  every: ", INT64_C(1000) * r->every_s, out);
	fputc('\n', out);
	if (f->file) {
		fputs("  file: ", out);
		yaml_out_text(f->file, out);
		print_duration("\n  window: ", INT64_C(1000) * f->window_s, out);
		if (f->shift_s) {
			print_duration("\n  shift: ", INT64_C(1000) * f->shift_s, out);
		}
		fprintf(out, "\n  begins: \"%02d:%02d\"\n", minute / 60, minute % 60);
	}
	for (size_t i = 0; i < r->n; i++) {
		fputs(i ? ", " : "  routings: [", out);
		yaml_out_text(r->files[i], out);
	}
	fputs(r->n ? "]\n" : "", out);
}

static void print_forecasts(const struct forecast_config *f, FILE *out)
{
	for (size_t i = 0; i < f->n_horizons; i++) {
		print_duration(i ? ", " : "  forecasts: {horizons: [",
		               llround(f->horizons_s[i] * 1000), out);
	}
	print_duration("], every: ", llround(f->every_s * 1000), out);
	fputs("}\n", out);
}

void config_print(const struct config *c, FILE *out)
{
	char size[QUANTITY_TEXT_MAX];

	fputs("gateway:\n", out);
	print_optional("  ", "id", c->gateway_id, out);
	print_optional("  ", "state_dir", c->state_dir, out);
	print_optional("  ", "timezone", c->timezone, out);
	if (c->mqtt.enabled) {
		print_mqtt(&c->mqtt, out);
	}
	quantity_print_size(c->history.max_bytes, size, sizeof(size));
	print_duration("history:\n  keep: ", c->history.keep_s * 1000, out);
	print_duration("\n  commit: ", c->history.commit_ms, out);
	fprintf(out, "\n  max_size: %s\n  durability: %s\n", size,
	        c->history.full ? "full" : "relaxed");
	if (c->http_listen) {
		fputs("http:\n", out);
		print_optional("  ", "listen", c->http_listen, out);
	}
	fputs(c->n_devices ? "devices:\n" : "devices: []\n", out);
	for (size_t i = 0; i < c->n_devices; i++) {
		print_device(c, &c->devices[i], out);
	}
	fprintf(out, "twin:\n  monitor: {learn: %u, ", c->twin.learn);
	print_number("false_alarm: ", c->twin.false_alarm, out);
	fprintf(out, ", alarm_after: %u", c->twin.alarm_after);
	fputs(c->twin.skip_startup ? "" : ", skip_startup: false", out);
	fputs(c->n_components ? "}\n  components:\n" : "}\n", out);
	for (size_t i = 0; i < c->n_components; i++) {
		print_component(c, &c->twin.components[i], out);
	}
	print_forecasts(&c->forecasts, out);
	fputs(c->n_trends ? "  trends:\n" : "", out);
	for (size_t i = 0; i < c->n_trends; i++) {
		const struct trend_config *t = &c->trends[i];
		const struct tag *tag = &c->tags[t->tag];

		fprintf(out, "    - {tag: %s/%s, limit: ", tag->device, tag->name);
		yaml_out_real(t->limit, out);
		fputs(", name: ", out);
		yaml_out_text(t->name, out);
		fputs("}\n", out);
	}
	print_line(c, out);
}
