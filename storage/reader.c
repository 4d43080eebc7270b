/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "storage/db.h"
#include "storage/history_impl.h"
#include "storage/reader_impl.h"
#include "storage/schema.h"

enum {
	CUT_S = 5,
	CUT_STEPS = 20000, /* of SQLite's machine between two looks at the timer */
	BUSY_MS = 1000,
	VIEW_COLUMNS_MAX = 16,
};

/* A tag of the file. */
struct reader_tag {
	int32_t index; /* of the running configuration; -1: not in it, or no tag */
	uint8_t kind;  /* enum value_kind: db_kind() of its type */
};

struct reader {
	sqlite3 *db;
	int cut_fd; /* a timer: readable when the statement has had its time */
	struct reader_tag *tags; /* by the file's id; NULL: nobody has asked yet */
	size_t n_tags;
	char *destinations[DESTINATIONS_MAX];
};

static int is_late(void *arg)
{
	const struct reader *r = arg;
	uint64_t n;

	return read(r->cut_fd, &n, sizeof(n)) == sizeof(n);
}

static void start_timer(struct reader *r)
{
	struct itimerspec in = {{0, 0}, {CUT_S, 0}};

	(void)timerfd_settime(r->cut_fd, 0, &in, NULL);
}

sqlite3 *reader_begin(struct reader *r)
{
	start_timer(r);
	return r->db;
}

static int check(sqlite3 *db)
{
	enum schema_state state;
	int err = schema_look(db, &state);

	return err ? err : state == SCHEMA_CURRENT ? 0 : -EBADMSG;
}

/* "file:" and the path with what means something in a URI escaped. */
static char *immutable_uri(const char *path)
{
	static const char format[] = "%%%02X";
	size_t room = 3 * strlen(path) + sizeof("file:?immutable=1");
	char *uri = malloc(room), *to = uri;

	if (uri) {
		to += snprintf(to, room, "file:");
		for (; *path; path++) {
			if (strchr("%?#", *path)) {
				to += snprintf(to, 4, format, (unsigned)*path);
			} else {
				*to++ = *path;
			}
		}
		snprintf(to, room - (size_t)(to - uri), "?immutable=1");
	}
	return uri;
}

static int open_db(struct reader *r, const char *name)
{
	int err = db_open(&r->db, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);

	if (!err) {
		sqlite3_busy_timeout(r->db, BUSY_MS);
		err = db_exec(
			r->db,
			"pragma wal_autocheckpoint = 0; pragma temp_store = memory");
	}
	return err ? err : check(r->db);
}

/* A file whose log cannot be opened, because the gateway stopped and its directory may
 * not be written to, is read as it is. */
static int open_any(struct reader *r, const char *path)
{
	int err = open_db(r, path);
	char *uri;

	if (err != -EROFS && err != -EACCES) {
		return err;
	}
	sqlite3_close(r->db);
	r->db = NULL;
	uri = immutable_uri(path);
	err = uri ? open_db(r, uri) : -ENOMEM;
	free(uri);
	return err;
}

static const char *text_at(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	return text ? text : "";
}

static int make_tags(struct reader *r)
{
	int64_t most;
	int err = db_query(r->db, "select max(id) from tag", &most);

	if (err || most < 0 || most >= INT32_MAX) {
		return err ? err : -EBADMSG;
	}
	free(r->tags);
	r->n_tags = 0;
	r->tags = calloc((size_t)most + 1, sizeof(*r->tags));
	if (!r->tags) {
		return -ENOMEM;
	}
	r->n_tags = (size_t)most + 1;
	for (size_t i = 0; i < r->n_tags; i++) {
		r->tags[i].index = -1;
	}
	return 0;
}

/* Every tag of the file, each with its id there for an index. */
static int read_tags(struct reader *r)
{
	sqlite3_stmt *stmt = NULL;
	int err = make_tags(r), rc = SQLITE_DONE;

	if (!err) {
		err = db_prepare(r->db, &stmt, "select id, type from tag");
	}
	while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(stmt, 0);

		if (id >= 0 && (size_t)id < r->n_tags) {
			r->tags[id].index = (int32_t)id;
			r->tags[id].kind = (uint8_t)db_kind(text_at(stmt, 1));
		}
	}
	sqlite3_finalize(stmt);
	return err ? err : db_errno(r->db, rc);
}

int reader_open(struct reader **out, const char *path)
{
	struct reader *r;
	int err;

	if (access(path, F_OK) != 0) {
		return -errno;
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		return -ENOMEM;
	}
	r->cut_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	err = r->cut_fd < 0 ? -errno : open_any(r, path);
	if (!err) {
		sqlite3_progress_handler(r->db, CUT_STEPS, is_late, r);
	} else {
		reader_close(r);
		return err;
	}
	*out = r;
	return 0;
}

void reader_close(struct reader *r)
{
	if (!r) {
		return;
	}
	sqlite3_close(r->db);
	if (r->cut_fd >= 0) {
		close(r->cut_fd);
	}
	for (size_t i = 0; i < DESTINATIONS_MAX; i++) {
		free(r->destinations[i]);
	}
	free(r->tags);
	free(r);
}

/* In the file of the running configuration a tag's place is its index.
 * @return how many tags were found, or a negative errno */
static int map_by_place(struct reader *r, const struct tag *tags, size_t n_tags)
{
	sqlite3_stmt *stmt;
	int found = 0, rc = SQLITE_DONE;
	int err = db_prepare(r->db, &stmt,
	                     "select id, place, device, name, type from tag"
	                     " where place is not null");

	while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(stmt, 0);
		size_t place = (size_t)sqlite3_column_int64(stmt, 1);

		if (id >= 0 && (size_t)id < r->n_tags && place < n_tags &&
		    strcmp(text_at(stmt, 2), tags[place].device) == 0 &&
		    strcmp(text_at(stmt, 3), tags[place].name) == 0) {
			r->tags[id].index = (int32_t)place;
			r->tags[id].kind = (uint8_t)db_kind(text_at(stmt, 4));
			found++;
		}
	}
	if (!err) {
		err = db_errno(r->db, rc);
	}
	sqlite3_finalize(stmt);
	return err ? err : found;
}

static int map_by_name(struct reader *r, const struct tag *tags, size_t n_tags)
{
	sqlite3_stmt *stmt;
	int rc = SQLITE_DONE;
	int err = db_prepare(r->db, &stmt,
	                     "select id, type from tag where device = ? and name = ?");

	for (size_t i = 0; !err && i < n_tags; i++) {
		db_bind_text(stmt, 1, tags[i].device);
		db_bind_text(stmt, 2, tags[i].name);
		while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
			int64_t id = sqlite3_column_int64(stmt, 0);

			if (id >= 0 && (size_t)id < r->n_tags) {
				r->tags[id].index = (int32_t)i;
				r->tags[id].kind = (uint8_t)db_kind(text_at(stmt, 1));
			}
		}
		err = db_errno(r->db, rc);
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	return err;
}

int reader_map_tags(struct reader *r, const struct tag *tags, size_t n_tags)
{
	int found = make_tags(r), err = 0;

	if (found == 0) {
		found = map_by_place(r, tags, n_tags);
	}
	if (found >= 0 && (size_t)found < n_tags) {
		err = map_by_name(r, tags, n_tags);
	}
	return found < 0 ? found : err;
}

/* What a row's mark says; a row whose check does not agree says nothing. */
static void read_row(const struct reader *r, sqlite3_stmt *stmt, struct backlog_row *row)
{
	int64_t tag = sqlite3_column_int64(stmt, 1), mark = sqlite3_column_int64(stmt, 5);
	bool known = tag >= 0 && (size_t)tag < r->n_tags;
	struct sample *s = &row->sample;

	row->at_us = sqlite3_column_int64(stmt, 0);
	*s = (struct sample){
		.ts_us = sqlite3_column_int64(stmt, 2),
		.tag = known ? (uint32_t)r->tags[tag].index : 0,
		.code = (uint16_t)(mark >> MARK_CODE),
		.reason = mark >> MARK_REASON & 31,
		.value = db_value(stmt, 3,
	                          known ? (enum value_kind)r->tags[tag].kind : VALUE_INT),
		.last = NAN,
		.est = {.predicted = NAN,
	                .sigma = NAN,
	                .estimate = NAN,
	                .score = NAN,
	                .quality = mark >> MARK_QUALITY & 3,
	                .source = mark >> MARK_SOURCE & 3,
	                .state = mark >> MARK_STATE & 7,
	                .drift = mark >> MARK_DRIFT & 1},
	};
	if (sqlite3_column_type(stmt, 4) != SQLITE_NULL) {
		s->est.predicted = sqlite3_column_double(stmt, 4);
	}
	if (mark_check(row->at_us, s->ts_us, &s->value, s->est.predicted, mark) !=
	    (mark >> MARK_CHECK & MARK_CHECK_MASK)) {
		s->value = (struct value){.kind = VALUE_NONE};
		s->est = (struct estimate){.predicted = NAN,
		                           .sigma = NAN,
		                           .estimate = NAN,
		                           .score = NAN,
		                           .quality = QUALITY_BAD,
		                           .source = SOURCE_HELD,
		                           .state = STATE_BAD};
	}
}

static bool wanted(const struct reader *r, int64_t tag)
{
	return tag >= 0 && (size_t)tag < r->n_tags && r->tags[tag].index >= 0;
}

/* NOLINTNEXTLINE(readability-function-size): a call with its callback */
int reader_backlog(struct reader *r, int64_t after_us, int64_t before_us, size_t max,
                   int (*row)(void *arg, const struct backlog_row *row), void *arg)
{
	sqlite3_stmt *stmt;
	struct backlog_row out = {.at_us = after_us};
	int64_t last = after_us;
	int given = 0, rc = SQLITE_DONE, stop = 0;
	int err = r->tags ? 0 : read_tags(r);

	if (err) {
		return err;
	}
	err = db_prepare(
		r->db, &stmt,
		"select b.at, r.tag, coalesce(r.ts, b.at), r.value, r.predicted, r.mark"
		" from batch b cross join fresh r where b.at > ? and b.at < ?"
		" and r.id >= b.first and r.id < b.first + b.n order by b.at");

	if (err) {
		return err;
	}
	db_bind(stmt, 2, (int64_t[]){after_us, before_us});
	start_timer(r);
	while (!stop && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		int64_t at = sqlite3_column_int64(stmt, 0);

		if (at != last && (size_t)given >= max) {
			rc = SQLITE_DONE;
			break;
		}
		last = at;
		if (wanted(r, sqlite3_column_int64(stmt, 1))) {
			read_row(r, stmt, &out);
			stop = row(arg, &out);
			given++;
		}
	}
	err = db_errno(r->db, rc);
	sqlite3_finalize(stmt);
	return stop ? stop : err ? err : given;
}

static double number_at(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL
	               ? (double)NAN
	               : sqlite3_column_double(stmt, column);
}

static struct event read_event(sqlite3_stmt *stmt)
{
	return (struct event){.ts_us = sqlite3_column_int64(stmt, 0),
	                      .alarm_id = sqlite3_column_int64(stmt, 1),
	                      .device = EVENT_NOBODY,
	                      .tag = EVENT_NOBODY,
	                      .kind = text_at(stmt, 4),
	                      .severity = text_at(stmt, 5),
	                      .state = text_at(stmt, 6),
	                      .value = number_at(stmt, 7),
	                      .predicted = number_at(stmt, 8),
	                      .residual = number_at(stmt, 9),
	                      .threshold = number_at(stmt, 10),
	                      .method = text_at(stmt, 11),
	                      .contributions = text_at(stmt, 12),
	                      .message = text_at(stmt, 13),
	                      .by = text_at(stmt, 14)};
}

int reader_events(struct reader *r, int64_t after_us, size_t max,
                  int (*row)(void *arg, const struct event *e, const char *device,
                             const char *tag),
                  void *arg)
{
	sqlite3_stmt *stmt;
	int given = 0, rc = SQLITE_DONE, stop = 0;
	int err = db_prepare(
		r->db, &stmt,
		"select ts, alarm, device, tag, kind, severity, state, value,"
		" predicted, residual, threshold, method, contributions,"
		" message, by from event where ts > ? order by ts limit ?");

	if (err) {
		return err;
	}
	db_bind(stmt, 2, (int64_t[]){after_us, (int64_t)max});
	start_timer(r);
	while (!stop && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct event e = read_event(stmt);

		stop = row(arg, &e, text_at(stmt, 2), text_at(stmt, 3));
		given++;
	}
	err = db_errno(r->db, stop ? SQLITE_DONE : rc);
	sqlite3_finalize(stmt);
	return stop ? stop : err ? err : given;
}

int reader_alarmed(struct reader *r, void (*tag)(void *arg, uint32_t index), void *arg)
{
	sqlite3_stmt *stmt;
	int rc = SQLITE_DONE;
	int err = db_prepare(r->db, &stmt,
	                     "select distinct t.place from alarm a cross join tag t on"
	                     " t.device = a.device and t.name = a.tag"
	                     " where t.place is not null");

	if (err) {
		return err;
	}
	start_timer(r);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		tag(arg, (uint32_t)sqlite3_column_int64(stmt, 0));
	}
	err = db_errno(r->db, rc);
	sqlite3_finalize(stmt);
	return err;
}

static int give_rows(struct reader *r, sqlite3_stmt *stmt,
                     int (*row)(void *arg, const struct history_row *row), void *arg)
{
	int rc = SQLITE_DONE, stop = 0;

	start_timer(r);
	while (!stop && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *type = (const char *)sqlite3_column_text(stmt, 9);
		struct history_row out = {
			.ts_us = sqlite3_column_int64(stmt, 0),
			.device = (const char *)sqlite3_column_text(stmt, 1),
			.tag = (const char *)sqlite3_column_text(stmt, 2),
			.unit = (const char *)sqlite3_column_text(stmt, 3),
			.quality = (const char *)sqlite3_column_text(stmt, 4),
			.source = (const char *)sqlite3_column_text(stmt, 5),
			.state = (const char *)sqlite3_column_text(stmt, 6),
			.value = db_value(stmt, 10, db_kind(type ? type : "")),
			.predicted = NAN,
			.residual = NAN,
		};

		if (sqlite3_column_type(stmt, 7) != SQLITE_NULL) {
			out.predicted = sqlite3_column_double(stmt, 7);
		}
		if (sqlite3_column_type(stmt, 8) != SQLITE_NULL) {
			out.residual = sqlite3_column_double(stmt, 8);
		}
		stop = row(arg, &out);
	}
	return stop ? stop : db_errno(r->db, rc);
}

#define OF_TAG                                                                           \
	"from history h where device = ?1 and tag = ?2 and ts_us >= ?3 and ts_us <= ?4"
#define TYPE_OF "(select type from tag t where t.device = ?1 and t.name = ?2)"

/* NOLINTNEXTLINE(readability-function-size): a call with its callback */
int reader_history(struct reader *r, const char *device, const char *tag,
                   int64_t since_us, int64_t until_us, int64_t every_us,
                   int (*row)(void *arg, const struct history_row *row), void *arg)
{
	static const char all[] =
		"select ts_us, device, tag, unit, quality, source, state,"
		" predicted, residual, " TYPE_OF ", value " OF_TAG " order by ts_us";
	static const char spans[] =
		"select ts_us / ?5 * ?5 as start, ?1, ?2, max(unit), 'good', 'measured', "
		"'',"
		" avg(predicted), avg(residual), 'float64', avg(value) " OF_TAG
		" and quality = 'good' and typeof(value) <> 'text' group by start"
		" order by start";
	sqlite3_stmt *stmt;
	int err = db_prepare(r->db, &stmt, every_us > 0 ? spans : all);

	if (err) {
		return err;
	}
	db_bind_text(stmt, 1, device);
	db_bind_text(stmt, 2, tag);
	sqlite3_bind_int64(stmt, 3, since_us);
	sqlite3_bind_int64(stmt, 4, until_us);
	if (every_us > 0) {
		sqlite3_bind_int64(stmt, 5, every_us);
	}
	err = give_rows(r, stmt, row, arg);
	sqlite3_finalize(stmt);
	return err;
}

/* Views with a time are read through their *_at, whose last column stays inside. */
static const struct {
	const char *name, *sql;
	int hidden;
} views[] = {
	{"events", "select * from events_at where ts_us >= ? and ts_us <= ?", 1},
	{"alarms", "select * from alarms_at where ts_us >= ? and ts_us <= ?", 1},
	{"gaps", "select * from gaps_at where ts_us >= ? and ts_us <= ?", 1},
	{"devices", "select * from devices", 0},
	{"tags", "select * from tags", 0},
	{"now", "select * from now", 0},
};

static int give_cells(struct reader *r, sqlite3_stmt *stmt, int n,
                      int (*row)(void *arg, int n, const char *const *columns,
                                 const char *const *values),
                      void *arg)
{
	const char *columns[VIEW_COLUMNS_MAX], *cells[VIEW_COLUMNS_MAX];
	int rc = SQLITE_DONE, stop = 0;

	for (int i = 0; i < n; i++) {
		columns[i] = sqlite3_column_name(stmt, i);
	}
	start_timer(r);
	while (!stop && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		for (int i = 0; i < n; i++) {
			cells[i] = (const char *)sqlite3_column_text(stmt, i);
		}
		stop = row(arg, n, columns, cells);
	}
	return stop ? stop : db_errno(r->db, rc);
}

#define MEANS(table)                                                                     \
	"select r.ts, r.total / r.good from " table " r join tag t on t.id = r.tag"      \
	" where t.device = ?2 and t.name = ?3 and r.ts >= ?1 and r.good > 0 order by "   \
	"r.ts"

/* NOLINTNEXTLINE(readability-function-size): a call with its callback */
int reader_means(struct reader *r, const struct tag *tag, bool hours, int64_t since_us,
                 int (*row)(void *arg, int64_t ts_us, double mean), void *arg)
{
	sqlite3_stmt *stmt;
	int err = db_prepare(r->db, &stmt, hours ? MEANS("hour") : MEANS("minute"));
	int n = 0, rc = SQLITE_DONE;

	if (err) {
		return err;
	}
	sqlite3_bind_int64(stmt, 1, since_us);
	db_bind_text(stmt, 2, tag->device);
	db_bind_text(stmt, 3, tag->name);
	start_timer(r);
	for (; !err && (rc = sqlite3_step(stmt)) == SQLITE_ROW; n++) {
		err = row(arg, sqlite3_column_int64(stmt, 0),
		          sqlite3_column_double(stmt, 1));
	}
	if (!err && rc != SQLITE_DONE) {
		err = db_errno(r->db, rc);
	}
	sqlite3_finalize(stmt);
	return err ? err : n;
}

/* NOLINTNEXTLINE(readability-function-size): a call with its callback */
int reader_view(struct reader *r, const char *view, int64_t since_us, int64_t until_us,
                int (*row)(void *arg, int n, const char *const *columns,
                           const char *const *values),
                void *arg)
{
	sqlite3_stmt *stmt;
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(views) && strcmp(view, views[i].name) != 0; i++) {
	}
	if (i == ARRAY_SIZE(views)) {
		return -EINVAL;
	}
	err = db_prepare(r->db, &stmt, views[i].sql);
	if (err) {
		return err;
	}
	if (views[i].hidden) {
		db_bind(stmt, 2, (int64_t[]){since_us, until_us});
	}
	err = give_cells(r, stmt, sqlite3_column_count(stmt) - views[i].hidden, row, arg);
	sqlite3_finalize(stmt);
	return err;
}

int reader_versions(struct reader *r, const char *component,
                    int (*row)(void *arg, const struct version *v), void *arg)
{
	sqlite3_stmt *stmt;
	int err = db_prepare(r->db, &stmt,
	                     "select ts, version, parameters, train_error,"
	                     " held_out_error, accepted from model where component = ?"
	                     " order by version");
	int n = 0, rc = SQLITE_DONE;

	if (err) {
		return err;
	}
	db_bind_text(stmt, 1, component);
	start_timer(r);
	while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *details = (const char *)sqlite3_column_text(stmt, 2);
		const struct version v = {
			.ts_us = sqlite3_column_int64(stmt, 0),
			.device = EVENT_NOBODY,
			.number = sqlite3_column_int64(stmt, 1),
			.details = details ? details : "",
			.train_error = sqlite3_column_double(stmt, 3),
			.held_out_error = sqlite3_column_double(stmt, 4),
			.accepted = sqlite3_column_int64(stmt, 5) != 0,
		};

		err = row(arg, &v);
		n++;
	}
	if (!err && rc != SQLITE_DONE) {
		err = db_errno(r->db, rc);
	}
	sqlite3_finalize(stmt);
	return err ? err : n;
}

static int count_pending(struct reader *r, const char *name, int64_t *pending)
{
	sqlite3_stmt *stmt;
	int err = db_prepare(
		r->db, &stmt,
		"with c as (select max(case key when 'acked' then value end) as acked,"
		" max(case key when 'live_from' then value end) as live_from,"
		" max(case key when 'live_to' then value end) as live_to"
		" from state where name = ?)"
		" select sum(n) from c cross join batch where at > acked"
		" and not (live_from <> 0 and at >= live_from and at <= live_to)");

	if (!err) {
		db_bind_text(stmt, 1, name);
		err = db_int(stmt, 0, pending);
	}
	sqlite3_finalize(stmt);
	return err;
}

static int count_destination(struct reader *r, size_t d, struct history_counts *out)
{
	static const char *const keys[] = {"delivered", "evicted"};
	int64_t *const to[] = {&out->destination[d].delivered,
	                       &out->destination[d].evicted};
	sqlite3_stmt *stmt;
	int err = db_prepare(r->db, &stmt,
	                     "select value from state where name = ? and key = ?");

	for (size_t i = 0; !err && i < ARRAY_SIZE(keys); i++) {
		db_bind_text(stmt, 1, r->destinations[d]);
		db_bind_text(stmt, 2, keys[i]);
		err = db_int(stmt, 0, to[i]);
	}
	sqlite3_finalize(stmt);
	return err ? err
	           : count_pending(r, r->destinations[d], &out->destination[d].pending);
}

static int read_destinations(struct reader *r, size_t *n)
{
	sqlite3_stmt *stmt;
	int err = db_prepare(
		r->db, &stmt,
		"select distinct name from state where name <> '' order by name");

	*n = 0;
	while (!err && *n < DESTINATIONS_MAX && sqlite3_step(stmt) == SQLITE_ROW) {
		free(r->destinations[*n]);
		r->destinations[*n] = strdup((const char *)sqlite3_column_text(stmt, 0));
		err = r->destinations[*n] ? 0 : -ENOMEM;
		*n += 1;
	}
	sqlite3_finalize(stmt);
	return err;
}

int reader_counts(struct reader *r, struct history_counts *out, const char **destinations)
{
	size_t n;
	int64_t pages, page_bytes;
	int err = db_exec(r->db, "begin"); /* one state of the file for all of it */

	*out = (struct history_counts){0};
	memset(destinations, 0, DESTINATIONS_MAX * sizeof(*destinations));
	if (err) {
		return err;
	}
	start_timer(r);
	err = db_query(r->db,
	               "select value from state where name = '' and key = 'stored'",
	               &out->stored);
	if (!err) {
		err = read_destinations(r, &n);
	}
	for (size_t d = 0; !err && d < n; d++) {
		destinations[d] = r->destinations[d];
		err = count_destination(r, d, out);
	}
	if (!err) {
		err = db_query(r->db, "pragma page_count", &pages);
	}
	if (!err) {
		err = db_query(r->db, "pragma page_size", &page_bytes);
		out->bytes = pages * page_bytes;
	}
	(void)db_exec(r->db, "rollback");
	return err;
}
