/* SPDX-License-Identifier: Apache-2.0 */
/* A table where bottles gather before what packs them; it knows what it got. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"
#include "twin/plant/parts/bottle.h"

enum { CAPACITY, MASS_MIN, MASS_MAX };
enum { DEMAND = BOTTLE_INPUTS };
enum { COUNT, PACKED, UNDERFILLED, OVERFILLED, UNCAPPED, ROOM_HERE };

struct state {
	struct bottle_ends ends;
	double n, share, packed, under, over, uncapped;
};

static const struct model_port parameters[] = {
	[CAPACITY] = {"capacity", "1", "bottles", 40, 1, 1e6},
	[MASS_MIN] = {"mass_min", "kg", "below it a bottle counts as underfilled", 0, 0,
                      1e3},
	[MASS_MAX] = {"mass_max", "kg", "above it as overfilled", 1e3, 0, 1e3},
};

static const struct model_port inputs[] = {
	BOTTLE_INPUT_PORTS,
	[DEMAND] = {"demand", "Hz", "bottles a second that the packer takes", 1, 0, 1e3},
};

static const struct model_port outputs[] = {
	[COUNT] = {"count", "1", "bottles on it", NAN, 0, 1e6},
	[PACKED] = {"packed", "1", "since the start", NAN, 0, 1e15},
	[UNDERFILLED] = {"underfilled", "1", "of those that came", NAN, 0, 1e15},
	[OVERFILLED] = {"overfilled", "1", "of those that came", NAN, 0, 1e15},
	[UNCAPPED] = {"uncapped", "1", "of those that came", NAN, 0, 1e15},
	[ROOM_HERE] = {"room", "1", "1: one more can come", NAN, 0, 1},
};

static const struct model_port damages[] = {
	{"stop", "1", "1: the packer stands", 0, 0, 1},
};

static void act(const struct part_turn *t, double *x)
{
	struct state *s = (struct state *)x;
	struct bottle b;

	if (bottle_comes(&s->ends, t->u, &b)) {
		s->n++;
		s->under += b.mass < t->p[MASS_MIN];
		s->over += b.mass > t->p[MASS_MAX];
		s->uncapped += b.cap < 0.5;
	}
	s->share += t->damage[0] < 0.5 ? fmax(t->u[DEMAND], 0) * t->dt_s : 0;
	s->share = fmin(s->share, 1);
	if (s->share >= 1 && s->n > 0) {
		s->share = 0;
		s->n--;
		s->packed++;
	}
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	const struct state *s = (const struct state *)x;

	(void)u;
	y[COUNT] = s->n;
	y[PACKED] = s->packed;
	y[UNDERFILLED] = s->under;
	y[OVERFILLED] = s->over;
	y[UNCAPPED] = s->uncapped;
	y[ROOM_HERE] = s->n < p[CAPACITY] ? 1 : 0;
}

static const struct model model = {
	.name = "accumulation",
	.source = "counting",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.outputs_of = outputs_of,
};

extern const struct part_kind part_accumulation;
const struct part_kind part_accumulation = {
	.model = &model,
	.damages = damages,
	.n_damages = ARRAY_SIZE(damages),
	.act = act,
	.n_kept = sizeof(struct state) / sizeof(double),
};
