/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/scenario/snapshot.h"

#include "gateway/json_number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIGMAS 2 /* of the filter, where there is no record */

enum { NAME_BYTES = 2 * 64 + 2 };

static int make_room(struct snapshot *s, const struct config *cfg)
{
	size_t bands = cfg->twin.n_components * COMPONENT_OUTPUTS_MAX *
	               FORECAST_HORIZONS_MAX;

	*s = (struct snapshot){.ts_us = 0};
	s->tags = malloc((cfg->n_tags + 1) * sizeof(*s->tags));
	s->components = calloc(cfg->twin.n_components + 1, sizeof(*s->components));
	s->bands = calloc(bands + 1, sizeof(*s->bands));
	if (!s->tags || !s->components || !s->bands) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < cfg->n_tags; i++) {
		s->tags[i] = (double)NAN;
	}
	return 0;
}

void snapshot_fini(struct snapshot *s)
{
	free(s->tags);
	free(s->components);
	free(s->bands);
	*s = (struct snapshot){.ts_us = 0};
}

/* --- taking --- */

/* What the twin believes; where it says nothing, what was read. */
static double value_of(const struct sample *s)
{
	double value = value_number(&s->value);

	if (s->ts_us == 0) {
		return (double)NAN;
	}
	return isfinite(s->est.estimate) ? s->est.estimate
	       : isfinite(value)         ? value
	                                 : s->est.predicted;
}

static const char *why_not(const struct twin *t, const struct component_config *c,
                           uint32_t i)
{
	if (c->tags) {
		return "model var is of its tags alone";
	}
	if (c->model->remote || c->model->local) {
		return "its model is computed elsewhere";
	}
	return rollout_can_start(t, i) ? NULL : "it does not know where it stands yet";
}

/* The filter's own word, where there is no record. */
static void add_sigmas(struct snapshot *s, const struct snapshot_parts *parts, uint32_t i)
{
	struct rollout_forecast ahead[FORECAST_HORIZONS_MAX][COMPONENT_OUTPUTS_MAX];
	const struct component_config *c = &parts->config->twin.components[i];
	const struct forecast_config *f = &parts->config->forecasts;

	if (rollout_forecast(parts->twin, i, f->horizons_s, f->n_horizons, ahead)) {
		return;
	}
	for (size_t k = 0; k < c->n_outputs; k++) {
		for (size_t h = 0; h < f->n_horizons; h++) {
			s->bands[s->n_bands++] = (struct snapshot_band){
				.tag = c->outputs[k].tag,
				.horizon_s = f->horizons_s[h],
				.half = SIGMAS * ahead[h][k].sigma,
				.skill = NAN};
		}
	}
}

static void take_record(struct snapshot *s, const struct forecast_figures *f)
{
	if (f->model.n < RECORD_ERRORS_MIN || isnan(f->model_band)) {
		return;
	}
	for (size_t i = 0; i < s->n_bands; i++) {
		struct snapshot_band *b = &s->bands[i];

		if (b->tag == f->tag && fabs(b->horizon_s - f->horizon_s) < 1e-6) {
			b->half = f->model_band;
			b->skill = f->model.skill;
			b->n = (uint32_t)f->model.n;
		}
	}
}

int snapshot_take(struct snapshot *out, const struct snapshot_parts *parts)
{
	const struct config *cfg = parts->config;
	struct forecast_figures figures;
	int err = make_room(out, cfg);

	if (err) {
		return err;
	}
	out->ts_us = parts->wall_us;
	for (uint32_t i = 0; i < cfg->n_tags; i++) {
		struct sample now = parts->latest(parts->arg, i);

		out->tags[i] = value_of(&now);
	}
	for (uint32_t i = 0; i < cfg->twin.n_components; i++) {
		struct snapshot_component *c = &out->components[i];

		c->why = why_not(parts->twin, &cfg->twin.components[i], i);
		c->version = parts->versions ? versions_in_force(parts->versions, i) : 0;
		if (!c->why) {
			rollout_start(parts->twin, i, &c->start);
			add_sigmas(out, parts, i);
		}
	}
	for (size_t i = 0;
	     parts->forecasts && forecast_log_figures(parts->forecasts, i, &figures);
	     i++) {
		take_record(out, &figures);
	}
	return 0;
}

/* --- to JSON --- */

static json_t *reals(const double *x, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_array_append_new(list, json_number(x[i]));
	}
	return list;
}

static void put_tag(json_t *tags, const struct snapshot *s, const struct config *cfg,
                    int64_t tag)
{
	char name[NAME_BYTES + 8];

	if (tag >= 0 && isfinite(s->tags[tag])) {
		snprintf(name, sizeof(name), "%.64s/%.64s", cfg->tags[tag].device,
		         cfg->tags[tag].name);
		json_object_set_new(tags, name, json_real(s->tags[tag]));
	}
}

static json_t *tags_json(const struct snapshot *s, const struct config *cfg,
                         const char *names)
{
	json_t *tags = json_object();
	char name[NAME_BYTES];

	for (size_t i = 0; i < cfg->twin.n_components; i++) {
		const struct component_config *c = &cfg->twin.components[i];

		for (size_t k = 0; k < c->n_inputs; k++) {
			put_tag(tags, s, cfg, c->inputs[k].tag);
		}
		for (size_t k = 0; k < c->n_outputs; k++) {
			put_tag(tags, s, cfg, c->outputs[k].tag);
		}
	}
	while (*(names += strspn(names, " "))) {
		size_t n = strcspn(names, " ");

		if (n < sizeof(name)) {
			memcpy(name, names, n);
			name[n] = '\0';
			put_tag(tags, s, cfg, config_tag(cfg, name));
		}
		names += n;
	}
	return tags;
}

static json_t *component_json(const struct snapshot_component *c,
                              const struct component_config *cfg)
{
	json_t *o = json_pack("{s:s, s:I}", "id", cfg->id, "version",
	                      (json_int_t)c->version);
	json_t *theta = json_array();

	if (c->why) {
		json_object_set_new(o, "why_not", json_string(c->why));
		json_decref(theta);
		return o;
	}
	json_object_set_new(o, "x", reals(c->start.x, c->start.n));
	json_object_set_new(o, "P", reals(c->start.P, c->start.n * c->start.n));
	json_object_set_new(o, "parameters",
	                    reals(c->start.p, cfg->made ? 0 : cfg->model->n_parameters));
	for (size_t i = c->start.n - c->start.n_theta; i < c->start.n; i++) {
		json_array_append_new(theta, json_integer(c->start.theta[i]));
	}
	json_object_set_new(o, "followed", theta);
	return o;
}

json_t *snapshot_json(const struct snapshot *s, const struct config *cfg,
                      const char *names)
{
	json_t *o = json_pack("{s:I, s:s}", "ts_us", (json_int_t)s->ts_us, "gateway",
	                      cfg->gateway_id);
	json_t *components = json_array(), *bands = json_array();

	for (size_t i = 0; i < cfg->twin.n_components; i++) {
		json_array_append_new(
			components,
			component_json(&s->components[i], &cfg->twin.components[i]));
	}
	for (size_t i = 0; i < s->n_bands; i++) {
		const struct snapshot_band *b = &s->bands[i];
		const struct tag *tag = &cfg->tags[b->tag];

		json_array_append_new(bands, json_pack("{s:s+++, s:f, s:o, s:o, s:i}",
		                                       "tag", tag->device, "/", tag->name,
		                                       "", "horizon", b->horizon_s,
		                                       "half", json_number(b->half),
		                                       "skill", json_number(b->skill),
		                                       "outcomes", (int)b->n));
	}
	json_object_set_new(o, "tags", tags_json(s, cfg, names));
	json_object_set_new(o, "components", components);
	json_object_set_new(o, "bands", bands);
	return o;
}

/* --- back --- */

static bool read_reals(const json_t *list, double *out, size_t n)
{
	if (json_array_size(list) != n) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(list, i);

		if (!json_is_number(item)) {
			return false;
		}
		out[i] = json_number_value(item);
	}
	return true;
}

static bool read_component(struct snapshot_component *out, const json_t *o,
                           const struct component_config *cfg)
{
	const json_t *followed = json_object_get(o, "followed");
	struct rollout_start *s = &out->start;
	size_t states = cfg->model->n_states, n;

	out->version = json_integer_value(json_object_get(o, "version"));
	if (json_object_get(o, "why_not")) {
		out->why = "the gateway cannot run it ahead";
		return true;
	}
	s->n_theta = json_array_size(followed);
	n = states + s->n_theta;
	if (cfg->tags || cfg->model->remote || cfg->model->local ||
	    n > MODEL_STATES_MAX) {
		return false;
	}
	s->n = n;
	for (size_t i = 0; i < s->n_theta; i++) {
		json_int_t k = json_integer_value(json_array_get(followed, i));

		if (k < 0 || (size_t)k >= cfg->model->n_parameters) {
			return false;
		}
		s->theta[states + i] = (uint8_t)k;
	}
	return read_reals(json_object_get(o, "x"), s->x, n) &&
	       read_reals(json_object_get(o, "P"), s->P, n * n) &&
	       read_reals(json_object_get(o, "parameters"), s->p,
	                  cfg->made ? 0 : cfg->model->n_parameters);
}

static double number_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static bool read_bands(struct snapshot *out, const struct config *cfg, const json_t *list)
{
	size_t room = cfg->twin.n_components * COMPONENT_OUTPUTS_MAX *
	              FORECAST_HORIZONS_MAX;

	for (size_t i = 0; i < json_array_size(list) && i < room; i++) {
		const json_t *o = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(o, "tag"));
		int64_t tag = name ? config_tag(cfg, name) : -1;
		json_int_t n = json_integer_value(json_object_get(o, "outcomes"));

		if (tag < 0) {
			return false;
		}
		out->bands[out->n_bands++] = (struct snapshot_band){
			.tag = (uint32_t)tag,
			.horizon_s = number_of(o, "horizon"),
			.half = number_of(o, "half"),
			.skill = number_of(o, "skill"),
			.n = n < 0 ? 0 : (uint32_t)n};
	}
	return true;
}

static int read_tags(struct snapshot *out, const struct config *cfg, json_t *tags,
                     char *why)
{
	const char *name;
	json_t *value;

	json_object_foreach(tags, name, value)
	{
		int64_t tag = config_tag(cfg, name);

		if (tag < 0) {
			snprintf(why, 200, "it has no tag %.140s", name);
			return -ESTALE;
		}
		out->tags[tag] = json_is_number(value) ? json_number_value(value)
		                                       : (double)NAN;
	}
	return 0;
}

int snapshot_read(struct snapshot *out, const struct config *cfg, const json_t *json,
                  char *why)
{
	const json_t *components = json_object_get(json, "components");
	int err = make_room(out, cfg);

	snprintf(why, 200, "it is no snapshot of a gateway");
	if (err) {
		return err;
	}
	if (!json_is_integer(json_object_get(json, "ts_us"))) {
		return -EBADMSG;
	}
	out->ts_us = json_integer_value(json_object_get(json, "ts_us"));
	if (json_array_size(components) != cfg->twin.n_components) {
		snprintf(why, 200, "it has %zu components, the configuration %zu",
		         json_array_size(components), cfg->twin.n_components);
		return -ESTALE;
	}
	for (size_t i = 0; i < cfg->twin.n_components; i++) {
		const struct component_config *c = &cfg->twin.components[i];
		const json_t *o = json_array_get(components, i);
		const char *id = json_string_value(json_object_get(o, "id"));

		if (!id || strcmp(id, c->id) != 0 ||
		    !read_component(&out->components[i], o, c)) {
			snprintf(why, 200, "component '%.64s' is another one there",
			         c->id);
			return -ESTALE;
		}
	}
	err = read_tags(out, cfg, json_object_get(json, "tags"), why);
	return err                                                    ? err
	       : read_bands(out, cfg, json_object_get(json, "bands")) ? 0
	                                                              : -ESTALE;
}

/* --- bands --- */

double snapshot_half(const struct snapshot *s, uint32_t tag, double t_s)
{
	double before_s = 0, before = 0;
	const struct snapshot_band *last = NULL;

	for (size_t i = 0; i < s->n_bands; i++) {
		const struct snapshot_band *b = &s->bands[i];

		if (b->tag != tag) {
			continue;
		}
		if (!isnan(b->skill) && b->skill <= 0) {
			return (double)NAN;
		}
		if (t_s <= b->horizon_s) {
			double share = (t_s - before_s) / (b->horizon_s - before_s);

			return before + share * (b->half - before);
		}
		before_s = b->horizon_s;
		before = b->half;
		last = b;
	}
	return last ? last->half * sqrt(t_s / last->horizon_s) : (double)NAN;
}
