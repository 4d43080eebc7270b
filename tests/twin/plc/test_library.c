/* SPDX-License-Identifier: Apache-2.0 */
/* The library in Structured Text passes the tests that are written in it too, and
 * programs in the idioms of others run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "tests/twin/plc/st_case.h"

enum { SCANS = 400, SIZE = 64 << 10 };

static void add_file(struct sources *s, const char *name)
{
	const char *root = getenv("POLLUX_SOURCE");
	char path[512];
	char *text = malloc(SIZE);
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root ? root : ".", name);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_non_null(text);
	n = fread(text, 1, SIZE, f);
	fclose(f);
	assert_int_equal(sources_add(s, name, text, n), 0);
	free(text);
}

static void say(struct sources *s)
{
	size_t n;
	const struct diagnosis *d = sources_diagnoses(s, &n);

	for (size_t i = 0; i < n; i++) {
		print_error("%s:%u: %s\n", sources_name(s, d[i].at.file), d[i].at.line,
		            d[i].text);
	}
}

static void control_passes_its_tests(void **state)
{
	const struct program_options options = {.cycle_ns = 100000000};
	struct sources *s;
	struct program *p;
	uint64_t scan = 0;

	(void)state;
	assert_int_equal(sources_new(&s), 0);
	add_file(s, "etc/plc/library/control.st");
	add_file(s, "tests/twin/plc/control_test.st");
	if (program_load(&p, s, &options)) {
		say(s);
		fail();
	}
	if (sources_warnings(s)) {
		say(s);
	}
	assert_int_equal(sources_warnings(s), 0);
	st_scans(p, &scan, SCANS);
	st_expect(p, "test_control.check.first", "0");
	assert_true(strtol(st_value(p, "test_control.check.n"), NULL, 10) > 10 * SCANS);
	program_free(p);
	sources_free(s);
}

/** Programs as people bring them along: they load without an error, and run. */
static void program_of_elsewhere_runs(void **state)
{
	static const struct {
		const char *file, *watch, *want;
	} cases[] = {
		{"tests/twin/plc/openplc_idiom.st", "instance0.CTU0.CV", "2"},
		{"tests/twin/plc/oscat_idiom.st", "lib_user.label", "\"tan\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sources *s;
		struct program *p;
		uint64_t scan = 0;

		assert_int_equal(sources_new(&s), 0);
		add_file(s, cases[i].file);
		if (program_load(&p, s, NULL)) {
			say(s);
			fail();
		}
		st_scans(p, &scan, 100);
		st_expect(p, cases[i].watch, cases[i].want);
		program_free(p);
		sources_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_passes_its_tests),
		cmocka_unit_test(program_of_elsewhere_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
