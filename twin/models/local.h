/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A model that is computed elsewhere, and known here around where it stands:
 *
 *     dx/dt = r + A (x - x0) + B (u - u0)
 *     y_i   = y1_i + C_i (x - x1) + D_i (u - u0) + sum_k E_ik (u_k - u0_k)^2 / 2
 *
 * Who computes it is asked after each row and answers before the next (twin_question(),
 * twin_answer()); twin/observer/localise.h makes such an answer of any model.
 */
#ifndef TWIN_MODELS_LOCAL_H
#define TWIN_MODELS_LOCAL_H

#include <stdint.h>

#include "twin/models/model.h"

struct local_question {
	int64_t t_ns; /* of x; of the last row, where a start is asked for */
	double dt_s;  /* how far ahead the next row is thought to be, >= 0 */
	bool start;   /* x is asked for, given y */
	double x[MODEL_STATES_MAX];
	double u[MODEL_INPUTS_MAX];
	double y[MODEL_OUTPUTS_MAX]; /* measured, by port; NAN: not */
};

/** Matrices are row-major. */
struct local_answer {
	double x0[MODEL_STATES_MAX], u0[MODEL_INPUTS_MAX];
	double r[MODEL_STATES_MAX];
	double A[MODEL_STATES_MAX * MODEL_STATES_MAX];
	double B[MODEL_STATES_MAX * MODEL_INPUTS_MAX];
	double x1[MODEL_STATES_MAX]; /* dt_s later */
	double y1[MODEL_OUTPUTS_MAX];
	double C[MODEL_OUTPUTS_MAX * MODEL_STATES_MAX];
	double D[MODEL_OUTPUTS_MAX * MODEL_INPUTS_MAX];
	double E[MODEL_OUTPUTS_MAX * MODEL_INPUTS_MAX];
};

/** What stands at p of such a model; it is cast, for a model's p are numbers. */
struct local {
	struct local_answer at;
	const struct model *ports; /* for the sizes */
	const double *made;        /* by state: least, most, noise (unit/sqrt(s)) */
	bool known;                /* at is an answer */
	bool can_start;            /* and x0 is one to start from, not used yet */
	int64_t t_ns;              /* of the last row; INT64_MIN: none */
	double dt_s;               /* between rows, for the next question */
};

/**
 * A model of its own with those ports.
 *
 * @param ports  all but the functions is taken from it, and borrowed
 */
void local_make(struct model *out, const struct model *ports);

/** @param made  3 numbers a state, as struct local has them, by kind */
void local_init(struct local *l, const struct model *ports, const double *made);

#endif
