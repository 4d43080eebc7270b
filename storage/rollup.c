/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "storage/db.h"
#include "storage/history_impl.h"

/* Tags whose hour is made at a time: 60 minutes of each are sorted in memory. */
enum { HOUR_TAGS = 512 };

/* Hours that a late row falls into are made again. */
static void reopen_hours(struct history *h, int64_t oldest)
{
	if (oldest < h->hour.start + HOUR_US) {
		h->hour.tag = 0;
	}
	if (oldest < h->keys[STATE_HOURS]) {
		h->keys[STATE_HOURS] = oldest / HOUR_US * HOUR_US;
	}
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

	rollup_reset(h); /* what is under way is done here */
	return to > from ? roll(h, from, to) : 0;
}

/* The next hour whose minutes are complete. @return 1: there is one, 0, or an error */
static int choose_hour(struct history *h)
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
	if (h->hour.tag == 0 || h->hour.start != start) {
		h->hour = (struct hour_pass){start, 1};
	}
	return 1;
}

/* Some tags of an hour.  Of each it is made as a whole, so that a repeat does no harm. */
static int hour_slice(struct history *h)
{
	struct hour_pass *hour = &h->hour;
	int64_t most = 0;
	int err = choose_hour(h);

	if (err <= 0) {
		return err;
	}
	err = db_query(h->db, "select max(id) from tag", &most);
	if (!err) {
		err = history_begin(h);
	}
	if (!err) {
		db_bind(h->stmts[STMT_HOUR], 4,
		        (int64_t[]){hour->start, hour->start + HOUR_US, hour->tag,
		                    hour->tag + HOUR_TAGS});
		err = db_run(h->stmts[STMT_HOUR]);
	}
	if (err) {
		return err;
	}
	hour->tag += HOUR_TAGS;
	if (hour->tag > most) {
		h->keys[STATE_HOURS] = hour->start + HOUR_US;
		hour->tag = 0;
	}
	return 1;
}

/* ---- minute by minute, where nothing hurries ---- */

void rollup_reset(struct history *h)
{
	free(h->roll.sums);
	free(h->roll.strays);
	h->roll = (struct roll){0};
}

/* The minute of the first row after `from`.  A group by of SQLite would write every tag
 * once a slice, which with many tags is once a row. */
static int begin(struct history *h, int64_t from, int64_t limit)
{
	struct roll *r = &h->roll;
	int64_t at, most;
	int err = batch_first(h, from, INT64_MAX, &at);

	if (err || at > limit) {
		h->keys[STATE_ROLLED] = err ? from : limit;
		return err;
	}
	err = db_query(h->db, "select max(id) from tag", &most);
	if (err || most < 0) {
		return err ? err : -EBADMSG;
	}
	r->n_sums = (size_t)most + 1;
	r->sums = calloc(r->n_sums, sizeof(*r->sums));
	if (!r->sums) {
		return -ENOMEM;
	}
	r->minute = at / MINUTE_US * MINUTE_US;
	r->to = r->minute + MINUTE_US - 1;
	r->scanned = from;
	r->oldest = INT64_MAX;
	return 0;
}

static struct roll_stray *add_stray(struct roll *r)
{
	size_t room = r->strays_room ? 2 * r->strays_room : 64;
	struct roll_stray *grown;

	if (r->n_strays == r->strays_room) {
		grown = realloc(r->strays, room * sizeof(*grown));
		if (!grown) {
			return NULL;
		}
		r->strays = grown;
		r->strays_room = room;
	}
	r->strays[r->n_strays] = (struct roll_stray){0};
	return &r->strays[r->n_strays++];
}

/* Where the row is added to; NULL: no memory. */
static struct roll_sum *sum_of(struct roll *r, int64_t tag, int64_t ts)
{
	struct roll_stray *stray;

	if (tag >= 0 && (size_t)tag < r->n_sums && ts >= r->minute && ts <= r->to) {
		return &r->sums[tag];
	}
	stray = add_stray(r);
	if (!stray) {
		return NULL;
	}
	stray->minute = ts / MINUTE_US * MINUTE_US;
	stray->tag = tag;
	return &stray->sum;
}

static void weigh(struct roll_sum *sum, double x, uint32_t row)
{
	if (sum->good == 0 || x < sum->least) {
		sum->least = x;
		sum->least_row = row;
	}
	if (sum->good == 0 || x > sum->most) {
		sum->most = x;
		sum->most_row = row;
	}
	sum->total += x;
	sum->good++;
}

/* A row of STMT_ROLL_SCAN: at, id, tag, ts, mark, value. */
static int add_row(struct roll *r, sqlite3_stmt *stmt)
{
	int64_t id = sqlite3_column_int64(stmt, 1), ts = sqlite3_column_int64(stmt, 3);
	struct roll_sum *sum = sum_of(r, sqlite3_column_int64(stmt, 2), ts);
	int32_t last_us = (int32_t)(ts % MINUTE_US);
	int type = sqlite3_column_type(stmt, 5);

	if (!sum) {
		return -ENOMEM;
	}
	r->first = r->first ? r->first : id;
	r->oldest = ts < r->oldest ? ts : r->oldest;
	sum->n++;
	sum->last_row = (uint32_t)(id - r->first); /* the last to come is the last */
	sum->last_us = last_us > sum->last_us ? last_us : sum->last_us;
	if ((sqlite3_column_int64(stmt, 4) & 3) == QUALITY_GOOD &&
	    (type == SQLITE_INTEGER || type == SQLITE_FLOAT)) {
		weigh(sum, sqlite3_column_double(stmt, 5), sum->last_row);
	}
	return 0;
}

static int scan(struct history *h)
{
	struct roll *r = &h->roll;
	sqlite3_stmt *stmt = h->stmts[STMT_ROLL_SCAN];
	int rows = 0, rc = SQLITE_ROW, err = 0;

	db_bind(stmt, 2, (int64_t[]){r->scanned, r->to});
	while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		int64_t at = sqlite3_column_int64(stmt, 0);

		/* Whole batches only: the next slice begins after an `at`. */
		if (at != r->scanned && rows >= SLICE_ROWS) {
			break;
		}
		r->scanned = at;
		err = add_row(r, stmt);
		rows++;
	}
	sqlite3_reset(stmt);
	if (rc == SQLITE_DONE) {
		r->scanned = r->to;
	}
	return err ? err : db_errno(h->db, rc);
}

static int write_sum(struct history *h, int64_t minute, int64_t tag,
                     const struct roll_sum *sum)
{
	sqlite3_stmt *stmt = h->stmts[STMT_ROLL_SUM];
	int64_t first = h->roll.first;
	/* No row has id 0. */
	int64_t least = sum->good ? first + sum->least_row : 0;
	int64_t most = sum->good ? first + sum->most_row : 0;

	db_bind(stmt, 8,
	        (int64_t[]){minute, tag, sum->n, sum->good, least, most,
	                    first + sum->last_row, minute + sum->last_us});
	sqlite3_bind_double(stmt, 9, sum->total);
	return db_run(stmt);
}

/* All at once, in the transaction that says so. */
static int write_down(struct history *h)
{
	struct roll *r = &h->roll;
	int err = history_begin(h);

	for (size_t tag = 0; !err && tag < r->n_sums; tag++) {
		if (r->sums[tag].n > 0) {
			err = write_sum(h, r->minute, (int64_t)tag, &r->sums[tag]);
		}
	}
	for (size_t i = 0; !err && i < r->n_strays; i++) {
		const struct roll_stray *stray = &r->strays[i];

		err = write_sum(h, stray->minute, stray->tag, &stray->sum);
	}
	if (!err) {
		reopen_hours(h, r->oldest);
		h->keys[STATE_ROLLED] = r->to;
		rollup_reset(h);
	}
	return err;
}

int rollup_slice(struct history *h)
{
	int64_t from = h->keys[STATE_ROLLED];
	/* Minutes that are over, of rows that are committed: a row is counted once. */
	int64_t limit = h->kept[STATE_NEWEST] / MINUTE_US * MINUTE_US - 1;
	int err;

	if (h->roll.to == 0) {
		if (limit <= from) {
			return hour_slice(h);
		}
		err = begin(h, from, limit);
	} else if (h->roll.scanned < h->roll.to) {
		err = scan(h);
	} else {
		err = write_down(h);
	}
	return err ? err : 1;
}
