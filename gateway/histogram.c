/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = HISTOGRAM_ROWS * HISTOGRAM_ROW };

/* Values below 2^(BITS + 1) have a bucket each; above, a bucket spans 2^shift values and
 * begins at 64 times that or more. */
static size_t bucket_of(uint64_t value)
{
	int shift = 0;

	if (value >> HISTOGRAM_RANGE_BITS) {
		return BUCKETS - 1;
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

/* @return the row, or NULL where there is no memory for a new one */
static uint16_t *row_for(struct histogram *h, size_t row)
{
	uint16_t(*rows)[HISTOGRAM_ROW];

	if (h->row_of[row] == 0) {
		rows = realloc(h->rows, (h->n_rows + 1U) * sizeof(*rows));
		if (!rows) {
			return NULL;
		}
		memset(rows[h->n_rows], 0, sizeof(*rows));
		h->rows = rows;
		h->row_of[row] = ++h->n_rows;
	}
	return h->rows[h->row_of[row] - 1];
}

bool histogram_add(struct histogram *h, uint64_t value)
{
	size_t bucket = bucket_of(value);
	uint16_t *row = h->n < HISTOGRAM_VALUES_MAX ? row_for(h, bucket / HISTOGRAM_ROW)
	                                            : NULL;

	if (!row) {
		return false;
	}
	if (h->n == 0 || value < h->least) {
		h->least = value;
	}
	if (h->n == 0 || value > h->most) {
		h->most = value;
	}
	h->n++;
	row[bucket % HISTOGRAM_ROW]++;
	return true;
}

void histogram_clear(struct histogram *h)
{
	free(h->rows);
	memset(h, 0, sizeof(*h));
}

static unsigned count(const struct histogram *h, size_t bucket)
{
	unsigned row = h->row_of[bucket / HISTOGRAM_ROW];

	return row == 0 ? 0 : h->rows[row - 1][bucket % HISTOGRAM_ROW];
}

/* The bucket in which the value of this rank lies, counted from 1. */
static size_t bucket_of_rank(const struct histogram *h, size_t n_parts, double rank)
{
	size_t bucket = 0;
	double passed = 0;

	for (; bucket < BUCKETS; bucket++) {
		for (size_t i = 0; i < n_parts; i++) {
			passed += count(&h[i], bucket);
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
