/* SPDX-License-Identifier: Apache-2.0 */
/* The standard blocks and declared ones, scan by scan. */
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

/** One input a scan of 10 ms, a character each: what comes out likewise. */
struct traced {
	const char *variables, *body;
	const char *in;    /* variable that gets 0 or 1 */
	const char *input; /* "0110" */
	const char *out;   /* variable */
	const char *want;  /* "0 1 2", a value a scan */
};

static int run_traced(const struct traced *t)
{
	char text[2048], got[512] = "";
	struct sources *s;
	struct program *p;
	const struct program_options options = {.cycle_ns = 10000000};
	struct program_variable in;
	uint64_t scan = 0;
	int wrong;

	snprintf(text, sizeof(text), "PROGRAM main\nVAR\n%s\nEND_VAR\n%s\nEND_PROGRAM\n",
	         t->variables, t->body);
	p = st_load(&s, text, &options);
	assert_int_equal(program_find(p, t->in, &in), 0);
	for (const char *c = t->input; *c; c++) {
		const char one[] = {*c, '\0'};
		size_t n = strlen(got);

		assert_int_equal(program_write(p, &in, one), 0);
		st_scans(p, &scan, 1);
		snprintf(got + n, sizeof(got) - n, "%s%s", n ? " " : "",
		         st_value(p, t->out));
	}
	wrong = strcmp(got, t->want) != 0;
	if (wrong) {
		print_error("%s of %s: %s, not %s\n", t->out, t->input, got, t->want);
	}
	program_free(p);
	sources_free(s);
	return wrong;
}

#define TIMER(kind)                                                                      \
	"x : BOOL; t : " kind "; q : BOOL; e : TIME;",                                   \
		"t(IN := x, PT := T#20ms, Q => q, ET => e);", "x"
#define ONCE(kind) "x : BOOL; t : " kind "; q : BOOL;", "t(x); q := t.Q;", "x"
#define COUNTER(kind, more)                                                              \
	"x : BOOL; t : " kind "; q : BOOL;", "t(" more ", PV := 2);", "x"

static void standard_blocks_scan_by_scan(void **state)
{
	static const struct traced cases[] = {
		{TIMER("TON"), "0111110", "q", "0 0 0 1 1 1 0"},
		{TIMER("TON"), "0111110", "e", "0 0 10 20 20 20 0"},
		{TIMER("TON"), "110111", "q", "0 0 0 0 0 1"},
		{TIMER("TON"), "1110", "e", "0 10 20 0"},
		{TIMER("TOF"), "0010000", "q", "0 0 1 1 1 0 0"},
		{TIMER("TOF"), "0010000", "e", "0 0 0 0 10 20 20"},
		{TIMER("TOF"), "1010001", "q", "1 1 1 1 1 0 1"},
		{TIMER("TP"), "0100000", "q", "0 1 1 0 0 0 0"},
		{TIMER("TP"), "0111110", "q", "0 1 1 0 0 0 0"},
		{TIMER("TP"), "0111110", "e", "0 0 10 20 20 20 0"},
		{TIMER("TP"), "0101010", "q", "0 1 1 1 1 1 1"},
		{"x : BOOL; t : TON; q : BOOL;", "t(IN := x, PT := T#0s); q := t.Q;", "x",
	         "0110", "q", "0 1 1 0"},
		{"x : BOOL; t : TOF; q : BOOL;", "t(IN := x, PT := T#0s); q := t.Q;", "x",
	         "0110", "q", "0 1 1 0"},
		{"x : BOOL; t : TP; q : BOOL;", "t(IN := x, PT := T#0s); q := t.Q;", "x",
	         "0110", "q", "0 0 0 0"},
		{"x : BOOL; t : ARRAY[0..1] OF TON; i : INT := 1; q : BOOL;",
	         "t[i](IN := x, PT := T#20ms); q := t[1].Q;", "x", "01111", "q",
	         "0 0 0 1 1"},
		{"x : BOOL; t : TOF; q : BOOL;",
	         "t.IN := x; t.PT := T#10ms; t(); q := t.Q;", "x", "0100", "q",
	         "0 1 1 0"},
		{"x : BOOL; t : ARRAY[0..1] OF TOF; i : INT; q : BOOL;",
	         "t[i](IN := x, PT := T#10ms); q := t[0].Q;", "x", "0100", "q",
	         "0 1 1 0"},
		{ONCE("R_TRIG"), "0110101", "q", "0 1 0 0 1 0 1"},
		{ONCE("R_TRIG"), "110", "q", "1 0 0"},
		{ONCE("F_TRIG"), "0110100", "q", "1 0 0 1 0 1 0"},
		{"x : BOOL; t : SR; q : BOOL;", "t(S1 := x, R := NOT x); q := t.Q1;", "x",
	         "0100", "q", "0 1 0 0"},
		{"x : BOOL; t : SR; q : BOOL;", "t(S1 := x, R := x); q := t.Q1;", "x",
	         "010", "q", "0 1 1"},
		{"x : BOOL; t : RS; q : BOOL;", "t(S := TRUE, R1 := x); q := t.Q1;", "x",
	         "010", "q", "1 0 1"},
		{COUNTER("CTU", "CU := x, R := FALSE"), "0101101", "t.CV",
	         "0 1 1 2 2 2 3"},
		{COUNTER("CTU", "CU := x, R := FALSE"), "0101101", "t.Q",
	         "0 0 0 1 1 1 1"},
		{COUNTER("CTU", "CU := TRUE, R := x"), "0100", "t.CV", "1 0 0 0"},
		{COUNTER("CTD", "CD := x, LD := FALSE"), "01010", "t.CV",
	         "0 -1 -1 -2 -2"},
		{COUNTER("CTD", "CD := NOT x, LD := x"), "1010", "t.CV", "2 1 2 1"},
		{COUNTER("CTUD", "CU := x, CD := FALSE, R := FALSE, LD := FALSE"),
	         "01010", "t.QU", "0 0 0 1 1"},
		{COUNTER("CTUD", "CU := x, CD := x, R := FALSE, LD := FALSE"), "0101",
	         "t.CV", "0 0 0 0"},
		{COUNTER("CTU_ULINT", "CU := x, R := FALSE"), "0101", "t.CV", "0 1 1 2"},
	};
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		wrong += run_traced(&cases[i]);
	}
	assert_int_equal(wrong, 0);
}

/* One instance called where it is not in the frame: a global, from within a block. */
static void a_block_reaches_what_is_not_its_own(void **state)
{
	static const char text[] =
		"VAR_GLOBAL g : INT := 3; a : ARRAY[0..4] OF INT; t : TON; s : STRING := "
		"'x'; "
		"END_VAR\n"
		"TYPE pair : STRUCT x : INT; y : LREAL; END_STRUCT; END_TYPE\n"
		"FUNCTION twice : INT VAR_INPUT v : INT; END_VAR VAR n : INT := 2; "
		"END_VAR\n"
		"twice := v * n; n := 100; END_FUNCTION\n"
		"FUNCTION swap : BOOL VAR_IN_OUT p, q : INT; END_VAR VAR h : INT; "
		"END_VAR\n"
		"h := p; p := q; q := h; swap := p <> q; END_FUNCTION\n"
		"FUNCTION make : pair VAR_INPUT v : INT; END_VAR make.x := v; make.y := "
		"v / 2.0;\n"
		"END_FUNCTION\n"
		"FUNCTION named : STRING VAR_INPUT n : STRING; END_VAR\n"
		"named := CONCAT('<', n, '>'); END_FUNCTION\n"
		"FUNCTION_BLOCK inner VAR_INPUT k : INT; END_VAR VAR_OUTPUT r : INT; "
		"END_VAR\n"
		"VAR_IN_OUT sum : INT; END_VAR VAR_TEMP w : INT := 5; END_VAR\n"
		"r := twice(twice(k)) + w; w := 50; sum := sum + r; g := g + 1;\n"
		"FOR g := 0 TO 3 DO a[g] := a[g] + g * k; END_FOR;\n"
		"t(IN := TRUE, PT := T#20ms); s := named(named(s)); END_FUNCTION_BLOCK\n"
		"FUNCTION_BLOCK outer VAR b : ARRAY[1..2] OF inner; i : INT; END_VAR\n"
		"VAR_OUTPUT total : INT; END_VAR\n"
		"FOR i := 1 TO 2 DO b[i](k := i, sum := total); END_FOR; "
		"END_FUNCTION_BLOCK\n"
		"PROGRAM main VAR o : outer; x : INT := 1; y : INT := 2; p : pair; ok, q "
		": BOOL; \n"
		"v : ARRAY[0..1] OF INT := [8, 9]; i : INT := 1; END_VAR\n"
		"o(); ok := swap(x, y); ok := swap(v[i], v[0]); p := make(5); q := t.Q; "
		"END_PROGRAM\n";
	struct sources *s;
	struct program *p = st_load(&s, text, NULL);
	uint64_t scan = 0;

	(void)state;
	st_scans(p, &scan, 1);
	st_expect(p, "main.o.b[1].r", "9");
	st_expect(p, "main.o.b[2].r", "13");
	st_expect(p, "main.o.total", "22");
	st_expect(p, "g", "4");
	st_expect(p, "a[3]", "9");
	st_expect(p, "main.x", "2");
	st_expect(p, "main.v[0]", "9");
	st_expect(p, "main.p.y", "2.5");
	st_expect(p, "s", "\"<<<<x>>>>\"");
	st_scans(p, &scan, 1);
	st_expect(p, "main.q", "1");
	program_free(p);
	sources_free(s);
}

/* An input that is left out keeps its last value; of a function, its default. */
static void inputs_left_out(void **state)
{
	static const char text[] =
		"FUNCTION f : INT VAR_INPUT a : INT := 4; b : INT; END_VAR f := a + b; "
		"END_FUNCTION\n"
		"FUNCTION_BLOCK fb VAR_INPUT a : INT := 4; e : BOOL R_EDGE; d : BOOL "
		"F_EDGE; "
		"END_VAR VAR_OUTPUT n, m : INT; END_VAR\n"
		"IF e THEN n := n + a; END_IF; IF d THEN m := m + 1; END_IF; "
		"END_FUNCTION_BLOCK\n"
		"PROGRAM main VAR x : fb; k, r1, r2 : INT; END_VAR\n"
		"k := k + 1; r1 := f(b := 1); r2 := f(a := 1);\n"
		"IF k = 1 THEN x(e := TRUE, d := TRUE); ELSIF k = 2 THEN x(a := 7); "
		"ELSIF k = 3 "
		"THEN x(e := FALSE, d := FALSE); ELSE x(e := TRUE); END_IF; "
		"END_PROGRAM\n";
	struct sources *s;
	struct program *p = st_load(&s, text, NULL);
	uint64_t scan = 0;

	(void)state;
	st_scans(p, &scan, 2);
	st_expect(p, "r1", "5");
	st_expect(p, "r2", "1");
	st_expect(p, "x.n", "4"); /* TRUE stays TRUE: no edge */
	st_scans(p, &scan, 2);
	st_expect(p, "x.n", "11");
	st_expect(p, "x.m", "1");
	program_free(p);
	sources_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(standard_blocks_scan_by_scan),
		cmocka_unit_test(a_block_reaches_what_is_not_its_own),
		cmocka_unit_test(inputs_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
