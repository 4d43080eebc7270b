/* SPDX-License-Identifier: Apache-2.0 */
/* A filling station for one bottle: it is brought under the nozzle, filled from the bowl
 * above as long as the valve is open, and let go.
 *
 *     q = v a sqrt(2 g h) (1 + e)        Torricelli 1644; e by bottle, the nozzle's own
 *
 * What flows where no bottle is, or beyond its brim, is spilled. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/models/torricelli.h"
#include "twin/plant/part.h"
#include "twin/plant/parts/bottle.h"

enum { OUTLET, SPREAD, DENSITY, BRIM, INDEX };
enum { VALVE = BOTTLE_INPUTS, LEVEL, RELEASE, ROOM };
enum { PRESENT = BOTTLE_OUTPUTS, FILL, FLOW, SPILLED, ROOM_HERE };

struct state {
	struct bottle_ends ends;
	double here;   /* 1: a bottle is taken */
	double wait_s; /* until it stands under the nozzle */
	struct bottle bottle;
	double fill, flow, spilled, error;
};

static const struct model_port parameters[] = {
	[OUTLET] = {"outlet", "m2", "discharge coefficient times area, a", 1.8e-4, 1e-9,
                    1},
	[SPREAD] = {"spread", "1", "standard deviation of e", 0.01, 0, 1},
	[DENSITY] = {"density", "kg/m3", "of the product", 1000, 1, 3e4},
	[BRIM] = {"brim", "kg", "what a bottle holds", 0.55, 1e-3, 1e3},
	[INDEX] = {"index", "s", "to bring a bottle in", 0.25, 0, 60},
};

static const struct model_port inputs[] = {
	BOTTLE_INPUT_PORTS,
	[VALVE] = {"valve", "1", "opening, v", 0, 0, 1},
	[LEVEL] = {"level", "m", "in the bowl over the nozzle, h", 0.5, 0, 100},
	[RELEASE] = {"release", "1", "1: lets the bottle go", 0, 0, 1},
	[ROOM] = {"room", "1", "of the next", 1, 0, 1},
};

static const struct model_port outputs[] = {
	BOTTLE_OUTPUT_PORTS,
	[PRESENT] = {"present", "1", "1: a bottle under the nozzle", NAN, 0, 1},
	[FILL] = {"fill", "kg", "in the bottle", NAN, 0, 1e3},
	[FLOW] = {"flow", "m3/s", "out of the bowl, q", NAN, 0, 1e3},
	[SPILLED] = {"spilled", "kg", "since the start", NAN, 0, 1e12},
	[ROOM_HERE] = {"room", "1", "1: one more can come", NAN, 0, 1},
};

static const struct model_port damages[] = {
	{"blocked", "1", "share of the nozzle that is blocked", 0, 0, 0.999},
	{"leak", "1", "opening that remains when it is shut", 0, 0, 1},
};

static bool is_present(const struct state *s)
{
	return s->here > 0 && s->wait_s <= 0;
}

static void pour(struct state *s, const struct part_turn *t)
{
	const double *p = t->p;
	double opening = fmax(fmin(fmax(t->u[VALVE], 0), 1), t->damage[1]);
	double most, mass;

	s->flow = opening * p[OUTLET] * (1 - t->damage[0]) * torricelli(t->u[LEVEL]) *
	          (1 + s->error);
	mass = s->flow * p[DENSITY] * t->dt_s;
	most = is_present(s) ? fmax(p[BRIM] - s->fill, 0) : 0;
	s->fill += fmin(mass, most);
	s->spilled += mass - fmin(mass, most);
}

static void act(const struct part_turn *t, double *x)
{
	struct state *s = (struct state *)x;
	struct bottle full = s->bottle;

	bottle_step(&s->ends);
	s->wait_s -= t->dt_s;
	pour(s, t);
	full.mass += s->fill;
	if (is_present(s) && t->u[RELEASE] >= 0.5 &&
	    bottle_goes(&s->ends, t->u[ROOM], &full)) {
		s->here = 0;
		s->fill = 0;
	}
	if (bottle_comes(&s->ends, t->u, &s->bottle)) {
		s->here = 1;
		s->wait_s = t->p[INDEX];
		s->error = t->p[SPREAD] * rng_normal(t->rng);
	}
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	const struct state *s = (const struct state *)x;

	(void)p;
	(void)u;
	bottle_outputs(&s->ends, y);
	y[PRESENT] = is_present(s) ? 1 : 0;
	y[FILL] = s->fill;
	y[FLOW] = s->flow;
	y[SPILLED] = s->spilled;
	y[ROOM_HERE] = s->here > 0 ? 0 : 1;
}

static const struct model model = {
	.name = "filler",
	.source = "Torricelli 1644",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.outputs_of = outputs_of,
};

extern const struct part_kind part_filler;
const struct part_kind part_filler = {
	.model = &model,
	.damages = damages,
	.n_damages = ARRAY_SIZE(damages),
	.act = act,
	.n_kept = sizeof(struct state) / sizeof(double),
};
