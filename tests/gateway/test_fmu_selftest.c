/* SPDX-License-Identifier: Apache-2.0 */
/* Units of our own, of both versions, in a child process: what they compute, and that
 * whatever a bad one does is a sentence and nothing else. */
#include <errno.h>
#include <ftw.h>
#include <linux/landlock.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/fmu/experiment.h"
#include "gateway/fmu/selftest.h"
#include "tests/fmu_make.h"

static char folder[] = "/tmp/pollux-selftest-XXXXXX";
static char path[64];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder)) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/unit.fmu", folder);
	return setenv("POLLUX_SECRET", "not for units", 1);
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

/* Make it, open it, unpack it. */
static struct fmu *open_spec(const struct fmu_spec *spec)
{
	struct fmu_error why = {""};
	struct fmu *f;

	fmu_make(path, spec);
	assert_int_equal(fmu_open(&f, path, stderr), 0);
	if (!fmu_is_runnable(f, &why) || fmu_unpack(f, folder, &why)) {
		fail_msg("%s", why.text);
	}
	return f;
}

static struct selftest_options options_of(int deadline_ms)
{
	return (struct selftest_options){.deadline_ms = deadline_ms,
	                                 .program = getenv("POLLUX_PROGRAM")};
}

/* Height and speed of the ball by the closed form: arc n begins at the sum of the times
 * of those before, with speed e^n sqrt(2 g). */
static void ball_at(double t, double *h, double *v, int *bounces)
{
	const double g = 9.81, e = 0.7, v0 = sqrt(2 * g);
	double first = v0 / g, speed = v0;

	*bounces = 0;
	if (t < first) {
		*h = 1 - g * t * t / 2;
		*v = -g * t;
		return;
	}
	t -= first;
	for (speed *= e, *bounces = 1; t >= 2 * speed / g; speed *= e, *bounces += 1) {
		t -= 2 * speed / g;
	}
	*h = speed * t - g * t * t / 2;
	*v = speed - g * t;
}

static char *ball_reference(void)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	fputs("\"time\",\"h\",\"v\",\"bounces\"\n", f);
	for (int k = 0; k <= 200; k++) {
		double h, v;
		int bounces;

		ball_at(k * 0.01, &h, &v, &bounces);
		fprintf(f, "%.17g,%.17g,%.17g,%d\n", k * 0.01, h, v, bounces);
	}
	fclose(f);
	return text;
}

static char *stiff_reference(void)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	fputs("time,fast,slow\n", f);
	for (int k = 0; k <= 200; k++) {
		fprintf(f, "%.17g,%.17g,%.17g\n", k * 0.01, -expm1(-k * 0.01 / 1e-4),
		        -expm1(-k * 0.01));
	}
	fclose(f);
	return text;
}

static char *fixed_reference(void)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	fputs("time,x\n", f);
	for (int k = 0; k <= 100; k++) {
		fprintf(f, "%.17g,%.17g\n", k * 0.01, pow(1 - 1e-3, 10 * k));
	}
	fclose(f);
	return text;
}

static void references_are_met_to_1e_12(void **state)
{
	const struct {
		const struct fmu_spec *spec;
		char *(*reference)(void);
		const char *flags_3;
		size_t compared;
	} cases[] = {
		{&fmu_ball, ball_reference, NULL, 603},
		{&fmu_stiff, stiff_reference, NULL, 402},
		{&fmu_fixed, fixed_reference, "fixedInternalStepSize=\"1e-3\"", 101},
	};
	const struct selftest_options options = options_of(10000);

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		struct fmu_spec spec = *cases[i / 2].spec;
		char *reference = cases[i / 2].reference();
		struct selftest t;
		struct fmu *f;

		spec.version = i % 2 ? 3 : 2;
		spec.reference = reference;
		spec.flags = spec.version == 3 ? cases[i / 2].flags_3 : NULL;
		f = open_spec(&spec);
		assert_int_equal(selftest_run(f, &options, &t), 0);
		print_message("%s, FMI %u.0: largest error %.3g\n", spec.model,
		              spec.version, t.worst);
		if (!selftest_passed(&t) || t.compared != cases[i / 2].compared ||
		    !(t.worst <= 1e-12) || t.twice != SELFTEST_PASSED ||
		    t.state != SELFTEST_PASSED) {
			fail_msg("%s, FMI %u.0: %zu compared, worst %g (%s at %g), %s",
			         spec.model, spec.version, t.compared, t.worst,
			         t.worst_name ? t.worst_name : "-", t.worst_t,
			         t.why.text);
		}
		fmu_close(f);
		free(reference);
	}
}

/* Of 3.0: an array is one column with several numbers; a reference may also be called
 * MODEL_out.csv, as FMI's layered standard does. */
static void array_is_compared_value_by_value(void **state)
{
	static const struct fmu_variable_spec variables[] = {
		{"u", "Real", "input", "1", NULL, 0},
		{"pair", "Real", "output", NULL, NULL, 2}, /* fast and slow */
	};
	static const struct {
		const char *reference;
		enum selftest_part want;
	} cases[] = {
		{"time,pair\n0,0 0\n0.01,1 0.009950166250831947\n", SELFTEST_PASSED},
		{"time,pair\n0,0 0\n0.01,1 0.00995017\n", SELFTEST_PASSED},
		{"time,pair\n0,0 0\n0.01,1 0.0099\n", SELFTEST_FAILED},
	};
	const struct selftest_options options = options_of(10000);
	struct fmu_spec spec = fmu_stiff;

	(void)state;
	spec.version = 3;
	spec.variables = variables;
	spec.n_variables = ARRAY_SIZE(variables);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct selftest t;
		struct fmu *f;

		spec.reference = cases[i].reference;
		spec.reference_end = i == 0 ? "_out.csv" : NULL;
		f = open_spec(&spec);
		assert_int_equal(selftest_run(f, &options, &t), 0);
		if (t.reference != cases[i].want || t.compared != 4 ||
		    t.run != SELFTEST_PASSED || t.twice != SELFTEST_PASSED) {
			fail_msg("case %zu: %zu compared, worst %g, %s", i, t.compared,
			         t.worst, t.why.text);
		}
		fmu_close(f);
	}
}

static void wrong_reference_is_found(void **state)
{
	const struct selftest_options options = options_of(10000);
	struct fmu_spec spec = fmu_fixed;
	struct selftest t;
	struct fmu *f;

	(void)state;
	spec.version = 2;
	spec.reference = "time,x\n0,1\n0.01,0.99\n0.0155,0\n0.02,0.98019\n";
	f = open_spec(&spec);
	assert_int_equal(selftest_run(f, &options, &t), 0);
	assert_int_equal(t.reference, SELFTEST_FAILED);
	assert_int_equal(t.compared, 3);
	assert_int_equal(t.beside, 1);
	assert_string_equal(t.worst_name, "x");
	assert_false(selftest_passed(&t));
	fmu_close(f);
}

/* Inputs are not played: such a reference says nothing of the unit at rest. */
static void reference_of_driven_inputs_is_not_compared(void **state)
{
	const struct selftest_options options = options_of(10000);
	struct fmu_spec spec = fmu_fixed;
	struct selftest t;
	struct fmu *f;

	(void)state;
	spec.version = 2;
	spec.reference = "time,x\n0,1\n0.01,7\n";
	spec.inputs = "time,u\n0,1\n0.01,2\n";
	f = open_spec(&spec);
	assert_int_equal(selftest_run(f, &options, &t), 0);
	assert_int_equal(t.run, SELFTEST_PASSED);
	assert_int_equal(t.reference, SELFTEST_NOT_OFFERED);
	assert_int_equal(t.compared, 0);
	assert_non_null(strstr(t.inputs_name, "_in.csv"));
	assert_true(selftest_passed(&t));
	fmu_close(f);
}

static void step_that_the_internal_one_does_not_divide_is_refused(void **state)
{
	struct selftest_options options = options_of(10000);
	struct fmu_spec spec = fmu_fixed;
	struct selftest t;
	struct fmu *f;

	(void)state;
	spec.version = 3;
	spec.flags = "fixedInternalStepSize=\"1e-3\"";
	f = open_spec(&spec);
	options.step = 0.0105;
	assert_int_equal(selftest_run(f, &options, &t), 0);
	assert_int_equal(t.run, SELFTEST_FAILED);
	assert_string_equal(t.why.text, "its internal step of 0.001 s does not divide a "
	                                "step of 0.0105 s");
	fmu_close(f);
}

/* The modes of tests/fmu/bad.c, from the third step on. */
static void bad_units_cost_a_sentence(void **state)
{
	static const struct {
		double mode;
		const char *why;
		const char *or_else; /* where the limit of address space bites first */
	} cases[] = {
		{1, "at 0.2 s: it crashed (Segmentation fault)",
	         "at 0.2 s: it crashed (Segmentation fault)"},
		{2, "at 0.2 s: it did not answer within 0.3 s",
	         "at 0.2 s: it did not answer within 0.3 s"},
		{3, "memory", "it crashed (Aborted)"},
		{4, "at 0.3 s: output 'y' is no number",
	         "at 0.3 s: output 'y' is no number"},
		{5, "at 0.2 s: no step of 0.1 s at 0.2 s",
	         "at 0.2 s: no step of 0.1 s at 0.2 s"},
		{6, "at 0.2 s: no step of 0.1 s at 0.2 s",
	         "at 0.2 s: no step of 0.1 s at 0.2 s"},
		{8, "at 0.2 s: its process ended by itself",
	         "at 0.2 s: its process ended by itself"},
		{11, "at 0.2 s: its process answers what was not asked",
	         "at 0.2 s: its process answers what was not asked"},
		{13, "at 0.2 s: it crashed (Aborted)", "at 0.2 s: it crashed (Aborted)"},
		{14, "it cannot be initialised: the unit says error",
	         "it cannot be initialised: the unit says error"},
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		const struct wire_value set = {.reference = 1,
		                               .value = cases[i / 2].mode};
		const struct wire_value get = {.reference = 0};
		struct experiment e = {.stop = cases[i / 2].mode == 3 ? 100 : 1,
		                       .step = 0.1,
		                       .set = &set,
		                       .n_set = 1,
		                       .get = &get,
		                       .n_get = 1,
		                       .deadline_ms = cases[i / 2].mode == 2 ? 300
		                                                             : 20000,
		                       .program = getenv("POLLUX_PROGRAM")};
		struct fmu_error why = {""};
		struct fmu_spec spec = fmu_bad;
		struct trace trace;
		struct fmu *f;
		int err;

		spec.version = i % 2 ? 3 : 2;
		f = open_spec(&spec);
		err = experiment_run(f, &e, &trace, &why);
		if (cases[i / 2].mode == 4) {
			assert_int_equal(err, 0);
			assert_true(isnan(trace.values[3]));
		} else if (err == 0 || (!strstr(why.text, cases[i / 2].why) &&
		                        !strstr(why.text, cases[i / 2].or_else))) {
			fail_msg("mode %g, FMI %u.0: %d, %s", cases[i / 2].mode,
			         spec.version, err, why.text);
		}
		trace_free(&trace);
		fmu_close(f);
	}
}

/* Run the bad unit in a mode that goes well; its last y, and how many rows. */
static double run_mode(unsigned version, double mode, double step, size_t *n_rows)
{
	const struct wire_value set = {.reference = 1, .value = mode};
	const struct wire_value get = {.reference = 0};
	struct experiment e = {.stop = 10 * step,
	                       .step = step,
	                       .set = &set,
	                       .n_set = 1,
	                       .get = &get,
	                       .n_get = 1,
	                       .deadline_ms = 20000,
	                       .program = getenv("POLLUX_PROGRAM")};
	struct fmu_spec spec = fmu_bad;
	struct fmu_error why = {""};
	struct trace trace;
	struct fmu *f;
	double last;

	spec.version = version;
	spec.resource = "42.5\n";
	f = open_spec(&spec);
	if (experiment_run(f, &e, &trace, &why)) {
		fail_msg("mode %g: %s", mode, why.text);
	}
	*n_rows = trace.n_rows;
	last = trace.values[trace.n_rows - 1];
	trace_free(&trace);
	fmu_close(f);
	return last;
}

static void unit_can_neither_write_nor_reach_others(void **state)
{
	size_t n;

	(void)state;
	assert_true(run_mode(2, 10, 0.1, &n) == 0);
	assert_true(run_mode(3, 10, 0.1, &n) == 0);
	assert_int_not_equal(access("/tmp/pollux-evil", F_OK), 0);
}

static void unit_reads_nothing_that_is_not_its_own(void **state)
{
	size_t n;

	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0,
	            LANDLOCK_CREATE_RULESET_VERSION) < 0) {
		skip(); /* a kernel without Landlock */
	}
	assert_true(run_mode(2, 16, 0.1, &n) == 0);
	assert_true(run_mode(3, 16, 0.1, &n) == 0);
}

static void unit_reads_its_resources(void **state)
{
	size_t n;

	(void)state;
	assert_true(run_mode(2, 12, 0.1, &n) == 42.5);
	assert_true(run_mode(3, 12, 0.1, &n) == 42.5);
}

static void discarded_step_is_taken_in_smaller_ones(void **state)
{
	size_t n;

	(void)state;
	assert_true(fabs(run_mode(2, 7, 1, &n) - 10) < 1e-12);
	assert_int_equal(n, 11);
	assert_true(fabs(run_mode(3, 7, 1, &n) - 10) < 1e-12);
	assert_int_equal(n, 11);
}

static void unit_may_ask_for_the_end(void **state)
{
	size_t n;

	(void)state;
	for (unsigned version = 2; version <= 3; version++) {
		(void)run_mode(version, 9, 0.1, &n);
		assert_int_equal(n, 3); /* at 0, and two steps that were good */
	}
}

static void what_cannot_be_loaded_says_why(void **state)
{
	const struct selftest_options options = options_of(10000);
	struct fmu_spec spec = fmu_ball;
	struct fmu_error why = {""};
	struct selftest t;
	struct fmu *f;

	(void)state;
	for (spec.version = 2; spec.version <= 3; spec.version++) {
		spec.token = "{other}";
		f = open_spec(&spec);
		assert_int_equal(selftest_run(f, &options, &t), 0);
		assert_int_equal(t.run, SELFTEST_FAILED);
		if (!strstr(t.why.text, "it makes no instance of itself: ") ||
		    !strstr(t.why.text, "is not mine")) {
			fail_msg("%s", t.why.text);
		}
		fmu_close(f);
		spec.token = NULL;
		spec.platform = "win64";
		fmu_make(path, &spec);
		assert_int_equal(fmu_open(&f, path, stderr), 0);
		assert_false(fmu_is_runnable(f, &why));
		assert_non_null(strstr(why.text, "it has win64"));
		fmu_close(f);
		spec.platform = NULL;
	}
	spec.version = 2;
	spec.flags = "needsExecutionTool=\"true\"";
	fmu_make(path, &spec);
	assert_int_equal(fmu_open(&f, path, stderr), 0);
	assert_false(fmu_is_runnable(f, &why));
	assert_string_equal(why.text, "it needs the tool that made it (tests) to run");
	fmu_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_are_met_to_1e_12),
		cmocka_unit_test(array_is_compared_value_by_value),
		cmocka_unit_test(wrong_reference_is_found),
		cmocka_unit_test(reference_of_driven_inputs_is_not_compared),
		cmocka_unit_test(step_that_the_internal_one_does_not_divide_is_refused),
		cmocka_unit_test(bad_units_cost_a_sentence),
		cmocka_unit_test(unit_can_neither_write_nor_reach_others),
		cmocka_unit_test(unit_reads_nothing_that_is_not_its_own),
		cmocka_unit_test(unit_reads_its_resources),
		cmocka_unit_test(discarded_step_is_taken_in_smaller_ones),
		cmocka_unit_test(unit_may_ask_for_the_end),
		cmocka_unit_test(what_cannot_be_loaded_says_why),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
