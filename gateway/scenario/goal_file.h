/* SPDX-License-Identifier: Apache-2.0 */
/** A goal (docs/scenarios.md): what is to be small or large, what may be moved for it and
 * what must hold; over the figures of a file of scenarios. */
#ifndef GATEWAY_SCENARIO_GOAL_FILE_H
#define GATEWAY_SCENARIO_GOAL_FILE_H

#include <stdio.h>

#include "gateway/scenario/scenario_file.h"
#include "twin/scenario/search.h"

enum { GOAL_LIMITS_MAX = 32, GOAL_OBJECTIVES_MAX = 4 };

/** A formula over the figures. */
struct goal_objective {
	const char *text;
	struct condition of; /* its signals are figures' numbers */
	double sign;         /* 1: to be small, -1: large */
	double slack; /* share of it that those behind it may cost; of the last 0 */
};

struct goal_limit {
	size_t kpi;
	double min, max; /* NAN: none */
};

struct goal_variable {
	uint32_t signal;
	const char *name, *unit;
	bool tag; /* it can be written, where the configuration allows it */
	struct search_variable range;
};

/** The whole file.  Strings and arrays belong to it. */
struct goal {
	const char *scenarios; /* path of the file of scenarios */
	const char *scenario;  /* the one that is varied; NULL: as now */
	size_t base;           /* its number */
	const struct goal_objective *objectives; /* the most important first */
	size_t n_objectives;
	const struct goal_limit *limits;
	size_t n_limits;
	const struct goal_variable *variables;
	size_t n_variables;
	bool pareto; /* of two objectives all that are best for some weight */
	size_t evaluations;
	double confidence; /* share of the draws in which limits hold */
};

/** What a goal is read from in two steps: first where its scenarios are, then, with them
 * read, the rest. */
struct goal_file;

/** @return 0, -ENOMEM, -EINVAL: complaints say why */
int goal_file_open(struct goal_file **out, const char *const path_text[2],
                   FILE *complaints);
void goal_file_close(struct goal_file *f);
const char *goal_file_scenarios(const struct goal_file *f);

/** @return the goal, which belongs to f; NULL: complaints say why */
const struct goal *goal_file_bind(struct goal_file *f, const struct scenario_setup *setup,
                                  FILE *complaints);

#endif
