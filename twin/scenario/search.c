/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/scenario/search.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { STARTS = 3, SPREAD_OF_ONE = 12 };

static const unsigned primes[SEARCH_VARIABLES_MAX] = {2, 3, 5, 7, 11, 13, 17, 19};

struct state {
	const struct search *s;
	struct search_result *out;
	struct search_point starts[STARTS]; /* the best of the spread, the best first */
	size_t n_starts;
	bool ended;
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

/* @return 0, or what ends it */
static int evaluate(struct state *t, struct search_point *points, size_t n)
{
	const struct search *s = t->s;
	int err;

	if (t->out->evaluations >= s->evaluations_max || (s->stop && s->stop(s->arg))) {
		t->ended = true;
		return 0;
	}
	err = s->evaluate(s->arg, points, n);
	t->out->evaluations += n;
	for (size_t i = 0; i < n && !err; i++) {
		if (search_is_better(&points[i], &t->out->best)) {
			t->out->best = points[i];
		}
	}
	return err;
}

static double halton(size_t i, unsigned base)
{
	double x = 0, share = 1;

	for (; i > 0; i /= base) {
		share /= base;
		x += share * (double)(i % base);
	}
	return x;
}

/* Keep it among the starts, if it is one of the best. */
static void keep_start(struct state *t, const struct search_point *p)
{
	size_t at = t->n_starts;

	while (at > 0 && search_is_better(p, &t->starts[at - 1])) {
		at--;
	}
	if (at == STARTS) {
		return;
	}
	if (t->n_starts < STARTS) {
		t->n_starts++;
	}
	for (size_t i = t->n_starts - 1; i > at; i--) {
		t->starts[i] = t->starts[i - 1];
	}
	t->starts[at] = *p;
}

static int spread(struct state *t)
{
	const struct search *s = t->s;
	struct search_point batch[SEARCH_BATCH_MAX];
	size_t wanted = SPREAD_OF_ONE * s->n, done = 0;
	int err = 0;

	while (done < wanted && !err && !t->ended) {
		size_t n = wanted - done < SEARCH_BATCH_MAX ? wanted - done
		                                            : SEARCH_BATCH_MAX;

		for (size_t i = 0; i < n; i++) {
			batch[i] = (struct search_point){.objective = (double)NAN};
			for (size_t k = 0; k < s->n; k++) {
				const struct search_variable *v = &s->variables[k];

				batch[i].x[k] = snap(
					v,
					v->min + (v->max - v->min) *
							 halton(done + i + 1, primes[k]));
			}
		}
		err = evaluate(t, batch, n);
		for (size_t i = 0; i < n && !err && !t->ended; i++) {
			keep_start(t, &batch[i]);
		}
		done += n;
	}
	return err;
}

/* Points around one, evaluated together. */
struct poll {
	struct search_point batch[SEARCH_BATCH_MAX];
	size_t n;
};

static double moved(const struct search_variable *v, double from, double mesh, int sign)
{
	return snap(v, from + sign * fmax(mesh * (v->max - v->min), step_of(v)));
}

/* The best of them takes the place of *at.  @return 0, or what ends it */
static int look(struct state *t, struct poll *p, struct search_point *at, bool *better)
{
	int err = p->n ? evaluate(t, p->batch, p->n) : 0;

	for (size_t i = 0; i < p->n && !err && !t->ended; i++) {
		if (search_is_better(&p->batch[i], at)) {
			*at = p->batch[i];
			*better = true;
		}
	}
	p->n = 0;
	return err;
}

/* Each variable alone, there and back. */
static int poll_axes(struct state *t, struct search_point *at, double mesh, bool *better)
{
	const struct search *s = t->s;
	struct poll p = {.n = 0};

	for (size_t k = 0; k < s->n; k++) {
		for (int sign = -1; sign <= 1; sign += 2) {
			double x = moved(&s->variables[k], at->x[k], mesh, sign);

			if (fabs(x - at->x[k]) > 0) {
				p.batch[p.n] = *at;
				p.batch[p.n++].x[k] = x;
			}
		}
	}
	return look(t, &p, at, better);
}

/* One against another: along a limit of both, where each alone breaks it. */
static int poll_pairs(struct state *t, struct search_point *at, double mesh, bool *better)
{
	const struct search *s = t->s;
	const struct search_point from = *at;
	struct poll p = {.n = 0};
	int err = 0;

	for (size_t i = 0; i < s->n && !err; i++) {
		for (size_t k = 0; k < s->n && !err; k++) {
			if (i == k) {
				continue;
			}
			p.batch[p.n] = from;
			p.batch[p.n].x[i] = moved(&s->variables[i], from.x[i], mesh, 1);
			p.batch[p.n++].x[k] = moved(&s->variables[k], from.x[k], mesh,
			                            -1);
			if (p.n == SEARCH_BATCH_MAX) {
				err = look(t, &p, at, better);
			}
		}
	}
	return err ? err : look(t, &p, at, better);
}

static double finest(const struct search *s)
{
	double mesh = 1;

	for (size_t k = 0; k < s->n; k++) {
		const struct search_variable *v = &s->variables[k];

		if (v->max > v->min) {
			mesh = fmin(mesh, step_of(v) / (v->max - v->min));
		}
	}
	return mesh;
}

static int descend(struct state *t, struct search_point at)
{
	double mesh = 0.25, end = finest(t->s);
	bool last = false;
	int err = 0;

	while (!err && !t->ended) {
		bool better = false;

		err = poll_axes(t, &at, mesh, &better);
		if (!err && !better && !t->ended) {
			err = poll_pairs(t, &at, mesh, &better);
		}
		if (!better) {
			if (last) {
				break;
			}
			mesh /= 2;
			last = mesh <= end;
		}
	}
	return err;
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
	return s->n >= 1 && s->n <= SEARCH_VARIABLES_MAX;
}

int search_run(const struct search *s, struct search_result *out)
{
	struct state t = {.s = s, .out = out};
	int err;

	if (!is_box(s)) {
		return -EINVAL;
	}
	*out = (struct search_result){.best = {.objective = (double)NAN}};
	for (size_t k = 0; k < s->n; k++) {
		out->today.x[k] = fmin(fmax(s->variables[k].today, s->variables[k].min),
		                       s->variables[k].max);
	}
	err = evaluate(&t, &out->today, 1);
	if (!err) {
		err = spread(&t);
	}
	keep_start(&t, &out->today);
	for (size_t i = 0; i < t.n_starts && !err && !t.ended; i++) {
		err = descend(&t, t.starts[i]);
	}
	out->whole = !t.ended;
	return err;
}
