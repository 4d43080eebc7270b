/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <unistd.h>

#include "drivers/reading.h"
#include "gateway/config/csv_import.h"
#include "tests/gateway/complained.h"

static char path[] = "/tmp/pollux-csv-XXXXXX";

struct imported {
	int err;
	char *yaml, *said;
};

static struct imported import(const char *csv, struct csv_import what)
{
	struct imported out = {0};
	size_t n_yaml = 0, n_said = 0;
	FILE *file = fopen(path, "w"), *yaml = open_memstream(&out.yaml, &n_yaml);
	FILE *said = open_memstream(&out.said, &n_said);

	assert_true(file && yaml && said);
	fputs(csv, file);
	fclose(file);
	what.path = path;
	out.err = csv_import_print(&what, yaml, said);
	fclose(yaml);
	fclose(said);
	return out;
}

static void imported_free(struct imported *i)
{
	free(i->yaml);
	free(i->said);
}

static void map_becomes_a_device_that_is_valid(void **state)
{
	struct imported got = import(
		"Name;Register;Data type;Unit;Scale;Access;Description\n"
		"Flow rate;30001;REAL;m3/h;;R;of the pump\n"
		"Speed;40010;UINT;Hz;0,1;RW;\n"
		"Speed;40011;UINT32 CDAB;rpm;;R;counted\n"
		"Reset;40020;UINT;;;W;\n"
		"no;00003;BOOL;;;R;\n",
		(struct csv_import){.device = "pump", .unit = "3"});
	struct complained c;

	(void)state;
	assert_string_equal(got.said, "");
	assert_string_equal(
		got.yaml,
		"devices:\n"
		"  - id: pump\n"
		"    driver: modbus\n"
		"    address: tcp://192.0.2.1\n"
		"    unit: 3\n"
		"    tags:\n"
		"      - {id: Flow_rate, at: input:0, type: float32, unit: m3/h,\n"
		"         description: \"of the pump\"}\n"
		"      - {id: Speed, at: holding:9, type: uint16, unit: Hz, scale: 0.1}\n"
		"      - {id: Speed_2, at: holding:10, type: uint32, word_order: CDAB, "
		"unit: rpm,\n"
		"         description: \"counted\"}\n"
		"      - {id: \"no\", at: coil:2, type: bool}\n");
	c = complained_text("x.yaml", got.yaml);
	assert_int_equal(c.err, 0);
	assert_string_equal(c.text, "");
	assert_int_equal(c.config->n_field_tags, 4);
	complained_free(&c);
	imported_free(&got);
}

static void base_says_what_numbers_are(void **state)
{
	static const struct {
		const char *addresses, *base, *want; /* want: at of the first tag */
	} cases[] = {
		{"0 10", NULL, "holding:0"},
		{"1 10", "1", "holding:0"},
		{"40001 40003", NULL, "holding:0"},
		{"40001 40003", "0", "holding:40001"},
		{"40001 40003", "1", "holding:40000"},
		{"40001 40003", "reference", "holding:0"},
		{"0x10 20", NULL, "holding:16"},
		{"40000 40003", NULL, "say which with csv_base"},
		{"0 10", "1", "registers are numbered 1 to 65536"},
		{"5 40003", "reference", "not an address of the 40001 style"},
		{"70000 1", "0", "addresses are 0 to 65535"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char csv[100], first[20] = "", second[20] = "";
		struct imported got;

		assert_int_equal(sscanf(cases[i].addresses, "%19s %19s", first, second),
		                 2);
		snprintf(csv, sizeof(csv), "id,at,type\na,%s,int16\nb,%s,int16\n", first,
		         second);
		got = import(csv, (struct csv_import){.base = cases[i].base});
		if (!strstr(got.err ? got.said : got.yaml, cases[i].want)) {
			fail_msg("%s, %s: %s%s", cases[i].addresses,
			         cases[i].base ? cases[i].base : "-", got.yaml, got.said);
		}
		imported_free(&got);
	}
}

static void ids_are_made_safe_and_unique(void **state)
{
	char csv[4000] = "name,address,type\n", *p = csv + strlen(csv);
	struct imported got;

	(void)state;
	p += sprintf(p, "\xc3\xa4,0,int16\n%%,1,int16\n a b ,2,int16\na b_2,3,int16\n");
	p += sprintf(p, "a  b,4,int16\na b_2,5,int16\n%0100d,6,int16\n%0100d,7,int16\n",
	             0, 0);
	got = import(csv, (struct csv_import){0});
	assert_string_equal(got.said, "");
	assert_non_null(strstr(got.yaml, "{id: r0, at: holding:0"));
	assert_non_null(strstr(got.yaml, "{id: r1, at: holding:1"));
	assert_non_null(strstr(got.yaml, "{id: a_b, at: holding:2"));
	assert_non_null(strstr(got.yaml, "{id: a_b_2, at: holding:3"));
	assert_non_null(strstr(got.yaml, "{id: a_b_3, at: holding:4"));
	assert_non_null(strstr(got.yaml, "{id: a_b_2_2, at: holding:5"));
	imported_free(&got);
}

static void nothing_is_printed_where_anything_is_wrong(void **state)
{
	struct imported got = import("id,at,type\na,0,int16\nb,1,int99\n",
	                             (struct csv_import){0});

	(void)state;
	assert_int_equal(got.err, -EINVAL);
	assert_string_equal(got.yaml, "");
	assert_non_null(strstr(got.said, ":3:5: error: there is no type of that size: "
	                                 "'int99'\n"));
	imported_free(&got);
	got.err = csv_import_print(&(struct csv_import){.path = "/nowhere/x.csv"}, stdout,
	                           stderr);
	assert_int_equal(got.err, -EINVAL);
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
	return remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_becomes_a_device_that_is_valid),
		cmocka_unit_test(base_says_what_numbers_are),
		cmocka_unit_test(ids_are_made_safe_and_unique),
		cmocka_unit_test(nothing_is_printed_where_anything_is_wrong),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
