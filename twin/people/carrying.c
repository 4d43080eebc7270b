/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/people/carrying.h"

#include <stddef.h>

#include "drivers/reading.h"

static const struct {
	double over_m, hour_kg, shift_kg;
} rows[] = {
	{1, 7200, 10000},  {2, 4500, 10000}, {4, 3000, 10000},
	{10, 1500, 10000}, {20, 750, 6000},
};

static double between(double over_m, size_t i, double low, double high)
{
	double width = rows[i].over_m - rows[i - 1].over_m;

	return low + (high - low) * (over_m - rows[i - 1].over_m) / width;
}

/* The row at or behind a distance; their number: beyond the last. */
static size_t row_of(double over_m)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(rows) && !(over_m <= rows[i].over_m)) {
		i++;
	}
	return i;
}

double carrying_limit_hour(double over_m)
{
	size_t i = row_of(over_m);

	if (i == ARRAY_SIZE(rows)) {
		return 0;
	}
	return i == 0 ? rows[0].hour_kg
	              : between(over_m, i, rows[i - 1].hour_kg, rows[i].hour_kg);
}

double carrying_limit_shift(double over_m)
{
	size_t i = row_of(over_m);

	if (i == ARRAY_SIZE(rows)) {
		return 0;
	}
	return i == 0 ? rows[0].shift_kg
	              : between(over_m, i, rows[i - 1].shift_kg, rows[i].shift_kg);
}
