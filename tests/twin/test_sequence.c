/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "noise.h"
#include "refvec.h"
#include "twin/drift/adwin.h"
#include "twin/drift/sequence.h"

static struct sequence started(const struct sequence_config *cfg)
{
	struct sequence s;

	assert_int_equal(sequence_init(&s, cfg), 0);
	return s;
}

/* Readings until the alarm, the mean of z being shift from the first on. */
static int run_length(const struct sequence_config *cfg, double shift, uint64_t *seed)
{
	struct sequence s = started(cfg);
	int n = 0;

	do {
		sequence_step(&s, shift + noise_normal(seed));
		n++;
	} while (!s.on);
	sequence_fini(&s);
	return n;
}

/* The mean of many runs is that of the integral equation within four standard errors. */
static void run_lengths_are_those_of_the_table(void **state)
{
	static const struct {
		struct sequence_config cfg;
		double shift, want;
	} cases[] = {
		{{.kind = SEQUENCE_CUSUM, .k = 0.5, .h = 4}, 0, 167.68},
		{{.kind = SEQUENCE_CUSUM, .k = 0.5, .h = 5}, 1, 10.376},
		{{.kind = SEQUENCE_CUSUM, .k = 0.5, .h = 5}, 3, 2.5733},
		{{.kind = SEQUENCE_CUSUM, .k = 0.25, .h = 8.01}, 0.5, 28.802},
		{{.kind = SEQUENCE_EWMA, .lambda = 0.1, .limit = 2.814}, 0, 499.58},
		{{.kind = SEQUENCE_EWMA, .lambda = 0.1, .limit = 2.814}, 1, 10.331},
		{{.kind = SEQUENCE_EWMA, .lambda = 0.25, .limit = 2.998}, 2, 3.61},
	};
	enum { RUNS = 3000 };
	uint64_t seed = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double sum = 0, sum2 = 0, mean, error;

		for (int k = 0; k < RUNS; k++) {
			double n = run_length(&cases[i].cfg, cases[i].shift, &seed);

			sum += n;
			sum2 += n * n;
		}
		mean = sum / RUNS;
		error = sqrt((sum2 / RUNS - mean * mean) / RUNS);
		if (fabs(mean - cases[i].want) > 4 * error + 5e-3) {
			fail_msg("case %zu: %g, not %g", i, mean, cases[i].want);
		}
	}
}

static void cusum_ends_soon_after_its_cause(void **state)
{
	const struct sequence_config cfg = sequence_usual(SEQUENCE_CUSUM);
	struct sequence s = started(&cfg);
	int n = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		sequence_step(&s, 3);
		assert_true(s.on == (i >= 2)); /* 2.5, 5, 7.5 against 5 */
	}
	assert_true(s.cusum.up == 2 * cfg.h);
	for (; s.on; n++) {
		sequence_step(&s, 0);
	}
	assert_int_equal(n, 14); /* from 10 by 0.5 down to 3 */
	assert_true(s.cusum.up == 0);
}

static void ewma_ends_soon_after_its_cause(void **state)
{
	const struct sequence_config cfg = sequence_usual(SEQUENCE_EWMA);
	struct sequence s = started(&cfg);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		sequence_step(&s, -2);
	}
	assert_true(s.on && s.score > 1);
	for (int i = 0; i < 20; i++) {
		sequence_step(&s, 0);
	}
	assert_false(s.on);
}

static void page_hinkley_goes_on_from_the_new_mean(void **state)
{
	const struct sequence_config cfg = sequence_usual(SEQUENCE_PAGE_HINKLEY);
	struct sequence s = started(&cfg);
	uint64_t seed = 4;
	int i = 0;

	(void)state;
	for (; !s.on; i++) {
		sequence_step(&s, noise_normal(&seed) + (i < 1000 ? 0 : 4));
	}
	assert_in_range(i, 1001, 1030);
	for (i = 0; i < 3000; i++) {
		sequence_step(&s, 4);
		assert_false(s.on);
	}
}

static void adwin_forgets_what_was_before(void **state)
{
	double score;
	struct adwin *a;
	uint64_t seed = 4;

	(void)state;
	assert_int_equal(adwin_new(&a, 0.002), 0);
	for (int i = 0; i < 100000; i++) {
		assert_false(adwin_step(a, noise_normal(&seed), &score));
	}
	assert_int_equal(adwin_width(a), 100000);
	assert_true(fabs(adwin_mean(a)) < 0.02);
	for (int i = 0; i < 1000; i++) {
		adwin_step(a, 5 + noise_normal(&seed), &score);
	}
	assert_in_range(adwin_width(a), 900, 1400);
	assert_true(fabs(adwin_mean(a) - 5) < 1);
	adwin_free(a);
}

/* --- reference values --- */

static void sums_are_those_of_the_reference(void **state)
{
	static double x[120], up[120], down[120], ewma[120];
	struct sequence_config cfg = sequence_usual(SEQUENCE_EWMA);
	char *text = refvec_text("tests.json");
	struct cusum c = {0};
	struct sequence s;
	const char *run;
	double first = NAN;

	(void)state;
	if (!text) {
		skip();
	}
	run = strstr(text, "\"run\"");
	assert_non_null(run);
	assert_int_equal(refvec_numbers(run, "x", x, 120), 120);
	assert_int_equal(refvec_numbers(run, "cusum_up", up, 120), 120);
	assert_int_equal(refvec_numbers(run, "cusum_down", down, 120), 120);
	assert_int_equal(refvec_numbers(run, "ewma", ewma, 120), 120);
	assert_int_equal(refvec_numbers(run, "cusum_h5_first", &first, 1), 1);
	cfg.limit = 1e9; /* never off again */
	s = started(&cfg);
	for (int i = 0; i < 120; i++) {
		cusum_step(&c, x[i], 0.5);
		sequence_step(&s, x[i]);
		assert_true(fabs(c.up - up[i]) <= 1e-12 * (1 + up[i]));
		assert_true(fabs(c.down - down[i]) <= 1e-12 * (1 + down[i]));
		assert_true(fabs(s.w - ewma[i]) <= 1e-12);
		assert_true((fmax(c.up, c.down) > 5) == (i >= first) || i > first);
	}
	free(text);
}

static size_t find_changes(const double *x, size_t n, enum sequence_kind kind,
                           size_t *first)
{
	const struct sequence_config cfg = sequence_usual(kind);
	struct sequence s = started(&cfg);
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		sequence_step(&s, x[i]);
		if (s.on && found++ == 0) {
			*first = i;
		}
	}
	sequence_fini(&s);
	return found;
}

static void changes_are_found_where_the_reference_finds_them(void **state)
{
	static double x[2000];
	char *text = refvec_text("change_stream.json");
	size_t first = 0;

	(void)state;
	if (!text) {
		skip();
	}
	assert_int_equal(refvec_numbers(text, "stream", x, 2000), 2000);
	assert_int_equal(find_changes(x, 2000, SEQUENCE_PAGE_HINKLEY, &first), 1);
	assert_int_equal(first, 1006);
	assert_int_equal(find_changes(x, 2000, SEQUENCE_ADWIN, &first), 1);
	assert_int_equal(first, 1023);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_lengths_are_those_of_the_table),
		cmocka_unit_test(cusum_ends_soon_after_its_cause),
		cmocka_unit_test(ewma_ends_soon_after_its_cause),
		cmocka_unit_test(page_hinkley_goes_on_from_the_new_mean),
		cmocka_unit_test(adwin_forgets_what_was_before),
		cmocka_unit_test(sums_are_those_of_the_reference),
		cmocka_unit_test(changes_are_found_where_the_reference_finds_them),
	};

	return refvec_result(cmocka_run_group_tests(tests, NULL, NULL));
}
