/* SPDX-License-Identifier: Apache-2.0 */
/* The twin against the reference values that lie beside the project. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "refvec.h"
#include "twin/drift/monitor.h"
#include "twin/drift/nis.h"
#include "twin/drift/quantile.h"
#include "twin/observer/discretise.h"
#include "twin/observer/observer.h"
#include "twin/twin.h"

static void channel_monitor_gives_every_row(void **state)
{
	const struct tag tags[] = {
		{.device = "replay",
	         .name = "T1",
	         .kind = &(const struct tag_kind){.analog = true}},
		{.device = "replay",
	         .name = "p1",
	         .kind = &(const struct tag_kind){.analog = true}},
		{.device = "replay",
	         .name = "F1",
	         .kind = &(const struct tag_kind){.analog = true}},
	};
	const struct twin_config cfg = {.tags = tags,
	                                .n_tags = 3,
	                                .n_field_tags = 3,
	                                .learn = 600,
	                                .false_alarm = 1e-4};
	FILE *in = refvec_open("channel_in.csv"),
	     *want = refvec_open("channel_expected.csv");
	struct refvec_row row, cells;
	struct twin *twin;
	size_t wrong = 0, rows = 0;

	(void)state;
	if (!in || !want) {
		skip();
	}
	assert_int_equal(twin_new(&twin, &cfg), 0);
	for (; refvec_next(in, &row); rows++) {
		struct reading r[3];
		struct estimate e[3];

		for (uint32_t i = 0; i < 3; i++) {
			r[i] = (struct reading){.tag = i,
			                        .value = value_real(row.number[i + 1])};
		}
		twin_merge(twin, llround(row.number[0] * 1e9), r, 3, e);
		for (size_t i = 0; i < 3; i++) {
			assert_true(refvec_next(want, &cells));
			if (strcmp(cells.text[7], tag_state_name(e[i].state)) != 0 ||
			    !refvec_near(e[i].predicted, cells.number[4], 1e-6) ||
			    !refvec_near(e[i].sigma, cells.number[5], 1e-6) ||
			    !refvec_near(e[i].score, cells.number[6], 1e-6)) {
				print_error("%s %s: %.9g %.9g %.9g %s, not %s %s %s %s\n",
				            cells.text[0], cells.text[2], e[i].predicted,
				            e[i].sigma, e[i].score,
				            tag_state_name(e[i].state), cells.text[4],
				            cells.text[5], cells.text[6], cells.text[7]);
				wrong++;
			}
		}
	}
	twin_free(twin);
	fclose(in);
	fclose(want);
	assert_int_equal(wrong, 0);
	assert_int_equal(rows, 3000);
}

enum { LEARN = 600 };

/* The first rows of channel_in.csv as a tag's learning buffer; column 0 is the time. */
static size_t learning_rows(size_t column, double *x, float *dt_s)
{
	FILE *f = refvec_open("channel_in.csv");
	struct refvec_row row;
	double before = NAN;
	size_t n = 0;

	for (size_t i = 0; f && i < LEARN && refvec_next(f, &row); i++) {
		if (isfinite(row.number[column])) {
			x[n] = row.number[column];
			dt_s[n++] = (float)(row.number[0] - before);
			before = row.number[0];
		}
	}
	if (f) {
		fclose(f);
	}
	return n;
}

/* What the monitor keeps in single precision is good to 1e-6. */
static void channel_monitor_learns_its_constants(void **state)
{
	static const char *const tags[] = {"T1", "p1", "F1"};
	char *text = refvec_text("channel.json");

	(void)state;
	if (!text) {
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		static double x[LEARN];
		static float dt_s[LEARN], scratch[LEARN];
		const struct monitor_wish wish = {.false_alarm = 1e-4, .tags = 3};
		struct monitor m = {.t_ns = 0};
		struct monitor_learnt learnt;
		const char *at;
		char key[8];

		snprintf(key, sizeof(key), "\"%s\":", tags[i]);
		at = strstr(text, key);
		assert_non_null(at);
		monitor_learn(&m, &wish,
		              &(struct learner_rows){.x = x,
		                                     .dt_s = dt_s,
		                                     .scratch = scratch,
		                                     .n = learning_rows(i + 1, x, dt_s)},
		              &learnt);
		const struct {
			const char *key;
			double got;
		} constants[] = {
			{"r", learnt.r},
			{"q", learnt.q},
			{"dt0", learnt.dt0_s},
			{"scale", learnt.c},
			{"limit", learnt.h},
			{"clip", learnt.zeta},
			{"z_spike", learnt.z_spike},
			{"b_sigma", (double)m.move.sigma},
			{"b_limit", (double)m.move.limit},
		};

		for (size_t k = 0; k < ARRAY_SIZE(constants); k++) {
			double want;

			assert_int_equal(refvec_numbers(at, constants[k].key, &want, 1),
			                 1);
			if (!refvec_near(constants[k].got, want, 1e-6)) {
				fail_msg("%s, %s: %.17g, not %.17g", tags[i],
				         constants[k].key, constants[k].got, want);
			}
		}
	}
	free(text);
}

static void check(const struct refvec_row *row, size_t column, double got)
{
	double want = row->number[column];

	/* An innovation, a likelihood is a small difference of large numbers: absolute
	 * there. */
	if (!refvec_near(got, want, 1e-9) && !(fabs(got - want) < 1e-10)) {
		fail_msg("row %s, column %zu: %.17g, not %s", row->text[0], column, got,
		         row->text[column]);
	}
}

/* Two tanks in a row, the level of the second measured. */
static void two_tanks_rates(const double *p, const double *x, const double *u, double *dx)
{
	double first = 0.002 * sqrt(2 * 9.81 * fmax(x[0], 0));
	double second = 0.0018 * sqrt(2 * 9.81 * fmax(x[1], 0));

	dx[0] = (u[0] - first) / 0.5;
	dx[1] = (first - second) / 0.4;
}

static void two_tanks_jacobian(const double *p, const double *x, const double *u,
                               double *j)
{
	double first = 0.002 * sqrt(9.81 / (2 * x[0]));
	double second = 0.0018 * sqrt(9.81 / (2 * x[1]));

	j[0] = -first / 0.5;
	j[1] = 0;
	j[2] = first / 0.4;
	j[3] = -second / 0.4;
}

/* The reference moves x by one step of Kutta's. */
static void two_tanks_follow_the_extended_filter(void **state)
{
	static const struct model two_tanks = {
		.n_states = 2, .rates = two_tanks_rates, .jacobian = two_tanks_jacobian};
	const double qc[] = {4e-6, 4e-6};
	const struct observer e = {.model = &two_tanks, .qc = qc, .tolerance = INFINITY};
	struct kalman k = {.n = 2, .x = {0.3, 0.3}, .P = {0.04, 0, 0, 0.04}};
	FILE *f = refvec_open("tank_ekf.csv");
	char *text = refvec_text("tank.json");
	double inflow = NAN, nis = 0, mean = NAN;
	struct refvec_row row;
	size_t rows = 0;

	(void)state;
	if (!f || !text) {
		skip();
	}
	for (; refvec_next(f, &row); rows++) {
		struct kalman_rows z = {.n = 1, .H = {0, 1}, .R = {1e-4}};
		struct innovation v;

		if (rows > 0) {
			assert_int_equal(observer_predict(&e, &k, &inflow, 1), 0);
		}
		inflow = row.number[1];
		z.nu[0] = row.number[2] - k.x[1];
		assert_int_equal(kalman_innovate(&k, &z, &v), 0);
		assert_int_equal(kalman_update(&k, &z, &v), 0);
		check(&row, 3, k.x[0]);
		check(&row, 4, k.x[1]);
		check(&row, 5, k.P[0]);
		check(&row, 6, k.P[1]);
		check(&row, 7, k.P[3]);
		check(&row, 8, z.nu[0]);
		check(&row, 9, v.S[0]);
		check(&row, 10, v.nis);
		nis += rows < 20 ? 0 : v.nis; /* until then it settles */
	}
	fclose(f);
	assert_int_equal(rows, 400);
	assert_int_equal(refvec_numbers(strstr(text, "mean_nis"), "ekf", &mean, 1), 1);
	assert_true(refvec_near(nis / 380, mean, 1e-9));
	free(text);
}

/* A heater and a body, linear. */
static const double thermal_A[] = {-4.0 / 350, 4.0 / 350, 4.0 / 900, -10.0 / 900};
static const double thermal_B[] = {800.0 / 350, 0, 0, 6.0 / 900};
static const double thermal_Qc[] = {0.01, 0, 0, 0.001};
static const struct linear thermal = {
	.n = 2, .m = 2, .A = thermal_A, .B = thermal_B, .Qc = thermal_Qc};

static void thermal_predict(struct kalman *k, double dt_s, const double *u)
{
	double F[4], G[4], Q[4], x[2] = {k->x[0], k->x[1]};

	discretise_inputs(&thermal, dt_s, F, G);
	discretise_noise(&thermal, dt_s, Q);
	for (size_t i = 0; i < 2; i++) {
		k->x[i] = F[i * 2] * x[0] + F[i * 2 + 1] * x[1] + G[i * 2] * u[0] +
		          G[i * 2 + 1] * u[1];
	}
	kalman_predict(k, F, Q);
}

/* One row of the plant: predict, judge, update; NIS, or NAN without a reading. */
static double thermal_row(struct kalman *k, const struct refvec_row *row, const double *u)
{
	struct kalman_rows z = {.n = 1, .H = {0, 1}, .R = {0.0025}};
	double nis = NAN;
	struct innovation v;

	if (row->number[2] > 0) {
		thermal_predict(k, row->number[2], u);
	}
	if (isfinite(row->number[5])) {
		z.nu[0] = row->number[5] - k->x[1];
		assert_int_equal(kalman_innovate(k, &z, &v), 0);
		assert_int_equal(kalman_update(k, &z, &v), 0);
		nis = v.nis;
		check(row, 11, z.nu[0]);
		check(row, 12, v.S[0]);
		check(row, 13, v.nis);
		check(row, 14, -0.5 * (log(2 * M_PI) + v.log_det + v.nis));
	}
	check(row, 6, k->x[0]);
	check(row, 7, k->x[1]);
	check(row, 8, k->P[0]);
	check(row, 9, k->P[1]);
	check(row, 10, k->P[3]);
	return nis;
}

static void thermal_plant_follows_the_linear_filter_and_its_alarm(void **state)
{
	struct kalman k = {.n = 2, .x = {20, 20}, .P = {25, 0, 0, 1}};
	FILE *f = refvec_open("thermal_kf.csv");
	size_t rows = 0, on = 0, off = 0;
	struct refvec_row row;
	double u[2] = {0};
	struct nis alarm;

	(void)state;
	if (!f) {
		skip();
	}
	nis_init(&alarm);
	for (; refvec_next(f, &row); rows++) {
		double nis = thermal_row(&k, &row, u);
		bool before = alarm.alarm;

		u[0] = row.number[3];
		u[1] = row.number[4];
		if (rows == 700) {
			nis_learnt(&alarm, 1);
			assert_true(
				refvec_near(nis_limit(&alarm), 55.32909314759717, 1e-9));
		}
		if (rows >= 30 && isfinite(nis)) {
			nis_step(&alarm, nis, 1);
		}
		on = !before && alarm.alarm ? rows : on;
		off = before && !alarm.alarm ? rows : off;
	}
	fclose(f);
	assert_int_equal(rows, 1200);
	assert_int_equal(on, 900);
	assert_int_equal(off, 948);
}

static void numbers_near(const char *what, const double *got, const double *want,
                         size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!refvec_near(got[i], want[i], 1e-9)) {
			fail_msg("%s[%zu]: %.17g, not %.17g", what, i, got[i], want[i]);
		}
	}
}

static void thermal_plant_is_discretised(void **state)
{
	static const struct {
		const char *key;
		double dt_s;
	} cases[] = {{"dt_2", 2}, {"dt_60", 60}};
	char *text = refvec_text("thermal_kf.json");

	(void)state;
	if (!text) {
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *at = strstr(text, cases[i].key);
		double F[4], G[4], Q[4], want[4];

		assert_non_null(at);
		discretise_inputs(&thermal, cases[i].dt_s, F, G);
		discretise_noise(&thermal, cases[i].dt_s, Q);
		assert_int_equal(refvec_numbers(at, "F", want, 4), 4);
		numbers_near("F", F, want, 4);
		assert_int_equal(refvec_numbers(at, "G", want, 4), 4);
		numbers_near("G", G, want, 4);
		assert_int_equal(refvec_numbers(at, "Q", want, 4), 4);
		numbers_near("Q", Q, want, 4);
	}
	free(text);
}

/* A local level is a filter of one state that stays: F = H = 1. */
static void nile_follows_the_local_level(void **state)
{
	double y[100], nu[100], S[100], level[100], P[100], r, q, want, likelihood = 0;
	struct kalman k = {.n = 1, .x = {0}, .P = {1e7}};
	char *text = refvec_text("nile_local_level.json");

	(void)state;
	if (!text) {
		skip();
	}
	assert_int_equal(refvec_numbers(text, "r", &r, 1), 1);
	assert_int_equal(refvec_numbers(text, "q", &q, 1), 1);
	assert_int_equal(refvec_numbers(text, "y", y, 100), 100);
	assert_int_equal(refvec_numbers(text, "nu", nu, 100), 100);
	assert_int_equal(refvec_numbers(text, "F", S, 100), 100);
	assert_int_equal(refvec_numbers(text, "level", level, 100), 100);
	assert_int_equal(refvec_numbers(text, "P", P, 100), 100);
	for (size_t i = 0; i < 100; i++) {
		struct kalman_rows z = {.n = 1, .H = {1}, .R = {r}};
		struct innovation v;

		if (i > 0) {
			kalman_predict(&k, z.H, &q);
		}
		z.nu[0] = y[i] - k.x[0];
		assert_int_equal(kalman_innovate(&k, &z, &v), 0);
		assert_int_equal(kalman_update(&k, &z, &v), 0);
		numbers_near("nu", &z.nu[0], &nu[i], 1);
		numbers_near("S", &v.S[0], &S[i], 1);
		numbers_near("level", &k.x[0], &level[i], 1);
		numbers_near("P", &k.P[0], &P[i], 1);
		likelihood -= i ? 0.5 * (log(2 * M_PI) + v.log_det + v.nis) : 0;
	}
	assert_int_equal(refvec_numbers(text, "loglik_from_second", &want, 1), 1);
	numbers_near("log-likelihood", &likelihood, &want, 1);
	free(text);
}

/* "1e-06_5": 35.888 and so on, one a line. */
static void quantiles_are_those_of_the_table(void **state)
{
	FILE *f = refvec_open("quantiles.json");
	bool normal = false;
	size_t n = 0;
	struct refvec_row row;

	(void)state;
	if (!f) {
		skip();
	}
	while (refvec_next(f, &row) && !strstr(row.line, "\"f\"")) {
		double p, dof, want, got;

		normal |= strstr(row.line, "\"norm\"") != NULL;
		if (sscanf(row.line, " \"%lf_%lf\": %lf", &p, &dof, &want) == 3) {
			got = quantile_chi2(p, dof);
		} else if (normal && sscanf(row.line, " \"%lf\": %lf", &p, &want) == 2) {
			got = quantile_normal(p);
		} else {
			continue;
		}
		n++;
		if (!refvec_near(got, want, 1e-12)) {
			fail_msg("%s: %.17g", row.line, got);
		}
	}
	fclose(f);
	assert_int_equal(n, 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(channel_monitor_gives_every_row),
		cmocka_unit_test(channel_monitor_learns_its_constants),
		cmocka_unit_test(two_tanks_follow_the_extended_filter),
		cmocka_unit_test(thermal_plant_follows_the_linear_filter_and_its_alarm),
		cmocka_unit_test(thermal_plant_is_discretised),
		cmocka_unit_test(nile_follows_the_local_level),
		cmocka_unit_test(quantiles_are_those_of_the_table),
	};

	return refvec_result(cmocka_run_group_tests(tests, NULL, NULL));
}
