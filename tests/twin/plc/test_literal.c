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

/** What a literal is, or what is said about it. */
static char *literal(const char *text)
{
	char program[200];
	struct sources *s;
	struct ast *ast;
	char *out, *all;

	(void)snprintf(program, sizeof(program), "PROGRAM p\nx := %s;\nEND_PROGRAM\n",
	               text);
	dump_parse(&s, &ast, program);
	if (sources_errors(s) > 0) {
		out = dump_diagnoses(s);
	} else {
		all = dump_ast(ast);
		out = strdup(all + strlen("(PROGRAM p (:= x "));
		out[strlen(out) - 2] = '\0';
		free(all);
	}
	sources_free(s);
	return out;
}

static void literal_has_its_value(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"12", "12"},
		{"1_000_000", "1000000"},
		{"007", "7"},
		{"18446744073709551615", "18446744073709551615"},
		{"16#FF", "255h"},
		{"16#ffff_ffff_ffff_ffff", "18446744073709551615h"},
		{"2#1010_0101", "165h"},
		{"8#17", "15h"},
		{"1.5", "1.5r"},
		{"1_0.2_5", "10.25r"},
		{"1.5E-3", "0.0015r"},
		{"1e3", "1000r"},
		{"0.1", "0.10000000000000001r"},
		{"TRUE", "BOOL#1"},
		{"false", "BOOL#0"},
		{"BOOL#1", "BOOL#1"},
		{"bool#False", "BOOL#0"},
		{"INT#5", "INT#5"},
		{"int#-5", "INT#-5"},
		{"SINT#-128", "SINT#-128"},
		{"LINT#-9223372036854775808", "LINT#-9223372036854775808"},
		{"UINT#16#FFFF", "UINT#65535h"},
		{"INT#16#FFFF", "INT#-1"},
		{"LINT#16#8000_0000_0000_0000", "LINT#-9223372036854775808"},
		{"BYTE#2#1111_0000", "BYTE#240h"},
		{"DWORD#7", "DWORD#7"},
		{"REAL#1", "REAL#1"},
		{"LREAL#-1.5E2", "LREAL#-150"},
		{"T#5s", "TIME#5000000000"},
		{"t#-1s500ms", "TIME#-1500000000"},
		{"TIME#90s", "TIME#90000000000"},
		{"T#100h", "TIME#360000000000000"},
		{"T#1d2h3m4s5ms6us7ns", "TIME#93784005006007"},
		{"T#1D_2H_3M_4S_5MS", "TIME#93784005000000"},
		{"T#4.5ms", "TIME#4500000"},
		{"T#0.1d", "TIME#8640000000000"},
		{"T#1_000ms", "TIME#1000000000"},
		{"T#700ms", "TIME#700000000"},
		{"LT#1us", "LTIME#1000"},
		{"LTIME#1ns", "LTIME#1"},
		{"T#106751d23h47m16s854ms775us807ns", "TIME#9223372036854775807"},
		{"D#1970-01-01", "DATE#0"},
		{"date#2024-02-29", "DATE#1709164800000000000"},
		{"D#1969-12-31", "DATE#-86400000000000"},
		{"TOD#15:36:55.36", "TIME_OF_DAY#56215360000000"},
		{"TIME_OF_DAY#00:00:00", "TIME_OF_DAY#0"},
		{"DT#1984-06-25-15:36:55.360227400", "DATE_AND_TIME#457025815360227400"},
		{"Date_And_Time#2000-01-01-00:00:01", "DATE_AND_TIME#946684801000000000"},
		{"''", "''"},
		{"'it$'s'", "'it's'"},
		{"'a$$b$L$n$P$r$T'", "'a$b$0A$0A$0C$0D$09'"},
		{"'$41$e4'", "'A$E4'"},
		{"'say \"x\"'", "'say \"x\"'"},
		{"\"w$00E4'\"", "\"w$00E4'\""},
		{"\"\xc3\xa4\xf0\x9f\x98\x80\"", "\"$00E4$D83D$DE00\""},
		{"STRING#'abc'", "'abc'"},
		{"WSTRING#\"abc\"", "\"abc\""},
		{"Colour#red", "Colour#red"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *got = literal(cases[i].text);

		if (strcmp(got, cases[i].want) != 0) {
			fail_msg("%s: %s, not %s", cases[i].text, got, cases[i].want);
		}
		free(got);
	}
}

static void wrong_literal_is_said_once(void **state)
{
	static const struct {
		const char *text, *want; /* a part of what is said */
	} cases[] = {
		{"18446744073709551616", "larger than any integer type"},
		{"16#1_0000_0000_0000_0000", "more than 64 bits"},
		{"16#FG", "not one of a number to the base 16"},
		{"2#12", "base 2"},
		{"10#5", "the base 2, 8 or 16"},
		{"16#", "digits are missing behind 16#"},
		{"1.8E309", "larger than LREAL holds"},
		{"2ndPump", "does not begin with a digit"},
		{"100ms", "T#100ms"},
		{"BOOL#2", "0, 1, FALSE or TRUE"},
		{"INT#32768", "beyond INT"},
		{"INT#-32769", "beyond INT"},
		{"SINT#16#1FF", "beyond SINT"},
		{"USINT#-1", "beyond USINT"},
		{"UINT#1.5", "no fraction"},
		{"INT#x", "a number is missing behind INT#"},
		{"T#", "a number is missing"},
		{"T#5", "units"},
		{"T#5x", "units"},
		{"T#5s3m", "from large to small"},
		{"T#5s5s", "from large to small"},
		{"T#1.5h3m", "only the last part"},
		{"T#300000d", "too large"},
		{"T#99999999999999999999s", "too large"},
		{"D#2023-02-29", "no such day"},
		{"D#2024-13-01", "months 1 to 12"},
		{"D#2024-00-01", "months 1 to 12"},
		{"D#24-1", "year-month-day"},
		{"D#9999-01-01", "between 1678 and 2261"},
		{"TOD#24:00:00", "hours 0 to 23"},
		{"TOD#12:60:00", "hours 0 to 23"},
		{"DT#2024-01-01", "time of day"},
		{"'abc", "not closed"},
		{"'a$'", "not closed"},
		{"'a$x'", "hexadecimal"},
		{"\"$00e\"", "hexadecimal"},
		{"STRING#5", "a text in single quotes is missing"},
		{"Colour#", "the name of one of its values"},
		{"Colour#5", "the name of one of its values"},
		{"%IX", "not an address"},
		{"%KW3", "not an address"},
		{"%IX0.", "not an address"},
		{"%IX1.2.3.4.5", "not an address"},
		{"\xe2\x80\x9c"
	         "abc\xe2\x80\x9d",
	         "straight quotes"},
		{"a__b", "two underscores"},
		{"a_", "end with an underscore"},
		{"F\xc3\xbcllstand", "\xc3\xbc in F\xc3\xbcllstand"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *got = literal(cases[i].text);
		const char *end = strchr(got, '\n');

		if (!strstr(got, cases[i].want) || !end || end[1] != '\0' ||
		    strncmp(got, "2:6 error", 9) != 0) {
			fail_msg("%s: %s, not once %s at 2:6", cases[i].text, got,
			         cases[i].want);
		}
		free(got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literal_has_its_value),
		cmocka_unit_test(wrong_literal_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
