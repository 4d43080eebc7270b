/* SPDX-License-Identifier: Apache-2.0 */
/* From a description to a plant at its point of work. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "twin/plant/plant_impl.h"

/* Streams of random numbers: a sensor's is its index, a part's comes behind all. */
#define PART_STREAM (UINT64_C(1) << 32)

enum { LATE_MAX = 1000000 }; /* steps of dead time */

/* ---- checks ---- */

/* Claim a signal for its one writer. */
static int claim(struct plant *p, uint32_t signal)
{
	if (signal >= p->config->n_signals) {
		return -EINVAL;
	}
	if (p->written[signal]) {
		return -EEXIST;
	}
	p->written[signal] = true;
	return 0;
}

static bool is_signal(const struct plant *p, uint32_t signal)
{
	return signal < p->config->n_signals;
}

static bool is_wire(const struct plant *p, const struct plant_wire *w)
{
	return is_signal(p, w->signal) && isfinite(w->scale) && w->scale != 0 &&
	       isfinite(w->offset);
}

static int check_wires(const struct plant *p, const struct plant_wire *wires, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!is_wire(p, &wires[i])) {
			return -EINVAL;
		}
	}
	return 0;
}

static bool config_is_valid(const struct plant_config *c)
{
	if (!(c->step_s >= 1e-6 && c->step_s <= 1) || c->steps < 1 || c->steps > 10000 ||
	    !(c->settle_s >= 0 && c->settle_s <= 1e6) || c->n_signals < 1 ||
	    c->n_signals > PLANT_SIGNALS_MAX || c->n_parts > PLANT_ITEMS_MAX ||
	    c->n_sensors > PLANT_ITEMS_MAX || c->n_blocks > PLANT_ITEMS_MAX ||
	    c->n_actuators > PLANT_ITEMS_MAX || c->n_units > PLANT_UNITS_MAX ||
	    c->n_faults > PLANT_FAULTS_MAX) {
		return false;
	}
	for (size_t i = 0; i < c->n_parts; i++) {
		if (c->parts[i].kind.n_kept > PART_KEPT_MAX ||
		    (c->parts[i].kind.model->remote && !c->remote)) {
			return false;
		}
	}
	for (size_t i = 0; i < c->n_faults; i++) {
		if (!plant_fault_is_valid(c, &c->faults[i])) {
			return false;
		}
	}
	return true;
}

/* ---- parts ---- */

static double dead_time_s(const struct part_config *c)
{
	const struct model *m = c->kind.model;

	return m->dead_time ? m->dead_time(c->parameters) : 0;
}

static size_t late_rows(const struct plant_config *c, const struct part_config *part)
{
	return (size_t)fmin(dead_time_s(part) / c->step_s + 0.5, LATE_MAX + 1.0);
}

/* Parameters that nothing can damage are not copied. */
static size_t parameters_of(const struct part_config *c)
{
	if (c->kind.model->remote) {
		return 1 + c->kind.model->n_outputs;
	}
	return c->kind.n_damages > 0 ? c->kind.model->n_parameters + c->kind.n_damages
	                             : 0;
}

static size_t states_of(const struct part_config *c)
{
	return c->kind.act ? c->kind.n_kept : c->kind.model->n_states;
}

static size_t past_rows(const struct plant_config *c)
{
	return (size_t)(SENSOR_DELAY_MAX_S / (c->step_s * c->steps)) + 1;
}

/* Numbers that parts and sensors keep. */
static size_t numbers_of(const struct plant_config *c)
{
	size_t n = c->n_sensors * past_rows(c);

	for (size_t i = 0; i < c->n_parts; i++) {
		const struct part_config *part = &c->parts[i];

		n += parameters_of(part) + states_of(part) +
		     late_rows(c, part) * part->kind.model->n_inputs;
	}
	return n;
}

/* The model with the plant's equations; x, p and dead time from *numbers on. */
static void make_part(const struct plant *p, size_t i, struct part *part,
                      double **numbers)
{
	const struct part_config *c = &p->config->parts[i];
	size_t n = late_rows(p->config, c);

	part->config = c;
	part->model = *c->kind.model;
	if (c->kind.rates) {
		part->model.rates = c->kind.rates;
		part->model.jacobian = NULL;
	}
	part->p = part->own = *numbers;
	*numbers += parameters_of(c);
	part->x = *numbers;
	*numbers += states_of(c);
	if (n > 0) {
		part->late = *numbers;
		part->n_late = n;
		*numbers += n * part->model.n_inputs;
	}
	if (part->model.remote) {
		part->own[0] = (double)part->model.n_outputs;
	} else if (c->kind.n_damages == 0) {
		part->p = c->parameters;
		part->own = NULL;
	} else {
		memcpy(part->own, c->parameters,
		       part->model.n_parameters * sizeof(*part->own));
	}
	rng_init(&part->rng, p->config->seed, PART_STREAM + i);
}

static int build_parts(struct plant *p, double **numbers)
{
	int err = 0;

	for (size_t i = 0; i < p->config->n_parts && !err; i++) {
		const struct part_config *c = &p->config->parts[i];
		const struct model *m = c->kind.model;

		if (late_rows(p->config, c) > LATE_MAX) {
			return -EINVAL;
		}
		make_part(p, i, &p->parts[i], numbers);
		err = check_wires(p, c->inputs, m->n_inputs);
		for (size_t k = 0; k < m->n_outputs && !err; k++) {
			err = claim(p, c->outputs[k]);
		}
	}
	return err;
}

/* ---- the rest ---- */

static int build_sensors(struct plant *p, double *numbers)
{
	const struct plant_config *c = p->config;
	size_t n = past_rows(c);
	int err = 0;

	for (size_t i = 0; i < c->n_sensors && !err; i++) {
		struct rng noise;

		rng_init(&noise, c->seed, i);
		sensor_init(&p->sensors[i], &c->sensors[i], &noise, numbers + i * n, n);
		err = check_wires(p, &c->sensors[i].from, 1);
		err = err ? err : claim(p, c->sensors[i].to);
	}
	return err;
}

static int build_control(struct plant *p)
{
	const struct plant_config *c = p->config;
	int err = 0;

	for (size_t i = 0; i < c->n_blocks && !err; i++) {
		p->blocks[i].config = &c->blocks[i];
		for (size_t k = 0; k < c->blocks[i].kind->n_inputs; k++) {
			err = is_signal(p, c->blocks[i].inputs[k]) ? err : -EINVAL;
		}
		err = err ? err : claim(p, c->blocks[i].output);
	}
	for (size_t i = 0; i < c->n_actuators && !err; i++) {
		actuator_init(&p->actuators[i], &c->actuators[i]);
		err = check_wires(p, &c->actuators[i].from, 1);
		err = err ? err : claim(p, c->actuators[i].to);
	}
	return err;
}

/* ---- the start ---- */

/* In the order of evaluation, so that a part finds what the one before it gives. */
static int start_part(struct plant *p, uint32_t i)
{
	struct part *part = &p->parts[i];
	const struct plant_remote *r = p->config->remote;
	const double th[2] = {0, 0};
	double u[MODEL_INPUTS_MAX] = {0}, y[MODEL_OUTPUTS_MAX] = {0};
	int err = 0;

	plant_inputs(p, part, u);
	for (size_t k = 0; k < part->n_late; k++) {
		memcpy(part->late + k * part->model.n_inputs, u,
		       part->model.n_inputs * sizeof(*u));
	}
	if (part->model.remote) {
		err = r->step(r->arg, i, th, u, y);
		memcpy(part->own + 1, y, err ? 0 : part->model.n_outputs * sizeof(*y));
	} else if (!part->config->kind.act && part->model.start) {
		memcpy(y, part->config->start, sizeof(y));
		part->model.start(part->p, u, y, part->x);
	}
	part->model.outputs_of(part->p, part->x, u, y);
	for (size_t k = 0; k < part->model.n_outputs; k++) {
		p->signals[part->config->outputs[k]] = y[k];
	}
	return err;
}

static int start(struct plant *p)
{
	const struct plant_config *c = p->config;
	uint64_t settle = (uint64_t)llround(c->settle_s / plant_cycle_s(p));
	int err = 0;

	for (size_t i = 0; i < c->n_signals; i++) {
		p->signals[i] = c->signals[i].start;
	}
	for (size_t i = 0; i < c->n_actuators; i++) {
		p->signals[c->actuators[i].to] = p->actuators[i].now;
	}
	for (size_t i = 0; i < p->n_order && !err; i++) {
		err = start_part(p, p->order[i]);
	}
	plant_evaluate(p);
	while (!err && p->turns < settle) {
		plant_turn(p);
	}
	p->settled = settle;
	p->turns = 0;
	for (size_t i = 0; i < c->n_faults; i++) {
		p->faults[p->n_faults++] = (struct planned){.fault = c->faults[i],
		                                            .begun_s = (double)NAN};
	}
	return err;
}

static int allocate(struct plant *p)
{
	const struct plant_config *c = p->config;

	p->parts = calloc(c->n_parts + 1, sizeof(*p->parts));
	p->sensors = calloc(c->n_sensors + 1, sizeof(*p->sensors));
	p->actuators = calloc(c->n_actuators + 1, sizeof(*p->actuators));
	p->blocks = calloc(c->n_blocks + 1, sizeof(*p->blocks));
	p->signals = calloc(c->n_signals, sizeof(*p->signals));
	p->written = calloc(c->n_signals, sizeof(*p->written));
	p->numbers = calloc(numbers_of(c) + 1, sizeof(*p->numbers));
	return p->parts && p->sensors && p->actuators && p->blocks && p->signals &&
	                       p->written && p->numbers
	               ? 0
	               : -ENOMEM;
}

int plant_new(struct plant **out, const struct plant_config *cfg)
{
	struct plant *p;
	double *numbers;
	size_t n_loop = 0;
	int err;

	if (!config_is_valid(cfg)) {
		return -EINVAL;
	}
	p = calloc(1, sizeof(*p));
	if (!p) {
		return -ENOMEM;
	}
	p->config = cfg;
	err = allocate(p);
	numbers = p->numbers;
	err = err ? err : build_parts(p, &numbers);
	err = err ? err : build_sensors(p, numbers);
	err = err ? err : build_control(p);
	err = err || cfg->clock == 0 ? err : claim(p, (uint32_t)cfg->clock - 1);
	err = err ? err : plant_order(cfg, &p->order, &p->n_order, NULL, &n_loop);
	err = err ? err : start(p);
	if (err) {
		goto fail;
	}
	*out = p;
	return 0;

fail:
	plant_free(p);
	return err;
}

void plant_free(struct plant *p)
{
	if (!p) {
		return;
	}
	free(p->parts);
	free(p->order);
	free(p->sensors);
	free(p->actuators);
	free(p->blocks);
	free(p->signals);
	free(p->written);
	free(p->numbers);
	free(p);
}
