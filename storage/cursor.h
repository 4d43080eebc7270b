/* SPDX-License-Identifier: Apache-2.0 */
/** What a destination has acknowledged, as positions in `at` (storage/history.h). */
#ifndef STORAGE_CURSOR_H
#define STORAGE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

enum { DESTINATIONS_MAX = 4 };

/**
 * Delivered is every row with at <= acked, and those with live_from <= at <= live_to:
 * after an outage live samples go first, from live_from on, while the backlog (acked,
 * live_from) follows.  When the backlog meets it the two are joined and live_from is 0.
 */
struct cursor {
	int64_t acked;
	int64_t live_from; /* 0: no live stretch apart */
	int64_t live_to;
	int64_t events; /* stamp of the newest event it has, with all before it */
};

/** Has the destination the row at `at`? */
static inline bool cursor_has(const struct cursor *c, int64_t at_us)
{
	return at_us <= c->acked ||
	       (c->live_from != 0 && at_us >= c->live_from && at_us <= c->live_to);
}

/** Where the backlog has reached the live stretch (no row between), make one of the two.
 */
static inline void cursor_join(struct cursor *c)
{
	if (c->live_from != 0 && c->acked >= c->live_from - 1) {
		c->acked = c->live_to > c->acked ? c->live_to : c->acked;
		c->live_from = c->live_to = 0;
	}
}

#endif
