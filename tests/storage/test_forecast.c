/* SPDX-License-Identifier: Apache-2.0 */
#include "storage_test.h"

#include "storage/forecast.h"
#include "storage/writer.h"

static struct forecast minute_ahead(int64_t ts_us)
{
	return (struct forecast){.id = ts_us,
	                         .ts_us = ts_us,
	                         .device = 1,
	                         .tag = 0,
	                         .horizon_s = 60,
	                         .predicted = 12.5,
	                         .low = 12,
	                         .high = 13,
	                         .actual = NAN,
	                         .error = NAN,
	                         .persistence = NAN};
}

static sqlite3 *look(const struct plant *p)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(plant_path(p, "history.db"), &db,
	                                 SQLITE_OPEN_READONLY, NULL),
	                 SQLITE_OK);
	return db;
}

static double ask(const struct plant *p, const char *sql)
{
	sqlite3 *db = look(p);
	sqlite3_stmt *stmt;
	double answer;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	answer = sqlite3_column_type(stmt, 0) == SQLITE_NULL
	                 ? (double)NAN
	                 : sqlite3_column_double(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return answer;
}

static void outcome_takes_the_place_of_the_forecast(void **state)
{
	struct forecast f = minute_ahead(T0_US);
	struct plant p;

	(void)state;
	plant_init(&p);
	plant_open(&p);
	assert_int_equal(forecast_put(p.h, &f), 0);
	assert_int_equal(history_commit(p.h), 0);
	assert_true(isnan(ask(&p, "select actual from forecasts")));
	assert_true(ask(&p, "select high from forecasts where component = 'plc'"
	                    " and tag = 'pump/flow' and horizon_s = 60") == 13);
	f.actual = 12.25;
	f.error = -0.25;
	f.persistence = 1;
	assert_int_equal(forecast_put(p.h, &f), 0);
	assert_int_equal(history_commit(p.h), 0);
	assert_true(ask(&p, "select count(*) from forecasts") == 1);
	assert_true(ask(&p, "select error from forecasts") == -0.25);
	plant_close(&p);
	plant_fini(&p);
}

static void forecast_of_nobody_is_refused(void **state)
{
	struct forecast f = minute_ahead(T0_US);
	struct plant p;

	(void)state;
	plant_init(&p);
	plant_open(&p);
	f.tag = 99;
	assert_int_equal(forecast_put(p.h, &f), -EINVAL);
	f.tag = 0;
	f.device = 99;
	assert_int_equal(forecast_put(p.h, &f), -EINVAL);
	assert_int_equal(history_commit(p.h), 0);
	assert_true(ask(&p, "select count(*) from forecasts") == 0);
	plant_close(&p);
	plant_fini(&p);
}

static void writer_keeps_it(void **state)
{
	struct forecast f = minute_ahead(T0_US);
	const char *found;
	struct writer *w;
	struct plant p;

	(void)state;
	plant_init(&p);
	assert_int_equal(writer_start(&w, &p.cfg, NULL, 1 << 20, &found), 0);
	assert_int_equal(writer_forecast(w, &f), 0);
	f.id++;
	assert_int_equal(writer_forecast(w, &f), 0);
	writer_stop(w);
	assert_true(ask(&p, "select count(*) from forecasts") == 2);
	plant_fini(&p);
}

static void forecasts_go_with_the_rows_of_their_time(void **state)
{
	struct plant p;
	int more = 1;

	(void)state;
	plant_init(&p);
	p.cfg.keep_s = 3600;
	plant_open(&p);
	for (int64_t i = 0; i < 4 * 60; i++) {
		struct sample s = {.ts_us = T0_US + i * 60 * SECOND,
		                   .value = value_real(1),
		                   .est = {.predicted = NAN, .sigma = NAN}};
		struct forecast f = minute_ahead(s.ts_us);

		assert_int_equal(history_append(p.h, s.ts_us, &s, 1), 0);
		assert_int_equal(forecast_put(p.h, &f), 0);
	}
	assert_int_equal(history_commit(p.h), 0);
	for (int i = 0; i < 1000 && more > 0; i++) {
		more = history_upkeep(p.h, T0_US + 4 * 3600 * SECOND);
		assert_int_equal(history_commit(p.h), 0);
	}
	assert_int_equal(more, 0);
	assert_true(ask(&p, "select count(*) from forecasts") <= 125);
	assert_true(ask(&p, "select count(*) from forecasts") >= 58);
	plant_close(&p);
	plant_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcome_takes_the_place_of_the_forecast),
		cmocka_unit_test(forecast_of_nobody_is_refused),
		cmocka_unit_test(writer_keeps_it),
		cmocka_unit_test(forecasts_go_with_the_rows_of_their_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
