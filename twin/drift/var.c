/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/drift/var.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "twin/drift/var_fit.h"

#define LIMIT_SHARE 0.995 /* quantile of the statistic in the rows not fitted */
#define BLAME_SHARE 0.8
#define WORK        10000000 /* multiplications of one step while it learns */
#define OVERDUE     1.5      /* periods */

struct var {
	size_t n;       /* tags */
	uint32_t learn; /* rows */
	int64_t period_ns;
	double *x;  /* the row that is being filled */
	bool *came; /* who has answered */
	size_t n_came;
	int64_t t_ns;     /* of the last row; INT64_MIN: none */
	int64_t waits_ns; /* since when the row is waited for; INT64_MIN: not yet */

	struct var_rows rows; /* to learn from; its arrays are gone when learnt */
	struct var_fit fit;
	bool learning;            /* all rows are there, they are worked on */
	size_t run, n_statistics; /* next row for the limit, and distances so far */
	double dt0_s, limit;

	double *before; /* z of the last row */
	bool has_before;
	double *e, *weighted; /* scratch */
	double nis[VAR_WINDOW];
	double *parts[VAR_WINDOW]; /* contributions to each */
	size_t n_window, at;       /* rows in the window, next to be replaced */
	double statistic;
	bool alarm;
	double *blame; /* sums of contributions in this alarm */
	uint32_t blame_rows;
};

uint32_t var_rows_needed(size_t n_tags)
{
	return (uint32_t)ceil(5.0 * (double)n_tags / VAR_FIT_SHARE);
}

static int allocate(struct var *v)
{
	bool ok = true;

	v->x = calloc(v->n, sizeof(*v->x));
	v->came = calloc(v->n, sizeof(*v->came));
	v->before = calloc(v->n, sizeof(*v->before));
	v->e = calloc(v->n, sizeof(*v->e));
	v->weighted = calloc(v->n, sizeof(*v->weighted));
	v->blame = calloc(v->n, sizeof(*v->blame));
	for (size_t i = 0; i < VAR_WINDOW; i++) {
		v->parts[i] = calloc(v->n, sizeof(*v->parts[i]));
		ok &= v->parts[i] != NULL;
	}
	if (!ok || !v->x || !v->came || !v->before || !v->e || !v->weighted ||
	    !v->blame || var_rows_init(&v->rows, v->n, v->learn) ||
	    var_fit_init(&v->fit, v->n)) {
		return -ENOMEM;
	}
	return 0;
}

int var_new(struct var **out, size_t n_tags, uint32_t learn, int64_t period_ns)
{
	struct var *v = calloc(1, sizeof(*v));

	if (!v) {
		return -ENOMEM;
	}
	v->n = n_tags;
	v->learn = learn;
	v->period_ns = period_ns;
	v->t_ns = v->waits_ns = INT64_MIN;
	v->statistic = v->limit = NAN;
	if (allocate(v)) {
		var_free(v);
		return -ENOMEM;
	}
	*out = v;
	return 0;
}

void var_free(struct var *v)
{
	if (!v) {
		return;
	}
	for (size_t i = 0; i < VAR_WINDOW; i++) {
		free(v->parts[i]);
	}
	var_rows_fini(&v->rows);
	var_fit_fini(&v->fit);
	free(v->x);
	free(v->came);
	free(v->before);
	free(v->e);
	free(v->weighted);
	free(v->blame);
	free(v);
}

/* What happened before is not known: the window starts anew. */
static void forget_window(struct var *v)
{
	v->n_window = v->at = 0;
	v->statistic = NAN;
}

/* One row more in the window, v->e its residuals. */
static void judge(struct var *v)
{
	double *parts = v->parts[v->at], nis = 0, sum = 0;

	var_fit_weigh(&v->fit, v->e, v->weighted);
	for (size_t i = 0; i < v->n; i++) {
		parts[i] = v->e[i] * v->weighted[i];
		nis += parts[i];
	}
	v->nis[v->at] = nis;
	v->at = (v->at + 1) % VAR_WINDOW;
	v->n_window += v->n_window < VAR_WINDOW;
	v->statistic = NAN;
	if (v->n_window == VAR_WINDOW) {
		for (size_t i = 0; i < VAR_WINDOW; i++) {
			sum += v->nis[i];
		}
		v->statistic = sum / VAR_WINDOW;
	}
}

/* Judge a row x on the one before, dt_s ago.  Where nothing can be said the statistic is
 * NAN. */
static void take_row(struct var *v, const double *x, double dt_s)
{
	bool in_step = dt_s >= 0.5 * v->dt0_s && dt_s <= 2 * v->dt0_s;
	size_t missing = 0;

	for (size_t i = 0; i < v->n; i++) {
		missing += isnan(x[i]) ? 1 : 0;
	}
	if (4 * missing > v->n) {
		v->has_before = false;
		forget_window(v);
		return;
	}
	if (v->has_before) {
		var_fit_predict(&v->fit, v->before, v->e);
	} else {
		memset(v->e, 0, v->n * sizeof(*v->e));
	}
	for (size_t i = 0; i < v->n; i++) {
		double predicted = v->e[i];

		v->before[i] = isnan(x[i]) ? predicted : var_fit_scale(&v->fit, i, x[i]);
		v->e[i] = v->before[i] - predicted;
	}
	if (v->has_before && in_step) {
		judge(v);
	} else {
		forget_window(v);
	}
	v->has_before = true;
}

/* The sums begin with the rows that set it off. */
static void gather_blame(struct var *v, bool first)
{
	if (first) {
		memset(v->blame, 0, v->n * sizeof(*v->blame));
		v->blame_rows = 0;
	}
	for (size_t k = 0; k < (first ? v->n_window : 1); k++) {
		const double *parts = v->parts[(v->at + VAR_WINDOW - 1 - k) % VAR_WINDOW];

		if (v->blame_rows == VAR_BLAME_ROWS) {
			return;
		}
		for (size_t i = 0; i < v->n; i++) {
			v->blame[i] += parts[i];
		}
		v->blame_rows++;
	}
}

/* The rows that were not fitted tell the limit.  Their distances take the place of the
 * times of those before.  @return are all done? */
static bool learn_limit(struct var *v, size_t *budget)
{
	for (; v->run<v->rows.n && * budget> 0; v->run++, --*budget) {
		take_row(v, v->rows.x + v->run * v->n, (double)v->rows.dt_s[v->run]);
		if (!isnan(v->statistic)) {
			v->rows.dt_s[v->n_statistics++] = (float)v->statistic;
		}
	}
	if (v->run < v->rows.n) {
		return false;
	}
	v->limit = var_quantile(v->rows.dt_s, v->n_statistics, LIMIT_SHARE);
	return true;
}

static void begin_learning(struct var *v)
{
	v->dt0_s = var_rows_step(&v->rows);
	v->run = var_rows_fitted(&v->rows) - 1;
	v->n_statistics = 0;
	v->has_before = false;
	v->learning = true;
}

/* All rows are there.  The work is shared out among as many rows to come as it needs, so
 * that none of them takes long. */
static void learn(struct var *v)
{
	size_t budget = 1 + WORK / (v->n * v->n + 1);

	if (var_fit_work(&v->fit, &v->rows, v->dt0_s, &budget)) {
		var_rows_restart(&v->rows);
		v->learning = false;
		return;
	}
	if (v->fit.stage == VAR_FIT_DONE && learn_limit(v, &budget)) {
		v->statistic = NAN; /* of a row that was learnt from */
		var_rows_fini(&v->rows);
		var_fit_settle(&v->fit);
	}
}

void var_take(struct var *v, size_t i, double x)
{
	v->x[i] = isfinite(x) ? x : (double)NAN;
	v->n_came += !v->came[i];
	v->came[i] = true;
}

static void next_row_to_learn(struct var *v, double dt_s)
{
	bool late = v->learning; /* a row that comes while the others are worked on */

	if (!v->learning) {
		var_rows_add(&v->rows, v->x, dt_s);
		if (v->rows.n == v->learn) {
			begin_learning(v);
		}
	}
	if (v->learning) {
		learn(v);
	}
	if (late && var_is_ready(v)) { /* rows went by */
		v->has_before = false;
		forget_window(v);
	}
}

static void next_row(struct var *v, int64_t t_ns)
{
	double dt_s = v->t_ns == INT64_MIN ? (double)NAN : (double)(t_ns - v->t_ns) / 1e9;
	bool before = v->alarm;

	if (v->rows.x) {
		next_row_to_learn(v, dt_s);
		return;
	}
	take_row(v, v->x, dt_s);
	v->alarm = v->statistic > v->limit;
	if (v->alarm) {
		gather_blame(v, !before);
	}
}

bool var_step(struct var *v, int64_t t_ns)
{
	double waited_ns;

	if (v->waits_ns == INT64_MIN) {
		v->waits_ns = t_ns;
	}
	waited_ns = (double)(t_ns - v->waits_ns);
	if (v->n_came == 0 || t_ns <= v->t_ns ||
	    (v->n_came < v->n && waited_ns < OVERDUE * (double)v->period_ns)) {
		return false;
	}
	for (size_t i = 0; i < v->n; i++) {
		v->x[i] = v->came[i] ? v->x[i] : (double)NAN;
		v->came[i] = false;
	}
	v->n_came = 0;
	next_row(v, t_ns);
	v->t_ns = v->waits_ns = t_ns;
	return true;
}

double var_statistic(const struct var *v)
{
	return var_is_ready(v) ? v->statistic : (double)NAN;
}

double var_limit(const struct var *v)
{
	return v->limit;
}

bool var_alarm(const struct var *v)
{
	return v->alarm;
}

bool var_is_ready(const struct var *v)
{
	return v->rows.x == NULL;
}

double var_progress(const struct var *v)
{
	return var_is_ready(v) ? 1 : (double)v->rows.n / v->learn;
}

size_t var_blame(const struct var *v, uint32_t *tags, double *share)
{
	double all = 0, named = 0;
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		all += v->blame[i];
	}
	while (all > 0 && n < VAR_BLAMED_MAX && named < BLAME_SHARE * all) {
		size_t best = v->n;

		for (size_t i = 0; i < v->n; i++) {
			bool taken = false;

			for (size_t k = 0; k < n; k++) {
				taken |= tags[k] == i;
			}
			if (!taken && v->blame[i] > 0 &&
			    (best == v->n || v->blame[i] > v->blame[best])) {
				best = i;
			}
		}
		if (best == v->n) {
			break;
		}
		tags[n] = (uint32_t)best;
		share[n++] = fmin(v->blame[best] / all, 1);
		named += v->blame[best];
	}
	return n;
}

size_t var_count(const struct var *v)
{
	return 2 + var_fit_count(&v->fit);
}

void var_visit(struct var *v, var_visit_cb visit, void *arg)
{
	visit(arg, &v->dt0_s);
	visit(arg, &v->limit);
	var_fit_visit(&v->fit, visit, arg);
}

void var_settle(struct var *v)
{
	v->has_before = false;
	forget_window(v);
	var_rows_fini(&v->rows);
	var_fit_settle(&v->fit);
}
