/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/frame.h"

#include <errno.h>

#include "drivers/modbus/pdu.h"

uint16_t frame_crc(const uint8_t *bytes, size_t n)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = (uint16_t)(crc >> 1 ^ (crc & 1 ? 0xa001 : 0));
		}
	}
	return crc;
}

size_t frame_close(uint8_t *bytes, size_t n)
{
	uint16_t crc = frame_crc(bytes, n);

	bytes[n] = (uint8_t)(crc & 0xff);
	bytes[n + 1] = (uint8_t)(crc >> 8);
	return n + 2;
}

bool frame_intact(const uint8_t *bytes, size_t n)
{
	/* The CRC of all, itself included, is 0. */
	return n >= 4 && frame_crc(bytes, n) == 0;
}

int frame_length(const uint8_t *bytes, size_t n)
{
	if (n < 3) {
		return 0;
	}
	if (bytes[1] & PDU_EXCEPTION) {
		return 5;
	}
	switch (bytes[1]) {
	case PDU_READ_COILS:
	case PDU_READ_DISCRETE:
	case PDU_READ_HOLDING:
	case PDU_READ_INPUT:
		return bytes[2] + 5 <= FRAME_MAX ? bytes[2] + 5 : -EBADMSG;
	case PDU_WRITE_COIL:
	case PDU_WRITE_REGISTER:
	case PDU_WRITE_COILS:
	case PDU_WRITE_REGISTERS:
		return 8;
	case PDU_MASK_REGISTER:
		return 10;
	default:
		return -EBADMSG;
	}
}
