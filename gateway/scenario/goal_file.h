/* SPDX-License-Identifier: Apache-2.0 */
/** A goal (docs/scenarios.md): what is to be small or large, what may be moved for it and
 * what must hold; over the figures of trials, which are scenarios or runs of a line. */
#ifndef GATEWAY_SCENARIO_GOAL_FILE_H
#define GATEWAY_SCENARIO_GOAL_FILE_H

#include <stdio.h>

#include "gateway/config/arena.h"
#include "twin/plant/fault.h"
#include "twin/scenario/ordering.h"

enum {
	GOAL_LIMITS_MAX = 32,
	GOAL_OBJECTIVES_MAX = 4,
	GOAL_STARTS_MAX = 4,
	GOAL_FIGURES_MAX = 64,
};

/** A number that a trial gives. */
struct goal_figure {
	const char *id, *unit; /* unit "" where none */
};

/** A formula over the figures. */
struct goal_objective {
	const char *text;
	struct condition of; /* its signals are figures' numbers */
	double sign;         /* 1: to be small, -1: large */
	double slack; /* share of it that those behind it may cost; of the last 0 */
};

struct goal_limit {
	size_t figure;
	double min, max; /* NAN: none */
};

struct goal_variable {
	uint32_t number; /* the world's own */
	const char *name, *unit;
	bool tag;           /* it can be written, where the configuration allows it */
	double least, most; /* what min and max may be; both 0: anything */
	struct search_variable range;
};

/** Things that are put in order, 2 to SEARCH_X_MAX. */
struct goal_order {
	const char *const *names; /* by their place today */
	size_t n;
	double starts[GOAL_STARTS_MAX][SEARCH_X_MAX]; /* to begin with; today's first */
	size_t n_starts;
};

/** What a goal is about: trials, their figures, and what may be moved in them. */
struct goal_world {
	const struct goal_figure *figures;
	size_t n_figures;    /* up to GOAL_FIGURES_MAX */
	const char *movable; /* for complaints: "signal of the scenarios that nothing
	                        writes" */
	size_t samples;      /* draws of each trial, from 1 on; 0: one, numbered 0 */
	/** Find what is called so: number, name, unit, tag, and range.today.  name stays.
	 */
	bool (*find)(void *arg, const char *name, struct goal_variable *out);
	/** Things under a name that can be put in order.  @return NULL: there are none */
	const struct goal_order *(*order)(void *arg, const char *name);
	/** The name of variant i, which a trial may be of; NULL: beyond the last. */
	const char *(*variant)(void *arg, size_t i);
	/** One trial, from several threads at once: x by variable, or things by place.
	 * @param[out] figures  all of them  @return 0, or what ends it */
	int (*run)(void *arg, const double *x, uint64_t draw, double *figures);
	void *arg;
};

/** The whole file.  Strings and arrays belong to it. */
struct goal {
	const struct goal_world *world;
	size_t variant; /* of the world; its first where none is said */
	const struct goal_objective *objectives; /* the most important first */
	size_t n_objectives;
	const struct goal_limit *limits;
	size_t n_limits;
	const struct goal_variable *variables;
	size_t n_variables;             /* 0: an order is sought */
	const struct goal_order *order; /* NULL: none is */
	bool pareto; /* of two objectives all that are best for some weight */
	size_t evaluations;
	double confidence; /* share of the draws in which limits hold */
};

/** How many numbers say what a trial is. */
size_t goal_width(const struct goal *g);

/** What a goal is read from in two steps: first what its trials are, then, with that
 * read, the rest. */
struct goal_file;

/** @return 0, -ENOMEM, -EINVAL: complaints say why */
int goal_file_open(struct goal_file **out, const char *const path_text[2],
                   FILE *complaints);
void goal_file_close(struct goal_file *f);

/** The file of scenarios, or of a line: one is NULL. */
const char *goal_file_scenarios(const struct goal_file *f);
const char *goal_file_line(const struct goal_file *f);

/** Memory that lives as long as the file. */
struct arena *goal_file_arena(struct goal_file *f);

/** @return the goal, which belongs to f; NULL: complaints say why */
const struct goal *goal_file_bind(struct goal_file *f, const struct goal_world *world,
                                  FILE *complaints);

#endif
