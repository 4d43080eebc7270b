/* SPDX-License-Identifier: Apache-2.0 */
/** What a request takes on the way to a device and back: for the planner, and for the
 * cycle time that `check -v` predicts.  Pure. */
#ifndef DRIVERS_MODBUS_COST_H
#define DRIVERS_MODBUS_COST_H

#include "drivers/modbus/address.h"
#include "drivers/modbus/plan.h"

/**
 * The cost of a read of n bytes of data.  Serial line: (8 + 5 + n) characters of 9 bits,
 * parity and stop bits, a silence of t3.5 before request and answer (Serial Line V1.02,
 * section 2.5.1.1), the first of them within the pause where there is one, turnaround.
 * TCP: round trip and pause; bytes at 100 Mbit/s, which is to say a register costs next
 * to nothing.
 *
 * @param turnaround_us  as measured, beyond what the line needs: 0 on a serial line and
 *                       COST_ROUND_TRIP_US on TCP until there is a measurement
 */
struct plan_cost cost_of(const struct address *address,
                         const struct device_limits *limits, uint32_t turnaround_us);

enum { COST_ROUND_TRIP_US = 1000 };

/** What of the turnaround is assumed as long as nothing is measured, in us: what the
 * configuration says, else as above. */
uint32_t cost_assumed_us(const struct address *address,
                         const struct device_limits *limits);

/** Requests of one device on the way at once: in_flight on each of its connections, as
 * far as TRANSPORT_WINDOW_MAX. */
uint32_t cost_in_flight(const struct address *address,
                        const struct device_limits *limits);

/** Time that all blocks of a plan take with in_flight of them on the way, in us. */
uint64_t cost_cycle_us(const struct plan *plan, const struct plan_cost *cost,
                       uint32_t in_flight);

#endif
