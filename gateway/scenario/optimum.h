/* SPDX-License-Identifier: Apache-2.0 */
/** The best setpoints for a goal, and how sure that is: searched on draws that all trials
 * have in common, judged on others. */
#ifndef GATEWAY_SCENARIO_OPTIMUM_H
#define GATEWAY_SCENARIO_OPTIMUM_H

#include <jansson.h>

#include "gateway/scenario/goal_file.h"

enum { OPTIMUM_PARETO_MAX = 64 };

/** What a change of one variable alone, by 5 % of its range, does; of an order, up: what
 * it does that a thing and the next one change places. */
struct optimum_slope {
	double down, up; /* of the first objective; NAN: outside the range */
};

struct optimum_trial {
	double x[SEARCH_X_MAX];
	double objectives[GOAL_OBJECTIVES_MAX]; /* as they are meant: large is large */
	double excess[GOAL_LIMITS_MAX]; /* by limit, over its scale; at most 0: it is kept
	                                 */
	double broken;                  /* sum of those above 0 */
};

struct optimum {
	const struct goal *goal;
	struct optimum_trial today, best;
	double gain[GOAL_OBJECTIVES_MAX]; /* mean, of draws that were not searched on */
	double gain_half[GOAL_OBJECTIVES_MAX]; /* of 95 % of them; NAN: none were drawn */
	double better; /* share of them in which the first objective is better */
	double figures_today[GOAL_FIGURES_MAX],
		figures_best[GOAL_FIGURES_MAX]; /* means */
	bool binds[GOAL_LIMITS_MAX];            /* within 1 % of its value */
	bool at_end[SEARCH_VARIABLES_MAX];      /* of its range */
	struct optimum_slope slopes[SEARCH_X_MAX];
	size_t evaluations, draws;
	bool whole;                                      /* it ended by itself */
	struct optimum_trial pareto[OPTIMUM_PARETO_MAX]; /* by the first objective */
	size_t n_pareto;
};

struct optimum_wish {
	const struct goal *goal;
	void (*progress)(void *arg, size_t evaluations, double best); /* NULL: none */
	bool (*stop)(void *arg);                                      /* likewise */
	void *arg;
};

/** @return 0, -ENOMEM, or as a trial */
int optimum_find(struct optimum *out, const struct optimum_wish *wish);

/** Is there a gain beyond its band, and nothing broken? */
bool optimum_is_worth_it(const struct optimum *o);

void optimum_print(FILE *out, const struct optimum *o);
json_t *optimum_json(const struct optimum *o);

/** Commands for a person to look at and send; they are the only way to the machine. */
void optimum_print_commands(FILE *out, const struct optimum *o, const char *config);

#endif
