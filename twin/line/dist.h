/* SPDX-License-Identifier: Apache-2.0 */
/** How long something takes: distributions of non-negative times, drawn from a stream.
 * After Law, Simulation Modeling and Analysis, 5th ed. 2015, chapter 8. */
#ifndef TWIN_LINE_DIST_H
#define TWIN_LINE_DIST_H

#include <stdbool.h>
#include <stddef.h>

#include "twin/plant/rng.h"

enum dist_kind {
	DIST_CONSTANT,    /* a */
	DIST_EXPONENTIAL, /* mean a */
	DIST_NORMAL, /* mean a, sigma b, of the normal that is cut at 0 (drawn again) */
	DIST_LOGNORMAL,  /* mean a, sigma b, of the times themselves */
	DIST_WEIBULL,    /* scale a, shape b */
	DIST_TRIANGULAR, /* min a, mode b, max c */
	DIST_GAMMA,      /* mean a, shape b */
	DIST_UNIFORM,    /* min a, max b */
	DIST_EMPIRICAL,  /* one of values, each as likely */
};

/** A plain value; values are borrowed. */
struct dist {
	enum dist_kind kind;
	double a, b, c;
	const double *values;
	size_t n;
};

/** Are its numbers those of a distribution of times? */
bool dist_is_valid(const struct dist *d);

double dist_draw(const struct dist *d, struct rng *g);

/** Of the distribution; of DIST_NORMAL with its cut. */
double dist_mean(const struct dist *d);

/** "constant", ...; NULL beyond the last. */
const char *dist_name(size_t kind);

#endif
