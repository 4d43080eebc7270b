/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/schedule.h"

#include <string.h>

/* A timer of 1 ms may fire a little early: that is not worth another round. */
enum { EARLY_NS = 500000 };

void schedule_init(struct schedule *s, const uint32_t *periods_ms, size_t n_groups,
                   uint64_t start_ns)
{
	memset(s, 0, sizeof(*s));
	s->n_groups = n_groups;
	s->random = start_ns | 1;
	for (size_t i = 0; i < n_groups; i++) {
		struct schedule_group *g = &s->groups[i];

		g->fastest = periods_ms[i] == 0;
		g->period_ns = g->fastest ? SCHEDULE_FASTEST_NS
		                          : (uint64_t)periods_ms[i] * 1000000U;
		g->due_ns = start_ns;
	}
}

uint64_t schedule_phase(uint32_t device, uint32_t period_ms)
{
	uint32_t share = device * 2654435769U; /* 2^32 / golden ratio */

	return (uint64_t)period_ms * 1000000U / 65536U * (share >> 16);
}

bool schedule_backed_off(const struct schedule *s)
{
	return s->silent >= SCHEDULE_SILENT_CYCLES;
}

/* The first deadline after now; those that passed beyond the one in hand are overruns. */
static void advance(struct schedule_group *g, uint64_t now_ns)
{
	uint64_t passed = now_ns > g->due_ns ? (now_ns - g->due_ns) / g->period_ns : 0;

	if (g->fastest) {
		g->due_ns = now_ns + g->period_ns;
		return;
	}
	g->overruns += passed;
	g->due_ns += (passed + 1) * g->period_ns;
}

static void take_group(struct schedule *s, size_t i, bool busy, struct schedule_due *due)
{
	struct schedule_group *g = &s->groups[i];
	uint32_t bit = 1U << i;

	if (busy) {
		g->missed++;
		g->overruns += !g->fastest;
		if (!g->fastest && g->missed >= SCHEDULE_STALE_PERIODS) {
			due->stale |= bit;
		}
	} else if (schedule_backed_off(s)) {
		due->lost |= bit;
	} else {
		g->missed = 0;
		g->reads++;
		due->read |= bit;
	}
}

struct schedule_due schedule_take(struct schedule *s, uint64_t now_ns, bool busy)
{
	struct schedule_due due = {0};

	for (size_t i = 0; i < s->n_groups; i++) {
		if (s->groups[i].due_ns <= now_ns + EARLY_NS) {
			advance(&s->groups[i], now_ns);
			take_group(s, i, busy, &due);
		}
	}
	if (!busy && schedule_backed_off(s) && s->retry_ns <= now_ns + EARLY_NS) {
		due.probe = true;
		s->retry_ns = UINT64_MAX; /* until the probe has its outcome */
	}
	return due;
}

uint64_t schedule_next(const struct schedule *s)
{
	uint64_t next = schedule_backed_off(s) ? s->retry_ns : UINT64_MAX;

	for (size_t i = 0; i < s->n_groups; i++) {
		if (s->groups[i].due_ns < next) {
			next = s->groups[i].due_ns;
		}
	}
	return next;
}

void schedule_answered(struct schedule *s)
{
	s->silent = 0;
}

/* 0.8 to 1.2; xorshift64 (Marsaglia 2003). */
static double jitter(struct schedule *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return 0.8 + 0.4 * (double)(s->random >> 40) / (double)(1 << 24);
}

void schedule_silent(struct schedule *s, uint64_t now_ns)
{
	uint64_t wait_ms = SCHEDULE_BACKOFF_MIN_MS;

	s->silent += s->silent < UINT32_MAX;
	for (uint32_t i = SCHEDULE_SILENT_CYCLES;
	     i < s->silent && wait_ms < SCHEDULE_BACKOFF_MAX_MS; i++) {
		wait_ms *= 2;
	}
	if (wait_ms > SCHEDULE_BACKOFF_MAX_MS) {
		wait_ms = SCHEDULE_BACKOFF_MAX_MS;
	}
	s->retry_ns = now_ns + (uint64_t)((double)wait_ms * 1e6 * jitter(s));
}
