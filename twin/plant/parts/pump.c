/* SPDX-License-Identifier: Apache-2.0 */
/* A centrifugal pump behind a frequency converter, on its pipe with a check valve. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"

enum { RATED, LAG, HEAD, CURVE, LIFT, FRICTION, EFFICIENCY, IDLE, DENSITY, SPEED0, WEAR };
enum { DRIVE };
enum { FLOW, SPEED, HEAD_OUT, POWER };
enum { RATIO, N_STATES };

static const double gravity = 9.80665; /* m/s2 */

static const struct part_port parameters[] = {
	[RATED] = {"rated", "Hz", "frequency of the curve f_r", 50, 1, 1000, 0},
	[LAG] = {"lag", "s", "of motor and wheel tau", 0.5, 0.02, 100, 0},
	[HEAD] = {"head", "m", "at rated speed and no flow H_0", NAN, 0.01, 5000, 0},
	[CURVE] = {"curve", "s2/m5", "fall of the head k", NAN, 0, 1e15, 0},
	[LIFT] = {"lift", "m", "static head of the pipe H_s", 0, 0, 5000, 0},
	[FRICTION] = {"friction", "s2/m5", "of the pipe k_p", 0, 0, 1e15, 0},
	[EFFICIENCY] = {"efficiency", "1", "eta", 0.5, 0.01, 1, 0},
	[IDLE] = {"idle", "W", "at rated speed and no flow P_0", 0, 0, 1e7, 0},
	[DENSITY] = {"density", "kg/m3", "rho", 998, 1, 2e4, 0},
	[SPEED0] = {"speed", "Hz", "at start", 0, 0, 1000, 0},
	[WEAR] = {"wear", "1", "share of the head lost at the wheel w", 0, 0, 1,
                  PART_FAULT},
};

static const struct part_port inputs[] = {
	[DRIVE] = {"drive", "Hz", "frequency of the converter f", 0, 0, 1000, 0},
};

static const struct part_port outputs[] = {
	[FLOW] = {"flow", "m3/s", "q = sqrt((H_0 (1-w) n^2 - H_s) / (k + k_p))", NAN, 0,
                  100, 0},
	[SPEED] = {"speed", "Hz", "n f_r", NAN, 0, 1000, 0},
	[HEAD_OUT] = {"head", "m", "H_0 (1-w) n^2 - k q^2", NAN, 0, 5000, 0},
	[POWER] = {"power", "W", "P_0 n^3 + rho g q H / eta", NAN, 0, 1e9, 0},
};

static void start(const double *p, const double *u, double *x)
{
	x[RATIO] = p[SPEED0] / p[RATED];
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	dx[RATIO] = (u[DRIVE] / p[RATED] - x[RATIO]) / p[LAG];
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	double n = x[RATIO];
	double lift = p[HEAD] * (1 - p[WEAR]) * n * n;
	double drive = fmax(lift - p[LIFT], 0); /* a check valve lets nothing back */
	double resistance = p[CURVE] + p[FRICTION];

	y[FLOW] = resistance > 0 ? sqrt(drive / resistance) : 0;
	y[SPEED] = n * p[RATED];
	y[HEAD_OUT] = lift - p[CURVE] * y[FLOW] * y[FLOW];
	y[POWER] = p[IDLE] * n * n * n +
	           p[DENSITY] * gravity * y[FLOW] * y[HEAD_OUT] / p[EFFICIENCY];
}

extern const struct part_kind part_pump;
const struct part_kind part_pump = {
	.name = "pump",
	.source = "affinity laws, Stepanoff 1957; quadratic head curve",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.n_states = N_STATES,
	.start = start,
	.rates = rates,
	.outputs_of = outputs_of,
};
