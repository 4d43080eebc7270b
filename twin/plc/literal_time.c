/* SPDX-License-Identifier: Apache-2.0 */
/* Times and dates (2.2.3); all in ns. */
#include <string.h>

#include "twin/plc/lexer_impl.h"

#define SECOND_NS 1000000000ull
#define DAY_NS    (86400 * SECOND_NS)

enum {
	YEAR_MIN = 1678, /* whole years that int64 ns around 1970 hold */
	YEAR_MAX = 2261,
};

/** Units from the largest to the smallest. */
static const struct time_unit {
	const char *text;
	uint64_t ns;
	uint64_t limit; /* how many fit into the next larger one; 0: none is larger */
} units[] = {
	{"D", DAY_NS, 0},     {"H", 3600 * SECOND_NS, 24}, {"M", 60 * SECOND_NS, 60},
	{"S", SECOND_NS, 60}, {"MS", 1000000, 1000},       {"US", 1000, 1000},
	{"NS", 1, 1000},
};

enum { N_UNITS = sizeof(units) / sizeof(*units) };

/** A duration as it is read. */
struct duration {
	uint64_t ns;
	int last;          /* index of the unit before; -1: none yet */
	bool fraction;     /* the part before had one, and must be the last */
	const char *fault; /* what is wrong; NULL: nothing yet */
};

/** Digits with single underscores. @return false where there are none or too many */
static bool whole(struct lexer *l, uint64_t *value)
{
	bool fits = true;

	*value = 0;
	if (!lexer_is_digit(lexer_peek(l, 0))) {
		return false;
	}
	while (lexer_is_digit(lexer_peek(l, 0)) ||
	       (lexer_peek(l, 0) == '_' && lexer_is_digit(lexer_peek(l, 1)))) {
		if (lexer_peek(l, 0) != '_') {
			uint64_t digit = (uint64_t)(lexer_peek(l, 0) - '0');

			fits = fits && *value <= (UINT64_MAX / 2 - digit) / 10;
			*value = fits ? *value * 10 + digit : *value;
		}
		lexer_skip(l, 1);
	}
	return fits;
}

/** The digits behind a point, as a part of unit; cut to ns. */
static uint64_t fraction_of(const char *digits, size_t n, uint64_t unit)
{
	uint64_t part = 0;

	while (n > 0) {
		n--;
		if (digits[n] != '_') {
			part = ((uint64_t)(digits[n] - '0') * unit + part) / 10;
		}
	}
	return part;
}

/** The unit's letters. @return its index; -1: it is none */
static int unit_here(struct lexer *l)
{
	size_t n = 0;

	while (lexer_is_letter(lexer_peek(l, n))) {
		n++;
	}
	for (int i = 0; i < N_UNITS; i++) {
		size_t k = 0;

		while (k < n && units[i].text[k] == lexer_upper(lexer_peek(l, k))) {
			k++;
		}
		if (k == n && units[i].text[k] == '\0') {
			lexer_skip(l, n);
			return i;
		}
	}
	return -1;
}

/** 5d, 3.5ms: one number with its unit. */
static void duration_part(struct lexer *l, struct duration *d, struct token *t)
{
	const char *digits = NULL;
	size_t n = 0;
	uint64_t value, ns;
	int unit;

	if (d->fraction) {
		d->fault = "only the last part of a time has a fraction";
	} else if (!lexer_is_digit(lexer_peek(l, 0))) {
		d->fault = "a number is missing";
	} else if (!whole(l, &value)) {
		d->fault = "the time is too large (292 years at most)";
	}
	if (d->fault) {
		return;
	}
	if (lexer_peek(l, 0) == '.' && lexer_is_digit(lexer_peek(l, 1))) {
		d->fraction = true;
		lexer_skip(l, 1);
		digits = l->text + l->offset;
		(void)whole(l, &ns);
		n = (size_t)(l->text + l->offset - digits);
	}
	unit = unit_here(l);
	if (unit < 0) {
		d->fault = "each number has one of the units d, h, m, s, ms, us, ns "
			   "behind it";
	} else if (unit <= d->last) {
		d->fault = "the units go from large to small, each once: d, h, m, s, ms, "
			   "us, ns";
	} else if (value > (UINT64_MAX / 2 - d->ns) / units[unit].ns) {
		d->fault = "the time is too large (292 years at most)";
	} else {
		ns = value * units[unit].ns + fraction_of(digits, n, units[unit].ns);
		if (d->last >= 0 && value >= units[unit].limit) {
			sources_warning(
				l->sources, t->at, 1,
				"only the first part of a time may be larger than "
				"the unit before it");
		}
		d->fault = ns > INT64_MAX - d->ns
		                   ? "the time is too large (292 years at most)"
		                   : NULL;
		d->ns += ns;
		d->last = unit;
	}
}

void literal_duration(struct lexer *l, struct token *t)
{
	struct duration d = {.last = -1};
	bool negative = lexer_peek(l, 0) == '-';

	if (negative || lexer_peek(l, 0) == '+') {
		lexer_skip(l, 1);
	}
	if (!lexer_is_digit(lexer_peek(l, 0))) {
		d.fault = "a number is missing";
	}
	while (!d.fault && lexer_is_name(lexer_peek(l, 0))) {
		if (lexer_peek(l, 0) == '_' && d.last >= 0 &&
		    lexer_is_digit(lexer_peek(l, 1))) {
			lexer_skip(l, 1);
		}
		duration_part(l, &d, t);
	}
	if (d.fault) {
		lexer_skip_name(l);
		lexer_bad(l, t, "not a time, as T#1h30m or T#2.5s: %s", d.fault);
	}
	lexer_close(l, t);
	t->value.kind = CONSTANT_INTEGER;
	t->value.negative = negative && d.ns > 0;
	t->value.u.bits = negative ? 0 - d.ns : d.ns;
}

/** Days from 1970-01-01 of the Gregorian calendar (H. Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms", 2013, days_from_civil): years begin in March. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static uint64_t days_in(uint64_t month, uint64_t year)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/** Numbers with one sign between each two. */
static bool numbers(struct lexer *l, uint64_t *out, size_t n, char sign)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0) {
			if (lexer_peek(l, 0) != sign) {
				return false;
			}
			lexer_skip(l, 1);
		}
		if (!whole(l, &out[i])) {
			return false;
		}
	}
	return true;
}

/** 1984-06-25 in ns from 1970. @return what is wrong, or NULL */
static const char *read_date(struct lexer *l, int64_t *ns)
{
	uint64_t v[3]; /* year, month, day */

	if (!numbers(l, v, 3, '-')) {
		return "a date is year-month-day, as 1984-06-25";
	}
	if (v[0] < YEAR_MIN || v[0] > YEAR_MAX) {
		return "the year lies between 1678 and 2261";
	}
	if (v[1] < 1 || v[1] > 12) {
		return "a year has the months 1 to 12";
	}
	if (v[2] < 1 || v[2] > days_in(v[1], v[0])) {
		return "the month has no such day";
	}
	*ns = days_from_civil((int64_t)v[0], (int64_t)v[1], (int64_t)v[2]) *
	      (int64_t)DAY_NS;
	return NULL;
}

/** 15:36:55.36 in ns from midnight. @return what is wrong, or NULL */
static const char *read_clock(struct lexer *l, int64_t *ns)
{
	uint64_t v[3]; /* hour, minute, second */
	uint64_t part = 0;

	if (!numbers(l, v, 3, ':')) {
		return "a time of day is hour:minute:second, as 15:36:55.36";
	}
	if (v[0] > 23 || v[1] > 59 || v[2] > 59) {
		return "a day has the hours 0 to 23, minutes and seconds 0 to 59";
	}
	if (lexer_peek(l, 0) == '.' && lexer_is_digit(lexer_peek(l, 1))) {
		const char *digits;
		uint64_t unused;

		lexer_skip(l, 1);
		digits = l->text + l->offset;
		(void)whole(l, &unused);
		part = fraction_of(digits, (size_t)(l->text + l->offset - digits),
		                   SECOND_NS);
	}
	*ns = (int64_t)((v[0] * 3600 + v[1] * 60 + v[2]) * SECOND_NS + part);
	return NULL;
}

void literal_date(struct lexer *l, struct token *t)
{
	const char *fault = NULL;
	int64_t day = 0, clock = 0;

	if (t->type->kind != KIND_TOD) {
		fault = read_date(l, &day);
	}
	if (!fault && t->type->kind == KIND_DT) {
		if (lexer_peek(l, 0) == '-') {
			lexer_skip(l, 1);
			fault = read_clock(l, &clock);
		} else {
			fault = "behind the date stands a time of day, as "
				"1984-06-25-15:36:55";
		}
	} else if (!fault && t->type->kind == KIND_TOD) {
		fault = read_clock(l, &clock);
	}
	if (!fault && lexer_is_name(lexer_peek(l, 0))) {
		fault = "letters stand behind it";
	}
	while (fault && (lexer_is_name(lexer_peek(l, 0)) || lexer_peek(l, 0) == ':' ||
	                 (lexer_peek(l, 0) == '-' && lexer_is_digit(lexer_peek(l, 1))))) {
		lexer_skip(l, 1);
	}
	lexer_close(l, t);
	if (fault) {
		lexer_bad(l, t, "not a %s: %s", t->type->name, fault);
	}
	t->value.kind = CONSTANT_INTEGER;
	t->value.negative = day + clock < 0;
	t->value.u.bits = (uint64_t)(day + clock);
}
