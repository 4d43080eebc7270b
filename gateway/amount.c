/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/amount.h"

#include <math.h>
#include <stdio.h>

/* Of the value: below that it is rounding. */
#define NOTHING 1e-9

enum { DECIMALS_MAX = 9 };

void amount_text(char *buf, size_t size, const double value_half[2], bool sign)
{
	double value = value_half[0], half = value_half[1];
	int decimals;

	if (!isfinite(value)) {
		snprintf(buf, size, "-");
		return;
	}
	if (!isfinite(half) || !(half > NOTHING * fabs(value)) || !(half > 1e-12)) {
		snprintf(buf, size, sign ? "%+.5g" : "%.5g",
		         fabs(value) < 1e-12 ? 0 : value);
		return;
	}
	/* Two digits of the half width. */
	decimals = 1 - (int)floor(log10(half));
	if (decimals > DECIMALS_MAX || fabs(value) >= 1e9) {
		snprintf(buf, size, sign ? "%+.3g ± %.2g" : "%.3g ± %.2g", value, half);
		return;
	}
	decimals = decimals < 0 ? 0 : decimals;
	snprintf(buf, size, sign ? "%+.*f ± %.*f" : "%.*f ± %.*f", decimals, value,
	         decimals, half);
}

int text_width(const char *text)
{
	int n = 0;

	for (const char *c = text; *c; c++) {
		n += ((unsigned char)*c & 0xc0) != 0x80;
	}
	return n;
}

void text_pad(FILE *out, const char *text, int columns)
{
	int n = text_width(text);

	fprintf(out, "%s%*s", text, columns > n ? columns - n : columns > 0 ? 2 : 0, "");
}
