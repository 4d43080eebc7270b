/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What an observer is made of: a model with its numbers, and how its uncertainty is moved
 * along with it.  Linear models are moved exactly; others by integration with error
 * control, their covariance by linearisation (extended Kalman filter) or by points that
 * are each moved (unscented; Julier, Uhlmann 1997, weights of Wan, van der Merwe 2000).
 */
#ifndef TWIN_OBSERVER_OBSERVER_H
#define TWIN_OBSERVER_OBSERVER_H

#include "twin/models/model.h"
#include "twin/observer/kalman.h"
#include "twin/observer/zoh.h"

/** All borrowed. */
struct observer {
	const struct model *model;
	const double *p;  /* parameters */
	const double *qc; /* process noise density by state, unit^2/s */
	struct zoh *zoh;  /* of a linear model; NULL: steps are not kept */
	bool unscented;
	size_t estimated; /* states, the last, that are parameters: their noise is known
	                   */
	double tolerance; /* of integration, as a share of the state; 0: the usual one */
};

/**
 * Predict x and P over dt_s >= 0 with inputs u held.
 *
 * @return 0; -ERANGE where that needs more than INTEGRATE_STEPS_MAX; -EDOM where x or P
 *         is no number any more.  k is undefined then.
 */
int observer_predict(const struct observer *o, struct kalman *k, const double *u,
                     double dt_s);

/**
 * What the prior says of all outputs: rows->H, rows->more and y = h(x); rows->n becomes
 * the number of outputs.
 *
 * @return 0, or -EDOM where P is not positive definite
 */
int observer_outputs(const struct observer *o, const struct kalman *k, const double *u,
                     struct kalman_rows *rows, double *y);

#endif
