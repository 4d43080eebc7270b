/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/scenario/optimum.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/scenario/tried.h"
#include "gateway/spread.h"
#include "twin/scenario/kpi.h"

enum { FRESH_DRAWS = 1 << 20, FRESH_MIN = 40 }; /* first number of those judged on */

#define NORMAL_95 1.959963984540054
#define NEAR      0.01 /* of a limit: it binds */
#define NUDGE     0.05 /* of a variable's range */

struct hunt {
	struct optimum *out;
	const struct optimum_wish *wish;
	size_t draws, stage; /* stage: the objective that is searched for */
	uint64_t first;      /* number of the first draw */
	double reached[GOAL_OBJECTIVES_MAX]; /* of those before it, signed */
	struct tried tried;
};

/* Points by draws, each a run. */
struct trials {
	const struct hunt *h;
	const double *x; /* by point */
	size_t draws;
	uint64_t first;
	double *figures; /* by point, draw, figure */
};

static const struct goal *goal_of(const struct hunt *h)
{
	return h->wish->goal;
}

static int run_one(void *arg, size_t i)
{
	const struct trials *t = arg;
	const struct goal_world *w = goal_of(t->h)->world;

	return w->run(w->arg, t->x + i / t->draws * SEARCH_X_MAX, t->first + i % t->draws,
	              t->figures + i * w->n_figures);
}

/* ---- judging ---- */

static const double *row_of(const struct trials *t, size_t point, size_t draw)
{
	return t->figures + (point * t->draws + draw) * goal_of(t->h)->world->n_figures;
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

	if (isnan(value)) {
		return 1;
	}
	return (isnan(l->min)   ? above
	        : isnan(l->max) ? below
	                        : fmax(below, above)) /
	       scale;
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
		room[i] = excess(l, row_of(t, point, i)[l->figure]);
	}
	qsort(room, t->draws, sizeof(*room), rising);
	return room[at];
}

static void judge(const struct trials *t, size_t point, double *room,
                  struct optimum_trial *out)
{
	const struct goal *goal = goal_of(t->h);

	out->broken = 0;
	memcpy(out->x, t->x + point * SEARCH_X_MAX, sizeof(out->x));
	for (size_t k = 0; k < goal->n_objectives; k++) {
		double sum = 0;

		for (size_t i = 0; i < t->draws; i++) {
			sum += objective_in(goal, k, row_of(t, point, i));
		}
		out->objectives[k] = sum / (double)t->draws;
	}
	for (size_t k = 0; k < goal->n_limits; k++) {
		out->excess[k] = broken_by(t, point, &goal->limits[k], room);
		out->broken += fmax(out->excess[k], 0);
	}
}

/* Of the objective that is searched for; those before it are limits. */
static void score(const struct hunt *h, const struct optimum_trial *t,
                  struct search_point *out)
{
	const struct goal_objective *all = goal_of(h)->objectives;
	size_t n = goal_of(h)->n_limits;

	out->objective = all[h->stage].sign * t->objectives[h->stage];
	memcpy(out->excess, t->excess, n * sizeof(*out->excess));
	for (size_t k = 0; k < h->stage; k++) {
		double allowed = h->reached[k] + all[k].slack * fabs(h->reached[k]);
		double over = all[k].sign * t->objectives[k] - allowed;

		/* of two beside each other the first does not matter */
		out->excess[n + k] = isfinite(allowed)
		                             ? over / fmax(fabs(h->reached[k]), 1e-9)
		                             : -1;
	}
}

static int run_points(struct hunt *h, struct trials *t, size_t n,
                      struct optimum_trial *out)
{
	size_t figures = goal_of(h)->world->n_figures;
	double *room = calloc(t->draws, sizeof(*room));
	int err;

	t->h = h;
	t->figures = calloc(n * t->draws * figures + 1, sizeof(*t->figures));
	err = room && t->figures ? spread_run(n * t->draws, run_one, t, NULL) : -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		judge(t, i, room, &out[i]);
	}
	free(room);
	return err;
}

/* Those that are not known yet are run together. */
static int run_new(struct hunt *h, const struct search_point *points, size_t n,
                   size_t *runs)
{
	double x[SEARCH_BATCH_MAX][SEARCH_X_MAX];
	struct optimum_trial out[SEARCH_BATCH_MAX];
	struct trials t = {.x = x[0], .draws = h->draws, .first = h->first};
	int err;

	*runs = 0;
	for (size_t i = 0; i < n; i++) {
		if (!tried_find(&h->tried, points[i].x)) {
			memcpy(x[(*runs)++], points[i].x, sizeof(x[0]));
		}
	}
	err = *runs ? run_points(h, &t, *runs, out) : 0;
	free(t.figures);
	for (size_t i = 0; i < *runs && !err; i++) {
		err = tried_add(&h->tried, &out[i]);
	}
	h->out->evaluations += *runs;
	return err;
}

static int evaluate(void *arg, struct search_point *points, size_t n, size_t *runs)
{
	struct hunt *h = arg;
	int err = run_new(h, points, n, runs);

	for (size_t i = 0; i < n && !err; i++) {
		score(h, tried_find(&h->tried, points[i].x), &points[i]);
	}
	if (h->wish->progress && !err) {
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

/* The box or the order, for one objective. */
static int search_one(struct hunt *h, struct search_variable *ranges,
                      struct search_result *r)
{
	const struct goal *goal = goal_of(h);
	const struct search_trials trials = {.n_limits = goal->n_limits + h->stage,
	                                     .evaluations_max = goal->evaluations,
	                                     .evaluate = evaluate,
	                                     .stop = shall_stop,
	                                     .arg = h};

	if (goal->order) {
		return ordering_run(&(struct ordering){.n = goal->order->n,
		                                       .starts = goal->order->starts,
		                                       .n_starts = goal->order->n_starts,
		                                       .trials = trials},
		                    r);
	}
	return search_run(&(struct search){.variables = ranges,
	                                   .n = goal->n_variables,
	                                   .trials = trials},
	                  r);
}

/* Objective after objective; of two beside each other the second by itself, so that both
 * ends are known. */
static int search_all(struct hunt *h)
{
	const struct goal *goal = goal_of(h);
	struct search_variable ranges[SEARCH_VARIABLES_MAX];
	struct search_result r;
	int err = 0;

	for (size_t k = 0; k < goal->n_variables; k++) {
		ranges[k] = goal->variables[k].range;
	}
	h->out->whole = true;
	for (h->stage = 0; h->stage < goal->n_objectives && !err; h->stage++) {
		err = search_one(h, ranges, &r);
		if (!err) {
			const struct optimum_trial *best = tried_find(&h->tried,
			                                              r.best.x);
			const struct optimum_trial *today = tried_find(&h->tried,
			                                               r.today.x);

			h->reached[h->stage] = r.best.objective;
			h->out->best = best ? *best : h->out->best;
			h->out->today = today && h->stage == 0 ? *today : h->out->today;
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
	for (size_t k = 0; k < goal->world->n_figures; k++) {
		for (size_t i = 0; i < t->draws; i++) {
			o->figures_today[k] += row_of(t, 0, i)[k] / (double)t->draws;
			o->figures_best[k] += row_of(t, 1, i)[k] / (double)t->draws;
		}
	}
}

static void find_binding(struct hunt *h)
{
	const struct goal *goal = goal_of(h);
	struct optimum *o = h->out;

	for (size_t k = 0; k < goal->n_limits; k++) {
		const struct goal_limit *l = &goal->limits[k];
		double value = o->figures_best[l->figure];

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
	double x[2][SEARCH_X_MAX];
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
	free(t.figures);
	return err;
}

/* Each variable alone, down and up. */
static int find_slopes(struct hunt *h)
{
	const struct goal *goal = goal_of(h);
	double x[2 * SEARCH_VARIABLES_MAX][SEARCH_X_MAX];
	struct optimum_trial out[2 * SEARCH_VARIABLES_MAX];
	struct trials t = {.x = x[0], .draws = h->draws, .first = h->first};
	size_t n = 2 * goal->n_variables;
	int err;

	for (size_t i = 0; i < n; i++) {
		const struct search_variable *v = &goal->variables[i / 2].range;

		memcpy(x[i], h->out->best.x, sizeof(x[i]));
		x[i][i / 2] += (i % 2 ? 1 : -1) * NUDGE * (v->max - v->min);
	}
	err = run_points(h, &t, n, out);
	free(t.figures);
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

/* Each thing and the next one. */
static int find_swaps(struct hunt *h)
{
	const struct goal *goal = goal_of(h);
	int err = 0;

	for (size_t i = 0; i < goal->order->n && !err; i++) {
		const double *best = h->out->best.x;
		struct search_point p;
		struct optimum_slope *slope = &h->out->slopes[i];
		size_t runs;

		*slope = (struct optimum_slope){(double)NAN, (double)NAN};
		if (i + 1 < goal->order->n) {
			memcpy(p.x, best, sizeof(p.x));
			p.x[i] = best[i + 1];
			p.x[i + 1] = best[i];
			err = run_new(h, &p, 1, &runs);
			slope->up = err ? (double)NAN
			                : tried_find(&h->tried, p.x)->objectives[0] -
			                            h->out->best.objectives[0];
		}
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

	for (size_t i = 0; i < h->tried.n; i++) {
		const struct optimum_trial *t = &h->tried.all[i];
		bool best = !(t->broken > 0);

		for (size_t k = 0; k < h->tried.n && best; k++) {
			best = h->tried.all[k].broken > 0 ||
			       !beats(goal_of(h), &h->tried.all[k], t);
		}
		if (best && o->n_pareto < OPTIMUM_PARETO_MAX) {
			o->pareto[o->n_pareto++] = *t;
		}
	}
	qsort(o->pareto, o->n_pareto, sizeof(*o->pareto), by_first);
}

int optimum_find(struct optimum *out, const struct optimum_wish *wish)
{
	struct hunt h = {.out = out, .wish = wish, .tried.width = goal_width(wish->goal)};
	int err;

	*out = (struct optimum){.goal = wish->goal};
	h.draws = wish->goal->world->samples > 0 ? wish->goal->world->samples : 1;
	h.first = wish->goal->world->samples > 0;
	err = search_all(&h);
	err = err ? err : judge_best(&h);
	err = err ? err : wish->goal->order ? find_swaps(&h) : find_slopes(&h);
	if (!err && wish->goal->pareto) {
		find_pareto(&h);
	}
	tried_fini(&h.tried);
	return err;
}

bool optimum_is_worth_it(const struct optimum *o)
{
	double half = isnan(o->gain_half[0]) ? 0 : o->gain_half[0];

	return !(o->best.broken > 0) && (o->today.broken > 0 || o->gain[0] > half);
}
