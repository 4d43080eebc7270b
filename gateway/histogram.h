/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How values are spread, in bounded memory (2 KB): counts in buckets that are linear
 * within a power of two and double their width from one to the next, after HdrHistogram
 * (G. Tene, 2012).  A quantile is off by less than 1/64 = 1.6 % of itself.  Pure.
 */
#ifndef GATEWAY_HISTOGRAM_H
#define GATEWAY_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HISTOGRAM_BITS = 5,            /* 32 buckets in each power of two */
	HISTOGRAM_RANGE_BITS = 36,     /* larger values count as 2^36 - 1: 19 h in us */
	HISTOGRAM_VALUES_MAX = 0xffff, /* so that no count of 16 bits overflows */
	HISTOGRAM_ROWS = HISTOGRAM_RANGE_BITS - HISTOGRAM_BITS + 1,
	HISTOGRAM_ROW = 1 << HISTOGRAM_BITS, /* buckets */
};

/** Zeroed: empty.  Values of a device lie close together: only the rows of buckets that
 * hold some take memory, 64 bytes each. */
struct histogram {
	uint64_t least, most; /* the extremes as they were; undefined while n is 0 */
	uint32_t n;
	uint8_t n_rows;
	uint8_t row_of[HISTOGRAM_ROWS]; /* its place in rows, counted from 1; 0: none */
	uint16_t (*rows)[HISTOGRAM_ROW];
};

/** Count a value of any unit.  @return false: it was not counted; it is full, or there
 * is no memory for one more row */
bool histogram_add(struct histogram *h, uint64_t value);

/** Empty it, and give its memory back. */
void histogram_clear(struct histogram *h);

/**
 * The least value that at least a share q of all values does not exceed.
 * @param h  n_parts histograms that are taken as one: their counts add up
 * @param q  0 to 1
 * @return in the unit of the values, between their extremes; NAN where there are none
 */
double histogram_quantile(const struct histogram *h, size_t n_parts, double q);

#endif
