/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plant/instrument.h"

#include <math.h>

static double clamp(double x, double min, double max)
{
	return fmin(fmax(x, min), max);
}

static double take(const struct plant_wire *w, double signal)
{
	return signal * w->scale + w->offset;
}

/* The share of the way that first order goes in dt_s. */
static double share(double dt_s, double lag_s)
{
	return lag_s > 0 ? -expm1(-dt_s / lag_s) : 1;
}

void sensor_init(struct sensor *s, const struct sensor_config *config,
                 const struct rng *noise, double *past, size_t n)
{
	*s = (struct sensor){.config = config,
	                     .rng = *noise,
	                     .fault = {.noise_factor = 1},
	                     .past = past,
	                     .n_past = past ? n : 0};
}

/* A sample of what has come through the lag.  The noise of a sensor that has some is
 * always drawn: a fault changes no later noise. */
static double sample(struct sensor *s)
{
	const struct sensor_config *c = s->config;
	double noise = c->noise > 0 ? c->noise * rng_normal(&s->rng) : 0;
	double x = c->gain * s->lagged + c->bias + c->drift_s * s->age_s +
	           s->fault.offset + s->fault.noise_factor * noise;

	if (c->resolution > 0) {
		x = round(x / c->resolution) * c->resolution;
	}
	return clamp(x, c->min, c->max);
}

/* What it measured that long ago; at first, the oldest there is. */
static double recall(struct sensor *s, double dt_s)
{
	size_t back = (size_t)llround(fmin(s->fault.delay_s, SENSOR_DELAY_MAX_S) / dt_s);

	if (s->n_past == 0) {
		return s->sampled;
	}
	if (!s->started) {
		for (size_t i = 0; i < s->n_past; i++) {
			s->past[i] = s->sampled;
		}
	}
	s->past[s->next] = s->sampled;
	back = back < s->n_past ? back : s->n_past - 1;
	s->measured = s->past[(s->next + s->n_past - back) % s->n_past];
	s->next = (s->next + 1) % s->n_past;
	return s->measured;
}

double sensor_sample(struct sensor *s, double signal, double dt_s)
{
	const struct sensor_config *c = s->config;
	double truth = take(&c->from, signal), late, before = s->measured;

	s->lagged += s->started ? (truth - s->lagged) * share(dt_s, c->lag_s) : truth;
	s->age_s += dt_s;
	s->waited_s += dt_s;
	/* Half a turn of grace: sums of turns are not exact. */
	if (!s->started || s->waited_s + dt_s / 2 >= c->period_s) {
		s->waited_s = s->started ? fmax(s->waited_s - c->period_s, 0) : 0;
		s->waited_s = c->period_s > 0 ? s->waited_s : 0;
		s->sampled = sample(s);
	}
	late = recall(s, dt_s);
	s->measured = s->started && s->fault.stuck ? before
	              : s->fault.dropout           ? (double)NAN
	                                           : late;
	s->started = true;
	return s->measured;
}

void actuator_init(struct actuator *a, const struct actuator_config *config)
{
	double start = clamp(config->start, config->min, config->max);

	*a = (struct actuator){.config = config, .wanted = start, .now = start};
}

double actuator_move(struct actuator *a, double signal, double dt_s)
{
	const struct actuator_config *c = a->config;
	double command = take(&c->from, signal);
	double most = c->rate > 0 ? c->rate * dt_s : HUGE_VAL;
	double stick = c->stick + a->fault.stick, gap;

	if (a->fault.jammed) {
		return a->now;
	}
	/* A command that is no number leaves the actuator where it is. */
	if (fabs(command - a->wanted) >= c->dead_band) {
		a->wanted = clamp(command, c->min, c->max);
	}
	gap = a->wanted - a->now;
	/* Once it moves it goes on until it is there, or nearly. */
	if (a->moving || fabs(gap) >= stick) {
		gap *= share(dt_s, c->lag_s + a->fault.slow_s);
		a->now += clamp(gap, -most, most);
		a->moving = fabs(a->wanted - a->now) > stick / 20;
	}
	return a->now;
}
