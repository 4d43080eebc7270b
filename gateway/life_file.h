/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Tables of machines that wear, as files: a row a cycle with columns separated by blanks,
 * or by commas or semicolons; machine, cycle, three settings, then sensors, as those of
 * C-MAPSS (Saxena, Goebel 2008).  A heading and empty lines are passed over.
 */
#ifndef GATEWAY_LIFE_FILE_H
#define GATEWAY_LIFE_FILE_H

#include <stdio.h>

#include "twin/health/life.h"

/** Owns its arrays. */
struct life_file {
	struct life_table table;
	int64_t *unit;
	double *age, *sensors;
};

/**
 * Read a whole file.  An empty cell between commas and `nan` are NAN.
 * @param complaints  gets `file:line: error: ...` of what is wrong first
 * @return 0; -EBADMSG where it is no such table, -ENOMEM, or an errno of opening it
 */
int life_file_read(struct life_file *f, const char *path, FILE *complaints);
void life_file_fini(struct life_file *f);

#endif
