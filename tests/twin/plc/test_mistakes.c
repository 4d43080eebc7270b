/* SPDX-License-Identifier: Apache-2.0 */
/* One mistake, one complaint, where it is; and what follows is still checked. */
#include <errno.h>
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

/** Complaints as "line:column part of the sentence", up to an empty one. */
struct mistake {
	const char *text;
	const char *want[8];
};

static bool is_said(const char *got, size_t n, const char *want)
{
	size_t place = strcspn(want, " ");
	char line[512];

	(void)snprintf(line, sizeof(line), "%.*s", (int)n, got);
	return strncmp(line, want, place + 1) == 0 &&
	       strstr(line, want + place + 1) != NULL;
}

static bool are_said(const char *got, const char *const *want)
{
	while (*want) {
		size_t n = strcspn(got, "\n");

		if (!is_said(got, n, *want)) {
			return false;
		}
		got += n + (got[n] ? 1 : 0);
		want++;
	}
	return *got == '\0';
}

static void expect_complaints(const struct mistake *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sources *s;
		struct ast *ast;
		char *got;

		dump_parse(&s, &ast, cases[i].text);
		got = dump_diagnoses(s);
		if (!are_said(got, cases[i].want)) {
			fail_msg("%s\nis: %s\nnot: %s ...", cases[i].text, got,
			         cases[i].want[0]);
		}
		free(got);
		sources_free(s);
	}
}

static void statement_mistake_is_named(void **state)
{
	static const struct mistake cases[] = {
		{"PROGRAM p\nx := 1\ny := 2;\nEND_PROGRAM", {"2:7 ; is missing"}},
		{"PROGRAM p\nIF a THEN x := 1 END_IF;\nEND_PROGRAM",
	         {"2:17 ; is missing"}},
		{"PROGRAM p\nIF a THEN x := 1; END_IF\nEND_PROGRAM",
	         {"2:25 ; is missing"}},
		{"PROGRAM p\nx = 5;\ny := 1;\nEND_PROGRAM", {"2:3 to assign, write :="}},
		{"PROGRAM p\nx : = 5;\nEND_PROGRAM", {"2:3 without a space"}},
		{"PROGRAM p\nIF x := 5 THEN y := 1; END_IF;\nEND_PROGRAM",
	         {"2:6 to compare, write ="}},
		{"PROGRAM p\nIF x => 5 THEN y := 1; END_IF;\nEND_PROGRAM",
	         {"2:6 greater or equal is written >="}},
		{"PROGRAM p\nIF x =< 5 THEN y := 1; END_IF;\nEND_PROGRAM",
	         {"2:7 less or equal is written <="}},
		{"PROGRAM p\nIF x == 5 THEN y := 1; END_IF;\nEND_PROGRAM",
	         {"2:7 a single = compares"}},
		{"PROGRAM p\nIF x != 5 THEN y := 1; END_IF;\nEND_PROGRAM",
	         {"2:6 unequal is written <>"}},
		{"PROGRAM p\nIF x && y THEN y := 1; END_IF;\nEND_PROGRAM",
	         {"2:7 and is written AND"}},
		{"PROGRAM p\nIF x || y THEN y := 1; END_IF;\nEND_PROGRAM",
	         {"2:6 write OR"}},
		{"PROGRAM p\nIF x = 5\n  y := 2;\nEND_IF;\nEND_PROGRAM",
	         {"2:9 THEN is missing"}},
		{"PROGRAM p\nIF x = 5 y := 2; END_IF;\nEND_PROGRAM",
	         {"2:9 THEN is missing"}},
		{"PROGRAM p\nIF x = 5 DO y := 2; END_IF;\nEND_PROGRAM",
	         {"2:10 THEN is expected"}},
		{"PROGRAM p\nIF x > > 5 THEN y := 2; END_IF;\nz := ;\nEND_PROGRAM",
	         {"2:8 a value is missing before >", "3:6 a value is missing before ;"}},
		{"PROGRAM p\nFOR i = 1 TO 5 DO x := i; END_FOR;\nEND_PROGRAM",
	         {"2:7 to assign, write :="}},
		{"PROGRAM p\nFOR i := 1 TO 5\nx := i; END_FOR;\nEND_PROGRAM",
	         {"2:16 DO is missing"}},
		{"PROGRAM p\nFOR i := 1, 5 DO x := i; END_FOR;\nEND_PROGRAM",
	         {"2:11 TO is missing"}},
		{"PROGRAM p\nWHILE a THEN x := i; END_WHILE;\nEND_PROGRAM",
	         {"2:9 DO is expected behind the condition, not THEN"}},
		{"PROGRAM p\nREPEAT x := i;\nEND_REPEAT;\nEND_PROGRAM",
	         {"2:15 UNTIL is missing"}},
		{"PROGRAM p\nCASE x\n1: y := 2; END_CASE;\nEND_PROGRAM",
	         {"2:7 OF is missing"}},
		{"PROGRAM p\nCASE x OF\n1 y := 2;\n2: y := 3; END_CASE;\nEND_PROGRAM",
	         {"3:2 : is missing"}},
		{"PROGRAM p\nCASE x OF\ny := 2;\n2: y := 3; END_CASE;\nEND_PROGRAM",
	         {"3:1 the first value with its colon"}},
		{"PROGRAM p\nCASE x OF 1: y := 2; ELSE y := 3; 2: y := 3; END_CASE;\n"
	         "END_PROGRAM",
	         {"2:35 no value may follow the ELSE"}},
		{"PROGRAM p\nIF a THEN ; ELSE ; ELSIF b THEN ; END_IF;\nEND_PROGRAM",
	         {"2:20 no ELSIF may follow the ELSE of line 2"}},
		{"PROGRAM p\nIF a THEN ; ELSEIF b THEN ; ENDIF;\nEND_PROGRAM",
	         {"2:13 written ELSIF", "2:29 written END_IF"}},
		{"PROGRAM p\nIF a THEN ; END IF;\nx := ;\nEND_PROGRAM",
	         {"2:13 written END_IF", "3:6 a value is missing"}},
		{"PROGRAM p\nx := (a + b;\ny := 1;\nEND_PROGRAM", {"2:12 ) is missing"}},
		{"PROGRAM p\nx := a + b);\ny := 1;\nEND_PROGRAM",
	         {"2:11 ) makes no sense"}},
		{"PROGRAM p\nx := a[1;\ny := 1;\nEND_PROGRAM", {"2:9 ] is missing"}},
		{"PROGRAM p\nf(a, );\nf(a b);\nf(a\ny := 1;\nEND_PROGRAM",
	         {"2:6 between , and )", "3:5 , or ) is missing before b",
	          "4:4 ) is missing"}},
		{"PROGRAM p\nx := a b;\nEND_PROGRAM", {"2:8 b makes no sense here"}},
		{"PROGRAM p\nx := a := b;\nEND_PROGRAM", {"2:8 a second :="}},
		{"PROGRAM p\nx == 1;\ny := a != b;\nEND_PROGRAM",
	         {"2:3 = compares", "3:8 unequal is written <>"}},
		{"PROGRAM p\nx++;\nx += 1;\nEND_PROGRAM",
	         {"2:2 ++ is not known", "3:3 += is not known"}},
		{"PROGRAM p\nx;\nx + 1;\n5;\nEND_PROGRAM",
	         {"2:1 this is no statement", "3:3 := or ( is expected here, not +",
	          "4:1 a statement does not begin with 5"}},
		{"PROGRAM p\nRETURN x;\nEND_PROGRAM", {"2:8 RETURN has no value"}},
		{"PROGRAM p\nx : INT;\nINT y;\nEND_PROGRAM",
	         {"2:3 between VAR and END_VAR", "3:5 between VAR and END_VAR"}},
		{"PROGRAM p\nx := .5;\nx := OF + 1;\nx := [1];\nEND_PROGRAM",
	         {"2:6 begins with a digit: 0.5", "3:6 OF is a word of the language",
	          "4:6 only be an initial value"}},
		{"PROGRAM p\nx := \xc2\xa7 + 'a;\ny \xe2\x82\xac:= 1;\nEND_PROGRAM",
	         {"2:6 the character \xc2\xa7", "2:10 not closed",
	          "3:3 the character \xe2\x82\xac"}},
		{"PROGRAM p\nx := 1;\x01\nEND_PROGRAM", {"2:8 a control character (1)"}},
		{"PROGRAM p\nx := p^.y;\nJMP a;\nEND_PROGRAM",
	         {"2:7 pointers", "3:1 jumps (JMP) are not supported"}},
	};

	(void)state;
	expect_complaints(cases, ARRAY_SIZE(cases));
}

static void missing_end_belongs_to_its_beginning(void **state)
{
	static const struct mistake cases[] = {
		{"PROGRAM p\nIF a THEN\n x := 1;\nEND_PROGRAM\nPROGRAM q x := ; "
	         "END_PROGRAM",
	         {"2:1 END_IF is missing: this IF is still open at END_PROGRAM of line 4",
	          "5:16 a value is missing"}},
		{"PROGRAM p\nFOR i := 1 TO 2 DO\nIF a THEN\nx := 1;\nEND_FOR;\ny := ;\n"
	         "END_PROGRAM",
	         {"3:1 END_IF is missing", "6:6 a value is missing"}},
		{"PROGRAM p\nIF a THEN x := 1;\nELSE IF b THEN x := 2;\nELSE x := 3;\n"
	         "END_IF;\nEND_PROGRAM",
	         {"3:6 write ELSIF"}},
		{"PROGRAM p\nIF a THEN x := 1;\nELSE IF b THEN x := 2;\nELSE IF c THEN x "
	         ":= "
	         "3;\nEND_IF;\ny := 2;\nEND_PROGRAM\nPROGRAM q y := ; END_PROGRAM",
	         {"3:6 write ELSIF", "8:16 a value is missing"}},
		{"PROGRAM p\nCASE a OF\n1: IF b THEN x := 1;\n2: x := 2;\nEND_CASE;\n"
	         "END_PROGRAM",
	         {"3:4 END_IF is missing: this IF is still open at 2 of line 4"}},
		{"PROGRAM p\nWHILE a DO\nREPEAT x := 1;\nEND_WHILE;\nEND_PROGRAM",
	         {"3:1 END_REPEAT is missing"}},
		{"PROGRAM p\nIF a THEN\n  IF b THEN\n    x := 1;\nEND_IF;\nEND_PROGRAM",
	         {"3:3 END_IF is missing"}},
		{"PROGRAM p\nIF a THEN\n  IF b THEN\n    IF c THEN\n      x := 1;\n"
	         "  END_IF;\nEND_IF;\nEND_PROGRAM",
	         {"4:5 END_IF is missing"}},
		{"PROGRAM p\nIF a THEN\n  IF b THEN\n    x := 1;\n  END_IF;\nEND_PROGRAM",
	         {"2:1 END_IF is missing"}},
		{"PROGRAM p\nx := 1;\n",
	         {"1:1 END_PROGRAM is missing: this PROGRAM is still "
	          "open at the end of the file"}},
		{"PROGRAM p\nIF a THEN\n x := 1;\n", {"2:1 END_IF is missing"}},
		{"PROGRAM p\nx := 1;\nPROGRAM q\nx := ;\nEND_PROGRAM",
	         {"1:1 END_PROGRAM is missing", "4:6 a value is missing"}},
		{"FUNCTION_BLOCK p\nx := 1;\nEND_FUNCTION\nPROGRAM q x := ; END_PROGRAM",
	         {"3:1 END_FUNCTION_BLOCK is expected here, not END_FUNCTION",
	          "4:16 a value is missing"}},
		{"PROGRAM p\nWHILE a DO\nx := 1;\nEND_FOR;\ny := ;\nEND_PROGRAM",
	         {"4:1 END_WHILE is expected here for the WHILE of line 2, not END_FOR",
	          "5:6 a value is missing"}},
		{"PROGRAM p\nWHILE a DO\nx := 1;\nEND_IF;\nEND_WHILE;\ny := "
	         ";\nEND_PROGRAM",
	         {"4:1 nothing is open that END_IF could belong to",
	          "6:6 a value is missing"}},
		{"PROGRAM p\nIF a THEN (* never closed\nEND_IF; END_PROGRAM",
	         {"2:11 this comment is never closed"}},
		{"PROGRAM p\nx := 1;\nEND_IF;\nELSE\ny := ;\nEND_PROGRAM",
	         {"3:1 nothing is open that END_IF could belong to",
	          "4:1 nothing is open that ELSE could belong to",
	          "5:6 a value is missing"}},
		{"PROGRAM p\nVAR\nx : INT;\nx := 1;\ny := ;\nEND_PROGRAM",
	         {"2:1 END_VAR is missing", "5:6 a value is missing"}},
		{"PROGRAM p\nVAR\nx : INT;\nVAR_INPUT y : ; END_VAR\nEND_PROGRAM",
	         {"2:1 END_VAR is missing", "4:15 a type is missing"}},
		{"TYPE\nP : STRUCT x : INT;\nEND_TYPE\nPROGRAM p x := ; END_PROGRAM",
	         {"2:5 END_STRUCT is missing", "4:16 a value is missing"}},
		{"CONFIGURATION c\nRESOURCE r ON PLC\nPROGRAM i : p;\nEND_CONFIGURATION\n"
	         "PROGRAM p x := ; END_PROGRAM",
	         {"2:1 END_RESOURCE is missing", "5:16 a value is missing"}},
		{"x := 1;\n(* a *)\n(* never closed\nPROGRAM p END_PROGRAM",
	         {"1:1 PROGRAM, FUNCTION_BLOCK,", "3:1 this comment is never closed"}},
		{"PROGRAM p END_PROGRAM {x", {"1:23 this pragma is never closed"}},
		{"PROGRAM p END_PROGRAM /* x", {"1:23 this comment is never closed: */"}},
	};

	(void)state;
	expect_complaints(cases, ARRAY_SIZE(cases));
}

static void declaration_mistake_is_named(void **state)
{
	static const struct mistake cases[] = {
		{"PROGRAM p VAR\nx : INT\ny : INT;\nz : INT END_VAR\nEND_PROGRAM",
	         {"2:8 ; is missing", "4:8 ; is missing"}},
		{"PROGRAM p VAR\nx : INT = 5;\ny INT;\nINT z;\nEND_VAR\nEND_PROGRAM",
	         {"2:9 with :=, not =", "3:2 : is missing", "4:5 z : INT"}},
		{"PROGRAM p VAR\nx : ;\ny;\nz := 5;\nu : INT 5;\nv : INT;\nEND_VAR\n"
	         "END_PROGRAM",
	         {"2:5 a type is missing", "3:2 stands : and its type",
	          "4:3 the type is missing", "5:9 ; is expected behind the declaration"}},
		{"PROGRAM p VAR\nIF : INT;\nuntil : INT;\nINT : INT;\nTOD : TOD;\n"
	         "END_VAR END_PROGRAM",
	         {"2:1 IF is a word", "3:1 UNTIL is a word", "4:1 INT is a type",
	          "5:1 TOD is a type"}},
		{"PROGRAM p VAR\nx AT %QZ0 : INT;\nEND_VAR END_PROGRAM",
	         {"2:6 not an address"}},
		{"PROGRAM p VAR\nx AT 5 : INT;\ny, z AT %IX0.0 : BOOL;\nEND_VAR "
	         "END_PROGRAM",
	         {"2:6 an address as %IX0.0", "3:9 one address"}},
		{"PROGRAM p VAR\nx : ARRAY[1-3] OF INT;\ny : ARRAY[1..3] INT;\nz : ARRAY "
	         "1..3 OF "
	         "INT;\nu : ARRAY[*] OF INT;\nEND_VAR END_PROGRAM",
	         {"2:14 a range is written with two points", "3:16 OF is missing",
	          "4:10 [ is missing", "5:11 arrays of variable length"}},
		{"PROGRAM p VAR\nx : ARRAY[0..2] OF INT := 1, 2, 3;\nEND_VAR END_PROGRAM",
	         {"2:27 between [ and ]"}},
		{"PROGRAM p x := 1;\nVAR y : INT; END_VAR\nz := ;\nEND_PROGRAM",
	         {"2:1 stand before the first statement", "3:6 a value is missing"}},
		{"FUNCTION f\nVAR_INPUT x : INT; END_VAR f := x; END_FUNCTION",
	         {"1:11 FUNCTION f : INT"}},
		{"FUNCTION f INT\nf := 1; END_FUNCTION", {"1:11 : is missing"}},
		{"FUNCTION : INT\nf := ; END_FUNCTION",
	         {"1:10 the name of FUNCTION is missing", "2:6 a value is missing"}},
		{"FUNCTION INT : INT\nINT := 1; END_FUNCTION", {"1:10 INT is a type"}},
		{"VAR x : INT; END_VAR\nPROGRAM p END_PROGRAM",
	         {"1:1 stands within a PROGRAM"}},
		{"TYPE\nC : (red, , green);\nE (a, b);\nF : (1, 2);\nG : INT;\nEND_TYPE",
	         {"2:11 the name of a value", "3:2 : is missing",
	          "4:6 the name of a value"}},
		{"CONFIGURATION c\nRESOURCE r PLC\nTASK t(INTERVAL := T#1s, CYCLE := "
	         "3);\n"
	         "PROGRAM i WITH : p;\nfoo;\nEND_RESOURCE\nEND_CONFIGURATION",
	         {"2:11 ON is missing", "3:26 not CYCLE", "4:16 the name of the task",
	          "5:1 foo has no place in a RESOURCE"}},
	};

	(void)state;
	expect_complaints(cases, ARRAY_SIZE(cases));
}

static void unsupported_is_named_and_skipped(void **state)
{
	static const struct mistake cases[] = {
		{"CLASS c\nMETHOD m : INT\nEND_METHOD\nEND_CLASS\nPROGRAM p x := ; "
	         "END_PROGRAM",
	         {"1:1 classes (CLASS) are not supported", "5:16 a value is missing"}},
		{"INTERFACE i END_INTERFACE\nNAMESPACE n END_NAMESPACE\nUSING a.b;\n"
	         "PROPERTY x : INT END_PROPERTY",
	         {"1:1 interfaces", "2:1 name spaces", "3:1 name spaces",
	          "4:1 properties"}},
		{"FUNCTION_BLOCK f EXTENDS g\nIMPLEMENTS h, i\nVAR x : INT; "
	         "END_VAR\nMETHOD "
	         "PUBLIC m : INT\nEND_METHOD\nx := ;\nEND_FUNCTION_BLOCK",
	         {"1:18 inheritance (EXTENDS)", "2:1 inheritance (IMPLEMENTS)",
	          "4:1 methods", "6:6 a value is missing"}},
		{"FUNCTION_BLOCK PUBLIC f\nEND_FUNCTION_BLOCK",
	         {"1:16 access rights (PUBLIC)"}},
		{"PROGRAM p VAR\nx : POINTER TO INT;\ny : REF_TO INT;\nz : REFERENCE TO "
	         "INT;\n"
	         "u : INT;\nEND_VAR\nu := ;\nEND_PROGRAM",
	         {"2:5 pointers", "3:5 references", "4:5 references",
	          "7:6 a value is missing"}},
		{"PROGRAM p\nINITIAL_STEP a:\nEND_STEP\nTRANSITION FROM a TO b := x;\n"
	         "END_TRANSITION\nEND_PROGRAM\nPROGRAM q x := ; END_PROGRAM",
	         {"2:1 Sequential Function Chart (INITIAL_STEP)",
	          "7:16 a value is missing"}},
		{"PROGRAM p\nLD a\nAND b\nST c\nEND_PROGRAM\nPROGRAM q x := ; "
	         "END_PROGRAM",
	         {"2:1 Instruction List is not supported", "6:16 a value is missing"}},
		{"PROGRAM p\nstart: LDN %IX0.0\nEND_PROGRAM", {"2:1 Instruction List"}},
		{"{IF defined(x)}\nPROGRAM p {warning 'x'} END_PROGRAM",
	         {"1:1 conditional compilation", "2:11 the pragma"}},
	};

	(void)state;
	expect_complaints(cases, ARRAY_SIZE(cases));
}

/** (* (* *): edition 2 ends the comment there, edition 3 does not. */
static void half_nested_comment_is_a_warning(void **state)
{
	static const struct mistake cases[] = {
		{"(* a (* b *) PROGRAM p x := 1; (* c *) (* d (* e *) END_PROGRAM",
	         {"1:1 warning a second comment begins"}},
		{"PROGRAM p x := T#1m90s; END_PROGRAM",
	         {"1:16 warning only the first part"}},
	};

	(void)state;
	expect_complaints(cases, ARRAY_SIZE(cases));
}

/** What nests or goes on without an end is refused, not followed until memory ends. */
static void depth_is_bounded(void **state)
{
	static const struct {
		const char *begin, *again, *want;
		size_t n;
	} cases[] = {
		{"PROGRAM p x := ", "(", "more than 100 parentheses", 100000},
		{"PROGRAM p x := ", "-", "more than 100 parentheses", 100000},
		{"PROGRAM p x := ", "f(", "more than 100 parentheses", 100000},
		{"PROGRAM p x := ", "a[", "more than 100 parentheses", 100000},
		{"PROGRAM p x := a", "+a", "this expression is too long", 100000},
		{"PROGRAM p x := a", ".a", "this expression is too long", 100000},
		{"PROGRAM p ", "IF a THEN ", "more than 100 statements", 100000},
		{"TYPE t : ", "ARRAY[1..2] OF ", "more than 100 types", 100000},
		{"TYPE t : ", "STRUCT a : ", "more than 100 ", 100000},
		{"PROGRAM p VAR a : INT := ", "[", "more than 100 parentheses", 100000},
		{"PROGRAM p x := ", "9", "larger than any integer", 300000},
		{"PROGRAM p x := 1.", "9", "at most 400 characters", 300000},
		{"PROGRAM p ", "x", "at most 255 characters", 300000},
		{"PROGRAM p x := T#", "9", "too large", 300000},
		{"PROGRAM p\n", "x ! y\n", "the character !", 100000},
		{"", "(* ", "never closed", 100000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n = strlen(cases[i].begin), k = strlen(cases[i].again);
		char *text = malloc(n + k * cases[i].n + 1);
		struct sources *s;
		struct ast *ast;
		char *got;

		assert_non_null(text);
		memcpy(text, cases[i].begin, n + 1);
		for (size_t j = 0; j < cases[i].n; j++) {
			memcpy(text + n + j * k, cases[i].again, k + 1);
		}
		dump_parse(&s, &ast, text);
		got = dump_diagnoses(s);
		if (!strstr(got, cases[i].want)) {
			fail_msg("%s%s...: %.200s, not %s", cases[i].begin,
			         cases[i].again, got, cases[i].want);
		}
		free(got);
		free(text);
		sources_free(s);
	}
}

/** A program larger than the region may become is an error, not the end of the machine.
 */
static void ceiling_ends_the_parser(void **state)
{
	static const char text[] =
		"PROGRAM p VAR a, b : ARRAY[1..2] OF INT := [1, 2]; END_VAR\n"
		"IF a[1] > 2 THEN f(x := 1, y => b[1]); END_IF; END_PROGRAM\n"
		"CONFIGURATION c RESOURCE r ON PLC TASK t(PRIORITY := 1);\n"
		"PROGRAM i WITH t : p(x := 1); END_RESOURCE END_CONFIGURATION";
	size_t refused = 0;

	(void)state;
	for (size_t room = 0; room <= 256 << 10; room += 1 << 10) {
		struct sources *s;
		struct ast *ast;
		int err;

		assert_int_equal(sources_new(&s), 0);
		assert_int_equal(sources_add(s, "t.st", text, strlen(text)), 0);
		sources_region(s)->ceiling = sources_region(s)->held + room;
		err = parser_parse(&ast, s);
		assert_true(err == 0 || err == -ENOMEM);
		refused += err ? 1 : 0;
		sources_free(s);
	}
	assert_true(refused < 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statement_mistake_is_named),
		cmocka_unit_test(missing_end_belongs_to_its_beginning),
		cmocka_unit_test(declaration_mistake_is_named),
		cmocka_unit_test(unsupported_is_named_and_skipped),
		cmocka_unit_test(half_nested_comment_is_a_warning),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(ceiling_ends_the_parser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
