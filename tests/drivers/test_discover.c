/* SPDX-License-Identifier: Apache-2.0 */
/* The search for units and readable ranges before a scripted field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/modbus/discover.h"

enum { ASKED_MAX = 1000000, ADDRESSES = 65536 };

/* The field: what each address of unit 1 and of every other unit holds is its address. */
static struct {
	bool readable[DISCOVER_TABLES][ADDRESSES];
	bool units[DISCOVER_UNIT_MAX + 1];
	bool no_table[DISCOVER_TABLES]; /* answers exception 1 */
	uint16_t max_registers;         /* in one read; longer ones: exception 3 */
	bool pairs;          /* two registers are read together or not at all */
	uint8_t absent_code; /* of units that are not there; 0: silence */
	uint32_t silent_from, silent_to; /* holding: nothing is said about these */
	uint16_t slow_beyond;            /* longer reads take too long; 0: none does */
	unsigned int lost_every;         /* so many requests one has no answer */
	unsigned int garbled;            /* answers of damaged frames to come */
	unsigned int busy;               /* answers of exception 6 to come */
	size_t n_asked, n_unit_asked;
} field;

static struct discover_options options;

static int setup(void **state)
{
	(void)state;
	memset(&field, 0, sizeof(field));
	field.units[1] = true;
	field.max_registers = PDU_READ_REGISTERS_MAX;
	field.silent_from = field.silent_to = ADDRESSES;
	options = (struct discover_options){.from = 0, .to = 9999, .fine = 8};
	options.units[1] = true;
	options.tables[MODBUS_HOLDING] = true;
	return 0;
}

static void make_readable(enum modbus_table table, uint32_t first, uint32_t last)
{
	for (uint32_t a = first; a <= last; a++) {
		field.readable[table][a] = true;
	}
}

static bool is_bits(enum modbus_table table)
{
	return table == MODBUS_COIL || table == MODBUS_DISCRETE;
}

static uint8_t refusal(const struct discover_ask *ask)
{
	uint32_t end = (uint32_t)ask->address + ask->count;

	if (field.no_table[ask->table]) {
		return PDU_ILLEGAL_FUNCTION;
	}
	if (ask->count >
	    (is_bits(ask->table) ? PDU_READ_BITS_MAX : field.max_registers)) {
		return PDU_ILLEGAL_VALUE;
	}
	for (uint32_t a = ask->address; a < end; a++) {
		if (!field.readable[ask->table][a]) {
			return PDU_ILLEGAL_ADDRESS;
		}
	}
	return field.pairs && (ask->address % 2 || end % 2) ? PDU_ILLEGAL_ADDRESS : 0;
}

static bool is_silent(const struct discover_ask *ask)
{
	uint32_t end = (uint32_t)ask->address + ask->count;

	return (ask->table == MODBUS_HOLDING && end > field.silent_from &&
	        ask->address <= field.silent_to) ||
	       (field.slow_beyond && ask->count > field.slow_beyond) ||
	       (field.lost_every && field.n_asked % field.lost_every == 0);
}

static int answer(struct discover *d, const struct discover_ask *ask)
{
	uint8_t data[PDU_MAX] = {0};
	uint8_t code;

	if (field.garbled > 0) {
		field.garbled--;
		return discover_answer(d, REASON_CRC, 0, NULL);
	}

	if (!field.units[ask->unit]) {
		return field.absent_code ? discover_answer(d, REASON_EXCEPTION,
		                                           field.absent_code, NULL)
		                         : discover_answer(d, REASON_TIMEOUT, 0, NULL);
	}
	if (is_silent(ask)) {
		return discover_answer(d, REASON_TIMEOUT, 0, NULL);
	}
	if (field.busy > 0) {
		field.busy--;
		return discover_answer(d, REASON_EXCEPTION, PDU_BUSY, NULL);
	}
	code = refusal(ask);
	if (code) {
		return discover_answer(d, REASON_EXCEPTION, code, NULL);
	}
	for (uint32_t i = 0; !is_bits(ask->table) && i < ask->count; i++) {
		pdu_put_register(data, i, (uint16_t)(ask->address + i));
	}
	return discover_answer(d, REASON_NONE, 0, data);
}

static struct discover *search(size_t most)
{
	struct discover *d = NULL;
	struct discover_ask ask;

	assert_int_equal(discover_new(&d, &options), 0);
	while (discover_next(d, &ask)) {
		uint32_t end = (uint32_t)ask.address + ask.count;
		bool in_units = discover_progress(d).units;

		assert_true(options.units[ask.unit]);
		assert_true(ask.count >= 1);
		assert_true(ask.count <= (is_bits(ask.table) ? PDU_READ_BITS_MAX
		                                             : PDU_READ_REGISTERS_MAX));
		assert_true(in_units ||
		            (ask.address >= options.from && end <= options.to + 1U));
		if (field.n_asked++ == most) {
			break;
		}
		assert_int_equal(answer(d, &ask), 0);
	}
	return d;
}

/* Ranges of the i-th unit as "table:first-last ...". */
static const char *ranges_of(const struct discover *d, size_t i)
{
	static char text[4096];
	const struct discover_unit *u = discover_unit(d, i);
	size_t n = 0;

	text[0] = '\0';
	assert_non_null(u);
	for (size_t k = 0; k < u->n_ranges; k++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%d:%u-%u",
		                      k ? " " : "", (int)u->ranges[k].table,
		                      u->ranges[k].first, u->ranges[k].last);
	}
	return text;
}

static void ranges_are_found_to_the_address(void **state)
{
	static const struct {
		const char *name;
		uint32_t spans[4][2]; /* up to the first that is 0-0 after another */
		const char *want;
		size_t most; /* requests */
	} cases[] = {
		{"nothing", {{0}}, "", 3500},
		{"from zero", {{0, 99}}, "0:0-99", 4000},
		{"all", {{0, 9999}}, "0:0-9999", 90},
		{"across blocks", {{100, 400}}, "0:100-400", 4000},
		{"at the end", {{9950, 9999}}, "0:9950-9999", 4000},
		{"one hole", {{0, 56}, {58, 99}}, "0:0-56 0:58-99", 4000},
		{"single ones near",
	         {{0, 15}, {20, 20}, {40, 41}},
	         "0:0-15 0:20-20 0:40-41",
	         4000},
		{"before and behind",
	         {{503, 503}, {520, 540}, {600, 600}},
	         "0:503-503 0:520-540 0:600-600",
	         4000},
		{"beyond what is asked", {{9990, 10100}}, "0:9990-9999", 4000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct discover *d;

		setup(NULL);
		for (size_t k = 0; k < 4 && cases[i].spans[k][1]; k++) {
			make_readable(MODBUS_HOLDING, cases[i].spans[k][0],
			              cases[i].spans[k][1]);
		}
		d = search(ASKED_MAX);
		if (strcmp(ranges_of(d, 0), cases[i].want) != 0) {
			fail_msg("%s: %s", cases[i].name, ranges_of(d, 0));
		}
		if (field.n_asked > cases[i].most) {
			fail_msg("%s: %zu requests", cases[i].name, field.n_asked);
		}
		discover_free(d);
	}
}

/* Any map: what is found is readable, and what is long enough is found, whole. */
static void random_maps_are_found(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct discover *d;
		const struct discover_unit *u;
		size_t next = 0;
		uint32_t at = 0;

		setup(NULL);
		options.to = 2000;
		options.fine = (uint16_t)(round % 2 ? 1 : 8);
		while (at < 2000) { /* a gap, a range, ... */
			uint32_t gap, length;

			seed = seed * 1664525 + 1013904223;
			gap = seed >> 8 & 0x7f;
			length = 1 + (seed >> 20 & 0x3f);
			make_readable(MODBUS_HOLDING, at + gap, at + gap + length - 1);
			at += gap + length + 1;
		}
		d = search(ASKED_MAX);
		u = discover_unit(d, 0);
		for (uint32_t a = 0; a <= 2000;) {
			uint32_t last = a;

			if (!field.readable[MODBUS_HOLDING][a]) {
				a++;
				continue;
			}
			while (last < 2000 && field.readable[MODBUS_HOLDING][last + 1]) {
				last++;
			}
			if (next < u->n_ranges && u->ranges[next].first == a) {
				assert_int_equal(u->ranges[next].last, last);
				for (uint32_t k = a; k <= last; k++) {
					assert_int_equal(u->ranges[next].values[k - a],
					                 k);
				}
				next++;
			} else if (options.fine == 1 || last - a + 1 >= 16) {
				fail_msg("round %d: %u-%u was not found: %s", round, a,
				         last, ranges_of(d, 0));
			}
			a = last + 1;
		}
		assert_int_equal(next, u->n_ranges);
		discover_free(d);
	}
}

static void exceptions_of_the_gateway_are_no_units(void **state)
{
	static const uint8_t codes[] = {0, PDU_GATEWAY_NO_PATH, PDU_GATEWAY_NO_ANSWER};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		struct discover *d;

		setup(NULL);
		memset(options.units + 1, true, 247);
		field.units[1] = false;
		field.units[3] = field.units[17] = field.units[247] = true;
		field.absent_code = codes[i];
		make_readable(MODBUS_HOLDING, 100, 199);
		d = search(ASKED_MAX);
		assert_int_equal(discover_unit(d, 0)->unit, 3);
		assert_int_equal(discover_unit(d, 1)->unit, 17);
		assert_int_equal(discover_unit(d, 2)->unit, 247);
		assert_null(discover_unit(d, 3));
		for (size_t k = 0; k < 3;
		     k++) { /* found by exceptions alone: 0 is none */
			assert_string_equal(ranges_of(d, k), "0:100-199");
		}
		discover_free(d);
	}
}

static void unit_with_a_garbled_answer_is_asked_again(void **state)
{
	struct discover *d;

	(void)state;
	make_readable(MODBUS_HOLDING, 0, 99);
	field.garbled = 2;
	d = search(ASKED_MAX);
	assert_string_equal(ranges_of(d, 0), "0:0-99");
	discover_free(d);
	field.garbled = ASKED_MAX;
	field.n_asked = 0;
	d = search(ASKED_MAX);
	assert_null(discover_unit(d, 0));
	assert_int_equal(field.n_asked, 3);
	discover_free(d);
}

static void device_that_answers_to_every_unit_is_one(void **state)
{
	struct discover *d;

	(void)state;
	memset(options.units + 1, true, 247);
	memset(field.units, true, sizeof(field.units));
	make_readable(MODBUS_HOLDING, 0, 99);
	d = search(ASKED_MAX);
	assert_true(discover_alike(d));
	assert_non_null(discover_unit(d, 0));
	assert_null(discover_unit(d, 1));
	assert_string_equal(ranges_of(d, 0), "0:0-99");
	discover_free(d);
}

static void tables_are_told_apart(void **state)
{
	struct discover *d;
	size_t before;

	(void)state;
	memset(options.tables, true, sizeof(options.tables));
	make_readable(MODBUS_HOLDING, 0, 99);
	make_readable(MODBUS_INPUT, 50, 70);
	make_readable(MODBUS_COIL, 0, 2500);
	field.no_table[MODBUS_DISCRETE] = true;
	d = search(ASKED_MAX);
	assert_string_equal(ranges_of(d, 0), "0:0-99 1:50-70 2:0-2500");
	discover_free(d);
	before = field.n_asked;
	options.tables[MODBUS_DISCRETE] = false;
	discover_free(search(ASKED_MAX));
	/* what the device has not at all costs one request */
	assert_int_equal(before - (field.n_asked - before), 1);
}

static void limit_of_reads_is_learnt(void **state)
{
	static const uint16_t limits[] = {10, 32, 60, 64, 100};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct discover *d;
		uint16_t learnt;

		setup(NULL);
		field.max_registers = limits[i];
		make_readable(MODBUS_HOLDING, 0, 1999);
		options.to = 1999;
		d = search(ASKED_MAX);
		assert_string_equal(ranges_of(d, 0), "0:0-1999");
		learnt = discover_unit(d, 0)->max_registers;
		assert_true(learnt >= 8 && learnt <= limits[i]);
		/* not bisected each time */
		assert_true(field.n_asked < 2U + 20 + 2000U / learnt);
		discover_free(d);
	}
}

static void device_with_very_short_reads_is_found(void **state)
{
	struct discover *d;

	(void)state;
	field.max_registers = 2;
	make_readable(MODBUS_HOLDING, 0, 39);
	options.to = 499;
	d = search(ASKED_MAX);
	assert_string_equal(ranges_of(d, 0), "0:0-39");
	discover_free(d);
}

static void pairs_are_not_cut(void **state)
{
	struct discover *d;

	(void)state;
	field.pairs = true;
	make_readable(MODBUS_HOLDING, 0, 299);
	make_readable(MODBUS_HOLDING, 340, 347);
	d = search(ASKED_MAX);
	assert_string_equal(ranges_of(d, 0), "0:0-299 0:340-347");
	discover_free(d);
}

static void busy_device_is_asked_again(void **state)
{
	struct discover *d;

	(void)state;
	make_readable(MODBUS_HOLDING, 0, 99);
	options.to = 99;
	field.busy = 3;
	d = search(ASKED_MAX);
	assert_string_equal(ranges_of(d, 0), "0:0-99");
	discover_free(d);
}

static void silent_block_is_left_out_and_silence_ends_a_unit(void **state)
{
	struct discover *d;

	(void)state;
	make_readable(MODBUS_HOLDING, 0, 9999);
	field.silent_from = 1240;
	d = search(ASKED_MAX);
	assert_string_equal(ranges_of(d, 0), "0:0-1239");
	assert_true(discover_unit(d, 0)->gone);
	/* each of three blocks twice, then shorter */
	assert_int_equal(field.n_asked, 1 + 10 + 3 * 6);
	discover_free(d);
}

static void device_too_slow_for_long_reads_is_read_in_shorter_ones(void **state)
{
	struct discover *d;

	(void)state;
	make_readable(MODBUS_HOLDING, 0, 1499);
	field.slow_beyond = 40;
	options.to = 1999;
	d = search(ASKED_MAX);
	assert_string_equal(ranges_of(d, 0), "0:0-1499");
	assert_in_range(discover_unit(d, 0)->max_registers, 8, 40);
	assert_false(discover_unit(d, 0)->gone);
	discover_free(d);
}

static void answer_that_is_lost_now_and_then_changes_nothing(void **state)
{
	struct discover *d;

	(void)state;
	make_readable(MODBUS_HOLDING, 0, 999);
	make_readable(MODBUS_HOLDING, 1100, 1119);
	field.lost_every = 10;
	options.to = 1999;
	d = search(ASKED_MAX);
	assert_string_equal(ranges_of(d, 0), "0:0-999 0:1100-1119");
	assert_int_equal(discover_unit(d, 0)->max_registers, 0);
	discover_free(d);
}

static void register_that_nothing_is_said_about_is_left_out(void **state)
{
	const struct discover_unit *u;
	struct discover *d;
	uint32_t n = 0;

	(void)state;
	make_readable(MODBUS_HOLDING, 0, 9999);
	field.silent_from = 1300;
	field.silent_to = 1300;
	d = search(ASKED_MAX);
	u = discover_unit(d, 0);
	assert_false(u->gone);
	for (size_t i = 0; i < u->n_ranges; i++) {
		n += u->ranges[i].last - u->ranges[i].first + 1U;
		assert_true(u->ranges[i].last < 1300 || u->ranges[i].first > 1300);
	}
	assert_in_range(n, 10000 - 16, 9999); /* its neighbours with it */
	discover_free(d);
}

static void what_was_found_half_way_can_be_looked_at(void **state)
{
	struct discover *d;

	(void)state;
	make_readable(MODBUS_HOLDING, 0, 9999);
	d = search(11);
	assert_string_equal(ranges_of(d, 0), "0:0-1239");
	assert_true(discover_progress(d).part > 0.1 && discover_progress(d).part < 0.15);
	discover_free(d);
}

static void progress_never_turns_back(void **state)
{
	struct discover *d = NULL;
	struct discover_ask ask;
	double part = 0;
	bool units = true;

	(void)state;
	memset(options.tables, true, sizeof(options.tables));
	options.units[2] = options.units[3] = true;
	make_readable(MODBUS_HOLDING, 0, 99);
	make_readable(MODBUS_COIL, 700, 900);
	assert_int_equal(discover_new(&d, &options), 0);
	while (discover_next(d, &ask)) {
		struct discover_progress p = discover_progress(d);

		if (p.units != units) {
			part = 0;
		}
		units = p.units;
		assert_true(p.part >= part && p.part <= 1);
		part = p.part;
		assert_int_equal(answer(d, &ask), 0);
	}
	assert_true(discover_progress(d).part == 1);
	discover_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ranges_are_found_to_the_address, setup),
		cmocka_unit_test_setup(random_maps_are_found, setup),
		cmocka_unit_test_setup(exceptions_of_the_gateway_are_no_units, setup),
		cmocka_unit_test_setup(unit_with_a_garbled_answer_is_asked_again, setup),
		cmocka_unit_test_setup(device_that_answers_to_every_unit_is_one, setup),
		cmocka_unit_test_setup(tables_are_told_apart, setup),
		cmocka_unit_test_setup(limit_of_reads_is_learnt, setup),
		cmocka_unit_test_setup(device_with_very_short_reads_is_found, setup),
		cmocka_unit_test_setup(pairs_are_not_cut, setup),
		cmocka_unit_test_setup(busy_device_is_asked_again, setup),
		cmocka_unit_test_setup(silent_block_is_left_out_and_silence_ends_a_unit,
	                               setup),
		cmocka_unit_test_setup(
			device_too_slow_for_long_reads_is_read_in_shorter_ones, setup),
		cmocka_unit_test_setup(answer_that_is_lost_now_and_then_changes_nothing,
	                               setup),
		cmocka_unit_test_setup(register_that_nothing_is_said_about_is_left_out,
	                               setup),
		cmocka_unit_test_setup(what_was_found_half_way_can_be_looked_at, setup),
		cmocka_unit_test_setup(progress_never_turns_back, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
