/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/db.h"
#include "storage/history_impl.h"

/* With so few latest values a commit writes them all; else every LATEST_US. */
enum { LATEST_FEW = 64 };
#define LATEST_US INT64_C(60000000)

static const char *const key_names[STATE_KEYS] = {
	[STATE_STORED] = "stored", [STATE_NEWEST] = "newest",
	[STATE_EVENT] = "event",   [STATE_RESERVE] = "reserve",
	[STATE_ROLLED] = "rolled", [STATE_HOURS] = "hours",
	[STATE_SEALED] = "sealed", [STATE_SEALED_ID] = "sealed_id",
	[STATE_NEXT] = "next",     [STATE_LATEST] = "latest",
	[STATE_CONFIG] = "config", [STATE_LATEST_ID] = "latest_id",
};
static const char *const destination_names[DEST_KEYS] = {
	"acked", "live_from", "live_to", "delivered", "pending", "evicted", "events",
};

#define ROW_INTO "insert into fresh(id, tag, ts, value, predicted, mark)"
#define ROW      "(?, ?, ?, ?, ?, ?)"
#define ROWS_5   ROW "," ROW "," ROW "," ROW "," ROW
#define ROWS_OF_BATCHES                                                                  \
	"from batch b cross join fresh r where b.at > ?1 and b.at <= ?2"                 \
	" and r.id >= b.first and r.id < b.first + b.n"
#define ROLL_SET(fn, column)                                                             \
	column " = coalesce(" fn "(" column ", excluded." column "), " column            \
	       ", excluded." column ")"
#define ROLL_CONFLICT                                                                    \
	" on conflict(ts, tag) do update set n = n + excluded.n,"                        \
	" good = good + excluded.good, total = total + excluded.total,"                  \
	" last = case when excluded.last_ts > last_ts then excluded.last"                \
	" else last end, last_ts = max(last_ts, excluded.last_ts),"                      \
	" " ROLL_SET("min", "least") ", " ROLL_SET("max", "most")
#define ALARM_SET(column)                                                                \
	column " = case when excluded.state = 'active' then excluded." column            \
	       " else " column " end"

static const char *const statements[STMTS] = {
	[STMT_BEGIN] = "begin immediate",
	[STMT_COMMIT] = "commit",
	[STMT_ROW] = ROW_INTO " values" ROW,
	[STMT_ROWS] = ROW_INTO " values" ROWS_5 "," ROWS_5 "," ROWS_5 "," ROWS_5
			       "," ROWS_5,
	[STMT_BATCH] = "insert into batch(at, first, n) values(?, ?, ?)",
	/* The tag too, as an id that was lost in a failed commit may be another's. */
	[STMT_LATEST] = "insert or replace into latest(tag, ts, mark, value, predicted,"
			" sigma) select tag, ?2, mark, value, predicted, ?4 from fresh"
			" where id = ?1 and tag = ?3",
	[STMT_STATE] = "insert or replace into state(value, name, key) values(?, ?, ?)",
	[STMT_COUNT] = "select sum(n) from batch where at > ? and at <= ?",
	[STMT_BATCHES] = "select at, n from batch where at > ? and at <= ? order by at",
	[STMT_FIRST] = "select at from batch where at > ? order by at limit 1",
	[STMT_LAST_ID] = "select first + n - 1 from batch where at <= ? order by at desc"
			 " limit 1",
	[STMT_OLDEST] = "select at from batch order by at limit 1",
	[STMT_DELETE] = "delete from fresh where id <= (select first + n - 1 from batch"
			" where at <= ? order by at desc limit 1)",
	[STMT_DELETE_BATCHES] = "delete from batch where at <= ?",
	[STMT_EVENT] = "insert into event(ts, alarm, device, tag, kind, severity, state,"
		       " value, predicted, residual, threshold, method, contributions,"
		       " message, by) values(?1, nullif(?2, 0), ?3, ?4, ?5, ?6,"
		       " nullif(?7, ''), ?8, ?9, ?10, ?11, nullif(?12, ''),"
		       " nullif(?13, ''), ?14, nullif(?15, ''))",
	/* Clearing and acknowledging leave what was measured at the raise. */
	[STMT_ALARM] =
		"insert into alarm(id, ts, device, tag, kind, severity, state, value,"
		" predicted, residual, threshold, method, contributions, message, by,"
		" cleared) values(?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
		" nullif(?12, ''), nullif(?13, ''), ?14, nullif(?15, ''),"
		" case when ?7 = 'cleared' then ?1 end)"
		" on conflict(id) do update set state = excluded.state,"
		" cleared = excluded.cleared, by = coalesce(excluded.by, by), " ALARM_SET("kind") ", " ALARM_SET("severity") ", " ALARM_SET("value") ", " ALARM_SET(
			"predicted") ", " ALARM_SET("residual") ", " ALARM_SET("threshol"
                                                                               "d") ","
										    " " ALARM_SET("method") ", " ALARM_SET(
											    "contribution"
											    "s") ", " ALARM_SET("message"),
	[STMT_DEVICE_STATE] =
		"update device set state = ?, since = ?, error = ? where name = ?",
	[STMT_GAP] = "insert into gap(ts, ts_from, ts_to, n, destination, reason, device,"
		     " tag) values(?1, ?2, ?3, ?4, ?5, ?6 || ': not yet at ' || ?5, '*',"
		     " '*')",
	[STMT_GAP_GROW] =
		"update gap set ts_to = ?3, n = n + ?4 where id = (select max(id) from "
		"gap"
		" where destination = ?5) and reason = ?6 || ': not yet at ' || ?5"
		" and ts > ?1 - 3600000000 and ts_from <= ?2",
	/* Of several rows of a tag in a minute the last to come is the last in time. */
	[STMT_ROLL] =
		"insert into minute(ts, tag, n, good, total, least, most, last, last_ts)"
		" select g.minute, g.tag, g.n, g.good, g.total, g.least, g.most, f.value,"
		" g.last_ts from (select ts / 60000000 * 60000000 as minute, tag,"
		" count(*) as n, count(x) as good, total(x) as total, min(x) as least,"
		" max(x) as most, max(id) as last, max(ts) as last_ts from"
		" (select coalesce(r.ts, b.at) as ts, r.id as id, r.tag as tag,"
		" case when r.mark & 3 = 0 and typeof(r.value) <> 'text' then r.value end"
		" as x " ROWS_OF_BATCHES ") group by 1, 2) g"
		" cross join fresh f on f.id = g.last where true" ROLL_CONFLICT
			ROLL_CONFLICT,
	[STMT_ROLL_SCAN] = "select b.at, r.id, r.tag, coalesce(r.ts, b.at), r.mark,"
			   " r.value " ROWS_OF_BATCHES " order by b.at",
	[STMT_ROLL_SUM] =
		"insert into minute(ts, tag, n, good, total, least, most, last, last_ts)"
		" values(?1, ?2, ?3, ?4, ?9, (select value from fresh where id = ?5),"
		" (select value from fresh where id = ?6),"
		" (select value from fresh where id = ?7), ?8)" ROLL_CONFLICT,
	[STMT_ROLL_OLDEST] = "select min(coalesce(r.ts, b.at)) " ROWS_OF_BATCHES,
	[STMT_MINUTE_NEXT] = "select ts from minute where ts >= ? order by ts limit 1",
	/* Minute by minute, so that the range of tags is one of the key. */
	[STMT_HOUR] = "with recursive s(ts) as (select ?1 union all select ts + 60000000"
		      " from s where ts + 60000000 < ?2)"
		      " insert or replace into hour(tag, ts, n, good, total, least, most,"
		      " last, last_ts) select g.tag, ?1, g.n, g.good, g.total, g.least,"
		      " g.most, m.last, m.last_ts from (select r.tag as tag,"
		      " sum(r.n) as n, sum(r.good) as good, total(r.total) as total,"
		      " min(r.least) as least, max(r.most) as most, max(r.ts) as ts"
		      " from s cross join minute r where r.ts = s.ts and r.tag >= ?3"
		      " and r.tag < ?4 group by r.tag) g"
		      " cross join minute m on m.ts = g.ts and m.tag = g.tag",
	[STMT_SCAN] = "select b.at, r.tag, r.id " ROWS_OF_BATCHES " order by b.at",
	[STMT_SEAL] =
		"insert or ignore into sealed(tag, ts, held, value, predicted, mark)"
		" select tag, coalesce(ts, ?2), ?2 - coalesce(ts, ?2), value,"
		" predicted, mark from fresh where id = ?1",
	[STMT_SEALED_OLDEST] = "select min((select min(ts) from sealed where tag = t.id))"
			       " from tag t",
	[STMT_SEALED_DELETE] =
		"delete from sealed where tag = ?1 and ts <= (select min(?2, max(ts)) "
		"from"
		" (select ts from sealed where tag = ?1 order by ts limit ?3))",
	[STMT_TAG_NEXT] = "select id from tag where id > ? order by id limit 1",
	[STMT_MINUTE_DELETE] =
		"delete from minute where ts < ?1 and ts <= (select max(ts) from"
		" (select ts from minute order by ts limit ?2))",
	[STMT_HOUR_DELETE] = "delete from hour where tag = ? and ts < ?",
	[STMT_EVENT_DELETE] = "delete from event where ts < ?",
	[STMT_VERSION] = "insert or replace into model(id, ts, version, component,"
			 " parameters, train_error, held_out_error, accepted)"
			 " values(?1, ?1, ?2, ?3, ?4, ?5, ?6, 0)",
	[STMT_VERSION_FORCE] =
		"update model set accepted = version = ?1 where component = ?2",
	[STMT_FORECAST] = "insert or replace into forecast(id, ts, component, tag,"
			  " horizon_s, predicted, low, high, actual, error, persistence,"
			  " half, model_error, in_alarm)"
			  " values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[STMT_FORECAST_DELETE] =
		"delete from forecast where id <= (select max(id) from"
		" (select id from forecast where id < ?1 order by id limit ?2))",
	[STMT_OUTLOOK] =
		"insert or replace into outlook(id, ts, device, tag, name, bound, p10,"
		" p50, p90, first, why, outcome, ended) values(?1, ?2, ?3, ?4, ?5, ?6,"
		" ?7, ?8, ?9, ?10, nullif(?11, ''), nullif(?12, ''),"
		" case when ?12 <> '' then ?2 end)",
	[STMT_OUTLOOK_END] =
		"update outlook set ended = ?1, outcome = ?2 where device = ?3"
		" and tag = ?4 and name = ?5 and (?6 is null or bound = ?6)"
		" and ended is null",
	/* What says when it ended says from when on to look: as long as hours. */
	[STMT_OUTLOOK_DELETE] = "delete from outlook where id < ?1 and (id < ?2"
				" or ended is not ts)",
};

static int prepare_all(struct history *h)
{
	int err = 0;

	for (size_t i = 0; !err && i < STMTS; i++) {
		err = db_prepare(h->db, &h->stmts[i], statements[i]);
	}
	return err;
}

/* FNV-1a over all that the tables of tags and devices are made from. */
static void add_text(uint64_t *hash, const char *text)
{
	do {
		*hash = (*hash ^ (unsigned char)*text) * 0x100000001b3U;
	} while (*text++);
}

static int64_t fingerprint(const struct history_config *cfg)
{
	uint64_t hash = 0xcbf29ce484222325U;
	char numbers[32];

	for (size_t i = 0; i < cfg->n_devices; i++) {
		add_text(&hash, cfg->devices[i].id);
		add_text(&hash, cfg->devices[i].driver);
		add_text(&hash, cfg->devices[i].address);
	}
	for (size_t i = 0; i < cfg->n_tags; i++) {
		const struct tag *t = &cfg->tags[i];

		snprintf(numbers, sizeof(numbers), "%u %d", t->period_ms,
		         t->kind->writable);
		add_text(&hash, t->device);
		add_text(&hash, t->name);
		add_text(&hash, t->kind->unit);
		add_text(&hash, t->kind->type_name);
		add_text(&hash, t->description);
		add_text(&hash, numbers);
	}
	return (int64_t)(hash >> 1); /* never negative, hardly ever 0 */
}

static int register_tags(struct history *h)
{
	sqlite3_stmt *stmt;
	int err = db_prepare(
		h->db, &stmt,
		"insert into tag(place, period_ms, writable, device, name, unit,"
		" type, description) values(?, ?, ?, ?, ?, ?, ?, ?)"
		" on conflict(device, name) do update set place ="
		" excluded.place, period_ms = excluded.period_ms, writable ="
		" excluded.writable, unit = excluded.unit, type ="
		" excluded.type, description = excluded.description");

	for (size_t i = 0; !err && i < h->cfg.n_tags; i++) {
		const struct tag *t = &h->cfg.tags[i];
		const char *const texts[] = {t->device, t->name, t->kind->unit,
		                             t->kind->type_name, t->description};

		db_bind(stmt, 3,
		        (int64_t[]){(int64_t)i, t->period_ms, t->kind->writable});
		for (int k = 0; k < 5; k++) {
			db_bind_text(stmt, 4 + k, texts[k]);
		}
		err = db_run(stmt);
	}
	sqlite3_finalize(stmt);
	return err;
}

static int register_devices(struct history *h)
{
	sqlite3_stmt *stmt;
	int err = db_prepare(
		h->db, &stmt,
		"insert into device(place, name, driver, address) values(?, ?,"
		" ?, ?) on conflict(name) do update set place = excluded.place,"
		" driver = excluded.driver, address = excluded.address");

	for (size_t i = 0; !err && i < h->cfg.n_devices; i++) {
		const struct history_device *d = &h->cfg.devices[i];

		sqlite3_bind_int64(stmt, 1, (int64_t)i);
		db_bind_text(stmt, 2, d->id);
		db_bind_text(stmt, 3, d->driver);
		db_bind_text(stmt, 4, d->address);
		err = db_run(stmt);
	}
	sqlite3_finalize(stmt);
	return err;
}

/* The place of a tag is its index in the configuration: register_tags() said so. */
static int read_tag_ids(struct history *h)
{
	sqlite3_stmt *stmt;
	int err = db_prepare(h->db, &stmt,
	                     "select place, id from tag where place is not null");
	size_t n = 0;
	int rc = SQLITE_DONE;

	while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		int64_t place = sqlite3_column_int64(stmt, 0);
		int64_t id = sqlite3_column_int64(stmt, 1);

		if (place < 0 || (size_t)place >= h->cfg.n_tags || id < 0 ||
		    id > UINT32_MAX) {
			err = -EBADMSG;
		} else {
			h->tag_ids[place] = (uint32_t)id;
			n++;
		}
	}
	if (!err) {
		err = db_errno(h->db, rc);
	}
	sqlite3_finalize(stmt);
	return !err && n != h->cfg.n_tags ? -EBADMSG : err;
}

static void take_word(struct history *h, const char *name, const char *key, int64_t value)
{
	for (size_t k = 0; !*name && k < STATE_KEYS; k++) {
		if (strcmp(key, key_names[k]) == 0) {
			h->keys[k] = value;
		}
	}
	for (size_t d = 0; *name && d < h->cfg.n_destinations; d++) {
		if (strcmp(name, h->cfg.destinations[d]) != 0) {
			continue;
		}
		for (size_t k = 0; k < DEST_KEYS; k++) {
			if (strcmp(key, destination_names[k]) == 0) {
				h->destinations[d].keys[k] = value;
			}
		}
	}
}

static int read_words(struct history *h)
{
	sqlite3_stmt *stmt;
	int err = db_prepare(h->db, &stmt, "select name, key, value from state");
	int rc = SQLITE_DONE;

	memset(h->keys, 0, sizeof(h->keys));
	for (size_t d = 0; d < h->cfg.n_destinations; d++) {
		memset(h->destinations[d].keys, 0, sizeof(h->destinations[d].keys));
		h->destinations[d].keys[DEST_EVENTS] = -1; /* no word of it yet */
	}
	while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		take_word(h, (const char *)sqlite3_column_text(stmt, 0),
		          (const char *)sqlite3_column_text(stmt, 1),
		          sqlite3_column_int64(stmt, 2));
	}
	if (!err) {
		err = db_errno(h->db, rc);
	}
	sqlite3_finalize(stmt);
	return err;
}

/* A destination that is new, or was not configured for a while: what is still in the
 * outbox is pending, what is not and was not delivered is gone. */
static int recount(struct history *h, struct destination *d)
{
	struct cursor c = cursor_of(d->keys);
	int64_t sum = d->keys[DEST_DELIVERED] + d->keys[DEST_PENDING] +
	              d->keys[DEST_EVICTED];
	int err;

	if (d->keys[DEST_EVENTS] < 0) {
		d->keys[DEST_EVENTS] = h->keys[STATE_EVENT]; /* old news is not owed */
	}
	if (sum == h->keys[STATE_STORED]) {
		return 0;
	}
	err = cursor_uncovered(h, &c, 0, INT64_MAX, &d->keys[DEST_PENDING]);
	d->keys[DEST_EVICTED] = h->keys[STATE_STORED] - d->keys[DEST_DELIVERED] -
	                        d->keys[DEST_PENDING];
	return err;
}

/* The newest row is the newest batch, else words and rows are not of one commit. */
static int agree(struct history *h)
{
	int64_t at, id = 0;
	int err = db_query(h->db, "select max(at) from batch", &at);

	if (!err) {
		err = db_query(h->db, "select max(id) from fresh", &id);
	}
	if (!err && (at > h->keys[STATE_NEWEST] || id > h->keys[STATE_NEXT])) {
		err = -EBADMSG;
	}
	return err;
}

static int register_config(struct history *h)
{
	int64_t print = fingerprint(&h->cfg);
	int err;

	if (h->keys[STATE_CONFIG] == print) {
		return 0;
	}
	err = db_exec(h->db, "begin immediate; update tag set place = null;"
	                     " update device set place = null");
	if (!err) {
		err = register_tags(h);
	}
	if (!err) {
		err = register_devices(h);
	}
	if (!err) {
		h->keys[STATE_CONFIG] = print;
		err = state_save(h);
	}
	if (!err) {
		err = db_exec(h->db, "commit");
	}
	if (err && !sqlite3_get_autocommit(h->db)) {
		(void)db_exec(h->db, "rollback");
	}
	return err;
}

int state_load(struct history *h)
{
	int err = prepare_all(h);

	if (!err) {
		err = read_words(h);
	}
	if (!err) {
		err = agree(h);
	}
	memcpy(h->kept, h->keys, sizeof(h->kept));
	if (!err) {
		err = register_config(h);
	}
	if (!err) {
		err = read_tag_ids(h);
	}
	if (!err) {
		err = latest_load(h);
	}
	memcpy(h->kept, h->keys, sizeof(h->kept));
	for (size_t d = 0; !err && d < h->cfg.n_destinations; d++) {
		err = recount(h, &h->destinations[d]);
		memcpy(h->destinations[d].kept, h->destinations[d].keys,
		       sizeof(h->destinations[d].kept));
	}
	return err;
}

static int save_word(struct history *h, const char *name, const char *key, int64_t value)
{
	sqlite3_stmt *stmt = h->stmts[STMT_STATE];

	sqlite3_bind_int64(stmt, 1, value);
	db_bind_text(stmt, 2, name);
	db_bind_text(stmt, 3, key);
	return db_run(stmt);
}

int state_save(struct history *h)
{
	int err = 0;

	for (size_t k = 0; !err && k < STATE_KEYS; k++) {
		if (h->keys[k] != h->kept[k]) {
			err = save_word(h, "", key_names[k], h->keys[k]);
		}
	}
	/* All of a destination, also what a recount at the start has found. */
	for (size_t d = 0; d < h->cfg.n_destinations; d++) {
		for (size_t k = 0; !err && k < DEST_KEYS; k++) {
			err = save_word(h, h->cfg.destinations[d], destination_names[k],
			                h->destinations[d].keys[k]);
		}
	}
	return err;
}

void latest_set(struct history *h, const struct sample *s)
{
	struct latest *l = &h->latest[s->tag];

	if (s->ts_us > l->ts_us) { /* else held back, and overtaken */
		h->n_unsaved += l->id <= h->keys[STATE_LATEST_ID];
		*l = (struct latest){h->keys[STATE_NEXT], s->ts_us, s->est.sigma};
	}
}

int latest_save(struct history *h, bool all)
{
	sqlite3_stmt *stmt = h->stmts[STMT_LATEST];
	int64_t age_us = h->keys[STATE_NEWEST] - h->keys[STATE_LATEST];
	int err = 0;

	if (!all && h->n_unsaved > LATEST_FEW && age_us < LATEST_US) {
		return 0;
	}
	for (size_t i = 0; !err && h->n_unsaved > 0 && i < h->cfg.n_tags; i++) {
		const struct latest *l = &h->latest[i];

		if (l->id > h->keys[STATE_LATEST_ID]) {
			db_bind(stmt, 3, (int64_t[]){l->id, l->ts_us, h->tag_ids[i]});
			sqlite3_bind_double(stmt, 4, l->sigma);
			err = db_run(stmt);
		}
	}
	if (!err) {
		h->n_unsaved = 0;
		h->keys[STATE_LATEST] = h->keys[STATE_NEWEST];
		h->keys[STATE_LATEST_ID] = h->keys[STATE_NEXT];
	}
	return err;
}

int latest_load(struct history *h)
{
	sqlite3_stmt *stmt;
	int rc = SQLITE_DONE;
	int err = db_prepare(h->db, &stmt,
	                     "select t.place, r.id, coalesce(r.ts, b.at) from batch b"
	                     " cross join fresh r cross join tag t where b.at > ?"
	                     " and r.id >= b.first and r.id < b.first + b.n"
	                     " and t.id = r.tag and t.place is not null");

	memset(h->latest, 0, h->cfg.n_tags * sizeof(*h->latest));
	h->n_unsaved = 0;
	if (!err) {
		sqlite3_bind_int64(stmt, 1, h->keys[STATE_LATEST]);
	}
	while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct latest *l = &h->latest[sqlite3_column_int64(stmt, 0)];
		int64_t ts_us = sqlite3_column_int64(stmt, 2);

		if (ts_us > l->ts_us) {
			h->n_unsaved += l->id == 0;
			*l = (struct latest){sqlite3_column_int64(stmt, 1), ts_us, NAN};
		}
	}
	if (!err) {
		err = db_errno(h->db, rc);
	}
	sqlite3_finalize(stmt);
	return err;
}
