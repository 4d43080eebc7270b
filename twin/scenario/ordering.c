/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/scenario/ordering.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "twin/plant/rng.h"

/* Shakes without a better order, for each thing, after which it is as good as it gets. */
enum { PATIENCE = 4, SHAKES = 2, SEED = 1 };

struct batch {
	struct search_point points[SEARCH_BATCH_MAX];
	size_t n;
};

struct hunt {
	const struct ordering *s;
	struct search_state in;
	struct rng g;
};

static bool is_order(const double *x, size_t n)
{
	bool seen[SEARCH_X_MAX] = {false};

	for (size_t i = 0; i < n; i++) {
		if (!(x[i] >= 0 && x[i] < (double)n) || seen[(size_t)x[i]]) {
			return false;
		}
		seen[(size_t)x[i]] = true;
	}
	return true;
}

/* The best of a batch takes the place of *at. */
static void look(struct hunt *h, struct batch *b, struct search_point *at)
{
	if (b->n > 0) {
		search_evaluate(&h->in, b->points, b->n);
	}
	for (size_t i = 0; i < b->n && !h->in.ended; i++) {
		if (search_is_better(&b->points[i], at)) {
			*at = b->points[i];
		}
	}
	b->n = 0;
}

static void offer(struct hunt *h, struct batch *b, const double *x,
                  struct search_point *at)
{
	memcpy(b->points[b->n].x, x, sizeof(b->points[b->n].x));
	b->points[b->n++].objective = (double)NAN;
	if (b->n == SEARCH_BATCH_MAX) {
		look(h, b, at);
	}
}

/* ---- all of them ---- */

/* The next by the alphabet.  @return false: it was the last */
static bool next_order(double *x, size_t n)
{
	size_t i = n - 1, k = n - 1;
	double kept;

	while (i > 0 && x[i - 1] >= x[i]) {
		i--;
	}
	if (i == 0) {
		return false;
	}
	while (x[k] <= x[i - 1]) {
		k--;
	}
	kept = x[i - 1];
	x[i - 1] = x[k];
	x[k] = kept;
	for (k = n - 1; i < k; i++, k--) {
		kept = x[i];
		x[i] = x[k];
		x[k] = kept;
	}
	return true;
}

static bool are_few(const struct ordering *s)
{
	double all = 1;

	for (size_t i = 2; i <= s->n; i++) {
		all *= (double)i;
	}
	return all + (double)s->n_starts <= (double)s->trials.evaluations_max;
}

static void enumerate(struct hunt *h)
{
	struct search_point best = h->in.out->best;
	double x[SEARCH_X_MAX] = {0};
	struct batch b = {.n = 0};

	for (size_t i = 0; i < h->s->n; i++) {
		x[i] = (double)i;
	}
	do {
		offer(h, &b, x, &best);
	} while (!h->in.ended && next_order(x, h->s->n));
	look(h, &b, &best);
}

/* ---- the better ones ---- */

static void move(double *x, size_t from, size_t to)
{
	double thing = x[from];

	if (from < to) {
		memmove(x + from, x + from + 1, (to - from) * sizeof(*x));
	} else {
		memmove(x + to + 1, x + to, (from - to) * sizeof(*x));
	}
	x[to] = thing;
}

static size_t place_of(const double *x, double thing)
{
	size_t at = 0;

	while (fabs(x[at] - thing) > 0) {
		at++;
	}
	return at;
}

static void shuffle(struct hunt *h, double *x, size_t n)
{
	for (size_t i = n - 1; i > 0; i--) {
		size_t k = (size_t)(rng_uniform(&h->g) * (double)(i + 1));
		double kept = x[i];

		x[i] = x[k];
		x[k] = kept;
	}
}

/* One thing where it is best. */
static void insert(struct hunt *h, double thing, struct search_point *at)
{
	const struct search_point from = *at;
	size_t was = place_of(from.x, thing);
	struct batch b = {.n = 0};

	for (size_t to = 0; to < h->s->n && !h->in.ended; to++) {
		double x[SEARCH_X_MAX];

		memcpy(x, from.x, sizeof(x));
		move(x, was, to);
		if (to != was) {
			offer(h, &b, x, at);
		}
	}
	look(h, &b, at);
}

/* Things in a drawn order, until none has a better place. */
static void descend(struct hunt *h, struct search_point *at)
{
	struct search_point before;
	double things[SEARCH_X_MAX];

	memcpy(things, at->x, sizeof(things));
	do {
		before = *at;
		shuffle(h, things, h->s->n);
		for (size_t i = 0; i < h->s->n && !h->in.ended; i++) {
			insert(h, things[i], at);
		}
	} while (!h->in.ended && search_is_better(at, &before));
}

static void shake(struct hunt *h, struct search_point *at)
{
	double n = (double)h->s->n;

	for (int i = 0; i < SHAKES; i++) {
		move(at->x, (size_t)(rng_uniform(&h->g) * n),
		     (size_t)(rng_uniform(&h->g) * n));
	}
	search_evaluate(&h->in, at, 1);
}

static void improve(struct hunt *h)
{
	struct search_point best = h->in.out->best;

	descend(h, &best);
	for (size_t n = 0; n < PATIENCE * h->s->n && !h->in.ended; n++) {
		struct search_point at = best;

		shake(h, &at);
		if (!h->in.ended) {
			descend(h, &at);
		}
		if (search_is_better(&at, &best)) {
			best = at;
			n = 0;
		}
	}
}

static int begin(struct hunt *h)
{
	struct batch b = {.n = 0};

	for (size_t i = 0; i < h->s->n_starts; i++) {
		if (!is_order(h->s->starts[i], h->s->n)) {
			return -EINVAL;
		}
		memcpy(b.points[b.n].x, h->s->starts[i], sizeof(b.points[b.n].x));
		b.points[b.n++].objective = (double)NAN;
	}
	search_evaluate(&h->in, b.points, b.n);
	h->in.out->today = b.points[0];
	return 0;
}

int ordering_run(const struct ordering *s, struct search_result *out)
{
	struct hunt h = {.s = s,
	                 .in = {.trials = &s->trials,
	                        .out = out,
	                        .allowed = s->trials.evaluations_max}};

	if (s->n < 2 || s->n > SEARCH_X_MAX || s->n_starts < 1 ||
	    s->n_starts > SEARCH_BATCH_MAX || s->trials.n_limits > SEARCH_LIMITS_MAX) {
		return -EINVAL;
	}
	*out = (struct search_result){.best = {.objective = (double)NAN}};
	rng_init(&h.g, SEED, 0);
	if (begin(&h)) {
		return -EINVAL;
	}
	if (!h.in.ended) {
		(are_few(s) ? enumerate : improve)(&h);
	}
	out->whole = !h.in.ended;
	return h.in.err;
}
