/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/drivers/modbus_rig.h"
#include "tests/drivers/peer.h"
#include "tests/loop_wait.h"

enum { N_POINTS = 5, TIMEOUT_MS = 20 };

/* Five blocks of one register each, 100 apart, asked of a scripted peer. */
struct bench {
	struct modbus_rig rig;
	struct peer peer;
	unsigned int fault_from, fault_to; /* requests that misbehave, from 1 */
	peer_handler fault;
};

static void on_request(struct peer *peer, const uint8_t *adu, size_t n)
{
	struct bench *b = peer->data;

	if (peer->n_requests >= b->fault_from && peer->n_requests <= b->fault_to) {
		b->fault(peer, adu, n);
	} else {
		peer_behave(peer, adu, n);
	}
}

static void set_up(struct bench *b, peer_handler fault, unsigned int from,
                   unsigned int to)
{
	static char at[N_POINTS][16];

	memset(b, 0, sizeof(*b));
	modbus_rig_init(&b->rig, "");
	peer_open(&b->peer, &b->rig.loop, on_request);
	b->peer.data = b;
	b->fault = fault;
	b->fault_from = from;
	b->fault_to = to;
	snprintf(b->rig.address, sizeof(b->rig.address), "tcp://127.0.0.1:%u",
	         b->peer.port);
	b->rig.config.timeout_ms = TIMEOUT_MS;
	for (unsigned int i = 0; i < N_POINTS; i++) {
		snprintf(at[i], sizeof(at[i]), "holding:%u", 100 * i);
		modbus_rig_point(&b->rig, at[i], TYPE_UINT16, 0);
	}
	modbus_rig_open(&b->rig);
}

static void tear_down(struct bench *b)
{
	peer_close(&b->peer);
	modbus_rig_fini(&b->rig);
}

static void silence(struct peer *peer, const uint8_t *adu, size_t n)
{
}

static void hang_up(struct peer *peer, const uint8_t *adu, size_t n)
{
	peer_hang_up(peer);
}

static void cut_short(struct peer *peer, const uint8_t *adu, size_t n)
{
	uint8_t answer[] = {adu[0], adu[1], 0, 0, 0, 3, adu[6], PDU_READ_HOLDING, 0};

	peer_send(peer, answer, sizeof(answer));
}

static void of_another_unit(struct peer *peer, const uint8_t *adu, size_t n)
{
	uint8_t answer[] = {adu[0], adu[1], 0, 0, 0, 5, 99, PDU_READ_HOLDING, 2, 0, 0};

	peer_send(peer, answer, sizeof(answer));
}

static bool is_right(const struct bench *b, size_t k)
{
	const struct reading *r = &b->rig.readings[k];

	return r->quality == QUALITY_GOOD &&
	       r->value.u64 == peer_register((uint16_t)b->rig.points[k].address);
}

static void assert_values(const struct bench *b)
{
	for (size_t k = 0; k < N_POINTS; k++) {
		assert_true(is_right(b, k));
	}
}

/* A fault in some requests of a cycle of five: what came stays, what did not is bad. */
static void fault_spoils_its_own_block_only(void **state)
{
	static const struct {
		const char *name;
		peer_handler fault;
		unsigned int from, to; /* requests of the cycle */
		const char *want;      /* a letter a point: g good, b bad */
		enum reason reason;
		int err;
		unsigned int n_requests;
	} cases[] = {
		{"none", silence, 9, 9, "ggggg", REASON_NONE, 0, 5},
		{"one silent in the middle", silence, 3, 3, "ggbgg", REASON_TIMEOUT, 0,
	         5},
		{"all silent costs one timeout", silence, 1, 99, "bbbbb", REASON_TIMEOUT,
	         -ETIMEDOUT, 1},
		{"silent from the second on", silence, 2, 99, "gbbbb", REASON_TIMEOUT, 0,
	         4},
		{"closed in the middle", hang_up, 2, 2, "gbggg", REASON_RESET, 0, 5},
		{"closed at once", hang_up, 1, 1, "bgggg", REASON_RESET, 0, 5},
		{"closed each time", hang_up, 1, 99, "bbbbb", REASON_RESET, -ECONNRESET,
	         3},
		{"short", cut_short, 1, 99, "bbbbb", REASON_SHORT, 0, 5},
		{"one short", cut_short, 5, 5, "ggggb", REASON_SHORT, 0, 5},
		{"of another unit", of_another_unit, 4, 4, "gggbg", REASON_MISMATCH, 0,
	         5},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench b;
		int err;

		set_up(&b, cases[i].fault, cases[i].from, cases[i].to);
		err = modbus_rig_read(&b.rig, 1);
		if (err != cases[i].err || b.peer.n_requests != cases[i].n_requests) {
			fail_msg("%s: %d after %u requests", cases[i].name, err,
			         b.peer.n_requests);
		}
		for (size_t k = 0; k < N_POINTS; k++) {
			const struct reading *r = &b.rig.readings[k];
			uint16_t want = peer_register((uint16_t)b.rig.points[k].address);

			if (cases[i].want[k] == 'g'
			            ? r->quality != QUALITY_GOOD || r->value.u64 != want
			            : r->quality != QUALITY_BAD ||
			                      r->reason != cases[i].reason ||
			                      r->value.kind != VALUE_NONE) {
				fail_msg("%s: point %zu: quality %u reason %u",
				         cases[i].name, k, r->quality, r->reason);
			}
		}
		b.fault_to = 0; /* and well again */
		assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
		for (size_t k = 0; k < N_POINTS; k++) {
			assert_int_equal(b.rig.readings[k].quality, QUALITY_GOOD);
		}
		tear_down(&b);
	}
}

static uint64_t said_ns[N_POINTS + 2]; /* when each answer began */

static void note_time(struct peer *peer, const uint8_t *adu, size_t n)
{
	said_ns[peer->n_requests] = uv_hrtime();
	if (peer->n_requests == 3) {
		silence(peer, adu, n);
	} else {
		peer_behave(peer, adu, n);
	}
}

/* Not the time of the cycle, nor that of the request. */
static void readings_have_the_time_of_their_own_answer(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, note_time, 1, 99);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	for (size_t k = 0; k < N_POINTS; k++) {
		assert_true(b.rig.received_ns[k] >= said_ns[k + 1]);
		assert_true(k + 1 == N_POINTS || b.rig.received_ns[k] <= said_ns[k + 2]);
	}
	/* A failure: when it was known. */
	assert_true(b.rig.received_ns[2] - said_ns[3] >= TIMEOUT_MS * UINT64_C(900000));
	tear_down(&b);
}

/* An answer on its way, a byte at a time. */
static struct trickle {
	uv_timer_t timer; /* first */
	struct peer *peer;
	uint8_t adu[PDU_ADU_MAX];
	size_t n, at;
} trickle;

static void on_trickle(uv_timer_t *timer)
{
	struct trickle *t = (struct trickle *)timer;

	peer_send(t->peer, &t->adu[t->at++], 1);
	if (t->at == t->n) {
		uv_close((uv_handle_t *)timer, NULL);
	}
}

static void a_byte_at_a_time(struct peer *peer, const uint8_t *adu, size_t n)
{
	struct bench *b = peer->data;

	trickle = (struct trickle){.peer = peer};
	trickle.n = peer_answer(trickle.adu, adu, n);
	uv_timer_init(&b->rig.loop, &trickle.timer);
	uv_timer_start(&trickle.timer, on_trickle, TIMEOUT_MS / 4, TIMEOUT_MS / 4);
}

/* F31: each byte comes in time, the answer does not. */
static void answer_that_trickles_ends_at_the_deadline(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, a_byte_at_a_time, 1, 1);
	assert_int_equal(modbus_rig_read(&b.rig, 1), -ETIMEDOUT);
	assert_int_equal(b.rig.readings[0].reason, REASON_TIMEOUT);
	assert_true(trickle.at < trickle.n);
	while (b.rig.device->stats.late_answers == 0) {
		uv_run(&b.rig.loop, UV_RUN_ONCE);
	}
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	assert_values(&b);
	assert_int_equal(b.peer.n_connections, 1);
	tear_down(&b);
}

static void half(struct peer *peer, const uint8_t *adu, size_t n)
{
	uint8_t answer[PDU_ADU_MAX];

	peer_send(peer, answer, peer_answer(answer, adu, n) / 2);
}

/* F31: what comes next fills the frame up, and its rest is no frame. */
static void answer_that_stops_in_mid_frame_costs_two_polls_at_most(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, half, 5, 5);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	assert_int_equal(b.rig.readings[4].reason, REASON_TIMEOUT);
	(void)modbus_rig_read(&b.rig, 1);
	for (size_t k = 0; k < N_POINTS; k++) {
		const struct reading *r = &b.rig.readings[k];

		assert_true(r->quality == QUALITY_BAD || is_right(&b, k));
	}
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	assert_values(&b);
	tear_down(&b);
}

static uint8_t exception_code;

static void refuse(struct peer *peer, const uint8_t *adu, size_t n)
{
	uint8_t answer[] = {adu[0], adu[1], 0, 0, 0, 3, adu[6], 0x83, exception_code};

	peer_send(peer, answer, sizeof(answer));
}

static void refuse_third_point(struct peer *peer, const uint8_t *adu, size_t n)
{
	if (adu[8] == 0 && adu[9] == 200) {
		refuse(peer, adu, n);
	} else {
		peer_behave(peer, adu, n);
	}
}

/* F34: whatever the code, it is that tag's own, and costs neither the others nor the
 * connection. */
static void every_exception_is_its_own_tags_only(void **state)
{
	(void)state;
	for (uint8_t code = 1; code <= 11; code++) {
		struct bench b;

		exception_code = code;
		set_up(&b, refuse_third_point, 1, 99);
		for (int cycle = 0; cycle < 3; cycle++) {
			assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
			for (size_t k = 0; k < N_POINTS; k++) {
				const struct reading *r = &b.rig.readings[k];

				assert_int_equal(r->quality,
				                 k == 2 ? QUALITY_BAD : QUALITY_GOOD);
				assert_int_equal(r->reason,
				                 k == 2 ? REASON_EXCEPTION : REASON_NONE);
				assert_int_equal(r->code, k == 2 ? code : 0);
			}
		}
		assert_int_equal(b.peer.n_connections, 1);
		tear_down(&b);
	}
}

/* F34: exceptions 5 and 6 mean later; how often later there is depends on the period. */
static void busy_device_is_asked_again_in_the_same_cycle(void **state)
{
	static const struct {
		const char *name;
		uint8_t code;
		unsigned int from, to; /* requests that are put off */
		uint32_t timeout_ms, period_ms;
		const char *want;         /* a letter a point: g good, b bad */
		unsigned int least, most; /* requests */
	} cases[] = {
		{"one", 6, 3, 3, 5000, 20000, "ggggg", 6, 6},
		{"one that was taken on", 5, 1, 1, 5000, 20000, "ggggg", 6, 6},
		{"one, twice", 6, 5, 6, 5000, 20000, "ggggg", 7, 7},
		{"all", 6, 1, 5, 5000, 20000, "ggggg", 10, 10},
		{"a storm is as long as half a period", 6, 1, 999, 5000, 1000, "bbbbb",
	         10, 80},
		{"or as a timeout", 6, 1, 999, 300, 20000, "bbbbb", 10, 80},
		{"no time", 6, 1, 1, 5000, 10, "bgggg", 5, 5},
		{"no period", 6, 1, 1, 5000, 0, "bgggg", 5, 5},
		{"another exception", 4, 1, 1, 5000, 20000, "bgggg", 5, 5},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench b;

		exception_code = cases[i].code;
		set_up(&b, refuse, cases[i].from, cases[i].to);
		b.rig.config.timeout_ms = cases[i].timeout_ms;
		b.rig.periods_ms[0] = cases[i].period_ms;
		assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
		for (size_t k = 0; k < N_POINTS; k++) {
			const struct reading *r = &b.rig.readings[k];
			bool good = r->quality == QUALITY_GOOD;

			if (good != (cases[i].want[k] == 'g') ||
			    r->code != (good ? 0 : cases[i].code)) {
				fail_msg("%s: point %zu: quality %u code %u",
				         cases[i].name, k, r->quality, r->code);
			}
		}
		if (b.peer.n_requests < cases[i].least ||
		    b.peer.n_requests > cases[i].most) {
			fail_msg("%s: %u requests", cases[i].name, b.peer.n_requests);
		}
		tear_down(&b);
	}
}

static void closing_ends_what_is_put_off(void **state)
{
	struct bench b;

	(void)state;
	exception_code = 6;
	set_up(&b, refuse, 1, 99);
	b.rig.config.timeout_ms = 60000;
	b.rig.periods_ms[0] = 60000;
	modbus_rig_start(&b.rig, 1);
	while (b.peer.n_requests < N_POINTS + 1) {
		uv_run(&b.rig.loop, UV_RUN_ONCE);
	}
	modbus_rig_close(&b.rig);
	assert_int_equal(b.rig.n_done, 1);
	assert_int_equal(b.rig.err, -ECANCELED);
	tear_down(&b);
}

static void refused_device_is_bad_and_comes_back(void **state)
{
	struct bench b;
	uint16_t port;

	(void)state;
	set_up(&b, silence, 99, 99);
	port = b.peer.port;
	peer_close(&b.peer);
	uv_run(&b.rig.loop, UV_RUN_NOWAIT);
	assert_int_equal(modbus_rig_read(&b.rig, 1), -ECONNREFUSED);
	assert_int_equal(b.rig.readings[4].reason, REASON_REFUSED);
	assert_int_equal(modbus_rig_probe(&b.rig), -ECONNREFUSED);
	assert_int_equal(modbus_rig_write(&b.rig, 0, value_real(1)), -ECONNREFUSED);
	assert_int_equal(b.rig.device->stats.requests, 0);
	assert_int_equal(b.rig.device->stats.errors[REASON_REFUSED], 3);
	(void)port;
	modbus_rig_fini(&b.rig);
}

/* Sent, and no answer: the outcome is not known, and it is not sent again. */
static void write_without_an_answer_is_unknown_and_not_repeated(void **state)
{
	static const peer_handler faults[] = {silence, hang_up, of_another_unit};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct bench b;

		set_up(&b, faults[i], 1, 1);
		assert_int_equal(modbus_rig_write(&b.rig, 0, value_real(7)), -ETIMEDOUT);
		assert_int_equal(b.peer.n_requests, 1);
		assert_int_equal(modbus_rig_probe(&b.rig), 0);
		assert_int_equal(b.peer.n_requests, 2);
		tear_down(&b);
	}
}

/* An answer to a write of another value: not ours. */
static void echo_another_value(struct peer *peer, const uint8_t *adu, size_t n)
{
	uint8_t answer[PDU_ADU_MAX];

	memcpy(answer, adu, n);
	answer[n - 1] ^= 1;
	peer_send(peer, answer, n);
}

static void echo(struct peer *peer, const uint8_t *adu, size_t n)
{
	peer_send(peer, adu, n);
}

static void write_echoed_wrongly_is_no_success(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, echo_another_value, 1, 1);
	assert_int_equal(modbus_rig_write(&b.rig, 0, value_real(7)), -ETIMEDOUT);
	b.fault = echo;
	b.fault_to = 2;
	assert_int_equal(modbus_rig_write(&b.rig, 0, value_real(7)), 0);
	assert_int_equal(b.peer.n_connections, 1);
	tear_down(&b);
}

static uint8_t written[PDU_MAX];
static size_t n_written;

/* Takes the write down and carries it out. */
static void write_down(struct peer *peer, const uint8_t *adu, size_t n)
{
	struct pdu_request request;
	uint8_t answer[PDU_ADU_MAX];
	size_t n_pdu;

	assert_int_equal(pdu_parse_request(&request, adu + PDU_MBAP, n - PDU_MBAP), 0);
	n_pdu = pdu_answer_write(answer + PDU_MBAP, &request);
	pdu_put_mbap(answer, pdu_register(adu, 0), adu[6], n_pdu);
	peer_send(peer, answer, PDU_MBAP + n_pdu);
	memcpy(written, adu + PDU_MBAP, n - PDU_MBAP);
	n_written = n - PDU_MBAP;
}

static void function_of_a_tag_is_the_one_on_the_wire(void **state)
{
	static const struct {
		const char *at;
		enum value_type type;
		uint16_t length;
		uint8_t function;
		double value;
		size_t n;
		uint8_t want[12];
	} cases[] = {
		{"coil:5", TYPE_BOOL, 0, 0, 1, 5, {5, 0, 5, 0xff, 0}},
		{"coil:5", TYPE_BOOL, 0, 5, 0, 5, {5, 0, 5, 0, 0}},
		{"coil:5", TYPE_BOOL, 0, 15, 1, 7, {15, 0, 5, 0, 1, 1, 1}},
		{"coil:5", TYPE_BOOL, 0, 15, 0, 7, {15, 0, 5, 0, 1, 1, 0}},
		{"holding:7", TYPE_UINT16, 0, 0, 258, 5, {6, 0, 7, 1, 2}},
		{"holding:7", TYPE_UINT16, 0, 16, 258, 8, {16, 0, 7, 0, 1, 2, 1, 2}},
		{"holding:7", TYPE_UINT32, 0, 0, 1, 10, {16, 0, 7, 0, 2, 4, 0, 0, 0, 1}},
		{"holding:7", TYPE_BIT, 9, 22, 1, 7, {22, 0, 7, 0xfd, 0xff, 2, 0}},
		{"holding:7", TYPE_BIT, 9, 22, 0, 7, {22, 0, 7, 0xfd, 0xff, 0, 0}},
		{"holding:7", TYPE_UINT8, 0, 22, 0x5a, 7, {22, 0, 7, 0xff, 0, 0, 0x5a}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct encoding *encoding;
		struct bench b;

		set_up(&b, write_down, 1, 1);
		encoding = modbus_rig_point(&b.rig, cases[i].at, cases[i].type,
		                            cases[i].length);
		encoding->write_function = cases[i].function;
		assert_int_equal(modbus_rig_write(&b.rig, b.rig.config.n_points - 1,
		                                  value_real(cases[i].value)),
		                 0);
		if (n_written != cases[i].n ||
		    memcmp(written, cases[i].want, n_written) != 0) {
			fail_msg("%s by function %u: %zu bytes", cases[i].at,
			         cases[i].function, n_written);
		}
		tear_down(&b);
	}
}

static void closing_ends_all_that_is_under_way(void **state)
{
	const struct value seven = {.kind = VALUE_UINT, .u64 = 7};
	struct bench b;

	(void)state;
	set_up(&b, silence, 1, 99);
	modbus_rig_start(&b.rig, 1);
	while (b.peer.n_requests == 0) {
		loop_turn(&b.rig.loop);
	}
	assert_int_equal(b.rig.driver->write(b.rig.device, &b.rig.points[0], &seven,
	                                     modbus_rig_written, &b.rig),
	                 0);
	modbus_rig_close(&b.rig);
	assert_int_equal(b.rig.n_done, 2);
	assert_int_equal(b.rig.err, -ECANCELED);
	tear_down(&b);
	assert_int_equal(b.rig.n_done, 2);
}

static void closing_a_write_on_the_way_says_unknown(void **state)
{
	const struct value seven = {.kind = VALUE_UINT, .u64 = 7};
	struct bench b;

	(void)state;
	set_up(&b, silence, 1, 99);
	assert_int_equal(b.rig.driver->write(b.rig.device, &b.rig.points[0], &seven,
	                                     modbus_rig_written, &b.rig),
	                 0);
	while (b.peer.n_requests == 0) {
		loop_turn(&b.rig.loop);
	}
	modbus_rig_close(&b.rig);
	assert_int_equal(b.rig.err, -ETIMEDOUT);
	tear_down(&b);
}

static void late_answers_are_counted_at_the_device(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, silence, 1, 1);
	assert_int_equal(modbus_rig_probe(&b.rig), -ETIMEDOUT);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	peer_send(&b.peer, (const uint8_t[]){0, 0, 0, 0, 0, 5, 1, 3, 2, 0, 0}, 11);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	assert_int_equal(b.rig.device->stats.late_answers, 1);
	assert_int_equal(b.rig.device->stats.errors[REASON_TIMEOUT], 1);
	assert_int_equal(b.peer.n_connections, 1);
	tear_down(&b);
}

static void what_cannot_be_opened_says_why(void **state)
{
	static const struct {
		const char *name, *address;
		uint8_t unit;
		uint16_t max_registers;
		int want;
	} cases[] = {
		{"no address", "pump", 1, 125, -EINVAL},
		{"broadcast on a line", "rtu:///dev/null", 0, 125, -EINVAL},
		{"unit 248 on a line", "rtu:///dev/null", 248, 125, -EINVAL},
		{"tag too large", "tcp://127.0.0.1:1", 1, 3, -E2BIG},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct modbus_rig rig;
		const char *why = NULL;

		modbus_rig_init(&rig, cases[i].address);
		rig.config.unit = cases[i].unit;
		rig.config.limits.max_registers = cases[i].max_registers;
		modbus_rig_point(&rig, "holding:0", TYPE_FLOAT64, 0);
		if (rig.driver->open(&rig.device, &rig.env, &rig.config, &why) !=
		            cases[i].want ||
		    !why || rig.device) {
			fail_msg("%s: %s", cases[i].name, why ? why : "no reason");
		}
		modbus_rig_fini(&rig);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fault_spoils_its_own_block_only),
		cmocka_unit_test(readings_have_the_time_of_their_own_answer),
		cmocka_unit_test(answer_that_trickles_ends_at_the_deadline),
		cmocka_unit_test(answer_that_stops_in_mid_frame_costs_two_polls_at_most),
		cmocka_unit_test(every_exception_is_its_own_tags_only),
		cmocka_unit_test(busy_device_is_asked_again_in_the_same_cycle),
		cmocka_unit_test(closing_ends_what_is_put_off),
		cmocka_unit_test(refused_device_is_bad_and_comes_back),
		cmocka_unit_test(write_without_an_answer_is_unknown_and_not_repeated),
		cmocka_unit_test(write_echoed_wrongly_is_no_success),
		cmocka_unit_test(function_of_a_tag_is_the_one_on_the_wire),
		cmocka_unit_test(closing_ends_all_that_is_under_way),
		cmocka_unit_test(closing_a_write_on_the_way_says_unknown),
		cmocka_unit_test(late_answers_are_counted_at_the_device),
		cmocka_unit_test(what_cannot_be_opened_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
