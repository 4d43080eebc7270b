/* SPDX-License-Identifier: Apache-2.0 */
/* Distributions, the heap, and what replications say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/line/dist.h"
#include "twin/line/heap.h"
#include "twin/line/replicate.h"

static const double times[] = {1, 2, 6};

/* 100,000 draws: mean within five of its errors, and nothing below 0. */
static void draws_have_the_mean_that_is_told(void **state)
{
	static const struct {
		struct dist d;
		double mean, sigma;
	} cases[] = {
		{{.kind = DIST_CONSTANT, .a = 3}, 3, 0},
		{{.kind = DIST_EXPONENTIAL, .a = 2}, 2, 2},
		{{.kind = DIST_NORMAL, .a = 10, .b = 1}, 10, 1},
		/* cut at 0: phi(1) / Phi(1) more; Johnson, Kotz 1970, 13.7 */
		{{.kind = DIST_NORMAL, .a = 1, .b = 1}, 1.2875999709391783, 0.7935},
		{{.kind = DIST_LOGNORMAL, .a = 5, .b = 2}, 5, 2},
		{{.kind = DIST_WEIBULL, .a = 2, .b = 2}, 1.772453850905516, 0.9265},
		{{.kind = DIST_TRIANGULAR, .a = 1, .b = 2, .c = 6}, 3, 1.0801},
		{{.kind = DIST_GAMMA, .a = 3, .b = 0.5}, 3, 4.2426},
		{{.kind = DIST_GAMMA, .a = 3, .b = 9}, 3, 1},
		{{.kind = DIST_UNIFORM, .a = 2, .b = 4}, 3, 0.57735},
		{{.kind = DIST_EMPIRICAL, .values = times, .n = 3}, 3, 2.1602},
	};
	enum { DRAWS = 100000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double sum = 0, squares = 0, sigma;
		struct rng g;

		rng_init(&g, 1, i);
		assert_true(dist_is_valid(&cases[i].d));
		for (int k = 0; k < DRAWS; k++) {
			double x = dist_draw(&cases[i].d, &g);

			assert_true(x >= 0);
			sum += x;
			squares += x * x;
		}
		sigma = sqrt(fmax(squares / DRAWS - sum / DRAWS * (sum / DRAWS), 0));
		if (fabs(dist_mean(&cases[i].d) - cases[i].mean) > 1e-9 ||
		    fabs(sum / DRAWS - cases[i].mean) >
		            5 * cases[i].sigma / 316 + 1e-12 ||
		    fabs(sigma - cases[i].sigma) > 0.03 * cases[i].sigma + 1e-6) {
			fail_msg("%s: mean %.9g, drawn %.9g, sigma %.9g",
			         dist_name(cases[i].d.kind), dist_mean(&cases[i].d),
			         sum / DRAWS, sigma);
		}
	}
}

static void what_is_no_distribution_is_known(void **state)
{
	static const double negative[] = {1, -1};
	static const struct dist bad[] = {
		{.kind = DIST_CONSTANT, .a = -1},
		{.kind = DIST_EXPONENTIAL, .a = 0},
		{.kind = DIST_NORMAL, .a = -5, .b = 1},
		{.kind = DIST_LOGNORMAL, .a = 0, .b = 1},
		{.kind = DIST_WEIBULL, .a = 1, .b = 0},
		{.kind = DIST_TRIANGULAR, .a = 2, .b = 1, .c = 3},
		{.kind = DIST_GAMMA, .a = (double)NAN, .b = 1},
		{.kind = DIST_UNIFORM, .a = 2, .b = 1},
		{.kind = DIST_EMPIRICAL},
		{.kind = DIST_EMPIRICAL, .values = negative, .n = 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_false(dist_is_valid(&bad[i]));
	}
}

static void heap_gives_the_earliest_and_of_equals_the_first(void **state)
{
	struct heap h = {.n = 0};
	struct heap_event e, before = {.t = -1};
	struct rng g;

	(void)state;
	rng_init(&g, 1, 1);
	for (uint32_t i = 0; i < 10000; i++) {
		e = (struct heap_event){.t = floor(100 * rng_uniform(&g)),
		                        .who = i & 0xfffffffu};
		assert_int_equal(heap_push(&h, &e), 0);
		if (i % 3 == 2) {
			assert_true(heap_pop(&h, &e));
		}
	}
	while (heap_pop(&h, &e)) {
		assert_true(e.t > before.t || (e.t == before.t && e.who > before.who));
		before = e;
	}
	assert_int_equal(heap_events(&h, &(const struct heap_event *){NULL}), 0);
	heap_fini(&h);
}

/* Table of Student's t: NIST/SEMATECH e-Handbook, 1.3.6.7.2. */
static void intervals_are_students(void **state)
{
	static const struct {
		size_t dof;
		double t;
	} table[] = {{1, 12.706}, {2, 4.303},  {5, 2.571},
	             {9, 2.262},  {30, 2.042}, {100, 1.984}};
	static const double x[] = {3, 5, (double)NAN, 4, 8}, y[] = {2, 5, 1, 4, 6};
	struct interval in;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		assert_true(fabs(interval_t95(table[i].dof) - table[i].t) < 6e-4);
	}
	in = interval_of(x, 5);
	assert_int_equal(in.n, 4);
	assert_true(fabs(in.mean - 5) < 1e-12);
	assert_true(fabs(in.half - 3.182 * 2.160247 / 2) < 1e-2);
	in = interval_of_pairs(x, y, 5);
	assert_true(fabs(in.mean - 0.75) < 1e-12 && in.n == 4);
	assert_true(isnan(interval_of(x, 1).half));
}

/* 100 numbers that fall to their level, then 900 of it. */
static void warm_up_is_found(void **state)
{
	double x[1000];
	struct rng g;
	size_t cut;

	(void)state;
	rng_init(&g, 1, 1);
	for (int i = 0; i < 1000; i++) {
		x[i] = (i < 100 ? 10.0 - 0.1 * i : 0) + rng_normal(&g);
	}
	cut = interval_warm_up(x, 1000);
	assert_true(cut >= 70 && cut <= 150);
	assert_int_equal(interval_warm_up(x, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_have_the_mean_that_is_told),
		cmocka_unit_test(what_is_no_distribution_is_known),
		cmocka_unit_test(heap_gives_the_earliest_and_of_equals_the_first),
		cmocka_unit_test(intervals_are_students),
		cmocka_unit_test(warm_up_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
