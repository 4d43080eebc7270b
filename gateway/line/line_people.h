/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The load of a line's operators over the shift: what they lift and carry in each hour,
 * by simulation, against NIOSH, ISO 11228-1, RULA and Silverstein (twin/people).
 * Screening figures, no medical statement.
 */
#ifndef GATEWAY_LINE_LINE_PEOPLE_H
#define GATEWAY_LINE_LINE_PEOPLE_H

#include "gateway/line/line_file.h"

/** An hour of the shifts' period, or of the run; rates are of the time that is no break.
 */
struct people_hour {
	double observed;         /* share of the hour that is no break; 0: all is */
	double working, walking; /* shares of the observed time */
	double walked_m;         /* an hour, likewise the next three */
	double lifts, lifted_kg, carried_kg;
	double lifting;  /* composite index; NAN: something is not to be lifted so; 0: no
	                    lift */
	double carrying; /* sum of masses over their limits of an hour; INFINITY: too far
	                  */
};

enum people_limit {
	PEOPLE_LIFTING,
	PEOPLE_CARRYING_HOUR,
	PEOPLE_CARRYING_SHIFT,
	PEOPLE_CARRYING_LOAD,
	PEOPLE_POSTURE,
	PEOPLE_REPETITION,
	PEOPLE_LIMITS,
};

/** What alone would be enough; NAN: that alone is not, or does not matter. */
struct people_remedy {
	double load_kg, h_cm, over_m; /* of the task that counts most */
	double jobs_h;                /* of all that he does, an hour */
	double share;                 /* operators that take turns */
};

/** A limit that somebody exceeds. */
struct people_finding {
	enum people_limit kind;
	size_t first, worst, hours; /* hours' numbers, and how many */
	double value, limit;        /* in the worst hour */
	const char *station;        /* where he does what counts most, and that: */
	const struct line_work *task;
	struct people_remedy remedy;
};

struct people_operator {
	const struct people_hour *hours;
	double carried_kg; /* of a period of the shifts, or the run */
	double carrying;   /* the most of eight hours, over its limit */
	const struct people_finding *findings;
	size_t n_findings;
};

/** Free with line_people_free(). */
struct line_people {
	const struct people_operator *operators; /* of the setup's, as many */
	size_t n, n_hours, runs;
};

/**
 * Simulate, and judge.
 *
 * @param[out] out  NULL where no station has work by hand, or nobody does it
 * @return 0, -ENOMEM, or as line_run()
 */
int line_people_make(struct line_people **out, const struct line_setup *setup,
                     const struct line_run *run, double warm_up_s);
void line_people_free(struct line_people *p);

/** "composite lifting index", and what goes behind its value. */
const char *people_limit_name(enum people_limit kind);

#endif
