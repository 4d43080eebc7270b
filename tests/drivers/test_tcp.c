/* SPDX-License-Identifier: Apache-2.0 */
/* F32 and F33 in short form: a peer that answers wrongly, late, twice, or in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/transport.h"
#include "tests/drivers/peer.h"
#include "tests/loop_wait.h"

enum {
	UNIT = 9,
	TIMEOUT_MS = 20, /* where the test is about silence */
	PATIENCE_MS = 5000,
};

struct fixture {
	uv_loop_t loop;
	void *shared;
	struct driver_env env;
	struct peer peer;
	struct transport *transport;
	struct transport_user user;
	struct device_stats stats;
	uint32_t timeout_ms;
};

/* One transaction of a test and what came of it. */
struct query {
	struct transaction t;
	bool done;
	struct answer answer;
	uint16_t words[PDU_READ_REGISTERS_MAX];
	void (*then)(struct query *query);
	void *arg;
};

static uint64_t now_ns(void)
{
	return uv_hrtime();
}

static void join(struct fixture *f, uint16_t window)
{
	struct address address;
	const char *why = NULL;
	char text[64];

	snprintf(text, sizeof(text), "tcp://127.0.0.1:%u", f->peer.port);
	assert_int_equal(address_parse(&address, text, &why), 0);
	f->user = (struct transport_user){
		.stats = &f->stats, .window = window, .unit = UNIT};
	assert_int_equal(transport_join(&f->transport, &f->env, &address, &f->user, &why),
	                 0);
}

static void set_up(struct fixture *f, peer_handler handler, uint16_t window)
{
	memset(f, 0, sizeof(*f));
	f->timeout_ms = PATIENCE_MS;
	assert_int_equal(uv_loop_init(&f->loop), 0);
	f->env = (struct driver_env){
		.loop = &f->loop, .now_ns = now_ns, .shared = &f->shared};
	peer_open(&f->peer, &f->loop, handler);
	f->peer.data = f;
	join(f, window);
}

/* All handles must be gone: libuv says so. */
static void tear_down(struct fixture *f)
{
	if (f->transport) {
		transport_leave(f->transport, &f->user);
	}
	peer_close(&f->peer);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	assert_null(f->shared);
}

static void on_done(struct transaction *t, const struct answer *answer)
{
	struct query *q = t->arg;

	assert_false(q->done);
	q->done = true;
	q->answer = *answer;
	for (size_t i = 0; answer->data && i < t->request.count; i++) {
		q->words[i] = pdu_register(answer->data, i);
	}
	if (q->then) {
		q->then(q);
	}
}

static void start(struct fixture *f, struct query *q, uint8_t unit, uint16_t address,
                  uint16_t count)
{
	*q = (struct query){.t = {.request = {.function = PDU_READ_HOLDING,
	                                      .address = address,
	                                      .count = count},
	                          .unit = unit,
	                          .rank = RANK_READ,
	                          .timeout_ms = f->timeout_ms,
	                          .stats = &f->stats,
	                          .done = on_done}};
	q->t.arg = q;
	transport_submit(f->transport, &q->t);
	assert_false(q->done); /* never from within submit */
}

static void ask(struct fixture *f, struct query *q, uint16_t address, uint16_t count)
{
	start(f, q, UNIT, address, count);
}

static void wait_for(struct fixture *f, const struct query *q)
{
	while (!q->done) {
		loop_turn(&f->loop);
	}
}

/* The registers name themselves: a value under another address shows. */
static bool is_right(const struct query *q)
{
	for (uint16_t i = 0; i < q->t.request.count; i++) {
		if (q->words[i] != peer_register((uint16_t)(q->t.request.address + i))) {
			return false;
		}
	}
	return true;
}

static void ask_right(struct fixture *f, uint16_t address, uint16_t count)
{
	struct query q;

	ask(f, &q, address, count);
	wait_for(f, &q);
	assert_int_equal(q.answer.reason, REASON_NONE);
	assert_true(is_right(&q));
}

/* ---- what a peer may do to one answer ---- */

static void send_with(struct peer *peer, const uint8_t *request, size_t n, size_t at,
                      uint8_t byte)
{
	uint8_t adu[PDU_ADU_MAX];
	size_t n_adu = peer_answer(adu, request, n);

	adu[at] = byte;
	peer_send(peer, adu, n_adu);
}

static void wrong_id(struct peer *peer, const uint8_t *adu, size_t n)
{
	send_with(peer, adu, n, 0, adu[0] ^ 0x55);
}

static void next_id(struct peer *peer, const uint8_t *adu, size_t n)
{
	send_with(peer, adu, n, 1, (uint8_t)(adu[1] + 1));
}

static void wrong_protocol(struct peer *peer, const uint8_t *adu, size_t n)
{
	send_with(peer, adu, n, 3, 1);
}

static void wrong_unit(struct peer *peer, const uint8_t *adu, size_t n)
{
	send_with(peer, adu, n, 6, UNIT + 1);
}

static void wrong_function(struct peer *peer, const uint8_t *adu, size_t n)
{
	send_with(peer, adu, n, 7, PDU_READ_INPUT);
}

static void wrong_exception(struct peer *peer, const uint8_t *adu, size_t n)
{
	uint8_t answer[] = {adu[0], adu[1], 0, 0, 0, 3, UNIT, PDU_READ_INPUT | 0x80, 2};

	peer_send(peer, answer, sizeof(answer));
}

static void exception_2(struct peer *peer, const uint8_t *adu, size_t n)
{
	uint8_t answer[] = {adu[0], adu[1], 0, 0, 0, 3, UNIT, PDU_READ_HOLDING | 0x80, 2};

	peer_send(peer, answer, sizeof(answer));
}

static void wrong_count(struct peer *peer, const uint8_t *adu, size_t n)
{
	send_with(peer, adu, n, 8, 2);
}

static void fewer(struct peer *peer, const uint8_t *adu, size_t n)
{
	uint8_t answer[] = {adu[0], adu[1], 0, 0, 0, 5, UNIT, PDU_READ_HOLDING, 2, 0, 7};

	peer_send(peer, answer, sizeof(answer));
}

static void more(struct peer *peer, const uint8_t *adu, size_t n)
{
	uint8_t request[12];

	memcpy(request, adu, sizeof(request));
	request[11]++; /* the answer to a request for one register more */
	peer_behave(peer, request, n);
}

static void length_of(struct peer *peer, const uint8_t *adu, uint16_t length)
{
	uint8_t answer[PDU_ADU_MAX] = {adu[0], adu[1], 0, 0};

	pdu_put_register(answer, 2, length);
	peer_send(peer, answer, 13);
}

static void length_0(struct peer *peer, const uint8_t *adu, size_t n)
{
	length_of(peer, adu, 0);
}

static void length_1(struct peer *peer, const uint8_t *adu, size_t n)
{
	length_of(peer, adu, 1);
}

static void length_255(struct peer *peer, const uint8_t *adu, size_t n)
{
	length_of(peer, adu, 255);
}

static void length_9999(struct peer *peer, const uint8_t *adu, size_t n)
{
	length_of(peer, adu, 9999);
}

static void in_pieces(struct peer *peer, const uint8_t *adu, size_t n)
{
	uint8_t answer[PDU_ADU_MAX];
	size_t n_answer = peer_answer(answer, adu, n);

	for (size_t i = 0; i < n_answer; i++) {
		peer_send(peer, answer + i, 1);
	}
}

static void twice(struct peer *peer, const uint8_t *adu, size_t n)
{
	peer_behave(peer, adu, n);
	peer_behave(peer, adu, n);
}

static void half(struct peer *peer, const uint8_t *adu, size_t n)
{
	uint8_t answer[PDU_ADU_MAX];

	peer_send(peer, answer, peer_answer(answer, adu, n) / 2);
}

static void hang_up(struct peer *peer, const uint8_t *adu, size_t n)
{
	peer_hang_up(peer);
}

static void half_then_hang_up(struct peer *peer, const uint8_t *adu, size_t n)
{
	half(peer, adu, n);
	peer_hang_up(peer);
}

static void nothing(struct peer *peer, const uint8_t *adu, size_t n)
{
}

static const struct fault {
	const char *name;
	peer_handler handler;
	enum reason want;
	bool reconnects;
	unsigned int n_late;
} faults[] = {
	{"right", peer_behave, REASON_NONE, false, 0},
	{"an id never sent", wrong_id, REASON_MISMATCH, true, 0},
	{"the id after", next_id, REASON_MISMATCH, true, 0},
	{"protocol 1", wrong_protocol, REASON_MISMATCH, true, 0},
	{"another unit", wrong_unit, REASON_MISMATCH, true, 0},
	{"another function", wrong_function, REASON_MISMATCH, true, 0},
	{"exception of another function", wrong_exception, REASON_MISMATCH, true, 0},
	{"exception 2", exception_2, REASON_EXCEPTION, false, 0},
	{"wrong byte count", wrong_count, REASON_SHORT, false, 0},
	{"fewer registers", fewer, REASON_SHORT, false, 0},
	{"more registers", more, REASON_MISMATCH, false, 0},
	{"length 0", length_0, REASON_MISMATCH, true, 0},
	{"length 1", length_1, REASON_MISMATCH, true, 0},
	{"length 255", length_255, REASON_MISMATCH, true, 0},
	{"length 9999", length_9999, REASON_MISMATCH, true, 0},
	{"in pieces", in_pieces, REASON_NONE, false, 0},
	{"twice, glued", twice, REASON_NONE, false, 1},
	{"closed", hang_up, REASON_RESET, true, 0},
	{"closed in mid-frame", half_then_hang_up, REASON_RESET, true, 0},
	{"silence", nothing, REASON_TIMEOUT, false, 0},
};

static void each_fault_has_its_reason_and_harms_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		const struct fault *c = &faults[i];
		struct fixture f;
		struct query q;

		set_up(&f, c->handler, 1);
		f.timeout_ms = c->want == REASON_TIMEOUT ? TIMEOUT_MS : PATIENCE_MS;
		ask(&f, &q, 100, 2);
		wait_for(&f, &q);
		if (q.answer.reason != c->want ||
		    (c->want == REASON_NONE && !is_right(&q)) ||
		    (q.answer.data != NULL) != (c->want == REASON_NONE) ||
		    !q.answer.sent) {
			fail_msg("%s: reason %d", c->name, q.answer.reason);
		}
		f.peer.handler = peer_behave;
		f.timeout_ms = PATIENCE_MS;
		ask(&f, &q, 200, 3);
		wait_for(&f, &q);
		if (q.answer.reason != REASON_NONE || !is_right(&q)) {
			fail_msg("%s: then reason %d", c->name, q.answer.reason);
		}
		if (f.peer.n_connections != 1U + c->reconnects ||
		    f.stats.late_answers != c->n_late) {
			fail_msg("%s: %u connections, %u late", c->name,
			         f.peer.n_connections,
			         (unsigned int)f.stats.late_answers);
		}
		assert_int_equal(f.stats.requests, 2);
		tear_down(&f);
	}
}

/* Keeps the answer to the first request until the second comes. */
static void late(struct peer *peer, const uint8_t *adu, size_t n)
{
	static uint8_t kept[PDU_ADU_MAX];
	static size_t n_kept;

	if (peer->n_requests == 1) {
		n_kept = peer_answer(kept, adu, n);
		return;
	}
	if (peer->n_requests == 2) {
		peer_send(peer, kept, n_kept);
		peer_send(peer, kept, n_kept); /* and once more */
	}
	peer_behave(peer, adu, n);
}

static void late_answer_is_dropped_and_the_connection_stays(void **state)
{
	struct fixture f;
	struct query q;

	(void)state;
	set_up(&f, late, 1);
	f.timeout_ms = TIMEOUT_MS;
	ask(&f, &q, 100, 2);
	wait_for(&f, &q);
	f.timeout_ms = PATIENCE_MS;
	assert_int_equal(q.answer.reason, REASON_TIMEOUT);
	for (uint16_t i = 0; i < 5; i++) {
		ask_right(&f, (uint16_t)(300 + i),
		          2); /* same unit, function and length */
	}
	assert_int_equal(f.peer.n_connections, 1);
	assert_int_equal(f.stats.late_answers, 2);
	tear_down(&f);
}

static void answer_before_any_request_ends_the_connection(void **state)
{
	static const uint8_t adu[] = {0, 0, 0, 0, 0, 5, UNIT, 3, 2, 0, 0};
	struct fixture f;
	struct query q;

	(void)state;
	set_up(&f, peer_behave, 1);
	ask(&f, &q, 1, 1);
	wait_for(&f, &q);
	peer_send(&f.peer, adu, 4); /* id 0 was sent: late */
	peer_send(&f.peer, adu + 4, sizeof(adu) - 4);
	while (f.stats.late_answers == 0) {
		loop_turn(&f.loop);
	}
	assert_int_equal(f.peer.n_connections, 1);
	peer_send(&f.peer, (const uint8_t[]){0, 1, 0, 0, 0, 5, UNIT, 3, 2, 0, 0}, 11);
	while (f.peer.client) { /* id 1 was never sent */
		loop_turn(&f.loop);
	}
	ask_right(&f, 2, 1);
	tear_down(&f);
}

static void six_timeouts_in_a_row_connect_anew(void **state)
{
	struct fixture f;
	struct query q;

	(void)state;
	set_up(&f, nothing, 1);
	f.timeout_ms = TIMEOUT_MS;
	for (int i = 0; i < 6; i++) {
		ask(&f, &q, 1, 1);
		wait_for(&f, &q);
		assert_int_equal(q.answer.reason, REASON_TIMEOUT);
		assert_int_equal(f.peer.n_connections, 1);
	}
	f.peer.handler = peer_behave;
	f.timeout_ms = PATIENCE_MS;
	ask(&f, &q, 2, 1);
	wait_for(&f, &q);
	assert_int_equal(q.answer.reason, REASON_NONE);
	assert_int_equal(f.peer.n_connections, 2);
	tear_down(&f);
}

static void unit_2_is_silent(struct peer *peer, const uint8_t *adu, size_t n)
{
	if (adu[6] != 2) {
		peer_behave(peer, adu, n);
	}
}

/* Several units behind a gateway: one of them speaks, so the connection is alive. */
static void silent_unit_costs_the_others_no_connection(void **state)
{
	struct fixture f;
	struct query q;

	(void)state;
	set_up(&f, unit_2_is_silent, 1);
	f.timeout_ms = TIMEOUT_MS;
	for (int i = 0; i < 12; i++) {
		start(&f, &q, 2, 1, 1);
		wait_for(&f, &q);
		assert_int_equal(q.answer.reason, REASON_TIMEOUT);
		if (i % 4 == 0) {
			f.timeout_ms = PATIENCE_MS;
			ask_right(&f, 3, 1);
			f.timeout_ms = TIMEOUT_MS;
		}
	}
	assert_int_equal(f.peer.n_connections, 1);
	tear_down(&f);
}

/* Answers four requests at once, the last first. */
static void backwards(struct peer *peer, const uint8_t *adu, size_t n)
{
	static uint8_t answers[4][PDU_ADU_MAX];
	static size_t lengths[4];
	size_t i = (peer->n_requests - 1) % 4;

	lengths[i] = peer_answer(answers[i], adu, n);
	for (size_t k = 4; i == 3 && k-- > 0;) {
		peer_send(peer, answers[k], lengths[k]);
	}
}

static void answers_in_any_order_find_their_requests(void **state)
{
	struct query q[8];
	struct fixture f;

	(void)state;
	set_up(&f, backwards, 4);
	for (uint16_t i = 0; i < 8; i++) {
		ask(&f, &q[i], (uint16_t)(100 * i), 2);
	}
	for (size_t i = 0; i < 8; i++) {
		wait_for(&f, &q[i]);
		assert_int_equal(q[i].answer.reason, REASON_NONE);
		assert_true(is_right(&q[i]));
	}
	tear_down(&f);
}

/* Counts how many requests are on the way, and answers each when the next has come. */
static void window_is_kept(void **state)
{
	struct query q[3];
	struct fixture f;

	(void)state;
	set_up(&f, nothing, 2);
	f.timeout_ms = TIMEOUT_MS;
	for (uint16_t i = 0; i < 3; i++) {
		ask(&f, &q[i], i, 1);
	}
	while (f.peer.n_requests < 2) {
		loop_turn(&f.loop);
	}
	uv_run(&f.loop, UV_RUN_NOWAIT);
	assert_int_equal(f.stats.requests, 2);
	for (size_t i = 0; i < 3; i++) {
		wait_for(&f, &q[i]);
		assert_int_equal(q[i].answer.reason, REASON_TIMEOUT);
	}
	assert_int_equal(f.stats.requests, 3);
	tear_down(&f);
}

static void refused_connection_fails_all_that_waits(void **state)
{
	struct query q[3];
	struct fixture f;

	(void)state;
	set_up(&f, nothing, 1);
	uv_close((uv_handle_t *)&f.peer.listener, NULL);
	uv_run(&f.loop, UV_RUN_NOWAIT);
	for (uint16_t i = 0; i < 3; i++) {
		ask(&f, &q[i], i, 1);
	}
	for (size_t i = 0; i < 3; i++) {
		wait_for(&f, &q[i]);
		assert_int_equal(q[i].answer.reason, REASON_REFUSED);
		assert_false(q[i].answer.sent);
	}
	transport_leave(f.transport, &f.user);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f.loop), 0);
}

static void units_behind_one_address_share_the_connection(void **state)
{
	struct transport_user second;
	struct device_stats stats = {0};
	struct transport *same = NULL;
	struct query q, other;
	const char *why = NULL;
	struct fixture f;

	(void)state;
	set_up(&f, peer_behave, 1);
	second = (struct transport_user){.stats = &stats, .window = 1, .unit = UNIT + 1};
	assert_int_equal(
		transport_join(&same, &f.env, &f.transport->address, &second, &why), 0);
	assert_ptr_equal(same, f.transport);
	ask(&f, &q, 1, 1);
	ask(&f, &other, 2, 1);
	wait_for(&f, &other);
	assert_int_equal(f.peer.n_connections, 1);
	transport_leave(same, &second);
	ask(&f, &q, 3, 1);
	wait_for(&f, &q); /* stays for those who are left */
	assert_int_equal(q.answer.reason, REASON_NONE);
	assert_int_equal(f.peer.n_connections, 1);
	tear_down(&f);
}

static void writes_and_what_follows_overtake_reads(void **state)
{
	struct query q[4];
	struct fixture f;

	(void)state;
	set_up(&f, peer_behave, 1);
	for (uint16_t i = 0; i < 3; i++) {
		ask(&f, &q[i], i, 1);
	}
	ask(&f, &q[3], 3, 1);
	transport_cancel(f.transport, &q[3].t);
	q[3].t.rank = RANK_WRITE;
	transport_submit(f.transport, &q[3].t);
	wait_for(&f, &q[3]);
	assert_false(q[0].done || q[1].done || q[2].done);
	wait_for(&f, &q[2]);
	tear_down(&f);
}

static void cancelled_on_the_way_is_late_when_it_comes(void **state)
{
	struct query q, other;
	struct fixture f;

	(void)state;
	set_up(&f, late, 1);
	ask(&f, &q, 1, 1);
	while (f.peer.n_requests == 0) {
		loop_turn(&f.loop);
	}
	assert_true(transport_cancel(f.transport, &q.t));
	ask(&f, &other, 2, 1);
	wait_for(&f, &other);
	assert_false(q.done);
	assert_true(is_right(&other));
	assert_int_equal(f.stats.late_answers, 2);
	tear_down(&f);
}

static void left_in_the_middle_of_connecting(void **state)
{
	struct fixture f;
	struct query q;

	(void)state;
	set_up(&f, peer_behave, 1);
	ask(&f, &q, 1, 1);
	assert_false(transport_cancel(f.transport, &q.t)); /* not sent yet */
	tear_down(&f);
	assert_false(q.done);
}

/* Holds the loop up for longer than the timeout, the answer being in the socket. */
static void answer_and_stall(struct peer *peer, const uint8_t *adu, size_t n)
{
	uint64_t until_ns = uv_hrtime() + 2 * TIMEOUT_MS * UINT64_C(1000000);

	peer_behave(peer, adu, n);
	while (uv_hrtime() < until_ns) {
	}
}

static void stalled_loop_times_nothing_out_that_was_answered(void **state)
{
	struct fixture f;
	struct query q;

	(void)state;
	set_up(&f, answer_and_stall, 1);
	f.timeout_ms = TIMEOUT_MS;
	ask(&f, &q, 1, 1);
	wait_for(&f, &q);
	assert_int_equal(q.answer.reason, REASON_NONE);
	tear_down(&f);
}

static void names_are_resolved(void **state)
{
	struct fixture f;
	struct address address;
	struct query q;

	(void)state;
	set_up(&f, peer_behave, 1);
	address = f.transport->address;
	transport_leave(f.transport, &f.user);
	snprintf(address.host, sizeof(address.host), "localhost");
	assert_int_equal(transport_join(&f.transport, &f.env, &address, &f.user,
	                                &(const char *){NULL}),
	                 0);
	ask(&f, &q, 1, 1);
	wait_for(&f, &q);
	assert_int_equal(q.answer.reason, REASON_NONE);
	tear_down(&f);
}

/* Any fault at any time, thousands of times: what is accepted is right. */
static void misbehave(struct peer *peer, const uint8_t *adu, size_t n)
{
	size_t i = (size_t)rand() % (2 * ARRAY_SIZE(faults));

	/* Silence costs real time here, and is late()'s. */
	if (i < ARRAY_SIZE(faults) && faults[i].want != REASON_TIMEOUT) {
		faults[i].handler(peer, adu, n);
	} else {
		peer_behave(peer, adu, n);
	}
}

static void nothing_wrong_is_ever_accepted(void **state)
{
	unsigned int n_good = 0;
	struct fixture f;
	struct query q;

	(void)state;
	srand(7);
	set_up(&f, misbehave, 1);
	for (int i = 0; i < 3000; i++) {
		ask(&f, &q, (uint16_t)(rand() % 60000), (uint16_t)(2 + rand() % 100));
		wait_for(&f, &q);
		if (q.answer.reason == REASON_NONE) {
			assert_true(is_right(&q));
			n_good++;
		}
	}
	assert_true(n_good > 1000);
	tear_down(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_has_its_reason_and_harms_nothing_else),
		cmocka_unit_test(late_answer_is_dropped_and_the_connection_stays),
		cmocka_unit_test(answer_before_any_request_ends_the_connection),
		cmocka_unit_test(six_timeouts_in_a_row_connect_anew),
		cmocka_unit_test(silent_unit_costs_the_others_no_connection),
		cmocka_unit_test(answers_in_any_order_find_their_requests),
		cmocka_unit_test(window_is_kept),
		cmocka_unit_test(refused_connection_fails_all_that_waits),
		cmocka_unit_test(units_behind_one_address_share_the_connection),
		cmocka_unit_test(writes_and_what_follows_overtake_reads),
		cmocka_unit_test(cancelled_on_the_way_is_late_when_it_comes),
		cmocka_unit_test(left_in_the_middle_of_connecting),
		cmocka_unit_test(stalled_loop_times_nothing_out_that_was_answered),
		cmocka_unit_test(names_are_resolved),
		cmocka_unit_test(nothing_wrong_is_ever_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
