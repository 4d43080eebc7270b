/* SPDX-License-Identifier: Apache-2.0 */
/* Writes that are read back, and a device that does not do what it says. */
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

enum { REGISTERS = 100 };

struct bench {
	struct modbus_rig rig;
	struct peer peer;
	uint16_t holding[REGISTERS];
	bool coils[REGISTERS];
	bool forgets;         /* it answers a write, and does not do it */
	uint8_t code;         /* of every read; 0: none */
	uint8_t refused;      /* function that it does not know; 0: none */
	uint8_t functions[8]; /* that it was asked for */
	size_t n;
};

static void carry_out(struct bench *b, const struct pdu_request *request)
{
	uint16_t *word = &b->holding[request->address];

	switch (request->function) {
	case PDU_WRITE_COIL:
	case PDU_WRITE_COILS:
		b->coils[request->address] = pdu_bit(request->data, 0);
		break;
	case PDU_MASK_REGISTER: /* V1.1b3 section 6.16 */
		*word = (uint16_t)((*word & pdu_register(request->data, 0)) |
		                   (pdu_register(request->data, 1) &
		                    ~pdu_register(request->data, 0)));
		break;
	default:
		for (uint16_t i = 0; i < request->count; i++) {
			word[i] = pdu_register(request->data, i);
		}
		break;
	}
}

/* @return bytes of the answer's PDU */
static size_t serve(struct bench *b, uint8_t *pdu, const struct pdu_request *request)
{
	bool is_read = request->function <= PDU_READ_INPUT;

	if (request->function == b->refused) {
		return pdu_answer_exception(pdu, request->function, PDU_ILLEGAL_FUNCTION);
	}
	if (is_read && b->code) {
		return pdu_answer_exception(pdu, request->function, b->code);
	}
	if (request->function == PDU_READ_COILS) {
		return pdu_answer_bits(pdu, request, &b->coils[request->address]);
	}
	if (is_read) {
		return pdu_answer_registers(pdu, request, &b->holding[request->address]);
	}
	if (!b->forgets) {
		carry_out(b, request);
	}
	return pdu_answer_write(pdu, request);
}

static void on_request(struct peer *peer, const uint8_t *adu, size_t n)
{
	struct bench *b = peer->data;
	struct pdu_request request;
	uint8_t answer[PDU_ADU_MAX];
	size_t n_pdu;

	assert_int_equal(pdu_parse_request(&request, adu + PDU_MBAP, n - PDU_MBAP), 0);
	assert_in_range(request.address + request.count, 1, REGISTERS);
	assert_true(b->n < ARRAY_SIZE(b->functions));
	b->functions[b->n++] = request.function;
	n_pdu = serve(b, answer + PDU_MBAP, &request);
	pdu_put_mbap(answer, pdu_register(adu, 0), adu[6], n_pdu);
	peer_send(peer, answer, PDU_MBAP + n_pdu);
}

static void set_up(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	modbus_rig_init(&b->rig, "");
	peer_open(&b->peer, &b->rig.loop, on_request);
	b->peer.data = b;
	snprintf(b->rig.address, sizeof(b->rig.address), "tcp://127.0.0.1:%u",
	         b->peer.port);
	b->holding[4] = 0xff07;
	b->holding[5] = 0x1234;
}

static void tear_down(struct bench *b)
{
	peer_close(&b->peer);
	modbus_rig_fini(&b->rig);
}

static const struct {
	const char *at;
	enum value_type type;
	uint16_t length;
	uint8_t function;
	struct value value;
	uint8_t asked[3]; /* functions in order */
} cases[] = {
	{"holding:0", TYPE_UINT16, 0, 0, {.kind = VALUE_UINT, .u64 = 7}, {6, 3}},
	{"holding:0", TYPE_FLOAT32, 0, 0, {.kind = VALUE_REAL, .real = 7.5}, {16, 3}},
	{"holding:10",
         TYPE_STRING,
         8,
         0,
         {.kind = VALUE_TEXT, .text = "valve 7"},
         {16, 3}},
	{"coil:5", TYPE_BOOL, 0, 0, {.kind = VALUE_BOOL, .flag = true}, {5, 1}},
	{"coil:5", TYPE_BOOL, 0, 15, {.kind = VALUE_BOOL, .flag = true}, {15, 1}},
	{"holding:4", TYPE_BIT, 3, 0, {.kind = VALUE_BOOL, .flag = true}, {3, 6, 3}},
	{"holding:4", TYPE_BIT, 3, 22, {.kind = VALUE_BOOL, .flag = true}, {22, 3}},
	{"holding:5", TYPE_UINT8, 0, 16, {.kind = VALUE_UINT, .u64 = 9}, {3, 16, 3}},
};

/* Read back. */
static void open_case(struct bench *b, size_t i)
{
	struct encoding *encoding;

	set_up(b);
	encoding = modbus_rig_point(&b->rig, cases[i].at, cases[i].type, cases[i].length);
	encoding->write_function = cases[i].function;
	encoding->read_back = true;
	modbus_rig_open(&b->rig);
}

static void write_is_done_when_the_device_holds_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench b;

		open_case(&b, i);
		assert_int_equal(modbus_rig_write(&b.rig, 0, cases[i].value), 0);
		if (memcmp(b.functions, cases[i].asked, sizeof(cases[i].asked)) != 0) {
			fail_msg("%s: functions %u %u %u", cases[i].at, b.functions[0],
			         b.functions[1], b.functions[2]);
		}
		tear_down(&b);
	}
}

static void write_that_the_device_forgets_is_not_done(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench b;
		int err;

		open_case(&b, i);
		b.forgets = true;
		err = modbus_rig_write(&b.rig, 0, cases[i].value);
		if (err != -EBADMSG) {
			fail_msg("%s: %d", cases[i].at, err);
		}
		tear_down(&b);
	}
}

/* A register that can be written and not be read. */
static void write_that_cannot_be_read_is_not_known(void **state)
{
	struct bench b;

	(void)state;
	open_case(&b, 0);
	b.code = PDU_ILLEGAL_ADDRESS;
	assert_int_equal(modbus_rig_write(&b.rig, 0, cases[0].value), -ENODATA);
	assert_int_equal(b.holding[0], 7);
	assert_int_equal(b.n, 2);
	tear_down(&b);
}

/* Neither the write nor, of a part, the read before it is followed by anything. */
static void exception_ends_a_write_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench b;

		open_case(&b, i);
		b.refused = cases[i].asked[0];
		assert_int_equal(modbus_rig_write(&b.rig, 0, cases[i].value), -EREMOTEIO);
		assert_int_equal(b.rig.code, PDU_ILLEGAL_FUNCTION);
		assert_int_equal(b.n, 1);
		tear_down(&b);
	}
}

static void neighbours_in_the_register_are_kept(void **state)
{
	struct bench b;

	(void)state;
	open_case(&b, 5);
	assert_int_equal(modbus_rig_write(&b.rig, 0, value_bool(true)), 0);
	assert_int_equal(b.holding[4], 0xff0f);
	tear_down(&b);
	open_case(&b, 7);
	assert_int_equal(modbus_rig_write(&b.rig, 0, cases[7].value), 0);
	assert_int_equal(b.holding[5], 0x1209);
	tear_down(&b);
}

static void closing_while_it_is_read_back_says_so(void **state)
{
	struct bench b;

	(void)state;
	open_case(&b, 0);
	assert_int_equal(b.rig.driver->write(b.rig.device, &b.rig.points[0],
	                                     &cases[0].value, modbus_rig_written, &b.rig),
	                 0);
	while (b.n < 2) {
		loop_turn(&b.rig.loop);
	}
	modbus_rig_close(&b.rig);
	assert_int_equal(b.rig.n_done, 1);
	assert_true(b.rig.err == -ENODATA ||
	            b.rig.err == 0); /* it may be there already */
	tear_down(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_is_done_when_the_device_holds_it),
		cmocka_unit_test(write_that_the_device_forgets_is_not_done),
		cmocka_unit_test(write_that_cannot_be_read_is_not_known),
		cmocka_unit_test(exception_ends_a_write_at_once),
		cmocka_unit_test(neighbours_in_the_register_are_kept),
		cmocka_unit_test(closing_while_it_is_read_back_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
