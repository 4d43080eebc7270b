/* SPDX-License-Identifier: Apache-2.0 */
/** What a configuration that was read again means for the one that runs. */
#ifndef GATEWAY_RELOAD_H
#define GATEWAY_RELOAD_H

#include "gateway/config.h"

/** The same text, the same gateway; and the same password, which is not printed, and the
 * same counters and breaks of the line's file. */
bool reload_is_same(const struct config *a, const struct config *b);

/** Complaints of config_load() to the log, line by line.  @param text  is cut up; NULL:
 * none */
void reload_complain(char *text);

#endif
