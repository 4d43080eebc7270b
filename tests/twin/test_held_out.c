/* SPDX-License-Identifier: Apache-2.0 */
/* A tank with known parameters, judged with right and with wrong ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "tank_plant.h"
#include "twin/identify/held_out.h"

enum { ROWS = 9000 };

static const struct tag tags[] = {
	{.name = "level", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "inflow", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "valve", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "outflow", .kind = &(const struct tag_kind){.unit = ""}}};

struct bench {
	double t_s[ROWS], u[ROWS * 2], y[ROWS * 2];
	struct recording_rows rows;
	struct span span;
	struct component_config component;
	struct twin_config twin;
	struct held_out_task task;
};

static struct bench *setup(void)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct tank_plant plant = tank_plant_new(23);

	assert_non_null(b);
	for (size_t i = 0; i < ROWS; i++) {
		for (int k = 0; k < 10; k++) {
			tank_plant_step(&plant);
		}
		b->t_s[i] = (double)i;
		b->u[2 * i] = plant.inflow;
		b->u[2 * i + 1] = plant.valve;
		b->y[2 * i] = tank_plant_level(&plant);
		b->y[2 * i + 1] = NAN;
	}
	b->rows = (struct recording_rows){.model = model_find("tank"),
	                                  .n = ROWS,
	                                  .t_s = b->t_s,
	                                  .u = b->u,
	                                  .y = b->y};
	b->span = (struct span){0, ROWS};
	b->component = (struct component_config){
		.model = b->rows.model,
		.parameters = {tank_area, tank_outlet, 1e4},
		.inputs = {{0, 1, 1, 0}, {1, 2, 1, 0}},
		.n_inputs = 2,
		.outputs = {{0, 0, 1, 0}, {1, 3, 1, 0}},
		.n_outputs = 2,
		.max_age_s = 30,
		.noise = {NAN, NAN},
	};
	b->twin = (struct twin_config){
		.tags = tags, .n_tags = 4, .n_field_tags = 3, .learn = 1800};
	b->task = (struct held_out_task){.rows = &b->rows,
	                                 .spans = &b->span,
	                                 .n_spans = 1,
	                                 .from = ROWS * 7 / 10,
	                                 .component = &b->component,
	                                 .twin = &b->twin};
	return b;
}

static void right_parameters_beat_wrong_ones_and_persistence(void **state)
{
	const double right[] = {tank_area, tank_outlet, 1e4};
	const double wrong[] = {tank_area, tank_outlet * 1.2, 1e4};
	struct bench *b = setup();
	struct held_out good, bad;

	(void)state;
	assert_int_equal(held_out_try(&b->task, right, &good), 0);
	assert_int_equal(held_out_try(&b->task, wrong, &bad), 0);
	assert_int_equal(good.rows, ROWS - ROWS * 7 / 10);
	assert_int_equal(good.n[0],
	                 44); /* one a minute, the last a minute before the end */
	/* After ten minutes pump and valve are where they were: so is the level. */
	for (size_t h = 0; h < 3; h++) {
		assert_true(h == 2 || good.rmse[h][0] < good.persistence[h][0] / 2);
		assert_true(isnan(good.rmse[h][1]));
		assert_true(held_out_ratio(&bad, &good, h) < 0.7);
	}
	assert_true(fabs(good.nis - 1) < 0.3);
	assert_true(held_out_is_better(&bad, &good));
	assert_false(held_out_is_better(&good, &bad));
	assert_false(held_out_is_better(&good, &good));
	free(b);
}

static void too_few_rows_to_learn_from_are_refused(void **state)
{
	const double right[] = {tank_area, tank_outlet, 1e4};
	struct bench *b = setup();
	struct held_out out;

	(void)state;
	b->task.from = 200;
	assert_int_equal(held_out_try(&b->task, right, &out), -ENODATA);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_parameters_beat_wrong_ones_and_persistence),
		cmocka_unit_test(too_few_rows_to_learn_from_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
