/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The best order of things: all orders where they are few enough for the evaluations that
 * are allowed, else iterated local search (Lourenço, Martin, Stützle 2003) that takes out
 * one thing after the other and puts it where it is best (insertion, as in Nawaz,
 * Enscore, Ham 1983), and shakes the best order when no move is better.  What breaks a
 * limit is judged as in search.h.  The same problem gives the same answer.
 */
#ifndef TWIN_SCENARIO_ORDERING_H
#define TWIN_SCENARIO_ORDERING_H

#include "twin/scenario/search.h"

struct ordering {
	size_t n;                             /* things, 2 to SEARCH_X_MAX */
	const double (*starts)[SEARCH_X_MAX]; /* orders to begin with, each the numbers 0
	                                        to n - 1 by place */
	size_t n_starts; /* at least 1; the first is today's, up to SEARCH_BATCH_MAX */
	struct search_trials trials;
};

/** A point's x are things by place.  @return 0, -EINVAL, or what evaluate() returned */
int ordering_run(const struct ordering *s, struct search_result *out);

#endif
