/* SPDX-License-Identifier: Apache-2.0 */
/* What a running PLC answers to who watches and forces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/plc/plc_desk.h"
#include "tests/twin/plc/st_case.h"

static const char program[] =
	"PROGRAM main VAR x, n : INT; y AT %QW0 : INT; END_VAR\n"
	"VAR a : ARRAY[1..2] OF INT; END_VAR n := n + 1; y := 2 * x; END_PROGRAM\n";

static struct sources *sources;
static struct program *p;
static struct plc_desk *desk;
static struct cycle_stats cycle;
static uint64_t scan;

static struct cycle_stats stats(void *arg)
{
	return *(const struct cycle_stats *)arg;
}

static int64_t time_ns(void *arg)
{
	return 40000000;
}

static int setup(void **state)
{
	struct plc_host host = {.stats = stats, .time_ns = time_ns, .arg = &cycle};

	(void)state;
	scan = 0;
	cycle = (struct cycle_stats){.scans = 3, .overruns = 1};
	p = st_load(&sources, program, NULL);
	host.program = p;
	return plc_desk_new(&desk, &host);
}

static int teardown(void **state)
{
	(void)state;
	plc_desk_free(desk);
	program_free(p);
	sources_free(sources);
	return 0;
}

static void expect(const char *request, const char *want)
{
	char *answer = plc_desk_answer(desk, request);

	if (!answer || strcmp(answer, want) != 0) {
		fail_msg("%s: %s, wanted %s", request, answer ? answer : "nothing", want);
	}
	free(answer);
}

static void forced_variables_are_marked_and_hold(void **state)
{
	(void)state;
	st_scans(p, &scan, 3);
	expect("watch\tn\tmain.y",
	       "{\"time_ms\":40.0,\"scan\":3,\"variables\":[{\"name\":\"n\",\"value\":"
	       "\"3\",\"forced\":false},{\"name\":\"main.y\",\"value\":\"0\",\"forced\":"
	       "false}]}");
	expect("force\tx\t21", "{\"name\":\"x\",\"value\":\"21\",\"forced\":true}");
	st_scans(p, &scan, 1);
	st_expect(p, "y", "42");
	expect("force\t%QW0\t7", "{\"name\":\"%QW0\",\"value\":\"7\",\"forced\":true}");
	st_scans(p, &scan, 1);
	st_expect(p, "y", "7");
	expect("plc", "{\"scans\":3,\"overruns\":1,\"cycle_ms\":20.0,\"forced\":[\"x\","
	              "\"%QW0\"]}");
	expect("unforce\t%QW0", "{\"name\":\"%QW0\",\"value\":\"7\",\"forced\":false}");
	st_scans(p, &scan, 1);
	st_expect(p, "y", "42");
	expect("plc",
	       "{\"scans\":3,\"overruns\":1,\"cycle_ms\":20.0,\"forced\":[\"x\"]}");
}

static void how_scans_keep_to_the_clock_is_said_where_they_do(void **state)
{
	(void)state;
	cycle.period_min = 19000000;
	cycle.period_mean = 20000000;
	cycle.period_max = 22000000;
	cycle.jitter = 2000000;
	cycle.work_mean = 500000;
	cycle.work_max = 1500000;
	expect("plc", "{\"scans\":3,\"overruns\":1,\"cycle_ms\":20.0,\"forced\":[],"
	              "\"period\":{\"min_ms\":19.0,\"mean_ms\":20.0,\"max_ms\":22.0,"
	              "\"jitter_ms\":2.0},\"work\":{\"mean_ms\":0.5,\"max_ms\":1.5}}");
}

static void what_cannot_be_done_is_said(void **state)
{
	static const struct {
		const char *request, *want;
	} cases[] = {
		{"force\tnobody\t1", "{\"error\":\"nobody: there is no such variable\"}"},
		{"force\tx\t70000", "{\"error\":\"x: out of its range\"}"},
		{"force\tx\tmany", "{\"error\":\"x: no value of its type\"}"},
		{"force\tx", "{\"error\":\"x: no value of its type\"}"},
		{"unforce\tx", "{\"error\":\"x: it is not forced\"}"},
		{"watch\tnobody",
	         "{\"time_ms\":40.0,\"scan\":0,\"variables\":[{\"error\":\"nobody: there "
	         "is no such variable\"}]}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		expect(cases[i].request, cases[i].want);
	}
	assert_null(plc_desk_answer(desk, "stop"));
	assert_null(plc_desk_answer(desk, "force"));
	assert_int_equal(program_forces(p), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(forced_variables_are_marked_and_hold),
		TEST(how_scans_keep_to_the_clock_is_said_where_they_do),
		TEST(what_cannot_be_done_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
