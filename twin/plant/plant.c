/* SPDX-License-Identifier: Apache-2.0 */
/* A plant at work; plant_build.c makes it. */
#include "twin/plant/plant.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "twin/observer/integrate.h"
#include "twin/plant/plant_impl.h"

double plant_cycle_s(const struct plant *p)
{
	return p->config->step_s * p->config->steps;
}

double plant_time_s(const struct plant *p)
{
	return (double)p->turns * plant_cycle_s(p);
}

const double *plant_signals(const struct plant *p)
{
	return p->signals;
}

bool plant_settable(const struct plant *p, uint32_t signal)
{
	return signal < p->config->n_signals && !p->written[signal];
}

int plant_set(struct plant *p, uint32_t signal, double value)
{
	if (signal >= p->config->n_signals || isnan(value)) {
		return -EINVAL;
	}
	if (p->written[signal]) {
		return -EROFS;
	}
	p->signals[signal] = value;
	return 0;
}

uint64_t plant_failures(const struct plant *p)
{
	return p->failures;
}

void plant_place(struct plant *p, uint32_t part, const double *x)
{
	struct part *at = &p->parts[part];

	if (part < p->config->n_parts && !at->config->kind.act && !at->model.remote) {
		memcpy(at->x, x, at->model.n_states * sizeof(*x));
		plant_evaluate(p);
	}
}

void plant_attach(struct plant *p, const struct plant_program *program)
{
	p->program = program ? *program : (struct plant_program){.scan = NULL};
}

/* Dynamics */

static double take(const struct plant *p, const struct plant_wire *w)
{
	return p->signals[w->signal] * w->scale + w->offset;
}

void plant_inputs(const struct plant *p, const struct part *part, double *u)
{
	for (size_t i = 0; i < part->model.n_inputs; i++) {
		u[i] = take(p, &part->config->inputs[i]);
	}
}

void plant_evaluate(struct plant *p)
{
	for (size_t i = 0; i < p->n_order; i++) {
		const struct part *part = &p->parts[p->order[i]];
		double u[MODEL_INPUTS_MAX], y[MODEL_OUTPUTS_MAX];

		plant_inputs(p, part, u);
		part->model.outputs_of(part->p, part->x, u, y);
		for (size_t k = 0; k < part->model.n_outputs; k++) {
			p->signals[part->config->outputs[k]] = y[k];
		}
	}
}

/* Dead time: u as it was n_late steps ago. */
static void delay(struct part *part, double *u)
{
	size_t n = part->model.n_inputs;
	double *row = part->late + part->next_late * n;

	for (size_t i = 0; i < n; i++) {
		double now = u[i];

		u[i] = row[i];
		row[i] = now;
	}
	part->next_late = (part->next_late + 1) % part->n_late;
}

static int solve(struct part *part, const double *u, double dt_s)
{
	double x[MODEL_STATES_MAX];
	size_t n = part->model.n_states * sizeof(*x);
	struct integration in;
	int err;

	if (n == 0) {
		return 0;
	}
	memcpy(x, part->x, n);
	integrate_begin(&in, &part->model, part->p, u, dt_s);
	err = integrate(&in, x);
	if (!err) {
		memcpy(part->x, x, n);
	}
	return err;
}

static int ask_remote(struct plant *p, uint32_t i, const double th[2], const double *u)
{
	struct part *part = &p->parts[i];
	const struct plant_remote *r = p->config->remote;
	double y[MODEL_OUTPUTS_MAX];
	int err = part->lost ? -EIO : r->step(r->arg, i, th, u, y);

	if (err) {
		part->lost = true;
		return err;
	}
	memcpy(part->own + 1, y, part->model.n_outputs * sizeof(*y));
	return 0;
}

double plant_step_time(const struct plant *p, uint32_t k)
{
	return (double)(p->settled + p->turns) * plant_cycle_s(p) + k * p->config->step_s;
}

/* Inputs are those at the beginning of the step: plant_evaluate() comes after all. */
static void step(struct plant *p, uint32_t k)
{
	double dt_s = p->config->step_s;
	const double th[2] = {plant_step_time(p, k), dt_s};

	for (uint32_t i = 0; i < p->config->n_parts; i++) {
		struct part *part = &p->parts[i];
		double u[MODEL_INPUTS_MAX] = {0};
		int err = 0;

		plant_inputs(p, part, u);
		if (part->late) {
			delay(part, u);
		}
		if (part->config->kind.act) {
			struct part_turn turn = {.p = part->p,
			                         .damage = part->p +
			                                   part->model.n_parameters,
			                         .u = u,
			                         .dt_s = dt_s,
			                         .rng = &part->rng};

			part->config->kind.act(&turn, part->x);
		} else if (part->model.remote) {
			err = ask_remote(p, i, th, u);
		} else {
			err = solve(part, u, dt_s);
		}
		p->failures += err != 0;
	}
	plant_evaluate(p);
}

/* The turn */

static void scan(struct plant *p, double cycle_s)
{
	control_scan(p->blocks, p->config->n_blocks, p->signals, cycle_s);
	if (p->program.scan) {
		p->program.scan(p->program.arg, llround(plant_time_s(p) * 1e9),
		                p->signals);
	}
}

void plant_turn(struct plant *p)
{
	const struct plant_config *c = p->config;
	double cycle_s = plant_cycle_s(p);

	plant_run_script(p);
	if (c->clock > 0) {
		p->signals[c->clock - 1] = plant_time_s(p);
	}
	for (size_t i = 0; i < c->n_sensors; i++) {
		p->signals[c->sensors[i].to] = sensor_sample(
			&p->sensors[i], p->signals[c->sensors[i].from.signal], cycle_s);
	}
	scan(p, cycle_s);
	for (size_t i = 0; i < c->n_actuators; i++) {
		p->signals[c->actuators[i].to] = actuator_move(
			&p->actuators[i], p->signals[c->actuators[i].from.signal],
			cycle_s);
	}
	for (uint32_t k = 0; k < c->steps; k++) {
		step(p, k);
	}
	p->turns++;
}
