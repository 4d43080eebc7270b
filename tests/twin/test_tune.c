/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "drivers/reading.h"
#include "noise.h"
#include "twin/observer/tune.h"

/* A level that nothing moves but noise. */
static void still(const double *p, const double *x, const double *u, double *dx)
{
	dx[0] = 0;
}

static void itself(const double *p, const double *x, const double *u, double *y)
{
	y[0] = x[0];
}

static const struct model walk = {.n_states = 1, .rates = still, .outputs_of = itself};

enum { ROWS = 2000 };

/* Tune on a random walk of density qc_true seen with variance r_true, believing 1 and
 * r. */
static struct tune_result tuned(double qc_true, double r_true, double r, bool r_known)
{
	const double qc = 1, none = 0;
	const struct observer e = {.model = &walk, .p = &none, .qc = &qc};
	const struct kalman start = {.n = 1, .P = {1}};
	const uint8_t sensor = 0;
	struct tune_result result;
	struct tune t;
	uint64_t seed = 99;
	double x = 0;

	assert_int_equal(tune_init(&t, ROWS, 1), 0);
	tune_start(&t, &start);
	for (int row = 0; row < ROWS; row++) {
		double y;

		x += sqrt(qc_true * 0.1) * noise_normal(&seed);
		y = x + sqrt(r_true) * noise_normal(&seed);
		assert_int_equal(tune_predict(&t, &e, &none, 0.1), 0);
		assert_true(tune_row(&t, 0.1));
		for (size_t i = 0; i < TUNE_FILTERS; i++) {
			struct kalman *k = &t.filter[i];
			struct kalman_rows rows = {
				.n = 1, .nu = {y - k->x[0]}, .H = {1}, .R = {r}};
			struct innovation v;

			assert_int_equal(kalman_innovate(k, &rows, &v), 0);
			tune_record(&t, i, &rows, &sensor, &v);
			assert_int_equal(kalman_update(k, &rows, &v), 0);
		}
	}
	assert_false(tune_row(&t, 0.1));
	result = tune_choose(&t, r_known);
	tune_fini(&t);
	return result;
}

static void noise_is_found_within_what_passes_for_as_good(void **state)
{
	static const double truth[] = {0.3, 1, 10};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(truth); i++) {
		struct tune_result got = tuned(truth[i], 1, 1, true);

		/* stiffer than the truth by up to a decade or so, never softer */
		assert_true(got.scale_qc <= truth[i] * 2 &&
		            got.scale_qc >= truth[i] / 32);
		assert_true(got.scale_qc_lost >= got.scale_qc);
		assert_true(got.scale_r == 1);
	}
}

static void a_wrong_r_is_put_right(void **state)
{
	struct tune_result got = tuned(0.3, 4, 1, false);

	(void)state;
	assert_true(got.scale_r > 3.5 && got.scale_r < 5.5);
}

static void nothing_recorded_changes_nothing(void **state)
{
	struct tune t;
	struct tune_result got;

	(void)state;
	assert_int_equal(tune_init(&t, 1, 1), 0);
	got = tune_choose(&t, false);
	assert_true(got.scale_r == 1 && got.filter < TUNE_FILTERS);
	tune_fini(&t);
	tune_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noise_is_found_within_what_passes_for_as_good),
		cmocka_unit_test(a_wrong_r_is_put_right),
		cmocka_unit_test(nothing_recorded_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
