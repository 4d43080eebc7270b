/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/schedule.h"

#include <string.h>

enum {
	/* A timer of 1 ms may fire a little early: that is not worth another round. */
	EARLY_NS = 500000,
	/* The loop was this late, and half a period: it stood still. */
	STALL_NS = 10000000,
};

/* Before the first cycle has come to its end: a slow line has its time. */
#define CYCLE_GUESS_NS 10000000000U

/* Multiples of these, modulo 1, fill an interval evenly however many there are (Knuth
 * 1973, TAOCP 3, 6.4: the golden ratio; Roberts 2018: the plastic number, whose multiples
 * are independent of the former's).  In 2^-32. */
enum { GOLDEN, PLASTIC };
static const uint32_t ratios[] = {[GOLDEN] = 2654435769U, [PLASTIC] = 3242174889U};

/* A device's part of a whole. */
static uint64_t share(uint64_t whole, uint32_t device, int ratio)
{
	uint32_t part = device * ratios[ratio];

	return (whole >> 32) * part + ((whole & UINT32_MAX) * part >> 32);
}

/* A group's anchor is a deadline of the next faster group, and which one is the device's
 * own choice. */
static void anchor_groups(struct schedule *s, uint32_t device, uint64_t now_ns)
{
	uint64_t anchor_ns = now_ns + share(s->groups[0].period_ns, device, GOLDEN);

	for (size_t i = 0; i < s->n_groups; i++) {
		if (i > 0) {
			uint64_t faster_ns = s->groups[i - 1].period_ns;

			anchor_ns += share(s->groups[i].period_ns / faster_ns, device,
			                   PLASTIC) *
			             faster_ns;
		}
		s->groups[i].anchor_ns = anchor_ns;
	}
}

void schedule_init(struct schedule *s, const uint32_t *periods_ms, size_t n_groups,
                   uint32_t device, uint64_t now_ns)
{
	uint64_t spread_ns = SCHEDULE_START_NS;

	memset(s, 0, sizeof(*s));
	s->n_groups = n_groups;
	s->random = now_ns | 1;
	s->cycle_ns = CYCLE_GUESS_NS;
	for (size_t i = 0; i < n_groups; i++) {
		struct schedule_group *g = &s->groups[i];

		g->fastest = periods_ms[i] == 0;
		g->period_ns = g->fastest ? SCHEDULE_FASTEST_NS
		                          : (uint64_t)periods_ms[i] * 1000000U;
	}
	if (s->groups[0].period_ns < spread_ns) {
		spread_ns = s->groups[0].period_ns;
	}
	for (size_t i = 0; i < n_groups; i++) {
		s->groups[i].due_ns = now_ns + share(spread_ns, device, GOLDEN);
	}
	anchor_groups(s, device, now_ns);
}

bool schedule_backed_off(const struct schedule *s)
{
	return s->silent >= SCHEDULE_SILENT_CYCLES;
}

uint64_t schedule_stale_ns(const struct schedule *s, size_t group)
{
	uint64_t period_ns = s->groups[group].period_ns;

	if (s->groups[group].fastest) {
		period_ns = s->cycle_ns > SCHEDULE_IDLE_NS ? s->cycle_ns
		                                           : SCHEDULE_IDLE_NS;
	}
	return SCHEDULE_STALE_PERIODS * period_ns;
}

/* The first anchored deadline that is not before from_ns. */
static uint64_t anchored_from(const struct schedule_group *g, uint64_t from_ns)
{
	if (from_ns <= g->anchor_ns) {
		return g->anchor_ns -
		       (g->anchor_ns - from_ns) / g->period_ns * g->period_ns;
	}
	return g->anchor_ns +
	       (from_ns - g->anchor_ns + g->period_ns - 1) / g->period_ns * g->period_ns;
}

/* Read out of turn: the next deadline is not just behind it. */
static void anchor_again(struct schedule_group *g, uint64_t now_ns)
{
	g->due_ns = anchored_from(g, now_ns + g->period_ns / 2);
	g->anchored = true;
}

/* On to the next deadline; those that are passed over are overruns. */
static void advance(struct schedule_group *g, uint64_t now_ns)
{
	uint64_t late_ns = now_ns > g->due_ns ? now_ns - g->due_ns : 0;
	uint64_t next_ns = g->due_ns + (late_ns / g->period_ns + 1) * g->period_ns;

	if (g->fastest) {
		g->due_ns = now_ns + SCHEDULE_IDLE_NS; /* sooner when the read ends */
	} else if (!g->anchored) {
		anchor_again(g, now_ns);
	} else {
		if (late_ns >= STALL_NS && late_ns >= g->period_ns / 2) {
			next_ns = anchored_from(g, now_ns + g->period_ns);
		}
		g->overruns += (next_ns - g->due_ns) / g->period_ns - 1;
		g->due_ns = next_ns;
	}
}

static void take_group(struct schedule *s, size_t i, bool busy, struct schedule_due *due)
{
	struct schedule_group *g = &s->groups[i];
	uint32_t bit = 1U << i;

	if (schedule_backed_off(s)) {
		due->lost |= bit;
	} else if (busy) {
		g->overruns += !g->fastest;
		g->late++;
		/* When the gateway wakes from a stall, timers run before the sockets are
		 * read, where the answer may lie. */
		due->late |= g->late > 1 ? bit : 0;
	} else {
		g->late = 0;
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
	if (due.read) {
		s->begun_ns = now_ns;
	}
	return due;
}

uint32_t schedule_take_all(struct schedule *s, uint64_t now_ns)
{
	uint32_t all = 0;

	for (size_t i = 0; i < s->n_groups; i++) {
		struct schedule_group *g = &s->groups[i];

		if (g->fastest) {
			g->due_ns = now_ns + SCHEDULE_IDLE_NS;
		} else {
			anchor_again(g, now_ns);
		}
		g->late = 0;
		g->reads++;
		all |= 1U << i;
	}
	s->begun_ns = now_ns;
	return all;
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

/* The fastest group goes on where the last read came to its end. */
static void go_on(struct schedule *s)
{
	if (s->groups[0].fastest && !schedule_backed_off(s)) {
		s->groups[0].due_ns = s->begun_ns + SCHEDULE_FASTEST_NS;
	}
}

void schedule_answered(struct schedule *s, uint64_t now_ns)
{
	if (!schedule_backed_off(s)) { /* else it was a probe */
		s->cycle_ns = now_ns - s->begun_ns;
	}
	s->silent = 0;
	go_on(s);
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
	go_on(s);
}
