/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The fits that components wait for (`fit:`, twin/fit_job.h), one at a time on libuv's
 * pool, so that the loop goes on.  Loop thread.
 */
#ifndef GATEWAY_FITTING_H
#define GATEWAY_FITTING_H

#include <uv.h>

#include "twin/twin.h"

struct fitting;

/** @param twin, loop  borrowed until fitting_free().  @return 0 or -ENOMEM */
int fitting_new(struct fitting **out, struct twin *twin, uv_loop_t *loop);

/** Once a second or so, between two batches: begin what waits. */
void fitting_tick(struct fitting *f);

/** What runs is interrupted and ends with the loop; nothing is begun any more.  NULL is
 * fine. */
void fitting_stop(struct fitting *f);

/** The loop has ended, the twin has not.  NULL is fine. */
void fitting_free(struct fitting *f);

#endif
