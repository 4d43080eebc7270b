/* SPDX-License-Identifier: Apache-2.0 */
/* Lifting, posture and balancing against the reference values beside the project. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "drivers/reading.h"
#include "twin/people/balance.h"
#include "twin/people/lifting.h"
#include "twin/people/rula.h"

static json_t *load(const char *name)
{
	const char *shared = getenv("POLLUX_SHARED");
	char path[4096];
	json_t *json;

	snprintf(path, sizeof(path), "%s/data/refvec/%s", shared ? shared : "../shared",
	         name);
	json = json_load_file(path, 0, NULL);
	if (!json) {
		printf("%s is not there\n", path);
		exit(77);
	}
	return json;
}

static double number(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static void lifting_cases(void **state)
{
	json_t *json = load("ergonomics.json"),
	       *list = json_object_get(json, "lifting_cases");

	(void)state;
	assert_true(json_array_size(list) >= 8);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		const char *grip = json_string_value(json_object_get(o, "grip"));
		const struct lift l = {.load_kg = number(o, "load_kg"),
		                       .h_cm = number(o, "H_cm"),
		                       .v_cm = number(o, "V_cm"),
		                       .d_cm = number(o, "D_cm"),
		                       .a_deg = number(o, "A_deg"),
		                       .per_min = number(o, "lifts_per_min"),
		                       .hours = number(o, "hours"),
		                       .grip = strcmp(grip, "good") == 0   ? GRIP_GOOD
		                               : strcmp(grip, "fair") == 0 ? GRIP_FAIR
		                                                           : GRIP_POOR};
		double limit = number(o, "rwl_kg");

		if (!(fabs(lifting_limit(&l) - limit) <= 1e-9 * fmax(1, limit))) {
			fail_msg("case %zu: %.12g, not %.12g", i, lifting_limit(&l),
			         limit);
		}
		assert_true(json_is_null(json_object_get(o, "li"))
		                    ? isnan(lifting_index(&l))
		                    : fabs(lifting_index(&l) - number(o, "li")) < 1e-9);
	}
	json_decref(json);
}

static void frequency_table(void **state)
{
	static const char *const rows[] = {"le_1h", "le_2h", "le_8h"};
	static const double hours[] = {1, 2, 8};
	json_t *json = load("ergonomics.json"), *fm = json_object_get(json, "fm");
	json_t *rates = json_object_get(fm, "lifts_per_min");

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (int low = 0; low < 2; low++) {
			json_t *row = json_object_get(json_object_get(fm, rows[i]),
			                              low ? "low" : "high");

			for (size_t k = 0; k < json_array_size(rates); k++) {
				double rate = json_number_value(json_array_get(rates, k));

				assert_true(fabs(lifting_frequency(rate, hours[i], low) -
				                 json_number_value(json_array_get(
							 row, k))) < 1e-12);
			}
		}
	}
	json_decref(json);
}

static int cell(const json_t *table, const int *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		table = json_array_get(table, (size_t)at[i] - 1);
	}
	return (int)json_integer_value(table);
}

/* All 6 x 3 x 4 x 2 arms with all 6 x 6 x 2 trunks. */
static void rula_tables(void **state)
{
	json_t *json = load("ergonomics.json"), *r = json_object_get(json, "rula");
	const json_t *a = json_object_get(r, "table_A"),
		     *b = json_object_get(r, "table_B"),
		     *c = json_object_get(r, "table_C");
	int n = 0;

	(void)state;
	for (int arm = 0; arm < 6 * 3 * 4 * 2; arm++) {
		for (int trunk = 0; trunk < 6 * 6 * 2; trunk++) {
			struct posture p = {arm / 24 + 1,
			                    arm / 8 % 3 + 1,
			                    arm / 2 % 4 + 1,
			                    arm % 2 + 1,
			                    trunk / 12 + 1,
			                    trunk / 2 % 6 + 1,
			                    trunk % 2 + 1,
			                    0,
			                    0,
			                    0,
			                    0};
			int of_arm = cell(
				a, (int[]){p.upper_arm, p.lower_arm, p.wrist, p.twist},
				4);
			int of_trunk = cell(b, (int[]){p.neck, p.trunk, p.legs}, 3);

			of_arm = of_arm > 8 ? 8 : of_arm;
			of_trunk = of_trunk > 7 ? 7 : of_trunk;
			assert_int_equal(rula_score(&p),
			                 cell(c, (int[]){of_arm, of_trunk}, 2));
			n++;
		}
	}
	assert_int_equal(n, 144 * 72);
	json_decref(json);
}

static void published_lines(void **state)
{
	json_t *json = load("balance.json"), *cases = json_object_get(json, "cases");
	size_t done = 0;

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *o = json_array_get(cases, i);
		const json_t *times = json_object_get(o, "times");
		const json_t *pairs = json_object_get(o, "before");
		struct balance_task tasks[BALANCE_EXACT_MAX] = {{.time_s = 0}};
		uint32_t before[BALANCE_EXACT_MAX][BALANCE_EXACT_MAX];
		struct balance_problem p = {.tasks = tasks, .n = json_array_size(times)};
		const char *cycle;
		json_t *stations;

		for (size_t k = 0; k < p.n; k++) {
			tasks[k].time_s = json_number_value(json_array_get(times, k));
			tasks[k].before = before[k];
		}
		for (size_t k = 0; k < json_array_size(pairs); k++) {
			const json_t *pair = json_array_get(pairs, k);
			json_int_t from = json_integer_value(json_array_get(pair, 0)) - 1;
			json_int_t to = json_integer_value(json_array_get(pair, 1)) - 1;

			before[to][tasks[to].n_before++] = (uint32_t)from;
		}
		json_object_foreach(json_object_get(o, "stations"), cycle, stations)
		{
			struct balance b;

			p.cycle_s = strtod(cycle, NULL);
			assert_int_equal(balance_find(&p, &b), 0);
			assert_true(balance_holds(&p, &b) && b.exact);
			printf("%s, cycle %s: %zu stations\n",
			       json_string_value(json_object_get(o, "name")), cycle,
			       b.stations);
			assert_int_equal(b.stations, json_integer_value(stations));
			done++;
		}
	}
	assert_true(done >= 13);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lifting_cases),
		cmocka_unit_test(frequency_table),
		cmocka_unit_test(rula_tables),
		cmocka_unit_test(published_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
