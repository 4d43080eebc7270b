/* SPDX-License-Identifier: Apache-2.0 */
/** Points to blocks, each one request.  Pure; made once per set of due poll groups. */
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
};

/** Blocks in order of table and address.  Open to read, made by plan_new() only. */
struct plan {
	struct plan_block *blocks;
	size_t n_blocks;
	uint32_t *points; /* indexes of points, in order of table and address */
	size_t n_points;
	size_t max_points; /* of a block */
	size_t max_text;   /* bytes that the strings of one block take, with their NULs */
};

/**
 * Plan the points whose group's bit is set in due.  Neighbours are merged where at most
 * limits->max_gap registers (or 16 times as many bits) lie between them; a point is never
 * split; points may repeat and overlap.
 *
 * @param[out] out  free with plan_free()
 * @param points    checked by address_parse_point(); borrowed for the call
 * @return 0, -ENOMEM, or -E2BIG: a point alone is larger than the limits allow
 */
int plan_new(struct plan **out, const struct point *points, size_t n, uint32_t due,
             const struct device_limits *limits);
void plan_free(struct plan *plan);

/** Is a table one of bits? */
bool plan_is_bits(enum modbus_table table);

#endif
