/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/drivers/modbus_rig.h"
#include "tests/loop_wait.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static uint64_t now_ns(void)
{
	return uv_hrtime();
}

void modbus_rig_init(struct modbus_rig *rig, const char *address)
{
	memset(rig, 0, sizeof(*rig));
	assert_int_equal(uv_loop_init(&rig->loop), 0);
	rig->env = (struct driver_env){
		.loop = &rig->loop, .now_ns = now_ns, .shared = &rig->shared};
	rig->driver = driver_find("modbus");
	assert_non_null(rig->driver);
	snprintf(rig->address, sizeof(rig->address), "%s", address);
	rig->periods_ms[0] = 100;
	rig->periods_ms[1] = 1000;
	rig->config = (struct device_config){
		.id = "pump",
		.driver = "modbus",
		.address = rig->address,
		.unit = 1,
		.timeout_ms = 5000,
		.limits = {.max_registers = 125,
	                   .max_bits = 2000,
	                   .max_gap = 10,
	                   .in_flight = 1},
		.points = rig->points,
		.periods_ms = rig->periods_ms,
		.n_periods = 2,
	};
}

struct encoding *modbus_rig_point(struct modbus_rig *rig, const char *at,
                                  enum value_type type, uint16_t length)
{
	struct encoding *encoding = &rig->encodings[rig->config.n_points];
	struct point *point = &rig->points[rig->config.n_points];
	const char *why = "";

	assert_in_range(rig->config.n_points, 0, MODBUS_RIG_POINTS - 1);
	*encoding = (struct encoding){.scale = 1, .length = length, .type = type};
	*point = (struct point){
		.at = at, .encoding = encoding, .tag = (uint32_t)rig->config.n_points++};
	if (rig->driver->parse_point(point, &why)) {
		fail_msg("%s: %s", at, why);
	}
	return encoding;
}

void modbus_rig_grouped(struct modbus_rig *rig, const char *at, enum value_type type,
                        uint32_t group)
{
	modbus_rig_point(rig, at, type, 0);
	rig->points[rig->config.n_points - 1].group = group;
}

void modbus_rig_open(struct modbus_rig *rig)
{
	const char *why = "";

	if (rig->driver->open(&rig->device, &rig->env, &rig->config, &why)) {
		fail_msg("%s: %s", rig->address, why);
	}
}

static void on_block(void *arg, uint64_t received_ns, const struct reading *r, size_t n)
{
	struct modbus_rig *rig = arg;

	assert_true(received_ns <= rig->env.now_ns());
	rig->n_blocks++;
	for (size_t i = 0; i < n; i++) {
		struct reading *kept = &rig->readings[r[i].tag];

		*kept = r[i];
		rig->n_brought[r[i].tag]++;
		rig->received_ns[r[i].tag] = received_ns;
		if (kept->value.kind == VALUE_TEXT) {
			snprintf(rig->texts[r[i].tag], sizeof(rig->texts[0]), "%s",
			         r[i].value.text);
			kept->value.text = rig->texts[r[i].tag];
		}
	}
	if (rig->on_block) {
		rig->on_block(rig);
	}
}

static void on_done(void *arg, int err)
{
	struct modbus_rig *rig = arg;

	rig->err = err;
	rig->n_done++;
}

void modbus_rig_written(void *arg, int err, uint16_t code)
{
	struct modbus_rig *rig = arg;

	rig->err = err;
	rig->code = code;
	rig->n_done++;
}

void modbus_rig_start(struct modbus_rig *rig, uint32_t due)
{
	const struct read_sink sink = {on_block, on_done, rig};

	memset(rig->n_brought, 0, sizeof(rig->n_brought));
	rig->n_blocks = 0;
	assert_int_equal(rig->driver->read(rig->device, due, &sink), 0);
}

void modbus_rig_wait(struct modbus_rig *rig, size_t n)
{
	while (rig->n_done < n) {
		loop_turn(&rig->loop);
	}
	assert_int_equal(rig->n_done, n);
}

int modbus_rig_read(struct modbus_rig *rig, uint32_t due)
{
	size_t n = rig->n_done + 1;

	modbus_rig_start(rig, due);
	modbus_rig_wait(rig, n);
	for (size_t i = 0; i < rig->config.n_points; i++) {
		assert_int_equal(rig->n_brought[i], due >> rig->points[i].group & 1);
	}
	return rig->err;
}

int modbus_rig_write(struct modbus_rig *rig, size_t i, struct value value)
{
	size_t n = rig->n_done + 1;
	int err = rig->driver->write(rig->device, &rig->points[i], &value,
	                             modbus_rig_written, rig);

	if (err) {
		return err;
	}
	assert_int_equal(rig->n_done, n - 1); /* later, never from within */
	modbus_rig_wait(rig, n);
	return rig->err;
}

int modbus_rig_probe(struct modbus_rig *rig)
{
	size_t n = rig->n_done + 1;

	assert_int_equal(rig->driver->probe(rig->device, on_done, rig), 0);
	modbus_rig_wait(rig, n);
	return rig->err;
}

void modbus_rig_close(struct modbus_rig *rig)
{
	if (rig->device) {
		rig->driver->close(rig->device);
	}
	rig->device = NULL;
}

void modbus_rig_fini(struct modbus_rig *rig)
{
	modbus_rig_close(rig);
	uv_run(&rig->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&rig->loop), 0);
	assert_null(rig->shared);
}
