/* SPDX-License-Identifier: Apache-2.0 */
/* pollux rul, as a user calls it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/command.h"

extern const struct command command_rul;

static char folder[] = "/tmp/pollux-rul-XXXXXX";
static char train[64], test[64], answer[64];

/* Machines of 60 to 79 cycles whose sensor rises with wear; cut: rows that are missing at
 * the end of each. */
static void write_table(const char *path, int machines, int cut)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (int m = 1; m <= machines; m++) {
		int life = 60 + m;

		for (int i = 1; i <= life - cut; i++) {
			fprintf(f, "%d %d 0 0 100 %.4f 518.67\n", m, i,
			        100.0 * i / life + (i * 7919 % 13) * 0.1);
		}
	}
	fclose(f);
}

/* Call it; what it printed is in text. */
static int call(int argc, char **argv, char *text, size_t size)
{
	int out = dup(STDOUT_FILENO), code;
	FILE *f;
	size_t n;

	fflush(stdout);
	assert_non_null(freopen(answer, "w", stdout));
	optind = 0;
	code = (int)command_rul.run(argc, argv);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	f = fopen(answer, "r");
	assert_non_null(f);
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	fclose(f);
	return code;
}

static void every_machine_of_the_table_is_answered(void **state)
{
	char name[] = "rul", r[] = "--train", t[] = "--test";
	char *argv[] = {name, r, train, t, test, NULL};
	char text[1024], *rest = text, *line;
	int machine = 0;

	(void)state;
	write_table(train, 19, 0);
	write_table(test, 5, 20);
	assert_int_equal(call(5, argv, text, sizeof(text)), EXIT_DONE);
	assert_string_equal(strsep(&rest, "\n"), "engine,rul_p10,rul_p50,rul_p90");
	while ((line = strsep(&rest, "\n")) && *line) {
		double low, middle, high;
		int which;

		machine++;
		assert_int_equal(
			sscanf(line, "%d,%lf,%lf,%lf", &which, &low, &middle, &high), 4);
		assert_int_equal(which, machine);
		assert_true(low <= middle && middle <= high);
		assert_true(middle > 10 && middle < 30);
	}
	assert_int_equal(machine, 5);
}

static void no_prediction_is_empty(void **state)
{
	char name[] = "rul", r[] = "--train", t[] = "--test";
	char *argv[] = {name, r, train, t, test, NULL};
	char text[1024];

	(void)state;
	write_table(train, 4, 0);
	write_table(test, 2, 20);
	assert_int_equal(call(5, argv, text, sizeof(text)), EXIT_DONE);
	assert_string_equal(text, "engine,rul_p10,rul_p50,rul_p90\n1,,,\n2,,,\n");
}

static void wrong_calls_are_told(void **state)
{
	char name[] = "rul", r[] = "--train", t[] = "--test",
	     nowhere[] = "/nowhere/at/all";
	char *no_test[] = {name, r, train, NULL};
	char *absent[] = {name, r, train, t, nowhere, NULL};
	char text[64];

	(void)state;
	write_table(train, 4, 0);
	assert_int_equal(call(3, no_test, text, sizeof(text)), EXIT_USAGE);
	assert_int_equal(call(5, absent, text, sizeof(text)), EXIT_FAILED);
	assert_string_equal(text, "");
}

/* A running number before the machine's, as some programs write it. */
static void running_number_is_no_machine(void **state)
{
	char name[] = "rul", r[] = "--train", t[] = "--test";
	char *argv[] = {name, r, train, t, test, NULL};
	char text[64];
	FILE *f = fopen(train, "w");

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 100; i++) {
		fprintf(f, "%d,%d,%d,0,0,100,%d\n", i, i / 20 + 1, i % 20 + 1,
		        i * 7 % 13);
	}
	fclose(f);
	write_table(test, 2, 20);
	assert_int_equal(call(5, argv, text, sizeof(text)), EXIT_FAILED);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_machine_of_the_table_is_answered),
		cmocka_unit_test(no_prediction_is_empty),
		cmocka_unit_test(wrong_calls_are_told),
		cmocka_unit_test(running_number_is_no_machine),
	};
	int failed;

	if (!mkdtemp(folder)) {
		return 1;
	}
	snprintf(train, sizeof(train), "%s/train", folder);
	snprintf(test, sizeof(test), "%s/test", folder);
	snprintf(answer, sizeof(answer), "%s/answer", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(train);
	unlink(test);
	unlink(answer);
	rmdir(folder);
	return failed;
}
