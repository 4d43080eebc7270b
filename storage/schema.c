/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/schema.h"

#include <errno.h>
#include <stdio.h>

#include "storage/db.h"

/* Keys of `state` beside those of each destination: gateway, stored, newest, event,
 * reserve, rolled, hours, sealed, latest.  All hot words lie in one page. */
static const char *const tables[] = {
	"create table state(name text not null, key text not null, value,"
	" primary key(name, key)) without rowid",
	"insert into state values('', 'sealed', 0), ('', 'sealed_id', 0),"
	" ('', 'latest', 0)", /* views ask */
	"create table device(id integer primary key, name text not null unique,"
	" driver text, address text, state text, since integer, error text,"
	" place integer)",
	"create table tag(id integer primary key, device text not null,"
	" name text not null, unit text, type text, period_ms integer,"
	" writable integer, description text, place integer, unique(device, name))",
	/* The rows of a batch follow each other: fresh.id from first, n of them.  Keyed
         * by a running number fresh grows at its end only, page by page; with (at, tag)
         * as its key each commit writes half as many pages again. */
	"create table batch(at integer primary key, first integer not null,"
	" n integer not null)",
	/* ts is null where it is the batch's at: nearly always. */
	"create table fresh(id integer primary key, tag integer not null, ts integer,"
	" value, predicted real, mark integer not null)",
	"create index fresh_held on fresh(ts) where ts is not null",
	"create table sealed(tag integer not null, ts integer not null,"
	" held integer not null, value, predicted real, mark integer not null,"
	" primary key(tag, ts)) without rowid",
	"create table latest(tag integer primary key, ts integer not null, value,"
	" predicted real, sigma real, mark integer not null)",
	/* By time: one page a minute and not one for each tag. */
	"create table minute(ts integer not null, tag integer not null,"
	" n integer not null, good integer not null, total real, least, most, last,"
	" last_ts integer not null, primary key(ts, tag)) without rowid",
	"create table hour(tag integer not null, ts integer not null,"
	" n integer not null, good integer not null, total real, least, most, last,"
	" last_ts integer not null, primary key(tag, ts)) without rowid",
	"create table event(ts integer primary key, alarm integer, device text,"
	" tag text, kind text, severity text, state text, value real, predicted real,"
	" residual real, threshold real, method text, contributions text,"
	" message text, by text)",
	"create table alarm(id integer primary key, ts integer not null, device text,"
	" tag text, kind text, severity text, state text, value real, predicted real,"
	" residual real, threshold real, method text, contributions text,"
	" message text, cleared integer, by text)",
	"create table gap(id integer primary key, ts integer, destination text,"
	" device text, tag text, ts_from integer, ts_to integer, n integer,"
	" reason text)",
	"create table command(ts integer primary key, origin text, device text,"
	" tag text, requested, before, readback, status text, error text)",
	"create table model(id integer primary key, ts integer, component text,"
	" version integer, parameters text, train_error real, held_out_error real,"
	" accepted integer)",
	"create table forecast(id integer primary key, ts integer, component text,"
	" tag text, horizon_s real, predicted real, low real, high real, actual real,"
	" error real, persistence real)",
};

static const char outlook_table[] =
	"create table outlook(id integer primary key, ts integer not null, device text,"
	" tag text, name text, bound real, p10 real, p50 real, p90 real, first integer,"
	" why text, ended integer, outcome text)";

/* What a forecast's record is made of, beside its outcome; and remaining lives. */
static const char *const records[] = {
	"alter table forecast add column half real",
	"alter table forecast add column model_error real",
	"alter table forecast add column in_alarm integer not null default 0",
	outlook_table,
	"create index outlook_of on outlook(device, tag, name)",
};

/* Milliseconds rounded down, as everywhere (contract, section 3). */
/* clang-format off */
#define TIME(ts) \
	"strftime('%Y-%m-%dT%H:%M:%f', (" ts ") / 1000 / 1000.0, 'unixepoch', 'localtime')"
#define QUALITY \
	"case r.mark & 3 when 0 then 'good' when 1 then 'uncertain' when 2 then 'stale'" \
	" else 'bad' end as quality"
#define SOURCE \
	"case r.mark >> 2 & 3 when 0 then 'measured' when 1 then 'predicted'" \
	" when 2 then 'held' else 'simulated' end as source"
#define STATE \
	"case r.mark >> 4 & 7 when 0 then 'learning' when 1 then 'healthy'" \
	" when 2 then 'spike' when 3 then 'transient' when 4 then 'drift'" \
	" when 5 then 'mismatch' when 6 then 'stale' else 'bad' end as state"
/* An innovation needs a measurement and a number: source measured or simulated. */
#define RESIDUAL \
	"case when r.mark >> 2 & 3 in (0, 3) and typeof(r.value) <> 'text'" \
	" then r.value - r.predicted end as residual"
#define ROWS(ts) \
	"select " TIME(ts) " as time, t.device as device, t.name as tag," \
	" r.value as value, t.unit as unit, r.predicted as predicted, " RESIDUAL ", " \
	QUALITY ", " SOURCE ", " STATE ", " ts " as ts_us "
#define HOUR_AGO "(cast(strftime('%s', 'now') as integer) - 3600) * 1000000"
#define STATE_OF(key) "(select value from state where name = '' and key = '" key "')"
/* The + keeps a bound off the index, which a bound of the query needs more, and SQLite
 * from making an index of its own of all tags first. */
#define AT_ONCE(bound) \
	ROWS("b.at") "from batch b cross join fresh r join tag t on t.id = +r.tag" \
	" where r.id >= b.first and r.id < b.first + b.n and r.ts is null and " bound
#define HELD(bound) \
	ROWS("r.ts") "from fresh r join tag t on t.id = r.tag" \
	" where r.ts is not null and " bound
#define ROLLED(from) \
	"select " TIME("r.ts") " as time, t.device as device, t.name as tag, r.n as n," \
	" r.good as good, r.least as min, r.total / nullif(r.good, 0) as avg," \
	" r.most as max, r.last as last, t.unit as unit, r.ts as ts_us from " from \
	" r join tag t on t.id = r.tag"
#define HAPPENED \
	"device, tag, kind, severity, state, value, predicted, threshold, message," \
	" cleared, acknowledged_by"

/* Views *_at carry their time in us as the last column, for storage/reader.c. */
static const char *const views[] = {
	/* Result columns alike in affinity in all parts, or SQLite does not flatten the
	 * compound and sorts (restriction 17h of its subquery flattener). */
	"create view history as "
	AT_ONCE("+b.at > " STATE_OF("sealed"))
	" union all "
	HELD("+r.id > " STATE_OF("sealed_id"))
	" union all "
	ROWS("r.ts") "from sealed r join tag t on t.id = r.tag"
	" where r.ts + r.held <= " STATE_OF("sealed"),

	/* The last hour is never sealed (storage/seal.c). */
	"create view recent as "
	AT_ONCE("b.at > " HOUR_AGO)
	" union all "
	HELD("r.ts > " HOUR_AGO)
	" order by ts_us desc",

	/* What came after the latest values were saved is still in fresh. */
	"create view now as select t.device as device, t.name as tag, r.value as value,"
	" t.unit as unit, r.predicted as predicted, l.sigma as sigma, " QUALITY ", " STATE
	", round((julianday('now') - 2440587.5) * 86400 - r.ts / 1000000.0, 1) as age_s, "
	TIME("r.ts") " as time from"
	" (select tag, max(ts) as ts, value, predicted, mark from"
	" (select tag, ts, value, predicted, mark from latest"
	" union all select f.tag, coalesce(f.ts, b.at), f.value, f.predicted, f.mark"
	" from batch b cross join fresh f where f.id >= b.first and f.id < b.first + b.n"
	" and b.at > " STATE_OF("latest") ") group by tag) r"
	" join tag t on t.id = r.tag left join latest l on l.tag = r.tag"
	" where t.place is not null order by t.place",

	"create view minutely as " ROLLED("minute"),
	"create view hourly as " ROLLED("hour"),

	"create view alarms_at as select " TIME("ts") " as time, device, tag, kind,"
	" severity, state, value, predicted, threshold, message, " TIME("cleared")
	" as cleared, by as acknowledged_by, ts as ts_us from alarm order by ts desc",
	"create view events_at as select " TIME("ts") " as time, device, tag, kind,"
	" severity, state, value, predicted, threshold, message,"
	" case when state = 'cleared' then " TIME("ts") " end as cleared,"
	" by as acknowledged_by, ts as ts_us from event order by ts desc",
	"create view alarms as select time, " HAPPENED " from alarms_at",
	"create view events as select time, " HAPPENED " from events_at",

	"create view commands as select " TIME("ts") " as time, origin, device, tag,"
	" requested, before, readback, status, error from command order by ts desc",
	"create view models as select " TIME("ts") " as time, component, version,"
	" parameters, train_error, held_out_error, accepted from model order by ts desc",
	"create view devices as select name as device, driver, address, state, "
	TIME("since") " as since, error from device where place is not null"
	" order by place",
	"create view tags as select device, name as tag, unit, type, period_ms, writable,"
	" description from tag where place is not null order by place",
	"create view gaps_at as select " TIME("ts") " as time, device, tag, ts_from, ts_to,"
	" n, reason, ts as ts_us from gap order by id desc",
	"create view gaps as select time, device, tag, ts_from, ts_to, n, reason"
	" from gaps_at",
	/* What was spared before its time had come lasted longer than is known. */
	"create view outlooks as select " TIME("ts") " as time, device, tag, name,"
	" bound as \"limit\", p10 as p10_s, p50 as p50_s, p90 as p90_s,"
	" why as no_prediction, " TIME("ended") " as ended, outcome,"
	" (ended - ts) / 1e6 as lasted_s, case when outcome = 'reached' or"
	" (ended - ts) / 1e6 > p50 then (ended - ts) / 1e6 - p50 end as error_s,"
	" case when p50 is not null and (outcome = 'reached' or ended > first)"
	" then (ended - first) / 1e6 end as persistence_s from outlook"
	" order by id desc",
	"create view forecasts as select " TIME("ts") " as time, component, tag,"
	" horizon_s, predicted, low, high, actual, error, persistence from forecast"
	" order by ts desc",
};
/* clang-format on */

/* Migration i brings a file of version i up to i + 1. */
static const struct {
	const char *const *statements;
	size_t n;
} migrations[SCHEMA_VERSION] = {
	{tables, ARRAY_SIZE(tables)},
	{records, ARRAY_SIZE(records)},
};

static int exec_each(sqlite3 *db, const char *const *statements, size_t n)
{
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		err = db_exec(db, statements[i]);
	}
	return err;
}

int schema_look(sqlite3 *db, enum schema_state *out)
{
	int64_t application, version, objects;
	int err = db_query(db, "select count(*) from sqlite_schema", &objects);

	if (!err) {
		err = db_query(db, "pragma application_id", &application);
	}
	if (!err) {
		err = db_query(db, "pragma user_version", &version);
	}
	if (err) {
		return err;
	}
	if (application == 0 && version == 0 && objects == 0) {
		*out = SCHEMA_EMPTY;
	} else if (application != SCHEMA_APPLICATION || version < 1) {
		*out = SCHEMA_FOREIGN;
	} else if (version > SCHEMA_VERSION) {
		*out = SCHEMA_NEWER;
	} else {
		*out = version < SCHEMA_VERSION ? SCHEMA_OLDER : SCHEMA_CURRENT;
	}
	return 0;
}

/* Views carry nothing, so that each migration makes all of them anew. */
static int drop_views(sqlite3 *db)
{
	sqlite3_stmt *names;
	int err = db_prepare(db, &names,
	                     "select 'drop view \"' || name || '\"' from sqlite_schema"
	                     " where type = 'view'");
	char sql[128];

	while (!err && sqlite3_step(names) == SQLITE_ROW) {
		snprintf(sql, sizeof(sql), "%s",
		         (const char *)sqlite3_column_text(names, 0));
		sqlite3_reset(names); /* the schema changes under it: start again */
		err = db_exec(db, sql);
	}
	sqlite3_finalize(names);
	return err;
}

int schema_migrate(sqlite3 *db)
{
	int64_t version;
	char pragmas[96];
	int err = db_exec(db, "begin immediate");

	if (err) {
		return err;
	}
	err = db_query(db, "pragma user_version", &version);
	if (!err) {
		err = drop_views(db);
	}
	for (; !err && version < SCHEMA_VERSION; version++) {
		err = exec_each(db, migrations[version].statements,
		                migrations[version].n);
	}
	if (!err) {
		err = exec_each(db, views, ARRAY_SIZE(views));
	}
	snprintf(pragmas, sizeof(pragmas),
	         "pragma application_id = %d; pragma user_version = %d; commit",
	         SCHEMA_APPLICATION, SCHEMA_VERSION);
	if (!err) {
		err = db_exec(db, pragmas);
	}
	if (err && !sqlite3_get_autocommit(db)) {
		(void)db_exec(db, "rollback");
	}
	return err;
}
