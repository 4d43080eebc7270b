/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "machine.h"

#define WALL_US INT64_C(1767312000000000)

/* A machine that has learnt, and what was saved of it. */
struct saved {
	struct machine m;
	struct tag tags[TAGS];
	struct tag_kind kinds[FIELD_TAGS]; /* by tag, as encodings */
	struct encoding encodings[FIELD_TAGS];
	struct point points[FIELD_TAGS];
	struct twin_time at;
	uint8_t *bytes;
	size_t n;
};

static void step(struct machine *m)
{
	machine_run(m);
	machine_merge(m);
}

static int set_up(void **state)
{
	struct saved *s = calloc(1, sizeof(*s));

	machine_new(&s->m, 7);
	memcpy(s->tags, machine_tags, sizeof(s->tags));
	for (uint32_t i = 0; i < FIELD_TAGS; i++) {
		s->kinds[i] = *machine_tags[i].kind;
		s->kinds[i].unit = "mm";
		s->tags[i].kind = &s->kinds[i];
		s->encodings[i] = (struct encoding){.scale = 1};
		s->points[i] = (struct point){.encoding = &s->encodings[i], .tag = i};
	}
	s->m.cfg.tags = s->tags;
	s->m.cfg.points = s->points;
	assert_int_equal(twin_new(&s->m.twin, &s->m.cfg), 0);
	for (int i = 0; i < MACHINE_LEARN + 300; i++) {
		step(&s->m);
	}
	s->at = (struct twin_time){s->m.t_ns, WALL_US};
	s->bytes = malloc(twin_save_size(s->m.twin));
	s->n = twin_save(s->m.twin, &s->at, s->bytes);
	assert_true(s->n <= twin_save_size(s->m.twin));
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct saved *s = *state;

	twin_free(s->m.twin);
	free(s->bytes);
	free(s);
	return 0;
}

/* Another run of the same machine, later by so many steps, on clocks of its own. */
static struct machine restart(const struct saved *s, int steps, int64_t wall_ahead_us,
                              struct twin_restored *what)
{
	struct machine m = s->m;
	struct twin_time now = s->at;

	m.t_ns = 5000000000 + (int64_t)steps * MACHINE_STEP_NS;
	now.t_ns = m.t_ns;
	now.wall_us += (int64_t)steps * (MACHINE_STEP_NS / 1000) + wall_ahead_us;
	assert_int_equal(twin_new(&m.twin, &s->m.cfg), 0);
	assert_int_equal(twin_restore(m.twin, &now, s->bytes, s->n, what), 0);
	return m;
}

static void a_restart_changes_no_answer(void **state)
{
	struct saved *s = *state;
	struct twin_restored what;
	struct machine m = restart(s, 0, 0, &what);

	assert_int_equal(what.taken, 5); /* four monitored tags, one component */
	assert_int_equal(what.changed + what.unknown, 0);
	assert_true(twin_progress(m.twin, LEVEL) >= 1);
	for (int i = 0; i < 1000; i++) {
		step(&s->m);
		step(&m);
		for (size_t tag = 0; tag < SWITCH; tag++) {
			const struct estimate *a = &s->m.e[tag], *b = &m.e[tag];

			assert_int_equal(a->state, b->state);
			assert_true(a->predicted == b->predicted);
			assert_true(a->sigma == b->sigma);
			assert_true(a->score == b->score);
			assert_true(a->estimate == b->estimate);
		}
	}
	twin_free(m.twin);
}

/* The outlet of the tank, followed: its own virtual sensor. */
static void a_followed_parameter_goes_on(void **state)
{
	struct tag tags[TAGS + 1] = {{0}};
	struct twin_time at = {.wall_us = WALL_US};
	struct reading r[2][4];
	struct estimate e[4];
	struct machine m;
	struct twin_restored what;
	struct twin *after;
	uint8_t *bytes;
	size_t n;

	(void)state;
	machine_new(&m, 8);
	memcpy(tags, machine_tags, sizeof(machine_tags));
	tags[TAGS] = (struct tag){.device = "tank",
	                          .name = "outlet_estimated",
	                          .kind = machine_tags[OUTFLOW].kind};
	m.component.outputs[2] = (struct binding){2, TAGS, 1, 0};
	m.component.n_outputs = 3;
	m.component.parameters[1] *= 1.1;
	m.component.estimate[1] = 0.1;
	m.cfg.tags = tags;
	m.cfg.n_tags = TAGS + 1;
	assert_int_equal(twin_new(&m.twin, &m.cfg), 0);
	for (int i = 0; i < MACHINE_LEARN + 2000; i++) {
		step(&m);
	}
	assert_int_equal(twin_virtual(m.twin, r[0], e, 4), 3);
	assert_true(fabs(r[0][1].value.real / tank_outlet - 1) < 0.03);
	bytes = malloc(twin_save_size(m.twin));
	at.t_ns = m.t_ns;
	n = twin_save(m.twin, &at, bytes);
	assert_int_equal(twin_new(&after, &m.cfg), 0);
	assert_int_equal(twin_restore(after, &at, bytes, n, &what), 0);
	assert_int_equal(what.changed, 0);
	step(&m);
	twin_merge(after, m.t_ns, m.r, FIELD_TAGS, m.e);
	assert_int_equal(twin_virtual(m.twin, r[0], e, 4), 3);
	assert_int_equal(twin_virtual(after, r[1], e, 4), 3);
	assert_true(r[0][1].value.real == r[1][1].value.real);
	free(bytes);
	twin_free(after);
	twin_free(m.twin);
}

static void a_sensor_that_freezes_after_a_restart_is_stuck(void **state)
{
	struct saved *s = *state;
	struct twin_restored what;
	struct machine m = restart(s, 0, 0, &what);
	struct value frozen = s->m.r[LEVEL].value;
	int stuck = 0;

	for (int i = 0; i < 100; i++) {
		machine_run(&s->m);
		machine_run(&m);
		s->m.r[LEVEL].value = m.r[LEVEL].value = frozen;
		machine_merge(&s->m);
		machine_merge(&m);
		assert_int_equal(s->m.e[LEVEL].stuck, m.e[LEVEL].stuck);
		stuck += m.e[LEVEL].stuck;
	}
	assert_in_range(stuck, 50, 71);
	twin_free(m.twin);
}

static void age_decides_whether_the_level_is_found_anew(void **state)
{
	static const struct {
		const char *name;
		int steps;
		int64_t wall_ahead_us;
		int learning; /* readings */
	} cases[] = {
		{"at once", 1, 0, 0},
		{"within 600 steps", 590, 0, 0},
		{"later", 610, 0, 20},
		{"a day later", 864000, 0, 20},
		{"saved by a clock that ran ahead", 1, -3600000000, 20},
	};
	struct saved *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct twin_restored what;
		struct machine m = restart(s, cases[i].steps, cases[i].wall_ahead_us,
		                           &what);
		int learning = 0;

		for (int row = 0; row < 50; row++) {
			step(&m);
			learning += m.e[INFLOW].state == STATE_LEARNING;
		}
		if (learning != cases[i].learning || m.e[INFLOW].state != STATE_HEALTHY) {
			fail_msg("%s: %d readings of learning, then %s", cases[i].name,
			         learning, tag_state_name(m.e[INFLOW].state));
		}
		twin_free(m.twin);
	}
}

/* What a number means decides whether it may be taken over. */
enum change { UNIT, TYPE, SCALE, OFFSET, WISH, PARAMETER, NAME, COMPONENT, UNWATCHED };

static void apply(struct saved *s, enum change change)
{
	static const bool watched[FIELD_TAGS] = {
		[LEVEL] = true, [INFLOW] = true, [VALVE] = true};

	switch (change) {
	case UNIT:
		s->kinds[TEMPERATURE].unit = "degF";
		break;
	case TYPE:
		s->kinds[TEMPERATURE].type_name = "float64";
		break;
	case SCALE:
		s->encodings[TEMPERATURE].scale = 10;
		break;
	case OFFSET:
		s->encodings[LEVEL].offset = 1;
		break;
	case WISH:
		s->m.cfg.false_alarm = 1e-6;
		break;
	case PARAMETER:
		s->m.component.parameters[0] *= 2;
		break;
	case NAME:
		s->tags[TEMPERATURE].name = "heat";
		break;
	case COMPONENT:
		s->m.component.id = "vessel";
		break;
	case UNWATCHED:
		s->m.cfg.monitored = watched;
		break;
	}
}

static void what_means_something_else_is_learnt_anew(void **state)
{
	static const struct {
		const char *name;
		enum change change;
		size_t taken, changed, unknown;
		uint32_t tag; /* which then learns */
	} cases[] = {
		{"unit", UNIT, 4, 1, 0, TEMPERATURE},
		{"type", TYPE, 4, 1, 0, TEMPERATURE},
		{"scale", SCALE, 4, 1, 0, TEMPERATURE},
		{"offset of a modelled tag", OFFSET, 3, 2, 0, LEVEL},
		{"false alarms wished", WISH, 0, 5, 0, INFLOW},
		{"parameter of the model", PARAMETER, 3, 2, 0, LEVEL},
		{"name", NAME, 4, 0, 1, TEMPERATURE},
		{"name of the component", COMPONENT, 3, 1, 1, LEVEL},
		{"no longer monitored", UNWATCHED, 4, 1, 0, TEMPERATURE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct twin_restored what;
		struct saved *s;
		struct machine m;

		tear_down(state);
		set_up(state);
		s = *state;
		s->m.cfg.components = &s->m.component;
		apply(s, cases[i].change);
		m = restart(s, 1, 0, &what);
		if (what.taken != cases[i].taken || what.changed != cases[i].changed ||
		    what.unknown != cases[i].unknown ||
		    twin_progress(m.twin, cases[i].tag) > 0) {
			fail_msg("%s: %zu taken, %zu changed, %zu unknown", cases[i].name,
			         what.taken, what.changed, what.unknown);
		}
		for (int row = 0; row < MACHINE_LEARN + 2; row++) {
			step(&m);
		}
		twin_free(m.twin);
	}
}

static void tags_may_come_in_another_order(void **state)
{
	struct saved *s = *state;
	struct tag swapped = s->tags[INFLOW];
	struct twin_restored what;
	struct machine m;

	s->m.cfg.n_components = 0;
	s->tags[INFLOW] = s->tags[TEMPERATURE];
	s->tags[TEMPERATURE] = swapped;
	m = restart(s, 1, 0, &what);
	assert_int_equal(what.taken, 3); /* a level without its model learns anew */
	step(&m);
	machine_run(&m);
	m.r[INFLOW].tag = TEMPERATURE;
	m.r[TEMPERATURE].tag = INFLOW;
	machine_merge(&m);
	assert_int_equal(m.e[INFLOW].state, STATE_HEALTHY);
	twin_free(m.twin);
}

static void damage_is_found_and_nothing_taken(void **state)
{
	struct saved *s = *state;
	struct twin_restored what;
	struct twin *t;

	assert_int_equal(twin_new(&t, &s->m.cfg), 0);
	for (size_t i = 0; i < s->n; i += i < 200 ? 1 : 37) {
		s->bytes[i] ^= 0x10;
		assert_int_equal(twin_restore(t, &s->at, s->bytes, s->n, &what),
		                 -EBADMSG);
		s->bytes[i] ^= 0x10;
	}
	for (size_t n = 0; n < s->n; n += n < 200 ? 1 : 37) {
		assert_int_equal(twin_restore(t, &s->at, s->bytes, n, &what), -EBADMSG);
	}
	assert_true(twin_progress(t, INFLOW) == 0);
	assert_int_equal(twin_restore(t, &s->at, s->bytes, s->n, &what), 0);
	assert_int_equal(what.taken, 5);
	twin_free(t);
}

static void what_is_still_learning_is_not_saved(void **state)
{
	struct saved *s = *state;
	struct twin_restored what;
	struct machine m = s->m;
	uint8_t *bytes;
	size_t n;

	assert_int_equal(twin_new(&m.twin, &s->m.cfg), 0);
	step(&m);
	bytes = malloc(twin_save_size(m.twin));
	n = twin_save(m.twin, &s->at, bytes);
	assert_int_equal(twin_restore(m.twin, &s->at, bytes, n, &what), 0);
	assert_int_equal(what.taken + what.changed + what.unknown, 0);
	free(bytes);
	twin_free(m.twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_followed_parameter_goes_on),
		cmocka_unit_test_setup_teardown(
			a_sensor_that_freezes_after_a_restart_is_stuck, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_restart_changes_no_answer, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(
			age_decides_whether_the_level_is_found_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_means_something_else_is_learnt_anew,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(tags_may_come_in_another_order, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(damage_is_found_and_nothing_taken, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(what_is_still_learning_is_not_saved,
	                                        set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
