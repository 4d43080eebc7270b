/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux fmu check` as a user runs it: what it prints, and its exit code. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <jansson.h>

#include "drivers/reading.h"
#include "tests/fmu_make.h"
#include "tests/zip_make.h"

static char folder[] = "/tmp/pollux-fmu-check-XXXXXX";
static char path[64];
static char said[65536]; /* on both outputs, by the last run */

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder)) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/unit.fmu", folder);
	return setenv("TMPDIR", folder, 1);
}

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(name);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Run it; what it says is in `said`.  @return its exit code */
static int check(const char *options)
{
	char command[1024];
	FILE *f;
	size_t n;
	int status;

	snprintf(command, sizeof(command), "%s fmu check %s %s 2>&1",
	         getenv("POLLUX_PROGRAM"), options, path);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(said, 1, sizeof(said) - 1, f);
	said[n] = '\0';
	status = pclose(f);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void good_unit_is_usable(void **state)
{
	struct fmu_spec spec = fmu_ball;

	(void)state;
	spec.reference = "time,h,v\n0,1,0\n0.1,0.95095,-0.981\n0.2,0.8038,-1.962\n";
	for (spec.version = 2; spec.version <= 3; spec.version++) {
		fmu_make(path, &spec);
		if (check("") != 0 || !strstr(said, "\nverdict: usable\n") ||
		    !strstr(said, "equal to the byte") ||
		    !strstr(said, "documentation/ball_ref.csv: met, 6 values") ||
		    !strstr(said, spec.version == 2 ? "FMI 2.0" : "FMI 3.0")) {
			fail_msg("%s", said);
		}
	}
}

static void json_says_the_same(void **state)
{
	struct fmu_spec spec = fmu_fixed;
	json_t *all;

	(void)state;
	spec.version = 3;
	fmu_make(path, &spec);
	assert_int_equal(check("--json"), 0);
	all = json_loads(said, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(all);
	assert_true(json_is_true(json_object_get(all, "usable")));
	assert_string_equal(json_string_value(json_object_get(all, "fmi")), "3.0");
	assert_int_equal(json_array_size(json_object_get(all, "variables")), 1);
	assert_true(json_is_true(
		json_object_get(json_object_get(all, "self_test"), "twice")));
	json_decref(all);
	assert_int_equal(check("--json --no-run"), 0);
	assert_non_null(strstr(said, "\"self_test\": null"));
}

static void failures_have_their_exit_codes(void **state)
{
	static const struct zip_part up[] = {{.name = "../evil", .data = "x", .n = 1}};
	struct fmu_spec spec = fmu_ball;
	uint8_t zip[512];
	FILE *f;

	(void)state;
	spec.version = 2;
	spec.reference = "time,h\n0.1,0.95\n";
	fmu_make(path, &spec);
	assert_int_equal(check(""), 1);
	assert_non_null(strstr(said, "FAILED, 1 values, largest error 0.00095"));
	assert_non_null(strstr(said, "verdict: not to be trusted"));
	assert_int_equal(check("--step 0"), 2);
	assert_int_equal(check("--stop 1h --step 1h --unknown"), 2);

	spec.flags = "needsExecutionTool=\"maybe\"";
	fmu_make(path, &spec);
	assert_int_equal(check(""), 3);
	assert_non_null(strstr(said, "unit.fmu/modelDescription.xml:4:48: error: 'maybe' "
	                             "is neither true nor false"));

	f = fopen(path, "wb");
	assert_non_null(f);
	fwrite(zip, 1, zip_make(up, 1, zip, sizeof(zip)), f);
	fclose(f);
	assert_int_equal(check(""), 3);
	assert_non_null(strstr(said, "no relative path: a part '..'"));

	remove(path);
	assert_int_equal(check(""), 1);
	assert_non_null(strstr(said, "No such file"));
}

/* What was unpacked is gone again; and the hidden command is none for people. */
static void nothing_is_left_behind(void **state)
{
	char command[1024];

	(void)state;
	snprintf(command, sizeof(command), "! ls -d %s/pollux-fmu-* >%s/ls 2>&1", folder,
	         folder);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "%s fmu-worker >%s/ls 2>&1",
	         getenv("POLLUX_PROGRAM"), folder);
	assert_int_equal(WEXITSTATUS(system(command)), 2);
	snprintf(command, sizeof(command), "! %s --help | grep worker",
	         getenv("POLLUX_PROGRAM"));
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_unit_is_usable),
		cmocka_unit_test(json_says_the_same),
		cmocka_unit_test(failures_have_their_exit_codes),
		cmocka_unit_test(nothing_is_left_behind),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
