/* SPDX-License-Identifier: Apache-2.0 */
/** The arithmetic behind twin/drift/var.h: rows to learn from, and what is fitted. */
#ifndef TWIN_DRIFT_VAR_FIT_H
#define TWIN_DRIFT_VAR_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void (*var_visit_cb)(void *arg, double *number);

#define VAR_FIT_SHARE 0.6 /* of the rows are fitted, the others tell the limit */

/** Rows of n values to learn from, NAN where one is missing. */
struct var_rows {
	double *x; /* NULL: none any more */
	float *dt_s;
	size_t width, n, room;
	bool gap; /* rows were left out since the last */
};

int var_rows_init(struct var_rows *r, size_t width, size_t room);
void var_rows_fini(struct var_rows *r);
/** Keep a row, dt_s after the one before (NAN: the first), unless more than a quarter of
 * it is missing. */
void var_rows_add(struct var_rows *r, const double *x, double dt_s);
void var_rows_restart(struct var_rows *r);
/** Those to be fitted. */
size_t var_rows_fitted(const struct var_rows *r);
/** Median distance of them, s. */
double var_rows_step(const struct var_rows *r);

/** What the fit is at. */
enum var_fit_stage {
	VAR_FIT_SCALE,
	VAR_FIT_SUMS,      /* by row */
	VAR_FIT_WEIGHTS,   /* by tag */
	VAR_FIT_RESIDUALS, /* by row */
	VAR_FIT_INVERSE,   /* by tag */
	VAR_FIT_DONE,
};

/** z = (x - mean) / spread; e = z[k] - W (z[k-1], 1); distance e' S e.  All row-major. */
struct var_fit {
	size_t n;
	double *mean, *spread; /* n; spread 0: the tag never moved and is left out */
	double *W;             /* n rows of n + 1 */
	double *S;             /* n x n, inverse of the covariance of e */
	double *work;          /* (n + 1) x (n + 1), and */
	enum var_fit_stage stage;
	size_t at;       /* piece of it */
	double pairs;    /* of rows */
	double *scratch; /* 3 n, while it learns */
};

int var_fit_init(struct var_fit *f, size_t n);
void var_fit_fini(struct var_fit *f);
/** It has learnt: free what only learning needs. */
void var_fit_settle(struct var_fit *f);

/**
 * Fit the first rows, of which pairs that are not about step_s apart are left out: a
 * piece at a time, each about n^2 multiplications.
 *
 * @param budget  pieces to be done at most; what is left of them on return
 * @return 0, with stage VAR_FIT_DONE where it is done; -EDOM: these rows cannot be
 *         fitted
 */
int var_fit_work(struct var_fit *f, const struct var_rows *rows, double step_s,
                 size_t *budget);

double var_fit_scale(const struct var_fit *f, size_t i, double x);
/** What follows z. */
void var_fit_predict(const struct var_fit *f, const double *z, double *out);
/** S e. */
void var_fit_weigh(const struct var_fit *f, const double *e, double *out);

size_t var_fit_count(const struct var_fit *f);
void var_fit_visit(struct var_fit *f, var_visit_cb visit, void *arg);

/** Quantile of n values that are not negative, linear between two of them. */
double var_quantile(const float *values, size_t n, double share);

#endif
