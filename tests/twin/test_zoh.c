/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "twin/observer/integrate.h"
#include "twin/observer/observer.h"

static const double p[] = {350, 900, 4, 6, 800}, u[] = {0.4, 293.15};
static const double qc[] = {0.001, 0.01};

/* The same steps by integration, which knows nothing of exponentials. */
static void linear_model_is_moved_exactly(void **state)
{
	static const double steps_s[] = {0.001, 0.1, 1, 17.3, 600, 86400};
	struct zoh kept = {0};
	const struct observer o = {
		.model = model_find("thermal"), .p = p, .qc = qc, .zoh = &kept};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps_s); i++) {
		struct kalman k = {.n = 2, .x = {300, 320}, .P = {1, 0.2, 0.2, 1}};
		double x[] = {300, 320};
		struct integration in;

		assert_int_equal(observer_predict(&o, &k, u, steps_s[i]), 0);
		integrate_begin(&in, o.model, p, u, steps_s[i]);
		assert_int_equal(integrate(&in, x), 0);
		assert_true(fabs(k.x[0] - x[0]) < 2e-3 && fabs(k.x[1] - x[1]) < 2e-3);
	}
}

/* P(t) of a long way is that of its parts, and is reached from the other scale. */
static void noise_scales_and_adds_up(void **state)
{
	const double ten[] = {0.01, 0.1};
	struct zoh kept = {0};
	const struct observer o = {
		.model = model_find("thermal"), .p = p, .qc = qc, .zoh = &kept};
	struct observer large = o, alone = o;
	struct kalman whole = {.n = 2, .x = {300, 320}}, parts = whole, tenfold = whole;

	(void)state;
	large.qc = ten;
	alone.zoh = NULL;
	assert_int_equal(observer_predict(&o, &whole, u, 60), 0);
	for (int i = 0; i < 60; i++) {
		assert_int_equal(observer_predict(&alone, &parts, u, 1), 0);
	}
	assert_int_equal(observer_predict(&large, &tenfold, u, 60), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_true(fabs(parts.P[i] / whole.P[i] - 1) < 1e-9);
		assert_true(fabs(tenfold.P[i] / whole.P[i] - 10) < 1e-9);
	}
	assert_int_equal(kept.next, 1); /* one step was made for both */
}

static void eight_lengths_are_kept(void **state)
{
	struct zoh kept = {0};
	const struct observer o = {
		.model = model_find("thermal"), .p = p, .qc = qc, .zoh = &kept};
	struct kalman k = {.n = 2, .x = {300, 320}, .P = {1, 0, 0, 1}};

	(void)state;
	for (int turn = 0; turn < 3; turn++) {
		for (int i = 1; i <= ZOH_KEPT; i++) {
			assert_int_equal(observer_predict(&o, &k, u, i), 0);
		}
	}
	assert_int_equal(kept.next, 0);
	for (int i = 1; i <= ZOH_KEPT; i++) {
		assert_int_equal(kept.steps[i - 1].dt_us, i * 1000000);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(linear_model_is_moved_exactly),
		cmocka_unit_test(noise_scales_and_adds_up),
		cmocka_unit_test(eight_lengths_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
