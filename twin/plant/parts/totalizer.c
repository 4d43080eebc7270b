/* SPDX-License-Identifier: Apache-2.0 */
/* Adds a rate up: the counter of a flow meter, and the witness of a balance. */
#include <math.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"

static const struct model_port inputs[] = {
	{"rate", "", "u, in any unit a second", NAN, -1e12, 1e12},
};

static const struct model_port outputs[] = {
	{"total", "", "integral of u since the start", NAN, -1e18, 1e18},
};

/* x: the sum, and what rounding has left out of it (Kahan 1965). */
static void act(const struct part_turn *t, double *x)
{
	double add = t->u[0] * t->dt_s - x[1], sum = x[0] + add;

	x[1] = sum - x[0] - add;
	x[0] = sum;
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	(void)p;
	(void)u;
	y[0] = x[0];
}

static const struct model model = {
	.name = "totalizer",
	.source = "a sum",
	.inputs = inputs,
	.n_inputs = ARRAY_SIZE(inputs),
	.outputs = outputs,
	.n_outputs = ARRAY_SIZE(outputs),
	.outputs_of = outputs_of,
};

extern const struct part_kind part_totalizer;
const struct part_kind part_totalizer = {.model = &model, .act = act, .n_kept = 2};
