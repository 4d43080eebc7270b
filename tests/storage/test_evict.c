/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "tests/storage/storage_test.h"

static int set_up(void **state)
{
	static struct plant p;

	plant_init(&p);
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	plant_fini(*state);
	return 0;
}

/* A batch of four rows each ten seconds. */
static void append_hours(struct plant *p, int64_t hours)
{
	int64_t end = p->at + hours * HOUR_US;

	for (int64_t at = p->at + 10 * SECOND; at <= end; at += 10 * SECOND) {
		plant_append(p, at, 4);
	}
	assert_int_equal(history_commit(p->h), 0);
}

static void deliver(struct plant *p, int64_t to)
{
	struct cursor c = {.acked = to};

	history_cursor(p->h, 0, &c);
	assert_int_equal(history_commit(p->h), 0);
}

static void old_rows_go_and_their_minutes_stay(void **state)
{
	struct plant *p = *state;

	p->cfg.keep_s = 4 * 3600;
	(void)plant_open(p);
	append_hours(p, 8);
	deliver(p, p->at);
	plant_upkeep(p, p->at);
	assert_string_equal(query(p, "select min(ts_us) >= 1767312000000000 + 14400000000"
	                             ", count(*) > 5000 from history"),
	                    "1|1");
	assert_string_equal(query(p, "select min(ts_us), sum(n) from minutely"),
	                    "1767312000000000|11516");
	assert_string_equal(query(p, "select count(*) from gaps"), "0");
	assert_balance(p);
}

static void clock_that_is_not_synced_deletes_nothing(void **state)
{
	struct plant *p = *state;

	p->cfg.keep_s = 3600;
	(void)plant_open(p);
	append_hours(p, 8);
	deliver(p, p->at);
	plant_upkeep(p, 0);
	assert_string_equal(query(p, "select count(*) from history"), "11520");
}

static void undelivered_rows_leave_a_gap(void **state)
{
	struct plant *p = *state;
	struct history_counts counts;
	struct history_gap gap;

	p->cfg.keep_s = 4 * 3600;
	p->cfg.n_destinations = 2;
	(void)plant_open(p);
	append_hours(p, 8);
	deliver(p, T0_US + HOUR_US); /* the first has an hour, the second nothing */
	plant_upkeep(p, p->at);
	assert_balance(p);
	history_counts(p->h, &counts);
	assert_int_equal(counts.stored, 11520);
	assert_int_equal(counts.destination[0].delivered, 1440);
	assert_int_equal(counts.destination[1].delivered, 0);
	assert_int_equal(counts.destination[1].evicted - counts.destination[0].evicted,
	                 1440);
	assert_string_equal(query(p,
	                          "select device, tag, ts_from, ts_to < 1767326400000000,"
	                          " reason from gaps where reason like '%mqtt'"),
	                    "*|*|1767315610000000|1|age: not yet at mqtt");
	assert_string_equal(query(p, "select count(*), sum(n) from gap"
	                             " where destination = 'mqtt'"),
	                    "1|4316");
	assert_true(history_gap(p->h, &gap));
	assert_int_equal(gap.destination, 0);
	assert_int_equal(gap.n, 4316);
	assert_int_equal(gap.from_us, T0_US + HOUR_US + 10 * SECOND);
	assert_true(history_gap(p->h, &gap));
	assert_int_equal(gap.destination, 1);
	assert_false(history_gap(p->h, &gap));
}

static int64_t file_size(struct plant *p, const char *name)
{
	struct stat st;

	return stat(plant_path(p, name), &st) == 0 ? st.st_size : 0;
}

/* Many times what fits goes through a small file, with upkeep as the writer does it. */
static void small_file_is_a_ring(void **state)
{
	struct plant *p = *state;
	struct history_counts counts;
	int64_t most = 0;

	p->cfg.max_bytes = (4 << 20) + (1 << 20);
	(void)plant_open(p);
	for (int64_t i = 1; i <= 40000; i++) {
		plant_append(p, T0_US + i * SECOND / 10, 4);
		if (i % 100 == 0) {
			int64_t bytes;

			assert_int_equal(history_commit(p->h), 0);
			for (int k = 0; k < 4; k++) {
				assert_true(history_upkeep(p->h, p->at) >= 0);
			}
			bytes = file_size(p, "history.db") +
			        file_size(p, "history.db-wal");
			most = bytes > most ? bytes : most;
		}
	}
	plant_upkeep(p, p->at);
	history_counts(p->h, &counts);
	assert_int_equal(counts.stored, 160000);
	assert_true(counts.destination[0].evicted > 100000);
	assert_true(counts.destination[0].pending > 5000);
	assert_balance(p);
	assert_true(most <= p->cfg.max_bytes);
	assert_string_equal(query(p, "pragma integrity_check"), "ok");
	assert_string_equal(query(p, "select sum(n) from gap"),
	                    query(p, "select value from state where key = 'evicted'"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(old_rows_go_and_their_minutes_stay),
		CASE(clock_that_is_not_synced_deletes_nothing),
		CASE(undelivered_rows_leave_a_gap),
		CASE(small_file_is_a_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
