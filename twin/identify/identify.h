/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Parameters of a model from a recording: least squares of what it simulates freely over
 * each span, with a prior on the logarithms (Beck, Arnold 1977, section 6.6) and bounds,
 * by Levenberg-Marquardt (Marquardt 1963). The state at the start of each span is free
 * and eliminated.
 */
#ifndef TWIN_IDENTIFY_IDENTIFY_H
#define TWIN_IDENTIFY_IDENTIFY_H

#include "twin/identify/patience.h"
#include "twin/identify/simulate.h"

/** Standard deviation of the prior of ln p, and how far p may go from it. */
#define IDENTIFY_PRIOR 0.3
#define IDENTIFY_BOUND 10.0

struct identify_task {
	const struct recording_rows *rows;
	const struct span *spans; /* healthy, each of two rows at least */
	size_t n_spans;
	const double *sigma; /* of each output's sensor, SI, > 0 */
	const double *prior; /* all parameters of the model; those to be fitted > 0 */
	const bool *wanted;  /* by parameter: is it to be fitted? */
	const struct patience *patience; /* NULL: it is not interrupted */
};

enum identify_verdict {
	IDENTIFY_LEFT, /* not wanted */
	IDENTIFY_FITTED,
	IDENTIFY_UNTOLD,   /* the data say no more than the prior: kept */
	IDENTIFY_AT_BOUND, /* kept */
	IDENTIFY_TIED,     /* correlated by more than 0.98 with another: kept */
};

struct identify_result {
	double parameters[MODEL_PARAMETERS_MAX];
	enum identify_verdict verdict[MODEL_PARAMETERS_MAX];
	double spread[MODEL_PARAMETERS_MAX]; /* of ln p; NAN where it was not fitted */
	size_t tied_to[MODEL_PARAMETERS_MAX];
	/* Between fitted parameters, as of the first fit of all that were wanted. */
	double correlation[MODEL_PARAMETERS_MAX][MODEL_PARAMETERS_MAX];
	double error;  /* root mean square of residuals over sigma */
	size_t values; /* residuals */
	unsigned iterations;
};

/** @return 0, -ENOMEM, -ENODATA where nothing was measured, -ERANGE or -EDOM where not
 * even the prior can be simulated, -ECANCELED */
int identify(const struct identify_task *task, struct identify_result *out);

/**
 * Standard deviation of each output's sensor from the bends of its readings: the variance
 * of a second difference of white noise is 6 r, and a ramp adds nothing (von Neumann
 * 1941).
 * @param sigma  n_outputs; those that are > 0 are left as they are
 */
void identify_noise(const struct recording_rows *rows, const struct span *spans,
                    size_t n_spans, double *sigma);

#endif
