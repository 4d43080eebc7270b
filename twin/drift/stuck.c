/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/drift/stuck.h"

#include <math.h>
#include <string.h>

/* Share of the changes' mean square; 0.5: nothing but noise. */
#define WHITE 0.2
/* Mean square of a change, in least ones; 1: a digit that flickers. */
#define DIGITS2 1.5

enum {
	CHANGES_MIN = 20,
	FAR_LONGER = 8, /* than the longest run of learning */
	LIMIT_MIN = 30,
	LIMIT_MAX = (1 << 9) - 1,
	RUN_MAX = (1 << 10) - 1,
	ALIVE = (1 << 4) - 1,
	RUN_SHARE = 20, /* a run beyond that part of learning is no noise */
};

_Static_assert(sizeof(struct stuck) == 4, "memory of a tag is promised");

void stuck_learn(struct stuck_learner *l, double x)
{
	double step = x - l->x[0];

	if (l->n++ > 0 && step == 0) {
		l->longest = ++l->run > l->longest ? l->run : l->longest;
		return;
	}
	if (l->n > 1) {
		l->sum1 += step * step;
		l->least = l->changes++ ? fmin(l->least, fabs(step)) : fabs(step);
	}
	if (l->changes > 1) {
		l->sum2 += (x - l->x[1]) * (x - l->x[1]);
	}
	l->x[1] = l->x[0];
	l->x[0] = x;
	l->run = 1;
	l->longest = l->longest ? l->longest : 1;
}

/* Changes that are noise, and so many digits large that some are always seen.  White
 * noise is as far from the next value as from the next but one; what walks or ramps is
 * farther, and cancels here. */
static bool is_noisy(const struct stuck_learner *l)
{
	double next = l->sum1 / l->changes, but_one = l->sum2 / (l->changes - 1);

	return next >= DIGITS2 * l->least * l->least &&
	       next - but_one / 2 >= WHITE * next;
}

void stuck_learnt(struct stuck *s, const struct stuck_learner *l)
{
	uint32_t limit = FAR_LONGER * l->longest;

	*s = (struct stuck){.alive = ALIVE};
	limit = limit > LIMIT_MIN ? limit : LIMIT_MIN;
	if (l->changes >= CHANGES_MIN && l->longest <= l->n / RUN_SHARE &&
	    limit <= LIMIT_MAX && is_noisy(l)) {
		s->limit = limit & LIMIT_MAX;
	}
}

/* A change that folds to the same only makes a run longer by one. */
static uint32_t fold(double x)
{
	uint64_t word;

	memcpy(&word, &x, sizeof(word));
	return (uint32_t)(word * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

/* A run begins where the value changes, and counts where the tag was alive by then: at
 * its level, for some changes, without having stood still in between. */
static void change(struct stuck *s, bool normal)
{
	if (!normal || s->run > s->limit) {
		s->alive = 0;
	} else if (s->alive < ALIVE) {
		s->alive++;
	}
	s->normal = s->alive == ALIVE;
	s->run = 1;
}

void stuck_step(struct stuck *s, double x, bool normal)
{
	uint32_t now = fold(x);

	if (s->limit == 0) {
		return;
	}
	if (now != s->last || s->run == 0) {
		change(s, normal);
	} else if (s->run < RUN_MAX) {
		s->run++;
	}
	s->last = now & 0xff;
}

bool stuck_is(const struct stuck *s)
{
	return s->normal && s->run > s->limit;
}
