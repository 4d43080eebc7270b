/* SPDX-License-Identifier: Apache-2.0 */
/** What an identification found, for a person and for a program. */
#ifndef GATEWAY_CLI_IDENTIFY_VIEW_H
#define GATEWAY_CLI_IDENTIFY_VIEW_H

#include <stdio.h>

#include "gateway/identification.h"

void identify_view_table(FILE *out, const char *component,
                         const struct identification *i);

/** One object on one line. */
void identify_view_json(FILE *out, const char *component, const struct identification *i);

#endif
