/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>

#include "drivers/reading.h"
#include "gateway/plc/inputs.h"
#include "gateway/plc/watched.h"
#include "tests/twin/plc/st_case.h"

static const char program[] =
	"PROGRAM main VAR a, b : INT; s : STRING; m : ARRAY[0..1, 0..1] OF INT;\n"
	"t : TIME; END_VAR ;\nEND_PROGRAM\n";

struct bench {
	struct sources *s;
	struct program *p;
	char path[64];
	char *said;
	size_t n_said;
	FILE *complaints;
};

static void bench_init(struct bench *b, const char *csv)
{
	int fd;

	b->p = st_load(&b->s, program, NULL);
	strcpy(b->path, "/tmp/plc_inputs_XXXXXX");
	fd = mkstemp(b->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, csv, strlen(csv)), strlen(csv));
	close(fd);
	b->complaints = open_memstream(&b->said, &b->n_said);
}

static void bench_fini(struct bench *b)
{
	fclose(b->complaints);
	free(b->said);
	unlink(b->path);
	program_free(b->p);
	sources_free(b->s);
}

static void rows_are_applied_when_due_and_hold(void **state)
{
	struct inputs *in;
	struct bench b;

	(void)state;
	bench_init(&b, "time_ms,main.a,b,s,\"m[1,0]\"\r\n0,1,,\"x,y\",\n"
	               "20,2,5,,7\n20.5,3,,,\n\n40,,6,,\n");
	assert_int_equal(inputs_open(&in, b.path, b.p, b.complaints), 0);
	assert_int_equal(inputs_end(in), 40000000);
	assert_int_equal(inputs_apply(in, 19999999), 0);
	st_expect(b.p, "a", "1");
	st_expect(b.p, "b", "0");
	st_expect(b.p, "s", "\"x,y\"");
	assert_int_equal(inputs_apply(in, 30000000), 0);
	st_expect(b.p, "a", "3");
	st_expect(b.p, "m[1,0]", "7");
	assert_int_equal(inputs_apply(in, 90000000), 0);
	st_expect(b.p, "a", "3");
	st_expect(b.p, "b", "6");
	inputs_close(in);
	bench_fini(&b);
}

static void mistakes_are_said_with_their_line(void **state)
{
	static const struct {
		const char *csv, *said;
	} cases[] = {
		{"", ":1: error: the file is empty"},
		{"time,a\n", ":1: error: the first column"},
		{"time_ms,nobody\n", ":1: error: no variable is called 'nobody'"},
		{"time_ms,a\n0,1\nx,2\n", ":3: error: no time in ms: 'x'"},
		{"time_ms,a\n20,1\n0,2\n", ":3: error: earlier"},
		{"time_ms,a\n0,1,2\n", ":2: error: more cells"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct inputs *in;
		struct bench b;

		bench_init(&b, cases[i].csv);
		assert_int_equal(inputs_open(&in, b.path, b.p, b.complaints), -EINVAL);
		fflush(b.complaints);
		assert_non_null(strstr(b.said, cases[i].said));
		bench_fini(&b);
	}
}

static void a_value_of_another_type_is_refused(void **state)
{
	struct inputs *in;
	struct bench b;

	(void)state;
	bench_init(&b, "time_ms,a\n0,lots\n");
	assert_int_equal(inputs_open(&in, b.path, b.p, b.complaints), 0);
	assert_int_equal(inputs_apply(in, 0), -EINVAL);
	fflush(b.complaints);
	assert_non_null(strstr(b.said, ":2: error: 'lots' is no value of a"));
	inputs_close(in);
	bench_fini(&b);
}

static void watched_variables_are_a_line(void **state)
{
	struct watched *w;
	struct bench b;
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	bench_init(&b, "");
	assert_int_equal(watched_new(&w, "main.a,m[0,1],s,%QX0.1", b.p, b.complaints), 0);
	watched_heading(w, out);
	watched_line(w, 20500000, out);
	fclose(out);
	assert_string_equal(text,
	                    "time_ms,main.a,\"m[0,1]\",s,%QX0.1\n20.5,0,0,\"\",0\n");
	free(text);
	watched_free(w);
	assert_int_equal(watched_new(&w, "a,zz", b.p, b.complaints), -ENOENT);
	bench_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_applied_when_due_and_hold),
		cmocka_unit_test(mistakes_are_said_with_their_line),
		cmocka_unit_test(a_value_of_another_type_is_refused),
		cmocka_unit_test(watched_variables_are_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
