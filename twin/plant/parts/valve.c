/* SPDX-License-Identifier: Apache-2.0 */
/* A control valve with positioner and motor: it travels at no more than its rate. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"

enum { LAG, RATE, LEAST, POSITION0, CLOG };
enum { COMMAND };
enum { POSITION, OPENING };
enum { STEM, N_STATES };

static const struct part_port parameters[] = {
	[LAG] = {"lag", "s", "of the positioner tau", 0.2, 0.02, 100, 0},
	[RATE] = {"rate", "1/s", "full travels a second r", 0.5, 1e-4, 100, 0},
	[LEAST] = {"least", "1", "opening when shut", 0, 0, 1, 0},
	[POSITION0] = {"position", "1", "at start", 0, 0, 1, 0},
	[CLOG] = {"clog", "1", "share of the opening that is blocked c", 0, 0, 1,
                  PART_FAULT},
};

static const struct part_port inputs[] = {
	[COMMAND] = {"command", "1", "wanted position u", 0, 0, 1, 0},
};

static const struct part_port outputs[] = {
	[POSITION] = {"position", "1", "of the stem s", NAN, 0, 1, 0},
	[OPENING] = {"opening", "1", "s (1 - c), what the liquid sees", NAN, 0, 1, 0},
};

static void start(const double *p, const double *u, double *x)
{
	x[STEM] = p[POSITION0];
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	double wanted = fmin(fmax(u[COMMAND], p[LEAST]), 1);

	dx[STEM] = fmin(fmax((wanted - x[STEM]) / p[LAG], -p[RATE]), p[RATE]);
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	y[POSITION] = x[STEM];
	y[OPENING] = x[STEM] * (1 - p[CLOG]);
}

extern const struct part_kind part_valve;
const struct part_kind part_valve = {
	.name = "valve",
	.source = "linear characteristic, IEC 60534-2-4; first order positioner",
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
};
