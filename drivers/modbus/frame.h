/* SPDX-License-Identifier: Apache-2.0 */
/** Frames on serial lines: unit, PDU, CRC.  Pure.  After MODBUS over Serial Line
 * Specification V1.02 (2006), sections 2.5.1 and 6.2.2. */
#ifndef DRIVERS_MODBUS_FRAME_H
#define DRIVERS_MODBUS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FRAME_MIN = 5,   /* bytes: an exception */
	FRAME_MAX = 256, /* bytes */
};

/** CRC-16 of n bytes (polynomial A001 reversed, start FFFF); low byte first on the line.
 */
uint16_t frame_crc(const uint8_t *bytes, size_t n);

/** Put the CRC behind n bytes.  @return bytes of the frame */
size_t frame_close(uint8_t *bytes, size_t n);

/** Does a frame of n bytes, CRC included, carry the right one? */
bool frame_intact(const uint8_t *bytes, size_t n);

/**
 * Length of the answer that begins here, CRC included: the end of a frame is known by its
 * length, as adapters deliver bytes in lumps.
 *
 * @return bytes; 0: more are needed to tell; -EBADMSG: no answer begins like this
 */
int frame_length(const uint8_t *bytes, size_t n);

#endif
