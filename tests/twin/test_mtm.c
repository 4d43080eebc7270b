/* SPDX-License-Identifier: Apache-2.0 */
/* Motions by their codes, as the data card has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "drivers/reading.h"
#include "twin/people/mtm.h"

static void codes_have_the_times_of_the_card(void **state)
{
	static const struct {
		const char *code;
		double tmu;
	} cases[] = {
		{"R30B", 12.8},     {"r30b", 12.8},      {"R2A", 2.0},
		{"R1C", 2.0},       {"R40D", 16.8},      {"R80E", 23.9},
		{"R32A", 9.86},     {"R50C", 19.6},      {"M30C", 15.1},
		{"M20B", 10.5},     {"M30C/1", 15.1},    {"M30C/4", 18.957},
		{"M30C/3", 18.957}, {"M80A/22", 59.133}, {"G1A", 2.0},
		{"G1C3", 10.8},     {"G5", 0},           {"RL1", 2.0},
		{"RL2", 0},         {"P1SE", 5.6},       {"P2SSD", 25.3},
		{"P3NSD", 53.4},    {"D2E", 7.5},        {"T90S", 5.4},
		{"T180L", 28.2},    {"T30M", 4.4},       {"T37.5S", 3.15},
		{"APB", 16.2},      {"EF", 7.3},         {"ET30/60", 7.6},
		{"ET90/30", 20},    {"FM", 8.5},         {"LM15", 7.1},
		{"LM25", 12.1},     {"SS30C1", 17.0},    {"SS40C2", 38.1},
		{"TBC2", 37.2},     {"W4P", 60},         {"W3PO", 51},
		{"AKBK", 76.7},     {"B", 29.0},         {"AB", 31.9},
		{"STD", 43.4},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double tmu = -1;

		if (mtm_time(cases[i].code, &tmu) || fabs(tmu - cases[i].tmu) > 1e-9) {
			fail_msg("%s: %.9g, not %.9g", cases[i].code, tmu, cases[i].tmu);
		}
	}
	(void)state;
}

static void what_is_no_motion_is_refused(void **state)
{
	static const struct {
		const char *code;
		int err;
	} cases[] = {
		{"", -EINVAL},        {"R", -EINVAL},
		{"R30", -EINVAL},     {"R30F", -EINVAL},
		{"R30BX", -EINVAL},   {"R-3B", -EINVAL},
		{"R81A", -ERANGE},    {"R0A", -ERANGE},
		{"M30D", -EINVAL},    {"M30C/", -EINVAL},
		{"M30C/23", -ERANGE}, {"G6", -EINVAL},
		{"P1S", -EINVAL},     {"T20S", -ERANGE},
		{"T90X", -EINVAL},    {"T190S", -ERANGE},
		{"ET30", -EINVAL},    {"ET30/0", -ERANGE},
		{"SS40", -EINVAL},    {"W4", -EINVAL},
		{"XYZ", -EINVAL},     {"R30BR30BR30BR30BR", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double tmu = 77;
		int err = mtm_time(cases[i].code, &tmu);

		if (err != cases[i].err || fabs(tmu - 77) > 0) {
			fail_msg("%s: %d", cases[i].code, err);
		}
	}
	(void)state;
}

/* Farther, heavier or a harder case never takes less; a fine distance lies between. */
static void times_grow_with_what_is_done(void **state)
{
	static const struct {
		char motion;
		const char *rest;
	} forms[] = {{'R', "A"}, {'R', "B"}, {'R', "C"}, {'R', "E"},
	             {'M', "A"}, {'M', "B"}, {'M', "C"}, {'M', "C/7"}};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		double before = 0;

		for (double cm = 0.5; cm <= 80; cm += 0.5) {
			char code[20];
			double tmu = 0;

			snprintf(code, sizeof(code), "%c%g%s", forms[i].motion, cm,
			         forms[i].rest);
			assert_int_equal(mtm_time(code, &tmu), 0);
			assert_true(tmu >= before && tmu < before + 12.1);
			before = tmu;
		}
	}
	(void)state;
}

static void practice_shortens_by_each_doubling(void **state)
{
	assert_true(fabs(mtm_learnt(0.9, 1) - 1) < 1e-12);
	assert_true(fabs(mtm_learnt(0.9, 2) - 0.9) < 1e-12);
	assert_true(fabs(mtm_learnt(0.8, 8) - 0.512) < 1e-12);
	assert_true(fabs(mtm_learnt(1, 1000) - 1) < 1e-12);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_have_the_times_of_the_card),
		cmocka_unit_test(what_is_no_motion_is_refused),
		cmocka_unit_test(times_grow_with_what_is_done),
		cmocka_unit_test(practice_shortens_by_each_doubling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
