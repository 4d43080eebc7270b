/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/digits.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	LIMBS = 90, /* of base 10^9: the 767 digits of the least double, and of the most
	             */
	LIMB_DIGITS = 9,
	PRECISION = 17,
	TEXT = 64,
};

#define BASE UINT64_C(1000000000)

/** A whole number, least limb first. */
struct big {
	uint32_t limb[LIMBS];
	size_t n;
};

size_t digits_unsigned(char *out, uint64_t value)
{
	char reversed[DIGITS_MAX];
	size_t n = 0;

	do {
		reversed[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	for (size_t i = 0; i < n; i++) {
		out[i] = reversed[n - 1 - i];
	}
	out[n] = '\0';
	return n;
}

size_t digits_signed(char *out, int64_t value)
{
	if (value >= 0) {
		return digits_unsigned(out, (uint64_t)value);
	}
	out[0] = '-';
	return 1 + digits_unsigned(out + 1, 0u - (uint64_t)value);
}

static void multiply(struct big *b, uint32_t by)
{
	uint64_t carry = 0;

	for (size_t i = 0; i < b->n; i++) {
		carry += (uint64_t)b->limb[i] * by;
		b->limb[i] = (uint32_t)(carry % BASE);
		carry /= BASE;
	}
	while (carry > 0) {
		b->limb[b->n++] = (uint32_t)(carry % BASE);
		carry /= BASE;
	}
}

static void multiply_power(struct big *b, uint32_t by, int times)
{
	for (; times >= 10; times -= 10) {
		uint32_t power = 1;

		for (int i = 0; i < 10; i++) {
			power *= by;
		}
		multiply(b, power);
	}
	for (; times > 0; times--) {
		multiply(b, by);
	}
}

/* All digits of |value|, which is their number times 10^*exponent. */
static size_t exact(double value, char *digits, int *exponent)
{
	struct big b = {.n = 0};
	int e;
	uint64_t m = (uint64_t)ldexp(frexp(fabs(value), &e), 53);
	size_t n = 0;

	e -= 53;
	while (e < 0 && m % 2 == 0) {
		m /= 2;
		e++;
	}
	for (; m > 0; m /= BASE) {
		b.limb[b.n++] = (uint32_t)(m % BASE);
	}
	multiply_power(&b, e >= 0 ? 2 : 5, e >= 0 ? e : -e);
	*exponent = e >= 0 ? 0 : e;
	for (size_t i = b.n; i-- > 0;) {
		uint32_t scale = (uint32_t)BASE / 10;

		for (int k = 0; k < LIMB_DIGITS; k++) {
			char digit = (char)('0' + b.limb[i] / scale % 10);

			if (n > 0 || digit != '0') {
				digits[n++] = digit;
			}
			scale /= 10;
		}
	}
	return n;
}

/* The first p of n digits, rounded half to even.  @return one more power of ten? */
static bool rounded(char *out, const char *digits, size_t n, size_t p)
{
	bool up = false;

	for (size_t i = 0; i < p; i++) {
		out[i] = i < n ? digits[i] : '0';
	}
	if (p < n) {
		bool more = false;

		for (size_t i = p + 1; i < n; i++) {
			more = more || digits[i] != '0';
		}
		up = digits[p] > '5' ||
		     (digits[p] == '5' && (more || (out[p - 1] - '0') % 2 == 1));
	}
	for (size_t i = p; up && i-- > 0;) {
		up = out[i] == '9';
		out[i] = up ? '0' : (char)(out[i] + 1);
	}
	if (up) {
		out[0] = '1'; /* 999 became 1000, whose other digits are 0 already */
	}
	return up;
}

/* p digits, the first of which is worth 10^exponent, as "%.*g" writes them. */
static size_t compose(char *out, const char *digits, size_t p, int exponent)
{
	size_t n = 0;

	while (p > 1 && digits[p - 1] == '0') {
		p--;
	}
	if (exponent < -4 || exponent > 15) {
		out[n++] = digits[0];
		if (p > 1) {
			out[n++] = '.';
			memcpy(out + n, digits + 1, p - 1);
			n += p - 1;
		}
		out[n++] = 'e';
		out[n++] = exponent < 0 ? '-' : '+';
		if (abs(exponent) < 10) {
			out[n++] = '0';
		}
		return n + digits_unsigned(out + n, (uint64_t)abs(exponent));
	}
	if (exponent < 0) {
		out[n++] = '0';
		out[n++] = '.';
		for (int i = -1; i > exponent; i--) {
			out[n++] = '0';
		}
	}
	for (size_t i = 0; i < p || (exponent > 0 && i <= (size_t)exponent); i++) {
		if (exponent >= 0 && i == (size_t)exponent + 1) {
			out[n++] = '.';
		}
		out[n++] = i < p ? digits[i] : '0';
	}
	out[n] = '\0';
	return n;
}

size_t digits_real(char *out, double value, bool single)
{
	char digits[LIMBS * LIMB_DIGITS], some[PRECISION + 1];
	size_t sign = signbit(value) ? 1 : 0;
	size_t n, p;
	int exponent, low;

	if (!isfinite(value)) {
		const char *word = isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";

		strcpy(out, word); /* NOLINT(clang-analyzer-security.*) */
		return strlen(word);
	}
	out[0] = '-';
	if (value == 0) {
		strcpy(out + sign, "0"); /* NOLINT(clang-analyzer-security.*) */
		return sign + 1;
	}
	n = exact(value, digits, &low);
	for (p = 1;; p++) {
		size_t length;

		exponent = low + (int)n - 1;
		if (rounded(some, digits, n, p)) {
			exponent++;
		}
		length = sign + compose(out + sign, some, p, exponent);
		if (p == PRECISION || (single ? strtof(out, NULL) == (float)value
		                              : strtod(out, NULL) == value)) {
			return length;
		}
	}
}

int digits_read_real(const char *text, size_t n, double *out)
{
	char copy[TEXT];
	size_t used = 0;
	char *end;

	for (size_t i = 0; i < n; i++) {
		if (text[i] == '_') {
			continue;
		}
		if (used + 1 == sizeof(copy) || text[i] == 'x' || text[i] == 'X') {
			return -EINVAL; /* C's hexadecimal numbers are not ours */
		}
		copy[used++] = text[i];
	}
	copy[used] = '\0';
	if (used == 0 || copy[0] == ' ') {
		return -EINVAL;
	}
	*out = strtod(copy, &end);
	return *end == '\0' ? 0 : -EINVAL;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* "16#" and the like. */
static unsigned base_of(const char **text, size_t *n)
{
	static const struct {
		const char *prefix;
		unsigned base;
	} bases[] = {{"16#", 16}, {"8#", 8}, {"2#", 2}};

	for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
		size_t length = strlen(bases[i].prefix);

		if (*n > length && strncmp(*text, bases[i].prefix, length) == 0) {
			*text += length;
			*n -= length;
			return bases[i].base;
		}
	}
	return 10;
}

int digits_read_integer(const char *text, size_t n, uint64_t *magnitude, bool *negative)
{
	bool any = false;
	unsigned base;

	*magnitude = 0;
	*negative = n > 0 && text[0] == '-';
	if (n > 0 && (text[0] == '-' || text[0] == '+')) {
		text++;
		n--;
	}
	base = base_of(&text, &n);
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned)digit_of(text[i]);

		if (text[i] == '_' && any) {
			continue;
		}
		if (digit >= base) {
			return -EINVAL;
		}
		if (*magnitude > (UINT64_MAX - digit) / base) {
			return -ERANGE;
		}
		*magnitude = *magnitude * base + digit;
		any = true;
	}
	return any ? 0 : -EINVAL;
}
