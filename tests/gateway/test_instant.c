/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/replay/instant.h"

#define S INT64_C(1000000000)

static void moments_are_understood(void **state)
{
	static const struct {
		const char *text;
		int64_t want_ns;
	} cases[] = {
		{"1970-01-01", 0},
		{"2026-01-02T03:04:05Z", 1767323045 * S},
		{"2026-01-02 03:04:05", 1767323045 * S},
		{"2026-01-02 03:04", 1767323040 * S},
		{"2026-01-02T03:04:05.678Z", 1767323045 * S + 678000000},
		{"2026-01-02T03:04:05,678", 1767323045 * S + 678000000},
		{"2026-01-02T03:04:05.1234567899", 1767323045 * S + 123456789},
		{"2026-01-02T04:04:05+01:00", 1767323045 * S},
		{"2026-01-01T21:34:05-0530", 1767323045 * S},
		{"2026-01-02T05:04:05.5+02", 1767323045 * S + 500000000},
		{"2024-02-29 00:00:00", 1709164800 * S},
		{"1899-12-31T23:59:59Z", -2208988801 * S},
		{"0", 0},
		{"1767323045", 1767323045 * S},
		{"1767323045.678", 1767323045 * S + 678000000},
		{"1767323045.", 1767323045 * S},
		{"-1.5", -1500000000},
		{"1.5e3", 1500 * S},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t ns = -1;

		if (!instant_parse(cases[i].text, strlen(cases[i].text), &ns) ||
		    ns != cases[i].want_ns) {
			fail_msg("%s: %jd", cases[i].text, (intmax_t)ns);
		}
	}
}

static void what_is_no_moment_is_refused(void **state)
{
	static const char *const texts[] = {"",
	                                    "now",
	                                    "nan",
	                                    "2026-13-01",
	                                    "2025-02-29",
	                                    "2026-04-31 00:00:00",
	                                    "2026-01-02T25:00:00Z",
	                                    "2026-01-02T03:04:05X",
	                                    "2026-01-02T03:04:05.Z",
	                                    "2026-01-02T03:04:05+1",
	                                    "2026-01-02 ",
	                                    "02.01.2026",
	                                    "1767323045678000",
	                                    "1.2.3",
	                                    "99999999999"};
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (instant_parse(texts[i], strlen(texts[i]), &ns)) {
			fail_msg("'%s' is read as %jd", texts[i], (intmax_t)ns);
		}
	}
}

static void every_day_is_the_calendars(void **state)
{
	char text[32];

	(void)state;
	for (time_t s = -4000000000; s < 8000000000; s += 86399) {
		struct tm tm;
		int64_t ns;

		gmtime_r(&s, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		if (!instant_parse(text, strlen(text), &ns) || ns != s * S) {
			fail_msg("%s: %jd", text, (intmax_t)ns);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_are_understood),
		cmocka_unit_test(what_is_no_moment_is_refused),
		cmocka_unit_test(every_day_is_the_calendars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
