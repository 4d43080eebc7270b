/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/cli/child.h"

static const char *const nowhere = "/dev/null";

static void program_that_is_not_there_is_told(void **state)
{
	const char *const argv[] = {"no-such-program-at-all", NULL};
	struct child c;

	(void)state;
	assert_int_equal(child_start(&c, argv, nowhere, false), -ENOENT);
	assert_int_equal(c.pid, 0);
	assert_true(child_is_gone(&c));
}

static void output_and_exit_code_come_back(void **state)
{
	const char *const argv[] = {"sh", "-c", "echo hello; exit 3", NULL};
	struct pollfd fd = {.events = POLLIN};
	struct child c;
	char text[32] = "";

	(void)state;
	assert_int_equal(child_start(&c, argv, nowhere, true), 0);
	fd.fd = c.out;
	assert_int_equal(poll(&fd, 1, 10000), 1);
	assert_int_equal(read(c.out, text, sizeof(text) - 1), 6);
	assert_string_equal(text, "hello\n");
	while (!child_is_gone(&c)) {
		poll(NULL, 0, 1);
	}
	assert_int_equal(child_stop(&c, 10000), 3);
	assert_int_equal(c.out, -1);
}

static void stop_ends_it_in_order_or_by_force(void **state)
{
	const char *const polite[] = {
		"sh", "-c", "trap 'exit 5' TERM; echo; while :; do sleep 0.01; done",
		NULL};
	const char *const deaf[] = {
		"sh", "-c", "trap '' TERM; echo; while :; do sleep 0.01; done", NULL};
	struct pollfd fd = {.events = POLLIN};
	struct child c;

	(void)state;
	assert_int_equal(child_start(&c, polite, nowhere, true), 0);
	fd.fd = c.out;
	assert_int_equal(poll(&fd, 1, 10000), 1); /* the trap is set */
	assert_int_equal(child_stop(&c, 10000), 5);
	assert_int_equal(child_start(&c, deaf, nowhere, true), 0);
	fd.fd = c.out;
	assert_int_equal(poll(&fd, 1, 10000), 1);
	assert_int_equal(child_stop(&c, 50), -1);
}

static void free_port_is_free_and_silent(void **state)
{
	int port = child_free_port();

	(void)state;
	assert_in_range(port, 1024, 65535);
	assert_false(child_port_answers(port, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_that_is_not_there_is_told),
		cmocka_unit_test(output_and_exit_code_come_back),
		cmocka_unit_test(stop_ends_it_in_order_or_by_force),
		cmocka_unit_test(free_port_is_free_and_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
