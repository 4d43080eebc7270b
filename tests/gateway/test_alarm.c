/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/alarm.h"

static struct sample in_state(enum tag_state state)
{
	return (struct sample){
		.value = value_real(1),
		.last = NAN,
		.est = {.state = (uint8_t)state,
	                .drift = state == STATE_DRIFT || state == STATE_MISMATCH}};
}

/* Feed a string of states: h healthy, d drift, m mismatch, t transient, s spike, k stuck.
 */
static size_t raises(const char *states, uint32_t after, size_t *clears)
{
	struct alarm a = {.id = 0};
	size_t n = 0;

	*clears = 0;
	for (const char *c = states; *c; c++) {
		struct sample s = in_state(*c == 'd'   ? STATE_DRIFT
		                           : *c == 'm' ? STATE_MISMATCH
		                           : *c == 't' ? STATE_TRANSIENT
		                           : *c == 's' ? STATE_SPIKE
		                                       : STATE_HEALTHY);
		enum alarm_change change;

		s.est.stuck = *c == 'k';
		change = alarm_step(&a, &s, after);

		if (change == ALARM_RAISE) {
			a.id = (int64_t)++n;
		} else if (change == ALARM_CLEAR) {
			alarm_close(&a);
			++*clears;
		}
	}
	return n;
}

static void alarm_lasts_until_ten_healthy_readings(void **state)
{
	static const struct {
		const char *name, *states;
		size_t raised, cleared;
	} cases[] = {
		{"healthy", "hhhhhhhhhhhh", 0, 0},
		{"spike and transient are no alarm", "hsttth", 0, 0},
		{"drift", "hhddd", 1, 0},
		{"nine healthy", "dhhhhhhhhh", 1, 0},
		{"ten healthy", "dhhhhhhhhhh", 1, 1},
		{"flickering is one alarm", "dhdhhdhhhhdhhhhhhhhhd", 1, 0},
		{"transients do not count", "dhhhhhtttthhhh", 1, 0},
		{"again", "dhhhhhhhhhhdhhhhhhhhhh", 2, 2},
		{"mismatch", "m", 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t clears, got = raises(cases[i].states, 1, &clears);

		if (got != cases[i].raised || clears != cases[i].cleared) {
			fail_msg("%s: %zu raised, %zu cleared", cases[i].name, got,
			         clears);
		}
	}
}

static void only_what_lasts_is_an_alarm(void **state)
{
	static const struct {
		const char *name, *states;
		size_t raised, cleared;
	} cases[] = {
		{"two are none", "hddhddhdmh", 0, 0},
		{"three are one", "hddd", 1, 0},
		{"of either kind", "hddm", 1, 0},
		{"stuck has lasted", "hk", 1, 0},
		{"stuck in place of drift", "hdddkk", 2, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t clears, got = raises(cases[i].states, 3, &clears);

		if (got != cases[i].raised || clears != cases[i].cleared) {
			fail_msg("%s: %zu raised, %zu cleared", cases[i].name, got,
			         clears);
		}
	}
}

static void what_comes_back_soon_stays_longer(void **state)
{
	char states[2200];
	size_t clears, n;

	(void)state;
	/* one reading in alarm, thirty healthy, again and again */
	for (n = 0; n < 2170; n++) {
		states[n] = n % 31 ? 'h' : 'm';
	}
	states[n] = '\0';
	assert_int_equal(raises(states, 1, &clears), 4);
	assert_int_equal(clears, 3);
	/* and is forgotten after 600 */
	memset(states, 'h', 1400);
	states[0] = states[700] = 'm';
	states[1400] = '\0';
	assert_int_equal(raises(states, 1, &clears), 2);
	assert_int_equal(clears, 2);
	states[720] = 'm';
	assert_int_equal(raises(states, 1, &clears), 3);
}

static void silent_device_raises_no_alarm_per_tag(void **state)
{
	static const struct {
		enum reason reason;
		enum alarm_change want;
	} cases[] = {
		{REASON_TIMEOUT, ALARM_SAME},       {REASON_REFUSED, ALARM_SAME},
		{REASON_RESET, ALARM_SAME},         {REASON_EXCEPTION, ALARM_RAISE},
		{REASON_NOT_A_NUMBER, ALARM_RAISE}, {REASON_SHORT, ALARM_RAISE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct alarm a = {.id = 0};
		struct sample s = in_state(STATE_BAD);

		s.est.quality = QUALITY_BAD;
		s.reason = (uint8_t)cases[i].reason;
		assert_int_equal(alarm_step(&a, &s, 1), cases[i].want);
	}
}

/* One NaN of a sensor is a bad reading, not an alarm; a refused tag is asked rarely. */
static void bad_readings_in_a_row_are_an_alarm(void **state)
{
	static const struct {
		enum reason reason;
		int readings; /* until it is raised, of three wanted */
	} cases[] = {
		{REASON_NOT_A_NUMBER, 3}, {REASON_OUT_OF_RANGE, 3}, {REASON_CRC, 3},
		{REASON_SHORT, 3},        {REASON_EXCEPTION, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct alarm a = {.id = 0};
		struct sample bad = in_state(STATE_BAD), good = in_state(STATE_HEALTHY);
		int n = 1;

		bad.est.quality = QUALITY_BAD;
		bad.reason = (uint8_t)cases[i].reason;
		while (alarm_step(&a, &bad, 3) == ALARM_SAME && n < 9) {
			n++;
		}
		assert_int_equal(n, cases[i].readings);
		a = (struct alarm){.id = 0};
		for (n = 0; n < 20 && cases[i].readings > 1; n++) {
			assert_int_equal(alarm_step(&a, &bad, 3), ALARM_SAME);
			assert_int_equal(alarm_step(&a, &bad, 3), ALARM_SAME);
			assert_int_equal(alarm_step(&a, &good, 3), ALARM_SAME);
		}
	}
}

static void bad_tag_is_well_after_three_good_readings(void **state)
{
	struct alarm a = {.id = 0};
	struct sample bad = in_state(STATE_BAD), learning = in_state(STATE_LEARNING);

	(void)state;
	bad.est.quality = QUALITY_BAD;
	bad.reason = REASON_EXCEPTION;
	assert_int_equal(alarm_step(&a, &bad, 1), ALARM_RAISE);
	a.id = 1;
	assert_int_equal(alarm_step(&a, &learning, 1), ALARM_SAME);
	assert_int_equal(alarm_step(&a, &learning, 1), ALARM_SAME);
	assert_int_equal(alarm_step(&a, &learning, 1), ALARM_CLEAR);
}

static const struct tag tags[] = {
	{.device = "tank",
         .name = "level",
         .kind = &(const struct tag_kind){.unit = "m"}},
	{.device = "pump",
         .name = "flow",
         .kind = &(const struct tag_kind){.unit = "m3/h"}},
};

static void sentence_names_what_a_technician_looks_for(void **state)
{
	struct sample s = in_state(STATE_MISMATCH);
	struct explanation why = {.method = "nis",
	                          .threshold = 0.004,
	                          .rate = -0.004,
	                          .blamed = {0, 1},
	                          .share = {0.2, 0.8},
	                          .n_blamed = 2};
	struct alarm_facts facts = {tags, ALARM_MISMATCH, &s, &why};
	char buf[256], small[24];

	(void)state;
	s.value = value_real(0.8);
	s.est.predicted = 0.812;
	alarm_sentence(buf, sizeof(buf), &facts);
	assert_string_equal(
		buf, "tank/level is 0.012 m below the modelled 0.812 m (limit 0.004), "
		     "falling 0.004 m/s faster than expected; "
		     "pump/flow explains 80 %");
	alarm_sentence(small, sizeof(small), &facts);
	assert_int_equal(strlen(small), sizeof(small) - 1);
	alarm_contributions(buf, sizeof(buf), tags, &why);
	assert_string_equal(buf, "[{\"tag\":\"tank/level\",\"share\":0.2},"
	                         "{\"tag\":\"pump/flow\",\"share\":0.8}]");
}

static void sentence_names_the_sensor_that_lies(void **state)
{
	struct sample s = in_state(STATE_MISMATCH);
	struct explanation why = {.method = "nis",
	                          .threshold = NAN,
	                          .rate = NAN,
	                          .blamed = {1},
	                          .share = {1},
	                          .n_blamed = 1,
	                          .lies = true};
	struct alarm_facts facts = {tags, ALARM_MISMATCH, &s, &why};
	char buf[256];

	(void)state;
	s.est.predicted = NAN;
	alarm_sentence(buf, sizeof(buf), &facts);
	assert_string_equal(buf, "tank does not behave as its model; pump/flow lies: "
	                         "without it the model holds");
}

static void sentence_of_a_component_names_the_output_that_is_off(void **state)
{
	struct sample s = in_state(STATE_MISMATCH);
	struct explanation why = {.method = "nis",
	                          .threshold = NAN,
	                          .rate = NAN,
	                          .blamed = {1},
	                          .share = {1},
	                          .n_blamed = 1};
	struct alarm_facts facts = {tags, ALARM_MISMATCH, &s, &why};
	char buf[256];

	(void)state;
	s.est.predicted = NAN;
	alarm_sentence(buf, sizeof(buf), &facts);
	assert_string_equal(
		buf, "tank does not behave as its model; pump/flow explains 100 %");
}

static void virtual_sensor_leaves_the_alarm_to_its_component(void **state)
{
	struct alarm a = {.id = 0};
	struct sample s = in_state(STATE_MISMATCH);

	(void)state;
	s.est.source = SOURCE_PREDICTED;
	assert_int_equal(alarm_step(&a, &s, 1), ALARM_SAME);
}

static void sentence_of_a_bad_tag_has_the_code_and_the_last_value(void **state)
{
	struct sample s = in_state(STATE_BAD);
	struct explanation why = {.method = NULL, .threshold = NAN, .rate = NAN};
	struct alarm_facts facts = {tags, ALARM_BAD, &s, &why};
	char buf[256];

	(void)state;
	s.reason = REASON_EXCEPTION;
	s.code = 2;
	s.last = 12.5;
	alarm_sentence(buf, sizeof(buf), &facts);
	assert_string_equal(
		buf, "tank/level has no valid value: exception 2; the last was 12.5");
}

static void sentence_says_what_would_explain_it(void **state)
{
	struct sample s = in_state(STATE_MISMATCH);
	struct explanation why = {
		.method = "nis",
		.threshold = NAN,
		.rate = NAN,
		.causes = {{CAUSE_PARAMETER, "outlet", 0, 0.121},
	                   {CAUSE_SENSOR, NULL, 0, -0.002},
	                   {CAUSE_INPUT, NULL, 1, 0.35}},
		.n_causes = 3,
	};
	struct alarm_facts facts = {tags, ALARM_MISMATCH, &s, &why};
	char buf[256];

	(void)state;
	s.est.predicted = NAN;
	alarm_sentence(buf, sizeof(buf), &facts);
	assert_string_equal(buf, "tank does not behave as its model; as if outlet were "
	                         "12 % larger or tank/level drifted down by 0.002 m/s "
	                         "or pump/flow read 0.35 m3/h too little");
}

static void what_another_explains_is_no_alarm(void **state)
{
	struct alarm a = {.id = 0};
	struct sample s = in_state(STATE_MISMATCH);

	(void)state;
	s.est.explained = true;
	assert_int_equal(alarm_step(&a, &s, 1), ALARM_SAME);
	s.est.stuck = true;
	assert_int_equal(alarm_step(&a, &s, 1), ALARM_RAISE);
	assert_int_equal(a.kind, ALARM_STUCK);
}

static void sentence_of_a_stuck_sensor(void **state)
{
	struct sample s = in_state(STATE_HEALTHY);
	struct explanation why = {.method = "stuck", .still_s = 12.04};
	struct alarm_facts facts = {tags, ALARM_STUCK, &s, &why};
	char buf[256];

	(void)state;
	alarm_sentence(buf, sizeof(buf), &facts);
	assert_string_equal(
		buf,
		"tank/level has not moved for 12 s, which its noise makes impossible");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alarm_lasts_until_ten_healthy_readings),
		cmocka_unit_test(only_what_lasts_is_an_alarm),
		cmocka_unit_test(what_comes_back_soon_stays_longer),
		cmocka_unit_test(sentence_of_a_stuck_sensor),
		cmocka_unit_test(sentence_says_what_would_explain_it),
		cmocka_unit_test(what_another_explains_is_no_alarm),
		cmocka_unit_test(silent_device_raises_no_alarm_per_tag),
		cmocka_unit_test(bad_readings_in_a_row_are_an_alarm),
		cmocka_unit_test(bad_tag_is_well_after_three_good_readings),
		cmocka_unit_test(sentence_names_the_sensor_that_lies),
		cmocka_unit_test(sentence_of_a_component_names_the_output_that_is_off),
		cmocka_unit_test(virtual_sensor_leaves_the_alarm_to_its_component),
		cmocka_unit_test(sentence_names_what_a_technician_looks_for),
		cmocka_unit_test(sentence_of_a_bad_tag_has_the_code_and_the_last_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
