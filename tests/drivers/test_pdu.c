/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "drivers/modbus/pdu.h"

static const uint8_t words[] = {0x12, 0x34, 0x56, 0x78};
static const uint8_t bits[] = {0xcd, 0x01};
static const uint8_t on[] = {0xff, 0x00};
static const uint8_t masks[] = {0x00, 0xf2, 0x00, 0x25};

/* Requests and answers of the specification's shape, both sides of each. */
static const struct exchange {
	const char *name;
	struct pdu_request request;
	size_t n_request, n_answer;
	uint8_t request_bytes[12], answer_bytes[8];
} exchanges[] = {
	{"read coils",
         {PDU_READ_COILS, 0x13, 10, NULL},
         5,
         4,
         {1, 0, 0x13, 0, 10},
         {1, 2, 0xcd, 0x01}},
	{"read discrete inputs",
         {PDU_READ_DISCRETE, 0xc4, 3, NULL},
         5,
         3,
         {2, 0, 0xc4, 0, 3},
         {2, 1, 0x05}},
	{"read holding registers",
         {PDU_READ_HOLDING, 0x6b, 2, NULL},
         5,
         6,
         {3, 0, 0x6b, 0, 2},
         {3, 4, 0x02, 0x2b, 0, 0x64}},
	{"read input registers",
         {PDU_READ_INPUT, 8, 1, NULL},
         5,
         4,
         {4, 0, 8, 0, 1},
         {4, 2, 0, 10}},
	{"write coil",
         {PDU_WRITE_COIL, 0xac, 1, on},
         5,
         5,
         {5, 0, 0xac, 0xff, 0},
         {5, 0, 0xac, 0xff, 0}},
	{"write register",
         {PDU_WRITE_REGISTER, 1, 1, words},
         5,
         5,
         {6, 0, 1, 0x12, 0x34},
         {6, 0, 1, 0x12, 0x34}},
	{"write coils",
         {PDU_WRITE_COILS, 0x13, 10, bits},
         8,
         5,
         {15, 0, 0x13, 0, 10, 2, 0xcd, 0x01},
         {15, 0, 0x13, 0, 10}},
	{"write registers",
         {PDU_WRITE_REGISTERS, 1, 2, words},
         10,
         5,
         {16, 0, 1, 0, 2, 4, 0x12, 0x34, 0x56, 0x78},
         {16, 0, 1, 0, 2}},
	{"mask register",
         {PDU_MASK_REGISTER, 4, 1, masks},
         7,
         7,
         {22, 0, 4, 0, 0xf2, 0, 0x25},
         {22, 0, 4, 0, 0xf2, 0, 0x25}},
};

static void request_of_each_function_is_bytes_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(exchanges); i++) {
		const struct exchange *c = &exchanges[i];
		uint8_t pdu[PDU_MAX], again[PDU_MAX];
		struct pdu_request parsed;
		size_t n = pdu_put_request(pdu, &c->request);

		if (n != c->n_request || memcmp(pdu, c->request_bytes, n) != 0) {
			fail_msg("%s: other bytes", c->name);
		}
		if (pdu_parse_request(&parsed, pdu, n) != 0 ||
		    pdu_put_request(again, &parsed) != n || memcmp(pdu, again, n) != 0) {
			fail_msg("%s: not read back", c->name);
		}
	}
}

static void answer_that_fits_is_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(exchanges); i++) {
		const struct exchange *c = &exchanges[i];
		const uint8_t *data;
		uint8_t code;

		if (pdu_check_answer(&c->request, c->answer_bytes, c->n_answer, &data,
		                     &code) != REASON_NONE) {
			fail_msg("%s: refused", c->name);
		}
	}
}

/* Whatever single byte is changed, removed or added: an answer may carry other data,
 * but none of another length, function, address or echo is taken. */
static void answer_that_differs_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(exchanges); i++) {
		const struct exchange *c = &exchanges[i];
		bool read = c->request.function <= PDU_READ_INPUT;
		size_t n_checked = read ? 2 : c->n_answer;
		uint8_t pdu[PDU_MAX] = {0};
		const uint8_t *data;
		uint8_t code;

		memcpy(pdu, c->answer_bytes, c->n_answer);
		for (size_t n = 0; n <= c->n_answer + 2; n++) {
			enum reason reason = pdu_check_answer(&c->request, pdu, n, &data,
			                                      &code);

			if ((reason == REASON_NONE) != (n == c->n_answer)) {
				fail_msg("%s: %zu bytes give %d", c->name, n, reason);
			}
		}
		for (size_t at = 0; at < n_checked; at++) {
			for (unsigned int flip = 1; flip < 256; flip++) {
				pdu[at] ^= (uint8_t)flip;
				if (pdu_check_answer(&c->request, pdu, c->n_answer, &data,
				                     &code) == REASON_NONE) {
					fail_msg("%s: byte %zu ^ %02x taken", c->name, at,
					         flip);
				}
				pdu[at] ^= (uint8_t)flip;
			}
		}
	}
}

static void short_answer_is_short(void **state)
{
	static const struct pdu_request request = {PDU_READ_HOLDING, 0, 2, NULL};
	static const struct {
		const char *name;
		size_t n;
		uint8_t pdu[8];
		enum reason want;
	} cases[] = {
		{"cut off", 5, {3, 4, 0, 1, 0}, REASON_SHORT},
		{"fewer registers", 4, {3, 2, 0, 1}, REASON_SHORT},
		{"more registers", 8, {3, 6, 0, 1, 0, 2, 0, 3}, REASON_MISMATCH},
		{"count of more", 6, {3, 6, 0, 1, 0, 2}, REASON_MISMATCH},
		{"bytes after", 7, {3, 4, 0, 1, 0, 2, 0}, REASON_MISMATCH},
		{"function only", 1, {3}, REASON_SHORT},
		{"other function", 6, {4, 4, 0, 1, 0, 2}, REASON_MISMATCH},
		{"exception", 2, {0x83, 2}, REASON_EXCEPTION},
		{"exception of another", 2, {0x84, 2}, REASON_MISMATCH},
		{"exception 0", 2, {0x83, 0}, REASON_MISMATCH},
		{"exception too long", 3, {0x83, 2, 0}, REASON_MISMATCH},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const uint8_t *data;
		uint8_t code;
		enum reason got = pdu_check_answer(&request, cases[i].pdu, cases[i].n,
		                                   &data, &code);

		if (got != cases[i].want || data != NULL ||
		    code != (got == REASON_EXCEPTION ? 2 : 0)) {
			fail_msg("%s: %d, not %d", cases[i].name, got, cases[i].want);
		}
	}
}

static void request_beyond_the_limits_is_not_written(void **state)
{
	static const struct pdu_request cases[] = {
		{PDU_READ_HOLDING, 0, 0, NULL},
		{PDU_READ_HOLDING, 0, 126, NULL},
		{PDU_READ_COILS, 0, 2001, NULL},
		{PDU_WRITE_REGISTERS, 0, 124, words},
		{PDU_WRITE_COILS, 0, 1969, bits},
		{PDU_WRITE_REGISTER, 0, 2, words},
		{7, 0, 1, NULL},
		{43, 0, 1, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t pdu[PDU_MAX];

		assert_int_equal(pdu_put_request(pdu, &cases[i]), 0);
	}
}

static void broken_request_gets_its_exception(void **state)
{
	static const struct {
		const char *name;
		size_t n;
		uint8_t pdu[10];
		int want;
	} cases[] = {
		{"unknown function", 1, {7}, PDU_ILLEGAL_FUNCTION},
		{"function 0", 5, {0, 0, 0, 0, 1}, PDU_ILLEGAL_FUNCTION},
		{"function 43", 5, {43, 0, 0, 0, 1}, PDU_ILLEGAL_FUNCTION},
		{"no address", 2, {3, 0}, PDU_ILLEGAL_VALUE},
		{"no count", 4, {3, 0, 0, 0}, PDU_ILLEGAL_VALUE},
		{"count 0", 5, {3, 0, 0, 0, 0}, PDU_ILLEGAL_VALUE},
		{"count 126", 5, {3, 0, 0, 0, 126}, PDU_ILLEGAL_VALUE},
		{"count 2001", 5, {1, 0, 0, 0x07, 0xd1}, PDU_ILLEGAL_VALUE},
		{"past the end", 5, {3, 0xff, 0xff, 0, 2}, PDU_ILLEGAL_ADDRESS},
		{"the very end", 5, {3, 0xff, 0xff, 0, 1}, 0},
		{"bytes after", 6, {3, 0, 0, 0, 1, 0}, PDU_ILLEGAL_VALUE},
		{"coil neither on nor off", 5, {5, 0, 0, 1, 0}, PDU_ILLEGAL_VALUE},
		{"byte count too small", 8, {16, 0, 0, 0, 1, 1, 0, 0}, PDU_ILLEGAL_VALUE},
		{"data cut off", 7, {16, 0, 0, 0, 1, 2, 0}, PDU_ILLEGAL_VALUE},
		{"mask cut off", 5, {22, 0, 0, 0, 1}, PDU_ILLEGAL_VALUE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pdu_request request;
		int got = pdu_parse_request(&request, cases[i].pdu, cases[i].n);

		if (got != cases[i].want || request.function != cases[i].pdu[0]) {
			fail_msg("%s: %d, not %d", cases[i].name, got, cases[i].want);
		}
	}
}

static void server_answers_what_the_client_expects(void **state)
{
	static const struct pdu_request registers = {PDU_READ_INPUT, 5, 3, NULL};
	static const struct pdu_request coils = {PDU_READ_COILS, 5, 11, NULL};
	static const uint16_t want_words[] = {1, 0xfffe, 0x8000};
	static const bool want_bits[11] = {[0] = true, [7] = true, [10] = true};
	uint8_t pdu[PDU_MAX];
	const uint8_t *data;
	uint8_t code;
	size_t n;

	(void)state;
	n = pdu_answer_registers(pdu, &registers, want_words);
	assert_int_equal(pdu_check_answer(&registers, pdu, n, &data, &code), REASON_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(want_words); i++) {
		assert_int_equal(pdu_register(data, i), want_words[i]);
	}
	n = pdu_answer_bits(pdu, &coils, want_bits);
	assert_int_equal(pdu_check_answer(&coils, pdu, n, &data, &code), REASON_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(want_bits); i++) {
		assert_int_equal(pdu_bit(data, i), want_bits[i]);
	}
	n = pdu_answer_exception(pdu, PDU_READ_COILS, PDU_BUSY);
	assert_int_equal(pdu_check_answer(&coils, pdu, n, &data, &code),
	                 REASON_EXCEPTION);
	assert_int_equal(code, PDU_BUSY);
}

static void frame_is_found_in_any_piece_of_the_stream(void **state)
{
	static const uint8_t stream[] = {0xab, 0xcd, 0, 0, 0,    5,   17,
	                                 3,    2,    0, 9, 0x00, 0x01};
	struct pdu_frame frame;

	(void)state;
	for (size_t n = 0; n < 11; n++) {
		assert_int_equal(pdu_take_frame(&frame, stream, n, PDU_ANSWER_MIN), 0);
	}
	for (size_t n = 11; n <= sizeof(stream); n++) {
		assert_int_equal(pdu_take_frame(&frame, stream, n, PDU_ANSWER_MIN), 11);
		assert_int_equal(frame.transaction, 0xabcd);
		assert_int_equal(frame.unit, 17);
		assert_int_equal(frame.n, 4);
		assert_ptr_equal(frame.pdu, stream + PDU_MBAP);
	}
}

static void framing_is_lost_as_soon_as_the_bytes_show_it(void **state)
{
	static const struct {
		const char *name;
		uint8_t bytes[6];
		size_t least;
		size_t n_needed; /* bytes that show it; 0: it is none */
	} cases[] = {
		{"protocol 1", {0, 1, 0, 1, 0, 6}, PDU_ANSWER_MIN, 4},
		{"protocol 256", {0, 1, 1, 0, 0, 6}, PDU_ANSWER_MIN, 3},
		{"length 0", {0, 1, 0, 0, 0, 0}, PDU_ANSWER_MIN, 6},
		{"length 1", {0, 1, 0, 0, 0, 1}, PDU_REQUEST_MIN, 6},
		{"length 2 of an answer", {0, 1, 0, 0, 0, 2}, PDU_ANSWER_MIN, 6},
		{"length 2 of a request", {0, 1, 0, 0, 0, 2}, PDU_REQUEST_MIN, 0},
		{"length 3", {0, 1, 0, 0, 0, 3}, PDU_ANSWER_MIN, 0},
		{"length 254", {0, 1, 0, 0, 0, 254}, PDU_ANSWER_MIN, 0},
		{"length 255", {0, 1, 0, 0, 0, 255}, PDU_ANSWER_MIN, 6},
		{"length 9999", {0, 1, 0, 0, 0x27, 0x0f}, PDU_ANSWER_MIN, 5},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t n = 0; n <= 6; n++) {
			struct pdu_frame frame;
			int got = pdu_take_frame(&frame, cases[i].bytes, n,
			                         cases[i].least);
			bool lost = cases[i].n_needed && n >= cases[i].n_needed;

			if (got != (lost ? -EPROTO : 0)) {
				fail_msg("%s: %d after %zu", cases[i].name, got, n);
			}
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_of_each_function_is_bytes_and_back),
		cmocka_unit_test(answer_that_fits_is_accepted),
		cmocka_unit_test(answer_that_differs_is_refused),
		cmocka_unit_test(short_answer_is_short),
		cmocka_unit_test(request_beyond_the_limits_is_not_written),
		cmocka_unit_test(broken_request_gets_its_exception),
		cmocka_unit_test(server_answers_what_the_client_expects),
		cmocka_unit_test(frame_is_found_in_any_piece_of_the_stream),
		cmocka_unit_test(framing_is_lost_as_soon_as_the_bytes_show_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
