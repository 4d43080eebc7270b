/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/real.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* From here on the nearest word is infinity: the largest number and half a step. */
#define HALF_LIMIT   65520.0
#define SINGLE_LIMIT 0x1.ffffffp127

static double from_half(unsigned int half)
{
	int exponent = (int)(half >> 10 & 0x1f);
	int mantissa = (int)(half & 0x3ff);
	double magnitude;

	if (exponent == 0x1f) {
		magnitude = mantissa ? (double)NAN : (double)INFINITY;
	} else if (exponent == 0) {
		magnitude = ldexp(mantissa, -24);
	} else {
		magnitude = ldexp(mantissa + 0x400, exponent - 25);
	}
	return half & 0x8000 ? -magnitude : magnitude;
}

static uint64_t to_half(double real)
{
	int exponent = -14; /* of the subnormal ones and zero */
	long steps;

	if (fabs(real) >= 0x1p-14) {
		frexp(real, &exponent);
		exponent--; /* frexp() has its mantissa below 1, IEEE below 2 */
	}
	steps = lrint(
		ldexp(fabs(real), 10 - exponent)); /* 0x400 of them: the hidden bit */
	return (uint64_t)((exponent + 14) * 0x400L + steps) |
	       (signbit(real) ? 0x8000 : 0);
}

double real_from_word(uint64_t word, unsigned int n_bits)
{
	uint32_t low = (uint32_t)(word & UINT32_MAX);
	double real;
	float single;

	if (n_bits == 16) {
		return from_half(low & UINT16_MAX);
	}
	if (n_bits == 32) {
		memcpy(&single, &low, sizeof(single));
		return (double)single;
	}
	memcpy(&real, &word, sizeof(real));
	return real;
}

int real_to_word(uint64_t *word, unsigned int n_bits, double real)
{
	uint64_t nearest;
	uint32_t low;
	float single;

	if (!isfinite(real) || (n_bits == 16 && fabs(real) >= HALF_LIMIT) ||
	    (n_bits == 32 && fabs(real) >= SINGLE_LIMIT)) {
		return -ERANGE;
	}
	if (n_bits == 16) {
		nearest = to_half(real);
	} else if (n_bits == 32) {
		single = (float)real;
		memcpy(&low, &single, sizeof(low));
		nearest = low;
	} else {
		memcpy(&nearest, &real, sizeof(nearest));
	}
	if (real != 0 && real_from_word(nearest, n_bits) == 0) {
		return -ERANGE;
	}
	*word = nearest;
	return 0;
}
