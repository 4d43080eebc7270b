/* SPDX-License-Identifier: Apache-2.0 */
/* A bouncing ball: arcs are exact, bounces are found where they are. */
#include <math.h>

#include "tests/fmu/model.h"

const char *const model_token = "{ball}";

enum { H, V, G, E, BOUNCES, AT_REST };

void model_reset(double *v)
{
	v[H] = 1;
	v[V] = 0;
	v[G] = 9.81;
	v[E] = 0.7;
	v[BOUNCES] = v[AT_REST] = 0;
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
	while (h > 0 && v[AT_REST] == 0) {
		/* h + V s - G s^2 / 2 = 0 */
		double hit = (v[V] + sqrt(v[V] * v[V] + 2 * v[G] * v[H])) / v[G];
		double s = hit < h ? hit : h;

		v[H] += v[V] * s - v[G] * s * s / 2;
		v[V] -= v[G] * s;
		if (hit <= h) {
			v[H] = 0;
			v[V] = -v[E] * v[V];
			v[BOUNCES] += 1;
			v[AT_REST] = v[V] < 1e-3;
		}
		h -= s;
	}
	return MODEL_OK;
}
