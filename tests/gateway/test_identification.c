/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "gateway/identification.h"
#include "tests/gateway/tank_history.h"

struct bench {
	struct tank_history tank;
	struct reader *reader;
};

static void setup(struct bench *b, int seconds, int drift_from, int drift_to)
{
	char path[128];

	tank_history_new(&b->tank);
	tank_history_fill(&b->tank, seconds, drift_from, drift_to);
	snprintf(path, sizeof(path), "%s/history.db", b->tank.dir);
	assert_int_equal(reader_open(&b->reader, path), 0);
}

static void teardown(struct bench *b)
{
	reader_close(b->reader);
	tank_history_free(&b->tank);
}

static const struct component_history_wish everything = {.until_us = INT64_MAX};

static void wrong_outlet_is_found_in_the_history(void **state)
{
	struct identification i = {.fit_rows = 0};
	const struct component_config *c;
	struct bench b;

	(void)state;
	setup(&b, 4000, 0, 0);
	c = &b.tank.config->twin.components[0];
	assert_true(identification_is_possible(c));
	identification_default(c, i.wanted);
	assert_true(i.wanted[0] && i.wanted[1] && !i.wanted[2]);
	memcpy(i.now, c->parameters, sizeof(i.now));
	assert_int_equal(identification_run(&i, b.reader, b.tank.config, &everything), 0);
	assert_int_equal(i.history.n_spans, 1);
	assert_int_equal(i.history.kept, 4000);
	assert_in_range(i.fit_rows, 2790, 2810);
	assert_true(fabs(i.result.parameters[0] / tank_area - 1) < 0.02);
	assert_true(fabs(i.result.parameters[1] / tank_outlet - 1) < 0.02);
	assert_true(i.judged && i.better);
	assert_true(identification_gain(&i) < 0.5);
	identification_fini(&i);
	teardown(&b);
}

static void what_is_right_is_not_bettered(void **state)
{
	struct identification i = {.now = {1.2, 0.0021, 1e4}, .wanted = {true, true}};
	struct bench b;

	(void)state;
	setup(&b, 4000, 0, 0);
	assert_int_equal(identification_run(&i, b.reader, b.tank.config, &everything), 0);
	assert_true(i.judged && !i.better);
	identification_fini(&i);
	teardown(&b);
}

/* Drift from 2000 to 2100 s: ten minutes around it are out. */
static void rows_around_an_alarm_are_left_out(void **state)
{
	struct component_history_wish wish = everything;
	struct component_history h;
	struct bench b;

	(void)state;
	setup(&b, 4000, 2000, 2100);
	assert_int_equal(component_history_read(&h, b.reader, b.tank.config, &wish), 0);
	assert_int_equal(h.n_spans, 2);
	assert_true(h.spans[0].from == 0 && h.spans[0].n == 1400);
	assert_true(h.spans[1].from == 2700 && h.spans[1].n == 1300);
	assert_int_equal(h.unhealthy, 1300);
	assert_int_equal(component_history_held_out(&h), 2700 + 1890 - 1400);
	component_history_fini(&h);
	wish.mismatched = true; /* a drift is none */
	assert_int_equal(component_history_read(&h, b.reader, b.tank.config, &wish), 0);
	assert_int_equal(h.unhealthy, 1300);
	component_history_fini(&h);
	wish.with_alarms = true;
	assert_int_equal(component_history_read(&h, b.reader, b.tank.config, &wish), 0);
	assert_int_equal(h.kept, 4000);
	component_history_fini(&h);
	teardown(&b);
}

static void rows_are_in_si_with_their_inputs(void **state)
{
	struct component_history h;
	struct bench b;

	(void)state;
	setup(&b, 300, 0, 0);
	assert_int_equal(component_history_read(&h, b.reader, b.tank.config, &everything),
	                 0);
	assert_int_equal(h.rows.n, 300);
	for (size_t i = 0; i < h.rows.n; i++) {
		assert_true(fabs(h.t_s[i] - (double)i) < 1e-6);
		assert_true(h.u[2 * i] > 0.005 && h.u[2 * i] < 0.012);
		assert_true(h.u[2 * i + 1] > 0.8 && h.u[2 * i + 1] <= 1.001);
		assert_true(h.y[2 * i] > 0.3 && h.y[2 * i] < 2);
		assert_true(isnan(h.y[2 * i + 1]));
	}
	component_history_fini(&h);
	teardown(&b);
}

/* Patience for so many questions. */
static bool lasts(void *arg)
{
	int *left = arg;

	return --*left > 0;
}

/* Wherever it is interrupted: while it reads, fits, or judges. */
static void interrupted_it_ends_at_once(void **state)
{
	static const int left[] = {1, 5000, 12010, 12040, 12150};
	struct bench b;

	(void)state;
	setup(&b, 4000, 0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		struct identification id = {.now = {1.2, 0.0021, 1e4},
		                            .wanted = {true, true}};
		int rest = left[i];
		const struct patience patience = {lasts, &rest};
		struct component_history_wish wish = everything;

		wish.patience = &patience;
		assert_int_equal(identification_run(&id, b.reader, b.tank.config, &wish),
		                 -ECANCELED);
		assert_true(rest <= 0 && rest > -5000);
		identification_fini(&id);
	}
	teardown(&b);
}

static void too_little_history_is_said(void **state)
{
	struct identification i = {.now = {1.2, 0.0021, 1e4}, .wanted = {true, true}};
	struct bench b;

	(void)state;
	setup(&b, 150, 0, 0);
	assert_int_equal(identification_run(&i, b.reader, b.tank.config, &everything),
	                 -ENODATA);
	identification_fini(&i);
	teardown(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_outlet_is_found_in_the_history),
		cmocka_unit_test(what_is_right_is_not_bettered),
		cmocka_unit_test(rows_around_an_alarm_are_left_out),
		cmocka_unit_test(rows_are_in_si_with_their_inputs),
		cmocka_unit_test(interrupted_it_ends_at_once),
		cmocka_unit_test(too_little_history_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
