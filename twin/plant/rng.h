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
double rng_uniform(struct rng *g);

/** Normal with mean 0 and variance 1 (Box, Muller 1958); takes two uniforms. */
double rng_normal(struct rng *g);

#endif
