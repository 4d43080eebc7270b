/* SPDX-License-Identifier: Apache-2.0 */
/* The liquid in a full pipe, moving as one:
 *
 *     rho L/A dq/dt = p_1 - p_2 - rho g z - (f L/D + zeta) rho v |v| / 2     v = q / A
 *
 * f = 64/Re where laminar, after Haaland 1983 where turbulent, and on the line between
 * the two from Re 2000 to 4000.  White 2016, sections 6.4 and 6.6; rigid column: Wylie,
 * Streeter 1993, section 2.4. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/models/model.h"

#define GRAVITY   9.80665 /* m/s2 */
#define LAMINAR   2000.0  /* Reynolds numbers */
#define TURBULENT 4000.0
/* What the model does not know, over one second: m/s. */
#define UNKNOWN_M_S 0.01

enum { LENGTH, DIAMETER, ROUGHNESS, RISE, FITTINGS, DENSITY, VISCOSITY };
enum { PRESSURE_IN, PRESSURE_OUT };
enum { FLOW, VELOCITY };
enum { N_STATES = 1 };

static double section(const double *p)
{
	return 0.25 * 3.14159265358979323846 * p[DIAMETER] * p[DIAMETER];
}

static double haaland(const double *p, double reynolds)
{
	double root = -1.8 *
	              log10(pow(p[ROUGHNESS] / p[DIAMETER] / 3.7, 1.11) + 6.9 / reynolds);

	return 1 / (root * root);
}

/* f v |v|, which is finite at rest, m2/s2. */
static double friction(const double *p, double v)
{
	double reynolds = p[DENSITY] * fabs(v) * p[DIAMETER] / p[VISCOSITY];
	double share = (reynolds - LAMINAR) / (TURBULENT - LAMINAR);
	double low = 64 / LAMINAR, high;

	if (share <= 0) {
		return 64 * p[VISCOSITY] / (p[DENSITY] * p[DIAMETER]) * v;
	}
	if (share >= 1) {
		return haaland(p, reynolds) * v * fabs(v);
	}
	high = haaland(p, TURBULENT);
	return (low + share * (high - low)) * v * fabs(v);
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	double v = x[FLOW] / section(p);
	double loss = friction(p, v) * p[LENGTH] / p[DIAMETER] +
	              p[FITTINGS] * v * fabs(v);
	double drive = u[PRESSURE_IN] - u[PRESSURE_OUT] - p[DENSITY] * GRAVITY * p[RISE];

	dx[FLOW] = (drive / p[DENSITY] - loss / 2) * section(p) / p[LENGTH];
}

/* At rest: loss grows with the flow, so halving finds it. */
static void start(const double *p, const double *u, const double *y, double *x)
{
	double low = -100 * section(p), high = 100 * section(p);

	for (int i = 0; i < 60; i++) {
		double dx;

		x[FLOW] = (low + high) / 2;
		rates(p, x, u, &dx);
		*(dx > 0 ? &low : &high) = x[FLOW];
	}
	x[FLOW] = isfinite(y[FLOW]) ? y[FLOW] : x[FLOW];
	if (!isfinite(y[FLOW]) && isfinite(y[VELOCITY])) {
		x[FLOW] = y[VELOCITY] * section(p);
	}
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	(void)u;
	y[FLOW] = x[FLOW];
	y[VELOCITY] = x[FLOW] / section(p);
}

static void noise(const double *p, double *qc)
{
	qc[FLOW] = pow(UNKNOWN_M_S * section(p), 2);
}

static const struct model_port parameters[] = {
	{"length", "m", "L", NAN, 1e-3, 1e7},
	{"diameter", "m", "inside, D", NAN, 1e-4, 1e2},
	{"roughness", "m", "of the wall", 4.5e-5, 0, 0.1},
	{"rise", "m", "of the outlet over the inlet, z", 0, -1e4, 1e4},
	{"fittings", "1", "sum of their loss coefficients, zeta", 0, 0, 1e6},
	{"density", "kg/m3", "rho", 998, 1, 3e4},
	{"viscosity", "Pa s", "dynamic", 1.002e-3, 1e-7, 1e3},
};

static const struct model_port inputs[] = {
	{"pressure_in", "Pa", "p_1", NAN, -1e5, 1e9},
	{"pressure_out", "Pa", "p_2", NAN, -1e5, 1e9},
};

static const struct model_port outputs[] = {
	{"flow", "m3/s", "q", NAN, -1e6, 1e6},
	{"velocity", "m/s", "mean, v", NAN, -1e3, 1e3},
};

extern const struct model model_pipe;
const struct model model_pipe = {
	.name = "pipe",
	.source = "White 2016, section 6.6; Haaland 1983; Wylie, Streeter 1993, section "
		  "2.4",
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
	.noise = noise,
};
