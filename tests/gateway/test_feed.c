/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/mqtt/feed.h"

static struct feed *feed_of(void)
{
	struct feed *f;

	assert_int_equal(feed_new(&f), 0);
	return f;
}

static void batch_comes_out_with_its_texts(void **state)
{
	char text[] = "running";
	struct sample rows[] = {
		{.tag = 1, .value = value_real(1.5)},
		{.tag = 2, .value = {.kind = VALUE_TEXT, .text = text}},
		{.tag = 3, .value = {.kind = VALUE_TEXT, .text = NULL}},
	};
	struct feed *f = feed_of();
	struct sender_batch *b;

	(void)state;
	assert_null(feed_batch(f));
	feed_put_samples(f, 42, rows, 3);
	memset(text, 'x', sizeof(text) - 1);
	b = feed_batch(f);
	assert_ptr_equal(feed_batch(f), b); /* the same until it is done */
	assert_int_equal(b->at_us, 42);
	assert_int_equal(b->n, 3);
	assert_false(b->after_gap || b->pressed);
	assert_true(b->rows[0].value.real == 1.5);
	assert_string_equal(b->rows[1].value.text, "running");
	assert_int_equal(b->rows[2].value.kind, VALUE_NONE);
	feed_batch_done(f);
	assert_null(feed_batch(f));
	feed_put_samples(f, 43, rows, 0); /* nothing is nothing */
	assert_null(feed_batch(f));
	feed_free(f);
}

static void full_feed_refuses_and_the_next_batch_says_so(void **state)
{
	static struct sample rows[1000];
	struct feed *f = feed_of();
	int64_t at_us = 0;
	struct sender_batch *b;

	(void)state;
	while (feed_refused_rows(f) == 0) {
		feed_put_samples(f, ++at_us, rows, ARRAY_SIZE(rows));
	}
	assert_int_equal(feed_refused_rows(f), ARRAY_SIZE(rows));
	for (int64_t i = 1; i < at_us; i++) {
		b = feed_batch(f);
		assert_int_equal(b->at_us, i);
		assert_false(b->after_gap);
		assert_true(i > 1 || b->pressed); /* it is time to let go */
		feed_batch_done(f);
	}
	feed_put_samples(f, ++at_us, rows, 1);
	feed_put_samples(f, ++at_us, rows, 1);
	assert_true(feed_batch(f)->after_gap);
	feed_batch_done(f);
	assert_false(feed_batch(f)->after_gap);
	feed_free(f);
}

static void events_and_statuses_come_out_in_order(void **state)
{
	char message[] = "it is down", figures[] = "\"reads\":5";
	struct device_status down = {.state = "down", .error = "timeout"};
	struct event e = {.ts_us = 7,
	                  .device = 3,
	                  .kind = "device_down",
	                  .severity = "warning",
	                  .message = message};
	struct feed *f = feed_of();
	struct feed_item item;

	(void)state;
	assert_false(feed_news(f, &item));
	feed_put_event(f, &e);
	down.figures = figures;
	feed_put_device(f, 3, &down);
	message[0] = figures[0] = 'X';
	assert_true(feed_news(f, &item));
	assert_int_equal(item.kind, FEED_EVENT);
	assert_int_equal(item.event.ts_us, 7);
	assert_string_equal(item.event.kind, "device_down");
	assert_string_equal(item.event.message, "it is down");
	assert_string_equal(item.event.by, ""); /* NULL is none */
	feed_news_done(f);
	assert_true(feed_news(f, &item));
	assert_int_equal(item.kind, FEED_DEVICE);
	assert_int_equal(item.device, 3);
	assert_string_equal(item.status.state, "down");
	assert_string_equal(item.status.figures, "\"reads\":5");
	feed_news_done(f);
	assert_int_equal(feed_bytes(f), 0);
	feed_free(f);
}

static void news_without_room_are_counted(void **state)
{
	struct event e = {.kind = "k", .message = "m"};
	struct feed *f = feed_of();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		feed_put_event(f, &e);
	}
	assert_in_range(feed_refused_news(f), 1, 9999);
	feed_free(f);
	feed_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batch_comes_out_with_its_texts),
		cmocka_unit_test(full_feed_refuses_and_the_next_batch_says_so),
		cmocka_unit_test(events_and_statuses_come_out_in_order),
		cmocka_unit_test(news_without_room_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
