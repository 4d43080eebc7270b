/* SPDX-License-Identifier: Apache-2.0 */
/** A component's tags out of the history, as rows in SI that a model can be fitted to. */
#ifndef GATEWAY_COMPONENT_HISTORY_H
#define GATEWAY_COMPONENT_HISTORY_H

#include "gateway/config.h"
#include "storage/reader.h"
#include "twin/identify/identify.h"

enum {
	COMPONENT_HISTORY_ROWS_MAX = 50000, /* the newest of them */
	COMPONENT_HISTORY_SPAN_MIN = 200,   /* rows; what is shorter is left out */
	COMPONENT_HISTORY_ALARM_S = 600,    /* before and after: not healthy */
};

/** Which rows. */
struct component_history_wish {
	size_t component; /* index in twin.components */
	int64_t since_us, until_us;
	bool with_alarms; /* also those in and around alarms */
	bool mismatched;  /* also those in mismatch, when that is what is to be explained
	                   */
	const struct patience *patience; /* NULL: it is not interrupted */
};

/** Owns its arrays. */
struct component_history {
	struct recording_rows rows;
	struct span *spans; /* healthy, without gaps */
	size_t n_spans;
	size_t kept;      /* rows in spans */
	size_t unhealthy; /* rows left out for an alarm */
	int64_t from_us;  /* time 0 of rows */
	double *t_s, *u, *y;
};

/** A row is a moment with a reading of an output; its inputs are the last ones, at most
 * max_age old.
 * @return 0, -ENOMEM, -ECANCELED, or an error of the reader; no rows is no error */
int component_history_read(struct component_history *out, struct reader *reader,
                           const struct config *cfg,
                           const struct component_history_wish *wish);
void component_history_fini(struct component_history *h);

/** First row of the last 30 % of those in spans: what is held out of a fit. */
size_t component_history_held_out(const struct component_history *h);

#endif
