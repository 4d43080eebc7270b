/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/mqtt/topic.h"
#include "drivers/reading.h"

static void captured_levels_fill_the_wildcards(void **state)
{
	static const struct {
		const char *filter, *captured, *want; /* NULL: refused */
	} cases[] = {
		{"plant/+/temp", "boiler", "plant/boiler/temp"},
		{"+/+/temp", "hall1/boiler", "hall1/boiler/temp"},
		{"plant/+", "boiler", "plant/boiler"},
		{"+", "boiler", "boiler"},
		{"plant/#", "hall1/boiler/temp", "plant/hall1/boiler/temp"},
		{"+/x/#", "a/b/c", "a/x/b/c"},
		{"plant/+/temp", "hall1/boiler", NULL},
		{"+/+/temp", "boiler", NULL},
		{"plant/+/temp", "boiler/", NULL},
		{"plant/+/temp", "/boiler", NULL},
		{"plant/+/temp", "", NULL},
		{"plant/+/temp", "+", NULL},
		{"plant/#", "", NULL},
		{"plant/#", "a/#", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *out = NULL;
		int err = topic_fill(&out, cases[i].filter, cases[i].captured,
		                     strlen(cases[i].captured));

		if (err != (cases[i].want ? 0 : -EINVAL) ||
		    (!err && strcmp(out, cases[i].want) != 0)) {
			fail_msg("%s, %s: %d, %s", cases[i].filter, cases[i].captured,
			         err, err ? "" : out);
		}
		free(out);
	}
	(void)state;
}

static void wildcards_stand_for_whole_levels(void **state)
{
	static const char *const good[] = {"+", "#", "a/+", "+/a", "a/+/b", "a/#", "/+"};
	static const char *const bad[] = {"", "a", "a/b", "a+", "+a/b", "#/a", "a/#b"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(topic_is_filter(good[i]));
		assert_false(topic_is_name(good[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_false(topic_is_filter(bad[i]));
	}
	assert_true(topic_is_name("a/b"));
	assert_false(topic_is_name(""));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_levels_fill_the_wildcards),
		cmocka_unit_test(wildcards_stand_for_whole_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
