/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a wearing machine's readings say of its age: each sensor smoothed, how fast it
 * moves, and how far it is off, beside the age itself.
 */
#ifndef TWIN_HEALTH_FEATURES_H
#define TWIN_HEALTH_FEATURES_H

#include <stddef.h>
#include <stdint.h>

/** One sensor through three exponential means.  z-scored: no unit. */
struct smoothed {
	double fast, middle, slow; /* weights 0.3, 0.1, 0.03 a row */
	uint32_t rows;             /* good ones so far */
};

/** Take a row in; early rows weigh 1/rows, so that a mean does not hang on to its first.
 * NAN advances nothing. */
void smoothed_step(struct smoothed *s, double z);

/** Number of features of so many sensors. */
size_t features_count(size_t n_sensors);

/** @param age  rows (cycles) since new, >= 0
 * @param f    features_count() of them, in a fixed order */
void features_of(const struct smoothed *s, size_t n_sensors, double age, double *f);

#endif
