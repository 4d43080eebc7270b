/* SPDX-License-Identifier: Apache-2.0 */
/** A figure with what is not sure of it, with as many digits as that leaves. */
#ifndef GATEWAY_AMOUNT_H
#define GATEWAY_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * "1550.9 ± 1.2", "12.8 ± 0.5", "-23 ± 4"; without a half width (NAN, or none to speak
 * of) five digits; "-" for no number.
 * @param sign  a plus before what is positive: for differences
 */
void amount_text(char *buf, size_t size, const double value_half[2], bool sign);

/** Characters of UTF-8 text. */
int text_width(const char *text);

/** Text, and blanks up to so many columns; two where it is longer.  0 columns: none. */
void text_pad(FILE *out, const char *text, int columns);

#endif
