/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/mqtt/outbox.h"

static const struct cursor nothing = {0};

static struct outbox *outbox_from(struct cursor start)
{
	struct outbox *o;

	assert_int_equal(outbox_new(&o, &start), 0);
	return o;
}

static void assert_cursor(const struct outbox *o, int64_t acked, int64_t from, int64_t to)
{
	struct cursor c;

	outbox_cursor(o, &c);
	assert_int_equal(c.acked, acked);
	assert_int_equal(c.live_from, from);
	assert_int_equal(c.live_to, to);
}

static void assert_hole(const struct outbox *o, int64_t after, int64_t before)
{
	int64_t got_after, got_before;

	assert_true(outbox_hole(o, &got_after, &got_before));
	assert_int_equal(got_after, after);
	assert_int_equal(got_before, before);
}

static void assert_no_hole(const struct outbox *o)
{
	int64_t after, before;

	assert_false(outbox_hole(o, &after, &before));
}

static void first_live_batch_waits_for_what_came_before(void **state)
{
	struct outbox *o = outbox_from((struct cursor){.acked = 10});
	uint64_t ticket = outbox_live(o, 20, 2);

	(void)state;
	outbox_live_acked(o, ticket, 1);
	assert_cursor(o, 10, 0, 0);
	outbox_live_acked(o, ticket, 1);
	assert_cursor(o, 10, 20, 20);
	assert_no_hole(o); /* nothing is committed */
	outbox_committed(o, 15);
	assert_hole(o, 10, 16);
	outbox_committed(o, 20);
	assert_hole(o, 10, 20);
	outbox_chunk(o, 19, 0);
	assert_cursor(o, 20, 0, 0);
	assert_true(outbox_in_step(o));
	outbox_live_acked(o, outbox_live(o, 30, 1), 1);
	assert_cursor(o, 30, 0, 0);
	assert_no_hole(o);
	outbox_free(o);
}

static void acknowledgements_out_of_order_move_the_prefix_only(void **state)
{
	struct outbox *o = outbox_from(nothing);
	uint64_t ticket[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		ticket[i] = outbox_live(o, 10 + i, 1);
	}
	outbox_live_acked(o, ticket[1], 1);
	outbox_live_acked(o, ticket[3], 1);
	assert_cursor(o, 0, 0, 0);
	outbox_live_acked(o, ticket[0], 1);
	assert_cursor(o, 0, 10, 11);
	outbox_live_acked(o, ticket[2], 1);
	assert_cursor(o, 0, 10, 13);
	outbox_free(o);
}

static void lost_batch_breaks_the_stretch_and_is_read(void **state)
{
	struct outbox *o = outbox_from((struct cursor){.acked = 9});
	uint64_t ticket[3], chunk;

	(void)state;
	for (int i = 0; i < 3; i++) {
		ticket[i] = outbox_live(o, 10 + i, 1);
	}
	outbox_live_acked(o, ticket[0], 1);
	assert_cursor(o, 10, 0, 0); /* 9 and 10 have nothing between */
	outbox_live_lost(o, ticket[1]);
	outbox_live_acked(o, ticket[2], 1);
	assert_cursor(o, 10, 12, 12);
	outbox_committed(o, 12);
	assert_hole(o, 10, 12);
	chunk = outbox_chunk(o, 11, 1);
	assert_no_hole(o);
	assert_cursor(o, 10, 12, 12);
	outbox_chunk_acked(o, chunk, 1);
	assert_cursor(o, 12, 0, 0);
	outbox_free(o);
}

static void chunks_move_the_cursor_in_order(void **state)
{
	struct outbox *o = outbox_from(nothing);
	uint64_t first, second;

	(void)state;
	outbox_committed(o, 100);
	assert_hole(o, 0, 101);
	first = outbox_chunk(o, 40, 2);
	assert_hole(o, 40, 101);
	second = outbox_chunk(o, 80, 1);
	outbox_chunk_acked(o, second, 1);
	assert_cursor(o, 0, 0, 0);
	outbox_chunk_acked(o, first, 1);
	assert_cursor(o, 0, 0, 0);
	outbox_chunk_acked(o, first, 1);
	assert_cursor(o, 80, 0, 0);
	outbox_free(o);
}

static void batch_that_was_not_shown_is_read(void **state)
{
	struct outbox *o = outbox_from((struct cursor){.acked = 9});

	(void)state;
	outbox_live_acked(o, outbox_live(o, 10, 1), 1);
	outbox_gap(o); /* 11 */
	assert_false(outbox_in_step(o));
	outbox_live_acked(o, outbox_live(o, 12, 1), 1);
	assert_cursor(o, 10, 12, 12);
	outbox_committed(o, 20);
	assert_hole(o, 10, 12);
	outbox_free(o);
}

/* ---- Against a model ---- */

enum { BATCHES = 400, ROWS_MAX = 3, FLIGHTS = 64, ROUNDS = 6000, SEEDS = 60 };

struct batch {
	int64_t at;
	unsigned rows;
	unsigned acked; /* rows, a bit each */
	bool evicted;
};

struct flight {
	uint64_t ticket;
	bool live;
	size_t first, n; /* batches */
	unsigned row;    /* live: which */
};

struct model {
	struct outbox *o;
	uint64_t random;
	struct batch batches[BATCHES];
	size_t n, n_committed;
	struct flight flights[FLIGHTS];
	size_t n_flights;
	bool connected;
};

static unsigned dice(struct model *m, unsigned sides)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (unsigned)(m->random % sides);
}

static void store_batch(struct model *m)
{
	struct batch *b = &m->batches[m->n];
	uint64_t ticket;

	if (m->n == BATCHES || m->n_flights + ROWS_MAX > FLIGHTS) {
		return;
	}
	*b = (struct batch){.at = m->n ? m->batches[m->n - 1].at + 1 + dice(m, 3) : 5,
	                    .rows = 1 + dice(m, ROWS_MAX)};
	m->n++;
	if (!m->connected) {
		return;
	}
	if (dice(m, 20) == 0) {
		outbox_gap(m->o);
		return;
	}
	ticket = outbox_live(m->o, b->at, b->rows);
	for (unsigned row = 0; row < b->rows; row++) {
		m->flights[m->n_flights++] = (struct flight){ticket, true, m->n - 1, 1,
		                                             row};
	}
}

static void commit_some(struct model *m)
{
	m->n_committed += m->n > m->n_committed
	                          ? dice(m, (unsigned)(m->n - m->n_committed) + 1)
	                          : 0;
	if (m->n_committed > 0) {
		outbox_committed(m->o, m->batches[m->n_committed - 1].at);
	}
}

static void remove_flight(struct model *m, size_t i)
{
	m->flights[i] = m->flights[--m->n_flights];
}

static void acknowledge_one(struct model *m)
{
	size_t i, rows = 0;
	struct flight f;

	if (m->n_flights == 0) {
		return;
	}
	i = dice(m, (unsigned)m->n_flights);
	f = m->flights[i];
	remove_flight(m, i);
	if (f.live) {
		m->batches[f.first].acked |= 1U << f.row;
		outbox_live_acked(m->o, f.ticket, 1);
		return;
	}
	for (size_t k = f.first; k < f.first + f.n; k++) {
		if (!m->batches[k].evicted) {
			m->batches[k].acked = (1U << m->batches[k].rows) - 1;
			rows += m->batches[k].rows;
		}
	}
	outbox_chunk_acked(m->o, f.ticket, rows);
}

static void overtake_one(struct model *m)
{
	for (size_t i = 0; i < m->n_flights; i++) {
		if (m->flights[i].live) {
			outbox_live_lost(m->o, m->flights[i].ticket);
			remove_flight(m, i);
			return;
		}
	}
}

static void read_some(struct model *m)
{
	size_t first = 0, n = 0, rows = 0, max = 1 + dice(m, 10);
	int64_t after, before, upto;
	uint64_t ticket;

	if (!m->connected || m->n_flights == FLIGHTS ||
	    !outbox_hole(m->o, &after, &before)) {
		return;
	}
	while (first < m->n && m->batches[first].at <= after) {
		first++;
	}
	upto = before - 1;
	for (; first + n < m->n && m->batches[first + n].at < before; n++) {
		if (n == max) {
			upto = m->batches[first + n - 1].at;
			break;
		}
		assert_true(first + n < m->n_committed); /* committed rows only */
		rows += m->batches[first + n].evicted ? 0 : m->batches[first + n].rows;
	}
	ticket = outbox_chunk(m->o, upto, rows);
	if (rows > 0) {
		m->flights[m->n_flights++] = (struct flight){ticket, false, first, n, 0};
	}
}

static void flip_connection(struct model *m)
{
	m->connected = !m->connected;
	m->n_flights = 0;
	outbox_disconnected(m->o);
}

/* Killed and started again: what is left is the cursor as it was kept. */
static void restart(struct model *m)
{
	struct cursor c;

	outbox_cursor(m->o, &c);
	outbox_free(m->o);
	assert_int_equal(outbox_new(&m->o, &c), 0);
	m->n_flights = 0;
	commit_some(m);
}

/* Not a batch in flight: its chunk counted the rows when it was read. */
static void evict_oldest(struct model *m)
{
	for (size_t i = 0; m->n_flights == 0 && i < m->n_committed; i++) {
		if (!m->batches[i].evicted) {
			m->batches[i].evicted = true;
			return;
		}
	}
}

static size_t pending(const struct model *m)
{
	struct cursor c;
	size_t n = 0;

	outbox_cursor(m->o, &c);
	for (size_t i = 0; i < m->n; i++) {
		const struct batch *b = &m->batches[i];

		if (b->evicted) {
			continue;
		}
		if (!cursor_has(&c, b->at)) {
			n++;
		} else if (b->acked != (1U << b->rows) - 1) {
			fail_msg("the cursor is ahead of the batch at %d", (int)b->at);
		}
	}
	return n;
}

static void drain(struct model *m)
{
	if (!m->connected) {
		flip_connection(m);
	}
	m->n_committed = m->n;
	outbox_committed(m->o, m->n ? m->batches[m->n - 1].at : 0);
	for (int i = 0; i < 20 * BATCHES && pending(m) > 0; i++) {
		acknowledge_one(m);
		read_some(m);
	}
}

static void every_batch_is_delivered_and_no_cursor_runs_ahead(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		static struct model m;
		unsigned calm = 1 + (unsigned)(seed % 40); /* how rare trouble is */

		memset(&m, 0, sizeof(m));
		m.random = seed * 0x9e3779b97f4a7c15;
		m.o = outbox_from(nothing);
		for (int i = 0; i < ROUNDS; i++) {
			unsigned what = dice(&m, 12 * calm + 4);

			switch (what < 4 ? what : 4 + what % 5) {
			case 0:
				flip_connection(&m);
				break;
			case 1:
				restart(&m);
				break;
			case 2:
				overtake_one(&m);
				break;
			case 3:
				evict_oldest(&m);
				break;
			case 4:
				commit_some(&m);
				break;
			case 5:
				store_batch(&m);
				break;
			case 6:
				read_some(&m);
				break;
			default:
				acknowledge_one(&m);
				break;
			}
			pending(&m);
		}
		drain(&m);
		if (pending(&m) > 0) {
			fail_msg("seed %d: %zu batches are left", (int)seed, pending(&m));
		}
		outbox_free(m.o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_live_batch_waits_for_what_came_before),
		cmocka_unit_test(acknowledgements_out_of_order_move_the_prefix_only),
		cmocka_unit_test(lost_batch_breaks_the_stretch_and_is_read),
		cmocka_unit_test(chunks_move_the_cursor_in_order),
		cmocka_unit_test(batch_that_was_not_shown_is_read),
		cmocka_unit_test(every_batch_is_delivered_and_no_cursor_runs_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
