/* SPDX-License-Identifier: Apache-2.0 */
/* Two first-order lags on one input, of 0.1 ms and 1 s: exact while the input is held. */
#include <math.h>

#include "tests/fmu/model.h"

const char *const model_token = "{stiff}";

enum { U, FAST, SLOW, TAU_FAST, TAU_SLOW };

void model_reset(double *v)
{
	v[U] = 1;
	v[FAST] = v[SLOW] = 0;
	v[TAU_FAST] = 1e-4;
	v[TAU_SLOW] = 1;
}

int model_start(double *v, const char *resources)
{
	(void)v;
	(void)resources;
	return MODEL_OK;
}

int model_step(double *v, double t, double h, double *last)
{
	(void)t;
	(void)last;
	v[FAST] = v[U] + (v[FAST] - v[U]) * exp(-h / v[TAU_FAST]);
	v[SLOW] = v[U] + (v[SLOW] - v[U]) * exp(-h / v[TAU_SLOW]);
	return MODEL_OK;
}
