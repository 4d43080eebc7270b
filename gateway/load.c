/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/load.h"

#include <stdbool.h>

enum {
	DEADLINES_MAX = 20000, /* looked at; periods without a common one are cut there */
	PLANS_MAX = 64,        /* kept; more sets of due groups are planned each time */
};

/* What one set of due groups costs. */
struct cost {
	uint32_t due, cycle_us;
	size_t n_requests;
};

struct walk {
	const struct device_config *d;
	const struct driver *driver;
	struct cost known[PLANS_MAX];
	size_t n_known;
	uint64_t next_ms[POLL_GROUPS_MAX];
};

static void drop_line(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static struct cost cost_of(struct walk *w, uint32_t due)
{
	struct cost cost = {.due = due};

	for (size_t i = 0; i < w->n_known; i++) {
		if (w->known[i].due == due) {
			return w->known[i];
		}
	}
	cost.n_requests = w->driver->plan(w->d, due, &cost.cycle_us, drop_line, NULL);
	if (w->n_known < PLANS_MAX) {
		w->known[w->n_known++] = cost;
	}
	return cost;
}

/* The next deadline of any group with a period, UINT64_MAX where there is none. */
static uint64_t next_deadline(const struct walk *w)
{
	uint64_t next_ms = UINT64_MAX;

	for (size_t i = 0; i < w->d->n_periods; i++) {
		if (w->d->periods_ms[i] && w->next_ms[i] < next_ms) {
			next_ms = w->next_ms[i];
		}
	}
	return next_ms;
}

/* The groups due at a time, whose deadlines move on; *all: every group is. */
static uint32_t take_due(struct walk *w, uint64_t at_ms, bool *all)
{
	uint32_t due = 0;

	*all = true;
	for (size_t i = 0; i < w->d->n_periods; i++) {
		uint32_t period_ms = w->d->periods_ms[i];

		if (period_ms && w->next_ms[i] == at_ms) {
			due |= UINT32_C(1) << i;
			w->next_ms[i] += period_ms;
		} else if (period_ms) {
			*all = false;
		}
	}
	return due;
}

struct load load_of_device(const struct device_config *d)
{
	struct walk w = {.d = d, .driver = driver_find(d->driver)};
	uint64_t at_ms = 0, busy_us = 0, n_requests = 0;
	struct load out = {0};
	bool all = false;

	if (!w.driver || !w.driver->plan || next_deadline(&w) == UINT64_MAX) {
		return out;
	}
	/* From one time at which all are due to the next: then it repeats. */
	for (int i = 0; i < DEADLINES_MAX; i++) {
		uint32_t due;
		struct cost cost;

		at_ms = next_deadline(&w);
		due = take_due(&w, at_ms, &all);
		if (all && at_ms > 0) {
			break;
		}
		cost = cost_of(&w, due);
		busy_us += cost.cycle_us;
		n_requests += cost.n_requests;
	}
	out.busy = (double)busy_us / 1e3 / (double)at_ms;
	out.requests_per_s = (double)n_requests * 1e3 / (double)at_ms;
	return out;
}
