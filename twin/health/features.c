/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/health/features.h"

#include <math.h>

enum { OF_A_SENSOR = 5, OF_AGE = 2 };

static void towards(double *mean, double z, double weight, uint32_t rows)
{
	*mean += fmax(weight, 1.0 / rows) * (z - *mean);
}

void smoothed_step(struct smoothed *s, double z)
{
	if (isnan(z)) {
		return;
	}
	s->rows++;
	towards(&s->fast, z, 0.3, s->rows);
	towards(&s->middle, z, 0.1, s->rows);
	towards(&s->slow, z, 0.03, s->rows);
}

size_t features_count(size_t n_sensors)
{
	return OF_A_SENSOR * n_sensors + OF_AGE;
}

void features_of(const struct smoothed *s, size_t n_sensors, double age, double *f)
{
	for (size_t i = 0; i < n_sensors; i++) {
		double middle = s[i].middle;

		*f++ = middle;
		*f++ = s[i].fast;
		*f++ = middle - s[i].slow;
		*f++ = middle * middle;
		*f++ = tanh(middle);
	}
	*f++ = log1p(age);
	*f = age / 100;
}
