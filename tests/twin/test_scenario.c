/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/models/expression.h"
#include "twin/scenario/scenario.h"

enum { INFLOW, VALVE, LEVEL, OUTFLOW, N_SIGNALS };
enum { POINTS = 61, SHOWN = 2 };
#define OUTLET 0.001

/* A tank of 0.5 m2, of which the level is known to 1 cm. */
struct world {
	struct signal_config signals[N_SIGNALS];
	double parameters[MODEL_PARAMETERS_MAX];
	struct part_config part;
	struct plant_config plant;
	struct scenario_part where;
	struct scenario_noise noise;
	struct kpi_config kpi;
	double program[16];
	struct scenario_world world;
	double mean, course[POINTS * SHOWN];
};

static const uint32_t shown[] = {LEVEL, INFLOW};

static void set_up(struct world *w)
{
	static const struct model_port inputs[] = {{.name = "x"}};
	static const uint32_t level[] = {LEVEL};

	*w = (struct world){
		.signals = {{"inflow", "m3/s", 0.003},
	                    {"valve", "1", 1},
	                    {"tank.level", "m", 0},
	                    {"tank.outflow", "m3/s", 0}},
		.where = {.placed = true, .n = 1, .x = {0.6}, .root = {0.01}},
		.noise = {.signal = INFLOW, .sigma = 1e-4, .tau_s = 30},
	};
	assert_int_equal(part_find(&w->part.kind, "tank"), 0);
	for (size_t i = 0; i < w->part.kind.model->n_parameters; i++) {
		const struct model_port *p = &w->part.kind.model->parameters[i];

		w->parameters[i] = strcmp(p->name, "area") == 0     ? 0.5
		                   : strcmp(p->name, "outlet") == 0 ? OUTLET
		                                                    : p->preset;
	}
	w->part.id = "tank";
	w->part.parameters = w->parameters;
	for (size_t i = 0; i < w->part.kind.model->n_inputs; i++) {
		const char *name = w->part.kind.model->inputs[i].name;

		w->part.inputs[i] = (struct plant_wire){
			.signal = strcmp(name, "inflow") == 0 ? INFLOW : VALVE,
			.scale = 1};
	}
	for (size_t i = 0; i < MODEL_OUTPUTS_MAX; i++) {
		w->part.start[i] = (double)NAN;
		w->part.outputs[i] = LEVEL + (uint32_t)i;
	}
	assert_true(expression_compile("x", inputs, 1, w->program,
	                               &(struct expression_error){0}) > 0);
	w->kpi = (struct kpi_config){
		.id = "level", .of = {w->program, level, 1}, .how = KPI_LAST, .scale = 1};
	w->plant = (struct plant_config){.signals = w->signals,
	                                 .n_signals = N_SIGNALS,
	                                 .parts = &w->part,
	                                 .n_parts = 1,
	                                 .step_s = 1,
	                                 .steps = 1};
	w->world = (struct scenario_world){.plant = &w->plant,
	                                   .parts = &w->where,
	                                   .kpis = &w->kpi,
	                                   .n_kpis = 1,
	                                   .shown = shown,
	                                   .n_shown = SHOWN,
	                                   .points = POINTS,
	                                   .horizon_s = 7200,
	                                   .seed = 1};
}

static double run(struct world *w, const struct scenario *s, uint64_t draw)
{
	struct scenario_result result = {.kpis = &w->mean, .course = w->course};

	assert_int_equal(scenario_run(&w->world, s, draw, &result), 0);
	assert_int_equal(result.failures, 0);
	return w->mean;
}

/* Torricelli: where the outflow is the inflow. */
static double level_at_rest(double inflow)
{
	return inflow * inflow / (OUTLET * OUTLET) / (2 * 9.80665);
}

static void it_starts_where_the_twin_stands(void **state)
{
	static const struct scenario as_now = {.id = "as-now"};
	struct world w;

	(void)state;
	set_up(&w);
	(void)run(&w, &as_now, 0);
	assert_true(fabs(w.course[0] - 0.6) < 1e-12);
	assert_true(fabs(w.mean - level_at_rest(0.003)) < 1e-3);
}

static void moves_go_where_they_are_told(void **state)
{
	static const struct {
		struct scenario_move moves[2];
		size_t n;
		double at_0, at_mid, at_end; /* of the inflow, l/s */
	} cases[] = {
		{{{INFLOW, false, 0.004, 60, 0, (double)INFINITY}}, 1, 3, 4, 4},
		{{{INFLOW, true, -0.001, 0, 0, (double)INFINITY}}, 1, 2, 2, 2},
		{{{INFLOW, false, 0.005, 0, 7200, (double)INFINITY}}, 1, 3, 4, 5},
		{{{INFLOW, false, 0.001, 0, 0, 7000}}, 1, 1, 1, 3},
		/* of two the later wins */
		{{{INFLOW, false, 0.001, 0, 0, (double)INFINITY},
	          {INFLOW, false, 0.002, 3600, 0, (double)INFINITY}},
	         2,
	         1,
	         2,
	         2},
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scenario s = {
			.id = "case", .moves = cases[i].moves, .n_moves = cases[i].n};
		const double *inflow = w.course + 1;

		set_up(&w);
		(void)run(&w, &s, 0);
		if (fabs(1e3 * inflow[0] - cases[i].at_0) > 1e-9 ||
		    fabs(1e3 * inflow[POINTS / 2 * SHOWN] - cases[i].at_mid) > 1e-9 ||
		    fabs(1e3 * inflow[(POINTS - 1) * SHOWN] - cases[i].at_end) > 1e-9) {
			fail_msg("case %zu: %g %g %g l/s", i, 1e3 * inflow[0],
			         1e3 * inflow[POINTS / 2 * SHOWN],
			         1e3 * inflow[(POINTS - 1) * SHOWN]);
		}
	}
}

static void a_fault_begins_in_its_time(void **state)
{
	const struct fault leak = {.kind = FAULT_DAMAGE,
	                           .value = 2e-4,
	                           .at_s = 3600,
	                           .until_s = (double)INFINITY};
	const struct scenario s = {.id = "leak", .faults = &leak, .n_faults = 1};
	struct world w;

	(void)state;
	set_up(&w);
	(void)run(&w, &s, 0);
	assert_true(fabs(w.course[POINTS / 2 * SHOWN] - level_at_rest(0.003)) < 1e-3);
	assert_true(w.mean < 0.8 * level_at_rest(0.003));
}

static void the_same_draw_gives_the_same_bits(void **state)
{
	static const struct scenario as_now = {.id = "as-now"};
	double first[POINTS * SHOWN];
	struct world w;

	(void)state;
	set_up(&w);
	w.world.noises = &w.noise;
	w.world.n_noises = 1;
	(void)run(&w, &as_now, 7);
	memcpy(first, w.course, sizeof(first));
	(void)run(&w, &as_now, 8);
	assert_true(memcmp(first, w.course, sizeof(first)) != 0);
	(void)run(&w, &as_now, 7);
	assert_memory_equal(first, w.course, sizeof(first));
}

/* 400 draws: the state's and the disturbance's spread, each within four of its errors. */
static void draws_have_the_spread_that_is_asked_for(void **state)
{
	static const struct scenario as_now = {.id = "as-now"};
	double level = 0, inflow = 0;
	struct world w;

	(void)state;
	set_up(&w);
	w.world.noises = &w.noise;
	w.world.n_noises = 1;
	w.world.horizon_s = 300;
	for (uint64_t draw = 1; draw <= 400; draw++) {
		double of_inflow;

		(void)run(&w, &as_now, draw);
		of_inflow = w.course[(POINTS - 1) * SHOWN + 1] - 0.003;
		level += (w.course[0] - 0.6) * (w.course[0] - 0.6) / 400;
		inflow += of_inflow * of_inflow / 400;
	}
	assert_true(fabs(sqrt(level) / 0.01 - 1) < 0.15);
	assert_true(fabs(sqrt(inflow) / 1e-4 - 1) < 0.15);
}

static void what_is_out_of_range_is_refused(void **state)
{
	static const struct scenario as_now = {.id = "as-now"};
	double kpi;
	struct scenario_result result = {.kpis = &kpi};
	struct world w;

	(void)state;
	set_up(&w);
	w.world.points = 1;
	assert_int_equal(scenario_run(&w.world, &as_now, 0, &result), -EINVAL);
	set_up(&w);
	w.world.horizon_s = 0;
	assert_int_equal(scenario_run(&w.world, &as_now, 0, &result), -EINVAL);
	set_up(&w);
	w.plant.step_s = 2;
	assert_int_equal(scenario_run(&w.world, &as_now, 0, &result), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_starts_where_the_twin_stands),
		cmocka_unit_test(moves_go_where_they_are_told),
		cmocka_unit_test(a_fault_begins_in_its_time),
		cmocka_unit_test(the_same_draw_gives_the_same_bits),
		cmocka_unit_test(draws_have_the_spread_that_is_asked_for),
		cmocka_unit_test(what_is_out_of_range_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
