/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plant/rng.h"

#include <math.h>

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = (*x += 0x9e3779b97f4a7c15U);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

void rng_init(struct rng *g, uint64_t seed, uint64_t stream)
{
	uint64_t x = stream;

	/* Mixed twice, so that seed 1 stream 2 is not seed 2 stream 1. */
	x = seed ^ splitmix(&x);
	for (int i = 0; i < 4; i++) {
		g->s[i] = splitmix(&x);
	}
}

double rng_normal(struct rng *g)
{
	static const double two_pi = 6.283185307179586;
	double radius = sqrt(-2 * log(rng_uniform(g)));

	return radius * cos(two_pi * rng_uniform(g));
}
