/* SPDX-License-Identifier: Apache-2.0 */
/* A device that refuses addresses, and what the driver makes of it: the peer counts every
 * request that it refused, and how often it saw the same one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/holes.h"
#include "drivers/modbus/image.h"
#include "drivers/modbus/value.h"
#include "tests/drivers/modbus_rig.h"

enum { SIZE = 400, REFUSED_MAX = 4096 };

struct field {
	struct modbus_rig rig;
	struct server *server;
	struct image image;
	bool illegal[SIZE]; /* of both tables */
	uint16_t longest;   /* read of registers; more is exception 3 */
	bool closed;        /* everything is refused */
	bool once;          /* the next request is refused */
	struct server_access refused[REFUSED_MAX];
	size_t n_refused, n_repeated, n_asked;
	uint64_t slow_ns; /* that the clock goes on with each request */
	char at[MODBUS_RIG_POINTS][24];
};

static uint64_t ahead_ns; /* of the real clock */

static uint64_t now_ns(void)
{
	return uv_hrtime() + ahead_ns;
}

static bool is_bits(const struct server_access *access)
{
	return access->table == MODBUS_COIL || access->table == MODBUS_DISCRETE;
}

static uint8_t judge(const struct field *f, const struct server_access *access)
{
	if (!is_bits(access) && access->count > f->longest) {
		return PDU_ILLEGAL_VALUE;
	}
	for (uint32_t i = access->address; i < access->address + (uint32_t)access->count;
	     i++) {
		if (f->closed || i >= SIZE || f->illegal[i]) {
			return PDU_ILLEGAL_ADDRESS;
		}
	}
	return 0;
}

static uint8_t on_access(void *arg, const struct server_access *access)
{
	struct field *f = arg;
	uint8_t code = f->once ? PDU_ILLEGAL_ADDRESS : judge(f, access);

	f->once = false;
	f->n_asked++;
	ahead_ns += f->slow_ns;
	if (code == 0) {
		return image_access(&f->image, access);
	}
	for (size_t i = 0; i < f->n_refused; i++) {
		const struct server_access *before = &f->refused[i];

		f->n_repeated += before->table == access->table &&
		                 before->address == access->address &&
		                 before->count == access->count;
	}
	assert_in_range(f->n_refused, 0, REFUSED_MAX - 1);
	f->refused[f->n_refused++] = *access;
	return code;
}

static void set_up(struct field *f)
{
	static const uint32_t sizes[] = {SIZE, SIZE, SIZE, SIZE};
	const struct server_hooks hooks = {.access = on_access, .arg = f};
	struct sockaddr_in address;

	memset(f, 0, sizeof(*f));
	ahead_ns = 0;
	f->longest = 125;
	modbus_rig_init(&f->rig, "");
	f->rig.env.now_ns = now_ns;
	f->rig.periods_ms[0] = 60000; /* time enough for everything */
	f->rig.periods_ms[1] = 60001;
	assert_int_equal(image_init(&f->image, sizes), 0);
	uv_ip4_addr("127.0.0.1", 0, &address);
	assert_int_equal(server_open(&f->server, &f->rig.loop,
	                             (struct sockaddr *)&address, &hooks),
	                 0);
	snprintf(f->rig.address, sizeof(f->rig.address), "tcp://127.0.0.1:%u",
	         server_port(f->server));
	for (uint16_t i = 0; i < SIZE; i++) {
		f->image.holding[i] = (uint16_t)(i + 1000);
	}
}

static void tear_down(struct field *f)
{
	server_close(f->server);
	modbus_rig_fini(&f->rig);
	image_fini(&f->image);
}

static struct encoding *add(struct field *f, const char *table, uint32_t address,
                            enum value_type type)
{
	char *at = f->at[f->rig.config.n_points];

	snprintf(at, sizeof(f->at[0]), "%s:%u", table, address);
	return modbus_rig_point(&f->rig, at, type, 0);
}

static void refuse(struct field *f, uint32_t first, uint32_t last)
{
	for (uint32_t i = first; i <= last; i++) {
		f->illegal[i] = true;
	}
}

static bool is_legal(const struct field *f, const struct point *point)
{
	const struct server_access access = {
		.table = (enum modbus_table)point->space,
		.address = f->rig.config.limits.start_at_zero ? 0
	                                                      : (uint16_t)point->address,
		.count = (uint16_t)(value_registers(point) +
	                            (f->rig.config.limits.start_at_zero ? point->address
	                                                                : 0))};

	return judge(f, &access) == 0;
}

/* Read, and see that just the illegal points are bad, by the device's own word. */
static void read_all(struct field *f, uint32_t due)
{
	struct modbus_rig *rig = &f->rig;

	assert_int_equal(modbus_rig_read(rig, due), 0);
	for (size_t i = 0; i < rig->config.n_points; i++) {
		const struct reading *r = &rig->readings[i];
		bool good = r->quality == QUALITY_GOOD;

		if (!(due >> rig->points[i].group & 1)) {
			continue;
		}
		if (good != is_legal(f, &rig->points[i])) {
			fail_msg("%s: quality %u reason %u code %u", rig->points[i].at,
			         r->quality, r->reason, r->code);
		}
		if (!good) {
			assert_int_equal(r->reason, REASON_EXCEPTION);
			assert_int_equal(r->code, PDU_ILLEGAL_ADDRESS);
		}
	}
}

static void only_the_bad_point_is_bad_and_it_is_asked_for_once(void **state)
{
	struct field f;
	size_t n;

	(void)state;
	set_up(&f);
	for (uint32_t i = 0; i < 40; i++) {
		add(&f, "holding", i, TYPE_UINT16);
	}
	refuse(&f, 23, 23);
	modbus_rig_open(&f.rig);
	read_all(&f, 1);
	assert_in_range(f.n_refused, 2, 7); /* 40, 20, 10, 5, 3, 1 */
	assert_int_equal(f.rig.device->holes.n, 1);
	assert_int_equal(f.rig.device->holes.items[0].range.first, 23);
	assert_int_equal(f.rig.device->holes.items[0].range.last, 23);
	assert_int_equal(f.rig.device->holes.items[0].code, PDU_ILLEGAL_ADDRESS);
	n = f.n_asked;
	for (int i = 0; i < 5; i++) {
		read_all(&f, 1);
	}
	assert_int_equal(f.n_asked, n + 5 * 2);
	assert_int_equal(f.n_repeated, 0);
	assert_int_equal(f.rig.device->stats.n_blocks, 2);
	assert_int_equal(server_stats(f.server).accepted, 1);
	tear_down(&f);
}

static void gap_is_not_bridged_any_more(void **state)
{
	struct field f;

	(void)state;
	set_up(&f);
	add(&f, "holding", 0, TYPE_UINT16);
	add(&f, "holding", 6, TYPE_FLOAT32);
	add(&f, "holding", 10, TYPE_UINT16);
	refuse(&f, 3, 3);
	modbus_rig_open(&f.rig);
	read_all(&f, 1);
	read_all(&f, 1); /* the gap at 8 was not the cause: shown by now */
	assert_int_equal(f.n_refused, 2);
	f.n_asked = 0;
	read_all(&f, 1);
	read_all(&f, 1);
	assert_int_equal(f.n_asked, 2 * 2 + 0);
	assert_int_equal(f.n_repeated, 0);
	assert_int_equal(f.rig.device->holes.n, 1);
	assert_int_equal(f.rig.device->holes.items[0].range.first, 1);
	assert_int_equal(f.rig.device->holes.items[0].range.last, 5);
	tear_down(&f);
}

static void overlapping_points_are_judged_one_by_one(void **state)
{
	struct field f;

	(void)state;
	set_up(&f);
	add(&f, "holding", 10, TYPE_FLOAT64);
	add(&f, "holding", 10, TYPE_UINT16);
	add(&f, "holding", 12, TYPE_UINT16);
	add(&f, "holding", 13, TYPE_UINT16);
	add(&f, "holding", 13, TYPE_BIT)->length = 3;
	add(&f, "holding", 12, TYPE_FLOAT32);
	refuse(&f, 13, 13);
	modbus_rig_open(&f.rig);
	for (int i = 0; i < 4; i++) {
		read_all(&f, 1);
	}
	assert_int_equal(f.n_repeated, 0);
	tear_down(&f);
}

/* What is refused may be the length: the halves are kept to. */
static void length_of_a_read_is_learned(void **state)
{
	struct field f;
	size_t n;

	(void)state;
	set_up(&f);
	for (uint32_t i = 0; i < 25; i++) {
		add(&f, "holding", 4 * i, TYPE_FLOAT64);
	}
	f.longest = 30;
	modbus_rig_open(&f.rig);
	read_all(&f, 1);
	assert_int_equal(f.n_refused, 3); /* 100, 52, 48 */
	n = f.n_asked;
	read_all(&f, 1);
	assert_int_equal(f.n_refused, 3);
	assert_int_equal(f.n_asked, n + 4);
	tear_down(&f);
}

static size_t read_bad(struct field *f)
{
	size_t n_bad = 0;

	assert_int_equal(modbus_rig_read(&f->rig, 1), 0);
	for (size_t i = 0; i < f->rig.config.n_points; i++) {
		n_bad += f->rig.readings[i].quality != QUALITY_GOOD;
	}
	return n_bad;
}

/* Learning stops where the next cycle is due, but not within ten seconds, and goes on in
 * that one. */
static void long_learning_takes_several_cycles(void **state)
{
	static const struct {
		uint64_t slow_ns; /* a request takes */
		size_t n_bad[4];  /* cycle by cycle */
	} cases[] = {
		{2000000, {1, 1, 1, 1}},
		{1000000000, {1, 1, 1, 1}},
		{4000000000, {8, 2, 1, 1}},
	};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		struct field f;

		set_up(&f);
		f.rig.periods_ms[0] = 1;
		f.slow_ns = cases[k].slow_ns;
		for (uint32_t i = 0; i < 32; i++) {
			add(&f, "holding", i, TYPE_UINT16);
		}
		refuse(&f, 7, 7);
		modbus_rig_open(&f.rig);
		for (size_t cycle = 0; cycle < ARRAY_SIZE(cases[k].n_bad); cycle++) {
			assert_int_equal(read_bad(&f), cases[k].n_bad[cycle]);
		}
		assert_int_equal(f.n_repeated, 0);
		assert_int_equal(f.rig.device->holes.n, 1);
		tear_down(&f);
	}
}

static void hole_is_doubted_rarely_and_refuted(void **state)
{
	struct field f;

	(void)state;
	set_up(&f);
	add(&f, "holding", 0, TYPE_UINT16);
	add(&f, "holding", 1, TYPE_UINT16);
	add(&f, "holding", 90, TYPE_UINT16);
	refuse(&f, 1, 1);
	refuse(&f, 90, 90);
	modbus_rig_open(&f.rig);
	read_all(&f, 1);
	assert_int_equal(f.rig.device->holes.n, 2);
	assert_int_equal(f.n_repeated, 0);
	ahead_ns += (HOLES_WAIT_S + 1) * UINT64_C(1000000000);
	for (int i = 0; i < 5; i++) {
		read_all(&f, 1);
	}
	assert_int_equal(f.n_repeated, 2);
	f.illegal[1] = f.illegal[90] = false;
	ahead_ns += (2 * HOLES_WAIT_S + 1) * UINT64_C(1000000000);
	assert_int_equal(modbus_rig_read(&f.rig, 1), 0); /* both, one after the other */
	read_all(&f, 1);
	assert_int_equal(f.rig.device->holes.n, 0);
	assert_int_equal(f.n_repeated, 2);
	tear_down(&f);
}

/* A controller that is not started yet refuses everything: one request a cycle, and all
 * is there at once when it runs. */
/* A module that is away for a while is no hole of ten minutes. */
static void what_was_answered_before_is_doubted_soon(void **state)
{
	struct field f;

	(void)state;
	set_up(&f);
	for (uint32_t i = 0; i < 16; i++) {
		add(&f, "holding", i, TYPE_UINT16);
	}
	modbus_rig_open(&f.rig);
	read_all(&f, 1);
	f.once = true;
	read_all(&f, 1); /* it did not mean it */
	assert_int_equal(f.rig.device->holes.n, 0);
	refuse(&f, 4, 7);
	read_all(&f, 1);
	assert_true(f.rig.device->holes.n > 0);
	f.n_refused = 0;
	ahead_ns += 9 * UINT64_C(1000000000);
	read_all(&f, 1);
	assert_int_equal(f.n_refused, 0);
	memset(f.illegal, 0, sizeof(f.illegal));
	ahead_ns += 2 * UINT64_C(1000000000);
	assert_int_equal(modbus_rig_read(&f.rig, 1), 0); /* asks again, and all of it */
	read_all(&f, 1);
	assert_int_equal(f.rig.device->holes.n, 0);
	assert_int_equal(f.rig.device->stats.n_blocks, 1);
	tear_down(&f);
}

static void device_that_refuses_all_recovers_at_once(void **state)
{
	struct field f;
	size_t n;

	(void)state;
	set_up(&f);
	for (uint32_t i = 0; i < 20; i++) {
		add(&f, "holding", 3 * i, TYPE_UINT16);
	}
	f.closed = true;
	modbus_rig_open(&f.rig);
	read_all(&f, 1);
	n = f.n_asked;
	read_all(&f, 1);
	read_all(&f, 1);
	assert_int_equal(f.n_asked, n + 2);
	f.closed = false;
	assert_int_equal(modbus_rig_read(&f.rig, 1), 0);
	read_all(&f, 1);
	assert_int_equal(f.rig.device->holes.n, 0);
	tear_down(&f);
}

/* A group of nothing but refused points costs one small legal request a cycle. */
static void group_of_refused_points_asks_whether_the_device_is_there(void **state)
{
	struct field f;

	(void)state;
	set_up(&f);
	add(&f, "holding", 100, TYPE_UINT16);
	f.rig.points[f.rig.config.n_points - 1].group = 1;
	add(&f, "holding", 5, TYPE_FLOAT32);
	refuse(&f, 100, 100);
	modbus_rig_open(&f.rig);
	read_all(&f, 3);
	f.n_asked = 0;
	read_all(&f, 2);
	assert_int_equal(f.n_asked, 1);
	assert_int_equal(f.n_refused, 1);
	assert_int_equal(modbus_rig_probe(&f.rig), 0);
	assert_int_equal(f.n_refused, 1);
	server_close(f.server);
	f.rig.config.timeout_ms = 100;
	assert_true(modbus_rig_read(&f.rig, 2) < 0);
	assert_true(f.rig.readings[0].reason != REASON_EXCEPTION);
	modbus_rig_fini(&f.rig);
	image_fini(&f.image);
}

static void holes_of_an_earlier_run_are_kept_to(void **state)
{
	static const struct device_hole holes[] = {
		{{MODBUS_HOLDING, 1, 1}, {MODBUS_HOLDING, 1, 1}, 2, false},
		{{MODBUS_HOLDING, 150, 150},
	         {MODBUS_HOLDING, 140, 160},
	         2,
	         false}, /* omitted */
		{{MODBUS_HOLDING, 0, 130},
	         {MODBUS_HOLDING, 0, 130},
	         3,
	         false}, /* too long */
		{{MODBUS_HOLDING, 9, 8}, {MODBUS_HOLDING, 9, 8}, 2, false},
		{{MODBUS_HOLDING, 9, 9}, {MODBUS_HOLDING, 10, 11}, 2, false},
		{{7, 9, 9}, {7, 9, 9}, 2, false},
	};
	static const struct device_range omit = {MODBUS_HOLDING, 155, 155};
	struct field f;

	(void)state;
	set_up(&f);
	f.rig.config.limits.omit = &omit;
	f.rig.config.limits.n_omit = 1;
	for (uint32_t i = 0; i < 3; i++) {
		add(&f, "holding", i, TYPE_UINT16);
	}
	refuse(&f, 1, 1);
	f.rig.config.holes = holes;
	f.rig.config.n_holes = ARRAY_SIZE(holes);
	modbus_rig_open(&f.rig);
	assert_int_equal(f.rig.device->holes.n, 1);
	read_all(&f, 1);
	ahead_ns += 590 * UINT64_C(1000000000);
	read_all(&f, 1);
	assert_int_equal(f.n_refused, 0);
	ahead_ns += 20 * UINT64_C(1000000000); /* ten minutes after the start */
	read_all(&f, 1);
	read_all(&f, 1);
	assert_int_equal(f.n_refused, 1);
	f.rig.driver->doubt_holes(f.rig.device);
	read_all(&f, 1);
	read_all(&f, 1);
	assert_int_equal(f.n_refused, 2);
	tear_down(&f);
}

/* Any map, any holes, any limits: legal points are good in every cycle, whatever groups
 * are due, and nothing that was refused is asked again. */
static void random_fields_are_learned(void **state)
{
	static const enum value_type types[] = {TYPE_UINT16, TYPE_FLOAT32, TYPE_FLOAT64};

	(void)state;
	for (int round = 0; round < 700; round++) {
		struct device_limits *limits;
		bool legal = false; /* anything; else one refusal a cycle is repeated */
		struct field f;

		if (round % 350 == 0) {
			srand(round ? 60 : 19); /* both have found faults */
		}
		set_up(&f);
		limits = &f.rig.config.limits;
		limits->in_flight = (uint16_t)(1 + rand() % 4);
		limits->max_gap = (uint16_t)(rand() % 20);
		limits->one_per_request = rand() % 10 == 0;
		limits->start_at_zero = rand() % 10 == 0;
		for (int i = 1 + rand() % 60; i > 0; i--) {
			bool coil = rand() % 4 == 0;
			uint32_t address = (uint32_t)rand() % 110;
			enum value_type type = types[rand() % 3];

			add(&f, coil ? "coil" : "holding", address,
			    coil ? TYPE_BOOL : type);
			f.rig.points[f.rig.config.n_points - 1].group = (uint32_t)rand() %
			                                                2;
		}
		for (int i = rand() % 6; i > 0; i--) {
			uint32_t first = (uint32_t)rand() % 110;
			uint32_t last = first + (uint32_t)rand() % 5;

			refuse(&f, first, last);
		}
		modbus_rig_open(&f.rig);
		for (int cycle = 0; cycle < 10; cycle++) {
			uint32_t due = 1 + (uint32_t)rand() % 3;
			bool any = false;

			for (size_t i = 0; i < f.rig.config.n_points; i++) {
				any = any || (due >> f.rig.points[i].group & 1);
			}
			if (any) {
				read_all(&f, due);
			}
		}
		for (size_t i = 0; i < f.rig.config.n_points; i++) {
			legal = legal || is_legal(&f, &f.rig.points[i]);
		}
		if (legal && f.n_repeated > 0) {
			fail_msg("round %d: %zu repeated", round, f.n_repeated);
		}
		tear_down(&f);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_bad_point_is_bad_and_it_is_asked_for_once),
		cmocka_unit_test(gap_is_not_bridged_any_more),
		cmocka_unit_test(overlapping_points_are_judged_one_by_one),
		cmocka_unit_test(length_of_a_read_is_learned),
		cmocka_unit_test(long_learning_takes_several_cycles),
		cmocka_unit_test(hole_is_doubted_rarely_and_refuted),
		cmocka_unit_test(what_was_answered_before_is_doubted_soon),
		cmocka_unit_test(device_that_refuses_all_recovers_at_once),
		cmocka_unit_test(
			group_of_refused_points_asks_whether_the_device_is_there),
		cmocka_unit_test(holes_of_an_earlier_run_are_kept_to),
		cmocka_unit_test(random_fields_are_learned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
