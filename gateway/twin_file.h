/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The twin's learnt state across restarts: `twin.state` in the state directory, taken at
 * start, written every ten minutes and at the end.  Loop thread; while the gateway runs
 * the disk is the pool's.
 */
#ifndef GATEWAY_TWIN_FILE_H
#define GATEWAY_TWIN_FILE_H

#include <uv.h>

#include "twin/twin.h"

struct twin_file;

/** Restore t from what is there, and say in the log what became of it.  A file that is
 * damaged or of another version is left to be overwritten: all is learnt anew.
 * @param t, loop, state_dir  borrowed until twin_file_free()
 * @return 0 or -ENOMEM */
int twin_file_new(struct twin_file **out, struct twin *t, uv_loop_t *loop,
                  const char *state_dir);

/** Once in a while; writes on the pool when it is time. */
void twin_file_tick(struct twin_file *f);

/** Write now, and wait for it; the loop has ended.  NULL is fine. */
void twin_file_save(struct twin_file *f);
void twin_file_free(struct twin_file *f);

#endif
