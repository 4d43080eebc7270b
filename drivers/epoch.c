/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/epoch.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ".25", "Z", "+01:00" after the seconds. */
static int parse_rest(const char *text, double *seconds)
{
	struct tm zone = {.tm_gmtoff = 0};
	char fraction[16] = "0.";
	size_t digits;

	if (*text == '.' || *text == ',') {
		digits = strspn(text + 1, "0123456789");
		strncat(fraction, text + 1, digits < 9 ? digits : 9);
		*seconds += strtod(fraction, NULL);
		text += 1 + digits;
	}
	if (*text) {
		text = strptime(text, "%z", &zone);
	}
	*seconds -= (double)zone.tm_gmtoff;
	return text && !*text ? 0 : -EINVAL;
}

int epoch_parse(const char *text, double *epoch_s)
{
	struct tm tm = {.tm_isdst = 0};
	const char *rest = strptime(text, "%Y-%m-%d", &tm);
	char *end;

	if (!rest) {
		*epoch_s = strtod(text, &end);
		return end == text || *end || !isfinite(*epoch_s) ? -EINVAL : 0;
	}
	if (*rest == 'T' || *rest == ' ') {
		rest = strptime(rest + 1, "%H:%M:%S", &tm);
	} else if (*rest != '\0') {
		rest = NULL;
	}
	if (!rest) {
		return -EINVAL;
	}
	*epoch_s = (double)timegm(&tm);
	return parse_rest(rest, epoch_s);
}
