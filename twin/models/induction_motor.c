/* SPDX-License-Identifier: Apache-2.0 */
/* A cage induction motor on an inverter with constant voltage over frequency, its
 * electrical side at rest on the scale of a poll:
 *
 *     tau     = 2 tau_b / (s / s_b + s_b / s)     s = (w_s - w) / w_r,   w_s = 2 pi f / n
 *     J dw/dt = tau - tau_load
 *     C dT/dt = P_loss (I / I_r)^2 - G (T - T_amb)
 *     I / I_r = sqrt(i_0^2 + (1 - i_0^2) (tau / tau_r)^2)
 *
 * s is the slip referred to the rated synchronous speed w_r, on which the torque's curve
 * keeps its shape as f changes.  Kloss's formula: Fitzgerald, Kingsley, Umans 2003,
 * section 6.5; winding as a lumped capacitance: Incropera, DeWitt, Bergman, Lavine 2007,
 * section 5.3. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/models/model.h"

#define TWO_PI (2 * 3.14159265358979323846)
#define ROOM_K 293.15
/* What the model does not know, over one second: a share of the rated speed, and
 * kelvins. */
#define UNKNOWN_SHARE 0.001
#define UNKNOWN_K     0.01

enum {
	POLE_PAIRS,
	RATED_FREQUENCY,
	RATED_TORQUE,
	BREAKDOWN_TORQUE,
	BREAKDOWN_SLIP,
	INERTIA,
	RATED_CURRENT,
	NO_LOAD_CURRENT,
	RATED_LOSS,
	C_WINDING,
	G_WINDING,
};
enum { FREQUENCY, LOAD, AMBIENT };
enum { SPEED, TORQUE, CURRENT, POWER, TEMPERATURE };
enum { W, T, N_STATES };

static double synchronous(const double *p, double frequency)
{
	return TWO_PI * frequency / p[POLE_PAIRS];
}

static double torque(const double *p, const double *x, const double *u)
{
	double slip = (synchronous(p, u[FREQUENCY]) - x[W]) /
	              synchronous(p, p[RATED_FREQUENCY]);
	double share = slip / p[BREAKDOWN_SLIP];

	if (!(u[FREQUENCY] > 0)) {
		return 0; /* not fed: it runs down */
	}
	return 2 * p[BREAKDOWN_TORQUE] * share / (1 + share * share);
}

/* Of the rated one. */
static double current(const double *p, double torque)
{
	double i0 = p[NO_LOAD_CURRENT] / p[RATED_CURRENT];
	double load = torque / p[RATED_TORQUE];

	return sqrt(i0 * i0 + (1 - i0 * i0) * load * load);
}

static double loss(const double *p, const double *x, const double *u)
{
	double i = current(p, torque(p, x, u));

	return u[FREQUENCY] > 0 ? p[RATED_LOSS] * i * i : 0;
}

/* The stable side of the curve, where torque and load are equal. */
static void start(const double *p, const double *u, const double *y, double *x)
{
	double over = fmin(fmax(u[LOAD] / p[BREAKDOWN_TORQUE], -1), 1);
	double share = over / (1 + sqrt(1 - over * over));

	x[T] = isfinite(y[TEMPERATURE]) ? y[TEMPERATURE] : u[AMBIENT];
	x[W] = isfinite(y[SPEED]) ? y[SPEED]
	       : u[FREQUENCY] > 0 ? synchronous(p, u[FREQUENCY]) -
	                                    share * p[BREAKDOWN_SLIP] *
	                                            synchronous(p, p[RATED_FREQUENCY])
	                          : 0;
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	dx[W] = (torque(p, x, u) - u[LOAD]) / p[INERTIA];
	dx[T] = (loss(p, x, u) - p[G_WINDING] * (x[T] - u[AMBIENT])) / p[C_WINDING];
	if (!(u[FREQUENCY] > 0) && x[W] <= 0) {
		dx[W] = 0; /* a load does not drive it backwards */
	}
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	double tau = torque(p, x, u);

	y[SPEED] = x[W];
	y[TORQUE] = tau;
	y[CURRENT] = u[FREQUENCY] > 0 ? p[RATED_CURRENT] * current(p, tau) : 0;
	y[POWER] = tau * synchronous(p, u[FREQUENCY]) + loss(p, x, u);
	y[TEMPERATURE] = x[T];
}

static void noise(const double *p, double *qc)
{
	qc[W] = pow(UNKNOWN_SHARE * synchronous(p, p[RATED_FREQUENCY]), 2);
	qc[T] = UNKNOWN_K * UNKNOWN_K;
}

static const struct model_port parameters[] = {
	{"pole_pairs", "1", "n", 2, 1, 100},
	{"rated_frequency", "Hz", "of the nameplate", 50, 1, 1e3},
	{"rated_torque", "N m", "tau_r", NAN, 1e-6, 1e9},
	{"breakdown_torque", "N m", "tau_b", NAN, 1e-6, 1e9},
	{"breakdown_slip", "1", "s_b", NAN, 1e-4, 1},
	{"inertia", "kg m2", "of rotor and load, J", NAN, 1e-9, 1e9},
	{"rated_current", "A", "I_r", NAN, 1e-6, 1e6},
	{"no_load_current", "A", "i_0 I_r", NAN, 0, 1e6},
	{"rated_loss", "W", "in the winding at rated load, P_loss", NAN, 0, 1e9},
	{"C_winding", "J/K", "heat capacity, C", NAN, 1e-3, 1e9},
	{"G_winding", "W/K", "conductance to ambient, G", NAN, 1e-6, 1e6},
};

static const struct model_port inputs[] = {
	{"frequency", "Hz", "of the supply, f", NAN, 0, 1e3},
	{"load", "N m", "torque tau_load", 0, -1e9, 1e9},
	{"ambient", "K", "T_amb", ROOM_K, 0, 1e4},
};

static const struct model_port outputs[] = {
	{"speed", "rad/s", "w", NAN, -1e6, 1e6},
	{"torque", "N m", "tau", NAN, -1e9, 1e9},
	{"current", "A", "I", NAN, 0, 1e6},
	{"power", "W", "taken from the inverter", NAN, -1e9, 1e9},
	{"temperature", "K", "of the winding, T", NAN, 0, 1e4},
};

extern const struct model model_induction_motor;
const struct model model_induction_motor = {
	.name = "induction_motor",
	.source = "Fitzgerald, Kingsley, Umans 2003, section 6.5; Incropera et al. 2007, "
		  "section 5.3",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.n_states = N_STATES,
	.direct = {[TORQUE] = 1 << FREQUENCY,
                   [CURRENT] = 1 << FREQUENCY,
                   [POWER] = 1 << FREQUENCY},
	.start = start,
	.rates = rates,
	.outputs_of = outputs_of,
	.noise = noise,
};
