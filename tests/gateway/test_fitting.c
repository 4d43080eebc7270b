/* SPDX-License-Identifier: Apache-2.0 */
/* A component's parameters are found on the pool while the loop goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "gateway/fitting.h"
#include "tests/twin/machine.h"
#include "twin/twin_impl.h"

enum { OUTLET = 1, POOL_MAX = 1024 };

struct bench {
	struct machine m;
	struct fitting *fitting;
	uv_loop_t loop;
};

static void run(struct bench *b, uint32_t rows)
{
	for (uint32_t i = 0; i < rows; i++) {
		machine_run(&b->m);
		machine_merge(&b->m);
	}
}

static void setup(struct bench *b, uint32_t learn)
{
	machine_new(&b->m, 41);
	b->m.component.parameters[OUTLET] = tank_outlet * 0.8;
	b->m.component.learn = learn;
	b->m.component.fit = 1U << OUTLET;
	b->m.cfg.fit_apart = true;
	assert_int_equal(twin_new(&b->m.twin, &b->m.cfg), 0);
	assert_int_equal(uv_loop_init(&b->loop), 0);
	assert_int_equal(fitting_new(&b->fitting, b->m.twin, &b->loop), 0);
	run(b, learn + 1);
	assert_true(twin_is_fitting(b->m.twin, 0));
}

static void teardown(struct bench *b)
{
	fitting_stop(b->fitting);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	fitting_free(b->fitting);
	twin_free(b->m.twin);
	assert_int_equal(uv_loop_close(&b->loop), 0);
}

static void loop_goes_on_while_parameters_are_found(void **state)
{
	struct bench b;
	int turns = 0;

	(void)state;
	setup(&b, 600);
	fitting_tick(b.fitting);
	for (; turns < 500 && twin_is_fitting(b.m.twin, 0); turns++) {
		run(&b, 1);
		assert_int_equal(b.m.e[LEVEL].state, STATE_LEARNING);
		assert_true(twin_progress(b.m.twin, HEALTH) < 1);
		fitting_tick(b.fitting); /* one is under way: nothing */
		uv_run(&b.loop, UV_RUN_NOWAIT);
	}
	uv_run(&b.loop, UV_RUN_DEFAULT);
	assert_true(turns > 1);
	run(&b, 20);
	assert_int_equal(b.m.twin->components[0].phase, COMPONENT_JUDGING);
	assert_true(fabs(b.m.twin->components[0].p[OUTLET] / tank_outlet - 1) < 0.02);
	teardown(&b);
}

/* Rows for minutes of work. */
static void end_does_not_wait_for_it(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, 20000);
	fitting_tick(b.fitting);
	fitting_stop(b.fitting);
	uv_run(&b.loop, UV_RUN_DEFAULT);
	assert_true(twin_is_fitting(b.m.twin, 0)); /* as if nothing had been */
	fitting_tick(b.fitting);
	assert_false(uv_loop_alive(&b.loop));
	run(&b, 5);
	assert_int_equal(b.m.e[LEVEL].state, STATE_LEARNING);
	teardown(&b);
}

static uv_sem_t gate;

static void wait_at_gate(uv_work_t *work)
{
	(void)work;
	uv_sem_wait(&gate);
}

/* Every thread of the pool is busy: it ends before it began. */
static void end_comes_before_its_turn(void **state)
{
	static uv_work_t others[POOL_MAX];
	struct bench b;

	(void)state;
	setup(&b, 600);
	assert_int_equal(uv_sem_init(&gate, 0), 0);
	for (int i = 0; i < POOL_MAX; i++) { /* the most threads that there are */
		assert_int_equal(uv_queue_work(&b.loop, &others[i], wait_at_gate, NULL),
		                 0);
	}
	fitting_tick(b.fitting);
	fitting_stop(b.fitting);
	for (int i = 0; i < POOL_MAX; i++) {
		uv_sem_post(&gate);
	}
	uv_run(&b.loop, UV_RUN_DEFAULT);
	assert_true(twin_is_fitting(b.m.twin, 0));
	uv_sem_destroy(&gate);
	teardown(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loop_goes_on_while_parameters_are_found),
		cmocka_unit_test(end_does_not_wait_for_it),
		cmocka_unit_test(end_comes_before_its_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
