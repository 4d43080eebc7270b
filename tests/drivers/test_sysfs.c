/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/drivers/rig.h"
#include "tests/loop_wait.h"
#include "tests/unscaled.h"

static char dir[] = "/tmp/sysfs-XXXXXX";
static char address[64];

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir)) {
		return -1;
	}
	snprintf(address, sizeof(address), "sysfs://%s", dir);
	return 0;
}

static int remove_dir(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static const char *path_of(const char *name)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void file_is_a_value(void **state)
{
	char absolute[96];
	struct rig r;

	put("temp1_input", "21375\n");
	put("in_voltage_raw", "-12\n");
	put("value", "1\n");
	put("name", "coretemp\n");
	snprintf(absolute, sizeof(absolute), "%s", path_of("temp1_input"));
	rig_init(&r, "sysfs", address);
	rig_point(&r, "temp1_input", TYPE_INT32)->scale = 0.001;
	rig_point(&r, absolute, TYPE_INT32);
	rig_point(&r, "in_voltage_raw", TYPE_INT16);
	rig_point(&r, "value", TYPE_BOOL);
	rig_point(&r, "name", TYPE_STRING)->length = 4;
	rig_open(&r);
	assert_int_equal(rig_read(&r, 0), 0);
	assert_true(rig_value(&r, 0) == 21.375);
	assert_true(rig_value(&r, 1) == 21375);
	assert_true(rig_value(&r, 2) == -12);
	assert_true(r.readings[3].value.flag);
	assert_string_equal(r.readings[4].value.text, "core");
	put("temp1_input", "22000\n");
	assert_int_equal(rig_read(&r, 1), 0);
	assert_true(rig_value(&r, 0) == 22);
	assert_int_equal(rig_probe(&r), 0);
	rig_fini(&r);
	(void)state;
}

static void value_stands_behind_its_key(void **state)
{
	struct rig r;

	put("meminfo", "MemTotal:        8000 kB\nMemFree:         1234 kB\n");
	put("state", "mode: all\tstart\nnostart: 3\n");
	rig_init(&r, "sysfs", address);
	rig_point(&r, "meminfo#MemFree:", TYPE_UINT64);
	rig_point(&r, "meminfo#Free:", TYPE_UINT64); /* begins no word */
	rig_point(&r, "state#mode:", TYPE_STRING)->length = 20;
	rig_open(&r);
	assert_int_equal(rig_read(&r, 0), 0);
	assert_true(rig_value(&r, 0) == 1234);
	assert_int_equal(r.readings[1].reason, REASON_MISMATCH);
	assert_string_equal(r.readings[2].value.text, "all\tstart");
	rig_fini(&r);
	(void)state;
}

static void one_wire_is_good_with_its_check_sum_only(void **state)
{
	static const struct {
		const char *text;
		enum reason reason;
		double want;
	} cases[] = {
		{"72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n"
	         "72 01 4b 46 7f ff 0e 10 57 t=23125\n",
	         REASON_NONE, 23.125},
		{"5e ff 4b 46 7f ff 02 10 d5 : crc=d5 YES\n"
	         "5e ff 4b 46 7f ff 02 10 d5 t=-10125\n",
	         REASON_NONE, -10.125},
		{"72 01 4b 46 7f ff 0e 10 57 : crc=5a NO\n"
	         "72 01 4b 46 7f ff 0e 10 57 t=23125\n",
	         REASON_CRC, 0},
		{"00 00 00 00 00 00 00 00 00 : crc=00 YES\n"
	         "00 00 00 00 00 00 00 00 00 t=0\n",
	         REASON_CRC, 0},
		{"72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n", REASON_MISMATCH, 0},
		{"t=23125\n", REASON_MISMATCH, 0},
		{"t=23125", REASON_MISMATCH, 0},
		{"", REASON_SHORT, 0},
	};
	struct rig r;

	rig_init(&r, "sysfs", address);
	rig_point(&r, "w1_slave#t=", TYPE_INT32)->scale = 0.001;
	rig_open(&r);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put("w1_slave", cases[i].text);
		assert_int_equal(rig_read(&r, (double)i), 0);
		if (r.readings[0].reason != cases[i].reason ||
		    (!cases[i].reason && rig_value(&r, 0) != cases[i].want)) {
			fail_msg("%s: %s, %g", cases[i].text,
			         reason_name(r.readings[0].reason), rig_value(&r, 0));
		}
	}
	rig_fini(&r);
	(void)state;
}

static void bad_file_is_bad_alone(void **state)
{
	struct rig r;

	put("good", "1\n");
	put("empty", "");
	put("text", "n/a\n");
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0); /* would hold us up */
	rig_init(&r, "sysfs", address);
	rig_point(&r, "none", TYPE_INT32);
	rig_point(&r, "empty", TYPE_INT32);
	rig_point(&r, "text", TYPE_INT32);
	rig_point(&r, "fifo", TYPE_INT32);
	rig_point(&r, ".", TYPE_INT32);
	rig_point(&r, "good", TYPE_INT32);
	rig_open(&r);
	assert_int_equal(rig_read(&r, 0), 0);
	assert_int_equal(r.readings[0].reason, REASON_REFUSED);
	assert_int_equal(r.readings[1].reason, REASON_SHORT);
	assert_int_equal(r.readings[2].reason, REASON_NOT_A_NUMBER);
	assert_int_equal(r.readings[3].reason, REASON_REFUSED);
	assert_int_equal(r.readings[4].reason, REASON_REFUSED);
	assert_int_equal(r.readings[5].quality, QUALITY_GOOD);
	assert_int_equal(r.device->stats.errors[REASON_REFUSED], 3);
	rig_fini(&r);
	(void)state;
}

static void device_without_any_file_is_silent_until_one_is_there(void **state)
{
	struct rig r;

	rig_init(&r, "sysfs", address);
	rig_point(&r, "later", TYPE_INT32);
	rig_open(&r);
	assert_int_equal(rig_read(&r, 0), -ENOENT);
	assert_int_equal(rig_probe(&r), -ENOENT);
	put("later", "5\n");
	assert_int_equal(rig_probe(&r), 0);
	assert_int_equal(rig_read(&r, 1), 0);
	assert_true(rig_value(&r, 0) == 5);
	rig_fini(&r);
	(void)state;
}

static void pattern_is_the_one_file_that_fits(void **state)
{
	struct rig r;

	assert_int_equal(mkdir(path_of("hwmon2"), 0700), 0);
	put("hwmon2/temp1_input", "40000\n");
	rig_init(&r, "sysfs", address);
	rig_point(&r, "hwmon*/temp1_input", TYPE_INT32);
	rig_open(&r);
	assert_int_equal(rig_read(&r, 0), 0);
	assert_true(rig_value(&r, 0) == 40000);
	assert_int_equal(mkdir(path_of("hwmon3"), 0700), 0);
	put("hwmon3/temp1_input", "50000\n");
	assert_int_not_equal(rig_read(&r, 1), 0); /* which of them? */
	assert_int_equal(r.readings[0].reason, REASON_CONFIG);
	assert_int_equal(unlink(path_of("hwmon2/temp1_input")), 0);
	assert_int_equal(rig_read(&r, 2), 0);
	assert_true(rig_value(&r, 0) == 50000);
	rig_fini(&r);
	(void)state;
}

struct blocks {
	size_t n, tags[RIG_POINTS_MAX], n_done;
};

static void on_block(void *arg, uint64_t received_ns, const struct reading *r, size_t n)
{
	struct blocks *b = arg;

	b->tags[b->n++] = n;
}

static void on_done(void *arg, int err)
{
	((struct blocks *)arg)->n_done++;
}

static void slow_file_is_a_block_of_its_own(void **state)
{
	struct blocks b = {0};
	struct read_sink sink = {.block = on_block, .done = on_done, .arg = &b};
	struct rig r;

	put("a", "1\n");
	rig_init(&r, "sysfs", address);
	rig_point(&r, "a", TYPE_INT32);
	rig_point(&r, "a", TYPE_INT32);
	rig_point(&r, "w1_slave#t=", TYPE_INT32); /* known to be slow; not this one */
	rig_point(&r, "a", TYPE_INT32);
	rig_open(&r);
	assert_int_equal(r.driver->read(r.device, 1, &sink), 0);
	assert_int_equal(r.driver->read(r.device, 1, &sink), -EBUSY);
	while (!b.n_done) {
		loop_turn(&r.loop);
	}
	assert_int_equal(b.n, 2);
	assert_int_equal(b.tags[0], 2);
	assert_int_equal(b.tags[1], 2); /* what was fast goes on with what follows */
	assert_int_equal(b.n_done, 1);
	rig_fini(&r);
	(void)state;
}

static void write_changes_the_file_or_says_why_not(void **state)
{
	struct rig r;

	put("value", "0\n");
	put("duty", "0\n");
	rig_init(&r, "sysfs", address);
	rig_point(&r, "value", TYPE_BOOL);
	rig_point(&r, "duty", TYPE_UINT32)->scale = 0.1;
	rig_point(&r, "w1_slave#t=", TYPE_INT32);
	rig_point(&r, "nowhere", TYPE_BOOL);
	rig_open(&r);
	assert_int_equal(rig_write(&r, 0, 1), 0);
	assert_int_equal(rig_write(&r, 1, 2.5), 0);
	assert_int_equal(rig_read(&r, 0), 0);
	assert_true(r.readings[0].value.flag);
	assert_true(rig_value(&r, 1) == 2.5);
	assert_int_equal(rig_write(&r, 0, 2), -ERANGE);
	assert_int_equal(rig_write(&r, 2, 1), -EROFS);
	assert_int_equal(rig_write(&r, 3, 1), -ECONNREFUSED);
	rig_fini(&r);
	(void)state;
}

static void on_written(void *arg, int err, uint16_t code)
{
	int *n = arg;

	assert_int_equal(code, 0);
	*n += err == 0 || err == -ECANCELED || err == -ETIMEDOUT;
}

static void close_ends_what_is_under_way(void **state)
{
	for (int i = 0; i < 20; i++) {
		struct blocks b = {0};
		struct read_sink sink = {on_block, on_done, &b};
		struct value one = value_bool(true);
		int n_written = 0;
		struct rig r;

		rig_init(&r, "sysfs", address);
		rig_point(&r, "value", TYPE_BOOL);
		rig_open(&r);
		assert_int_equal(r.driver->read(r.device, 1, &sink), 0);
		for (int k = 0; k < 8; k++) {
			assert_int_equal(r.driver->write(r.device, &r.points[0], &one,
			                                 on_written, &n_written),
			                 0);
		}
		assert_int_equal(r.driver->write(r.device, &r.points[0], &one, on_written,
		                                 &n_written),
		                 -EBUSY);
		if (i % 2) {
			loop_turn(&r.loop); /* the read is over, a write runs */
		}
		rig_fini(&r);
		assert_int_equal(b.n_done, 1);
		assert_int_equal(n_written, 8);
	}
	(void)state;
}

static void what_is_no_address_or_path_is_refused(void **state)
{
	static const char *const bad_addresses[] = {"sysfs:/", "sysfs://sys", "/sys",
	                                            "file:///sys"};
	static const char *const bad_paths[] = {"", "#t=", "w1_slave#"};
	const struct driver *d = driver_find("sysfs");
	const char *why = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad_addresses); i++) {
		assert_int_equal(d->parse_address(bad_addresses[i], &why), -EINVAL);
		assert_non_null(why);
	}
	assert_int_equal(d->parse_address("", &why), 0);
	assert_int_equal(d->parse_address("sysfs://", &why), 0);
	assert_int_equal(d->parse_address("sysfs:///sys/bus", &why), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad_paths); i++) {
		struct point p = {.at = bad_paths[i], .encoding = &unscaled[TYPE_INT32]};

		assert_int_equal(d->parse_point(&p, &why), -EINVAL);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_is_a_value),
		cmocka_unit_test(value_stands_behind_its_key),
		cmocka_unit_test(one_wire_is_good_with_its_check_sum_only),
		cmocka_unit_test(bad_file_is_bad_alone),
		cmocka_unit_test(device_without_any_file_is_silent_until_one_is_there),
		cmocka_unit_test(pattern_is_the_one_file_that_fits),
		cmocka_unit_test(slow_file_is_a_block_of_its_own),
		cmocka_unit_test(write_changes_the_file_or_says_why_not),
		cmocka_unit_test(close_ends_what_is_under_way),
		cmocka_unit_test(what_is_no_address_or_path_is_refused),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
