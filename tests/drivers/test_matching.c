/* SPDX-License-Identifier: Apache-2.0 */
/* F32 and F33 at length: a window of requests to a peer whose answers come wrong, late,
 * repeated, glued, split and out of order, for a million transactions with POLLUX_LONG=1.
 * Its registers name themselves, so a value under another address shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "drivers/modbus/transport.h"
#include "tests/drivers/peer.h"
#include "tests/long_form.h"
#include "tests/loop_wait.h"

enum {
	UNIT = 9,
	TIMEOUT_MS = 25,
	WINDOW_MAX = 8,
	HELD_MAX = 32,
	/* No request so far ahead of the last can have been sent when its answer comes.
	 */
	NEVER_SENT = 3 * WINDOW_MAX,
};

struct run;

/* One request of the window, asked again as soon as it is answered. */
struct query {
	struct transaction t;
	struct run *run;
};

/* An answer that the peer keeps back. */
struct held {
	uint8_t adu[PDU_ADU_MAX];
	size_t n;
	unsigned int release; /* with this request of the peer's count */
	uint64_t due_ns;      /* or at this time; 0: by the count */
};

struct run {
	uv_loop_t loop;
	void *shared;
	struct driver_env env;
	struct peer peer;
	struct transport *transport;
	struct transport_user user;
	struct device_stats stats;
	struct query queries[WINDOW_MAX];
	unsigned long n_left, n_open; /* to be asked; on the way */
	unsigned long n_good, n_wrong, reasons[REASON_COUNT];
	/* The peer's. */
	unsigned int fault_pct;
	bool only_late;           /* nothing that loses framing */
	unsigned long n_closing;  /* faults after which no connection can be kept */
	unsigned int late_tenths; /* every answer so late, in tenths of the timeout; 0 */
	uv_timer_t timer;         /* releases those */
	struct held held[HELD_MAX];
	size_t n_held;
	unsigned int connection; /* that the held answers belong to */
	uint32_t random;
	peer_handler handler; /* NULL: on_request */
};

/* A sequence of its own, so that a run can be repeated (Marsaglia 2003, xorshift32). */
static uint32_t dice(struct run *run, uint32_t sides)
{
	run->random ^= run->random << 13;
	run->random ^= run->random >> 17;
	run->random ^= run->random << 5;
	return (run->random >> 4) % sides;
}

static uint64_t now_ns(void)
{
	return uv_hrtime();
}

/* ---- the peer ---- */

static void send_split(struct run *run, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		size_t piece = 1 + dice(run, (uint32_t)n);

		peer_send(&run->peer, bytes, piece);
		bytes += piece;
		n -= piece;
	}
}

static void hold(struct run *run, const uint8_t *adu, size_t n)
{
	struct held *held = &run->held[run->n_held];
	/* Most of them while they are waited for, some long after. */
	unsigned int tenths = run->late_tenths    ? run->late_tenths
	                      : dice(run, 8) == 0 ? 20
	                                          : 0;

	if (run->n_held < HELD_MAX) {
		memcpy(held->adu, adu, n);
		held->n = n;
		held->release = run->peer.n_requests + 1 + dice(run, 40);
		held->due_ns = tenths ? uv_hrtime() + tenths * TIMEOUT_MS * 100000ULL : 0;
		run->n_held++;
	}
}

/* What is due of the answers kept back, some of it twice, glued. */
static void release(struct run *run)
{
	for (size_t i = 0; i < run->n_held;) {
		struct held *held = &run->held[i];

		if (held->due_ns ? held->due_ns > uv_hrtime()
		                 : held->release > run->peer.n_requests) {
			i++;
			continue;
		}
		peer_send(&run->peer, held->adu, held->n);
		if (dice(run, 4) == 0) {
			peer_send(&run->peer, held->adu, held->n);
		}
		*held = run->held[--run->n_held];
	}
}

static void on_timer(uv_timer_t *timer)
{
	release(timer->data);
}

/* One fault that costs the connection. */
static void break_framing(struct run *run, uint8_t *adu, size_t n)
{
	static const uint16_t lengths[] = {0, 1, 255, 9999};
	uint16_t id = pdu_register(adu, 0);

	switch (dice(run, 6)) {
	case 0:
		pdu_put_register(adu, 0, (uint16_t)(id + NEVER_SENT));
		break;
	case 1:
		pdu_put_register(adu, 0, id ^ 0x5500);
		break;
	case 2:
		adu[3] = 1; /* protocol */
		break;
	case 3:
		adu[6] = UNIT + 1;
		break;
	case 4:
		adu[7] = PDU_READ_INPUT;
		break;
	default:
		pdu_put_register(adu, 2, lengths[dice(run, ARRAY_SIZE(lengths))]);
		break;
	}
	run->n_closing++;
	peer_send(&run->peer, adu, n);
}

/* One fault that is the answer's own. */
static void spoil(struct run *run, const uint8_t *request, uint8_t *adu, size_t n)
{
	uint8_t other[12];

	switch (dice(run, 4)) {
	case 0: /* the byte count lies */
		adu[8] ^= 2;
		peer_send(&run->peer, adu, n);
		break;
	case 1: /* one register more, and framed rightly */
		memcpy(other, request, sizeof(other));
		other[11]++;
		peer_behave(&run->peer, other, sizeof(other));
		break;
	case 2: /* one register less */
		memcpy(other, request, sizeof(other));
		other[11]--;
		peer_behave(&run->peer, other, sizeof(other));
		break;
	default:
		n = pdu_answer_exception(adu + PDU_MBAP, PDU_READ_HOLDING,
		                         (uint8_t)(1 + dice(run, 6)));
		pdu_put_mbap(adu, pdu_register(request, 0), UNIT, n);
		peer_send(&run->peer, adu, PDU_MBAP + n);
		break;
	}
}

static void misbehave(struct run *run, const uint8_t *request, uint8_t *adu, size_t n)
{
	switch (dice(run, run->only_late ? 4 : 7)) {
	case 0:
		hold(run, adu, n);
		break;
	case 1: /* now and once more, later */
		peer_send(&run->peer, adu, n);
		hold(run, adu, n);
		break;
	case 2: /* twice, glued */
		memcpy(adu + n, adu, n);
		peer_send(&run->peer, adu, 2 * n);
		break;
	case 3:
		send_split(run, adu, n);
		break;
	case 4:
		break_framing(run, adu, n);
		break;
	case 5:
		spoil(run, request, adu, n);
		break;
	default:
		run->n_closing++;
		peer_send(&run->peer, adu, dice(run, (uint32_t)n));
		peer_hang_up(&run->peer);
		break;
	}
}

static void on_request(struct peer *peer, const uint8_t *request, size_t n)
{
	struct run *run = peer->data;
	uint8_t adu[2 * PDU_ADU_MAX];
	size_t n_adu = peer_answer(adu, request, n);

	if (run->connection != peer->n_connections) {
		run->connection = peer->n_connections;
		run->n_held = 0;
	}
	if (run->late_tenths) {
		hold(run, adu, n_adu);
	} else if (dice(run, 100) < run->fault_pct) {
		misbehave(run, request, adu, n_adu);
	} else {
		peer_send(peer, adu, n_adu);
	}
	release(run);
}

/* ---- who asks ---- */

static void ask(struct query *q)
{
	struct run *run = q->run;

	if (run->n_left == 0) {
		return;
	}
	run->n_left--;
	run->n_open++;
	/* Few counts, so that many answers would fit the wrong request. */
	q->t.request = (struct pdu_request){.function = PDU_READ_HOLDING,
	                                    .address = (uint16_t)dice(run, 60000),
	                                    .count = (uint16_t)(2 + dice(run, 3))};
	transport_submit(run->transport, &q->t);
}

static void on_answer(struct transaction *t, const struct answer *answer)
{
	struct query *q = t->arg;
	struct run *run = q->run;

	run->n_open--;
	run->reasons[answer->reason]++;
	for (size_t i = 0; answer->data && i < t->request.count; i++) {
		run->n_wrong += pdu_register(answer->data, i) !=
		                peer_register((uint16_t)(t->request.address + i));
	}
	ask(q);
}

static void set_up(struct run *run, uint16_t window)
{
	struct address address;
	const char *why = NULL;
	char text[64];

	assert_int_equal(uv_loop_init(&run->loop), 0);
	run->env = (struct driver_env){
		.loop = &run->loop, .now_ns = now_ns, .shared = &run->shared};
	run->random = 0x9e3779b9U;
	peer_open(&run->peer, &run->loop, run->handler ? run->handler : on_request);
	run->peer.data = run;
	uv_timer_init(&run->loop, &run->timer);
	run->timer.data = run;
	uv_timer_start(&run->timer, on_timer, 1, 1);
	snprintf(text, sizeof(text), "tcp://127.0.0.1:%u", run->peer.port);
	assert_int_equal(address_parse(&address, text, &why), 0);
	run->user = (struct transport_user){
		.stats = &run->stats, .window = window, .unit = UNIT};
	assert_int_equal(
		transport_join(&run->transport, &run->env, &address, &run->user, &why),
		0);
}

static void tear_down(struct run *run)
{
	transport_leave(run->transport, &run->user);
	peer_close(&run->peer);
	uv_close((uv_handle_t *)&run->timer, NULL);
	uv_run(&run->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&run->loop), 0);
}

static void go(struct run *run, uint16_t window, unsigned long n)
{
	set_up(run, window);
	run->n_left = n;
	for (size_t i = 0; i < window; i++) {
		struct query *q = &run->queries[i];

		q->run = run;
		q->t = (struct transaction){.unit = UNIT,
		                            .rank = RANK_READ,
		                            .timeout_ms = TIMEOUT_MS,
		                            .stats = &run->stats,
		                            .done = on_answer,
		                            .arg = q};
		ask(q);
	}
	while (run->n_open > 0) {
		loop_turn(&run->loop);
	}
	tear_down(run);
	print_message(
		"window %u: %lu asked, %lu right, %lu timed out, %lu mismatched, %lu "
		"late dropped, %u connections, %lu values wrong\n",
		window, n, run->reasons[REASON_NONE], run->reasons[REASON_TIMEOUT],
		run->reasons[REASON_MISMATCH], (unsigned long)run->stats.late_answers,
		run->peer.n_connections, run->n_wrong);
	assert_int_equal(run->n_wrong, 0);
}

static void no_wrong_value_is_accepted(void **state)
{
	static const uint16_t windows[] = {1, 2, WINDOW_MAX};
	const unsigned long n = long_form(10000, 400000);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		struct run run = {.fault_pct = 10};

		go(&run, windows[i], n);
		assert_true(run.reasons[REASON_NONE] > n / 2);
		assert_true(run.reasons[REASON_MISMATCH] > 0);
		assert_true(run.stats.late_answers > 0);
		/* A broken connection is the peer's doing, or six timeouts in a row. */
		assert_true(run.peer.n_connections <=
		            1 + run.n_closing + run.reasons[REASON_TIMEOUT] / 6);
	}
}

static void late_answers_cost_no_connection(void **state)
{
	const unsigned long n = long_form(10000, 200000);
	struct run run = {.fault_pct = 4, .only_late = true};

	(void)state;
	go(&run, WINDOW_MAX, n);
	assert_int_equal(run.peer.n_connections, 1);
	assert_true(run.reasons[REASON_TIMEOUT] > 0);
	assert_int_equal(run.reasons[REASON_NONE] + run.reasons[REASON_TIMEOUT], n);
	assert_true(run.stats.late_answers > 0);
}

/* Keeps the first answer until all ids were used, and sends it when its own would be. */
static void hold_the_first(struct peer *peer, const uint8_t *request, size_t n)
{
	struct run *run = peer->data;
	uint8_t adu[PDU_ADU_MAX];
	size_t n_adu = peer_answer(adu, request, n);

	if (peer->n_requests == 1) {
		hold(run, adu, n_adu);
		return;
	}
	if (pdu_register(request, 0) == pdu_register(run->held[0].adu, 0)) {
		run->n_wrong++; /* the id again, its answer still due */
	}
	peer_send(peer, adu, n_adu);
}

static void id_that_was_given_up_is_not_used_again(void **state)
{
	struct run run = {0};

	(void)state;
	run.handler = hold_the_first;
	go(&run, 1, UINT16_MAX + 100);
	assert_int_equal(run.reasons[REASON_TIMEOUT], 1);
	assert_int_equal(run.peer.n_connections, 1);
}

/* F33: 0.5 to 5 times the timeout, always. */
static void device_that_is_always_late_keeps_its_connection(void **state)
{
	static const unsigned int tenths[] = {5, 12, 20, 35, 50};
	const unsigned long n = long_form(12, 2000);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tenths); i++) {
		struct run run = {.late_tenths = tenths[i]};

		go(&run, 1, n);
		assert_int_equal(run.peer.n_connections, 1);
		if (tenths[i] > 10) {
			/* A loop that stalls itself sees some of them in time. */
			assert_true(run.reasons[REASON_TIMEOUT] > n / 2);
			assert_true(run.stats.late_answers > 0);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_wrong_value_is_accepted),
		cmocka_unit_test(late_answers_cost_no_connection),
		cmocka_unit_test(id_that_was_given_up_is_not_used_again),
		cmocka_unit_test(device_that_is_always_late_keeps_its_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
