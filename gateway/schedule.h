/* SPDX-License-Identifier: Apache-2.0 */
/**
 * When a device's poll groups are read, and when a silent device is tried again.  Pure:
 * time is an argument, monotonic ns.
 *
 * Deadlines are absolute: start + n * period, never "now + period".  A cycle that cannot
 * begin because the last is not back is an overrun: counted, dropped, never made up for,
 * so that a gateway that was frozen polls every tag at most once when it wakes.
 */
#ifndef GATEWAY_SCHEDULE_H
#define GATEWAY_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/driver.h"

/** Period of the groups with `every: 0ms`: no two reads begin within it. */
#define SCHEDULE_FASTEST_NS 1000000U

enum {
	SCHEDULE_BACKOFF_MIN_MS = 500,
	SCHEDULE_BACKOFF_MAX_MS = 30000,
	SCHEDULE_SILENT_CYCLES = 2, /* in a row, before the device is left alone */
	SCHEDULE_STALE_PERIODS = 3,
};

struct schedule_group {
	uint64_t due_ns, period_ns;
	uint64_t overruns; /* deadlines that passed without a read */
	uint64_t reads;
	uint32_t missed; /* the same, in a row */
	bool fastest;    /* every: 0ms */
};

struct schedule {
	struct schedule_group groups[POLL_GROUPS_MAX];
	size_t n_groups;
	uint32_t silent;   /* reads and probes in a row without any answer */
	uint64_t retry_ns; /* when a device that is left alone is tried again */
	uint64_t random;   /* state of the jitter */
};

/** What is to be done now; bit i is group i. */
struct schedule_due {
	uint32_t read;  /* to be read */
	uint32_t lost;  /* due, but the device is left alone: its tags have no value */
	uint32_t stale; /* due, nothing for three periods, and the device still busy */
	bool probe;     /* try whether the device is back */
};

/**
 * @param periods_ms  n_groups distinct periods, 0: as fast as it goes
 * @param start_ns    first deadline of all groups; differs between devices so that they
 * do not start together, see schedule_phase()
 */
void schedule_init(struct schedule *s, const uint32_t *periods_ms, size_t n_groups,
                   uint64_t start_ns);

/** A device's share of its shortest period, so that n devices are spread over it evenly
 * in whatever number they come (multiples of the golden ratio, Knuth 1973, TAOCP 3, 6.4).
 */
uint64_t schedule_phase(uint32_t device, uint32_t period_ms);

/** What is due at now_ns; moves deadlines on.
 * @param busy  a read or probe is under way */
struct schedule_due schedule_take(struct schedule *s, uint64_t now_ns, bool busy);

/** When schedule_take() is to be called next. */
uint64_t schedule_next(const struct schedule *s);

/** A read or probe ended: the device answered anything at all, or nothing. */
void schedule_answered(struct schedule *s);
void schedule_silent(struct schedule *s, uint64_t now_ns);

/** Is the device left alone, but for probes? */
bool schedule_backed_off(const struct schedule *s);

#endif
