/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/discretise.h"

#include <math.h>
#include <string.h>

enum { SQUARE = DISCRETISE_MAX * DISCRETISE_MAX, ORDER = 8 };

static void multiply(double *C, const double *A, const double *B, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			double sum = 0;

			for (size_t k = 0; k < n; k++) {
				sum += A[i * n + k] * B[k * n + j];
			}
			C[i * n + j] = sum;
		}
	}
}

static double norm(const double *A, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++) {
		double sum = 0;

		for (size_t j = 0; j < n; j++) {
			sum += fabs(A[i * n + j]);
		}
		most = fmax(most, sum);
	}
	return most;
}

static void swap_rows(double *A, size_t n, size_t i, size_t j)
{
	for (size_t k = 0; k < n; k++) {
		double a = A[i * n + k];

		A[i * n + k] = A[j * n + k];
		A[j * n + k] = a;
	}
}

/* B := A^-1 B by elimination with row pivoting; A is destroyed, and not singular here:
 * the denominator of a Pade approximant close to 1. */
static void solve(double *A, double *B, size_t n)
{
	for (size_t c = 0; c < n; c++) {
		size_t pivot = c;

		for (size_t i = c + 1; i < n; i++) {
			pivot = fabs(A[i * n + c]) > fabs(A[pivot * n + c]) ? i : pivot;
		}
		swap_rows(A, n, c, pivot);
		swap_rows(B, n, c, pivot);
		for (size_t i = 0; i < n; i++) {
			double factor = A[i * n + c] / A[c * n + c];

			if (i == c) {
				continue;
			}
			for (size_t k = 0; k < n; k++) {
				A[i * n + k] -= factor * A[c * n + k];
				B[i * n + k] -= factor * B[c * n + k];
			}
		}
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++) {
			B[i * n + k] /= A[i * n + i];
		}
	}
}

/* Diagonal Pade approximant after scaling to norm 1/2, then squaring (Golub, Van Loan
 * 2013, algorithm 9.3.1): order 8 leaves an error below rounding. */
void discretise_expm(const double *A, double *E, size_t n)
{
	double X[SQUARE], power[SQUARE], next[SQUARE], D[SQUARE];
	double size = norm(A, n), c = 1;
	int halvings = size > 0.5 ? (int)ceil(log2(size / 0.5)) : 0;

	for (size_t i = 0; i < n * n; i++) {
		X[i] = ldexp(A[i], -halvings);
		power[i] = E[i] = D[i] = i % (n + 1) == 0;
	}
	for (int k = 1; k <= ORDER; k++) {
		c *= (double)(ORDER - k + 1) / (k * (2 * ORDER - k + 1));
		multiply(next, X, power, n);
		memcpy(power, next, sizeof(*power) * n * n);
		for (size_t i = 0; i < n * n; i++) {
			E[i] += c * power[i];
			D[i] += (k % 2 ? -c : c) * power[i];
		}
	}
	solve(D, E, n);
	for (; halvings > 0; halvings--) {
		multiply(next, E, E, n);
		memcpy(E, next, sizeof(*E) * n * n);
	}
}

/* expm([A B; 0 0] dt) = [F G; 0 I] */
void discretise_inputs(const struct linear *l, double dt_s, double *F, double *G)
{
	double M[SQUARE] = {0}, E[SQUARE];
	size_t n = l->n, side = l->n + l->m;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			M[i * side + j] = l->A[i * n + j] * dt_s;
		}
		for (size_t j = 0; j < l->m; j++) {
			M[i * side + n + j] = l->B[i * l->m + j] * dt_s;
		}
	}
	discretise_expm(M, E, side);
	for (size_t i = 0; i < n; i++) {
		memcpy(F + i * n, E + i * side, n * sizeof(*F));
		memcpy(G + i * l->m, E + i * side + n, l->m * sizeof(*G));
	}
}

/* expm([-A Qc; 0 A'] dt) = [. V; 0 W], Q = W' V, F = W' */
static void van_loan(const struct linear *l, double dt_s, double *F, double *Q)
{
	double M[SQUARE] = {0}, E[SQUARE];
	size_t n = l->n, side = 2 * l->n;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			M[i * side + j] = -l->A[i * n + j] * dt_s;
			M[i * side + n + j] = l->Qc[i * n + j] * dt_s;
			M[(n + i) * side + n + j] = l->A[j * n + i] * dt_s;
		}
	}
	discretise_expm(M, E, side);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			double sum = 0;

			for (size_t k = 0; k < n; k++) {
				sum += E[(n + k) * side + n + i] * E[k * side + n + j];
			}
			Q[i * n + j] = sum;
			F[i * n + j] = E[(n + j) * side + n + i];
		}
	}
}

/* Q(2 t) = F(t) Q(t) F(t)' + Q(t) */
static void double_time(double *F, double *Q, size_t n)
{
	double FQ[SQUARE], next[SQUARE];

	multiply(FQ, F, Q, n);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			double sum = Q[i * n + j];

			for (size_t k = 0; k < n; k++) {
				sum += FQ[i * n + k] * F[j * n + k];
			}
			next[i * n + j] = sum;
		}
	}
	memcpy(Q, next, n * n * sizeof(*Q));
	multiply(next, F, F, n);
	memcpy(F, next, n * n * sizeof(*F));
}

/* Over many time constants the upper left of Van Loan's matrix would run over. */
void discretise_noise(const struct linear *l, double dt_s, double *Q)
{
	double F[SQUARE], size = norm(l->A, l->n) * dt_s;
	int halvings = size > 1 ? (int)ceil(log2(size)) : 0;

	van_loan(l, ldexp(dt_s, -halvings), F, Q);
	for (; halvings > 0; halvings--) {
		double_time(F, Q, l->n);
	}
}
