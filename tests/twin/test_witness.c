/* SPDX-License-Identifier: Apache-2.0 */
/* Two and three sensors of one quantity: fused, and the lying one named. */
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
/* Outputs in their order: the model's, then further sensors. */
enum { FIRST = 0, FLOW = 1, SECOND = 2, THIRD = 3, SENSORS_MAX = 3, SEEDS = 20 };

static const struct tag tags[] = {
	{.name = "level", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "inflow", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "valve", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "second", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "third", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "outflow", .kind = &(const struct tag_kind){.unit = ""}}};

static const size_t sensors[SENSORS_MAX] = {FIRST, SECOND, THIRD};
static const double sigmas[SENSORS_MAX] = {0.002, 0.004, 0.003};

struct bench {
	struct component_config cfg;
	struct twin_config twin;
	struct component c;
	struct tank_plant plant;
	size_t n;                  /* sensors of the level */
	double wrong[SENSORS_MAX]; /* by sensor, what is added to its reading */
	int64_t t_ns;
};

static void setup(struct bench *b, size_t n, uint64_t seed)
{
	*b = (struct bench){.plant = tank_plant_new(seed), .n = n, .t_ns = STEP_NS};
	b->cfg = (struct component_config){
		.model = model_find("tank"),
		.parameters = {tank_area, tank_outlet, 1e4},
		.inputs = {{INFLOW, 1, 1, 0}, {VALVE, 2, 1, 0}},
		.n_inputs = 2,
		.outputs = {{LEVEL, 0, 1, 0},
	                    {OUTFLOW, 5, 1, 0},
	                    {LEVEL, 3, 1, 0},
	                    {LEVEL, 4, 1, 0}},
		.n_outputs = 1 + n,
		.max_age_s = 30,
		.noise = {NAN, NAN, NAN, NAN},
	};
	b->twin = (struct twin_config){
		.tags = tags, .n_tags = 6, .n_field_tags = 5, .learn = LEARN};
	assert_int_equal(component_init(&b->c, &b->cfg, &b->twin), 0);
}

/* Sensor but gives nothing; SENSORS_MAX: all do. */
static void step_but(struct bench *b, size_t but)
{
	tank_plant_step(&b->plant);
	b->t_ns += STEP_NS;
	component_input(&b->c, INFLOW, b->t_ns, tank_plant_inflow(&b->plant));
	component_input(&b->c, VALVE, b->t_ns, b->plant.valve);
	for (size_t i = 0; i < b->n; i++) {
		double noise = sigmas[i] * noise_normal(&b->plant.seed);

		if (i == but) {
			component_lost(&b->c, sensors[i]);
		} else {
			component_output(&b->c, sensors[i], b->t_ns,
			                 b->plant.level + b->wrong[i] + noise);
		}
	}
	component_step(&b->c, b->t_ns);
}

static void step(struct bench *b)
{
	step_but(b, SENSORS_MAX);
}

static void learn(struct bench *b)
{
	for (int i = 0; i < LEARN; i++) {
		step(b);
	}
	assert_int_equal(b->c.phase, COMPONENT_JUDGING);
}

static void every_sensor_has_its_own_noise(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, 3, 5);
	learn(&b);
	for (size_t i = 0; i < 3; i++) {
		assert_true(fabs(sqrt(b.c.R[sensors[i]]) / sigmas[i] - 1) < 0.3);
	}
	component_fini(&b.c);
}

/* Together they are better than the better one alone. */
static void fused_is_better_than_the_best(void **state)
{
	double one2 = 0, both2 = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct bench one, both;

		setup(&one, 1, seed * 31);
		setup(&both, 2, seed * 31);
		learn(&one);
		learn(&both);
		for (int i = 0; i < 500; i++) {
			double error[2];

			step(&one);
			step(&both);
			error[0] = one.c.out[FIRST].estimate - one.plant.level;
			error[1] = both.c.out[FIRST].estimate - both.plant.level;
			one2 += error[0] * error[0];
			both2 += error[1] * error[1];
			assert_true(both.c.out[SECOND].judged);
		}
		component_fini(&one.c);
		component_fini(&both.c);
	}
	print_message("estimate RMSE: %.2f mm of one sensor, %.2f mm of two\n",
	              1e3 * sqrt(one2 / SEEDS / 500), 1e3 * sqrt(both2 / SEEDS / 500));
	assert_true(both2 < one2);
}

static size_t liar_of(const struct bench *b)
{
	return witness_liar(&b->c.witness);
}

/* Of two or three sensors each in turn steps or drifts; twenty tanks of each kind. */
static void the_lying_sensor_is_named(void **state)
{
	static const struct {
		const char *name;
		double step, rate; /* in sigma of its noise, and sigma/s */
	} lies[] = {
		{"jumps by 10 sigma", 10, 0},
		{"falls by 6 sigma", -6, 0},
		{"drifts by half a sigma a second", 0, 0.5},
	};

	(void)state;
	for (size_t n = 2; n <= 3; n++) {
		for (size_t k = 0; k < ARRAY_SIZE(lies); k++) {
			int named = 0, wrong = 0, runs = 0;
			long rows = 0;

			for (uint64_t seed = 1; seed <= SEEDS; seed++) {
				size_t liar = seed % n;
				struct bench b;
				int i;

				setup(&b, n, seed * 13 + n);
				learn(&b);
				b.wrong[liar] = lies[k].step * sigmas[liar];
				for (i = 0; i < 600 && liar_of(&b) == WITNESS_NOBODY;
				     i++) {
					step(&b);
					b.wrong[liar] += lies[k].rate * sigmas[liar] / 10;
				}
				runs++;
				rows += i;
				named += liar_of(&b) == sensors[liar];
				wrong += liar_of(&b) != sensors[liar] &&
				         liar_of(&b) != WITNESS_NOBODY;
				component_fini(&b.c);
			}
			print_message("%zu sensors, one %s: named %d of %d after "
			              "%.1f s, wrongly %d\n",
			              n, lies[k].name, named, runs,
			              0.1 * (double)rows / runs, wrong);
			assert_int_equal(wrong, 0);
			assert_true(named >= 19);
		}
	}
}

/* A leak is nobody's lie: all sensors say the same. */
static void a_fault_of_the_machine_names_nobody(void **state)
{
	int found = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct bench b;

		setup(&b, 2, seed * 7);
		learn(&b);
		for (int i = 0; i < 1000; i++) {
			step(&b);
			assert_int_equal(component_state(&b.c), STATE_HEALTHY);
		}
		b.plant.leak = 0.3;
		for (int i = 0; i < 600; i++) {
			step(&b);
			if (liar_of(&b) != WITNESS_NOBODY) {
				fail_msg("seed %d: %zu named in row %d of a leak",
				         (int)seed, liar_of(&b), i);
			}
			found += component_state(&b.c) == STATE_MISMATCH;
		}
		component_fini(&b.c);
	}
	assert_true(found > SEEDS);
}

static void nobody_is_named_when_the_alarm_is_over(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, 2, 3);
	learn(&b);
	b.wrong[1] = 0.05;
	for (int i = 0; i < 20; i++) {
		step(&b);
	}
	assert_true(liar_of(&b) == SECOND);
	b.wrong[1] = 0;
	for (int i = 0; i < 1000; i++) {
		step(&b);
	}
	assert_int_equal(component_state(&b.c), STATE_HEALTHY);
	assert_true(liar_of(&b) == WITNESS_NOBODY);
	component_fini(&b.c);
}

/* While one is lost the other holds the level; the lost one is filled from it. */
static void one_of_two_that_is_lost_is_filled_from_the_other(void **state)
{
	struct bench b;
	double value, sigma;

	(void)state;
	setup(&b, 2, 9);
	learn(&b);
	for (int i = 0; i < 1000; i++) {
		step_but(&b, 0);
		assert_true(component_fill(&b.c, FIRST, &value, &sigma));
		assert_true(fabs(value - b.plant.level) < 0.01);
		assert_true(sigma < 0.005);
		assert_int_equal(component_state(&b.c), STATE_HEALTHY);
	}
	component_fini(&b.c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sensor_has_its_own_noise),
		cmocka_unit_test(fused_is_better_than_the_best),
		cmocka_unit_test(the_lying_sensor_is_named),
		cmocka_unit_test(a_fault_of_the_machine_names_nobody),
		cmocka_unit_test(nobody_is_named_when_the_alarm_is_over),
		cmocka_unit_test(one_of_two_that_is_lost_is_filled_from_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
