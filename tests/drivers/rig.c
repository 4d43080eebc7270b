/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/drivers/rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { TURNS_MAX = 1000000 };

static const uint64_t start_ns = 1000000000000U;
static const uint32_t period_ms = 100;

uint64_t rig_now_ns;

static uint64_t now_ns(void)
{
	return rig_now_ns;
}

void rig_init(struct rig *r, const char *driver, const char *address)
{
	memset(r, 0, sizeof(*r));
	rig_now_ns = start_ns;
	assert_int_equal(uv_loop_init(&r->loop), 0);
	r->env = (struct driver_env){
		.loop = &r->loop, .now_ns = now_ns, .shared = &r->shared};
	r->driver = driver_find(driver);
	assert_non_null(r->driver);
	r->config = (struct device_config){.id = "device",
	                                   .driver = driver,
	                                   .address = address,
	                                   .timeout_ms = 500,
	                                   .points = r->points,
	                                   .periods_ms = &period_ms,
	                                   .n_periods = 1};
}

struct encoding *rig_point(struct rig *r, const char *at, enum value_type type)
{
	struct encoding *encoding = &r->encodings[r->config.n_points];
	struct point *point = &r->points[r->config.n_points];
	const char *why = "";

	*encoding = (struct encoding){.scale = 1, .type = type};
	*point = (struct point){
		.at = at, .encoding = encoding, .tag = (uint32_t)r->config.n_points};
	if (r->driver->parse_point(point, &why)) {
		fail_msg("%s: %s", at, why);
	}
	r->config.n_points++;
	return encoding;
}

void rig_open(struct rig *r)
{
	const char *why = "";

	if (r->driver->open(&r->device, &r->env, &r->config, &why)) {
		fail_msg("open: %s", why);
	}
	assert_ptr_equal(r->device->driver, r->driver);
	assert_ptr_equal(r->device->config, &r->config);
}

static void on_block(void *arg, uint64_t received_ns, const struct reading *readings,
                     size_t n)
{
	struct rig *r = arg;

	assert_true(received_ns == rig_now_ns);
	for (size_t i = 0; i < n; i++) {
		assert_true(readings[i].tag < r->config.n_points);
		r->readings[readings[i].tag] = readings[i];
		r->n_brought++;
	}
}

static void on_done(void *arg, int err)
{
	struct rig *r = arg;

	r->n_done++;
	r->err = err;
}

static void on_write_done(void *arg, int err, uint16_t code)
{
	on_done(arg, err);
}

/* The thread pool takes what it takes: turn until done. */
static void await(struct rig *r, size_t n_done)
{
	for (int turn = 0; turn < TURNS_MAX && r->n_done < n_done; turn++) {
		uv_run(&r->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(r->n_done, n_done);
}

int rig_read(struct rig *r, double t_s)
{
	struct read_sink sink = {.block = on_block, .done = on_done, .arg = r};
	size_t before = r->n_done;

	rig_now_ns = start_ns + (uint64_t)(t_s * 1e9);
	r->n_brought = 0;
	assert_int_equal(r->driver->read(r->device, 1, &sink), 0);
	assert_int_equal(r->n_done, before); /* later, never within the call */
	await(r, before + 1);
	assert_int_equal(r->n_brought, r->config.n_points);
	return r->err;
}

double rig_value(const struct rig *r, size_t i)
{
	return value_number(&r->readings[i].value);
}

int rig_write(struct rig *r, size_t i, double value)
{
	struct value v = value_real(value);
	size_t before = r->n_done;
	int err = r->driver->write(r->device, &r->points[i], &v, on_write_done, r);

	if (err) {
		return err;
	}
	await(r, before + 1);
	return r->err;
}

int rig_probe(struct rig *r)
{
	size_t before = r->n_done;

	assert_int_equal(r->driver->probe(r->device, on_done, r), 0);
	await(r, before + 1);
	return r->err;
}

void rig_fini(struct rig *r)
{
	if (r->device) {
		r->driver->close(r->device);
	}
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&r->loop), 0);
}
