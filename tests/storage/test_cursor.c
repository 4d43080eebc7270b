/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/cursor.h"

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

static void backlog_that_meets_the_live_stretch_is_one_with_it(void **state)
{
	static const struct {
		const char *name;
		struct cursor c, want;
	} cases[] = {
		{"no stretch", {10, 0, 0, 0}, {10, 0, 0, 0}},
		{"rows between", {10, 20, 30, 0}, {10, 20, 30, 0}},
		{"next to it", {19, 20, 30, 0}, {30, 0, 0, 0}},
		{"into it", {25, 20, 30, 0}, {30, 0, 0, 0}},
		{"beyond it", {35, 20, 30, 0}, {35, 0, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cursor c = cases[i].c;

		cursor_join(&c);
		if (memcmp(&c, &cases[i].want, sizeof(c)) != 0) {
			fail_msg("%s: %lld, %lld to %lld", cases[i].name,
			         (long long)c.acked, (long long)c.live_from,
			         (long long)c.live_to);
		}
	}
}

static void cursor_waits_for_the_commit(void **state)
{
	struct plant *p = *state;
	struct history_counts counts;
	struct cursor c = {.acked = T0_US + 10 * SECOND}, got;

	plant_append(p, T0_US, 2);
	history_cursor(p->h, 0, &c);
	assert_int_equal(history_commit(p->h), 0);
	history_counts(p->h, &counts);
	assert_int_equal(counts.destination[0].delivered, 0); /* acked before durable */
	assert_int_equal(history_commit(p->h), 0);
	history_counts(p->h, &counts);
	assert_int_equal(counts.destination[0].delivered, 2);
	history_cursor_get(p->h, 0, &got);
	assert_int_equal(got.acked, c.acked);
}

static void cursor_is_kept_by_name(void **state)
{
	static const char *const others[] = {"sparkplug", "mqtt"};
	struct plant *p = *state;
	struct cursor c = {.acked = T0_US + 3 * SECOND}, got;
	struct history_counts counts;

	for (int64_t i = 0; i < 10; i++) {
		plant_append(p, T0_US + i * SECOND, 2);
	}
	assert_int_equal(history_commit(p->h), 0);
	history_cursor(p->h, 0, &c);
	plant_close(p);
	p->cfg.destinations = others;
	p->cfg.n_destinations = 2;
	(void)plant_open(p);
	history_cursor_get(p->h, 1, &got);
	assert_int_equal(got.acked, T0_US + 3 * SECOND);
	history_counts(p->h, &counts);
	assert_int_equal(counts.destination[0].pending, 20); /* new: all that is there */
	assert_int_equal(counts.destination[1].delivered, 8);
	assert_balance(p);
	p->cfg.destinations = plant_destinations;
	p->cfg.n_destinations = 1;
}

static void append_event(struct plant *p, int64_t ts_us)
{
	const struct event e = {.ts_us = ts_us,
	                        .device = EVENT_NOBODY,
	                        .tag = EVENT_NOBODY,
	                        .kind = "gap",
	                        .severity = "info",
	                        .state = "",
	                        .value = NAN,
	                        .predicted = NAN,
	                        .residual = NAN,
	                        .threshold = NAN,
	                        .method = "",
	                        .contributions = "",
	                        .message = "m",
	                        .by = ""};

	assert_int_equal(history_event(p->h, &e), 0);
}

static void event_cursor_waits_for_the_commit_and_is_kept(void **state)
{
	struct plant *p = *state;
	struct cursor c = {.events = T0_US + 5 * SECOND}, got;

	append_event(p, T0_US);
	append_event(p, T0_US + SECOND);
	history_cursor(p->h, 0, &c);
	assert_int_equal(history_commit(p->h), 0);
	assert_int_equal(history_commit(p->h), 0);
	plant_close(p);
	(void)plant_open(p);
	history_cursor_get(p->h, 0, &got);
	assert_int_equal(got.events, T0_US + SECOND); /* not beyond what there is */
}

static void new_destination_is_not_owed_old_events(void **state)
{
	static const char *const others[] = {"sparkplug"};
	struct plant *p = *state;
	struct cursor got;

	append_event(p, T0_US);
	assert_int_equal(history_commit(p->h), 0);
	history_cursor_get(p->h, 0, &got);
	assert_int_equal(got.events, 0); /* this one was there before it */
	plant_close(p);
	p->cfg.destinations = others;
	(void)plant_open(p);
	history_cursor_get(p->h, 0, &got);
	assert_int_equal(got.events, T0_US);
	p->cfg.destinations = plant_destinations;
}

/* Numerical Recipes' quick generator: the same sequence everywhere. */
static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

/* A publisher that acknowledges, loses its connection, goes on live first. */
static void move_cursor(struct plant *p, size_t d, uint32_t *seed)
{
	struct cursor c;
	int64_t ahead = (int64_t)(next(seed) % 600) * SECOND;

	history_cursor_get(p->h, d, &c);
	switch (next(seed) % 4) {
	case 0: /* the backlog */
		c.acked = c.acked < T0_US ? T0_US : c.acked;
		c.acked += ahead;
		if (c.live_from == 0 && c.acked > p->at) {
			c.acked = p->at;
		}
		break;
	case 1: /* live samples, also such that are not committed yet */
		if (c.live_from == 0 && p->at > c.acked) {
			c.live_from = p->at;
		}
		c.live_to = c.live_from ? p->at : 0;
		break;
	case 2: /* a new connection forgets the stretch of the last */
		c.live_from = c.live_to = 0;
		break;
	default:
		break;
	}
	cursor_join(&c);
	history_cursor(p->h, d, &c);
}

static void random_life(struct plant *p, uint32_t seed)
{
	for (int step = 0; step < 400; step++) {
		int64_t at = p->at + (int64_t)(1 + next(&seed) % 60) * SECOND;

		for (uint32_t i = next(&seed) % 8; i > 0; i--, at += 7 * SECOND) {
			plant_append(p, at, 1 + next(&seed) % 4);
		}
		if (step % 200 < 50) { /* an outage of some hours follows */
			move_cursor(p, 0, &seed);
			move_cursor(p, 1, &seed);
		}
		if (next(&seed) % 3 == 0) {
			assert_true(history_upkeep(p->h, p->at) >= 0);
		}
		if (next(&seed) % 2 == 0) {
			assert_int_equal(history_commit(p->h), 0);
			assert_balance(p);
		}
		if (next(&seed) % 40 == 0) {
			bool crash = next(&seed) % 2;

			p->h->failed = crash ? -EIO : 0;
			plant_close(p);
			(void)plant_open(p);
			p->at = p->at > history_reserve(p->h) ? p->at
			                                      : history_reserve(p->h);
			assert_balance(p);
		}
	}
	plant_upkeep(p, p->at);
	assert_balance(p);
}

static void balance_holds_over_outages_crashes_and_evictions(void **state)
{
	struct plant *p = *state;
	struct history_counts counts;

	plant_close(p);
	p->cfg.keep_s = 2 * 3600;
	p->cfg.n_destinations = 2;
	(void)plant_open(p);
	for (uint32_t seed = 1; seed <= 5; seed++) {
		random_life(p, seed);
	}
	history_counts(p->h, &counts);
	assert_true(counts.destination[0].evicted > 0); /* the test has bitten */
	assert_true(counts.destination[0].delivered > 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(backlog_that_meets_the_live_stretch_is_one_with_it),
		CASE(cursor_waits_for_the_commit),
		CASE(cursor_is_kept_by_name),
		CASE(event_cursor_waits_for_the_commit_and_is_kept),
		CASE(new_destination_is_not_owed_old_events),
		CASE(balance_holds_over_outages_crashes_and_evictions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
