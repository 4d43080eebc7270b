/* SPDX-License-Identifier: Apache-2.0 */
/* Where empty bottles come from: one at a time, at a rate that wanders a little. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"
#include "twin/plant/parts/bottle.h"

enum { RATE, SPREAD, TARE, TARE_SPREAD };
enum { ENABLE, ROOM };

struct state {
	struct bottle_ends ends;
	double wait_s;
};

static const struct model_port parameters[] = {
	[RATE] = {"rate", "Hz", "bottles a second", 1, 1e-3, 100},
	[SPREAD] = {"spread", "1", "of the time between two, of its mean", 0.1, 0, 1},
	[TARE] = {"tare", "kg", "mass of an empty one", 0.025, 1e-4, 100},
	[TARE_SPREAD] = {"tare_spread", "kg", "standard deviation of that", 0, 0, 1},
};

static const struct model_port inputs[] = {
	[ENABLE] = {"enable", "1", "1: they come", 1, 0, 1},
	[ROOM] = {"room", "1", "of the next", 1, 0, 1},
};

static const struct model_port outputs[] = {BOTTLE_OUTPUT_PORTS};

static const struct model_port damages[] = {
	{"starve", "1", "1: none come", 0, 0, 1},
};

static void act(const struct part_turn *t, double *x)
{
	struct state *s = (struct state *)x;
	struct bottle b = {.cap = 0};

	bottle_step(&s->ends);
	s->wait_s -= t->dt_s;
	if (s->wait_s > 0 || t->u[ENABLE] < 0.5 || t->damage[0] >= 0.5) {
		return;
	}
	b.mass = t->p[TARE] + t->p[TARE_SPREAD] * rng_normal(t->rng);
	if (bottle_goes(&s->ends, t->u[ROOM], &b)) {
		s->wait_s = (1 + t->p[SPREAD] * (2 * rng_uniform(t->rng) - 1)) /
		            t->p[RATE];
	}
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	(void)p;
	(void)u;
	bottle_outputs(&((const struct state *)x)->ends, y);
}

static const struct model model = {
	.name = "bottles",
	.source = "counting",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.outputs_of = outputs_of,
};

extern const struct part_kind part_bottles;
const struct part_kind part_bottles = {
	.model = &model,
	.damages = damages,
	.n_damages = ARRAY_SIZE(damages),
	.act = act,
	.n_kept = sizeof(struct state) / sizeof(double),
};
