/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/kalman.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "twin/cholesky.h"

enum { SQUARE_MAX = KALMAN_STATES_MAX * KALMAN_STATES_MAX };

/* C = A B' with A of a x n and B of b x n. */
struct size {
	size_t a, b, n;
};

static void times_transposed(double *C, const double *A, const double *B, struct size s)
{
	for (size_t i = 0; i < s.a; i++) {
		for (size_t j = 0; j < s.b; j++) {
			double sum = 0;

			for (size_t k = 0; k < s.n; k++) {
				sum += A[i * s.n + k] * B[j * s.n + k];
			}
			C[i * s.b + j] = sum;
		}
	}
}

static void make_symmetric(double *A, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++) {
			double mean = (A[i * n + j] + A[j * n + i]) / 2;

			A[i * n + j] = A[j * n + i] = mean;
		}
	}
}

void kalman_predict(struct kalman *k, const double *F, const double *Q)
{
	const struct size s = {k->n, k->n, k->n};
	double PF[SQUARE_MAX]; /* (F P)' = P F', P being symmetric */

	times_transposed(PF, k->P, F, s);
	for (size_t i = 0; i < k->n; i++) {
		for (size_t j = 0; j < k->n; j++) {
			double sum = Q[i * k->n + j];

			for (size_t l = 0; l < k->n; l++) {
				sum += F[i * k->n + l] * PF[l * k->n + j];
			}
			k->P[i * k->n + j] = sum;
		}
	}
	make_symmetric(k->P, k->n);
}

int kalman_innovate(const struct kalman *k, const struct kalman_rows *rows,
                    struct innovation *v)
{
	double HP[KALMAN_ROWS_MAX * KALMAN_STATES_MAX];
	size_t n = rows->n;
	int err;

	times_transposed(HP, rows->H, k->P, (struct size){n, k->n, k->n});
	times_transposed(v->S, HP, rows->H, (struct size){n, n, k->n});
	for (size_t i = 0; i < n * n; i++) {
		v->S[i] += rows->more[i] + (i % (n + 1) == 0 ? rows->R[i / n] : 0);
	}
	make_symmetric(v->S, n);
	err = cholesky_factor(v->S, v->L, n);
	if (err) {
		return err;
	}
	memcpy(v->weighted, rows->nu, n * sizeof(*v->weighted));
	cholesky_solve(v->L, v->weighted, n);
	v->nis = v->log_det = 0;
	for (size_t i = 0; i < n; i++) {
		v->nis += rows->nu[i] * v->weighted[i];
		v->log_det += 2 * log(v->L[i * n + i]);
	}
	return isfinite(v->nis) ? 0 : -EDOM;
}

/* Gain K = P H' S^-1, states x rows. */
static void gain(const struct kalman *k, const struct kalman_rows *rows,
                 const struct innovation *v, double *K)
{
	times_transposed(K, k->P, rows->H, (struct size){k->n, rows->n, k->n});
	for (size_t i = 0; i < k->n; i++) {
		cholesky_solve(v->L, K + i * rows->n, rows->n);
	}
}

/* P = (I - K H) P (I - K H)' + K (R + more) K'. */
static void joseph(struct kalman *k, const struct kalman_rows *rows, const double *K)
{
	double A[SQUARE_MAX], noise[SQUARE_MAX], KR[SQUARE_MAX];
	size_t n = k->n, m = rows->n;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			double sum = i == j;

			for (size_t r = 0; r < m; r++) {
				sum -= K[i * m + r] * rows->H[r * n + j];
			}
			A[i * n + j] = sum;
		}
		for (size_t r = 0; r < m; r++) {
			KR[i * m + r] = K[i * m + r] * rows->R[r];
			for (size_t q = 0; q < m; q++) {
				KR[i * m + r] += K[i * m + q] * rows->more[q * m + r];
			}
		}
	}
	times_transposed(noise, KR, K, (struct size){n, n, m});
	kalman_predict(k, A, noise);
}

int kalman_update(struct kalman *k, const struct kalman_rows *rows,
                  const struct innovation *v)
{
	double K[SQUARE_MAX];

	gain(k, rows, v, K);
	memset(K + (k->n - k->held) * rows->n, 0, k->held * rows->n * sizeof(*K));
	for (size_t i = 0; i < k->n; i++) {
		for (size_t r = 0; r < rows->n; r++) {
			k->x[i] += K[i * rows->n + r] * rows->nu[r];
		}
	}
	joseph(k, rows, K);
	for (size_t i = 0; i < k->n; i++) {
		if (!isfinite(k->x[i]) || !(k->P[i * k->n + i] >= 0) ||
		    !isfinite(k->P[i * k->n + i])) {
			return -EDOM;
		}
	}
	return 0;
}

double kalman_sigma(const struct kalman *k, const double *h, double r)
{
	double variance = r;

	for (size_t i = 0; i < k->n; i++) {
		for (size_t j = 0; j < k->n; j++) {
			variance += h[i] * k->P[i * k->n + j] * h[j];
		}
	}
	return sqrt(fmax(variance, 0));
}
