/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "gateway/payload.h"

static const struct tag tags[] = {
	{.device = "pump",
         .name = "flow",
         .kind = &(const struct tag_kind){.unit = "m3/h", .analog = true}},
	{.device = "pump",
         .name = "speed",
         .kind = &(const struct tag_kind){.unit = "Hz", .analog = true}},
	{.device = "pump",
         .name = "label",
         .kind = &(const struct tag_kind){.unit = "", .type = TYPE_STRING}},
};

/* A good measured sample of tags[tag], to be changed by the case. */
static struct sample sample_of(uint32_t tag, double value)
{
	return (struct sample){
		.ts_us = 1767323045678901,
		.tag = tag,
		.value = value_real(value),
		.last = NAN,
		.est = {.predicted = 12.25,
	                .sigma = 0.2,
	                .estimate = 12.4,
	                .score = 0.3,
	                .quality = QUALITY_GOOD,
	                .source = SOURCE_MEASURED,
	                .state = STATE_HEALTHY},
	};
}

static json_t *parsed(const char *text, size_t n)
{
	json_error_t error;
	json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);

	if (!root) {
		fail_msg("%s in %.*s", error.text, (int)n, text);
	}
	return root;
}

static void state_is_the_object_of_the_contract(void **state)
{
	char buf[PAYLOAD_STATE_MAX];
	struct sample s = sample_of(0, 12.5);

	(void)state;
	assert_int_not_equal(payload_state(buf, sizeof(buf), &tags[0], &s), 0);
	assert_string_equal(
		buf, "{\"ts\":1767323045678,\"time\":\"2026-01-02T03:04:05.678Z\","
		     "\"device\":\"pump\",\"tag\":\"flow\",\"value\":12.5,"
		     "\"unit\":\"m3/h\",\"quality\":\"good\",\"source\":\"measured\","
		     "\"predicted\":12.25,\"estimate\":12.4,\"sigma\":0.2,"
		     "\"residual\":0.25,\"score\":0.3,\"state\":\"healthy\","
		     "\"drift\":false,\"setpoint\":null}");
}

static struct sample bad_sample(void)
{
	struct sample s = sample_of(0, 0);

	s.value.kind = VALUE_NONE;
	s.reason = REASON_EXCEPTION;
	s.code = 2;
	s.last = 11.25;
	s.last_ts_us = 1767323040000999;
	s.est = (struct estimate){.predicted = NAN,
	                          .sigma = NAN,
	                          .estimate = NAN,
	                          .score = NAN,
	                          .quality = QUALITY_BAD,
	                          .source = SOURCE_HELD,
	                          .state = STATE_BAD};
	return s;
}

static void state_without_value_tells_the_last_one_and_why(void **state)
{
	char buf[PAYLOAD_STATE_MAX];
	struct sample s = bad_sample();

	(void)state;
	assert_int_not_equal(payload_state(buf, sizeof(buf), &tags[0], &s), 0);
	assert_string_equal(buf,
	                    "{\"ts\":1767323045678,\"time\":\"2026-01-02T03:04:05.678Z\","
	                    "\"device\":\"pump\",\"tag\":\"flow\",\"value\":null,"
	                    "\"unit\":\"m3/h\",\"quality\":\"bad\",\"source\":\"held\","
	                    "\"predicted\":null,\"estimate\":null,\"sigma\":null,"
	                    "\"residual\":null,\"score\":null,\"state\":\"bad\","
	                    "\"drift\":false,\"setpoint\":null,\"last\":11.25,"
	                    "\"last_ts\":1767323040000,\"error\":\"exception 2\"}");
}

static void state_that_never_had_a_value_says_null(void **state)
{
	char buf[PAYLOAD_STATE_MAX];
	struct sample s = bad_sample();
	json_t *root;

	(void)state;
	s.last = NAN;
	s.last_ts_us = 0;
	s.reason = REASON_TIMEOUT;
	root = parsed(buf, payload_state(buf, sizeof(buf), &tags[0], &s));
	assert_true(json_is_null(json_object_get(root, "last")));
	assert_true(json_is_null(json_object_get(root, "last_ts")));
	assert_string_equal(json_string_value(json_object_get(root, "error")), "timeout");
	json_decref(root);
}

static void value_keeps_its_kind(void **state)
{
	static const struct {
		const char *name;
		struct value value;
		const char *want;
	} cases[] = {
		{"real", {.kind = VALUE_REAL, .real = 0.1}, "\"value\":0.1,"},
		{"least int64",
	         {.kind = VALUE_INT, .i64 = INT64_MIN},
	         "\"value\":-9223372036854775808,"},
		{"largest uint64",
	         {.kind = VALUE_UINT, .u64 = UINT64_MAX},
	         "\"value\":18446744073709551615,"},
		{"bool", {.kind = VALUE_BOOL, .flag = true}, "\"value\":true,"},
		{"text", {.kind = VALUE_TEXT, .text = "a\"b"}, "\"value\":\"a\\\"b\","},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[PAYLOAD_STATE_MAX];
		struct sample s = sample_of(0, 0);

		s.value = cases[i].value;
		assert_int_not_equal(payload_state(buf, sizeof(buf), &tags[0], &s), 0);
		if (!strstr(buf, cases[i].want)) {
			fail_msg("%s: %s", cases[i].name, buf);
		}
	}
}

static void extreme_numbers_stay_valid_json(void **state)
{
	static const double extremes[] = {
		NAN,        INFINITY,          -INFINITY, 1.7976931348623157e308,
		5e-324,     -5e-324,           -0.0,      2.2250738585072014e-308,
		1e15 + 0.3, 9007199254740993., 1e16,      -1e-7,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(extremes); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(extremes); k++) {
			char buf[PAYLOAD_STATE_MAX];
			struct sample s = sample_of(1, extremes[i]);

			s.est.predicted = extremes[k]; /* their difference overflows */
			s.est.sigma = s.est.score = s.est.estimate = extremes[k];
			json_decref(parsed(
				buf, payload_state(buf, sizeof(buf), &tags[1], &s)));
		}
	}
}

static void longest_state_fits(void **state)
{
	char buf[PAYLOAD_STATE_MAX];
	char text[VALUE_TEXT_MAX + 1];
	char id[65], unit[65];
	struct tag tag = {
		.device = id, .name = id, .kind = &(const struct tag_kind){.unit = unit}};
	struct sample s = sample_of(0, 0);

	(void)state;
	memset(text, 1, sizeof(text) - 1); /* six bytes each when escaped */
	text[sizeof(text) - 1] = '\0';
	memset(id, 'x', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	memset(unit, '"', sizeof(unit) - 1);
	unit[sizeof(unit) - 1] = '\0';
	s.value = (struct value){.kind = VALUE_TEXT, .text = text};
	s.est.predicted = s.est.sigma = s.est.estimate = -1.2345678901234567e-300;
	json_decref(parsed(buf, payload_state(buf, sizeof(buf), &tag, &s)));
}

static void residual_needs_a_measurement(void **state)
{
	char buf[PAYLOAD_STATE_MAX];
	struct sample s = sample_of(0, 12.1);

	(void)state;
	s.est.source = SOURCE_PREDICTED;
	assert_int_not_equal(payload_state(buf, sizeof(buf), &tags[0], &s), 0);
	assert_non_null(strstr(buf, "\"residual\":null"));
}

static void data_holds_a_batch_and_what_is_not_good(void **state)
{
	static const char *const fields[] = {"predicted", "quality", "nonsense"};
	static const struct {
		size_t n_fields;
		const char *want;
	} cases[] = {
		{0, "{\"ts\":1767323045678,\"flow\":null,\"flow.quality\":\"bad\","
	            "\"flow.error\":\"exception 2\",\"speed\":50}"},
		{1, "{\"ts\":1767323045678,\"flow\":null,\"flow.quality\":\"bad\","
	            "\"flow.error\":\"exception 2\",\"flow.predicted\":null,"
	            "\"speed\":50,\"speed.predicted\":12.25}"},
		{3, "{\"ts\":1767323045678,\"flow\":null,\"flow.quality\":\"bad\","
	            "\"flow.error\":\"exception 2\",\"flow.predicted\":null,"
	            "\"speed\":50,\"speed.predicted\":12.25,\"speed.quality\":\"good\"}"},
	};
	struct sample flow = bad_sample(), speed = sample_of(1, 50);
	const struct sample *const rows[] = {&flow, &speed};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[512];
		struct payload_form form = {tags, fields, cases[i].n_fields};

		assert_int_not_equal(payload_data(buf, sizeof(buf), &form, rows, 2), 0);
		assert_string_equal(buf, cases[i].want);
	}
}

static void data_that_does_not_fit_is_refused(void **state)
{
	struct sample speed = sample_of(1, 50);
	const struct sample *const rows[] = {&speed};
	struct payload_form form = {.tags = tags};
	char buf[32];

	(void)state;
	assert_int_equal(payload_data(buf, 16, &form, rows, 1), 0);
}

static const struct event drift = {
	.ts_us = 1767323045678901,
	.alarm_id = 1767323040000001,
	.tag = 0,
	.kind = "drift",
	.severity = "alarm",
	.state = "active",
	.value = 12.5,
	.predicted = 12.25,
	.residual = 0.25,
	.threshold = NAN,
	.method = "ewma",
	.contributions = "[{\"tag\":\"pump/flow\",\"share\":0.75}]",
	.message = "pump/flow reads 0.4 m3/h more than expected",
	.by = "",
};

static void alarm_is_the_object_of_the_contract(void **state)
{
	char buf[PAYLOAD_NOTICE_MAX];

	(void)state;
	assert_int_not_equal(payload_alarm(buf, sizeof(buf), &drift), 0);
	assert_string_equal(
		buf, "{\"id\":1767323040000001,\"ts\":1767323045678,"
		     "\"since\":1767323040000,\"kind\":\"drift\",\"state\":\"active\","
		     "\"severity\":\"alarm\",\"value\":12.5,\"predicted\":12.25,"
		     "\"residual\":0.25,\"threshold\":null,\"method\":\"ewma\","
		     "\"contributions\":[{\"tag\":\"pump/flow\",\"share\":0.75}],"
		     "\"message\":\"pump/flow reads 0.4 m3/h more than expected\"}");
}

static void event_names_its_device_and_tag(void **state)
{
	static const struct {
		const char *device, *tag;
		int64_t alarm_id;
		const char *want;
	} cases[] = {
		{"pump", "flow", 7, "\"device\":\"pump\",\"tag\":\"flow\",\"id\":7,"},
		{"pump", NULL, 0, "\"device\":\"pump\",\"tag\":null,\"id\":null,"},
		{NULL, NULL, 0, "\"device\":null,\"tag\":null,\"id\":null,"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[PAYLOAD_NOTICE_MAX];
		struct event e = drift;

		e.alarm_id = cases[i].alarm_id;
		json_decref(parsed(buf, payload_event(buf, sizeof(buf), &e,
		                                      cases[i].device, cases[i].tag)));
		assert_non_null(strstr(buf, cases[i].want));
	}
}

static void status_and_info_have_all_keys(void **state)
{
	struct device_status status = {.state = "down",
	                               .since_us = 1767323045678901,
	                               .error = "timeout",
	                               .ok_pct = 97.5,
	                               .rtt_ms = NAN};
	struct payload_info info = {.version = "0.1.0",
	                            .session = "1f",
	                            .started_us = 1767323045678901,
	                            .devices = 3,
	                            .tags = 40,
	                            .queue = 12,
	                            .clock_synced = true};
	char buf[PAYLOAD_NOTICE_MAX];

	(void)state;
	assert_int_not_equal(payload_status(buf, sizeof(buf), &status), 0);
	assert_string_equal(buf,
	                    "{\"state\":\"down\",\"since\":1767323045678,"
	                    "\"error\":\"timeout\",\"ok_pct\":97.5,\"rtt_ms\":null}");
	status.figures = "\"reads\":5";
	assert_int_not_equal(payload_status(buf, sizeof(buf), &status), 0);
	assert_non_null(strstr(buf, ",\"rtt_ms\":null,\"reads\":5}"));
	assert_int_not_equal(payload_status(buf, 90, &status), 0); /* no room for them */
	assert_null(strstr(buf, "reads"));
	assert_int_not_equal(payload_info(buf, sizeof(buf), &info), 0);
	assert_string_equal(buf, "{\"version\":\"0.1.0\",\"session\":\"1f\","
	                         "\"started\":1767323045678,\"devices\":3,\"tags\":40,"
	                         "\"queue\":12,\"clock_synced\":true}");
}

static void history_lists_samples_with_or_without_their_tag(void **state)
{
	static char buf[PAYLOAD_MAX];
	static const struct {
		const char *name, *want;
	} cases[] = {
		{NULL, "{\"replay\":true,\"from\":1767323045678,\"to\":1767323046678,"
	               "\"samples\":[[1767323045678,1.5,12.25,\"good\"],"
	               "[1767323046678,null,null,\"bad\"]]}"},
		{"flow", "{\"replay\":true,\"from\":1767323045678,\"to\":1767323046678,"
	                 "\"samples\":[[1767323045678,\"flow\",1.5,12.25,\"good\"],"
	                 "[1767323046678,\"flow\",null,null,\"bad\"]]}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct payload_history h = payload_history(buf);
		struct sample good = sample_of(0, 1.5), bad = bad_sample();
		const char *text;
		size_t n;

		bad.ts_us += 1000000;
		assert_true(payload_history_add(&h, &good, cases[i].name));
		assert_true(payload_history_add(&h, &bad, cases[i].name));
		text = payload_history_done(&h, &n);
		assert_string_equal(text, cases[i].want);
		assert_int_equal(n, strlen(cases[i].want));
	}
}

static void history_ends_before_64_kib(void **state)
{
	static char buf[PAYLOAD_MAX];
	struct payload_history h = payload_history(buf);
	struct sample s = sample_of(0, 1.0 / 3);
	const char *text;
	json_t *root;
	size_t n;

	(void)state;
	while (payload_history_add(&h, &s, NULL)) {
		s.ts_us += 1000;
	}
	text = payload_history_done(&h, &n);
	assert_in_range(n, PAYLOAD_MAX - 300, PAYLOAD_MAX);
	root = parsed(text, n);
	assert_int_equal(json_array_size(json_object_get(root, "samples")), h.n);
	json_decref(root);
}

static void milliseconds_are_rounded_down(void **state)
{
	(void)state;
	assert_int_equal(payload_ms(1999), 1);
	assert_int_equal(payload_ms(0), 0);
	assert_int_equal(payload_ms(-1), -1);
	assert_int_equal(payload_ms(-1000), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(state_is_the_object_of_the_contract),
		cmocka_unit_test(state_without_value_tells_the_last_one_and_why),
		cmocka_unit_test(state_that_never_had_a_value_says_null),
		cmocka_unit_test(value_keeps_its_kind),
		cmocka_unit_test(extreme_numbers_stay_valid_json),
		cmocka_unit_test(longest_state_fits),
		cmocka_unit_test(residual_needs_a_measurement),
		cmocka_unit_test(data_holds_a_batch_and_what_is_not_good),
		cmocka_unit_test(data_that_does_not_fit_is_refused),
		cmocka_unit_test(alarm_is_the_object_of_the_contract),
		cmocka_unit_test(event_names_its_device_and_tag),
		cmocka_unit_test(status_and_info_have_all_keys),
		cmocka_unit_test(history_lists_samples_with_or_without_their_tag),
		cmocka_unit_test(history_ends_before_64_kib),
		cmocka_unit_test(milliseconds_are_rounded_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
