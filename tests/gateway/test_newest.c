/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/newest.h"

static struct sample kept(const struct sample *s)
{
	struct newest n;

	newest_none(&n);
	newest_keep(&n, s);
	return newest_sample(&n, s->tag);
}

static void nothing_is_no_time_and_no_last_value(void **state)
{
	struct newest n;
	struct sample s;

	(void)state;
	newest_none(&n);
	s = newest_sample(&n, 7);
	assert_int_equal(s.tag, 7);
	assert_int_equal(s.ts_us, 0);
	assert_true(isnan(s.last));
	assert_int_equal(s.value.kind, VALUE_NONE);
}

static void values_and_times_are_exact(void **state)
{
	const struct value values[] = {
		value_real(0.1),
		value_real(-1e300),
		value_bool(true),
		{.kind = VALUE_INT, .i64 = INT64_MIN},
		{.kind = VALUE_UINT, .u64 = UINT64_MAX},
		{.kind = VALUE_TEXT, .text = "ready"},
		{.kind = VALUE_NONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct sample s = {.ts_us = INT64_C(1767312000000001),
		                   .last_ts_us = INT64_C(1767311999123457),
		                   .tag = 3,
		                   .code = 0xabcd,
		                   .reason = REASON_EXCEPTION,
		                   .value = values[i],
		                   .last = 0.1};
		struct sample is = kept(&s);

		assert_int_equal(is.ts_us, s.ts_us);
		assert_int_equal(is.last_ts_us, s.last_ts_us);
		assert_int_equal(is.code, s.code);
		assert_int_equal(is.reason, s.reason);
		assert_true(is.last == s.last);
		assert_int_equal(is.value.kind, s.value.kind);
		if (s.value.kind == VALUE_BOOL) {
			assert_true(is.value.flag);
		} else if (s.value.kind == VALUE_TEXT) {
			assert_ptr_equal(is.value.text, s.value.text);
		} else if (s.value.kind != VALUE_NONE) {
			assert_true(is.value.u64 == s.value.u64);
		}
	}
}

static void residuals_have_seven_digits_of_their_own(void **state)
{
	struct sample s = {.ts_us = 1,
	                   .value = value_real(1e9 + 0.25),
	                   .last = 1e9,
	                   .est = {.predicted = 1e9,
	                           .sigma = 0.125,
	                           .estimate = 1e9 + 0.1875,
	                           .score = NAN,
	                           .quality = QUALITY_UNCERTAIN,
	                           .source = SOURCE_SIMULATED,
	                           .state = STATE_DRIFT,
	                           .drift = true,
	                           .stuck = true}};
	struct sample is = kept(&s);

	(void)state;
	assert_true(is.est.predicted == s.est.predicted);
	assert_true(is.est.estimate == s.est.estimate);
	assert_true(is.est.sigma == s.est.sigma);
	assert_true(isnan(is.est.score));
	assert_int_equal(is.est.quality, QUALITY_UNCERTAIN);
	assert_int_equal(is.est.source, SOURCE_SIMULATED);
	assert_int_equal(is.est.state, STATE_DRIFT);
	assert_true(is.est.drift && is.est.stuck && !is.est.explained);
}

static void without_a_value_predictions_are_kept_beside_the_last(void **state)
{
	struct sample s = {.ts_us = 1,
	                   .last = 1e9,
	                   .est = {.predicted = 1e9 + 0.5, .estimate = 1e9}};
	struct sample never = {.ts_us = 1, .last = NAN, .est = {.predicted = 0.5}};

	(void)state;
	assert_true(kept(&s).est.predicted == s.est.predicted);
	assert_true(kept(&s).est.estimate == s.est.estimate);
	assert_true(kept(&never).est.predicted == 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_no_time_and_no_last_value),
		cmocka_unit_test(values_and_times_are_exact),
		cmocka_unit_test(residuals_have_seven_digits_of_their_own),
		cmocka_unit_test(without_a_value_predictions_are_kept_beside_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
