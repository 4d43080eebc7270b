/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "gateway/mqtt/backlog.h"
#include "gateway/payload.h"
#include "tests/fake_history.h"

static const struct tag tags[] = {
	{.device = "a", .name = "x"},
	{.device = "a", .name = "y"},
	{.device = "b", .name = "z", .device_index = 1},
};

static struct config cfg;
static const struct backlog_source source = {fake_history_read, NULL};

static struct backlog *backlog_of(enum mqtt_layout layout)
{
	struct cursor none = {0};
	struct backlog *b;

	cfg = (struct config){.tags = tags, .n_tags = 3, .mqtt = {.layout = layout}};
	fake_history_reset(&none);
	assert_int_equal(backlog_new(&b, &cfg, "p/g"), 0);
	return b;
}

static void store(int64_t at_us, uint32_t tag, struct value value)
{
	struct sample s = {
		.ts_us = at_us, .tag = tag, .value = value, .est = {.predicted = NAN}};

	fake_history_store(at_us, &s, 1);
	fake_history_commit(at_us);
}

static int fill(struct backlog *b, size_t max, int64_t *upto_us)
{
	struct backlog_query q = {.after_us = 0, .before_us = 1000000, .max = max};

	return backlog_fill(b, &source, &q, upto_us);
}

static void rows_are_cut_into_messages_of_a_tag_or_a_device(void **state)
{
	static const struct {
		enum mqtt_layout layout;
		const char *want[4]; /* topic, payload, topic, payload */
	} cases[] = {
		{LAYOUT_TAG,
	         {"p/g/a/x/history",
	          "{\"replay\":true,\"from\":1,\"to\":3,\"samples\":"
	          "[[1,1,null,\"good\"],[3,3,null,\"good\"]]}",
	          "p/g/a/y/history",
	          "{\"replay\":true,\"from\":2,\"to\":2,\"samples\":"
	          "[[2,\"on\",null,\"good\"]]}"}},
		{LAYOUT_DEVICE,
	         {"p/g/a/history",
	          "{\"replay\":true,\"from\":1,\"to\":3,\"samples\":"
	          "[[1,\"x\",1,null,\"good\"],[2,\"y\",\"on\",null,\"good\"],"
	          "[3,\"x\",3,null,\"good\"]]}",
	          "p/g/b/history",
	          "{\"replay\":true,\"from\":4,\"to\":4,\"samples\":"
	          "[[4,\"z\",4,null,\"good\"]]}"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct backlog *b = backlog_of(cases[i].layout);
		struct message m;
		int64_t upto_us;

		store(1000, 0, value_real(1));
		store(2000, 1, (struct value){.kind = VALUE_TEXT, .text = "on"});
		store(3000, 0, value_real(3));
		store(4000, 2, value_real(4));
		assert_int_equal(fill(b, 100, &upto_us), 4);
		assert_int_equal(upto_us, 999999);
		for (size_t k = 0; k < 4; k += 2) {
			assert_true(backlog_head(b, 100, &m) > 0);
			assert_string_equal(m.topic, cases[i].want[k]);
			assert_string_equal(m.payload, cases[i].want[k + 1]);
			assert_int_equal(m.n, strlen(m.payload));
			assert_false(m.retained);
			backlog_pop(b);
		}
		backlog_clear(b);
		assert_int_equal(backlog_head(b, 100, &m), 0);
		backlog_free(b);
	}
}

static void chunk_that_is_full_ends_with_its_last_batch(void **state)
{
	struct backlog *b = backlog_of(LAYOUT_TAG);
	int64_t upto_us;

	(void)state;
	for (int i = 1; i <= 10; i++) {
		store(1000 * i, 0, value_real(i));
	}
	assert_int_equal(fill(b, 4, &upto_us), 4);
	assert_int_equal(upto_us, 4000);
	backlog_free(b);
}

static void messages_keep_64_kib_and_the_rows_asked_for(void **state)
{
	struct backlog *b = backlog_of(LAYOUT_TAG);
	size_t n, rows = 0, messages = 0;
	struct message m;
	int64_t upto_us;

	(void)state;
	for (int i = 1; i <= 9000; i++) {
		store(100 * i, 0, value_real(1.0 / 3 + i));
	}
	assert_int_equal(fill(b, 100000, &upto_us), 9000);
	assert_int_equal(backlog_head(b, 7, &m), 7);
	while ((n = backlog_head(b, SIZE_MAX, &m)) > 0) {
		json_t *root = json_loadb(m.payload, m.n, 0, NULL);

		assert_in_range(m.n, 1, PAYLOAD_MAX);
		assert_int_equal(json_array_size(json_object_get(root, "samples")), n);
		json_decref(root);
		rows += n;
		messages++;
		backlog_pop(b);
		assert_int_equal(backlog_waiting(b), 9000 - rows);
	}
	assert_int_equal(rows, 9000);
	assert_in_range(messages, 4, 10);
	backlog_free(b);
}

static void read_that_fails_leaves_nothing(void **state)
{
	struct backlog *b = backlog_of(LAYOUT_TAG);
	int64_t upto_us;

	(void)state;
	store(1000, 0, value_real(1));
	fake_history_fail(-ETIMEDOUT);
	assert_int_equal(fill(b, 10, &upto_us), -ETIMEDOUT);
	assert_int_equal(backlog_waiting(b), 0);
	fake_history_fail(0);
	assert_int_equal(fill(b, 10, &upto_us), 1);
	backlog_free(b);
	backlog_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_cut_into_messages_of_a_tag_or_a_device),
		cmocka_unit_test(chunk_that_is_full_ends_with_its_last_batch),
		cmocka_unit_test(messages_keep_64_kib_and_the_rows_asked_for),
		cmocka_unit_test(read_that_fails_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
