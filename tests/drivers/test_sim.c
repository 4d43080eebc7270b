/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/drivers/rig.h"
#include "tests/unscaled.h"

static void signal_has_its_value_at_its_time(void **state)
{
	static const struct {
		const char *at;
		double t_s, want;
	} cases[] = {
		{"constant(value=7)", 3, 7},
		{"constant", 3, 0},
		{"sine(period=60s,amplitude=2,offset=10)", 0, 10},
		{"sine(period=60s,amplitude=2,offset=10)", 15, 12},
		{"sine(period=1m,amplitude=2,offset=10)", 45, 8},
		{"sine(period=500ms,phase=0.25)", 0, 1},
		{"ramp(period=10s,from=5,to=15)", 2.5, 7.5},
		{"ramp(period=10,from=5,to=15)", 12.5, 7.5},
		{"ramp(period=10s, from=5, to=-5)", 10, 5},
		{"square(period=4s,low=1,high=2)", 1.9, 2},
		{"square(period=4s,low=1,high=2)", 2.1, 1},
		{"square(period=4s,low=1,high=2,duty=0.75)", 2.1, 2},
		{"noise(sigma=0,mean=4)", 9, 4},
		{"random_walk(sigma=0,start=4)", 9, 4},
		{"sine(period=60s) + constant(value=1)+ramp(period=1h)", 0, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig r;

		rig_init(&r, "sim", "");
		rig_point(&r, cases[i].at, TYPE_FLOAT64);
		rig_open(&r);
		assert_int_equal(rig_read(&r, cases[i].t_s), 0);
		if (fabs(rig_value(&r, 0) - cases[i].want) > 1e-9) {
			fail_msg("%s at %g: %g", cases[i].at, cases[i].t_s,
			         rig_value(&r, 0));
		}
		assert_int_equal(r.readings[0].quality, QUALITY_GOOD);
		rig_fini(&r);
	}
	(void)state;
}

static void what_is_no_signal_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *at;
		enum value_type type;
	} cases[] = {
		{"", TYPE_FLOAT64},
		{"cosine", TYPE_FLOAT64},
		{"sine(", TYPE_FLOAT64},
		{"sine(period=60s", TYPE_FLOAT64},
		{"sine(period=0)", TYPE_FLOAT64},
		{"sine(period=-3s)", TYPE_FLOAT64},
		{"sine(period=60d)", TYPE_FLOAT64},
		{"sine(amplitude=nan)", TYPE_FLOAT64},
		{"sine(amplitude=60s)", TYPE_FLOAT64},
		{"sine(duty=0.5)", TYPE_FLOAT64},
		{"sine(period)", TYPE_FLOAT64},
		{"square(duty=1.5)", TYPE_FLOAT64},
		{"sine() 3", TYPE_FLOAT64},
		{"sine()+", TYPE_FLOAT64},
		{"noise+noise+noise+noise+noise", TYPE_FLOAT64},
		{"memory:256", TYPE_FLOAT64},
		{"memory:-1", TYPE_FLOAT64},
		{"memory:", TYPE_FLOAT64},
		{"sine", TYPE_STRING},
	};
	const struct driver *d = driver_find("sim");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct point p = {.at = cases[i].at,
		                  .encoding = &unscaled[cases[i].type]};
		const char *why = NULL;

		if (d->parse_point(&p, &why) != -EINVAL || !why) {
			fail_msg("taken: %s", cases[i].at);
		}
	}
	(void)state;
}

static void address_may_have_a_seed(void **state)
{
	static const struct {
		const char *address;
		int want;
	} cases[] = {
		{"", 0},
		{"sim://", 0},
		{"sim://?seed=12", 0},
		{"sim://?seed=", -EINVAL},
		{"sim://?seed=1x", -EINVAL},
		{"tcp://127.0.0.1", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *why = NULL;
		int err = driver_find("sim")->parse_address(cases[i].address, &why);

		assert_int_equal(err, cases[i].want);
		assert_true(!err || why);
	}
	(void)state;
}

static void fill(struct rig *r, const char *address, double *values, size_t n)
{
	rig_init(r, "sim", address);
	rig_point(r, "noise(sigma=2,mean=10)", TYPE_FLOAT64);
	rig_point(r, "noise(sigma=2,mean=10)", TYPE_FLOAT64);
	rig_point(r, "random_walk(sigma=1)", TYPE_FLOAT64);
	rig_open(r);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(rig_read(r, 0.1 * (double)i), 0);
		for (size_t k = 0; k < 3; k++) {
			values[3 * i + k] = rig_value(r, k);
		}
	}
	rig_fini(r);
}

static void same_times_give_the_same_noise(void **state)
{
	enum { N = 2000 };
	static double a[3 * N], b[3 * N], other[3 * N];
	double mean = 0, variance = 0, together = 0;
	struct rig r;

	fill(&r, "", a, N);
	fill(&r, "", b, N);
	fill(&r, "sim://?seed=2", other, N);
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, other, sizeof(a));
	for (size_t i = 0; i < N; i++) {
		mean += a[3 * i] / N;
		variance += (a[3 * i] - 10) * (a[3 * i] - 10) / N;
		together += (a[3 * i] - 10) * (a[3 * i + 1] - 10) / N;
	}
	assert_true(fabs(mean - 10) < 0.2);
	assert_true(fabs(variance - 4) < 0.5);
	assert_true(fabs(together) < 0.4); /* two tags: two sequences */
	assert_true(fabs(a[3 * N - 1]) < 5 * sqrt(0.1 * N));
	(void)state;
}

static void value_takes_the_type_and_scale_of_its_point(void **state)
{
	struct rig r;

	rig_init(&r, "sim", NULL);
	rig_point(&r, "constant(value=2.6)", TYPE_INT16);
	rig_point(&r, "constant(value=2.6)", TYPE_UINT16)->scale = 0.5;
	rig_point(&r, "square(period=2s,low=1,high=0)", TYPE_BOOL);
	rig_point(&r, "constant(value=2.5)", TYPE_FLOAT32)->offset = 1;
	rig_open(&r);
	assert_int_equal(rig_read(&r, 1.5), 0);
	assert_int_equal(r.readings[0].value.kind, VALUE_INT);
	assert_int_equal(r.readings[0].value.i64, 3);
	assert_true(rig_value(&r, 1) == 1.5);
	assert_int_equal(r.readings[2].value.kind, VALUE_BOOL);
	assert_true(r.readings[2].value.flag);
	assert_true(rig_value(&r, 3) == 3.5);
	rig_fini(&r);
	(void)state;
}

static void memory_keeps_what_is_written(void **state)
{
	struct rig r;

	rig_init(&r, "sim", "");
	rig_point(&r, "memory:3", TYPE_FLOAT64);
	rig_point(&r, "memory:3", TYPE_UINT16)->scale = 0.5;
	rig_point(&r, "sine", TYPE_FLOAT64);
	rig_open(&r);
	assert_int_equal(rig_write(&r, 0, 12), 0);
	assert_int_equal(rig_read(&r, 1), 0);
	assert_true(rig_value(&r, 0) == 12);
	assert_true(rig_value(&r, 1) == 6);
	assert_int_equal(rig_write(&r, 1, 2.5), 0);
	assert_int_equal(rig_write(&r, 1, 2.25), -ERANGE); /* between two steps */
	assert_int_equal(rig_write(&r, 0, NAN), -ERANGE);
	assert_int_equal(rig_write(&r, 2, 1), -EROFS);
	assert_int_equal(rig_read(&r, 2), 0);
	assert_true(rig_value(&r, 0) == 5);
	assert_int_equal(rig_probe(&r), 0);
	rig_fini(&r);
	(void)state;
}

static void count_done(void *arg, int err, uint16_t code)
{
	assert_int_equal(err, -ECANCELED);
	++*(int *)arg;
}

static void ignore_block(void *arg, uint64_t ns, const struct reading *r, size_t n)
{
}

static void read_canceled(void *arg, int err)
{
	count_done(arg, err, 0);
}

static void close_ends_what_is_under_way(void **state)
{
	struct rig r;
	int n = 0;
	struct read_sink sink = {.block = ignore_block, .done = read_canceled, .arg = &n};
	struct value one = value_real(1);

	rig_init(&r, "sim", "");
	rig_point(&r, "memory:0", TYPE_FLOAT64);
	rig_open(&r);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(
			r.driver->write(r.device, &r.points[0], &one, count_done, &n), 0);
	}
	assert_int_equal(r.driver->write(r.device, &r.points[0], &one, count_done, &n),
	                 -EBUSY);
	assert_int_equal(r.driver->read(r.device, 1, &sink), 0);
	assert_int_equal(r.driver->read(r.device, 1, &sink), -EBUSY);
	rig_fini(&r);
	assert_int_equal(n, 9);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signal_has_its_value_at_its_time),
		cmocka_unit_test(what_is_no_signal_is_refused_with_a_reason),
		cmocka_unit_test(address_may_have_a_seed),
		cmocka_unit_test(same_times_give_the_same_noise),
		cmocka_unit_test(value_takes_the_type_and_scale_of_its_point),
		cmocka_unit_test(memory_keeps_what_is_written),
		cmocka_unit_test(close_ends_what_is_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
