/* SPDX-License-Identifier: Apache-2.0 */
/* The best order of batches, against all of them. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "twin/plant/rng.h"
#include "twin/scenario/ordering.h"

enum { BATCHES = 8, UNITS = 3 };

/* Batches through units one after the other (a permutation flow shop), cleaned between
 * two as both say; late ones cost. */
struct shop {
	size_t n;
	double time[SEARCH_X_MAX][UNITS], cleaning[SEARCH_X_MAX][SEARCH_X_MAX],
		due[SEARCH_X_MAX];
	size_t evaluated;
};

static double cost(const struct shop *s, const double *order)
{
	double free_at[UNITS] = {0}, late = 0;

	for (size_t i = 0; i < s->n; i++) {
		size_t batch = (size_t)order[i];
		double at = 0, clean = i ? s->cleaning[(size_t)order[i - 1]][batch] : 0;

		for (size_t u = 0; u < UNITS; u++) {
			at = fmax(at, free_at[u] + clean) + s->time[batch][u];
			free_at[u] = at;
		}
		late += fmax(at - s->due[batch], 0);
	}
	return free_at[UNITS - 1] + late;
}

static int evaluate(void *arg, struct search_point *points, size_t n, size_t *runs)
{
	struct shop *s = arg;

	for (size_t i = 0; i < n; i++) {
		points[i].objective = cost(s, points[i].x);
	}
	s->evaluated += n;
	*runs = n;
	return 0;
}

static void new_shop(struct shop *s, size_t n, uint64_t seed)
{
	struct rng g;

	rng_init(&g, seed, 1);
	*s = (struct shop){.n = n};
	for (size_t i = 0; i < n; i++) {
		for (size_t u = 0; u < UNITS; u++) {
			s->time[i][u] = 1 + 9 * rng_uniform(&g);
		}
		for (size_t k = 0; k < n; k++) {
			s->cleaning[i][k] = 4 * rng_uniform(&g);
		}
		s->due[i] = 60 * rng_uniform(&g);
	}
}

static struct search_result run(struct shop *s, size_t evaluations)
{
	double start[1][SEARCH_X_MAX] = {{0}};
	const struct ordering o = {.n = s->n,
	                           .starts = (const double(*)[SEARCH_X_MAX])start,
	                           .n_starts = 1,
	                           .trials = {.evaluations_max = evaluations,
	                                      .evaluate = evaluate,
	                                      .arg = s}};
	struct search_result r;

	for (size_t i = 0; i < s->n; i++) {
		start[0][i] = (double)i;
	}
	assert_int_equal(ordering_run(&o, &r), 0);
	return r;
}

/* 2,000 of 40,320 orders; both find what they find with the same seed, every time. */
static void the_best_of_all_is_found_by_some(void **state)
{
	double worst = 1, worst_today = 1;
	int exact = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct search_result some, all;
		struct shop s;

		new_shop(&s, BATCHES, seed);
		some = run(&s, 2000);
		assert_true(some.evaluations == s.evaluated && s.evaluated < 2100);
		all = run(&s, 50000);
		assert_true(all.whole && all.evaluations == 40321);
		assert_true(some.best.objective >= all.best.objective);
		worst = fmax(worst, some.best.objective / all.best.objective);
		worst_today = fmax(worst_today,
		                   some.today.objective / all.best.objective);
		exact += !(some.best.objective > all.best.objective);
	}
	printf("8 batches, 20 shops: %d times the very best of 40,320, at worst %.4f of "
	       "it; today's up to %.2f\n",
	       exact, worst, worst_today);
	assert_true(worst <= 1.01);
}

static void a_longer_one_gets_better_and_comes_to_an_end(void **state)
{
	struct search_result little, more;
	struct shop s;

	(void)state;
	new_shop(&s, 12, 5);
	little = run(&s, 200);
	more = run(&s, 1000000);
	assert_true(!little.whole && more.whole);
	assert_true(more.best.objective <= little.best.objective &&
	            little.best.objective < little.today.objective);
}

static void what_is_no_order_is_refused(void **state)
{
	static const double twice[1][SEARCH_X_MAX] = {{0, 1, 1}};
	struct search_result r;
	struct shop s;
	struct ordering o = {
		.n = 3,
		.starts = twice,
		.n_starts = 1,
		.trials = {.evaluations_max = 10, .evaluate = evaluate, .arg = &s}};

	(void)state;
	new_shop(&s, 3, 1);
	assert_int_equal(ordering_run(&o, &r), -EINVAL);
	o.n = 1;
	assert_int_equal(ordering_run(&o, &r), -EINVAL);
	o.n = SEARCH_X_MAX + 1;
	assert_int_equal(ordering_run(&o, &r), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_of_all_is_found_by_some),
		cmocka_unit_test(a_longer_one_gets_better_and_comes_to_an_end),
		cmocka_unit_test(what_is_no_order_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
