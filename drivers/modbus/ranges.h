/* SPDX-License-Identifier: Apache-2.0 */
/** The ranges of a unit while they are found, in any order.  Part of discover.h. */
#ifndef DRIVERS_MODBUS_RANGES_H
#define DRIVERS_MODBUS_RANGES_H

#include "drivers/modbus/discover.h"

/**
 * Put what was read between the others, joined with those that it touches.
 *
 * @param count  1 or more addresses; none of them is in a range yet
 * @param data   as on the wire
 * @return 0 or -ENOMEM
 */
int ranges_add(struct discover_unit *u, enum modbus_table table, uint16_t first,
               uint16_t count, const uint8_t *data);

/** Free the ranges, not the unit. */
void ranges_free(struct discover_unit *u);

#endif
