/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How values are spread, in constant memory: counts in buckets that are linear within a
 * power of two and double their width from one to the next, after HdrHistogram (G. Tene,
 * 2012).  A quantile is off by less than 1/64 = 1.6 % of itself.  Pure.
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
	HISTOGRAM_BUCKETS = (HISTOGRAM_RANGE_BITS - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS,
};

/** Zeroed: empty.  2 KB. */
struct histogram {
	uint64_t least, most; /* the extremes as they were; undefined while n is 0 */
	uint32_t n;
	uint16_t counts[HISTOGRAM_BUCKETS];
};

/** Count a value of any unit.  @return false: it is full, the value was not counted */
bool histogram_add(struct histogram *h, uint64_t value);

/**
 * The least value that at least a share q of all values does not exceed.
 * @param h  n_parts histograms that are taken as one: their counts add up
 * @param q  0 to 1
 * @return in the unit of the values, between their extremes; NAN where there are none
 */
double histogram_quantile(const struct histogram *h, size_t n_parts, double q);

#endif
