/* SPDX-License-Identifier: Apache-2.0 */
/** What the tests of storage/ share: a plant of a few tags in a temporary directory. */
#ifndef TESTS_STORAGE_TEST_H
#define TESTS_STORAGE_TEST_H

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "storage/history.h"
#include "storage/history_impl.h"

/* 2026-01-02T00:00:00Z, a full hour. */
#define T0_US  INT64_C(1767312000000000)
#define SECOND INT64_C(1000000)

static const struct history_device plant_devices[] = {
	{"pump", "modbus", "tcp://192.0.2.10"},
	{"plc", "modbus", "tcp://192.0.2.11"},
};

static const struct tag plant_tags[] = {
	{.device = "pump",
         .name = "flow",
         .description = "after the pump",
         .period_ms = 1000,
         .kind = &(const struct tag_kind){.unit = "m3/h",
                                          .type_name = "float32",
                                          .type = TYPE_FLOAT32,
                                          .analog = true}},
	{.device = "pump",
         .name = "count",
         .description = "",
         .period_ms = 1000,
         .kind = &(const struct tag_kind){.unit = "",
                                          .type_name = "uint64",
                                          .type = TYPE_UINT64,
                                          .analog = true}},
	{.device = "plc",
         .name = "ready",
         .description = "",
         .device_index = 1,
         .kind = &(const struct tag_kind){.unit = "",
                                          .type_name = "bool",
                                          .type = TYPE_BOOL,
                                          .writable = true}},
	{.device = "plc",
         .name = "batch",
         .description = "",
         .device_index = 1,
         .kind = &(const struct tag_kind){.unit = "",
                                          .type_name = "string(8)",
                                          .type = TYPE_STRING}},
};

static const char *const plant_destinations[] = {"mqtt", "sparkplug"};

struct plant {
	char dir[64];
	struct history_config cfg;
	struct history *h;
	int64_t at; /* of the last batch */
};

static inline void plant_init(struct plant *p)
{
	memset(p, 0, sizeof(*p));
	snprintf(p->dir, sizeof(p->dir), "/tmp/pollux-test-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->cfg = (struct history_config){
		.state_dir = p->dir,
		.gateway_id = "cell7",
		.commit_ms = 1000,
		.devices = plant_devices,
		.n_devices = ARRAY_SIZE(plant_devices),
		.tags = plant_tags,
		.n_tags = ARRAY_SIZE(plant_tags),
		.destinations = plant_destinations,
		.n_destinations = 1,
	};
	p->at = T0_US;
}

static inline const char *plant_open(struct plant *p)
{
	const char *found = "";

	assert_int_equal(history_open(&p->h, &p->cfg, &found), 0);
	return found;
}

static inline void plant_close(struct plant *p)
{
	history_close(p->h);
	p->h = NULL;
}

static inline char *plant_path(const struct plant *p, const char *name)
{
	static char paths[4][512];
	static size_t next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", p->dir, name);
	return path;
}

static inline void plant_fini(struct plant *p)
{
	DIR *dir;
	const struct dirent *entry;

	plant_close(p);
	dir = opendir(p->dir);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		(void)unlink(plant_path(p, entry->d_name));
	}
	closedir(dir);
	assert_int_equal(rmdir(p->dir), 0);
}

static inline struct sample sample_of(uint32_t tag, int64_t ts_us, double value)
{
	return (struct sample){
		.ts_us = ts_us,
		.tag = tag,
		.value = value_real(value),
		.last = NAN,
		.est = {.predicted = value - 0.5,
	                .sigma = 0.25,
	                .estimate = value,
	                .score = 0.1,
	                .state = STATE_HEALTHY},
	};
}

/* One batch, all `n` first tags at the same time. */
static inline void plant_append(struct plant *p, int64_t at_us, size_t n)
{
	struct sample rows[ARRAY_SIZE(plant_tags)];

	for (size_t i = 0; i < n; i++) {
		rows[i] = sample_of((uint32_t)i, at_us, (double)(at_us - T0_US) / 1e6);
	}
	assert_int_equal(history_append(p->h, at_us, rows, n), 0);
	p->at = at_us;
}

/* Upkeep until there is nothing to do; commits now and then as the writer does. */
static inline void plant_upkeep(struct plant *p, int64_t now_us)
{
	int more = 1;

	for (int slices = 0; more > 0; slices++) {
		more = history_upkeep(p->h, now_us);
		assert_true(more >= 0);
		assert_true(slices < 200000);
		if (slices % 16 == 15 || !more) {
			assert_int_equal(history_commit(p->h), 0);
		}
	}
}

/* The first row of a query as "a|b|c", as the sqlite3 program prints it. */
static inline const char *query(const struct plant *p, const char *sql)
{
	static char text[1024];
	sqlite3 *db;
	sqlite3_stmt *stmt;
	size_t used = 0;

	assert_int_equal(sqlite3_open_v2(plant_path(p, "history.db"), &db,
	                                 SQLITE_OPEN_READONLY, NULL),
	                 SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	}
	text[0] = '\0';
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			const char *cell = (const char *)sqlite3_column_text(stmt, i);

			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
			                         i ? "|" : "", cell ? cell : "");
		}
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return text;
}

/* stored = delivered + pending + evicted, in memory and in the file, and pending is
 * what the rows say. */
static inline void assert_balance(struct plant *p)
{
	struct history_counts c;

	history_counts(p->h, &c);
	for (size_t d = 0; d < p->cfg.n_destinations; d++) {
		struct cursor kept = cursor_of(p->h->destinations[d].kept);
		int64_t pending;

		if (c.stored != c.destination[d].delivered + c.destination[d].pending +
		                        c.destination[d].evicted) {
			fail_msg(
				"stored %lld, delivered %lld, pending %lld, evicted %lld",
				(long long)c.stored,
				(long long)c.destination[d].delivered,
				(long long)c.destination[d].pending,
				(long long)c.destination[d].evicted);
		}
		assert_int_equal(cursor_uncovered(p->h, &kept, 0, INT64_MAX, &pending),
		                 0);
		assert_int_equal(pending, c.destination[d].pending);
	}
	assert_string_equal(query(p, "select coalesce(sum(n), 0) = (select count(*) from"
	                             " fresh) from batch"),
	                    "1");
}

#endif
