/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A line's file with the times that its machines really took: out of a gateway's history,
 * by the tags that a station names (`tags:`).  Cycle times from the counter of jobs, less
 * the time in which the station was down and, where a tag says so, not busy; times
 * between failures and to repair from the tag that says it is down; scrap from the
 * counter of rejects; spread and drift of quantities from tags of what they are off by;
 * remaining life from what the gateway foretells of a tag.
 */
#ifndef GATEWAY_LINE_LINE_LEARN_H
#define GATEWAY_LINE_LINE_LEARN_H

#include <jansson.h>

#include "gateway/line/line_file.h"
#include "twin/line/dist_fit.h"

enum line_learnt_what {
	LEARNT_TIME,
	LEARNT_UP,
	LEARNT_DOWN,
	LEARNT_SCRAP,
	LEARNT_SPREAD, /* of a quantity */
	LEARNT_LIFE,
};

/** One thing that was learnt, or not (why). */
struct line_learnt {
	const char *station; /* the setup's */
	enum line_learnt_what what;
	struct dist_fit fit;  /* of times; n alone for scrap: jobs */
	double share;         /* of scrap; of a spread sigma; of a life s, p10 */
	const char *quantity; /* of a spread */
	double offset;   /* of a spread: mean of what it is off by; of a life s, p50 */
	size_t left_out; /* waits taken for none of the work */
	double before_s; /* mean that the file says; NAN: nothing; a share for scrap
	                  */
	const char *why; /* static, where it stays as the file has it; NULL: taken */
	double *times;   /* what fit may borrow */
};

struct line_learning {
	const struct config *config; /* of the gateway; borrowed for line_learn() */
	int64_t since_us, until_us;
	struct line_learnt *items;
	size_t n;
};

/**
 * Put in the setup what the history tells; it must go before the learning does.
 * @return 0, -ENOMEM, or an error of the reader; line_learning_free() in any case
 */
int line_learn(struct line_learning *out, struct line_setup *setup,
               struct reader *reader);
void line_learning_free(struct line_learning *l);

void line_learning_print(FILE *out, const struct line_learning *l);
json_t *line_learning_json(const struct line_learning *l);

#endif
