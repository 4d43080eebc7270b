/* SPDX-License-Identifier: Apache-2.0 */
/** A model over recorded inputs, from a state on, without looking at what was measured.
 */
#ifndef TWIN_IDENTIFY_SIMULATE_H
#define TWIN_IDENTIFY_SIMULATE_H

#include "twin/models/model.h"

/** What a component's tags were, row by row, in SI; borrowed. */
struct recording_rows {
	const struct model *model;
	size_t n;
	const double *t_s; /* rising; any zero */
	const double *u;   /* n x n_inputs, each held until the next row */
	const double *y;   /* n x n_outputs; NAN where there was no reading */
};

/** Rows that follow each other without a gap. */
struct span {
	size_t from, n;
};

/**
 * From x at row `from` over `n` rows; inputs of before `from` are those of it.
 *
 * @param x       state at the first row; at the last one when it returns
 * @param[out] y  n x n_outputs; NULL: not wanted
 * @return 0; -ERANGE, -EDOM as integrate()
 */
int simulate(const struct recording_rows *r, const double *p, struct span s, double *x,
             double *y);

#endif
