/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "drivers/reading.h"
#include "tank_plant.h"
#include "twin/component.h"

enum { LEARN = 400, STEP_NS = 100000000, INFLOW = 0, VALVE = 1, LEVEL = 0, OUTFLOW = 1 };

static const struct tag tags[] = {
	{.name = "level", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "inflow", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "valve", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "outflow", .kind = &(const struct tag_kind){.unit = ""}}};

/* A component with its plant; outlives the configuration it borrows. */
struct bench {
	struct component_config cfg;
	struct twin_config twin;
	struct component c;
	struct tank_plant plant;
	int64_t t_ns;
};

static void setup(struct bench *b, uint64_t seed)
{
	*b = (struct bench){.plant = tank_plant_new(seed), .t_ns = STEP_NS};
	b->cfg = (struct component_config){
		.model = model_find("tank"),
		.parameters = {tank_area, tank_outlet, 1e4},
		.inputs = {{INFLOW, 1, 1, 0}, {VALVE, 2, 1, 0}},
		.n_inputs = 2,
		.outputs = {{LEVEL, 0, 1, 0}, {OUTFLOW, 3, 1, 0}},
		.n_outputs = 2,
		.max_age_s = 30,
		.noise = {NAN, NAN},
	};
	b->twin = (struct twin_config){
		.tags = tags, .n_tags = 4, .n_field_tags = 3, .learn = LEARN};
	assert_int_equal(component_init(&b->c, &b->cfg, &b->twin), 0);
}

static void step(struct bench *b, bool level_comes)
{
	tank_plant_step(&b->plant);
	b->t_ns += STEP_NS;
	component_input(&b->c, INFLOW, b->t_ns, tank_plant_inflow(&b->plant));
	component_input(&b->c, VALVE, b->t_ns, b->plant.valve);
	if (level_comes) {
		component_output(&b->c, LEVEL, b->t_ns, tank_plant_level(&b->plant));
	} else {
		component_lost(&b->c, LEVEL);
	}
	component_step(&b->c, b->t_ns);
}

static void learn(struct bench *b)
{
	for (int i = 0; i < LEARN; i++) {
		step(b, true);
	}
	assert_int_equal(b->c.phase, COMPONENT_JUDGING);
}

static void learning_finds_the_noise_of_the_sensor(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, 1);
	assert_int_equal(component_state(&b.c), STATE_LEARNING);
	learn(&b);
	assert_true(fabs(sqrt(b.c.R[LEVEL]) / 0.002 - 1) < 0.2);
	assert_int_equal(component_state(&b.c), STATE_HEALTHY);
	assert_true(component_progress(&b.c) == 1);
	component_fini(&b.c);
}

static void learnt_innovations_are_kept_until_forgotten(void **state)
{
	struct bench b;
	double nu, dt_s, sum2 = 0;
	size_t rows;

	(void)state;
	setup(&b, 1);
	learn(&b);
	rows = component_learnt_rows(&b.c);
	assert_in_range(rows, LEARN - 60, LEARN - 30);
	for (size_t k = 1; k < rows; k++) {
		assert_true(component_learnt(&b.c, LEVEL, k, &nu, &dt_s));
		assert_true(fabs(dt_s - 0.1) < 1e-6);
		sum2 += nu * nu;
	}
	assert_true(fabs(sqrt(sum2 / (double)(rows - 1)) / 0.002 - 1) < 0.2);
	component_forget(&b.c);
	assert_int_equal(component_learnt_rows(&b.c), 0);
	component_fini(&b.c);
}

/* 20 plants: nothing in 2000 healthy rows, then a leak of 15 % of the outflow within
 * 300. */
static void a_leak_is_found_and_nothing_before_it(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct bench b;
		int rows = 0;

		setup(&b, seed * 1000);
		learn(&b);
		for (int i = 0; i < 2000; i++) {
			step(&b, true);
			if (component_state(&b.c) != STATE_HEALTHY) {
				fail_msg("seed %d: %s in healthy row %d", (int)seed,
				         tag_state_name(component_state(&b.c)), i);
			}
		}
		b.plant.leak = 0.15;
		while (component_state(&b.c) == STATE_HEALTHY && rows < 300) {
			step(&b, true);
			rows++;
		}
		if (component_state(&b.c) != STATE_MISMATCH) {
			fail_msg("seed %d: no alarm, score %g", (int)seed,
			         nis_score(&b.c.nis));
		}
		assert_true(b.c.out[LEVEL].share == 1);
		component_fini(&b.c);
	}
}

/* 200 losses: at the end of max_age the true level lies within two sigma. */
static void a_lost_sensor_is_filled_within_its_sigma(void **state)
{
	int within = 0, losses = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct bench b;

		setup(&b, seed * 77);
		learn(&b);
		for (int loss = 0; loss < 10; loss++) {
			double value, sigma, first;

			step(&b, false);
			assert_true(component_fill(&b.c, LEVEL, &value, &first));
			for (int i = 2; i < 300; i++) {
				step(&b, false);
			}
			assert_true(component_fill(&b.c, LEVEL, &value, &sigma));
			assert_true(sigma > first);
			within += fabs(value - b.plant.level) <= 2 * sigma;
			losses++;
			for (int i = 0; i < 50; i++) {
				step(&b, true);
				assert_int_equal(component_state(&b.c), STATE_HEALTHY);
			}
		}
		component_fini(&b.c);
	}
	print_message("within 2 sigma at max age: %d of %d\n", within, losses);
	assert_int_equal(losses, 200);
	assert_true(within >= 186);
}

static void what_is_lost_too_long_is_stale_and_comes_back(void **state)
{
	struct bench b;
	double value, sigma;

	(void)state;
	setup(&b, 3);
	learn(&b);
	for (int i = 0; i < 310; i++) {
		step(&b, false);
	}
	assert_false(component_fill(&b.c, LEVEL, &value, &sigma));
	assert_int_equal(component_state(&b.c), STATE_STALE);
	step(&b, true); /* starts from it */
	assert_false(b.c.out[LEVEL].judged);
	for (int i = 0; i < 100; i++) {
		step(&b, true);
		assert_true(b.c.out[LEVEL].judged);
		assert_int_equal(component_state(&b.c), STATE_HEALTHY);
	}
	component_fini(&b.c);
}

static void a_missing_input_makes_it_stale(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, 4);
	learn(&b);
	for (int i = 0; i < 310; i++) {
		tank_plant_step(&b.plant);
		b.t_ns += STEP_NS;
		component_input(&b.c, VALVE, b.t_ns, b.plant.valve);
		component_output(&b.c, LEVEL, b.t_ns, tank_plant_level(&b.plant));
		component_step(&b.c, b.t_ns);
	}
	assert_int_equal(component_state(&b.c), STATE_STALE);
	for (int i = 0; i < 20; i++) {
		step(&b, true);
	}
	assert_int_equal(component_state(&b.c), STATE_HEALTHY);
	component_fini(&b.c);
}

static void without_an_input_nothing_begins(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, 5);
	for (int i = 1; i < 500; i++) {
		component_output(&b.c, LEVEL, i * (int64_t)STEP_NS, 0.8);
		component_step(&b.c, i * (int64_t)STEP_NS);
	}
	assert_int_equal(component_state(&b.c), STATE_LEARNING);
	assert_int_equal(b.c.rows, 0);
	component_fini(&b.c);
}

static void a_sensor_that_is_not_there_is_computed(void **state)
{
	struct bench b;
	double value, sigma;

	(void)state;
	setup(&b, 6);
	learn(&b);
	for (int i = 0; i < 500; i++) {
		double want;

		step(&b, true);
		want = b.plant.valve * tank_outlet * sqrt(2 * 9.80665 * b.plant.level);
		assert_true(component_fill(&b.c, OUTFLOW, &value, &sigma));
		assert_true(fabs(value - want) < 5 * sigma + 1e-6);
		assert_true(sigma > 0 && sigma < 0.01 * want);
	}
	component_fini(&b.c);
}

/* Inputs, outputs and gaps at times of their own: the observer follows the stamps. */
static void irregular_times_and_gaps_raise_nothing(void **state)
{
	struct bench b;
	uint64_t seed = 12;

	(void)state;
	setup(&b, 7);
	for (int i = 0; i < 6000; i++) {
		bool level = noise_uniform(&seed)<0.6, gap = i> 1000 && i % 997 < 50;

		b.plant.held = gap; /* nobody could know of a switch */
		tank_plant_step(&b.plant);
		b.t_ns += STEP_NS;
		if (gap) {
			continue;
		}
		component_input(&b.c, VALVE, b.t_ns, b.plant.valve);
		component_input(&b.c, INFLOW, b.t_ns, tank_plant_inflow(&b.plant));
		component_step(&b.c, b.t_ns);
		if (level) {
			component_output(&b.c, LEVEL, b.t_ns, tank_plant_level(&b.plant));
			component_step(&b.c, b.t_ns);
		}
		assert_true(component_state(&b.c) == STATE_LEARNING ||
		            component_state(&b.c) == STATE_HEALTHY);
	}
	assert_int_equal(component_state(&b.c), STATE_HEALTHY);
	component_fini(&b.c);
}

static void configured_noise_is_taken_as_it_is(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, 8);
	component_fini(&b.c);
	b.cfg.noise[LEVEL] = 0.002;
	assert_int_equal(component_init(&b.c, &b.cfg, &b.twin), 0);
	learn(&b);
	assert_true(fabs(b.c.R[LEVEL] - 4e-6) < 1e-18);
	component_fini(&b.c);
}

static void a_filter_that_loses_its_footing_starts_anew(void **state)
{
	static const double poison[] = {NAN, INFINITY, -INFINITY};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(poison); i++) {
		struct bench b;
		uint64_t resets;

		setup(&b, 9);
		learn(&b);
		resets = b.c.resets;
		b.c.filter.P[0] = poison[i];
		step(&b, true);
		assert_int_equal(b.c.resets, resets + 1);
		for (int k = 0; k < 20; k++) {
			step(&b, true);
		}
		assert_true(isfinite(b.c.filter.x[0]) &&
		            isfinite(b.c.out[LEVEL].predicted));
		assert_int_equal(component_state(&b.c), STATE_HEALTHY);
		component_fini(&b.c);
	}
}

static void unscented_filter_learns_and_judges(void **state)
{
	struct bench b;
	double value, sigma;

	(void)state;
	setup(&b, 1);
	component_fini(&b.c);
	b.cfg.unscented = true;
	assert_int_equal(component_init(&b.c, &b.cfg, &b.twin), 0);
	learn(&b);
	for (int i = 0; i < 200; i++) {
		step(&b, true);
		assert_int_equal(component_state(&b.c), STATE_HEALTHY);
	}
	assert_true(component_fill(&b.c, OUTFLOW, &value, &sigma));
	assert_true(sigma > 0 && value > 0);
	assert_int_equal(b.c.resets, 0);
	component_fini(&b.c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learning_finds_the_noise_of_the_sensor),
		cmocka_unit_test(learnt_innovations_are_kept_until_forgotten),
		cmocka_unit_test(a_leak_is_found_and_nothing_before_it),
		cmocka_unit_test(a_lost_sensor_is_filled_within_its_sigma),
		cmocka_unit_test(what_is_lost_too_long_is_stale_and_comes_back),
		cmocka_unit_test(a_missing_input_makes_it_stale),
		cmocka_unit_test(without_an_input_nothing_begins),
		cmocka_unit_test(a_sensor_that_is_not_there_is_computed),
		cmocka_unit_test(irregular_times_and_gaps_raise_nothing),
		cmocka_unit_test(configured_noise_is_taken_as_it_is),
		cmocka_unit_test(a_filter_that_loses_its_footing_starts_anew),
		cmocka_unit_test(unscented_filter_learns_and_judges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
