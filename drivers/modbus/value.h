/* SPDX-License-Identifier: Apache-2.0 */
/** Registers to values and back: type, order, scale.  Pure.
 *
 * One table for both directions.  The order of a point is applied to its registers first,
 * whatever their number: CDAB and DCBA reverse the registers, BADC and DCBA the bytes in
 * each (so a 16-bit value of a BADC device has its bytes swapped, as in Telegraf).
 * Strings have an order of their own, encoding->string_low_first. */
#ifndef DRIVERS_MODBUS_VALUE_H
#define DRIVERS_MODBUS_VALUE_H

#include "drivers/reading.h"
#include "drivers/tag.h"

/** Registers that a point takes, 1 to 125; 1 for a coil or discrete input. */
uint16_t value_registers(const struct point *point);

/** The registers that a read of the point asks for, end not included: its own, that of
 * its exponent, and what lies between, as both must be of one answer. */
uint32_t value_begin(const struct point *point);
uint32_t value_end(const struct point *point);

/** Is the point a part of one register (a bit, a byte), so that writing it means reading
 * the rest of the register first? */
bool value_is_part(const struct point *point);

/**
 * Registers to a reading: value, quality and reason are set, tag and code too.  NaN,
 * infinity and digits that are none are BAD with REASON_NOT_A_NUMBER, what the device
 * says is no value, or an exponent that is none, with REASON_OUT_OF_RANGE.
 *
 * @param wire  2 * value_registers() bytes as received, within an answer that holds
 *              value_begin() to value_end()
 * @param text  strings: room for encoding->length + 1 bytes, which the reading borrows;
 *              bytes that are no UTF-8 become '?'; ends at the first NUL, without the
 *              spaces before it.  Else unused
 */
void value_decode(struct reading *out, const struct point *point, const uint8_t *wire,
                  char *text);

/**
 * The exact inverse of value_decode().  Nothing is clamped: integers, scaled or not,
 * must hit a step of the register; reals are rounded to the nearest float only.
 *
 * @param wire  2 * value_registers() bytes; where value_is_part(), holds the register as
 *              read just before, and only the part changes
 * @return 0, or -ERANGE with wire as it was: value does not fit the point
 */
int value_encode(uint8_t *wire, const struct point *point, const struct value *value);

#endif
