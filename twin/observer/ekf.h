/* SPDX-License-Identifier: Apache-2.0 */
/** The extended Kalman filter's part of an observer; as observer.h has it. */
#ifndef TWIN_OBSERVER_EKF_H
#define TWIN_OBSERVER_EKF_H

#include "twin/observer/observer.h"

/**
 * x by integration; with each of its steps h, P by F = I + J h + (J h)^2/2 and Q = Qc h,
 * or by the exact ones where the model is fast for that.
 */
int ekf_predict(const struct observer *o, struct kalman *k, const double *u, double dt_s);

/** H by central differences; rows->more is 0. */
void ekf_outputs(const struct observer *o, const struct kalman *k, const double *u,
                 struct kalman_rows *rows, double *y);

#endif
