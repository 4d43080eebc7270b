/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The best point of a box, without derivatives: points spread evenly (Halton 1960), then
 * from the best of them pattern searches whose mesh is halved until it is the variables'
 * step (Hooke, Jeeves 1961; Kolda, Lewis, Torczon 2003, section 3).  What breaks a limit
 * loses against what breaks none, and against what breaks it less (Deb 2000).  Pure: who
 * calls evaluates, several points at once.
 */
#ifndef TWIN_SCENARIO_SEARCH_H
#define TWIN_SCENARIO_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

enum { SEARCH_VARIABLES_MAX = 8, SEARCH_BATCH_MAX = 2 * SEARCH_VARIABLES_MAX + 8 };

struct search_variable {
	double min, max;
	double step;  /* of its grid, from min; 0: a thousandth of the range */
	double today; /* where it starts; outside: at the nearest end */
};

struct search_point {
	double x[SEARCH_VARIABLES_MAX];
	double objective; /* the less the better; NAN: none */
	double broken; /* sum of what limits are broken by, each over its scale; 0: none
	                */
};

struct search {
	const struct search_variable *variables;
	size_t n;
	size_t evaluations_max; /* a batch may pass it a little */
	/** Evaluate points: fill objective and broken.  @return 0; else it ends */
	int (*evaluate)(void *arg, struct search_point *points, size_t n);
	/** Asked between batches: shall it end with the best so far?  NULL: no. */
	bool (*stop)(void *arg);
	void *arg;
};

struct search_result {
	struct search_point best, today;
	size_t evaluations;
	bool whole; /* it ended by itself, not by the number of evaluations or stop */
};

/** @return 0, -EINVAL: no box; or what evaluate() returned */
int search_run(const struct search *s, struct search_result *out);

/** Is a better than b? */
bool search_is_better(const struct search_point *a, const struct search_point *b);

#endif
