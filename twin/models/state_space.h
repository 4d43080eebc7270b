/* SPDX-License-Identifier: Apache-2.0 */
/** A linear model as matrices, in the units of its tags:
 *
 *     dx/dt = A x + B u      y = C x + D u
 *
 * E.g. Franklin, Powell, Emami-Naeini 2015, section 7.4. */
#ifndef TWIN_MODELS_STATE_SPACE_H
#define TWIN_MODELS_STATE_SPACE_H

#include "twin/models/model.h"

/** Matrices are row-major without gaps. */
struct state_space {
	size_t n, m, k;   /* states, inputs, outputs; n from 1, all up to MODEL_*_MAX */
	const double *A;  /* n x n, 1/s */
	const double *B;  /* n x m */
	const double *C;  /* k x n */
	const double *D;  /* k x m */
	const double *Q;  /* n, noise density, unit^2/s */
	const double *x0; /* n, where the outputs do not tell */
};

/** The matrices of parameters that state_space_make() wrote; borrowed from p. */
struct state_space state_space_view(const double *p);

/** Numbers that state_space_make() writes. */
size_t state_space_size(const struct state_space *s);

/** A model of its own, and its parameters p; s is not needed any more. */
void state_space_make(struct model *out, double *p, const struct state_space *s);

#endif
