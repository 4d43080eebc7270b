/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A virtual machine: parts joined by signals, sensors, a control program, actuators and
 * faults, stepped at a fixed time step.  Time is a counter: the same description and seed
 * give the same bytes.  Pure: no I/O, no clock, no allocation after plant_new().
 *
 * A signal is one number with a name and a unit.  It has at most one writer (a part's
 * output, a sensor, a block, an actuator); one without is a setpoint, a constant or a
 * command, which plant_set() and the attached program write.
 *
 * Parts are solved one by one: over a step each goes its own way, with sub-steps of its
 * own (twin/observer/integrate.h), on inputs as they were at the beginning of the step.
 * What flows between two parts is therefore exact to first order in the step; a part by
 * itself keeps to INTEGRATE_TOLERANCE.
 */
#ifndef TWIN_PLANT_PLANT_H
#define TWIN_PLANT_PLANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/plant/control.h"
#include "twin/plant/fault.h"
#include "twin/plant/instrument.h"
#include "twin/plant/part.h"

enum {
	PLANT_FAULTS_MAX = 64, /* scripted and injected together */
	PLANT_UNITS_MAX = 16,  /* devices that serve the plant */
	PLANT_SIGNALS_MAX = 32768,
	PLANT_ITEMS_MAX = 4096, /* parts, sensors, blocks, actuators, each */
};

struct signal_config {
	const char *name; /* NULL: a constant */
	const char *unit; /* as written; "": none, as it comes */
	double start;     /* value until its writer writes */
};

/** One part as configured. */
struct part_config {
	const char *id;
	struct part_kind kind;
	const double *parameters;                   /* of the model, in its order */
	struct plant_wire inputs[MODEL_INPUTS_MAX]; /* to SI */
	uint32_t outputs[MODEL_OUTPUTS_MAX];        /* signals */
	double start[MODEL_OUTPUTS_MAX]; /* outputs to start from; NAN: where it rests */
};

/** Who computes the parts whose model is remote: FMUs.  Not pure; NULL where no part is.
 */
struct plant_remote {
	/**
	 * From t to t + h seconds (h 0: none yet) with inputs u, SI.
	 * @param[out] y  outputs at the end, SI; room for MODEL_OUTPUTS_MAX
	 * @return 0, or a negative errno: the part keeps its last outputs for good
	 */
	int (*step)(void *arg, uint32_t part, const double th[2], const double *u,
	            double *y);
	void *arg;
};

/** What runs in the place of a PLC: a scan once a cycle, after the control blocks. */
struct plant_program {
	/** Reads and writes the table of signals at that time, counted from the start.
	 */
	void (*scan)(void *arg, int64_t now_ns, double *signals);
	void *arg;
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
	size_t clock;   /* signal that tells the time in s, counted from 1; 0: none */
	size_t n_units; /* devices, targets of FAULT_SILENCE and the like */
	const struct plant_remote *remote;
	uint64_t seed;
	double step_s;   /* at which parts exchange what they give, 1e-6 to 1 */
	uint32_t steps;  /* such steps in a cycle, 1 to 10000 */
	double settle_s; /* run this long before time 0, without faults and program */
};

struct plant;

/**
 * Build a plant and bring it to its point of work.
 *
 * @param[out] out  set on success only; free with plant_free()
 * @return 0, -ENOMEM; -EINVAL: an index or a number out of its range; -EEXIST: a signal
 *         with two writers; -ELOOP: outputs that depend on each other with no state
 *         between (plant_loop() names them); what remote->step() says
 */
int plant_new(struct plant **out, const struct plant_config *cfg);
void plant_free(struct plant *p);

/**
 * The signals of a loop without a state between them, each feeding the next and the last
 * the first.
 *
 * @return how many were written to signals, at most n; 0: there is no loop; -ENOMEM
 */
int plant_loop(const struct plant_config *cfg, uint32_t *signals, size_t n);

/** Part stands where x says, all of its model's states: for a run from a known moment.
 * Outputs follow at once.  A part that goes in steps, or is computed elsewhere, has no
 * such states and stays as it is. */
void plant_place(struct plant *p, uint32_t part, const double *x);

/** One turn: script, sensors, control program, actuators, the steps of a cycle. */
void plant_turn(struct plant *p);

/** From the next turn on run this program; copied; NULL: none. */
void plant_attach(struct plant *p, const struct plant_program *program);

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

/** Steps of parts that could not be solved: the part stood still in them. */
uint64_t plant_failures(const struct plant *p);

/** Add a fault to the script; it may begin at once.
 * @return 0, -EINVAL, or -ENOSPC: PLANT_FAULTS_MAX are under way or yet to come */
int plant_inject(struct plant *p, const struct fault *fault);

/** Faults active in the last turn. */
size_t plant_active_faults(const struct plant *p);

/** Was fault i of the script active in the last turn? */
bool plant_fault_active(const struct plant *p, size_t i);

/** Is unit disturbed by a fault of this kind (FAULT_SILENCE and beyond) now, and how
 * much?  The last one wins. */
bool plant_unit_fault(const struct plant *p, uint32_t unit, enum fault_kind kind,
                      double *value);

/** Does sensor give its words in the wrong order? */
bool plant_swapped(const struct plant *p, uint32_t sensor);

#endif
