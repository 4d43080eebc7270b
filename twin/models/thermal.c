/* SPDX-License-Identifier: Apache-2.0 */
/* A body warmed by a heater with a capacity of its own, both lumped:
 *
 *     C_h dT_h/dt = P u - G_h (T_h - T_b)
 *     C_b dT_b/dt = G_h (T_h - T_b) - G_b (T_b - T_amb)
 *
 * Incropera, DeWitt, Bergman, Lavine 2007, section 5.3 (lumped capacitance), for two. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/models/model.h"

/* What the model does not know, as a share of the heater's power over one second. */
#define UNKNOWN_SHARE 0.01

enum { C_HEATER, C_BODY, G_HEATER, G_BODY, POWER };
enum { HEATER, AMBIENT };
enum { BODY, HEATER_TEMPERATURE }; /* outputs and states */
enum { N_STATES = 2 };

static void start(const double *p, const double *u, const double *y, double *x)
{
	/* The heater settles long before the body does. */
	double lead = p[POWER] * u[HEATER] / p[G_HEATER];

	x[BODY] = y[BODY];
	if (!isfinite(x[BODY])) {
		x[BODY] = isfinite(y[HEATER_TEMPERATURE]) ? y[HEATER_TEMPERATURE] - lead
		                                          : u[AMBIENT];
	}
	x[HEATER_TEMPERATURE] = isfinite(y[HEATER_TEMPERATURE]) ? y[HEATER_TEMPERATURE]
	                                                        : x[BODY] + lead;
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	double flow = p[G_HEATER] * (x[HEATER_TEMPERATURE] - x[BODY]);

	dx[BODY] = (flow - p[G_BODY] * (x[BODY] - u[AMBIENT])) / p[C_BODY];
	dx[HEATER_TEMPERATURE] = (p[POWER] * u[HEATER] - flow) / p[C_HEATER];
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	(void)p;
	(void)u;
	y[BODY] = x[BODY];
	y[HEATER_TEMPERATURE] = x[HEATER_TEMPERATURE];
}

static void jacobian(const double *p, const double *x, const double *u, double *j)
{
	(void)x;
	(void)u;
	j[0] = -(p[G_HEATER] + p[G_BODY]) / p[C_BODY];
	j[1] = p[G_HEATER] / p[C_BODY];
	j[2] = p[G_HEATER] / p[C_HEATER];
	j[3] = -p[G_HEATER] / p[C_HEATER];
}

static void noise(const double *p, double *qc)
{
	qc[BODY] = pow(UNKNOWN_SHARE * p[POWER] / p[C_BODY], 2);
	qc[HEATER_TEMPERATURE] = pow(UNKNOWN_SHARE * p[POWER] / p[C_HEATER], 2);
}

static const struct model_port parameters[] = {
	{"C_heater", "J/K", "heat capacity of the heater, C_h", NAN, 1e-3, 1e12},
	{"C_body", "J/K", "heat capacity of the body, C_b", NAN, 1e-3, 1e12},
	{"G_heater", "W/K", "conductance heater to body, G_h", NAN, 1e-6, 1e9},
	{"G_body", "W/K", "conductance body to ambient, G_b", NAN, 0, 1e9},
	{"power", "W", "of the heater fully on, P", NAN, 1e-6, 1e9},
};

static const struct model_port inputs[] = {
	{"heater", "1", "duty u, 0 to 1", NAN, 0, 1},
	{"ambient", "K", "T_amb", 293.15, 0, 1e4},
};

static const struct model_port outputs[] = {
	{"body", "K", "T_b", NAN, 0, 1e4},
	{"heater_temperature", "K", "T_h", NAN, 0, 1e4},
};

extern const struct model model_thermal;
const struct model model_thermal = {
	.name = "thermal",
	.source = "Incropera, DeWitt, Bergman, Lavine 2007, section 5.3",
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
	.jacobian = jacobian,
	.noise = noise,
	.linear = true,
};
