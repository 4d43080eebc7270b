/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drivers/mqtt/inbox.h"

static uint64_t time_ns;
static size_t n_released;

static uint64_t now_ns(void)
{
	return ++time_ns;
}

static void release(struct inbox_message *m)
{
	n_released++;
}

static void put(struct inbox *b, char *topic, size_t n)
{
	struct inbox_message m = {.topic = topic, .payload = "", .n = n};

	inbox_put(b, &m);
}

static int begin(void **state)
{
	struct inbox *b = malloc(sizeof(*b));

	n_released = 0;
	inbox_init(b, now_ns, release);
	*state = b;
	return 0;
}

static int end(void **state)
{
	inbox_fini(*state);
	free(*state);
	return 0;
}

static void messages_come_out_in_order_with_ascending_times(void **state)
{
	static char topics[] = "abc";
	struct inbox *b = *state;
	struct inbox_message m;
	uint64_t before_ns = 0, end_ns = 0;

	for (size_t i = 0; i < 3; i++) {
		put(b, &topics[i], 1);
	}
	for (size_t i = 0; i < 3; i++) {
		assert_true(inbox_take(b, &m, NULL));
		assert_ptr_equal(m.topic, &topics[i]);
		assert_true(m.received_ns > before_ns);
		before_ns = m.received_ns;
	}
	assert_false(inbox_take(b, &m, &end_ns));
	assert_true(end_ns > before_ns);
	assert_int_equal(n_released, 0);
}

static void oldest_goes_where_number_or_bytes_are_exceeded(void **state)
{
	static char topics[INBOX_MESSAGES + 10];
	struct inbox *b = *state;
	struct inbox_message m;

	for (size_t i = 0; i < INBOX_MESSAGES + 10; i++) {
		put(b, &topics[i], 1);
	}
	assert_int_equal(inbox_dropped(b), 10);
	assert_int_equal(n_released, 10);
	assert_true(inbox_take(b, &m, NULL));
	assert_ptr_equal(m.topic, &topics[10]);
	put(b, topics, INBOX_BYTES); /* takes the room of all others */
	assert_int_equal(inbox_dropped(b), 10 + INBOX_MESSAGES - 1);
	assert_true(inbox_take(b, &m, NULL));
	assert_int_equal(m.n, INBOX_BYTES);
	assert_false(inbox_take(b, &m, NULL));
}

static void message_beyond_all_room_is_dropped_alone(void **state)
{
	static char topics[2];
	struct inbox *b = *state;
	struct inbox_message m;

	put(b, &topics[0], 1);
	put(b, &topics[1], INBOX_BYTES + 1);
	assert_int_equal(inbox_dropped(b), 1);
	assert_true(inbox_take(b, &m, NULL));
	assert_ptr_equal(m.topic, &topics[0]);
	assert_false(inbox_take(b, &m, NULL));
}

static void what_is_left_is_released_at_the_end(void **state)
{
	static char topic[] = "a";

	put(*state, topic, 1);
	put(*state, topic, 1);
	inbox_fini(*state);
	assert_int_equal(n_released, 2);
	inbox_init(*state, now_ns, release);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			messages_come_out_in_order_with_ascending_times, begin, end),
		cmocka_unit_test_setup_teardown(
			oldest_goes_where_number_or_bytes_are_exceeded, begin, end),
		cmocka_unit_test_setup_teardown(message_beyond_all_room_is_dropped_alone,
	                                        begin, end),
		cmocka_unit_test_setup_teardown(what_is_left_is_released_at_the_end,
	                                        begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
