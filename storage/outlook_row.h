/* SPDX-License-Identifier: Apache-2.0 */
/** When something was said to reach its limit, and when it did, as kept in the view
 * `outlooks`. */
#ifndef STORAGE_OUTLOOK_ROW_H
#define STORAGE_OUTLOOK_ROW_H

#include <stdbool.h>
#include <stdint.h>

struct history;
struct reader;
struct tag;

enum outlook_kind {
	OUTLOOK_TOLD,     /* a prediction, or why there is none */
	OUTLOOK_REACHED,  /* the limit was reached: scores what was told before */
	OUTLOOK_REPAIRED, /* it went back before or after: likewise */
};

/** Strings are borrowed for the call. */
struct outlook_row {
	int64_t id;    /* ts_us and a running number below 1e6: unique, and in order */
	int64_t ts_us; /* UTC */
	enum outlook_kind kind;
	uint32_t device, tag; /* indexes */
	const char *name;     /* what the limit means */
	double limit;         /* in the tag's unit */
	bool learnt;          /* the limit may change, and is still the same */
	double p10_s, p50_s,
		p90_s;    /* NAN: none; p90_s INFINITY: beyond what can be told */
	int64_t first_us; /* when the first of these rows put it; 0: none */
	const char *why;  /* of no prediction; "" where there is one */
};

/** Keep it; of REACHED and REPAIRED the rows before it get their outcome.
 * @return as history_append() */
int outlook_row_put(struct history *h, const struct outlook_row *row);

/** How a tag's rows under a name and limit end. */
struct outlook_last {
	int64_t repaired_us, reached_us; /* the last time; 0: never */
	int64_t first_us;                /* of what has no outcome yet; 0: none */
};

/** @param limit  NAN: any
 * @return 0 or a negative errno */
int outlook_row_last(struct reader *r, const struct tag *tag, const char *name,
                     double limit, struct outlook_last *out);

/** When a tag is foretold to meet the nearest of its limits, UTC: at the soonest of ten
 * cases, and in the middle.  0: nothing is foretold. */
struct outlook_told {
	int64_t p10_us, p50_us;
};

/** @return 0 or a negative errno */
int outlook_row_told(struct reader *r, const struct tag *tag, struct outlook_told *out);

#endif
