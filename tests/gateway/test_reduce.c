/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway/reduce.h"

static struct sample good(int64_t ts_us, double value)
{
	return (struct sample){.ts_us = ts_us,
	                       .value = value_real(value),
	                       .est = {.state = STATE_HEALTHY}};
}

static struct sample bad(int64_t ts_us, enum reason reason)
{
	return (struct sample){.ts_us = ts_us,
	                       .reason = (uint8_t)reason,
	                       .est = {.quality = QUALITY_BAD, .state = STATE_BAD}};
}

static double line(const struct sample *a, const struct sample *b, int64_t ts_us)
{
	double share = (double)(ts_us - a->ts_us) / (double)(b->ts_us - a->ts_us);

	return a->value.real + share * (b->value.real - a->value.real);
}

enum { N = 2000 };

/* Signals that are flat, ramp, jump, shake, swing: by the bits of kind. */
static double signal_at(unsigned kind, int i)
{
	double v = 20;

	v += kind & 1 ? 0.01 * i : 0;
	v += kind & 2 ? (i / 150 % 2) * 5.0 : 0;
	v += kind & 4 ? (double)rand() / RAND_MAX - 0.5 : 0;
	v += kind & 8 ? 3 * sin(i / 40.0) : 0;
	return v;
}

static double v[N];

/* Readings from *next up to the sample now lie on the line from the sample before. */
static void check_line(const struct sample *last, const struct sample *now, int *next,
                       double deviation)
{
	for (; *next < now->ts_us / 1000; (*next)++) {
		double at = line(last, now, (*next + 1) * 1000);

		if (fabs(at - v[*next]) > deviation + 1e-9) {
			fail_msg("reading %d is %g off", *next, at - v[*next]);
		}
	}
}

static size_t check_signal(unsigned kind, double deviation)
{
	struct reduce r = {.begun = false};
	struct sample out[2], last = good(0, 0);
	size_t samples = 0;
	int next = 1;

	for (int i = 0; i < N; i++) {
		v[i] = signal_at(kind, i);
		struct sample s = good((i + 1) * 1000, v[i]);
		size_t n = reduce_step(&r, deviation, 0, &s, out);

		for (size_t k = 0; k < n; k++, samples++) {
			assert_true(out[k].ts_us > last.ts_us);
			if (samples > 0) {
				check_line(&last, &out[k], &next, deviation);
			}
			last = out[k];
		}
		assert_true(fabs(last.value.real - v[i]) <= deviation + 1e-9);
	}
	return samples;
}

static void every_reading_within_deviation_of_the_lines(void **state)
{
	static const double deviations[] = {0, 0.05, 0.3, 2};

	(void)state;
	srand(7);
	for (unsigned kind = 0; kind < 16; kind++) {
		for (size_t d = 0; d < ARRAY_SIZE(deviations); d++) {
			size_t samples = check_signal(kind, deviations[d]);

			if (!(kind & 4) && deviations[d] >= 0.3) {
				assert_true(samples < N / 4);
			}
		}
	}
}

static void constant_is_told_once_and_at_max_interval(void **state)
{
	struct reduce r = {.begun = false};
	struct sample out[2];
	size_t n = 0;

	(void)state;
	for (int i = 1; i <= 100; i++) {
		struct sample s = good(i * 1000000, 5);

		n += reduce_step(&r, 0.1, 30000000, &s, out);
	}
	assert_int_equal(n, 4); /* 1, 31, 61, 91 s */
}

static void jump_brings_the_reading_before_it(void **state)
{
	struct reduce r = {.begun = false};
	struct sample out[2], s = good(1000, 1);

	(void)state;
	reduce_step(&r, 0.5, 0, &s, out);
	s = good(2000, 1.1);
	assert_int_equal(reduce_step(&r, 0.5, 0, &s, out), 0);
	s = good(3000, 9);
	assert_int_equal(reduce_step(&r, 0.5, 0, &s, out), 2);
	assert_int_equal(out[0].ts_us, 2000);
	assert_int_equal(out[1].ts_us, 3000);
}

static struct sample with(struct sample s, struct value value)
{
	s.value = value;
	return s;
}

static void fault_verdict_flag_and_text_are_told_at_once(void **state)
{
	struct value ready = {.kind = VALUE_TEXT, .text = "ready"};
	struct value busy = {.kind = VALUE_TEXT, .text = "busy"};
	struct sample drift = good(9000, 1);
	struct {
		const char *name;
		struct sample s;
		size_t want;
	} cases[] = {
		{"first", good(1000, 1), 1},
		{"fault", bad(2000, REASON_TIMEOUT), 1},
		{"same fault", bad(2500, REASON_TIMEOUT), 0},
		{"other fault", bad(2600, REASON_RESET), 1},
		{"flag", with(good(3000, 0), value_bool(true)), 1},
		{"same flag", with(good(4000, 0), value_bool(true)), 0},
		{"other flag", with(good(4500, 0), value_bool(false)), 1},
		{"text", with(good(5000, 0), ready), 1},
		{"same text", with(good(6000, 0), ready), 0},
		{"other text", with(good(7000, 0), busy), 1},
		{"number", good(8000, 1), 1},
		{"verdict", drift, 1},
	};
	struct reduce r = {.begun = false};
	struct sample out[2];

	(void)state;
	cases[ARRAY_SIZE(cases) - 1].s.est.state = STATE_DRIFT;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n = reduce_step(&r, 0.5, 0, &cases[i].s, out);

		if (n != cases[i].want) {
			fail_msg("%s: %zu samples, not %zu", cases[i].name, n,
			         cases[i].want);
		}
	}
}

static void lasting_fault_is_news_once_a_minute(void **state)
{
	struct sample last = bad(1, REASON_TIMEOUT);
	struct sample soon = bad(1000001, REASON_TIMEOUT);
	struct sample late = bad(60000001, REASON_TIMEOUT);
	struct sample other = bad(1000001, REASON_RESET);
	struct sample well = good(1000001, 1);

	(void)state;
	assert_false(reduce_is_news(&last, &soon, 0));
	assert_true(reduce_is_news(&last, &late, 0));
	assert_true(reduce_is_news(&last, &other, 0));
	assert_true(reduce_is_news(&last, &well, 0));
	assert_true(reduce_is_news(&last, &soon, 500000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reading_within_deviation_of_the_lines),
		cmocka_unit_test(constant_is_told_once_and_at_max_interval),
		cmocka_unit_test(jump_brings_the_reading_before_it),
		cmocka_unit_test(fault_verdict_flag_and_text_are_told_at_once),
		cmocka_unit_test(lasting_fault_is_news_once_a_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
