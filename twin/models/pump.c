/* SPDX-License-Identifier: Apache-2.0 */
/* A centrifugal pump that lifts into a pipe with a check valve:
 *
 *     I dq/dt = H_0 r^2 - k_p q^2 - H_s - k_s q^2         r = speed over rated speed
 *     P       = rho g H q / eta,   eta = eta_b (2 z - z^2),   z = q / (r q_b)
 *
 * q flow, H head at the pump, I = L / (g A) the inertance of the water in the pipe.
 * Affinity laws and system curve: White 2016, sections 11.3 and 11.4; rigid column:
 * Wylie, Streeter 1993, section 2.4.  Wear lowers H_0 and raises P. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/models/model.h"

#define GRAVITY 9.80665 /* m/s2 */
/* What the model does not know, as a share of the rated flow over one second. */
#define UNKNOWN_SHARE 0.005
/* The efficiency's parabola is not believed beyond that share of the best flow. */
#define FLOW_SHARE_MAX 1.8

enum {
	HEAD,
	PUMP_LOSS,
	RATED_SPEED,
	STATIC_HEAD,
	SYSTEM_LOSS,
	INERTANCE,
	DENSITY,
	BEST_FLOW,
	EFFICIENCY,
};
enum { SPEED };
enum { FLOW, PUMP_HEAD, POWER };
enum { N_STATES = 1 };

static double ratio(const double *p, const double *u)
{
	return fmax(u[SPEED], 0) / p[RATED_SPEED];
}

static double head(const double *p, const double *x, const double *u)
{
	double r = ratio(p, u);

	return fmax(p[HEAD] * r * r - p[PUMP_LOSS] * x[FLOW] * x[FLOW], 0);
}

static void limit(const double *p, double *x)
{
	(void)p;
	x[FLOW] = fmax(x[FLOW], 0);
}

static void start(const double *p, const double *u, const double *y, double *x)
{
	double r = ratio(p, u);
	double surplus = p[HEAD] * r * r - p[STATIC_HEAD];

	x[FLOW] = isfinite(y[FLOW])
	                  ? y[FLOW]
	                  : sqrt(fmax(surplus, 0) / (p[PUMP_LOSS] + p[SYSTEM_LOSS]));
	limit(p, x);
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	double r = ratio(p, u);
	double loss = (p[PUMP_LOSS] + p[SYSTEM_LOSS]) * x[FLOW] * fabs(x[FLOW]);

	dx[FLOW] = (p[HEAD] * r * r - p[STATIC_HEAD] - loss) / p[INERTANCE];
	if (x[FLOW] <= 0) {
		dx[FLOW] = fmax(dx[FLOW], 0); /* the check valve */
	}
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	double best = ratio(p, u) * p[BEST_FLOW];
	double share = best > 0 ? fmin(x[FLOW] / best, FLOW_SHARE_MAX) : 0;

	y[FLOW] = x[FLOW];
	y[PUMP_HEAD] = head(p, x, u);
	/* q / eta with z cancelled: a pump against a shut valve takes power too. */
	y[POWER] = p[DENSITY] * GRAVITY * y[PUMP_HEAD] * best /
	           (p[EFFICIENCY] * (2 - share));
}

static void jacobian(const double *p, const double *x, const double *u, double *j)
{
	(void)u;
	j[0] = -2 * (p[PUMP_LOSS] + p[SYSTEM_LOSS]) * fabs(x[FLOW]) / p[INERTANCE];
}

static void noise(const double *p, double *qc)
{
	qc[FLOW] = pow(UNKNOWN_SHARE * p[BEST_FLOW], 2);
}

static const struct model_port parameters[] = {
	{"head", "m", "at rated speed and no flow, H_0", NAN, 1e-3, 1e5},
	{"pump_loss", "s2/m5", "of the pump curve, k_p", NAN, 1e-9, 1e15},
	{"rated_speed", "rad/s", "of the curve", NAN, 1e-3, 1e5},
	{"static_head", "m", "to be lifted, H_s", 0, -1e5, 1e5},
	{"system_loss", "s2/m5", "of the pipe and its valves, k_s", NAN, 0, 1e15},
	{"inertance", "s2/m2", "L / (g A) of the pipe, I", NAN, 1e-9, 1e9},
	{"density", "kg/m3", "rho", 998, 1, 3e4},
	{"best_flow", "m3/s", "of best efficiency at rated speed, q_b", NAN, 1e-9, 1e6},
	{"efficiency", "1", "at the best flow, eta_b", 0.7, 0.01, 1},
};

static const struct model_port inputs[] = {
	{"speed", "rad/s", "of the shaft", NAN, 0, 1e5},
};

static const struct model_port outputs[] = {
	{"flow", "m3/s", "q", NAN, 0, 1e6},
	{"head", "m", "H", NAN, 0, 1e5},
	{"power", "W", "at the shaft, P", NAN, 0, 1e12},
};

extern const struct model model_pump;
const struct model model_pump = {
	.name = "pump",
	.source = "White 2016, sections 11.3 and 11.4; Wylie, Streeter 1993, section 2.4",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.n_states = N_STATES,
	.direct = {[PUMP_HEAD] = 1 << SPEED, [POWER] = 1 << SPEED},
	.start = start,
	.rates = rates,
	.outputs_of = outputs_of,
	.jacobian = jacobian,
	.noise = noise,
	.limit = limit,
};
