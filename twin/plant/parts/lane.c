/* SPDX-License-Identifier: Apache-2.0 */
/* A conveyor of bottles in one row: they move with it, stand one against the other where
 * the first cannot go on, and leave at its end while the gate is open. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"
#include "twin/plant/parts/bottle.h"

enum { BOTTLES_MAX = 60 };
enum { LENGTH, DIAMETER, EYE };
enum { SPEED = BOTTLE_INPUTS, GATE, ROOM };
enum { SEEN = BOTTLE_OUTPUTS, WAITING, COUNT, ROOM_HERE };

/* A ring: the first is the one nearest to the end. */
struct state {
	struct bottle_ends ends;
	double first, n;
	struct bottle bottles[BOTTLES_MAX];
	double at[BOTTLES_MAX]; /* of its middle, m from the entry */
};

static const struct model_port parameters[] = {
	[LENGTH] = {"length", "m", "from entry to end", 2, 0.1, 1e3},
	[DIAMETER] = {"diameter", "m", "of a bottle", 0.07, 0.01, 1},
	[EYE] = {"eye", "m", "of the photo-eye before the end", 0, 0, 1e3},
};

static const struct model_port inputs[] = {
	BOTTLE_INPUT_PORTS,
	[SPEED] = {"speed", "m/s", "of the conveyor", 0, 0, 10},
	[GATE] = {"gate", "1", "1: open at the end", 1, 0, 1},
	[ROOM] = {"room", "1", "of the next", 1, 0, 1},
};

static const struct model_port outputs[] = {
	BOTTLE_OUTPUT_PORTS,
	[SEEN] = {"eye", "1", "1: a bottle before the photo-eye", NAN, 0, 1},
	[WAITING] = {"waiting", "1", "1: one stands at the end", NAN, 0, 1},
	[COUNT] = {"count", "1", "bottles on it", NAN, 0, BOTTLES_MAX},
	[ROOM_HERE] = {"room", "1", "1: one more can come", NAN, 0, 1},
};

static const struct model_port damages[] = {
	{"jam", "1", "1: one lies across the end, none leaves", 0, 0, 1},
};

static size_t place(const struct state *s, size_t i)
{
	return ((size_t)s->first + i) % BOTTLES_MAX;
}

static void move(struct state *s, const double *p, double way)
{
	double most = p[LENGTH];

	for (size_t i = 0; i < (size_t)s->n; i++) {
		double *at = &s->at[place(s, i)];

		*at = fmax(*at, fmin(*at + way, most));
		most = *at - p[DIAMETER];
	}
}

static void act(const struct part_turn *t, double *x)
{
	struct state *s = (struct state *)x;
	const double *p = t->p, *u = t->u;
	struct bottle b;

	bottle_step(&s->ends);
	move(s, p, fmax(u[SPEED], 0) * t->dt_s);
	if (s->n > 0 && s->at[place(s, 0)] >= p[LENGTH] && u[SPEED] > 0 &&
	    u[GATE] >= 0.5 && t->damage[0] < 0.5 &&
	    bottle_goes(&s->ends, u[ROOM], &s->bottles[place(s, 0)])) {
		s->first = (double)place(s, 1);
		s->n--;
	}
	if (bottle_comes(&s->ends, u, &b)) {
		size_t i = place(s, (size_t)s->n);

		s->bottles[i] = b;
		s->at[i] = 0;
		s->n++;
	}
}

static bool has_room(const struct state *s, const double *p)
{
	return s->n < BOTTLES_MAX - 1 &&
	       (s->n == 0 || s->at[place(s, (size_t)s->n - 1)] >= 1.05 * p[DIAMETER]);
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	const struct state *s = (const struct state *)x;
	double eye = p[LENGTH] - p[EYE];

	(void)u;
	bottle_outputs(&s->ends, y);
	y[SEEN] = 0;
	for (size_t i = 0; i < (size_t)s->n; i++) {
		if (fabs(s->at[place(s, i)] - eye) <= p[DIAMETER] / 2) {
			y[SEEN] = 1;
		}
	}
	y[WAITING] = s->n > 0 && s->at[place(s, 0)] >= p[LENGTH] ? 1 : 0;
	y[COUNT] = s->n;
	y[ROOM_HERE] = has_room(s, p) ? 1 : 0;
}

static const struct model model = {
	.name = "lane",
	.source = "kinematics",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.outputs_of = outputs_of,
};

extern const struct part_kind part_lane;
const struct part_kind part_lane = {
	.model = &model,
	.damages = damages,
	.n_damages = ARRAY_SIZE(damages),
	.act = act,
	.n_kept = sizeof(struct state) / sizeof(double),
};
