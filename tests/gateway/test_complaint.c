/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/config/complaint.h"

/* What is printed of c; free() it. */
static char *printed(struct complaints *c)
{
	static char *text; /* not on the stack: gcc 12 thinks that it is what we return */
	static size_t n;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	complaint_print(c, out);
	fclose(out);
	return text;
}

static void complaints_come_in_the_order_of_the_text(void **state)
{
	static const char text[] = "one\ntwo\nthree\n";
	struct complaints *c = complaint_new();
	uint32_t source = (uint32_t)complaint_source(c, "a.yaml", text, strlen(text));
	char *got;

	(void)state;
	complaint_error(c, (struct place){source, 3, 2}, "late");
	complaint_warning(c, (struct place){source, 1, 1}, "early");
	complaint_error(c, (struct place){source, 3, 2}, "later");
	complaint_error(c, (struct place){source, 0, 0}, "of %s", "all");
	got = printed(c);
	assert_string_equal(got, "a.yaml: error: of all\n"
	                         "a.yaml:1:1: warning: early\n    one\n    ^\n"
	                         "a.yaml:3:2: error: late\n    three\n     ^\n"
	                         "a.yaml:3:2: error: later\n    three\n     ^\n");
	assert_int_equal(complaint_errors(c), 3);
	assert_int_equal(complaint_warnings(c), 1);
	free(got);
	complaint_free(c);
}

static void caret_stands_under_its_column(void **state)
{
	static const struct {
		const char *name, *line;
		uint32_t column;
		const char *want;
	} cases[] = {
		{"tabs stay tabs", "\tx: 1", 5, "    \tx: 1\n    \t   ^\n"},
		{"a character is a column", "pömp: 1", 7, "    pömp: 1\n          ^\n"},
		{"behind the end", "ab", 3, "    ab\n      ^\n"},
		{"CR LF", "ab\r", 1, "    ab\n    ^\n"},
		{"control characters", "a\033b", 3, "    a?b\n      ^\n"},
		{"stray bytes", "a\xff z", 4, "    a? z\n       ^\n"},
		{"empty", "", 1, "    \n    ^\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complaints *c = complaint_new();
		char *got;

		(void)complaint_source(c, "f", cases[i].line, strlen(cases[i].line));
		complaint_error(c, (struct place){0, 1, cases[i].column}, "x");
		got = printed(c);
		if (strcmp(strchr(got, '\n') + 1, cases[i].want) != 0) {
			fail_msg("%s: %s", cases[i].name, got);
		}
		free(got);
		complaint_free(c);
	}
}

static void long_lines_show_a_window_around_the_column(void **state)
{
	struct complaints *c = complaint_new();
	char line[1001], *got, *second;

	(void)state;
	memset(line, '.', 1000);
	line[1000] = '\0';
	line[699] = 'X';
	(void)complaint_source(c, "f", line, 1000);
	complaint_error(c, (struct place){0, 1, 700}, "x");
	got = printed(c);
	second = strchr(got, '\n') + 1;
	assert_true(strlen(got) < 300);
	assert_int_equal(strchr(second, 'X') - second,
	                 strchr(second, '^') - strchr(second, '\n') - 1);
	free(got);
	complaint_free(c);
}

static void what_follows_the_hidden_word_is_not_shown(void **state)
{
	static const char text[] = "mqtt: {password: hunter2, qos: 7}";
	struct complaints *c = complaint_new();
	char *got;

	(void)state;
	complaint_hide(c, "password:");
	(void)complaint_source(c, "f", text, strlen(text));
	complaint_error(c, (struct place){0, 1, 32}, "qos\n7");
	got = printed(c);
	assert_null(strstr(got, "hunter2"));
	assert_non_null(strstr(got, "error: qos?7\n"));
	free(got);
	complaint_free(c);
}

static void beyond_the_limit_is_counted(void **state)
{
	struct complaints *c = complaint_new();
	char *got;

	(void)state;
	(void)complaint_source(c, "f", "", 0);
	for (int i = 0; i < 1234; i++) {
		complaint_error(c, (struct place){0}, "x");
	}
	got = printed(c);
	assert_int_equal(complaint_errors(c), 1234);
	assert_non_null(strstr(got, "and 234 more\n"));
	free(got);
	complaint_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complaints_come_in_the_order_of_the_text),
		cmocka_unit_test(caret_stands_under_its_column),
		cmocka_unit_test(long_lines_show_a_window_around_the_column),
		cmocka_unit_test(what_follows_the_hidden_word_is_not_shown),
		cmocka_unit_test(beyond_the_limit_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
