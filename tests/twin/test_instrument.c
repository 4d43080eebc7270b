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

/* A sensor at the signal as it is, its noise of that seed and stream. */
static void start(struct sensor *s, const struct sensor_config *c, uint64_t stream)
{
	static double past[64];
	struct rng noise;

	rng_init(&noise, 1, stream);
	sensor_init(s, c, &noise, past, ARRAY_SIZE(past));
}

static void sensor_shows_what_it_was_bought_for(void **state)
{
	static const struct {
		const char *name;
		struct sensor_config config;
		double truth, want;
	} cases[] = {
		{"plain", {.from = {0, 1, 0}, .gain = 1, .min = 0, .max = 10}, 3.3, 3.3},
		{"gain and bias",
	         {.from = {0, 1, 0}, .gain = 3600, .bias = 1, .min = 0, .max = 9},
	         0.001,
	         4.6},
		{"quantised",
	         {.from = {0, 1, 0}, .gain = 1, .resolution = 0.25, .max = 10},
	         3.3,
	         3.25},
		{"over range",
	         {.from = {0, 1, 0}, .gain = 1, .min = 0, .max = 10},
	         12,
	         10},
		{"under range",
	         {.from = {0, 1, 0}, .gain = 1, .min = 4, .max = 20},
	         0,
	         4},
		{"other unit", {.from = {0, 3600, -1}, .gain = 2, .max = 10}, 0.001, 5.2},
		{"lag starts settled",
	         {.from = {0, 1, 0}, .gain = 1, .lag_s = 5, .max = 10},
	         3.3,
	         3.3},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sensor s;

		start(&s, &cases[i].config, 0);
		near(cases[i].name, sensor_sample(&s, cases[i].truth, 0.1), cases[i].want,
		     1e-12);
	}
	(void)state;
}

static void sensor_lags(void **state)
{
	static const struct sensor_config config = {
		.from = {0, 1, 0}, .gain = 1, .lag_s = 2, .max = 10};
	struct sensor s;

	start(&s, &config, 0);
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
		.from = {0, 1, 0}, .gain = 1, .noise = 0.5, .min = -100, .max = 100};
	static const double factors[] = {1, 4};
	enum { N = 20000 };

	for (size_t i = 0; i < ARRAY_SIZE(factors); i++) {
		struct sensor s;
		double sum = 0, square = 0;

		start(&s, &config, 3);
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
		.from = {0, 1, 0}, .max = 50, .rate = 10, .dead_band = 0.5, .start = 20};
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
	a.fault.jammed = true;
	near("stuck", actuator_move(&a, 50, 0.1), 20.5, 1e-9);
	(void)state;
}

static void sensor_samples_at_its_period(void **state)
{
	static const struct sensor_config config = {
		.from = {0, 1, 0}, .gain = 1, .period_s = 0.3, .max = 100};
	struct sensor s;

	(void)state;
	start(&s, &config, 0);
	for (int i = 0; i < 1000; i++) {
		near("period", sensor_sample(&s, i % 60, 0.1), i / 3 * 3 % 60, 1e-12);
	}
}

static void sensor_drifts_with_its_age(void **state)
{
	static const struct sensor_config config = {
		.from = {0, 1, 0}, .gain = 1, .drift_s = 0.01, .max = 100};
	struct sensor s;

	(void)state;
	start(&s, &config, 0);
	for (int i = 0; i < 100; i++) {
		sensor_sample(&s, 5, 0.1);
	}
	near("after 10 s", s.measured, 5.1, 1e-9);
}

static void sensor_may_be_late(void **state)
{
	static const struct sensor_config config = {
		.from = {0, 1, 0}, .gain = 1, .max = 1000};
	struct sensor s;

	(void)state;
	start(&s, &config, 0);
	for (int i = 1; i < 200; i++) {
		s.fault.delay_s = i < 100 ? 0 : 0.5;
		near("delay", sensor_sample(&s, i, 0.1), i < 100 ? i : i - 5, 1e-12);
	}
	s.fault.delay_s = 100; /* further back than it remembers */
	near("oldest", sensor_sample(&s, 200, 0.1), 200 - 63, 1e-12);
}

static void actuator_lags_and_sticks(void **state)
{
	static const struct actuator_config lagging = {
		.from = {0, 0.5, 0}, .max = 10, .lag_s = 1};
	static const struct actuator_config sticking = {
		.from = {0, 1, 0}, .max = 10, .rate = 10, .stick = 1.5};
	static const struct {
		double command, want;
	} moves[] = {{1, 0}, {1.4, 0}, {2, 1}, {2, 2}, {3, 2}, {4, 3}, {4, 4}, {3, 4}};
	struct actuator a;

	(void)state;
	actuator_init(&a, &lagging);
	for (int i = 0; i < 10; i++) {
		actuator_move(&a, 8, 0.1);
	}
	near("after one lag", a.now, 4 * (1 - exp(-1)), 1e-9);
	a.fault.slow_s = 9;
	near("slow", actuator_move(&a, 8, 0.1), 4 - (4 * exp(-1)) * exp(-0.01), 1e-9);
	actuator_init(&a, &sticking);
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
		near("stick", actuator_move(&a, moves[i].command, 0.1), moves[i].want,
		     1e-9);
	}
	a.fault.stick = 5;
	near("sticks more", actuator_move(&a, 9.9, 0.1), 4, 1e-9);
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
		cmocka_unit_test(sensor_samples_at_its_period),
		cmocka_unit_test(sensor_drifts_with_its_age),
		cmocka_unit_test(sensor_may_be_late),
		cmocka_unit_test(actuator_lags_and_sticks),
		cmocka_unit_test(random_streams_differ_and_repeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
