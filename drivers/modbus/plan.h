/* SPDX-License-Identifier: Apache-2.0 */
/** Points to blocks, each one request, at the least cost there is.  Pure; made once per
 * set of due poll groups. */
#ifndef DRIVERS_MODBUS_PLAN_H
#define DRIVERS_MODBUS_PLAN_H

#include "drivers/driver.h"
#include "drivers/modbus/pdu.h"

/** The points of one request: plan->points[first] to [first + n_points - 1]. */
struct plan_block {
	enum modbus_table table;
	uint16_t address; /* protocol address, from 0 */
	uint16_t count;   /* registers, or bits */
	uint32_t first;
	uint32_t n_points;
	bool answered; /* the device has answered for all of it: who asks notes it */
};

/** What a request costs; see drivers/modbus/cost.h.  A plain value. */
struct plan_cost {
	uint64_t request_ns; /* whatever it asks for */
	uint64_t byte_ns;    /* for each byte of data in the answer */
};

/** What a plan must keep to.  All is borrowed for the call. */
struct plan_rules {
	const struct device_limits *limits;
	struct plan_cost cost;
	const struct device_hole *holes; /* in any order */
	size_t n_holes;
};

/** Blocks in order of table and address.  Open to read, made by plan_new() only. */
struct plan {
	struct plan_block *blocks;
	size_t n_blocks;
	uint32_t *points; /* indexes of points, in order of table and address; those that
	                     no request may ask for stand behind the others */
	size_t n_points;  /* with those refused */
	size_t n_refused;
	size_t max_points; /* of a block, or refused */
	size_t max_text;   /* bytes that the strings of one block take, with their NULs */
};

/**
 * Plan the points whose group's bit is set in due: the cheapest blocks such that no two
 * neighbours in one have more than limits->max_gap registers (or 16 times as many bits)
 * between them, no limit is broken, nothing in limits->omit is touched and no hole
 * covered.  A point is never split; points may repeat and overlap.
 *
 * O(n log n + n w), w the points of one request that lie in no other point.
 *
 * @param[out] out  free with plan_free()
 * @param points    checked by address_parse_point(); borrowed for the call
 * @return 0, -ENOMEM, or -E2BIG: a point alone is larger than the limits allow
 */
int plan_new(struct plan **out, const struct point *points, size_t n, uint32_t due,
             const struct plan_rules *rules);
void plan_free(struct plan *plan);

/** What one block costs, in ns. */
uint64_t plan_block_ns(const struct plan_cost *cost, enum modbus_table table,
                       uint32_t count);

/** What a read may ask for at most: of the device's limits and the protocol's. */
uint32_t plan_max_count(enum modbus_table table, const struct device_limits *limits);

/** As driver.check_point. */
int plan_check_point(const struct point *point, const struct device_limits *limits,
                     const char **why);

/** Is a table one of bits? */
bool plan_is_bits(enum modbus_table table);

#endif
