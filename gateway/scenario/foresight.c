/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/scenario/foresight.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/spread.h"

#define NORMAL_95 1.959963984540054 /* two-sided quantile of the normal distribution */

/* ---- runs ---- */

/* Everything in arrays by scenario, then by draw (0: none), then by item. */
struct runs {
	const struct scenario_setup *setup;
	const struct snapshot *snapshot;
	size_t draws; /* with the one that is none */
	double *kpis, *courses;
	uint64_t *failures;
};

/* What foresights_free() gets is its first member. */
struct held {
	struct foresights f;
	struct foresight *all;
	struct foresight_kpi *kpis;
	double *courses, *halves;
};

static size_t course_size(const struct scenario_setup *s)
{
	return s->world.points * s->world.n_shown;
}

static int run_one(void *arg, size_t i)
{
	struct runs *r = arg;
	const struct scenario_world *w = &r->setup->world;
	struct scenario_result result = {.kpis = r->kpis + i * w->n_kpis,
	                                 .course = r->courses +
	                                           i * course_size(r->setup)};
	int err = scenario_run(w, &r->setup->scenarios[i / r->draws], i % r->draws,
	                       &result);

	r->failures[i] = result.failures;
	return err;
}

/* Standard deviation of what `of` gives for the draws; NAN with fewer than two. */
struct spread_of {
	const double *a, *b; /* b NULL: of a alone; else of a - b */
	size_t n, stride;
};

static double deviation(const struct spread_of *s)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < s->n; i++) {
		double x = s->a[i * s->stride] - (s->b ? s->b[i * s->stride] : 0);

		sum += x;
	}
	for (size_t i = 0; i < s->n; i++) {
		double x = s->a[i * s->stride] - (s->b ? s->b[i * s->stride] : 0);

		squares += (x - sum / (double)s->n) * (x - sum / (double)s->n);
	}
	return s->n > 1 ? sqrt(squares / (double)(s->n - 1)) : (double)NAN;
}

static void judge_kpis(const struct runs *r, size_t scenario, struct foresight_kpi *out)
{
	size_t n = r->setup->world.n_kpis;
	const double *own = r->kpis + scenario * r->draws * n;

	for (size_t k = 0; k < n; k++) {
		struct spread_of s = {.a = own + n + k, .n = r->draws - 1, .stride = n};

		out[k].value = own[k];
		out[k].half = NORMAL_95 * deviation(&s);
		s.b = r->kpis + n + k;
		out[k].gain = own[k] - r->kpis[k];
		out[k].gain_half = NORMAL_95 * deviation(&s);
	}
}

double foresights_time(const struct scenario_setup *setup, size_t point)
{
	return setup->world.horizon_s * (double)point / (double)(setup->world.points - 1);
}

/* The wider of what the record of forecasts says and of what the draws say. */
static void judge_course(const struct runs *r, size_t scenario, double *half)
{
	const struct scenario_setup *s = r->setup;
	size_t size = course_size(s);

	for (size_t i = 0; i < size; i++) {
		const struct scenario_shown *shown = &s->shown[i % s->world.n_shown];
		double t_s = foresights_time(s, i / s->world.n_shown);
		struct spread_of drawn = {.a = r->courses +
		                               (scenario * r->draws + 1) * size + i,
		                          .n = r->draws - 1,
		                          .stride = size};
		double known = shown->tag < 0 ? (double)NAN
		                              : snapshot_half(r->snapshot,
		                                              (uint32_t)shown->tag, t_s);

		half[i] = fmax(known, NORMAL_95 * deviation(&drawn));
	}
}

static int make_room(struct held *h, struct runs *r)
{
	size_t n = r->setup->n_scenarios, size = course_size(r->setup);

	h->all = calloc(n, sizeof(*h->all));
	h->kpis = calloc(n * r->setup->world.n_kpis + 1, sizeof(*h->kpis));
	h->courses = calloc(n * size + 1, sizeof(*h->courses));
	h->halves = calloc(n * size + 1, sizeof(*h->halves));
	r->kpis = calloc(n * r->draws * r->setup->world.n_kpis + 1, sizeof(*r->kpis));
	r->courses = calloc(n * r->draws * size + 1, sizeof(*r->courses));
	r->failures = calloc(n * r->draws, sizeof(*r->failures));
	return h->all && h->kpis && h->courses && h->halves && r->kpis && r->courses &&
	                       r->failures
	               ? 0
	               : -ENOMEM;
}

static void judge(const struct runs *r, struct held *h)
{
	size_t size = course_size(r->setup), kpis = r->setup->world.n_kpis;

	for (size_t i = 0; i < r->setup->n_scenarios; i++) {
		struct foresight *f = &h->all[i];

		judge_kpis(r, i, h->kpis + i * kpis);
		memcpy(h->courses + i * size, r->courses + i * r->draws * size,
		       size * sizeof(*h->courses));
		judge_course(r, i, h->halves + i * size);
		f->kpis = h->kpis + i * kpis;
		f->course = h->courses + i * size;
		f->course_half = h->halves + i * size;
		for (size_t k = 0; k < r->draws; k++) {
			f->failures += r->failures[i * r->draws + k];
		}
	}
}

int foresights_run(struct foresights **out, const struct scenario_setup *setup,
                   const struct snapshot *snapshot)
{
	struct runs r = {.setup = setup,
	                 .snapshot = snapshot,
	                 .draws = (size_t)setup->samples + 1};
	struct held *h = calloc(1, sizeof(*h));
	int err = h ? make_room(h, &r) : -ENOMEM;

	err = err ? err
	          : spread_run(setup->n_scenarios * r.draws, run_one, &r, &h->f.threads);
	if (!err) {
		judge(&r, h);
		h->f.setup = setup;
		h->f.all = h->all;
		h->f.n = setup->n_scenarios;
		*out = &h->f;
		h = NULL;
	}
	free(r.kpis);
	free(r.courses);
	free(r.failures);
	foresights_free(h ? &h->f : NULL);
	return err;
}

void foresights_free(struct foresights *f)
{
	struct held *h = (struct held *)f;

	if (h) {
		free(h->all);
		free(h->kpis);
		free(h->courses);
		free(h->halves);
		free(h);
	}
}
