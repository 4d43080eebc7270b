/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The standard function blocks of IEC 61131-3 edition 2 (2.5.2.3) on their instances.
 *
 * What the standard leaves open: PT of 0 makes Q follow IN at once (TP: there is no
 * pulse); a changed PT counts from now on, until Q has changed; a rising IN in the call
 * in which a pulse ends starts the next one.  CTU and CTD count on beyond PV and 0 to the
 * limits of their type.  F_TRIG fires at its first call if CLK is FALSE.  Time is that of
 * the scan, ns.
 */
#ifndef TWIN_PLC_BLOCKS_H
#define TWIN_PLC_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Every instance takes this much, aligned to 8. */
enum { BLOCK_SIZE = 40 };

/** Offset of a variable of block `standard` (standard.h) by its place in the table there.
 */
uint32_t block_offset(uint32_t standard, uint32_t variable);

/** Run one whose inputs stand in its instance. */
void block_run(uint32_t standard, uint8_t *instance, int64_t now);

/** A restored instance: what a timer has measured counts on from now. */
void block_rebase(uint32_t standard, uint8_t *instance, int64_t now);

/** SR, RS, edges: two inputs or one, an output and a memory. */
struct block_latch {
	bool in, in2, q, memory;
};

struct block_timer {
	int64_t pt, et, start; /* ns */
	bool in, q;
	uint8_t phase; /* 0 at rest, 1 measuring, 2 over, 3 (TOF) before it measures */
	bool was;      /* IN at the last call */
};

static inline void block_sr(uint8_t *instance, bool set, bool reset)
{
	struct block_latch *b = (struct block_latch *)instance;

	b->in = set;
	b->in2 = reset;
	b->q = set || (!reset && b->q);
}

static inline void block_rs(uint8_t *instance, bool set, bool reset)
{
	struct block_latch *b = (struct block_latch *)instance;

	b->in = set;
	b->in2 = reset;
	b->q = !reset && (set || b->q);
}

static inline void block_r_trig(uint8_t *instance, bool clk)
{
	struct block_latch *b = (struct block_latch *)instance;

	b->q = clk && !b->memory;
	b->in = clk;
	b->memory = clk;
}

static inline void block_f_trig(uint8_t *instance, bool clk)
{
	struct block_latch *b = (struct block_latch *)instance;

	b->q = !clk && !b->memory;
	b->in = clk;
	b->memory = !clk;
}

static inline void block_ton(uint8_t *instance, bool in, int64_t pt, int64_t now)
{
	struct block_timer *b = (struct block_timer *)instance;

	b->in = in;
	b->pt = pt;
	if (!in) {
		b->phase = 0;
		b->q = false;
		b->et = 0;
		return;
	}
	if (b->phase == 2) {
		return;
	}
	if (b->phase == 0) {
		b->phase = 1;
		b->start = now;
	}
	b->et = now - b->start;
	if (b->et >= pt) {
		b->et = pt < 0 ? 0 : pt;
		b->q = true;
		b->phase = 2;
	}
}

static inline void block_tof(uint8_t *instance, bool in, int64_t pt, int64_t now)
{
	struct block_timer *b = (struct block_timer *)instance;

	b->in = in;
	b->pt = pt;
	if (in) {
		b->q = true;
		b->et = 0;
		b->phase = 3;
		return;
	}
	if (b->phase == 3) {
		b->phase = 1;
		b->start = now;
	}
	if (b->phase != 1) {
		return;
	}
	b->et = now - b->start;
	if (b->et >= pt) {
		b->et = pt < 0 ? 0 : pt;
		b->q = false;
		b->phase = 2;
	}
}

static inline void block_tp(uint8_t *instance, bool in, int64_t pt, int64_t now)
{
	struct block_timer *b = (struct block_timer *)instance;
	bool rises = in && !b->was;

	b->in = in;
	b->was = in;
	b->pt = pt;
	if (b->phase == 1) {
		b->et = now - b->start;
		if (b->et < pt) {
			return;
		}
		b->et = pt < 0 ? 0 : pt;
		b->q = false;
		b->phase = 2;
	}
	if (rises) {
		b->et = 0;
		b->start = now;
		b->q = pt > 0;
		b->phase = pt > 0 ? 1 : 2;
	} else if (!in) {
		b->et = 0;
		b->phase = 0;
	}
}

#endif
