/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/people/carrying.h"

#include <stdbool.h>
#include <stddef.h>

#include "drivers/reading.h"

static const struct {
	double over_m, hour_kg, shift_kg;
} rows[] = {
	{1, 7200, 10000},  {2, 4500, 10000}, {4, 3000, 10000},
	{10, 1500, 10000}, {20, 750, 6000},
};

/* The row at or behind a distance; their number: beyond the last. */
static size_t row_of(double over_m)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(rows) && !(over_m <= rows[i].over_m)) {
		i++;
	}
	return i;
}

static double kg_of(size_t row, bool shift)
{
	return shift ? rows[row].shift_kg : rows[row].hour_kg;
}

static double limit(double over_m, bool shift)
{
	size_t i = row_of(over_m);

	if (i == 0 || i == ARRAY_SIZE(rows)) {
		return i == 0 ? kg_of(0, shift) : 0;
	}
	return kg_of(i - 1, shift) + (kg_of(i, shift) - kg_of(i - 1, shift)) *
	                                     (over_m - rows[i - 1].over_m) /
	                                     (rows[i].over_m - rows[i - 1].over_m);
}

double carrying_limit_hour(double over_m)
{
	return limit(over_m, false);
}

double carrying_limit_shift(double over_m)
{
	return limit(over_m, true);
}
