/* SPDX-License-Identifier: Apache-2.0 */
/* A control valve and its actuator, for a liquid that neither flashes nor chokes:
 *
 *     T ds/dt = command - s
 *     q       = K phi(s) sqrt(dp / 1 bar * 1000 kg/m3 / rho)
 *     phi(s)  = R^(s - 1) (equal percentage), s with R 1 (linear); 0 where shut
 *
 * s stroke, K flow of water at 1 bar (K_vs).  IEC 60534-2-1:2011, section 5.1; inherent
 * characteristics: Seborg, Edgar, Mellichamp 2016, section 9.2. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/models/model.h"

#define BAR   1e5 /* Pa */
#define WATER 1e3 /* kg/m3, the reference */
/* Below it the root is replaced by the line through it, Pa. */
#define PRESSURE_LINEAR 100.0
#define SHUT            1e-3 /* stroke */
/* What the model does not know, as a share of the stroke over one second. */
#define UNKNOWN_SHARE 0.005

enum { KVS, RANGEABILITY, TRAVEL, DENSITY };
enum { COMMAND, PRESSURE_IN, PRESSURE_OUT };
enum { POSITION, FLOW };
enum { N_STATES = 1 };

static double characteristic(const double *p, double stroke)
{
	if (stroke <= SHUT) {
		return 0;
	}
	return p[RANGEABILITY] > 1 ? pow(p[RANGEABILITY], stroke - 1) : stroke;
}

/* sqrt(dp), odd in dp. */
static double root(double dp)
{
	double size = fabs(dp);

	return size < PRESSURE_LINEAR ? dp / sqrt(PRESSURE_LINEAR)
	                              : copysign(sqrt(size), dp);
}

static void limit(const double *p, double *x)
{
	(void)p;
	x[POSITION] = fmin(fmax(x[POSITION], 0), 1);
}

static void start(const double *p, const double *u, const double *y, double *x)
{
	x[POSITION] = isfinite(y[POSITION]) ? y[POSITION] : u[COMMAND];
	limit(p, x);
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	dx[POSITION] = (u[COMMAND] - x[POSITION]) / p[TRAVEL];
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	double dp = u[PRESSURE_IN] - u[PRESSURE_OUT];

	y[POSITION] = x[POSITION];
	y[FLOW] = p[KVS] * characteristic(p, x[POSITION]) * root(dp) / sqrt(BAR) *
	          sqrt(WATER / p[DENSITY]);
}

static void jacobian(const double *p, const double *x, const double *u, double *j)
{
	(void)x;
	(void)u;
	j[0] = -1 / p[TRAVEL];
}

static void noise(const double *p, double *qc)
{
	(void)p;
	qc[POSITION] = UNKNOWN_SHARE * UNKNOWN_SHARE;
}

static const struct model_port parameters[] = {
	{"kvs", "m3/s", "water at 1 bar, fully open: K_vs in m3/h over 3600, K", NAN,
         1e-9, 1e3},
	{"rangeability", "1", "R; 1 for a linear valve", 1, 1, 1e3},
	{"travel", "s", "time constant of the stroke, T", 1, 1e-3, 1e4},
	{"density", "kg/m3", "rho", 998, 1, 3e4},
};

static const struct model_port inputs[] = {
	{"command", "1", "stroke asked for, 0 to 1", NAN, 0, 1},
	{"pressure_in", "Pa", "upstream", NAN, -1e5, 1e9},
	{"pressure_out", "Pa", "downstream", 0, -1e5, 1e9},
};

static const struct model_port outputs[] = {
	{"position", "1", "stroke s", NAN, 0, 1},
	{"flow", "m3/s", "q", NAN, -1e3, 1e3},
};

extern const struct model model_valve;
const struct model model_valve = {
	.name = "valve",
	.source = "IEC 60534-2-1:2011, section 5.1; Seborg, Edgar, Mellichamp 2016, "
		  "section 9.2",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.n_states = N_STATES,
	.direct = {[FLOW] = 1 << PRESSURE_IN | 1 << PRESSURE_OUT},
	.start = start,
	.rates = rates,
	.outputs_of = outputs_of,
	.jacobian = jacobian,
	.noise = noise,
	.limit = limit,
};
