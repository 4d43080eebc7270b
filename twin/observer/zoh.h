/* SPDX-License-Identifier: Apache-2.0 */
/** Steps of a linear model with inputs held between (zero-order hold), exact and kept for
 * the lengths that come again. */
#ifndef TWIN_OBSERVER_ZOH_H
#define TWIN_OBSERVER_ZOH_H

#include <stdint.h>

#include "twin/models/model.h"

enum { ZOH_KEPT = 8 };

/** x(t + dt) = F x + G r, r = f(0, u): the rates with all states at 0. */
struct zoh_step {
	int64_t dt_us; /* 0: empty */
	double qc[MODEL_STATES_MAX];
	double F[MODEL_STATES_MAX * MODEL_STATES_MAX];
	double G[MODEL_STATES_MAX * MODEL_STATES_MAX];
	double Q[MODEL_STATES_MAX * MODEL_STATES_MAX]; /* of qc */
};

struct zoh {
	struct zoh_step steps[ZOH_KEPT];
	size_t next; /* to be replaced */
};

/** What step; borrowed. */
struct zoh_wish {
	size_t n;         /* states */
	const double *A;  /* Jacobian, row-major */
	const double *qc; /* noise density by state */
	double dt_s;
};

/**
 * The step of a linear model, by discretise.h; lengths are rounded to
 * 1 us.
 *
 * @param z         all zero at first; NULL: nothing is kept, the step is made in *scratch
 * @param[out] share  by which Q is to be multiplied for this qc
 */
const struct zoh_step *zoh_find(struct zoh *z, const struct zoh_wish *wish, double *share,
                                struct zoh_step *scratch);

#endif
