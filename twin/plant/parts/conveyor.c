/* SPDX-License-Identifier: Apache-2.0 */
/* A belt with parts at a fixed pitch, driven by an induction motor near its speed. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"

enum { LENGTH, PITCH, BELT, PART, FRICTION, STIFFNESS, VOLTAGE, IDLE, JAM };
enum { DRIVE };
enum { SPEED, COUNT, LOAD, CURRENT };
enum { VELOCITY, TRAVEL, N_STATES };

static const double gravity = 9.80665; /* m/s2 */
static const double creep = 0.005;     /* m/s over which friction changes its sign */

static const struct part_port parameters[] = {
	[LENGTH] = {"length", "m", "of the belt under parts", 2, 0.1, 1e3, 0},
	[PITCH] = {"pitch", "m", "between two parts", 0.25, 0.01, 100, 0},
	[BELT] = {"belt", "kg", "moving mass without parts m_b", 10, 0.1, 1e5, 0},
	[PART] = {"part", "kg", "mass of a part m_p", 1, 0, 1e4, 0},
	[FRICTION] = {"friction", "1", "coefficient of belt and rollers mu", 0.05, 0, 2,
                      0},
	[STIFFNESS] = {"stiffness", "N s/m", "force by slip of the motor k", 500, 1, 1e7,
                       0},
	[VOLTAGE] = {"voltage", "V", "times efficiency and power factor U", 300, 1, 1e4,
                     0},
	[IDLE] = {"idle", "A", "magnetising current I_0", 0.3, 0, 1e3, 0},
	[JAM] = {"jam", "N", "force that holds the belt back J", 0, 0, 1e6, PART_FAULT},
};

static const struct part_port inputs[] = {
	[DRIVE] = {"drive", "m/s", "speed without load v_0", 0, -10, 10, PART_DIRECT},
};

static const struct part_port outputs[] = {
	[SPEED] = {"speed", "m/s", "v", NAN, -10, 10, 0},
	[COUNT] = {"count", "1", "whole pitches travelled since the start", NAN, 0, 1e15,
                   0},
	[LOAD] = {"load", "kg", "m = m_b + m_p length / pitch", NAN, 0, 1e9, 0},
	[CURRENT] = {"current", "A", "I_0 + |k (v_0 - v) v_0| / U", NAN, 0, 1e6, 0},
};

static double load(const double *p)
{
	return p[BELT] + p[PART] * p[LENGTH] / p[PITCH];
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

extern const struct part_kind part_conveyor;
const struct part_kind part_conveyor = {
	.name = "conveyor",
	.source = "Newton 1687; induction motor linear in slip, Kloss 1909",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.n_states = N_STATES,
	.rates = rates,
	.outputs_of = outputs_of,
};
