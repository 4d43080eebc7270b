/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of bytes as a Modbus TCP peer may send it, from either side.  Oracles: any
 * split gives the same frames; what is accepted as an answer matches its request in all
 * that is compared; a request that is understood is written back as the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/pdu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds)
{
	if (!holds) {
		abort();
	}
}

/* The whole of the stream at once, and with one byte more each time. */
static void check_split(const uint8_t *bytes, size_t n, size_t least)
{
	struct pdu_frame whole = {0}, frame = {0};
	int want = pdu_take_frame(&whole, bytes, n, least);

	for (size_t i = 0; i <= n; i++) {
		int got = pdu_take_frame(&frame, bytes, i, least);

		if (got > 0) {
			require(got == want && i == (size_t)got);
			require(frame.transaction == whole.transaction &&
			        frame.unit == whole.unit && frame.pdu == whole.pdu &&
			        frame.n == whole.n);
			return;
		}
		if (got < 0) {
			require(want == got);
			return;
		}
	}
	require(want == 0);
}

static void check_answer(const struct pdu_request *request, const uint8_t *pdu, size_t n)
{
	bool bits = request->function <= PDU_READ_DISCRETE;
	size_t n_data = bits ? (request->count + 7U) / 8 : 2U * request->count;
	uint8_t echo[PDU_MAX];
	const uint8_t *data;
	uint8_t code;
	enum reason reason = pdu_check_answer(request, pdu, n, &data, &code);

	require((reason == REASON_EXCEPTION) == (code != 0));
	if (reason == REASON_EXCEPTION) {
		require(n == 2 && pdu[0] == (request->function | 0x80) && pdu[1] == code);
	}
	if (reason != REASON_NONE) {
		require(!data);
		return;
	}
	require(pdu[0] == request->function);
	if (request->function <= PDU_READ_INPUT) {
		require(data == pdu + 2 && pdu[1] == n_data && n == 2 + n_data);
	} else {
		require(n == pdu_answer_write(echo, request) && !memcmp(pdu, echo, n));
	}
}

static void check_request(const uint8_t *pdu, size_t n)
{
	struct pdu_request request;
	uint8_t again[PDU_MAX];

	if (pdu_parse_request(&request, pdu, n) == 0) {
		require(request.address + request.count <= 65536);
		require(pdu_put_request(again, &request) == n && !memcmp(again, pdu, n));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint8_t value[246] = {0xff};
	static const uint8_t functions[] = {1, 2, 3, 4, 5, 6, 15, 16, 22};
	struct pdu_frame frame;
	struct pdu_request request;
	int taken;

	if (n < 1) {
		return 0;
	}
	request = (struct pdu_request){.function = functions[data[0] % sizeof(functions)],
	                               .address = 0,
	                               .count = (uint16_t)(1 + data[0] / 16),
	                               .data = value};
	if (request.function == 5 || request.function == 6 || request.function == 22) {
		request.count = 1;
	}
	data++;
	n--;
	check_split(data, n, PDU_REQUEST_MIN);
	check_split(data, n, PDU_ANSWER_MIN);
	while ((taken = pdu_take_frame(&frame, data, n, PDU_REQUEST_MIN)) > 0) {
		require((size_t)taken == PDU_MBAP + frame.n && frame.n <= PDU_MAX);
		check_answer(&request, frame.pdu, frame.n);
		check_request(frame.pdu, frame.n);
		data += taken;
		n -= (size_t)taken;
	}
	return 0;
}
