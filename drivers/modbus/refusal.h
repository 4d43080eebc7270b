/* SPDX-License-Identifier: Apache-2.0 */
/** What to ask after a device has refused a block (exception 2 or 3): first its runs
 * without the gaps between them, then halves, until the bad point stands alone. */
#ifndef DRIVERS_MODBUS_REFUSAL_H
#define DRIVERS_MODBUS_REFUSAL_H

#include "drivers/modbus/holes.h"
#include "drivers/modbus/plan.h"

/** Blocks of one plan on their way to be understood; a member of the reader. */
struct refusal {
	const struct point *points;
	const struct device_limits *limits;
	const struct plan *plan;
	struct holes *holes;
	struct plan_block *pieces; /* still to be asked, the last first; they share no
	                              point, so there are plan->n_points at most */
	size_t n_pieces;
	uint64_t now_ns; /* of the refusal under way */
};

/** The addresses that a block asks for. */
struct device_range refusal_range(const struct plan_block *block);

/** The addresses that a request for a point alone asks for. */
struct device_range refusal_point_range(const struct point *point,
                                        const struct device_limits *limits);

/**
 * Learn from a refused block: what is now known not to be asked goes into holes, what is
 * left to be asked into pieces.
 *
 * @param code  the exception's
 * @return how many points are bad by themselves: the first so many of the block, which
 *         ask for exactly what was refused
 */
size_t refusal_split(struct refusal *r, const struct plan_block *block, uint8_t code,
                     uint64_t now_ns);

/** Does a hole known from before still mean anything: may what was refused be asked for
 * again, by the limits of today? */
bool refusal_holds(const struct device_hole *hole, const struct device_limits *limits);

#endif
