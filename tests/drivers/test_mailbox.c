/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/opcua/mailbox.h"
#include "tests/unscaled.h"

static const struct point points[] = {
	{.encoding = &unscaled[TYPE_INT32]},
	{.encoding = &(const struct encoding){.type = TYPE_STRING, .length = 8}},
	{.encoding = &unscaled[TYPE_INT32]},
};
static uint64_t time_ns;

static uint64_t now_ns(void)
{
	return ++time_ns;
}

static bool put(struct mailbox *b, size_t i, struct value value)
{
	const struct said said = {.reading = {.tag = (uint32_t)i, .value = value},
	                          .received_ns = now_ns()};

	return mailbox_put(b, i, &said);
}

static struct value text(const char *text)
{
	return (struct value){.kind = VALUE_TEXT, .text = text};
}

static void newer_value_of_a_tag_takes_the_place_of_the_older(void **state)
{
	char said_text[] = "first", room[VALUE_TEXT_MAX + 1];
	struct mailbox b;
	struct said said;
	size_t i;

	(void)state;
	assert_int_equal(mailbox_init(&b, points, ARRAY_SIZE(points), now_ns), 0);
	assert_true(put(&b, 2, value_real(1)));
	assert_false(put(&b, 1, text(said_text))); /* somebody was woken already */
	strcpy(said_text, "other");
	assert_false(put(&b, 2, value_real(2)));
	assert_int_equal(mailbox_replaced(&b), 1);
	assert_true(mailbox_take(&b, &i, &said, room)); /* the longest waiting */
	assert_int_equal(i, 2);
	assert_true(said.reading.value.real == 2);
	assert_true(mailbox_take(&b, &i, &said, room));
	assert_int_equal(i, 1);
	assert_string_equal(said.reading.value.text, "first");
	assert_false(mailbox_take(&b, &i, &said, room));
	for (int round = 0; round < 5; round++) { /* round the ring */
		for (size_t k = 0; k < ARRAY_SIZE(points); k++) {
			bool first = put(&b, k, k == 1 ? text("x") : value_real(0));

			assert_int_equal(first, k == 0);
		}
		for (size_t k = 0; k < ARRAY_SIZE(points); k++) {
			assert_true(mailbox_take(&b, &i, &said, room));
			assert_int_equal(i, k);
		}
	}
	mailbox_fini(&b);
}

static void beat_is_told_with_a_time_after_it(void **state)
{
	const struct beat beat = {.received_ns = now_ns(), .server_us = 7};
	struct mailbox b;
	uint64_t at_ns;

	(void)state;
	assert_int_equal(mailbox_init(&b, points, ARRAY_SIZE(points), now_ns), 0);
	assert_int_equal(mailbox_last_beat(&b, &at_ns).received_ns, 0);
	mailbox_beat(&b, &beat);
	assert_int_equal(mailbox_last_beat(&b, &at_ns).server_us, 7);
	assert_true(at_ns > beat.received_ns);
	mailbox_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newer_value_of_a_tag_takes_the_place_of_the_older),
		cmocka_unit_test(beat_is_told_with_a_time_after_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
