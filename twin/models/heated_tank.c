/* SPDX-License-Identifier: Apache-2.0 */
/* A stirred tank with a heater and a loss to the room, its holdup free:
 *
 *     A dh/dt         = q - s a sqrt(2 g h)
 *     rho c A h dT/dt = rho c q (T_in - T) + P - L (T - T_amb)
 *
 * Seborg, Edgar, Mellichamp 2016, sections 2.4.2 and 2.4.5. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/models/model.h"
#include "twin/models/torricelli.h"

/* An almost empty tank would change its temperature at once: the content is taken as at
 * least that level's, m. */
#define LEVEL_MIN 1e-2
/* What the model does not know, over one second: a share of the outflow at 1 m, and
 * kelvins. */
#define UNKNOWN_SHARE 0.01
#define UNKNOWN_K     0.01
#define ROOM_K        293.15

enum { AREA, OUTLET, LEVEL_MAX, DENSITY, HEAT_CAPACITY, LOSS };
enum { INFLOW, VALVE, INFLOW_TEMPERATURE, HEATER, AMBIENT };
enum { LEVEL, TEMPERATURE, OUTFLOW };
enum { N_STATES = 2 };

static void limit(const double *p, double *x)
{
	x[LEVEL] = fmin(fmax(x[LEVEL], 0), p[LEVEL_MAX]);
	x[TEMPERATURE] = fmax(x[TEMPERATURE], 0);
}

static void start(const double *p, const double *u, const double *y, double *x)
{
	double opening = u[VALVE] * p[OUTLET];

	x[LEVEL] = y[LEVEL];
	if (!isfinite(x[LEVEL]) && opening > 0) {
		x[LEVEL] = torricelli_level(isfinite(y[OUTFLOW]) ? y[OUTFLOW] : u[INFLOW],
		                            opening);
	}
	x[LEVEL] = isfinite(x[LEVEL]) ? x[LEVEL] : 0;
	x[TEMPERATURE] = isfinite(y[TEMPERATURE]) ? y[TEMPERATURE]
	                                          : u[INFLOW_TEMPERATURE];
	limit(p, x);
}

/* rho c A h, J/K */
static double content(const double *p, const double *x)
{
	return p[DENSITY] * p[HEAT_CAPACITY] * p[AREA] * fmax(x[LEVEL], LEVEL_MIN);
}

/* What warms the content, W. */
static double heating(const double *p, const double *x, const double *u)
{
	return p[DENSITY] * p[HEAT_CAPACITY] * u[INFLOW] *
	               (u[INFLOW_TEMPERATURE] - x[TEMPERATURE]) +
	       u[HEATER] - p[LOSS] * (x[TEMPERATURE] - u[AMBIENT]);
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	dx[LEVEL] = (u[INFLOW] - u[VALVE] * p[OUTLET] * torricelli(x[LEVEL])) / p[AREA];
	dx[TEMPERATURE] = heating(p, x, u) / content(p, x);
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	y[LEVEL] = x[LEVEL];
	y[TEMPERATURE] = x[TEMPERATURE];
	y[OUTFLOW] = u[VALVE] * p[OUTLET] * torricelli(x[LEVEL]);
}

static void jacobian(const double *p, const double *x, const double *u, double *j)
{
	j[0] = -u[VALVE] * p[OUTLET] * torricelli_slope(x[LEVEL]) / p[AREA];
	j[1] = 0;
	j[2] = x[LEVEL] > LEVEL_MIN ? -heating(p, x, u) / (content(p, x) * x[LEVEL]) : 0;
	j[3] = -(p[DENSITY] * p[HEAT_CAPACITY] * u[INFLOW] + p[LOSS]) / content(p, x);
}

static void noise(const double *p, double *qc)
{
	qc[LEVEL] = pow(UNKNOWN_SHARE * p[OUTLET] * torricelli(1) / p[AREA], 2);
	qc[TEMPERATURE] = UNKNOWN_K * UNKNOWN_K;
}

static const struct model_port parameters[] = {
	{"area", "m2", "cross section A", NAN, 1e-6, 1e6},
	{"outlet", "m2", "discharge coefficient times area of the outlet, a", NAN, 1e-9,
         1e3},
	{"level_max", "m", "overflow", 1e4, 0, 1e4},
	{"density", "kg/m3", "rho", 998, 1, 3e4},
	{"heat_capacity", "J/(kg K)", "c", 4182, 1, 1e5},
	{"loss", "W/K", "conductance to the room, L", 0, 0, 1e9},
};

static const struct model_port inputs[] = {
	{"inflow", "m3/s", "q", NAN, 0, 1e6},
	{"valve", "1", "opening s of the outlet, 0 shut, 1 open", 1, 0, 1},
	{"inflow_temperature", "K", "T_in", ROOM_K, 0, 1e4},
	{"heater", "W", "P", 0, -1e9, 1e9},
	{"ambient", "K", "T_amb", ROOM_K, 0, 1e4},
};

static const struct model_port outputs[] = {
	{"level", "m", "h", NAN, 0, 1e4},
	{"temperature", "K", "T", NAN, 0, 1e4},
	{"outflow", "m3/s", "s a sqrt(2 g h)", NAN, 0, 1e6},
};

extern const struct model model_heated_tank;
const struct model model_heated_tank = {
	.name = "heated_tank",
	.source = "Seborg, Edgar, Mellichamp 2016, sections 2.4.2 and 2.4.5",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.n_states = N_STATES,
	.direct = {[OUTFLOW] = 1 << VALVE},
	.start = start,
	.rates = rates,
	.outputs_of = outputs_of,
	.jacobian = jacobian,
	.noise = noise,
	.limit = limit,
};
