/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/models/expression.h"
#include "twin/scenario/kpi.h"

static const double course[] = {3, (double)NAN, 1, 5, 0, 2};

/* Over seconds of length 2, the missing one left out. */
static void each_makes_its_number_of_a_course(void **state)
{
	static const struct {
		enum kpi_how how;
		double from_s, scale, want;
	} cases[] = {
		{KPI_MEAN, 0, 1, 2.2},     {KPI_MEAN, 3, 1, 2},
		{KPI_MIN, 0, 1, 0},        {KPI_MAX, 0, 10, 50},
		{KPI_LAST, 0, 1, 2},       {KPI_INTEGRAL, 0, 1, 22},
		{KPI_INTEGRAL, 5, 0.5, 7}, {KPI_SD, 0, 1, 1.7204650534085253},
		{KPI_SHARE, 0, 100, 80},   {KPI_COUNT, 0, 1, 2},
		{KPI_COUNT, 7, 1, 1},
	};
	static const struct model_port inputs[] = {{.name = "x"}};
	static const uint32_t signals[] = {0};
	double program[16];

	(void)state;
	assert_true(expression_compile("x", inputs, 1, program,
	                               &(struct expression_error){0}) > 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kpi_config c = {.of = {program, signals, 1},
		                       .how = cases[i].how,
		                       .from_s = cases[i].from_s,
		                       .scale = cases[i].scale};
		struct kpi k = {.time_s = 0};

		for (size_t t = 0; t < ARRAY_SIZE(course); t++) {
			kpi_take(&k, &c, &course[t], (double[]){2 * (double)t, 2});
		}
		if (!(fabs(kpi_value(&k, &c) - cases[i].want) < 1e-12)) {
			fail_msg("case %zu, %s: %.17g, not %.17g", i, kpi_how_name(c.how),
			         kpi_value(&k, &c), cases[i].want);
		}
	}
}

static void nothing_counted_is_no_number(void **state)
{
	struct kpi k = {.time_s = 0};

	(void)state;
	for (size_t how = 0; kpi_how_name(how); how++) {
		struct kpi_config c = {.how = (enum kpi_how)how, .scale = 1};

		assert_true(how == KPI_COUNT ? kpi_value(&k, &c) == 0
		                             : isnan(kpi_value(&k, &c)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_makes_its_number_of_a_course),
		cmocka_unit_test(nothing_counted_is_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
