/* SPDX-License-Identifier: Apache-2.0 */
/** All scenarios of a file run ahead, on all cores; what comes of them does not depend on
 * how many there are. */
#ifndef GATEWAY_SCENARIO_FORESIGHT_H
#define GATEWAY_SCENARIO_FORESIGHT_H

#include "gateway/scenario/scenario_file.h"

/** A figure of a scenario, and what it is more than as now.  half: of an interval that
 * holds 95 % of the draws, which as-now has in common; NAN without draws. */
struct foresight_kpi {
	double value, half;
	double gain, gain_half;
};

/** A scenario's outcome. */
struct foresight {
	const struct foresight_kpi *kpis;   /* of the world */
	const double *course, *course_half; /* by point, then what is shown; half NAN: not
	                                       known */
	uint64_t failures; /* steps of parts that could not be solved, in all draws */
};

struct foresights {
	const struct scenario_setup *setup;
	const struct foresight *all; /* by scenario of the setup */
	size_t n;
	unsigned threads; /* that ran them */
};

/**
 * @param snapshot  of which the bands are
 * @return 0, -ENOMEM, or as scenario_run(); foresights_free() what it gives
 */
int foresights_run(struct foresights **out, const struct scenario_setup *setup,
                   const struct snapshot *snapshot);
void foresights_free(struct foresights *f);

/** Time of a point of a course, s from now. */
double foresights_time(const struct scenario_setup *setup, size_t point);

#endif
