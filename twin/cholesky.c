/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/cholesky.h"

#include <errno.h>
#include <math.h>

int cholesky_factor(const double *A, double *L, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double *row = L + i * n;

		for (size_t j = 0; j <= i; j++) {
			const double *other = L + j * n;
			double sum = A[i * n + j];

			for (size_t k = 0; k < j; k++) {
				sum -= row[k] * other[k];
			}
			if (j < i) {
				row[j] = sum / other[j];
			} else if (sum > 0 && isfinite(sum)) {
				row[j] = sqrt(sum);
			} else {
				return -EDOM;
			}
		}
		for (size_t j = i + 1; j < n; j++) {
			row[j] = 0;
		}
	}
	return 0;
}

/* Rows of L are walked, never columns. */
void cholesky_solve(const double *L, double *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double sum = b[i];

		for (size_t j = 0; j < i; j++) {
			sum -= L[i * n + j] * b[j];
		}
		b[i] = sum / L[i * n + i];
	}
	for (size_t i = n; i-- > 0;) {
		b[i] /= L[i * n + i];
		for (size_t j = 0; j < i; j++) {
			b[j] -= L[i * n + j] * b[i];
		}
	}
}
