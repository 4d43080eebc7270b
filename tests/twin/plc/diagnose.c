/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/twin/plc/diagnose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "twin/plc/check.h"
#include "twin/plc/parser.h"

/* Of "3:5 E words|...", the next; false at the end. */
static bool next_wanted(const char **list, struct position *at, char *kind, char *words)
{
	unsigned line, column;
	size_t n = strcspn(*list, "|");
	int used = 0;

	if (n == 0) {
		return false;
	}
	if (sscanf(*list, "%u:%u %c %n", &line, &column, kind, &used) < 3) {
		fail_msg("'%s' is no expectation", *list);
	}
	at->line = line;
	at->column = (uint16_t)column;
	snprintf(words, 200, "%.*s", (int)(n - (size_t)used), *list + used);
	*list += n + ((*list)[n] == '|');
	return true;
}

static bool is_counted(const struct diagnosis *d, const char *want)
{
	return d->severity == SEVERITY_ERROR || !strstr(d->text, "never used") ||
	       strstr(want, "never used");
}

static void print_misfit(const char *text, const char *want, const struct diagnosis *list,
                         size_t n)
{
	print_error("%s\nwanted: %s\n", text, want);
	for (size_t i = 0; i < n; i++) {
		if (is_counted(&list[i], want)) {
			print_error("said:   %u:%u %c %s\n", list[i].at.line,
			            list[i].at.column,
			            list[i].severity == SEVERITY_ERROR ? 'E' : 'W',
			            list[i].text);
		}
	}
}

static bool fits(const struct diagnosis *list, size_t n, const char *want)
{
	const char *rest = want;
	struct position at;
	char kind, words[200];

	for (size_t i = 0; i < n; i++) {
		if (!is_counted(&list[i], want)) {
			continue;
		}
		if (!next_wanted(&rest, &at, &kind, words) ||
		    at.line != list[i].at.line || at.column != list[i].at.column ||
		    (kind == 'E') != (list[i].severity == SEVERITY_ERROR) ||
		    !strstr(list[i].text, words)) {
			return false;
		}
	}
	return !next_wanted(&rest, &at, &kind, words);
}

static bool diagnose(const char *text, const char *want)
{
	bool right;
	struct sources *s;
	struct ast *ast;
	const struct diagnosis *list;
	size_t n;

	assert_int_equal(sources_new(&s), 0);
	assert_int_equal(sources_add(s, "test.st", text, strlen(text)), 0);
	assert_int_equal(parser_parse(&ast, s), 0);
	assert_int_equal(check_tree(ast), 0);
	list = sources_diagnoses(s, &n);
	right = fits(list, n, want);
	if (!right) {
		print_misfit(text, want, list, n);
	}
	sources_free(s);
	return right;
}

void diagnose_programs(const struct diagnose_case *cases, size_t n)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		wrong += !diagnose(cases[i].text, cases[i].want);
	}
	assert_int_equal(wrong, 0);
}

void diagnose_bodies(const struct diagnose_case *cases, size_t n)
{
	char text[4000];
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		const char *cut = strstr(cases[i].text, "--");

		assert_non_null(cut);
		snprintf(text, sizeof(text),
		         "PROGRAM main\nVAR %.*s END_VAR\n%s\nEND_PROGRAM\n",
		         (int)(cut - cases[i].text), cases[i].text,
		         cut[2] == ' ' ? cut + 3 : cut + 2);
		wrong += !diagnose(text, cases[i].want);
	}
	assert_int_equal(wrong, 0);
}
