/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/usage/spectrum.h"

#include <math.h>

/* Bins are joined two by two, an even one with the odd one behind it. */
static void widen(struct spectrum *s)
{
	int64_t first = (int64_t)floor((double)s->first / 2);
	double joined[SPECTRUM_BINS] = {0};
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		int64_t bin = (int64_t)floor((double)(s->first + (int64_t)i) / 2) - first;

		joined[bin] += s->amount[i];
		n = (size_t)bin + 1;
	}
	for (size_t i = 0; i < SPECTRUM_BINS; i++) {
		s->amount[i] = joined[i];
	}
	s->first = first;
	s->n = n;
	s->width *= 2;
}

/* The bins from `first` on: what is there moves up. */
static void lower(struct spectrum *s, int64_t first)
{
	size_t by = (size_t)(s->first - first);

	for (size_t i = s->n; i-- > 0;) {
		s->amount[i + by] = s->amount[i];
	}
	for (size_t i = 0; i < by; i++) {
		s->amount[i] = 0;
	}
	s->first = first;
	s->n += by;
}

void spectrum_add(struct spectrum *s, double value, double amount)
{
	int64_t bin;

	if (!isfinite(value) || !(amount > 0) || !isfinite(amount)) {
		return;
	}
	/* Far beyond what the first width can count. */
	while (fabs(value) / s->width > 1e15) {
		widen(s);
	}
	bin = (int64_t)floor(value / s->width);
	if (s->n == 0) {
		s->first = bin;
		s->n = 1;
		s->least = s->most = value;
	}
	while (bin >= s->first + SPECTRUM_BINS ||
	       bin <= s->first + (int64_t)s->n - 1 - SPECTRUM_BINS) {
		widen(s);
		bin = (int64_t)floor(value / s->width);
	}
	if (bin < s->first) {
		lower(s, bin);
	}
	if (bin - s->first >= (int64_t)s->n) {
		s->n = (size_t)(bin - s->first) + 1;
	}
	s->amount[bin - s->first] += amount;
	s->sum += amount;
	s->least = fmin(s->least, value);
	s->most = fmax(s->most, value);
}

double spectrum_from(const struct spectrum *s, size_t i)
{
	return (double)(s->first + (int64_t)i) * s->width;
}
