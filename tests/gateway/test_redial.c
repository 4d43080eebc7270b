/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/mqtt/redial.h"

#define MS 1000000U

/* Pause until the next attempt in ms. */
static uint64_t pause_ms(const struct redial *r, uint64_t now_ns)
{
	return (r->due_ns - now_ns) / MS;
}

static void pause_doubles_up_to_the_cap(void **state)
{
	static const uint64_t full_ms[] = {500,   1000,  2000,  4000, 8000,
	                                   16000, 30000, 30000, 30000};
	struct redial r;
	uint64_t now_ns = 0;

	(void)state;
	redial_init(&r, 1, 42);
	for (size_t i = 0; i < sizeof(full_ms) / sizeof(full_ms[0]); i++) {
		redial_failed(&r, now_ns);
		assert_in_range(pause_ms(&r, now_ns), full_ms[i] / 2, full_ms[i]);
		now_ns = r.due_ns;
	}
}

static void pauses_of_two_gateways_differ(void **state)
{
	struct redial a, b;
	int same = 0;

	(void)state;
	redial_init(&a, 1, 2);
	redial_init(&b, 1, 4);
	for (int i = 0; i < 20; i++) {
		redial_failed(&a, 0);
		redial_failed(&b, 0);
		same += a.due_ns == b.due_ns;
	}
	assert_in_range(same, 0, 3);
}

static void servers_are_tried_in_order_then_round(void **state)
{
	static const size_t want[] = {1, 2, 0, 1, 2, 0};
	struct redial r;

	(void)state;
	redial_init(&r, 3, 7);
	assert_int_equal(r.server, 0);
	for (size_t i = 0; i < 6; i++) {
		redial_failed(&r, 0);
		assert_int_equal(r.server, want[i]);
		/* within a round at once, after it with the pause of the round */
		assert_in_range(pause_ms(&r, 0), want[i] ? 50 : 250,
		                want[i] ? 100 : 1000);
	}
}

static void long_session_forgives_and_begins_with_the_first_server(void **state)
{
	struct redial r;

	(void)state;
	redial_init(&r, 2, 7);
	for (int i = 0; i < 9; i++) {
		redial_failed(&r, 0);
	}
	assert_int_equal(r.server, 1);
	redial_up(&r, 0);
	assert_false(redial_down(&r, 40000ULL * MS));
	assert_int_equal(r.server, 0);
	assert_in_range(pause_ms(&r, 40000ULL * MS), 250, 500);
}

static void short_sessions_back_off_and_are_told(void **state)
{
	static const bool told[] = {false, false, true, true};
	static const uint64_t full_ms[] = {500, 1000, 2000, 4000};
	struct redial r;
	uint64_t now_ns = 0;

	(void)state;
	redial_init(&r, 1, 7);
	for (size_t i = 0; i < 4; i++) {
		redial_up(&r, now_ns);
		now_ns += 1000ULL * MS;
		assert_int_equal(redial_down(&r, now_ns), told[i]);
		assert_in_range(pause_ms(&r, now_ns), full_ms[i] / 2, full_ms[i]);
		now_ns = r.due_ns;
	}
}

static void server_that_is_away_is_no_namesake(void **state)
{
	struct redial r;

	(void)state;
	redial_init(&r, 1, 7);
	for (int i = 0; i < 6; i++) {
		redial_up(&r, 0);
		assert_false(redial_down(&r, 1000ULL * MS));
		redial_failed(&r, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pause_doubles_up_to_the_cap),
		cmocka_unit_test(pauses_of_two_gateways_differ),
		cmocka_unit_test(servers_are_tried_in_order_then_round),
		cmocka_unit_test(long_session_forgives_and_begins_with_the_first_server),
		cmocka_unit_test(short_sessions_back_off_and_are_told),
		cmocka_unit_test(server_that_is_away_is_no_namesake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
