/* SPDX-License-Identifier: Apache-2.0 */
/* An electric immersion heater: the element is heated, and heats the liquid. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"

enum { RATED, CAPACITY, CONDUCTANCE, TEMPERATURE0, BURNT, SCALE };
enum { DUTY, LIQUID };
enum { HEAT, ELEMENT, POWER };
enum { STORED, N_STATES };

static const struct part_port parameters[] = {
	[RATED] = {"power", "W", "electric, at full duty P_r", NAN, 1, 1e8, 0},
	[CAPACITY] = {"heat_capacity", "J/K", "of the element C", 500, 1, 1e7, 0},
	[CONDUCTANCE] = {"conductance", "W/K", "element to liquid G", 250, 0.1, 1e6, 0},
	[TEMPERATURE0] = {"temperature", "degC", "of the element at start", 20, -50, 1000,
                          0},
	[BURNT] = {"burnt", "1", "share of the elements lost b", 0, 0, 1, PART_FAULT},
	[SCALE] = {"scale", "1", "share of the conductance lost s", 0, 0, 0.99,
                   PART_FAULT},
};

static const struct part_port inputs[] = {
	[DUTY] = {"duty", "1", "u", 0, 0, 1, PART_DIRECT},
	[LIQUID] = {"liquid", "degC", "temperature around it T", 20, -50, 300,
                    PART_DIRECT},
};

static const struct part_port outputs[] = {
	[HEAT] = {"heat", "W", "into the liquid, G (1 - s) (T_e - T)", NAN, -1e9, 1e9, 0},
	[ELEMENT] = {"element", "degC", "T_e = Q / C", NAN, -50, 1000, 0},
	[POWER] = {"power", "W", "P_r (1 - b) u", NAN, 0, 1e8, 0},
};

static void start(const double *p, const double *u, double *x)
{
	x[STORED] = p[CAPACITY] * p[TEMPERATURE0];
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	y[ELEMENT] = x[STORED] / p[CAPACITY];
	y[HEAT] = p[CONDUCTANCE] * (1 - p[SCALE]) * (y[ELEMENT] - u[LIQUID]);
	y[POWER] = p[RATED] * (1 - p[BURNT]) * fmin(fmax(u[DUTY], 0), 1);
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	double y[ARRAY_SIZE(outputs)];

	outputs_of(p, x, u, y);
	dx[STORED] = y[POWER] - y[HEAT];
}

extern const struct part_kind part_heater;
const struct part_kind part_heater = {
	.name = "heater",
	.source = "Newton 1701 (cooling), lumped element",
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
