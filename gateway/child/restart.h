/* SPDX-License-Identifier: Apache-2.0 */
/** When what failed may be started again: later each time, at most three times an hour.
 * Pure. */
#ifndef GATEWAY_CHILD_RESTART_H
#define GATEWAY_CHILD_RESTART_H

#include <stdint.h>

enum { RESTART_MAX = 3 };

/** Zero at first. */
struct restart {
	int64_t at_ns[RESTART_MAX]; /* of the last, oldest first */
	unsigned n;
};

/** It failed at now_ns: how long to wait before it is started again, ns.  That start
 * counts. */
int64_t restart_after(struct restart *r, int64_t now_ns);

#endif
