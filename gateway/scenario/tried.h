/* SPDX-License-Identifier: Apache-2.0 */
/** Trials that were run, found again by their point. */
#ifndef GATEWAY_SCENARIO_TRIED_H
#define GATEWAY_SCENARIO_TRIED_H

#include <stdint.h>

#include "gateway/scenario/optimum.h"

/** Zero-initialise, but for width; tried_fini() frees. */
struct tried {
	size_t width; /* numbers of a point that count */
	struct optimum_trial *all;
	size_t n, room;
	uint32_t *slots; /* 1 + number in all, by hash; 0: empty */
	size_t n_slots;
};

/** @return 0 or -ENOMEM */
int tried_add(struct tried *a, const struct optimum_trial *t);

/** Until the next is added; NULL: it was not run. */
const struct optimum_trial *tried_find(const struct tried *a, const double *x);

void tried_fini(struct tried *a);

#endif
