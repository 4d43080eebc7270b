/* SPDX-License-Identifier: Apache-2.0 */
/** Blocks that a busy device (exceptions 5 and 6) put off: asked again in the same cycle,
 * behind the others, after pauses that grow with the time the cycle has taken, and no
 * longer than leaves the next one its time.  Loop thread only. */
#ifndef DRIVERS_MODBUS_LATER_H
#define DRIVERS_MODBUS_LATER_H

#include <uv.h>

#include "drivers/modbus/plan.h"

struct later_timer;

/** A member of the reader; open only so that it can be one. */
struct later {
	struct later_timer *timer; /* freed in its close callback */
	struct plan_block *blocks; /* in no order: they are all asked */
	size_t n, max;
	uint64_t begin_ns, end_ns; /* of the time to ask again */
	uint64_t again_ns;         /* not before */
};

/** @param again  there is something to take
 * @return 0 or -ENOMEM; end with later_fini() in either case */
int later_init(struct later *later, uv_loop_t *loop, void (*again)(void *arg), void *arg);
void later_fini(struct later *later);

/** A cycle begins, and until when it may ask again; nothing is left of the last. */
void later_begin(struct later *later, uint64_t now_ns, uint64_t end_ns);

/** Put a block off.  @return false: there is no time or memory for it */
bool later_put(struct later *later, const struct plan_block *block, uint64_t now_ns);

/** Take one whose pause is over; else `again` is called when it is.
 * @return whether there was one */
bool later_take(struct later *later, struct plan_block *block, uint64_t now_ns);

#endif
