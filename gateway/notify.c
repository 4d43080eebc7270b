/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/notify.h"

#include <inttypes.h>
#include <string.h>
#include <systemd/sd-daemon.h>

void notify_ready(const char *status)
{
	sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_reloading(uint64_t monotonic_us)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, monotonic_us);
}

void notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

uint64_t notify_watchdog_us(void)
{
	uint64_t us = 0;

	return sd_watchdog_enabled(0, &us) > 0 ? us : 0;
}

void notify_alive(void)
{
	sd_notify(0, "WATCHDOG=1");
}

bool watchdog_step(struct watchdog *w, const uint64_t *progress, size_t n)
{
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		w->moved[i] |= progress[i] != w->seen[i];
		w->seen[i] = progress[i];
		all &= w->moved[i];
	}
	if (all) {
		memset(w->moved, 0, sizeof(w->moved));
	}
	return all;
}
