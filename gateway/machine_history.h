/* SPDX-License-Identifier: Apache-2.0 */
/** What a machine did, out of a gateway's history, by the tags that tell of it: when it
 * worked, when it was down, what it made. */
#ifndef GATEWAY_MACHINE_HISTORY_H
#define GATEWAY_MACHINE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/config.h"
#include "storage/reader.h"

/** "DEVICE/TAG"; NULL: none tells. */
struct machine_tags {
	const char *count;   /* jobs that it finished, good or not */
	const char *rejects; /* those of them that were not good */
	const char *down;    /* not 0: it has failed */
	const char *busy;    /* not 0: it works */
};

/** A tag's readings. */
struct machine_series {
	double *t_s, *x; /* s of UTC; NAN: it was not known */
	size_t n, room;
	double hold_s; /* a reading holds at most so long */
};

/** Time in which it worked, up to each change of what is known of that. */
struct machine_worked {
	double *t_s, *work_s, *unknown_s;
	bool *works, *known; /* from there on */
	size_t n;
};

struct machine_history {
	struct machine_series count, rejects, down, busy;
	struct machine_worked worked;
};

/** Of which machine, and when.  Borrowed. */
struct machine_wish {
	const struct config *config; /* how its tags are stored */
	struct machine_tags tags;
	int64_t since_us, until_us;
};

/** @return 0, -ENOMEM, or an error of the reader; machine_history_free() in any case */
int machine_history_read(struct machine_history *out, struct reader *reader,
                         const struct machine_wish *wish);
void machine_history_free(struct machine_history *h);

/** The readings of one tag in the wish's time.
 * @return 0, -ENOMEM, or an error of the reader; machine_series_free() in any case */
int machine_series_read(struct machine_series *out, struct reader *reader,
                        const char *name, const struct machine_wish *wish);
void machine_series_free(struct machine_series *s);

/** Work between two times, s: not down, and busy where a tag tells; NAN where some of it
 * is not known. */
double machine_worked_between(const struct machine_worked *w, double from_s, double to_s);

/** By how much a counter rose; where it began anew, it goes on from there. */
double machine_steps(const struct machine_series *count);

/** A stretch of time, s: shares add up to it. */
struct machine_time {
	double work_s, down_s, idle_s, unknown_s;
};
struct machine_time machine_time(const struct machine_history *h, double from_s,
                                 double to_s);

#endif
