/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "storage/queue.h"

static void messages_come_out_as_they_went_in(void **state)
{
	struct queue *q;
	size_t n;

	(void)state;
	assert_int_equal(queue_new(&q, 256), 0);
	for (size_t round = 0; round < 1000; round++) {
		size_t want = 1 + round * 7 % 96;
		unsigned char *m = queue_reserve(q, want);

		assert_non_null(m);
		memset(m, (int)(round & 0xff), want);
		queue_commit(q, want);
		const unsigned char *got = queue_peek(q, &n);

		assert_int_equal(n, want);
		assert_int_equal(got[0], round & 0xff);
		assert_int_equal(got[n - 1], round & 0xff);
		queue_pop(q);
		assert_null(queue_peek(q, &n));
	}
	assert_int_equal(queue_used(q), 0);
	queue_free(q);
}

static void full_queue_refuses_and_keeps_what_it_has(void **state)
{
	struct queue *q;
	size_t n, put = 0;

	(void)state;
	assert_int_equal(queue_new(&q, 256), 0);
	assert_null(queue_reserve(q, 128)); /* with its word more than half */
	for (char *m; (m = queue_reserve(q, 24)); put++) {
		m[0] = (char)put;
		queue_commit(q, 24);
	}
	assert_int_equal(put, 8);
	for (size_t i = 0; i < put; i++) {
		const char *m = queue_peek(q, &n);

		assert_int_equal(m[0], i);
		queue_pop(q);
	}
	assert_non_null(queue_reserve(q, 24));
	queue_free(q);
}

static void reservation_may_shrink(void **state)
{
	struct queue *q;
	size_t n;

	(void)state;
	assert_int_equal(queue_new(&q, 256), 0);
	assert_non_null(queue_reserve(q, 100));
	queue_commit(q, 5);
	assert_non_null(queue_peek(q, &n));
	assert_int_equal(n, 5);
	queue_free(q);
}

enum { BIG_BYTES = 8 << 20, MESSAGE_BYTES = 64 << 10, FIT = BIG_BYTES / MESSAGE_BYTES };

/* Is the page mapped at all? */
static bool mapped(const void *at)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char in_core;

	return mincore((char *)at - (uintptr_t)at % page, page, &in_core) == 0;
}

static size_t fill(struct queue *q, const unsigned char *where[FIT], int round)
{
	size_t n = 0;

	for (unsigned char *m; (m = queue_reserve(q, MESSAGE_BYTES)); n++) {
		memset(m, round, MESSAGE_BYTES);
		queue_commit(q, MESSAGE_BYTES);
		where[n] = m;
	}
	return n;
}

static void memory_of_what_was_taken_goes_back(void **state)
{
	const unsigned char *where[FIT];
	size_t n, put, left = 0;
	struct queue *q;

	(void)state;
	assert_int_equal(queue_new(&q, BIG_BYTES), 0);
	for (int round = 0; round < 3; round++) {
		put = fill(q, where, round);
		assert_int_equal(put, FIT - 1); /* each has its word */
		for (size_t i = 0; i < put; i++) {
			const unsigned char *m = queue_peek(q, &n);

			assert_ptr_equal(m, where[i]);
			assert_int_equal(n, MESSAGE_BYTES);
			assert_int_equal(m[0], round);
			assert_int_equal(m[n - 1], round);
			queue_pop(q);
		}
		left = 0;
		for (size_t i = 0; i < put; i++) {
			left += mapped(where[i]);
		}
		assert_true(left > 0); /* the next need not be fetched */
		assert_true(left < FIT / 4);
	}
	queue_free(q);
}

static void walk_looks_ahead_over_blocks_and_back(void **state)
{
	const unsigned char *where[FIT];
	size_t n, put, pos;
	struct queue *q;

	(void)state;
	assert_int_equal(queue_new(&q, BIG_BYTES), 0);
	put = fill(q, where, 1);
	for (int again = 0; again < 2; again++) { /* the second time from the front */
		pos = queue_tail(q);
		for (size_t i = 0; i < put; i++) {
			assert_ptr_equal(queue_walk(q, &pos, &n), where[i]);
		}
		assert_null(queue_walk(q, &pos, &n));
	}
	queue_pop_to(q, pos);
	assert_int_equal(queue_used(q), 0);
	assert_null(queue_peek(q, &n));
	assert_non_null(queue_reserve(q, BIG_BYTES / 2 - 8)); /* larger than a block */
	queue_commit(q, BIG_BYTES / 2 - 8);
	assert_non_null(queue_peek(q, &n));
	assert_int_equal(n, BIG_BYTES / 2 - 8);
	queue_free(q);
}

enum { MESSAGES = 200000 };

static void *produce(void *arg)
{
	struct queue *q = arg;

	for (uint32_t i = 0; i < MESSAGES;) {
		size_t n = sizeof(i) * (1 + i % 5 * 900);
		uint32_t *m = queue_reserve(q, n);

		if (m) {
			for (size_t k = 0; k < n / sizeof(i); k++) {
				m[k] = i;
			}
			queue_commit(q, n);
			i++;
		}
	}
	return NULL;
}

static void two_threads_lose_and_reorder_nothing(void **state)
{
	struct queue *q;
	pthread_t thread;

	(void)state;
	assert_int_equal(queue_new(&q, 1 << 20), 0);
	assert_int_equal(pthread_create(&thread, NULL, produce, q), 0);
	for (uint32_t i = 0; i < MESSAGES;) {
		size_t n;
		const uint32_t *m = queue_peek(q, &n);

		if (m) {
			assert_int_equal(n, sizeof(i) * (1 + i % 5 * 900));
			assert_int_equal(m[n / sizeof(i) - 1], i);
			queue_pop(q);
			i++;
		}
	}
	pthread_join(thread, NULL);
	queue_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_out_as_they_went_in),
		cmocka_unit_test(full_queue_refuses_and_keeps_what_it_has),
		cmocka_unit_test(reservation_may_shrink),
		cmocka_unit_test(memory_of_what_was_taken_goes_back),
		cmocka_unit_test(walk_looks_ahead_over_blocks_and_back),
		cmocka_unit_test(two_threads_lose_and_reorder_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
