/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A sensor that is stuck reads the same to the last digit, while its noise was seen to
 * move it all the time.  Only for tags whose noise shows in their resolution, and only
 * where the reading froze at its normal level: a machine that moved and then stands still
 * is none, nor one whose standing still has become normal.
 */
#ifndef TWIN_DRIFT_STUCK_H
#define TWIN_DRIFT_STUCK_H

#include <stdbool.h>
#include <stdint.h>

/** One tag, 4 bytes.  Zeroed: never stuck. */
struct stuck {
	uint32_t last : 8; /* the last value, folded: two of 256 that differ look alike */
	uint32_t limit : 9;  /* equal readings that are too many; 0: it may stand still */
	uint32_t run : 10;   /* equal readings until now, saturating */
	uint32_t alive : 4;  /* changes since it was seen off its level, saturating */
	uint32_t normal : 1; /* the run began at the normal level */
};

/** What learning has seen of a tag; zero-initialise. */
struct stuck_learner {
	double x[2];       /* the last two values that differed from the one before */
	double sum1, sum2; /* of squared differences of values, next and next but one */
	double least;      /* smallest difference */
	uint32_t n, changes;
	uint32_t run, longest;
};

/** Take a healthy reading, finite. */
void stuck_learn(struct stuck_learner *l, double x);

/** Learning is over: set the limit. */
void stuck_learnt(struct stuck *s, const struct stuck_learner *l);

/** Take a reading; normal: the tag is healthy. */
void stuck_step(struct stuck *s, double x, bool normal);

/** It has not moved for longer than its noise allows. */
bool stuck_is(const struct stuck *s);

#endif
