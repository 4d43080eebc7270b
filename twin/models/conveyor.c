/* SPDX-License-Identifier: Apache-2.0 */
/* A belt conveyor for bulk material, as six stirred cells in a row, which spread a
 * change about as a real belt does:
 *
 *     dm_1/dt = feed - m_1 6 v / L      dm_i/dt = (m_i-1 - m_i) 6 v / L
 *     P = v g (f (m_belt + m) + m h / L) / eta
 *
 * m load, v speed, f friction, h lift.  Tanks in series: Levenspiel 1999, section 14.1;
 * motional resistances: DIN 22101:2011, section 6. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/models/model.h"

#define GRAVITY 9.80665 /* m/s2 */
/* What the model does not know: kg over one second and metre of cell. */
#define UNKNOWN_KG_M 0.01

enum { LENGTH, LIFT, BELT_MASS, FRICTION, EFFICIENCY };
enum { FEED, SPEED };
enum { LOAD, DISCHARGE, POWER };
enum { N_STATES = 6 };

/* Of a cell, 1/s. */
static double turnover(const double *p, const double *u)
{
	return N_STATES * fmax(u[SPEED], 0) / p[LENGTH];
}

static void limit(const double *p, double *x)
{
	(void)p;
	for (size_t i = 0; i < N_STATES; i++) {
		x[i] = fmax(x[i], 0);
	}
}

static void start(const double *p, const double *u, const double *y, double *x)
{
	double turn = turnover(p, u);
	double each = turn > 0 ? u[FEED] / turn : 0;

	if (isfinite(y[LOAD])) {
		each = y[LOAD] / N_STATES;
	} else if (isfinite(y[DISCHARGE]) && turn > 0) {
		each = y[DISCHARGE] / turn;
	}
	for (size_t i = 0; i < N_STATES; i++) {
		x[i] = each;
	}
	limit(p, x);
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	double turn = turnover(p, u);

	dx[0] = u[FEED] - turn * x[0];
	for (size_t i = 1; i < N_STATES; i++) {
		dx[i] = turn * (x[i - 1] - x[i]);
	}
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	double load = 0, resistance;

	for (size_t i = 0; i < N_STATES; i++) {
		load += x[i];
	}
	resistance = GRAVITY *
	             (p[FRICTION] * (p[BELT_MASS] + load) + load * p[LIFT] / p[LENGTH]);
	y[LOAD] = load;
	y[DISCHARGE] = turnover(p, u) * x[N_STATES - 1];
	y[POWER] = fmax(u[SPEED], 0) * resistance / p[EFFICIENCY];
}

static void jacobian(const double *p, const double *x, const double *u, double *j)
{
	double turn = turnover(p, u);

	(void)x;
	for (size_t i = 0; i < N_STATES; i++) {
		for (size_t k = 0; k < N_STATES; k++) {
			j[i * N_STATES + k] = i == k ? -turn : i == k + 1 ? turn : 0;
		}
	}
}

static void noise(const double *p, double *qc)
{
	for (size_t i = 0; i < N_STATES; i++) {
		qc[i] = pow(UNKNOWN_KG_M * p[LENGTH] / N_STATES, 2);
	}
}

static const struct model_port parameters[] = {
	{"length", "m", "L", NAN, 1e-2, 1e5},
	{"lift", "m", "of the head over the tail, h", 0, -1e4, 1e4},
	{"belt_mass", "kg", "belt and turning parts of idlers, m_belt", NAN, 0, 1e9},
	{"friction", "1", "f times C of DIN 22101", 0.025, 0, 1},
	{"efficiency", "1", "of the drive, eta", 0.9, 0.01, 1},
};

static const struct model_port inputs[] = {
	{"feed", "kg/s", "onto the belt", NAN, 0, 1e6},
	{"speed", "m/s", "of the belt, v", NAN, 0, 100},
};

static const struct model_port outputs[] = {
	{"load", "kg", "on the belt, m", NAN, 0, 1e9},
	{"discharge", "kg/s", "at the head", NAN, 0, 1e6},
	{"power", "W", "of the drive, P", NAN, 0, 1e12},
};

extern const struct model model_conveyor;
const struct model model_conveyor = {
	.name = "conveyor",
	.source = "DIN 22101:2011, section 6; Levenspiel 1999, section 14.1",
	.parameters = parameters,
	.n_parameters = ARRAY_SIZE(parameters),
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.n_states = N_STATES,
	.direct = {[DISCHARGE] = 1 << SPEED, [POWER] = 1 << SPEED},
	.start = start,
	.rates = rates,
	.outputs_of = outputs_of,
	.jacobian = jacobian,
	.noise = noise,
	.limit = limit,
};
