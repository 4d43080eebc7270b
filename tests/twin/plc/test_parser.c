/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "tests/twin/plc/dump.h"
#include "twin/plc/parser.h"

struct tree_case {
	const char *text, *want;
};

/** The whole text becomes the tree, without a word. */
static void expect_trees(const struct tree_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sources *s;
		struct ast *ast;
		char *got, *said;

		dump_parse(&s, &ast, cases[i].text);
		got = dump_ast(ast);
		said = dump_diagnoses(s);
		if (strcmp(got, cases[i].want) != 0 || *said) {
			fail_msg("%s\nis:  %s\nnot: %s\n%s", cases[i].text, got,
			         cases[i].want, said);
		}
		free(got);
		free(said);
		sources_free(s);
	}
}

/** The same for what stands behind x := in a program. */
static void expression_follows_precedence(void **state)
{
	static const struct tree_case cases[] = {
		{"a OR b AND c", "(OR a (AND b c))"},
		{"a OR b XOR c", "(OR a (XOR b c))"},
		{"a XOR b & c", "(XOR a (AND b c))"},
		{"a = b < c", "(= a (< b c))"},
		{"a < b = c > d", "(= (< a b) (> c d))"},
		{"a AND b = c", "(AND a (= b c))"},
		{"a - b - c", "(- (- a b) c)"},
		{"a + b * c MOD d", "(+ a (MOD (* b c) d))"},
		{"a * b ** c", "(* a (** b c))"},
		{"2 ** 3 ** 2", "(** (** 2 3) 2)"},
		{"-2 ** 2", "(** (- 2) 2)"},
		{"NOT a AND b", "(AND (NOT a) b)"},
		{"NOT (a AND b)", "(NOT (AND a b))"},
		{"a <> b <= c >= d", "(<> a (>= (<= b c) d))"},
		{"-a + +b", "(+ (- a) (+ b))"},
		{"(a + b) * c", "(* (+ a b) c)"},
		{"a.b.c", "a.b.c"},
		{"a[1, i + 1].b[2]", "a[ 1 (+ i 1)].b[ 2]"},
		{"w.3", "w.%X3"},
		{"w.%X15", "w.%X15"},
		{"s.w.%B1", "s.w.%B1"},
		{"f()", "(call f)"},
		{"f(1, a + 2)", "(call f 1 (+ a 2))"},
		{"f(EN := a, IN := 1, ENO => b)", "(call f EN:=a IN:=1 ENO=>b)"},
		{"f(g(h(1)))", "(call f (call g (call h 1)))"},
		{"AND(a, b)", "(call AND a b)"},
		{"MOD(a, b) + 1", "(+ (call MOD a b) 1)"},
		{"NOT(a)", "(NOT a)"},
		{"f(a = 5)", "(call f (= a 5))"},
		{"%IX0.1 AND NOT %MX3.7", "(AND %IX0.1 (NOT %MX3.7))"},
		{"%QW3 + %m7.1.2.3", "(+ %QW3 %MX7.1.2.3)"},
		{"Left(Left, 3)", "(call Left Left 3)"},
		{"Colour#red = Colour.red", "(= Colour#red Colour.red)"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[200], want[200];
		struct tree_case whole = {text, want};

		(void)snprintf(text, sizeof(text), "PROGRAM p x := %s; END_PROGRAM",
		               cases[i].text);
		(void)snprintf(want, sizeof(want), "(PROGRAM p (:= x %s))",
		               cases[i].want);
		expect_trees(&whole, 1);
	}
}

static void statement_becomes_a_tree(void **state)
{
	static const struct tree_case cases[] = {
		{"PROGRAM p ;;; END_PROGRAM", "(PROGRAM p)"},
		{"program P X:=1;end_program", "(PROGRAM P (:= X 1))"},
		{"PROGRAM p IF a THEN b := 1; END_IF; END_PROGRAM",
	         "(PROGRAM p (if (a (:= b 1))))"},
		{"PROGRAM p IF a THEN ELSIF b THEN ; ELSIF c THEN x:=1; y:=2; ELSE z:=3; "
	         "END_IF; END_PROGRAM",
	         "(PROGRAM p (if (a) (b) (c (:= x 1) (:= y 2)) (else (:= z 3))))"},
		{"PROGRAM p IF a THEN x:=1; ELSE IF b THEN x:=2; END_IF; END_IF; "
	         "END_PROGRAM",
	         "(PROGRAM p (if (a (:= x 1)) (else (if (b (:= x 2))))))"},
		{"PROGRAM p CASE n OF 1: x:=1; 2, 4..6, -1: ; red: x:=2; C#blue, C.grey: "
	         "f(); y:=3; ELSE x:=0; END_CASE; END_PROGRAM",
	         "(PROGRAM p (case n (1 (:= x 1)) (2,4..6,(- 1)) (red (:= x 2)) "
	         "(C#blue,C.grey (call f) (:= y 3)) (else (:= x 0))))"},
		{"PROGRAM p FOR i := 1 TO 10 DO x := i; END_FOR; END_PROGRAM",
	         "(PROGRAM p (for i 1 10 - (:= x i)))"},
		{"PROGRAM p FOR i := n TO 0 BY -1 DO EXIT; CONTINUE; END_FOR; "
	         "END_PROGRAM",
	         "(PROGRAM p (for i n 0 (- 1) exit continue))"},
		{"PROGRAM p WHILE a < 3 DO a := a + 1; END_WHILE; END_PROGRAM",
	         "(PROGRAM p (while (< a 3) (:= a (+ a 1))))"},
		{"PROGRAM p REPEAT a := a + 1; UNTIL a = 3 END_REPEAT; RETURN; "
	         "END_PROGRAM",
	         "(PROGRAM p (until (= a 3) (:= a (+ a 1))) return)"},
		{"PROGRAM p t1(IN := a, PT := T#1s); t(x, Q => b, NOT Q => c, ET =>); "
	         "END_PROGRAM",
	         "(PROGRAM p (call t1 IN:=a PT:=TIME#1000000000) "
	         "(call t x Q=>b NOT Q=>c ET=>-))"},
		{"PROGRAM p a.b[2].t(x := 1); a.b[2] := 3; %QX0.0 := TRUE; w.3 := FALSE; "
	         "END_PROGRAM",
	         "(PROGRAM p (call a.b[ 2].t x:=1) (:= a.b[ 2] 3) (:= %QX0.0 BOOL#1) "
	         "(:= w.%X3 BOOL#0))"},
	};

	(void)state;
	expect_trees(cases, ARRAY_SIZE(cases));
}

static void declaration_becomes_a_tree(void **state)
{
	static const struct tree_case cases[] = {
		{"FUNCTION f : INT VAR_INPUT a, b : INT := 3; END_VAR f := a; "
	         "END_FUNCTION",
	         "(FUNCTION f INT (VAR_INPUT a INT := 3) (VAR_INPUT b INT := 3) (:= f "
	         "a))"},
		{"FUNCTION_BLOCK f VAR_INPUT a : BOOL R_EDGE; b : BOOL F_EDGE; END_VAR "
	         "VAR_OUTPUT RETAIN q : REAL; END_VAR VAR_IN_OUT c : INT; END_VAR "
	         "VAR_TEMP "
	         "t : DINT; END_VAR VAR_EXTERNAL CONSTANT g : LINT; END_VAR VAR "
	         "NON_RETAIN "
	         "n : TON := (PT := T#1s); END_VAR END_FUNCTION_BLOCK",
	         "(FUNCTION_BLOCK f (VAR_INPUT a BOOL R_EDGE) (VAR_INPUT b BOOL F_EDGE) "
	         "(VAR_OUTPUT RETAIN q REAL) (VAR_IN_OUT c INT) (VAR_TEMP t DINT) "
	         "(VAR_EXTERNAL CONSTANT g LINT) "
	         "(VAR NON_RETAIN n TON := (record PT:=TIME#1000000000)))"},
		{"PROGRAM p VAR CONSTANT c : INT := 5; END_VAR VAR RETAIN r AT %MW3 : "
	         "INT; "
	         "AT %QX1.2 : BOOL; s : STRING; u : STRING[20] := 'x'; w : WSTRING(5); i "
	         "AT %I* : BOOL; END_VAR END_PROGRAM",
	         "(PROGRAM p (VAR CONSTANT c INT := 5) (VAR RETAIN r AT %MW3 INT) "
	         "(VAR RETAIN - AT %QX1.2 BOOL) (VAR RETAIN s (STRING -)) "
	         "(VAR RETAIN u (STRING 20) := 'x') (VAR RETAIN w (WSTRING 5)) "
	         "(VAR RETAIN i AT %IX* BOOL))"},
		{"PROGRAM p VAR a : ARRAY[0..3, 1..2] OF INT := [1, 2, 3(0), 2()]; b : "
	         "ARRAY[1..2] OF P := [(x := 1, y := [1, 2]), (y := [2(7)])]; END_VAR "
	         "END_PROGRAM",
	         "(PROGRAM p (VAR a (array 0..3 1..2 INT) := (list 1 2 3*0 2*-)) "
	         "(VAR b (array 1..2 P) := (list (record x:=1 y:=(list 1 2)) "
	         "(record y:=(list 2*7)))))"},
		{"PROGRAM p VAR a : ARRAY[0..1] OF INT := [2((1))]; END_VAR END_PROGRAM",
	         "(PROGRAM p (VAR a (array 0..1 INT) := (list 2*1)))"},
		{"TYPE C : (red, green := 5, blue) := green; S : INT (-10..10); T1 : "
	         "REAL := "
	         "1.5; P : STRUCT x, y : REAL := 1.0; n : STRUCT z : INT; END_STRUCT; "
	         "END_STRUCT := (x := 3.0); E : INT (a := 1, b); A : ARRAY[1..2] OF "
	         "STRING; "
	         "END_TYPE",
	         "(TYPE C (enum red green:=5 blue) := green)(TYPE S (INT (- 10)..10))"
	         "(TYPE T1 REAL := 1.5r)(TYPE P (struct (STRUCT x REAL := 1r) "
	         "(STRUCT y REAL := 1r) (STRUCT n (struct (STRUCT z INT)))) := "
	         "(record x:=3r))(TYPE E (enum INT a:=1 b))"
	         "(TYPE A (array 1..2 (STRING -)))"},
		{"TYPE E : (a, b) UINT; END_TYPE TYPE P : STRUCT x : INT; END_STRUCT "
	         "END_TYPE",
	         "(TYPE E (enum UINT a b))(TYPE P (struct (STRUCT x INT)))"},
		{"VAR_GLOBAL RETAIN PERSISTENT g : INT; END_VAR",
	         " (VAR_GLOBAL RETAIN g INT)"},
	};

	(void)state;
	expect_trees(cases, ARRAY_SIZE(cases));
}

static void configuration_becomes_a_tree(void **state)
{
	static const struct tree_case cases[] = {
		{"CONFIGURATION c VAR_GLOBAL g : INT; END_VAR RESOURCE r ON PLC "
	         "VAR_GLOBAL h "
	         ": BOOL; END_VAR TASK t(INTERVAL := T#20ms, PRIORITY := 1); TASK "
	         "e(SINGLE := h, PRIORITY := 2); PROGRAM p WITH t : main(a := g, b => "
	         "%QX0.0, f WITH e); PROGRAM RETAIN q : main; END_RESOURCE VAR_ACCESS a "
	         ": "
	         "r.p.x : INT READ_WRITE; b : r.%IX0.0 : BOOL READ_ONLY; c : g : INT; "
	         "END_VAR VAR_CONFIG r.p.y AT %IX0.0 : BOOL := TRUE; r.p.z : INT := 5; "
	         "END_VAR END_CONFIGURATION",
	         "(CONFIGURATION c (VAR_GLOBAL g INT) (resource r PLC (VAR_GLOBAL h "
	         "BOOL) "
	         "(task t TIME#20000000 - 1) (task e - h 2) (program p t main (a := g) "
	         "(b => %QX0.0) (f with e)) (program RETAIN q - main)) (access rw a "
	         "r.p.x "
	         "INT) (access b %IX0.0 BOOL) (access c g INT) (preset r.p.y AT %IX0.0 "
	         "BOOL "
	         ":= BOOL#1) (preset r.p.z INT := 5))"},
		{"CONFIGURATION c TASK t(PRIORITY := 0); PROGRAM p WITH t : main(); "
	         "END_CONFIGURATION",
	         "(CONFIGURATION c (resource - - (task t - - 0) (program p t main)))"},
		{"PROGRAM p VAR_ACCESS a : f.x : INT READ_WRITE; END_VAR END_PROGRAM",
	         "(PROGRAM p (access rw a f.x INT))"},
	};

	(void)state;
	expect_trees(cases, ARRAY_SIZE(cases));
}

static void blanks_comments_and_pragmas_are_skipped(void **state)
{
	static const struct tree_case cases[] = {
		{"PROGRAM(*a*)p x(**):=1(* ; *);// ; y\r\nEND_PROGRAM (*)*)",
	         "(PROGRAM p (:= x 1))"},
		{"(* a (* b *) c *) PROGRAM p /* ( /* */ END_PROGRAM", "(PROGRAM p)"},
		{"{attribute 'x}' := 'y'} PROGRAM p {REGION a} x := 1; {endregion} "
	         "END_PROGRAM",
	         "(PROGRAM p (:= x 1))"},
		{"(* ' *) PROGRAM p x := '(* no comment *)'; END_PROGRAM // it's",
	         "(PROGRAM p (:= x '(* no comment *)'))"},
		{"\xef\xbb\xbfPROGRAM p // \xe4 in Latin-1\rEND_PROGRAM", "(PROGRAM p)"},
		{"", ""},
	};

	(void)state;
	expect_trees(cases, ARRAY_SIZE(cases));
}

static void names_are_the_same_in_any_case(void **state)
{
	struct sources *s;
	struct ast *ast;
	const struct stmt *body;

	(void)state;
	dump_parse(&s, &ast, "PROGRAM p Motor := mOTOR; END_PROGRAM");
	body = ast->pous->body;
	assert_ptr_equal(body->u.assign.target->u.name.key,
	                 body->u.assign.value->u.name.key);
	assert_string_equal(body->u.assign.value->u.name.text, "mOTOR");
	assert_ptr_equal(ast_key(ast, "MOTOR", 5), body->u.assign.target->u.name.key);
	sources_free(s);
}

static void several_files_make_one_tree(void **state)
{
	struct sources *s;
	struct ast *ast;
	char *got;

	(void)state;
	assert_int_equal(sources_new(&s), 0);
	assert_int_equal(sources_add(s, "a.st", "PROGRAM p END_PROGRAM", 21), 0);
	assert_int_equal(sources_add(s, "b.st", "\n x PROGRAM q END_PROGRAM", 25), 0);
	assert_int_equal(sources_add(s, "c.st", "PROGRAM r END_PROGRAM", 21), 0);
	assert_int_equal(parser_parse(&ast, s), 0);
	got = dump_ast(ast);
	assert_string_equal(got, "(PROGRAM p)(PROGRAM q)(PROGRAM r)");
	assert_int_equal(sources_errors(s), 1);
	free(got);
	sources_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expression_follows_precedence),
		cmocka_unit_test(statement_becomes_a_tree),
		cmocka_unit_test(declaration_becomes_a_tree),
		cmocka_unit_test(configuration_becomes_a_tree),
		cmocka_unit_test(blanks_comments_and_pragmas_are_skipped),
		cmocka_unit_test(names_are_the_same_in_any_case),
		cmocka_unit_test(several_files_make_one_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
