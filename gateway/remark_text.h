/* SPDX-License-Identifier: Apache-2.0 */
/** A remark of the twin as a sentence. */
#ifndef GATEWAY_REMARK_TEXT_H
#define GATEWAY_REMARK_TEXT_H

#include "twin/twin.h"

/**
 * @param c   the twin's configuration, whose tags and components r speaks of
 * @param to  the sentence; 256 bytes do
 * @return the kind of event that it is; static
 */
const char *remark_text(const struct twin_config *c, const struct remark *r, char *to,
                        size_t size);

#endif
