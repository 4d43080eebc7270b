/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/modbus/image.h"
#include "tests/drivers/modbus_rig.h"

/* A rig beside the server that it asks, both on one loop. */
struct bench {
	struct modbus_rig rig;
	struct server *server;
	struct image image;
	uint16_t hole_from, hole_to; /* addresses that get exception 2 */
	uint8_t code;                /* for every access, where not 0 */
	struct server_access log[64];
	size_t n_log;
};

static uint8_t on_access(void *arg, const struct server_access *access)
{
	struct bench *b = arg;

	if (b->n_log < ARRAY_SIZE(b->log)) {
		b->log[b->n_log++] = *access;
	}
	if (b->code) {
		return b->code;
	}
	if (access->address < b->hole_to &&
	    access->address + access->count > b->hole_from) {
		return PDU_ILLEGAL_ADDRESS;
	}
	return image_access(&b->image, access);
}

static void set_up(struct bench *b)
{
	static const uint32_t sizes[] = {1000, 1000, 1000, 1000};
	const struct server_hooks hooks = {.access = on_access, .arg = b};
	struct sockaddr_in address;

	memset(b, 0, sizeof(*b));
	modbus_rig_init(&b->rig, "");
	assert_int_equal(image_init(&b->image, sizes), 0);
	uv_ip4_addr("127.0.0.1", 0, &address);
	assert_int_equal(server_open(&b->server, &b->rig.loop,
	                             (struct sockaddr *)&address, &hooks),
	                 0);
	snprintf(b->rig.address, sizeof(b->rig.address), "tcp://127.0.0.1:%u",
	         server_port(b->server));
	for (uint16_t i = 0; i < 1000; i++) {
		b->image.holding[i] = (uint16_t)(i + 40000);
		b->image.input[i] = (uint16_t)(i + 30000);
		b->image.coils[i] = i % 3 == 0;
		b->image.discretes[i] = i % 5 == 0;
	}
}

static void tear_down(struct bench *b)
{
	server_close(b->server);
	modbus_rig_fini(&b->rig);
	image_fini(&b->image);
}

static void assert_value(const struct modbus_rig *rig, size_t i, double want)
{
	if (rig->readings[i].quality != QUALITY_GOOD ||
	    value_number(&rig->readings[i].value) != want) {
		fail_msg("%s: quality %u reason %u, %g", rig->points[i].at,
		         rig->readings[i].quality, rig->readings[i].reason,
		         value_number(&rig->readings[i].value));
	}
}

static void assert_bad(const struct modbus_rig *rig, size_t i, enum reason reason,
                       uint16_t code)
{
	const struct reading *r = &rig->readings[i];

	if (r->quality != QUALITY_BAD || r->reason != reason || r->code != code ||
	    r->value.kind != VALUE_NONE) {
		fail_msg("%s: quality %u reason %u code %u", rig->points[i].at,
		         r->quality, r->reason, r->code);
	}
}

static void all_tables_are_read(void **state)
{
	struct modbus_rig *rig;
	struct bench b;

	(void)state;
	set_up(&b);
	rig = &b.rig;
	modbus_rig_point(rig, "holding:7", TYPE_UINT16, 0);
	modbus_rig_point(rig, "input:7", TYPE_UINT16, 0);
	modbus_rig_point(rig, "coil:9", TYPE_BOOL, 0);
	modbus_rig_point(rig, "discrete:11", TYPE_BOOL, 0);
	modbus_rig_point(rig, "40021", TYPE_STRING, 5);
	modbus_rig_point(rig, "40001", TYPE_STRING, 4);
	modbus_rig_point(rig, "holding:9", TYPE_INT16, 0)->scale = 0.5;
	b.image.holding[20] = 'p' << 8 | 'u';
	b.image.holding[21] = 'm' << 8 | 'p';
	b.image.holding[22] = '1' << 8;
	b.image.holding[0] = 'o' << 8 | 'k';
	b.image.holding[1] = ' ' << 8 | ' ';
	modbus_rig_open(rig);
	assert_int_equal(modbus_rig_read(rig, 3), 0);
	assert_value(rig, 0, 40007);
	assert_value(rig, 1, 30007);
	assert_value(rig, 2, 1);
	assert_value(rig, 3, 0);
	assert_string_equal(rig->texts[4], "pump1");
	assert_string_equal(rig->texts[5], "ok");
	assert_value(rig, 6, (40009 - 65536) * 0.5);
	assert_int_equal(rig->device->stats.requests, 4);
	assert_int_equal(rig->device->stats.answers, 4);
	assert_int_equal(rig->device->stats.n_blocks, 4);
	assert_int_equal(rig->device->stats.registers, 23 + 1 + 1 + 1);
	tear_down(&b);
}

static void only_due_groups_are_asked(void **state)
{
	struct modbus_rig *rig;
	struct bench b;

	(void)state;
	set_up(&b);
	rig = &b.rig;
	modbus_rig_point(rig, "holding:0", TYPE_UINT16, 0);
	modbus_rig_grouped(rig, "holding:1", TYPE_UINT16, 1);
	modbus_rig_point(rig, "holding:2", TYPE_UINT16, 0);
	modbus_rig_open(rig);
	assert_int_equal(modbus_rig_read(rig, 2), 0);
	assert_int_equal(b.log[0].address, 1);
	assert_int_equal(b.log[0].count, 1);
	assert_int_equal(modbus_rig_read(rig, 1), 0);
	assert_int_equal(b.log[1].address, 0);
	assert_int_equal(b.log[1].count, 3);
	assert_int_equal(modbus_rig_read(rig, 3), 0);
	assert_int_equal(b.n_log, 3);
	tear_down(&b);
}

static void no_point_due_or_a_read_under_way_is_refused(void **state)
{
	const struct read_sink sink = {0};
	struct modbus_rig *rig;
	struct bench b;

	(void)state;
	set_up(&b);
	rig = &b.rig;
	modbus_rig_point(rig, "holding:0", TYPE_UINT16, 0);
	modbus_rig_open(rig);
	assert_int_equal(rig->driver->read(rig->device, 2, &sink), -ENOENT);
	modbus_rig_start(rig, 1);
	assert_int_equal(rig->driver->read(rig->device, 1, &sink), -EBUSY);
	modbus_rig_wait(rig, 1);
	tear_down(&b);
}

/* More sets of due groups than plans are kept: each still reads its own points. */
static void many_sets_of_groups_take_turns(void **state)
{
	static const uint32_t periods_ms[6] = {1, 2, 3, 4, 5, 6};
	struct modbus_rig *rig;
	struct bench b;
	char at[6][16];

	(void)state;
	set_up(&b);
	rig = &b.rig;
	rig->config.periods_ms = periods_ms;
	rig->config.n_periods = 6;
	for (uint32_t i = 0; i < 6; i++) {
		snprintf(at[i], sizeof(at[i]), "holding:%u", 100 * i);
		modbus_rig_grouped(rig, at[i], TYPE_UINT16, i);
	}
	modbus_rig_open(rig);
	for (uint32_t due = 1; due < 200; due++) {
		uint32_t set = due % 63 + 1;

		assert_int_equal(modbus_rig_read(rig, set), 0);
		for (size_t i = 0; i < 6; i++) {
			if (set >> i & 1) {
				assert_value(rig, i, 40000 + 100 * (double)i);
			}
		}
	}
	tear_down(&b);
}

static void exception_is_its_own_blocks_only(void **state)
{
	struct modbus_rig *rig;
	struct bench b;

	(void)state;
	set_up(&b);
	rig = &b.rig;
	modbus_rig_point(rig, "holding:0", TYPE_UINT16, 0);
	modbus_rig_point(rig, "holding:100", TYPE_UINT16, 0);
	modbus_rig_point(rig, "holding:101", TYPE_UINT32, 0);
	modbus_rig_point(rig, "holding:200", TYPE_UINT16, 0);
	modbus_rig_open(rig);
	b.hole_from = 100;
	b.hole_to = 103;
	assert_int_equal(modbus_rig_read(rig, 1), 0);
	assert_value(rig, 0, 40000);
	assert_bad(rig, 1, REASON_EXCEPTION, 2);
	assert_bad(rig, 2, REASON_EXCEPTION, 2);
	assert_value(rig, 3, 40200);
	b.code = PDU_DEVICE_FAILURE;
	assert_int_equal(modbus_rig_read(rig, 1), 0); /* it does answer */
	assert_bad(rig, 0, REASON_EXCEPTION, PDU_DEVICE_FAILURE);
	assert_bad(rig, 3, REASON_EXCEPTION, PDU_DEVICE_FAILURE);
	assert_bad(rig, 1, REASON_EXCEPTION, 2); /* not asked again */
	assert_int_equal(rig->device->stats.errors[REASON_EXCEPTION], 3 + 2);
	assert_int_equal(server_stats(b.server).accepted, 1);
	tear_down(&b);
}

static void no_exception_closes_the_connection(void **state)
{
	struct modbus_rig *rig;
	struct bench b;

	(void)state;
	set_up(&b);
	rig = &b.rig;
	modbus_rig_point(rig, "holding:0", TYPE_UINT16, 0);
	modbus_rig_open(rig);
	for (unsigned int code = 255; code >= 3; code--) { /* 2 and 3 are learned */
		b.code = (uint8_t)code;
		assert_int_equal(modbus_rig_read(rig, 1), 0); /* it does answer */
		assert_bad(rig, 0, REASON_EXCEPTION, (uint8_t)code);
	}
	assert_int_equal(server_stats(b.server).accepted, 1);
	tear_down(&b);
}

static void written_values_read_back(void **state)
{
	struct modbus_rig *rig;
	struct bench b;

	(void)state;
	set_up(&b);
	rig = &b.rig;
	modbus_rig_point(rig, "holding:0", TYPE_UINT16, 0)->scale = 0.1;
	modbus_rig_point(rig, "holding:1", TYPE_FLOAT32, 0)->order = ORDER_CDAB;
	modbus_rig_point(rig, "coil:5", TYPE_BOOL, 0);
	modbus_rig_point(rig, "holding:4", TYPE_BIT, 3);
	modbus_rig_point(rig, "holding:5", TYPE_UINT8, 0)->high_byte = true;
	modbus_rig_point(rig, "holding:10", TYPE_STRING, 10);
	modbus_rig_point(rig, "coil:6", TYPE_BOOL, 0)->order = ORDER_DCBA;
	modbus_rig_point(rig, "holding:5", TYPE_UINT8, 0)->write_function = 22;
	modbus_rig_open(rig);
	b.image.holding[4] = 0xff07;
	b.image.holding[5] = 0x1234;
	assert_int_equal(modbus_rig_write(rig, 0, value_real(12.3)), 0);
	assert_int_equal(b.image.holding[0], 123);
	assert_int_equal(modbus_rig_write(rig, 1, value_real(-2.5)), 0);
	assert_int_equal(b.image.holding[2], 0xc020);
	assert_int_equal(modbus_rig_write(rig, 2, value_bool(true)), 0);
	assert_true(b.image.coils[5]);
	assert_int_equal(modbus_rig_write(rig, 2, value_real(0)), 0);
	assert_false(b.image.coils[5]);
	assert_int_equal(modbus_rig_write(rig, 6, value_bool(true)), 0);
	assert_true(b.image.coils[6]);
	assert_int_equal(modbus_rig_write(rig, 3, value_bool(true)), 0);
	assert_int_equal(b.image.holding[4], 0xff0f);
	assert_int_equal(
		modbus_rig_write(rig, 4, (struct value){.kind = VALUE_UINT, .u64 = 0xab}),
		0);
	assert_int_equal(b.image.holding[5], 0xab34);
	assert_int_equal(modbus_rig_write(rig, 7, value_real(0x55)), 0);
	assert_int_equal(b.image.holding[5], 0xab55);
	assert_int_equal(
		modbus_rig_write(rig, 5,
	                         (struct value){.kind = VALUE_TEXT, .text = "valve 7"}),
		0);
	assert_int_equal(modbus_rig_read(rig, 1), 0);
	assert_value(rig, 0, 12.3);
	assert_value(rig, 1, -2.5);
	assert_value(rig, 2, 0);
	assert_value(rig, 3, 1);
	assert_value(rig, 4, 0xab);
	assert_string_equal(rig->texts[5], "valve 7");
	tear_down(&b);
}

static void write_that_cannot_be_is_refused(void **state)
{
	const struct value seven = {.kind = VALUE_UINT, .u64 = 7};
	struct modbus_rig *rig;
	struct bench b;

	(void)state;
	set_up(&b);
	rig = &b.rig;
	modbus_rig_point(rig, "input:0", TYPE_UINT16, 0);
	modbus_rig_point(rig, "discrete:0", TYPE_BOOL, 0);
	modbus_rig_point(rig, "holding:0", TYPE_INT8, 0);
	modbus_rig_point(rig, "holding:1", TYPE_STRING, 248);
	modbus_rig_open(rig);
	assert_int_equal(modbus_rig_write(rig, 0, seven), -EROFS);
	assert_int_equal(modbus_rig_write(rig, 1, seven), -EROFS);
	assert_int_equal(modbus_rig_write(rig, 2, value_real(128)), -ERANGE);
	assert_int_equal(modbus_rig_write(rig, 2, value_real(0.5)), -ERANGE);
	assert_int_equal(
		modbus_rig_write(rig, 3, (struct value){.kind = VALUE_TEXT, .text = ""}),
		-ERANGE); /* more than one request takes */
	b.code = PDU_ILLEGAL_VALUE;
	assert_int_equal(modbus_rig_write(rig, 2, seven), -EREMOTEIO);
	assert_int_equal(rig->code, PDU_ILLEGAL_VALUE);
	assert_int_equal(b.n_log, 1); /* the rest of the register could not be read */
	tear_down(&b);
}

/* Twenty blocks are to be read; a write comes in after the first of them. */
static void write_late(struct modbus_rig *rig)
{
	const struct value on = value_bool(true);

	rig->on_block = NULL;
	assert_int_equal(rig->driver->write(rig->device, &rig->points[0], &on,
	                                    modbus_rig_written, rig),
	                 0);
}

static void write_overtakes_what_is_not_under_way(void **state)
{
	struct modbus_rig *rig;
	struct bench b;
	char at[20][16];

	(void)state;
	set_up(&b);
	rig = &b.rig;
	for (unsigned int i = 0; i < 20; i++) {
		snprintf(at[i], sizeof(at[i]), "holding:%u", 40 * i);
		modbus_rig_point(rig, at[i], TYPE_BIT, 0);
	}
	modbus_rig_open(rig);
	rig->on_block = write_late;
	modbus_rig_start(rig, 1);
	modbus_rig_wait(rig, 2);
	/* The first block, then the write with its read, nothing in between. */
	assert_false(b.log[0].write);
	assert_false(b.log[1].write);
	assert_true(b.log[2].write);
	assert_int_equal(b.log[1].address, 0);
	assert_int_equal(b.log[2].address, 0);
	assert_int_equal(b.n_log, 22);
	tear_down(&b);
}

static void writes_keep_their_order_and_their_bound(void **state)
{
	struct modbus_rig *rig;
	struct bench b;

	(void)state;
	set_up(&b);
	rig = &b.rig;
	modbus_rig_point(rig, "holding:0", TYPE_UINT16, 0);
	modbus_rig_open(rig);
	for (uint64_t i = 0; i < 9; i++) {
		const struct value value = {.kind = VALUE_UINT, .u64 = i};
		int err = rig->driver->write(rig->device, &rig->points[0], &value,
		                             modbus_rig_written, rig);

		assert_int_equal(err, i < 8 ? 0 : -EBUSY);
	}
	modbus_rig_wait(rig, 8);
	assert_int_equal(b.n_log, 8);
	assert_int_equal(b.image.holding[0], 7);
	tear_down(&b);
}

static void probe_is_one_small_request(void **state)
{
	struct modbus_rig *rig;
	struct bench b;

	(void)state;
	set_up(&b);
	rig = &b.rig;
	modbus_rig_point(rig, "input:50", TYPE_FLOAT32, 0);
	modbus_rig_point(rig, "input:0", TYPE_UINT16, 0);
	modbus_rig_open(rig);
	assert_int_equal(modbus_rig_probe(rig), 0);
	assert_int_equal(b.n_log, 1);
	assert_int_equal(b.log[0].address, 50);
	assert_int_equal(b.log[0].count, 2);
	b.code = PDU_ILLEGAL_ADDRESS;
	assert_int_equal(modbus_rig_probe(rig), 0); /* it is there */
	tear_down(&b);
}

static size_t most_in_flight;

static void look_at_flight(struct modbus_rig *rig)
{
	if (rig->device->stats.in_flight > most_in_flight) {
		most_in_flight = rig->device->stats.in_flight;
	}
}

static void time_with_a_request_on_the_way_is_counted(void **state)
{
	struct bench b;
	const struct device_stats *stats;
	uint64_t began_ns;

	(void)state;
	set_up(&b);
	for (unsigned int i = 0; i < 6; i++) {
		char at[24];

		snprintf(at, sizeof(at), "holding:%u", 150 * i);
		modbus_rig_point(&b.rig, at, TYPE_UINT16, 0);
	}
	b.rig.config.limits.in_flight = 3;
	b.rig.on_block = look_at_flight;
	modbus_rig_open(&b.rig);
	stats = &b.rig.device->stats;
	began_ns = b.rig.env.now_ns();
	most_in_flight = 0;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
		assert_int_equal(stats->in_flight, 0);
	}
	assert_int_equal(most_in_flight, 2); /* the third has just come back */
	assert_true(stats->busy_ns >= stats->rtt_us * UINT64_C(1000));
	assert_true(stats->busy_ns <= b.rig.env.now_ns() - began_ns);
	tear_down(&b);
}

static void window_reads_the_same(void **state)
{
	struct modbus_rig *rig;
	struct bench b;
	char at[20][16];

	(void)state;
	set_up(&b);
	rig = &b.rig;
	rig->config.limits.in_flight = 8;
	for (unsigned int i = 0; i < 20; i++) {
		snprintf(at[i], sizeof(at[i]), "holding:%u", 40 * i);
		modbus_rig_point(rig, at[i], TYPE_UINT16, 0);
	}
	modbus_rig_open(rig);
	for (int round = 0; round < 10; round++) {
		assert_int_equal(modbus_rig_read(rig, 1), 0);
		for (size_t i = 0; i < 20; i++) {
			assert_value(rig, i, 40000 + 40 * (double)i);
		}
	}
	tear_down(&b);
}

static void on_line(void *arg, const char *text)
{
	char *all = arg;
	size_t n = strlen(all);

	snprintf(all + n, 1024 - n, "%s\n", text);
}

static void plan_is_printed_with_its_time(void **state)
{
	static const struct {
		const char *address;
		uint32_t pause_ms, cycle_us;
	} cases[] = {
		{"tcp://127.0.0.1", 0, 3000},
		{"tcp://127.0.0.1", 2, 9000},
		/* 9600 8E1: 1145.83 us a character; field.md: 22.9 ms and 2.29 a register
	         */
		{"rtu:///dev/ttyS9?baud=9600", 0, 83645},
		{"rtu:///dev/ttyS9?baud=115200", 0, 15465},
	};
	struct modbus_rig rig;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t cycle_us;
		char text[1024] = "";

		modbus_rig_init(&rig, cases[i].address);
		rig.config.limits.pause_ms = cases[i].pause_ms;
		modbus_rig_point(&rig, "holding:0", TYPE_FLOAT32, 0);
		modbus_rig_point(&rig, "holding:4", TYPE_UINT16, 0);
		modbus_rig_point(&rig, "coil:0", TYPE_BOOL, 0);
		modbus_rig_point(&rig, "input:9", TYPE_UINT16, 0);
		assert_int_equal(
			rig.driver->plan(&rig.config, 1, &cycle_us, on_line, text), 3);
		assert_string_equal(text,
		                    "holding:0..4 40001..40005: 5 registers, 2 tags\n"
		                    "input:9 30010: 1 register, 1 tag\n"
		                    "coil:0 00001: 1 bit, 1 tag\n");
		if (cycle_us + 100 < cases[i].cycle_us ||
		    cycle_us > cases[i].cycle_us + 100) {
			fail_msg("%s: %u us", cases[i].address, cycle_us);
		}
		modbus_rig_fini(&rig);
	}
}

static void two_units_share_a_connection(void **state)
{
	struct device_config second;
	struct device *device = NULL;
	struct modbus_rig *rig;
	const char *why;
	struct bench b;

	(void)state;
	set_up(&b);
	rig = &b.rig;
	modbus_rig_point(rig, "holding:0", TYPE_UINT16, 0);
	modbus_rig_open(rig);
	second = rig->config;
	second.unit = 2;
	assert_int_equal(rig->driver->open(&device, &rig->env, &second, &why), 0);
	assert_int_equal(modbus_rig_read(rig, 1), 0);
	{
		struct device *first = rig->device;

		rig->device = device;
		assert_int_equal(modbus_rig_read(rig, 1), 0);
		rig->device = first;
	}
	assert_int_equal(b.log[0].unit, 1);
	assert_int_equal(b.log[1].unit, 2);
	assert_int_equal(server_stats(b.server).accepted, 1);
	rig->driver->close(device);
	assert_int_equal(modbus_rig_read(rig, 1), 0);
	tear_down(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_tables_are_read),
		cmocka_unit_test(only_due_groups_are_asked),
		cmocka_unit_test(no_point_due_or_a_read_under_way_is_refused),
		cmocka_unit_test(many_sets_of_groups_take_turns),
		cmocka_unit_test(exception_is_its_own_blocks_only),
		cmocka_unit_test(no_exception_closes_the_connection),
		cmocka_unit_test(written_values_read_back),
		cmocka_unit_test(write_that_cannot_be_is_refused),
		cmocka_unit_test(write_overtakes_what_is_not_under_way),
		cmocka_unit_test(writes_keep_their_order_and_their_bound),
		cmocka_unit_test(probe_is_one_small_request),
		cmocka_unit_test(time_with_a_request_on_the_way_is_counted),
		cmocka_unit_test(window_reads_the_same),
		cmocka_unit_test(plan_is_printed_with_its_time),
		cmocka_unit_test(two_units_share_a_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
