/* SPDX-License-Identifier: Apache-2.0 */
/* An open tank that empties through a valve at its bottom:
 *
 *     A dh/dt = q - s a sqrt(2 g h)
 *
 * A area, h level, q inflow, s valve (0 shut, 1 open), a outlet: discharge coefficient
 * times area.  Torricelli 1644; in this form e.g. Seborg, Edgar, Mellichamp 2016,
 * section 2.4.5. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/models/model.h"
#include "twin/models/torricelli.h"

/* What the model does not know, as a share of the outflow at 1 m, over one second. */
#define UNKNOWN_SHARE 0.01

enum { AREA, OUTLET, LEVEL_MAX };
enum { INFLOW, VALVE };
enum { LEVEL, OUTFLOW };

static void limit(const double *p, double *x)
{
	x[0] = fmin(fmax(x[0], 0), p[LEVEL_MAX]);
}

static void start(const double *p, const double *u, const double *y, double *x)
{
	double opening = u[VALVE] * p[OUTLET];

	x[0] = y[LEVEL];
	if (!isfinite(x[0]) && opening > 0) {
		/* As if at rest: what flows in flows out. */
		double flow = isfinite(y[OUTFLOW]) ? y[OUTFLOW] : u[INFLOW];

		x[0] = torricelli_level(flow, opening);
	}
	x[0] = isfinite(x[0]) ? x[0] : 0;
	limit(p, x);
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	dx[0] = (u[INFLOW] - u[VALVE] * p[OUTLET] * torricelli(x[0])) / p[AREA];
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	y[LEVEL] = x[0];
	y[OUTFLOW] = u[VALVE] * p[OUTLET] * torricelli(x[0]);
}

static void jacobian(const double *p, const double *x, const double *u, double *j)
{
	j[0] = -u[VALVE] * p[OUTLET] * torricelli_slope(x[0]) / p[AREA];
}

static void noise(const double *p, double *qc)
{
	qc[0] = pow(UNKNOWN_SHARE * p[OUTLET] * torricelli(1) / p[AREA], 2);
}

static const struct model_port parameters[] = {
	{"area", "m2", "cross section A", NAN, 1e-6, 1e6},
	{"outlet", "m2", "discharge coefficient times area of the outlet, a", NAN, 1e-9,
         1e3},
	{"level_max", "m", "overflow", 1e4, 0, 1e4},
};

static const struct model_port inputs[] = {
	{"inflow", "m3/s", "q", NAN, 0, 1e6},
	{"valve", "1", "opening s of the outlet, 0 shut, 1 open", 1, 0, 1},
};

static const struct model_port outputs[] = {
	{"level", "m", "h", NAN, 0, 1e4},
	{"outflow", "m3/s", "s a sqrt(2 g h)", NAN, 0, 1e6},
};

extern const struct model model_tank;
const struct model model_tank = {
	.name = "tank",
	.source = "Torricelli 1644; Seborg, Edgar, Mellichamp 2016, section 2.4.5",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.n_states = 1,
	.direct = {[OUTFLOW] = 1 << VALVE},
	.start = start,
	.rates = rates,
	.outputs_of = outputs_of,
	.jacobian = jacobian,
	.noise = noise,
	.limit = limit,
};
