/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/replay/sheet.h"
#include "recording.h"

/* All rows as "a|b|c\n"; the error at their end. */
static int read_all(const char *text, char *out, size_t size, uint64_t *line)
{
	int fd = recording_of(text, strlen(text)), n;
	const struct sheet_cell *cells;
	struct sheet *s;

	*out = '\0';
	n = sheet_open(&s, fd);
	for (n = n ? n : sheet_next(s, &cells); n > 0; n = sheet_next(s, &cells)) {
		for (size_t i = 0; i < sheet_columns(s); i++) {
			size_t used = strlen(out);

			snprintf(out + used, size - used, "%.*s%c", (int)cells[i].n,
			         cells[i].at, i + 1 < sheet_columns(s) ? '|' : '\n');
		}
	}
	*line = sheet_line(s);
	sheet_close(s);
	close(fd);
	return n;
}

static void rows_come_as_they_stand(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"a,b\n1,2\n3,4\n", "1|2\n3|4\n"},
		{"a,b\n1,2", "1|2\n"},
		{"a;b\r\n1,5;2\r\n", "1,5|2\n"},
		{"\xef\xbb\xbf"
	         "a,b\n1,2\n",
	         "1|2\n"},
		{"a,b\n\n  \n 1 ,\t2 \n\n", "1|2\n"},
		{"a,b\n,\n", "|\n"},
		{"a,b\n\"x, \"\"y\"\"\" ,2\n", "x, \"\"y\"\"|2\n"},
		{"a\n1\n", "1\n"},
		{"\"a;b\",c\n1,2\n", "1|2\n"},
		{"a,b\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[256];
		uint64_t line;

		if (read_all(cases[i].text, out, sizeof(out), &line) ||
		    strcmp(out, cases[i].want) != 0) {
			fail_msg("%s: %s", cases[i].text, out);
		}
	}
}

static void what_is_wrong_is_found_in_its_line(void **state)
{
	static const struct {
		const char *text;
		int err;
		uint64_t line;
	} cases[] = {
		{"", -ENODATA, 0},
		{"a,b\n1,2\n1\n", -EBADMSG, 3},
		{"a,b\n\n1,2,3\n", -EBADMSG, 3},
		{"a,b\n\"1,2\n", -EBADMSG, 2},
		{"a,b\n\"1\"x,2\n", -EBADMSG, 2},
		{"a,\"b\n", -EBADMSG, 1},
		{"a \"b\",c\",d\",e\n", -EBADMSG, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[256];
		uint64_t line;
		int err = read_all(cases[i].text, out, sizeof(out), &line);

		if (err != cases[i].err || line != cases[i].line) {
			fail_msg("%s: %d in line %ju", cases[i].text, err,
			         (uintmax_t)line);
		}
	}
}

static void columns_of_numbers_are_known_from_their_first_rows(void **state)
{
	static const char text[] = "time,x,state,hole,mixed\n"
				   "1,0.5,on,,ERR\n"
				   "2,nan,off,NA,3\n";
	static const bool want[] = {true, true, false, true, true};
	int fd = recording_of(text, strlen(text));
	const struct sheet_cell *cells;
	struct sheet *s;
	bool numeric[5];

	(void)state;
	assert_int_equal(sheet_open(&s, fd), 0);
	assert_int_equal(sheet_find_numbers(s, numeric), 0);
	assert_memory_equal(numeric, want, sizeof(want));
	assert_int_equal(sheet_next(s, &cells), 1);
	assert_memory_equal(cells[1].at, "0.5", 3);
	assert_int_equal(sheet_line(s), 2);
	sheet_close(s);
	close(fd);
}

/* Lines that end wherever the buffer does, one longer than it. */
static void buffers_end_is_no_lines_end(void **state)
{
	size_t rows = 0, long_cell = 3 << 20, at = 0, size = 8 << 20;
	char *text = malloc(size);
	const struct sheet_cell *cells;
	uint64_t seen = 0;
	struct sheet *s;
	int fd;

	(void)state;
	assert_non_null(text);
	at += (size_t)sprintf(text, "n,x\n");
	for (; at < (4 << 20); rows++) {
		at += (size_t)sprintf(text + at, "%zu,%0*d\n", rows, 1 + (int)(rows % 97),
		                      7);
	}
	at += (size_t)sprintf(text + at, "%zu,", rows++);
	memset(text + at, 'x', long_cell);
	at += long_cell;
	text[at++] = '\n';
	fd = recording_of(text, at);
	assert_int_equal(sheet_open(&s, fd), 0);
	for (; sheet_next(s, &cells) > 0; seen++) {
		assert_int_equal(strtoull(cells[0].at, NULL, 10), seen);
	}
	assert_int_equal(seen, rows);
	assert_int_equal(cells[1].n, long_cell);
	assert_int_equal(sheet_line(s), rows + 1);
	sheet_close(s);
	close(fd);
	free(text);
}

static void line_without_end_is_refused(void **state)
{
	size_t size = SHEET_LINE_MAX_BYTES + 8;
	char *text = malloc(size);
	const struct sheet_cell *cells;
	struct sheet *s;
	int fd;

	(void)state;
	assert_non_null(text);
	memset(text, '1', size);
	memcpy(text, "n\n", 2);
	fd = recording_of(text, size);
	free(text);
	assert_int_equal(sheet_open(&s, fd), 0);
	assert_int_equal(sheet_next(s, &cells), -EFBIG);
	assert_int_equal(sheet_line(s), 2);
	sheet_close(s);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_as_they_stand),
		cmocka_unit_test(what_is_wrong_is_found_in_its_line),
		cmocka_unit_test(columns_of_numbers_are_known_from_their_first_rows),
		cmocka_unit_test(buffers_end_is_no_lines_end),
		cmocka_unit_test(line_without_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
