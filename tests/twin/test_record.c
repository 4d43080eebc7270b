/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "noise.h"
#include "twin/scenario/record.h"

static struct record record;

static void fill(size_t n)
{
	record = (struct record){.n = 0};
	for (size_t i = 1; i <= n; i++) {
		record_add(&record, i % 2 ? (double)i : -(double)i, 2.0 * (double)i,
		           i % 4 != 0);
	}
}

static void band_is_the_error_of_its_rank(void **state)
{
	(void)state;
	fill(RECORD_ERRORS_MIN - 1);
	assert_true(isnan(record_band(&record, 0.9)));
	fill(100);
	/* ceil(101 x 0.9) = 91 */
	assert_true(record_band(&record, 0.9) == 91);
	assert_true(record_band(&record, 0.999) == 100);
	assert_true(record_band(&record, 0) == 1);
}

static void only_the_last_errors_count(void **state)
{
	(void)state;
	fill(RECORD_KEPT + 100);
	assert_int_equal(record.n, RECORD_KEPT);
	assert_true(record_band(&record, 0) == 101);
	assert_true(record_band(&record, 1) == RECORD_KEPT + 100);
}

static void score_is_against_no_change(void **state)
{
	struct record_score s;

	(void)state;
	fill(100);
	s = record_judge(&record);
	assert_int_equal(s.n, 100);
	assert_true(fabs(s.rmse - sqrt(101.0 * 201 / 6)) < 1e-6);
	assert_true(fabs(s.skill - 0.5) < 1e-9 && fabs(s.coverage - 0.75) < 1e-12);
	record = (struct record){.n = 0};
	s = record_judge(&record);
	assert_true(isnan(s.rmse) && isnan(s.skill) && isnan(s.coverage));
}

/* Errors of whatever shape: the band holds what it says of those to come. */
static void band_holds_its_share_of_what_comes(void **state)
{
	uint64_t seed = 11;
	size_t held = 0, n = 0;

	(void)state;
	record = (struct record){.n = 0};
	for (int i = 0; i < 5000; i++) {
		double e = pow(noise_normal(&seed), 3);
		double band = record_band(&record, 0.95);

		if (!isnan(band)) {
			held += fabs(e) <= band;
			n++;
		}
		record_add(&record, e, 1, true);
	}
	assert_true(fabs((double)held / (double)n - 0.95) < 0.015);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(band_is_the_error_of_its_rank),
		cmocka_unit_test(only_the_last_errors_count),
		cmocka_unit_test(score_is_against_no_change),
		cmocka_unit_test(band_holds_its_share_of_what_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
