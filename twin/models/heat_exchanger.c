/* SPDX-License-Identifier: Apache-2.0 */
/* Counterflow heat exchanger.  The heat that passes is that of the steady state, by the
 * number of transfer units; each side's content follows it:
 *
 *     C_h dT_h/dt = m_h c_h (T_h,in - T_h) - Q       Q = eps C_min (T_h,in - T_c,in)
 *     C_c dT_c/dt = m_c c_c (T_c,in - T_c) + Q       eps by NTU = UA / C_min and C_min /
 * C_max
 *
 * T_h, T_c at the outlets.  Incropera, DeWitt, Bergman, Lavine 2007, section 11.4, table
 * 11.3; fouling lowers UA (section 11.2). */
#include <math.h>

#include "drivers/reading.h"
#include "twin/models/model.h"

/* What the model does not know, over one second, K. */
#define UNKNOWN_K 0.01
/* Capacity rates closer than that are taken as equal. */
#define BALANCED 1e-6

enum { UA, HEAT_CAPACITY_HOT, HEAT_CAPACITY_COLD, C_HOT, C_COLD };
enum { HOT_FLOW, COLD_FLOW, HOT_INLET, COLD_INLET };
enum { HOT_OUTLET, COLD_OUTLET, DUTY };
enum { N_STATES = 2 };

static double effectiveness(double ntu, double ratio)
{
	double e = exp(-ntu * (1 - ratio));

	if (ratio > 1 - BALANCED) {
		return ntu / (1 + ntu);
	}
	return (1 - e) / (1 - ratio * e);
}

static double duty(const double *p, const double *u)
{
	double hot = p[HEAT_CAPACITY_HOT] * fmax(u[HOT_FLOW], 0);
	double cold = p[HEAT_CAPACITY_COLD] * fmax(u[COLD_FLOW], 0);
	double least = fmin(hot, cold), most = fmax(hot, cold);

	if (!(least > 0)) {
		return 0;
	}
	return effectiveness(p[UA] / least, least / most) * least *
	       (u[HOT_INLET] - u[COLD_INLET]);
}

static void start(const double *p, const double *u, const double *y, double *x)
{
	double hot = p[HEAT_CAPACITY_HOT] * u[HOT_FLOW];
	double cold = p[HEAT_CAPACITY_COLD] * u[COLD_FLOW];

	x[HOT_OUTLET] = u[HOT_INLET] - (hot > 0 ? duty(p, u) / hot : 0);
	x[COLD_OUTLET] = u[COLD_INLET] + (cold > 0 ? duty(p, u) / cold : 0);
	for (size_t i = 0; i < N_STATES; i++) {
		x[i] = isfinite(y[i]) ? y[i] : x[i];
	}
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	double q = duty(p, u);

	dx[HOT_OUTLET] = (p[HEAT_CAPACITY_HOT] * fmax(u[HOT_FLOW], 0) *
	                          (u[HOT_INLET] - x[HOT_OUTLET]) -
	                  q) /
	                 p[C_HOT];
	dx[COLD_OUTLET] = (p[HEAT_CAPACITY_COLD] * fmax(u[COLD_FLOW], 0) *
	                           (u[COLD_INLET] - x[COLD_OUTLET]) +
	                   q) /
	                  p[C_COLD];
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	y[HOT_OUTLET] = x[HOT_OUTLET];
	y[COLD_OUTLET] = x[COLD_OUTLET];
	y[DUTY] = duty(p, u);
}

static void jacobian(const double *p, const double *x, const double *u, double *j)
{
	(void)x;
	j[0] = -p[HEAT_CAPACITY_HOT] * fmax(u[HOT_FLOW], 0) / p[C_HOT];
	j[1] = 0;
	j[2] = 0;
	j[3] = -p[HEAT_CAPACITY_COLD] * fmax(u[COLD_FLOW], 0) / p[C_COLD];
}

static void noise(const double *p, double *qc)
{
	(void)p;
	qc[HOT_OUTLET] = UNKNOWN_K * UNKNOWN_K;
	qc[COLD_OUTLET] = UNKNOWN_K * UNKNOWN_K;
}

static const struct model_port parameters[] = {
	{"UA", "W/K", "overall conductance", NAN, 1e-6, 1e12},
	{"heat_capacity_hot", "J/(kg K)", "c_h", 4182, 1, 1e5},
	{"heat_capacity_cold", "J/(kg K)", "c_c", 4182, 1, 1e5},
	{"C_hot", "J/K", "content of the hot side, C_h", NAN, 1e-3, 1e12},
	{"C_cold", "J/K", "content of the cold side, C_c", NAN, 1e-3, 1e12},
};

static const struct model_port inputs[] = {
	{"hot_flow", "kg/s", "m_h", NAN, 0, 1e6},
	{"cold_flow", "kg/s", "m_c", NAN, 0, 1e6},
	{"hot_inlet", "K", "T_h,in", NAN, 0, 1e4},
	{"cold_inlet", "K", "T_c,in", NAN, 0, 1e4},
};

static const struct model_port outputs[] = {
	{"hot_outlet", "K", "T_h", NAN, 0, 1e4},
	{"cold_outlet", "K", "T_c", NAN, 0, 1e4},
	{"duty", "W", "Q", NAN, -1e12, 1e12},
};

extern const struct model model_heat_exchanger;
const struct model model_heat_exchanger = {
	.name = "heat_exchanger",
	.source = "Incropera, DeWitt, Bergman, Lavine 2007, section 11.4",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.n_states = N_STATES,
	.direct = {[DUTY] = 1 << HOT_FLOW | 1 << COLD_FLOW | 1 << HOT_INLET |
                            1 << COLD_INLET},
	.start = start,
	.rates = rates,
	.outputs_of = outputs_of,
	.jacobian = jacobian,
	.noise = noise,
};
