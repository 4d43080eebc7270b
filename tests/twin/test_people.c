/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/people/balance.h"
#include "twin/people/carrying.h"
#include "twin/people/lifting.h"
#include "twin/people/repetition.h"
#include "twin/people/rula.h"
#include "twin/plant/rng.h"

static const struct lift ideal = {
	.load_kg = 23, .h_cm = 25, .v_cm = 75, .d_cm = 25, .per_min = 0.2, .hours = 1};

static void near(const char *what, double got, double want)
{
	if (!(fabs(got - want) <= 1e-9 * fmax(1, fabs(want))) &&
	    !(isnan(got) && isnan(want))) {
		fail_msg("%s: %.12g, not %.12g", what, got, want);
	}
}

/* By hand from the equation: each multiplier alone. */
static void each_multiplier_is_that_of_the_manual(void **state)
{
	static const struct {
		const char *what;
		struct lift l;
		double limit;
	} cases[] = {
		{"ideal", {23, 25, 75, 25, 0, 0.2, 1, GRIP_GOOD}, 23},
		{"nearer than it counts", {23, 10, 75, 25, 0, 0.2, 1, GRIP_GOOD}, 23},
		{"far", {23, 50, 75, 25, 0, 0.2, 1, GRIP_GOOD}, 11.5},
		{"too far", {23, 63.1, 75, 25, 0, 0.2, 1, GRIP_GOOD}, 0},
		{"from the floor", {23, 25, 0, 25, 0, 0.2, 1, GRIP_GOOD}, 23 * .775},
		{"too high", {23, 25, 176, 25, 0, 0.2, 1, GRIP_GOOD}, 0},
		{"far up", {23, 25, 75, 90, 0, 0.2, 1, GRIP_GOOD}, 23 * .87},
		{"turned", {23, 25, 75, 25, 45, 0.2, 1, GRIP_GOOD}, 23 * .856},
		{"turned too far", {23, 25, 75, 25, 136, 0.2, 1, GRIP_GOOD}, 0},
		{"fair, low", {23, 25, 74, 25, 0, 0.2, 1, GRIP_FAIR}, 23 * .997 * .95},
		{"fair, high", {23, 25, 75, 25, 0, 0.2, 1, GRIP_FAIR}, 23},
		{"poor", {23, 25, 75, 25, 0, 0.2, 1, GRIP_POOR}, 23 * .9},
		{"all day", {23, 25, 75, 25, 0, 0.2, 8, GRIP_GOOD}, 23 * .85},
		{"longer", {23, 25, 75, 25, 0, 0.2, 8.1, GRIP_GOOD}, 0},
		{"between cells", {23, 25, 75, 25, 0, 2.5, 2, GRIP_GOOD}, 23 * .815},
		{"towards none", {23, 25, 60, 25, 0, 12.5, 1, GRIP_GOOD}, 0},
		{"too often", {23, 25, 75, 25, 0, 16, 1, GRIP_GOOD}, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		near(cases[i].what, lifting_limit(&cases[i].l), cases[i].limit);
		near(cases[i].what, lifting_index(&cases[i].l),
		     cases[i].limit > 0 ? 23 / cases[i].limit : (double)NAN);
	}
}

/* Two tasks: the worst, and what the other adds at the frequency of both. */
static void composite_index_adds_what_each_further_one_adds(void **state)
{
	struct lift lifts[2] = {ideal, ideal};
	double first, second;

	(void)state;
	lifts[0].per_min = 2;
	lifts[1].per_min = 3;
	lifts[1].load_kg = 10;
	first = 23 / (23 * .91);
	second = 10.0 / 23 * (1 / lifting_frequency(5, 1, false) - 1 / .91);
	near("composite", lifting_composite(lifts, 2), first + second);
	near("alone", lifting_composite(lifts, 1), first);
	lifts[1].h_cm = 64;
	assert_true(isnan(lifting_composite(lifts, 2)));
	assert_true(isnan(lifting_composite(lifts, 0)));
}

/* More load, farther, more often: never better; and each remedy brings 1. */
static void index_never_falls_where_the_work_is_harder(void **state)
{
	struct rng g;

	(void)state;
	rng_init(&g, 1, 1);
	for (int i = 0; i < 20000; i++) {
		struct lift l = {.load_kg = 1 + 30 * rng_uniform(&g),
		                 .h_cm = 20 + 40 * rng_uniform(&g),
		                 .v_cm = 170 * rng_uniform(&g),
		                 .d_cm = 20 + 100 * rng_uniform(&g),
		                 .a_deg = 90 * rng_uniform(&g),
		                 .per_min = 12 * rng_uniform(&g),
		                 .hours = 8 * rng_uniform(&g)};
		double index = lifting_index(&l);
		struct lifting_remedy r = lifting_remedy(&l);
		struct lift other = l;

		other.load_kg *= 1.1;
		assert_true(isnan(index) || lifting_index(&other) > index);
		other = l;
		other.h_cm += 2;
		assert_true(isnan(index) || !(lifting_index(&other) < index));
		other = l;
		other.per_min += 1;
		assert_true(isnan(index) || !(lifting_index(&other) < index));
		other = l;
		other.load_kg = r.load_kg;
		assert_true(isnan(r.load_kg) || fabs(lifting_index(&other) - 1) < 1e-9);
		other = l;
		other.h_cm = r.h_cm;
		assert_true(isnan(r.h_cm) || lifting_index(&other) <= 1 + 1e-9);
		other = l;
		other.per_min = r.per_min;
		assert_true(isnan(r.per_min) || lifting_index(&other) <= 1 + 1e-9);
	}
}

static void rula_scores_and_what_they_call_for(void **state)
{
	static const struct {
		struct posture p;
		int score, action;
	} cases[] = {
		{{1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1, 1},
		{{6, 3, 4, 2, 6, 6, 2, 1, 1, 3, 3}, 7, 4},
		/* A 2, B 2; with muscle use 3 and 3 */
		{{1, 1, 2, 1, 1, 2, 1, 1, 1, 0, 0}, 3, 2},
		{{3, 2, 2, 1, 2, 3, 1, 0, 0, 1, 1}, 6, 3},
		{{0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 0, 0},
		{{1, 1, 1, 1, 1, 1, 3, 0, 0, 0, 0}, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int score = rula_score(&cases[i].p);

		if (score != cases[i].score || rula_action(score) != cases[i].action) {
			fail_msg("case %zu: %d, action %d", i, score, rula_action(score));
		}
	}
}

/* ---- balancing ---- */

enum { TASKS = 8 };

struct random_line {
	struct balance_task tasks[TASKS];
	uint32_t before[TASKS][TASKS];
	struct balance_problem p;
};

static void draw(struct random_line *r, struct rng *g)
{
	*r = (struct random_line){.p = {.n = TASKS}};
	r->p.tasks = r->tasks;
	r->p.cycle_s = 10;
	for (uint32_t i = 0; i < TASKS; i++) {
		r->tasks[i].time_s = 1 + floor(8 * rng_uniform(g));
		r->tasks[i].before = r->before[i];
		for (uint32_t k = 0; k < i; k++) {
			if (rng_uniform(g) < 0.25) {
				r->before[i][r->tasks[i].n_before++] = k;
			}
		}
	}
}

/* Every order of tasks, filled station after station. */
static size_t enumerate(const struct random_line *r, uint32_t set, double time,
                        size_t stations, size_t best)
{
	if (stations >= best) {
		return best;
	}
	if (set == (1u << TASKS) - 1) {
		return stations;
	}
	for (uint32_t i = 0; i < TASKS; i++) {
		bool ready = !(set >> i & 1);
		double own = r->tasks[i].time_s;
		size_t found;

		for (size_t k = 0; k < r->tasks[i].n_before && ready; k++) {
			ready = set >> r->before[i][k] & 1;
		}
		if (!ready) {
			continue;
		}
		found = time + own <= r->p.cycle_s
		                ? enumerate(r, set | 1u << i, time + own, stations, best)
		                : enumerate(r, set | 1u << i, own, stations + 1, best);
		best = found < best ? found : best;
	}
	return best;
}

static void small_lines_meet_the_enumeration(void **state)
{
	struct rng g;

	(void)state;
	rng_init(&g, 1, 1);
	for (int i = 0; i < 200; i++) {
		struct random_line r;
		struct balance b, other;
		double cycle;

		draw(&r, &g);
		assert_int_equal(balance_find(&r.p, &b), 0);
		assert_true(balance_holds(&r.p, &b) && b.exact);
		assert_int_equal(b.stations, enumerate(&r, 0, 0, 1, TASKS + 1));
		/* the shortest cycle of as many stations needs no more of them */
		assert_int_equal(balance_cycle(&r.p, b.stations, &cycle, &other), 0);
		assert_true(cycle <= r.p.cycle_s + 1e-9 && other.stations <= b.stations);
		r.p.cycle_s = cycle;
		assert_true(balance_holds(&r.p, &other));
		r.p.cycle_s = cycle - 1;
		if (balance_find(&r.p, &other) == 0) {
			assert_true(other.stations > b.stations);
		}
	}
}

static void long_lines_hold_and_come_near(void **state)
{
	struct balance_task tasks[100];
	uint32_t before[100];
	struct balance_problem p = {.tasks = tasks, .n = 100, .cycle_s = 30};
	struct balance b;
	double sum = 0;
	struct rng g;

	(void)state;
	rng_init(&g, 1, 1);
	for (uint32_t i = 0; i < 100; i++) {
		before[i] = i / 2;
		tasks[i] = (struct balance_task){.time_s = 1 + 10 * rng_uniform(&g),
		                                 .load = rng_uniform(&g),
		                                 .before = &before[i],
		                                 .n_before = i > 0};
		sum += tasks[i].time_s;
	}
	assert_int_equal(balance_find(&p, &b), 0);
	assert_true(balance_holds(&p, &b));
	assert_true((double)b.stations <= ceil(sum / 30) + 1);
	p.load_max = 2;
	assert_int_equal(balance_find(&p, &b), 0);
	assert_true(balance_holds(&p, &b));
}

static void what_is_no_problem_is_refused(void **state)
{
	static const uint32_t one = 1, zero = 0, far = 9;
	struct balance_task t[2] = {{.time_s = 5}, {.time_s = 6}};
	struct balance_problem p = {.tasks = t, .n = 2, .cycle_s = 5.5};
	struct balance b;

	(void)state;
	assert_int_equal(balance_find(&p, &b), -ERANGE);
	p.cycle_s = 10;
	t[0].before = &one;
	t[1].before = &zero;
	t[0].n_before = t[1].n_before = 1;
	assert_int_equal(balance_find(&p, &b), -ELOOP);
	t[0].before = &far;
	assert_int_equal(balance_find(&p, &b), -EINVAL);
	p.n = 0;
	assert_int_equal(balance_find(&p, &b), -EINVAL);
}

static void carrying_is_limited_by_its_distance(void **state)
{
	static const struct {
		double over_m, hour_kg, shift_kg;
	} cases[] = {
		{0, 7200, 10000}, {1, 7200, 10000}, {1.5, 5850, 10000},  {2, 4500, 10000},
		{4, 3000, 10000}, {7, 2250, 10000}, {10, 1500, 10000},   {15, 1125, 8000},
		{20, 750, 6000},  {20.01, 0, 0},    {(double)NAN, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		near("an hour", carrying_limit_hour(cases[i].over_m), cases[i].hour_kg);
		near("a shift", carrying_limit_shift(cases[i].over_m), cases[i].shift_kg);
	}
}

static void what_is_repeated_is_found(void **state)
{
	static const char *const reach[] = {"R30B", "G1A", "r30b", "M5A"};
	static const char *const wrong[] = {"R30B", "XYZ"};

	(void)state;
	assert_true(repetition_is_high(29.9, (double)NAN));
	assert_false(repetition_is_high(30, (double)NAN));
	assert_false(repetition_is_high(40, 0.5));
	assert_true(repetition_is_high(40, 0.51));
	/* R30B 12.8 twice, G1A 2, M5A 4.1 TMU */
	assert_true(repetition_same(reach, 4) > 0.75 && repetition_same(reach, 4) < 0.9);
	assert_true(isnan(repetition_same(wrong, 2)));
	assert_true(isnan(repetition_same(NULL, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carrying_is_limited_by_its_distance),
		cmocka_unit_test(what_is_repeated_is_found),
		cmocka_unit_test(each_multiplier_is_that_of_the_manual),
		cmocka_unit_test(composite_index_adds_what_each_further_one_adds),
		cmocka_unit_test(index_never_falls_where_the_work_is_harder),
		cmocka_unit_test(rula_scores_and_what_they_call_for),
		cmocka_unit_test(small_lines_meet_the_enumeration),
		cmocka_unit_test(long_lines_hold_and_come_near),
		cmocka_unit_test(what_is_no_problem_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
