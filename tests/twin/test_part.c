/* SPDX-License-Identifier: Apache-2.0 */
/* The plant's own kinds, and what damage does to the models, against figures computed by
 * hand. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"

static void near(const char *what, double got, double want)
{
	if (!(fabs(got - want) <= 1e-6 * fmax(fabs(want), 1e-3))) {
		fail_msg("%s: %.9g, not %.9g", what, got, want);
	}
}

static void conveyor_belt_pulls_its_load(void **state)
{
	/* length, pitch, belt, piece, friction, stiffness, voltage, idle, jam */
	double p[] = {2, 0.5, 6, 1, 0.1, 100, 50, 1, 0};
	const double u[] = {0.5}, x[] = {0.4, 1.26};
	double y[MODEL_OUTPUTS_MAX], dx[MODEL_STATES_MAX];
	struct part_kind k;

	(void)state;
	assert_int_equal(part_find(&k, "belt"), 0);
	k.model->outputs_of(p, x, u, y);
	near("speed", y[0], 0.4);
	near("count", y[1], 2);
	near("load", y[2], 10);
	near("current", y[3], 1 + 100 * 0.1 * 0.5 / 50);
	k.rates(p, x, u, dx);
	near("dv/dt", dx[0], (10 - 0.1 * 10 * 9.80665) / 10);
	p[8] = 20;
	k.rates(p, x, u, dx);
	near("dv/dt, jammed", dx[0], (10 - 0.1 * 10 * 9.80665 - 20) / 10);
}

/* 0.1 is no binary fraction: the sum of a million is one all the same. */
static void totalizer_loses_nothing(void **state)
{
	const double u[] = {0.1};
	struct part_turn t = {.u = u, .dt_s = 1e-5};
	double x[2] = {0}, y[MODEL_OUTPUTS_MAX];
	struct part_kind k;

	(void)state;
	assert_int_equal(part_find(&k, "totalizer"), 0);
	assert_int_equal(k.n_kept, ARRAY_SIZE(x));
	for (int i = 0; i < 1000000; i++) {
		k.act(&t, x);
	}
	k.model->outputs_of(NULL, x, u, y);
	assert_true(fabs(y[0] - 1) < 1e-12);
}

/* A model at a usual point, sound and with one damage. */
struct case_of_damage {
	const char *model, *damage;
	double value;
	double p[MODEL_PARAMETERS_MAX];
	size_t parameter; /* that changes */
	double want;      /* what it becomes */
};

static void damage_changes_its_parameter(void **state)
{
	static const struct case_of_damage cases[] = {
		{"tank", "blocked", 0.25, {1, 0.004, 9}, 1, 0.003},
		{"pump", "wear", 0.1, {40, 4e4, 300}, 0, 36},
		{"pump", "blocked", 2, {40, 4e4, 300}, 1, 12e4},
		{"valve", "blocked", 0.5, {0.01, 50}, 0, 0.005},
		{"pipe", "fouling", 0.1, {100, 0.1}, 1, 0.09},
		{"pipe", "blocked", 12, {100, 0.1, 0, 0, 3}, 4, 15},
		{"heat_exchanger", "fouling", 0.3, {5e3}, 0, 3500},
		{"thermal", "burnt", 0.5, {350, 900, 4, 6, 800}, 4, 400},
		{"first_order", "wear", 0.1, {2, 30}, 0, 1.8},
		{"first_order", "fouling", 1, {2, 30}, 1, 60},
		{"dc_motor", "wear", 1, {0.5, 0.1, 2e-3, 1e-4}, 3, 2e-4},
		{"conveyor", "wear", 3, {120, 8, 900, 0.02}, 3, 0.08},
		{"induction_motor", "wear", 0.5, {2, 50, 26, 70}, 3, 35},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct case_of_damage *c = &cases[i];
		double d[PART_DAMAGES_MAX] = {0}, p[MODEL_PARAMETERS_MAX];
		struct part_kind k;
		int at;

		assert_int_equal(part_find(&k, c->model), 0);
		at = part_port(k.damages, k.n_damages, c->damage);
		assert_true(at >= 0);
		memcpy(p, c->p, sizeof(p));
		k.wear(d, p);
		assert_memory_equal(p, c->p, sizeof(p)); /* sound: as configured */
		d[at] = c->value;
		k.wear(d, p);
		near(c->model, p[c->parameter], c->want);
	}
}

static void leak_takes_level_and_no_heat(void **state)
{
	const double p[] = {2, 0.01, 9, 998, 4182, 0, 0.001, 0};
	const double u[] = {0.02, 0.5, 300, 0, 293};
	const double x[] = {0.5, 310};
	double sound[2], dx[2];
	struct part_kind k;

	(void)state;
	assert_int_equal(part_find(&k, "heated_tank"), 0);
	k.model->rates(p, x, u, sound);
	k.rates(p, x, u, dx);
	near("dh/dt", dx[0] - sound[0], -0.001 * 3.131557 / 2);
	near("dT/dt", dx[1], sound[1]);
}

static void kinds_keep_within_their_limits(void **state)
{
	struct part_kind k;
	const char *name;

	(void)state;
	for (size_t i = 0; (name = part_name_at(i)) != NULL; i++) {
		assert_int_equal(part_find(&k, name), 0);
		assert_string_equal(k.model->name, name);
		assert_true(k.n_damages <= PART_DAMAGES_MAX);
		assert_true(k.n_kept <= PART_KEPT_MAX);
		assert_true((k.act != NULL) == (k.n_kept > 0));
		for (size_t o = 0; k.act && o < k.model->n_outputs; o++) {
			assert_int_equal(k.model->direct[o], 0);
		}
		for (size_t d = 0; d < k.n_damages; d++) {
			assert_true(k.damages[d].preset == 0);
		}
		/* What no script can damage, no script can name. */
		assert_true(k.n_damages > 0 || !k.wear);
	}
	assert_int_equal(part_find(&k, "reactor"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conveyor_belt_pulls_its_load),
		cmocka_unit_test(totalizer_loses_nothing),
		cmocka_unit_test(damage_changes_its_parameter),
		cmocka_unit_test(leak_takes_level_and_no_heat),
		cmocka_unit_test(kinds_keep_within_their_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
