/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "drivers/reading.h"
#include "twin/drift/quantile.h"

static void near(const char *what, double p, double got, double want)
{
	if (!(fabs(got - want) <= 1e-11 * fmax(fabs(want), 1))) {
		fail_msg("%s at %g: %.17g, not %.17g", what, p, got, want);
	}
}

static void normal_gives_its_tail_back(void **state)
{
	static const double p[] = {0.999, 0.9,     0.5,   0.25,  1e-2,
	                           1e-4,  6.25e-7, 1e-12, 1e-100};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
		double z = quantile_normal(p[i]);

		near("tail", p[i], 0.5 * erfc(z / sqrt(2)) / p[i], 1);
		near("symmetry", p[i], p[i] > 1e-10 ? quantile_normal(1 - p[i]) + z : 0,
		     0);
	}
	near("median", 0.5, quantile_normal(0.5), 0);
}

/* With 2 degrees the tail is exp(-x/2), with 4 (1 + x/2) exp(-x/2), with 1 it is that of
 * a squared normal. */
static void chi2_agrees_with_closed_forms(void **state)
{
	static const double p[] = {0.99, 0.9, 0.5, 0.05, 1e-4, 1e-6};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
		double x = quantile_chi2(p[i], 4);

		near("1 degree", p[i], quantile_chi2(p[i], 1),
		     pow(quantile_normal(p[i] / 2), 2));
		near("2 degrees", p[i], quantile_chi2(p[i], 2), -2 * log(p[i]));
		near("4 degrees", p[i], (1 + x / 2) * exp(-x / 2) / p[i], 1);
	}
}

/* Wilson, Hilferty 1931 is good to one or two parts in 1e3 for many degrees. */
static void chi2_of_many_degrees_is_nearly_normal(void **state)
{
	static const double dof[] = {60, 600, 263.7, 4800};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dof); i++) {
		double s = 2 / (9 * dof[i]);
		double want = dof[i] * pow(1 - s + quantile_normal(1e-4) * sqrt(s), 3);

		assert_true(fabs(quantile_chi2(1e-4, dof[i]) / want - 1) < 2e-3);
	}
}

static void arguments_out_of_range_give_no_number(void **state)
{
	(void)state;
	assert_true(isnan(quantile_normal(0)) && isnan(quantile_normal(1)));
	assert_true(isnan(quantile_normal(NAN)) && isnan(quantile_chi2(0.5, 0)));
	assert_true(isnan(quantile_chi2(0, 1)) && isnan(quantile_chi2(0.5, NAN)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(normal_gives_its_tail_back),
		cmocka_unit_test(chi2_agrees_with_closed_forms),
		cmocka_unit_test(chi2_of_many_degrees_is_nearly_normal),
		cmocka_unit_test(arguments_out_of_range_give_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
