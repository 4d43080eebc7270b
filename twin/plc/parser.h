/* SPDX-License-Identifier: Apache-2.0 */
/** Text of IEC 61131-3 Structured Text to a tree (ast.h). */
#ifndef TWIN_PLC_PARSER_H
#define TWIN_PLC_PARSER_H

#include "twin/plc/ast.h"

/**
 * Parse all files of s into one tree, in their order.  Mistakes are reported into s; ask
 * sources_errors().
 *
 * @param[out] out  set on success only, also when there are mistakes; lives as long as s
 * @return 0, or -ENOMEM: memory ran out, or the program is larger than the region's
 * ceiling
 */
int parser_parse(struct ast **out, struct sources *s);

#endif
