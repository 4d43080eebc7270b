/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/blocks.h"

#include "twin/plc/slot.h"
#include "twin/plc/standard.h"

/** CTU, CTD and CTUD of all widths: their numbers are slots of four or eight bytes. */
struct block_counter {
	uint8_t pv[8], cv[8];
	bool up, down, reset, load; /* inputs */
	bool was_up, was_down;      /* at the last call */
	bool q, qd;
};

struct block_clock {
	int64_t pdt, cdt, offset; /* ns */
	bool in, q;
};

_Static_assert(sizeof(struct block_latch) <= BLOCK_SIZE, "latch");
_Static_assert(sizeof(struct block_timer) <= BLOCK_SIZE, "timer");
_Static_assert(sizeof(struct block_counter) <= BLOCK_SIZE, "counter");
_Static_assert(sizeof(struct block_clock) <= BLOCK_SIZE, "clock");

/** What a counter's numbers may be. */
struct limits {
	int64_t low;
	uint64_t high;
	bool wide;
};

#define AT(kind, field) ((uint32_t)offsetof(struct block_##kind, field))
#define TIMERS                                                                           \
	{                                                                                \
		AT(timer, in), AT(timer, pt), AT(timer, q), AT(timer, et)                \
	}
#define TRIGGERS                                                                         \
	{                                                                                \
		AT(latch, in), AT(latch, q)                                              \
	}
#define COUNTERS(in, set)                                                                \
	{                                                                                \
		AT(counter, in), AT(counter, set), AT(counter, pv), AT(counter, q),      \
			AT(counter, cv)                                                  \
	}
#define BOTH                                                                             \
	{                                                                                \
		AT(counter, up), AT(counter, down), AT(counter, reset),                  \
			AT(counter, load), AT(counter, pv), AT(counter, q),              \
			AT(counter, qd), AT(counter, cv)                                 \
	}

/* In the order of the tables of standard.c. */
static const uint32_t offsets[][STANDARD_VARIABLES_MAX] = {
	[STANDARD_SR - STANDARD_SR] = {AT(latch, in), AT(latch, in2), AT(latch, q)},
	[STANDARD_RS - STANDARD_SR] = {AT(latch, in), AT(latch, in2), AT(latch, q)},
	[STANDARD_SEMA - STANDARD_SR] = {AT(latch, in), AT(latch, in2), AT(latch, q)},
	[STANDARD_R_TRIG - STANDARD_SR] = TRIGGERS,
	[STANDARD_F_TRIG - STANDARD_SR] = TRIGGERS,
	[STANDARD_CTU - STANDARD_SR] = COUNTERS(up, reset),
	[STANDARD_CTU_DINT - STANDARD_SR] = COUNTERS(up, reset),
	[STANDARD_CTU_LINT - STANDARD_SR] = COUNTERS(up, reset),
	[STANDARD_CTU_UDINT - STANDARD_SR] = COUNTERS(up, reset),
	[STANDARD_CTU_ULINT - STANDARD_SR] = COUNTERS(up, reset),
	[STANDARD_CTD - STANDARD_SR] = COUNTERS(down, load),
	[STANDARD_CTD_DINT - STANDARD_SR] = COUNTERS(down, load),
	[STANDARD_CTD_LINT - STANDARD_SR] = COUNTERS(down, load),
	[STANDARD_CTD_UDINT - STANDARD_SR] = COUNTERS(down, load),
	[STANDARD_CTD_ULINT - STANDARD_SR] = COUNTERS(down, load),
	[STANDARD_CTUD - STANDARD_SR] = BOTH,
	[STANDARD_CTUD_DINT - STANDARD_SR] = BOTH,
	[STANDARD_CTUD_LINT - STANDARD_SR] = BOTH,
	[STANDARD_CTUD_UDINT - STANDARD_SR] = BOTH,
	[STANDARD_CTUD_ULINT - STANDARD_SR] = BOTH,
	[STANDARD_TP - STANDARD_SR] = TIMERS,
	[STANDARD_TON - STANDARD_SR] = TIMERS,
	[STANDARD_TOF - STANDARD_SR] = TIMERS,
	[STANDARD_RTC - STANDARD_SR] = {AT(clock, in), AT(clock, pdt), AT(clock, q),
                                        AT(clock, cdt)},
};

uint32_t block_offset(uint32_t standard, uint32_t variable)
{
	return offsets[standard - STANDARD_SR][variable];
}

static struct limits limits_of(uint32_t standard)
{
	switch (standard) {
	case STANDARD_CTU_DINT:
	case STANDARD_CTD_DINT:
	case STANDARD_CTUD_DINT:
		return (struct limits){INT32_MIN, INT32_MAX, false};
	case STANDARD_CTU_LINT:
	case STANDARD_CTD_LINT:
	case STANDARD_CTUD_LINT:
		return (struct limits){INT64_MIN, INT64_MAX, true};
	case STANDARD_CTU_UDINT:
	case STANDARD_CTD_UDINT:
	case STANDARD_CTUD_UDINT:
		return (struct limits){0, UINT32_MAX, false};
	case STANDARD_CTU_ULINT:
	case STANDARD_CTD_ULINT:
	case STANDARD_CTUD_ULINT:
		return (struct limits){0, UINT64_MAX, true};
	default:
		return (struct limits){INT16_MIN, INT16_MAX, false};
	}
}

/* The bits of a number, sign-extended to 64. */
static uint64_t number(const uint8_t *slot, const struct limits *l)
{
	if (l->wide) {
		return get_q(slot);
	}
	return l->low < 0 ? (uint64_t)(int64_t)get_i(slot) : get_u(slot);
}

static void set_number(uint8_t *slot, const struct limits *l, uint64_t bits)
{
	if (l->wide) {
		put_q(slot, bits);
	} else {
		put_u(slot, (uint32_t)bits);
	}
}

static bool at_least(uint64_t a, uint64_t b, const struct limits *l)
{
	return l->low < 0 ? (int64_t)a >= (int64_t)b : a >= b;
}

/** Which of a counter's inputs are there. */
enum { COUNTS_UP = 1, COUNTS_DOWN = 2 };

/* The last lines of 2.5.2.3.3: R before LD before counting; both edges cancel. */
static void count(struct block_counter *b, const struct limits *l, unsigned ways)
{
	bool up = b->up && !b->was_up;
	bool down = b->down && !b->was_down;
	uint64_t pv = number(b->pv, l);
	uint64_t cv = number(b->cv, l);

	b->was_up = b->up;
	b->was_down = b->down;
	if ((ways & COUNTS_UP) != 0 && b->reset) {
		cv = 0;
	} else if ((ways & COUNTS_DOWN) != 0 && b->load) {
		cv = pv;
	} else if (up && !down && cv != l->high) {
		cv++;
	} else if (down && !up && cv != (uint64_t)l->low) {
		cv--;
	}
	set_number(b->cv, l, cv);
	b->q = at_least(cv, pv, l);
	b->qd = at_least(0, cv, l);
	if (ways == COUNTS_DOWN) {
		b->q = b->qd;
	}
}

static unsigned ways_of(uint32_t standard)
{
	if (standard >= STANDARD_CTUD) {
		return COUNTS_UP | COUNTS_DOWN;
	}
	return standard >= STANDARD_CTD ? COUNTS_DOWN : COUNTS_UP;
}

static void sema(struct block_latch *b)
{
	b->q = b->memory;
	if (b->in) {
		b->memory = true;
	} else if (b->in2) {
		b->q = false;
		b->memory = false;
	}
}

static void clock_run(struct block_clock *b, int64_t now)
{
	if (b->in && !b->q) {
		b->offset = (int64_t)((uint64_t)b->pdt - (uint64_t)now);
	}
	b->q = b->in;
	if (b->in) {
		b->cdt = (int64_t)((uint64_t)now + (uint64_t)b->offset);
	}
}

static void timer_run(uint32_t standard, uint8_t *instance, bool in, int64_t now)
{
	int64_t pt = ((struct block_timer *)instance)->pt;

	if (standard == STANDARD_TON) {
		block_ton(instance, in, pt, now);
	} else if (standard == STANDARD_TOF) {
		block_tof(instance, in, pt, now);
	} else {
		block_tp(instance, in, pt, now);
	}
}

void block_run(uint32_t standard, uint8_t *instance, int64_t now)
{
	struct block_latch *latch = (struct block_latch *)instance;
	struct limits l;

	switch (standard) {
	case STANDARD_SR:
		block_sr(instance, latch->in, latch->in2);
		break;
	case STANDARD_RS:
		block_rs(instance, latch->in, latch->in2);
		break;
	case STANDARD_SEMA:
		sema(latch);
		break;
	case STANDARD_R_TRIG:
		block_r_trig(instance, latch->in);
		break;
	case STANDARD_F_TRIG:
		block_f_trig(instance, latch->in);
		break;
	case STANDARD_RTC:
		clock_run((struct block_clock *)instance, now);
		break;
	case STANDARD_TP:
	case STANDARD_TON:
	case STANDARD_TOF:
		timer_run(standard, instance, ((struct block_timer *)instance)->in, now);
		break;
	default:
		l = limits_of(standard);
		count((struct block_counter *)instance, &l, ways_of(standard));
	}
}

/* Bytes from outside to what bool may hold. */
static void tidy(uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bytes[i] = bytes[i] != 0;
	}
}

void block_rebase(uint32_t standard, uint8_t *instance, int64_t now)
{
	struct block_timer *b = (struct block_timer *)instance;

	if (standard == STANDARD_TP || standard == STANDARD_TON ||
	    standard == STANDARD_TOF) {
		tidy(instance + offsetof(struct block_timer, in), 2);
		tidy(instance + offsetof(struct block_timer, was), 1);
		b->phase &= 3;
		b->start = (int64_t)((uint64_t)now - (uint64_t)b->et);
	} else if (standard == STANDARD_RTC) {
		tidy(instance + offsetof(struct block_clock, in), 2);
	} else if (standard >= STANDARD_CTU) {
		tidy(instance + offsetof(struct block_counter, up), 8);
	} else {
		tidy(instance, sizeof(struct block_latch));
	}
}
