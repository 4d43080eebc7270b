/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/plant/control.h"

enum { IN, SECOND, THIRD, OUT, N_SIGNALS };

/* One block alone, its inputs IN, SECOND, THIRD, its output OUT. */
struct rig {
	struct block_config config;
	struct block block;
	double signals[N_SIGNALS];
};

static void rig_init(struct rig *r, const char *kind)
{
	*r = (struct rig){.config = {.kind = block_find(kind),
	                             .inputs = {IN, SECOND, THIRD},
	                             .output = OUT}};
	assert_non_null(r->config.kind);
	for (size_t i = 0; i < r->config.kind->n_parameters; i++) {
		r->config.parameters[i] = r->config.kind->parameters[i].preset;
	}
	for (size_t i = 0; i < r->config.kind->n_inputs; i++) {
		r->signals[i] = r->config.kind->inputs[i].preset;
	}
	r->block.config = &r->config;
}

static double scan(struct rig *r, double in)
{
	r->signals[IN] = in;
	control_scan(&r->block, 1, r->signals, 0.1);
	return r->signals[OUT];
}

static void near(const char *what, double got, double want)
{
	if (!(fabs(got - want) <= 1e-9)) {
		fail_msg("%s: %.12g, not %.12g", what, got, want);
	}
}

static void pure_block_computes(void **state)
{
	static const struct {
		const char *name, *kind;
		double parameters[3];
		double inputs[3];
		double want;
	} cases[] = {
		{"copy", "copy", {2, 1}, {3}, 7},
		{"copy passes no number on", "copy", {2, 1}, {NAN}, NAN},
		{"select a", "select", {0}, {1, 5, 6}, 5},
		{"select b", "select", {0}, {0, 5, 6}, 6},
		{"select b when undecided", "select", {0}, {NAN, 5, 6}, 6},
		{"limit inside", "limit", {0, 1, 0}, {0.5}, 1},
		{"limit at its edge", "limit", {0, 1, 0}, {1}, 1},
		{"limit outside", "limit", {0, 1, 0}, {1.1}, 0},
		{"limit of no number", "limit", {0, 1, 0}, {NAN}, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig r;

		rig_init(&r, cases[i].kind);
		for (size_t k = 0; k < 3; k++) {
			r.config.parameters[k] = cases[i].parameters[k];
			r.signals[k] = cases[i].inputs[k];
		}
		scan(&r, cases[i].inputs[0]);
		if (!(r.signals[OUT] == cases[i].want ||
		      (isnan(r.signals[OUT]) && isnan(cases[i].want)))) {
			fail_msg("%s: %g", cases[i].name, r.signals[OUT]);
		}
	}
	(void)state;
}

static void filter_lags_and_holds_over_a_gap(void **state)
{
	struct rig r;

	rig_init(&r, "filter");
	r.config.parameters[0] = 1;
	near("starts at its input", scan(&r, 2), 2);
	near("a step", scan(&r, 3), 3 - exp(-0.1));
	near("a gap", scan(&r, NAN), 3 - exp(-0.1));
	for (int i = 0; i < 9; i++) {
		scan(&r, 3);
	}
	near("after one lag", r.signals[OUT], 3 - exp(-1));
	(void)state;
}

static void two_point_switches_at_both_ends_of_its_band(void **state)
{
	static const double measured[] = {19.8, 19.4, 20.4, 20.6, 19.6, 19.4, NAN, 20.4};
	static const double want[] = {0, 1, 1, 0, 0, 1, 0, 0};
	struct rig r;

	rig_init(&r, "two_point");
	r.config.parameters[0] = 0.5;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		r.signals[SECOND] = measured[i];
		near("two_point", scan(&r, 20), want[i]);
	}
	r.signals[SECOND] = 10;
	r.signals[THIRD] = 0;
	near("not enabled", scan(&r, 20), 0);
	(void)state;
}

static void rig_pi(struct rig *r, double kp, double ti)
{
	rig_init(r, "pi");
	r->config.parameters[0] = kp;
	r->config.parameters[1] = ti;
}

static void pi_adds_up_its_error(void **state)
{
	struct rig r;

	rig_pi(&r, 0.5, 2);
	r.config.parameters[4] = 0.2; /* start */
	r.signals[SECOND] = 0.9;
	near("first scan", scan(&r, 1), 0.2 + 0.5 * 0.1 * (1 + 0.1 / 2));
	near("second scan", scan(&r, 1), 0.2 + 0.5 * 0.1 * (1 + 0.2 / 2));
	r.signals[SECOND] = NAN;
	near("blind: holds", scan(&r, 1), 0.2 + 0.5 * 0.1 * 0.2 / 2);
	(void)state;
}

/* After minutes at its limit it leaves it as soon as the error turns. */
static void pi_does_not_wind_up(void **state)
{
	static const double signs[] = {1, -1};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		struct rig r;
		double limit = signs[i] > 0 ? 1 : 0;

		rig_pi(&r, 0.5, 2);
		r.config.parameters[4] = 0.5;
		r.signals[SECOND] = 0;
		for (int k = 0; k < 3000; k++) {
			scan(&r, signs[i]);
		}
		near("at its limit", r.signals[OUT], limit);
		scan(&r, -0.2 * signs[i]);
		assert_true(fabs(r.signals[OUT] - limit) > 0.09);
	}
	(void)state;
}

static void pi_off_starts_anew(void **state)
{
	struct rig r;

	rig_pi(&r, 1, 1);
	r.config.parameters[4] = 0.3;
	r.signals[SECOND] = 0.5;
	for (int k = 0; k < 50; k++) {
		scan(&r, 1);
	}
	r.signals[THIRD] = 0;
	near("off", scan(&r, 1), 0);
	r.signals[THIRD] = 1;
	near("on again", scan(&r, 0.5), 0.3);
	(void)state;
}

/* Ten rounds of 3 + 1 s in scans of 0.1 s, which is no binary fraction: no edge moves. */
static void sequence_keeps_its_edges(void **state)
{
	struct rig r;

	rig_init(&r, "sequence");
	r.config.parameters[0] = 3;
	r.config.parameters[1] = 0.25;
	r.config.parameters[2] = 1;
	r.config.parameters[3] = 0.125;
	for (int k = 0; k < 400; k++) {
		double want = k % 40 < 30 ? 0.25 : 0.125;

		if (scan(&r, 1) != want) {
			fail_msg("scan %d: %g", k, r.signals[OUT]);
		}
	}
	near("off", scan(&r, 0), 0);
	near("starts anew", scan(&r, 1), 0.25);
	(void)state;
}

static void limit_comes_back_by_its_band_only(void **state)
{
	static const double in[] = {0.9, 1.1, 0.95, 0.85, 0.95};
	static const double want[] = {1, 0, 0, 1, 1};
	struct rig r;

	rig_init(&r, "limit");
	r.config.parameters[1] = 1;
	r.config.parameters[2] = 0.1;
	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		near("limit", scan(&r, in[i]), want[i]);
	}
	(void)state;
}

static void kinds_are_found_by_name(void **state)
{
	size_t n = 0;

	for (const struct block_kind *kind; (kind = block_at(n)) != NULL; n++) {
		assert_ptr_equal(block_find(kind->name), kind);
		assert_true(kind->n_inputs <= BLOCK_INPUTS_MAX);
		assert_true(kind->n_parameters <= BLOCK_PARAMETERS_MAX);
	}
	assert_true(n >= 7);
	assert_null(block_find("pid"));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pure_block_computes),
		cmocka_unit_test(filter_lags_and_holds_over_a_gap),
		cmocka_unit_test(two_point_switches_at_both_ends_of_its_band),
		cmocka_unit_test(pi_adds_up_its_error),
		cmocka_unit_test(pi_does_not_wind_up),
		cmocka_unit_test(pi_off_starts_anew),
		cmocka_unit_test(sequence_keeps_its_edges),
		cmocka_unit_test(limit_comes_back_by_its_band_only),
		cmocka_unit_test(kinds_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
