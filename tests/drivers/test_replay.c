/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/replay/recording.h"
#include "tests/drivers/rig.h"

static char path[] = "/tmp/replay-XXXXXX";
static char address[64];

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static const char *address_with(const char *query)
{
	snprintf(address, sizeof(address), "file://%s%s", path, query);
	return address;
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void row_is_in_force_until_the_next(void **state)
{
	struct rig r;

	write_file("time,flow,on\n100,1.5,0\n101,2.5,1\n103,,1\n");
	rig_init(&r, "replay", address_with(""));
	rig_point(&r, "flow", TYPE_FLOAT64)->scale = 2;
	rig_point(&r, "on", TYPE_BOOL);
	rig_point(&r, "flow", TYPE_FLOAT64);
	rig_point(&r, "pressure", TYPE_FLOAT64);
	rig_open(&r);
	assert_int_equal(rig_read(&r, 0), 0);
	assert_true(rig_value(&r, 0) == 3);
	assert_int_equal(rig_read(&r, 0.9), 0);
	assert_true(rig_value(&r, 2) == 1.5);
	assert_int_equal(rig_read(&r, 1), 0);
	assert_true(rig_value(&r, 2) == 2.5);
	assert_true(r.readings[1].value.flag);
	assert_int_equal(r.readings[3].quality, QUALITY_BAD);
	assert_int_equal(r.readings[3].reason, REASON_CONFIG); /* no such column */
	assert_int_equal(rig_read(&r, 3), 0);
	assert_int_equal(r.readings[0].reason, REASON_NOT_A_NUMBER); /* an empty cell */
	assert_int_equal(r.readings[1].quality, QUALITY_GOOD);
	assert_int_equal(rig_read(&r, 3.1), -ENODATA); /* it is over */
	assert_int_equal(r.readings[1].quality, QUALITY_BAD);
	assert_int_equal(rig_probe(&r), -ENODATA);
	rig_fini(&r);
	(void)state;
}

static void speed_and_loop_are_kept(void **state)
{
	struct rig r;

	write_file("ts;x\n0;1\n1;2\n2;3\n");
	rig_init(&r, "replay", address_with("?speed=10&loop=1"));
	rig_point(&r, "x", TYPE_FLOAT64);
	rig_open(&r);
	assert_int_equal(rig_read(&r, 0), 0); /* time begins when the file is there */
	for (int i = 0; i < 30; i++) {
		assert_int_equal(rig_read(&r, 0.1 * i + 0.05), 0);
		if (rig_value(&r, 0) != i % 3 + 1) {
			fail_msg("%d: %g", i, rig_value(&r, 0));
		}
	}
	rig_fini(&r);
	(void)state;
}

static void file_is_read_or_refused(void **state)
{
	static const struct {
		const char *name, *text;
		int err;
		size_t bad_line;
	} cases[] = {
		{"plain", "time,x\n1,2\n", 0, 0},
		{"quotes, blanks, CRLF", "\"time\" , \"x\"\r\n1, \"2\" \r\n", 0, 0},
		{"byte order mark", "\xef\xbb\xbftime;x\n1;2\n", 0, 0},
		{"empty lines", "time,x\n\n1,2\n\n", 0, 0},
		{"no newline at the end", "datetime,x\n2026-01-02 03:04:05,2", 0, 0},
		{"empty file", "", -EBADMSG, 1},
		{"no time", "a,x\n1,2\n", -EBADMSG, 0},
		{"no rows", "time,x\n", -ENODATA, 0},
		{"short row", "time,x\n1,2\n2\n", -EBADMSG, 3},
		{"long row", "time,x\n1,2,3\n", -EBADMSG, 2},
		{"no time in a row", "time,x\n1,2\n,2\n", -EBADMSG, 3},
		{"backwards", "time,x\n2,2\n1,2\n", -EBADMSG, 3},
		{"twice", "time,x\n2,2\n2,2\n", -EBADMSG, 3},
	};
	static const char *const columns[] = {"x"};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct recording r;
		FILE *f;
		int err;

		write_file(cases[i].text);
		f = fopen(path, "r");
		assert_non_null(f);
		err = recording_read(&r, f, columns, 1);
		fclose(f);
		if (err != cases[i].err ||
		    (cases[i].bad_line && r.bad_line != cases[i].bad_line)) {
			fail_msg("%s: %d in line %zu", cases[i].name, err, r.bad_line);
		}
		if (!err) {
			assert_non_null(recording_at(&r, 0));
			assert_true(recording_at(&r, 0)[0] == 2);
			assert_null(recording_at(&r, -1));
		}
		recording_fini(&r);
	}
	(void)state;
}

static void device_without_its_file_is_silent(void **state)
{
	struct rig r;

	rig_init(&r, "replay", "file:///nowhere/at/all.csv");
	rig_point(&r, "x", TYPE_FLOAT64);
	rig_open(&r);
	assert_int_equal(rig_read(&r, 0), -ENOENT);
	assert_int_equal(r.readings[0].quality, QUALITY_BAD);
	rig_fini(&r);
	(void)state;
}

/* Closed while the pool still reads: nothing leaks, nothing is used after. */
static void close_while_loading(void **state)
{
	write_file("time,x\n1,2\n");
	for (int i = 0; i < 20; i++) {
		struct rig r;

		rig_init(&r, "replay", address_with(""));
		rig_point(&r, "x", TYPE_FLOAT64);
		rig_open(&r);
		rig_fini(&r);
	}
	(void)state;
}

static void address_is_checked(void **state)
{
	static const struct {
		const char *address;
		int want;
	} cases[] = {
		{"file:///a.csv", 0},
		{"file:///a.csv?speed=2.5", 0},
		{"file:///a.csv?speed=1&loop=0", 0},
		{"file://a.csv", -EINVAL},
		{"/a.csv", -EINVAL},
		{"file:///a.csv?speed=0", -EINVAL},
		{"file:///a.csv?speed=fast", -EINVAL},
		{"file:///a.csv?loop=2", -EINVAL},
		{"file:///a.csv?lop=1", -EINVAL},
		{"file:///a.csv?loop", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *why = NULL;
		int err = driver_find("replay")->parse_address(cases[i].address, &why);

		if (err != cases[i].want || (err && !why)) {
			fail_msg("%s: %d", cases[i].address, err);
		}
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_is_in_force_until_the_next),
		cmocka_unit_test(speed_and_loop_are_kept),
		cmocka_unit_test(file_is_read_or_refused),
		cmocka_unit_test(device_without_its_file_is_silent),
		cmocka_unit_test(close_while_loading),
		cmocka_unit_test(address_is_checked),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
