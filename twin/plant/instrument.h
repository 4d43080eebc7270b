/* SPDX-License-Identifier: Apache-2.0 */
/** Sensors and actuators: what stands between the plant and its control program. */
#ifndef TWIN_PLANT_INSTRUMENT_H
#define TWIN_PLANT_INSTRUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/plant/rng.h"

/** How far back a sensor that answers late can be, s. */
#define SENSOR_DELAY_MAX_S 10.0

/** A signal as another takes it: value = signal * scale + offset, in the unit of who
 * takes it. */
struct plant_wire {
	uint32_t signal;
	double scale, offset;
};

/** A sensor as it was bought.  Units are those of what it measures. */
struct sensor_config {
	struct plant_wire from; /* the true value */
	uint32_t to;            /* signal: the measured one */
	double gain;            /* measured = gain * true + bias; default 1 */
	double bias;
	double drift_s;    /* by which the bias grows a second */
	double lag_s;      /* first order, of the true value; 0: none */
	double period_s;   /* between two samples; 0: one a cycle */
	double noise;      /* standard deviation of a sample */
	double resolution; /* quantisation; 0: none */
	double min, max;   /* range: saturates there */
};

/** What is wrong with a sensor now. */
struct sensor_fault {
	bool stuck, dropout; /* the last value for ever; no value (NAN) */
	bool swapped;        /* its words come in the wrong order on the wire */
	double offset;       /* added, in the measured unit */
	double noise_factor; /* 1: healthy */
	double delay_s;      /* the value of so long ago, up to SENSOR_DELAY_MAX_S */
};

struct sensor {
	const struct sensor_config *config;
	struct rng rng;
	double lagged, sampled, measured;
	double age_s, waited_s; /* since the start; since the last sample */
	bool started;
	struct sensor_fault fault;
	double *past; /* of the last turns, a ring */
	size_t n_past, next;
};

/**
 * @param past  room for n of the last turns, kept; NULL: it cannot answer late
 */
void sensor_init(struct sensor *s, const struct sensor_config *config,
                 const struct rng *noise, double *past, size_t n);

/** The next turn, dt_s after the last, with the signal as it is now.
 * @return the measured value */
double sensor_sample(struct sensor *s, double signal, double dt_s);

/** An actuator: a command is held to its range, rate and dead band, and followed. */
struct actuator_config {
	struct plant_wire from; /* the command */
	uint32_t to;            /* signal: what it has come to */
	double min, max;
	double rate;      /* unit/s, most; 0: no limit */
	double lag_s;     /* first order; 0: none */
	double dead_band; /* changes of the command below this do nothing */
	double stick;     /* it stands until it is wanted that far away; 0: never */
	double start;
};

/** What is wrong with an actuator now. */
struct actuator_fault {
	bool jammed;
	double slow_s; /* further lag */
	double stick;  /* further sticking */
};

struct actuator {
	const struct actuator_config *config;
	double wanted, now;
	bool moving;
	struct actuator_fault fault;
};

void actuator_init(struct actuator *a, const struct actuator_config *config);

/** The next turn, dt_s after the last, with the signal as it is now.
 * @return where it stands */
double actuator_move(struct actuator *a, double signal, double dt_s);

#endif
