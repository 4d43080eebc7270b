/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How a device is really polled: the time between the reads of each poll group, the round
 * trip of its answers, the share of time its requests occupy the bus.  All of the last
 * minutes.  Pure: time is an argument, monotonic ns.
 */
#ifndef GATEWAY_FIGURES_H
#define GATEWAY_FIGURES_H

#include "drivers/driver.h"
#include "gateway/recent.h"

/** Five to ten minutes count, or so many periods where that is longer. */
enum { FIGURES_WINDOW_S = 300, FIGURES_PERIODS = 64 };

struct figures;

/**
 * @param[out] out    free with figures_free()
 * @param periods_ms  of the n_groups poll groups
 * @return 0 or -ENOMEM
 */
int figures_new(struct figures **out, const uint32_t *periods_ms, size_t n_groups,
                uint64_t now_ns);

/** NULL is fine. */
void figures_free(struct figures *f);

/** A read of the groups whose bit is set begins. */
void figures_begun(struct figures *f, uint32_t groups, const struct device_stats *stats,
                   uint64_t now_ns);

/** A block came: stats hold the round trip of its answer, if it had one. */
void figures_answered(struct figures *f, const struct device_stats *stats,
                      uint64_t now_ns);

/** Between the beginnings of two reads of a group, in us. */
void figures_interval(const struct figures *f, size_t group, uint64_t now_ns,
                      struct quantiles *out);

/** From a request to its answer, in us. */
void figures_rtt(const struct figures *f, uint64_t now_ns, struct quantiles *out);

/** Share of time, 0 to 1, with a request of the device on the way; NAN where the driver
 * knows of none.  The shares of the units of one line add up to the line's. */
double figures_bus_load(const struct figures *f, const struct device_stats *stats,
                        uint64_t now_ns);

#endif
