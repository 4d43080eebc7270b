/* SPDX-License-Identifier: Apache-2.0 */
/** Slots of code.h: reading and writing them, wherever they stand. */
#ifndef TWIN_PLC_SLOT_H
#define TWIN_PLC_SLOT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* memcpy, because one place has another type each time a program is loaded. */
#define SLOT_ACCESS(letter, type)                                                        \
	static inline type get_##letter(const uint8_t *place)                            \
	{                                                                                \
		type value;                                                              \
                                                                                         \
		memcpy(&value, place, sizeof(value));                                    \
		return value;                                                            \
	}                                                                                \
	static inline void put_##letter(uint8_t *place, type value)                      \
	{                                                                                \
		memcpy(place, &value, sizeof(value));                                    \
	}

SLOT_ACCESS(b, bool)
SLOT_ACCESS(i, int32_t)
SLOT_ACCESS(u, uint32_t)
SLOT_ACCESS(l, int64_t)
SLOT_ACCESS(q, uint64_t)
SLOT_ACCESS(f, float)
SLOT_ACCESS(d, double)

#endif
