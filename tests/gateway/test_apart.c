/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/scenario/apart.h"

static char *passed(FILE *f, size_t *n)
{
	static char text[1 << 21];

	rewind(f);
	*n = fread(text, 1, sizeof(text) - 1, f);
	text[*n] = '\0';
	return text;
}

/* More than a pipe holds, to both in turns. */
static int speak(void *arg, FILE *first, FILE *second)
{
	for (int i = 0; i < 20000; i++) {
		fprintf(second, "second %d\n", i);
		fprintf(first, "first %d\n", i);
	}
	return *(int *)arg;
}

static void what_it_writes_is_passed_on(void **state)
{
	FILE *const out[2] = {tmpfile(), tmpfile()};
	int code = 7;
	size_t n;

	(void)state;
	assert_int_equal(apart_run(speak, &code, out), 7);
	for (int i = 0; i < 2; i++) {
		char *text = passed(out[i], &n);

		assert_int_equal(n, i ? 248890 : 228890);
		assert_non_null(strstr(text, i ? "second 19999\n" : "first 19999\n"));
		fclose(out[i]);
	}
}

static char here[] = "/tmp/apart-XXXXXX", there[sizeof(here)];

/* Each way out, tried; the number of those that were open. */
static int try_all(void *arg, FILE *first, FILE *second)
{
	int open_ways = 0;

	(void)arg;
	(void)second;
	open_ways += socket(AF_INET, SOCK_STREAM, 0) >= 0;
	open_ways += socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
	open_ways += open(here, O_WRONLY | O_CREAT, 0600) >= 0;
	open_ways += open("/dev/null", O_WRONLY) >= 0;
	open_ways += unlink(there) == 0;
	open_ways += kill(getppid(), 0) == 0;
	open_ways += fork() >= 0;
	fprintf(first, "%d ways out\n", open_ways);
	return open_ways;
}

static void there_is_no_way_out(void **state)
{
	int fd = mkstemp(here);
	FILE *const out[2] = {tmpfile(), NULL};
	size_t n;

	(void)state;
	/* One file that is there, and a name at which there is none. */
	assert_true(fd >= 0);
	close(fd);
	strcpy(there, here);
	here[strlen("/tmp/apart")] = '_';
	assert_int_equal(apart_run(try_all, NULL, out), 0);
	assert_string_equal(passed(out[0], &n), "0 ways out\n");
	assert_int_equal(unlink(there), 0);
	assert_int_equal(access(here, F_OK), -1);
	fclose(out[0]);
}

static int die(void *arg, FILE *first, FILE *second)
{
	(void)arg;
	(void)second;
	fputs("half", first);
	fflush(first);
	raise(SIGKILL);
	return 0;
}

static void one_that_dies_is_an_error(void **state)
{
	FILE *const out[2] = {tmpfile(), NULL};

	(void)state;
	assert_int_equal(apart_run(die, NULL, out), -ECHILD);
	fclose(out[0]);
}

static void what_cannot_be_passed_on_is_an_error(void **state)
{
	FILE *const out[2] = {fopen("/dev/full", "w"), NULL};
	FILE *const both[2] = {out[0], out[0]};
	int code = 0;

	(void)state;
	assert_non_null(out[0]);
	assert_true(apart_run(speak, &code, both) < 0);
	fclose(out[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_writes_is_passed_on),
		cmocka_unit_test(there_is_no_way_out),
		cmocka_unit_test(one_that_dies_is_an_error),
		cmocka_unit_test(what_cannot_be_passed_on_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
