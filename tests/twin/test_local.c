/* SPDX-License-Identifier: Apache-2.0 */
/* A model that somebody else computes: what the observer makes of answers is what it
 * makes of the model itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "twin/models/local.h"
#include "twin/observer/integrate.h"
#include "twin/observer/localise.h"
#include "twin/scenario/rollout.h"
#include "twin/twin.h"

enum { INFLOW, VALVE, LEVEL, OUTFLOW, HEALTH, TAGS, LEARN = 300 };
enum { COMPONENT_INFLOW, COMPONENT_VALVE }; /* ports */

static const double area[] = {1.2, 0.004, 3, 0, 0, 0};

static const struct tag tags[TAGS] = {
	{.device = "d",
         .name = "inflow",
         .kind = &(const struct tag_kind){.analog = true}},
	{.device = "d",
         .name = "valve",
         .kind = &(const struct tag_kind){.analog = true}},
	{.device = "d",
         .name = "level",
         .kind = &(const struct tag_kind){.analog = true}},
	{.device = "k",
         .name = "outflow",
         .device_index = 1,
         .kind = &(const struct tag_kind){.analog = true}},
	{.device = "k",
         .name = "health",
         .device_index = 1,
         .kind = &(const struct tag_kind){.analog = true}},
};

struct bench {
	struct model model; /* the local one */
	double made[3 * MODEL_STATES_MAX];
	struct component_config cfg;
	struct twin_config config;
	struct twin *twin;
	struct localised of;
	bool mute; /* nobody answers */
	size_t questions, starts;
	struct estimate level; /* of the last row */
	struct reading said[4];
	struct estimate told[4];
	size_t n_said;
};

static void set_up(struct bench *b, bool local)
{
	const struct model *tank = model_find("tank");
	double qc[MODEL_STATES_MAX];

	*b = (struct bench){.of = {tank, area}};
	tank->noise(area, qc);
	b->made[0] = 0;
	b->made[1] = 3;
	b->made[2] = sqrt(qc[0]);
	local_make(&b->model, tank);
	b->cfg = (struct component_config){
		.id = "k",
		.device_index = 1,
		.model = local ? &b->model : tank,
		.made = local ? b->made : NULL,
		.n_made = local ? 3 : 0,
		.inputs = {{COMPONENT_INFLOW, INFLOW, 1, 0},
	                   {COMPONENT_VALVE, VALVE, 1, 0}},
		.n_inputs = 2,
		.outputs = {{0, LEVEL, 1, 0}, {1, OUTFLOW, 1, 0}},
		.n_outputs = 2,
		.health_tag = HEALTH,
		.max_age_s = 300,
		.noise = {NAN, NAN}};
	memcpy(b->cfg.parameters, area, sizeof(area));
	b->config = (struct twin_config){.tags = tags,
	                                 .n_tags = TAGS,
	                                 .n_field_tags = OUTFLOW,
	                                 .components = &b->cfg,
	                                 .n_components = 1,
	                                 .learn = LEARN,
	                                 .false_alarm = 1e-4};
	assert_int_equal(twin_new(&b->twin, &b->config), 0);
}

/* Whoever computes the model. */
static void answer(struct bench *b)
{
	struct local_question q;
	struct local_answer a;

	if (!b->cfg.made || b->mute || !twin_question(b->twin, 0, &q)) {
		return;
	}
	b->questions++;
	b->starts += q.start;
	twin_answer(b->twin, 0, &q, localise(&b->of, &q, &a) ? NULL : &a);
}

static double noise(int64_t k)
{
	return 0.002 * (sin((double)k * 12.9898) + sin((double)k * 78.233));
}

/* A plant: the tank, an inflow in steps, rows at irregular times. */
struct plant {
	double x, u[2];
	int64_t k, t_ns;
};

static void move(struct plant *p)
{
	static const int64_t waits_ms[] = {1000, 1000, 1400, 700, 1000, 5000};
	int64_t wait_ms = waits_ms[p->k % 6];
	struct integration in;

	integrate_begin(&in, model_find("tank"), area, p->u, (double)wait_ms / 1e3);
	assert_int_equal(integrate(&in, &p->x), 0);
	p->t_ns += wait_ms * 1000000;
	p->k++;
	p->u[0] = 0.004 + 0.003 * (double)((p->k / 40) % 3);
	p->u[1] = 0.4 + 0.1 * (double)((p->k / 25) % 5);
}

static void deliver(struct bench *b, const struct plant *p, double error)
{
	const struct reading r[] = {
		{.tag = INFLOW, .value = value_real(p->u[0])},
		{.tag = VALVE, .value = value_real(p->u[1])},
		{.tag = LEVEL, .value = value_real(p->x + noise(p->k) + error)}};
	struct estimate e[3];

	twin_merge(b->twin, p->t_ns, r, 3, e);
	b->level = e[2];
	b->n_said = twin_virtual(b->twin, b->said, b->told, 4);
	answer(b);
}

static void begin(struct plant *p)
{
	*p = (struct plant){.x = 0.8, .t_ns = 1000000000, .u = {0.004, 0.4}};
}

static void answers_serve_as_well_as_the_model(void **state)
{
	struct bench local, own;
	struct plant p;
	size_t judged = 0;
	double worst = 0;

	(void)state;
	set_up(&local, true);
	set_up(&own, false);
	begin(&p);
	for (int k = 0; k < 4 * LEARN; k++) {
		move(&p);
		deliver(&local, &p, 0);
		deliver(&own, &p, 0);
		if (k > 2 * LEARN) {
			double error = fabs(local.level.predicted - own.level.predicted);

			assert_int_equal(local.level.state, STATE_HEALTHY);
			assert_true(fabs(local.level.sigma / own.level.sigma - 1) < 0.05);
			worst = error > worst ? error : worst;
			judged++;
		}
	}
	assert_true(judged > LEARN);
	if (!(worst < 2e-4)) { /* a tenth of the sensor's noise */
		fail_msg("off by %g", worst);
	}
	assert_int_equal(local.n_said, 2);
	assert_true(fabs(local.said[0].value.real / own.said[0].value.real - 1) < 1e-3);
	twin_free(local.twin);
	twin_free(own.twin);
}

static void a_fault_is_found(void **state)
{
	struct bench b;
	struct plant p;

	(void)state;
	set_up(&b, true);
	begin(&p);
	for (int k = 0; k < 2 * LEARN; k++) {
		move(&p);
		deliver(&b, &p, 0);
	}
	assert_int_equal(b.told[1].state, STATE_HEALTHY);
	for (int k = 0; k < 60; k++) {
		move(&p);
		p.x -= 0.005; /* a leak */
		deliver(&b, &p, 0);
	}
	assert_int_equal(b.told[1].state, STATE_MISMATCH);
	twin_free(b.twin);
}

static void without_an_answer_it_learns_and_costs_the_sensor_nothing(void **state)
{
	struct bench b;
	struct plant p;

	(void)state;
	set_up(&b, true);
	b.mute = true;
	begin(&p);
	for (int k = 0; k < 10; k++) {
		move(&p);
		deliver(&b, &p, 0);
		assert_int_equal(b.level.quality, QUALITY_GOOD);
		assert_true(isnan(b.level.predicted));
		assert_int_equal(b.told[1].state, STATE_LEARNING);
	}
	twin_free(b.twin);
}

static void who_cannot_compute_it_makes_it_bad_until_he_can(void **state)
{
	struct local_question q;
	struct bench b;
	struct plant p;

	(void)state;
	set_up(&b, true);
	begin(&p);
	for (int k = 0; k < 2 * LEARN; k++) {
		move(&p);
		deliver(&b, &p, 0);
	}
	assert_true(twin_question(b.twin, 0, &q) && !q.start);
	twin_answer(b.twin, 0, &q, NULL);
	b.mute = true;
	twin_merge(b.twin, p.t_ns + 1, NULL, 0, NULL); /* speaks of it */
	b.n_said = twin_virtual(b.twin, b.said, b.told, 4);
	assert_int_equal(b.n_said, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(b.said[i].quality, QUALITY_BAD);
		assert_int_equal(b.told[i].state, STATE_BAD);
	}
	move(&p);
	deliver(&b, &p, 0);
	assert_int_equal(b.level.quality, QUALITY_GOOD);
	assert_true(isnan(b.level.predicted));
	b.mute = false;
	assert_true(twin_question(b.twin, 0, &q) &&
	            q.start); /* anew, from what is read */
	assert_true(q.y[0] == p.x + noise(p.k) && isnan(q.y[1]));
	answer(&b);
	for (int k = 0; k < 5; k++) {
		move(&p);
		deliver(&b, &p, 0);
	}
	assert_true(fabs(b.level.predicted - p.x) < 0.02);
	assert_int_equal(b.told[1].state, STATE_HEALTHY);
	twin_free(b.twin);
}

static void a_question_waits_for_the_inputs(void **state)
{
	const struct reading level = {.tag = LEVEL, .value = value_real(1)};
	struct local_question q;
	struct estimate e;
	struct bench b;

	(void)state;
	set_up(&b, true);
	assert_false(twin_question(b.twin, 0, &q));
	twin_merge(b.twin, 1000, &level, 1, &e);
	assert_false(twin_question(b.twin, 0, &q));
	twin_free(b.twin);
}

static void a_gap_is_not_looked_across_for_long(void **state)
{
	struct local_question q;
	struct bench b;
	struct plant p;

	(void)state;
	set_up(&b, true);
	begin(&p);
	for (int k = 0; k < 6 * 20; k++) {
		move(&p);
		deliver(&b, &p, 0);
	}
	p.t_ns += INT64_C(3600000000000);
	deliver(&b, &p, 0);
	assert_true(twin_question(b.twin, 0, &q));
	assert_true(q.dt_s < 20);
	for (int k = 0; k < 20; k++) {
		move(&p);
		deliver(&b, &p, 0);
	}
	assert_true(twin_question(b.twin, 0, &q));
	assert_true(q.dt_s < 5.1);
	twin_free(b.twin);
}

static void what_was_saved_goes_on_where_it_stood(void **state)
{
	struct twin_time now = {.wall_us = 1000000};
	struct twin_restored restored;
	struct bench b, next;
	struct plant p;
	uint8_t *saved;
	size_t n;

	(void)state;
	set_up(&b, true);
	begin(&p);
	for (int k = 0; k < 2 * LEARN; k++) {
		move(&p);
		deliver(&b, &p, 0);
	}
	now.t_ns = p.t_ns;
	saved = malloc(twin_save_size(b.twin));
	assert_non_null(saved);
	n = twin_save(b.twin, &now, saved);
	set_up(&next, true);
	assert_int_equal(twin_restore(next.twin, &now, saved, n, &restored), 0);
	assert_int_equal(restored.changed + restored.unknown, 0);
	for (int k = 0; k < 3; k++) {
		move(&p);
		deliver(&next, &p, 0);
	}
	assert_int_equal(next.starts, 0); /* no state was lost */
	assert_true(fabs(next.level.predicted - p.x) < 0.01);
	assert_int_equal(next.told[1].state, STATE_HEALTHY);
	free(saved);
	twin_free(b.twin);
	twin_free(next.twin);
}

/* What is only known here is not simulated far ahead. */
static void it_is_not_rolled_out(void **state)
{
	struct bench b, own;
	struct plant p;

	(void)state;
	set_up(&b, true);
	set_up(&own, false);
	begin(&p);
	for (int k = 0; k < 2 * LEARN; k++) {
		move(&p);
		deliver(&b, &p, 0);
		deliver(&own, &p, 0);
	}
	assert_true(rollout_is_ready(own.twin, 0));
	assert_false(rollout_is_ready(b.twin, 0));
	twin_free(b.twin);
	twin_free(own.twin);
}

/* ---- localise() ---- */

/* dx/dt = -k x^3 + u, y = (x + u^2, max(u, 0)) */
static void cube_start(const double *p, const double *u, const double *y, double *x)
{
	(void)p;
	(void)u;
	x[0] = isfinite(y[0]) ? y[0] : 1;
}

static void cube_rates(const double *p, const double *x, const double *u, double *dx)
{
	dx[0] = -p[0] * x[0] * x[0] * x[0] + u[0];
}

static void cube_outputs(const double *p, const double *x, const double *u, double *y)
{
	(void)p;
	y[0] = x[0] + u[0] * u[0];
	y[1] = u[0] > 0 ? u[0] : 0;
}

static void root_rates(const double *p, const double *x, const double *u, double *dx)
{
	(void)u;
	dx[0] = -p[0] * sqrt(x[0]);
}

static const struct model_port one_input[] = {{.name = "u"}};
static const struct model_port two_outputs[] = {{.name = "y"}, {.name = "z"}};
static const struct model cube = {.inputs = one_input,
                                  .n_inputs = 1,
                                  .outputs = two_outputs,
                                  .n_outputs = 2,
                                  .n_states = 1,
                                  .start = cube_start,
                                  .rates = cube_rates,
                                  .outputs_of = cube_outputs};

static void linear_model_comes_where_the_integration_came(void **state)
{
	static const double stiffness[] = {1e-3, 1, 1e3, 1e6};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stiffness); i++) {
		const double p[] = {stiffness[i]};
		const struct localised of = {&cube, p};
		const struct local_question q = {.dt_s = 2, .x = {1.5}, .u = {0.3}};
		struct local_answer a;
		struct integration in;
		double x = 1.5, reached, Ah;

		assert_int_equal(localise(&of, &q, &a), 0);
		integrate_begin(&in, &cube, p, q.u, 2);
		assert_int_equal(integrate(&in, &x), 0);
		assert_true(fabs(a.x1[0] - x) < 1e-5);
		Ah = a.A[0] * 2;
		reached = a.x0[0] + a.r[0] * expm1(Ah) / a.A[0];
		if (!(fabs(reached - a.x1[0]) < 1e-9)) {
			fail_msg("stiffness %g: %.12g, not %.12g", p[0], reached,
			         a.x1[0]);
		}
		assert_true(a.B[0] > 0.999 && a.B[0] < 1.001);
		assert_true(fabs(a.y1[0] - (a.x1[0] + 0.09)) < 1e-12);
		assert_true(fabs(a.C[0] - 1) < 1e-6 && fabs(a.C[1]) < 1e-6);
	}
}

static void a_parabola_is_followed_and_a_kink_is_not(void **state)
{
	static const double inputs[] = {0, 1e-3, 0.3, -40};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
		const double p[] = {1};
		const struct localised of = {&cube, p};
		const struct local_question q = {.x = {1}, .u = {inputs[i]}};
		struct local_answer a;

		assert_int_equal(localise(&of, &q, &a), 0);
		assert_true(fabs(a.D[0] - 2 * inputs[i]) < 1e-6);
		assert_true(fabs(a.E[0] - 2) < 1e-4);
		assert_true(a.E[1] == 0 || inputs[i] != 0);
		assert_true(fabs(a.E[1]) < 1e-4);
	}
}

static void one_side_does_where_the_other_is_no_number(void **state)
{
	struct model root = cube;
	const double p[] = {1};
	const struct localised of = {&root, p};
	struct local_question q = {.x = {0}, .u = {1}};
	struct local_answer a;

	(void)state;
	root.rates = root_rates;
	assert_int_equal(localise(&of, &q, &a), 0);
	assert_true(isfinite(a.A[0]) && a.A[0] < 0);
	q.x[0] = -1;
	assert_int_equal(localise(&of, &q, &a), -EDOM);
}

static void a_start_is_the_models_own(void **state)
{
	const double p[] = {1};
	const struct localised of = {&cube, p};
	struct local_question q = {.start = true, .x = {9}, .y = {0.7, NAN}};
	struct local_answer a;

	(void)state;
	assert_int_equal(localise(&of, &q, &a), 0);
	assert_true(a.x0[0] == 0.7);
	q.y[0] = NAN;
	assert_int_equal(localise(&of, &q, &a), 0);
	assert_true(a.x0[0] == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_serve_as_well_as_the_model),
		cmocka_unit_test(a_fault_is_found),
		cmocka_unit_test(
			without_an_answer_it_learns_and_costs_the_sensor_nothing),
		cmocka_unit_test(who_cannot_compute_it_makes_it_bad_until_he_can),
		cmocka_unit_test(a_question_waits_for_the_inputs),
		cmocka_unit_test(a_gap_is_not_looked_across_for_long),
		cmocka_unit_test(what_was_saved_goes_on_where_it_stood),
		cmocka_unit_test(it_is_not_rolled_out),
		cmocka_unit_test(linear_model_comes_where_the_integration_came),
		cmocka_unit_test(a_parabola_is_followed_and_a_kink_is_not),
		cmocka_unit_test(one_side_does_where_the_other_is_no_number),
		cmocka_unit_test(a_start_is_the_models_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
