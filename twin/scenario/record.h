/* SPDX-License-Identifier: Apache-2.0 */
/** How forecasts of one output over one horizon have turned out, and the band that the
 * next one therefore gets. */
#ifndef TWIN_SCENARIO_RECORD_H
#define TWIN_SCENARIO_RECORD_H

#include <stdbool.h>
#include <stddef.h>

enum { RECORD_KEPT = 500, RECORD_ERRORS_MIN = 50 };

/** The last RECORD_KEPT forecasts that came due; zero-initialise. */
struct record {
	float error[RECORD_KEPT];       /* actual less predicted */
	float persistence[RECORD_KEPT]; /* actual less what it was when it was made */
	bool held[RECORD_KEPT];         /* the actual value was in the band */
	size_t n, next;
};

/** A forecast has come due; errors in the tag's unit, finite. */
void record_add(struct record *r, double error, double persistence, bool held);

/**
 * Half width of the band at this level: the ceil((n + 1) level)-th smallest error without
 * its sign (Vovk, Gammerman, Shafer 2005, section 2.2).
 * @return NAN with fewer than RECORD_ERRORS_MIN errors: nothing to go by yet
 */
double record_band(const struct record *r, double level);

/** What it is worth. */
struct record_score {
	size_t n;
	double rmse, persistence_rmse; /* NAN where n is 0 */
	double skill;    /* 1 - rmse / persistence_rmse: 0 no better than no change */
	double coverage; /* share that the band held; NAN where n is 0 */
};
struct record_score record_judge(const struct record *r);

#endif
