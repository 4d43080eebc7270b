/* SPDX-License-Identifier: Apache-2.0 */
/* A belt with workpieces at a fixed pitch, driven by an induction motor near its speed:
 *
 *     m dv/dt = k (v_0 - v) - (mu m g + J) tanh(v / 5 mm/s)      m = m_b + m_p L / pitch
 *     I       = I_0 + |k (v_0 - v) v_0| / U
 *
 * The motor is linear in slip near its speed (Kloss 1909). */
#include <math.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"

enum { LENGTH, PITCH, BELT, PIECE, FRICTION, STIFFNESS, VOLTAGE, IDLE, JAM };
enum { DRIVE };
enum { SPEED, COUNT, LOAD, CURRENT };
enum { VELOCITY, TRAVEL, N_STATES };

static const double gravity = 9.80665; /* m/s2 */
static const double creep = 0.005;     /* m/s over which friction changes its sign */

static const struct model_port parameters[] = {
	[LENGTH] = {"length", "m", "of the belt under workpieces, L", 2, 0.1, 1e3},
	[PITCH] = {"pitch", "m", "between two workpieces", 0.25, 0.01, 100},
	[BELT] = {"belt", "kg", "moving mass without workpieces, m_b", 10, 0.1, 1e5},
	[PIECE] = {"piece", "kg", "mass of a workpiece, m_p", 1, 0, 1e4},
	[FRICTION] = {"friction", "1", "coefficient of belt and rollers, mu", 0.05, 0, 2},
	[STIFFNESS] = {"stiffness", "N s/m", "force by slip of the motor, k", 500, 1,
                       1e7},
	[VOLTAGE] = {"voltage", "V", "times efficiency and power factor, U", 300, 1, 1e4},
	[IDLE] = {"idle", "A", "magnetising current, I_0", 0.3, 0, 1e3},
};

static const struct model_port inputs[] = {
	[DRIVE] = {"drive", "m/s", "speed without load, v_0", 0, -10, 10},
};

static const struct model_port outputs[] = {
	[SPEED] = {"speed", "m/s", "v", NAN, -10, 10},
	[COUNT] = {"count", "1", "whole pitches travelled since the start", NAN, 0, 1e15},
	[LOAD] = {"load", "kg", "m", NAN, 0, 1e9},
	[CURRENT] = {"current", "A", "I", NAN, 0, 1e6},
};

static const struct model_port damages[] = {
	{"jam", "N", "force that holds the belt back, J", 0, 0, 1e6},
};

static double load(const double *p)
{
	return p[BELT] + p[PIECE] * p[LENGTH] / p[PITCH];
}

static void start(const double *p, const double *u, const double *y, double *x)
{
	(void)p;
	(void)u;
	x[VELOCITY] = isfinite(y[SPEED]) ? y[SPEED] : 0;
	x[TRAVEL] = 0;
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	double mass = load(p);
	double resistance = (p[FRICTION] * mass * gravity + p[JAM]) *
	                    tanh(x[VELOCITY] / creep);

	dx[VELOCITY] = (p[STIFFNESS] * (u[DRIVE] - x[VELOCITY]) - resistance) / mass;
	dx[TRAVEL] = x[VELOCITY];
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	y[SPEED] = x[VELOCITY];
	y[COUNT] = floor(x[TRAVEL] / p[PITCH]);
	y[LOAD] = load(p);
	y[CURRENT] = p[IDLE] + fabs(p[STIFFNESS] * (u[DRIVE] - x[VELOCITY]) * u[DRIVE]) /
	                               p[VOLTAGE];
}

static const struct model model = {
	.name = "belt",
	.source = "Newton 1687; Kloss 1909",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.n_states = N_STATES,
	.direct = {[CURRENT] = 1 << DRIVE},
	.start = start,
	.rates = rates,
	.outputs_of = outputs_of,
};

extern const struct part_kind part_belt;
const struct part_kind part_belt = {
	.model = &model,
	.damages = damages,
	.n_damages = ARRAY_SIZE(damages),
	.rates = rates,
};
