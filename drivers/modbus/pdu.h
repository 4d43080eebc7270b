/* SPDX-License-Identifier: Apache-2.0 */
/** Modbus requests and answers to bytes and back, for both sides.  Pure.
 * After MODBUS Application Protocol Specification V1.1b3 and MODBUS Messaging on TCP/IP
 * Implementation Guide V1.0b (2006). */
#ifndef DRIVERS_MODBUS_PDU_H
#define DRIVERS_MODBUS_PDU_H

#include "drivers/reading.h"

/** The four tables of a device; struct point.space. */
enum modbus_table {
	MODBUS_HOLDING,
	MODBUS_INPUT,
	MODBUS_COIL,
	MODBUS_DISCRETE,
};

enum pdu_function {
	PDU_READ_COILS = 1,
	PDU_READ_DISCRETE = 2,
	PDU_READ_HOLDING = 3,
	PDU_READ_INPUT = 4,
	PDU_WRITE_COIL = 5,
	PDU_WRITE_REGISTER = 6,
	PDU_WRITE_COILS = 15,
	PDU_WRITE_REGISTERS = 16,
	PDU_MASK_REGISTER = 22,
	PDU_EXCEPTION = 0x80, /* set in the function of an answer: one code follows */
};

enum pdu_exception {
	PDU_ILLEGAL_FUNCTION = 1,
	PDU_ILLEGAL_ADDRESS = 2,
	PDU_ILLEGAL_VALUE = 3,
	PDU_DEVICE_FAILURE = 4,
	PDU_ACKNOWLEDGE = 5, /* it will take its time */
	PDU_BUSY = 6,
	PDU_GATEWAY_NO_PATH = 10,
	PDU_GATEWAY_NO_ANSWER = 11,
};

enum {
	PDU_MAX = 253,     /* bytes, function included */
	PDU_MBAP = 7,      /* bytes of the header on TCP, unit included */
	PDU_ADU_MAX = 260, /* header and PDU */
	PDU_REQUEST_MIN = 1,
	PDU_ANSWER_MIN = 2,
	PDU_READ_REGISTERS_MAX = 125,
	PDU_READ_BITS_MAX = 2000,
	PDU_WRITE_REGISTERS_MAX = 123,
	PDU_WRITE_BITS_MAX = 1968,
};

/** One request, the same for who asks and who answers.  A plain value. */
struct pdu_request {
	uint8_t function; /* enum pdu_function */
	uint16_t address; /* protocol address, from 0 */
	uint16_t count;   /* registers or bits; 1 for functions 5, 6 and 22 */
	/* What to write, as it stands on the wire: registers high byte first, bits
	 * packed from the lowest.  Function 22: AND mask, OR mask.  Borrowed.  Read it
	 * by pdu_register() and pdu_bit(), which fit function 5 (FF00, 0000) too. */
	const uint8_t *data;
};

/** One frame of a stream, header taken off. */
struct pdu_frame {
	uint16_t transaction;
	uint8_t unit;
	const uint8_t *pdu; /* in the caller's bytes */
	size_t n;           /* bytes of pdu */
};

/** Register i of data as on the wire. */
static inline uint16_t pdu_register(const uint8_t *data, size_t i)
{
	return (uint16_t)(data[2 * i] << 8 | data[2 * i + 1]);
}

/** Bit i of data as on the wire. */
static inline bool pdu_bit(const uint8_t *data, size_t i)
{
	return data[i / 8] >> (i % 8) & 1;
}

/** Put register i into data as on the wire. */
static inline void pdu_put_register(uint8_t *data, size_t i, uint16_t word)
{
	data[2 * i] = (uint8_t)(word >> 8);
	data[2 * i + 1] = (uint8_t)(word & 0xff);
}

/** The function that reads count registers or bits of a table. */
enum pdu_function pdu_read_function(enum modbus_table table);

/** Bytes of request->data that a write carries. */
size_t pdu_data_bytes(const struct pdu_request *request);

/* ---- the side that asks ---- */

/**
 * Write a request's PDU.
 *
 * @param[out] pdu  PDU_MAX bytes
 * @return its bytes, or 0 where function or count are none of the protocol's
 */
size_t pdu_put_request(uint8_t *pdu, const struct pdu_request *request);

/**
 * Does an answer fit its request?  Function, length, byte count, and the address, count
 * or value that a write echoes are all compared.
 *
 * @param[out] data  of a read: its registers or bits as on the wire, in pdu; else NULL
 * @param[out] code  the exception's code with REASON_EXCEPTION; else 0
 * @return REASON_NONE, REASON_EXCEPTION, REASON_SHORT (fewer data than asked for), or
 *         REASON_MISMATCH
 */
enum reason pdu_check_answer(const struct pdu_request *request, const uint8_t *pdu,
                             size_t n, const uint8_t **data, uint8_t *code);

/* ---- the side that answers ---- */

/**
 * Understand a request of n bytes, 1 to PDU_MAX.  Addresses are not judged, but for
 * running past 65535.
 *
 * @param[out] request  points into pdu; function is set in any case
 * @return 0, or the exception to answer with: PDU_ILLEGAL_FUNCTION,
 *         PDU_ILLEGAL_ADDRESS, PDU_ILLEGAL_VALUE (count, byte count, or length)
 */
int pdu_parse_request(struct pdu_request *request, const uint8_t *pdu, size_t n);

/** Write the answer to a read of registers; words has request->count.  @return bytes of
 * pdu, which has PDU_MAX */
size_t pdu_answer_registers(uint8_t *pdu, const struct pdu_request *request,
                            const uint16_t *words);

/** Write the answer to a read of bits; bits has request->count.  @return bytes */
size_t pdu_answer_bits(uint8_t *pdu, const struct pdu_request *request, const bool *bits);

/** Write the answer to a write that was carried out.  @return bytes */
size_t pdu_answer_write(uint8_t *pdu, const struct pdu_request *request);

/** Write an exception.  @return bytes */
size_t pdu_answer_exception(uint8_t *pdu, uint8_t function, uint8_t code);

/* ---- framing on TCP ---- */

/** Write the PDU_MBAP bytes that go before a PDU of n bytes. */
void pdu_put_mbap(uint8_t *adu, uint16_t transaction, uint8_t unit, size_t n);

/**
 * Take the first frame off a stream.  Says that framing is lost as soon as the bytes
 * there show it, so any split of a stream gives the same frames.
 *
 * @param n      bytes there; 0 is allowed
 * @param least  bytes of the least PDU: PDU_REQUEST_MIN or PDU_ANSWER_MIN
 * @return bytes that the frame took; 0: more are needed; -EPROTO: framing is lost
 *         (protocol not 0, impossible length)
 */
int pdu_take_frame(struct pdu_frame *frame, const uint8_t *bytes, size_t n, size_t least);

#endif
