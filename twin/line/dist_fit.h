/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The distribution of observed times: constant, exponential, normal, lognormal, Weibull
 * or gamma, each by maximum likelihood, the one with the least AIC (Akaike 1974); where
 * its distance from what was observed is beyond chance, the observed times themselves
 * (Law, Simulation Modeling and Analysis, 5th ed. 2015, section 6.5 and 6.6).
 */
#ifndef TWIN_LINE_DIST_FIT_H
#define TWIN_LINE_DIST_FIT_H

#include "twin/line/dist.h"

enum {
	DIST_FIT_MIN = 5,          /* fewer tell nothing */
	DIST_FIT_SHAPE_MIN = 30,   /* fewer tell a mean only: exponential */
	DIST_FIT_VALUES_MAX = 1000 /* kept of an empirical distribution */
};

struct dist_fit {
	struct dist dist; /* of DIST_EMPIRICAL the values are those given, sorted */
	size_t n;
	double mean, sigma; /* of what was observed, s */
	double distance;    /* Kolmogorov-Smirnov, of the likeliest, where a clock's steps
	                       make many alike half-way between them; NAN: constant */
	double allowed;     /* what chance brings: 1.358/sqrt(n), 5 % (Massey 1951) */
	enum dist_kind likeliest; /* dist.kind, where its distance is allowed */
};

/**
 * @param times  s, > 0; sorted here, and thinned to DIST_FIT_VALUES_MAX where the result
 *               borrows them
 * @return 0; -ENODATA: fewer than DIST_FIT_MIN; -EINVAL: one is not above 0
 */
int dist_fit(double *times, size_t n, struct dist_fit *out);

/** Share of the times up to x; of DIST_NORMAL without its cut. */
double dist_share(const struct dist *d, double x);

#endif
