/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/plant/instrument.h"

static void near(const char *what, double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance)) {
		fail_msg("%s: %.12g, not %.12g", what, got, want);
	}
}

static void sensor_shows_what_it_was_bought_for(void **state)
{
	static const struct {
		const char *name;
		struct sensor_config config;
		double truth, want;
	} cases[] = {
		{"plain", {.gain = 1, .min = 0, .max = 10}, 3.3, 3.3},
		{"gain and bias",
	         {.gain = 3600, .bias = 1, .min = 0, .max = 9},
	         0.001,
	         4.6},
		{"quantised", {.gain = 1, .resolution = 0.25, .max = 10}, 3.3, 3.25},
		{"over range", {.gain = 1, .min = 0, .max = 10}, 12, 10},
		{"under range", {.gain = 1, .min = 4, .max = 20}, 0, 4},
		{"lag starts settled", {.gain = 1, .lag_s = 5, .max = 10}, 3.3, 3.3},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sensor s;

		sensor_init(&s, &cases[i].config, 1, 0);
		near(cases[i].name, sensor_sample(&s, cases[i].truth, 0.1), cases[i].want,
		     1e-12);
	}
	(void)state;
}

static void sensor_lags(void **state)
{
	static const struct sensor_config config = {.gain = 1, .lag_s = 2, .max = 10};
	struct sensor s;

	sensor_init(&s, &config, 1, 0);
	sensor_sample(&s, 1, 0.1);
	for (int i = 0; i < 20; i++) {
		sensor_sample(&s, 2, 0.1);
	}
	near("after one lag", s.measured, 2 - exp(-1), 1e-12);
	(void)state;
}

static void sensor_noise_has_its_width_and_grows_by_fault(void **state)
{
	static const struct sensor_config config = {
		.gain = 1, .noise = 0.5, .min = -100, .max = 100};
	static const double factors[] = {1, 4};
	enum { N = 20000 };

	for (size_t i = 0; i < ARRAY_SIZE(factors); i++) {
		struct sensor s;
		double sum = 0, square = 0;

		sensor_init(&s, &config, 7, 3);
		s.fault.noise_factor = factors[i];
		for (int k = 0; k < N; k++) {
			double x = sensor_sample(&s, 10, 0.1) - 10;

			sum += x;
			square += x * x;
		}
		near("mean", sum / N, 0, 0.02 * factors[i]);
		near("width", sqrt(square / N), 0.5 * factors[i], 0.01 * factors[i]);
	}
	(void)state;
}

static void actuator_keeps_rate_range_and_dead_band(void **state)
{
	static const struct actuator_config config = {
		.min = 0, .max = 50, .rate = 10, .dead_band = 0.5, .start = 20};
	static const struct {
		double command, want;
	} moves[] = {{20.4, 20}, {25, 21},     {25, 22},     {-30, 21},
	             {NAN, 20},  {20.5, 20.5}, {20.1, 20.5}, {20.9, 20.5}};
	struct actuator a;

	actuator_init(&a, &config);
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
		near("move", actuator_move(&a, moves[i].command, 0.1), moves[i].want,
		     1e-9);
	}
	a.stuck = true;
	near("stuck", actuator_move(&a, 50, 0.1), 20.5, 1e-9);
	(void)state;
}

static void random_streams_differ_and_repeat(void **state)
{
	struct rng a, b, c, d;

	rng_init(&a, 1, 2);
	rng_init(&b, 1, 2);
	rng_init(&c, 2, 1);
	rng_init(&d, 1, 3);
	for (int i = 0; i < 1000; i++) {
		double x = rng_uniform(&a);

		assert_true(x > 0 && x < 1);
		assert_true(x == rng_uniform(&b));
		assert_true(x != rng_uniform(&c));
		assert_true(x != rng_uniform(&d));
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sensor_shows_what_it_was_bought_for),
		cmocka_unit_test(sensor_lags),
		cmocka_unit_test(sensor_noise_has_its_width_and_grows_by_fault),
		cmocka_unit_test(actuator_keeps_rate_range_and_dead_band),
		cmocka_unit_test(random_streams_differ_and_repeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
