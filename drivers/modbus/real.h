/* SPDX-License-Identifier: Apache-2.0 */
/** IEEE 754-2019 binary16, binary32 and binary64 by their bits.  Pure. */
#ifndef DRIVERS_MODBUS_REAL_H
#define DRIVERS_MODBUS_REAL_H

#include <stdint.h>

/** The number of a word of 16, 32 or 64 bits; NaN and infinity as they are. */
double real_from_word(uint64_t word, unsigned int n_bits);

/**
 * The nearest word, ties to even.
 *
 * @return 0, or -ERANGE: NaN, infinity, too large for n_bits, or so small that nothing
 *         would be left of it
 */
int real_to_word(uint64_t *word, unsigned int n_bits, double real);

#endif
