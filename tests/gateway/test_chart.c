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

#include "drivers/reading.h"
#include "gateway/html/chart.h"

enum { N = 3000 };

static struct chart_point level[N], valve[N], mode[N];

static const char *mode_name(void *arg, double value)
{
	(void)arg;
	return value == 0 ? "Idle" : "Running & <filling>";
}

static void make_points(void)
{
	for (int i = 0; i < N; i++) {
		double x = i * 0.02, y = sin(x) * 4, on = fmod(x, 10) < 5;

		level[i] = (struct chart_point){x, y - 0.5, y + 0.5, y};
		valve[i] = (struct chart_point){x, on, on, on};
		mode[i] = (struct chart_point){x, x > 20, x > 20, x > 20};
	}
	for (int i = 1000; i < 1100; i++) {
		level[i] = (struct chart_point){i * 0.02, NAN, NAN, NAN};
	}
}

/* Free *text. */
static void print(const struct chart *c, char **text)
{
	size_t n;
	FILE *out = open_memstream(text, &n);

	assert_non_null(out);
	chart_print(out, c);
	fclose(out);
}

/* Is it well-formed, and is each element inside the drawing? */
static void on_element(void *arg, const char *name, const char **attributes)
{
	int *outside = arg;

	for (; *attributes; attributes += 2) {
		double number = strtod(attributes[1], NULL);

		if ((strcmp(attributes[0], "x") == 0 ||
		     strcmp(attributes[0], "y") == 0) &&
		    (!isfinite(number) || number < -1 || number > 1000)) {
			(*outside)++;
		}
	}
}

static void check_svg(const char *text)
{
	XML_Parser parser = XML_ParserCreate(NULL);
	int outside = 0;

	XML_SetUserData(parser, &outside);
	XML_SetElementHandler(parser, on_element, NULL);
	if (XML_Parse(parser, text, (int)strlen(text), 1) != XML_STATUS_OK) {
		fail_msg("line %lu: %s", (unsigned long)XML_GetCurrentLineNumber(parser),
		         XML_ErrorString(XML_GetErrorCode(parser)));
	}
	assert_int_equal(outside, 0);
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf\""));
	XML_ParserFree(parser);
}

static const double limits[] = {3};
static const struct chart_panel panels[] = {
	{.name = "level <1>",
         .unit = "m",
         .points = level,
         .n = N,
         .limits = limits,
         .n_limits = 1},
	{.name = "valve", .unit = "", .kind = CHART_STATE, .points = valve, .n = N},
	{.name = "mode",
         .unit = "",
         .kind = CHART_STATE,
         .points = mode,
         .n = N,
         .state = mode_name},
};
static const struct chart_bar bars[] = {
	{10, 20, CHART_FAULT, "leak & more"},
	{12, 14, CHART_BAD, "S1 violated"},
	{59.9, 60, CHART_NEUTRAL, "a moment at the very end"},
};
static const struct chart whole = {"trend", "time, s", 0, 60, panels, 3, bars, 3};

static void chart_is_well_formed_and_the_same_each_time(void **state)
{
	char *text, *again;

	(void)state;
	print(&whole, &text);
	print(&whole, &again);
	check_svg(text);
	assert_string_equal(text, again);
	assert_non_null(strstr(text, "level &lt;1&gt;"));
	assert_non_null(strstr(text, "S1 violated"));
	assert_non_null(strstr(text, "Running &amp; &lt;filling&gt;"));
	assert_non_null(strstr(text, "class=\"shade bad\""));
	assert_non_null(strstr(text, "class=\"limit\""));
	assert_true(strlen(text) < 60000);
	free(text);
	free(again);
}

/* The line is broken where there is no value: two strokes. */
static void chart_of_unknown_values_has_a_gap(void **state)
{
	struct chart one = whole;
	static const char before[] = "class=\"line\" d=\"";
	char *text;
	const char *path;
	size_t strokes = 0;

	(void)state;
	one.n_panels = 1;
	print(&one, &text);
	path = strstr(text, before);
	for (const char *p = path ? path + strlen(before) : "\""; *p != '"'; p++) {
		strokes += *p == 'M';
	}
	assert_int_equal(strokes, 2);
	free(text);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, what)); p++) {
		n++;
	}
	return n;
}

/* One area a stretch without a gap, and the dashed line beside it. */
static void chart_of_a_smooth_course_has_an_area(void **state)
{
	static const double beside[] = {1, 1, NAN, 1, 1};
	static const struct chart_point points[] = {{0, 1, 3, 2},
	                                            {15, 1, 4, 2},
	                                            {30, NAN, NAN, 3},
	                                            {45, 1, 5, 3},
	                                            {60, 2, 6, 4}};
	const struct chart_panel panel = {.name = "level",
	                                  .unit = "m",
	                                  .points = points,
	                                  .n = ARRAY_SIZE(points),
	                                  .smooth = true,
	                                  .beside = beside};
	struct chart one = whole;
	char *text;

	(void)state;
	one.panels = &panel;
	one.n_panels = 1;
	print(&one, &text);
	check_svg(text);
	assert_int_equal(count(text, "class=\"band\""), 2);
	assert_int_equal(count(text, "class=\"beside\""), 1);
	free(text);
}

static void chart_of_nothing_or_extremes_is_well_formed(void **state)
{
	static const struct chart_point points[][2] = {
		{{0, NAN, NAN, NAN}, {1, NAN, NAN, NAN}},
		{{0, 5, 5, 5}, {1, 5, 5, 5}},
		{{0, 0, 0, 0}, {1, 0, 0, 0}},
		{{0, -1e300, 1e300, 1}, {1, 0, 0, 0}},
		{{0, 1e-12, 1e-12, 1e-12}, {1, 2e-12, 2e-12, 2e-12}},
		{{0, 20000.5, 20000.5, 20000.5}, {1, 20000.6, 20000.6, 20000.6}},
	};
	struct chart_panel panel = {.name = "x", .unit = "", .n = 2};
	struct chart c = {"", "", 0, 1, &panel, 1, NULL, 0};
	char *text;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		panel.points = points[i];
		print(&c, &text);
		check_svg(text);
		free(text);
	}
	panel.n = 0;
	c.to = 0;
	print(&c, &text);
	check_svg(text);
	free(text);
}

static void chart_ticks_are_round(void **state)
{
	static const struct {
		double span;
		int most;
		double want;
	} cases[] = {
		{1, 4, 0.5}, {10, 10, 1},      {60, 10, 10},
		{37, 10, 5}, {0.03, 4, 0.01},  {100000, 4, 50000},
		{0, 4, 1},   {INFINITY, 4, 1}, {NAN, 4, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double got = chart_step(cases[i].span, cases[i].most);

		if (fabs(got - cases[i].want) > 1e-9 * cases[i].want) {
			fail_msg("%g in %d: %g", cases[i].span, cases[i].most, got);
		}
	}
}

static int set_up(void **state)
{
	(void)state;
	make_points();
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(chart_is_well_formed_and_the_same_each_time),
		cmocka_unit_test(chart_of_unknown_values_has_a_gap),
		cmocka_unit_test(chart_of_a_smooth_course_has_an_area),
		cmocka_unit_test(chart_of_nothing_or_extremes_is_well_formed),
		cmocka_unit_test(chart_ticks_are_round),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
