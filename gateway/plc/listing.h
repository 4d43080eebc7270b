/* SPDX-License-Identifier: Apache-2.0 */
/** Files of Structured Text, and what is said of them, for a terminal. */
#ifndef GATEWAY_PLC_LISTING_H
#define GATEWAY_PLC_LISTING_H

#include <stddef.h>
#include <stdio.h>

#include "twin/plc/sources.h"

/**
 * Read n files in their order.
 *
 * @param[out] out    set on success only; free with sources_free()
 * @param paths       as they are called in diagnoses
 * @param complaints  gets one line for each file that cannot be read
 * @return 0, -ENOMEM, or the negative errno of the first file that failed
 */
int listing_read(struct sources **out, char *const *paths, size_t n, FILE *complaints);

/** Print every diagnosis: file:line:col: error: sentence, the line, a caret and a tilde
 * for each further character that is meant. */
void listing_print(struct sources *s, FILE *out);

/** Print "3 errors and 1 warning in 2 files"; "no errors ..." where there are none. */
void listing_print_summary(const struct sources *s, FILE *out);

#endif
