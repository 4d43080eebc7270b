/* SPDX-License-Identifier: Apache-2.0 */
/* Online change: what another program takes over from the one that runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "drivers/reading.h"
#include "tests/twin/plc/st_case.h"

/** A program that runs, and another one with its texts. */
struct bench {
	struct program *p;
	struct sources *s;
	uint64_t scan;
	char said[2048]; /* why not, one line each */
	struct program_changed counts;
};

static void say(void *arg, const char *text)
{
	struct bench *b = arg;

	strncat(b->said, text, sizeof(b->said) - strlen(b->said) - 2);
	strcat(b->said, "\n");
}

static void begin(struct bench *b, const char *text, uint64_t scans)
{
	*b = (struct bench){0};
	b->p = st_load(&b->s, text, NULL);
	st_scans(b->p, &b->scan, scans);
}

static int change(struct bench *b, const char *text)
{
	const struct program_complaint to = {say, b};
	struct sources *s;
	struct program *fresh = st_load(&s, text, NULL);
	int err;

	b->said[0] = '\0';
	err = program_change(b->p, fresh, &to, &b->counts);
	program_free(fresh);
	sources_free(err ? s : b->s);
	b->s = err ? b->s : s;
	return err;
}

static void end(struct bench *b)
{
	program_free(b->p);
	sources_free(b->s);
}

static void what_stays_keeps_its_value(void **state)
{
	struct bench b;

	(void)state;
	begin(&b,
	      "TYPE mode : (idle, run, done); pt : STRUCT x, y : INT; END_STRUCT; "
	      "END_TYPE\n"
	      "FUNCTION_BLOCK count VAR_INPUT up : BOOL R_EDGE; END_VAR\n"
	      "VAR n, gone : DINT; END_VAR IF up THEN n := n + 1; END_IF; "
	      "END_FUNCTION_BLOCK\n"
	      "PROGRAM main VAR CONSTANT step : INT := 1; END_VAR\n"
	      "VAR k : INT; m : mode; p : pt; a : ARRAY[1..2] OF pt; s : STRING(9); t : "
	      "TON;\n"
	      "c : count; old : INT; first : INT; END_VAR\n"
	      "k := k + step; m := done; p.y := k; a[2].x := k; s := 'hello';\n"
	      "t(IN := TRUE, PT := T#100ms); c(up := TRUE);\n"
	      "IF FIRST_SCAN THEN first := first + 1; END_IF; END_PROGRAM",
	      3);
	assert_int_equal(
		change(&b,
	               "TYPE mode : (stop, done, idle, run);\n"
	               "pt : STRUCT z : REAL := 1.5; y, x : INT; END_STRUCT; END_TYPE\n"
	               "FUNCTION_BLOCK count VAR more : LINT := 7; END_VAR\n"
	               "VAR_INPUT up : BOOL R_EDGE; END_VAR VAR n : DINT; END_VAR\n"
	               "IF up THEN n := n + 1; END_IF; END_FUNCTION_BLOCK\n"
	               "PROGRAM main VAR CONSTANT step : INT := 100; END_VAR\n"
	               "VAR fill : LREAL; c : count; t : TON; s : STRING(30); END_VAR\n"
	               "VAR a : ARRAY[1..2] OF pt; p : pt; m : mode; k : INT; news : INT "
	               ":= 5;\n"
	               "first : INT; END_VAR\n"
	               "k := k + step; t(IN := TRUE, PT := T#100ms); c(up := TRUE);\n"
	               "IF FIRST_SCAN THEN first := first + 1; END_IF; END_PROGRAM"),
		0);
	assert_int_equal(b.counts.kept, 8);
	assert_int_equal(b.counts.begun, 2);
	assert_int_equal(b.counts.dropped, 1);
	st_expect(b.p, "k", "3");
	st_expect(b.p, "m", "done");
	st_expect(b.p, "p.y", "3");
	st_expect(b.p, "p.z", "1.5");
	st_expect(b.p, "a[2].x", "3");
	st_expect(b.p, "s", "\"hello\"");
	st_expect(b.p, "news", "5");
	st_expect(b.p, "t.ET", "40");
	st_scans(b.p, &b.scan, 3);
	st_expect(b.p, "k", "303");
	st_expect(b.p, "t.ET", "100");
	st_expect(b.p, "t.Q", "1");
	st_expect(b.p, "c.n", "1");
	st_expect(b.p, "c.more", "7");
	st_expect(b.p, "first", "1");
	assert_int_equal(program_scans(b.p), 6);
	end(&b);
}

static void what_does_not_fit_is_refused_by_name(void **state)
{
	static const struct {
		const char *was,
			*is; /* what stands between PROGRAM main and END_PROGRAM */
		const char *said;
	} cases[] = {
		{"VAR a : INT; END_VAR a := 1;", "VAR a : DINT; END_VAR a := 1;",
	         "main.a was INT and is DINT now\n"},
		{"VAR a : INT; b : BOOL; END_VAR a := 1; b := TRUE;",
	         "VAR b : REAL; a : TIME; END_VAR b := 1.0;",
	         "main.b was BOOL and is REAL now\nmain.a was INT and is TIME now\n"},
		{"VAR a : ARRAY[1..3] OF INT; END_VAR a[1] := 1;",
	         "VAR a : ARRAY[1..4] OF INT; END_VAR a[1] := 1;",
	         "main.a was ARRAY[1..3] OF INT and is ARRAY[1..4] OF INT now\n"},
		{"VAR a : ARRAY[1..3] OF STRUCT x : INT; END_STRUCT; END_VAR a[1].x := "
	         "1;",
	         "VAR a : ARRAY[1..3] OF STRUCT x : BOOL; END_STRUCT; END_VAR a[1].x := "
	         "TRUE;",
	         "main.a[..].x was INT and is BOOL now\n"},
		{"VAR t : TON; END_VAR t();", "VAR t : TOF; END_VAR t();",
	         "main.t was TON and is TOF now\n"},
		{"VAR t : TON; END_VAR t();", "VAR t : INT; END_VAR t := 1;",
	         "main.t was TON and is INT now\n"},
		{"VAR s : STRING(9); END_VAR s := 'hello';",
	         "VAR s : STRING(4); END_VAR s := 'a';",
	         "main.s holds 5 characters, of which its new type has only 4\n"},
		{"VAR i : INT; END_VAR i := 11;", "VAR i : INT(0..10); END_VAR i := 1;",
	         "main.i is 11, outside of its new range 0..10\n"},
		{"VAR e : (off, fast, slow); END_VAR e := slow;",
	         "VAR e : (off, fast); END_VAR e := off;",
	         "main.e is slow, which its new type does not have\n"},
		{"VAR e : (off, fast); END_VAR e := fast;",
	         "VAR e : INT; END_VAR e := 1;",
	         "main.e was an enumeration and is INT now\n"},
	};
	char was[500], is[500];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench b;

		snprintf(was, sizeof(was), "PROGRAM main %s END_PROGRAM", cases[i].was);
		snprintf(is, sizeof(is), "PROGRAM main %s END_PROGRAM", cases[i].is);
		begin(&b, was, 1);
		assert_int_equal(change(&b, is), -EINVAL);
		assert_string_equal(b.said, cases[i].said);
		st_scans(b.p, &b.scan, 1); /* it runs on */
		end(&b);
	}
}

#define CYCLIC(interval, priority)                                                       \
	"PROGRAM w VAR n : DINT; END_VAR VAR_EXTERNAL g : INT; END_VAR "                 \
	"n := n + 1; g := g + 1; END_PROGRAM\n"                                          \
	"CONFIGURATION c VAR_GLOBAL g : INT; END_VAR RESOURCE r ON PLC\n"                \
	"TASK fast(INTERVAL := T#20ms, PRIORITY := 1);\n"                                \
	"TASK slow(INTERVAL := " interval ", PRIORITY := " priority ");\n"               \
	"PROGRAM a WITH fast : w; PROGRAM b WITH slow : w;\n"                            \
	"END_RESOURCE END_CONFIGURATION"

static void tasks_keep_their_phase_and_the_cycle_stays(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, CYCLIC("T#60ms", "2"), 2); /* at 0 and 20 ms */
	assert_int_equal(change(&b, CYCLIC("T#50ms", "2")), -EINVAL);
	assert_string_equal(b.said, "the cycle was 20000 us and would be 10000 us\n");
	assert_int_equal(change(&b, CYCLIC("T#60ms", "0")), 0);
	st_scans(b.p, &b.scan, 1);
	st_expect(b.p, "a.n", "3");
	st_expect(b.p, "b.n", "1");
	st_scans(b.p, &b.scan, 1); /* 60 ms */
	st_expect(b.p, "b.n", "2");
	st_expect(b.p, "g", "6");
	end(&b);
}

static void image_and_forces_stay(void **state)
{
	struct program_variable v;
	struct program_cell cell;
	struct bench b;

	(void)state;
	begin(&b,
	      "PROGRAM main VAR q AT %QW1 : INT; k AT %QW7 : INT; n, f : INT; END_VAR\n"
	      "q := 5; n := n + 1; k := n; f := 1; END_PROGRAM",
	      3);
	assert_int_equal(program_find(b.p, "main.f", &v), 0);
	assert_int_equal(program_force(b.p, &v, "42"), 0);
	assert_int_equal(program_cell("%QX0.3", &cell), 0);
	v = (struct program_variable){.cell = cell};
	assert_int_equal(program_force(b.p, &v, "1"), 0);
	assert_int_equal(
		change(&b, "PROGRAM main VAR n : INT; END_VAR n := 2; END_PROGRAM"),
		-EINVAL);
	assert_string_equal(b.said, "main.f is forced and not there any more, or of "
	                            "another type: unforce it first\n");
	assert_int_equal(change(&b, "PROGRAM main VAR f : INT; k AT %QW8 : INT; fresh AT "
	                            "%QW2 : INT := 7;\n"
	                            "b AT %QX0.3 : BOOL; END_VAR f := 3; END_PROGRAM"),
	                 0);
	assert_int_equal(program_forces(b.p), 2);
	st_scans(b.p, &b.scan, 2);
	st_expect(b.p, "f", "42");
	st_expect(b.p, "%QX0.3", "1");
	st_expect(b.p, "%QW1", "5"); /* nobody writes it any more */
	st_expect(b.p, "%QW2", "7");
	st_expect(b.p, "%QW8", "3"); /* the variable has moved */
	end(&b);
}

static void a_stopped_program_is_not_changed(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "PROGRAM main VAR n : INT; END_VAR n := 1 / n; END_PROGRAM", 0);
	assert_int_equal(program_scan(b.p, 0), -EFAULT);
	assert_int_equal(
		change(&b, "PROGRAM main VAR n : INT; END_VAR n := 1; END_PROGRAM"),
		-EINVAL);
	assert_string_equal(b.said, "the program has stopped with a run-time error\n");
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stays_keeps_its_value),
		cmocka_unit_test(what_does_not_fit_is_refused_by_name),
		cmocka_unit_test(tasks_keep_their_phase_and_the_cycle_stays),
		cmocka_unit_test(image_and_forces_stay),
		cmocka_unit_test(a_stopped_program_is_not_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
