/* SPDX-License-Identifier: Apache-2.0 */
/** The unscented Kalman filter's part of an observer; as observer.h has it.  Points and
 * weights with alpha 1, beta 2, kappa 1 (Wan, van der Merwe 2000). */
#ifndef TWIN_OBSERVER_UKF_H
#define TWIN_OBSERVER_UKF_H

#include "twin/observer/observer.h"

/** Each point by integration, then Q: Qc dt, or that of the Jacobian where dt is no short
 * step of the model. */
int ukf_predict(const struct observer *o, struct kalman *k, const double *u, double dt_s);

/**
 * Points drawn anew.  H is that of statistical linearisation, P_yx P^-1, and more what it
 * leaves over, P_yy - H P H': so the update is the unscented one (Lefebvre, Bruyninckx,
 * De Schutter 2002).
 */
int ukf_outputs(const struct observer *o, const struct kalman *k, const double *u,
                struct kalman_rows *rows, double *y);

#endif
