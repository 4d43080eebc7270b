/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a reading is expected to be, as a simulation of its machine tells.  It takes the
 * place of what a monitor learns from healthy readings: level and spread are the
 * simulation's, the limits are found on simulated readings as twin/drift/monitor.h finds
 * them on measured ones.
 */
#ifndef TWIN_DRIFT_TOLD_H
#define TWIN_DRIFT_TOLD_H

#include "twin/drift/monitor.h"

struct told_level {
	double mean, sigma;  /* of a reading, in the tag's unit; sigma > 0 */
	double variance;     /* of the EWMA of z, at least that of independent readings */
	double w_max, z_max; /* largest |w| and |z| of the simulated readings */
};

/**
 * From n >= 2 simulated readings: runs of so many each, one after the other in time
 * within a run.
 * @param least  sigma is not below it, > 0
 */
void told_learn(struct told_level *out, const double *x, const size_t n_and_run[2],
                double least);

/** Are these numbers that a monitor can be told? */
bool told_is_valid(const struct told_level *t);

/** Let m expect that from now on; where it stands (EWMA, drift) stays. */
void told_set(struct monitor *m, const struct told_level *t, double false_alarm);

/** As monitor_step(), of one that was told.  The level does not follow the readings, and
 * readings count, not the time between them. */
void told_step(struct monitor *m, int64_t t_ns, double x, struct estimate *e);

#endif
