/* SPDX-License-Identifier: Apache-2.0 */
/** Sensors and actuators: what stands between the plant and its control program. */
#ifndef TWIN_PLANT_INSTRUMENT_H
#define TWIN_PLANT_INSTRUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "twin/plant/rng.h"

/** A sensor as it was bought.  Units are those of what it measures. */
struct sensor_config {
	uint32_t from, to; /* signals: the true value, the measured one */
	double gain;       /* measured = gain * true + bias; for the unit, default 1 */
	double bias;
	double lag_s;      /* first order, of the true value; 0: none */
	double noise;      /* standard deviation of a sample */
	double resolution; /* quantisation; 0: none */
	double min, max;   /* range: saturates there */
};

/** What is wrong with a sensor now. */
struct sensor_fault {
	bool stuck, dropout; /* the last value for ever; no value (NAN) */
	double offset;       /* added, in the measured unit */
	double noise_factor; /* 1: healthy */
};

struct sensor {
	const struct sensor_config *config;
	struct rng rng;
	double lagged, measured;
	bool started;
	struct sensor_fault fault;
};

void sensor_init(struct sensor *s, const struct sensor_config *config, uint64_t seed,
                 uint64_t stream);

/** Take a sample of the true value, dt_s after the last.  @return the measured value */
double sensor_sample(struct sensor *s, double truth, double dt_s);

/** An actuator's electronics: a command is held to its range, rate and dead band. */
struct actuator_config {
	uint32_t from, to; /* signals: the command, what the part gets */
	double min, max;
	double rate;      /* unit/s, most; 0: no limit */
	double dead_band; /* changes of the command below this do nothing */
	double start;
};

struct actuator {
	const struct actuator_config *config;
	double wanted, now;
	bool stuck;
};

void actuator_init(struct actuator *a, const struct actuator_config *config);
double actuator_move(struct actuator *a, double command, double dt_s);

#endif
