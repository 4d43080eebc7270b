/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>
#include <jansson.h>

#include "commission_stand.h"
#include "drivers/reading.h"
#include "gateway/commission/page.h"
#include "gateway/commission/table.h"

static const char text[] =
	"title: A <tank> & more\n"
	"plant: line.yaml\n"
	"invariants:\n"
	"  - {id: S1, that: always tank.level < 1.55}\n"
	"  - {id: S2, that: \"when drain: within 1 s: not pump\"}\n"
	"  - {id: S3, that: sensor >= 0}\n" /* fails in a later scenario */
	"scenarios:\n"
	"  - id: fill\n"
	"    sweep: {rate: [1, 2]}\n"
	"    steps:\n"
	"      - set: {pump: rate}\n"
	"      - expect: {id: R1, that: \"within 10 s: tank.level >= 1 ± 1e-9\"}\n"
	"      - expect: {id: R2, that: \"mode == 'Filling' until tank.level > 0.5\"}\n"
	"      - wait: 10s\n"
	"      - set: {pump: 0}\n"
	"      - wait: 1s\n"
	"  - id: blind\n"
	"    requirements: [{id: B1, that: always sensor >= 0}]\n"
	"    steps:\n"
	"      - wait: 1s\n"
	"      - inject: {target: sensor, fault: dropout, for: 500ms}\n"
	"      - wait: 2s\n"
	"  - id: stuck\n"
	"    steps:\n"
	"      - wait_until: tank.level > 1\n"
	"        timeout: 3s\n"
	"      - expect: {id: N1, that: \"within 1 s: pump\"}\n"
	"  - id: burst\n"
	"    steps:\n"
	"      - set: {pump: 100}\n"
	"      - wait: 1min\n";

struct rig {
	struct commission_stand stand;
	struct script *script;
	struct campaign *campaign;
};

static int set_up(void **state)
{
	struct rig *g = calloc(1, sizeof(*g));
	char *said;

	commission_stand_init(&g->stand);
	g->script = commission_script(&g->stand, text, &said);
	if (!g->script) {
		fail_msg("%s", said);
	}
	free(said);
	assert_int_equal(campaign_run(&g->campaign, g->script, &g->stand.stand), 0);
	*state = g;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *g = *state;

	campaign_free(g->campaign);
	script_free(g->script);
	free(g);
	return 0;
}

static void campaign_has_a_row_for_each_requirement_of_each_run(void **state)
{
	static const struct {
		const char *id, *run;
		enum verdict verdict;
		enum failure failure;
		double at_s;
	} want[] = {
		{"S1", "fill [rate=2]", VERDICT_FAIL, FAILURE_FALSE, 7.8},
		{"S2", NULL, VERDICT_NOT_REACHED, FAILURE_NONE, 0},
		{"S3", "blind", VERDICT_FAIL, FAILURE_UNKNOWN, 1.1},
		{"R1", "fill [rate=1]", VERDICT_PASS, FAILURE_NONE, 10},
		{"R2", "fill [rate=1]", VERDICT_PASS, FAILURE_NONE, 5.1},
		{"R1", "fill [rate=2]", VERDICT_PASS, FAILURE_NONE, 5},
		{"R2", "fill [rate=2]", VERDICT_PASS, FAILURE_NONE, 2.6},
		{"B1", "blind", VERDICT_FAIL, FAILURE_UNKNOWN, 1.1},
		{NULL, "stuck", VERDICT_FAIL, FAILURE_NONE, 3},
		{"N1", "stuck", VERDICT_NOT_REACHED, FAILURE_NONE, 0},
		{NULL, "burst", VERDICT_FAIL, FAILURE_NONE, 0.9},
	};
	const struct campaign *c = ((struct rig *)*state)->campaign;

	assert_int_equal(c->n_runs, 5);
	assert_int_equal(c->n_rows, ARRAY_SIZE(want));
	for (size_t i = 0; i < c->n_rows; i++) {
		const struct campaign_row *row = &c->rows[i];
		double at = row->requirement
		                    ? row->outcome ? (double)row->outcome->at_ns / 1e9 : 0
		                    : (double)row->run->end_ns / 1e9;

		if (row->verdict != want[i].verdict || fabs(at - want[i].at_s) > 0.11 ||
		    (row->requirement && strcmp(row->requirement->id, want[i].id) != 0) ||
		    (row->run && want[i].run &&
		     strcmp(row->run->label, want[i].run) != 0) ||
		    (row->outcome && row->outcome->failure != want[i].failure)) {
			fail_msg("row %zu: %s of %s at %g s: %s", i,
			         row->requirement ? row->requirement->id : "-",
			         row->run ? row->run->label : "-", at,
			         campaign_verdict(row->verdict));
		}
	}
	assert_int_equal(c->passed, 4);
	assert_int_equal(c->failed, 5);
	assert_int_equal(c->not_reached, 2);
}

static void campaign_says_why_a_run_ended_early(void **state)
{
	const struct campaign *c = ((struct rig *)*state)->campaign;

	assert_string_equal(c->runs[3].why,
	                    "waited in vain: wait until tank.level > 1 (at most 3s)");
	assert_non_null(strstr(c->runs[4].why, "the tank burst"));
}

static char *print(const struct campaign *c, const char *kind)
{
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	assert_non_null(f);
	if (strcmp(kind, "table") == 0) {
		table_print(f, c, false);
	} else if (strcmp(kind, "json") == 0) {
		assert_int_equal(table_print_json(f, c), 0);
	} else if (strcmp(kind, "junit") == 0) {
		table_print_junit(f, c, "2026-01-02T03:04:05");
	} else {
		page_print(f, c, "2026-01-02T03:04:05");
	}
	fclose(f);
	return out;
}

static void table_names_what_failed_with_its_values(void **state)
{
	static const char *const lines[] = {
		"S1     always tank.level < 1.55 ",
		"FAIL",
		"fill [rate=2]  tank.level = 1.56 m  does not hold",
		"sensor = unknown  unknown: no good value",
		"11 requirements: 4 passed, 5 failed, 2 not reached; 5 runs",
	};
	char *out = print(((struct rig *)*state)->campaign, "table");

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!strstr(out, lines[i])) {
			fail_msg("no '%s' in\n%s", lines[i], out);
		}
	}
	free(out);
}

static void json_has_every_run(void **state)
{
	char *out = print(((struct rig *)*state)->campaign, "json");
	json_t *j = json_loads(out, 0, NULL), *run, *s1;

	assert_non_null(j);
	assert_int_equal(json_integer_value(json_object_get(j, "failed")), 5);
	run = json_array_get(json_object_get(j, "runs"), 1);
	assert_true(json_number_value(json_object_get(json_object_get(run, "parameters"),
	                                              "rate")) == 2);
	s1 = json_array_get(json_object_get(run, "requirements"), 0);
	assert_string_equal(json_string_value(json_object_get(s1, "verdict")), "fail");
	assert_int_equal(json_array_size(json_object_get(s1, "violated_s")), 1);
	json_decref(j);
	free(out);
}

/* Suites and cases, and what they add up to. */
struct suites {
	int tests, failures, cases, failed;
	bool in_failure;
};

static void on_element(void *arg, const char *name, const char **attributes)
{
	struct suites *s = arg;

	for (size_t i = 0; attributes[i] && strcmp(name, "testsuite") == 0; i += 2) {
		s->tests += strcmp(attributes[i], "tests") == 0 ? atoi(attributes[i + 1])
		                                                : 0;
		s->failures += strcmp(attributes[i], "failures") == 0
		                       ? atoi(attributes[i + 1])
		                       : 0;
	}
	s->cases += strcmp(name, "testcase") == 0;
	s->failed += strcmp(name, "failure") == 0;
}

static void check_xml(const char *out, void *arg, XML_StartElementHandler on)
{
	XML_Parser parser = XML_ParserCreate(NULL);

	XML_SetUserData(parser, arg);
	XML_SetElementHandler(parser, on, NULL);
	if (XML_Parse(parser, out, (int)strlen(out), 1) != XML_STATUS_OK) {
		fail_msg("line %lu: %s", (unsigned long)XML_GetCurrentLineNumber(parser),
		         XML_ErrorString(XML_GetErrorCode(parser)));
	}
	XML_ParserFree(parser);
}

static void junit_counts_what_it_has(void **state)
{
	char *out = print(((struct rig *)*state)->campaign, "junit");
	struct suites s = {0};

	check_xml(out, &s, on_element);
	assert_int_equal(s.tests, 11);
	assert_int_equal(s.cases, 11);
	assert_int_equal(s.failures, 7);
	assert_int_equal(s.failed, 7);
	assert_non_null(strstr(out, "type=\"not_reached\""));
	assert_non_null(strstr(out, "always tank.level &lt; 1.55"));
	free(out);
}

/* The same bytes each time, nothing from elsewhere, nothing unescaped. */
static void page_is_whole_and_stands_alone(void **state)
{
	static const char *const parts[] = {
		"A &lt;tank&gt; &amp; more",
		"<h2>Requirements</h2>",
		"<h2>What was violated</h2>",
		"S1 violated",
		"S3 violated",
		"inject sensor dropout",
		"tank.level = 1.56 m",
		"class=\"shade bad\"",
		"Filling",
		"waited in vain",
		"2026-01-02T03:04:05",
	};
	const struct campaign *c = ((struct rig *)*state)->campaign;
	char *out = print(c, "page"), *again = print(c, "page");

	assert_string_equal(out, again);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!strstr(out, parts[i])) {
			fail_msg("no '%s'", parts[i]);
		}
	}
	assert_null(strstr(out, "src="));
	assert_null(strstr(out, "@import"));
	assert_null(strstr(out, "<script"));
	assert_null(strstr(out, "href=\"http"));
	assert_null(strstr(out, "nan"));
	free(out);
	free(again);
}

static void campaign_repeats_itself_to_the_byte(void **state)
{
	struct rig *g = *state;
	struct campaign *again;
	char *first, *second;

	assert_int_equal(campaign_run(&again, g->script, &g->stand.stand), 0);
	first = print(g->campaign, "page");
	second = print(again, "page");
	assert_string_equal(first, second);
	campaign_free(again);
	free(first);
	free(second);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(campaign_has_a_row_for_each_requirement_of_each_run),
		cmocka_unit_test(campaign_says_why_a_run_ended_early),
		cmocka_unit_test(table_names_what_failed_with_its_values),
		cmocka_unit_test(json_has_every_run),
		cmocka_unit_test(junit_counts_what_it_has),
		cmocka_unit_test(page_is_whole_and_stands_alone),
		cmocka_unit_test(campaign_repeats_itself_to_the_byte),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
