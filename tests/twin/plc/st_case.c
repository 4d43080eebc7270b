/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/twin/plc/st_case.h"

static void print_diagnoses(struct sources *s)
{
	size_t n;
	const struct diagnosis *d = sources_diagnoses(s, &n);

	for (size_t i = 0; i < n; i++) {
		print_error("%u:%u: %s\n", d[i].at.line, d[i].at.column, d[i].text);
	}
}

struct program *st_load(struct sources **s, const char *text,
                        const struct program_options *options)
{
	struct program *p;
	int err;

	assert_int_equal(sources_new(s), 0);
	assert_int_equal(sources_add(*s, "test.st", text, strlen(text)), 0);
	err = program_load(&p, *s, options);
	if (err) {
		print_diagnoses(*s);
		fail_msg("%d for:\n%s", err, text);
	}
	return p;
}

const char *st_value(const struct program *p, const char *path)
{
	static char text[4096];
	struct program_variable v;
	int err = program_find(p, path, &v);

	if (err) {
		fail_msg("%s: %d", path, err);
	}
	program_read(p, &v, text, sizeof(text));
	return text;
}

void st_scans(struct program *p, uint64_t *scan, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		int64_t now = (int64_t)*scan * program_cycle_ns(p);

		if (program_scan(p, now) != 0) {
			fail_msg("scan %u: line %u: %s", (unsigned)*scan,
			         program_fault(p)->at.line, program_fault(p)->text);
		}
		++*scan;
	}
}

void st_expect(const struct program *p, const char *path, const char *want)
{
	if (strcmp(st_value(p, path), want) != 0) {
		fail_msg("%s: %s, not %s", path, st_value(p, path), want);
	}
}

/* @return 0 where it is as wanted */
static int run_case(const struct st_case *c)
{
	static char text[8192];
	struct sources *s;
	struct program *p;
	const char *got;
	int wrong;

	snprintf(text, sizeof(text), "PROGRAM main\nVAR\n%s\nEND_VAR\n%s\nEND_PROGRAM\n",
	         c->variables, c->body);
	p = st_load(&s, text, NULL);
	if (program_scan(p, 0) != 0) {
		got = program_fault(p)->text;
		wrong = c->want[0] != '!' || !strstr(got, c->want + 1);
	} else {
		got = st_value(p, c->watch);
		wrong = strcmp(got, c->want) != 0;
	}
	if (wrong) {
		print_error("%s | %s: %s is %s, not %s\n", c->variables, c->body,
		            c->watch, got, c->want);
	}
	program_free(p);
	sources_free(s);
	return wrong;
}

void st_cases(const struct st_case *cases, size_t n)
{
	int wrong = 0;

	for (size_t i = 0; i < n; i++) {
		wrong += run_case(&cases[i]);
	}
	assert_int_equal(wrong, 0);
}
