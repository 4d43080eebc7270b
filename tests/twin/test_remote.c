/* SPDX-License-Identifier: Apache-2.0 */
/* A component whose model is computed elsewhere: what is told is what is predicted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "drivers/reading.h"
#include "twin/models/remote.h"
#include "twin/twin.h"

enum { U, LEVEL, FLOW, HEALTH, TAGS, LEARN = 200, STEP_NS = 100000000 };

static const struct tag tags[TAGS] = {
	{.device = "d", .name = "u", .kind = &(const struct tag_kind){.analog = true}},
	{.device = "d",
         .name = "level",
         .kind = &(const struct tag_kind){.analog = true}},
	{.device = "k",
         .name = "flow",
         .device_index = 1,
         .kind = &(const struct tag_kind){.analog = true}},
	{.device = "k",
         .name = "health",
         .device_index = 1,
         .kind = &(const struct tag_kind){.analog = true}},
};
static const struct model_port inputs[] = {{.name = "u", .unit = "", .preset = 7}};
static const struct model_port outputs[] = {{.name = "level", .unit = ""},
                                            {.name = "flow", .unit = ""}};

struct bench {
	struct model model;
	struct component_config cfg;
	struct twin_config config;
	struct twin *twin;
	int64_t t_ns;
	struct estimate level;  /* of the last reading */
	struct reading said[4]; /* by the component, then */
	struct estimate told[4];
	size_t n_said;
};

static void set_up(struct bench *b)
{
	const struct model ports = {.name = "remote",
	                            .source = "the test",
	                            .inputs = inputs,
	                            .n_inputs = 1,
	                            .outputs = outputs,
	                            .n_outputs = 2};

	*b = (struct bench){.t_ns = STEP_NS};
	remote_make(&b->model, &ports);
	b->cfg = (struct component_config){.id = "k",
	                                   .device_index = 1,
	                                   .model = &b->model,
	                                   .inputs = {{0, U, 1, 0}},
	                                   .n_inputs = 1,
	                                   .outputs = {{0, LEVEL, 1, 0}, {1, FLOW, 1, 0}},
	                                   .n_outputs = 2,
	                                   .health_tag = HEALTH,
	                                   .max_age_s = 30,
	                                   .noise = {NAN, NAN}};
	b->config = (struct twin_config){.tags = tags,
	                                 .n_tags = TAGS,
	                                 .n_field_tags = FLOW,
	                                 .components = &b->cfg,
	                                 .n_components = 1,
	                                 .learn = LEARN,
	                                 .false_alarm = 1e-4};
	assert_int_equal(twin_new(&b->twin, &b->config), 0);
}

/* Noise of the sensor, some 0.01, the same in every run. */
static double noise(int64_t k)
{
	return 0.01 * (sin((double)k * 12.9898) + sin((double)k * 78.233));
}

/* A batch of input and level; then what the component says. */
static void deliver(struct bench *b, double level)
{
	const struct reading r[] = {
		{.tag = U, .value = value_real(sin((double)b->t_ns))},
		{.tag = LEVEL, .value = value_real(level + noise(b->t_ns / STEP_NS))}};
	struct estimate e[2];

	b->t_ns += STEP_NS;
	twin_merge(b->twin, b->t_ns, r, 2, e);
	b->level = e[1];
	b->n_said = twin_virtual(b->twin, b->said, b->told, 4);
}

static void learn(struct bench *b)
{
	for (int k = 0; k < 3 * LEARN; k++) {
		double level = sin(k * 0.05), y[] = {level, 3};

		twin_tell(b->twin, 0, y);
		deliver(b, level);
	}
}

static void what_is_told_is_predicted(void **state)
{
	struct bench b;
	const double y[] = {0.25, 3};

	(void)state;
	set_up(&b);
	learn(&b);
	twin_tell(b.twin, 0, y);
	deliver(&b, 0.25);
	assert_true(b.level.predicted == 0.25);
	assert_true(b.level.sigma > 0.001 && b.level.sigma < 0.1);
	assert_int_equal(b.level.quality, QUALITY_GOOD);
	assert_int_equal(b.level.state, STATE_HEALTHY);
	assert_int_equal(b.n_said, 2); /* flow, a virtual sensor, and health */
	assert_true(b.said[0].value.real == 3);
	assert_int_equal(b.said[0].quality, QUALITY_UNCERTAIN);
	assert_int_equal(b.told[1].state, STATE_HEALTHY);
	for (int k = 0; k < 30; k++) {
		deliver(&b, 5); /* far from what was told */
	}
	assert_int_equal(b.told[1].state, STATE_MISMATCH);
	twin_free(b.twin);
}

static void nothing_told_is_bad_and_costs_the_sensor_nothing(void **state)
{
	struct bench b;
	const double y[] = {0.5, 4};

	(void)state;
	set_up(&b);
	learn(&b);
	twin_tell(b.twin, 0, NULL);
	deliver(&b, 0.5);
	assert_int_equal(b.level.quality, QUALITY_GOOD);
	assert_true(isnan(b.level.predicted));
	assert_int_equal(b.n_said, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(b.said[i].quality, QUALITY_BAD);
		assert_int_equal(b.told[i].state, STATE_BAD);
	}
	twin_tell(b.twin, 0, y);
	deliver(&b, 0.5);
	deliver(&b, 0.5);
	assert_true(b.level.predicted == 0.5);
	assert_true(b.said[0].value.real == 4);
	assert_int_equal(b.told[1].state, STATE_HEALTHY);
	twin_free(b.twin);
}

static void what_is_told_is_passed_on_without_a_reading(void **state)
{
	struct bench b;
	const double y[] = {0.5, 9};

	(void)state;
	set_up(&b);
	learn(&b);
	twin_tell(b.twin, 0, y);
	twin_merge(b.twin, b.t_ns + STEP_NS, NULL, 0, NULL);
	b.n_said = twin_virtual(b.twin, b.said, b.told, 4);
	assert_int_equal(b.n_said, 2);
	assert_true(b.said[0].value.real == 9);
	twin_merge(b.twin, b.t_ns + 2 * STEP_NS, NULL, 0, NULL);
	assert_int_equal(twin_virtual(b.twin, b.said, b.told, 4), 0);
	twin_free(b.twin);
}

static void inputs_are_asked_for_as_they_are(void **state)
{
	const struct reading r = {.tag = U, .value = value_real(2.5)};
	struct estimate e;
	struct bench b;
	double u = 0;

	(void)state;
	set_up(&b);
	twin_asked(b.twin, 0, &u);
	assert_true(isnan(u)); /* never read: whoever computes it has its own idea */
	twin_merge(b.twin, b.t_ns, &r, 1, &e);
	twin_asked(b.twin, 0, &u);
	assert_true(u == 2.5);
	twin_free(b.twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_is_predicted),
		cmocka_unit_test(nothing_told_is_bad_and_costs_the_sensor_nothing),
		cmocka_unit_test(what_is_told_is_passed_on_without_a_reading),
		cmocka_unit_test(inputs_are_asked_for_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
