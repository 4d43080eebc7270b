/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/component.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "twin/component_impl.h"
#include "twin/redundancy.h"

/* How unsure a start is: a share of the state, and what the noise adds in an hour. */
#define START_SHARE 0.1
#define START_S     3600
#define R_MIN       1e-12
/* Of learning, when all rows are there and the parameters are still to be found. */
#define FOUND_SHARE 0.99

static bool older(const struct component *c, int64_t then_ns, int64_t t_ns)
{
	return then_ns == TIME_NEVER ||
	       (double)(t_ns - then_ns) / 1e9 > c->cfg->max_age_s;
}

void component_fini(struct component *c)
{
	var_free(c->var);
	tune_fini(&c->tune);
	fit_free(c->fit);
	free(c->augmented);
	free(c->delay);
	free(c->local);
	free(c->zoh);
}

void component_input(struct component *c, size_t port, int64_t t_ns, double u)
{
	if (c->u_ns[port] != TIME_ALWAYS && t_ns > c->u_ns[port]) {
		c->u_next[port] = u;
		c->u_ns[port] = t_ns;
	}
}

void component_output(struct component *c, size_t i, int64_t t_ns, double y)
{
	struct component_output *out = &c->out[i];

	if (out->measured && t_ns > out->t_ns) {
		out->t_ns = t_ns;
		out->y = y;
		out->lost = false;
		c->fresh[i] = true;
	}
}

void component_tag(struct component *c, size_t i, double x)
{
	var_take(c->var, i, x);
}

void component_hold(struct component *c, bool hold)
{
	c->hold = hold;
}

void component_lost(struct component *c, size_t i)
{
	c->out[i].lost = true;
}

void component_tell(struct component *c, const double *y)
{
	for (size_t i = 0; i < c->cfg->model->n_outputs; i++) {
		c->told[1 + i] = y ? y[i] : (double)NAN;
	}
	c->bad = !y;
	c->news = true;
}

double component_asked(const struct component *c, size_t i)
{
	return c->u_ns[i] == TIME_NEVER ? (double)NAN : c->u_next[i];
}

/* Nothing can be said: the model's outputs are not known. */
static bool is_mute(const struct component *c)
{
	if (c->local) {
		return c->bad || !c->local->known;
	}
	for (size_t i = 0; c->cfg->model->remote && i < c->cfg->model->n_outputs; i++) {
		if (!isfinite(c->told[1 + i])) {
			return true;
		}
	}
	return false;
}

/* Learn R of output i from the bends of its readings: the variance of a second
 * difference of white noise is 6 R, and a ramp adds nothing (von Neumann 1941). */
static void learn_noise(struct component *c, size_t i)
{
	double y = c->out[i].y;
	double bend = y - 2 * c->y_before[0][i] + c->y_before[1][i];

	c->y_before[1][i] = c->y_before[0][i];
	c->y_before[0][i] = y;
	if (isfinite(bend)) {
		c->bend2[i] += bend * bend;
		c->bends[i]++;
	}
}

static void noise_learnt(struct component *c)
{
	for (size_t i = 0; i < c->cfg->n_outputs; i++) {
		struct component_output *out = &c->out[i];
		double r = c->bends[i] ? c->bend2[i] / c->bends[i] / 6 : 0;

		if (out->measured && !(c->R[i] > 0)) {
			c->R[i] = fmax(fmax(r, out->lsb * out->lsb / 12), R_MIN);
		}
	}
	c->phase = COMPONENT_TUNING;
	c->running = false;
}

/* P as unsure as at a start; what is known of parameters stays known. */
static void unsettle(struct component *c)
{
	struct kalman *k = &c->filter;
	size_t own = k->n - c->observer.estimated;
	double known[MODEL_STATES_MAX] = {0};

	for (size_t i = own; i < k->n; i++) {
		double variance = k->P[i * (k->n + 1)];

		known[i] = variance > 0 && isfinite(k->x[i])
		                   ? variance
		                   : augment_variance(c->augmented, i - own);
		k->x[i] = isfinite(k->x[i]) ? k->x[i] : 0;
	}
	for (size_t i = 0; i < k->n * k->n; i++) {
		k->P[i] = 0;
	}
	for (size_t i = 0; i < k->n; i++) {
		double share = START_SHARE * k->x[i];

		k->P[i * (k->n + 1)] = i < own ? c->qc[i] * START_S + share * share
		                               : known[i];
	}
}

/* x from the model's own idea, given what is measured now. */
static void start(struct component *c, int64_t t_ns)
{
	const struct model *model = c->observer.model;
	double y[MODEL_OUTPUTS_MAX];
	struct kalman *k = &c->filter;

	for (size_t i = 0; i < model->n_outputs; i++) {
		y[i] = NAN;
	}
	for (size_t i = 0; i < c->cfg->n_outputs; i++) {
		if (c->fresh[i]) {
			y[c->cfg->outputs[i].port] = c->out[i].y;
		}
	}
	model->start(c->p, c->u, y, k->x);
	unsettle(c);
	if (c->phase == COMPONENT_TUNING) {
		tune_start(&c->tune, k);
	}
	c->t_ns = t_ns;
	c->running = true;
	c->witness.running = false;
	c->blame = (struct blame){.mean = 0};
	c->stale = false;
}

int component_rows(const struct component *c, const struct kalman *k, size_t but,
                   struct kalman_rows *rows, uint8_t *which)
{
	double y[MODEL_OUTPUTS_MAX];
	size_t came[KALMAN_ROWS_MAX], n = 0, m = c->observer.model->n_outputs;
	struct kalman_rows all;
	int err = observer_outputs(&c->observer, k, c->u, &all, y);

	if (err) {
		return err;
	}
	for (size_t i = 0; i < c->cfg->n_outputs; i++) {
		size_t port = c->cfg->outputs[i].port;

		if (c->fresh[i] && i != but) {
			rows->nu[n] = c->out[i].y - y[port];
			rows->R[n] = c->R[i];
			memcpy(rows->H + n * k->n, all.H + port * k->n,
			       k->n * sizeof(*rows->H));
			which[n] = (uint8_t)i;
			came[n++] = port;
		}
	}
	for (size_t i = 0; i < n * n; i++) {
		rows->more[i] = all.more[came[i / n] * m + came[i % n]];
	}
	rows->n = n;
	return 0;
}

void component_limit(const struct component *c, struct kalman *k)
{
	if (c->observer.model->limit) {
		c->observer.model->limit(c->p, k->x);
	}
}

/* The filters of the tuning, each with its own prior. */
static int tune(struct component *c)
{
	uint8_t sensors[KALMAN_ROWS_MAX];
	struct kalman_rows rows;
	struct innovation v;
	bool record = c->rows > LEFT_OUT_ROWS &&
	              tune_row(&c->tune, (double)(c->t_ns - c->row_ns) / 1e9);
	int err = 0;

	for (size_t i = 0; i < TUNE_FILTERS && !err; i++) {
		struct kalman *k = &c->tune.filter[i];

		err = component_rows(c, k, COMPONENT_ALL, &rows, sensors);
		for (size_t n = 0; !err && n < rows.n; n++) {
			sensors[n] = c->out[sensors[n]].sensor;
		}
		if (!err) {
			err = kalman_innovate(k, &rows, &v);
		}
		if (!err && record) {
			tune_record(&c->tune, i, &rows, sensors, &v);
		}
		if (!err) {
			err = kalman_update(k, &rows, &v);
		}
		component_limit(c, k);
	}
	return err;
}

/* Once; from here on the noise stays, since noise that follows the readings would
 * swallow a fault. */
static void learnt(struct component *c)
{
	struct tune_result best = tune_choose(&c->tune, c->r_known);
	struct kalman *k = &c->filter;

	c->tuned = best.filter;
	*k = c->tune.filter[best.filter];
	for (size_t i = 0; i < k->n - c->observer.estimated; i++) {
		c->qc[i] *= best.scale_qc;
	}
	c->qc_lost = best.scale_qc_lost / best.scale_qc;
	for (size_t i = 0; i < k->n * k->n; i++) {
		k->P[i] *= best.scale_r;
	}
	for (size_t i = 0; i < c->cfg->n_outputs; i++) {
		c->R[i] *= best.scale_r;
	}
	for (size_t row = 0; row < c->tune.rows; row++) {
		float nis = c->tune.row_nis[row * TUNE_FILTERS + best.filter];

		nis_step(&c->nis, (double)nis / best.scale_r, c->tune.sizes[row]);
	}
	nis_learnt(&c->nis, c->n_measured);
	c->phase = COMPONENT_JUDGING;
}

/* What the row made of the outputs that came. */
static void tell_outputs(struct component *c, const struct kalman_rows *rows,
                         const uint8_t *which, const struct innovation *v)
{
	const struct component_config *cfg = c->cfg;
	double y[MODEL_OUTPUTS_MAX];

	c->observer.model->outputs_of(c->p, c->filter.x, c->u, y);
	for (size_t row = 0; row < rows->n; row++) {
		struct component_output *out = &c->out[which[row]];

		out->judged = true;
		out->predicted = out->y - rows->nu[row];
		out->sigma = sqrt(v->S[row * (rows->n + 1)]);
		out->share = v->nis > 0 ? rows->nu[row] * v->weighted[row] / v->nis : 0;
		out->estimate = y[cfg->outputs[which[row]].port];
	}
}

/* The filter's own part of what is known, without the parameters that are followed: these
 * are taken as they stand. */
static void leave_out_parameters(const struct component *c, struct kalman *k,
                                 struct kalman_rows *rows, double *p)
{
	size_t n = k->n, own = n - c->observer.estimated;

	augment_at(c->augmented, k->x, p);
	for (size_t i = 0; i < own; i++) {
		memmove(k->P + i * own, k->P + i * n, own * sizeof(*k->P));
	}
	for (size_t r = 0; r < rows->n; r++) {
		memmove(rows->H + r * own, rows->H + r * n, own * sizeof(*rows->H));
	}
	k->n = own;
}

static void find_blame(struct component *c, const struct kalman_rows *all,
                       const uint8_t *which, const struct innovation *v)
{
	const struct component_config *cfg = c->cfg;
	double p[MODEL_PARAMETERS_MAX];
	struct kalman_rows own = *all;
	struct kalman prior = c->filter;
	const struct kalman_rows *rows = &own;
	uint8_t port[KALMAN_ROWS_MAX];
	struct blame_row row = {
		.model = cfg->model,
		.p = c->p,
		.u = c->u,
		.n_parameters = cfg->made ? 0 : cfg->model->n_parameters,
		.dt_s = (double)(c->t_ns - c->row_ns) / 1e9,
		.prior = &prior,
		.rows = rows,
		.v = v,
		.sensor = which,
		.port = port,
	};

	for (size_t r = 0; r < rows->n; r++) {
		port[r] = (uint8_t)cfg->outputs[which[r]].port;
	}
	for (size_t i = 0; i < cfg->n_inputs; i++) {
		row.inputs |= UINT32_C(1) << cfg->inputs[i].port;
	}
	if (c->augmented) {
		leave_out_parameters(c, &prior, &own, p);
		row.p = p;
	}
	blame_step(&c->blame, &row);
}

static int merge(struct component *c)
{
	uint8_t which[KALMAN_ROWS_MAX];
	struct kalman_rows rows = {0};
	struct innovation v;
	int err;

	err = component_rows(c, &c->filter, COMPONENT_ALL, &rows, which);
	if (!err) {
		err = kalman_innovate(&c->filter, &rows, &v);
	}
	if (err) {
		return err;
	}
	nis_step(&c->nis, v.nis, rows.n);
	if (c->filter.n > 0) {
		find_blame(c, &rows, which, &v);
	}
	/* In alarm the physics goes on, but a parameter would swallow the fault. */
	c->filter.held = c->hold || c->nis.alarm || c->nis.mismatch
	                         ? c->observer.estimated
	                         : 0;
	err = kalman_update(&c->filter, &rows, &v);
	if (err) {
		return err;
	}
	component_limit(c, &c->filter);
	tell_outputs(c, &rows, which, &v);
	redundancy_step(c);
	return 0;
}

/* One row, by what learning has come to. */
static int take_row(struct component *c)
{
	int err = 0;

	c->rows += c->phase != COMPONENT_JUDGING;
	if (c->phase == COMPONENT_NOISE) {
		for (size_t i = 0; i < c->cfg->n_outputs; i++) {
			if (c->fresh[i]) {
				learn_noise(c, i);
			}
		}
		if (c->rows >= NOISE_ROWS) {
			noise_learnt(c);
		}
	} else if (c->phase == COMPONENT_TUNING) {
		err = tune(c);
		if (!err && c->rows >= c->learn) {
			learnt(c);
		}
	} else {
		err = merge(c);
	}
	c->row_ns = c->t_ns;
	return err;
}

/* Is there an output all of whose sensors are lost? */
static bool is_quantity_lost(const struct component *c)
{
	bool lost[MODEL_OUTPUTS_MAX] = {false}, heard[MODEL_OUTPUTS_MAX] = {false};
	bool any = false;

	for (size_t i = 0; i < c->cfg->n_outputs; i++) {
		lost[c->cfg->outputs[i].port] |= c->out[i].measured && c->out[i].lost;
		heard[c->cfg->outputs[i].port] |= c->out[i].measured && !c->out[i].lost;
	}
	for (size_t i = 0; i < MODEL_OUTPUTS_MAX; i++) {
		any |= lost[i] && !heard[i];
	}
	return any;
}

/* While a sensor is lost nothing holds the model's errors down: then they are taken at
 * their full size, not at the smaller one that makes a watchful filter. */
static int predict_filters(struct component *c, double dt_s)
{
	double qc[MODEL_STATES_MAX];
	struct observer lost = c->observer;
	const struct observer *o = is_quantity_lost(c) ? &lost : &c->observer;

	for (size_t i = 0; i < c->filter.n; i++) {
		bool own = i < c->filter.n - c->observer.estimated;

		qc[i] = c->qc[i] * (own ? c->qc_lost : 1);
	}
	lost.qc = qc;
	redundancy_predict(c, o, dt_s);
	return observer_predict(o, &c->filter, c->u, dt_s);
}

/* Over dt_s with the inputs that act. */
static int predict_held(struct component *c, double dt_s)
{
	if (c->phase == COMPONENT_TUNING) {
		return tune_predict(&c->tune, &c->observer, c->u, dt_s);
	}
	return predict_filters(c, dt_s);
}

static int predict(struct component *c, int64_t t_ns)
{
	int err = 0;

	if (c->phase == COMPONENT_NOISE) {
		return 0;
	}
	for (int64_t at_ns = c->t_ns; !err && at_ns < t_ns;) {
		int64_t change_ns = c->delay ? delay_at(c->delay, at_ns, c->u)
		                             : INT64_MAX;
		int64_t end_ns = change_ns < t_ns ? change_ns : t_ns;

		err = predict_held(c, (double)(end_ns - at_ns) / 1e9);
		at_ns = end_ns;
	}
	return err;
}

/* From t_ns on the inputs are those that came. */
static void take_inputs(struct component *c, int64_t t_ns)
{
	if (c->delay) {
		delay_push(c->delay, t_ns, c->u_next);
		(void)delay_at(c->delay, t_ns, c->u);
		return;
	}
	for (size_t i = 0; i < c->cfg->model->n_inputs; i++) {
		c->u[i] = c->u_next[i];
	}
}

/* Without an input, or without any output, for too long: nothing to go on from. */
static bool is_lost(const struct component *c, int64_t t_ns)
{
	bool heard = false;

	for (size_t i = 0; i < c->cfg->model->n_inputs; i++) {
		if (c->u_ns[i] != TIME_ALWAYS && older(c, c->u_ns[i], t_ns)) {
			return true;
		}
	}
	for (size_t i = 0; i < c->cfg->n_outputs; i++) {
		heard |= c->out[i].measured && !older(c, c->out[i].t_ns, t_ns);
	}
	return c->n_measured && !heard;
}

/* A local model starts where who computes it says, once. */
static bool may_start(struct component *c)
{
	bool may = !c->local || c->local->can_start;

	if (c->local) {
		c->local->can_start = false;
	}
	return may;
}

/* The part of a step after the prediction. */
static int take(struct component *c, int64_t t_ns)
{
	bool any = c->n_measured == 0, lost = is_lost(c, t_ns);
	int err = 0;

	if (!lost) {
		take_inputs(c, t_ns);
	}
	for (size_t i = 0; i < c->cfg->n_outputs; i++) {
		any |= c->fresh[i];
	}
	if (lost) {
		c->stale = c->t_ns != TIME_NEVER;
		c->running = false;
	} else if (any && !c->running && may_start(c)) {
		c->rows += c->phase != COMPONENT_JUDGING;
		start(c, t_ns);
	} else if (any && c->running && c->n_measured) {
		err = take_row(c);
	}
	return err;
}

void component_step(struct component *c, int64_t t_ns)
{
	int err = 0;

	if (c->fit && c->fit->stage != FIT_DONE) {
		component_keep(c, t_ns);
		return;
	}
	if (c->var) {
		c->spoke = var_step(c->var, t_ns);
		return;
	}
	for (size_t i = 0; i < c->cfg->n_outputs; i++) {
		c->out[i].judged = false;
	}
	c->news = false;
	if (c->local) {
		component_pace(c, t_ns);
	}
	if (is_mute(c)) {
		memset(c->fresh, 0, sizeof(c->fresh));
		c->running = c->running && c->local && !c->bad;
		c->stale = false;
		return;
	}
	if (c->running && older(c, c->t_ns, t_ns)) {
		c->running = false;
	}
	if (c->running && t_ns > c->t_ns) {
		err = predict(c, t_ns);
		c->t_ns = t_ns;
	}
	if (!err) {
		err = take(c, t_ns);
	}
	if (err) {
		c->resets++;
		c->running = false;
	}
	for (size_t i = 0; i < c->cfg->n_outputs; i++) {
		c->fresh[i] = false;
	}
}

/* Has no sensor of it been heard for max_age? */
static bool is_silent(const struct component *c, size_t port)
{
	bool silent = true;

	for (size_t i = 0; i < c->cfg->n_outputs; i++) {
		silent = silent && (c->cfg->outputs[i].port != port ||
		                    older(c, c->out[i].t_ns, c->t_ns));
	}
	return silent;
}

bool component_fill(const struct component *c, size_t i, double *value, double *sigma)
{
	const struct kalman *k = c->phase == COMPONENT_JUDGING
	                                 ? &c->filter
	                                 : &c->tune.filter[TUNE_MIDDLE];
	double y[MODEL_OUTPUTS_MAX], r = c->out[i].measured ? c->R[i] : 0;
	size_t port = c->cfg->outputs[i].port;
	struct kalman_rows all;

	if (!c->running || c->phase == COMPONENT_NOISE ||
	    (c->out[i].measured && is_silent(c, port)) ||
	    observer_outputs(&c->observer, k, c->u, &all, y)) {
		return false;
	}
	*value = y[port];
	*sigma = kalman_sigma(k, all.H + port * k->n, r + all.more[port * (all.n + 1)]);
	return true;
}

void component_reparameterise(struct component *c)
{
	const struct model *model = c->observer.model;

	if (c->fit) {
		memcpy(c->fit->p, c->cfg->parameters, sizeof(c->fit->p));
		c->fit->decided = true;
		c->fit->turn++;
	}
	if (c->augmented) { /* what was found beside the old ones is not of these */
		size_t own = c->filter.n - c->observer.estimated;

		augment_parameters(c->augmented, c->cfg->parameters);
		for (size_t i = own; i < c->filter.n; i++) {
			c->filter.x[i] = c->filter.P[i * (c->filter.n + 1)] = 0;
		}
	}
	if (c->zoh) {
		*c->zoh = (struct zoh){.next = 0}; /* of other matrices */
	}
	if (c->delay) {
		c->delay->dead_ns = llround(model->dead_time(c->p) * 1e9);
	}
	unsettle(c);
}

enum tag_state component_state(const struct component *c)
{
	if (c->var) {
		return isnan(var_statistic(c->var)) ? STATE_LEARNING
		       : var_alarm(c->var)          ? STATE_MISMATCH
		                                    : STATE_HEALTHY;
	}
	if (c->bad) {
		return STATE_BAD;
	}
	if (c->stale) {
		return STATE_STALE;
	}
	if (c->phase != COMPONENT_JUDGING || !c->running) {
		return STATE_LEARNING;
	}
	return c->nis.alarm || c->nis.mismatch ? STATE_MISMATCH : STATE_HEALTHY;
}

double component_threshold(const struct component *c)
{
	if (c->nis.alarm || !c->nis.mismatch) {
		return sqrt(nis_limit(&c->nis) / NIS_WINDOW);
	}
	return sqrt(c->nis.high * (double)c->n_measured);
}

size_t component_learnt_rows(const struct component *c)
{
	return c->phase == COMPONENT_JUDGING ? c->tune.rows : 0;
}

bool component_learnt(const struct component *c, size_t i, size_t k, double *nu,
                      double *dt_s)
{
	const struct tune *t = &c->tune;
	size_t sensor = c->out[i].sensor;

	*nu = (double)t->nu[(k * TUNE_FILTERS + c->tuned) * t->sensors + sensor];
	*dt_s = (double)t->dt_s[k];
	for (; k > 0 &&
	       isnan(t->nu[((k - 1) * TUNE_FILTERS + c->tuned) * t->sensors + sensor]);
	     k--) {
		*dt_s += (double)t->dt_s[k - 1];
	}
	return isfinite(*nu);
}

void component_forget(struct component *c)
{
	tune_fini(&c->tune);
}

double component_misfit(const struct component *c)
{
	return c->var ? 0 : tune_scale(c->tuned);
}

double component_progress(const struct component *c)
{
	if (c->var) {
		return var_progress(c->var);
	}
	if (c->phase == COMPONENT_JUDGING) {
		return 1;
	}
	return fmin((double)c->rows / c->learn,
	            c->fit && c->fit->stage != FIT_DONE ? FOUND_SHARE : 1);
}
