/* SPDX-License-Identifier: Apache-2.0 */
/** Scalars as our own reader takes them. */
#ifndef GATEWAY_CONFIG_YAML_OUT_H
#define GATEWAY_CONFIG_YAML_OUT_H

#include <stdio.h>

/** In double quotes, as YAML and JSON both read it. */
void yaml_out_text(const char *text, FILE *out);

/** Without quotes where every YAML reader takes it for the same text, also in { }. */
void yaml_out_word(const char *text, FILE *out);

/** As few digits as read back the same; value is finite. */
void yaml_out_real(double value, FILE *out);

#endif
