/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One run of a commissioning script: its steps, and its requirements watched, on a bench.
 * A bench is whatever can be set, disturbed, stepped and read: plant and PLC stepped in
 * this process, a PLC over Modbus in real time, a script of numbers in a test.
 *
 * A turn: the steps that are due, one cycle of the bench, all quantities read once, all
 * requirements judged on them.  A step sees the quantities of the turn before.
 * Pure: no allocation after trial_new(); time is the bench's.
 */
#ifndef TWIN_COMMISSION_TRIAL_H
#define TWIN_COMMISSION_TRIAL_H

#include "twin/commission/course.h"
#include "twin/commission/judge.h"

enum {
	TRIAL_TIMED_MAX = 32,   /* buttons pressed and faults with an end, at a time */
	TRIAL_EVENTS_MAX = 512, /* of a run, that are kept */
};

/** What a run is made on; all calls come from trial_turn(). */
struct bench {
	void *self;
	/** Write one of its quantities.  @return 0 or a negative errno: it refuses */
	int (*set)(void *self, uint32_t handle, double value);
	/** Begin a fault that the script prepared, for a time (ns; -1: until it is
	 * ended), or end it.  One with a time is also ended, when it is over.  @return 0
	 * or negative errno */
	int (*inject)(void *self, uint32_t fault, bool begins, int64_t for_ns);
	/** One cycle.  @return 0, or a negative errno: it has stopped for good */
	int (*step)(void *self);
	/** A quantity now, NAN where there is no good value. */
	double (*read)(void *self, uint32_t handle);
	/** Time of the last cycle's end, ns from the run's beginning. */
	int64_t (*now_ns)(void *self);
};

enum step_kind {
	STEP_SET,   /* handle takes the value, for good */
	STEP_PRESS, /* handle goes from 0 to 1, or from 1 to 0, and back after time_ns
	             */
	STEP_WAIT,  /* time_ns */
	STEP_WAIT_UNTIL, /* value is true, at most time_ns: then the run ends */
	STEP_INJECT,     /* fault, for time_ns; -1: it stays */
	STEP_CLEAR,      /* fault */
	STEP_EXPECT,     /* requirement begins */
	STEP_REMEMBER,   /* variable takes the value */
};

struct step {
	enum step_kind kind;
	uint32_t target; /* handle, fault, requirement or variable, as the kind says */
	struct formula value;
	int64_t time_ns;
};

/** A run as configured.  All borrowed until trial_free(). */
struct trial_config {
	const struct bench *bench;
	const double *variables; /* the first quantities: values to begin with */
	size_t n_variables;
	const uint32_t *handles; /* those behind: of the bench */
	size_t n_handles;
	const struct step *steps;
	size_t n_steps;
	const struct requirement *requirements;
	size_t n_requirements;
	const bool *from_start; /* by requirement: it begins with the run */
	int64_t limit_ns;       /* the run ends there */
};

enum run_end {
	RUN_GOES_ON,
	RUN_DONE,     /* all steps, and what was pending is decided */
	RUN_WAITED,   /* a STEP_WAIT_UNTIL in vain */
	RUN_REFUSED,  /* the bench refused a step */
	RUN_STOPPED,  /* the bench stopped */
	RUN_TOO_LONG, /* limit_ns */
};

struct run_event {
	int64_t t_ns;
	uint32_t step;
	bool ends; /* a button released, a fault over */
};

struct trial;

/** @return 0 or -ENOMEM; free with trial_free() */
int trial_new(struct trial **out, const struct trial_config *cfg);
void trial_free(struct trial *r);

/** One turn.  @return RUN_GOES_ON until the last; outcomes are final then */
enum run_end trial_turn(struct trial *r);

/** Where it stands: the step that comes next, or that the run ended at; n_steps: none. */
size_t trial_step(const struct trial *r);
/** The bench's errno of RUN_REFUSED and RUN_STOPPED, else 0. */
int trial_error(const struct trial *r);
int64_t trial_now_ns(const struct trial *r);

/** Valid until trial_free(). */
const struct outcome *trial_outcome(const struct trial *r, size_t requirement);
const struct course *trial_course(const struct trial *r, size_t quantity);
const struct run_event *trial_events(const struct trial *r, size_t *n);

#endif
