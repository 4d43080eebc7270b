/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/schema.h"

#include <errno.h>

#include "storage/db.h"
#include "tests/storage/storage_test.h"

static sqlite3 *memory(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	return db;
}

static void file_is_told_by_its_header(void **state)
{
	static const struct {
		const char *name, *sql;
		enum schema_state want;
	} cases[] = {
		{"nothing in it", "", SCHEMA_EMPTY},
		{"tables of others", "create table t(a)", SCHEMA_FOREIGN},
		{"id of others", "pragma application_id = 7", SCHEMA_FOREIGN},
		{"ours", "pragma application_id = 0x506f6c78; pragma user_version = 2",
	         SCHEMA_CURRENT},
		{"older", "pragma application_id = 0x506f6c78; pragma user_version = 1",
	         SCHEMA_OLDER},
		{"newer", "pragma application_id = 0x506f6c78; pragma user_version = 3",
	         SCHEMA_NEWER},
		{"never finished", "pragma application_id = 0x506f6c78", SCHEMA_FOREIGN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sqlite3 *db = memory();
		enum schema_state got;

		assert_int_equal(db_exec(db, cases[i].sql), 0);
		assert_int_equal(schema_look(db, &got), 0);
		if (got != cases[i].want) {
			fail_msg("%s: %d, not %d", cases[i].name, got, cases[i].want);
		}
		sqlite3_close(db);
	}
}

static void migration_twice_is_once(void **state)
{
	sqlite3 *db = memory();
	enum schema_state got;
	int64_t first, second;

	(void)state;
	assert_int_equal(schema_migrate(db), 0);
	assert_int_equal(schema_look(db, &got), 0);
	assert_int_equal(got, SCHEMA_CURRENT);
	assert_int_equal(db_query(db, "select count(*) from sqlite_schema", &first), 0);
	assert_int_equal(schema_migrate(db), 0);
	assert_int_equal(db_query(db, "select count(*) from sqlite_schema", &second), 0);
	assert_int_equal(first, second);
	sqlite3_close(db);
}

static void migration_that_fails_leaves_nothing(void **state)
{
	sqlite3 *db = memory();
	int64_t objects, version;

	(void)state;
	assert_int_equal(db_exec(db, "create table forecast(a)"),
	                 0); /* stands in the way */
	assert_int_equal(schema_migrate(db), -EBADMSG);
	assert_int_equal(db_query(db, "select count(*) from sqlite_schema", &objects), 0);
	assert_int_equal(objects, 1);
	assert_int_equal(db_query(db, "pragma user_version", &version), 0);
	assert_int_equal(version, 0);
	sqlite3_close(db);
}

/* A file of the first version, with a forecast in it. */
static void older_file_keeps_its_rows(void **state)
{
	static const char *const back[] = {
		"drop view forecasts",
		"drop view outlooks",
		"drop table outlook",
		"alter table forecast drop column half",
		"alter table forecast drop column model_error",
		"alter table forecast drop column in_alarm",
		"pragma user_version = 1",
	};
	sqlite3 *db = memory();
	enum schema_state got;
	int64_t n;

	(void)state;
	assert_int_equal(schema_migrate(db), 0);
	assert_int_equal(
		db_exec(db, "insert into forecast(id, ts, component, tag, horizon_s,"
	                    " predicted) values(7, 7, 'tank', 'plc/level', 60, 1.5)"),
		0);
	for (size_t i = 0; i < ARRAY_SIZE(back); i++) {
		assert_int_equal(db_exec(db, back[i]), 0);
	}
	assert_int_equal(schema_look(db, &got), 0);
	assert_int_equal(got, SCHEMA_OLDER);
	assert_int_equal(schema_migrate(db), 0);
	assert_int_equal(schema_look(db, &got), 0);
	assert_int_equal(got, SCHEMA_CURRENT);
	assert_int_equal(db_query(db,
	                          "select count(*) from forecasts where tag ="
	                          " 'plc/level' and predicted = 1.5",
	                          &n),
	                 0);
	assert_int_equal(n, 1);
	assert_int_equal(db_query(db, "select in_alarm from forecast", &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(db_query(db, "select count(*) from outlooks", &n), 0);
	assert_int_equal(n, 0);
	sqlite3_close(db);
}

/* The whole plan of a query in one line. */
static const char *plan(sqlite3 *db, const char *sql)
{
	static char text[4096];
	sqlite3_stmt *stmt;
	size_t used = 0;
	char *explain = sqlite3_mprintf("explain query plan %s", sql);

	assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &stmt, NULL), SQLITE_OK);
	text[0] = '\0';
	while (sqlite3_step(stmt) == SQLITE_ROW && used < sizeof(text)) {
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s; ",
		                         (const char *)sqlite3_column_text(stmt, 3));
	}
	sqlite3_finalize(stmt);
	sqlite3_free(explain);
	return text;
}

#define OF_TAG "where device = 'pump' and tag = 'flow' and ts_us > 1767312000000000"

static void query_of_one_tag_is_a_search_in_every_part(void **state)
{
	static const struct {
		const char *sql, *want[4];
	} cases[] = {
		{"select * from history " OF_TAG,
	         {"r USING PRIMARY KEY (tag=? AND ts>?)",
	          "b USING INTEGER PRIMARY KEY (rowid>?)",
	          "r USING INDEX fresh_held (ts>?)"}},
		{"select * from history " OF_TAG " order by ts_us desc limit 5",
	         {"r USING PRIMARY KEY (tag=? AND ts>?)",
	          "b USING INTEGER PRIMARY KEY (rowid>?)",
	          "r USING INDEX fresh_held (ts>?)", "MERGE (UNION ALL)"}},
		{"select avg(value) from history " OF_TAG,
	         {"r USING PRIMARY KEY (tag=? AND ts>?)",
	          "b USING INTEGER PRIMARY KEY (rowid>?)",
	          "r USING INDEX fresh_held (ts>?)"}},
		{"select * from recent limit 5",
	         {"b USING INTEGER PRIMARY KEY (rowid>?)",
	          "r USING INDEX fresh_held (ts>?)", "MERGE (UNION ALL)"}},
		{"select * from hourly " OF_TAG,
	         {"r USING PRIMARY KEY (tag=? AND ts>?)"}},
		{"select * from minutely " OF_TAG, {"r USING PRIMARY KEY (ts>?)"}},
	};
	sqlite3 *db = memory();

	(void)state;
	assert_int_equal(schema_migrate(db), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *got = plan(db, cases[i].sql);

		for (size_t k = 0; k < 4 && cases[i].want[k]; k++) {
			if (!strstr(got, cases[i].want[k])) {
				fail_msg("%s: no %s in: %s", cases[i].sql,
				         cases[i].want[k], got);
			}
		}
		if (strstr(got, "SCAN r;") || strstr(got, "TEMP B-TREE") ||
		    strstr(got, "AUTOMATIC")) {
			fail_msg("%s: %s", cases[i].sql, got);
		}
	}
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_is_told_by_its_header),
		cmocka_unit_test(migration_twice_is_once),
		cmocka_unit_test(older_file_keeps_its_rows),
		cmocka_unit_test(migration_that_fails_leaves_nothing),
		cmocka_unit_test(query_of_one_tag_is_a_search_in_every_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
