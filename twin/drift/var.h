/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Many sensors of one machine that works around one point: each row is predicted from the
 * one before (a vector autoregression of order 1, Luetkepohl 2005, 2.1), fitted with a
 * ridge (Hoerl, Kennard 1970); what is left is judged as a whole by its Mahalanobis
 * distance, and split up among the tags (MacGregor, Kourti 1995).
 *
 * It follows no drift: a machine that wanders needs other means.
 */
#ifndef TWIN_DRIFT_VAR_H
#define TWIN_DRIFT_VAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/drift/var_fit.h"

enum {
	VAR_TAGS_MAX = 256,
	VAR_WINDOW = 5,      /* rows whose mean is judged */
	VAR_BLAME_ROWS = 20, /* of an alarm, that tell who is to blame */
	VAR_BLAMED_MAX = 4,
};

struct var;

/** Rows that n_tags tags need to learn from: 60 % of them are fitted, 5 a tag. */
uint32_t var_rows_needed(size_t n_tags);

/**
 * All memory that it will ever have, that of learning included.
 *
 * @param n_tags     1 to VAR_TAGS_MAX
 * @param learn      rows to learn from, at least var_rows_needed()
 * @param period_ns  of the slowest tag: when no more is waited for one that is silent
 * @return 0 or -ENOMEM
 */
int var_new(struct var **out, size_t n_tags, uint32_t learn, int64_t period_ns);
void var_free(struct var *v);

/** Tag i reads x, in any unit; NAN: it was asked and has no good value. */
void var_take(struct var *v, size_t i, double x);

/**
 * A batch is over.  Where all tags have come, or the slowest is overdue, they are a row.
 * @return was there one?
 */
bool var_step(struct var *v, int64_t t_ns);

/** Mean distance of the last rows, and its limit; NAN while there is none: learning,
 * after a gap, or with more than a quarter of the tags missing. */
double var_statistic(const struct var *v);
double var_limit(const struct var *v);

/** The statistic is above its limit. */
bool var_alarm(const struct var *v);

/** Has it learnt? */
bool var_is_ready(const struct var *v);

/** Share of the learning rows done, 0 to 1. */
double var_progress(const struct var *v);

/**
 * Who is to blame for the alarm, by what each tag contributed to the distance in its
 * first VAR_BLAME_ROWS rows: the largest, at most VAR_BLAMED_MAX or what makes 80 %.
 *
 * @param[out] tags   numbers, VAR_BLAMED_MAX of them
 * @param[out] share  of each, 0 to 1
 * @return how many
 */
size_t var_blame(const struct var *v, uint32_t *tags, double *share);

/** Numbers that var_visit() shows. */
size_t var_count(const struct var *v);

/** Show each number that was learnt, in a fixed order, to be saved or set. */
void var_visit(struct var *v, var_visit_cb visit, void *arg);

/** All numbers were set: there is nothing to learn any more. */
void var_settle(struct var *v);

#endif
