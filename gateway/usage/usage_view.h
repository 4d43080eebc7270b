/* SPDX-License-Identifier: Apache-2.0 */
/** A machine's use for a terminal, a program, a spreadsheet, a browser. */
#ifndef GATEWAY_USAGE_USAGE_VIEW_H
#define GATEWAY_USAGE_USAGE_VIEW_H

#include <jansson.h>

#include "gateway/usage/usage.h"

void usage_print(FILE *out, const struct usage *u);
json_t *usage_json(const struct usage *u);

/** tag,unit,spectrum,from,to,amount: seconds at a level, and cycles of a range */
void usage_print_csv(FILE *out, const struct usage *u);
void usage_print_page(FILE *out, const struct usage *u, const char *date);

#endif
