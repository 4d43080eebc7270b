/* SPDX-License-Identifier: Apache-2.0 */
/** Readiness and watchdog for systemd; nothing happens without a supervisor. */
#ifndef GATEWAY_NOTIFY_H
#define GATEWAY_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NOTIFY_PARTS_MAX = 4 };

/** Who must have made progress before the watchdog is fed. */
struct watchdog {
	uint64_t seen[NOTIFY_PARTS_MAX];
	bool moved[NOTIFY_PARTS_MAX];
};

void notify_ready(const char *status);
void notify_reloading(uint64_t monotonic_us);
void notify_stopping(void);

/** How often the supervisor wants to be told, in us; 0: it does not. */
uint64_t notify_watchdog_us(void);

/** Take the parts' counters of progress.  @return true, once every part has moved since
 * the last true: feed the watchdog */
bool watchdog_step(struct watchdog *w, const uint64_t *progress, size_t n);

void notify_alive(void);

#endif
