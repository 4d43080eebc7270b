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
#include "gateway/line/line_window.h"

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
		cmocka_unit_test(parts_are_counted_where_they_leave_as_good_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
