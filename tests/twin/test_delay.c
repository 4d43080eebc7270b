/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "drivers/reading.h"
#include "twin/component.h"
#include "twin/observer/delay.h"

static const int64_t s_ns = 1000000000;

static void inputs_act_a_dead_time_later(void **state)
{
	struct delay d;
	double u = -1;

	(void)state;
	delay_init(&d, 10, 1);
	assert_true(delay_at(&d, 0, &u) == INT64_MAX && u == -1);
	delay_push(&d, 0, (double[]){1});
	delay_push(&d, 5 * s_ns, (double[]){1}); /* no change */
	delay_push(&d, 20 * s_ns, (double[]){2});
	delay_push(&d, 21 * s_ns, (double[]){3});
	assert_true(delay_at(&d, 3 * s_ns, &u) == 30 * s_ns && u == 1);
	assert_true(delay_at(&d, 30 * s_ns - 1, &u) == 30 * s_ns && u == 1);
	assert_true(delay_at(&d, 30 * s_ns, &u) == 31 * s_ns && u == 2);
	assert_true(delay_at(&d, 31 * s_ns, &u) == INT64_MAX && u == 3);
}

/* However fast it changes, it is late by one slot at most. */
static void ramp_is_followed_within_a_slot(void **state)
{
	struct delay d;

	(void)state;
	delay_init(&d, 10, 1);
	for (int64_t t_ns = 0; t_ns < 60 * s_ns; t_ns += s_ns / 100) {
		double now = (double)t_ns / 1e9, u = 0;

		delay_push(&d, t_ns, &now);
		delay_at(&d, t_ns, &u);
		assert_true(u >= fmax(now - 10, 0) - 1e-9);
		assert_true(u <= fmax(now - 10, 0) + 10.0 / DELAY_SLOTS + 0.01);
	}
}

/* The prediction of a first order stands still until the dead time is over. */
static void component_waits_for_its_dead_time(void **state)
{
	const struct tag tags[] = {
		{.name = "u", .kind = &(const struct tag_kind){.unit = ""}},
		{.name = "y", .kind = &(const struct tag_kind){.unit = ""}}};
	const struct component_config cfg = {
		.model = model_find("first_order"),
		.parameters = {2, 10, 4.5, 0}, /* gain, tau, dead time, offset */
		.inputs = {{0, 0, 1, 0}},
		.n_inputs = 1,
		.outputs = {{0, 1, 1, 0}},
		.n_outputs = 1,
		.max_age_s = 30,
		.noise = {0.01},
	};
	const struct twin_config twin = {
		.tags = tags, .n_tags = 2, .n_field_tags = 1, .learn = 400};
	struct component c;

	(void)state;
	assert_int_equal(component_init(&c, &cfg, &twin), 0);
	for (int t = 0; t <= 40; t++) {
		double value, sigma, u = t < 10 ? 1 : 3;
		double since = t - 10 - 4.5;

		component_input(&c, 0, (t + 1) * s_ns, u);
		component_step(&c, (t + 1) * s_ns);
		assert_true(component_fill(&c, 0, &value, &sigma));
		assert_true(fabs(value - (since > 0 ? 6 - 4 * exp(-since / 10) : 2)) <
		            1e-3);
	}
	component_fini(&c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(inputs_act_a_dead_time_later),
		cmocka_unit_test(ramp_is_followed_within_a_slot),
		cmocka_unit_test(component_waits_for_its_dead_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
