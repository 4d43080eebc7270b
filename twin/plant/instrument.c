/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plant/instrument.h"

#include <math.h>

static double clamp(double x, double min, double max)
{
	return fmin(fmax(x, min), max);
}

void sensor_init(struct sensor *s, const struct sensor_config *config, uint64_t seed,
                 uint64_t stream)
{
	*s = (struct sensor){.config = config, .fault = {.noise_factor = 1}};
	rng_init(&s->rng, seed, stream);
}

double sensor_sample(struct sensor *s, double truth, double dt_s)
{
	const struct sensor_config *c = s->config;
	double noise = rng_normal(
		&s->rng); /* always drawn: a fault changes no later noise */
	double x;

	if (!s->started || c->lag_s <= 0) {
		s->lagged = truth;
	} else {
		s->lagged += (truth - s->lagged) * -expm1(-dt_s / c->lag_s);
	}
	if (s->started && s->fault.stuck) {
		return s->measured;
	}
	s->started = true;
	x = c->gain * s->lagged + c->bias + s->fault.offset +
	    c->noise * s->fault.noise_factor * noise;
	if (c->resolution > 0) {
		x = round(x / c->resolution) * c->resolution;
	}
	s->measured = s->fault.dropout ? (double)NAN : clamp(x, c->min, c->max);
	return s->measured;
}

void actuator_init(struct actuator *a, const struct actuator_config *config)
{
	double start = clamp(config->start, config->min, config->max);

	*a = (struct actuator){.config = config, .wanted = start, .now = start};
}

double actuator_move(struct actuator *a, double command, double dt_s)
{
	const struct actuator_config *c = a->config;
	double most = c->rate > 0 ? c->rate * dt_s : HUGE_VAL;

	if (a->stuck) {
		return a->now;
	}
	/* A command that is no number leaves the actuator where it is. */
	if (fabs(command - a->wanted) >= c->dead_band) {
		a->wanted = clamp(command, c->min, c->max);
	}
	a->now += clamp(a->wanted - a->now, -most, most);
	return a->now;
}
