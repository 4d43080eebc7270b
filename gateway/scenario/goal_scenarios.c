/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/scenario/goal_scenarios.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static bool find(void *arg, const char *name, struct goal_variable *out)
{
	const struct goal_scenarios *s = arg;
	const struct plant_config *plant = s->setup->world.plant;
	int64_t signal = scenario_signal(s->setup, name);

	if (signal < 0 || !scenario_is_free(s->setup, (uint32_t)signal)) {
		return false;
	}
	*out = (struct goal_variable){.number = (uint32_t)signal,
	                              .name = plant->signals[signal].name,
	                              .unit = plant->signals[signal].unit,
	                              .tag = strchr(name, '/') != NULL,
	                              .range.today = plant->signals[signal].start};
	return true;
}

static const struct goal_order *no_order(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static const char *variant(void *arg, size_t i)
{
	const struct goal_scenarios *s = arg;

	return i < s->setup->n_scenarios ? s->setup->scenarios[i].id : NULL;
}

/* The variables move first: what the scenario itself does comes over it. */
static int run(void *arg, const double *x, uint64_t draw, double *figures)
{
	const struct goal_scenarios *s = arg;
	const struct goal *goal = s->goal;
	const struct scenario *base = &s->setup->scenarios[goal->variant];
	struct scenario_move moves[SCENARIO_MOVES_MAX];
	struct scenario own = *base;
	struct scenario_result result = {.kpis = figures};

	if (base->n_moves + goal->n_variables > SCENARIO_MOVES_MAX) {
		return -ENOSPC;
	}
	for (size_t k = 0; k < goal->n_variables; k++) {
		moves[k] = (struct scenario_move){.signal = goal->variables[k].number,
		                                  .to = x[k],
		                                  .until_s = (double)INFINITY};
	}
	if (base->n_moves > 0) {
		memcpy(moves + goal->n_variables, base->moves,
		       base->n_moves * sizeof(*moves));
	}
	own.moves = moves;
	own.n_moves = base->n_moves + goal->n_variables;
	return scenario_run(&s->setup->world, &own, draw, &result);
}

const struct goal *goal_scenarios_bind(struct goal_scenarios *s, struct goal_file *f,
                                       const struct scenario_setup *setup,
                                       FILE *complaints)
{
	s->setup = setup;
	for (size_t i = 0; i < setup->world.n_kpis; i++) {
		s->figures[i] = (struct goal_figure){setup->world.kpis[i].id,
		                                     setup->world.kpis[i].unit};
	}
	s->world = (struct goal_world){
		.figures = s->figures,
		.n_figures = setup->world.n_kpis,
		.movable = "signal of the scenarios that nothing writes",
		.samples = setup->samples,
		.find = find,
		.order = no_order,
		.variant = variant,
		.run = run,
		.arg = s};
	s->goal = goal_file_bind(f, &s->world, complaints);
	return s->goal;
}
