/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/epoch.h"
#include "drivers/reading.h"

static void time_is_understood(void **state)
{
	static const struct {
		const char *text;
		int err;
		double want;
	} cases[] = {
		{"1767323045", 0, 1767323045},
		{"1767323045.5", 0, 1767323045.5},
		{"2026-01-02 03:04:05", 0, 1767323045},
		{"2026-01-02T03:04:05Z", 0, 1767323045},
		{"2026-01-02T03:04:05.25Z", 0, 1767323045.25},
		{"2026-01-02T04:04:05+01:00", 0, 1767323045},
		{"2026-01-02T02:34:05-00:30", 0, 1767323045},
		{"2026-01-02", 0, 1767312000},
		{"2026-01-02T03:04", -EINVAL, 0},
		{"2026-01-02x", -EINVAL, 0},
		{"2026-01-02T03:04:05+1", -EINVAL, 0},
		{"12:00", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"nan", -EINVAL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double t = 0;
		int err = epoch_parse(cases[i].text, &t);

		if (err != cases[i].err || (!err && t != cases[i].want)) {
			fail_msg("%s: %d, %.3f", cases[i].text, err, t);
		}
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
