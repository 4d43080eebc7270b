/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/cli/view.h"

static char *text;
static size_t size;

static json_t *parsed(const char *json)
{
	json_t *o = json_loads(json, 0, NULL);

	assert_non_null(o);
	return o;
}

static const char *tags_text(const char *json, size_t rows, bool colour)
{
	FILE *f = open_memstream(&text, &size);
	json_t *tags = parsed(json);

	view_tags(f, tags, rows, colour);
	fclose(f);
	json_decref(tags);
	return text;
}

static int free_text(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

static const char two_tags[] =
	"[{\"ts\":1,\"device\":\"pump\",\"tag\":\"flow\",\"value\":12.5,\"unit\":\"m3/"
	"h\","
	"\"predicted\":12.1,\"sigma\":0.2,\"source\":\"measured\",\"state\":\"healthy\","
	"\"learnt\":1,\"alarm\":\"\"},"
	"{\"ts\":1,\"device\":\"pump\",\"tag\":\"level\",\"value\":null,\"unit\":\"m\","
	"\"predicted\":null,\"sigma\":null,\"source\":\"held\",\"state\":\"bad\","
	"\"learnt\":0.5,\"alarm\":\"bad\"}]";

static void tags_are_listed_with_alarms_under_them(void **state)
{
	const char *out = tags_text(two_tags, 10, false);

	(void)state;
	assert_non_null(strstr(out, "pump/flow"));
	assert_non_null(strstr(out, "12.5 m3/h"));
	assert_non_null(strstr(out, "healthy"));
	assert_non_null(strstr(out, "bad held"));
	assert_non_null(strstr(out, "\nbad: pump/level - m\n"));
	assert_null(strchr(out, '\033'));
}

static void tags_in_alarm_come_first_when_not_all_fit(void **state)
{
	const char *out = tags_text(two_tags, 1, false);

	(void)state;
	assert_null(strstr(out, "pump/flow"));
	assert_non_null(strstr(out, "pump/level"));
	assert_non_null(strstr(out, "... and 1 more"));
}

static void nothing_wrong_is_said(void **state)
{
	(void)state;
	assert_non_null(strstr(tags_text("[]", 5, false), "no alarms"));
}

static void colour_is_switched_off_again(void **state)
{
	const char *out = tags_text(two_tags, 10, true);
	const char *on = strstr(out, "\033[31m");

	(void)state;
	assert_non_null(on);
	assert_non_null(strstr(on, "\033[0m"));
}

static void status_shows_balance_destination_and_devices(void **state)
{
	json_t *o = parsed(
		"{\"gateway\":\"g\",\"version\":\"1\",\"uptime_s\":5.5,\"tags\":3,"
		"\"learnt\":1,\"monitored\":2,\"produced\":10,\"stored\":9,"
		"\"dropped\":{\"storage\":1},\"history\":{\"bytes\":2000000,\"error\":"
		"null},"
		"\"destinations\":[{\"name\":\"mqtt\",\"connected\":false,"
		"\"server\":\"mqtt://a:1\",\"error\":\"refused\",\"delivered\":4,"
		"\"pending\":5,\"evicted\":0}],"
		"\"devices\":[{\"id\":\"pump\",\"state\":\"down\",\"error\":\"timeout\","
		"\"ok_pct\":null,\"rtt_ms\":1.25,\"reads\":7,\"overruns\":2,"
		"\"address\":\"tcp://a\"}]}");
	FILE *f = open_memstream(&text, &size);

	(void)state;
	view_status(f, o, false, false);
	fclose(f);
	json_decref(o);
	assert_non_null(strstr(text, "produced 10 = stored 9 + dropped 1"));
	assert_non_null(strstr(text, "mqtt: not connected to mqtt://a:1, delivered 4, "
	                             "pending 5, evicted 0; refused"));
	assert_non_null(strstr(text, "down"));
	assert_non_null(strstr(text, "timeout"));
	assert_non_null(strstr(text, "1.25"));
}

static void status_counts_alarms_and_those_held_back(void **state)
{
	static const struct {
		const char *json, *want, *not ;
	} cases[] = {
		{"{\"alarms\":0,\"unacknowledged\":0,\"alarms_held\":0,\"alarms_lost\":"
	         "0}",
	         "produced", "alarm"},
		{"{\"alarms\":3,\"unacknowledged\":2,\"alarms_held\":0,\"alarms_lost\":"
	         "0}",
	         "\n3 in alarm, 2 of them unacknowledged\n", "flood"},
		{"{\"alarms\":40,\"unacknowledged\":30,\"alarms_held\":10,\"alarms_"
	         "lost\":4}",
	         "\na flood of alarms: 10 held back, 4 were over before they could be "
	         "told\n",
	         "learnt\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *o = parsed(cases[i].json);
		FILE *f = open_memstream(&text, &size);

		view_status(f, o, false, false);
		fclose(f);
		json_decref(o);
		if (!strstr(text, cases[i].want) || strstr(text, cases[i].not )) {
			fail_msg("%s", text);
		}
		free(text);
		text = NULL;
	}
}

static void status_shows_how_far_machines_have_learnt(void **state)
{
	json_t *o = parsed(
		"{\"components\":[{\"id\":\"tank\",\"model\":\"tank\",\"state\":"
		"\"learning\","
		"\"learnt\":0.457,\"fitting\":false},{\"id\":\"box\",\"model\":"
		"\"thermal\",\"state\":\"learning\",\"learnt\":0.99,\"fitting\":true},"
		"{\"id\":\"pot\",\"state\":\"mismatch\",\"learnt\":1,\"proposed\":4}]}");
	FILE *f = open_memstream(&text, &size);

	(void)state;
	view_status(f, o, false, false);
	fclose(f);
	json_decref(o);
	assert_non_null(strstr(text, "\ncomponent "));
	assert_non_null(strstr(text, " learning      45 %\n"));
	assert_non_null(strstr(text, " 99 %  its parameters are being found\n"));
	assert_non_null(strstr(text, " 100 %  version 4 is proposed: pollux identify pot "
	                             "--accept\n"));
}

static void skill_is_said_in_words_where_there_is_none(void **state)
{
	json_t *o = parsed(
		"{\"forecasts\":[{\"tag\":\"plc/level\",\"horizon_s\":60,\"n\":500,"
		"\"skill\":0.625,\"coverage\":0.951,\"band\":0.0125,\"model_skill\":0.9,"
		"\"verdict\":\"better than no change\"},"
		"{\"tag\":\"plc/level\",\"horizon_s\":1800,\"n\":80,\"skill\":-0.5,"
		"\"coverage\":0.9,\"band\":0.5,\"model_skill\":0.25,"
		"\"verdict\":\"no better than no change\"},"
		"{\"tag\":\"plc/level\",\"horizon_s\":7200,\"n\":0,\"skill\":null,"
		"\"coverage\":null,\"band\":null,\"model_skill\":null,"
		"\"verdict\":\"too few outcomes yet\"}],"
		"\"outlook\":[{\"tag\":\"tank/health\",\"name\":\"alarm\",\"limit\":null,"
		"\"health\":0.93,\"p10_s\":null,\"p50_s\":null,\"p90_s\":null,"
		"\"no_prediction\":\"no significant trend\"},"
		"{\"tag\":\"filter/dp\",\"name\":\"filter dirty\",\"limit\":450,"
		"\"health\":null,\"p10_s\":540000,\"p50_s\":700000,\"p90_s\":900000,"
		"\"no_prediction\":null}]}");
	FILE *f = open_memstream(&text, &size);

	(void)state;
	view_forecasts(f, o, 10);
	view_outlook(f, o, 10);
	fclose(f);
	assert_non_null(
		strstr(text, "1 min    500      0.62      0.90   95.1 %  +- 0.0125\n"));
	assert_non_null(strstr(text, "30 min     80     -0.50      0.25   90.0 %  no "
	                             "better than no change\n"));
	assert_non_null(strstr(
		text, "2 h      0         -         -        -  too few outcomes yet\n"));
	assert_non_null(strstr(text, "\noutlook\n"
	                             "filter/dp, filter dirty at 450: in 6 to 11 days\n"
	                             "tank/health, health 93 %, alarm: no prediction: no "
	                             "significant trend\n"));
	free(text);
	f = open_memstream(&text, &size);
	view_forecasts(f, o, 1);
	view_outlook(f, o, 1);
	fclose(f);
	json_decref(o);
	assert_null(strstr(text, "30 min"));
	assert_non_null(strstr(text, "... and 2 more: status -v"));
	assert_non_null(strstr(text, "... and 1 more: status -v"));
}

static void status_shows_real_interval_and_first_connection(void **state)
{
	json_t *o = parsed(
		"{\"devices\":[{\"id\":\"a\",\"state\":\"ok\",\"error\":null,"
		"\"groups\":[{\"period_ms\":100,\"interval\":{\"p99_ms\":103.26}},"
		"{\"period_ms\":1000,\"interval\":{\"p99_ms\":1001}}]},"
		"{\"id\":\"b\",\"state\":\"down\",\"error\":null,"
		"\"groups\":[{\"period_ms\":100,\"interval\":{\"p99_ms\":null}}]}]}");
	FILE *f = open_memstream(&text, &size);

	(void)state;
	view_status(f, o, false, false);
	fclose(f);
	json_decref(o);
	assert_non_null(strstr(text, " 100/103.3 "));
	assert_null(strstr(text, "1001"));
	assert_non_null(strstr(text, "down      connecting"));
}

static void verbose_status_says_how_devices_are_polled(void **state)
{
	json_t *o = parsed(
		"{\"devices\":[{\"id\":\"a\",\"state\":\"ok\",\"requests\":12,"
		"\"answers\":9,\"late_answers\":1,\"registers\":240,"
		"\"errors\":{\"timeout\":2,\"exception\":1},\"bus_load_ratio\":0.125,"
		"\"rtt\":{\"p50_ms\":1.5,\"p95_ms\":2,\"p99_ms\":2.25},\"groups\":["
		"{\"period_ms\":100,\"tags\":3,\"reads\":9,\"overruns\":4,\"interval\":"
		"{\"p50_ms\":100,\"p95_ms\":101,\"p99_ms\":103.26}}]},"
		"{\"id\":\"b\",\"errors\":{},\"bus_load_ratio\":null,\"rtt\":{}}]}");
	FILE *f = open_memstream(&text, &size);

	(void)state;
	view_status(f, o, false, true);
	fclose(f);
	json_decref(o);
	assert_non_null(strstr(
		text, "\n  12 requests, 9 answers, 1 late, 240 registers\n"
		      "  round trip p50 1.5 p95 2 p99 2.25 ms; bus load 12.5 %\n"
		      "  errors: timeout 2, exception 1\n"
		      "  every 100 ms: 3 tags, interval p50 100 p95 101 p99 103.3 ms, 4 "
		      "overruns, 9 reads\n"));
	assert_non_null(strstr(text, "  round trip -\n"));
	assert_ptr_equal(strstr(strstr(text, "errors:") + 1, "errors:"), NULL);
}

static void what_a_device_refuses_stands_under_it(void **state)
{
	json_t *o = parsed("{\"devices\":[{\"id\":\"a\",\"holes\":["
	                   "{\"asked\":\"holding:0..9\",\"range\":\"holding:5..7\","
	                   "\"code\":2}]}]}");
	json_t *holes = json_object_get(json_array_get(json_object_get(o, "devices"), 0),
	                                "holes");
	FILE *f = open_memstream(&text, &size);

	(void)state;
	for (int i = 0; i < 9; i++) {
		json_array_append_new(holes,
		                      json_pack("{s:s, s:s, s:i}", "asked", "coil:3",
		                                "range", "coil:3", "code", 3));
	}
	view_status(f, o, false, false);
	fclose(f);
	json_decref(o);
	assert_non_null(strstr(text,
	                       "\n  refuses holding:0..9 (exception 2): read without "
	                       "holding:5..7\n  refuses coil:3 (exception 3)\n"));
	assert_non_null(strstr(text, "\n  ... and 2 more\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, NULL, free_text)
		TEST(tags_are_listed_with_alarms_under_them),
		TEST(tags_in_alarm_come_first_when_not_all_fit),
		TEST(nothing_wrong_is_said),
		TEST(colour_is_switched_off_again),
		TEST(status_shows_balance_destination_and_devices),
		TEST(status_counts_alarms_and_those_held_back),
		TEST(status_shows_how_far_machines_have_learnt),
		TEST(status_shows_real_interval_and_first_connection),
		TEST(verbose_status_says_how_devices_are_polled),
		TEST(what_a_device_refuses_stands_under_it),
		TEST(skill_is_said_in_words_where_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
