/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A small seeded generator, so that a plant repeats itself to the byte.
 * xoshiro256++ (Blackman, Vigna 2021), seeded by splitmix64 (Steele, Lea, Flood 2014).
 * One stream a source of noise: a fault in one sensor leaves the noise of others as it
 * was.
 */
#ifndef TWIN_PLANT_RNG_H
#define TWIN_PLANT_RNG_H

#include <stdint.h>

/** A plain value; copy it to repeat a sequence. */
struct rng {
	uint64_t s[4];
};

/** Start stream number `stream` of a seed; any values. */
void rng_init(struct rng *g, uint64_t seed, uint64_t stream);

/** Uniform in (0, 1): 53 bits, never 0 nor 1. */
static inline double rng_uniform(struct rng *g)
{
	uint64_t *s = g->s, sum = s[0] + s[3], t = s[1] << 17;
	uint64_t result = (sum << 23 | sum >> 41) + s[0];

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = s[3] << 45 | s[3] >> 19;
	return ((double)(result >> 11) + 0.5) * 0x1p-53;
}

/** Normal with mean 0 and variance 1 (Box, Muller 1958); takes two uniforms. */
double rng_normal(struct rng *g);

#endif
