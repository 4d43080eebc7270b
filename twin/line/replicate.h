/* SPDX-License-Identifier: Apache-2.0 */
/** What replications of a simulation say: means with intervals, and where the warm-up
 * ends. */
#ifndef TWIN_LINE_REPLICATE_H
#define TWIN_LINE_REPLICATE_H

#include <stddef.h>

/** A mean, and half of its 95 % interval by Student's t (Law 2015, section 9.4.1). */
struct interval {
	double mean, half; /* half NAN with fewer than two numbers */
	size_t n;          /* numbers; what is none does not count */
};
struct interval interval_of(const double *x, size_t n);

/** Of the differences a - b, pair by pair: for common random numbers. */
struct interval interval_of_pairs(const double *a, const double *b, size_t n);

/** Two-sided 95 % quantile of Student's t, by its exact sums (Abramowitz, Stegun 1964,
 * 26.7.3 and 26.7.4); dof >= 1. */
double interval_t95(size_t dof);

/**
 * MSER-5 (White 1997): how many of n numbers are to be left out at the beginning, so that
 * the mean of the others is known best; at most half.
 */
size_t interval_warm_up(const double *x, size_t n);

#endif
