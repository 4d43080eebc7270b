/* SPDX-License-Identifier: Apache-2.0 */
/* A component of model var within the twin: many tags, one test, who is to blame. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "noise.h"
#include "twin/twin.h"

enum { TAGS = 4, HEALTH = TAGS, LEARN = 400 };
#define STEP_NS INT64_C(1000000000)

static const struct tag tags[] = {
	{.device = "press",
         .name = "a",
         .period_ms = 1000,
         .kind = &(const struct tag_kind){.analog = true}},
	{.device = "press",
         .name = "b",
         .period_ms = 1000,
         .kind = &(const struct tag_kind){.analog = true}},
	{.device = "oven",
         .name = "c",
         .period_ms = 1000,
         .device_index = 1,
         .kind = &(const struct tag_kind){.analog = true}},
	{.device = "oven",
         .name = "d",
         .period_ms = 1000,
         .device_index = 1,
         .kind = &(const struct tag_kind){.analog = true}},
	{.device = "line",
         .name = "health",
         .device_index = 2,
         .kind = &(const struct tag_kind){.unit = ""}},
};
static const uint32_t members[] = {2, 0, 3, 1};

struct line {
	struct component_config component;
	struct twin_config cfg;
	struct twin *twin;
	uint64_t seed;
	int64_t t_ns;
	double shared, shift[TAGS];
	struct reading health;
	struct estimate e;
	size_t said; /* rows of the component in the last step */
};

static void line_new(struct line *l)
{
	*l = (struct line){.seed = 21};
	l->component = (struct component_config){.id = "line",
	                                         .device_index = 2,
	                                         .model = &model_var,
	                                         .tags = members,
	                                         .n_tags = TAGS,
	                                         .health_tag = HEALTH,
	                                         .learn = LEARN,
	                                         .max_age_s = 60};
	l->cfg = (struct twin_config){.tags = tags,
	                              .n_tags = TAGS + 1,
	                              .n_field_tags = TAGS,
	                              .components = &l->component,
	                              .n_components = 1,
	                              .learn = LEARN,
	                              .false_alarm = 1e-4};
	assert_int_equal(twin_new(&l->twin, &l->cfg), 0);
}

/* One device's two tags. */
static void line_deliver(struct line *l, uint32_t first)
{
	struct reading r[2], said[2];
	struct estimate e[2], own[2];

	for (uint32_t i = 0; i < 2; i++) {
		double x = l->shared + l->shift[first + i] + noise_normal(&l->seed);

		r[i] = (struct reading){.tag = first + i, .value = value_real(50 + x)};
	}
	twin_merge(l->twin, l->t_ns, r, 2, e);
	l->said = twin_virtual(l->twin, said, own, 2);
	if (l->said) {
		l->health = said[0];
		l->e = own[0];
	}
}

/* Both devices, 100 ms apart. */
static void line_step(struct line *l)
{
	l->shared = 0.8 * l->shared + noise_normal(&l->seed);
	l->t_ns += STEP_NS;
	line_deliver(l, 0);
	l->t_ns += STEP_NS / 10;
	line_deliver(l, 2);
	l->t_ns -= STEP_NS / 10;
}

static void line_learn(struct line *l)
{
	for (int i = 0; i < LEARN; i++) {
		line_step(l);
		assert_int_equal(l->e.state, STATE_LEARNING);
		assert_true(isnan(l->e.score));
	}
}

static void health_is_said_once_all_devices_have_answered(void **state)
{
	struct line l;

	(void)state;
	line_new(&l);
	line_learn(&l);
	for (int i = 0; i < 100; i++) {
		l.t_ns += STEP_NS;
		line_deliver(&l, 0);
		assert_int_equal(l.said, 0);
		line_deliver(&l, 2);
		assert_int_equal(l.said, 1);
		assert_int_equal(l.health.tag, HEALTH);
		assert_int_equal(l.health.quality, QUALITY_GOOD);
		assert_int_equal(l.e.state, STATE_HEALTHY);
		assert_true(l.e.score > 0 && l.e.score <= 1);
		assert_true(isnan(l.e.predicted));
	}
	twin_free(l.twin);
}

static void tag_that_goes_its_own_way_is_named(void **state)
{
	struct explanation why;
	struct line l;

	(void)state;
	line_new(&l);
	line_learn(&l);
	l.shift[1] = 9;
	for (int i = 0; i < 8; i++) {
		line_step(&l);
	}
	assert_int_equal(l.e.state, STATE_MISMATCH);
	assert_true(l.e.drift && l.e.score > 1);
	twin_explain(l.twin, HEALTH, &why);
	assert_string_equal(why.method, "var");
	assert_true(why.n_blamed >= 1 && why.blamed[0] == 1);
	assert_true(why.share[0] > 0.5);
	assert_true(fabs(l.e.score * why.threshold - l.health.value.real) < 1e-9);
	twin_free(l.twin);
}

static void restart_forgets_nothing_learnt(void **state)
{
	struct twin_time now = {.wall_us = 1000000000000};
	struct twin_restored what;
	struct twin *again;
	struct line l, next;
	uint8_t *bytes;
	size_t n;

	(void)state;
	line_new(&l);
	line_learn(&l);
	now.t_ns = l.t_ns;
	bytes = malloc(twin_save_size(l.twin));
	assert_non_null(bytes);
	n = twin_save(l.twin, &now, bytes);
	assert_int_equal(twin_new(&again, &l.cfg), 0);
	assert_int_equal(twin_restore(again, &now, bytes, n, &what), 0);
	assert_int_equal(what.taken, TAGS + 1);
	next = l;
	next.twin = again;
	for (int i = 0; i < 50; i++) {
		line_step(&l);
		line_step(&next);
		assert_true(i < 5 || fabs(l.e.score / next.e.score - 1) < 1e-12);
		assert_true(i > 4 || next.e.state == STATE_LEARNING);
	}
	twin_free(again);

	/* Other tags: learnt anew. */
	l.component.n_tags = TAGS - 1;
	assert_int_equal(twin_new(&again, &l.cfg), 0);
	assert_int_equal(twin_restore(again, &now, bytes, n, &what), 0);
	assert_int_equal(what.changed, 1);
	free(bytes);
	twin_free(again);
	twin_free(l.twin);
}

static void too_few_rows_to_learn_are_refused(void **state)
{
	struct line l;
	struct twin *twin;

	(void)state;
	line_new(&l);
	twin_free(l.twin);
	l.component.n_tags = 0;
	assert_int_equal(twin_new(&twin, &l.cfg), -EINVAL);
	l.component.n_tags = TAGS;
	l.component.tags = (const uint32_t[]){0, 1, 2, HEALTH};
	assert_int_equal(twin_new(&twin, &l.cfg), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(health_is_said_once_all_devices_have_answered),
		cmocka_unit_test(tag_that_goes_its_own_way_is_named),
		cmocka_unit_test(restart_forgets_nothing_learnt),
		cmocka_unit_test(too_few_rows_to_learn_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
