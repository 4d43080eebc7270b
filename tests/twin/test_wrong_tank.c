/* SPDX-License-Identifier: Apache-2.0 */
/* A heated tank whose model has a parameter wrong by a fifth, all the way: it is said
 * that the model does not fit, the parameter is found from the readings, and with it the
 * estimates are to be trusted.  Figures are printed beside their bars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "mimic_bench.h"
#include "twin/identify/identify.h"

enum { LEARN = 400, FITTED = 1600, JUDGED = 2000, INPUTS = 5, OUTPUTS = 3 };

/* What came of the machine: the rows that a history would have. */
struct kept {
	double t_s[FITTED], u[FITTED * INPUTS], y[FITTED * OUTPUTS];
};

/* A step whose readings are kept. */
static void step_and_keep(struct mimic_bench *b, struct kept *k, size_t row)
{
	mimic_step(&b->m);
	b->t_ns += llround(b->m.kind->dt_s * 1e9);
	mimic_outputs(&b->m, b->y);
	k->t_s[row] = (double)b->t_ns / 1e9;
	for (size_t i = 0; i < INPUTS; i++) {
		k->u[row * INPUTS + i] = b->m.u[i];
		component_input(&b->c, i, b->t_ns, b->m.u[i]);
	}
	for (size_t i = 0; i < OUTPUTS; i++) {
		double *y = &k->y[row * OUTPUTS + i];

		*y = NAN;
		if (b->m.kind->sigma[i] > 0) {
			*y = b->y[i] + mimic_noise(&b->m, i);
			component_output(&b->c, i, b->t_ns, *y);
		}
	}
	component_step(&b->c, b->t_ns);
}

/* The machine as it is, its model with these parameters; walk: of the machine's own. */
static void start(struct mimic_bench *b, const double *parameters, uint64_t seed,
                  double walk)
{
	mimic_bench_new(b, "heated_tank", seed);
	memcpy(b->cfg.parameters, parameters, sizeof(b->cfg.parameters));
	b->m.walk = walk;
	mimic_bench_start(b, LEARN);
}

/* What its estimates are off, over the sensors' noise, once it has learnt. */
static void judge(struct mimic_bench *b, double *rmse)
{
	double squares[2] = {0};

	for (int i = 0; i < JUDGED; i++) {
		mimic_bench_step(b, MODEL_OUTPUTS_MAX);
		for (size_t k = 0; k < 2; k++) {
			double off = (b->c.out[k].estimate - b->y[k]) /
			             b->m.kind->sigma[k];

			squares[k] += off * off;
		}
	}
	for (size_t k = 0; k < 2; k++) {
		rmse[k] = sqrt(squares[k] / JUDGED);
	}
}

static double found(const struct kept *k, const double *wrong, size_t p,
                    struct identify_result *out)
{
	const struct model *m = model_find("heated_tank");
	const struct recording_rows rows = {
		.model = m, .n = FITTED, .t_s = k->t_s, .u = k->u, .y = k->y};
	const struct span span = {0, FITTED};
	bool wanted[MODEL_PARAMETERS_MAX] = {false};
	double sigma[MODEL_OUTPUTS_MAX] = {0};
	const struct identify_task task = {.rows = &rows,
	                                   .spans = &span,
	                                   .n_spans = 1,
	                                   .sigma = sigma,
	                                   .prior = wrong,
	                                   .wanted = wanted};

	wanted[p] = true;
	identify_noise(&rows, &span, 1, sigma);
	for (size_t i = 0; i < m->n_outputs; i++) {
		sigma[i] = sigma[i] > 0 ? sigma[i] : 1; /* not measured */
	}
	assert_int_equal(identify(&task, out), 0);
	assert_int_equal(out->verdict[p], IDENTIFY_FITTED);
	return out->parameters[p] / mimic_kind("heated_tank")->p[p] - 1;
}

struct outcome {
	double misfit, off;
	double before[2], after[2]; /* RMSE over the sensors' noise */
};

static struct outcome go(size_t p, double factor, double walk, uint64_t seed)
{
	static struct kept kept;
	double wrong[MODEL_PARAMETERS_MAX];
	struct identify_result result;
	struct mimic_bench b;
	struct outcome o;

	memcpy(wrong, mimic_kind("heated_tank")->p, sizeof(wrong));
	wrong[p] *= factor;
	start(&b, wrong, seed, walk);
	for (size_t row = 0; row < FITTED; row++) {
		step_and_keep(&b, &kept, row);
	}
	assert_int_equal(b.c.phase, COMPONENT_JUDGING);
	o.misfit = component_misfit(&b.c);
	judge(&b, o.before);
	component_fini(&b.c);
	o.off = found(&kept, wrong, p, &result);
	start(&b, result.parameters, seed + 100, walk);
	mimic_bench_steps(&b, LEARN + 100);
	judge(&b, o.after);
	component_fini(&b.c);
	return o;
}

/* A machine that walks by itself is not better known than its walk allows: printed. */
static void a_tank_wrong_by_a_fifth_is_found_fitted_and_trusted(void **state)
{
	static const size_t parameters[] = {0, 1, 3};

	(void)state;
	print_message("heated_tank           misfit  found, off by    RMSE of estimates "
	              "over the sensors' noise: wrong -> found\n");
	for (size_t i = 0; i < 4 * ARRAY_SIZE(parameters); i++) {
		size_t p = parameters[i / 4];
		double factor = i % 2 ? 1.2 : 0.8, walk = i / 2 % 2 ? 1 : 0;
		struct outcome o = go(p, factor, walk, 31 + i);

		print_message(
			"%-8s x %.1f, walk %.0f  %6.1f  %5.2f %% (bar 2)  %.2f %.2f "
			"-> %.3f %.3f%s\n",
			model_find("heated_tank")->parameters[p].name, factor, walk,
			o.misfit, 100 * fabs(o.off), o.before[0], o.before[1], o.after[0],
			o.after[1], walk > 0 ? "" : " (bar 0.333)");
		assert_true(o.misfit > 1);
		assert_true(fabs(o.off) <= 0.02);
		assert_true(walk > 0 || (o.after[0] <= 1.0 / 3 && o.after[1] <= 1.0 / 3));
	}
	print_message("trivial: the parameter as it was 20 %%; the sensors themselves "
	              "1.00 1.00\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tank_wrong_by_a_fifth_is_found_fitted_and_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
