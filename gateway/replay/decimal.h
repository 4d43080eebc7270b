/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Decimal numbers to doubles and back, as strtod() and printf("%.9g") do it to the last
 * bit and digit, at a tenth of their cost: a recording is millions of them.
 */
#ifndef GATEWAY_REPLAY_DECIMAL_H
#define GATEWAY_REPLAY_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

/** Room for what decimal_print() writes. */
enum { DECIMAL_TEXT_MAX = 24 };

/** Longest number that decimal_parse() takes, in characters. */
enum { DECIMAL_PARSE_MAX = 127 };

/**
 * The number nearest to n characters of text, ties to even: [+-]digits[.digits][e[+-]n].
 * @return false where they are something else, or nothing; *x is undefined then
 */
bool decimal_parse(const char *text, size_t n, double *x);

/** Nine significant digits, without a NUL; nothing for NAN.  @return where it ends */
char *decimal_print(char *to, double x);

#endif
