/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plant/plant.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"

#define NOBODY UINT32_MAX

struct part {
	const struct part_config *config;
	double parameters[PART_PARAMETERS_MAX]; /* in force: as configured, or damaged */
	size_t state;                           /* its first state in plant.x */
};

struct plant {
	const struct plant_config *config;
	struct part *parts; /* in the order of configuration */
	uint32_t *order;    /* of evaluation: after all whose outputs it needs at once */
	struct sensor *sensors;
	struct actuator *actuators;
	struct block *blocks;
	double *signals;
	uint8_t *written; /* by signal: it has a writer */
	double *x;        /* states of all parts, then five vectors of work space */
	size_t n_states;
	struct fault faults[PLANT_FAULTS_MAX];
	size_t n_faults, n_active;
	uint64_t turns;
};

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

/* Dynamics */

static void fetch_inputs(const struct plant *p, const struct part *part, double *u)
{
	for (size_t i = 0; i < part->config->kind->n_inputs; i++) {
		u[i] = p->signals[part->config->inputs[i]];
	}
}

/* Outputs of all parts from the states x, to the table of signals. */
static void evaluate(struct plant *p, const double *x)
{
	for (size_t i = 0; i < p->config->n_parts; i++) {
		const struct part *part = &p->parts[p->order[i]];
		const struct part_kind *kind = part->config->kind;
		double u[PART_INPUTS_MAX], y[PART_OUTPUTS_MAX];

		fetch_inputs(p, part, u);
		kind->outputs_of(part->parameters, x + part->state, u, y);
		for (size_t k = 0; k < kind->n_outputs; k++) {
			p->signals[part->config->outputs[k]] = y[k];
		}
	}
}

static void derive(struct plant *p, const double *x, double *dx)
{
	evaluate(p, x);
	for (size_t i = 0; i < p->config->n_parts; i++) {
		const struct part *part = &p->parts[i];
		double u[PART_INPUTS_MAX];

		if (part->config->kind->rates) {
			fetch_inputs(p, part, u);
			part->config->kind->rates(part->parameters, x + part->state, u,
			                          dx + part->state);
		}
	}
}

/* y = x + a dx */
static void advance(size_t n, double *y, const double *x, double a, const double *dx)
{
	for (size_t i = 0; i < n; i++) {
		y[i] = x[i] + a * dx[i];
	}
}

/* Kutta 1901: the classical fourth order; inputs from actuators are held over a step. */
static void step(struct plant *p)
{
	size_t n = p->n_states;
	double h = p->config->step_s;
	double *x = p->x, *mid = x + n, *k1 = mid + n, *k2 = k1 + n, *k3 = k2 + n,
	       *k4 = k3 + n;

	derive(p, x, k1);
	advance(n, mid, x, h / 2, k1);
	derive(p, mid, k2);
	advance(n, mid, x, h / 2, k2);
	derive(p, mid, k3);
	advance(n, mid, x, h, k3);
	derive(p, mid, k4);
	for (size_t i = 0; i < n; i++) {
		x[i] += h / 6 * (k1[i] + 2 * (k2[i] + k3[i]) + k4[i]);
	}
}

/* Faults */

static void undo(struct plant *p, const struct fault *f)
{
	switch (f->kind) {
	case FAULT_PARAMETER:
		p->parts[f->target].parameters[f->parameter] =
			p->parts[f->target].config->parameters[f->parameter];
		break;
	case FAULT_STUCK:
	case FAULT_DROPOUT:
	case FAULT_OFFSET:
	case FAULT_DRIFT:
	case FAULT_NOISE:
		p->sensors[f->target].fault = (struct sensor_fault){.noise_factor = 1};
		break;
	case FAULT_JAMMED:
		p->actuators[f->target].stuck = false;
		break;
	case FAULT_SILENCE:
	case FAULT_EXCEPTION:
	case FAULT_CLOSE:
		break; /* the server asks for these */
	}
}

static void apply(struct plant *p, const struct fault *f)
{
	switch (f->kind) {
	case FAULT_PARAMETER:
		p->parts[f->target].parameters[f->parameter] = f->value;
		break;
	case FAULT_STUCK:
		p->sensors[f->target].fault.stuck = true;
		break;
	case FAULT_DROPOUT:
		p->sensors[f->target].fault.dropout = true;
		break;
	case FAULT_OFFSET:
		p->sensors[f->target].fault.offset += f->value;
		break;
	case FAULT_DRIFT:
		p->sensors[f->target].fault.offset += f->value *
		                                      (plant_time_s(p) - f->at_s);
		break;
	case FAULT_NOISE:
		p->sensors[f->target].fault.noise_factor *= f->value;
		break;
	case FAULT_JAMMED:
		p->actuators[f->target].stuck = true;
		break;
	case FAULT_SILENCE:
	case FAULT_EXCEPTION:
	case FAULT_CLOSE:
		break;
	}
}

static bool is_active(const struct plant *p, const struct fault *f)
{
	/* Half a cycle of grace: k times the cycle is not exactly the time written. */
	double t = plant_time_s(p) + plant_cycle_s(p) / 2;

	return f->at_s <= t && t < f->until_s;
}

/* All undone, then the active ones applied in order: they may overlap. */
static void run_script(struct plant *p)
{
	p->n_active = 0;
	for (size_t i = 0; i < p->n_faults; i++) {
		undo(p, &p->faults[i]);
	}
	for (size_t i = 0; i < p->n_faults; i++) {
		if (is_active(p, &p->faults[i])) {
			apply(p, &p->faults[i]);
			p->n_active++;
		}
	}
}

static size_t targets_of(const struct plant_config *c, enum fault_kind kind)
{
	switch (kind) {
	case FAULT_PARAMETER:
		return c->n_parts;
	case FAULT_STUCK:
	case FAULT_DROPOUT:
	case FAULT_OFFSET:
	case FAULT_DRIFT:
	case FAULT_NOISE:
		return c->n_sensors;
	case FAULT_JAMMED:
		return c->n_actuators;
	case FAULT_SILENCE:
	case FAULT_EXCEPTION:
	case FAULT_CLOSE:
		return c->n_units;
	}
	return 0;
}

static bool fault_is_valid(const struct plant_config *c, const struct fault *f)
{
	if (f->target >= targets_of(c, f->kind) || !isfinite(f->value) ||
	    !isfinite(f->at_s) || isnan(f->until_s)) {
		return false;
	}
	return f->kind != FAULT_PARAMETER ||
	       f->parameter < c->parts[f->target].kind->n_parameters;
}

int plant_inject(struct plant *p, const struct fault *fault)
{
	size_t kept = 0;

	if (!fault_is_valid(p->config, fault)) {
		return -EINVAL;
	}
	for (size_t i = 0; i < p->n_faults; i++) {
		if (p->faults[i].until_s <= plant_time_s(p)) {
			undo(p, &p->faults[i]);
		} else {
			p->faults[kept++] = p->faults[i];
		}
	}
	p->n_faults = kept;
	if (kept == PLANT_FAULTS_MAX) {
		return -ENOSPC;
	}
	p->faults[p->n_faults++] = *fault;
	return 0;
}

size_t plant_active_faults(const struct plant *p)
{
	return p->n_active;
}

bool plant_unit_fault(const struct plant *p, uint32_t unit, struct fault *fault)
{
	for (size_t i = p->n_faults; i-- > 0;) {
		const struct fault *f = &p->faults[i];

		if (f->kind >= FAULT_SILENCE && f->target == unit && is_active(p, f)) {
			*fault = *f;
			return true;
		}
	}
	return false;
}

/* The turn */

void plant_turn(struct plant *p)
{
	const struct plant_config *c = p->config;
	double cycle_s = plant_cycle_s(p);

	run_script(p);
	for (size_t i = 0; i < c->n_sensors; i++) {
		p->signals[c->sensors[i].to] = sensor_sample(
			&p->sensors[i], p->signals[c->sensors[i].from], cycle_s);
	}
	control_scan(p->blocks, c->n_blocks, p->signals, cycle_s);
	for (size_t i = 0; i < c->n_actuators; i++) {
		p->signals[c->actuators[i].to] = actuator_move(
			&p->actuators[i], p->signals[c->actuators[i].from], cycle_s);
	}
	for (uint32_t i = 0; i < c->steps; i++) {
		step(p);
	}
	evaluate(p, p->x);
	p->turns++;
}

/* Building */

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

static int check_inputs(const struct plant *p, const uint32_t *inputs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (inputs[i] >= p->config->n_signals) {
			return -EINVAL;
		}
	}
	return 0;
}

static int build_parts(struct plant *p)
{
	size_t state = 0;
	int err = 0;

	for (size_t i = 0; i < p->config->n_parts && !err; i++) {
		const struct part_config *c = &p->config->parts[i];
		struct part *part = &p->parts[i];

		part->config = c;
		memcpy(part->parameters, c->parameters, sizeof(part->parameters));
		part->state = state;
		state += c->kind->n_states;
		err = check_inputs(p, c->inputs, c->kind->n_inputs);
		for (size_t k = 0; k < c->kind->n_outputs && !err; k++) {
			err = claim(p, c->outputs[k]);
		}
	}
	return err;
}

static int build_control(struct plant *p)
{
	const struct plant_config *c = p->config;
	int err = 0;

	for (size_t i = 0; i < c->n_sensors && !err; i++) {
		sensor_init(&p->sensors[i], &c->sensors[i], c->seed, i);
		err = check_inputs(p, &c->sensors[i].from, 1);
		err = err ? err : claim(p, c->sensors[i].to);
	}
	for (size_t i = 0; i < c->n_blocks && !err; i++) {
		p->blocks[i].config = &c->blocks[i];
		err = check_inputs(p, c->blocks[i].inputs, c->blocks[i].kind->n_inputs);
		err = err ? err : claim(p, c->blocks[i].output);
	}
	for (size_t i = 0; i < c->n_actuators && !err; i++) {
		actuator_init(&p->actuators[i], &c->actuators[i]);
		err = check_inputs(p, &c->actuators[i].from, 1);
		err = err ? err : claim(p, c->actuators[i].to);
	}
	return err;
}

/* May part be evaluated: all parts that write its direct inputs are `placed`. */
static bool is_ready(const struct part_config *c, const uint32_t *writer,
                     const bool *placed)
{
	for (size_t i = 0; i < c->kind->n_inputs; i++) {
		uint32_t w = writer[c->inputs[i]];

		if ((c->kind->inputs[i].flags & PART_DIRECT) && w != NOBODY &&
		    !placed[w]) {
			return false;
		}
	}
	return true;
}

/* Topological order by direct inputs; quadratic, once. */
static int sort_parts(struct plant *p)
{
	const struct plant_config *c = p->config;
	uint32_t *writer = malloc((c->n_signals + 1) * sizeof(*writer));
	bool *placed = calloc(c->n_parts + 1, sizeof(*placed));
	size_t n = 0, before;
	int err = -ENOMEM;

	if (!writer || !placed) {
		goto done;
	}
	memset(writer, 0xff, c->n_signals * sizeof(*writer)); /* NOBODY */
	for (uint32_t i = 0; i < c->n_parts; i++) {
		for (size_t k = 0; k < c->parts[i].kind->n_outputs; k++) {
			writer[c->parts[i].outputs[k]] = i;
		}
	}
	do {
		before = n;
		for (uint32_t i = 0; i < c->n_parts; i++) {
			if (!placed[i] && is_ready(&c->parts[i], writer, placed)) {
				placed[i] = true;
				p->order[n++] = i;
			}
		}
	} while (n > before);
	err = n == c->n_parts ? 0 : -ELOOP;

done:
	free(placed);
	free(writer);
	return err;
}

static void start(struct plant *p)
{
	const struct plant_config *c = p->config;
	uint64_t settle = (uint64_t)llround(c->settle_s / plant_cycle_s(p));

	for (size_t i = 0; i < c->n_signals; i++) {
		p->signals[i] = c->signals[i].start;
	}
	for (size_t i = 0; i < c->n_actuators; i++) {
		p->signals[c->actuators[i].to] = p->actuators[i].now;
	}
	for (size_t i = 0; i < c->n_parts; i++) {
		const struct part *part = &p->parts[p->order[i]];
		double u[PART_INPUTS_MAX];

		fetch_inputs(p, part, u);
		if (part->config->kind->start) {
			part->config->kind->start(part->parameters, u,
			                          p->x + part->state);
		}
	}
	evaluate(p, p->x);
	while (p->turns < settle) {
		plant_turn(p);
	}
	p->turns = 0;
	while (p->n_faults < c->n_faults) {
		p->faults[p->n_faults] = c->faults[p->n_faults];
		p->n_faults++;
	}
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
	for (size_t i = 0; i < c->n_faults; i++) {
		if (!fault_is_valid(c, &c->faults[i])) {
			return false;
		}
	}
	return true;
}

static int allocate(struct plant *p)
{
	const struct plant_config *c = p->config;

	for (size_t i = 0; i < c->n_parts; i++) {
		p->n_states += c->parts[i].kind->n_states;
	}
	p->parts = calloc(c->n_parts + 1, sizeof(*p->parts));
	p->order = calloc(c->n_parts + 1, sizeof(*p->order));
	p->sensors = calloc(c->n_sensors + 1, sizeof(*p->sensors));
	p->actuators = calloc(c->n_actuators + 1, sizeof(*p->actuators));
	p->blocks = calloc(c->n_blocks + 1, sizeof(*p->blocks));
	p->signals = calloc(c->n_signals, sizeof(*p->signals));
	p->written = calloc(c->n_signals, sizeof(*p->written));
	p->x = calloc(6 * (p->n_states + 1), sizeof(*p->x));
	return p->parts && p->order && p->sensors && p->actuators && p->blocks &&
	                       p->signals && p->written && p->x
	               ? 0
	               : -ENOMEM;
}

int plant_new(struct plant **out, const struct plant_config *cfg)
{
	struct plant *p;
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
	err = err ? err : build_parts(p);
	err = err ? err : build_control(p);
	err = err ? err : sort_parts(p);
	if (err) {
		goto fail;
	}
	start(p);
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
	free(p->x);
	free(p);
}
