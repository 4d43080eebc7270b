/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/db.h"
#include "storage/history_impl.h"

/* Hours that a late row falls into are made again. */
static int reopen_hours(struct history *h, int64_t oldest)
{
	if (oldest < h->keys[STATE_HOURS]) {
		h->keys[STATE_HOURS] = oldest / HOUR_US * HOUR_US;
	}
	return 0;
}

static int roll(struct history *h, int64_t from, int64_t to)
{
	int64_t oldest;
	int err;

	db_bind(h->stmts[STMT_ROLL_OLDEST], 2, (int64_t[]){from, to});
	err = db_int(h->stmts[STMT_ROLL_OLDEST], INT64_MAX, &oldest);
	if (!err && oldest != INT64_MAX) {
		reopen_hours(h, oldest);
		err = history_begin(h);
		if (!err) {
			db_bind(h->stmts[STMT_ROLL], 2, (int64_t[]){from, to});
			err = db_run(h->stmts[STMT_ROLL]);
		}
	}
	if (!err) {
		h->keys[STATE_ROLLED] = to; /* in the transaction that has the minutes */
	}
	return err;
}

int rollup_to(struct history *h, int64_t to)
{
	int64_t from = h->keys[STATE_ROLLED];

	return to > from ? roll(h, from, to) : 0;
}

/* An hour whose minutes are complete.  Made as a whole, so that a repeat does no harm. */
static int hour_slice(struct history *h)
{
	int64_t start, next;
	int err;

	sqlite3_bind_int64(h->stmts[STMT_MINUTE_NEXT], 1, h->keys[STATE_HOURS]);
	err = db_int(h->stmts[STMT_MINUTE_NEXT], INT64_MAX, &next);
	if (err || next == INT64_MAX) {
		return err;
	}
	start = next / HOUR_US * HOUR_US;
	if (start + HOUR_US > h->keys[STATE_ROLLED] + 1) {
		return 0;
	}
	err = history_begin(h);
	if (!err) {
		db_bind(h->stmts[STMT_HOUR], 2, (int64_t[]){start, start + HOUR_US});
		err = db_run(h->stmts[STMT_HOUR]);
	}
	if (!err) {
		h->keys[STATE_HOURS] = start + HOUR_US;
	}
	return err ? err : 1;
}

int rollup_slice(struct history *h)
{
	int64_t from = h->keys[STATE_ROLLED], to;
	/* Minutes that are over, of rows that are committed: a row is counted once. */
	int64_t limit = h->kept[STATE_NEWEST] / MINUTE_US * MINUTE_US - 1;
	int err;

	if (limit <= from) {
		return hour_slice(h);
	}
	err = batch_slice(h, from, limit, &to);
	if (!err) {
		err = roll(h, from, to);
	}
	return err ? err : 1;
}
