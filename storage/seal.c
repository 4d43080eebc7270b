/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "storage/db.h"
#include "storage/history_impl.h"

/* An hour is copied in passes over ranges of tags, each with as many keys as fit here
 * (6 MiB): sorted in memory, every page of `sealed` is written about once. */
enum { KEYS_MAX = 1 << 18, SEAL_ROWS = SLICE_ROWS / 2 };

/* What a destination still has to get keeps an hour from being sealed for so long; later
 * it stands in both tables. */
#define SEAL_LATEST_US (24 * HOUR_US)

void seal_reset(struct history *h)
{
	free(h->seal.keys);
	h->seal = (struct seal){0};
}

static void next_pass(struct history *h, int64_t tag_lo)
{
	h->seal.tag_lo = tag_lo;
	h->seal.tag_hi = INT64_MAX;
	h->seal.scanned = h->keys[STATE_SEALED];
	h->seal.n = h->seal.written = 0;
	h->seal.scan_done = false;
}

/* The next hour, where it is over since an hour, rolled up, and delivered. */
static int choose(struct history *h)
{
	int64_t first, end;
	int err;

	err = batch_first(h, h->keys[STATE_SEALED], INT64_MAX, &first);
	if (err || first == INT64_MAX) {
		return err;
	}
	end = (first / HOUR_US + 1) * HOUR_US - 1;
	if (h->kept[STATE_NEWEST] < end + HOUR_US || h->keys[STATE_ROLLED] < end ||
	    (cursor_delivered_to(h) < end &&
	     h->kept[STATE_NEWEST] < end + SEAL_LATEST_US)) {
		return 0;
	}
	h->seal.keys = malloc(KEYS_MAX * sizeof(*h->seal.keys));
	if (!h->seal.keys) {
		return -ENOMEM;
	}
	h->seal.room = KEYS_MAX;
	h->seal.to = end;
	next_pass(h, 0);
	return 1;
}

static int by_tag_and_time(const void *a, const void *b)
{
	const struct seal_key *x = a, *y = b;

	if (x->tag != y->tag) {
		return x->tag < y->tag ? -1 : 1;
	}
	return (x->id > y->id) - (x->id < y->id);
}

/* No room: leave the upper half of the tags to the next pass.  A single tag that fills
 * all stays; what there is of it is written, and the scan goes on behind it. */
static void cut_pass(struct seal *s)
{
	size_t half = s->n / 2;

	qsort(s->keys, s->n, sizeof(*s->keys), by_tag_and_time);
	s->tag_hi = s->keys[half].tag;
	if (s->tag_hi == s->keys[0].tag) {
		s->tag_hi++;
	}
	while (s->n > 0 && s->keys[s->n - 1].tag >= s->tag_hi) {
		s->n--;
	}
}

static void take_key(struct seal *s, int64_t at, int64_t tag, int64_t id)
{
	if (s->n == s->room) {
		cut_pass(s);
	}
	if (tag >= s->tag_lo && tag < s->tag_hi && s->n < s->room) {
		s->keys[s->n++] = (struct seal_key){at, tag, id};
	}
}

static int scan(struct history *h)
{
	struct seal *s = &h->seal;
	sqlite3_stmt *stmt = h->stmts[STMT_SCAN];
	size_t rows = 0;
	int rc;

	db_bind(stmt, 2, (int64_t[]){s->scanned, s->to});
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		int64_t at = sqlite3_column_int64(stmt, 0);

		/* Whole batches only: the next slice begins after an `at`. */
		if (at != s->scanned && (rows >= SLICE_ROWS || s->n + 1 >= s->room)) {
			break;
		}
		s->scanned = at;
		take_key(s, at, sqlite3_column_int64(stmt, 1),
		         sqlite3_column_int64(stmt, 2));
		rows++;
	}
	sqlite3_reset(stmt);
	if (rc == SQLITE_DONE) {
		s->scanned = s->to;
		s->scan_done = true;
	}
	return db_errno(h->db, rc);
}

static int write_keys(struct history *h)
{
	struct seal *s = &h->seal;
	sqlite3_stmt *stmt = h->stmts[STMT_SEAL];
	int err = history_begin(h);

	for (size_t i = 0; !err && i < SEAL_ROWS && s->written < s->n; i++) {
		const struct seal_key *key = &s->keys[s->written++];

		db_bind(stmt, 2, (int64_t[]){key->id, key->at});
		err = db_run(stmt);
	}
	if (err || s->written < s->n) {
		return err;
	}
	s->n = s->written = 0;
	if (s->scan_done && s->tag_hi != INT64_MAX) {
		next_pass(h, s->tag_hi);
	} else if (s->scan_done) {
		sqlite3_bind_int64(h->stmts[STMT_LAST_ID], 1, s->to);
		err = db_int(h->stmts[STMT_LAST_ID], h->keys[STATE_SEALED_ID],
		             &h->keys[STATE_SEALED_ID]);
		h->keys[STATE_SEALED] = s->to; /* from here on the views look there */
		h->evict.oldest = 0;
		seal_reset(h);
	}
	return err;
}

/* What is sealed, and has been delivered, leaves the outbox. */
static int clear_fresh(struct history *h)
{
	int64_t to = cursor_delivered_to(h), oldest;
	int err = db_int(h->stmts[STMT_OLDEST], INT64_MAX, &oldest);

	to = to < h->keys[STATE_SEALED] ? to : h->keys[STATE_SEALED];
	if (err || oldest > to) {
		return err;
	}
	err = batch_slice(h, 0, to, &to);
	if (!err) {
		err = history_begin(h);
	}
	if (!err) {
		err = batch_delete(h, to);
	}
	return err ? err : 1;
}

int seal_slice(struct history *h)
{
	struct seal *s = &h->seal;
	int err;

	if (!s->to) {
		err = clear_fresh(h);
		return err ? err : choose(h);
	}
	if (s->n + 1 >= s->room && !s->scan_done && s->written == 0) {
		cut_pass(s);
	}
	if (!s->scan_done && s->written == 0 && s->n + 1 < s->room) {
		err = scan(h);
		if (!err && s->scan_done) {
			qsort(s->keys, s->n, sizeof(*s->keys), by_tag_and_time);
		}
	} else {
		err = write_keys(h);
	}
	return err ? err : 1;
}
