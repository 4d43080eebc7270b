/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters found again from what a model of known parameters did under noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "drivers/reading.h"
#include "noise.h"
#include "twin/identify/identify.h"

enum { ROWS = 1200 };

struct bench {
	struct recording_rows rows;
	struct span spans[2];
	double t_s[ROWS], u[ROWS * MODEL_INPUTS_MAX], y[ROWS * MODEL_OUTPUTS_MAX];
	double truth[MODEL_PARAMETERS_MAX], prior[MODEL_PARAMETERS_MAX];
	double sigma[MODEL_OUTPUTS_MAX];
	bool wanted[MODEL_PARAMETERS_MAX];
	struct identify_task task;
	struct identify_result result;
};

/* Inputs of row i, by model. */
static void drive(const char *model, size_t i, double *u)
{
	if (strcmp(model, "heated_tank") == 0) {
		u[0] = i / 97 % 2 ? 0.0105 : 0.006;
		u[1] = i / 131 % 2 ? 0.85 : 1;
		u[2] = 285 + (i / 211 % 2 ? 5 : 0);
		u[3] = i / 61 % 2 ? 2e5 : 0;
		u[4] = 293;
	} else if (strcmp(model, "thermal") == 0) {
		u[0] = i / 83 % 2 ? 1 : 0.1;
		u[1] = 293;
	} else {
		u[0] = i / 83 % 2 ? 1 : 0; /* first_order */
	}
}

/* Let the model run with the true parameters, and read it with noise. */
static struct bench *setup(const char *model, const double *truth, const double *sigma,
                           const double *x0, double dt_s)
{
	struct bench *b = calloc(1, sizeof(*b));
	const struct model *m = model_find(model);
	double x[MODEL_STATES_MAX];
	uint64_t seed = 17;

	assert_true(b && m);
	b->rows = (struct recording_rows){
		.model = m, .n = ROWS, .t_s = b->t_s, .u = b->u, .y = b->y};
	b->spans[0] = (struct span){0, ROWS / 2};
	b->spans[1] = (struct span){ROWS / 2, ROWS - ROWS / 2};
	for (size_t i = 0; i < ROWS; i++) {
		b->t_s[i] = (double)i * dt_s;
		drive(model, i, b->u + i * m->n_inputs);
	}
	memcpy(b->truth, truth, m->n_parameters * sizeof(*truth));
	memcpy(b->prior, truth, m->n_parameters * sizeof(*truth));
	memcpy(x, x0, m->n_states * sizeof(*x));
	assert_int_equal(simulate(&b->rows, truth, (struct span){0, ROWS}, x, b->y), 0);
	for (size_t i = 0; i < ROWS * m->n_outputs; i++) {
		double s = sigma[i % m->n_outputs];

		b->y[i] = isnan(s) ? (double)NAN : b->y[i] + s * noise_normal(&seed);
	}
	for (size_t i = 0; i < m->n_outputs; i++) {
		b->sigma[i] = isnan(sigma[i]) ? 1 : sigma[i];
	}
	b->task = (struct identify_task){.rows = &b->rows,
	                                 .spans = b->spans,
	                                 .n_spans = 2,
	                                 .sigma = b->sigma,
	                                 .prior = b->prior,
	                                 .wanted = b->wanted};
	return b;
}

static void within(const struct bench *b, size_t i, double share)
{
	double got = b->result.parameters[i];

	if (!(fabs(got / b->truth[i] - 1) <= share)) {
		fail_msg("%s: %g, not %g", b->rows.model->parameters[i].name, got,
		         b->truth[i]);
	}
}

static const double tank_truth[] = {1.2, 0.0021, 1e4, 998, 4182, 1500};
static const double tank_sigma[] = {0.002, 0.05, NAN};
static const double tank_start[] = {0.8, 290};

static void parameter_wrong_by_a_fifth_is_found(void **state)
{
	static const size_t wrong[] = {0, 1, 5};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct bench *b = setup("heated_tank", tank_truth, tank_sigma, tank_start,
		                        1);

		b->prior[wrong[i]] *= i % 2 ? 0.8 : 1.2;
		b->wanted[wrong[i]] = true;
		assert_int_equal(identify(&b->task, &b->result), 0);
		assert_int_equal(b->result.verdict[wrong[i]], IDENTIFY_FITTED);
		within(b, wrong[i], 0.02);
		assert_true(fabs(b->result.error - 1) < 0.1);
		assert_true(b->result.spread[wrong[i]] < 0.02);
		free(b);
	}
}

static void several_wrong_ones_are_found_together(void **state)
{
	struct bench *b = setup("heated_tank", tank_truth, tank_sigma, tank_start, 1);

	(void)state;
	b->prior[0] *= 1.3;
	b->prior[1] *= 0.75;
	b->prior[5] *= 1.4;
	b->wanted[0] = b->wanted[1] = b->wanted[5] = true;
	assert_int_equal(identify(&b->task, &b->result), 0);
	within(b, 0, 0.02);
	within(b, 1, 0.02);
	within(b, 5, 0.03);
	assert_true(b->result.parameters[3] == tank_truth[3]);
	assert_int_equal(b->result.verdict[3], IDENTIFY_LEFT);
	free(b);
}

/* Capacities, conductances and power of a thermal body scale together: what the data tell
 * is found, and for the rest it is said that they don't. */
static void what_the_data_do_not_tell_is_kept(void **state)
{
	static const double truth[] = {20, 150, 2, 0.8, 30}, start[] = {300, 302};
	static const double sigma[] = {0.02, 0.02};
	struct bench *b = setup("thermal", truth, sigma, start, 1);
	size_t kept = 0;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		b->wanted[i] = true;
		b->prior[i] *= i % 2 ? 1.1 : 0.9;
	}
	assert_int_equal(identify(&b->task, &b->result), 0);
	for (size_t i = 0; i < 5; i++) {
		if (b->result.verdict[i] != IDENTIFY_FITTED) {
			kept++;
			assert_true(b->result.parameters[i] == b->prior[i]);
			assert_true(isnan(b->result.spread[i]));
		}
	}
	assert_int_equal(kept, 1);
	/* all are wrong by the same factor */
	for (size_t i = 1; i < 5; i++) {
		double factor = b->result.parameters[i] / truth[i];

		assert_true(fabs(factor / (b->result.parameters[0] / truth[0]) - 1) <
		            0.03);
	}
	free(b);
}

/* Reaching nothing at all: a level that never overflows says nothing of level_max. */
static void parameter_without_influence_is_untold(void **state)
{
	struct bench *b = setup("heated_tank", tank_truth, tank_sigma, tank_start, 1);

	(void)state;
	b->wanted[2] = true;
	assert_int_equal(identify(&b->task, &b->result), 0);
	assert_int_equal(b->result.verdict[2], IDENTIFY_UNTOLD);
	assert_true(b->result.parameters[2] == b->prior[2]);
	free(b);
}

static void dead_time_and_gain_are_found(void **state)
{
	static const double sigma[] = {0.01}, start[] = {0};
	const struct model *m = model_find("first_order");
	double truth[MODEL_PARAMETERS_MAX] = {2.5, 12, 7.3, 0};
	struct bench *b = setup("first_order", truth, sigma, start, 1);

	(void)state;
	assert_string_equal(m->parameters[2].name, "dead_time");
	b->prior[0] *= 0.7;
	b->prior[1] *= 1.3;
	b->prior[2] *= 1.25;
	b->wanted[0] = b->wanted[1] = b->wanted[2] = true;
	assert_int_equal(identify(&b->task, &b->result), 0);
	within(b, 0, 0.01);
	within(b, 1, 0.02);
	within(b, 2, 0.02);
	free(b);
}

static void gaps_in_a_sensor_do_not_matter(void **state)
{
	struct bench *b = setup("heated_tank", tank_truth, tank_sigma, tank_start, 1);

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		b->y[3 * i + i % 2] = NAN;
	}
	b->prior[1] *= 1.2;
	b->wanted[1] = true;
	assert_int_equal(identify(&b->task, &b->result), 0);
	within(b, 1, 0.02);
	for (size_t i = 0; i < ROWS * 3; i++) {
		b->y[i] = NAN;
	}
	assert_int_equal(identify(&b->task, &b->result), -ENODATA);
	free(b);
}

static void noise_of_sensors_is_learnt_from_bends(void **state)
{
	struct bench *b = setup("heated_tank", tank_truth, tank_sigma, tank_start, 1);
	double sigma[3] = {NAN, 0.5, NAN};

	(void)state;
	identify_noise(&b->rows, b->spans, 2, sigma);
	assert_true(fabs(sigma[0] / 0.002 - 1) < 0.15);
	assert_true(sigma[1] == 0.5 && sigma[2] > 0);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameter_wrong_by_a_fifth_is_found),
		cmocka_unit_test(several_wrong_ones_are_found_together),
		cmocka_unit_test(what_the_data_do_not_tell_is_kept),
		cmocka_unit_test(parameter_without_influence_is_untold),
		cmocka_unit_test(dead_time_and_gain_are_found),
		cmocka_unit_test(gaps_in_a_sensor_do_not_matter),
		cmocka_unit_test(noise_of_sensors_is_learnt_from_bends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
