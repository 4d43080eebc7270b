/* SPDX-License-Identifier: Apache-2.0 */
/** Types of tags by name: "float32", "string(8)", "bcd(4)", "bit(3)".  Pure. */
#ifndef GATEWAY_CONFIG_VALUE_TYPE_H
#define GATEWAY_CONFIG_VALUE_TYPE_H

#include <stddef.h>

#include "drivers/tag.h"

/** @param[out] length  string: bytes; bcd: digits; bit: its number; else 0
 * @return 0, or -EINVAL with *why a static text */
int value_type_parse(const char *text, enum value_type *type, uint16_t *length,
                     const char **why);

/** The i-th name without its argument, NULL beyond the last: for "did you mean". */
const char *value_type_name(size_t i);

/** A number that is no bool, bit, string or epoch. */
bool value_type_analog(enum value_type type);

/** Integers and BCD: their values come in steps. */
bool value_type_integer(enum value_type type);

/** What a type can hold, before scaling; false where it is no number. */
bool value_type_range(enum value_type type, uint16_t length, double *min, double *max);

/** Bits on the wire: 1 for a bit or bool, 16 for what fills a register, ... */
uint32_t value_type_bits(enum value_type type, uint16_t length);

#endif
