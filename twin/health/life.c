/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/health/life.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "twin/health/features.h"
#include "twin/health/ridge.h"

#define PENALTY      100.0
#define STANDS_STILL 1e-9 /* of its mean: rounding of a constant */
#define FAR_OFF      4.0  /* standard deviations of what was learnt from */
#define FAR_SHARE    0.25 /* of the features */

enum { FOLDS = 5, NEIGHBOURS = 2000 };

/* A prediction for a machine that was left out, and how much more it really had. */
struct miss {
	double predicted, error;
};

struct life {
	size_t n_sensors; /* that move */
	size_t *column;
	double *centre, *spread; /* of those */
	size_t n_histories;
	struct ridge ridge;
	struct miss *misses; /* by prediction */
	size_t n_misses;
};

struct life_watch {
	const struct life *life;
	struct smoothed *sensors;
	double *features;
	double *errors; /* of the neighbours; reordered at will */
	double age;
	uint32_t rows;
	bool complete; /* the last row had all its numbers */
};

/* --- one machine --- */

int life_watch_new(struct life_watch **out, const struct life *l)
{
	struct life_watch *w = calloc(1, sizeof(*w));

	if (!w) {
		return -ENOMEM;
	}
	w->life = l;
	w->sensors = calloc(l->n_sensors, sizeof(*w->sensors));
	w->features = calloc(features_count(l->n_sensors), sizeof(double));
	w->errors = calloc(NEIGHBOURS, sizeof(double));
	if (!w->sensors || !w->features || !w->errors) {
		life_watch_free(w);
		return -ENOMEM;
	}
	*out = w;
	return 0;
}

void life_watch_free(struct life_watch *w)
{
	if (!w) {
		return;
	}
	free(w->sensors);
	free(w->features);
	free(w->errors);
	free(w);
}

void life_watch_restart(struct life_watch *w)
{
	memset(w->sensors, 0, w->life->n_sensors * sizeof(*w->sensors));
	w->rows = 0;
}

void life_watch_row(struct life_watch *w, double age, const double *sensors)
{
	const struct life *l = w->life;

	w->complete = isfinite(age);
	for (size_t i = 0; i < l->n_sensors; i++) {
		double x = sensors[l->column[i]];

		if (!isfinite(x)) {
			w->complete = false;
			continue;
		}
		smoothed_step(&w->sensors[i], (x - l->centre[i]) / l->spread[i]);
	}
	w->age = age;
	w->rows++;
}

static const double *features(struct life_watch *w)
{
	features_of(w->sensors, w->life->n_sensors, w->age, w->features);
	return w->features;
}

static bool is_unlike(const struct ridge *r, const double *f)
{
	size_t far = 0;

	for (size_t i = 0; i < r->m; i++) {
		far += fabs(f[i] - r->centre[i]) > FAR_OFF * r->spread[i];
	}
	return (double)far > FAR_SHARE * (double)r->m;
}

/* First of the k misses whose predictions are nearest to x. */
static const struct miss *nearest(const struct life *l, double x, size_t k)
{
	const struct miss *m = l->misses;
	size_t low = 0, high = l->n_misses - k;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (x - m[mid].predicted > m[mid + k].predicted - x) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return m + low;
}

/* The k-th smallest (from 0) of n; reorders them (Hoare 1961, FIND). */
static double select_kth(double *x, size_t n, size_t k)
{
	ptrdiff_t left = 0, right = (ptrdiff_t)n - 1, want = (ptrdiff_t)k;

	while (left < right) {
		double pivot = x[want];
		ptrdiff_t i = left, j = right;

		do {
			for (; x[i] < pivot; i++) {
			}
			for (; pivot < x[j]; j--) {
			}
			if (i <= j) {
				double swap = x[i];

				x[i++] = x[j];
				x[j--] = swap;
			}
		} while (i <= j);
		left = j < want ? i : left;
		right = want < i ? j : right;
	}
	return x[k];
}

static double within(double rows)
{
	return fmin(fmax(rows, 0), LIFE_CUT);
}

struct remaining life_watch_remaining(struct life_watch *w)
{
	const struct life *l = w->life;
	size_t k = l->n_misses < NEIGHBOURS ? l->n_misses : NEIGHBOURS;
	double p50;
	const struct miss *like;

	if (l->n_histories < LIFE_HISTORIES_MIN) {
		return remaining_none(REMAINING_FEW_HISTORIES);
	}
	if (w->rows < LIFE_ROWS_MIN) {
		return remaining_none(REMAINING_LEARNING);
	}
	if (!w->complete) {
		return remaining_none(REMAINING_BAD_INPUT);
	}
	if (is_unlike(&l->ridge, features(w))) {
		return remaining_none(REMAINING_UNLIKE);
	}
	p50 = ridge_predict(&l->ridge, w->features);
	like = nearest(l, p50, k);
	for (size_t i = 0; i < k; i++) {
		w->errors[i] = like[i].error;
	}
	return remaining_of(
		within(p50 + select_kth(w->errors, k, (k - 1) / 10)), within(p50),
		within(p50 + select_kth(w->errors, k, k - 1 - (k - 1) / 10)), w->age);
}

/* --- learning --- */

/* Rows of the machine that begins at row i. */
static size_t unit_rows(const struct life_table *t, size_t i)
{
	size_t n = 1;

	for (; i + n < t->n_rows && t->unit[i + n] == t->unit[i]; n++) {
	}
	return n;
}

/* Mean and spread of one column over its finite numbers; false where it stands still. */
static bool moves(const struct life_table *t, size_t column, double *mean, double *spread)
{
	double m = 0, squares = 0;
	size_t n = 0;

	for (size_t i = 0; i < t->n_rows; i++) { /* Welford 1962 */
		double x = t->sensors[i * t->n_sensors + column];

		if (isfinite(x)) {
			double off = x - m;

			m += off / (double)++n;
			squares += off * (x - m);
		}
	}
	*mean = m;
	*spread = n ? sqrt(squares / (double)n) : 0;
	return *spread > STANDS_STILL * fabs(m);
}

static int choose_sensors(struct life *l, const struct life_table *t)
{
	l->column = calloc(t->n_sensors, sizeof(*l->column));
	l->centre = calloc(t->n_sensors, sizeof(double));
	l->spread = calloc(t->n_sensors, sizeof(double));
	if (!l->column || !l->centre || !l->spread) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < t->n_sensors; i++) {
		size_t n = l->n_sensors;

		if (moves(t, i, &l->centre[n], &l->spread[n])) {
			l->column[l->n_sensors++] = i;
		}
	}
	return l->n_sensors ? 0 : -EDOM;
}

/* One way through all rows of all machines. */
struct pass {
	struct life *life;
	const struct life_table *table;
	struct life_watch *watch;
	double *sums[FOLDS];
	struct ridge
		*left_out[FOLDS]; /* fitted without the fold; NULL in the first pass */
};

static void on_row(struct pass *p, size_t fold, double left)
{
	const double *f = features(p->watch);
	size_t m = features_count(p->life->n_sensors);
	double predicted;

	if (!p->watch->complete) {
		return;
	}
	if (!p->left_out[fold]) {
		ridge_add(p->sums[fold], f, m, left);
		return;
	}
	predicted = ridge_predict(p->left_out[fold], f);
	p->life->misses[p->life->n_misses++] = (struct miss){predicted, left - predicted};
}

static size_t go_through(struct pass *p)
{
	const struct life_table *t = p->table;
	size_t histories = 0;

	for (size_t i = 0, n; i < t->n_rows; i += n, histories++) {
		double end;

		n = unit_rows(t, i);
		end = t->age[i + n - 1];
		life_watch_restart(p->watch);
		for (size_t j = i; j < i + n; j++) {
			life_watch_row(p->watch, t->age[j],
			               t->sensors + j * t->n_sensors);
			on_row(p, histories % FOLDS, fmin(end - t->age[j], LIFE_CUT));
		}
	}
	return histories;
}

static int compare_misses(const void *a, const void *b)
{
	double x = ((const struct miss *)a)->predicted;
	double y = ((const struct miss *)b)->predicted;

	return (x > y) - (x < y);
}

/* Fit on everything, and once without each fold. */
static int fit(struct pass *p, struct ridge *partial, double *rest)
{
	struct life *l = p->life;
	size_t m = features_count(l->n_sensors), n = ridge_sums(m);
	int err = 0;

	for (size_t left_out = 0; left_out <= FOLDS && !err; left_out++) {
		struct ridge *r = left_out < FOLDS ? &partial[left_out] : &l->ridge;

		memset(rest, 0, n * sizeof(*rest));
		for (size_t fold = 0; fold < FOLDS; fold++) {
			for (size_t i = 0; fold != left_out && i < n; i++) {
				rest[i] += p->sums[fold][i];
			}
		}
		err = ridge_init(r, m);
		if (!err) {
			err = ridge_fit(r, rest, PENALTY);
		}
	}
	return err;
}

static int learn(struct pass *p, struct ridge *partial)
{
	struct life *l = p->life;
	size_t n = ridge_sums(features_count(l->n_sensors));
	double *sums = calloc(n * (FOLDS + 1), sizeof(*sums));
	int err = -ENOMEM;

	l->misses = calloc(p->table->n_rows, sizeof(*l->misses));
	if (!sums || !l->misses) {
		goto out;
	}
	for (size_t i = 0; i < FOLDS; i++) {
		p->sums[i] = sums + i * n;
	}
	l->n_histories = go_through(p);
	err = 0;
	if (l->n_histories < LIFE_HISTORIES_MIN) {
		goto out;
	}
	err = fit(p, partial, sums + FOLDS * n);
	if (err) {
		goto out;
	}
	for (size_t i = 0; i < FOLDS; i++) {
		p->left_out[i] = &partial[i];
	}
	go_through(p);
	qsort(l->misses, l->n_misses, sizeof(*l->misses), compare_misses);
out:
	free(sums);
	return err;
}

int life_learn(struct life **out, const struct life_table *t)
{
	struct ridge partial[FOLDS] = {{0}};
	struct pass p = {.table = t};
	struct life *l = calloc(1, sizeof(*l));
	int err;

	if (!l) {
		return -ENOMEM;
	}
	p.life = l;
	err = choose_sensors(l, t);
	if (err) {
		goto out;
	}
	err = life_watch_new(&p.watch, l);
	if (err) {
		goto out;
	}
	err = learn(&p, partial);
out:
	for (size_t i = 0; i < FOLDS; i++) {
		ridge_fini(&partial[i]);
	}
	life_watch_free(p.watch);
	if (err) {
		life_free(l);
		return err;
	}
	*out = l;
	return 0;
}

void life_free(struct life *l)
{
	if (!l) {
		return;
	}
	free(l->column);
	free(l->centre);
	free(l->spread);
	free(l->misses);
	ridge_fini(&l->ridge);
	free(l);
}
