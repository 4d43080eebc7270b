/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "drivers/reading.h"
#include "tests/twin/plc/st_case.h"

static void end(struct program *p, struct sources *s)
{
	program_free(p);
	sources_free(s);
}

static const char two_tasks[] =
	"PROGRAM worker VAR_INPUT gain : INT := 1; END_VAR VAR n : DINT; END_VAR\n"
	"VAR_EXTERNAL order : DINT; seen : STRING; END_VAR\n"
	"n := n + gain; order := order * 10 + gain; END_PROGRAM\n"
	"CONFIGURATION c\n"
	"VAR_GLOBAL order : DINT; go : BOOL; seen : STRING; END_VAR\n"
	"RESOURCE r ON PLC\n"
	"TASK fast(INTERVAL := T#20ms, PRIORITY := 2);\n"
	"TASK slow(INTERVAL := T#50ms, PRIORITY := 1);\n"
	"TASK event(SINGLE := go, PRIORITY := 0);\n"
	"PROGRAM a WITH fast : worker(gain := 1);\n"
	"PROGRAM b WITH slow : worker(gain := 2);\n"
	"PROGRAM d WITH event : worker(gain := 3);\n"
	"PROGRAM e : worker(gain := 4);\n"
	"END_RESOURCE\nEND_CONFIGURATION\n";

static void tasks_run_by_interval_event_and_priority(void **state)
{
	struct sources *s;
	struct program *p = st_load(&s, two_tasks, NULL);
	struct program_variable go;
	uint64_t scan = 0;

	(void)state;
	assert_int_equal(program_cycle_ns(p), 10000000);
	st_scans(p, &scan, 1);
	st_expect(p, "order", "214"); /* slow, fast, what has no task */
	assert_int_equal(program_find(p, "go", &go), 0);
	program_write(p, &go, "TRUE");
	st_scans(p, &scan, 2); /* 10 ms: event; 20 ms: fast */
	st_expect(p, "order", "2143414");
	st_scans(p, &scan, 98); /* to 1000 ms */
	st_expect(p, "a.n", "51");
	st_expect(p, "b.n", "42");
	st_expect(p, "d.n", "3"); /* TRUE all the time: one edge */
	st_expect(p, "e.n", "404");
	end(p, s);
}

static void a_late_scan_runs_a_task_once(void **state)
{
	struct sources *s;
	struct program *p = st_load(&s, two_tasks, NULL);

	(void)state;
	assert_int_equal(program_scan(p, 0), 0);
	assert_int_equal(program_scan(p, 95000000), 0); /* 95 ms late */
	st_expect(p, "a.n", "2");
	assert_int_equal(program_scan(p, 99000000), 0);
	st_expect(p, "a.n", "2"); /* in phase: the next is due at 100 ms */
	assert_int_equal(program_scan(p, 100000000), 0);
	st_expect(p, "a.n", "3");
	end(p, s);
}

static const char located[] =
	"PROGRAM main VAR b AT %QX1.3 : BOOL; i AT %IX0.2 : BOOL; w AT %IW4 : INT;\n"
	"o AT %QW4 : UINT; m AT %MD7 : REAL := 2.5; l AT %ML1 : LINT; y AT %QB1 : BYTE; "
	"END_VAR\n"
	"b := i; o := INT_TO_UINT(w + 1); m := m * 2.0; l := l - 1; y := 16#FF; "
	"END_PROGRAM\n";

static void the_image_is_read_before_and_written_after(void **state)
{
	struct sources *s;
	struct program *p = st_load(&s, located, NULL);
	const struct program_cell in = {'I', 'X', 2}, word = {'I', 'W', 4},
				  bit = {'Q', 'X', 11}, out = {'Q', 'W', 4},
				  real = {'M', 'D', 7}, wide = {'M', 'L', 1};
	uint64_t scan = 0;

	(void)state;
	assert_int_equal(program_image_set(p, in, 1), 0);
	assert_int_equal(program_image_set(p, word, 0xffff), 0); /* -1 */
	st_scans(p, &scan, 1);
	assert_int_equal(program_image_get(p, bit), 1);
	assert_int_equal(program_image_get(p, out), 0);
	assert_int_equal(program_image_get(p, real), 0x40a00000); /* 5.0f */
	assert_true(program_image_get(p, wide) == UINT64_MAX);
	st_expect(p, "%IW4", "-1");
	st_expect(p, "%qx1.3", "1");
	st_expect(p, "%MD7", "5");
	st_expect(p, "%QX1.2", "0");
	st_expect(p, "%QB1", "255"); /* an area of its own: %QX1.2 is not in it */
	assert_int_equal(program_image_set(p, real, 0x3f800000), 0); /* 1.0f, by Modbus */
	st_scans(p, &scan, 1);
	st_expect(p, "m", "2");
	assert_int_equal(program_image_set(p, (struct program_cell){'Q', 'X', 70000}, 1),
	                 -ERANGE);
	end(p, s);
}

static void a_fault_stops_with_its_line_and_outputs_off(void **state)
{
	static const char text[] = "PROGRAM main\n"
				   "VAR n : INT; q AT %QX0.0 : BOOL; END_VAR\n"
				   "q := TRUE;\n"
				   "n := n + 1;\n"
				   "IF n = 3 THEN\n"
				   "  n := 10 +\n"
				   "       10 / (n - 3);\n"
				   "END_IF;\n"
				   "END_PROGRAM\n";
	const struct program_cell q = {'Q', 'X', 0};
	struct sources *s;
	struct program *p = st_load(&s, text, NULL);
	uint64_t scan = 0;

	(void)state;
	st_scans(p, &scan, 2);
	assert_int_equal(program_image_get(p, q), 1);
	assert_null(program_fault(p));
	assert_int_equal(program_scan(p, 40000000), -EFAULT);
	assert_int_equal(program_fault(p)->at.line, 7);
	assert_int_equal(program_fault(p)->scan, 2);
	assert_string_equal(program_fault(p)->text, "division by zero");
	assert_int_equal(program_image_get(p, q), 0);
	st_expect(p, "q", "0");
	assert_int_equal(program_scan(p, 60000000), -EFAULT);
	program_restart(p, false);
	scan = 0;
	st_scans(p, &scan, 1);
	st_expect(p, "n", "1");
	end(p, s);
}

static void the_watchdog_is_as_wide_as_said(void **state)
{
	static const char text[] = "PROGRAM main VAR i : DINT; END_VAR\n"
				   "FOR i := 1 TO 100 DO ; END_FOR;\nEND_PROGRAM\n";
	struct program_options options = {.watchdog = 100};
	struct sources *s;
	struct program *p = st_load(&s, text, &options);

	(void)state;
	assert_int_equal(program_scan(p, 0), 0);
	assert_int_equal(program_effort(p), 99);
	end(p, s);
	options.watchdog = 98;
	p = st_load(&s, text, &options);
	assert_int_equal(program_scan(p, 0), -EFAULT);
	assert_int_equal(program_fault(p)->at.line, 2);
	assert_non_null(strstr(program_fault(p)->text, "watchdog"));
	end(p, s);
}

static const char kept[] =
	"TYPE mode : (off, manual, automatic); END_TYPE\n"
	"FUNCTION_BLOCK hours VAR_OUTPUT h : DINT; END_VAR VAR RETAIN base : DINT; "
	"END_VAR\n"
	"base := base + 1; h := base; END_FUNCTION_BLOCK\n"
	"PROGRAM main\n"
	"VAR RETAIN n : DINT := 5; m : mode; s : STRING; a : ARRAY[0..1] OF REAL; t : "
	"TON; "
	"END_VAR\n"
	"VAR x : DINT; h : hours; END_VAR\n"
	"n := n + 1; x := x + 1; m := automatic; s := 'a\"b'; a[1] := 0.1; h();\n"
	"t(IN := TRUE, PT := T#1s); END_PROGRAM\n";

struct shelf {
	char path[32][64], type[32][64], value[32][128];
	size_t n;
};

static int shelve(void *arg, const struct program_kept *k)
{
	struct shelf *s = arg;

	snprintf(s->path[s->n], 64, "%s", k->path);
	snprintf(s->type[s->n], 64, "%s", k->type);
	snprintf(s->value[s->n++], 128, "%s", k->value);
	return 0;
}

static void retained_variables_go_out_and_in(void **state)
{
	struct sources *s;
	struct program *p = st_load(&s, kept, NULL);
	struct shelf shelf = {.n = 0};
	uint64_t scan = 0;

	(void)state;
	st_scans(p, &scan, 11);
	assert_int_equal(program_retained(p, shelve, &shelf), 0);
	assert_int_equal(shelf.n, 7);
	end(p, s);
	p = st_load(&s, kept, NULL);
	for (size_t i = 0; i < shelf.n; i++) {
		const struct program_kept k = {shelf.path[i], shelf.type[i],
		                               shelf.value[i]};

		assert_int_equal(program_restore(p, &k), 0);
	}
	st_expect(p, "n", "16");
	st_expect(p, "m", "automatic");
	st_expect(p, "s", "\"a$\"b\"");
	st_expect(p, "a[1]", "0.1");
	st_expect(p, "x", "0");
	st_expect(p, "h.base", "11");
	st_expect(p, "t.ET", "200");
	scan = 0;
	st_scans(p, &scan, 2);
	st_expect(p, "t.ET", "220"); /* it goes on where it was */
	st_expect(p, "n", "18");
	end(p, s);
}

static void another_program_takes_back_what_fits(void **state)
{
	static const struct {
		struct program_kept kept;
		int want;
	} cases[] = {
		{{"main.n", "DINT", "7"}, 0},
		{{"main.n", "INT", "7"}, -EMEDIUMTYPE},
		{{"main.x", "DINT", "7"}, -ENOENT}, /* not retained any more */
		{{"main.gone", "DINT", "7"}, -ENOENT},
		{{"main.n", "DINT", "many"}, -EINVAL},
		{{"main.n", "DINT", "99999999999"}, -ERANGE},
		{{"main.a[1]", "REAL", "0.5"}, 0},
		{{"main.a[2]", "REAL", "0.5"}, -ENOENT},
		{{"main.t", "TON", "00"}, -EINVAL},
		{{"main.m", "mode", "manual"}, 0},
	};
	struct sources *s;
	struct program *p = st_load(&s, kept, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int err = program_restore(p, &cases[i].kept);

		if (err != cases[i].want) {
			fail_msg("%s: %d, not %d", cases[i].kept.path, err,
			         cases[i].want);
		}
	}
	st_expect(p, "n", "7");
	st_expect(p, "m", "manual");
	end(p, s);
}

static void a_warm_restart_keeps_what_is_retained(void **state)
{
	struct sources *s;
	struct program *p = st_load(&s, kept, NULL);
	uint64_t scan = 0;

	(void)state;
	st_scans(p, &scan, 3);
	program_restart(p, true);
	st_expect(p, "n", "8");
	st_expect(p, "x", "0");
	program_restart(p, false);
	st_expect(p, "n", "5");
	end(p, s);
}

static void a_restart_begins_with_initial_values_in_the_image(void **state)
{
	static const char text[] = "PROGRAM main VAR q AT %QW0 : INT; "
				   "m AT %MW3 : INT := 40; i AT %IW0 : INT; END_VAR\n"
				   "VAR RETAIN r AT %MW4 : INT := 7; END_VAR\n"
				   "q := q + 1; m := m + 1; r := r + i;\n"
				   "END_PROGRAM\n";
	const struct program_cell q = {'Q', 'W', 0}, m = {'M', 'W', 3}, r = {'M', 'W', 4},
				  i = {'I', 'W', 0};
	static const struct {
		bool warm;
		uint64_t r; /* behind the three scans that follow */
	} restarts[] = {{true, 7 + 3 + 3}, {false, 7 + 3}, {true, 7 + 3 + 3}};
	struct sources *s;
	struct program *p = st_load(&s, text, NULL);
	uint64_t scan = 0;

	(void)state;
	assert_int_equal(program_image_set(p, i, 1), 0);
	st_scans(p, &scan, 3);
	assert_int_equal(program_image_get(p, r), 7 + 3);
	for (size_t k = 0; k < ARRAY_SIZE(restarts); k++) {
		program_restart(p, restarts[k].warm);
		scan = 0;
		st_scans(p, &scan, 3);
		assert_int_equal(program_image_get(p, q), 3);
		assert_int_equal(program_image_get(p, m), 43);
		assert_int_equal(program_image_get(p, r), restarts[k].r);
	}
	end(p, s);
}

static const char forcible[] = "PROGRAM main VAR i AT %IX0.0 : BOOL; q AT %QX0.0 : BOOL; "
			       "n, m, k : INT; s : STRING[8];\n"
			       "t : TON; END_VAR\n"
			       "n := n + 1; m := n * 2; n := 0; k := n; q := i; s := "
			       "'abc'; t(IN := i, PT := T#1h);\n"
			       "END_PROGRAM\n";

static void a_forced_variable_holds_whatever_is_written(void **state)
{
	const struct program_cell in = {'I', 'X', 0}, out = {'Q', 'X', 0};
	struct sources *s;
	struct program *p = st_load(&s, forcible, NULL);
	struct program_variable n, i, text, cell, done;
	uint64_t scan = 0;

	(void)state;
	assert_int_equal(program_find(p, "main.n", &n), 0);
	assert_int_equal(program_find(p, "i", &i), 0);
	assert_int_equal(program_find(p, "s", &text), 0);
	assert_int_equal(program_find(p, "%QX7.7", &cell), 0);
	assert_int_equal(program_find(p, "t.Q", &done), 0);
	assert_int_equal(program_force(p, &n, "50"), 0);
	assert_int_equal(program_force(p, &i, "TRUE"), 0);
	assert_int_equal(program_force(p, &text, "'zz'"), 0);
	assert_int_equal(program_force(p, &cell, "1"), 0);
	assert_int_equal(program_force(p, &done, "1"), 0);
	assert_int_equal(program_force(p, &n, "70000"), -ERANGE);
	assert_int_equal(program_forces(p), 5);
	program_image_set(p, in, 0);
	st_scans(p, &scan, 2);
	st_expect(p, "n", "50");
	st_expect(p, "m", "100"); /* between two statements too */
	st_expect(p, "k", "50");
	st_expect(p, "q", "1");
	st_expect(p, "s", "\"zz\"");
	st_expect(p, "t.Q", "1");
	st_expect(p, "%QX7.7", "1");
	assert_int_equal(program_image_get(p, out), 1);
	assert_true(program_is_forced(p, &n));
	assert_int_equal(program_write(p, &n, "3"), 0);
	st_expect(p, "n", "50");
	assert_int_equal(program_unforce(p, &n), 0);
	assert_int_equal(program_unforce(p, &n), -ENOENT);
	assert_int_equal(program_unforce(p, &i), 0);
	assert_int_equal(program_unforce(p, &text), 0);
	assert_int_equal(program_unforce(p, &done), 0);
	assert_int_equal(program_unforce(p, &cell), 0);
	st_scans(p, &scan, 2);
	st_expect(p, "k", "0");
	st_expect(p, "q", "0");
	st_expect(p, "s", "\"abc\"");
	end(p, s);
}

static void names_are_found_in_any_case_where_unique(void **state)
{
	static const char text[] =
		"PROGRAM one VAR x, only : INT; v : ARRAY[1..2, 0..1] OF INT; t : TON; "
		"END_VAR "
		"x := 1; only := 2; v[2, 1] := 3; t(IN := TRUE, PT := T#1s); "
		"END_PROGRAM\n"
		"PROGRAM two VAR x : INT; END_VAR x := 4; END_PROGRAM\n"
		"CONFIGURATION c VAR_GLOBAL g : INT := 9; END_VAR\n"
		"RESOURCE r ON p TASK t(INTERVAL := T#10ms, PRIORITY := 0);\n"
		"PROGRAM p1 WITH t : one; PROGRAM p2 WITH t : two; END_RESOURCE "
		"END_CONFIGURATION\n";
	static const struct {
		const char *path;
		int want;
	} cases[] = {
		{"p1.x", 0},          {"P1.X", 0},         {"x", -EEXIST},
		{"only", 0},          {"ONLY", 0},         {"g", 0},
		{"p1.v[2,1]", 0},     {"v[ 2 , 1 ]", 0},   {"v[3,0]", -ERANGE},
		{"v[1]", -EINVAL},    {"v[1,x]", -EINVAL}, {"t.ET", 0},
		{"p1.t.Q", 0},        {"t.no", -ENOENT},   {"only.x", -ENOENT},
		{"none", -ENOENT},    {"", -ENOENT},       {"p1.", -ENOENT},
		{"%QX0.1", 0},        {"%QX0.8", -EINVAL}, {"%ZX0.1", -EINVAL},
		{"%QW5000", -ERANGE}, {"one.x", -ENOENT},
	};
	struct sources *s;
	struct program *p = st_load(&s, text, NULL);
	struct program_variable v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int err = program_find(p, cases[i].path, &v);

		if (err != cases[i].want) {
			fail_msg("%s: %d, not %d", cases[i].path, err, cases[i].want);
		}
	}
	end(p, s);
}

static void numbers_go_in_and_out(void **state)
{
	static const char text[] =
		"PROGRAM main VAR b : BOOL; i : INT; r : REAL; t : TIME;\n"
		"q AT %IW0 : UINT; s : STRING; g : INT(0..10); END_VAR "
		";\nEND_PROGRAM\n";
	static const struct {
		const char *name;
		double in;
		const char *want;
		double out;
	} cases[] = {
		{"b", 0.3, "1", 1},         {"i", 2.5, "2", 2},
		{"i", 1e9, "32767", 32767}, {"r", 0.5, "0.5", 0.5},
		{"t", 1.5, "1500", 1.5},    {"q", -3, "0", 0},
		{"g", 12, "10", 10},        {"%QW3", 7, "7", 7},
	};
	struct sources *s;
	struct program *p = st_load(&s, text, NULL);
	struct program_variable v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(program_find(p, cases[i].name, &v), 0);
		assert_int_equal(program_set_number(p, &v, cases[i].in), 0);
		st_expect(p, cases[i].name, cases[i].want);
		assert_true(program_number(p, &v) == cases[i].out);
	}
	assert_int_equal(program_find(p, "s", &v), 0);
	assert_int_equal(program_set_number(p, &v, 1), -EINVAL);
	assert_true(isnan(program_number(p, &v)));
	end(p, s);
}

static void the_first_scan_is_known(void **state)
{
	struct sources *s;
	struct program *p = st_load(
		&s,
		"PROGRAM main VAR n, m : INT; END_VAR\n"
		"IF FIRST_SCAN THEN n := n + 1; ELSE m := m + 1; END_IF; "
		"END_PROGRAM\n",
		NULL);
	uint64_t scan = 0;

	(void)state;
	st_scans(p, &scan, 5);
	st_expect(p, "n", "1");
	st_expect(p, "m", "4");
	end(p, s);
}

static void points_count_statements_and_branches(void **state)
{
	static const char text[] = "PROGRAM main VAR n : INT; END_VAR\n"
				   "n := n + 1;\n"
				   "IF n > 2 THEN\n"
				   "n := 0;\n"
				   "END_IF;\n"
				   "END_PROGRAM\n";
	const struct program_options options = {.coverage = true};
	struct sources *s;
	struct program *p = st_load(&s, text, &options);
	const struct program_point *points;
	const uint64_t *counts;
	uint64_t scan = 0;
	size_t n;

	(void)state;
	st_scans(p, &scan, 4);
	points = program_points(p, &n, &counts);
	assert_int_equal(n, 5);
	for (size_t i = 0; i < n; i++) {
		uint64_t want = points[i].kind == POINT_PASSED  ? 3
		                : points[i].kind == POINT_TAKEN ? 1
		                : points[i].at.line == 4        ? 1
		                                                : 4;

		assert_string_equal(points[i].pou, "main");
		assert_int_equal(counts[i], want);
	}
	end(p, s);
	p = st_load(&s, text, NULL);
	program_points(p, &n, &counts);
	assert_int_equal(n, 0);
	end(p, s);
}

static int count_leaf(void *arg, const char *path, const struct program_variable *v)
{
	int *n = arg;

	assert_non_null(v->type);
	if (strcmp(path, "main.a[1].y") == 0) {
		return 7;
	}
	++*n;
	return 0;
}

static void check_says_what_load_refuses(void **state)
{
	static const struct {
		const char *text;
		uint32_t line; /* of the error; 0: none */
	} cases[] = {
		{"FUNCTION f : INT VAR_INPUT a : INT; END_VAR f := a; END_FUNCTION", 0},
		{"PROGRAM p VAR\na, b, c, d : ARRAY[1..8000000] OF LINT;\n"
	         "e : ARRAY[1..8000000] OF LINT;\n"
	         "END_VAR a[1] := b[1] + c[1] + d[1] + e[1]; END_PROGRAM",
	         3},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct diagnosis *d;
		struct sources *s;
		size_t n;

		assert_int_equal(sources_new(&s), 0);
		assert_int_equal(
			sources_add(s, "p", cases[i].text, strlen(cases[i].text)), 0);
		assert_int_equal(program_check(s), 0);
		assert_int_equal(sources_errors(s), cases[i].line ? 1 : 0);
		d = sources_diagnoses(s, &n);
		for (size_t k = 0; k < n; k++) {
			if (d[k].severity == SEVERITY_ERROR) {
				assert_int_equal(d[k].at.line, cases[i].line);
			}
		}
		sources_free(s);
	}
}

static void every_leaf_is_visited(void **state)
{
	static const char text[] = "PROGRAM main VAR b : BOOL; a : ARRAY[0..1] OF STRUCT "
				   "x, y : INT; END_STRUCT; t "
				   ": TON; END_VAR ;\nEND_PROGRAM\n";
	struct sources *s;
	struct program *p = st_load(&s, text, NULL);
	int n = 0;

	(void)state;
	assert_int_equal(program_each(p, count_leaf, &n), 7);
	assert_int_equal(n, 4);
	end(p, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_run_by_interval_event_and_priority),
		cmocka_unit_test(a_late_scan_runs_a_task_once),
		cmocka_unit_test(the_image_is_read_before_and_written_after),
		cmocka_unit_test(a_fault_stops_with_its_line_and_outputs_off),
		cmocka_unit_test(the_watchdog_is_as_wide_as_said),
		cmocka_unit_test(retained_variables_go_out_and_in),
		cmocka_unit_test(another_program_takes_back_what_fits),
		cmocka_unit_test(a_warm_restart_keeps_what_is_retained),
		cmocka_unit_test(a_restart_begins_with_initial_values_in_the_image),
		cmocka_unit_test(a_forced_variable_holds_whatever_is_written),
		cmocka_unit_test(names_are_found_in_any_case_where_unique),
		cmocka_unit_test(numbers_go_in_and_out),
		cmocka_unit_test(the_first_scan_is_known),
		cmocka_unit_test(points_count_statements_and_branches),
		cmocka_unit_test(check_says_what_load_refuses),
		cmocka_unit_test(every_leaf_is_visited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
