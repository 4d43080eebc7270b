/* SPDX-License-Identifier: Apache-2.0 */
/** What a scan cycle brings to its sink: the readings of a block's answer, or of its
 * failure.  Buffers grow with the plans and stay. */
#ifndef DRIVERS_MODBUS_DELIVERY_H
#define DRIVERS_MODBUS_DELIVERY_H

#include "drivers/modbus/holes.h"
#include "drivers/modbus/plan.h"
#include "drivers/modbus/transport.h"

/** A member of the reader; open only so that it can be one.  config is set at start, sink
 * for each cycle. */
struct delivery {
	const struct device_config *config;
	struct read_sink sink;
	const struct plan *plan;
	struct reading *readings; /* of one block */
	char *text;               /* of its strings */
	size_t max_points, max_text;
};

/** Make room for any block of a plan, which is borrowed for the cycle.
 * @return 0 or -ENOMEM */
int delivery_prepare(struct delivery *d, const struct plan *plan);

void delivery_fini(struct delivery *d);

/** All points of a block that was answered, at the time of the answer. */
void delivery_values(struct delivery *d, const struct plan_block *block,
                     const struct answer *answer);

/** The first n points of a block, bad with the reason of the answer. */
void delivery_failure(struct delivery *d, const struct plan_block *block, size_t n,
                      const struct answer *answer);

/**
 * The points that no request may ask for.
 *
 * @param answer  REASON_EXCEPTION: the device's own word of some time ago, its code that
 *                of the hole; else the reason why it says nothing any more
 */
void delivery_refused(struct delivery *d, const struct holes *holes,
                      const struct answer *answer);

#endif
