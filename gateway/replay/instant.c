/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/replay/instant.h"

#include <math.h>

#include "gateway/replay/decimal.h"

#define NS_PER_S    INT64_C(1000000000)
#define S_MAX       INT64_C(9000000000) /* the year 2255; beyond, 64 bits overflow */
#define S_PER_DAY   INT64_C(86400)
#define DATE_LENGTH 10 /* "2026-01-02" */

struct text {
	const char *at, *end;
};

/* Exactly n digits. */
static bool number(struct text *t, int n, int *out)
{
	*out = 0;
	for (; n > 0; n--, t->at++) {
		if (t->at == t->end || *t->at < '0' || *t->at > '9') {
			return false;
		}
		*out = *out * 10 + (*t->at - '0');
	}
	return true;
}

static bool take(struct text *t, char c)
{
	bool there = t->at < t->end && *t->at == c;

	t->at += there;
	return there;
}

/* Days since 1970-01-01: whole eras of 400 years, years that begin in March, so that the
 * leap day is their last. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = y / 400, of_era = y % 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct text *t, int64_t *s)
{
	int year, month, day;

	if (!number(t, 4, &year) || !take(t, '-') || !number(t, 2, &month) ||
	    !take(t, '-') || !number(t, 2, &day) || year < 1700 || year > 2255 ||
	    month < 1 || month > 12 || day < 1 || day > days_in(year, month)) {
		return false;
	}
	*s = days_of(year, month, day) * S_PER_DAY;
	return true;
}

/* Digits behind the point, to nanoseconds. */
static bool take_fraction(struct text *t, int64_t *ns)
{
	int64_t unit = NS_PER_S / 10;
	const char *from = t->at;

	for (*ns = 0; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++) {
		*ns += (*t->at - '0') * unit;
		unit /= 10;
	}
	return t->at > from;
}

static bool take_time_of_day(struct text *t, int64_t *s, int64_t *ns)
{
	int hour, minute, second = 0;

	if (!number(t, 2, &hour) || !take(t, ':') || !number(t, 2, &minute)) {
		return false;
	}
	if (take(t, ':')) {
		if (!number(t, 2, &second)) {
			return false;
		}
		if ((take(t, '.') || take(t, ',')) && !take_fraction(t, ns)) {
			return false;
		}
	}
	*s += hour * INT64_C(3600) + minute * INT64_C(60) + second;
	return hour < 24 && minute < 60 && second <= 60;
}

/* "Z", "+01:00", "+0100", "+01", or nothing. */
static bool take_zone(struct text *t, int64_t *s)
{
	bool west = t->at < t->end && *t->at == '-';
	int hour, minute = 0;

	if (t->at == t->end || take(t, 'Z') || take(t, 'z')) {
		return t->at == t->end;
	}
	if (!(take(t, '+') || take(t, '-')) || !number(t, 2, &hour)) {
		return false;
	}
	take(t, ':');
	if (t->at < t->end && !number(t, 2, &minute)) {
		return false;
	}
	*s += (west ? 1 : -1) * (hour * INT64_C(3600) + minute * INT64_C(60));
	return t->at == t->end && hour < 24 && minute < 60;
}

static bool parse_date(struct text *t, int64_t *ns)
{
	int64_t s, fraction_ns = 0;

	if (!take_date(t, &s)) {
		return false;
	}
	if (t->at < t->end) {
		if (!(take(t, 'T') || take(t, 't') || take(t, ' ')) ||
		    !take_time_of_day(t, &s, &fraction_ns) || !take_zone(t, &s)) {
			return false;
		}
	}
	*ns = s * NS_PER_S + fraction_ns;
	return true;
}

static bool parse_seconds(struct text t, int64_t *ns)
{
	bool before = take(&t, '-');
	int64_t s = 0, fraction_ns = 0;
	const char *from = t.at;

	for (; t.at < t.end && *t.at >= '0' && *t.at <= '9' && s < S_MAX; t.at++) {
		s = s * 10 + (*t.at - '0');
	}
	if (t.at == from || s > S_MAX ||
	    (take(&t, '.') && t.at < t.end && !take_fraction(&t, &fraction_ns)) ||
	    t.at < t.end) {
		return false;
	}
	*ns = (before ? -1 : 1) * (s * NS_PER_S + fraction_ns);
	return true;
}

bool instant_parse(const char *text, size_t n, int64_t *ns)
{
	struct text t = {text, text + n};
	double s;

	if (n >= DATE_LENGTH && text[4] == '-') {
		return parse_date(&t, ns);
	}
	if (parse_seconds(t, ns)) {
		return true;
	}
	if (!decimal_parse(text, n, &s) || !(fabs(s) < (double)S_MAX)) { /* "1.7e9" */
		return false;
	}
	*ns = llround(s * (double)NS_PER_S);
	return true;
}
