/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/plc/listing.h"

/* What listing_print() makes of one error at line:column in text. */
static char *printed(const char *text, struct position at, uint16_t length)
{
	struct sources *s;
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	assert_non_null(f);
	assert_int_equal(sources_new(&s), 0);
	assert_int_equal(sources_add(s, "a.st", text, strlen(text)), 0);
	sources_error(s, at, length, "it is wrong");
	listing_print(s, f);
	sources_free(s);
	fclose(f);
	return out;
}

static void caret_stands_under_the_place(void **state)
{
	static const struct {
		const char *text;
		struct position at;
		uint16_t length;
		const char *want;
	} cases[] = {
		{"a := b;\n",
	         {.line = 1, .column = 6},
	         1,
	         "a.st:1:6: error: it is wrong\n    a := b;\n         ^\n"},
		{"x;\nmotor := 1;\n",
	         {.line = 2, .column = 1},
	         5,
	         "a.st:2:1: error: it is wrong\n    motor := 1;\n    ^~~~~\n"},
		{"\ta := b;\n",
	         {.line = 1, .column = 7},
	         1,
	         "a.st:1:7: error: it is wrong\n    \ta := b;\n    \t     ^\n"},
		{"(* \xc3\xa4 *) b;\n",
	         {.line = 1, .column = 9},
	         1,
	         "a.st:1:9: error: it is wrong\n    (* \xc3\xa4 *) b;\n            ^\n"},
		{"a\x1b[31m;\n",
	         {.line = 1, .column = 2},
	         1,
	         "a.st:1:2: error: it is wrong\n    a?[31m;\n     ^\n"},
		{"a\n", {.line = 9, .column = 1}, 1, "a.st:9:1: error: it is wrong\n"},
		{"a\n", {0}, 1, "a.st: error: it is wrong\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *got = printed(cases[i].text, cases[i].at, cases[i].length);

		assert_string_equal(got, cases[i].want);
		free(got);
	}
}

static void long_line_is_cut_around_the_place(void **state)
{
	char text[4000];
	char *got;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text + 2000, "HERE", 4);
	got = printed(text, (struct position){.line = 1, .column = 2001}, 4);
	assert_non_null(strstr(got, "HERE"));
	assert_true(strlen(got) < 600);
	free(got);
}

static void file_that_cannot_be_read_is_named(void **state)
{
	char nowhere[] = "/nowhere/a.st", folder[] = "/";
	char *paths[] = {nowhere, folder};
	char *said = NULL;
	size_t n;
	struct sources *s = NULL;
	FILE *f = open_memstream(&said, &n);

	(void)state;
	assert_int_equal(listing_read(&s, paths, 2, f), -ENOENT);
	fclose(f);
	assert_null(s);
	assert_non_null(strstr(said, "/nowhere/a.st: error: "));
	assert_non_null(strstr(said, "/: error: "));
	free(said);
}

static void files_are_read_in_their_order(void **state)
{
	char path[] = "/tmp/listing.XXXXXX";
	char *paths[] = {path, path};
	int fd = mkstemp(path);
	struct sources *s;
	size_t n;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a;\n", 3), 3);
	close(fd);
	assert_int_equal(listing_read(&s, paths, 2, stderr), 0);
	unlink(path);
	assert_int_equal(sources_count(s), 2);
	assert_string_equal(sources_name(s, 1), path);
	assert_string_equal(sources_text(s, 1, &n), "a;\n");
	sources_free(s);
}

static void summary_counts(void **state)
{
	struct sources *s;
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	(void)state;
	assert_int_equal(sources_new(&s), 0);
	sources_add(s, "a.st", "a", 1);
	listing_print_summary(s, f);
	sources_error(s, (struct position){.line = 1, .column = 1}, 1, "one");
	sources_warning(s, (struct position){.line = 1, .column = 1}, 1, "two");
	sources_warning(s, (struct position){.line = 1, .column = 1}, 1, "three");
	listing_print_summary(s, f);
	fclose(f);
	assert_string_equal(out,
	                    "no errors in 1 file\n1 error and 2 warnings in 1 file\n");
	sources_free(s);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caret_stands_under_the_place),
		cmocka_unit_test(long_line_is_cut_around_the_place),
		cmocka_unit_test(file_that_cannot_be_read_is_named),
		cmocka_unit_test(files_are_read_in_their_order),
		cmocka_unit_test(summary_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
