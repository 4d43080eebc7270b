/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "storage/row.h"

static const struct value values[] = {
	{.kind = VALUE_NONE},
	{.kind = VALUE_REAL, .real = -0.1},
	{.kind = VALUE_INT, .i64 = INT64_MIN},
	{.kind = VALUE_UINT, .u64 = UINT64_MAX},
	{.kind = VALUE_BOOL, .flag = true},
	{.kind = VALUE_TEXT, .text = "open"},
};

static void assert_same_value(const struct value *a, const struct value *b)
{
	assert_int_equal(a->kind, b->kind);
	if (a->kind == VALUE_TEXT) {
		assert_ptr_equal(a->text, b->text);
	} else if (a->kind == VALUE_BOOL) {
		assert_int_equal(a->flag, b->flag);
	} else if (a->kind != VALUE_NONE) {
		assert_true(a->u64 == b->u64);
	}
}

static struct sample sample_number(unsigned i)
{
	return (struct sample){
		.ts_us = INT64_C(1767323045678901) + i,
		.tag = UINT32_MAX - i,
		.code = (uint16_t)(UINT16_MAX - i),
		.reason = (uint8_t)(i % REASON_COUNT),
		.value = values[i % ARRAY_SIZE(values)],
		.est = {.predicted = 0.1 * i,
	                .sigma = 1e-9 * i,
	                .quality = (uint8_t)(i % 4),
	                .source = (uint8_t)(i / 4 % 4),
	                .state = (uint8_t)(i / 16 % 8),
	                .drift = i % 3 == 0},
	};
}

static void all_that_the_history_keeps_comes_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct sample s = sample_number(i), got;
		struct row row = row_of(&s);

		got = row_sample(&row);
		assert_true(got.ts_us == s.ts_us && got.tag == s.tag);
		assert_int_equal(got.code, s.code);
		assert_int_equal(got.reason, s.reason);
		assert_same_value(&got.value, &s.value);
		assert_true(got.est.predicted == s.est.predicted);
		assert_true(got.est.sigma == s.est.sigma);
		assert_int_equal(got.est.quality, s.est.quality);
		assert_int_equal(got.est.source, s.est.source);
		assert_int_equal(got.est.state, s.est.state);
		assert_int_equal(got.est.drift, s.est.drift);
	}
}

static void what_is_not_kept_is_unknown(void **state)
{
	struct sample s = {.last = 3, .est = {.predicted = NAN, .estimate = 3}};
	struct row row = row_of(&s);

	(void)state;
	s = row_sample(&row);
	assert_true(isnan(s.last) && isnan(s.est.predicted));
	assert_true(isnan(s.est.estimate) && isnan(s.est.score));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_the_history_keeps_comes_back),
		cmocka_unit_test(what_is_not_kept_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
