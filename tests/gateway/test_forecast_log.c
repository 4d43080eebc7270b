/* SPDX-License-Identifier: Apache-2.0 */
/* The forecast log of a tank whose pump and valve move, in scripted time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/forecast_log.h"
#include "storage/reader.h"
#include "tests/twin/machine.h"

enum { KEPT = 4000, HORIZONS = 4, PER_MINUTE = HORIZONS };

static const struct forecast_config usual = {{60, 300, 600, 1800}, HORIZONS, 60};

static const int64_t wall_us = INT64_C(1767312000000000);

struct bench {
	struct machine m;
	struct config config;
	struct sample now[TAGS];
	struct forecast_log *log;
	struct forecast put[KEPT];
	size_t n_put;
	uint64_t s;       /* seconds gone */
	uint32_t alarmed; /* a tag, or TAGS */
};

static struct sample latest(void *arg, uint32_t tag)
{
	struct bench *b = arg;

	return b->now[tag];
}

static bool alarmed(void *arg, uint32_t tag)
{
	const struct bench *b = arg;

	return tag == b->alarmed;
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

static struct forecast_parts parts_of(struct bench *b)
{
	return (struct forecast_parts){.config = &b->config,
	                               .twin = b->m.twin,
	                               .latest = latest,
	                               .alarmed = alarmed,
	                               .put = put,
	                               .arg = b};
}

static struct bench *setup(const struct forecast_config *asked)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct forecast_parts parts;

	assert_non_null(b);
	machine_new(&b->m, 5);
	assert_int_equal(twin_new(&b->m.twin, &b->m.cfg), 0);
	b->config = (struct config){.tags = machine_tags, .n_tags = TAGS};
	b->config.twin = b->m.cfg;
	b->config.forecasts = *asked;
	b->alarmed = TAGS;
	parts = parts_of(b);
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
	struct bench *b = setup(&usual);
	size_t made = 0, scored = 0;

	(void)state;
	run(b, 59);
	assert_int_equal(b->n_put, 0);
	run(b, 2);
	assert_int_equal(b->n_put, PER_MINUTE);
	for (size_t h = 0; h < HORIZONS; h++) {
		const struct forecast *f = &b->put[h];

		assert_true(f->horizon_s == usual.horizons_s[h]);
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
	struct bench *b = setup(&usual);
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
	struct bench *b = setup(&usual);
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
	struct bench *b = setup(&usual);

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

/* Every ten seconds, 20 s and 40 s ahead. */
static void horizons_are_those_asked_for(void **state)
{
	static const struct forecast_config asked = {{20, 40}, 2, 10};
	struct bench *b = setup(&asked);
	struct forecast_figures f;
	size_t scored = 0;

	(void)state;
	run(b, 161); /* the first after 40 s: it must have learnt */
	for (size_t i = 0; i < b->n_put; i++) {
		scored += isnan(b->put[i].actual) ? 0 : 1;
		assert_true(b->put[i].horizon_s == 20 || b->put[i].horizon_s == 40);
	}
	assert_int_equal(b->n_put - scored, 13 * 2);
	assert_int_equal(scored, 11 + 9);
	assert_true(forecast_log_figures(b->log, 1, &f) && f.horizon_s == 40);
	assert_int_equal(f.told.n, 9);
	assert_false(forecast_log_figures(b->log, 2, &f));
	teardown(b);
}

/* Made, or due: of the level, or of what flows in. */
static void alarms_are_kept_apart(void **state)
{
	static const uint32_t tags[] = {LEVEL, INFLOW};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		struct bench *b = setup(&usual);
		struct forecast_figures f;

		run(b, 130);
		b->alarmed = tags[i];
		run(b, 60); /* one is made, one comes due */
		b->alarmed = TAGS;
		run(b, 120);
		assert_true(forecast_log_figures(b->log, 0, &f));
		assert_int_equal(f.apart.n, 2);
		assert_int_equal(f.told.n, 2);
		assert_int_equal(f.model.n, 2);
		teardown(b);
	}
}

static void record_of_few_says_so(void **state)
{
	static const struct {
		struct record_score told;
		const char *want;
	} cases[] = {
		{{.n = 0, .skill = NAN}, "too few outcomes yet"},
		{{.n = 49, .skill = 0.5}, "too few outcomes yet"},
		{{.n = 50, .skill = 0.5}, "better than no change"},
		{{.n = 50, .skill = 0}, "no better than no change"},
		{{.n = 50, .skill = -2}, "no better than no change"},
		{{.n = 50, .skill = NAN}, "no better than no change"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_string_equal(forecast_log_verdict(&cases[i].told), cases[i].want);
	}
}

/* --- over a restart --- */

static const struct history_device devices[] = {{"plc", "modbus", ""}, {"tank", "", ""}};

/* What was put, as the gateway's writer keeps it; the process then dies. */
static void keep_in(const struct bench *b, const char *dir)
{
	static const struct tag_kind kind = {
		.unit = "", .type_name = "float64", .type = TYPE_FLOAT64};
	struct tag tags[TAGS];
	const struct history_config cfg = {.state_dir = dir,
	                                   .gateway_id = "cell7",
	                                   .commit_ms = 1000,
	                                   .devices = devices,
	                                   .n_devices = 2,
	                                   .tags = tags,
	                                   .n_tags = TAGS};
	const char *found;
	struct history *h;

	for (size_t i = 0; i < TAGS; i++) {
		tags[i] = machine_tags[i];
		tags[i].kind = &kind;
		tags[i].description = "";
	}
	assert_int_equal(history_open(&h, &cfg, &found), 0);
	for (size_t i = 0; i < b->n_put; i++) {
		assert_int_equal(forecast_put(h, &b->put[i]), 0);
	}
	assert_int_equal(history_commit(h), 0);
	history_close(h);
}

static void clean(const char *path)
{
	DIR *dir = opendir(path);
	char file[512];

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		unlink(file); /* fails on the folders . and .. alone */
	}
	closedir(dir);
	assert_int_equal(rmdir(path), 0);
}

static void record_outlives_the_process(void **state)
{
	struct bench *b = setup(&usual);
	char dir[] = "/tmp/pollux-forecast-XXXXXX", path[64];
	struct forecast_figures before[HORIZONS], after;
	struct forecast_parts parts = parts_of(b);
	struct reader *reader;

	(void)state;
	run(b, 400);
	b->alarmed = LEVEL;
	run(b, 60);
	b->alarmed = TAGS;
	run(b, 3700);
	for (size_t i = 0; i < HORIZONS; i++) {
		assert_true(forecast_log_figures(b->log, i, &before[i]));
	}
	assert_true(before[0].told.n > RECORD_ERRORS_MIN && before[0].apart.n == 2);
	assert_non_null(mkdtemp(dir));
	keep_in(b, dir);
	forecast_log_free(b->log);
	assert_int_equal(forecast_log_new(&b->log, &parts, (uint64_t)b->m.t_ns), 0);
	snprintf(path, sizeof(path), "%s/history.db", dir);
	assert_int_equal(reader_open(&reader, path), 0);
	assert_true(forecast_log_recall(b->log, reader) > 100);
	reader_close(reader);
	for (size_t i = 0; i < HORIZONS; i++) {
		assert_true(forecast_log_figures(b->log, i, &after));
		assert_int_equal(after.told.n, before[i].told.n);
		assert_int_equal(after.model.n, before[i].model.n);
		assert_int_equal(after.apart.n, before[i].apart.n);
		assert_true(after.told.rmse == before[i].told.rmse);
		assert_true(after.told.coverage == before[i].told.coverage);
		assert_true(after.model.rmse == before[i].model.rmse);
		assert_true(i > 1 || after.band == before[i].band);
	}
	clean(dir);
	teardown(b);
}

/* Of another horizon, another tag, another component: left alone. */
static void record_of_others_is_left(void **state)
{
	static const struct forecast_config other = {{120}, 1, 60};
	struct bench *b = setup(&usual);
	char dir[] = "/tmp/pollux-forecast-XXXXXX", path[64];
	struct forecast_parts parts = parts_of(b);
	struct forecast_figures f;
	struct reader *reader;

	(void)state;
	run(b, 400);
	assert_non_null(mkdtemp(dir));
	keep_in(b, dir);
	forecast_log_free(b->log);
	b->config.forecasts = other;
	assert_int_equal(forecast_log_new(&b->log, &parts, (uint64_t)b->m.t_ns), 0);
	snprintf(path, sizeof(path), "%s/history.db", dir);
	assert_int_equal(reader_open(&reader, path), 0);
	assert_true(forecast_log_recall(b->log, reader) >= 0);
	reader_close(reader);
	assert_true(forecast_log_figures(b->log, 0, &f));
	assert_int_equal(f.told.n, 0);
	clean(dir);
	teardown(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_minute_has_its_forecasts_and_their_outcomes),
		cmocka_unit_test(same_forecast_comes_again_under_its_id),
		cmocka_unit_test(band_is_of_what_was_told_and_skill_also_of_the_model),
		cmocka_unit_test(lost_sensor_has_no_outcome),
		cmocka_unit_test(horizons_are_those_asked_for),
		cmocka_unit_test(alarms_are_kept_apart),
		cmocka_unit_test(record_of_few_says_so),
		cmocka_unit_test(record_outlives_the_process),
		cmocka_unit_test(record_of_others_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
