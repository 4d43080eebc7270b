/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "machine.h"
#include "twin/scenario/rollout.h"

static void run(struct machine *m, int rows)
{
	for (int i = 0; i < rows; i++) {
		machine_run(m);
		machine_merge(m);
	}
}

static void setup(struct machine *m, uint64_t seed)
{
	machine_new(m, seed);
	assert_int_equal(twin_new(&m->twin, &m->cfg), 0);
	assert_false(rollout_is_ready(m->twin, 0));
	run(m, MACHINE_LEARN + 20);
	assert_true(rollout_is_ready(m->twin, 0));
}

/* Inputs that stay: a minute ahead the level, mm, is where it was said to be. */
static void forecast_meets_what_comes(void **state)
{
	static const double horizons[] = {10, 60};
	struct rollout_forecast ahead[2][COMPONENT_OUTPUTS_MAX];
	struct machine m;

	(void)state;
	setup(&m, 3);
	m.tank.held = true;
	run(&m, 10);
	assert_int_equal(rollout_forecast(m.twin, 0, horizons, 2, ahead), 0);
	assert_true(ahead[0][0].sigma > 0 && ahead[1][0].sigma > ahead[0][0].sigma);
	run(&m, 100);
	assert_true(fabs(ahead[0][0].value - m.tank.level * 1e3) < 5);
	run(&m, 500);
	assert_true(fabs(ahead[1][0].value - m.tank.level * 1e3) < 15);
	/* the virtual sensor of the outflow, l/s */
	assert_true(fabs(ahead[1][1].value - 1e3 * m.tank.valve * tank_outlet *
	                                             sqrt(2 * 9.80665 * m.tank.level)) <
	            0.2);
	twin_free(m.twin);
}

/* With pump and valve moving: what runs along with them beats what held them. */
static void run_along_with_the_inputs_follows_them(void **state)
{
	static const double horizon = 40;
	double held = 0, along = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct rollout_forecast ahead[1][COMPONENT_OUTPUTS_MAX];
		struct rollout r;
		struct machine m;

		setup(&m, seed * 101);
		assert_int_equal(rollout_forecast(m.twin, 0, &horizon, 1, ahead), 0);
		rollout_begin(&r, m.twin, 0);
		for (int i = 0; i < 400; i++) {
			run(&m, 1);
			assert_int_equal(rollout_step(&r, m.twin, 0.1), 0);
		}
		held += fabs(ahead[0][0].value - m.tank.level * 1e3);
		along += fabs(rollout_output(&r, m.twin, 0) - m.tank.level * 1e3);
		twin_free(m.twin);
	}
	assert_true(along < 0.5 * held);
	assert_true(along / 5 < 8);
}

static void rollout_leaves_the_twin_as_it_was(void **state)
{
	static const double horizon = 600;
	struct rollout_forecast ahead[1][COMPONENT_OUTPUTS_MAX];
	struct machine a, b;

	(void)state;
	setup(&a, 7);
	setup(&b, 7);
	for (int i = 0; i < 100; i++) {
		struct rollout r;

		run(&a, 1);
		run(&b, 1);
		assert_int_equal(rollout_forecast(b.twin, 0, &horizon, 1, ahead), 0);
		rollout_begin(&r, b.twin, 0);
		assert_int_equal(rollout_step(&r, b.twin, 5), 0);
		assert_memory_equal(&a.e[LEVEL].predicted, &b.e[LEVEL].predicted,
		                    sizeof(double));
		assert_true(a.e[LEVEL].sigma == b.e[LEVEL].sigma);
	}
	twin_free(a.twin);
	twin_free(b.twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forecast_meets_what_comes),
		cmocka_unit_test(run_along_with_the_inputs_follows_them),
		cmocka_unit_test(rollout_leaves_the_twin_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
