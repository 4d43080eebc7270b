/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/plc/message.h"
#include "twin/plc/sources.h"

static void line_is_found_whatever_ends_it(void **state)
{
	static const struct {
		const char *text;
		uint32_t lines;
		const char *second; /* NULL: there is none */
	} cases[] = {
		{"", 1, NULL},    {"a", 1, NULL},         {"a\n", 1, NULL},
		{"a\nb", 2, "b"}, {"a\r\nb\r\n", 2, "b"}, {"a\rb\r", 2, "b"},
		{"\n\n", 2, ""},  {"a\n\nc", 3, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sources *s;
		const char *line;
		size_t n;

		assert_int_equal(sources_new(&s), 0);
		assert_int_equal(
			sources_add(s, "f", cases[i].text, strlen(cases[i].text)), 0);
		assert_int_equal(sources_lines(s, 0), cases[i].lines);
		line = sources_line(s, 0, 2, &n);
		if (!cases[i].second) {
			assert_null(line);
		} else {
			assert_non_null(line);
			assert_int_equal(n, strlen(cases[i].second));
			assert_memory_equal(line, cases[i].second, n);
		}
		assert_null(sources_line(s, 0, 0, &n));
		sources_free(s);
	}
}

static void byte_order_mark_is_left_out(void **state)
{
	struct sources *s;
	size_t n;

	(void)state;
	assert_int_equal(sources_new(&s), 0);
	assert_int_equal(sources_add(s, "f", "\xef\xbb\xbfx", 4), 0);
	assert_string_equal(sources_text(s, 0, &n), "x");
	assert_int_equal(n, 1);
	sources_free(s);
}

static void diagnoses_come_in_order_and_once(void **state)
{
	struct sources *s;
	const struct diagnosis *d;
	size_t n;

	(void)state;
	assert_int_equal(sources_new(&s), 0);
	sources_error(s, (struct position){2, 1, 1}, 3, "%s", "d");
	sources_error(s, (struct position){2, 5, 0}, 0, "c %d", -7);
	sources_warning(s, (struct position){2, 4, 0}, 1, "b");
	sources_error(s, (struct position){1, 9, 0}, 1, "a");
	sources_error(s, (struct position){2, 5, 0}, 0, "c %d", -7);
	d = sources_diagnoses(s, &n);
	assert_int_equal(n, 4);
	assert_string_equal(d[0].text, "a");
	assert_string_equal(d[1].text, "b");
	assert_int_equal(d[1].severity, SEVERITY_WARNING);
	assert_string_equal(d[2].text, "c -7");
	assert_int_equal(d[2].length, 1);
	assert_string_equal(d[3].text, "d");
	assert_int_equal(sources_errors(s), 3);
	assert_int_equal(sources_warnings(s), 1);
	sources_free(s);
}

static void diagnoses_beyond_the_limit_are_counted(void **state)
{
	struct sources *s;
	size_t n;

	(void)state;
	assert_int_equal(sources_new(&s), 0);
	for (uint32_t i = 0; i < SOURCES_DIAGNOSES_MAX + 500; i++) {
		sources_error(s, (struct position){i + 1, 1, 0}, 1, "x");
	}
	(void)sources_diagnoses(s, &n);
	assert_int_equal(n, SOURCES_DIAGNOSES_MAX);
	assert_int_equal(sources_errors(s), SOURCES_DIAGNOSES_MAX + 500);
	sources_free(s);
}

static void too_much_text_is_refused(void **state)
{
	struct sources *s;
	char *text = calloc(1, SOURCES_TEXT_MAX);

	(void)state;
	assert_non_null(text);
	assert_int_equal(sources_new(&s), 0);
	assert_int_equal(sources_add(s, "f", text, SOURCES_TEXT_MAX), 0);
	assert_int_equal(sources_add(s, "g", text, 1), -EFBIG);
	assert_int_equal(sources_count(s), 1);
	free(text);
	sources_free(s);
}

static size_t format(char *out, size_t room, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

static size_t format(char *out, size_t room, const char *text, ...)
{
	va_list args;
	size_t n;

	va_start(args, text);
	n = message_format(out, room, text, args);
	va_end(args);
	return n;
}

static void message_has_its_values(void **state)
{
	char out[200];
	size_t n;

	(void)state;
	n = format(out, sizeof(out), "%s, %.*s: %d %u %zu %lld %llu %c%%", "a", 2, "bcd",
	           -5, 4000000000u, (size_t)7, (long long)INT64_MIN,
	           (unsigned long long)UINT64_MAX, 'x');
	assert_int_equal(n, strlen(out));
	assert_string_equal(
		out,
		"a, bc: -5 4000000000 7 -9223372036854775808 18446744073709551615 x%");
	(void)format(out, sizeof(out), "%s", "a\x1b[0m\n");
	assert_string_equal(out, "a?[0m?");
}

static void message_is_cut_between_characters(void **state)
{
	static const struct {
		size_t room;
		const char *want;
	} cases[] = {
		{10, "a\xc3\xa4\xc3\xb6z"},
		{7, "a\xc3\xa4\xc3\xb6z"},
		{6, "a..."},
		{5, "a..."},
		{4, "..."},
		{1, ""},
	};
	char out[20];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)format(out, cases[i].room, "%s", "a\xc3\xa4\xc3\xb6z");
		assert_string_equal(out, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_is_found_whatever_ends_it),
		cmocka_unit_test(byte_order_mark_is_left_out),
		cmocka_unit_test(diagnoses_come_in_order_and_once),
		cmocka_unit_test(diagnoses_beyond_the_limit_are_counted),
		cmocka_unit_test(too_much_text_is_refused),
		cmocka_unit_test(message_has_its_values),
		cmocka_unit_test(message_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
