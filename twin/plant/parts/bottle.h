/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How bottles go from part to part.  A part counts those that it gives: `out`, with the
 * mass and the cap of the last; the next one takes when that count, its input `in`, is
 * ahead of what it took.  `room` goes the other way: 1 where one more can come.  A bottle
 * is on its way for one step, so a part gives at most every other step: by then `room`
 * tells of the last.
 */
#ifndef TWIN_PLANT_PARTS_BOTTLE_H
#define TWIN_PLANT_PARTS_BOTTLE_H

#include <math.h>
#include <stdbool.h>

/* Of every part that takes bottles, in this order. */
enum { BOTTLE_IN, BOTTLE_IN_MASS, BOTTLE_IN_CAP, BOTTLE_INPUTS };

/* Of every part that gives bottles, in this order. */
enum { BOTTLE_OUT, BOTTLE_OUT_MASS, BOTTLE_OUT_CAP, BOTTLE_OUTPUTS };

#define BOTTLE_INPUT_PORTS                                                               \
	{"in", "1", "bottles that came so far: out of the one before", NAN, 0, 1e15},    \
		{"mass", "kg", "of the last", 0, 0, 1e3},                                \
	{                                                                                \
		"cap", "1", "1: it has one", 0, 0, 1                                     \
	}

#define BOTTLE_OUTPUT_PORTS                                                              \
	{"out", "1", "bottles given so far", NAN, 0, 1e15},                              \
		{"mass", "kg", "of the last", NAN, 0, 1e3},                              \
	{                                                                                \
		"cap", "1", "1: it has one", NAN, 0, 1                                   \
	}

struct bottle {
	double mass; /* kg, gross */
	double cap;  /* 1: it has one */
};

/* Kept by who takes and gives; all doubles, as a part keeps numbers only. */
struct bottle_ends {
	double taken, given;
	struct bottle last;
	double busy; /* steps until it can give again */
};

/** Every step, first. */
static inline void bottle_step(struct bottle_ends *e)
{
	e->busy = fmax(e->busy - 1, 0);
}

/** Has one come?  Then it is taken. */
static inline bool bottle_comes(struct bottle_ends *e, const double *u, struct bottle *b)
{
	if (!(u[BOTTLE_IN] > e->taken)) {
		return false;
	}
	e->taken++;
	*b = (struct bottle){u[BOTTLE_IN_MASS], u[BOTTLE_IN_CAP]};
	return true;
}

/** Give one to where there is room.  @return false: not now */
static inline bool bottle_goes(struct bottle_ends *e, double room, const struct bottle *b)
{
	if (e->busy > 0 || room < 0.5) {
		return false;
	}
	e->given++;
	e->last = *b;
	e->busy = 2;
	return true;
}

static inline void bottle_outputs(const struct bottle_ends *e, double *y)
{
	y[BOTTLE_OUT] = e->given;
	y[BOTTLE_OUT_MASS] = e->last.mass;
	y[BOTTLE_OUT_CAP] = e->last.cap;
}

#endif
