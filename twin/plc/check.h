/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Is the program right, and what does it mean?  Names, types, constants, addresses,
 * initial values, calls, tasks: fills what ast.h calls "by the checker" and reports into
 * the tree's sources, errors and warnings of all files in one pass.
 */
#ifndef TWIN_PLC_CHECK_H
#define TWIN_PLC_CHECK_H

#include "twin/plc/ast.h"

enum {
	CHECK_BYTES_MAX = 64 << 20, /* of one variable, as estimated before layout */
	CHECK_TASKS_MAX = 1000,
};

/**
 * Check the whole tree; ask sources_errors() afterwards.  A tree with errors may be
 * checked, also by those of the parser, but not compiled.
 *
 * @return 0, or -ENOMEM
 */
int check_tree(struct ast *ast);

#endif
