/* SPDX-License-Identifier: Apache-2.0 */
/* Adds a rate up: the counter of a flow meter, and the witness of a balance. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"

static const struct part_port inputs[] = {
	{"rate", "1/s", "u", NAN, -1e12, 1e12, 0},
};

static const struct part_port outputs[] = {
	{"total", "1", "integral of u since the start", NAN, -1e18, 1e18, 0},
};

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	dx[0] = u[0];
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	y[0] = x[0];
}

extern const struct part_kind part_totalizer;
const struct part_kind part_totalizer = {
	.name = "totalizer",
	.source = "an integral",
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.n_states = 1,
	.rates = rates,
	.outputs_of = outputs_of,
};
