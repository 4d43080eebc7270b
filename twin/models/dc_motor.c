/* SPDX-License-Identifier: Apache-2.0 */
/* A permanent-magnet DC motor, its current at rest on the scale of a poll, and warm:
 *
 *     i        = (v - K w) / R(T)          R(T) = R_20 (1 + alpha (T - 293.15))
 *     J dw/dt  = K i - b w - tau
 *     C dT/dt  = R(T) i^2 - G (T - T_amb)
 *
 * Krishnan 2001, section 2.2, without the inductance; winding as a lumped capacitance:
 * Incropera, DeWitt, Bergman, Lavine 2007, section 5.3. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/models/model.h"

#define ROOM_K 293.15 /* 20 degC, to which R is referred */
/* What the model does not know, over one second: a share of the speed at no load and
 * 1 V, and kelvins. */
#define UNKNOWN_SHARE 0.05
#define UNKNOWN_K     0.01

enum { RESISTANCE, CONSTANT, INERTIA, FRICTION, C_WINDING, G_WINDING, COPPER };
enum { VOLTAGE, LOAD, AMBIENT };
enum { SPEED, CURRENT, TEMPERATURE };
enum { W, T, N_STATES };

static double resistance(const double *p, const double *x)
{
	return p[RESISTANCE] * (1 + p[COPPER] * (x[T] - ROOM_K));
}

static double current(const double *p, const double *x, const double *u)
{
	return (u[VOLTAGE] - p[CONSTANT] * x[W]) / resistance(p, x);
}

static void start(const double *p, const double *u, const double *y, double *x)
{
	double k = p[CONSTANT];

	x[T] = isfinite(y[TEMPERATURE]) ? y[TEMPERATURE] : u[AMBIENT];
	x[W] = y[SPEED];
	if (!isfinite(x[W])) {
		double r = resistance(p, x);

		x[W] = (k * u[VOLTAGE] - r * u[LOAD]) / (k * k + r * p[FRICTION]);
	}
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	double i = current(p, x, u);

	dx[W] = (p[CONSTANT] * i - p[FRICTION] * x[W] - u[LOAD]) / p[INERTIA];
	dx[T] = (resistance(p, x) * i * i - p[G_WINDING] * (x[T] - u[AMBIENT])) /
	        p[C_WINDING];
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	y[SPEED] = x[W];
	y[CURRENT] = current(p, x, u);
	y[TEMPERATURE] = x[T];
}

static void jacobian(const double *p, const double *x, const double *u, double *j)
{
	double i = current(p, x, u), k = p[CONSTANT];
	double slope = p[RESISTANCE] * p[COPPER]; /* dR/dT */

	j[0] = -(k * k / resistance(p, x) + p[FRICTION]) / p[INERTIA];
	j[1] = -k * i * slope / resistance(p, x) / p[INERTIA];
	j[2] = -2 * k * i / p[C_WINDING];
	j[3] = (-i * i * slope - p[G_WINDING]) / p[C_WINDING];
}

static void noise(const double *p, double *qc)
{
	qc[W] = pow(UNKNOWN_SHARE / p[CONSTANT], 2);
	qc[T] = UNKNOWN_K * UNKNOWN_K;
}

static const struct model_port parameters[] = {
	{"resistance", "Ohm", "of the winding at 20 degC, R_20", NAN, 1e-6, 1e6},
	{"constant", "V s/rad", "of voltage and torque, K", NAN, 1e-6, 1e6},
	{"inertia", "kg m2", "of rotor and load, J", NAN, 1e-9, 1e9},
	{"friction", "N m s/rad", "viscous, b", 0, 0, 1e6},
	{"C_winding", "J/K", "heat capacity, C", NAN, 1e-3, 1e9},
	{"G_winding", "W/K", "conductance to ambient, G", NAN, 1e-6, 1e6},
	{"copper", "1/K", "temperature coefficient of R, alpha", 0.00393, 0, 0.1},
};

static const struct model_port inputs[] = {
	{"voltage", "V", "v", NAN, -1e6, 1e6},
	{"load", "N m", "torque tau", 0, -1e9, 1e9},
	{"ambient", "K", "T_amb", ROOM_K, 0, 1e4},
};

static const struct model_port outputs[] = {
	{"speed", "rad/s", "w", NAN, -1e6, 1e6},
	{"current", "A", "i", NAN, -1e9, 1e9},
	{"temperature", "K", "of the winding, T", NAN, 0, 1e4},
};

extern const struct model model_dc_motor;
const struct model model_dc_motor = {
	.name = "dc_motor",
	.source = "Krishnan 2001, section 2.2; Incropera et al. 2007, section 5.3",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.n_states = N_STATES,
	.direct = {[CURRENT] = 1 << VOLTAGE},
	.start = start,
	.rates = rates,
	.outputs_of = outputs_of,
	.jacobian = jacobian,
	.noise = noise,
};
