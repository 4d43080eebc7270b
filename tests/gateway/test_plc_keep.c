/* SPDX-License-Identifier: Apache-2.0 */
/* RETAIN in files, and the Modbus map. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>

#include "drivers/reading.h"
#include "gateway/plc/keep_file.h"
#include "gateway/plc/modbus_map.h"
#include "tests/twin/plc/st_case.h"

static const char program[] = "PROGRAM main VAR RETAIN n : DINT; s : STRING; END_VAR\n"
			      "VAR q AT %QX0.3 : BOOL; w AT %QW2 : INT; f AT %MW1 : INT; "
			      "d AT %MD1 : DWORD; l AT %ML1 : "
			      "LWORD; END_VAR\n"
			      "n := n + 1; s := 'kept'; END_PROGRAM\n";

static void scan(struct program *p, struct keep_file *k, int times)
{
	for (int i = 0; i < times; i++) {
		assert_int_equal(program_scan(p, i * program_cycle_ns(p)), 0);
		assert_int_equal(keep_file_save(k), 0);
	}
}

static void end(struct program *p, struct sources *s, struct keep_file *k)
{
	keep_file_close(k);
	program_free(p);
	sources_free(s);
}

static void remove_all(const char *dir)
{
	char path[128];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/plc-retain.%d", dir, i);
		unlink(path);
	}
	rmdir(dir);
}

/* The child is killed in the middle of its work. */
static void what_a_killed_process_kept_is_there(void **state)
{
	char dir[] = "/tmp/plc_keep_XXXXXX";
	struct sources *s;
	struct program *p;
	struct keep_file *k;
	pid_t child;
	int status;

	(void)state;
	assert_non_null(mkdtemp(dir));
	child = fork();
	if (child == 0) {
		p = st_load(&s, program, NULL);
		if (keep_file_open(&k, dir, p, stderr) == 0) {
			scan(p, k, 7);
		}
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	p = st_load(&s, program, NULL);
	assert_int_equal(keep_file_open(&k, dir, p, stderr), 0);
	st_expect(p, "n", "7");
	st_expect(p, "s", "\"kept\"");
	scan(p, k, 1);
	end(p, s, k);
	p = st_load(&s, program, NULL);
	assert_int_equal(keep_file_open(&k, dir, p, stderr), 0);
	st_expect(p, "n", "8");
	end(p, s, k);
	remove_all(dir);
}

static void a_torn_side_gives_way_to_the_other(void **state)
{
	char dir[] = "/tmp/plc_keep_XXXXXX", path[128];
	struct sources *s;
	struct program *p = st_load(&s, program, NULL);
	struct keep_file *k;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(keep_file_open(&k, dir, p, stderr), 0);
	scan(p, k, 3); /* sides 1, 0, 1 */
	end(p, s, k);
	snprintf(path, sizeof(path), "%s/plc-retain.1", dir);
	f = fopen(path, "r+");
	assert_non_null(f);
	fseek(f, 40, SEEK_SET);
	fputs("?!", f);
	fclose(f);
	p = st_load(&s, program, NULL);
	assert_int_equal(keep_file_open(&k, dir, p, stderr), 0);
	st_expect(p, "n", "2");
	end(p, s, k);
	remove_all(dir);
}

static void one_program_has_a_directory(void **state)
{
	char dir[] = "/tmp/plc_keep_XXXXXX";
	struct sources *s;
	struct program *p = st_load(&s, program, NULL);
	struct keep_file *first, *second;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(keep_file_open(&first, dir, p, stderr), 0);
	assert_int_equal(keep_file_open(&second, dir, p, stderr), -EBUSY);
	end(p, s, first);
	assert_int_equal(keep_file_open(&first, "/proc/none/plc", NULL, stderr), -ENOENT);
	remove_all(dir);
}

static void the_map_is_that_of_openplc(void **state)
{
	static const struct {
		uint16_t address;
		uint16_t words[4];
		uint16_t n;
		const char *name, *want;
	} cases[] = {
		{2, {0xfffe}, 1, "w", "-2"},
		{1025, {7}, 1, "f", "7"},
		{2050, {0x1234, 0x5678}, 2, "d", "305419896"},
		{4100, {0, 0, 1, 2}, 4, "l", "65538"},
	};
	struct sources *s;
	struct program *p = st_load(&s, program, NULL);
	uint16_t words[4];
	bool bits[2] = {true, true};
	struct server_access a = {.table = MODBUS_COIL, .address = 2, .count = 2};

	(void)state;
	a.write = true;
	a.bits = bits;
	assert_int_equal(modbus_map_access(p, &a), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct server_access w = {.table = MODBUS_HOLDING,
		                          .address = cases[i].address,
		                          .count = cases[i].n,
		                          .write = true,
		                          .words = words};

		memcpy(words, cases[i].words, sizeof(words));
		assert_int_equal(modbus_map_access(p, &w), 0);
		memset(words, 0, sizeof(words));
		w.write = false;
		assert_int_equal(modbus_map_access(p, &w), 0);
		assert_memory_equal(words, cases[i].words, cases[i].n * sizeof(*words));
	}
	assert_int_equal(program_scan(p, 0), 0);
	st_expect(p, "q", "1");
	st_expect(p, "%QX0.2", "1");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		st_expect(p, cases[i].name, cases[i].want);
	}
	program_free(p);
	sources_free(s);
}

/* Who plays the machine writes them behind OpenPLC's map; they read at both places. */
static void inputs_can_be_written_behind_the_map(void **state)
{
	struct sources *s;
	struct program *p = st_load(
		&s,
		"PROGRAM main VAR b AT %IX1.2 : BOOL; w AT %IW3 : INT; "
		"x, y : INT; END_VAR\n"
		"IF b THEN x := w; END_IF; y := w; END_PROGRAM\n",
		NULL);
	uint16_t word = 0xfffb;
	bool bit = true;
	struct server_access b = {.table = MODBUS_COIL,
	                          .address = MODBUS_MAP_INPUTS + 10,
	                          .count = 1,
	                          .write = true,
	                          .bits = &bit};
	struct server_access w = {.table = MODBUS_HOLDING,
	                          .address = MODBUS_MAP_INPUTS + 3,
	                          .count = 1,
	                          .write = true,
	                          .words = &word};

	(void)state;
	assert_int_equal(modbus_map_access(p, &b), 0);
	assert_int_equal(modbus_map_access(p, &w), 0);
	assert_int_equal(program_scan(p, 0), 0);
	st_expect(p, "x", "-5");
	st_expect(p, "y", "-5");
	word = 0;
	bit = false;
	b = (struct server_access){
		.table = MODBUS_DISCRETE, .address = 10, .count = 1, .bits = &bit};
	w = (struct server_access){
		.table = MODBUS_INPUT, .address = 3, .count = 1, .words = &word};
	assert_int_equal(modbus_map_access(p, &b), 0);
	assert_int_equal(modbus_map_access(p, &w), 0);
	assert_true(bit);
	assert_int_equal(word, 0xfffb);
	program_free(p);
	sources_free(s);
}

static void what_is_not_on_the_map_is_refused(void **state)
{
	static const struct {
		enum modbus_table table;
		uint16_t address, count;
		bool write;
		uint8_t want;
	} cases[] = {
		{MODBUS_COIL, 8191, 1, true, 0},
		{MODBUS_COIL, 8191, 2, false, PDU_ILLEGAL_ADDRESS},
		{MODBUS_DISCRETE, 0, 1, true, PDU_ILLEGAL_ADDRESS},
		{MODBUS_INPUT, 1023, 1, false, 0},
		{MODBUS_INPUT, 1023, 2, false, PDU_ILLEGAL_ADDRESS},
		{MODBUS_INPUT, 0, 1, true, PDU_ILLEGAL_ADDRESS},
		{MODBUS_HOLDING, 8191, 1, true, 0},
		{MODBUS_HOLDING, 8191, 2, true, PDU_ILLEGAL_ADDRESS},
		{MODBUS_HOLDING, 8192 + 1023, 1, true, 0},
		{MODBUS_HOLDING, 8192 + 1023, 2, true, PDU_ILLEGAL_ADDRESS},
		{MODBUS_COIL, 8192 + 8191, 1, true, 0},
		{MODBUS_COIL, 8192 + 8191, 2, true, PDU_ILLEGAL_ADDRESS},
	};
	struct sources *s;
	struct program *p = st_load(&s, program, NULL);
	uint16_t words[4] = {0};
	bool bits[4] = {false};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct server_access a = {.table = cases[i].table,
		                                .address = cases[i].address,
		                                .count = cases[i].count,
		                                .write = cases[i].write,
		                                .words = words,
		                                .bits = bits};

		assert_int_equal(modbus_map_access(p, &a), cases[i].want);
	}
	program_free(p);
	sources_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_killed_process_kept_is_there),
		cmocka_unit_test(a_torn_side_gives_way_to_the_other),
		cmocka_unit_test(one_program_has_a_directory),
		cmocka_unit_test(the_map_is_that_of_openplc),
		cmocka_unit_test(inputs_can_be_written_behind_the_map),
		cmocka_unit_test(what_is_not_on_the_map_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
