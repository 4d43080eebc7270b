/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The extended Kalman filter's part of an observer: moves the state of a model by
 * integration, its covariance by the linearised model.
 */
#ifndef TWIN_OBSERVER_EKF_H
#define TWIN_OBSERVER_EKF_H

#include "twin/models/model.h"
#include "twin/observer/kalman.h"

/** A model with its numbers; all borrowed. */
struct ekf {
	const struct model *model;
	const double *p;  /* parameters */
	const double *qc; /* process noise density by state, unit^2/s */
};

/** Sub-steps of one prediction, at most; what would need more is too far away. */
enum { EKF_STEPS_MAX = 1000 };

/**
 * Predict over dt_s >= 0 with inputs u held: Runge-Kutta of fourth order for x,
 * F = I + J h + (J h)^2/2 and Q = Qc h for P, in sub-steps h of at most half the model's
 * fastest time constant.
 *
 * @return 0; -ERANGE where that needs more than EKF_STEPS_MAX; -EDOM where x is no
 *         number any more.  k is undefined then.
 */
int ekf_predict(const struct ekf *e, struct kalman *k, const double *u, double dt_s);

/** Row i of H: derivatives of output i by the states, by central differences. */
void ekf_output_row(const struct ekf *e, const double *x, const double *u, size_t output,
                    double *row);

#endif
