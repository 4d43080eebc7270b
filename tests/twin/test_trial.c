/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "commission_names.h"
#include "twin/commission/trial.h"

#define MS INT64_C(1000000)

/* A tank of numbers: level rises by 0.01 a cycle of 100 ms while the pump (0) runs, and
 * leaks 0.02 while fault 0 is on.  Handles: 0 pump, 1 level, 2 sensor, 3 read-only. */
struct fake {
	double pump, level;
	bool leaks, lost;
	int64_t now_ns;
	int stops_after, sets;
};

static int fake_set(void *self, uint32_t handle, double value)
{
	struct fake *f = self;

	if (handle != 0) {
		return -EROFS;
	}
	f->pump = value;
	f->sets++;
	return 0;
}

static int fake_inject(void *self, uint32_t fault, bool begins, int64_t for_ns)
{
	struct fake *f = self;

	(void)for_ns;
	*(fault == 0 ? &f->leaks : &f->lost) = begins;
	return 0;
}

static int fake_step(void *self)
{
	struct fake *f = self;

	if (f->stops_after && --f->stops_after == 0) {
		return -EFAULT;
	}
	f->now_ns += 100 * MS;
	f->level += 0.01 * f->pump - (f->leaks ? 0.02 : 0);
	return 0;
}

static double fake_read(void *self, uint32_t handle)
{
	struct fake *f = self;

	return handle == 0 ? f->pump : handle == 2 && f->lost ? (double)NAN : f->level;
}

static int64_t fake_now_ns(void *self)
{
	return ((struct fake *)self)->now_ns;
}

/* A run as text.  Quantities a: the variable; b: pump; c: level; tank/level: sensor. */
struct script {
	struct step steps[12];
	size_t n_steps;
	const char *conditions[12]; /* of steps */
	const char *requirements[4];
	bool from_start[4];
	size_t n_requirements;
	int stops_after;
	double limit_s; /* 0: none */
};

struct rig {
	struct fake fake;
	struct bench bench;
	struct step steps[12];
	struct requirement requirements[4];
	struct trial_config config;
	struct trial *trial;
	enum run_end end;
};

static const uint32_t handles[] = {0, 1, 2};
static const double variables[] = {0};

static void rig_run(struct rig *g, const struct script *s)
{
	struct formula_error e;

	*g = (struct rig){.fake = {.stops_after = s->stops_after}};
	g->bench = (struct bench){&g->fake,  fake_set,  fake_inject,
	                          fake_step, fake_read, fake_now_ns};
	for (size_t i = 0; i < s->n_steps; i++) {
		g->steps[i] = s->steps[i];
		if (s->conditions[i]) {
			assert_int_equal(requirement_condition(&g->steps[i].value,
			                                       &commission_space,
			                                       s->conditions[i], &e),
			                 0);
		}
	}
	for (size_t i = 0; i < s->n_requirements; i++) {
		assert_int_equal(requirement_parse(&g->requirements[i], &commission_space,
		                                   s->requirements[i], &e),
		                 0);
	}
	g->config = (struct trial_config){
		.bench = &g->bench,
		.variables = variables,
		.n_variables = ARRAY_SIZE(variables),
		.handles = handles,
		.n_handles = ARRAY_SIZE(handles),
		.steps = g->steps,
		.n_steps = s->n_steps,
		.requirements = g->requirements,
		.n_requirements = s->n_requirements,
		.from_start = s->from_start,
		.limit_ns = s->limit_s > 0 ? (int64_t)(s->limit_s * 1e9) : INT64_MAX,
	};
	assert_int_equal(trial_new(&g->trial, &g->config), 0);
	do {
		g->end = trial_turn(g->trial);
	} while (g->end == RUN_GOES_ON);
}

static void trial_does_its_steps_in_order(void **state)
{
	static const struct script s = {
		.steps = {{.kind = STEP_SET, .target = 0},
	                  {.kind = STEP_WAIT, .time_ns = 500 * MS},
	                  {.kind = STEP_REMEMBER, .target = 0},
	                  {.kind = STEP_WAIT_UNTIL, .time_ns = 9000 * MS},
	                  {.kind = STEP_SET, .target = 0}},
		.conditions = {"1", NULL, "c", "c >= a + 0.1 ± 1e-9", "0"},
		.n_steps = 5,
	};
	struct rig g;
	const struct run_event *events;
	size_t n;

	(void)state;
	rig_run(&g, &s);
	assert_int_equal(g.end, RUN_DONE);
	assert_true(fabs(g.fake.level - 0.15) < 1e-9);
	assert_true(g.fake.pump == 0);
	assert_int_equal(trial_now_ns(g.trial), 1500 * MS);
	events = trial_events(g.trial, &n);
	assert_int_equal(n, 5);
	assert_int_equal(events[4].t_ns, 1500 * MS);
	trial_free(g.trial);
}

static void trial_waits_for_what_is_pending(void **state)
{
	static const struct script s = {
		.steps = {{.kind = STEP_SET, .target = 0},
	                  {.kind = STEP_EXPECT, .target = 0},
	                  {.kind = STEP_EXPECT, .target = 1}},
		.conditions = {"1"},
		.n_steps = 3,
		.requirements = {"within 2 s: c >= 0.1 ± 1e-9", "within 1 s: c > 5",
	                         "always c < 0.5"},
		.from_start = {false, false, true},
		.n_requirements = 3,
	};
	struct rig g;

	(void)state;
	rig_run(&g, &s);
	assert_int_equal(g.end, RUN_DONE);
	assert_int_equal(trial_outcome(g.trial, 0)->verdict, VERDICT_PASS);
	assert_int_equal(trial_outcome(g.trial, 0)->at_ns, 1000 * MS);
	assert_int_equal(trial_outcome(g.trial, 1)->verdict, VERDICT_FAIL);
	assert_int_equal(trial_outcome(g.trial, 1)->failure, FAILURE_LATE);
	assert_int_equal(trial_outcome(g.trial, 2)->verdict, VERDICT_PASS);
	trial_free(g.trial);
}

static void trial_presses_and_lets_go(void **state)
{
	static const struct script s = {
		.steps = {{.kind = STEP_PRESS, .target = 0, .time_ns = 300 * MS},
	                  {.kind = STEP_WAIT, .time_ns = 1000 * MS}},
		.n_steps = 2,
	};
	struct rig g;

	(void)state;
	rig_run(&g, &s);
	assert_true(fabs(g.fake.level - 0.03) < 1e-9);
	assert_int_equal(g.fake.sets, 2);
	trial_free(g.trial);
}

static void trial_presses_what_opens(void **state)
{
	static const struct script s = {
		.steps = {{.kind = STEP_SET, .target = 0},
	                  {.kind = STEP_WAIT, .time_ns = 200 * MS},
	                  {.kind = STEP_PRESS, .target = 0, .time_ns = 300 * MS},
	                  {.kind = STEP_WAIT, .time_ns = 500 * MS}},
		.conditions = {"1"},
		.n_steps = 4,
	};
	struct rig g;

	(void)state;
	rig_run(&g, &s);
	assert_true(fabs(g.fake.level - 0.04) < 1e-9);
	assert_true(g.fake.pump == 1);
	trial_free(g.trial);
}

static void trial_ends_faults_in_time_or_when_cleared(void **state)
{
	static const struct script s = {
		.steps = {{.kind = STEP_INJECT, .target = 0, .time_ns = 300 * MS},
	                  {.kind = STEP_WAIT, .time_ns = 1000 * MS},
	                  {.kind = STEP_INJECT, .target = 0, .time_ns = 300 * MS},
	                  {.kind = STEP_WAIT, .time_ns = 100 * MS},
	                  {.kind = STEP_CLEAR, .target = 0},
	                  {.kind = STEP_INJECT, .target = 0, .time_ns = -1},
	                  {.kind = STEP_WAIT, .time_ns = 1000 * MS}},
		.n_steps = 7,
	};
	struct rig g;

	(void)state;
	rig_run(&g, &s);
	assert_true(fabs(g.fake.level + 0.02 * 14) < 1e-9);
	trial_free(g.trial);
}

static void trial_takes_a_lost_sensor_for_unknown(void **state)
{
	static const struct script s = {
		.steps = {{.kind = STEP_WAIT, .time_ns = 500 * MS},
	                  {.kind = STEP_INJECT, .target = 1, .time_ns = 200 * MS},
	                  {.kind = STEP_WAIT, .time_ns = 500 * MS}},
		.n_steps = 3,
		.requirements = {"always tank/level < 1", "always c < 1"},
		.from_start = {true, true},
		.n_requirements = 2,
	};
	struct rig g;

	(void)state;
	rig_run(&g, &s);
	assert_int_equal(trial_outcome(g.trial, 0)->failure, FAILURE_UNKNOWN);
	assert_int_equal(trial_outcome(g.trial, 0)->at_ns, 600 * MS);
	assert_int_equal(trial_outcome(g.trial, 0)->spans[0].until_ns, 700 * MS);
	assert_int_equal(trial_outcome(g.trial, 1)->verdict, VERDICT_PASS);
	assert_true(isnan(trial_course(g.trial, 3)->points[5].last));
	trial_free(g.trial);
}

static void trial_that_cannot_go_on_says_where(void **state)
{
	static const struct {
		const char *name;
		struct script script;
		enum run_end end;
		size_t step;
		int err;
	} cases[] = {
		{"waits in vain",
	         {.steps = {{.kind = STEP_WAIT_UNTIL, .time_ns = 1000 * MS},
	                    {.kind = STEP_EXPECT}},
	          .conditions = {"c > 1"},
	          .n_steps = 2,
	          .requirements = {"within 1 s: b"},
	          .n_requirements = 1},
	         RUN_WAITED,
	         0,
	         0},
		{"may not be set",
	         {.steps = {{.kind = STEP_SET, .target = 3}, {.kind = STEP_EXPECT}},
	          .conditions = {"1"},
	          .n_steps = 2,
	          .requirements = {"within 1 s: b"},
	          .n_requirements = 1},
	         RUN_REFUSED,
	         0,
	         -EROFS},
		{"set to what is unknown",
	         {.steps = {{.kind = STEP_SET, .target = 0}, {.kind = STEP_EXPECT}},
	          .conditions = {"1 / a"},
	          .n_steps = 2,
	          .requirements = {"within 1 s: b"},
	          .n_requirements = 1},
	         RUN_REFUSED,
	         0,
	         -ENODATA},
		{"the bench stops",
	         {.steps = {{.kind = STEP_WAIT, .time_ns = 1000 * MS},
	                    {.kind = STEP_EXPECT}},
	          .n_steps = 2,
	          .requirements = {"within 1 s: b"},
	          .n_requirements = 1,
	          .stops_after = 3},
	         RUN_STOPPED,
	         0,
	         -EFAULT},
		{"too long",
	         {.steps = {{.kind = STEP_WAIT, .time_ns = 9000 * MS},
	                    {.kind = STEP_EXPECT}},
	          .n_steps = 2,
	          .requirements = {"within 1 s: b"},
	          .n_requirements = 1,
	          .limit_s = 2},
	         RUN_TOO_LONG,
	         0,
	         0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig g;

		rig_run(&g, &cases[i].script);
		if (g.end != cases[i].end || trial_step(g.trial) != cases[i].step ||
		    trial_error(g.trial) != cases[i].err ||
		    trial_outcome(g.trial, 0)->verdict != VERDICT_NOT_REACHED ||
		    trial_turn(g.trial) != g.end) {
			fail_msg("%s: end %d, step %zu, err %d", cases[i].name,
			         (int)g.end, trial_step(g.trial), trial_error(g.trial));
		}
		trial_free(g.trial);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(trial_does_its_steps_in_order),
		cmocka_unit_test(trial_waits_for_what_is_pending),
		cmocka_unit_test(trial_presses_and_lets_go),
		cmocka_unit_test(trial_presses_what_opens),
		cmocka_unit_test(trial_ends_faults_in_time_or_when_cleared),
		cmocka_unit_test(trial_takes_a_lost_sensor_for_unknown),
		cmocka_unit_test(trial_that_cannot_go_on_says_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
