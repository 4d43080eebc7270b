/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/replay/decimal.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	EXACT_POWER = 22,    /* the largest power of ten that a double holds exactly */
	EXACT_DIGITS = 19,   /* decimal digits that always fit 64 bits */
	EXPONENT_MAX = 9999, /* far beyond what a double can be */
	DIGITS = 9,          /* printed */
};

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The digits of a number, its sign and exponent taken off. */
struct digits {
	uint64_t mantissa;
	int n;        /* of mantissa, from its first that is not 0 */
	int exponent; /* of ten */
	bool any;
	bool cut; /* digits that are not 0 did not fit */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits up to something else; each is worth a tenth where behind the point. */
static const char *take_digits(struct digits *d, const char *p, const char *end,
                               int behind)
{
	for (; p < end && is_digit(*p); p++) {
		d->any = true;
		if (d->n < EXACT_DIGITS) {
			d->mantissa = d->mantissa * 10 + (uint64_t)(*p - '0');
			d->n += d->mantissa != 0;
			d->exponent -= behind;
		} else {
			d->cut |= *p != '0';
			d->exponent += !behind;
		}
	}
	return p;
}

static const char *take_exponent(struct digits *d, const char *p, const char *end)
{
	bool negative = p < end && *p == '-';
	int exponent = 0;

	p += p < end && (*p == '-' || *p == '+');
	if (p == end) {
		return NULL;
	}
	for (; p < end && is_digit(*p); p++) {
		exponent = exponent < EXPONENT_MAX ? exponent * 10 + (*p - '0')
		                                   : exponent;
	}
	d->exponent += negative ? -exponent : exponent;
	return p;
}

/*
 * mantissa * 10^exponent, rounded once; false where that cannot be told from here.
 *
 * Up to 2^53 both factors are exact and so is the rounding (Clinger 1990).  Beyond, the
 * product (quotient) is taken as a sum of two doubles, good to 2^-100: enough unless it
 * lies next to the middle of two neighbours.
 */
static bool scale(const struct digits *d, double *x)
{
	double high = (double)d->mantissa, low, rest, power, sum;

	if (abs(d->exponent) > EXACT_POWER) {
		*x = 0;
		return d->mantissa == 0;
	}
	power = powers[abs(d->exponent)];
	*x = d->exponent < 0 ? high / power : high * power;
	if (d->mantissa <= UINT64_C(1) << 53) {
		return true;
	}
	low = (double)(int64_t)(d->mantissa - (uint64_t)high);
	rest = d->exponent < 0 ? (fma(-*x, power, high) + low) / power
	                       : fma(high, power, -*x) + low * power;
	sum = *x + rest;
	rest += *x - sum;
	*x = sum;
	return sum + rest * (1 + 0x1p-20) == sum;
}

static bool parse_slowly(const char *text, size_t n, double *x)
{
	char copy[DECIMAL_PARSE_MAX + 1];

	if (n > DECIMAL_PARSE_MAX) {
		return false;
	}
	memcpy(copy, text, n);
	copy[n] = '\0';
	*x = strtod(copy, NULL);
	return isfinite(*x);
}

bool decimal_parse(const char *text, size_t n, double *x)
{
	const char *p = text, *end = text + n;
	bool negative = n > 0 && *p == '-';
	struct digits d = {0};

	p += n > 0 && (*p == '-' || *p == '+');
	p = take_digits(&d, p, end, 0);
	if (p < end && *p == '.') {
		p = take_digits(&d, p + 1, end, 1);
	}
	if (d.any && p < end && (*p == 'e' || *p == 'E')) {
		p = take_exponent(&d, p + 1, end);
	}
	if (!d.any || p != end) {
		return false;
	}
	if (d.cut || !scale(&d, x)) {
		return parse_slowly(text, n, x);
	}
	*x = negative ? -*x : *x;
	return true;
}

/*
 * |x| * 10^shift rounded to a whole number, exactly: the product as computed is off by
 * less than half its last place, which decides only where it ends in one half itself.
 */
static uint64_t round_scaled(double x, int shift, double *scaled)
{
	double power = powers[abs(shift)], whole, over, error;

	*scaled = shift < 0 ? x / power : x * power;
	whole = floor(*scaled);
	over = *scaled - whole - 0.5;
	if (over == 0) {
		error = shift < 0 ? fma(-*scaled, power, x) : fma(x, power, -*scaled);
		over = error != 0 ? error : fmod(whole, 2) - 0.5; /* a tie: to even */
	}
	return (uint64_t)whole + (over > 0);
}

/* Nine digits of x > 0 and its decimal exponent; false where it is too far from 1. */
static bool nine_digits(double x, uint64_t *digits, int *exponent)
{
	double scaled;
	int binary;

	(void)frexp(x, &binary);
	*exponent = (binary - 1) * 1233 >> 12; /* log10(2) = 1233 / 4096, never above */
	for (int i = 0; i < 3; i++) {
		if (abs(DIGITS - 1 - *exponent) > EXACT_POWER) {
			return false;
		}
		*digits = round_scaled(x, DIGITS - 1 - *exponent, &scaled);
		if (scaled < 1e8) {
			--*exponent;
		} else if (scaled >= 1e9) {
			++*exponent;
		} else {
			break;
		}
	}
	if (*digits == UINT64_C(1000000000)) {
		*digits /= 10;
		++*exponent;
	}
	return true;
}

static char *put_exponent(char *to, int exponent)
{
	int size = abs(exponent);

	*to++ = 'e';
	*to++ = exponent < 0 ? '-' : '+';
	*to++ = (char)('0' + size / 10);
	*to++ = (char)('0' + size % 10);
	return to;
}

/* n > 0 digits as %g lays them out. */
static char *lay_out(char *to, const char *digits, int n, int exponent)
{
	int before = exponent + 1; /* digits before the point */

	if (exponent < -4 || exponent >= DIGITS) {
		*to++ = digits[0];
		if (n > 1) {
			*to++ = '.';
			memcpy(to, digits + 1, (size_t)n - 1);
			to += n - 1;
		}
		return put_exponent(to, exponent);
	}
	if (before <= 0) {
		memset(to, '0', 5);
		to[1] = '.';
		to += 2 - before;
		memcpy(to, digits, (size_t)n);
		return to + n;
	}
	for (int i = 0; i < before; i++) {
		*to++ = i < n ? digits[i] : '0';
	}
	if (n > before) {
		*to++ = '.';
		memcpy(to, digits + before, (size_t)(n - before));
		to += n - before;
	}
	return to;
}

char *decimal_print(char *to, double x)
{
	char text[DIGITS];
	uint64_t digits = 0;
	int exponent = 0, n = DIGITS;

	if (isnan(x)) {
		return to;
	}
	if (x == 0 || isinf(x) || !nine_digits(fabs(x), &digits, &exponent)) {
		return to + snprintf(to, DECIMAL_TEXT_MAX, "%.9g", x);
	}
	if (x < 0) {
		*to++ = '-';
	}
	for (int i = DIGITS; i-- > 0; digits /= 10) {
		text[i] = (char)('0' + digits % 10);
	}
	while (text[n - 1] == '0') {
		n--;
	}
	return lay_out(to, text, n, exponent);
}
