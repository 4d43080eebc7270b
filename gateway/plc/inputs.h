/* SPDX-License-Identifier: Apache-2.0 */
/** Rows of a CSV file that set a PLC's variables when their time has come. */
#ifndef GATEWAY_PLC_INPUTS_H
#define GATEWAY_PLC_INPUTS_H

#include <stdint.h>
#include <stdio.h>

#include "twin/plc/program.h"

struct inputs;

/**
 * Read all of a file: a heading `time_ms` and names of variables, then rows in order of
 * time; an empty cell leaves its variable alone.  A cell may stand in double quotes.
 *
 * @param[out] out    set on success only
 * @param p           borrowed; names are looked up now
 * @param complaints  gets file:line: error: for each mistake
 * @return 0, -ENOMEM, -EINVAL, or the negative errno of what the file system says
 */
int inputs_open(struct inputs **out, const char *path, struct program *p,
                FILE *complaints);
void inputs_close(struct inputs *in);

/** As watched_find(); complaints are those of inputs_open(). @return 0 or -EINVAL */
int inputs_find(struct inputs *in, const struct program *p);

/** Apply the rows whose time is at or before now_ns.  @return 0, or -EINVAL: a value does
 * not fit its variable, which complaints was told */
int inputs_apply(struct inputs *in, int64_t now_ns);

/** When the last row is due, ns; -1: there is none. */
int64_t inputs_end(const struct inputs *in);

#endif
