/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The Kalman filter (Kalman 1960) for up to eight states: covariances, innovation judged
 * on the prior, update in Joseph form (Bucy, Joseph 1968).  Matrices are row-major
 * without gaps.  Who calls moves x itself, by a matrix or by an integrator.
 */
#ifndef TWIN_OBSERVER_KALMAN_H
#define TWIN_OBSERVER_KALMAN_H

#include <stddef.h>

enum { KALMAN_STATES_MAX = 8, KALMAN_ROWS_MAX = 8 };

struct kalman {
	size_t n;    /* states */
	size_t held; /* of them, the last: an update leaves them as they are, though P
	                counts with what is not known of them (Schmidt 1966) */
	double x[KALMAN_STATES_MAX];
	double P[KALMAN_STATES_MAX * KALMAN_STATES_MAX]; /* n x n */
};

/** The rows of a measurement that have come: y = H x + v, var v = R + more. */
struct kalman_rows {
	size_t n;
	double nu[KALMAN_ROWS_MAX];                     /* y - h(x) on the prior */
	double H[KALMAN_ROWS_MAX * KALMAN_STATES_MAX];  /* n rows x states */
	double R[KALMAN_ROWS_MAX];                      /* variances of the sensors */
	double more[KALMAN_ROWS_MAX * KALMAN_ROWS_MAX]; /* n x n, what H leaves over */
};

/** What the rows say of the prior. */
struct innovation {
	double S[KALMAN_ROWS_MAX * KALMAN_ROWS_MAX]; /* H P H' + R + more */
	double L[KALMAN_ROWS_MAX * KALMAN_ROWS_MAX]; /* its lower Cholesky factor */
	double weighted[KALMAN_ROWS_MAX];            /* S^-1 nu */
	double nis;     /* nu' S^-1 nu, chi-squared with n degrees when all is well */
	double log_det; /* ln |S| */
};

/** P = F P F' + Q. */
void kalman_predict(struct kalman *k, const double *F, const double *Q);

/**
 * S, NIS and what the update needs, on the prior (Bar-Shalom, Li, Kirubarajan 2001, 5.4).
 * @return 0, or -EDOM where S is not positive definite: then P is worthless
 */
int kalman_innovate(const struct kalman *k, const struct kalman_rows *rows,
                    struct innovation *v);

/**
 * x and P given the rows.
 * @return 0, or -EDOM where x or P is no longer a number: start anew
 */
int kalman_update(struct kalman *k, const struct kalman_rows *rows,
                  const struct innovation *v);

/** Standard deviation of a quantity h x + e, h of n values, var e = r. */
double kalman_sigma(const struct kalman *k, const double *h, double r);

#endif
