/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/db.h"
#include "storage/history_impl.h"
#include "storage/schema.h"

/* The log is emptied into the file beyond this, so that it stays below 4 MiB. */
enum { WAL_FRAMES_MAX = (3 << 20) / (SCHEMA_PAGE_BYTES + 24) };

int history_fail(struct history *h, int err)
{
	if (err && !h->failed) {
		h->failed = err;
	}
	if (err == -EBADMSG) {
		h->damaged = err;
	}
	return err;
}

int history_begin(struct history *h)
{
	int err = h->failed;

	if (err || h->in_transaction) {
		return err;
	}
	if (!h->db) {
		err = file_reopen(h);
		if (err) {
			return history_fail(h, err);
		}
	}
	err = db_run(h->stmts[STMT_BEGIN]);
	h->in_transaction = !err;
	return history_fail(h, err);
}

/* Adler's sums over the words, folded to 15 bits: finds any single flipped bit. */
int64_t mark_check(int64_t at, int64_t ts, const struct value *value, double predicted,
                   int64_t mark)
{
	uint64_t words[5] = {
		(uint64_t)at, (uint64_t)ts,
		(uint64_t)(mark & ~((int64_t)MARK_CHECK_MASK << MARK_CHECK))};
	uint64_t sum = 0x9e3779b97f4a7c15U;

	if (!isnan(predicted)) {
		memcpy(&words[3], &predicted, sizeof(predicted));
	}
	if (value->kind == VALUE_TEXT) {
		for (const char *c = value->text; *c; c++) {
			words[4] = (words[4] ^ (unsigned char)*c) * 0x100000001b3U;
		}
	} else if (value->kind == VALUE_REAL) {
		memcpy(&words[4], &value->real, sizeof(value->real));
	} else if (value->kind == VALUE_BOOL) {
		words[4] = value->flag;
	} else if (value->kind != VALUE_NONE) {
		words[4] = value->u64;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		/* Multiplication by an odd number and xor-shift are bijections. */
		sum = (sum ^ words[i]) * 0xff51afd7ed558ccdU;
		sum ^= sum >> 32;
	}
	return (int64_t)((sum ^ sum >> 15 ^ sum >> 30) & MARK_CHECK_MASK);
}

static int64_t mark_of(int64_t at, const struct sample *s)
{
	int64_t mark = (int64_t)s->est.quality << MARK_QUALITY |
	               (int64_t)s->est.source << MARK_SOURCE |
	               (int64_t)s->est.state << MARK_STATE |
	               (int64_t)s->est.drift << MARK_DRIFT |
	               (int64_t)s->reason << MARK_REASON | (int64_t)s->code << MARK_CODE;

	return mark | mark_check(at, s->ts_us, &s->value, s->est.predicted, mark)
	                      << MARK_CHECK;
}

/* The row to the parameters after `after`. */
static void bind_row(struct history *h, sqlite3_stmt *stmt, int after, int64_t at_us,
                     const struct sample *s)
{
	sqlite3_bind_int64(stmt, after + 1, ++h->keys[STATE_NEXT]);
	sqlite3_bind_int64(stmt, after + 2, h->tag_ids[s->tag]);
	if (s->ts_us == at_us) {
		sqlite3_bind_null(stmt, after + 3);
	} else {
		sqlite3_bind_int64(stmt, after + 3, s->ts_us);
	}
	db_bind_value(stmt, after + 4, &s->value);
	sqlite3_bind_double(stmt, after + 5, s->est.predicted);
	sqlite3_bind_int64(stmt, after + 6, mark_of(at_us, s));
	latest_set(h, s);
}

static int append_rows(struct history *h, int64_t at_us, const struct sample *rows,
                       size_t n)
{
	int err = 0;

	for (size_t i = 0; !err && i < n;) {
		int count = n - i < ROWS_AT_ONCE ? 1 : ROWS_AT_ONCE;
		sqlite3_stmt *stmt = h->stmts[count > 1 ? STMT_ROWS : STMT_ROW];

		for (int k = 0; k < count; k++) {
			bind_row(h, stmt, k * ROW_COLUMNS, at_us, &rows[i++]);
		}
		err = db_run(stmt);
	}
	return err;
}

/* Mark the tags of the first rows; @return how many: all, or as far as the batch is one
 */
static size_t mark_tags(struct history *h, int64_t at_us, const struct sample *rows,
                        size_t n)
{
	size_t i = 0;

	for (; i < n; i++) {
		uint32_t tag = rows[i].tag;
		uint8_t bit = (uint8_t)(1U << tag % 8);

		if (tag >= h->cfg.n_tags || rows[i].ts_us > at_us ||
		    (h->in_batch[tag / 8] & bit)) {
			break;
		}
		h->in_batch[tag / 8] |= bit;
	}
	return i;
}

static bool is_batch(struct history *h, int64_t at_us, const struct sample *rows,
                     size_t n)
{
	size_t n_marked = mark_tags(h, at_us, rows, n);

	for (size_t i = 0; i < n_marked; i++) {
		h->in_batch[rows[i].tag / 8] = 0;
	}
	return n_marked == n && at_us > h->keys[STATE_NEWEST];
}

int history_append(struct history *h, int64_t at_us, const struct sample *rows, size_t n)
{
	int err = history_begin(h);

	if (err) {
		return err;
	}
	if (!is_batch(h, at_us, rows, n)) {
		return -EINVAL;
	}
	if (n > 0) {
		db_bind(h->stmts[STMT_BATCH], 3,
		        (int64_t[]){at_us, h->keys[STATE_NEXT] + 1, (int64_t)n});
		err = db_run(h->stmts[STMT_BATCH]);
	}
	if (!err) {
		err = append_rows(h, at_us, rows, n);
	}
	if (err) {
		return history_fail(h, err);
	}
	h->keys[STATE_NEWEST] = at_us;
	h->keys[STATE_STORED] += (int64_t)n;
	for (size_t d = 0; d < h->cfg.n_destinations; d++) {
		h->destinations[d].keys[DEST_PENDING] += (int64_t)n;
	}
	return 0;
}

static void bind_event(sqlite3_stmt *stmt, const struct history *h, const struct event *e)
{
	const struct tag *tag = e->tag < h->cfg.n_tags ? &h->cfg.tags[e->tag] : NULL;
	const char *device = tag ? tag->device : NULL;
	const double numbers[] = {e->value, e->predicted, e->residual, e->threshold};
	const char *const texts[] = {e->method, e->contributions, e->message, e->by};

	if (e->device < h->cfg.n_devices) {
		device = h->cfg.devices[e->device].id;
	}
	db_bind(stmt, 2, (int64_t[]){e->ts_us, e->alarm_id});
	db_bind_text(stmt, 3, device);
	db_bind_text(stmt, 4, tag ? tag->name : NULL);
	db_bind_text(stmt, 5, e->kind);
	db_bind_text(stmt, 6, e->severity);
	db_bind_text(stmt, 7, e->state);
	for (int i = 0; i < 4; i++) {
		sqlite3_bind_double(stmt, 8 + i, numbers[i]);
		db_bind_text(stmt, 12 + i, texts[i]);
	}
}

/* Kinds "device_down", "device_up" and the like are what view `devices` shows. */
static int set_device_state(struct history *h, const struct event *e)
{
	sqlite3_stmt *stmt = h->stmts[STMT_DEVICE_STATE];
	bool up = strcmp(e->kind, "device_up") == 0;

	if (strncmp(e->kind, "device_", 7) != 0 || e->device >= h->cfg.n_devices) {
		return 0;
	}
	db_bind_text(stmt, 1, up ? "ok" : e->kind + 7);
	sqlite3_bind_int64(stmt, 2, e->ts_us);
	db_bind_text(stmt, 3, up ? NULL : e->message);
	db_bind_text(stmt, 4, h->cfg.devices[e->device].id);
	return db_run(stmt);
}

int history_event(struct history *h, const struct event *e)
{
	int err = history_begin(h);

	if (err) {
		return err;
	}
	if (e->ts_us <= h->keys[STATE_EVENT]) {
		return -EINVAL;
	}
	bind_event(h->stmts[STMT_EVENT], h, e);
	err = db_run(h->stmts[STMT_EVENT]);
	if (!err && e->alarm_id) {
		bind_event(h->stmts[STMT_ALARM], h, e);
		err = db_run(h->stmts[STMT_ALARM]);
	}
	if (!err) {
		err = set_device_state(h, e);
	}
	if (!err) {
		h->keys[STATE_EVENT] = e->ts_us;
	}
	return history_fail(h, err);
}

static int64_t newest_stamp(const struct history *h)
{
	int64_t at = h->keys[STATE_NEWEST];

	return at > h->keys[STATE_EVENT] ? at : h->keys[STATE_EVENT];
}

static void tell_gaps(struct history *h)
{
	for (size_t d = 0; d < h->cfg.n_destinations; d++) {
		struct history_gap *told = &h->told[d], *gap = &h->destinations[d].gap;

		if (gap->n > 0) {
			gap->from_us = told->n > 0 ? told->from_us : gap->from_us;
			gap->n += told->n;
			*told = *gap;
			gap->n = 0;
		}
	}
}

static void settle(struct history *h, bool exact)
{
	h->in_transaction = false;
	memcpy(h->kept, h->keys, sizeof(h->kept));
	for (size_t d = 0; d < h->cfg.n_destinations; d++) {
		struct destination *dest = &h->destinations[d];

		memcpy(dest->kept, dest->keys, sizeof(dest->kept));
	}
	tell_gaps(h);
	if (h->cramped) {
		h->cramped = false;
		(void)file_limit_pages(h);
	}
	/* The database has it already: a copy that cannot be written costs no row. */
	(void)reserve_raise(&h->reserve_file, h->keys[STATE_RESERVE], exact);
}

static void restore(struct history *h)
{
	memcpy(h->keys, h->kept, sizeof(h->keys));
	for (size_t d = 0; d < h->cfg.n_destinations; d++) {
		struct destination *dest = &h->destinations[d];

		memcpy(dest->keys, dest->kept, sizeof(dest->keys));
		dest->gap.n = 0;
	}
}

/* Close, open, and forget all since the last commit; what cannot be done now is tried
 * again by history_begin(). */
static void start_over(struct history *h)
{
	rollup_reset(h);
	h->hour = (struct hour_pass){0};
	seal_reset(h);
	evict_reset(h);
	h->cramped = h->failed == -ENOSPC;
	if (h->cramped && h->spare_pages <= h->page_count_max / 4) {
		h->spare_pages *= 2; /* one commit brought more than was kept free */
	}
	restore(h);
	file_close(h, true);
	h->in_transaction = false;
	h->failed = 0;
	(void)file_reopen(h);
}

static int commit(struct history *h, bool exact)
{
	int64_t ahead_us = exact ? 0 : 2 * (int64_t)h->cfg.commit_ms * 1000;
	int err = h->failed;

	if (!err && !h->in_transaction) {
		if (!cursor_behind(h) && !(exact && h->db)) {
			return 0;
		}
		err = history_begin(h);
	}
	for (size_t d = 0; !err && d < h->cfg.n_destinations; d++) {
		err = cursor_advance(h, d);
	}
	if (!err) {
		err = latest_save(h, exact);
	}
	if (!err) {
		h->keys[STATE_RESERVE] = newest_stamp(h) + ahead_us;
		if (h->keys[STATE_RESERVE] < h->reserve) {
			h->keys[STATE_RESERVE] = h->reserve;
		}
		err = state_save(h);
	}
	if (!err) {
		err = db_run(h->stmts[STMT_COMMIT]);
	}
	if (err) {
		history_fail(h, err);
		start_over(h);
	} else {
		settle(h, exact);
	}
	return err;
}

int history_commit(struct history *h)
{
	return commit(h, false);
}

static int checkpoint(struct history *h)
{
	int rc;

	if (h->in_transaction || h->wal_frames < WAL_FRAMES_MAX) {
		return 0;
	}
	/* TRUNCATE, so that a log never begins anew inside a transaction: file_close().
	 */
	rc = sqlite3_wal_checkpoint_v2(h->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
	                               NULL);
	if (rc == SQLITE_OK) {
		h->wal_frames = 0;
	}
	/* Somebody reads an old state: what was written back need not be again. */
	return (rc & 0xff) == SQLITE_BUSY ? 0 : db_errno(h->db, rc);
}

int history_upkeep(struct history *h, int64_t now_us)
{
	int err = h->failed;

	if (err || !h->db) {
		return err;
	}
	err = checkpoint(h);
	if (!err) {
		err = evict_slice(h, now_us); /* first: it makes room for the others */
	}
	if (!err) {
		err = rollup_slice(h);
	}
	if (!err) {
		err = seal_slice(h);
	}
	if (!err) {
		err = scrub_slice(h);
	}
	return err < 0 ? history_fail(h, err) : err;
}

void history_cursor(struct history *h, size_t destination, const struct cursor *c)
{
	if (destination < h->cfg.n_destinations) {
		h->destinations[destination].wanted = *c;
	}
}

void history_cursor_get(const struct history *h, size_t destination, struct cursor *out)
{
	*out = destination < h->cfg.n_destinations ? h->destinations[destination].wanted
	                                           : (struct cursor){0};
}

int64_t history_newest(const struct history *h)
{
	return h->kept[STATE_NEWEST];
}

int64_t history_reserve(const struct history *h)
{
	return h->reserve;
}

int64_t history_reserved(const struct history *h)
{
	return h->kept[STATE_RESERVE];
}

void history_counts(const struct history *h, struct history_counts *out)
{
	*out = (struct history_counts){.stored = h->kept[STATE_STORED],
	                               .bytes = file_bytes(h)};
	for (size_t d = 0; d < h->cfg.n_destinations; d++) {
		const int64_t *kept = h->destinations[d].kept;

		out->destination[d].delivered = kept[DEST_DELIVERED];
		out->destination[d].pending = kept[DEST_PENDING];
		out->destination[d].evicted = kept[DEST_EVICTED];
	}
}

bool history_gap(struct history *h, struct history_gap *out)
{
	for (size_t d = 0; d < h->cfg.n_destinations; d++) {
		if (h->told[d].n > 0) {
			*out = h->told[d];
			h->told[d].n = 0;
			return true;
		}
	}
	return false;
}

int history_open(struct history **out, const struct history_config *cfg,
                 const char **found)
{
	struct history *h = calloc(1, sizeof(*h));
	int err = -ENOMEM;

	if (!h) {
		return err;
	}
	h->cfg = *cfg;
	h->lock_fd = h->reserve_file.fd = -1;
	h->tag_ids = calloc(cfg->n_tags + 1, sizeof(*h->tag_ids));
	h->in_batch = calloc(cfg->n_tags / 8 + 1, sizeof(*h->in_batch));
	h->latest = calloc(cfg->n_tags + 1, sizeof(*h->latest));
	if (!h->tag_ids || !h->in_batch || !h->latest) {
		goto fail;
	}
	if (h->cfg.n_destinations > DESTINATIONS_MAX) {
		h->cfg.n_destinations = DESTINATIONS_MAX;
	}
	err = file_open(h, found);
	if (err) {
		goto fail;
	}
	*out = h;
	return 0;

fail:
	history_close(h);
	return err;
}

static void release(struct history *h)
{
	rollup_reset(h);
	seal_reset(h);
	evict_reset(h);
	file_close(h, h->failed != 0);
	reserve_close(&h->reserve_file);
	if (h->lock_fd >= 0) {
		close(h->lock_fd);
	}
	free(h->tag_ids);
	free(h->in_batch);
	free(h->latest);
	free(h->path);
	free(h);
}

void history_close(struct history *h)
{
	if (!h) {
		return;
	}
	/* Twice: cursors follow only what is committed. */
	if (h->db && !h->failed && commit(h, false) == 0) {
		(void)commit(h, true);
	}
	release(h);
}
