/* SPDX-License-Identifier: Apache-2.0 */
/** The variables that a run prints: one CSV line a scan. */
#ifndef GATEWAY_PLC_WATCHED_H
#define GATEWAY_PLC_WATCHED_H

#include <stdint.h>
#include <stdio.h>

#include "twin/plc/program.h"

struct watched;

/**
 * Look up `NAME,NAME,...`; a comma within [ ] belongs to its name.
 *
 * @param[out] out    set on success only
 * @param list        NULL: none
 * @param p           borrowed
 * @param complaints  gets a line for each that is not found
 * @return 0, -ENOMEM, or -ENOENT
 */
int watched_new(struct watched **out, const char *list, const struct program *p,
                FILE *complaints);
void watched_free(struct watched *w);

/**
 * Look all names up anew, in a program that is about to take the place of the one given
 * to watched_new(), which is still the one that is read.
 *
 * @return 0, or -ENOENT: complaints say which; then look them up in the old one again
 */
int watched_find(struct watched *w, const struct program *p, FILE *complaints);

/** How many, and the i-th with its name as it was given; borrowed. */
size_t watched_count(const struct watched *w);
const struct program_variable *watched_at(const struct watched *w, size_t i,
                                          const char **name);

/** time_ms and the names as they were given. */
void watched_heading(const struct watched *w, FILE *out);

/** The time, ms, and the values as they are now. */
void watched_line(struct watched *w, int64_t now_ns, FILE *out);

#endif
