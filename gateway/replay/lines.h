/* SPDX-License-Identifier: Apache-2.0 */
/** The lines that a replay writes: time,device,tag,value,predicted,sigma,score,state. */
#ifndef GATEWAY_REPLAY_LINES_H
#define GATEWAY_REPLAY_LINES_H

#include "drivers/tag.h"
#include "gateway/replay/sheet.h"
#include "twin/estimate.h"

struct lines;

/**
 * Begin with the heading.
 *
 * @param out   file descriptor, borrowed until lines_free()
 * @param tags  n of them, whose names are taken over now
 * @return 0 or -ENOMEM
 */
int lines_new(struct lines **l, int out, const struct tag *tags, size_t n);
void lines_free(struct lines *l);

/** One line: time and value as they stand in their cells, e in nine significant digits.
 */
void lines_add(struct lines *l, const struct sheet_cell *time,
               const struct sheet_cell *value, uint32_t tag, const struct estimate *e);

/** 0, or the errno of the first write that failed; then nothing more is written. */
int lines_error(const struct lines *l);

/** Write what is still in memory.  @return as lines_error() */
int lines_flush(struct lines *l);

#endif
