/* SPDX-License-Identifier: Apache-2.0 */
/** From one line to a variant of it: what has to be done, in which order, and when it has
 * paid back. */
#ifndef GATEWAY_LINE_LINE_PLAN_H
#define GATEWAY_LINE_LINE_PLAN_H

#include "gateway/config/arena.h"
#include "gateway/line/line_study.h"

enum line_step_kind { STEP_NEW, STEP_CHANGED, STEP_REMOVED };

/** What is done to one thing of the line. */
struct line_step {
	const char *list, *id; /* "stations", "capper" */
	enum line_step_kind kind;
	const char *what; /* "machines: 1 -> 2" */
	double takes_s;   /* the line stands for it; 0: it is not said */
	double from_s; /* when it begins: the longest first, as many at once as the crew
	                */
};

/** Free with line_plan_free(). */
struct line_plan {
	struct arena arena;
	struct line_step *steps; /* in the order in which they begin */
	size_t n;
	uint32_t crew;
	double investment; /* of what is new or dearer; what is removed gives nothing back
	                    */
	double floor_m2;   /* more than the base */
	double downtime_s, in_a_row_s; /* by the crew; one step after the other */
	double lost;                   /* parts of the base in the downtime */
	struct interval gain_h;        /* good parts an hour more */
	/** Hours of the run's kind until investment and lost parts are earned: by the
	 * mean gain, and by the ends of its interval.  INFINITY: never; NAN: no margin is
	 * said. */
	double pays_h, pays_least_h, pays_most_h;
};

/** @return 0 or -ENOMEM */
int line_plan_make(struct line_plan *out, const struct line_study *base,
                   const struct line_study *variant);
void line_plan_free(struct line_plan *p);

/** "new", "changed", "removed". */
const char *line_step_name(enum line_step_kind kind);

#endif
