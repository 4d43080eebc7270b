/* SPDX-License-Identifier: Apache-2.0 */
/* What a line gives within a window, and where it is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/line/line_exit.h"
#include "gateway/line/line_learn.h"
#include "gateway/line/line_shift.h"
#include "gateway/line/line_window.h"
#include "storage/history.h"
#include "storage/reader.h"

static void remove_folder(const char *dir)
{
	static const char *const names[] = {"history.db",     "history.db-wal",
	                                    "history.db-shm", "history.reserve",
	                                    "lock",           ""};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[96];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		remove(path);
	}
}

/* One station, of such a time, with such ways; further sections behind. */
static struct line_setup *line(const char *station, const char *ways, const char *more)
{
	char path[] = "/tmp/pollux-window-XXXXXX";
	struct line_setup *setup = NULL;
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	assert_non_null(f);
	fprintf(f,
	        "run: {for: 1h, warm_up: 0s, replications: 10}\n"
	        "%s"
	        "stations:\n"
	        "  - {id: one, %s}\n"
	        "ways:\n"
	        "  - {from: in, to: one, places: 4}\n"
	        "%s",
	        more, station, ways);
	fclose(f);
	assert_int_equal(line_file_read(&setup, path, NULL, stderr), 0);
	unlink(path);
	return setup;
}

#define SOURCE "sources: [{id: in}]\n"
#define OUT    "  - {from: one, to: out}\n"

static void a_stretch_touches_a_break_or_not(void **state)
{
	static const struct line_break breaks[] = {{100, 50}, {900, 100}};
	static const struct line_config c = {
		.breaks = breaks, .n_breaks = 2, .period_s = 1000};
	static const struct {
		double at_s, for_s;
		bool is;
	} cases[] = {
		{0, 100, false},   {0, 101, true},     {149, 1, true},
		{150, 750, false}, {150, 751, true},   {3150, 10, false},
		{3950, 60, true},  {950, 10, true},    {1000, 100, false},
		{160, 2000, true}, {5000, 100, false},
	};
	const struct line_config none = {.period_s = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(line_is_break(&c, cases[i].at_s, cases[i].for_s),
		                 cases[i].is);
	}
	assert_false(line_is_break(&none, 0, 1e9));
}

static void the_window_has_mean_and_spread_of_the_line(void **state)
{
	static const struct {
		const char *station, *more;
		double window_s, mean, mean_within, sigma, sigma_within;
	} cases[] = {
		/* no chance at all: one part is the least that is looked for */
		{"time: 3s", SOURCE, 60, 1200, 1, 60, 0.5},
		/* a Poisson process: variance of the number as its mean, 60 */
		{"time: exponential(1s)", SOURCE, 60, 3600, 60, 465, 40},
		{"time: exponential(1s), gives: 2", SOURCE, 60, 7200, 120, 930, 80},
		/* half of the time is a break, of which no window tells */
		{"time: exponential(1s)",
	         SOURCE "shifts: {period: 20min, breaks: [{at: 5min, for: 10min}]}\n", 60,
	         3600, 60, 465, 40},
		/* an alternating renewal process, up 600 s, down 60 s: 3600 x 10 / 11;
	         * the down time has the variance 60^2 600^2 / 660^3 a second (Cox 1962)
	         */
		{"time: 1s, failures: {every: exponential(600s), repair: 60s}", SOURCE,
	         600, 3273, 40, 312, 30},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line_setup *setup = line(cases[i].station, OUT, cases[i].more);
		struct told_level t;
		size_t windows;

		assert_int_equal(line_window(&t, setup, cases[i].window_s, &windows), 0);
		assert_int_equal(windows, 640);
		assert_float_equal(t.mean, cases[i].mean, cases[i].mean_within);
		assert_float_equal(t.sigma, cases[i].sigma, cases[i].sigma_within);
		line_file_free(setup);
	}
}

static void a_line_without_a_rate_says_so(void **state)
{
	struct line_setup *setup;
	struct told_level t;
	size_t windows;

	(void)state;
	setup = line("time: 1s", OUT,
	             "products: [{id: a}]\n"
	             "sources: [{id: in, orders: [{id: x, product: a, quantity: 9}]}]\n");
	assert_int_equal(line_window(&t, setup, 60, &windows), -ERANGE);
	line_file_free(setup);
	setup = line("time: 1s", OUT,
	             SOURCE "shifts: {period: 1h, breaks: [{at: 5min, for: 55min}]}\n");
	assert_int_equal(line_window(&t, setup, 600, &windows), -ERANGE);
	line_file_free(setup);
	setup = line("time: 9h", OUT, SOURCE);
	assert_int_equal(line_window(&t, setup, 60, &windows), -EDOM);
	line_file_free(setup);
}

static void a_shift_stands_where_the_clock_does(void **state)
{
	static const double h = 3600;
	static const struct {
		double local_h, begins_h, shift_h, period_h, since_h, at_h;
	} cases[] = {
		{6, 6, 8, 24, 0, 0},     {7, 6, 8, 24, 1, 1},
		{5, 6, 8, 24, 7, 23},    {15, 6, 8, 24, 1, 9},
		{24 + 7, 6, 8, 0, 1, 0}, {24 + 7, 6, 8, 168, 1, 25},
		{0, 22, 12, 24, 2, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line_shift s = line_shift_at(
			(int64_t)(cases[i].local_h * h), cases[i].begins_h * h,
			cases[i].shift_h * h, cases[i].period_h * h);

		assert_true(s.since_s == cases[i].since_h * h);
		assert_true(s.left_s == (cases[i].shift_h - cases[i].since_h) * h);
		assert_true(s.at_s == cases[i].at_h * h);
	}
}

static void the_rest_of_a_shift_has_its_breaks_and_its_chance(void **state)
{
	static const char shifts[] = SOURCE
		"shifts: {period: 8h, breaks: [{at: 4h, for: 1h}]}\n";
	struct line_setup *setup = line("time: 3s", OUT, shifts);
	double parts[LINE_OUTPUTS];

	(void)state;
	/* 3 h until the break, 3 h after it; and after it alone */
	assert_int_equal(
		line_shift_rest(setup,
	                        &(struct line_shift){.at_s = 3600, .left_s = 7 * 3600},
	                        parts),
		0);
	assert_float_equal(parts[0], 7200, 2);
	assert_float_equal(parts[2], 7200, 2);
	assert_int_equal(line_shift_rest(setup,
	                                 &(struct line_shift){.at_s = 5 * 3600,
	                                                      .left_s = 3 * 3600},
	                                 parts),
	                 0);
	assert_float_equal(parts[1], 3600, 2);
	line_file_free(setup);
	/* Poisson of mean 3600: quantiles 1.28 sigma off */
	setup = line("time: exponential(1s)", OUT, SOURCE);
	assert_int_equal(
		line_shift_rest(setup, &(struct line_shift){.left_s = 3600}, parts), 0);
	assert_float_equal(parts[0], 3600 - 77, 30);
	assert_float_equal(parts[1], 3600, 25);
	assert_float_equal(parts[2], 3600 + 77, 30);
	line_file_free(setup);
}

#define DAY_US    (INT64_C(1772409600) * 1000000) /* 2026-03-02 */
#define MINUTE_US INT64_C(60000000)

/* A history of two counters, m/n and m/r. */
struct past {
	char dir[64];
	struct config *config;
	struct reader *reader;
};

static void past_begin(struct past *p, struct history **h)
{
	char text[512];
	const char *found;

	*p = (struct past){.dir = "/tmp/pollux-made-XXXXXX"};
	assert_non_null(mkdtemp(p->dir));
	snprintf(text, sizeof(text),
	         "gateway: {state_dir: %s}\n"
	         "devices: [{id: m, driver: sim, every: 60s, tags: ["
	         "{id: n, at: \"constant(value=0)\", type: float64}, "
	         "{id: r, at: \"constant(value=0)\", type: float64}]}]\n",
	         p->dir);
	assert_int_equal(
		config_load_text(&p->config, "p.yaml", text, strlen(text), stderr), 0);
	assert_int_equal(history_open(h, &p->config->history, &found), 0);
}

/* Both counters, so many minutes after the day began. */
static void past_put(struct history *h, int minute, double n, double r)
{
	struct sample s[2] = {{.tag = 0}, {.tag = 1}};

	s[0].ts_us = s[1].ts_us = DAY_US + minute * MINUTE_US;
	s[0].value = value_real(n);
	s[1].value = value_real(r);
	s[0].est.predicted = s[1].est.predicted = (double)NAN;
	assert_int_equal(history_append(h, s[0].ts_us, s, 2), 0);
}

static void past_read(struct past *p, struct history *h)
{
	char path[96];

	assert_int_equal(history_commit(h), 0);
	history_close(h);
	snprintf(path, sizeof(path), "%s/history.db", p->dir);
	assert_int_equal(reader_open(&p->reader, path), 0);
}

static void past_end(struct past *p)
{
	reader_close(p->reader);
	config_free(p->config);
	remove_folder(p->dir);
}

/* A reading a minute, that began so many minutes before the shift; the counters begin
 * anew once. */
static int made_after(int minutes_before, double *parts)
{
	struct line_setup *setup = line(
		"time: 1s, gives: 2, tags: {count: m/n, rejects: m/r}", OUT, SOURCE);
	struct machine_wish since = {.since_us = DAY_US,
	                             .until_us = DAY_US + 100 * MINUTE_US};
	struct history *h;
	struct past past;
	int err;

	past_begin(&past, &h);
	for (int i = -minutes_before; i < 90; i++) {
		past_put(h, i, i < 50 ? 1000 + 20 * i : 20 * (i - 50),
		         i < 50 ? 50 + i : i - 50);
	}
	past_read(&past, h);
	since.config = past.config;
	err = line_shift_made(setup, past.reader, &since, parts);
	line_file_free(setup);
	past_end(&past);
	return err;
}

/* A line of which no reject was ever seen can be simulated. */
static void no_scrap_may_be_learnt(void **state)
{
	struct line_setup *setup = line(
		"time: 9s, tags: {count: m/n, rejects: m/r}",
		"  - {from: one, to: out, share: 0.5}\n"
		"  - {from: one, to: out, share: 0.5, scrap: true}\n",
		SOURCE);
	struct line_learning learnt = {.since_us = DAY_US - MINUTE_US,
	                               .until_us = DAY_US + 100 * MINUTE_US};
	struct told_level t;
	struct history *h;
	struct past past;
	size_t windows;

	(void)state;
	past_begin(&past, &h);
	for (int i = 0; i < 90; i++) {
		past_put(h, i, i, 0);
	}
	past_read(&past, h);
	learnt.config = past.config;
	assert_int_equal(line_learn(&learnt, setup, past.reader), 0);
	assert_int_equal(line_window(&t, setup, 3600, &windows), 0);
	assert_float_equal((float)t.mean, 60, 1); /* a part a minute, all good */
	line_learning_free(&learnt);
	line_file_free(setup);
	past_end(&past);
}

static void what_a_shift_made_is_in_the_history(void **state)
{
	double parts;

	(void)state;
	assert_int_equal(made_after(30, &parts), 0);
	/* 49 and 39 minutes of 20 jobs less one, of two parts each: the step that began
	 * anew is lost */
	assert_true(parts == 2 * 88 * 19);
	assert_int_equal(made_after(-10, &parts), -ENOENT);
}

static void parts_are_counted_where_they_leave_as_good_ones(void **state)
{
	static const char two[] = "  - {from: one, to: out, share: 0.9}\n"
				  "  - {from: one, to: out, share: 0.1, scrap: true}\n";
	static const char again[] = "  - {from: one, to: out, share: 0.9}\n"
				    "  - {from: one, to: one, share: 0.1}\n";
	static const struct {
		const char *station, *ways, *why; /* why NULL: it is counted */
		double parts;
		bool rejects;
	} cases[] = {
		{"time: 1s, tags: {count: a/n}", OUT, NULL, 1, false},
		{"time: 1s, gives: 12, tags: {count: a/n}", OUT, NULL, 12, false},
		{"time: 1s, tags: {count: a/n, rejects: a/r}", two, NULL, 1, true},
		{"time: 1s", OUT, "'one' has no `tags:", 0, false},
		{"time: 1s, tags: {count: a/n}", two, "rejects", 0, false},
		{"time: 1s, tags: {count: a/n}", again, "sends parts on", 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line_setup *setup = line(cases[i].station, cases[i].ways, SOURCE);
		struct line_exit exits[LINE_EXITS_MAX];
		char why[LINE_EXIT_WHY_MAX];

		if (cases[i].why) {
			assert_int_equal(line_exits(setup, exits, why), 0);
			assert_non_null(strstr(why, cases[i].why));
		} else {
			assert_int_equal(line_exits(setup, exits, why), 1);
			assert_string_equal(exits[0].count, "a/n");
			assert_int_equal(exits[0].rejects != NULL, cases[i].rejects);
			assert_float_equal(exits[0].parts, cases[i].parts, 0);
		}
		line_file_free(setup);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stretch_touches_a_break_or_not),
		cmocka_unit_test(the_window_has_mean_and_spread_of_the_line),
		cmocka_unit_test(a_line_without_a_rate_says_so),
		cmocka_unit_test(a_shift_stands_where_the_clock_does),
		cmocka_unit_test(the_rest_of_a_shift_has_its_breaks_and_its_chance),
		cmocka_unit_test(no_scrap_may_be_learnt),
		cmocka_unit_test(what_a_shift_made_is_in_the_history),
		cmocka_unit_test(parts_are_counted_where_they_leave_as_good_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
