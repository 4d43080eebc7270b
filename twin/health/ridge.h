/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Ridge regression on standardised features, from sums of products: rows are added once,
 * and a fit without some of them is a subtraction (Hoerl, Kennard 1970).
 */
#ifndef TWIN_HEALTH_RIDGE_H
#define TWIN_HEALTH_RIDGE_H

#include <stddef.h>

/** y = intercept + weights . f */
struct ridge {
	size_t m;
	double intercept;
	double *weights;         /* in the features' own units */
	double *centre, *spread; /* mean and standard deviation of each feature */
};

/** Number of sums of m features: of all products of features, 1 and y. */
size_t ridge_sums(size_t m);

/** Add a row: f has m features. */
void ridge_add(double *sums, const double *f, size_t m, double y);

/** @return 0 or -ENOMEM; free with ridge_fini(), which copes with half a ridge */
int ridge_init(struct ridge *r, size_t m);
void ridge_fini(struct ridge *r);

/**
 * Minimise sum (y - intercept - w . z)^2 + lambda |w|^2, z the standardised features; one
 * that does not move has no weight.
 * @param sums  of the rows; not changed
 * @return 0, -ENOMEM, or -EDOM where there are no rows or no numbers
 */
int ridge_fit(struct ridge *r, const double *sums, double lambda);

double ridge_predict(const struct ridge *r, const double *f);

#endif
