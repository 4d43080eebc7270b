/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "machine.h"

static void begin(struct machine *m, uint64_t seed)
{
	machine_new(m, seed);
	assert_int_equal(twin_new(&m->twin, &m->cfg), 0);
}

static void step(struct machine *m)
{
	machine_run(m);
	machine_merge(m);
}

static void learn(struct machine *m)
{
	for (int i = 0; i < MACHINE_LEARN; i++) {
		step(m);
		for (size_t tag = 0; tag < SWITCH; tag++) {
			assert_int_equal(m->e[tag].state, STATE_LEARNING);
			assert_true(isnan(m->e[tag].predicted) && isnan(m->e[tag].score));
		}
	}
}

/* The bar of the demonstration: 40 s to learn, nothing in three minutes while the pump,
 * the valve and the heater switch, and a leak within 30 s. */
static void a_controlled_machine_raises_nothing_until_it_leaks(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct machine m;
		int rows = 0;

		begin(&m, seed * 31);
		learn(&m);
		for (int i = 0; i < 1800; i++) {
			step(&m);
			for (size_t tag = 0; tag < SWITCH; tag++) {
				if (m.e[tag].state != STATE_HEALTHY || m.e[tag].drift) {
					fail_msg("seed %d row %d: %s is %s, score %g",
					         (int)seed, i, machine_tags[tag].name,
					         tag_state_name(m.e[tag].state),
					         m.e[tag].score);
				}
			}
		}
		m.tank.leak = 0.15;
		while (!m.e[LEVEL].drift && rows < 300) {
			step(&m);
			rows++;
		}
		assert_true(m.e[LEVEL].drift && m.e[LEVEL].score >= 1);
		twin_free(m.twin);
	}
}

static void a_tag_of_a_model_shows_the_models_prior(void **state)
{
	struct machine m;
	double sum = 0, sum2 = 0;

	(void)state;
	begin(&m, 5);
	learn(&m);
	for (int i = 0; i < 500; i++) {
		double nu;

		step(&m);
		nu = (m.r[LEVEL].value.real - m.e[LEVEL].predicted) / m.e[LEVEL].sigma;
		sum += nu;
		sum2 += nu * nu;
		assert_true(fabs(m.e[LEVEL].estimate - m.tank.level * 1e3) < 3);
	}
	assert_true(fabs(sum / 500) < 0.5 && sum2 / 500 > 0.7 && sum2 / 500 < 1.4);
	assert_true(fabs(m.e[LEVEL].sigma - 2) < 0.4); /* mm */
	twin_free(m.twin);
}

static void virtual_sensors_and_health_come_with_their_component(void **state)
{
	struct reading r[4], again[4];
	struct estimate e[4], e_again[4];
	struct machine m;

	(void)state;
	begin(&m, 6);
	learn(&m);
	step(&m);
	assert_int_equal(twin_virtual(m.twin, r, e, 4), 2);
	assert_int_equal(r[0].tag, OUTFLOW);
	assert_int_equal(e[0].source, SOURCE_PREDICTED);
	assert_int_equal(e[0].quality, QUALITY_UNCERTAIN);
	assert_true(fabs(r[0].value.real - m.tank.valve * tank_outlet * 1e3 *
	                                           sqrt(2 * 9.80665 * m.tank.level)) <
	            0.05);
	assert_true(e[0].sigma > 0 && e[0].sigma < 0.1);
	assert_int_equal(r[1].tag, HEALTH);
	assert_int_equal(e[1].quality, QUALITY_GOOD);
	assert_int_equal(e[1].state, STATE_HEALTHY);
	assert_true(e[1].score > 0 && e[1].score < 1);
	assert_int_equal(twin_virtual(m.twin, again, e_again, 4), 2);
	assert_true(again[1].value.real == r[1].value.real);
	assert_int_equal(twin_virtual(m.twin, again, e_again, 1), 1);
	/* a batch that does not touch it */
	m.t_ns += MACHINE_STEP_NS;
	twin_merge(m.twin, m.t_ns, &m.r[TEMPERATURE], 1, m.e);
	assert_int_equal(twin_virtual(m.twin, r, e, 4), 0);
	twin_free(m.twin);
}

static void a_lost_sensor_is_predicted_up_to_max_age_then_held(void **state)
{
	struct machine m;
	double sigma = 0;

	(void)state;
	begin(&m, 7);
	learn(&m);
	for (int i = 1; i <= 310; i++) {
		machine_run(&m);
		machine_lose(&m, LEVEL);
		machine_merge(&m);
		assert_int_equal(m.e[LEVEL].state, STATE_BAD);
		if (i <= 300) {
			assert_int_equal(m.e[LEVEL].source, SOURCE_PREDICTED);
			assert_int_equal(m.e[LEVEL].quality, QUALITY_UNCERTAIN);
			assert_true(m.e[LEVEL].sigma > sigma);
			assert_true(m.e[LEVEL].estimate == m.e[LEVEL].predicted);
			sigma = m.e[LEVEL].sigma;
		} else {
			assert_int_equal(m.e[LEVEL].source, SOURCE_HELD);
			assert_int_equal(m.e[LEVEL].quality, QUALITY_BAD);
			assert_true(isnan(m.e[LEVEL].predicted));
		}
	}
	twin_free(m.twin);
}

static void a_mismatch_is_explained(void **state)
{
	struct explanation why;
	struct machine m;
	struct reading r[4];
	struct estimate e[4];

	(void)state;
	begin(&m, 8);
	learn(&m);
	m.tank.leak = 0.5;
	for (int i = 0; i < 300 && m.e[LEVEL].state != STATE_MISMATCH; i++) {
		step(&m);
	}
	assert_int_equal(m.e[LEVEL].state, STATE_MISMATCH);
	assert_true(m.e[LEVEL].score > 1 && m.e[LEVEL].drift);
	assert_int_equal(twin_virtual(m.twin, r, e, 4), 2);
	assert_int_equal(e[0].state, STATE_MISMATCH);
	assert_int_equal(e[1].state, STATE_MISMATCH);
	twin_explain(m.twin, LEVEL, &why);
	assert_string_equal(why.method, "nis");
	assert_int_equal(why.n_blamed, 1);
	assert_int_equal(why.blamed[0], LEVEL);
	assert_true(why.share[0] == 1);
	assert_true(why.threshold > 2 * m.e[LEVEL].sigma);
	assert_true(why.rate < 0);
	twin_explain(m.twin, HEALTH, &why);
	assert_string_equal(why.method, "nis");
	assert_int_equal(why.blamed[0], LEVEL);
	twin_free(m.twin);
}

static void a_model_that_does_not_fit_is_said_once(void **state)
{
	(void)state;
	for (int wrong = 0; wrong < 2; wrong++) {
		struct machine m;
		int said = 0;

		machine_new(&m, 6);
		m.component.parameters[1] *= wrong ? 1.2 : 1;
		assert_int_equal(twin_new(&m.twin, &m.cfg), 0);
		for (int i = 0; i < MACHINE_LEARN + 200; i++) {
			struct remark remarks[8];
			size_t n;

			step(&m);
			n = twin_remarks(m.twin, remarks, ARRAY_SIZE(remarks));
			for (size_t k = 0; k < n; k++) {
				if (remarks[k].kind == REMARK_MISFIT) {
					assert_int_equal(remarks[k].device, 1);
					assert_true(remarks[k].after > 1);
					said++;
				}
			}
		}
		assert_int_equal(said, wrong);
		twin_free(m.twin);
	}
}

/* The temperature is a second sensor of the level, in m. */
static void of_two_sensors_the_lying_one_is_blamed(void **state)
{
	struct explanation why;
	struct machine m;

	(void)state;
	machine_new(&m, 4);
	m.component.outputs[2] = (struct binding){0, TEMPERATURE, 1, 0};
	m.component.n_outputs = 3;
	m.component.noise[2] = NAN;
	assert_int_equal(twin_new(&m.twin, &m.cfg), 0);
	for (int i = 0; i < MACHINE_LEARN + 210; i++) {
		double wrong = i < MACHINE_LEARN + 200 ? 0 : 0.03;

		machine_run(&m);
		m.r[TEMPERATURE].value = value_real(tank_plant_level(&m.tank) + wrong);
		machine_merge(&m);
	}
	assert_int_equal(m.e[LEVEL].state, STATE_MISMATCH);
	assert_int_equal(m.e[TEMPERATURE].state, STATE_MISMATCH);
	for (uint32_t k = 0; k < 3; k++) {
		const uint32_t asked[] = {LEVEL, TEMPERATURE, HEALTH};

		twin_explain(m.twin, asked[k], &why);
		assert_true(why.lies);
		assert_int_equal(why.n_blamed, 1);
		assert_int_equal(why.blamed[0], TEMPERATURE);
	}
	twin_free(m.twin);
}

static void a_tag_without_a_model_is_explained_by_its_test(void **state)
{
	struct explanation why;
	struct machine m;

	(void)state;
	begin(&m, 9);
	twin_explain(m.twin, TEMPERATURE, &why);
	assert_int_equal(why.n_blamed, 0);
	learn(&m);
	step(&m);
	machine_run(&m);
	m.r[TEMPERATURE].value = value_real(900);
	machine_merge(&m);
	assert_int_equal(m.e[TEMPERATURE].state, STATE_SPIKE);
	twin_explain(m.twin, TEMPERATURE, &why);
	assert_string_equal(why.method, "gate");
	assert_true(why.threshold > 0 && why.threshold < 400);
	for (int i = 0; i < 100; i++) {
		machine_run(&m);
		m.r[TEMPERATURE].value = value_real(60);
		machine_merge(&m);
	}
	assert_int_equal(m.e[TEMPERATURE].state, STATE_DRIFT);
	twin_explain(m.twin, TEMPERATURE, &why);
	assert_string_equal(why.method, "ewma");
	assert_int_equal(why.blamed[0], TEMPERATURE);
	twin_explain(m.twin, SWITCH, &why);
	assert_int_equal(why.n_blamed, 0);
	twin_explain(m.twin, 12345, &why);
	assert_int_equal(why.n_blamed, 0);
	twin_free(m.twin);
}

static void readings_that_are_not_good_change_nothing(void **state)
{
	static const struct {
		const char *name;
		struct reading r;
		enum tag_state state;
		enum quality quality;
		enum source source;
	} cases[] = {
		{"bad", {.quality = QUALITY_BAD}, STATE_BAD, QUALITY_BAD, SOURCE_HELD},
		{"stale",
	         {.quality = QUALITY_STALE},
	         STATE_STALE,
	         QUALITY_STALE,
	         SOURCE_HELD},
		{"no number",
	         {.value = {.kind = VALUE_REAL, .real = NAN}},
	         STATE_BAD,
	         QUALITY_BAD,
	         SOURCE_HELD},
		{"infinite",
	         {.value = {.kind = VALUE_REAL, .real = -INFINITY}},
	         STATE_BAD,
	         QUALITY_BAD,
	         SOURCE_HELD},
		{"nothing",
	         {.value = {.kind = VALUE_NONE}},
	         STATE_BAD,
	         QUALITY_BAD,
	         SOURCE_HELD},
		{"uncertain",
	         {.quality = QUALITY_UNCERTAIN,
	          .value = {.kind = VALUE_REAL, .real = 1e9}},
	         STATE_HEALTHY,
	         QUALITY_UNCERTAIN,
	         SOURCE_MEASURED},
	};
	struct machine m;
	struct estimate before;

	(void)state;
	begin(&m, 10);
	learn(&m);
	step(&m);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reading r = cases[i].r;
		struct estimate e;

		r.tag = TEMPERATURE;
		m.t_ns += MACHINE_STEP_NS;
		twin_merge(m.twin, m.t_ns, &r, 1, &e);
		if (e.state != cases[i].state || e.quality != cases[i].quality ||
		    e.source != cases[i].source || !isnan(e.score)) {
			fail_msg("%s: %s, %s, %s", cases[i].name, tag_state_name(e.state),
			         quality_name(e.quality), source_name(e.source));
		}
		assert_true(i == 0 ||
		            (e.predicted == before.predicted && e.sigma == before.sigma));
		before = e;
	}
	twin_free(m.twin);
}

static void a_late_stamp_is_counted_and_not_taken(void **state)
{
	struct twin_counts counts;
	struct machine m;
	struct estimate e;

	(void)state;
	begin(&m, 11);
	learn(&m);
	step(&m);
	twin_count(m.twin, &counts);
	assert_int_equal(counts.late, 0);
	m.r[TEMPERATURE].value = value_real(1e6);
	twin_merge(m.twin, m.t_ns, &m.r[TEMPERATURE], 1, &e);
	assert_int_equal(e.state, STATE_HEALTHY);
	assert_true(isnan(e.score));
	twin_merge(m.twin, m.t_ns - 5, &m.r[TEMPERATURE], 1, &e);
	twin_count(m.twin, &counts);
	assert_int_equal(counts.late, 2);
	twin_free(m.twin);
}

static void what_is_not_monitored_has_no_prediction(void **state)
{
	const bool monitored[TAGS] = {[LEVEL] = true, [INFLOW] = true, [SWITCH] = true};
	struct machine m;

	(void)state;
	machine_new(&m, 12);
	m.cfg.monitored = monitored;
	assert_int_equal(twin_new(&m.twin, &m.cfg), 0);
	for (int i = 0; i < 3 * MACHINE_LEARN; i++) {
		step(&m);
	}
	for (uint32_t tag = VALVE; tag < FIELD_TAGS; tag++) {
		assert_int_equal(m.e[tag].state, STATE_HEALTHY);
		assert_true(isnan(m.e[tag].predicted) && isnan(m.e[tag].score));
		assert_true(isnan(twin_progress(m.twin, tag)));
	}
	assert_true(isfinite(m.e[LEVEL].predicted) && isfinite(m.e[INFLOW].score));
	assert_true(isnan(twin_progress(m.twin, OUTFLOW)));
	assert_true(twin_progress(m.twin, HEALTH) == 1);
	twin_free(m.twin);
}

static void progress_goes_from_nothing_to_all(void **state)
{
	struct machine m;
	double last[SWITCH] = {0};

	(void)state;
	begin(&m, 13);
	for (int i = 0; i < MACHINE_LEARN; i++) {
		step(&m);
		for (uint32_t tag = 0; tag < SWITCH; tag++) {
			double now = twin_progress(m.twin, tag);

			assert_true(now >= last[tag] && now <= 1);
			last[tag] = now;
		}
	}
	assert_true(last[LEVEL] == 1 && last[TEMPERATURE] == 1);
	twin_free(m.twin);
}

static void tags_wait_their_turn_where_memory_is_short(void **state)
{
	struct tag tags[3] = {{.kind = &(const struct tag_kind){.analog = true}},
	                      {.kind = &(const struct tag_kind){.analog = true}},
	                      {.kind = &(const struct tag_kind){.analog = true}}};
	struct twin_config cfg = {.tags = tags,
	                          .n_tags = 3,
	                          .n_field_tags = 3,
	                          .learn = 200,
	                          .false_alarm = 1e-4,
	                          .learn_bytes = 1};
	uint64_t seed = 1;
	struct twin *twin;
	int judged[3] = {0};

	(void)state;
	assert_int_equal(twin_new(&twin, &cfg), 0);
	for (int i = 0; i < 700; i++) {
		struct reading r[3];
		struct estimate e[3];

		for (uint32_t tag = 0; tag < 3; tag++) {
			r[tag] = (struct reading){
				.tag = tag, .value = value_real(noise_normal(&seed))};
		}
		twin_merge(twin, i * (int64_t)MACHINE_STEP_NS, r, 3, e);
		for (size_t tag = 0; tag < 3; tag++) {
			judged[tag] += e[tag].state != STATE_LEARNING;
		}
	}
	assert_int_equal(judged[0], 500);
	assert_in_range(judged[1], 299, 301);
	assert_in_range(judged[2], 99, 102);
	twin_free(twin);
}

static void the_same_input_gives_the_same_answer(void **state)
{
	struct machine a, b;

	(void)state;
	begin(&a, 14);
	begin(&b, 14);
	for (int i = 0; i < 1000; i++) {
		step(&a);
		step(&b);
		for (size_t tag = 0; tag < FIELD_TAGS; tag++) {
			assert_int_equal(a.e[tag].state, b.e[tag].state);
			assert_memory_equal(&a.e[tag].score, &b.e[tag].score,
			                    sizeof(double));
			assert_memory_equal(&a.e[tag].predicted, &b.e[tag].predicted,
			                    sizeof(double));
		}
	}
	twin_free(a.twin);
	twin_free(b.twin);
}

/* A test of its own where one is chosen, for a tag with a model and one without. */
static void a_tag_has_the_test_chosen_for_it(void **state)
{
	const struct sequence_config cusum = sequence_usual(SEQUENCE_CUSUM);
	const struct sequence_config adwin = sequence_usual(SEQUENCE_ADWIN);
	const struct sequence_config *const tests[FIELD_TAGS] = {
		[LEVEL] = &cusum, [INFLOW] = &adwin, [SWITCH] = &cusum};
	struct explanation why;
	struct tag_test test;
	struct machine m;
	int rows = 0;

	(void)state;
	machine_new(&m, 16);
	m.cfg.tests = tests;
	assert_int_equal(twin_new(&m.twin, &m.cfg), 0);
	assert_true(twin_test(m.twin, LEVEL, &test) && isnan(test.correlation));
	learn(&m);
	assert_true(twin_test(m.twin, LEVEL, &test));
	assert_ptr_equal(test.cfg, &cusum);
	assert_true(fabs(test.correlation) < 0.5);
	assert_true(twin_test(m.twin, INFLOW, &test) && test.cfg == &adwin);
	assert_false(twin_test(m.twin, TEMPERATURE, &test));
	assert_false(twin_test(m.twin, SWITCH, &test)); /* no number */
	assert_false(twin_test(m.twin, OUTFLOW, &test));
	m.tank.leak = 0.15;
	while (!m.e[LEVEL].drift && rows++ < 300) {
		step(&m);
	}
	assert_int_equal(m.e[LEVEL].state, STATE_DRIFT);
	twin_explain(m.twin, LEVEL, &why);
	assert_string_equal(why.method, "cusum");
	assert_true(why.threshold > 0 && why.threshold < 3); /* 0.5 sigma, in mm */
	twin_free(m.twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_controlled_machine_raises_nothing_until_it_leaks),
		cmocka_unit_test(a_tag_of_a_model_shows_the_models_prior),
		cmocka_unit_test(virtual_sensors_and_health_come_with_their_component),
		cmocka_unit_test(a_lost_sensor_is_predicted_up_to_max_age_then_held),
		cmocka_unit_test(a_mismatch_is_explained),
		cmocka_unit_test(a_model_that_does_not_fit_is_said_once),
		cmocka_unit_test(of_two_sensors_the_lying_one_is_blamed),
		cmocka_unit_test(a_tag_without_a_model_is_explained_by_its_test),
		cmocka_unit_test(readings_that_are_not_good_change_nothing),
		cmocka_unit_test(a_late_stamp_is_counted_and_not_taken),
		cmocka_unit_test(what_is_not_monitored_has_no_prediction),
		cmocka_unit_test(progress_goes_from_nothing_to_all),
		cmocka_unit_test(tags_wait_their_turn_where_memory_is_short),
		cmocka_unit_test(a_tag_has_the_test_chosen_for_it),
		cmocka_unit_test(the_same_input_gives_the_same_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
