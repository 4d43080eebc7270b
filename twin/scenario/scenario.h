/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What happens if: a plant run ahead from where the twin says that it stands, with
 * setpoints moved, faults begun and disturbances drawn.  Pure; several threads may run
 * scenarios of one world at once.  The same world, scenario and draw give the same
 * numbers, to the bit.
 */
#ifndef TWIN_SCENARIO_SCENARIO_H
#define TWIN_SCENARIO_SCENARIO_H

#include "twin/plant/plant.h"
#include "twin/scenario/kpi.h"

/** A signal without a writer goes from what it is to another value. */
struct scenario_move {
	uint32_t signal;
	bool by;        /* by `to`, not to it */
	double to;      /* in the signal's unit */
	double at_s;    /* begins */
	double over_s;  /* takes; 0: at once */
	double until_s; /* then it is again what it was; INFINITY: stays */
};

/** A signal wanders about its value: an Ornstein-Uhlenbeck process (Uhlenbeck, Ornstein
 * 1930) of standard deviation sigma that forgets in tau_s, stepped exactly. */
struct scenario_noise {
	uint32_t signal;
	double sigma, tau_s;
};

/** Where a part stands, and how surely. */
struct scenario_part {
	bool placed; /* false: as the plant starts it */
	size_t n;    /* states, then logarithms of the parameters that are states too */
	double x[MODEL_STATES_MAX];
	double root[MODEL_STATES_MAX * MODEL_STATES_MAX]; /* n x n, lower: L L' = P */
	uint8_t theta[MODEL_STATES_MAX]; /* parameters, of the states behind the model's
	                                  */
};

/** What scenarios have in common.  All borrowed. */
struct scenario_world {
	const struct plant_config *plant;    /* without faults */
	const struct scenario_part *parts;   /* by part */
	const struct scenario_noise *noises; /* each a stream of its own in every draw */
	size_t n_noises;
	const struct kpi_config *kpis;
	size_t n_kpis;
	const uint32_t *shown; /* signals whose course is wanted */
	size_t n_shown;
	size_t points;    /* of a course, first at 0 and last at the horizon; >= 2 */
	double horizon_s; /* at least a cycle of the plant */
	uint64_t seed;    /* of draws */
};

struct scenario {
	const char *id;
	const struct scenario_move *moves; /* at_s rising: of two the later wins */
	size_t n_moves;
	const struct fault *faults;
	size_t n_faults; /* at most PLANT_FAULTS_MAX */
};

enum { SCENARIO_MOVES_MAX = 256, SCENARIO_NOISES_MAX = 64, SCENARIO_KPIS_MAX = 64 };

struct scenario_result {
	double *kpis;      /* room for n_kpis */
	double *course;    /* room for points x n_shown, by point; NULL: not wanted */
	uint64_t failures; /* steps of parts that could not be solved */
};

/**
 * Run one.
 *
 * @param draw  0: from the state as it is estimated, without disturbances; others: from
 *              a state drawn from what is known of it, with disturbances drawn: the same
 *              for all scenarios (common random numbers)
 * @return 0, -ENOMEM, or as plant_new()
 */
int scenario_run(const struct scenario_world *w, const struct scenario *s, uint64_t draw,
                 struct scenario_result *out);

#endif
