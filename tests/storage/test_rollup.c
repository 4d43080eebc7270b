/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/storage/storage_test.h"

static int set_up(void **state)
{
	static struct plant p;

	plant_init(&p);
	(void)plant_open(&p);
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	plant_fini(*state);
	return 0;
}

/* A row each `every` seconds from T0 + from_s, value = seconds since T0. */
static void append_from(struct plant *p, int64_t from_s, int64_t to_s, int64_t every)
{
	for (int64_t s = from_s; s < to_s; s += every) {
		plant_append(p, T0_US + s * SECOND, 2);
	}
	assert_int_equal(history_commit(p->h), 0);
}

static void minute_that_is_over_is_rolled_up(void **state)
{
	struct plant *p = *state;

	append_from(p, 0, 150, 10);
	plant_upkeep(p, 0);
	assert_string_equal(query(p, "select count(*) from minutely where tag = 'flow'"),
	                    "2");
	assert_string_equal(
		query(p, "select device, tag, n, good, min, avg, max, last, unit,"
	                 " ts_us from minutely where tag = 'flow'"
	                 " order by ts_us desc"),
		"pump|flow|6|6|60.0|85.0|110.0|110.0|m3/h|1767312060000000");
}

static void bad_and_uncertain_rows_count_but_do_not_weigh(void **state)
{
	struct plant *p = *state;
	struct sample bad = sample_of(0, T0_US + SECOND, 0);
	struct sample uncertain = sample_of(0, T0_US + 2 * SECOND, 1e9);

	bad.value = (struct value){.kind = VALUE_NONE};
	bad.est.quality = QUALITY_BAD;
	uncertain.est.quality = QUALITY_UNCERTAIN;
	plant_append(p, T0_US, 1);
	assert_int_equal(history_append(p->h, bad.ts_us, &bad, 1), 0);
	assert_int_equal(history_append(p->h, uncertain.ts_us, &uncertain, 1), 0);
	append_from(p, 60, 61, 10);
	plant_upkeep(p, 0);
	assert_string_equal(query(p, "select n, good, min, avg, max, last from minutely"),
	                    "3|1|0.0|0.0|0.0|1000000000.0");
}

static void text_has_only_a_last(void **state)
{
	struct plant *p = *state;
	struct sample row = sample_of(3, T0_US, 0);

	row.value = (struct value){.kind = VALUE_TEXT, .text = "B-17"};
	assert_int_equal(history_append(p->h, T0_US, &row, 1), 0);
	append_from(p, 60, 61, 10);
	plant_upkeep(p, 0);
	assert_string_equal(query(p, "select n, good, min, avg, max, last from minutely"
	                             " where tag = 'batch'"),
	                    "1|0||||B-17");
}

static void hour_is_made_of_its_minutes(void **state)
{
	struct plant *p = *state;

	append_from(p, 0, 7210, 10);
	plant_upkeep(p, 0);
	assert_string_equal(query(p, "select count(*) from hourly"), "4");
	assert_string_equal(query(p,
	                          "select n, good, min, avg, max, last, ts_us from hourly"
	                          " where tag = 'count' order by ts_us desc"),
	                    "360|360|3600.0|5395.0|7190.0|7190.0|1767315600000000");
}

enum { MANY = 1100 };

/* So many that minutes take several slices, and an hour several ranges of tags. */
static void many_tags_are_rolled_up_alike(void **state)
{
	static struct tag tags[MANY];
	static char names[MANY][8];
	static struct sample rows[MANY];
	struct plant *p = *state;

	plant_close(p);
	for (size_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "t%zu", i);
		tags[i] = plant_tags[0];
		tags[i].name = names[i];
	}
	p->cfg.tags = tags;
	p->cfg.n_tags = MANY;
	(void)plant_open(p);
	for (int64_t s = 0; s <= 3660; s += 6) {
		for (uint32_t i = 0; i < MANY; i++) {
			rows[i] = sample_of(i, T0_US + s * SECOND, (double)(s + i));
		}
		assert_int_equal(history_append(p->h, T0_US + s * SECOND, rows, MANY), 0);
	}
	assert_int_equal(history_commit(p->h), 0);
	plant_upkeep(p, 0);
	assert_string_equal(query(p, "select count(*), sum(n), sum(good) from minutely"),
	                    "67100|671000|671000");
	assert_string_equal(query(p, "select count(*), sum(n), sum(min), sum(max),"
	                             " sum(last) from hourly"),
	                    "1100|660000|604450.0|4557850.0|4557850.0");
}

static void late_row_is_added_to_its_minute_and_hour(void **state)
{
	struct plant *p = *state;
	struct sample late = sample_of(0, T0_US + 3595 * SECOND, 5000);

	append_from(p, 0, 3660, 10);
	plant_upkeep(p, 0);
	assert_string_equal(query(p, "select n, max from hourly where tag = 'flow'"),
	                    "360|3590.0");
	assert_int_equal(history_append(p->h, T0_US + 3661 * SECOND, &late, 1), 0);
	append_from(p, 3670, 3730, 10);
	plant_upkeep(p, 0);
	assert_string_equal(query(p,
	                          "select n, max, last from minutely where tag = 'flow'"
	                          " and ts_us = 1767315540000000"),
	                    "7|5000.0|5000.0");
	assert_string_equal(
		query(p, "select n, max, last from hourly where tag = 'flow'"),
		"361|5000.0|5000.0");
}

/* Upkeep that dies between any two slices must count no row twice and none never. */
static void crash_in_between_changes_no_sum(void **state)
{
	struct plant *p = *state;

	for (int64_t s = 0; s < 7210; s++) {
		plant_append(p, T0_US + s * SECOND, 4);
	}
	assert_int_equal(history_commit(p->h), 0);
	for (int crash = 0; crash < 40; crash++) {
		for (int slice = 0; slice < crash % 5 + 1; slice++) {
			assert_true(history_upkeep(p->h, 0) >= 0);
			if (slice % 2 == crash % 2) {
				assert_int_equal(history_commit(p->h), 0);
			}
		}
		p->h->failed = -EIO; /* the open transaction is lost */
		plant_close(p);
		(void)plant_open(p);
	}
	plant_upkeep(p, 0);
	assert_string_equal(query(p, "select count(*), sum(n), sum(good) from minutely"),
	                    "480|28800|28800");
	assert_string_equal(query(p, "select count(*), sum(n), sum(good) from hourly"),
	                    "8|28800|28800");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(minute_that_is_over_is_rolled_up),
		CASE(bad_and_uncertain_rows_count_but_do_not_weigh),
		CASE(text_has_only_a_last),
		CASE(hour_is_made_of_its_minutes),
		CASE(many_tags_are_rolled_up_alike),
		CASE(late_row_is_added_to_its_minute_and_hour),
		CASE(crash_in_between_changes_no_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
