/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plant/fault.h"

#include <errno.h>
#include <math.h>

#include "drivers/reading.h"
#include "twin/models/expression.h"
#include "twin/plant/plant_impl.h"

bool condition_holds(const struct condition *c, const double *signals)
{
	double u[CONDITION_SIGNALS_MAX], value;

	if (!c->program) {
		return true;
	}
	for (size_t i = 0; i < c->n; i++) {
		u[i] = signals[c->signals[i]];
	}
	value = expression_eval(c->program, u);
	return value != 0 && !isnan(value);
}

static bool is_of_unit(enum fault_kind kind)
{
	return kind >= FAULT_SILENCE;
}

static bool is_of_sensor(enum fault_kind kind)
{
	return kind >= FAULT_STUCK && kind <= FAULT_SWAPPED;
}

static size_t targets_of(const struct plant_config *c, enum fault_kind kind)
{
	if (is_of_unit(kind)) {
		return c->n_units;
	}
	if (is_of_sensor(kind)) {
		return c->n_sensors;
	}
	if (kind == FAULT_SET) {
		return c->n_signals;
	}
	return kind == FAULT_DAMAGE ? c->n_parts : c->n_actuators;
}

bool plant_fault_is_valid(const struct plant_config *c, const struct fault *f)
{
	if (f->kind > FAULT_CLOCK || f->target >= targets_of(c, f->kind) ||
	    !isfinite(f->value) || !isfinite(f->at_s) || isnan(f->until_s) ||
	    isnan(f->for_s) || f->for_s < 0 || f->when.n > CONDITION_SIGNALS_MAX) {
		return false;
	}
	for (size_t i = 0; i < f->when.n; i++) {
		if (f->when.signals[i] >= c->n_signals) {
			return false;
		}
	}
	return f->kind != FAULT_DAMAGE || f->damage < c->parts[f->target].kind.n_damages;
}

void plant_wear(struct part *part)
{
	const struct part_config *c = part->config;
	const double *d = part->p + part->model.n_parameters;

	if (part->model.remote || c->kind.n_damages == 0) {
		return;
	}
	for (size_t i = 0; i < part->model.n_parameters; i++) {
		part->own[i] = c->parameters[i];
	}
	if (c->kind.wear) {
		c->kind.wear(d, part->own);
	}
}

static void damage(struct plant *p, const struct fault *f, double value)
{
	struct part *part = &p->parts[f->target];

	part->own[part->model.n_parameters + f->damage] = value;
	plant_wear(part);
}

static void undo(struct plant *p, const struct planned *n)
{
	const struct fault *f = &n->fault;

	if (f->kind == FAULT_SET) {
		p->signals[f->target] = n->before;
	} else if (f->kind == FAULT_DAMAGE) {
		damage(p, f, 0);
	} else if (is_of_sensor(f->kind)) {
		p->sensors[f->target].fault = (struct sensor_fault){.noise_factor = 1};
	} else if (!is_of_unit(f->kind)) {
		p->actuators[f->target].fault = (struct actuator_fault){.slow_s = 0};
	}
}

static void disturb_sensor(const struct planned *n, double now_s, struct sensor_fault *s)
{
	enum fault_kind kind = n->fault.kind;
	double value = n->fault.value;

	s->stuck = s->stuck || kind == FAULT_STUCK;
	s->dropout = s->dropout || kind == FAULT_DROPOUT;
	s->swapped = s->swapped || kind == FAULT_SWAPPED;
	s->offset += kind == FAULT_OFFSET  ? value
	             : kind == FAULT_DRIFT ? value * (now_s - n->begun_s)
	                                   : 0;
	s->noise_factor *= kind == FAULT_NOISE ? value : 1;
	s->delay_s += kind == FAULT_DELAY ? value : 0;
}

static void apply(struct plant *p, struct planned *n)
{
	const struct fault *f = &n->fault;

	if (f->kind == FAULT_SET) {
		n->before = p->signals[f->target];
		p->signals[f->target] = f->value;
	} else if (f->kind == FAULT_DAMAGE) {
		damage(p, f, f->value);
	} else if (is_of_sensor(f->kind)) {
		disturb_sensor(n, plant_time_s(p), &p->sensors[f->target].fault);
	} else if (f->kind == FAULT_JAMMED) {
		p->actuators[f->target].fault.jammed = true;
	} else if (f->kind == FAULT_SLOW) {
		p->actuators[f->target].fault.slow_s = f->value;
	} else if (f->kind == FAULT_STICKING) {
		p->actuators[f->target].fault.stick = f->value;
	}
}

/* Half a cycle of grace: k times the cycle is not exactly the time written. */
static void judge(const struct plant *p, struct planned *n)
{
	const struct fault *f = &n->fault;
	double now_s = plant_time_s(p), t = now_s + plant_cycle_s(p) / 2;

	if (isnan(n->begun_s) && f->at_s <= t && t < f->until_s &&
	    condition_holds(&f->when, p->signals)) {
		n->begun_s = f->when.program ? now_s : f->at_s;
	}
	n->over = n->over || t >= f->until_s ||
	          (f->for_s > 0 && t >= n->begun_s + f->for_s);
	n->active = !isnan(n->begun_s) && !n->over;
}

/* All undone, then the active ones applied in order: they may overlap.  Only what there
 * is a fault of, or was in the turn before. */
void plant_run_script(struct plant *p)
{
	for (size_t i = 0; i < p->n_faults; i++) {
		if (p->faults[i].active) {
			undo(p, &p->faults[i]);
		}
	}
	p->n_active = 0;
	for (size_t i = 0; i < p->n_faults; i++) {
		judge(p, &p->faults[i]);
		if (p->faults[i].active) {
			apply(p, &p->faults[i]);
			p->n_active++;
		}
	}
}

int plant_inject(struct plant *p, const struct fault *fault)
{
	size_t kept = p->config->n_faults;

	if (!plant_fault_is_valid(p->config, fault) ||
	    (fault->kind == FAULT_SET && p->written[fault->target])) {
		return -EINVAL;
	}
	/* Injected ones that are over make room; the script keeps its numbers. */
	for (size_t i = kept; i < p->n_faults; i++) {
		if (!p->faults[i].over) {
			p->faults[kept++] = p->faults[i];
		}
	}
	p->n_faults = kept;
	if (kept == PLANT_FAULTS_MAX) {
		return -ENOSPC;
	}
	p->faults[p->n_faults++] = (struct planned){.fault = *fault,
	                                            .begun_s = (double)NAN};
	return 0;
}

size_t plant_active_faults(const struct plant *p)
{
	return p->n_active;
}

bool plant_fault_active(const struct plant *p, size_t i)
{
	return i < p->n_faults && p->faults[i].active;
}

bool plant_unit_fault(const struct plant *p, uint32_t unit, enum fault_kind kind,
                      double *value)
{
	for (size_t i = p->n_faults; i-- > 0;) {
		const struct fault *f = &p->faults[i].fault;

		if (f->kind == kind && f->target == unit && p->faults[i].active) {
			*value = f->value;
			return true;
		}
	}
	return false;
}

bool plant_swapped(const struct plant *p, uint32_t sensor)
{
	return p->sensors[sensor].fault.swapped;
}
