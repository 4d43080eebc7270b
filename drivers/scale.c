/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scale.h"

#include <errno.h>
#include <float.h>
#include <math.h>

bool scale_is_set(const struct encoding *e)
{
	return e->scale != 1 || e->offset != 0;
}

double scale_apply(const struct encoding *e, double raw)
{
	double n = nearbyint(1 / e->scale);

	return (1 / n == e->scale ? raw / n : raw * e->scale) + e->offset;
}

int scale_step(double *raw, const struct encoding *e, double value)
{
	double step = nearbyint((value - e->offset) / e->scale);
	double slack = 4 * DBL_EPSILON * fmax(fabs(value), fabs(e->offset));

	if (!(fabs(step) <= 0x1p53) || !(fabs(scale_apply(e, step) - value) <= slack)) {
		return -ERANGE;
	}
	*raw = step;
	return 0;
}
