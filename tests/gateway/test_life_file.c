/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "drivers/reading.h"
#include "gateway/life_file.h"

static char path[] = "/tmp/pollux-life-XXXXXX";

static int read_text(struct life_file *f, const char *text, char **said)
{
	FILE *file = fopen(path, "w");
	size_t size;
	FILE *complaints = open_memstream(said, &size);
	int err;

	assert_true(file && complaints);
	fputs(text, file);
	fclose(file);
	err = life_file_read(f, path, complaints);
	fclose(complaints);
	return err;
}

static void blanks_or_commas_make_the_same_table(void **state)
{
	static const char *const texts[] = {
		"1 1 0 0 100 5.5 -6e1  \n1 2 0 0 100 nan 7\n2 1 0 0 100 8 9 \n",
		"engine,T,p\n1,1,0,0,100,5.5,-60\n1,2,0,0,100,,7\r\n\n2,1,0,0,100,8,9\n",
		"1;1;;;;5.5;-60\n1;2;;;;;7\n2 ; 1;;;; 8; 9",
		"\xef\xbb\xbf"
		"1 1 0 0 100 5.5 -60\n1 2 0 0 100 nan 7\n2 1 0 0 100 8 9\n",
		"\xef\xbb\xbf\"engine\",T\n\"1\",\"1\",0,0,100,\"5.5\",-60\n"
		"1,2,0,0,100,\"\",\"7\"\r\n\"2\",1,0,0,100,8,\"9\"\n",
		"\n\t1\t1 0 0 0\t5.5 -60.0\n1 2 0 0 0 nan +7\n2 1 0 0 0 8 9\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct life_file f;
		char *said;

		assert_int_equal(read_text(&f, texts[i], &said), 0);
		assert_string_equal(said, "");
		assert_int_equal(f.table.n_rows, 3);
		assert_int_equal(f.table.n_sensors, 2);
		assert_true(f.unit[1] == 1 && f.unit[2] == 2 && f.age[1] == 2);
		assert_true(f.sensors[0] == 5.5 && f.sensors[1] == -60);
		assert_true(isnan(f.sensors[2]) && f.sensors[3] == 7);
		assert_true(f.sensors[5] == 9);
		life_file_fini(&f);
		free(said);
	}
}

static void empty_last_cell_is_a_cell(void **state)
{
	struct life_file f;
	char *said;

	(void)state;
	assert_int_equal(read_text(&f, "1,1,0,0,0,5,\n1,2,0,0,0,5,6\n", &said), 0);
	assert_true(f.table.n_sensors == 2 && isnan(f.sensors[1]));
	life_file_fini(&f);
	free(said);
}

static void what_is_no_table_is_said_with_its_line(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", ":0: error: no rows"},
		{"engine,cycle\n", ":1: error: no rows"},
		{"1 1 0 0 0\n", ":1: error: 5 columns; wanted are"},
		{"1 1 0 0 0 1\n1 2 0 0 0 1 2\n", ":2: error: 7 columns, not 6"},
		{"1 1 0 0 0 1\n1 2 0 0 0 x\n", ":2: error: column 6: 'x' is no number"},
		{"1 1 0 0 0 \"1\n", ":1: error: column 6: '\"1' is no number"},
		{"1 1 0 0 0 1x2\n", ":1: error: column 6: '1x2' is no number"},
		{"1 1 0 0 0 1\n1 1 0 0 0 1\n", ":2: error: cycle 1 is not beyond"},
		{"1.5 1 0 0 0 1\n", "whole numbers"},
		{"nan 1 0 0 0 1\n", "whole numbers"},
		{"1 1 0 0 0 1\n2 1 0 0 0 1\n1 2 0 0 0 1\n",
	         ":3: error: machine 1 comes again"},
		{"1 1 0 0 0 1\nengine 2\n", ":2: error: column 1: 'engine'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct life_file f;
		char *said;

		assert_int_equal(read_text(&f, cases[i].text, &said), -EBADMSG);
		if (!strstr(said, cases[i].want)) {
			fail_msg("'%s': %s", cases[i].text, said);
		}
		life_file_fini(&f);
		free(said);
	}
}

static void many_rows_and_columns_are_kept(void **state)
{
	struct life_file f;
	char *text, *said;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	for (int i = 0; i < 5000; i++) {
		fprintf(out, "%d %d 0 0 0 %d %d\n", i / 100, i % 100, i, -i);
	}
	fclose(out);
	assert_int_equal(read_text(&f, text, &said), 0);
	assert_int_equal(f.table.n_rows, 5000);
	assert_true(f.sensors[2 * 4999] == 4999 && f.sensors[2 * 3000 + 1] == -3000);
	life_file_fini(&f);
	free(text);
	free(said);
}

static void too_many_columns_are_refused(void **state)
{
	char text[2 * 300 + 1] = "", *said;
	struct life_file f;

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		memcpy(text + 2 * i, "1 ", 3);
	}
	assert_int_equal(read_text(&f, text, &said), -EBADMSG);
	assert_non_null(strstr(said, "more than 256 columns"));
	free(said);
}

static void absent_file_is_its_errno(void **state)
{
	struct life_file f;

	(void)state;
	assert_int_equal(life_file_read(&f, "/nowhere/at/all", stderr), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_or_commas_make_the_same_table),
		cmocka_unit_test(empty_last_cell_is_a_cell),
		cmocka_unit_test(what_is_no_table_is_said_with_its_line),
		cmocka_unit_test(many_rows_and_columns_are_kept),
		cmocka_unit_test(too_many_columns_are_refused),
		cmocka_unit_test(absent_file_is_its_errno),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0) {
		return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	close(fd);
	unlink(path);
	return failed;
}
