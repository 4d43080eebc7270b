/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/cursor.h"

#include <stdlib.h>

#include "storage/db.h"
#include "storage/history_impl.h"

struct cursor cursor_of(const int64_t *keys)
{
	return (struct cursor){.acked = keys[DEST_ACKED],
	                       .live_from = keys[DEST_LIVE_FROM],
	                       .live_to = keys[DEST_LIVE_TO],
	                       .events = keys[DEST_EVENTS]};
}

int cursor_count(struct history *h, int64_t after, int64_t to, int64_t *n)
{
	sqlite3_stmt *stmt = h->stmts[STMT_COUNT];

	*n = 0;
	if (to <= after) {
		return 0;
	}
	db_bind(stmt, 2, (int64_t[]){after, to});
	return db_int(stmt, 0, n);
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Rows that `to` covers less those that `from` covers.  Between two neighbouring
 * boundaries of the two a row is covered or not as the last position is. */
static int newly_covered(struct history *h, const struct cursor *from,
                         const struct cursor *to, int64_t *n)
{
	int64_t edges[] = {from->acked, from->live_from - 1, from->live_to,
	                   to->acked,   to->live_from - 1,   to->live_to};
	int64_t rows;
	int err = 0;

	*n = 0;
	qsort(edges, ARRAY_SIZE(edges), sizeof(edges[0]), by_value);
	for (size_t i = 1; !err && i < ARRAY_SIZE(edges); i++) {
		bool before = cursor_has(from, edges[i]),
		     after = cursor_has(to, edges[i]);

		if (before != after) {
			err = cursor_count(h, edges[i - 1], edges[i], &rows);
			*n += after ? rows : -rows;
		}
	}
	return err;
}

int cursor_uncovered(struct history *h, const struct cursor *c, int64_t after, int64_t to,
                     int64_t *n)
{
	int64_t edges[] = {after, c->acked, c->live_from - 1, c->live_to, to};
	int64_t rows;
	int err = 0;

	*n = 0;
	qsort(edges, ARRAY_SIZE(edges), sizeof(edges[0]), by_value);
	for (size_t i = 1; !err && i < ARRAY_SIZE(edges); i++) {
		if (edges[i] > after && edges[i] <= to && !cursor_has(c, edges[i])) {
			err = cursor_count(h, edges[i - 1], edges[i], &rows);
			*n += rows;
		}
	}
	return err;
}

/* The part of `wanted` that is committed, and never back. */
static struct cursor allowed(const struct history *h, const struct destination *d)
{
	struct cursor to = d->wanted;
	int64_t newest = h->kept[STATE_NEWEST], event = h->kept[STATE_EVENT];

	to.acked = to.acked < newest ? to.acked : newest;
	to.acked = to.acked > d->keys[DEST_ACKED] ? to.acked : d->keys[DEST_ACKED];
	to.events = to.events < event ? to.events : event;
	to.events = to.events > d->keys[DEST_EVENTS] ? to.events : d->keys[DEST_EVENTS];
	to.live_to = to.live_to < newest ? to.live_to : newest;
	if (to.live_from > to.live_to) {
		to.live_from = 0;
	}
	if (to.live_from == 0) {
		to.live_to = 0;
	}
	cursor_join(&to);
	return to;
}

bool cursor_behind(const struct history *h)
{
	for (size_t d = 0; d < h->cfg.n_destinations; d++) {
		const int64_t *keys = h->destinations[d].keys;
		struct cursor to = allowed(h, &h->destinations[d]);

		if (to.acked != keys[DEST_ACKED] ||
		    to.live_from != keys[DEST_LIVE_FROM] ||
		    to.live_to != keys[DEST_LIVE_TO] || to.events != keys[DEST_EVENTS]) {
			return true;
		}
	}
	return false;
}

int cursor_advance(struct history *h, size_t destination)
{
	struct destination *d = &h->destinations[destination];
	struct cursor from = cursor_of(d->keys), to = allowed(h, d);
	int64_t n;
	int err = newly_covered(h, &from, &to, &n);

	if (!err) {
		d->keys[DEST_ACKED] = to.acked;
		d->keys[DEST_LIVE_FROM] = to.live_from;
		d->keys[DEST_LIVE_TO] = to.live_to;
		d->keys[DEST_EVENTS] = to.events;
		d->keys[DEST_DELIVERED] += n;
		d->keys[DEST_PENDING] -= n;
	}
	return err;
}

int64_t cursor_delivered_to(const struct history *h)
{
	int64_t to = INT64_MAX;

	for (size_t d = 0; d < h->cfg.n_destinations; d++) {
		int64_t acked = h->destinations[d].kept[DEST_ACKED];

		to = acked < to ? acked : to;
	}
	return to;
}
