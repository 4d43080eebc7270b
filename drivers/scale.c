/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scale.h"

#include <errno.h>
#include <float.h>
#include <math.h>

bool scale_is_set(const struct point *point)
{
	return point->scale != 1 || point->offset != 0;
}

double scale_apply(const struct point *point, double raw)
{
	double n = nearbyint(1 / point->scale);

	return (1 / n == point->scale ? raw / n : raw * point->scale) + point->offset;
}

int scale_step(double *raw, const struct point *point, double value)
{
	double step = nearbyint((value - point->offset) / point->scale);
	double slack = 4 * DBL_EPSILON * fmax(fabs(value), fabs(point->offset));

	if (!(fabs(step) <= 0x1p53) ||
	    !(fabs(scale_apply(point, step) - value) <= slack)) {
		return -ERANGE;
	}
	*raw = step;
	return 0;
}
