/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A virtual machine: parts joined by signals, sensors, a control program, actuators and
 * faults, stepped at a fixed time step.  Time is a counter: the same description and seed
 * give the same bytes.  Pure: no I/O, no clock, no allocation after plant_new().
 *
 * A signal is one number with a name.  It has at most one writer (a part's output, a
 * sensor, a block, an actuator); one without is a setpoint or a constant, which
 * plant_set() writes.
 */
#ifndef TWIN_PLANT_PLANT_H
#define TWIN_PLANT_PLANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/plant/control.h"
#include "twin/plant/instrument.h"
#include "twin/plant/part.h"

enum {
	PLANT_FAULTS_MAX = 64, /* scripted and injected together */
	PLANT_UNITS_MAX = 16,  /* devices that serve the plant */
	PLANT_SIGNALS_MAX = 32768,
	PLANT_ITEMS_MAX = 4096, /* parts, sensors, blocks, actuators, each */
};

struct signal_config {
	const char *name;
	double start; /* value until its writer writes */
};

/** One part as configured. */
struct part_config {
	const struct part_kind *kind;
	double parameters[PART_PARAMETERS_MAX]; /* in the order of kind->parameters */
	uint32_t inputs[PART_INPUTS_MAX];       /* signals */
	uint32_t outputs[PART_OUTPUTS_MAX];     /* signals */
};

enum fault_kind {
	FAULT_PARAMETER, /* target: part; its parameter takes the value: leak, clog, wear
	                  */
	FAULT_STUCK,     /* target: sensor; repeats its last value */
	FAULT_DROPOUT,   /* target: sensor; gives no number */
	FAULT_OFFSET,    /* target: sensor; value in its unit */
	FAULT_DRIFT,     /* target: sensor; value in its unit a second */
	FAULT_NOISE,     /* target: sensor; its noise times the value */
	FAULT_JAMMED,    /* target: actuator; stays where it is */
	FAULT_SILENCE,   /* target: unit; does not answer */
	FAULT_EXCEPTION, /* target: unit; answers exception number value */
	FAULT_CLOSE,     /* target: unit; closes the connection on a request */
};

struct fault {
	enum fault_kind kind;
	uint32_t target;    /* index of the part, sensor, actuator or unit */
	uint32_t parameter; /* of a part */
	double value;       /* as the kind says */
	double at_s,
		until_s; /* plant time, at inclusive, until exclusive; INFINITY: stays */
};

/** A plant as described.  Borrowed until plant_free(). */
struct plant_config {
	const struct signal_config *signals;
	size_t n_signals;
	const struct part_config *parts;
	size_t n_parts;
	const struct sensor_config *sensors;
	size_t n_sensors;
	const struct block_config *blocks;
	size_t n_blocks;
	const struct actuator_config *actuators;
	size_t n_actuators;
	const struct fault *faults; /* the script */
	size_t n_faults;
	size_t n_units; /* devices, targets of FAULT_SILENCE and the like */
	uint64_t seed;
	double step_s;   /* of the integrator (Runge-Kutta 4), 1e-6 to 1 */
	uint32_t steps;  /* integrator steps in a control cycle, 1 to 10000 */
	double settle_s; /* run this long before time 0, without faults */
};

struct plant;

/**
 * Build a plant and bring it to its point of work.
 *
 * @param[out] out  set on success only; free with plant_free()
 * @return 0, -ENOMEM; -EINVAL: an index or a number out of its range; -EEXIST: a signal
 *         with two writers; -ELOOP: outputs that depend on each other with no state
 * between
 */
int plant_new(struct plant **out, const struct plant_config *cfg);
void plant_free(struct plant *p);

/** One turn: script, sensors, control program, actuators, the steps of a cycle. */
void plant_turn(struct plant *p);

/** Time since the start, after settling, s: turns times cycle. */
double plant_time_s(const struct plant *p);

/** Length of a turn, s. */
double plant_cycle_s(const struct plant *p);

/** All signals, in the order of the configuration; valid until plant_free(). */
const double *plant_signals(const struct plant *p);

/** May signal be set: it has no writer. */
bool plant_settable(const struct plant *p, uint32_t signal);

/** @return 0, -EINVAL: no such signal, or no number; -EROFS: it has a writer */
int plant_set(struct plant *p, uint32_t signal, double value);

/** Add a fault to the script; it may begin at once.
 * @return 0, -EINVAL, or -ENOSPC: PLANT_FAULTS_MAX are under way or yet to come */
int plant_inject(struct plant *p, const struct fault *fault);

/** Faults active in the last turn. */
size_t plant_active_faults(const struct plant *p);

/** Is unit disturbed now (FAULT_SILENCE, _EXCEPTION, _CLOSE)?  The last one wins. */
bool plant_unit_fault(const struct plant *p, uint32_t unit, struct fault *fault);

#endif
