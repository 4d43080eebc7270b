/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Remaining life, learnt from machines that ran to their end (Saxena, Goebel 2008; the
 * target is cut where a machine cannot be told from a new one: Heimes 2008).
 *
 * A ridge regression on features.h gives the median; the errors that it made on machines
 * which it had not seen, at like predictions, give the quantiles.
 */
#ifndef TWIN_HEALTH_LIFE_H
#define TWIN_HEALTH_LIFE_H

#include <stddef.h>
#include <stdint.h>

#include "twin/health/remaining.h"

#define LIFE_CUT 125.0 /* rows: beyond it all lives are alike */

enum { LIFE_HISTORIES_MIN = 5, LIFE_ROWS_MIN = 10 };

/** Machines row by row; the rows of one stand together, in order of age. */
struct life_table {
	const int64_t *unit;   /* whose row it is */
	const double *age;     /* rows (cycles) since new, rising */
	const double *sensors; /* row-major; NAN where missing */
	size_t n_rows, n_sensors;
};

struct life;

/**
 * Learn from lives that each ended in their last row.  With fewer than
 * LIFE_HISTORIES_MIN of them it is done, but every prediction is REMAINING_FEW_HISTORIES.
 * @return 0, -ENOMEM, or -EDOM where no sensor moves or a number is infinite
 */
int life_learn(struct life **out, const struct life_table *t);
void life_free(struct life *l);

/** One machine that is watched.  Borrows what was learnt. */
struct life_watch;

/** @return 0 or -ENOMEM */
int life_watch_new(struct life_watch **out, const struct life *l);
void life_watch_free(struct life_watch *w);

/** Forget all rows: another machine, or this one repaired. */
void life_watch_restart(struct life_watch *w);

/** Take a row of so many sensors as were learnt from; NAN where missing. */
void life_watch_row(struct life_watch *w, double age, const double *sensors);

/** What is left after the last row, in rows, 0 to LIFE_CUT. */
struct remaining life_watch_remaining(struct life_watch *w);

#endif
