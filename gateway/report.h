/* SPDX-License-Identifier: Apache-2.0 */
/** Has the devices in turn published with the figures of how they are polled. */
#ifndef GATEWAY_REPORT_H
#define GATEWAY_REPORT_H

#include "gateway/status.h"

/** Every device once in this time, evenly spread over it. */
enum { REPORT_PERIOD_S = 30 };

/** A plain value; zero at start. */
struct report {
	uint64_t begun_ns; /* 0: not yet */
	uint64_t turns;    /* that were had, of all devices together */
};

/** Publish those whose turn has come: on P/D/status.  After a standstill each device at
 * most once.  Loop thread; now_ns is monotonic. */
void report_tick(struct report *r, const struct status_parts *parts, uint64_t now_ns);

#endif
