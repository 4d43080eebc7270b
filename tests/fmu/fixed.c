/* SPDX-License-Identifier: Apache-2.0 */
/* x' = -x by Euler's steps of 1 ms; what is no multiple of it is an error. */
#include <math.h>

#include "tests/fmu/model.h"

const char *const model_token = "{fixed}";

enum { X };

void model_reset(double *v)
{
	v[X] = 1;
}

int model_start(double *v, const char *resources)
{
	(void)v;
	(void)resources;
	return MODEL_OK;
}

int model_step(double *v, double t, double h, double *last)
{
	const double dt = 1e-3;
	long n = lround(h / dt);

	(void)t;
	(void)last;
	if (fabs(h - (double)n * dt) > 1e-12) {
		return MODEL_ERROR;
	}
	for (long i = 0; i < n; i++) {
		v[X] -= dt * v[X];
	}
	return MODEL_OK;
}
