/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/calendar.h"

#include <stdbool.h>

enum { ERA_YEARS = 400, ERA_DAYS = 146097, EPOCH = 719468 }; /* days of 0000-03-01 */

int64_t calendar_days(struct calendar_date date)
{
	int64_t y = date.month <= 2 ? date.year - 1 : date.year;
	int64_t era = (y >= 0 ? y : y - (ERA_YEARS - 1)) / ERA_YEARS;
	int64_t of_era = y - era * ERA_YEARS;
	int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
	int64_t of_year = (153 * month + 2) / 5 + date.day - 1;
	int64_t day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;

	return era * ERA_DAYS + day_of_era - EPOCH;
}

struct calendar_date calendar_date(int64_t days)
{
	int64_t z = days + EPOCH;
	int64_t era = (z >= 0 ? z : z - (ERA_DAYS - 1)) / ERA_DAYS;
	int64_t doe = z - era * ERA_DAYS;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	struct calendar_date d;

	d.day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	d.month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	d.year = yoe + era * ERA_YEARS + (d.month <= 2 ? 1 : 0);
	return d;
}

unsigned calendar_month_days(int64_t year, unsigned month)
{
	static const unsigned days[] = {0,  31, 28, 31, 30, 31, 30,
	                                31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (month < 1 || month > 12) {
		return 0;
	}
	return month == 2 && leap ? 29 : days[month];
}

int64_t calendar_day_of(int64_t ns)
{
	int64_t day = ns / CALENDAR_DAY_NS;

	return ns % CALENDAR_DAY_NS < 0 ? day - 1 : day;
}
