/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "noise.h"
#include "twin/drift/monitor.h"
#include "twin/drift/quantile.h"

enum { N = 1800, SECOND = 1000000000 };

struct bench {
	struct monitor m;
	struct monitor_learnt learnt;
	struct estimate e;
	uint64_t seed;
	int64_t t_ns;
	double level, sigma;
};

/* A monitor that has learnt white noise around a level, one reading a second. */
static struct bench learnt(double level, double sigma)
{
	static double x[N];
	static float dt_s[N];
	const struct monitor_wish wish = {.false_alarm = 1e-4, .tags = 1};
	const struct learner_rows rows = {.x = x, .dt_s = dt_s, .n = N};
	struct bench b = {.seed = 5, .level = level, .sigma = sigma};

	for (size_t i = 0; i < N; i++) {
		x[i] = level + sigma * noise_normal(&b.seed);
		dt_s[i] = 1;
	}
	monitor_learn(&b.m, &wish, &rows, &b.learnt);
	b.t_ns = b.m.t_ns = (int64_t)N * SECOND;
	return b;
}

static enum tag_state step(struct bench *b, double dt_s, double x)
{
	b->t_ns += (int64_t)(dt_s * SECOND);
	monitor_step(&b->m, b->t_ns, x, NULL, &b->e);
	return (enum tag_state)b->e.state;
}

static enum tag_state noisy(struct bench *b)
{
	return step(b, 1, b->level + b->sigma * noise_normal(&b->seed));
}

static void learning_finds_noise_step_and_limits(void **state)
{
	struct bench b = learnt(20, 0.5);
	const struct monitor_learnt *l = &b.learnt;

	(void)state;
	assert_true(fabs(l->r / 0.25 - 1) < 0.1);
	assert_true(l->dt0_s == 1);
	assert_true(l->q >= 1e-5 * l->r && l->q < 1e-2 * l->r);
	assert_true(l->h >= quantile_normal(1e-4 / 2));
	assert_true(fabs(l->zeta - l->h * sqrt(l->c) / (1 - 0.729)) < 1e-12);
	assert_true(l->z_spike >= 5);
	assert_true(fabs(b.m.m - 20) < 0.2);
	assert_true(sizeof(struct monitor) < 100);
}

/* Steady state of a scalar Kalman filter: P solves P^2 + qP - qr = 0 after the update. */
static void sigma_settles_where_the_riccati_equation_says(void **state)
{
	struct bench b = learnt(20, 0.5);
	double q = b.learnt.q, r = b.learnt.r;
	double after = (-q + sqrt(q * q + 4 * q * r)) / 2;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		noisy(&b);
	}
	/* q and r are kept in single precision. */
	assert_true(fabs(b.e.sigma - sqrt(after + q + r)) < 1e-7 * b.e.sigma);
}

static void healthy_noise_raises_nothing(void **state)
{
	struct bench b = learnt(20, 0.5);

	(void)state;
	for (int i = 0; i < 20000; i++) {
		assert_int_equal(noisy(&b), STATE_HEALTHY);
		assert_true(b.e.score < 1);
	}
}

static void one_wild_value_is_a_spike_and_leaves_no_trace(void **state)
{
	struct bench b = learnt(20, 0.5);
	double before = b.m.m;

	(void)state;
	assert_int_equal(step(&b, 1, 1e6), STATE_SPIKE);
	assert_true(b.m.m == before);
	assert_int_equal(step(&b, 1, -1e6), STATE_SPIKE);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(noisy(&b), STATE_HEALTHY);
	}
}

static void a_few_wild_values_in_a_row_are_drift(void **state)
{
	struct bench b = learnt(20, 0.5);
	int n = 1;

	(void)state;
	while (step(&b, 1, 40) == STATE_SPIKE) {
		n++;
	}
	assert_in_range(n, 3, 4);
	assert_true(b.e.drift);
}

static void a_shift_is_drift_and_the_level_is_not_dragged_along(void **state)
{
	struct bench b = learnt(20, 0.5);
	int n = 0;

	(void)state;
	b.level = 21.5; /* 3 sigma */
	while (!b.e.drift && n++ < 100) {
		noisy(&b);
	}
	assert_in_range(n, 3, 30);
	for (int i = 0; i < 300; i++) {
		noisy(&b);
	}
	assert_int_equal(b.e.state, STATE_DRIFT);
	assert_true(fabs(b.e.predicted - 20) < 0.4);
	b.level = 20;
	for (int i = 0; i < 60; i++) {
		noisy(&b);
	}
	assert_int_equal(b.e.state, STATE_HEALTHY);
}

static void drift_that_stays_becomes_the_level(void **state)
{
	struct bench b = learnt(20, 0.5);
	int n = 0;

	(void)state;
	b.level = 30;
	while (!b.e.drift) {
		noisy(&b);
	}
	while (b.e.drift && n++ < 700) {
		noisy(&b);
	}
	assert_int_equal(n, 600);
	assert_true(fabs(b.e.predicted - 20) < 0.4); /* the old one on this row */
	noisy(&b);
	assert_true(fabs(b.e.predicted - 30) < 0.5);
	assert_int_equal(b.e.state, STATE_HEALTHY);
}

static void silence_makes_the_level_unknown_but_not_the_limits(void **state)
{
	struct bench b = learnt(20, 0.5);
	double h = (double)b.m.w_limit;

	(void)state;
	b.level = 500;
	assert_int_equal(step(&b, 601, 500), STATE_LEARNING);
	assert_true(isnan(b.e.predicted) && isnan(b.e.score));
	for (int i = 1; i < 20; i++) {
		assert_int_equal(noisy(&b), STATE_LEARNING);
	}
	assert_int_equal(noisy(&b), STATE_HEALTHY);
	assert_true(fabs(b.e.predicted - 500) < 0.5);
	assert_true((double)b.m.w_limit == h);
}

static void a_gap_widens_what_is_expected(void **state)
{
	struct bench b = learnt(20, 0.5);
	double sigma;

	(void)state;
	noisy(&b);
	sigma = b.e.sigma;
	step(&b, 500, 20);
	assert_true(b.e.sigma > sigma);
	assert_int_equal(b.e.state, STATE_HEALTHY);
}

/* The same readings at another pace give the same judgement. */
static void a_slow_tag_is_judged_like_a_fast_one(void **state)
{
	static const double paces_s[] = {0.01, 0.1, 1, 60, 3600};
	struct bench want = learnt(20, 0.5);

	(void)state;
	noisy(&want);
	for (size_t i = 0; i < ARRAY_SIZE(paces_s); i++) {
		struct bench b = learnt(20, 0.5);

		b.m.dt0_s = (float)paces_s[i];
		b.t_ns += llround(paces_s[i] * SECOND);
		monitor_step(&b.m, b.t_ns, 20 + 0.5 * noise_normal(&b.seed), NULL, &b.e);
		assert_true(b.e.sigma == want.e.sigma && b.e.score == want.e.score);
	}
}

static void resolution_is_a_floor_of_the_noise(void **state)
{
	double x[MONITOR_LEARN_MIN];
	float dt_s[MONITOR_LEARN_MIN];
	const struct learner_rows rows = {.x = x, .dt_s = dt_s, .n = MONITOR_LEARN_MIN};
	const struct monitor_wish wish = {.false_alarm = 1e-4, .tags = 1, .lsb = 0.12};
	struct monitor_learnt l;
	struct monitor m = {0};

	(void)state;
	for (size_t i = 0; i < MONITOR_LEARN_MIN; i++) {
		x[i] = 7;
		dt_s[i] = 0.5F;
	}
	monitor_learn(&m, &wish, &rows, &l);
	assert_true(fabs(l.r - 0.12 * 0.12 / 12) < 1e-15);
}

/* A CUSUM for a shift of one sigma, in place of the EWMA. */
static void a_chosen_test_finds_the_drift(void **state)
{
	const struct sequence_config cfg = sequence_usual(SEQUENCE_CUSUM);
	struct bench b = learnt(20, 0.5);
	struct sequence test;
	int n = 0;

	(void)state;
	assert_int_equal(sequence_init(&test, &cfg), 0);
	b.level = 20.75; /* 1.5 sigma */
	do {
		b.t_ns += SECOND;
		monitor_step(&b.m, b.t_ns, b.level + b.sigma * noise_normal(&b.seed),
		             &test, &b.e);
		assert_true(b.e.score >= test.score && b.e.drift == test.on);
	} while (!b.e.drift && ++n < 100);
	assert_in_range(n, 2, 20);
	for (int i = 0; i < 300; i++) { /* it lasts, and the level is not dragged along */
		b.t_ns += SECOND;
		monitor_step(&b.m, b.t_ns, b.level + b.sigma * noise_normal(&b.seed),
		             &test, &b.e);
		assert_true(b.e.drift);
	}
	assert_true(fabs(b.e.predicted - 20) < 0.2);
	sequence_fini(&test);
}

/* Noise whose neighbours hang together shows in what is learnt. */
static void correlation_of_innovations_is_learnt(void **state)
{
	static double x[N];
	static float dt_s[N];
	const struct monitor_wish wish = {.false_alarm = 1e-4, .tags = 1};
	const struct learner_rows rows = {.x = x, .dt_s = dt_s, .n = N};
	struct bench white = learnt(20, 0.5);
	struct monitor_learnt l;
	struct monitor m = {0};
	uint64_t seed = 2;

	(void)state;
	assert_true(fabs(white.learnt.correlation) < 0.1);
	for (size_t i = 0; i < N; i++) {
		x[i] = (i ? 0.5 * x[i - 1] : 0) + noise_normal(&seed);
		dt_s[i] = 1;
	}
	monitor_learn(&m, &wish, &rows, &l);
	assert_true(l.correlation > 0.3 && l.correlation < 0.6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learning_finds_noise_step_and_limits),
		cmocka_unit_test(sigma_settles_where_the_riccati_equation_says),
		cmocka_unit_test(healthy_noise_raises_nothing),
		cmocka_unit_test(one_wild_value_is_a_spike_and_leaves_no_trace),
		cmocka_unit_test(a_few_wild_values_in_a_row_are_drift),
		cmocka_unit_test(a_shift_is_drift_and_the_level_is_not_dragged_along),
		cmocka_unit_test(drift_that_stays_becomes_the_level),
		cmocka_unit_test(silence_makes_the_level_unknown_but_not_the_limits),
		cmocka_unit_test(a_gap_widens_what_is_expected),
		cmocka_unit_test(a_slow_tag_is_judged_like_a_fast_one),
		cmocka_unit_test(resolution_is_a_floor_of_the_noise),
		cmocka_unit_test(a_chosen_test_finds_the_drift),
		cmocka_unit_test(correlation_of_innovations_is_learnt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
