/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Symmetric positive definite systems by Cholesky's factors: A = L L' (Golub, Van Loan,
 * Matrix Computations, 4th ed., 4.2.5, algorithm by rows).  Matrices are n x n, rows one
 * after the other.  Pure.
 */
#ifndef TWIN_CHOLESKY_H
#define TWIN_CHOLESKY_H

#include <stddef.h>

/**
 * The lower factor of A, of which the lower triangle is read.
 * @param[out] L  may be A itself; above its diagonal come zeros
 * @return 0, or -EDOM where A is not positive definite or not finite
 */
int cholesky_factor(const double *A, double *L, size_t n);

/** b := (L L')^-1 b */
void cholesky_solve(const double *L, double *b, size_t n);

#endif
