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

enum {
	COST_ROUND_TRIP_US = 1000,
	COST_SAMPLES = 15,  /* of a measurement, which is their median */
	COST_AGAIN_S = 600, /* before plans are made for another one */
};

/** What of the turnaround is assumed at start, in us: what the configuration says, else
 * what an earlier run has measured, else as above. */
uint32_t cost_assumed_us(const struct address *address,
                         const struct device_config *config);

/** What of an answer's round trip the line does not explain, in us; at least 1.
 * @param n_bytes  of data in the answer */
uint32_t cost_turnaround_us(const struct address *address, uint64_t round_trip_ns,
                            uint32_t n_bytes);

/** Measures the turnaround of a device.  A member of the reader. */
struct cost_meter {
	uint32_t in_use_us; /* set before the first, and whether it is a measurement */
	bool measured;
	uint32_t samples_us[COST_SAMPLES];
	size_t n;
	uint64_t not_before_ns;
};

/** Take one answer's turnaround.
 * @return whether in_use_us is another now: it was no measurement, or the median is off
 * by more than half of it */
bool cost_measure(struct cost_meter *meter, uint32_t turnaround_us, uint64_t now_ns);

/** Requests of one device on the way at once: in_flight on each of its connections, as
 * far as TRANSPORT_WINDOW_MAX. */
uint32_t cost_in_flight(const struct address *address,
                        const struct device_limits *limits);

/** Time that all blocks of a plan take with in_flight of them on the way, in us. */
uint64_t cost_cycle_us(const struct plan *plan, const struct plan_cost *cost,
                       uint32_t in_flight);

#endif
