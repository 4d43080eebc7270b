/* SPDX-License-Identifier: Apache-2.0 */
/* What observers must keep to, measured: figures are printed beside their bars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "mimic_bench.h"
#include "twin/drift/quantile.h"

enum { LEARN = 400 };

/* ---- the filters alone, with the noise that the machine has ---- */

/* The readings of a step as rows. */
static void read_rows(struct mimic *m, const double *y_prior, struct kalman_rows *rows)
{
	const struct model *model = m->model;
	struct kalman_rows all = *rows;
	size_t came[MODEL_OUTPUTS_MAX], n = 0, states = model->n_states;
	double y[MODEL_OUTPUTS_MAX];

	mimic_outputs(m, y);
	for (size_t i = 0; i < model->n_outputs; i++) {
		double sigma = m->kind->sigma[i];

		if (sigma > 0) {
			rows->nu[n] = y[i] + mimic_noise(m, i) - y_prior[i];
			rows->R[n] = sigma * sigma;
			memcpy(rows->H + n * states, all.H + i * states,
			       states * sizeof(double));
			came[n++] = i;
		}
	}
	for (size_t i = 0; i < n * n; i++) {
		rows->more[i] = all.more[came[i / n] * model->n_outputs + came[i % n]];
	}
	rows->n = n;
}

/* Mean NIS by reading over n steps, after as many as it takes to settle. */
static double mean_nis(const struct mimic_kind *kind, bool unscented, int n)
{
	struct mimic m = mimic_new(kind, 11);
	double qc[MODEL_STATES_MAX], sum = 0, y[MODEL_OUTPUTS_MAX];
	const struct observer o = {
		.model = m.model, .p = kind->p, .qc = qc, .unscented = unscented};
	struct kalman k = {.n = m.model->n_states};
	size_t readings = 0;

	m.model->noise(kind->p, qc);
	memcpy(k.x, m.x, sizeof(k.x));
	for (size_t i = 0; i < k.n; i++) {
		k.P[i * (k.n + 1)] = qc[i] * kind->dt_s;
	}
	for (int i = -100; i < n; i++) {
		double dead_s = m.model->dead_time ? m.model->dead_time(m.p) : 0;
		long delay = lround(dead_s / kind->dt_s), at;
		struct kalman_rows rows;
		struct innovation v;

		at = (m.step + MIMIC_DELAY - delay) % MIMIC_DELAY;
		assert_int_equal(observer_predict(&o, &k, m.acting[at], kind->dt_s), 0);
		mimic_step(&m);
		assert_int_equal(observer_outputs(&o, &k, m.u, &rows, y), 0);
		read_rows(&m, y, &rows);
		assert_int_equal(kalman_innovate(&k, &rows, &v), 0);
		if (i >= 0) {
			sum += v.nis;
			readings += rows.n;
		}
		assert_int_equal(kalman_update(&k, &rows, &v), 0);
	}
	return sum / (double)readings;
}

/* With the true noise NIS is chi-squared: a mean of n readings within its band at 1e-4
 * (Bar-Shalom, Li, Kirubarajan 2001, 5.4).  Euler's steps and linearisation may take
 * another 2 %. */
static void nis_of_every_model_is_consistent(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mimic_kinds); i++) {
		const struct mimic_kind *kind = &mimic_kinds[i];
		size_t sensors = 0;
		double dof, low, high, ekf, ukf;

		for (size_t k = 0; k < MODEL_OUTPUTS_MAX; k++) {
			sensors += kind->sigma[k] > 0;
		}
		dof = 2000 * (double)sensors;
		low = quantile_chi2(1 - 5e-5, dof) / dof - 0.02;
		high = quantile_chi2(5e-5, dof) / dof + 0.02;
		ekf = mean_nis(kind, false, 2000);
		ukf = mean_nis(kind, true, 2000);
		print_message("%-15s mean NIS by reading: ekf %.3f, ukf %.3f (%.3f to "
		              "%.3f)\n",
		              kind->name, ekf, ukf, low, high);
		assert_true(ekf > low && ekf < high);
		assert_true(ukf > low && ukf < high);
	}
}

/* ---- the component as configured ---- */

static void setup(struct mimic_bench *b, const char *name, uint64_t seed)
{
	mimic_bench_new(b, name, seed);
	mimic_bench_start(b, LEARN);
}

struct losses {
	int n, true_within, read_within;
	int of[MODEL_OUTPUTS_MAX], of_within[MODEL_OUTPUTS_MAX]; /* readings, by output */
	int held_within; /* trivial: the last estimate held, 2 sigma of the sensor */
	double sigma;    /* sum of the published ones, over the sensor's noise */
};

/* Each sensor in turn is lost up to max_age, and must be there again for 40 steps. */
static void lose(struct mimic_bench *b, int times, struct losses *out)
{
	const double *sigma = b->m.kind->sigma;

	for (int loss = 0; loss < times; loss++) {
		double value, spread, reading, last;
		size_t i = (size_t)loss % b->m.model->n_outputs;

		while (!(sigma[i] > 0)) {
			i = (i + 1) % b->m.model->n_outputs;
		}
		last = b->c.out[i].estimate;
		for (int k = 0; k < MIMIC_MAX_AGE; k++) {
			mimic_bench_step(b, i);
		}
		assert_true(component_fill(&b->c, i, &value, &spread));
		reading = b->y[i] + mimic_noise(&b->m, i);
		out->n++;
		out->true_within += fabs(value - b->y[i]) <= 2 * spread;
		out->read_within += fabs(value - reading) <= 2 * spread;
		out->of[i]++;
		out->of_within[i] += fabs(value - reading) <= 2 * spread;
		out->held_within += fabs(last - b->y[i]) <= 2 * sigma[i];
		out->sigma += spread / sigma[i];
		mimic_bench_steps(b, 40);
	}
}

static void a_lost_sensor_is_filled_within_its_sigma(void **state)
{
	static const char *const names[] = {"tank", "heated_tank", "thermal", "pump"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct losses all = {0};

		for (uint64_t seed = 1; seed <= 20; seed++) {
			struct mimic_bench b;

			setup(&b, names[i], seed * 97);
			mimic_bench_steps(&b, LEARN + 100);
			assert_int_equal(b.c.phase, COMPONENT_JUDGING);
			lose(&b, 50, &all);
			component_fini(&b.c);
		}
		print_message("%-12s lost, at max age: within 2 sigma the true value "
		              "%.1f %%, a reading %.1f %% of %d (bar 93 %%); sigma "
		              "%.1f times the sensor's; trivial, the last estimate held "
		              "and the sensor's sigma: %.1f %%\n",
		              names[i], 100.0 * all.true_within / all.n,
		              100.0 * all.read_within / all.n, all.n, all.sigma / all.n,
		              100.0 * all.held_within / all.n);
		assert_int_equal(all.n, 1000);
		assert_true(all.true_within >= 930);
		assert_true(all.read_within >= 930);
		for (size_t k = 0; k < MODEL_OUTPUTS_MAX; k++) {
			assert_true(all.of_within[k] >= 0.93 * all.of[k]);
		}
	}
}

/* What an estimate is off, over the sensor's noise, after learning. */
static void heated_tank_rmse(double walk, double *rmse)
{
	double error2[2] = {0};
	long n = 0;

	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct mimic_bench b;

		setup(&b, "heated_tank", seed * 5);
		b.m.walk = walk;
		mimic_bench_steps(&b, LEARN + 100);
		for (int i = 0; i < 2000; i++, n++) {
			mimic_bench_step(&b, MODEL_OUTPUTS_MAX);
			for (size_t k = 0; k < 2; k++) {
				double off = (b.c.out[k].estimate - b.y[k]) /
				             b.m.kind->sigma[k];

				error2[k] += off * off;
			}
		}
		component_fini(&b.c);
	}
	for (size_t k = 0; k < 2; k++) {
		rmse[k] = sqrt(error2[k] / (double)n);
	}
}

/* A machine that walks by itself is not better known than its walk allows. */
static void estimates_are_a_third_of_the_noise(void **state)
{
	double rmse[2], walking[2];

	(void)state;
	heated_tank_rmse(0, rmse);
	heated_tank_rmse(1, walking);
	print_message("heated_tank, model right: estimate RMSE %.3f (level), %.3f "
	              "(temperature) of the sensor's noise (bar 0.333); with a walk of "
	              "the machine's own %.3f, %.3f\n",
	              rmse[0], rmse[1], walking[0], walking[1]);
	assert_true(rmse[0] <= 1.0 / 3 && rmse[1] <= 1.0 / 3);
}

/* Healthy for 2000 steps, then the machine is no longer as its model: a parameter is off
 * by 20 %. */
static void a_parameter_off_by_a_fifth_is_found(void **state)
{
	static const struct {
		size_t parameter;
		double factor;
	} cases[] = {{1, 0.8}, {1, 1.2}, {0, 0.8}, {0, 1.2}, {4, 0.8}, {4, 1.2}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int found = 0, rows = 0;
		struct mimic_bench b;

		for (uint64_t seed = 1; seed <= 10; seed++) {
			int row = 0;

			setup(&b, "heated_tank", seed * 3);
			mimic_bench_steps(&b, LEARN + 2000);
			assert_int_equal(component_state(&b.c), STATE_HEALTHY);
			b.m.p[cases[i].parameter] *= cases[i].factor;
			while (row < 1200 && component_state(&b.c) == STATE_HEALTHY) {
				mimic_bench_step(&b, MODEL_OUTPUTS_MAX);
				row++;
			}
			found += component_state(&b.c) == STATE_MISMATCH;
			rows += row;
			component_fini(&b.c);
		}
		print_message("heated_tank, %s x %.1f: found %d of 10, after %d s\n",
		              b.m.model->parameters[cases[i].parameter].name,
		              cases[i].factor, found, rows / 10);
		assert_int_equal(found, 10);
	}
}

/* Wrong from the start: learning makes the noise so large that nothing is in alarm, and
 * says that. */
static void a_parameter_wrong_in_learning_is_a_misfit(void **state)
{
	static const size_t parameters[] = {0, 1, 3, 4}; /* area, outlet, rho, c */

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(parameters); i++) {
		size_t p = parameters[i / 2];
		int found = 0;
		struct mimic_bench b;

		for (uint64_t seed = 1; seed <= 10; seed++) {
			mimic_bench_new(&b, "heated_tank", seed);
			b.cfg.parameters[p] *= i % 2 ? 1.2 : 0.8;
			mimic_bench_start(&b, 800);
			mimic_bench_steps(&b, 800);
			assert_int_equal(b.c.phase, COMPONENT_JUDGING);
			found += component_misfit(&b.c) > 1;
			component_fini(&b.c);
		}
		print_message("heated_tank, %s x %.1f from the start: misfit %d of 10\n",
		              b.m.model->parameters[p].name, i % 2 ? 1.2 : 0.8, found);
		assert_int_equal(found, 10);
	}
}

/* After learning, nothing: with the noise as learnt, not as it is. */
static void every_model_learnt_stays_healthy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mimic_kinds); i++) {
		struct mimic_bench b;
		double sum = 0;
		int off = 0;

		setup(&b, mimic_kinds[i].name, 23);
		mimic_bench_steps(&b, LEARN);
		for (int k = 0; k < 3000; k++) {
			mimic_bench_step(&b, MODEL_OUTPUTS_MAX);
			off += component_state(&b.c) != STATE_HEALTHY;
			sum += b.c.nis.last[(b.c.nis.n - 1) % NIS_WINDOW];
		}
		print_message("%-15s learnt: mean NIS by reading %.2f, mismatch in "
		              "%.2f %% of 3000 rows\n",
		              mimic_kinds[i].name, sum / 3000 / (double)b.c.n_measured,
		              off / 30.0);
		assert_int_equal(off, 0);
		assert_true(component_misfit(&b.c) < 1);
		component_fini(&b.c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nis_of_every_model_is_consistent),
		cmocka_unit_test(every_model_learnt_stays_healthy),
		cmocka_unit_test(a_lost_sensor_is_filled_within_its_sigma),
		cmocka_unit_test(estimates_are_a_third_of_the_noise),
		cmocka_unit_test(a_parameter_off_by_a_fifth_is_found),
		cmocka_unit_test(a_parameter_wrong_in_learning_is_a_misfit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
