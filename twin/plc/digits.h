/* SPDX-License-Identifier: Apache-2.0 */
/** Decimal numbers without stdio. */
#ifndef TWIN_PLC_DIGITS_H
#define TWIN_PLC_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGITS_MAX = 40 }; /* bytes that hold any number, with a NUL */

/** Write a whole number; at least DIGITS_MAX bytes. @return bytes without the NUL */
size_t digits_signed(char *out, int64_t value);
size_t digits_unsigned(char *out, uint64_t value);

/**
 * The fewest digits that read back the same double, or float where single: "0.1",
 * "1e+20", "-0", "nan", "inf"; written as by "%g".  At least DIGITS_MAX bytes.
 */
size_t digits_real(char *out, double value, bool single);

/** A whole text as a number, "1.5e3", "nan", "-inf". @return 0 or -EINVAL */
int digits_read_real(const char *text, size_t n, double *out);

/** A whole text as an integer: "-12", "16#FF", "2#1010_1100"; sign apart.
 * @return 0, -EINVAL, or -ERANGE beyond 64 bits */
int digits_read_integer(const char *text, size_t n, uint64_t *magnitude, bool *negative);

#endif
