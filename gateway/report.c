/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/report.h"

#include <stdlib.h>

static void tell(const struct status_parts *parts, uint32_t device)
{
	struct device_health health;
	char *figures = status_figures(parts, device);

	if (figures) {
		poller_health(parts->poller, device, &health);
		bus_device_figures(parts->bus, device, &health, figures);
	}
	free(figures);
}

void report_tick(struct report *r, const struct status_parts *parts, uint64_t now_ns)
{
	uint64_t n = parts->config->n_devices, due;

	if (!r->begun_ns) {
		r->begun_ns = now_ns;
	}
	due = (now_ns - r->begun_ns) / 1000000 * n / (REPORT_PERIOD_S * UINT64_C(1000));
	if (due - r->turns > n) {
		r->turns = due - n;
	}
	while (parts->publisher && r->turns < due) {
		tell(parts, (uint32_t)(r->turns++ % n));
	}
}
