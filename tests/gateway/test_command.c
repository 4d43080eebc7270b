/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/cli/command.h"

static void duration_has_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t want_ms; /* -1: refused */
	} cases[] = {
		{"500ms", 500},  {"90s", 90000},    {"1.5s", 1500}, {"2m", 120000},
		{"2h", 7200000}, {"7d", 604800000}, {"0s", 0},      {"90", -1},
		{"", -1},        {"s", -1},         {"-1s", -1},    {"5 s", -1},
		{"5x", -1},      {"1e30d", -1},     {"nans", -1},   {"5ss", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t ms = -1;
		int err = command_duration(cases[i].text, &ms);

		if (ms != cases[i].want_ms || (err == 0) != (cases[i].want_ms >= 0)) {
			fail_msg("'%s': %lld", cases[i].text, (long long)ms);
		}
	}
}

static void what_is_no_terminal_has_no_colour(void **state)
{
	int fd = open("/dev/null", O_RDWR);

	(void)state;
	assert_false(command_is_terminal(fd));
	close(fd);
}

static void no_color_is_respected_on_a_terminal(void **state)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);

	(void)state;
	unsetenv("NO_COLOR");
	assert_true(command_is_terminal(fd));
	setenv("NO_COLOR", "1", 1);
	assert_false(command_is_terminal(fd));
	setenv("NO_COLOR", "", 1); /* as no-color.org has it: empty is unset */
	assert_true(command_is_terminal(fd));
	close(fd);
}

static void wrong_usage_is_exit_code_2(void **state)
{
	(void)state;
	assert_int_equal(command_usage("check", "what is '%s'?", "x"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(duration_has_a_unit),
		cmocka_unit_test(what_is_no_terminal_has_no_colour),
		cmocka_unit_test(no_color_is_respected_on_a_terminal),
		cmocka_unit_test(wrong_usage_is_exit_code_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
