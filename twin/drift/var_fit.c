/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/drift/var_fit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "twin/cholesky.h"
#include "twin/drift/select.h"

#define RIDGE      0.01  /* times the rows fitted */
#define FLOOR      1e-3  /* added to the variances of what is left */
#define SPREAD_MIN 1e-12 /* of the size of the mean: what rounding makes */

int var_rows_init(struct var_rows *r, size_t width, size_t room)
{
	*r = (struct var_rows){.width = width, .room = room};
	r->x = calloc(room * width, sizeof(*r->x));
	r->dt_s = calloc(room, sizeof(*r->dt_s));
	return r->x && r->dt_s ? 0 : -ENOMEM;
}

void var_rows_fini(struct var_rows *r)
{
	free(r->x);
	free(r->dt_s);
	r->x = NULL;
	r->dt_s = NULL;
}

void var_rows_add(struct var_rows *r, const double *x, double dt_s)
{
	size_t missing = 0;

	for (size_t i = 0; i < r->width; i++) {
		missing += isnan(x[i]) ? 1 : 0;
	}
	if (4 * missing > r->width || r->n == r->room) {
		r->gap = true;
		return;
	}
	memcpy(r->x + r->n * r->width, x, r->width * sizeof(*x));
	r->dt_s[r->n++] = r->gap ? NAN : (float)dt_s;
	r->gap = false;
}

void var_rows_restart(struct var_rows *r)
{
	r->n = 0;
}

size_t var_rows_fitted(const struct var_rows *r)
{
	return (size_t)(VAR_FIT_SHARE * (double)r->n);
}

double var_rows_step(const struct var_rows *r)
{
	size_t n = var_rows_fitted(r);

	return (double)select_kth(r->dt_s + 1, n - 1, (n - 1) / 2);
}

double var_quantile(const float *values, size_t n, double share)
{
	double at = share * (double)(n - 1);
	size_t below = (size_t)at;
	double low, high;

	if (n == 0) {
		return INFINITY;
	}
	low = (double)select_kth(values, n, below);
	high = below + 1 < n ? (double)select_kth(values, n, below + 1) : low;
	return low + (at - (double)below) * (high - low);
}

int var_fit_init(struct var_fit *f, size_t n)
{
	*f = (struct var_fit){.n = n};
	f->mean = calloc(n, sizeof(*f->mean));
	f->spread = calloc(n, sizeof(*f->spread));
	f->W = calloc(n * (n + 1), sizeof(*f->W));
	f->S = calloc((n + 1) * (n + 1), sizeof(*f->S));
	f->work = calloc((n + 1) * (n + 1), sizeof(*f->work));
	f->scratch = calloc(3 * n, sizeof(*f->scratch));
	return f->mean && f->spread && f->W && f->S && f->work && f->scratch ? 0
	                                                                     : -ENOMEM;
}

void var_fit_settle(struct var_fit *f)
{
	free(f->work);
	free(f->scratch);
	f->work = f->scratch = NULL;
}

void var_fit_fini(struct var_fit *f)
{
	free(f->mean);
	free(f->spread);
	free(f->W);
	free(f->S);
	var_fit_settle(f);
	*f = (struct var_fit){0};
}

double var_fit_scale(const struct var_fit *f, size_t i, double x)
{
	return f->spread[i] > 0 ? (x - f->mean[i]) / f->spread[i] : 0;
}

/* A missing value stands at the mean. */
static void scale_row(const struct var_fit *f, const struct var_rows *rows, size_t k,
                      double *z)
{
	for (size_t i = 0; i < f->n; i++) {
		double x = rows->x[k * f->n + i];

		z[i] = isnan(x) ? 0 : var_fit_scale(f, i, x);
	}
}

static void learn_scale(struct var_fit *f, const struct var_rows *rows, size_t n)
{
	for (size_t i = 0; i < f->n; i++) {
		double mean = 0, sum = 0;
		size_t counted = 0;

		for (size_t k = 0; k < n; k++) {
			double x = rows->x[k * f->n + i];

			if (!isnan(x)) {
				mean += (x - mean) / (double)++counted;
			}
		}
		for (size_t k = 0; k < n; k++) {
			double x = rows->x[k * f->n + i];

			sum += isnan(x) ? 0 : (x - mean) * (x - mean);
		}
		f->mean[i] = mean;
		f->spread[i] = counted ? sqrt(sum / (double)counted) : 0;
		if (f->spread[i] <= SPREAD_MIN * fabs(mean)) {
			f->spread[i] = 0;
		}
	}
}

static bool is_pair(const struct var_rows *rows, size_t k, double step_s)
{
	double dt_s = (double)rows->dt_s[k];

	return dt_s >= 0.5 * step_s && dt_s <= 2 * step_s;
}

/* A += v v', the lower triangle. */
static void add_square(double *A, const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j <= i; j++) {
			A[i * n + j] += v[i] * v[j];
		}
	}
}

/* --- the fit, a piece at a time --- */

/* Add a pair of rows to U'U and U'Z, U the rows before with a 1 behind. */
static void add_pair(struct var_fit *f, const struct var_rows *rows, size_t k)
{
	size_t n = f->n, wide = n + 1;
	double *u = f->S, *z = f->S + wide; /* not in use yet */

	scale_row(f, rows, k - 1, u);
	u[n] = 1;
	scale_row(f, rows, k, z);
	add_square(f->work, u, wide);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < wide; j++) {
			f->W[i * wide + j] += z[i] * u[j];
		}
	}
	f->pairs++;
}

/* The ridge: (U'U + 0.01 n I) W' = U'Z. */
static int factor_sums(struct var_fit *f)
{
	size_t wide = f->n + 1;

	if (f->pairs < 2) {
		return -EDOM;
	}
	for (size_t i = 0; i < wide; i++) {
		f->work[i * (wide + 1)] += RIDGE * f->pairs;
	}
	return cholesky_factor(f->work, f->work, wide);
}

/* What is left of a row, into the lower triangle of work and the sums of the mean. */
static void add_residual(struct var_fit *f, const struct var_rows *rows, size_t k)
{
	double *z = f->scratch, *e = z + f->n, *mean = e + f->n;

	scale_row(f, rows, k - 1, z);
	var_fit_predict(f, z, e);
	scale_row(f, rows, k, z);
	for (size_t i = 0; i < f->n; i++) {
		e[i] = z[i] - e[i];
		mean[i] += e[i];
	}
	add_square(f->work, e, f->n);
}

static int factor_covariance(struct var_fit *f)
{
	const double *mean = f->scratch + 2 * f->n;
	size_t n = f->n;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j <= i; j++) {
			f->work[i * n + j] -= mean[i] * mean[j] / f->pairs;
			f->work[i * n + j] /= f->pairs - 1;
		}
		f->work[i * (n + 1)] += FLOOR;
	}
	return cholesky_factor(f->work, f->work, n);
}

static void invert_column(struct var_fit *f, size_t i)
{
	double *column = f->S + i * f->n; /* symmetric: a row as well */

	memset(column, 0, f->n * sizeof(*column));
	column[i] = 1;
	cholesky_solve(f->work, column, f->n);
}

/* Prepare the next stage; the factors of it all are a third of its work. */
static int next_stage(struct var_fit *f, const struct var_rows *rows)
{
	size_t n = f->n;

	f->at = 0;
	switch (f->stage++) {
	case VAR_FIT_SCALE:
		learn_scale(f, rows, var_rows_fitted(rows));
		memset(f->work, 0, (n + 1) * (n + 1) * sizeof(*f->work));
		memset(f->W, 0, n * (n + 1) * sizeof(*f->W));
		f->pairs = 0;
		break;
	case VAR_FIT_SUMS:
		return factor_sums(f);
	case VAR_FIT_WEIGHTS:
		memset(f->work, 0, n * n * sizeof(*f->work));
		memset(f->scratch, 0, 3 * n * sizeof(*f->scratch));
		break;
	case VAR_FIT_RESIDUALS:
		return factor_covariance(f);
	case VAR_FIT_INVERSE:
	case VAR_FIT_DONE:
		break;
	}
	return 0;
}

/* Pieces of a stage. */
static size_t pieces(const struct var_fit *f, const struct var_rows *rows)
{
	bool by_row = f->stage == VAR_FIT_SUMS || f->stage == VAR_FIT_RESIDUALS;

	return f->stage == VAR_FIT_SCALE ? 0 : by_row ? var_rows_fitted(rows) : f->n;
}

static void do_piece(struct var_fit *f, const struct var_rows *rows, double step_s)
{
	size_t k = f->at++;
	bool pair = k > 0 && is_pair(rows, k, step_s);

	if (f->stage == VAR_FIT_SUMS && pair) {
		add_pair(f, rows, k);
	} else if (f->stage == VAR_FIT_WEIGHTS) {
		cholesky_solve(f->work, f->W + k * (f->n + 1), f->n + 1);
	} else if (f->stage == VAR_FIT_RESIDUALS && pair) {
		add_residual(f, rows, k);
	} else if (f->stage == VAR_FIT_INVERSE) {
		invert_column(f, k);
	}
}

int var_fit_work(struct var_fit *f, const struct var_rows *rows, double step_s,
                 size_t *budget)
{
	int err = 0;

	while (!err && f->stage != VAR_FIT_DONE && *budget > 0) {
		if (f->at < pieces(f, rows)) {
			do_piece(f, rows, step_s);
			--*budget;
		} else {
			err = next_stage(f, rows);
		}
	}
	if (err) {
		f->stage = VAR_FIT_SCALE;
	}
	return err;
}

void var_fit_predict(const struct var_fit *f, const double *z, double *out)
{
	for (size_t i = 0; i < f->n; i++) {
		const double *w = f->W + i * (f->n + 1);
		double sum = w[f->n];

		for (size_t j = 0; j < f->n; j++) {
			sum += w[j] * z[j];
		}
		out[i] = sum;
	}
}

void var_fit_weigh(const struct var_fit *f, const double *e, double *out)
{
	for (size_t i = 0; i < f->n; i++) {
		double sum = 0;

		for (size_t j = 0; j < f->n; j++) {
			sum += f->S[i * f->n + j] * e[j];
		}
		out[i] = sum;
	}
}

size_t var_fit_count(const struct var_fit *f)
{
	return 2 * f->n + f->n * (f->n + 1) + f->n * f->n;
}

void var_fit_visit(struct var_fit *f, var_visit_cb visit, void *arg)
{
	const struct {
		double *at;
		size_t n;
	} parts[] = {{f->mean, f->n},
	             {f->spread, f->n},
	             {f->W, f->n * (f->n + 1)},
	             {f->S, f->n * f->n}};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		for (size_t k = 0; k < parts[i].n; k++) {
			visit(arg, &parts[i].at[k]);
		}
	}
}
