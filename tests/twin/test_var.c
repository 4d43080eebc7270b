/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "noise.h"
#include "twin/drift/var.h"

#define SECOND INT64_C(1000000000)

enum { TAGS = 6, LEARN = 600 };

/* Six quantities that hang together and on what they were, in units far apart. */
struct plant {
	struct var *v;
	uint64_t seed;
	int64_t t_ns;
	double x[TAGS], shift[TAGS];
};

static void plant_move(struct plant *p)
{
	double shared = noise_normal(&p->seed), before = p->x[TAGS - 1];

	for (size_t i = TAGS - 1; i > 0; i--) {
		p->x[i] = 0.6 * p->x[i] + 0.3 * p->x[i - 1] + 0.3 * shared +
		          0.5 * noise_normal(&p->seed);
	}
	p->x[0] = 0.5 * p->x[0] - 0.2 * before + noise_normal(&p->seed);
}

static double plant_reads(const struct plant *p, size_t i)
{
	return 100 + pow(10, (double)i - 2) * (p->x[i] + p->shift[i]);
}

static bool plant_step(struct plant *p)
{
	plant_move(p);
	for (size_t i = 0; i < TAGS; i++) {
		var_take(p->v, i, plant_reads(p, i));
	}
	p->t_ns += SECOND;
	return var_step(p->v, p->t_ns);
}

static struct plant learnt(void)
{
	struct plant p = {.seed = 3};

	assert_int_equal(var_new(&p.v, TAGS, LEARN, SECOND), 0);
	for (int i = 0; i < LEARN; i++) {
		assert_false(var_is_ready(p.v));
		assert_true(isnan(var_statistic(p.v)));
		assert_true(fabs(var_progress(p.v) - (double)i / LEARN) < 1e-12);
		assert_true(plant_step(&p));
	}
	assert_true(var_is_ready(p.v));
	assert_true(isfinite(var_limit(p.v)));
	return p;
}

static void health_is_quiet_and_distance_is_that_of_its_tags(void **state)
{
	struct plant p = learnt();
	double sum = 0;
	int alarms = 0;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		plant_step(&p);
		sum += var_statistic(p.v) / 5000;
		alarms += var_alarm(p.v);
	}
	assert_true(sum > 0.8 * TAGS && sum < 1.2 * TAGS); /* chi-squared: its mean */
	assert_true(alarms < 5000 / 40);
	var_free(p.v);
}

static void shifted_tag_is_found_and_named(void **state)
{
	(void)state;
	for (size_t tag = 0; tag < TAGS; tag++) {
		struct plant p = learnt();
		double share[VAR_BLAMED_MAX];
		uint32_t tags[VAR_BLAMED_MAX];
		int rows = 0;

		for (int i = 0; i < 20; i++) {
			plant_step(&p);
		}
		p.shift[tag] = 8;
		while (!var_alarm(p.v)) {
			plant_step(&p);
			assert_true(rows++ < 10);
		}
		assert_true(var_blame(p.v, tags, share) >= 1);
		assert_int_equal(tags[0], tag);
		assert_true(share[0] > 0.5 && share[0] <= 1);
		var_free(p.v);
	}
}

static void missing_value_is_predicted(void **state)
{
	struct plant p = learnt();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		plant_move(&p);
		for (size_t k = 0; k < TAGS; k++) {
			bool lost = k == 2 && i % 3 == 0;

			var_take(p.v, k, lost ? (double)NAN : plant_reads(&p, k));
		}
		p.t_ns += SECOND;
		assert_true(var_step(p.v, p.t_ns));
		assert_true(isfinite(var_statistic(p.v)));
	}
	var_free(p.v);
}

static void too_many_missing_begin_the_window_anew(void **state)
{
	struct plant p = learnt();

	(void)state;
	plant_step(&p);
	assert_true(isfinite(var_statistic(p.v)));
	for (size_t k = 0; k < TAGS; k++) {
		var_take(p.v, k, k < 2 ? (double)NAN : plant_reads(&p, k));
	}
	p.t_ns += SECOND;
	assert_true(var_step(p.v, p.t_ns));
	assert_true(isnan(var_statistic(p.v)) && !var_alarm(p.v));
	for (int i = 0; i <= VAR_WINDOW; i++) { /* one to have a row before */
		assert_true(isnan(var_statistic(p.v)));
		plant_step(&p);
	}
	assert_true(isfinite(var_statistic(p.v)));
	var_free(p.v);
}

static void gap_begins_the_window_anew(void **state)
{
	struct plant p = learnt();

	(void)state;
	plant_step(&p);
	p.t_ns += 2 * SECOND; /* three steps away */
	plant_step(&p);
	for (int i = 0; i < VAR_WINDOW; i++) {
		assert_true(isnan(var_statistic(p.v)));
		plant_step(&p);
	}
	assert_true(isfinite(var_statistic(p.v)));
	var_free(p.v);
}

/* Tags come in batches of their own: a row is when all have come, or one is overdue. */
static void row_waits_for_the_slowest(void **state)
{
	struct var *v;

	(void)state;
	assert_int_equal(var_new(&v, 3, var_rows_needed(3), 10 * SECOND), 0);
	var_take(v, 0, 1);
	assert_false(var_step(v, SECOND));
	var_take(v, 1, 1);
	var_take(v, 0, 2);
	assert_false(var_step(v, 2 * SECOND));
	var_take(v, 2, NAN);
	assert_true(var_step(v, 3 * SECOND));
	assert_false(var_step(v, 3 * SECOND));
	var_take(v, 0, 1);
	assert_false(var_step(v, 17 * SECOND));
	var_take(v, 1, 1);
	assert_true(var_step(v, 18 * SECOND));
	assert_false(var_step(v, 60 * SECOND)); /* nothing came */
	var_free(v);
}

static void tag_that_never_moves_is_left_out(void **state)
{
	struct plant p = {.seed = 8};

	(void)state;
	assert_int_equal(var_new(&p.v, TAGS, LEARN, SECOND), 0);
	for (int i = 0; i < LEARN + 100; i++) {
		plant_move(&p);
		for (size_t k = 0; k < TAGS; k++) {
			var_take(p.v, k, k == 3 ? 0.1 : plant_reads(&p, k));
		}
		p.t_ns += SECOND;
		var_step(p.v, p.t_ns);
	}
	assert_true(isfinite(var_statistic(p.v)) && var_statistic(p.v) < 4 * TAGS);
	var_free(p.v);
}

/* Each row the one before but for rounding: only the ridge makes it solvable. */
static void tags_that_are_the_same_can_be_learnt(void **state)
{
	struct plant p = {.seed = 9};

	(void)state;
	assert_int_equal(var_new(&p.v, TAGS, LEARN, SECOND), 0);
	for (int i = 0; i < LEARN + 50; i++) {
		plant_move(&p);
		for (size_t k = 0; k < TAGS; k++) {
			var_take(p.v, k, p.x[0] * (double)(k + 1));
		}
		p.t_ns += SECOND;
		var_step(p.v, p.t_ns);
	}
	assert_true(var_is_ready(p.v) && isfinite(var_statistic(p.v)));
	var_free(p.v);
}

struct numbers {
	double all[256];
	size_t n, at;
};

static void keep(void *arg, double *x)
{
	struct numbers *to = arg;

	assert_true(to->n < 256);
	to->all[to->n++] = *x;
}

static void set(void *arg, double *x)
{
	struct numbers *from = arg;

	*x = from->all[from->at++];
}

static void what_was_learnt_can_be_moved(void **state)
{
	struct plant p = learnt(), other = p;
	struct numbers numbers = {.n = 0};

	(void)state;
	var_visit(p.v, keep, &numbers);
	assert_int_equal(numbers.n, var_count(p.v));
	assert_int_equal(var_new(&other.v, TAGS, LEARN, SECOND), 0);
	var_visit(other.v, set, &numbers);
	var_settle(other.v);
	assert_true(var_is_ready(other.v));
	for (int i = 0; i < 50; i++) {
		plant_step(&p);
		plant_step(&other);
	}
	assert_true(var_statistic(p.v) == var_statistic(other.v));
	assert_true(var_limit(p.v) == var_limit(other.v));
	var_free(p.v);
	var_free(other.v);
}

static void quantile_is_between_its_neighbours(void **state)
{
	static const float values[] = {5, 1, 4, 2, 3};

	(void)state;
	assert_true(var_quantile(values, 5, 0.5) == 3);
	assert_true(fabs(var_quantile(values, 5, 0.9) - 4.6) < 1e-12);
	assert_true(var_quantile(values, 5, 1) == 5);
	assert_true(isinf(var_quantile(values, 0, 0.5)));
}

/* The fit of many tags is shared out among rows, none of which takes long. */
static void many_tags_learn_in_pieces(void **state)
{
	enum { MANY = VAR_TAGS_MAX };
	uint32_t learn = var_rows_needed(MANY);
	uint64_t seed = 5;
	struct var *v;
	uint32_t rows = 0;

	(void)state;
	assert_int_equal(var_new(&v, MANY, learn, SECOND), 0);
	for (; !var_is_ready(v); rows++) {
		assert_true(rows < learn + 200);
		for (size_t i = 0; i < MANY; i++) {
			var_take(v, i, noise_normal(&seed));
		}
		var_step(v, (rows + 1) * SECOND);
		assert_true(isnan(var_statistic(v)));
	}
	assert_true(rows > learn + 5);
	for (int row = 0; row < 50; row++, rows++) {
		for (size_t i = 0; i < MANY; i++) {
			var_take(v, i, noise_normal(&seed) + (row < 25 ? 0 : 3));
		}
		var_step(v, (rows + 1) * SECOND);
		assert_int_equal(isfinite(var_statistic(v)) != 0, row >= VAR_WINDOW);
		assert_true(!var_alarm(v) || row >= 25);
	}
	assert_true(var_alarm(v));
	var_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(health_is_quiet_and_distance_is_that_of_its_tags),
		cmocka_unit_test(shifted_tag_is_found_and_named),
		cmocka_unit_test(missing_value_is_predicted),
		cmocka_unit_test(too_many_missing_begin_the_window_anew),
		cmocka_unit_test(gap_begins_the_window_anew),
		cmocka_unit_test(row_waits_for_the_slowest),
		cmocka_unit_test(tag_that_never_moves_is_left_out),
		cmocka_unit_test(tags_that_are_the_same_can_be_learnt),
		cmocka_unit_test(what_was_learnt_can_be_moved),
		cmocka_unit_test(many_tags_learn_in_pieces),
		cmocka_unit_test(quantile_is_between_its_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
