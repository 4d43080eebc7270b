/* SPDX-License-Identifier: Apache-2.0 */
/* A tank whose configured outlet is a guess: the learning rows tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "machine.h"
#include "twin/twin_impl.h"

enum { AREA, OUTLET };

static void run(struct machine *m, int rows)
{
	for (int i = 0; i < rows; i++) {
		machine_run(m);
		machine_merge(m);
	}
}

static void setup(struct machine *m, uint32_t fit)
{
	machine_new(m, 41);
	m->component.parameters[OUTLET] = tank_outlet * 0.8;
	m->component.learn = 1200;
	m->component.fit = fit;
	assert_int_equal(twin_new(&m->twin, &m->cfg), 0);
}

static const struct component *component_of(const struct machine *m)
{
	return &m->twin->components[0];
}

static void guess_becomes_the_truth_in_learning(void **state)
{
	struct machine m;
	double squares = 0;

	(void)state;
	setup(&m, 1U << OUTLET);
	run(&m, 1190);
	assert_int_equal(component_state(component_of(&m)), STATE_LEARNING);
	assert_true(component_progress(component_of(&m)) > 0.98);
	run(&m, 30);
	assert_int_equal(component_of(&m)->phase, COMPONENT_JUDGING);
	assert_true(fabs(component_of(&m)->p[OUTLET] / tank_outlet - 1) < 0.02);
	assert_true(component_of(&m)->p[AREA] == tank_area);
	for (int i = 0; i < 2000; i++) {
		double off;

		run(&m, 1);
		assert_true(m.e[LEVEL].state != STATE_MISMATCH);
		off = m.e[LEVEL].estimate - m.tank.level * 1e3;
		squares += off * off;
	}
	assert_true(sqrt(squares / 2000) < 2.0 / 2); /* mm; the sensor's noise is 2 */
	twin_free(m.twin);
}

static void without_it_the_guess_stays(void **state)
{
	struct machine m;

	(void)state;
	setup(&m, 0);
	run(&m, 1300);
	assert_int_equal(component_of(&m)->phase, COMPONENT_JUDGING);
	assert_true(component_of(&m)->p[OUTLET] == tank_outlet * 0.8);
	twin_free(m.twin);
}

/* What was found outlives a restart with what was learnt from it. */
static void what_was_found_is_saved(void **state)
{
	const struct twin_time now = {.t_ns = INT64_C(130000000000), .wall_us = 1};
	struct twin_restored what;
	struct machine a, b;
	uint8_t *bytes;
	size_t n;

	(void)state;
	setup(&a, 1U << OUTLET);
	run(&a, 1300);
	bytes = malloc(twin_save_size(a.twin));
	assert_non_null(bytes);
	n = twin_save(a.twin, &now, bytes);
	setup(&b, 1U << OUTLET);
	assert_int_equal(twin_restore(b.twin, &now, bytes, n, &what), 0);
	assert_int_equal(what.changed, 0);
	assert_int_equal(component_of(&b)->phase, COMPONENT_JUDGING);
	assert_true(component_of(&b)->p[OUTLET] == component_of(&a)->p[OUTLET]);
	b.t_ns = a.t_ns;
	b.tank = a.tank;
	run(&b, 50);
	assert_true(fabs(b.e[LEVEL].estimate - b.tank.level * 1e3) < 5);
	twin_free(b.twin);
	setup(&b, 0); /* to be found or not is another component */
	assert_int_equal(twin_restore(b.twin, &now, bytes, n, &what), 0);
	assert_true(what.changed > 0);
	twin_free(b.twin);
	twin_free(a.twin);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guess_becomes_the_truth_in_learning),
		cmocka_unit_test(without_it_the_guess_stays),
		cmocka_unit_test(what_was_found_is_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
