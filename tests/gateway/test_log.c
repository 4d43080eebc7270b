/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/log.h"

static int stderr_copy, read_end;
static char text[4096];

static int setup(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	read_end = ends[0];
	stderr_copy = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dup2(stderr_copy, STDERR_FILENO);
	close(stderr_copy);
	close(read_end);
	unsetenv("JOURNAL_STREAM");
	log_level(LOG_INFO);
	return 0;
}

static const char *logged(void)
{
	ssize_t n = read(read_end, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void line_has_time_level_and_text(void **state)
{
	(void)state;
	log_line(LOG_WARNING, "pump is %s", "down");
	assert_non_null(strstr(logged(), "Z warning: pump is down\n"));
}

static void journal_has_its_own_time(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_line(LOG_ERROR, "no room");
	assert_string_equal(logged(), "<3>no room\n");
}

static void less_important_lines_are_left_out(void **state)
{
	(void)state;
	log_line(LOG_DEBUG, "detail");
	assert_string_equal(logged(), "");
	log_level(LOG_DEBUG);
	log_line(LOG_DEBUG, "detail");
	assert_non_null(strstr(logged(), "debug: detail"));
}

static void text_from_outside_cannot_forge_a_line(void **state)
{
	(void)state;
	log_line(LOG_INFO, "name is %s", "a\nb\033[2J");
	assert_non_null(strstr(logged(), "name is a?b?[2J\n"));
}

static void long_text_is_cut(void **state)
{
	char *longer = malloc(3000);

	(void)state;
	memset(longer, 'x', 2999);
	longer[2999] = '\0';
	log_line(LOG_INFO, "%s", longer);
	assert_in_range(strlen(logged()), 1000, 1100);
	free(longer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(line_has_time_level_and_text),
		TEST(journal_has_its_own_time),
		TEST(less_important_lines_are_left_out),
		TEST(text_from_outside_cannot_forge_a_line),
		TEST(long_text_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
