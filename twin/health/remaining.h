/* SPDX-License-Identifier: Apache-2.0 */
/** A remaining life as quantiles, or why there is none. */
#ifndef TWIN_HEALTH_REMAINING_H
#define TWIN_HEALTH_REMAINING_H

enum remaining_why {
	REMAINING_KNOWN,
	REMAINING_FEW_HISTORIES, /* too few lives that ended to learn from */
	REMAINING_LEARNING,      /* too little seen of this one yet */
	REMAINING_BAD_INPUT,     /* a reading is missing, bad or stale */
	REMAINING_UNLIKE,        /* nothing like it was learnt from */
	REMAINING_NO_TREND,      /* nothing moves, or not for certain */
	REMAINING_FAR,           /* farther off than what was seen can tell */
};

/** In the caller's unit of age; p10 <= p50 <= p90, all NAN unless why is KNOWN.  A
 * quantile may be INFINITY: not within any time that could be told. */
struct remaining {
	double p10, p50, p90;
	enum remaining_why why;
};

/** No prediction, for this reason. */
struct remaining remaining_none(enum remaining_why why);

/** Put quantiles in order around p50, which stays; none where p10 is more than ten times
 * as far as what was observed. */
struct remaining remaining_of(double p10, double p50, double p90, double observed);

/** The reason as the end of a sentence "no prediction: ..."; static. */
const char *remaining_why_text(enum remaining_why why);

#endif
