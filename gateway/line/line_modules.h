/* SPDX-License-Identifier: Apache-2.0 */
/** Modules of a line: files of stations, ways, vehicles and operators with parameters and
 * ports, put into the line's tree before anybody looks at it (docs/line.md).  Station S
 * of module M is called M-S then; a way of the line leads to or from M.PORT. */
#ifndef GATEWAY_LINE_LINE_MODULES_H
#define GATEWAY_LINE_LINE_MODULES_H

#include "gateway/line/line_build.h"

/**
 * Put the modules of *root in.
 *
 * @param[in,out] root  the line's map; another one where it has modules
 * @return 0, -ENOMEM, or what a file cannot be read for; what is wrong is complained
 * about
 */
int line_modules_expand(struct line_build *b, struct node **root);

/** Read a file to a map; what it cannot be read for is said at the place that names it.
 */
int line_tree_read(struct line_build *b, const char *path, struct place at,
                   struct node **root);

#endif
