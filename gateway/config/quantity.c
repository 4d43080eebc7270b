/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/quantity.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"

struct unit {
	const char *name;
	double factor;
};

int quantity_int(const char *text, int64_t *out)
{
	const char *digits = text + (*text == '-' || *text == '+');
	int base = strncmp(digits, "0x", 2) == 0 ? 16 : 10;
	char *end;
	long long n;

	digits += base == 16 ? 2 : 0;
	if (!*digits || strspn(digits, base == 16 ? "0123456789abcdefABCDEF"
	                                          : "0123456789") != strlen(digits)) {
		return -EINVAL;
	}
	errno = 0;
	n = strtoll(text, &end, base);
	if (errno == ERANGE) {
		return -ERANGE;
	}
	*out = n;
	return 0;
}

/* The decimal number at the start of text; *end behind it.  strtod() alone would take
 * spaces, hexadecimal, infinity and NaN. */
static int leading_real(const char *text, double *out, const char **end)
{
	size_t n = strspn(text, "+-");
	char *behind;
	double value;

	if (n > 1 || !strchr("0123456789.", text[n]) || !text[n] ||
	    strncmp(text + n, "0x", 2) == 0 || strncmp(text + n, "0X", 2) == 0) {
		return -EINVAL;
	}
	value = strtod(text, &behind);
	if (behind == text) {
		return -EINVAL;
	}
	if (!isfinite(value)) {
		return -ERANGE;
	}
	*out = value;
	*end = behind;
	return 0;
}

int quantity_real(const char *text, double *out)
{
	const char *end;
	double value;
	int err = leading_real(text, &value, &end);

	if (err) {
		return err;
	}
	if (*end) {
		return -EINVAL;
	}
	*out = value;
	return 0;
}

static int with_unit(const char *text, const struct unit *units, int64_t *out)
{
	const char *end;
	double value;
	int err = leading_real(text, &value, &end);

	if (err) {
		return err;
	}
	if (!*end) {
		return -ENODATA;
	}
	while (units->name && strcmp(units->name, end) != 0) {
		units++;
	}
	if (!units->name) {
		return -EINVAL;
	}
	value *= units->factor;
	/* 0.1s is 100.00000000000001 ms or so: whole within rounding. */
	if (fabs(value) > 1e15 || fabs(value - round(value)) > 1e-6) {
		return -ERANGE;
	}
	*out = (int64_t)llround(value);
	return 0;
}

int quantity_duration(const char *text, int64_t *ms)
{
	static const struct unit units[] = {
		{"ms", 1},    {"s", 1e3},    {"m", 6e4}, {"min", 6e4},
		{"h", 3.6e6}, {"d", 8.64e7}, {0},
	};

	return with_unit(text, units, ms);
}

int quantity_size(const char *text, int64_t *bytes)
{
	static const struct unit units[] = {
		{"B", 1},
		{"kB", 1e3},
		{"MB", 1e6},
		{"GB", 1e9},
		{"TB", 1e12},
		{"KiB", 1024},
		{"MiB", 1048576},
		{"GiB", 1073741824.0},
		{"TiB", 1099511627776.0},
		{0},
	};

	return with_unit(text, units, bytes);
}

int quantity_rate(const char *text, int64_t *ms)
{
	static const struct unit units[] = {
		{"/s", 1e3}, {"/m", 6e4}, {"/min", 6e4}, {"/h", 3.6e6}, {"/d", 8.64e7}};
	const char *end;
	double n;
	int err = leading_real(text, &n, &end);

	for (size_t i = 0; !err && i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].name) == 0) {
			double gap = n > 0 ? units[i].factor / n : 0;

			if (gap < 1 || gap > 1e9) {
				return -ERANGE;
			}
			*ms = (int64_t)ceil(gap);
			return 0;
		}
	}
	return err ? err : -EINVAL;
}

void quantity_print_duration(int64_t ms, char *buf, size_t n)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {
		{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}};
	size_t i = 0;

	while (units[i].ms > 1 && (ms == 0 || ms % units[i].ms != 0)) {
		i++;
	}
	snprintf(buf, n, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
}

void quantity_print_size(int64_t bytes, char *buf, size_t n)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	size_t i = 0;

	while (i < ARRAY_SIZE(units) - 1 && bytes >= 1024 && bytes % 1024 == 0) {
		bytes /= 1024;
		i++;
	}
	snprintf(buf, n, "%lld%s", (long long)bytes, units[i]);
}
