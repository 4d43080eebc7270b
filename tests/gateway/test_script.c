/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "commission_stand.h"
#include "drivers/reading.h"

#define HEAD  "plant: line.yaml\n"
#define STEPS HEAD "scenarios:\n  - id: a\n    steps:\n"

static const char whole[] =
	"title: A tank\n"
	"plant: line.yaml\n"
	"program: [plc/a.st, plc/b.st]\n"
	"seed: 7\n"
	"charts: [tank.level]\n"
	"invariants:\n"
	"  - {id: S1, title: Never full, that: \"always tank.level < 5\"}\n"
	"scenarios:\n"
	"  - id: fill\n"
	"    title: Fill it\n"
	"    sweep: {rate: [1, 2, 3], least: 0.5}\n"
	"    requirements:\n"
	"      - {id: R1, that: \"mode == 'Filling' until tank.level > 1 ± 0.1\"}\n"
	"    steps:\n"
	"      - set: {pump: rate * 2, drain: false}\n"
	"      - press: drain\n"
	"        for: 500ms\n"
	"      - wait: 1s\n"
	"      - remember: {before: tank.level}\n"
	"      - wait_until: tank.level > before + least\n"
	"        timeout: 20s\n"
	"      - inject: {target: tank, fault: leak, value: rate / 10, for: 2s}\n"
	"      - clear: {target: tank, fault: leak}\n"
	"      - expect: {id: R2, that: \"within 5 s: tank.level > 1\"}\n"
	"  - id: idle\n"
	"    steps: [wait: 1s]\n";

static void script_is_read_as_written(void **state)
{
	static const enum step_kind kinds[] = {
		STEP_SET,        STEP_SET,    STEP_PRESS, STEP_WAIT,  STEP_REMEMBER,
		STEP_WAIT_UNTIL, STEP_INJECT, STEP_CLEAR, STEP_EXPECT};
	struct commission_stand stand;
	char *said;
	struct script *s;
	const struct script_scenario *fill;

	(void)state;
	commission_stand_init(&stand);
	s = commission_script(&stand, whole, &said);
	assert_string_equal(said, "");
	assert_non_null(s);
	assert_string_equal(s->title, "A tank");
	assert_string_equal(s->plant, "line.yaml");
	assert_int_equal(s->n_programs, 2);
	assert_string_equal(s->programs[1], "plc/b.st");
	assert_int_equal(s->seed, 7);
	assert_int_equal(s->n_scenarios, 2);
	assert_int_equal(s->n_invariants, 1);
	assert_int_equal(s->n_variables, 3); /* rate, least, before */
	fill = &s->scenarios[0];
	assert_int_equal(script_runs(fill), 3);
	assert_int_equal(fill->n_requirements, 3);
	assert_true(fill->requirements[0].invariant && fill->requirements[1].from_start);
	assert_false(fill->requirements[2].from_start);
	assert_int_equal(fill->n_steps, ARRAY_SIZE(kinds));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		assert_int_equal(fill->steps[i].step.kind, kinds[i]);
	}
	assert_string_equal(fill->steps[0].text, "set pump = rate * 2");
	assert_int_equal(fill->steps[2].step.time_ns, 500000000);
	assert_int_equal(fill->steps[5].step.time_ns, 20000000000);
	assert_int_equal(fill->steps[6].step.time_ns, 2000000000);
	assert_string_equal(fill->steps[6].target, "tank");
	assert_int_equal(s->scenarios[1].n_requirements, 1);
	script_free(s);
	free(said);
}

/* Each names its place and what is wrong. */
static void script_with_a_mistake_is_refused(void **state)
{
	static const struct {
		const char *text, *want; /* place without the file's name, and words */
	} cases[] = {
		{"scenarios: []\n", ":1:1: error: missing key 'plant'"},
		{HEAD, ":1:1: error: missing key 'scenarios'"},
		{HEAD "scenarios: []\n", ":2:12: error: a script without a scenario"},
		{STEPS "      - wait: 5\n", "5:15: error: 'wait'"},
		{STEPS "      - wiat: 5s\n", "unknown key 'wiat'"},
		{STEPS "      - {wait: 5s, press: pump}\n",
	         "a step does one thing: 'press' or 'wait'"},
		{STEPS "      - {}\n", ":5:9: error: a step is one of set, press"},
		{STEPS "      - {wait: 5s, for: 2s}\n", "'for' goes with 'press' only"},
		{STEPS "      - {press: pump, timeout: 2s}\n",
	         "'timeout' goes with 'wait_until' only"},
		{STEPS "      - set: {pmup: 1}\n",
	         ":5:15: error: nothing is called 'pmup' (did you mean 'pump'?)"},
		{STEPS "      - set: {tank.level: 1}\n",
	         ":5:15: error: 'tank.level' is not written from outside"},
		{STEPS "      - set: {pump: [1]}\n", "a number or a formula stands here"},
		{STEPS "      - set: {pump: 1 +}\n", ":5:24: error: a value is missing"},
		{STEPS "      - wait_until: drain and tank.levle > 1\n",
	         ":5:31: error: nothing is called 'tank.levle' (did you mean "
	         "'tank.level'?)"},
		{STEPS "      - expect: {id: R1, that: \"within 5: tank.level > 1\"}\n",
	         ":5:41: error: the time has no unit"},
		{STEPS "      - expect: {id: R1, that: \"mode == 'Filing'\"}\n",
	         ":5:41: error: ''Filing'': the quantity has no such value"},
		{STEPS "      - expect: {id: R1}\n", "missing key 'that'"},
		{STEPS "      - inject: {target: tnk, fault: leak}\n",
	         ":5:26: error: no part, sensor, actuator or unit 'tnk'"},
		{STEPS "      - inject: {target: tank, fault: drift}\n",
	         ":5:39: error: 'tank' has no fault 'drift'"},
		{STEPS "      - inject: {target: tank, fault: leak, value: pump}\n",
	         "nothing is called 'pump'"},
		{STEPS "      - clear: {target: tank, fault: leak, value: 1}\n",
	         "what is cleared has a target and a fault only"},
		{STEPS "      - remember: {pump: 1}\n",
	         "the plant has a quantity 'pump' already"},
		{STEPS "      - remember: {a-b: 1}\n", "letters, digits and _ only"},
		{STEPS "      - wait: 1s\n  - id: a\n    steps: []\n",
	         ":6:9: error: a scenario 'a' is there already"},
		{STEPS "      - expect: {id: R, that: pump}\n  - id: b\n    steps:\n"
	               "      - expect: {id: R, that: pump}\n",
	         ":8:22: error: a requirement 'R' is there already"},
		{STEPS "      - wait: 1s\n    sweep: {x: [1, two]}\n", "a number"},
		{STEPS "      - wait: 1s\n    sweep: {x: []}\n", "without a value"},
		{STEPS "      - wait: 1s\n    sweep: {x: [1,2,3,4,5,6,7,8,9,10,11], y: "
	               "[1,2,3,4,5,6,7,8,9,10], z: [1,2,3,4,5,6,7,8,9,10]}\n",
	         "1100 combinations, of 1000 at most"},
		{STEPS "      - wait: 1s\ncharts: [tank]\n", "nothing is called 'tank'"},
		{"learn: a\n" STEPS "      - wait: 1s\n", ":1:8: error: 'learn' without"},
		{"learn: b\ngateway: g.yaml\n" STEPS "      - wait: 1s\n",
	         ":1:8: error: 'learn' names the first scenario, 'a'"},
		{"base: nowhere.yaml\n", "nowhere.yaml: error: No such file"},
		{"- a\n", "a map of keys"},
		{"", "the file is empty"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct commission_stand stand;
		char *said;
		struct script *s;

		commission_stand_init(&stand);
		s = commission_script(&stand, cases[i].text, &said);
		if (s || !strstr(said, cases[i].want)) {
			fail_msg("%s\nsaid: %s\nnot: %s", cases[i].text, said,
			         cases[i].want);
		}
		free(said);
	}
}

/* All mistakes in one pass, an invariant's once though there are two scenarios. */
static void script_says_every_mistake_once(void **state)
{
	static const char text[] = HEAD "invariants:\n"
					"  - {id: S1, that: \"always levl < 5\"}\n"
					"scenarios:\n"
					"  - id: a\n"
					"    steps: [wait: 1s, press: tap]\n"
					"  - id: b\n"
					"    steps: [wait: 1s, wait_until: nothing]\n";
	struct commission_stand stand;
	char *said, *at;
	size_t errors = 0;

	(void)state;
	commission_stand_init(&stand);
	assert_null(commission_script(&stand, text, &said));
	for (at = said; (at = strstr(at, "error: ")); at++) {
		errors++;
	}
	assert_int_equal(errors, 3);
	assert_non_null(strstr(said, "nothing is called 'levl'"));
	assert_non_null(strstr(said, "nothing is called 'tap'"));
	assert_non_null(strstr(said, "nothing is called 'nothing'"));
	free(said);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(script_is_read_as_written),
		cmocka_unit_test(script_with_a_mistake_is_refused),
		cmocka_unit_test(script_says_every_mistake_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
