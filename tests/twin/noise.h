/* SPDX-License-Identifier: Apache-2.0 */
/** Random numbers that are the same on every machine. */
#ifndef TESTS_TWIN_NOISE_H
#define TESTS_TWIN_NOISE_H

#include <math.h>
#include <stdint.h>

/** Uniform in (0, 1): splitmix64 (Steele, Lea, Flood 2014). */
static inline double noise_uniform(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	z ^= z >> 31;
	return ((double)(z >> 11) + 0.5) * 0x1p-53;
}

/** Standard normal (Box, Muller 1958). */
static inline double noise_normal(uint64_t *seed)
{
	double radius = sqrt(-2 * log(noise_uniform(seed)));

	return radius * cos(2 * M_PI * noise_uniform(seed));
}

#endif
