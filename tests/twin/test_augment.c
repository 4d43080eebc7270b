/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters that are followed: as states of the model, and of a component. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "mimic_bench.h"
#include "twin/observer/augment.h"

enum { LEARN = 400 };

static size_t parameter(const struct model *m, const char *name)
{
	size_t i = 0;

	while (strcmp(m->parameters[i].name, name) != 0) {
		i++;
	}
	return i;
}

/* ---- the model ---- */

static void at_zero_it_is_the_model_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mimic_kinds); i++) {
		const struct mimic_kind *kind = &mimic_kinds[i];
		const struct model *base = model_find(kind->name);
		double x[MODEL_STATES_MAX] = {0}, want[MODEL_STATES_MAX], y[8], y_want[8];
		double spread[MODEL_PARAMETERS_MAX] = {0.1}, got[MODEL_STATES_MAX];
		struct augmented a;
		struct mimic m = mimic_new(kind, 3);

		augment_init(&a, base, kind->p, spread);
		assert_int_equal(a.model.n_states, base->n_states + 1);
		assert_int_equal(a.model.n_outputs, base->n_outputs + 1);
		memcpy(x, m.x, base->n_states * sizeof(*x));
		a.model.rates(a.p, x, m.u, got);
		base->rates(kind->p, x, m.u, want);
		assert_memory_equal(got, want, base->n_states * sizeof(*got));
		assert_true(got[base->n_states] == 0);
		a.model.outputs_of(a.p, x, m.u, y);
		base->outputs_of(kind->p, x, m.u, y_want);
		assert_memory_equal(y, y_want, base->n_outputs * sizeof(*y));
		assert_true(y[base->n_outputs] == kind->p[0]);
	}
}

static void its_jacobian_is_that_of_its_rates(void **state)
{
	const struct mimic_kind *kind = mimic_kind("heated_tank");
	const double spread[MODEL_PARAMETERS_MAX] = {0.1, 0.2, 0, 0, 0, 0.3};
	const double u[MODEL_INPUTS_MAX] = {0.006, 0.8, 288.15, 4e5, 293.15};
	double x[] = {0.5, 320, 0.1, -0.2, 0.3}, J[25], up[5], down[5];
	struct augmented a;

	(void)state;
	augment_init(&a, model_find("heated_tank"), kind->p, spread);
	a.model.jacobian(a.p, x, u, J);
	for (size_t k = 0; k < 5; k++) {
		double h = 1e-4 * fmax(1, fabs(x[k])), at = x[k];

		x[k] = at + h;
		a.model.rates(a.p, x, u, up);
		x[k] = at - h;
		a.model.rates(a.p, x, u, down);
		x[k] = at;
		for (size_t i = 0; i < 5; i++) {
			double want = (up[i] - down[i]) / (2 * h);

			assert_true(fabs(J[i * 5 + k] - want) <=
			            1e-6 * fmax(fabs(want), 1e-3));
		}
	}
}

/* Without readings a parameter has its prior for ever. */
static void noise_and_return_keep_the_prior(void **state)
{
	const double spread[MODEL_PARAMETERS_MAX] = {0, 0.05};
	const struct mimic_kind *kind = mimic_kind("tank");
	double qc[MODEL_STATES_MAX];
	struct augmented a;
	struct observer o;
	struct kalman k = {.n = 2, .x = {0.5, 0.15}, .P = {1e-6, 0, 0, 0}};

	(void)state;
	augment_init(&a, model_find("tank"), kind->p, spread);
	a.model.noise(a.p, qc);
	o = (struct observer){.model = &a.model, .p = a.p, .qc = qc, .estimated = 1};
	for (int i = 0; i < 5 * 24 * 60; i++) {
		assert_int_equal(observer_predict(&o, &k, kind->u, 60), 0);
	}
	assert_true(fabs(k.x[1] - 0.15 * exp(-5)) < 1e-5);
	assert_true(fabs(sqrt(k.P[3]) / 0.05 - 1) < 1e-3);
}

static void a_parameter_stays_within_three_spreads(void **state)
{
	const double spread[MODEL_PARAMETERS_MAX] = {0, 0.05};
	double x[] = {0.5, -7};
	struct augmented a;

	(void)state;
	augment_init(&a, model_find("tank"), mimic_kind("tank")->p, spread);
	a.model.limit(a.p, x);
	assert_true(x[0] == 0.5 && fabs(x[1] + 0.15) < 1e-15);
	x[1] = INFINITY;
	a.model.limit(a.p, x);
	assert_true(fabs(x[1] - 0.15) < 1e-15);
}

/* ---- the component ---- */

/* What is followed, and how far it is off at first. */
struct wish {
	const char *model, *name;
	double spread, factor;
	bool unscented;
};

static size_t begin(struct mimic_bench *b, const struct wish *w, uint64_t seed)
{
	size_t i = parameter(model_find(w->model), w->name);

	mimic_bench_new(b, w->model, seed);
	b->cfg.estimate[i] = w->spread;
	b->cfg.parameters[i] *= w->factor;
	b->cfg.unscented = w->unscented;
	mimic_bench_start(b, LEARN);
	return b->m.model->n_outputs; /* the place of its estimate */
}

/* Estimate and truth as shares of the truth. */
static double off(struct mimic_bench *b, size_t output, double truth, double *sigma)
{
	double value;

	assert_true(component_fill(&b->c, output, &value, sigma));
	*sigma /= truth;
	return value / truth - 1;
}

static void a_wrong_parameter_is_found(void **state)
{
	static const struct wish wishes[] = {
		{"tank", "outlet", 0.2, 1.2, false},
		{"tank", "outlet", 0.2, 0.8, true},
		{"heated_tank", "outlet", 0.2, 0.8, false},
		{"heated_tank", "heat_capacity", 0.2, 1.2, false},
		{"thermal", "G_body", 0.2, 1.2, false},
		{"thermal", "C_body", 0.2, 0.8, true},
		{"heat_exchanger", "UA", 0.2, 1.2, false},
		{"pump", "head", 0.2, 1.2, false},
		{"first_order", "gain", 0.2, 0.8, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		const struct wish *w = &wishes[i];
		double off2 = 0, sigma = 0, one;
		struct mimic_bench b;
		int within = 0;

		for (uint64_t seed = 1; seed <= 10; seed++) {
			size_t at = begin(&b, w, seed * 17), p;
			double by;

			p = parameter(b.m.model, w->name);
			mimic_bench_steps(&b, LEARN + 3600);
			by = off(&b, at, b.m.p[p], &one);
			off2 += by * by;
			sigma += one;
			within += fabs(by) <= 2 * one;
			component_fini(&b.c);
		}
		print_message("%s, %s x %.1f%s: off by %.2f %%, published sigma %.2f "
		              "%%, within two of it %d of 10\n",
		              w->model, w->name, w->factor, w->unscented ? " (ukf)" : "",
		              100 * sqrt(off2 / 10), 10 * sigma, within);
		assert_true(sqrt(off2 / 10) < 0.05);
	}
}

/* A sudden fault is one, and passes for no parameter: it stays an alarm. */
static void a_leak_is_not_swallowed(void **state)
{
	const struct wish w = {"tank", "outlet", 0.05, 1, false};
	double moved = 0, sigma;
	long rows = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct mimic_bench b;
		size_t at = begin(&b, &w, seed * 29);
		double before, row;

		mimic_bench_steps(&b, LEARN);
		for (int i = 0; i < 2000; i++) {
			mimic_bench_steps(&b, 1);
			assert_int_equal(component_state(&b.c), STATE_HEALTHY);
		}
		before = off(&b, at, w.factor * b.cfg.parameters[1], &sigma);
		b.m.p[1] *= 1.2; /* what leaves by the leak */
		for (row = 0; row < 300 && component_state(&b.c) == STATE_HEALTHY;
		     row++) {
			mimic_bench_steps(&b, 1);
		}
		rows += lround(row);
		assert_int_equal(component_state(&b.c), STATE_MISMATCH);
		for (int i = 0; i < 1200; i++) {
			mimic_bench_steps(&b, 1);
			assert_int_equal(component_state(&b.c), STATE_MISMATCH);
		}
		moved = fmax(moved,
		             fabs(off(&b, at, b.cfg.parameters[1], &sigma) - before));
		component_fini(&b.c);
	}
	print_message(
		"a leak of 20 %%: found after %.1f s, then 20 min of alarm, in which "
		"the outlet moved by at most %.2f %%\n",
		(double)rows / 20, 100 * moved);
	assert_true(moved < 0.03);
}

/* Slow wear is followed, up to three spreads; beyond, the model no longer holds. */
static void wear_is_followed_until_it_is_too_much(void **state)
{
	const struct wish w = {"tank", "outlet", 0.05, 1, false};
	struct mimic_bench b;
	size_t at = begin(&b, &w, 5);
	const double outlet = b.m.p[1];
	double worn = 0, sigma, largest = 0;

	(void)state;
	mimic_bench_steps(&b, LEARN + 2000);
	while (worn < 0.3 && component_state(&b.c) == STATE_HEALTHY) {
		mimic_bench_steps(&b, 60);
		worn += 0.01 / 60; /* 1 % an hour */
		b.m.p[1] = outlet * (1 - worn);
		if (worn < 0.1) {
			largest = fmax(largest, fabs(off(&b, at, b.m.p[1], &sigma)));
		}
	}
	print_message("wear of 1 %% an hour: followed within %.2f %%, a mismatch at %.0f "
	              "%%\n",
	              100 * largest, 100 * worn);
	assert_true(largest < 0.03);
	assert_int_equal(component_state(&b.c), STATE_MISMATCH);
	assert_true(worn > 0.14 && worn < 0.3);
	component_fini(&b.c);
}

/* What was found is kept over a gap, after which the states start anew. */
static void a_gap_does_not_lose_it(void **state)
{
	const struct wish w = {"heated_tank", "outlet", 0.2, 1.2, false};
	struct mimic_bench b;
	size_t at = begin(&b, &w, 6);
	double sigma;

	(void)state;
	mimic_bench_steps(&b, LEARN + 2000);
	assert_true(fabs(off(&b, at, b.m.p[1], &sigma)) < 0.02);
	b.t_ns += INT64_C(100000000000);
	mimic_bench_steps(&b, 3);
	assert_true(fabs(off(&b, at, b.m.p[1], &sigma)) < 0.02);
	assert_true(sigma < 0.02);
	component_fini(&b.c);
}

static void other_parameters_begin_at_their_prior(void **state)
{
	const struct wish w = {"heated_tank", "outlet", 0.2, 1.2, false};
	struct mimic_bench b;
	size_t at = begin(&b, &w, 7);
	double sigma;

	(void)state;
	mimic_bench_steps(&b, LEARN + 2000);
	b.cfg.parameters[1] = b.m.p[1]; /* as identified */
	component_reparameterise(&b.c);
	assert_true(off(&b, at, b.m.p[1], &sigma) == 0);
	assert_true(fabs(sigma - 0.2) < 1e-9);
	for (int i = 0; i < 1000; i++) {
		mimic_bench_steps(&b, 1);
		assert_int_equal(component_state(&b.c), STATE_HEALTHY);
	}
	assert_true(fabs(off(&b, at, b.m.p[1], &sigma)) < 0.02);
	component_fini(&b.c);
}

static void a_parameter_that_is_held_stays(void **state)
{
	const struct wish w = {"tank", "outlet", 0.2, 1, false};
	struct mimic_bench b;
	size_t at = begin(&b, &w, 8);
	double sigma, before;

	(void)state;
	mimic_bench_steps(&b, LEARN + 100);
	component_hold(&b.c, true);
	before = off(&b, at, b.m.p[1], &sigma);
	mimic_bench_steps(&b, 200);
	/* but for the way back to the prior: 200 s of a day */
	assert_true(fabs(off(&b, at, b.m.p[1], &sigma) - before) < 1e-3);
	component_fini(&b.c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_zero_it_is_the_model_itself),
		cmocka_unit_test(its_jacobian_is_that_of_its_rates),
		cmocka_unit_test(noise_and_return_keep_the_prior),
		cmocka_unit_test(a_parameter_stays_within_three_spreads),
		cmocka_unit_test(a_wrong_parameter_is_found),
		cmocka_unit_test(a_leak_is_not_swallowed),
		cmocka_unit_test(wear_is_followed_until_it_is_too_much),
		cmocka_unit_test(a_gap_does_not_lose_it),
		cmocka_unit_test(other_parameters_begin_at_their_prior),
		cmocka_unit_test(a_parameter_that_is_held_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
