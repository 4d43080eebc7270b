/* SPDX-License-Identifier: Apache-2.0 */
/* First order with dead time, for what is known by its step response only:
 *
 *     tau dy/dt = gain u(t - dead_time) + offset - y
 *
 * Seborg, Edgar, Mellichamp 2016, section 7.2.  Who integrates delays u. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/models/model.h"

/* What the model does not know, as a share of the gain over one time constant. */
#define UNKNOWN_SHARE 0.01

enum { GAIN, TAU, DEAD_TIME, OFFSET };
enum { N_STATES = 1 };

static void start(const double *p, const double *u, const double *y, double *x)
{
	x[0] = isfinite(y[0]) ? y[0] : p[GAIN] * u[0] + p[OFFSET];
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	dx[0] = (p[GAIN] * u[0] + p[OFFSET] - x[0]) / p[TAU];
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	(void)p;
	(void)u;
	y[0] = x[0];
}

static void jacobian(const double *p, const double *x, const double *u, double *j)
{
	(void)x;
	(void)u;
	j[0] = -1 / p[TAU];
}

static void noise(const double *p, double *qc)
{
	qc[0] = pow(UNKNOWN_SHARE * fmax(fabs(p[GAIN]), 1e-9), 2) / p[TAU];
}

static double dead_time(const double *p)
{
	return p[DEAD_TIME];
}

static const struct model_port parameters[] = {
	{"gain", "1", "unit of y for one of u", NAN, -1e12, 1e12},
	{"tau", "s", "time constant", NAN, 1e-6, 1e9},
	{"dead_time", "s", "before y feels u", 0, 0, 1e6},
	{"offset", "1", "y with u at 0 in the end", 0, -1e12, 1e12},
};

/* No unit: values are taken as the tags have them. */
static const struct model_port inputs[] = {
	{"u", "", "input", NAN, -1e12, 1e12},
};

static const struct model_port outputs[] = {
	{"y", "", "output", NAN, -1e12, 1e12},
};

extern const struct model model_first_order;
const struct model model_first_order = {
	.name = "first_order",
	.source = "Seborg, Edgar, Mellichamp 2016, section 7.2",
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
	.dead_time = dead_time,
	.linear = true,
};
