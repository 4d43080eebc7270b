/* SPDX-License-Identifier: Apache-2.0 */
/* A component as it is before its first reading. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "twin/component_impl.h"
#include "twin/redundancy.h"

static_assert((int)COMPONENT_SENSORS_MAX <= (int)KALMAN_ROWS_MAX &&
                      (int)COMPONENT_SENSORS_MAX <= (int)NIS_ROWS_MAX,
              "a row of all sensors has room");

static void init_ports(struct component *c, const struct twin_config *twin)
{
	const struct component_config *cfg = c->cfg;

	for (size_t i = 0; i < cfg->model->n_inputs; i++) {
		c->u[i] = cfg->model->inputs[i].preset;
		c->u_ns[i] = TIME_ALWAYS;
	}
	for (size_t i = 0; i < cfg->n_inputs; i++) {
		c->u_ns[cfg->inputs[i].port] = TIME_NEVER;
	}
	c->r_known = true;
	for (size_t i = 0; i < cfg->n_outputs; i++) {
		const struct binding *b = &cfg->outputs[i];
		struct component_output *out = &c->out[i];
		double sigma = cfg->noise[i];

		out->t_ns = TIME_NEVER;
		out->measured = b->tag < twin->n_field_tags;
		out->lsb = out->measured ? twin->tags[b->tag].kind->lsb * fabs(b->scale)
		                         : 0;
		if (out->measured && sigma > 0) {
			c->R[i] = sigma * sigma + out->lsb * out->lsb / 12;
		} else if (out->measured) {
			c->r_known = false;
		}
		out->sensor = (uint8_t)c->n_measured;
		c->n_measured += out->measured;
		c->y_before[0][i] = c->y_before[1][i] = NAN;
	}
}

/* What only some models need. */
static int init_extras(struct component *c)
{
	const struct model *model = c->observer.model;
	double dead_s = model->dead_time ? model->dead_time(c->p) : 0;

	if (model->linear) {
		c->zoh = calloc(1, sizeof(*c->zoh));
		if (!c->zoh) {
			return -ENOMEM;
		}
		c->observer.zoh = c->zoh;
	}
	if (!(dead_s > 0)) {
		return 0;
	}
	c->delay = malloc(sizeof(*c->delay));
	if (!c->delay) {
		return -ENOMEM;
	}
	delay_init(c->delay, dead_s, model->n_inputs);
	return 0;
}

/* Model var: rows at the pace of the slowest tag. */
static int init_var(struct component *c, const struct twin_config *twin)
{
	uint32_t slowest_ms = 0;

	for (size_t i = 0; i < c->cfg->n_tags; i++) {
		uint32_t period_ms = twin->tags[c->cfg->tags[i]].period_ms;

		slowest_ms = period_ms > slowest_ms ? period_ms : slowest_ms;
	}
	return var_new(&c->var, c->cfg->n_tags, c->learn, (int64_t)slowest_ms * 1000000);
}

/* The observer's model: the configured one, or that and some of its parameters. */
static int init_model(struct component *c)
{
	const struct component_config *cfg = c->cfg;
	const double *own = c->fit ? c->fit->p : cfg->parameters;
	bool any = false;

	if (cfg->model->local) {
		c->local = malloc(sizeof(*c->local));
		if (!c->local) {
			return -ENOMEM;
		}
		local_init(c->local, cfg->model, cfg->made);
	}
	c->p = cfg->model->remote ? c->told
	       : c->local         ? (const double *)(const void *)c->local
	       : cfg->made        ? cfg->made
	                          : own;
	c->observer = (struct observer){
		.model = cfg->model, .p = c->p, .qc = c->qc, .unscented = cfg->unscented};
	for (size_t i = 0; i < MODEL_PARAMETERS_MAX; i++) {
		any |= cfg->estimate[i] > 0;
	}
	if (!any) {
		return 0;
	}
	c->augmented = malloc(sizeof(*c->augmented));
	if (!c->augmented) {
		return -ENOMEM;
	}
	augment_init(c->augmented, cfg->model, own, cfg->estimate);
	c->p = c->observer.p = c->augmented->p;
	c->observer.model = &c->augmented->model;
	c->observer.estimated = c->augmented->n;
	return 0;
}

int component_begin(struct component *c, const struct component_config *cfg,
                    const struct twin_config *twin, struct fit *fit)
{
	*c = (struct component){.cfg = cfg, .fit = fit, .t_ns = TIME_NEVER};
	c->told[0] = (double)cfg->model->n_outputs;
	component_tell(c, NULL);
	c->bad = c->news = false;
	c->learn = cfg->learn ? cfg->learn : twin->learn;
	if (cfg->n_tags) {
		return init_var(c, twin);
	}
	if (init_model(c)) {
		return -ENOMEM;
	}
	c->filter.n = c->observer.model->n_states;
	c->observer.model->noise(c->p, c->qc);
	init_ports(c, twin);
	redundancy_init(c);
	for (size_t i = 0; i < MODEL_INPUTS_MAX; i++) {
		c->u_next[i] = c->u[i];
	}
	nis_init(&c->nis);
	if (init_extras(c)) {
		return -ENOMEM;
	}
	if (!c->n_measured) {
		c->phase = COMPONENT_JUDGING; /* nothing to learn from, nor to judge */
		return 0;
	}
	c->phase = c->r_known ? COMPONENT_TUNING : COMPONENT_NOISE;
	return tune_init(&c->tune, c->learn - LEFT_OUT_ROWS, c->n_measured);
}

int component_init(struct component *c, const struct component_config *cfg,
                   const struct twin_config *twin)
{
	uint32_t learn = cfg->learn ? cfg->learn : twin->learn;
	struct fit *fit = NULL;

	if (cfg->fit && fit_new(&fit, cfg, twin, learn)) {
		*c = (struct component){.cfg = cfg};
		return -ENOMEM;
	}
	return component_begin(c, cfg, twin, fit);
}
