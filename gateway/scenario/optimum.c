/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/scenario/optimum.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/spread.h"

enum { FRESH_DRAWS = 1 << 20, FRESH_MIN = 40 }; /* first number of those judged on */

#define NORMAL_95 1.959963984540054
#define NEAR      0.01 /* of a limit: it binds */
#define NUDGE     0.05 /* of a variable's range */

struct hunt {
	struct optimum *out;
	const struct optimum_wish *wish;
	size_t draws, stage; /* stage: the objective that is searched for */
	double reached[GOAL_OBJECTIVES_MAX]; /* of those before it, signed */
	struct optimum_trial *archive;
	size_t n_archive, room;
};

/* Points by draws, each a run. */
struct trials {
	const struct hunt *h;
	const double *x; /* by point */
	size_t draws;
	uint64_t first;
	double *kpis; /* by point, draw, figure */
};

static const struct goal *goal_of(const struct hunt *h)
{
	return h->wish->goal;
}

/* ---- one run ---- */

/* The variables move first: what the scenario itself does comes over it. */
static int run_one(void *arg, size_t i)
{
	const struct trials *t = arg;
	const struct goal *goal = goal_of(t->h);
	const struct scenario_setup *setup = t->h->wish->setup;
	const struct scenario *base = &setup->scenarios[goal->base];
	struct scenario_move moves[SCENARIO_MOVES_MAX];
	struct scenario own = *base;
	struct scenario_result result = {.kpis = t->kpis + i * setup->world.n_kpis};
	const double *x = t->x + i / t->draws * SEARCH_VARIABLES_MAX;

	if (base->n_moves + goal->n_variables > SCENARIO_MOVES_MAX) {
		return -ENOSPC;
	}
	for (size_t k = 0; k < goal->n_variables; k++) {
		moves[k] = (struct scenario_move){.signal = goal->variables[k].signal,
		                                  .to = x[k],
		                                  .until_s = (double)INFINITY};
	}
	if (base->n_moves > 0) {
		memcpy(moves + goal->n_variables, base->moves,
		       base->n_moves * sizeof(*moves));
	}
	own.moves = moves;
	own.n_moves = base->n_moves + goal->n_variables;
	return scenario_run(&setup->world, &own, t->first + i % t->draws, &result);
}

/* ---- judging ---- */

static const double *row_of(const struct trials *t, size_t point, size_t draw)
{
	return t->kpis + (point * t->draws + draw) * t->h->wish->setup->world.n_kpis;
}

static double objective_in(const struct goal *goal, size_t k, const double *row)
{
	return kpi_formula(&goal->objectives[k].of, row);
}

static double excess(const struct goal_limit *l, double value)
{
	double below = isnan(l->min) ? 0 : l->min - value;
	double above = isnan(l->max) ? 0 : value - l->max;
	double scale = fmax(
		fmax(fabs(isnan(l->min) ? 0 : l->min), fabs(isnan(l->max) ? 0 : l->max)),
		1e-9);

	return isnan(value) ? 1 : fmax(fmax(below, above), 0) / scale;
}

static int rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* What is left in the worst of the draws that must hold. */
static double broken_by(const struct trials *t, size_t point, const struct goal_limit *l,
                        double *room)
{
	double confidence = goal_of(t->h)->confidence;
	size_t at = (size_t)fmax(ceil(confidence * (double)t->draws) - 1, 0);

	for (size_t i = 0; i < t->draws; i++) {
		room[i] = excess(l, row_of(t, point, i)[l->kpi]);
	}
	qsort(room, t->draws, sizeof(*room), rising);
	return room[at];
}

static void judge(const struct trials *t, size_t point, double *room,
                  struct optimum_trial *out)
{
	const struct goal *goal = goal_of(t->h);

	out->broken = 0;
	memcpy(out->x, t->x + point * SEARCH_VARIABLES_MAX, sizeof(out->x));
	for (size_t k = 0; k < goal->n_objectives; k++) {
		double sum = 0;

		for (size_t i = 0; i < t->draws; i++) {
			sum += objective_in(goal, k, row_of(t, point, i));
		}
		out->objectives[k] = sum / (double)t->draws;
	}
	for (size_t k = 0; k < goal->n_limits; k++) {
		out->broken += broken_by(t, point, &goal->limits[k], room);
	}
}

/* Of the objective that is searched for; those before it are limits. */
static void score(const struct hunt *h, const struct optimum_trial *t,
                  struct search_point *out)
{
	const struct goal_objective *all = goal_of(h)->objectives;

	out->objective = all[h->stage].sign * t->objectives[h->stage];
	out->broken = t->broken;
	for (size_t k = 0; k < h->stage; k++) {
		double allowed = h->reached[k] + all[k].slack * fabs(h->reached[k]);
		double over = all[k].sign * t->objectives[k] - allowed;

		out->broken += fmax(over, 0) / fmax(fabs(h->reached[k]), 1e-9);
	}
}

static int keep(struct hunt *h, const struct optimum_trial *t)
{
	if (h->n_archive == h->room) {
		size_t room = h->room ? 2 * h->room : 256;
		struct optimum_trial *all = reallocarray(h->archive, room, sizeof(*all));

		if (!all) {
			return -ENOMEM;
		}
		h->archive = all;
		h->room = room;
	}
	h->archive[h->n_archive++] = *t;
	return 0;
}

static int run_points(struct hunt *h, struct trials *t, size_t n,
                      struct optimum_trial *out)
{
	size_t kpis = h->wish->setup->world.n_kpis;
	double *room = calloc(t->draws, sizeof(*room));
	int err;

	t->h = h;
	t->kpis = calloc(n * t->draws * kpis + 1, sizeof(*t->kpis));
	err = room && t->kpis ? spread_run(n * t->draws, run_one, t, NULL) : -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		judge(t, i, room, &out[i]);
	}
	free(room);
	return err;
}

static int evaluate(void *arg, struct search_point *points, size_t n)
{
	struct hunt *h = arg;
	double x[SEARCH_BATCH_MAX][SEARCH_VARIABLES_MAX];
	struct optimum_trial out[SEARCH_BATCH_MAX];
	struct trials t = {
		.x = x[0], .draws = h->draws, .first = h->wish->setup->samples > 0};
	int err;

	for (size_t i = 0; i < n; i++) {
		memcpy(x[i], points[i].x, sizeof(x[i]));
	}
	err = run_points(h, &t, n, out);
	free(t.kpis);
	for (size_t i = 0; i < n && !err; i++) {
		score(h, &out[i], &points[i]);
		err = keep(h, &out[i]);
	}
	h->out->evaluations += n;
	if (h->wish->progress) {
		h->wish->progress(h->wish->arg, h->out->evaluations, points[0].objective);
	}
	return err;
}

/* ---- the search ---- */

static bool shall_stop(void *arg)
{
	const struct hunt *h = arg;

	return h->wish->stop && h->wish->stop(h->wish->arg);
}

static bool is_point(const struct goal *goal, const double *a, const double *b)
{
	for (size_t k = 0; k < goal->n_variables; k++) {
		if (fabs(a[k] - b[k]) > 0) {
			return false;
		}
	}
	return true;
}

static const struct optimum_trial *find_trial(const struct hunt *h, const double *x)
{
	for (size_t i = 0; i < h->n_archive; i++) {
		if (is_point(goal_of(h), h->archive[i].x, x)) {
			return &h->archive[i];
		}
	}
	return NULL;
}

/* Objective after objective; of two beside each other the second by itself, so that both
 * ends are known. */
static int search_all(struct hunt *h)
{
	const struct goal *goal = goal_of(h);
	struct search_variable ranges[SEARCH_VARIABLES_MAX];
	struct search s = {.variables = ranges,
	                   .n = goal->n_variables,
	                   .evaluate = evaluate,
	                   .stop = shall_stop,
	                   .arg = h};
	struct search_result r;
	int err = 0;

	for (size_t k = 0; k < goal->n_variables; k++) {
		ranges[k] = goal->variables[k].range;
	}
	h->out->whole = true;
	for (h->stage = 0; h->stage < goal->n_objectives && !err; h->stage++) {
		s.evaluations_max = goal->evaluations;
		err = search_run(&s, &r);
		if (!err) {
			const struct optimum_trial *best = find_trial(h, r.best.x);
			const struct optimum_trial *today = find_trial(h, r.today.x);

			h->reached[h->stage] = r.best.objective;
			h->out->best = best ? *best : h->out->best;
			h->out->today = today ? *today : h->out->today;
			h->out->whole = h->out->whole && r.whole;
		}
		for (size_t k = 0; k < goal->n_variables && !goal->pareto; k++) {
			ranges[k].today = r.best.x[k]; /* from there on */
		}
		if (goal->pareto) {
			h->reached[h->stage] = (double)INFINITY;
		}
	}
	return err;
}

/* ---- how sure ---- */

static void compare(struct hunt *h, const struct trials *t)
{
	const struct goal *goal = goal_of(h);
	struct optimum *o = h->out;
	size_t better = 0;

	for (size_t k = 0; k < goal->n_objectives; k++) {
		double sum = 0, squares = 0, n = (double)t->draws;

		for (size_t i = 0; i < t->draws; i++) {
			double gain = -goal->objectives[k].sign *
			              (objective_in(goal, k, row_of(t, 1, i)) -
			               objective_in(goal, k, row_of(t, 0, i)));

			sum += gain;
			squares += gain * gain;
			better += k == 0 && gain > 0;
		}
		o->gain[k] = sum / n;
		o->gain_half[k] =
			t->draws > 1
				? NORMAL_95 * sqrt(fmax(squares / n - sum / n * (sum / n),
		                                        0) *
		                                   n / (n - 1))
				: (double)NAN;
	}
	o->better = (double)better / (double)t->draws;
	for (size_t k = 0; k < h->wish->setup->world.n_kpis; k++) {
		for (size_t i = 0; i < t->draws; i++) {
			o->kpis_today[k] += row_of(t, 0, i)[k] / (double)t->draws;
			o->kpis_best[k] += row_of(t, 1, i)[k] / (double)t->draws;
		}
	}
}

static void find_binding(struct hunt *h)
{
	const struct goal *goal = goal_of(h);
	struct optimum *o = h->out;

	for (size_t k = 0; k < goal->n_limits; k++) {
		const struct goal_limit *l = &goal->limits[k];
		double value = o->kpis_best[l->kpi];

		o->binds[k] = fabs(value - l->min) <= NEAR * fmax(fabs(l->min), 1e-9) ||
		              fabs(value - l->max) <= NEAR * fmax(fabs(l->max), 1e-9);
	}
	for (size_t k = 0; k < goal->n_variables; k++) {
		const struct search_variable *v = &goal->variables[k].range;
		double near = NEAR * (v->max - v->min);

		o->at_end[k] = o->best.x[k] - v->min <= near ||
		               v->max - o->best.x[k] <= near;
	}
}

/* Today and the best on draws of which the search knows nothing. */
static int judge_best(struct hunt *h)
{
	double x[2][SEARCH_VARIABLES_MAX];
	struct optimum_trial out[2];
	size_t fresh = h->draws > FRESH_MIN ? h->draws : FRESH_MIN;
	struct trials t = {.x = x[0], .draws = h->draws > 1 ? fresh : 1};
	int err;

	t.first = h->draws > 1 ? FRESH_DRAWS : 0;
	h->out->draws = t.draws > 1 ? t.draws : 0;
	memcpy(x[0], h->out->today.x, sizeof(x[0]));
	memcpy(x[1], h->out->best.x, sizeof(x[1]));
	err = run_points(h, &t, 2, out);
	if (!err) {
		compare(h, &t);
		find_binding(h);
	}
	free(t.kpis);
	return err;
}

static int find_slopes(struct hunt *h)
{
	const struct goal *goal = goal_of(h);
	double x[2 * SEARCH_VARIABLES_MAX][SEARCH_VARIABLES_MAX];
	struct optimum_trial out[2 * SEARCH_VARIABLES_MAX];
	struct trials t = {
		.x = x[0], .draws = h->draws, .first = h->wish->setup->samples > 0};
	size_t n = 2 * goal->n_variables;
	int err;

	for (size_t i = 0; i < n; i++) {
		const struct search_variable *v = &goal->variables[i / 2].range;

		memcpy(x[i], h->out->best.x, sizeof(x[i]));
		x[i][i / 2] += (i % 2 ? 1 : -1) * NUDGE * (v->max - v->min);
	}
	err = run_points(h, &t, n, out);
	free(t.kpis);
	for (size_t i = 0; i < n && !err; i++) {
		const struct search_variable *v = &goal->variables[i / 2].range;
		bool within = x[i][i / 2] >= v->min && x[i][i / 2] <= v->max;
		double change = within ? out[i].objectives[0] - h->out->best.objectives[0]
		                       : (double)NAN;

		*(i % 2 ? &h->out->slopes[i / 2].up
		        : &h->out->slopes[i / 2].down) = change;
	}
	return err;
}

/* ---- of two objectives ---- */

static bool beats(const struct goal *goal, const struct optimum_trial *a,
                  const struct optimum_trial *b)
{
	double first = goal->objectives[0].sign * (a->objectives[0] - b->objectives[0]);
	double second = goal->objectives[1].sign * (a->objectives[1] - b->objectives[1]);

	return first <= 0 && second <= 0 && (first < 0 || second < 0);
}

static int by_first(const void *a, const void *b)
{
	const struct optimum_trial *x = a, *y = b;

	return rising(&x->objectives[0], &y->objectives[0]);
}

static void find_pareto(struct hunt *h)
{
	struct optimum *o = h->out;

	for (size_t i = 0; i < h->n_archive; i++) {
		const struct optimum_trial *t = &h->archive[i];
		bool best = !(t->broken > 0);

		for (size_t k = 0; k < h->n_archive && best; k++) {
			best = h->archive[k].broken > 0 ||
			       !beats(goal_of(h), &h->archive[k], t);
		}
		for (size_t k = 0; k < o->n_pareto && best; k++) {
			best = !is_point(goal_of(h), o->pareto[k].x, t->x);
		}
		if (best && o->n_pareto < OPTIMUM_PARETO_MAX) {
			o->pareto[o->n_pareto++] = *t;
		}
	}
	qsort(o->pareto, o->n_pareto, sizeof(*o->pareto), by_first);
}

int optimum_find(struct optimum *out, const struct optimum_wish *wish)
{
	struct hunt h = {.out = out, .wish = wish};
	int err;

	*out = (struct optimum){.goal = wish->goal};
	h.draws = wish->setup->samples > 0 ? wish->setup->samples : 1;
	err = search_all(&h);
	err = err ? err : judge_best(&h);
	err = err ? err : find_slopes(&h);
	if (!err && wish->goal->pareto) {
		find_pareto(&h);
	}
	free(h.archive);
	return err;
}

bool optimum_is_worth_it(const struct optimum *o)
{
	double half = isnan(o->gain_half[0]) ? 0 : o->gain_half[0];

	return !(o->best.broken > 0) && (o->today.broken > 0 || o->gain[0] > half);
}
