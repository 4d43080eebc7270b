/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/histogram.h"

#include <math.h>

/* Values below 2^(BITS + 1) have a bucket each; above, a bucket spans 2^shift values and
 * begins at 64 times that or more. */
static size_t bucket_of(uint64_t value)
{
	int shift = 0;

	if (value >> HISTOGRAM_RANGE_BITS) {
		return HISTOGRAM_BUCKETS - 1;
	}
	if (value >> (HISTOGRAM_BITS + 1)) {
		shift = 63 - __builtin_clzll(value) - HISTOGRAM_BITS;
	}
	return ((size_t)shift << HISTOGRAM_BITS) + (size_t)(value >> shift);
}

static double middle_of(size_t bucket)
{
	size_t shift = bucket >> HISTOGRAM_BITS;

	shift -= shift > 0;
	return ldexp((double)(bucket - (shift << HISTOGRAM_BITS)), (int)shift) +
	       (ldexp(1, (int)shift) - 1) / 2;
}

bool histogram_add(struct histogram *h, uint64_t value)
{
	if (h->n == HISTOGRAM_VALUES_MAX) {
		return false;
	}
	if (h->n == 0 || value < h->least) {
		h->least = value;
	}
	if (h->n == 0 || value > h->most) {
		h->most = value;
	}
	h->n++;
	h->counts[bucket_of(value)]++;
	return true;
}

/* The bucket in which the value of this rank lies, counted from 1. */
static size_t bucket_of_rank(const struct histogram *h, size_t n_parts, double rank)
{
	size_t bucket = 0;
	double passed = 0;

	for (; bucket < HISTOGRAM_BUCKETS; bucket++) {
		for (size_t i = 0; i < n_parts; i++) {
			passed += h[i].counts[bucket];
		}
		if (passed >= rank) {
			break;
		}
	}
	return bucket;
}

double histogram_quantile(const struct histogram *h, size_t n_parts, double q)
{
	double n = 0, least = INFINITY, most = 0;
	double rank;

	for (size_t i = 0; i < n_parts; i++) {
		if (h[i].n > 0) {
			n += h[i].n;
			least = fmin(least, (double)h[i].least);
			most = fmax(most, (double)h[i].most);
		}
	}
	if (n == 0) {
		return NAN;
	}
	rank = fmax(1, ceil(q * n));
	/* The bucket of the extremes may reach beyond them; its middle does not. */
	return fmin(most, fmax(least, middle_of(bucket_of_rank(h, n_parts, rank))));
}
