/* SPDX-License-Identifier: Apache-2.0 */
/** Named signals: `sine(period=60s,amplitude=2,offset=10)+noise(sigma=0.1)`.  Pure. */
#ifndef DRIVERS_SIM_SIGNAL_H
#define DRIVERS_SIM_SIGNAL_H

#include <stddef.h>
#include <stdint.h>

enum {
	SIGNAL_TERMS_MAX = 4,
	SIGNAL_ARGS_MAX = 4,
};

struct signal_shape;

struct signal_term {
	const struct signal_shape *shape;
	double args[SIGNAL_ARGS_MAX]; /* in the order of the shape; times in s */
	double walk, walked_s;        /* random_walk: where it is, and since when */
};

/** The sum of its terms.  A plain value. */
struct signal {
	struct signal_term terms[SIGNAL_TERMS_MAX];
	size_t n_terms;
	uint64_t random; /* state of its generator */
};

/**
 * Understand `NAME(KEY=NUMBER,...)`, or several joined by `+`.  Times take ms, s, m, h.
 *
 * @param seed  of the generator: the same seed and times give the same values
 * @return 0, or -EINVAL with *why a static text for the operator
 */
int signal_parse(struct signal *s, const char *text, uint64_t seed, const char **why);

/** The value at t_s seconds; times must not decrease from call to call. */
double signal_at(struct signal *s, double t_s);

#endif
