/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/mqtt/live.h"

enum { TAGS = 4 };

static const struct tag tags[TAGS] = {
	{.device = "a", .name = "0"},
	{.device = "a", .name = "1"},
	{.device = "b", .name = "2", .device_index = 1},
	{.device = "b", .name = "3", .device_index = 1},
};

static struct sample sample_of(uint32_t tag, int64_t ts_us)
{
	return (struct sample){
		.tag = tag, .ts_us = ts_us, .value = value_real((double)ts_us)};
}

static uint64_t put(struct live *l, uint32_t tag, int64_t ts_us, uint64_t ticket)
{
	struct sample s = sample_of(tag, ts_us);

	return live_put(l, &s, ticket);
}

/* What the head is: number of rows, the first tag and its time. */
static size_t head(const struct live *l, uint32_t *tag, int64_t *ts_us, uint64_t *ticket)
{
	const struct sample *rows[TAGS];
	size_t n = live_head(l, rows, TAGS, ticket);

	*tag = n ? rows[0]->tag : UINT32_MAX;
	*ts_us = n ? rows[0]->ts_us : 0;
	return n;
}

static void samples_come_out_in_order_of_arrival(void **state)
{
	static const uint32_t order[] = {2, 0, 3, 1};
	struct live *l;
	uint64_t ticket;
	uint32_t tag;
	int64_t ts_us;

	(void)state;
	assert_int_equal(live_new(&l, tags, TAGS), 0);
	for (size_t i = 0; i < TAGS; i++) {
		assert_int_equal(put(l, order[i], (int64_t)i, 1 + i), 0);
	}
	assert_int_equal(live_waiting(l), TAGS);
	for (size_t i = 0; i < TAGS; i++) {
		assert_int_equal(head(l, &tag, &ts_us, &ticket), 1);
		assert_int_equal(tag, order[i]);
		assert_int_equal(ticket, 1 + i);
		live_pop(l, 1);
	}
	assert_int_equal(head(l, &tag, &ts_us, &ticket), 0);
	live_free(l);
}

static void newer_sample_replaces_the_older_in_its_place(void **state)
{
	struct live *l;
	uint64_t ticket;
	uint32_t tag;
	int64_t ts_us;

	(void)state;
	assert_int_equal(live_new(&l, tags, TAGS), 0);
	put(l, 0, 10, 1);
	put(l, 1, 10, 1);
	assert_true(live_waits(l, 0));
	assert_int_equal(put(l, 0, 20, 2), 1);
	assert_int_equal(live_waiting(l), 2);
	head(l, &tag, &ts_us, &ticket);
	assert_int_equal(tag, 0);
	assert_int_equal(ts_us, 20);
	assert_int_equal(ticket, 2);
	live_pop(l, 1);
	assert_false(live_waits(l, 0));
	assert_int_equal(put(l, 0, 30, 3), 0); /* the one before is on its way */
	live_free(l);
}

static void group_is_of_one_batch_device_and_time(void **state)
{
	static const struct {
		const char *name;
		struct {
			uint32_t tag;
			int64_t ts_us;
			uint64_t ticket;
		} second;
		size_t want;
	} cases[] = {
		{"same", {1, 10, 1}, 2},
		{"other device", {2, 10, 1}, 1},
		{"other time", {1, 11, 1}, 1},
		{"other batch", {1, 10, 2}, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct live *l;
		uint64_t ticket;
		uint32_t tag;
		int64_t ts_us;
		size_t n;

		assert_int_equal(live_new(&l, tags, TAGS), 0);
		put(l, 0, 10, 1);
		put(l, cases[i].second.tag, cases[i].second.ts_us,
		    cases[i].second.ticket);
		n = head(l, &tag, &ts_us, &ticket);
		if (n != cases[i].want) {
			fail_msg("%s: %zu", cases[i].name, n);
		}
		live_free(l);
	}
}

static void refresh_sends_what_is_known_as_of_no_batch(void **state)
{
	struct sample kept = sample_of(3, 5);
	struct live *l;
	uint64_t ticket;
	uint32_t tag;
	int64_t ts_us;

	(void)state;
	assert_int_equal(live_new(&l, tags, TAGS), 0);
	live_keep(l, &kept);
	put(l, 1, 10, 7);
	assert_int_equal(live_waiting(l), 1);
	live_refresh(l);
	assert_int_equal(live_waiting(l), 2);
	live_pop(l, 1);
	head(l, &tag, &ts_us, &ticket);
	assert_int_equal(tag, 3);
	assert_int_equal(ticket, 0);
	assert_false(live_waits(l, 3));
	assert_int_equal(put(l, 3, 11, 8), 0); /* overtakes nothing that counts */
	live_halt(l);
	assert_int_equal(live_waiting(l), 0);
	live_free(l);
}

static void text_is_copied_and_bounded(void **state)
{
	char text[VALUE_TEXT_MAX + 10];
	struct sample s = sample_of(0, 1);
	const struct sample *row;
	struct live *l;
	uint64_t ticket;

	(void)state;
	assert_int_equal(live_new(&l, tags, TAGS), 0);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	s.value = (struct value){.kind = VALUE_TEXT, .text = text};
	live_put(l, &s, 1);
	memset(text, 'y', sizeof(text) - 1);
	assert_int_equal(live_head(l, &row, 1, &ticket), 1);
	assert_int_equal(strlen(row->value.text), VALUE_TEXT_MAX);
	assert_int_equal(row->value.text[0], 'x');
	s.value.text = NULL;
	live_put(l, &s, 2);
	assert_int_equal(live_head(l, &row, 1, &ticket), 1);
	assert_int_equal(row->value.kind, VALUE_NONE);
	live_free(l);
	live_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_come_out_in_order_of_arrival),
		cmocka_unit_test(newer_sample_replaces_the_older_in_its_place),
		cmocka_unit_test(group_is_of_one_batch_device_and_time),
		cmocka_unit_test(refresh_sends_what_is_known_as_of_no_batch),
		cmocka_unit_test(text_is_copied_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
