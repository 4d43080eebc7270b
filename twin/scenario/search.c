/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/scenario/search.h"

#include <errno.h>
#include <math.h>
#include <nlopt.h>
#include <string.h>

/* Coarse meshes of the last part, in steps. */
enum { MESH_STEPS = 4, GLOBAL_OF_ONE = 50, CALLS_OF_ONE = 20, SEED = 1 };

#define FIRST_STEP 0.1   /* of the range, of the local search */
#define FORBIDDEN  1e100 /* beyond any objective: a point that breaks a limit */

struct state {
	struct search_state in;
	const struct search *s;
	nlopt_opt opt;
	struct search_point last;
	bool any;     /* last is one */
	double worst; /* objective so far: what stands for none */
};

bool search_is_better(const struct search_point *a, const struct search_point *b)
{
	if (isnan(a->objective) || isnan(b->objective)) {
		return !isnan(a->objective);
	}
	if (a->broken > 0 || b->broken > 0) {
		return a->broken < b->broken;
	}
	return a->objective < b->objective;
}

void search_evaluate(struct search_state *t, struct search_point *points, size_t n)
{
	const struct search_trials *s = t->trials;
	size_t runs = n;

	if (t->err || t->ended || t->out->evaluations >= t->allowed ||
	    (s->stop && s->stop(s->arg))) {
		t->ended = true;
		return;
	}
	t->err = s->evaluate(s->arg, points, n, &runs);
	t->out->evaluations += runs;
	for (size_t i = 0; i < n && !t->err; i++) {
		points[i].broken = 0;
		for (size_t k = 0; k < s->n_limits; k++) {
			points[i].broken += fmax(points[i].excess[k], 0);
		}
		if (search_is_better(&points[i], &t->out->best)) {
			t->out->best = points[i];
		}
	}
	t->ended = t->err != 0;
}

/* ---- the grid ---- */

static double step_of(const struct search_variable *v)
{
	return v->step > 0 ? v->step : (v->max - v->min) / 1000;
}

/* To the grid, within the box. */
static double snap(const struct search_variable *v, double x)
{
	double step = step_of(v),
	       k = round((fmin(fmax(x, v->min), v->max) - v->min) / step);

	return step > 0 ? fmin(v->min + k * step, v->max) : v->min;
}

/* ---- by NLopt ---- */

static bool is_last(const struct state *t, const double *x)
{
	bool same = t->any;

	for (size_t k = 0; k < t->s->n; k++) {
		same = same && !(fabs(x[k] - t->last.x[k]) > 0);
	}
	return same;
}

/* The point of the grid that is nearest; the last one is known. */
static const struct search_point *look_at(struct state *t, const double *x)
{
	struct search_point p = {.objective = (double)NAN};

	for (size_t k = 0; k < t->s->n; k++) {
		p.x[k] = snap(&t->s->variables[k], x[k]);
	}
	if (!is_last(t, p.x)) {
		search_evaluate(&t->in, &p, 1);
		if (t->in.ended) {
			nlopt_force_stop(t->opt);
			for (size_t k = 0; k < t->s->trials.n_limits; k++) {
				p.excess[k] = 1;
			}
			p.broken = 1;
		} else if (p.objective > t->worst || isnan(t->worst)) {
			t->worst = p.objective;
		}
		t->last = p;
		t->any = !t->in.ended;
	}
	return &t->last;
}

struct limit {
	struct state *t;
	size_t number;
};

/* In the order of search_is_better(), for a search that only compares. */
static double ranked(unsigned n, const double *x, double *gradient, void *arg)
{
	const struct search_point *p = look_at(arg, x);

	(void)n;
	(void)gradient;
	return isnan(p->objective) ? FORBIDDEN * FORBIDDEN
	       : p->broken > 0     ? FORBIDDEN * (1 + p->broken)
	                           : p->objective;
}

static double plain(unsigned n, const double *x, double *gradient, void *arg)
{
	struct state *t = arg;
	const struct search_point *p = look_at(t, x);

	(void)n;
	(void)gradient;
	return !isnan(p->objective) ? p->objective : isnan(t->worst) ? 0 : t->worst;
}

static double excess(unsigned n, const double *x, double *gradient, void *arg)
{
	const struct limit *l = arg;

	(void)n;
	(void)gradient;
	return look_at(l->t, x)->excess[l->number];
}

static nlopt_opt make(struct state *t, nlopt_algorithm algorithm, nlopt_func objective)
{
	const struct search *s = t->s;
	nlopt_opt opt = nlopt_create(algorithm, (unsigned)s->n);
	double low[SEARCH_VARIABLES_MAX], high[SEARCH_VARIABLES_MAX];

	for (size_t k = 0; k < s->n; k++) {
		low[k] = s->variables[k].min;
		high[k] = s->variables[k].max;
	}
	if (!opt || nlopt_set_lower_bounds(opt, low) < 0 ||
	    nlopt_set_upper_bounds(opt, high) < 0 ||
	    nlopt_set_min_objective(opt, objective, t) < 0 ||
	    nlopt_set_maxeval(opt, (int)(CALLS_OF_ONE * t->in.allowed)) < 0) {
		nlopt_destroy(opt);
		t->in.err = -ENOMEM;
		return NULL;
	}
	return opt;
}

/* Up to so many evaluations; what ends it early is no error but want of memory. */
static void run(struct state *t, const struct search_point *from, size_t allowed)
{
	double x[SEARCH_X_MAX], value;

	t->in.allowed = allowed;
	t->any = false;
	if (t->opt && allowed > t->in.out->evaluations) {
		memcpy(x, from->x, sizeof(x));
		if (nlopt_optimize(t->opt, x, &value) == NLOPT_OUT_OF_MEMORY) {
			t->in.err = -ENOMEM;
		}
	}
	nlopt_destroy(t->opt);
	t->opt = NULL;
	/* Its share is used up, no more. */
	t->in.ended = t->in.err ||
	              (t->s->trials.stop && t->s->trials.stop(t->s->trials.arg));
	t->in.allowed = t->s->trials.evaluations_max;
}

static void search_globally(struct state *t)
{
	size_t half = t->in.allowed / 2, most = GLOBAL_OF_ONE * (t->s->n + 1);
	const struct search_point from = t->in.out->today;

	nlopt_srand(SEED);
	t->opt = make(t, NLOPT_GN_CRS2_LM, ranked);
	run(t, &from, half < most ? half : most);
}

static void search_locally(struct state *t, struct search_point from)
{
	const struct search *s = t->s;
	double first[SEARCH_VARIABLES_MAX], last[SEARCH_VARIABLES_MAX];
	struct limit limits[SEARCH_LIMITS_MAX];
	size_t left = 4 * s->n * s->n; /* for the grid */

	if (t->in.ended || t->in.allowed < left) {
		return;
	}
	for (size_t k = 0; k < s->n; k++) {
		const struct search_variable *v = &s->variables[k];

		last[k] = step_of(v);
		first[k] = fmax(FIRST_STEP * (v->max - v->min), last[k]);
	}
	t->opt = make(t, NLOPT_LN_COBYLA, plain);
	if (!t->opt) {
		return;
	}
	if (nlopt_set_initial_step(t->opt, first) < 0 ||
	    nlopt_set_xtol_abs(t->opt, last) < 0) {
		t->in.err = -ENOMEM;
	}
	for (size_t k = 0; k < s->trials.n_limits; k++) {
		limits[k] = (struct limit){t, k};
		if (nlopt_add_inequality_constraint(t->opt, excess, &limits[k], 0) < 0) {
			t->in.err = -ENOMEM;
		}
	}
	run(t, &from, t->in.allowed - left);
}

/* ---- on the grid ---- */

/* Points around one, evaluated together. */
struct poll {
	struct search_point batch[SEARCH_BATCH_MAX];
	size_t n;
};

/* The best of them takes the place of *at. */
static void poll(struct state *t, struct poll *p, struct search_point *at, bool *better)
{
	if (p->n > 0) {
		search_evaluate(&t->in, p->batch, p->n);
	}
	for (size_t i = 0; i < p->n && !t->in.ended; i++) {
		if (search_is_better(&p->batch[i], at)) {
			*at = p->batch[i];
			*better = true;
		}
	}
	p->n = 0;
}

static double moved(const struct search_variable *v, double from, double steps)
{
	return snap(v, from + steps * step_of(v));
}

/* Each variable alone, there and back. */
static void poll_axes(struct state *t, struct search_point *at, double steps,
                      bool *better)
{
	struct poll p = {.n = 0};

	for (size_t k = 0; k < t->s->n; k++) {
		for (int sign = -1; sign <= 1; sign += 2) {
			double x = moved(&t->s->variables[k], at->x[k], sign * steps);

			if (fabs(x - at->x[k]) > 0) {
				p.batch[p.n] = *at;
				p.batch[p.n++].x[k] = x;
			}
		}
	}
	poll(t, &p, at, better);
}

/* One against another: along a limit of both, where each alone breaks it. */
static void poll_pairs(struct state *t, struct search_point *at, double steps,
                       bool *better)
{
	const struct search *s = t->s;
	const struct search_point from = *at;
	struct poll p = {.n = 0};

	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; k < s->n; k++) {
			if (i == k) {
				continue;
			}
			p.batch[p.n] = from;
			p.batch[p.n].x[i] = moved(&s->variables[i], from.x[i], steps);
			p.batch[p.n++].x[k] = moved(&s->variables[k], from.x[k], -steps);
			if (p.n == SEARCH_BATCH_MAX) {
				poll(t, &p, at, better);
			}
		}
	}
	poll(t, &p, at, better);
}

/* Until no neighbour is better. */
static void search_grid(struct state *t)
{
	struct search_point at = t->in.out->best;

	for (int steps = MESH_STEPS; steps > 0 && !t->in.ended;) {
		bool better = false;

		poll_axes(t, &at, steps, &better);
		if (!better && !t->in.ended) {
			poll_pairs(t, &at, steps, &better);
		}
		steps = better ? steps : steps / 2;
	}
}

static bool is_box(const struct search *s)
{
	for (size_t k = 0; k < s->n; k++) {
		const struct search_variable *v = &s->variables[k];

		if (!(v->min <= v->max) || !isfinite(v->max - v->min) ||
		    !(v->step >= 0)) {
			return false;
		}
	}
	return s->n >= 1 && s->n <= SEARCH_VARIABLES_MAX &&
	       s->trials.n_limits <= SEARCH_LIMITS_MAX;
}

int search_run(const struct search *s, struct search_result *out)
{
	struct state t = {.s = s,
	                  .in = {.trials = &s->trials,
	                         .out = out,
	                         .allowed = s->trials.evaluations_max},
	                  .worst = (double)NAN};

	if (!is_box(s)) {
		return -EINVAL;
	}
	*out = (struct search_result){.best = {.objective = (double)NAN}};
	for (size_t k = 0; k < s->n; k++) {
		out->today.x[k] = fmin(fmax(s->variables[k].today, s->variables[k].min),
		                       s->variables[k].max);
	}
	search_evaluate(&t.in, &out->today, 1);
	if (!t.in.ended) {
		search_globally(&t);
	}
	search_locally(&t, out->best);
	search_locally(&t, out->today);
	search_grid(&t);
	out->whole = !t.in.ended;
	return t.in.err;
}
