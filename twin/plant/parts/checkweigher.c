/* SPDX-License-Identifier: Apache-2.0 */
/* A short conveyor over a load cell, and a pusher behind it: bottles pass one at a time,
 * and one that is before the pusher when it strikes is rejected. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"
#include "twin/plant/parts/bottle.h"

enum { BOTTLES_MAX = 16 };
enum { PLATFORM, PUSHER, LENGTH, DIAMETER };
enum { SPEED = BOTTLE_INPUTS, REJECT, ROOM };
enum { WEIGHT = BOTTLE_OUTPUTS, PRESENT, AT_PUSHER, REJECTED, ROOM_HERE };

/* A queue: 0 is nearest to the end. */
struct state {
	struct bottle_ends ends;
	double n, rejected;
	struct bottle bottles[BOTTLES_MAX];
	double at[BOTTLES_MAX]; /* m from the entry */
};

static const struct model_port parameters[] = {
	[PLATFORM] = {"platform", "m", "length of the scale, from the entry", 0.35, 0.05,
                      10},
	[PUSHER] = {"pusher", "m", "from the entry", 0.8, 0.1, 100},
	[LENGTH] = {"length", "m", "from entry to end", 1.2, 0.2, 100},
	[DIAMETER] = {"diameter", "m", "of a bottle", 0.07, 0.01, 1},
};

static const struct model_port inputs[] = {
	BOTTLE_INPUT_PORTS,
	[SPEED] = {"speed", "m/s", "of the conveyor", 0, 0, 10},
	[REJECT] = {"reject", "1", "1: the pusher strikes", 0, 0, 1},
	[ROOM] = {"room", "1", "of the next", 1, 0, 1},
};

static const struct model_port outputs[] = {
	BOTTLE_OUTPUT_PORTS,
	[WEIGHT] = {"weight", "kg", "on the scale", NAN, 0, 1e3},
	[PRESENT] = {"present", "1", "1: one wholly on the scale", NAN, 0, 1},
	[AT_PUSHER] = {"at_pusher", "1", "1: one before the pusher", NAN, 0, 1},
	[REJECTED] = {"rejected", "1", "since the start", NAN, 0, 1e15},
	[ROOM_HERE] = {"room", "1", "1: one more can come", NAN, 0, 1},
};

static const struct model_port damages[] = {
	{"jam", "1", "1: one lies across the end, none leaves", 0, 0, 1},
};

static void take_out(struct state *s, size_t i)
{
	s->n--;
	for (; i < (size_t)s->n; i++) {
		s->bottles[i] = s->bottles[i + 1];
		s->at[i] = s->at[i + 1];
	}
}

static bool is_at_pusher(const struct state *s, const double *p, size_t i)
{
	return fabs(s->at[i] - p[PUSHER]) <= p[DIAMETER] / 2;
}

static void push(struct state *s, const double *p)
{
	for (size_t i = 0; i < (size_t)s->n; i++) {
		if (is_at_pusher(s, p, i)) {
			take_out(s, i);
			s->rejected++;
			return;
		}
	}
}

static void act(const struct part_turn *t, double *x)
{
	struct state *s = (struct state *)x;
	const double *p = t->p, *u = t->u;
	double way = fmax(u[SPEED], 0) * t->dt_s, most = p[LENGTH];
	struct bottle b;

	bottle_step(&s->ends);
	for (size_t i = 0; i < (size_t)s->n; i++) {
		s->at[i] = fmax(s->at[i], fmin(s->at[i] + way, most));
		most = s->at[i] - p[DIAMETER];
	}
	if (u[REJECT] >= 0.5) {
		push(s, p);
	}
	if (s->n > 0 && s->at[0] >= p[LENGTH] && t->damage[0] < 0.5 &&
	    bottle_goes(&s->ends, u[ROOM], &s->bottles[0])) {
		take_out(s, 0);
	}
	if (bottle_comes(&s->ends, u, &b)) {
		s->bottles[(size_t)s->n] = b;
		s->at[(size_t)s->n] = 0;
		s->n++;
	}
}

/* The share of a bottle that stands on the scale. */
static double share(const double *p, double at)
{
	double half = p[DIAMETER] / 2;
	double from = fmax(at - half, 0), to = fmin(at + half, p[PLATFORM]);

	return fmax(to - from, 0) / p[DIAMETER];
}

/* One on the scale at a time: the next comes when the last has left it. */
static bool has_room(const struct state *s, const double *p)
{
	return s->n == 0 || (s->n < BOTTLES_MAX - 1 &&
	                     s->at[(size_t)s->n - 1] > p[PLATFORM] + p[DIAMETER]);
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	const struct state *s = (const struct state *)x;

	(void)u;
	bottle_outputs(&s->ends, y);
	y[WEIGHT] = y[PRESENT] = y[AT_PUSHER] = 0;
	for (size_t i = 0; i < (size_t)s->n; i++) {
		double on = share(p, s->at[i]);

		y[WEIGHT] += on * s->bottles[i].mass;
		y[PRESENT] = on > 1 - 1e-9 ? 1 : y[PRESENT];
		y[AT_PUSHER] = is_at_pusher(s, p, i) ? 1 : y[AT_PUSHER];
	}
	y[REJECTED] = s->rejected;
	y[ROOM_HERE] = has_room(s, p) ? 1 : 0;
}

static const struct model model = {
	.name = "checkweigher",
	.source = "kinematics",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.outputs_of = outputs_of,
};

extern const struct part_kind part_checkweigher;
const struct part_kind part_checkweigher = {
	.model = &model,
	.damages = damages,
	.n_damages = ARRAY_SIZE(damages),
	.act = act,
	.n_kept = sizeof(struct state) / sizeof(double),
};
