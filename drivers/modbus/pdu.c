/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/pdu.h"

#include <errno.h>
#include <string.h>

enum pdu_function pdu_read_function(enum modbus_table table)
{
	static const enum pdu_function functions[] = {
		[MODBUS_HOLDING] = PDU_READ_HOLDING,
		[MODBUS_INPUT] = PDU_READ_INPUT,
		[MODBUS_COIL] = PDU_READ_COILS,
		[MODBUS_DISCRETE] = PDU_READ_DISCRETE,
	};

	return functions[table];
}

/* What the specification says of a function: V1.1b3 section 6. */
struct shape {
	uint16_t max;    /* count; 0: not known to us */
	bool bits;       /* count is of bits */
	bool write;      /* the answer echoes address and count or value */
	bool counted;    /* data follow with a count and a byte count of their own */
	uint8_t n_fixed; /* bytes of data without them */
};

static struct shape shape_of(uint8_t function)
{
	static const struct shape shapes[] = {
		[PDU_READ_COILS] = {.max = PDU_READ_BITS_MAX, .bits = true},
		[PDU_READ_DISCRETE] = {.max = PDU_READ_BITS_MAX, .bits = true},
		[PDU_READ_HOLDING] = {.max = PDU_READ_REGISTERS_MAX},
		[PDU_READ_INPUT] = {.max = PDU_READ_REGISTERS_MAX},
		[PDU_WRITE_COIL] = {.max = 1, .bits = true, .write = true, .n_fixed = 2},
		[PDU_WRITE_REGISTER] = {.max = 1, .write = true, .n_fixed = 2},
		[PDU_WRITE_COILS] = {.max = PDU_WRITE_BITS_MAX,
	                             .bits = true,
	                             .write = true,
	                             .counted = true},
		[PDU_WRITE_REGISTERS] = {.max = PDU_WRITE_REGISTERS_MAX,
	                                 .write = true,
	                                 .counted = true},
		[PDU_MASK_REGISTER] = {.max = 1, .write = true, .n_fixed = 4},
	};

	return function < ARRAY_SIZE(shapes) ? shapes[function] : (struct shape){0};
}

static size_t data_bytes(const struct shape *shape, uint16_t count)
{
	return shape->bits ? (count + 7U) / 8 : 2U * count;
}

size_t pdu_data_bytes(const struct pdu_request *request)
{
	struct shape shape = shape_of(request->function);

	if (shape.n_fixed) {
		return shape.n_fixed;
	}
	return shape.counted ? data_bytes(&shape, request->count) : 0;
}

size_t pdu_put_request(uint8_t *pdu, const struct pdu_request *request)
{
	struct shape shape = shape_of(request->function);
	size_t n = data_bytes(&shape, request->count);

	if (request->count < 1 || request->count > shape.max) {
		return 0;
	}
	pdu[0] = request->function;
	pdu_put_register(pdu + 1, 0, request->address);
	if (shape.n_fixed) {
		memcpy(pdu + 3, request->data, shape.n_fixed);
		return 3U + shape.n_fixed;
	}
	pdu_put_register(pdu + 3, 0, request->count);
	if (!shape.counted) {
		return 5;
	}
	pdu[5] = (uint8_t)n;
	memcpy(pdu + 6, request->data, n);
	return 6 + n;
}

static enum reason check_read(const uint8_t *pdu, size_t n, size_t want,
                              const uint8_t **data)
{
	if (n < 2U + want || pdu[1] < want) {
		return REASON_SHORT;
	}
	if (n != 2U + want || pdu[1] != want) {
		return REASON_MISMATCH;
	}
	*data = pdu + 2;
	return REASON_NONE;
}

enum reason pdu_check_answer(const struct pdu_request *request, const uint8_t *pdu,
                             size_t n, const uint8_t **data, uint8_t *code)
{
	struct shape shape = shape_of(request->function);
	uint8_t echo[PDU_MAX];
	size_t n_echo;

	*data = NULL;
	*code = 0;
	if (n == 2 && pdu[0] == (request->function | PDU_EXCEPTION) && pdu[1] != 0) {
		*code = pdu[1];
		return REASON_EXCEPTION;
	}
	if (n < 1 || pdu[0] != request->function) {
		return REASON_MISMATCH;
	}
	if (n < 2) {
		return REASON_SHORT;
	}
	if (!shape.write) {
		return check_read(pdu, n, data_bytes(&shape, request->count), data);
	}
	n_echo = pdu_answer_write(echo, request);
	if (n < n_echo) {
		return REASON_SHORT;
	}
	return n == n_echo && memcmp(pdu, echo, n) == 0 ? REASON_NONE : REASON_MISMATCH;
}

static int parse_fixed(struct pdu_request *request, const uint8_t *pdu, size_t n,
                       const struct shape *shape)
{
	if (n != 3U + shape->n_fixed) {
		return PDU_ILLEGAL_VALUE;
	}
	request->count = 1;
	request->data = pdu + 3;
	if (request->function == PDU_WRITE_COIL &&
	    ((pdu[3] != 0xff && pdu[3] != 0) || pdu[4] != 0)) {
		return PDU_ILLEGAL_VALUE;
	}
	return 0;
}

static int parse_counted(struct pdu_request *request, const uint8_t *pdu, size_t n,
                         const struct shape *shape)
{
	size_t n_data;

	if (n < 5) {
		return PDU_ILLEGAL_VALUE;
	}
	request->count = pdu_register(pdu + 3, 0);
	if (request->count < 1 || request->count > shape->max) {
		return PDU_ILLEGAL_VALUE;
	}
	if (request->address + request->count > 65536) {
		return PDU_ILLEGAL_ADDRESS;
	}
	if (!shape->counted) {
		return n == 5 ? 0 : PDU_ILLEGAL_VALUE;
	}
	n_data = data_bytes(shape, request->count);
	if (n != 6 + n_data || pdu[5] != n_data) {
		return PDU_ILLEGAL_VALUE;
	}
	request->data = pdu + 6;
	return 0;
}

int pdu_parse_request(struct pdu_request *request, const uint8_t *pdu, size_t n)
{
	struct shape shape = shape_of(pdu[0]);

	*request = (struct pdu_request){.function = pdu[0]};
	if (!shape.max) {
		return PDU_ILLEGAL_FUNCTION;
	}
	if (n < 3) {
		return PDU_ILLEGAL_VALUE;
	}
	request->address = pdu_register(pdu + 1, 0);
	return shape.n_fixed ? parse_fixed(request, pdu, n, &shape)
	                     : parse_counted(request, pdu, n, &shape);
}

size_t pdu_answer_registers(uint8_t *pdu, const struct pdu_request *request,
                            const uint16_t *words)
{
	pdu[0] = request->function;
	pdu[1] = (uint8_t)(2 * request->count);
	for (size_t i = 0; i < request->count; i++) {
		pdu_put_register(pdu + 2, i, words[i]);
	}
	return 2U + pdu[1];
}

size_t pdu_answer_bits(uint8_t *pdu, const struct pdu_request *request, const bool *bits)
{
	pdu[0] = request->function;
	pdu[1] = (uint8_t)((request->count + 7) / 8);
	memset(pdu + 2, 0, pdu[1]);
	for (size_t i = 0; i < request->count; i++) {
		pdu[2 + i / 8] |= (uint8_t)(bits[i] << (i % 8));
	}
	return 2U + pdu[1];
}

size_t pdu_answer_write(uint8_t *pdu, const struct pdu_request *request)
{
	size_t n_fixed = shape_of(request->function).n_fixed;

	pdu[0] = request->function;
	pdu_put_register(pdu + 1, 0, request->address);
	if (n_fixed) {
		memcpy(pdu + 3, request->data, n_fixed);
		return 3 + n_fixed;
	}
	pdu_put_register(pdu + 3, 0, request->count);
	return 5;
}

size_t pdu_answer_exception(uint8_t *pdu, uint8_t function, uint8_t code)
{
	pdu[0] = function | PDU_EXCEPTION;
	pdu[1] = code;
	return 2;
}

void pdu_put_mbap(uint8_t *adu, uint16_t transaction, uint8_t unit, size_t n)
{
	pdu_put_register(adu, 0, transaction);
	pdu_put_register(adu, 1, 0);
	pdu_put_register(adu, 2, (uint16_t)(n + 1));
	adu[6] = unit;
}

int pdu_take_frame(struct pdu_frame *frame, const uint8_t *bytes, size_t n, size_t least)
{
	size_t length; /* of unit and PDU, bytes 4 and 5 of the header */

	for (size_t i = 2; i < 4 && i < n; i++) {
		if (bytes[i] != 0) {
			return -EPROTO;
		}
	}
	if (n < 6) {
		return n > 4 && bytes[4] != 0 ? -EPROTO : 0;
	}
	length = pdu_register(bytes, 2);
	if (length < 1 + least || length > 1 + PDU_MAX) {
		return -EPROTO;
	}
	if (n < 6 + length) {
		return 0;
	}
	*frame = (struct pdu_frame){.transaction = pdu_register(bytes, 0),
	                            .unit = bytes[6],
	                            .pdu = bytes + PDU_MBAP,
	                            .n = length - 1};
	return (int)(6 + length);
}
