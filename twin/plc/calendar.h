/* SPDX-License-Identifier: Apache-2.0 */
/** Days and dates of the Gregorian calendar, after Howard Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms", 2013, days_from_civil and civil_from_days. */
#ifndef TWIN_PLC_CALENDAR_H
#define TWIN_PLC_CALENDAR_H

#include <stdint.h>

#define CALENDAR_DAY_NS INT64_C(86400000000000)

struct calendar_date {
	int64_t year;
	unsigned month, day; /* from 1 */
};

/** Days since 1970-01-01; of a date that there is. */
int64_t calendar_days(struct calendar_date date);
struct calendar_date calendar_date(int64_t days);

/** 28 to 31; 0 where there is no such month. */
unsigned calendar_month_days(int64_t year, unsigned month);

/** The day that a moment (ns since 1970-01-01) is in; before 1970 too. */
int64_t calendar_day_of(int64_t ns);

#endif
