/* SPDX-License-Identifier: Apache-2.0 */
/**
 * When a device's poll groups are read, and when a silent device is tried again.  Pure:
 * time is an argument, monotonic ns.
 *
 * Deadlines are absolute: anchor + n * period, never "now + period", so that they do not
 * drift.  Anchors differ between devices, which spreads the load over the period; those
 * of one device lie so that a slow group is due together with a faster one whose period
 * divides its own, for they share reads then.
 *
 * Overruns: a deadline at which the last read is not back, or that passes unseen because
 * the gateway itself stood still, is counted and dropped, never made up for.  A gateway
 * that was frozen reads what is due once when it wakes, and again after a period at the
 * earliest.
 */
#ifndef GATEWAY_SCHEDULE_H
#define GATEWAY_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/driver.h"

/** Period of the groups with `every: 0ms`: no two reads begin within it. */
#define SCHEDULE_FASTEST_NS 1000000U
/** The same while nothing is read: how often to say so. */
#define SCHEDULE_IDLE_NS 1000000000U
/** First reads are spread over this time, or the shortest period if that is less. */
#define SCHEDULE_START_NS 200000000U

enum {
	SCHEDULE_BACKOFF_MIN_MS = 500,
	SCHEDULE_BACKOFF_MAX_MS = 30000,
	SCHEDULE_SILENT_CYCLES = 2, /* in a row, before the device is left alone */
	SCHEDULE_STALE_PERIODS = 3,
};

struct schedule_group {
	uint64_t due_ns, period_ns;
	uint64_t anchor_ns; /* deadlines are whole periods from here */
	uint64_t overruns;  /* deadlines that passed without a read */
	uint64_t reads;
	uint32_t late; /* deadlines in a row at which the last read was not back */
	bool fastest;  /* every: 0ms */
	bool anchored; /* its first deadline, which is not, is behind */
};

struct schedule {
	struct schedule_group groups[POLL_GROUPS_MAX];
	size_t n_groups;
	uint32_t silent;   /* reads and probes in a row without any answer */
	uint64_t retry_ns; /* when a device that is left alone is tried again */
	uint64_t random;   /* state of the jitter */
	uint64_t begun_ns; /* the last read */
	uint64_t cycle_ns; /* how long the last one with an answer took */
};

/** What is to be done now; bit i is group i. */
struct schedule_due {
	uint32_t read; /* to be read */
	uint32_t lost; /* due, but the device is left alone: its tags have no value */
	uint32_t late; /* due again, and the last read is still not back */
	bool probe;    /* try whether the device is back */
};

/**
 * All groups are due first within SCHEDULE_START_NS, then at their anchored deadlines.
 * @param periods_ms  n_groups distinct periods, ascending; 0: as fast as it goes
 * @param device      its index: n devices are spread evenly in whatever number they come
 */
void schedule_init(struct schedule *s, const uint32_t *periods_ms, size_t n_groups,
                   uint32_t device, uint64_t now_ns);

/** What is due at now_ns; moves deadlines on.
 * @param busy  a read or probe is under way */
struct schedule_due schedule_take(struct schedule *s, uint64_t now_ns, bool busy);

/** The device is back: all groups are read now, out of turn.  @return their bits */
uint32_t schedule_take_all(struct schedule *s, uint64_t now_ns);

/** When schedule_take() is to be called next. */
uint64_t schedule_next(const struct schedule *s);

/** A read or probe ended: the device answered anything at all, or nothing. */
void schedule_answered(struct schedule *s, uint64_t now_ns);
void schedule_silent(struct schedule *s, uint64_t now_ns);

/** Is the device left alone, but for probes? */
bool schedule_backed_off(const struct schedule *s);

/** A tag of this group is stale when its last reading is older, in ns: three periods; of
 * a group with `every: 0ms` three cycles as they are, or 3 s if that is more. */
uint64_t schedule_stale_ns(const struct schedule *s, size_t group);

#endif
