/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/cli/demo_report.h"

static struct demo_report good(void)
{
	return (struct demo_report){.has_status = true,
	                            .uptime_s = 89,
	                            .polls = 890,
	                            .produced = 1000,
	                            .stored = 1000,
	                            .published = 500,
	                            .stored_at_end = 1010,
	                            .delivered = 1010,
	                            .witnessed = {.messages = 505,
	                                          .leak_us = 60000000,
	                                          .raised_us = 64000000,
	                                          .sentence = "tank falls"}};
}

static char *text;

static bool print(const struct demo_report *r)
{
	size_t size;
	FILE *f;
	bool ok;

	free(text);
	f = open_memstream(&text, &size);
	ok = demo_report_print(r, f);
	fclose(f);
	return ok;
}

static void good_run_is_good(void **state)
{
	struct demo_report r = good();

	(void)state;
	assert_true(print(&r));
	assert_non_null(strstr(text, "drift raised 4.0 s after the leak: tank falls"));
	assert_non_null(strstr(text, "produced 1000 = stored 1000 + dropped 0"));
}

static void each_thing_that_is_wrong_fails_the_run(void **state)
{
	struct demo_report r[10];
	const char *const want[] = {"did not answer", "polled",       "overruns",
	                            "lost",           "came back",    "balance",
	                            "delivered",      "end in order", "before the leak",
	                            "later than 30 s"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(r); i++) {
		r[i] = good();
	}
	r[0].has_status = false;
	r[1].polls = 0;
	r[2].overruns = 9;
	r[3].dropped = 1;
	r[4].witnessed.messages = 499;
	r[5].delivered = 1009;
	r[6].pending = 10;
	r[6].delivered = 1000;
	r[7].gateway_exit = -1;
	r[8].witnessed.raised_before = 1;
	r[9].witnessed.raised_us = 91000000;
	for (size_t i = 0; i < ARRAY_SIZE(r); i++) {
		if (print(&r[i]) || !strstr(text, want[i])) {
			fail_msg("%s: %s", want[i], text);
		}
	}
}

static void leak_that_nobody_found_fails_only_a_run_that_was_long_enough(void **state)
{
	struct demo_report r = good();

	(void)state;
	r.witnessed.raised_us = 0;
	assert_false(print(&r));
	r.uptime_s = 70;
	assert_true(print(&r));
	r.witnessed.leak_us = 0;
	assert_true(print(&r));
	assert_non_null(strstr(text, "the leak was not run"));
}

static int free_text(void **state)
{
	(void)state;
	free(text);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_run_is_good),
		cmocka_unit_test(each_thing_that_is_wrong_fails_the_run),
		cmocka_unit_test(
			leak_that_nobody_found_fails_only_a_run_that_was_long_enough),
	};

	return cmocka_run_group_tests(tests, NULL, free_text);
}
