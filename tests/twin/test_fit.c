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
#include "twin/fit_job.h"
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

/* --- apart --- */

static void setup_apart(struct machine *m)
{
	machine_new(m, 41);
	m->component.parameters[OUTLET] = tank_outlet * 0.8;
	m->component.learn = 1200;
	m->component.fit = 1U << OUTLET;
	m->cfg.fit_apart = true;
	assert_int_equal(twin_new(&m->twin, &m->cfg), 0);
}

/* Until there are rows enough, and the fit waits. */
static struct fit_job *gather(struct machine *m)
{
	struct fit_job *job;

	run(m, 1199);
	assert_null(fit_job_take(m->twin));
	assert_false(twin_is_fitting(m->twin, 0));
	run(m, 2);
	assert_true(twin_is_fitting(m->twin, 0));
	job = fit_job_take(m->twin);
	assert_non_null(job);
	assert_int_equal(fit_job_component(job), 0);
	assert_null(fit_job_take(m->twin)); /* one is enough */
	return job;
}

/* Rows that come while it runs are not lost, and what is found and learnt is the same to
 * the byte. */
static void apart_it_is_the_same_to_the_byte(void **state)
{
	static const int late[] = {0, 1, 100, FIT_LATER_MAX - 10};

	(void)state;
	for (size_t i = 0; i < sizeof(late) / sizeof(*late); i++) {
		struct machine a, b;
		struct fit_job *job;

		setup(&a, 1U << OUTLET);
		run(&a, 1203 + late[i]);
		setup_apart(&b);
		job = gather(&b);
		run(&b, late[i]);
		assert_int_equal(b.e[LEVEL].state, STATE_LEARNING);
		assert_true(component_progress(component_of(&b)) < 1);
		assert_true(component_progress(component_of(&b)) > 0.98);
		fit_job_run(job, NULL);
		fit_job_adopt(b.twin, job);
		assert_false(twin_is_fitting(b.twin, 0));
		run(&b, 2);
		assert_true(component_of(&a)->p[OUTLET] == component_of(&b)->p[OUTLET]);
		assert_true(a.e[LEVEL].predicted == b.e[LEVEL].predicted);
		assert_true(a.e[LEVEL].estimate == b.e[LEVEL].estimate);
		assert_memory_equal(&component_of(&a)->filter, &component_of(&b)->filter,
		                    sizeof(struct kalman));
		twin_free(b.twin);
		twin_free(a.twin);
	}
}

/* More rows than are kept while it runs: there is a gap, and no alarm of it. */
static void too_many_late_rows_are_a_gap(void **state)
{
	struct machine m;
	struct fit_job *job;

	(void)state;
	setup_apart(&m);
	job = gather(&m);
	run(&m, FIT_LATER_MAX + 200);
	fit_job_run(job, NULL);
	fit_job_adopt(m.twin, job);
	for (int i = 0; i < 500; i++) {
		run(&m, 1);
		assert_true(m.e[LEVEL].state != STATE_MISMATCH);
	}
	assert_int_equal(component_state(component_of(&m)), STATE_HEALTHY);
	assert_true(fabs(component_of(&m)->p[OUTLET] / tank_outlet - 1) < 0.02);
	twin_free(m.twin);
}

/* Patience for so many questions. */
static bool lasts(void *arg)
{
	int *left = arg;

	return --*left > 0;
}

/* Wherever it is interrupted, the rows are still there and it is done another time. */
static void interrupted_it_waits_again(void **state)
{
	static const int left[] = {1, 2, 5, 12, 25, 50};
	struct machine m;
	struct fit_job *job;
	size_t interrupted = 0;

	(void)state;
	setup_apart(&m);
	job = gather(&m);
	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++) {
		int rest = left[i];
		const struct patience patience = {lasts, &rest};

		fit_job_run(job, &patience);
		fit_job_adopt(m.twin, job);
		if (!twin_is_fitting(m.twin, 0)) {
			break; /* that was enough */
		}
		interrupted++;
		run(&m, 1);
		assert_int_equal(m.e[LEVEL].state, STATE_LEARNING);
		job = fit_job_take(m.twin);
		assert_non_null(job);
	}
	assert_true(interrupted > 3);
	if (twin_is_fitting(m.twin, 0)) {
		fit_job_run(job, NULL);
		fit_job_adopt(m.twin, job);
	}
	run(&m, 20);
	assert_true(fabs(component_of(&m)->p[OUTLET] / tank_outlet - 1) < 0.02);
	assert_int_equal(component_of(&m)->phase, COMPONENT_JUDGING);
	twin_free(m.twin);
}

/* Whoever decides while it runs has the last word: the rows are learnt from with that. */
static void who_decides_meanwhile_has_the_last_word(void **state)
{
	struct machine m;
	struct fit_job *job;

	(void)state;
	setup_apart(&m);
	job = gather(&m);
	m.component.parameters[OUTLET] = tank_outlet * 1.001;
	twin_reparameterise(m.twin, 0);
	fit_job_run(job, NULL);
	fit_job_adopt(m.twin, job);
	assert_true(twin_is_fitting(m.twin, 0));
	job = fit_job_take(m.twin);
	assert_non_null(job);
	fit_job_run(job, NULL);
	fit_job_adopt(m.twin, job);
	run(&m, 20);
	assert_int_equal(component_of(&m)->phase, COMPONENT_JUDGING);
	assert_true(component_of(&m)->p[OUTLET] == tank_outlet * 1.001);
	twin_free(m.twin);
}

static void who_decided_before_has_the_last_word_too(void **state)
{
	struct machine m;

	(void)state;
	setup(&m, 1U << OUTLET);
	run(&m, 600);
	m.component.parameters[OUTLET] = tank_outlet * 1.001;
	twin_reparameterise(m.twin, 0);
	run(&m, 700);
	assert_int_equal(component_of(&m)->phase, COMPONENT_JUDGING);
	assert_true(component_of(&m)->p[OUTLET] == tank_outlet * 1.001);
	twin_free(m.twin);
}

/* A version in force takes the place of the fit, also in the configuration of the next
 * start, and what was learnt goes on. */
static void accepted_version_goes_on_after_a_restart(void **state)
{
	const struct twin_time now = {.t_ns = INT64_C(130000000000), .wall_us = 1};
	struct twin_restored what;
	struct machine a, b;
	uint8_t *bytes;
	size_t n;

	(void)state;
	setup(&a, 1U << OUTLET);
	run(&a, 1300);
	a.component.parameters[OUTLET] = tank_outlet;
	a.component.fit = 0;
	twin_reparameterise(a.twin, 0);
	run(&a, 10);
	bytes = malloc(twin_save_size(a.twin));
	assert_non_null(bytes);
	n = twin_save(a.twin, &now, bytes);
	machine_new(&b, 41);
	b.component.learn = 1200;
	assert_int_equal(twin_new(&b.twin, &b.cfg), 0);
	assert_int_equal(twin_restore(b.twin, &now, bytes, n, &what), 0);
	assert_int_equal(what.changed, 0);
	assert_int_equal(component_of(&b)->phase, COMPONENT_JUDGING);
	assert_memory_equal(component_of(&a)->filter.x, component_of(&b)->filter.x,
	                    sizeof(double));
	twin_free(b.twin);
	twin_free(a.twin);
	free(bytes);
}

/* What was found is said once. */
static void what_was_found_is_said(void **state)
{
	struct remark said[8];
	struct machine m;
	size_t n, found = 0;

	(void)state;
	setup(&m, 1U << OUTLET | 1U << AREA);
	run(&m, 1300);
	n = twin_remarks(m.twin, said, 8);
	for (size_t i = 0; i < n; i++) {
		if (said[i].kind == REMARK_FITTED && said[i].n == OUTLET) {
			found++;
			assert_int_equal(said[i].device, 1);
			assert_true(said[i].before == tank_outlet * 0.8);
			assert_true(fabs(said[i].after / tank_outlet - 1) < 0.02);
		}
	}
	assert_int_equal(found, 1);
	twin_free(m.twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guess_becomes_the_truth_in_learning),
		cmocka_unit_test(without_it_the_guess_stays),
		cmocka_unit_test(what_was_found_is_saved),
		cmocka_unit_test(apart_it_is_the_same_to_the_byte),
		cmocka_unit_test(too_many_late_rows_are_a_gap),
		cmocka_unit_test(interrupted_it_waits_again),
		cmocka_unit_test(who_decides_meanwhile_has_the_last_word),
		cmocka_unit_test(who_decided_before_has_the_last_word_too),
		cmocka_unit_test(accepted_version_goes_on_after_a_restart),
		cmocka_unit_test(what_was_found_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
