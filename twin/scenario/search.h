/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The best point of a box, without derivatives, by NLopt: globally by controlled random
 * search with local mutation (Price 1983; Kaelo, Ali 2006), then from the best point, and
 * from today's, locally by linear models of objective and limits (COBYLA, Powell 1994);
 * at last on the variables' grid by pattern search (Hooke, Jeeves 1961), until no
 * neighbour is better.  What breaks a limit loses against what breaks none, and against
 * what breaks it less (Deb 2000).  The same problem gives the same answer: the random
 * numbers have a fixed seed.
 */
#ifndef TWIN_SCENARIO_SEARCH_H
#define TWIN_SCENARIO_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

enum {
	SEARCH_VARIABLES_MAX = 8,
	SEARCH_X_MAX = 64, /* numbers of a point: those, or places of a sequence */
	SEARCH_LIMITS_MAX = 40,
	SEARCH_BATCH_MAX = 32,
};

struct search_variable {
	double min, max;
	double step;  /* of its grid, from min; 0: a thousandth of the range */
	double today; /* where it starts; outside: at the nearest end */
};

struct search_point {
	double x[SEARCH_X_MAX];
	double objective;                 /* the less the better; NAN: none */
	double excess[SEARCH_LIMITS_MAX]; /* by limit, what it is passed by over its
	                                     scale; at most 0: it is kept, by so much */
	double broken; /* sum of the excesses above 0; set by who searches */
};

/** How points are evaluated, and when that shall end. */
struct search_trials {
	size_t n_limits;
	size_t evaluations_max; /* a batch may pass it a little */
	/** Evaluate points: fill objective and excess.
	 * @param[out] runs  how many of them were not known already
	 * @return 0; else it ends */
	int (*evaluate)(void *arg, struct search_point *points, size_t n, size_t *runs);
	/** Asked between batches: shall it end with the best so far?  NULL: no. */
	bool (*stop)(void *arg);
	void *arg;
};

struct search {
	const struct search_variable *variables;
	size_t n;
	struct search_trials trials;
};

struct search_result {
	struct search_point best, today;
	size_t evaluations;
	bool whole; /* it ended by itself, not by the number of evaluations or stop */
};

/** @return 0, -EINVAL: no box, -ENOMEM; or what evaluate() returned */
int search_run(const struct search *s, struct search_result *out);

/** Is a better than b? */
bool search_is_better(const struct search_point *a, const struct search_point *b);

/** Points evaluated one batch after another, and the best of them: for searches. */
struct search_state {
	const struct search_trials *trials;
	struct search_result *out;
	size_t allowed; /* evaluations after which it ends */
	int err;
	bool ended;
};

/** Evaluate, where it has not ended. */
void search_evaluate(struct search_state *t, struct search_point *points, size_t n);

#endif
