/* SPDX-License-Identifier: Apache-2.0 */
/** What parameters are worth on rows that they were not fitted to: the component's own
 * observer goes over a recording, and from it forecasts with the inputs as they came. */
#ifndef TWIN_IDENTIFY_HELD_OUT_H
#define TWIN_IDENTIFY_HELD_OUT_H

#include "twin/identify/simulate.h"
#include "twin/twin.h"

enum { HELD_OUT_HORIZONS = 4, HELD_OUT_EVERY_S = 60, HELD_OUT_MIN = 10 };

/** 1, 5, 10 and 30 minutes, s. */
extern const double held_out_horizons_s[HELD_OUT_HORIZONS];

struct held_out {
	size_t n[HELD_OUT_HORIZONS]; /* forecasts that met a reading, of all outputs */
	/* Root mean squares by horizon and output, SI; NAN: none. */
	double rmse[HELD_OUT_HORIZONS][MODEL_OUTPUTS_MAX];
	double persistence[HELD_OUT_HORIZONS][MODEL_OUTPUTS_MAX];
	double nis;  /* mean of (y - predicted)^2 / S: 1 where sigma is right */
	size_t rows; /* judged */
};

struct held_out_task {
	const struct recording_rows *rows;
	const struct span *spans;
	size_t n_spans;
	size_t from; /* first row that is held out; the observer learns on those before */
	const struct component_config *component;
	const struct twin_config *twin;
	const struct patience *patience; /* NULL: it is not interrupted */
};

/**
 * @param parameters  in place of the component's
 * @return 0, -ENOMEM, -ENODATA with fewer rows than an observer learns from,
 *         -ECANCELED
 */
int held_out_try(const struct held_out_task *task, const double *parameters,
                 struct held_out *out);

/**
 * Mean ratio of the errors of b to those of a at a horizon, over the outputs; NAN where
 * fewer than HELD_OUT_MIN forecasts tell.
 */
double held_out_ratio(const struct held_out *a, const struct held_out *b, size_t horizon);

/** Is b better than a: 5 % less error over the horizons, at none 5 % more, and NIS not
 * farther from 1 (by more than a tenth, which is chance)? */
bool held_out_is_better(const struct held_out *a, const struct held_out *b);

#endif
