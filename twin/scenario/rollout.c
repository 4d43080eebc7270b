/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/scenario/rollout.h"

#include <math.h>
#include <string.h>

#include "twin/observer/integrate.h"
#include "twin/twin_impl.h"

bool rollout_is_ready(const struct twin *t, uint32_t component)
{
	const struct component *c = &t->components[component];

	return !c->cfg->model->remote && !c->local && c->phase == COMPONENT_JUDGING &&
	       c->running && c->n_measured > 0;
}

/* To at_ns + dt_s, input by input as the dead time lets them through. */
static int predict(const struct component *c, const struct observer *o, struct kalman *k,
                   int64_t *at_ns, double dt_s)
{
	int64_t end_ns = *at_ns + llround(dt_s * 1e9);
	double u[MODEL_INPUTS_MAX];
	struct delay delay;
	int err = 0;

	memcpy(u, c->u, sizeof(u));
	if (c->delay) {
		delay = *c->delay;
	}
	while (!err && *at_ns < end_ns) {
		int64_t change_ns = c->delay ? delay_at(&delay, *at_ns, u) : INT64_MAX;
		int64_t to_ns = change_ns < end_ns ? change_ns : end_ns;

		err = observer_predict(o, k, u, (double)(to_ns - *at_ns) / 1e9);
		*at_ns = to_ns;
	}
	return err;
}

/* Mean and spread of what each sensor would read. */
static int read_outputs(const struct component *c, const struct observer *o,
                        const struct kalman *k, struct rollout_forecast *out)
{
	double y[MODEL_OUTPUTS_MAX];
	struct kalman_rows rows;
	int err = observer_outputs(o, k, c->u, &rows, y);

	for (size_t i = 0; !err && i < c->cfg->n_outputs; i++) {
		const struct binding *b = &c->cfg->outputs[i];
		double r = c->out[i].measured ? c->R[i] : 0;
		double more = rows.more[b->port * (rows.n + 1)];

		out[i].value = links_to_tag(b, y[b->port]);
		out[i].sigma = kalman_sigma(k, rows.H + b->port * k->n, r + more) /
		               fabs(b->scale);
	}
	return err;
}

int rollout_forecast(const struct twin *t, uint32_t component, const double *horizon_s,
                     size_t n, struct rollout_forecast (*out)[COMPONENT_OUTPUTS_MAX])
{
	const struct component *c = &t->components[component];
	struct observer o = c->observer;
	struct kalman k = c->filter;
	int64_t at_ns = c->t_ns;
	int err = 0;

	o.zoh = NULL; /* its steps are for the live observer */
	for (size_t i = 0; i < n && !err; i++) {
		err = predict(c, &o, &k, &at_ns,
		              horizon_s[i] - (i ? horizon_s[i - 1] : 0));
		if (!err) {
			err = read_outputs(c, &o, &k, out[i]);
		}
	}
	return err;
}

bool rollout_can_start(const struct twin *t, uint32_t component)
{
	const struct component *c = &t->components[component];

	return rollout_is_ready(t, component) ||
	       (!c->var && !c->cfg->model->remote && !c->local && c->running &&
	        c->n_measured == 0);
}

void rollout_start(const struct twin *t, uint32_t component, struct rollout_start *out)
{
	const struct component *c = &t->components[component];
	const struct model *base = c->cfg->model;
	size_t n = c->filter.n, k = base->n_states;

	*out = (struct rollout_start){.n = n, .n_theta = n - k, .t_ns = c->t_ns};
	memcpy(out->x, c->filter.x, n * sizeof(*out->x));
	memcpy(out->P, c->filter.P, n * n * sizeof(*out->P));
	for (size_t i = 0; i < base->n_parameters && k < n; i++) {
		if (c->cfg->estimate[i] > 0) {
			out->theta[k++] = (uint8_t)i;
		}
	}
	memcpy(out->p, c->fit ? c->fit->p : c->cfg->parameters, sizeof(out->p));
}

void rollout_begin(struct rollout *r, const struct twin *t, uint32_t component)
{
	r->component = component;
	memcpy(r->x, t->components[component].filter.x, sizeof(r->x));
}

int rollout_step(struct rollout *r, const struct twin *t, double dt_s)
{
	const struct component *c = &t->components[r->component];
	const struct model *model = c->observer.model;
	struct integration in;
	int err;

	integrate_begin(&in, model, c->observer.p, c->u, dt_s);
	err = integrate(&in, r->x);
	if (!err && model->limit) {
		model->limit(c->observer.p, r->x);
	}
	return err;
}

double rollout_output(const struct rollout *r, const struct twin *t, size_t i)
{
	const struct component *c = &t->components[r->component];
	const struct binding *b = &c->cfg->outputs[i];
	double y[MODEL_OUTPUTS_MAX];

	c->observer.model->outputs_of(c->observer.p, r->x, c->u, y);
	return links_to_tag(b, y[b->port]);
}
