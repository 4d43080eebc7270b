/* SPDX-License-Identifier: Apache-2.0 */
/* The forecast log of a tank whose pump and valve move, in scripted time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "gateway/forecast_log.h"
#include "tests/twin/machine.h"

enum { KEPT = 2000, PER_MINUTE = FORECAST_HORIZONS };

static const int64_t wall_us = INT64_C(1767312000000000);

struct bench {
	struct machine m;
	struct config config;
	struct sample now[TAGS];
	struct forecast_log *log;
	struct forecast put[KEPT];
	size_t n_put;
	uint64_t s; /* seconds gone */
};

static struct sample latest(void *arg, uint32_t tag)
{
	struct bench *b = arg;

	return b->now[tag];
}

static void put(void *arg, const struct forecast *f)
{
	struct bench *b = arg;

	assert_true(b->n_put < KEPT);
	b->put[b->n_put++] = *f;
}

/* The machine for so many seconds, and a tick after each. */
static void run(struct bench *b, int seconds)
{
	for (int i = 0; i < seconds; i++, b->s++) {
		for (int k = 0; k < 10; k++) {
			machine_run(&b->m);
			machine_merge(&b->m);
		}
		b->now[LEVEL] = (struct sample){
			.ts_us = wall_us + (int64_t)b->s * 1000000,
			.tag = LEVEL,
			.value = b->m.r[LEVEL].value,
			.est = b->m.e[LEVEL],
		};
		forecast_log_tick(b->log, (uint64_t)b->m.t_ns,
		                  wall_us + (int64_t)b->s * 1000000);
	}
}

static struct bench *setup(void)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct forecast_parts parts;

	assert_non_null(b);
	machine_new(&b->m, 5);
	assert_int_equal(twin_new(&b->m.twin, &b->m.cfg), 0);
	b->config = (struct config){.tags = machine_tags, .n_tags = TAGS};
	b->config.twin = b->m.cfg;
	parts = (struct forecast_parts){.config = &b->config,
	                                .twin = b->m.twin,
	                                .latest = latest,
	                                .put = put,
	                                .arg = b};
	assert_int_equal(forecast_log_new(&b->log, &parts, 0), 0);
	return b;
}

static void teardown(struct bench *b)
{
	forecast_log_free(b->log);
	twin_free(b->m.twin);
	free(b);
}

static void each_minute_has_its_forecasts_and_their_outcomes(void **state)
{
	struct bench *b = setup();
	size_t made = 0, scored = 0;

	(void)state;
	run(b, 59);
	assert_int_equal(b->n_put, 0);
	run(b, 2);
	assert_int_equal(b->n_put, PER_MINUTE);
	for (size_t h = 0; h < FORECAST_HORIZONS; h++) {
		const struct forecast *f = &b->put[h];

		assert_true(f->horizon_s == forecast_log_horizons_s[h]);
		assert_true(f->tag == LEVEL && f->device == 1 && isnan(f->actual));
		assert_true(f->low < f->predicted && f->predicted < f->high);
		assert_true(f->id >= f->ts_us && f->id < f->ts_us + 1000000);
	}
	run(b, 600);
	for (size_t i = 0; i < b->n_put; i++) {
		const struct forecast *f = &b->put[i];

		made += isnan(f->actual) ? 1 : 0;
		scored += isnan(f->actual) ? 0 : 1;
		if (!isnan(f->actual)) {
			assert_true(fabs(f->error - (f->actual - f->predicted)) < 1e-9);
			assert_true(isfinite(f->persistence));
		}
	}
	assert_int_equal(made, 11 * PER_MINUTE);
	assert_int_equal(scored, 10 + 6 + 1);
	teardown(b);
}

static void same_forecast_comes_again_under_its_id(void **state)
{
	struct bench *b = setup();
	size_t pairs = 0;

	(void)state;
	run(b, 400);
	for (size_t i = 0; i < b->n_put; i++) {
		for (size_t k = 0; k < i; k++) {
			if (b->put[k].id == b->put[i].id) {
				pairs++;
				assert_true(b->put[k].predicted == b->put[i].predicted);
				assert_true(b->put[k].low == b->put[i].low);
				assert_true(isnan(b->put[k].actual));
			}
		}
	}
	assert_int_equal(pairs, 5 + 1);
	teardown(b);
}

/* Pump and valve move, so what holds them is worth little: the band knows.  The tank's
 * model knows them: with the real inputs it beats persistence. */
static void band_is_of_what_was_told_and_skill_also_of_the_model(void **state)
{
	struct bench *b = setup();
	struct forecast_figures f;

	(void)state;
	run(b, 3 * 3600);
	assert_true(forecast_log_figures(b->log, 0, &f));
	assert_true(f.horizon_s == 60 && f.tag == LEVEL && f.told.n >= 100);
	assert_true(f.model.n == f.told.n && f.model.skill > 0.5);
	assert_true(f.model.rmse < f.told.rmse);
	/* Half of that was before there was a record. */
	assert_true(f.band > f.told.rmse && f.told.coverage >= 0.6);
	assert_true(f.told.skill < 0 && isnan(b->put[b->n_put - 1].low));
	assert_true(forecast_log_figures(b->log, 3, &f) && f.horizon_s == 1800);
	assert_true(f.told.n >= 80);
	assert_false(forecast_log_figures(b->log, 4, &f));
	teardown(b);
}

static void lost_sensor_has_no_outcome(void **state)
{
	struct bench *b = setup();

	(void)state;
	run(b, 61);
	assert_int_equal(b->n_put, PER_MINUTE);
	for (int i = 0; i < 100; i++) {
		machine_run(&b->m);
		b->s++;
		b->now[LEVEL].est.quality = QUALITY_STALE;
		forecast_log_tick(b->log, (uint64_t)b->m.t_ns + (uint64_t)i * 1000000000,
		                  wall_us + (int64_t)b->s * 1000000);
	}
	for (size_t i = 0; i < b->n_put; i++) {
		assert_true(isnan(b->put[i].actual));
	}
	teardown(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_minute_has_its_forecasts_and_their_outcomes),
		cmocka_unit_test(same_forecast_comes_again_under_its_id),
		cmocka_unit_test(band_is_of_what_was_told_and_skill_also_of_the_model),
		cmocka_unit_test(lost_sensor_has_no_outcome),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
