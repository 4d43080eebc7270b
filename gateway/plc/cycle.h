/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A program's scans in real time, each at an absolute deadline.  One that is late by a
 * whole cycle is an overrun: the missed deadlines are counted and left out, never caught
 * up by a burst; the program's time goes on with the clock.
 */
#ifndef GATEWAY_PLC_CYCLE_H
#define GATEWAY_PLC_CYCLE_H

#include <uv.h>

#include "twin/plc/program.h"

struct cycle;

/** Since the start, ns. */
struct cycle_stats {
	uint64_t scans, overruns;
	int64_t period_min, period_mean,
		period_max;          /* from one scan's start to the next */
	int64_t jitter;              /* most that a start was late */
	int64_t work_mean, work_max; /* that a scan took */
};

struct cycle_hooks {
	/** Before a scan at time_ns of the program.  @return 0, or why to stop */
	int (*before)(void *arg, int64_t time_ns);
	/** After it; err is program_scan()'s.  @return false to stop */
	bool (*after)(void *arg, int64_t time_ns, int err);
	void *arg;
};

/** Start now.  @param out  set on success only.  @return 0, -ENOMEM, or of timerfd */
int cycle_start(struct cycle **out, uv_loop_t *loop, struct program *p,
                const struct cycle_hooks *hooks);

struct cycle_stats cycle_stats(const struct cycle *c);

/** The program's time of the last scan, ns. */
int64_t cycle_time(const struct cycle *c);

/** Stop; the memory goes in a close callback, while the loop runs. */
void cycle_stop(struct cycle *c);

#endif
