/* SPDX-License-Identifier: Apache-2.0 */
/* The throughput of a line as a tag, by a scripted clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/flow.h"
#include "gateway/line/flow_count.h"

#define S_US       INT64_C(1000000)
#define MORNING_US (INT64_C(1772445600) * S_US) /* 2026-03-02, a Monday, 10:00 UTC */

enum { KEPT = 64 };

struct bench {
	char dir[64];
	struct config *config;
	struct twin *twin;
	struct flow *flow;
	uv_loop_t loop;
	int64_t wall_us;
	uint64_t now_ns;
	double jobs, rejects;
	uint8_t quality;
	struct reading got[KEPT];
	struct estimate est[KEPT];
	size_t n;
	struct reading shift[FLOW_SHIFT_TAGS];
	struct estimate shift_est[FLOW_SHIFT_TAGS];
	char told[512];
	size_t n_told;
	bool well;
};

static struct sample latest(void *arg, uint32_t tag)
{
	struct bench *b = arg;
	struct sample s = {.ts_us = b->wall_us - 200000, .tag = tag};

	if (tag == b->config->flow.tag) {
		s.est = b->n ? b->est[b->n - 1] : (struct estimate){0};
		s.ts_us = b->n ? s.ts_us : 0;
		return s;
	}
	s.est.quality = b->quality;
	s.reason = b->quality ? REASON_TIMEOUT : REASON_NONE;
	s.value = b->quality ? (struct value){0}
	                     : value_real(floor(tag == b->config->flow.exits[0].count
	                                                ? b->jobs
	                                                : b->rejects));
	return s;
}

static void deliver(void *arg, const struct reading *r, size_t n)
{
	struct bench *b = arg;

	if (r->tag != b->config->flow.tag) {
		assert_int_equal(n, FLOW_SHIFT_TAGS);
		b->now_ns += 1000;
		memcpy(b->shift, r, sizeof(b->shift));
		twin_merge(b->twin, (int64_t)b->now_ns, r, n, b->shift_est);
		return;
	}
	assert_int_equal(n, 1);
	assert_true(b->n < KEPT);
	twin_merge(b->twin, (int64_t)b->now_ns, r, 1, &b->est[b->n]);
	b->got[b->n++] = *r;
}

static void tell(void *arg, bool well, const char *message)
{
	struct bench *b = arg;

	b->well = well;
	snprintf(b->told, sizeof(b->told), "%s", message);
	b->n_told++;
}

static void write_line(const struct bench *b, const char *more)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/line.yaml", b->dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f,
	        "sources: [{id: in}]\n"
	        "stations:\n"
	        "  - {id: one, time: 3s, tags: {count: m/n, rejects: m/r}}\n"
	        "ways:\n"
	        "  - {from: in, to: one, places: 4}\n"
	        "  - {from: one, to: out, share: 0.9}\n"
	        "  - {from: one, to: out, share: 0.1, scrap: true}\n"
	        "shifts: {period: 24h, breaks: [{at: 2h, for: 30min}]}\n%s",
	        more);
	fclose(f);
}

/* @return what config_load_text() does; complaints in words */
static int load(struct bench *b, const char *keys, char **words)
{
	static const char devices[] =
		"devices:\n"
		"  - id: m\n"
		"    driver: modbus\n"
		"    address: tcp://127.0.0.1:1502\n"
		"    tags:\n"
		"      - {id: n, at: holding:0, type: uint32}\n"
		"      - {id: r, at: holding:2, type: uint32}\n"
		"      - {id: text, at: holding:4, type: string(8)}\n";
	char path[128], text[1024];
	size_t size;
	FILE *f = open_memstream(words, &size);
	int err;

	snprintf(path, sizeof(path), "%s/pollux.yaml", b->dir);
	snprintf(text, sizeof(text), "line: {%s}\n%s", keys, devices);
	err = config_load_text(&b->config, path, text, strlen(text), f);
	fclose(f);
	return err;
}

static void begin(struct bench *b, const char *zone, int64_t wall_us)
{
	char *words = NULL;

	*b = (struct bench){.wall_us = wall_us, .now_ns = 5000000000};
	setenv("TZ", zone, 1);
	tzset();
	snprintf(b->dir, sizeof(b->dir), "/tmp/pollux-flow-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	write_line(b, "");
	assert_int_equal(
		load(b, "file: line.yaml, window: 10min, begins: \"06:00\", shift: 8h",
	             &words),
		0);
	assert_string_equal(words, "");
	free(words);
	assert_int_equal(twin_new(&b->twin, &b->config->twin), 0);
	assert_int_equal(uv_loop_init(&b->loop), 0);
	assert_int_equal(flow_open(&b->flow, &(struct flow_parts){.config = b->config,
	                                                          .loop = &b->loop,
	                                                          .twin = b->twin,
	                                                          .first_ms = 1000000,
	                                                          .latest = latest,
	                                                          .deliver = deliver,
	                                                          .tell = tell,
	                                                          .arg = b}),
	                 0);
}

static void end(struct bench *b)
{
	char path[128];

	flow_close(b->flow);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	flow_free(b->flow);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	twin_free(b->twin);
	config_free(b->config);
	snprintf(path, sizeof(path), "%s/line.yaml", b->dir);
	unlink(path);
	rmdir(b->dir);
}

/* So many seconds of so many jobs an hour, of which one in ten is bad. */
static void pass(struct bench *b, int seconds, double jobs_h)
{
	for (int i = 0; i < seconds; i++) {
		b->wall_us += S_US;
		b->now_ns += 1000000000;
		b->jobs += jobs_h / 3600;
		b->rejects += jobs_h / 36000;
		flow_tick(b->flow, b->now_ns, b->wall_us);
	}
}

static void a_window_is_counted_from_its_begin_to_its_end(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "UTC", MORNING_US + 17 * S_US);
	pass(&b, 600, 1200);
	assert_int_equal(b.n, 0); /* the first was not whole */
	pass(&b, 600, 1200);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.got[0].quality, QUALITY_GOOD);
	assert_float_equal(b.got[0].value.real, 1080, 12); /* a part is 6 an hour */
	assert_int_equal(b.est[0].state, STATE_LEARNING);
	flow_answer(b.flow,
	            "{\"mean\": 1080, \"sigma\": 20, \"variance\": 0.06, \"w_max\": 0.8, "
	            "\"z_max\": 3.2, \"windows\": 640}",
	            NULL);
	assert_true(b.well && b.n_told == 1);
	assert_non_null(strstr(b.told, "should give 1080 an hour"));
	pass(&b, 1800, 1200);
	assert_int_equal(b.n, 4);
	assert_int_equal(b.est[3].state, STATE_HEALTHY);
	assert_float_equal(b.est[3].predicted, 1080, 1e-9);
	pass(&b, 4200, 840); /* slower by 30 % */
	assert_int_equal(b.n, 11);
	assert_int_equal(b.est[10].state, STATE_DRIFT);
	assert_float_equal(b.got[10].value.real, 756, 12);
	assert_float_equal(b.est[10].predicted, 1080, 1e-9);
	end(&b);
}

static void what_was_not_seen_whole_has_no_value(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, "UTC", MORNING_US);
	pass(&b, 1200, 1200);
	assert_int_equal(b.got[0].quality, QUALITY_GOOD);
	b.quality = QUALITY_BAD; /* a gap */
	pass(&b, 3, 1200);
	b.quality = QUALITY_GOOD;
	pass(&b, 597, 1200);
	assert_int_equal(b.n, 2);
	assert_int_equal(b.got[1].quality, QUALITY_BAD);
	assert_int_equal(b.got[1].reason, REASON_TIMEOUT);
	assert_int_equal(b.got[1].value.kind, VALUE_NONE);
	pass(&b, 100, 1200); /* a counter that begins anew, and gets beyond what it was */
	b.jobs = b.rejects = 0;
	pass(&b, 500, 36000);
	assert_int_equal(b.got[2].quality, QUALITY_BAD);
	pass(&b, 100, 1200);
	b.wall_us += 100 * S_US; /* the clock is set */
	pass(&b, 400, 1200);
	assert_int_equal(b.n, 4);
	assert_int_equal(b.got[3].quality, QUALITY_BAD);
	b.wall_us += 1800 * S_US; /* over some windows */
	pass(&b, 600, 1200);
	assert_int_equal(b.n, 5);
	assert_int_equal(b.got[4].quality, QUALITY_BAD);
	pass(&b, 600, 1200);
	assert_int_equal(b.got[5].quality, QUALITY_GOOD);
	end(&b);
}

/* Readings that were judged between two times, by window of ten minutes. */
static void expect_judged(const struct bench *b, const char *judged)
{
	assert_int_equal(b->n, strlen(judged));
	for (size_t i = 0; i < b->n; i++) {
		assert_int_equal(b->got[i].quality,
		                 judged[i] == '-' ? QUALITY_UNCERTAIN : QUALITY_GOOD);
		assert_int_equal(b->got[i].value.kind, VALUE_REAL);
	}
}

/* The break is from 8:00 to 8:30 by the clock on the wall, in summer as in winter. */
static void windows_in_a_break_are_not_judged(void **state)
{
	static const struct {
		const char *zone;
		int64_t from_s; /* 7:40 there */
	} cases[] = {
		{"UTC", 1772437200},
		{"Europe/Paris", 1772433600}, /* winter, UTC + 1 */
		{"Europe/Paris", 1784094000}, /* summer, UTC + 2 */
		{"Asia/Kolkata", 1772417400},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench b;

		begin(&b, cases[i].zone, cases[i].from_s * S_US);
		pass(&b, 6 * 600 + 600, 1200);
		expect_judged(&b, "x---xx");
		end(&b);
	}
}

/* Of a night in which clocks are changed one window is not judged. */
static void a_changed_clock_costs_a_window(void **state)
{
	static const int64_t nights_us[] = {
		(INT64_C(1774745400)) * S_US, /* 2026-03-29 00:50 UTC, 1:50 in Paris */
		(INT64_C(1792889400)) * S_US, /* 2026-10-25 00:50 UTC, 2:50 in Paris */
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench b;

		begin(&b, "Europe/Paris", nights_us[i] - 1200 * S_US);
		pass(&b, 3600, 1200);
		expect_judged(&b, "x-xxx");
		end(&b);
	}
}

static void a_simulation_that_fails_is_told_once(void **state)
{
	static const char good[] = "{\"mean\": 1080, \"sigma\": 20, \"variance\": 0.06, "
				   "\"w_max\": 0.8, \"z_max\": 3.2}";
	struct bench b;

	(void)state;
	begin(&b, "UTC", MORNING_US);
	flow_answer(b.flow, NULL, "line.yaml: No such file or directory\nmore");
	assert_true(!b.well && b.n_told == 1);
	assert_non_null(strstr(b.told, "cannot be simulated: line.yaml: No such file or "
	                               "directory"));
	assert_null(strstr(b.told, "more"));
	flow_answer(b.flow, "{\"mean\": 1080, \"sigma\": 0}", NULL);
	assert_int_equal(b.n_told, 1);
	flow_answer(b.flow, good, NULL);
	flow_answer(b.flow, good, NULL);
	assert_true(b.well && b.n_told == 2);
	flow_answer(b.flow, NULL, "it is gone");
	assert_true(!b.well && b.n_told == 3);
	assert_non_null(strstr(b.told, "what was expected stays: it is gone"));
	pass(&b, 1200, 1200);
	assert_float_equal(b.est[0].predicted, 1080, 1e-9);
	end(&b);
}

static void a_shift_is_foretold_as_simulated(void **state)
{
	static const char *const names[] = {"shift_made", "shift_p10", "shift_p50",
	                                    "shift_p90"};
	static const double parts[] = {400, 5000, 5100, 5200};
	struct bench b;

	(void)state;
	begin(&b, "UTC", MORNING_US);
	flow_answer(b.flow,
	            "{\"mean\": 1080, \"sigma\": 20, \"variance\": 0.06, \"w_max\": 0.8, "
	            "\"z_max\": 3.2, \"shift\": {\"made\": 400.0, \"p10\": 5000.0, "
	            "\"p50\": 5100.0, \"p90\": 5200.0}}",
	            NULL);
	for (size_t i = 0; i < FLOW_SHIFT_TAGS; i++) {
		const struct reading *r = &b.shift[i];

		assert_string_equal(b.config->tags[r->tag].name, names[i]);
		assert_float_equal(value_number(&r->value), parts[i], 0);
		assert_int_equal(b.shift_est[i].quality, QUALITY_UNCERTAIN);
		assert_int_equal(b.shift_est[i].source, SOURCE_SIMULATED);
	}
	flow_answer(b.flow, NULL, "it is gone");
	for (size_t i = 0; i < FLOW_SHIFT_TAGS; i++) {
		assert_int_equal(b.shift[i].quality, QUALITY_BAD);
		assert_int_equal(b.shift[i].value.kind, VALUE_NONE);
	}
	end(&b);
}

/* In drift what is simulated anew, slower, is not taken for what is expected. */
static void drift_keeps_what_is_expected(void **state)
{
	static const char first[] = "{\"mean\": 1080, \"sigma\": 20, \"variance\": 0.06, "
				    "\"w_max\": 0.8, \"z_max\": 3.2}",
			  later[] = "{\"mean\": 760, \"sigma\": 20, \"variance\": 0.06, "
				    "\"w_max\": 0.8, \"z_max\": 3.2}";
	struct bench b;

	(void)state;
	begin(&b, "UTC", MORNING_US);
	flow_answer(b.flow, first, NULL);
	pass(&b, 6000, 840);
	assert_int_equal(b.est[b.n - 1].state, STATE_DRIFT);
	flow_answer(b.flow, later, NULL);
	pass(&b, 600, 840);
	assert_float_equal(b.est[b.n - 1].predicted, 1080, 1e-9);
	assert_int_equal(b.est[b.n - 1].state, STATE_DRIFT);
	pass(&b, 12000, 1200);
	assert_int_equal(b.est[b.n - 1].state, STATE_HEALTHY);
	flow_answer(b.flow, later, NULL);
	pass(&b, 600, 840);
	assert_float_equal(b.est[b.n - 1].predicted, 760, 1e-9);
	end(&b);
}

static void what_is_wrong_in_the_configuration_is_said(void **state)
{
	static const struct {
		const char *keys, *more, *words;
	} cases[] = {
		{"file: lin.yaml", "", "lin.yaml: error: No such file or directory"},
		{"every: 1h", "", "'line' wants a 'file', 'routings', or both"},
		{"file: line.yaml, begins: \"6 am\"", "", "'6 am' is no time of day"},
		{"file: line.yaml, begins: \"24:00\"", "", "is no time of day"},
		{"file: line.yaml, window: 10ms", "", "window"},
		{"file: line.yaml, shift: 7h", "", "no whole number of such shifts"},
		{"file: line.yaml", "stationen: []\n", "unknown key 'stationen'"},
		{"file: line.yaml", "  x", "line.yaml"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench b;
		char *words = NULL, path[128];

		snprintf(b.dir, sizeof(b.dir), "/tmp/pollux-flow-XXXXXX");
		assert_non_null(mkdtemp(b.dir));
		write_line(&b, cases[i].more);
		assert_int_not_equal(load(&b, cases[i].keys, &words), 0);
		if (!strstr(words, cases[i].words)) {
			fail_msg("%s: %s", cases[i].words, words);
		}
		free(words);
		snprintf(path, sizeof(path), "%s/line.yaml", b.dir);
		unlink(path);
		rmdir(b.dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_is_counted_from_its_begin_to_its_end),
		cmocka_unit_test(what_was_not_seen_whole_has_no_value),
		cmocka_unit_test(windows_in_a_break_are_not_judged),
		cmocka_unit_test(a_changed_clock_costs_a_window),
		cmocka_unit_test(a_simulation_that_fails_is_told_once),
		cmocka_unit_test(a_shift_is_foretold_as_simulated),
		cmocka_unit_test(drift_keeps_what_is_expected),
		cmocka_unit_test(what_is_wrong_in_the_configuration_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
