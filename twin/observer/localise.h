/* SPDX-License-Identifier: Apache-2.0 */
/** What a model is like around a point and a row ahead: the answers of
 * twin/models/local.h. */
#ifndef TWIN_OBSERVER_LOCALISE_H
#define TWIN_OBSERVER_LOCALISE_H

#include "twin/models/local.h"

/** A model with its parameters; both borrowed. */
struct localised {
	const struct model *model;
	const double *p;
};

/**
 * Answer a question.  x is integrated with error control over q->dt_s.  A is the Jacobian
 * half-way, which makes exp(A dt) right to second order (Magnus 1954); r is such that the
 * linear model comes where the integration came.  Derivatives are central differences;
 * where the model is no number on one side, one-sided ones.
 *
 * @return 0; -EDOM where the model is no number at x
 */
int localise(const struct localised *of, const struct local_question *q,
             struct local_answer *a);

#endif
