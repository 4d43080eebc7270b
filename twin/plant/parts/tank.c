/* SPDX-License-Identifier: Apache-2.0 */
/* An open, well stirred tank with an outlet at its bottom, a rim, and perhaps a hole. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"

enum { AREA, OUTLET, HEIGHT, RIM, LOSS, DENSITY, CAPACITY, LEVEL0, TEMPERATURE0, LEAK };
enum { INFLOW, INFLOW_TEMPERATURE, VALVE, HEATER, AMBIENT };
enum { LEVEL, TEMPERATURE, OUTFLOW, SPILL, LEAKAGE, LOST, ENTHALPY_OUT };
enum { VOLUME, HEAT, N_STATES };

static const double gravity = 9.80665;   /* m/s2 */
static const double weir = 0.62;         /* discharge coefficient of the rim */
static const double least_volume = 1e-6; /* m3 for a temperature of an empty tank */

static const struct part_port parameters[] = {
	[AREA] = {"area", "m2", "cross section A", NAN, 1e-4, 1e4, 0},
	[OUTLET] = {"outlet", "m2", "discharge coefficient times area a", NAN, 0, 10, 0},
	[HEIGHT] = {"height", "m", "level of the rim H", 1, 0.01, 100, 0},
	[RIM] = {"rim", "m", "length of the rim that spills b", 0.5, 0.01, 100, 0},
	[LOSS] = {"loss", "W/K", "conductance to the ambient air UA", 0, 0, 1e6, 0},
	[DENSITY] = {"density", "kg/m3", "rho", 998, 1, 2e4, 0},
	[CAPACITY] = {"heat_capacity", "J/(kg K)", "c", 4186, 100, 1e4, 0},
	[LEVEL0] = {"level", "m", "at start", 0, 0, 100, 0},
	[TEMPERATURE0] = {"temperature", "degC", "at start", 20, -50, 300, 0},
	[LEAK] = {"leak", "m2", "coefficient times area of a hole", 0, 0, 10, PART_FAULT},
};

static const struct part_port inputs[] = {
	[INFLOW] = {"inflow", "m3/s", "q_in", 0, 0, 100, 0},
	[INFLOW_TEMPERATURE] = {"inflow_temperature", "degC", "T_in", 20, -50, 300, 0},
	[VALVE] = {"valve", "1", "opening of the outlet v", 1, 0, 1, PART_DIRECT},
	[HEATER] = {"heater", "W", "heat into the liquid P", 0, -1e9, 1e9, 0},
	[AMBIENT] = {"ambient", "degC", "T_a", 20, -50, 300, PART_DIRECT},
};

static const struct part_port outputs[] = {
	[LEVEL] = {"level", "m", "h = V / A", NAN, 0, 100, 0},
	[TEMPERATURE] = {"temperature", "degC", "T = Q / (rho c V)", NAN, -50, 300, 0},
	[OUTFLOW] = {"outflow", "m3/s", "q = a v sqrt(2 g h)", NAN, 0, 100, 0},
	[SPILL] = {"spill", "m3/s", "2/3 C b sqrt(2 g) (h - H)^1.5", NAN, 0, 100, 0},
	[LEAKAGE] = {"leakage", "m3/s", "as outflow, through the hole", NAN, 0, 100, 0},
	[LOST] = {"lost", "W", "UA (T - T_a)", NAN, -1e9, 1e9, 0},
	[ENTHALPY_OUT] = {"enthalpy_out", "W", "of all that leaves, over 0 degC", NAN,
                          -1e12, 1e12, 0},
};

static void start(const double *p, const double *u, double *x)
{
	x[VOLUME] = p[AREA] * p[LEVEL0];
	x[HEAT] = p[DENSITY] * p[CAPACITY] * x[VOLUME] * p[TEMPERATURE0];
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	double level = x[VOLUME] / p[AREA];
	double speed = sqrt(2 * gravity * fmax(level, 0));
	double head = fmax(level - p[HEIGHT], 0);
	double rho_c = p[DENSITY] * p[CAPACITY];

	y[LEVEL] = level;
	y[TEMPERATURE] = x[HEAT] / (rho_c * fmax(x[VOLUME], least_volume));
	y[OUTFLOW] = p[OUTLET] * u[VALVE] * speed;
	y[SPILL] = 2.0 / 3 * weir * p[RIM] * sqrt(2 * gravity) * head * sqrt(head);
	y[LEAKAGE] = p[LEAK] * speed;
	y[LOST] = p[LOSS] * (y[TEMPERATURE] - u[AMBIENT]);
	y[ENTHALPY_OUT] = rho_c * y[TEMPERATURE] * (y[OUTFLOW] + y[SPILL] + y[LEAKAGE]);
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	double y[ARRAY_SIZE(outputs)];

	outputs_of(p, x, u, y);
	dx[VOLUME] = u[INFLOW] - y[OUTFLOW] - y[SPILL] - y[LEAKAGE];
	dx[HEAT] = p[DENSITY] * p[CAPACITY] * u[INFLOW] * u[INFLOW_TEMPERATURE] +
	           u[HEATER] - y[LOST] - y[ENTHALPY_OUT];
}

extern const struct part_kind part_tank;
const struct part_kind part_tank = {
	.name = "tank",
	.source = "Torricelli 1643; rim: Poleni 1717, Cd after Rehbock 1929",
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
