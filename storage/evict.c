/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "storage/db.h"
#include "storage/history_impl.h"

enum {
	ROLLED_KEPT =
		10, /* minutes are kept so many times as long as rows; hours again */
	SEALED_ROWS = SLICE_ROWS / 2,
};

#define SECOND_US INT64_C(1000000)

void evict_reset(struct history *h)
{
	h->evict = (struct evict){0};
}

/* Oldest stamps of rows; INT64_MAX: none. */
static int oldest_rows(struct history *h, int64_t *fresh, int64_t *sealed)
{
	int err = db_int(h->stmts[STMT_OLDEST], INT64_MAX, fresh);

	if (!err && h->evict.oldest == 0) {
		err = db_int(h->stmts[STMT_SEALED_OLDEST], INT64_MAX, &h->evict.oldest);
	}
	*sealed = h->evict.oldest;
	return err;
}

static void begin_run(struct history *h, int64_t to, int64_t span_us, const char *reason)
{
	int64_t newest = h->kept[STATE_NEWEST];

	h->evict.to = to;
	h->evict.tag = 0;
	h->evict.reason = reason;
	h->evict.rolled_to = newest - ROLLED_KEPT * span_us;
	h->evict.hours_to = newest - ROLLED_KEPT * (ROLLED_KEPT * span_us);
}

/* By age in steps of an hour, or of a tenth of what is kept where that is less. */
static void choose_by_age(struct history *h, int64_t oldest, int64_t now_us)
{
	int64_t keep_us = h->cfg.keep_s * SECOND_US, step, to;

	if (now_us <= 0 || keep_us <= 0) {
		return;
	}
	step = keep_us / 10 < HOUR_US ? keep_us / 10 : HOUR_US;
	to = (now_us - keep_us) / step * step - 1;
	if (oldest <= to) {
		begin_run(h, to, keep_us, "age");
	}
}

static int over_size(struct history *h, bool *over)
{
	int64_t pages = 0, unused = 0;
	int err = 0;

	if (h->page_count_max > 0) {
		err = db_query(h->db, "pragma page_count", &pages);
	}
	if (h->page_count_max > 0 && !err) {
		err = db_query(h->db, "pragma freelist_count", &unused);
	}
	*over = h->page_count_max > 0 &&
	        pages - unused > h->page_count_max - UPKEEP_PAGES - h->spare_pages;
	return err;
}

/* By size the oldest sixteenth of the time at most, an hour at most; what is only in the
 * outbox goes slice by slice. */
static int choose_by_size(struct history *h, int64_t fresh, int64_t sealed)
{
	int64_t newest = h->kept[STATE_NEWEST], step, to;
	int err = 0;

	if (sealed < fresh) {
		step = (newest - sealed) / 16;
		to = sealed + (step < HOUR_US ? step : HOUR_US);
	} else {
		err = batch_slice(h, 0, newest, &to);
	}
	if (!err) {
		begin_run(h, to, newest - to, "size");
	}
	return err;
}

/* Rows are gone and it is still too much: minutes, the oldest first. */
static int evict_minutes(struct history *h)
{
	int err = history_begin(h);

	if (!err) {
		db_bind(h->stmts[STMT_MINUTE_DELETE], 2,
		        (int64_t[]){INT64_MAX, SEALED_ROWS});
		err = db_run(h->stmts[STMT_MINUTE_DELETE]);
	}
	return err ? err : sqlite3_changes(h->db) > 0;
}

static int write_gap(struct history *h, size_t destination, const struct history_gap *gap)
{
	static const enum history_stmt steps[] = {STMT_GAP_GROW, STMT_GAP};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(steps); i++) {
		sqlite3_stmt *stmt = h->stmts[steps[i]];

		db_bind(stmt, 4,
		        (int64_t[]){h->kept[STATE_NEWEST], gap->from_us, gap->to_us,
		                    gap->n});
		db_bind_text(stmt, 5, h->cfg.destinations[destination]);
		db_bind_text(stmt, 6, h->evict.reason);
		err = db_run(stmt);
		if (sqlite3_changes(h->db) > 0) {
			break;
		}
	}
	return err;
}

/* Rows up to `to` are about to go: what a destination has not is counted and told. */
static int account(struct history *h, size_t destination, int64_t oldest, int64_t to)
{
	struct destination *d = &h->destinations[destination];
	struct cursor c = cursor_of(d->keys);
	struct history_gap gap = {
		.destination = destination, .from_us = oldest, .to_us = to};
	int err = cursor_uncovered(h, &c, 0, to, &gap.n);

	if (err || gap.n == 0) {
		return err;
	}
	if (c.acked >= oldest) {
		err = batch_first(h, c.acked, oldest, &gap.from_us);
	}
	d->keys[DEST_PENDING] -= gap.n;
	d->keys[DEST_EVICTED] += gap.n;
	if (!err) {
		err = write_gap(h, destination, &gap);
	}
	if (d->gap.n > 0) {
		gap.from_us = d->gap.from_us;
		gap.n += d->gap.n;
	}
	d->gap = gap;
	return err;
}

static int evict_fresh(struct history *h, int64_t oldest)
{
	int64_t to;
	int err = batch_slice(h, 0, h->evict.to, &to);

	if (!err) {
		err = history_begin(h);
	}
	if (!err) {
		err = rollup_to(h, to);
	}
	for (size_t d = 0; !err && d < h->cfg.n_destinations; d++) {
		err = account(h, d, oldest, to);
	}
	if (!err) {
		err = batch_delete(h, to);
	}
	return err ? err : 1;
}

/* One slice of one tag; where that was all of it, on to the next tag. */
static int evict_sealed(struct history *h, bool *done)
{
	sqlite3_stmt *stmt = h->stmts[STMT_SEALED_DELETE];
	int64_t left = SEALED_ROWS, tag;
	int err = history_begin(h);

	*done = false;
	while (!err && left > 0) {
		sqlite3_bind_int64(h->stmts[STMT_TAG_NEXT], 1, h->evict.tag);
		err = db_int(h->stmts[STMT_TAG_NEXT], -1, &tag);
		if (err || tag < 0) {
			*done = !err;
			break;
		}
		db_bind(stmt, 3, (int64_t[]){tag, h->evict.to, left});
		err = db_run(stmt);
		left -= sqlite3_changes(h->db) + 1; /* an empty tag is a seek, too */
		if (left > 0) {
			h->evict.tag = tag;
		}
	}
	return err;
}

/* What is kept longer than rows.  Events as long as minutes. */
static int evict_rolled(struct history *h, bool *done)
{
	int64_t tag = 0;
	int err;

	db_bind(h->stmts[STMT_MINUTE_DELETE], 2,
	        (int64_t[]){h->evict.rolled_to, SEALED_ROWS});
	err = db_run(h->stmts[STMT_MINUTE_DELETE]);
	*done = sqlite3_changes(h->db) == 0;
	while (!err && *done && tag >= 0) {
		sqlite3_bind_int64(h->stmts[STMT_TAG_NEXT], 1, tag);
		err = db_int(h->stmts[STMT_TAG_NEXT], -1, &tag);
		if (!err && tag >= 0) {
			db_bind(h->stmts[STMT_HOUR_DELETE], 2,
			        (int64_t[]){tag, h->evict.hours_to});
			err = db_run(h->stmts[STMT_HOUR_DELETE]);
		}
	}
	if (!err && *done) {
		sqlite3_bind_int64(h->stmts[STMT_EVENT_DELETE], 1, h->evict.rolled_to);
		err = db_run(h->stmts[STMT_EVENT_DELETE]);
	}
	return err;
}

/* Forecasts and outlooks are kept as long as the rows that they are about. */
static int evict_forecasts(struct history *h, bool *done)
{
	sqlite3_stmt *stmt = h->stmts[STMT_FORECAST_DELETE];
	int err;

	db_bind(stmt, 2, (int64_t[]){h->evict.to, SEALED_ROWS});
	err = db_run(stmt);
	*done = sqlite3_changes(h->db) == 0;
	if (!err && *done) {
		stmt = h->stmts[STMT_OUTLOOK_DELETE];
		db_bind(stmt, 2, (int64_t[]){h->evict.to, h->evict.hours_to});
		err = db_run(stmt);
	}
	return err;
}

static int go_on(struct history *h, int64_t fresh)
{
	bool done;
	int err;

	if (fresh <= h->evict.to) {
		return evict_fresh(h, fresh);
	}
	err = evict_sealed(h, &done);
	if (!err && done) {
		err = evict_forecasts(h, &done);
	}
	if (!err && done) {
		err = evict_rolled(h, &done);
	}
	if (!err && done) {
		evict_reset(h); /* with it what was known as the oldest */
	}
	return err ? err : 1;
}

int evict_slice(struct history *h, int64_t now_us)
{
	int64_t fresh, sealed;
	bool over;
	int err = oldest_rows(h, &fresh, &sealed);

	if (err || h->evict.to) {
		return err ? err : go_on(h, fresh);
	}
	choose_by_age(h, fresh < sealed ? fresh : sealed, now_us);
	if (!h->evict.to) {
		err = over_size(h, &over);
		if (!err && over && fresh == INT64_MAX && sealed == INT64_MAX) {
			return evict_minutes(h);
		}
		if (!err && over) {
			err = choose_by_size(h, fresh, sealed);
		}
	}
	return err || !h->evict.to ? err : go_on(h, fresh);
}
