/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "twin/plc/calendar.h"
#include "twin/plc/code.h"
#include "twin/plc/convert.h"
#include "twin/plc/digits.h"
#include "twin/plc/slot.h"
#include "twin/plc/text.h"

/** What is still to be read. */
struct in {
	const char *text;
	size_t n;
};

static bool take(struct in *in, char c)
{
	if (in->n == 0 || in->text[0] != c) {
		return false;
	}
	in->text++;
	in->n--;
	return true;
}

static bool same(const struct in *in, const char *word)
{
	return strlen(word) == in->n && strncasecmp(in->text, word, in->n) == 0;
}

/* "INT#5" to "5", where the word before # names this kind. */
static void skip_prefix(struct in *in, enum kind kind)
{
	const char *mark = memchr(in->text, '#', in->n);
	size_t n = mark ? (size_t)(mark - in->text) : 0;
	const struct type *named;
	bool time = kind == KIND_TIME || kind == KIND_LTIME;

	if (n == 0) {
		return;
	}
	named = type_find(in->text, n);
	if ((named && named->kind == kind) ||
	    (time &&
	     (strncasecmp(in->text, "T", n) == 0 || strncasecmp(in->text, "LT", n) == 0 ||
	      (named && named->kind == KIND_TIME))) ||
	    (kind == KIND_DATE && strncasecmp(in->text, "D", n) == 0)) {
		in->text += n + 1;
		in->n -= n + 1;
	}
}

/* Digits to a number; underscores between them. */
static int read_digits(struct in *in, uint64_t *out)
{
	bool any = false;

	*out = 0;
	while (in->n > 0 &&
	       ((in->text[0] >= '0' && in->text[0] <= '9') || in->text[0] == '_')) {
		char c = in->text[0];

		in->text++;
		in->n--;
		if (c == '_') {
			continue;
		}
		if (*out > UINT64_MAX / 10 - 1) {
			return -ERANGE;
		}
		*out = *out * 10 + (uint64_t)(c - '0');
		any = true;
	}
	return any ? 0 : -EINVAL;
}

/* ".25" of a unit of ns. */
static uint64_t read_fraction(struct in *in, uint64_t unit)
{
	uint64_t value = 0;

	while (in->n > 0 && in->text[0] >= '0' && in->text[0] <= '9') {
		unit /= 10;
		value += unit * (uint64_t)(in->text[0] - '0');
		in->text++;
		in->n--;
	}
	return value;
}

static uint64_t unit_of(struct in *in)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{"ms", 1000000},       {"us", 1000},         {"ns", 1},
		{"d", 86400000000000}, {"h", 3600000000000}, {"m", 60000000000},
		{"s", 1000000000},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		size_t n = strlen(units[i].name);

		if (in->n >= n && strncasecmp(in->text, units[i].name, n) == 0) {
			in->text += n;
			in->n -= n;
			return units[i].ns;
		}
	}
	return 0;
}

/* "1m30.5s"; a number alone counts ms. */
static int read_time(struct in *in, int64_t *out)
{
	bool negative = take(in, '-');
	uint64_t sum = 0;

	do {
		struct in fraction = {NULL, 0};
		uint64_t whole, unit;
		int err;

		take(in, '_');
		err = read_digits(in, &whole);
		if (err) {
			return err;
		}
		if (take(in, '.')) {
			fraction = *in;
			read_fraction(in, 1);
			fraction.n -= in->n;
		}
		unit = in->n == 0 && sum == 0 ? 1000000 : unit_of(in);
		if (unit == 0) {
			return -EINVAL;
		}
		if (whole > (uint64_t)INT64_MAX / unit) {
			return -ERANGE;
		}
		sum += whole * unit + read_fraction(&fraction, unit);
		if (sum > (uint64_t)INT64_MAX) {
			return -ERANGE;
		}
	} while (in->n > 0);
	*out = negative ? -(int64_t)sum : (int64_t)sum;
	return 0;
}

/* "12:30:15.5" */
static int read_time_of_day(struct in *in, int64_t *ns)
{
	uint64_t hour, minute, second;
	uint64_t fraction = 0;

	if (read_digits(in, &hour) != 0 || !take(in, ':') ||
	    read_digits(in, &minute) != 0) {
		return -EINVAL;
	}
	second = 0;
	if (take(in, ':') && read_digits(in, &second) != 0) {
		return -EINVAL;
	}
	if (take(in, '.')) {
		fraction = read_fraction(in, 1000000000);
	}
	if (hour > 23 || minute > 59 || second > 59) {
		return -ERANGE;
	}
	*ns = (int64_t)(((hour * 60 + minute) * 60 + second) * 1000000000 + fraction);
	return 0;
}

/* "2024-02-29" */
static int read_date(struct in *in, int64_t *ns)
{
	uint64_t year, month, day;

	if (read_digits(in, &year) != 0 || !take(in, '-') ||
	    read_digits(in, &month) != 0 || !take(in, '-') ||
	    read_digits(in, &day) != 0) {
		return -EINVAL;
	}
	if (year > 2261 || year < 1678 || month > 12 || day < 1 ||
	    day > calendar_month_days((int64_t)year, (unsigned)month)) {
		return -ERANGE;
	}
	*ns = calendar_days((struct calendar_date){(int64_t)year, (unsigned)month,
	                                           (unsigned)day}) *
	      CALENDAR_DAY_NS;
	return 0;
}

static int read_moment(struct in *in, enum kind kind, int64_t *ns)
{
	int64_t day = 0, time = 0;
	int err = 0;

	if (kind == KIND_TIME || kind == KIND_LTIME) {
		return read_time(in, ns);
	}
	if (kind != KIND_TOD) {
		err = read_date(in, &day);
	}
	if (!err && kind == KIND_DT && !take(in, '-')) {
		err = -EINVAL;
	}
	if (!err && kind != KIND_DATE) {
		err = read_time_of_day(in, &time);
	}
	if (!err && in->n > 0) {
		err = -EINVAL;
	}
	*ns = day + time;
	return err;
}

static int read_integer(const struct in *in, const struct type *type, uint8_t *slot)
{
	uint64_t magnitude, high;
	int64_t low;
	bool negative;
	int err = digits_read_integer(in->text, in->n, &magnitude, &negative);

	if (err) {
		return err;
	}
	type_limits(type, &low, &high);
	if (negative ? magnitude > 0u - (uint64_t)low : magnitude > high) {
		return -ERANGE;
	}
	if (negative) {
		magnitude = 0u - magnitude;
	}
	if (text_slot_bytes(type->kind) == 8) {
		put_q(slot, magnitude);
	} else {
		put_u(slot, (uint32_t)magnitude);
	}
	return 0;
}

static int read_bool(const struct in *in, uint8_t *slot)
{
	bool on = same(in, "TRUE") || same(in, "1");

	if (!on && !same(in, "FALSE") && !same(in, "0")) {
		return -EINVAL;
	}
	put_b(slot, on);
	return 0;
}

static int read_real(const struct in *in, enum kind kind, uint8_t *slot)
{
	double value;
	int err = digits_read_real(in->text, in->n, &value);

	if (!err && kind == KIND_REAL) {
		put_f(slot, (float)value);
	} else if (!err) {
		put_d(slot, value);
	}
	return err;
}

static int hex_of(const struct in *in, size_t digits, uint32_t *out)
{
	*out = 0;
	if (in->n < digits) {
		return -EINVAL;
	}
	for (size_t i = 0; i < digits; i++) {
		char c = in->text[i];
		bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'f';

		if (!letter && (c < '0' || c > '9')) {
			return -EINVAL;
		}
		*out = *out * 16 + (uint32_t)(letter ? (c | 0x20) - 'a' + 10 : c - '0');
	}
	return 0;
}

/* One character, and $ with what it means. */
static uint32_t read_character(struct in *in, bool wide)
{
	static const char names[] = "nlrtp", means[] = "\n\n\r\t\f";
	uint32_t c = (uint8_t)in->text[0];
	size_t digits = wide ? 4 : 2;
	const char *found;

	in->text++;
	in->n--;
	if (c != '$' || in->n == 0) {
		return c;
	}
	if (hex_of(in, digits, &c) == 0) {
		in->text += digits;
		in->n -= digits;
		return c;
	}
	c = (uint8_t)in->text[0];
	found = strchr(names, (int)(c | 0x20));
	in->text++;
	in->n--;
	return found && *found ? (uint8_t)means[found - names] : c;
}

static int read_string(struct in in, enum kind kind, uint8_t *slot)
{
	struct code_string head;
	bool quoted = in.n >= 2 && (in.text[0] == '"' || in.text[0] == '\'') &&
	              in.text[in.n - 1] == in.text[0];

	memcpy(&head, slot, sizeof(head));
	head.length = 0;
	if (quoted) {
		in.text++;
		in.n -= 2;
	}
	while (in.n > 0 && head.length < head.room) {
		uint16_t c = (uint16_t)(quoted ? read_character(&in, kind != KIND_STRING)
		                               : (uint8_t)*in.text);

		if (!quoted) {
			in.text++;
			in.n--;
		}
		if (kind == KIND_STRING) {
			slot[sizeof(head) + head.length] = (uint8_t)c;
		} else {
			memcpy(slot + sizeof(head) + 2 * (size_t)head.length, &c,
			       sizeof(c));
		}
		head.length++;
	}
	memcpy(slot, &head, sizeof(head));
	return 0;
}

static int read_enumerator(const struct in *in, const struct type *type, uint8_t *slot)
{
	for (uint32_t i = 0; i < type->u.enumeration.n; i++) {
		if (same(in, type->u.enumeration.values[i].name)) {
			int64_t value = type->u.enumeration.values[i].value;

			if (text_slot_bytes(type->u.enumeration.base->kind) == 8) {
				put_l(slot, value);
			} else {
				put_i(slot, (int32_t)value);
			}
			return 0;
		}
	}
	return read_integer(in, type->u.enumeration.base, slot);
}

/* A subrange by its base, then its limits. */
static int read_subrange(const char *text, const struct type *type, uint8_t *slot)
{
	const struct type *base = type->u.subrange.base;
	uint8_t value[8] = {0};
	int64_t number;
	int err = text_read(text, base, value);

	if (err) {
		return err;
	}
	number = text_slot_bytes(base->kind) == 8 ? get_l(value) : get_i(value);
	if (base->kind == KIND_UDINT) {
		number = get_u(value);
	}
	if (number < type->u.subrange.range.low || number > type->u.subrange.range.high) {
		return -ERANGE;
	}
	memcpy(slot, value, text_slot_bytes(base->kind));
	return 0;
}

int text_read(const char *text, const struct type *type, uint8_t *slot)
{
	struct in in = {text, strlen(text)};
	int64_t ns;
	int err;

	switch ((int)type->kind) {
	case KIND_SUBRANGE:
		return read_subrange(text, type, slot);
	case KIND_ENUM:
		return read_enumerator(&in, type, slot);
	case KIND_STRING:
	case KIND_WSTRING:
		return read_string(in, type->kind, slot);
	case KIND_ERROR:
	case KIND_ARRAY:
	case KIND_STRUCT:
	case KIND_BLOCK:
		return -EINVAL;
	default:
		break;
	}
	skip_prefix(&in, type->kind);
	if (type->kind == KIND_BOOL) {
		return read_bool(&in, slot);
	}
	if (type->kind == KIND_REAL || type->kind == KIND_LREAL) {
		return read_real(&in, type->kind, slot);
	}
	if (type->kind < KIND_TIME) {
		return read_integer(&in, type, slot);
	}
	err = read_moment(&in, type->kind, &ns);
	if (!err) {
		put_l(slot, ns);
	}
	return err;
}
