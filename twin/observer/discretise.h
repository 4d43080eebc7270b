/* SPDX-License-Identifier: Apache-2.0 */
/** Linear models from continuous to discrete time, inputs held between readings. */
#ifndef TWIN_OBSERVER_DISCRETISE_H
#define TWIN_OBSERVER_DISCRETISE_H

#include <stddef.h>

/** States plus inputs, or twice the states, at most. */
enum { DISCRETISE_MAX = 16 };

/** E = e^A of an n x n matrix, row-major, n <= DISCRETISE_MAX. */
void discretise_expm(const double *A, double *E, size_t n);

/** A linear model dx/dt = A x + B u with noise density Qc; all row-major. */
struct linear {
	size_t n, m;      /* states, inputs; n <= 8, n + m <= DISCRETISE_MAX */
	const double *A;  /* n x n */
	const double *B;  /* n x m; NULL with m = 0 */
	const double *Qc; /* n x n, unit^2/s */
};

/** x(t + dt) = F x + G u for u held over dt_s; F is n x n, G n x m. */
void discretise_inputs(const struct linear *l, double dt_s, double *F, double *G);

/** Covariance of what the noise adds over dt_s (Van Loan 1978); Q is n x n. */
void discretise_noise(const struct linear *l, double dt_s, double *Q);

#endif
