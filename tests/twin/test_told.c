/* SPDX-License-Identifier: Apache-2.0 */
/* A tag whose expectation is told: level and spread stand still, the tests are those of
 * any tag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "noise.h"
#include "twin/twin.h"

enum { N = 800, RUN = 80, MEAN = 1000, SIGMA = 20 };

struct bench {
	struct twin *twin;
	struct told_level told;
	uint64_t seed;
	int64_t t_ns;
	struct estimate e;
};

static const struct tag_kind rate = {
	.unit = "1/h", .min = NAN, .max = NAN, .type = TYPE_FLOAT64, .analog = true};
static const struct tag tags[] = {
	{.device = "line", .name = "throughput", .kind = &rate, .period_ms = 900000}};
static const uint32_t told[] = {0};
static const struct twin_config config = {.tags = tags,
                                          .n_tags = 1,
                                          .learn = 1800,
                                          .false_alarm = 1e-4,
                                          .told = told,
                                          .n_told = 1};

static void setup(struct bench *b)
{
	double x[N];

	*b = (struct bench){.seed = 7};
	for (size_t i = 0; i < N; i++) {
		x[i] = MEAN + SIGMA * noise_normal(&b->seed);
	}
	told_learn(&b->told, x, (const size_t[]){N, RUN}, 1);
	assert_int_equal(twin_new(&b->twin, &config), 0);
}

static enum tag_state give(struct bench *b, enum quality quality, double x)
{
	const struct reading r = {.quality = (uint8_t)quality,
	                          .value = quality < QUALITY_STALE ? value_real(x)
	                                                           : (struct value){0}};

	b->t_ns += INT64_C(900000000000);
	twin_merge(b->twin, b->t_ns, &r, 1, &b->e);
	return (enum tag_state)b->e.state;
}

static void simulated_readings_tell_level_spread_and_limits(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	assert_true(told_is_valid(&b.told));
	assert_float_equal(b.told.mean, MEAN, 2);
	assert_float_equal(b.told.sigma, SIGMA, 1.5);
	/* of independent readings 0.1 / 1.9 */
	assert_in_range((int)(b.told.variance * 1e4), 526, 800);
	assert_true(b.told.z_max > 2.5 && b.told.z_max < 5);
	assert_true(b.told.w_max > 0.4 && b.told.w_max < 1.3);
	told_learn(&b.told, (const double[]){5, 5, 5, 5}, (const size_t[]){4, 4}, 0.5);
	assert_float_equal(b.told.sigma, 0.5, 0);
	twin_free(b.twin);
}

static void it_learns_until_it_is_told(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	assert_int_equal(give(&b, QUALITY_GOOD, 3), STATE_LEARNING);
	assert_true(isnan(b.e.predicted) && isnan(b.e.score) && !b.e.drift);
	twin_expect(b.twin, 0, &b.told);
	assert_int_equal(give(&b, QUALITY_GOOD, MEAN), STATE_HEALTHY);
	assert_float_equal(b.e.predicted, b.told.mean, 1e-9);
	assert_float_equal(b.e.sigma, b.told.sigma, 1e-3);
	twin_expect(b.twin, 0, NULL);
	assert_int_equal(give(&b, QUALITY_GOOD, MEAN), STATE_LEARNING);
	twin_free(b.twin);
}

static void it_drifts_as_any_tag_and_its_level_stays(void **state)
{
	struct explanation why;
	struct bench b;
	int until = 0;

	(void)state;
	setup(&b);
	twin_expect(b.twin, 0, &b.told);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(
			give(&b, QUALITY_GOOD, MEAN + SIGMA * noise_normal(&b.seed)),
			STATE_HEALTHY);
		assert_true(b.e.score < 1 && !b.e.drift);
	}
	while (give(&b, QUALITY_GOOD, MEAN - 4 * SIGMA) != STATE_DRIFT) {
		assert_true(++until < 20);
	}
	assert_true(b.e.drift && b.e.score > 1);
	assert_float_equal(b.e.predicted, b.told.mean, 1e-9);
	twin_explain(b.twin, 0, &why);
	assert_string_equal(why.method, "ewma");
	assert_true(why.threshold > 0 && why.off < 0);
	assert_int_equal(why.blamed[0], 0);
	/* told the same again, it is in drift all the same */
	twin_expect(b.twin, 0, &b.told);
	assert_int_equal(give(&b, QUALITY_GOOD, MEAN - 4 * SIGMA), STATE_DRIFT);
	for (until = 0; give(&b, QUALITY_GOOD, MEAN) != STATE_HEALTHY; until++) {
		assert_true(until < 20);
	}
	twin_free(b.twin);
}

/* Silence, however long, takes nothing from what was told. */
static void what_is_not_good_is_not_judged(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	twin_expect(b.twin, 0, &b.told);
	assert_int_equal(give(&b, QUALITY_GOOD, MEAN), STATE_HEALTHY);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(give(&b, QUALITY_UNCERTAIN, 0), STATE_HEALTHY);
		assert_true(isnan(b.e.score) && b.e.quality == QUALITY_UNCERTAIN);
		assert_int_equal(give(&b, QUALITY_BAD, 0), STATE_BAD);
		assert_false(b.e.drift);
	}
	b.t_ns += INT64_C(30) * 86400 * 1000000000;
	assert_int_equal(give(&b, QUALITY_GOOD, MEAN), STATE_HEALTHY);
	assert_true(b.e.score < 0.1);
	assert_int_equal(give(&b, QUALITY_GOOD, MEAN + 30 * SIGMA), STATE_SPIKE);
	twin_free(b.twin);
}

static void wrong_configurations_are_refused(void **state)
{
	static const uint32_t beyond[] = {1};
	struct twin_config wrong = config;
	struct twin *twin = NULL;

	(void)state;
	wrong.told = beyond;
	assert_int_equal(twin_new(&twin, &wrong), -EINVAL);
	wrong = config;
	wrong.n_field_tags = 1;
	assert_int_equal(twin_new(&twin, &wrong), -EINVAL);
	assert_null(twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simulated_readings_tell_level_spread_and_limits),
		cmocka_unit_test(it_learns_until_it_is_told),
		cmocka_unit_test(it_drifts_as_any_tag_and_its_level_stays),
		cmocka_unit_test(what_is_not_good_is_not_judged),
		cmocka_unit_test(wrong_configurations_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
