/* SPDX-License-Identifier: Apache-2.0 */
/* A capping station for one bottle: while its spindle runs the cap is turned on, the
 * torque grows, and at the end of its time it is done. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"
#include "twin/plant/parts/bottle.h"

enum { TIME, TORQUE_DONE, TORQUE_IDLE, HOPPER, CAP_MASS, INDEX };
enum { RUN = BOTTLE_INPUTS, RELEASE, REFILL, ROOM };
enum { PRESENT = BOTTLE_OUTPUTS, DONE, TORQUE, CAPS, ROOM_HERE };

struct state {
	struct bottle_ends ends;
	double here, wait_s;
	struct bottle bottle;
	double turned_s; /* how long the spindle has turned the cap */
	double torque;
	double used; /* caps since the hopper was filled */
};

static const struct model_port parameters[] = {
	[TIME] = {"time", "s", "to turn a cap on", 0.6, 0.05, 60},
	[TORQUE_DONE] = {"torque", "N m", "when it is on", 1.8, 0.01, 1e3},
	[TORQUE_IDLE] = {"idle", "N m", "of the spindle without a cap", 0.2, 0, 1e3},
	[HOPPER] = {"hopper", "1", "caps when it is full", 2000, 1, 1e6},
	[CAP_MASS] = {"cap_mass", "kg", "of a cap", 0.003, 0, 1},
	[INDEX] = {"index", "s", "to bring a bottle in", 0.25, 0, 60},
};

static const struct model_port inputs[] = {
	BOTTLE_INPUT_PORTS,
	[RUN] = {"run", "1", "1: the spindle turns", 0, 0, 1},
	[RELEASE] = {"release", "1", "1: lets the bottle go", 0, 0, 1},
	[REFILL] = {"refill", "1", "1: somebody fills the hopper", 0, 0, 1},
	[ROOM] = {"room", "1", "of the next", 1, 0, 1},
};

static const struct model_port outputs[] = {
	BOTTLE_OUTPUT_PORTS,
	[PRESENT] = {"present", "1", "1: a bottle under the spindle", NAN, 0, 1},
	[DONE] = {"done", "1", "1: its cap is on", NAN, 0, 1},
	[TORQUE] = {"torque", "N m", "of the spindle", NAN, 0, 1e3},
	[CAPS] = {"caps", "1", "in the hopper", NAN, 0, 1e6},
	[ROOM_HERE] = {"room", "1", "1: one more can come", NAN, 0, 1},
};

static const struct model_port damages[] = {
	{"jam", "1", "1: a bottle is stuck: the spindle stalls, none leaves", 0, 0, 1},
	{"wear", "1", "share of the torque that its clutch loses", 0, 0, 0.999},
};

/* At a stall the motor gives three times what a cap wants. */
static const double stall = 3;

static bool is_present(const struct state *s)
{
	return s->here > 0 && s->wait_s <= 0;
}

static void turn(struct state *s, const struct part_turn *t)
{
	const double *p = t->p;
	bool jammed = t->damage[0] >= 0.5;
	bool has_cap = s->used < p[HOPPER];

	if (t->u[RUN] < 0.5) {
		s->torque = 0;
		return;
	}
	s->torque = p[TORQUE_IDLE];
	if (jammed) {
		s->torque = stall * p[TORQUE_DONE];
	} else if (is_present(s) && s->bottle.cap < 0.5 && has_cap) {
		s->turned_s += t->dt_s;
		s->torque += (p[TORQUE_DONE] * (1 - t->damage[1]) - p[TORQUE_IDLE]) *
		             fmin(s->turned_s / p[TIME], 1);
	}
	if (s->turned_s >= p[TIME] && s->bottle.cap < 0.5) {
		s->bottle.cap = 1;
		s->bottle.mass += p[CAP_MASS];
		s->used++;
	}
}

static void act(const struct part_turn *t, double *x)
{
	struct state *s = (struct state *)x;

	bottle_step(&s->ends);
	s->wait_s -= t->dt_s;
	s->used = t->u[REFILL] >= 0.5 ? 0 : s->used;
	turn(s, t);
	if (is_present(s) && t->u[RELEASE] >= 0.5 && t->damage[0] < 0.5 &&
	    bottle_goes(&s->ends, t->u[ROOM], &s->bottle)) {
		s->here = 0;
	}
	if (bottle_comes(&s->ends, t->u, &s->bottle)) {
		s->here = 1;
		s->wait_s = t->p[INDEX];
		s->turned_s = 0;
	}
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	const struct state *s = (const struct state *)x;

	(void)u;
	bottle_outputs(&s->ends, y);
	y[PRESENT] = is_present(s) ? 1 : 0;
	y[DONE] = is_present(s) && s->bottle.cap >= 0.5 ? 1 : 0;
	y[TORQUE] = s->torque;
	y[CAPS] = p[HOPPER] - s->used;
	y[ROOM_HERE] = s->here > 0 ? 0 : 1;
}

static const struct model model = {
	.name = "capper",
	.source = "kinematics",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.outputs_of = outputs_of,
};

extern const struct part_kind part_capper;
const struct part_kind part_capper = {
	.model = &model,
	.damages = damages,
	.n_damages = ARRAY_SIZE(damages),
	.act = act,
	.n_kept = sizeof(struct state) / sizeof(double),
};
