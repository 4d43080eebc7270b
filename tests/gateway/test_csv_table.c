/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "drivers/reading.h"
#include "gateway/config/csv_table.h"

/* A table of text; said is printed into *text. */
static int read_text(struct csv_table *out, struct arena *arena, const char *csv,
                     char **text)
{
	struct complaints *said = complaint_new();
	int source = complaint_source(said, "x.csv", csv, strlen(csv));
	int err = csv_table_read(out, arena, said, (uint32_t)source);
	size_t n = 0;
	FILE *f = open_memstream(text, &n);

	assert_non_null(f);
	complaint_print(said, f);
	fclose(f);
	complaint_free(said);
	return err;
}

/* Cells joined by |, rows by /. */
static void join(const struct csv_table *t, char *buf, size_t n)
{
	*buf = '\0';
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->rows[i].n; k++) {
			size_t used = strlen(buf);

			snprintf(buf + used, n - used, "%s%s",
			         k   ? "|"
			         : i ? "/"
			             : "",
			         t->rows[i].cells[k].text);
		}
	}
}

static void cells_come_without_what_surrounds_them(void **state)
{
	static const struct {
		const char *csv, *want;
	} cases[] = {
		{"a,b\n1,2\n", "a|b/1|2"},
		{"a,b\n1,2", "a|b/1|2"},
		{"a,b\r\n1,2\r\n", "a|b/1|2"},
		{"\xef\xbb\xbfname;at\nx;1\n", "name|at/x|1"},
		{"sep=;\nname;at\nx,y;1\n", "name|at/x,y|1"},
		{"a\tb\n\t2\n", "a|b/|2"},
		{"# a map\n\n#\na,b\n1,2\n", "a|b/1|2"},
		{"a,b\n\n,\n , \n1,2\n", "a|b/1|2"},
		{"a, b ,\"c,d\"\n", "a|b|c,d"},
		{"a,\"b \"\"c\"\" d\" ,e\n", "a|b \"c\" d|e"},
		{"a,\"two\nlines\",b\n1,2,3\n", "a|two\nlines|b/1|2|3"},
		{"a;b\n\"1;2\";3,4;\n", "a|b/1;2|3,4|"},
		{"a,b\n#1,2\n", "a|b/#1|2"},
		{"a\n", "a"},
		{"a,\n,", "a|"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = {0};
		struct csv_table t;
		char *said, got[200];

		assert_int_equal(read_text(&t, &arena, cases[i].csv, &said), 0);
		join(&t, got, sizeof(got));
		assert_string_equal(got, cases[i].want);
		assert_string_equal(said, "");
		free(said);
		arena_free(&arena);
	}
}

static void cells_know_where_they_stand(void **state)
{
	struct arena arena = {0};
	struct csv_table t;
	char *said;

	(void)state;
	assert_int_equal(read_text(&t, &arena,
	                           "a,b\n\xc3\xa4\xc3\xb6, \"x\ny\",z\nlast,1\n", &said),
	                 0);
	assert_int_equal(t.rows[1].cells[1].at.line, 2);
	assert_int_equal(t.rows[1].cells[1].at.column, 5);
	assert_int_equal(t.rows[1].cells[2].at.line, 3);
	assert_int_equal(t.rows[1].cells[2].at.column, 4);
	assert_int_equal(t.rows[2].cells[0].at.line, 4);
	free(said);
	arena_free(&arena);
}

static void what_is_no_table_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *csv, *want;
	} cases[] = {
		{"", "x.csv:1:1: error: the table is empty\n"},
		{"# nothing\n\n", "x.csv:1:1: error: the table is empty\n"},
		{"a,b\n1,\"open\n", "x.csv:2:3: error: a quote that is not closed\n"},
		{"a,b\n\"1\" x,2\n",
	         "x.csv:2:5: error: text behind the closing quote of a cell\n"},
		{"a,b\n1,\xe4\n", "x.csv:2:3: error: not UTF-8: save the table with that "
	                          "encoding\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = {0};
		struct csv_table t;
		char *said;

		assert_int_equal(read_text(&t, &arena, cases[i].csv, &said), -EINVAL);
		if (strncmp(said, cases[i].want, strlen(cases[i].want)) != 0) {
			fail_msg("%s, not %s", said, cases[i].want);
		}
		free(said);
		arena_free(&arena);
	}
}

static void excess_is_refused(void **state)
{
	char *csv = calloc(1, 400000), *said;
	struct arena arena = {0};
	struct csv_table t;

	(void)state;
	memset(csv, ',', 300);
	assert_int_equal(read_text(&t, &arena, csv, &said), -EINVAL);
	assert_non_null(strstr(said, "more than 256 columns"));
	free(said);
	memset(csv, 'x', 5000);
	assert_int_equal(read_text(&t, &arena, csv, &said), -EINVAL);
	assert_non_null(strstr(said, "a cell of more than 4000 bytes"));
	free(said);
	for (size_t i = 0; i < 70000; i++) {
		memcpy(csv + 2 * i, "a\n", 2);
	}
	assert_int_equal(read_text(&t, &arena, csv, &said), -EINVAL);
	assert_non_null(strstr(said, "more than 65536 rows"));
	free(said);
	free(csv);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_come_without_what_surrounds_them),
		cmocka_unit_test(cells_know_where_they_stand),
		cmocka_unit_test(what_is_no_table_is_refused_with_its_place),
		cmocka_unit_test(excess_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
