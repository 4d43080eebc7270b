/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/mqtt/outbox.h"

static const struct cursor nothing = {0};

static struct cursor cursor_of(const struct outbox *o)
{
	struct cursor c;

	outbox_cursor(o, &c);
	return c;
}

static void too_many_live_batches_are_left_to_the_history(void **state)
{
	struct outbox *o;
	int64_t after, before;

	(void)state;
	assert_int_equal(outbox_new(&o, &nothing), 0);
	for (int i = 1; i <= OUTBOX_BATCHES; i++) {
		assert_int_equal(outbox_live(o, i, 1), i);
	}
	assert_int_equal(outbox_live(o, OUTBOX_BATCHES + 1, 1), 0);
	for (int i = 1; i <= OUTBOX_BATCHES; i++) {
		outbox_live_acked(o, (uint64_t)i, 1);
	}
	assert_int_equal(cursor_of(o).acked, OUTBOX_BATCHES);
	outbox_committed(o, OUTBOX_BATCHES + 1);
	assert_true(outbox_hole(o, &after, &before));
	assert_int_equal(after, OUTBOX_BATCHES);
	assert_int_equal(before, OUTBOX_BATCHES + 2);
	outbox_free(o);
}

static void too_many_chunks_stop_the_reading(void **state)
{
	int64_t after, before;
	struct outbox *o;
	uint64_t first = 0;

	(void)state;
	assert_int_equal(outbox_new(&o, &nothing), 0);
	outbox_committed(o, 1000);
	for (int i = 1; i <= OUTBOX_CHUNKS; i++) {
		assert_true(outbox_hole(o, &after, &before));
		first = first ? first : outbox_chunk(o, i, 1);
		if (i > 1) {
			outbox_chunk(o, i, 1);
		}
	}
	assert_false(outbox_hole(o, &after, &before));
	outbox_chunk_acked(o, first, 1);
	assert_true(outbox_hole(o, &after, &before));
	outbox_free(o);
}

static void tickets_of_before_a_disconnection_do_nothing(void **state)
{
	struct outbox *o;
	uint64_t batch, chunk;

	(void)state;
	assert_int_equal(outbox_new(&o, &nothing), 0);
	outbox_committed(o, 10);
	batch = outbox_live(o, 20, 1);
	chunk = outbox_chunk(o, 10, 1);
	outbox_disconnected(o);
	outbox_live_acked(o, batch, 1);
	outbox_live_lost(o, batch);
	outbox_chunk_acked(o, chunk, 1);
	assert_int_equal(cursor_of(o).acked, 0);
	assert_int_equal(cursor_of(o).live_from, 0);
	outbox_live_acked(o, 0, 1); /* of no batch */
	outbox_live_acked(o, 999, 1);
	outbox_free(o);
}

/* A stretch after every break: beyond the bound the shortest is forgotten, which costs
 * repeats and loses nothing. */
static void too_many_stretches_cost_repeats_only(void **state)
{
	struct outbox *o;

	(void)state;
	assert_int_equal(outbox_new(&o, &nothing), 0);
	for (int i = 1; i <= 3 * OUTBOX_STRETCHES; i++) {
		/* the fifth is the longest */
		for (int k = 0; k < (i == 5 ? 4 : 1); k++) {
			outbox_live_acked(o, outbox_live(o, 100 * i + k, 1), 1);
		}
		outbox_gap(o);
	}
	assert_int_equal(cursor_of(o).acked, 0);
	assert_int_equal(cursor_of(o).live_from, 500);
	assert_int_equal(cursor_of(o).live_to, 503);
	outbox_free(o);
}

static void stretch_of_an_earlier_run_is_not_sent_again(void **state)
{
	struct cursor start = {.acked = 10, .live_from = 20, .live_to = 30};
	int64_t after, before;
	struct outbox *o;

	(void)state;
	assert_int_equal(outbox_new(&o, &start), 0);
	outbox_committed(o, 40);
	assert_true(outbox_hole(o, &after, &before));
	assert_int_equal(after, 10);
	assert_int_equal(before, 20);
	outbox_chunk(o, 19, 0);
	assert_int_equal(cursor_of(o).acked, 30);
	assert_true(outbox_hole(o, &after, &before));
	assert_int_equal(after, 30);
	assert_int_equal(before, 41);
	outbox_free(o);
}

static void cursor_that_makes_no_sense_is_taken_as_far_as_it_does(void **state)
{
	static const struct {
		struct cursor start;
		int64_t acked, live_from;
	} cases[] = {
		{{.acked = 10, .live_from = 30, .live_to = 20}, 10, 0},
		{{.acked = 10, .live_from = 5, .live_to = 20}, 20, 0},
		{{.acked = 10, .live_from = 11, .live_to = 20}, 20, 0},
		{{.acked = 10, .live_from = 5, .live_to = 7}, 10, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outbox *o;

		assert_int_equal(outbox_new(&o, &cases[i].start), 0);
		assert_int_equal(cursor_of(o).acked, cases[i].acked);
		assert_int_equal(cursor_of(o).live_from, cases[i].live_from);
		outbox_free(o);
	}
	outbox_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_many_live_batches_are_left_to_the_history),
		cmocka_unit_test(too_many_chunks_stop_the_reading),
		cmocka_unit_test(tickets_of_before_a_disconnection_do_nothing),
		cmocka_unit_test(too_many_stretches_cost_repeats_only),
		cmocka_unit_test(stretch_of_an_earlier_run_is_not_sent_again),
		cmocka_unit_test(cursor_that_makes_no_sense_is_taken_as_far_as_it_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
