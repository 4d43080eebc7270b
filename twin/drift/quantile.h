/* SPDX-License-Identifier: Apache-2.0 */
/** Upper quantiles of the normal and the chi-squared distribution. */
#ifndef TWIN_DRIFT_QUANTILE_H
#define TWIN_DRIFT_QUANTILE_H

/** z with P(Z > z) = p, Z standard normal; p in (0, 1), else NAN.  Good to 1e-14. */
double quantile_normal(double p);

/** x with P(X > x) = p, X chi-squared; dof > 0 (need not be whole), p in (0, 1), else
 * NAN. */
double quantile_chi2(double p, double dof);

#endif
