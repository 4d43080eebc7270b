/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How much was where: amounts by equal bins over whatever range comes, in constant
 * memory.  A bin that is too narrow is joined with its neighbour, so the width is always
 * the first one times a power of two, and an edge of a bin a multiple of the width.
 */
#ifndef TWIN_USAGE_SPECTRUM_H
#define TWIN_USAGE_SPECTRUM_H

#include <stddef.h>
#include <stdint.h>

enum { SPECTRUM_BINS = 32 };

/** Begin with the width, > 0, and all else zero. */
struct spectrum {
	double width;
	int64_t first; /* the lowest bin is from first * width on */
	size_t n;      /* bins in use, 0: nothing came */
	double amount[SPECTRUM_BINS];
	double sum, least, most; /* of all amounts; smallest and largest value */
};

/** Add an amount at a value; what is not finite is left out. */
void spectrum_add(struct spectrum *s, double value, double amount);

/** Lower edge of bin i. */
double spectrum_from(const struct spectrum *s, size_t i);

#endif
