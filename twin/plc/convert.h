/* SPDX-License-Identifier: Apache-2.0 */
/**
 * From one elementary type to another (IEC 61131-3 edition 2, 2.5.1.5.1).
 *
 * REAL to an integer rounds half to even; integers wrap into a narrower type; BOOL is
 * "not zero"; times and dates count seconds as numbers, as OpenPLC's library has it; bit
 * strings count as unsigned numbers.
 */
#ifndef TWIN_PLC_CONVERT_H
#define TWIN_PLC_CONVERT_H

#include <stdint.h>

#include "twin/plc/code.h"
#include "twin/plc/type.h"

enum convert_way { CONVERT_ROUND, CONVERT_TRUNC, CONVERT_FROM_BCD, CONVERT_TO_BCD };

/** For operand c of CONVERT. */
static inline uint32_t convert_packed(enum kind from, enum kind to, enum convert_way way)
{
	return (uint32_t)from | (uint32_t)to << 8 | (uint32_t)way << 16;
}

/** Between slots of elementary types but strings. */
void convert_slot(uint8_t *to, const uint8_t *from, uint32_t packed);

/** From or to a STRING or WSTRING, or both.  A text that is no value of the type gives 0;
 * BOOL is written TRUE or FALSE, bit strings as 16#FF, TIME as T#1.5s. */
void convert_text(uint8_t *to, const uint8_t *from, uint32_t packed);

/** An integer slot of four bytes into the range of a kind. */
uint32_t convert_wrap(uint32_t bits, enum kind kind);

/** Nearest integer, half to even; NaN is 0, beyond int64 is its end. */
int64_t convert_round(double value);

static inline float narrow_d(double value)
{
	return (float)value;
}

#endif
