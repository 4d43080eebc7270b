/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "storage/ring.h"

static void messages_come_out_as_they_went_in(void **state)
{
	struct ring *r;
	size_t n;

	(void)state;
	assert_int_equal(ring_new(&r, 256), 0);
	for (size_t round = 0; round < 1000; round++) {
		size_t want = 1 + round * 7 % 96;
		unsigned char *m = ring_reserve(r, want);

		assert_non_null(m);
		memset(m, (int)(round & 0xff), want);
		ring_commit(r, want);
		const unsigned char *got = ring_peek(r, &n);

		assert_int_equal(n, want);
		assert_int_equal(got[0], round & 0xff);
		assert_int_equal(got[n - 1], round & 0xff);
		ring_pop(r);
		assert_null(ring_peek(r, &n));
	}
	assert_int_equal(ring_used(r), 0);
	ring_free(r);
}

static void full_ring_refuses_and_keeps_what_it_has(void **state)
{
	struct ring *r;
	size_t n, put = 0;

	(void)state;
	assert_int_equal(ring_new(&r, 256), 0);
	assert_null(ring_reserve(r, 200)); /* more than half can never be promised */
	for (char *m; (m = ring_reserve(r, 24)); put++) {
		m[0] = (char)put;
		ring_commit(r, 24);
	}
	assert_int_equal(put, 8);
	for (size_t i = 0; i < put; i++) {
		const char *m = ring_peek(r, &n);

		assert_int_equal(m[0], i);
		ring_pop(r);
	}
	assert_non_null(ring_reserve(r, 24));
	ring_free(r);
}

static void reservation_may_shrink(void **state)
{
	struct ring *r;
	size_t n;

	(void)state;
	assert_int_equal(ring_new(&r, 256), 0);
	assert_non_null(ring_reserve(r, 100));
	ring_commit(r, 5);
	assert_non_null(ring_peek(r, &n));
	assert_int_equal(n, 5);
	ring_free(r);
}

enum { BIG_BYTES = 4 << 20, MESSAGE_BYTES = 64 << 10, PAGES_MAX = 4096 };

/* Of the memory that the ring has used. */
static size_t resident_pages(unsigned char *from)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n = 0;
	unsigned char in_core[PAGES_MAX];

	from -= (uintptr_t)from % page;
	assert_true(BIG_BYTES / page <= PAGES_MAX);
	assert_int_equal(mincore(from, BIG_BYTES, in_core), 0);
	for (size_t i = 0; i < BIG_BYTES / page; i++) {
		n += in_core[i] & 1;
	}
	return n;
}

static void memory_of_what_was_taken_goes_back(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n;
	unsigned char *first = NULL;
	struct ring *r;

	(void)state;
	assert_int_equal(ring_new(&r, BIG_BYTES), 0);
	for (int round = 0; round < 3; round++) {
		for (unsigned char *m; (m = ring_reserve(r, MESSAGE_BYTES));) {
			first = first ? first : m;
			memset(m, round, MESSAGE_BYTES);
			ring_commit(r, MESSAGE_BYTES);
		}
		assert_true(resident_pages(first) > BIG_BYTES / page / 2);
		for (const unsigned char *m; (m = ring_peek(r, &n));) {
			assert_int_equal(n, MESSAGE_BYTES);
			assert_int_equal(m[0], round);
			assert_int_equal(m[n - 1], round);
			ring_pop(r);
		}
		assert_true(resident_pages(first) < BIG_BYTES / page / 4);
	}
	ring_free(r);
}

enum { MESSAGES = 200000 };

static void *produce(void *arg)
{
	struct ring *r = arg;

	for (uint32_t i = 0; i < MESSAGES;) {
		size_t n = sizeof(i) * (1 + i % 5);
		uint32_t *m = ring_reserve(r, n);

		if (m) {
			for (size_t k = 0; k < n / sizeof(i); k++) {
				m[k] = i;
			}
			ring_commit(r, n);
			i++;
		}
	}
	return NULL;
}

static void two_threads_lose_and_reorder_nothing(void **state)
{
	struct ring *r;
	pthread_t thread;

	(void)state;
	assert_int_equal(ring_new(&r, 1024), 0);
	assert_int_equal(pthread_create(&thread, NULL, produce, r), 0);
	for (uint32_t i = 0; i < MESSAGES;) {
		size_t n;
		const uint32_t *m = ring_peek(r, &n);

		if (m) {
			assert_int_equal(n, sizeof(i) * (1 + i % 5));
			assert_int_equal(m[n / sizeof(i) - 1], i);
			ring_pop(r);
			i++;
		}
	}
	pthread_join(thread, NULL);
	ring_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_out_as_they_went_in),
		cmocka_unit_test(full_ring_refuses_and_keeps_what_it_has),
		cmocka_unit_test(reservation_may_shrink),
		cmocka_unit_test(memory_of_what_was_taken_goes_back),
		cmocka_unit_test(two_threads_lose_and_reorder_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
