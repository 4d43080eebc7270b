/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/storage/storage_test.h"

static const char all_rows[] = "select count(*), sum(value), sum(ts_us % 1000000007),"
			       " sum(residual) from history";

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

static void append_hours(struct plant *p, int64_t hours)
{
	int64_t end = p->at + hours * HOUR_US;

	for (int64_t at = p->at + 10 * SECOND; at <= end; at += 10 * SECOND) {
		struct sample held = sample_of(0, at - 5 * SECOND, 1);

		assert_int_equal(history_append(p->h, at - 1, &held, 1), 0);
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

static void delivered_hour_is_sealed_and_reads_the_same(void **state)
{
	struct plant *p = *state;
	char before[256];

	append_hours(p, 3);
	deliver(p, p->at);
	snprintf(before, sizeof(before), "%s", query(p, all_rows));
	plant_upkeep(p, 0);
	assert_string_equal(query(p, all_rows), before);
	assert_string_equal(
		query(p, "select count(*) > 0, min(at) from batch"),
		"1|1767319200000000"); /* 02:00:00, the last hour and what follows */
	assert_string_equal(query(p, "select count(*) from sealed"), "3596");
	assert_balance(p);
}

/* Readers see each row once, whatever slice was the last. */
static void view_is_the_same_after_every_slice(void **state)
{
	struct plant *p = *state;
	char before[256];
	int more = 1;

	append_hours(p, 4);
	deliver(p, p->at - HOUR_US / 2);
	snprintf(before, sizeof(before), "%s", query(p, all_rows));
	while (more) {
		more = history_upkeep(p->h, 0);
		assert_true(more >= 0);
		assert_int_equal(history_commit(p->h), 0);
		assert_string_equal(query(p, all_rows), before);
		assert_balance(p);
	}
	assert_true(p->h->keys[STATE_SEALED] > T0_US + 2 * HOUR_US);
}

static void crash_while_sealing_loses_and_doubles_nothing(void **state)
{
	struct plant *p = *state;
	char before[256];

	append_hours(p, 4);
	deliver(p, p->at);
	snprintf(before, sizeof(before), "%s", query(p, all_rows));
	for (int crash = 0; crash < 30; crash++) {
		for (int slice = 0; slice <= crash; slice++) {
			assert_true(history_upkeep(p->h, 0) >= 0);
			if (slice % 3 == crash % 3) {
				assert_int_equal(history_commit(p->h), 0);
			}
		}
		p->h->failed = -EIO;
		plant_close(p);
		(void)plant_open(p);
		assert_string_equal(query(p, all_rows), before);
		assert_balance(p);
	}
}

static void undelivered_hour_waits_a_day_and_stays_in_the_outbox(void **state)
{
	struct plant *p = *state;
	char before[256];

	append_hours(p, 6);
	plant_upkeep(p, 0);
	assert_string_equal(query(p, "select count(*) from sealed"), "0");
	append_hours(p, 22);
	snprintf(before, sizeof(before), "%s", query(p, all_rows));
	plant_upkeep(p, 0);
	assert_string_equal(query(p, all_rows), before);
	assert_true(p->h->keys[STATE_SEALED] >= T0_US + 3 * HOUR_US - 1);
	assert_string_equal(query(p, "select min(at) from batch"), "1767312009999999");
	assert_balance(p);
	deliver(p, T0_US + HOUR_US - 1);
	plant_upkeep(p, 0);
	assert_string_equal(query(p, "select min(at) from batch"), "1767315600000000");
	assert_string_equal(query(p, all_rows), before);
	assert_balance(p);
}

/* More keys than a pass holds: a pass for some tags, then one for the others. */
static void hour_with_more_keys_than_room_takes_passes(void **state)
{
	static const size_t rooms[] = {5, 64, 700};
	struct plant *p = *state;
	char before[256];

	append_hours(p, 5);
	deliver(p, p->at);
	snprintf(before, sizeof(before), "%s", query(p, all_rows));
	for (int slice = 0; slice < 200000 && history_upkeep(p->h, 0) > 0; slice++) {
		if (p->h->seal.to) {
			p->h->seal.room = rooms[p->h->seal.to / HOUR_US % 3];
		}
	}
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(query(p, all_rows), before);
	assert_true(p->h->keys[STATE_SEALED] >= T0_US + 4 * HOUR_US - 1);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(delivered_hour_is_sealed_and_reads_the_same),
		CASE(view_is_the_same_after_every_slice),
		CASE(crash_while_sealing_loses_and_doubles_nothing),
		CASE(undelivered_hour_waits_a_day_and_stays_in_the_outbox),
		CASE(hour_with_more_keys_than_room_takes_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
