/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/alarm_book.h"

enum { TAGS = 100 };

static struct alarm_book book;

static int begin(void **state)
{
	(void)state;
	return alarm_book_init(&book, TAGS);
}

static int end(void **state)
{
	(void)state;
	alarm_book_fini(&book);
	return 0;
}

static void put(uint32_t tag, int64_t id)
{
	assert_int_equal(alarm_book_put(&book, tag, &(struct alarm){.id = id}), 0);
}

static void a_tag_without_an_alarm_takes_no_room(void **state)
{
	(void)state;
	put(3, 0);
	assert_int_equal(book.n, 0);
	assert_int_equal(alarm_book_get(&book, 3).id, 0);
}

static void what_is_remembered_stays(void **state)
{
	static const struct alarm memories[] = {
		{.id = 1}, {.ahead = 1}, {.quiet = 1}, {.shelved_ns = 1}};

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(memories); i++) {
		assert_int_equal(alarm_book_put(&book, i, &memories[i]), 0);
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(memories); i++) {
		struct alarm a = alarm_book_get(&book, i);

		assert_int_equal(a.id, memories[i].id);
		assert_int_equal(a.ahead, memories[i].ahead);
		assert_int_equal(a.quiet, memories[i].quiet);
		assert_int_equal(a.shelved_ns, memories[i].shelved_ns);
	}
	assert_int_equal(book.n, ARRAY_SIZE(memories));
}

static void each_tag_keeps_its_own_while_others_go(void **state)
{
	(void)state;
	for (uint32_t tag = 0; tag < TAGS; tag++) {
		put(tag, 1000 + tag);
	}
	for (uint32_t tag = 0; tag < TAGS; tag += 3) {
		put(tag, 0);
	}
	for (uint32_t tag = 0; tag < TAGS; tag++) {
		assert_int_equal(alarm_book_get(&book, tag).id, tag % 3 ? 1000 + tag : 0);
	}
	for (uint32_t tag = 0; tag < TAGS; tag++) {
		put(tag, 0);
	}
	assert_int_equal(book.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_tag_without_an_alarm_takes_no_room,
	                                        begin, end),
		cmocka_unit_test_setup_teardown(what_is_remembered_stays, begin, end),
		cmocka_unit_test_setup_teardown(each_tag_keeps_its_own_while_others_go,
	                                        begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
