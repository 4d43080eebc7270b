/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/forecast.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "storage/db.h"
#include "storage/history_impl.h"
#include "storage/reader_impl.h"

enum { NAME_BYTES = 2 * 64 + 2 };

int forecast_put(struct history *h, const struct forecast *f)
{
	const double numbers[] = {f->horizon_s,   f->predicted, f->low,
	                          f->high,        f->actual,    f->error,
	                          f->persistence, f->half,      f->model_error};
	sqlite3_stmt *stmt = h->stmts[STMT_FORECAST];
	char name[NAME_BYTES];
	int err = history_begin(h);

	if (err) {
		return err;
	}
	if (f->device >= h->cfg.n_devices || f->tag >= h->cfg.n_tags) {
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "%s/%s", h->cfg.tags[f->tag].device,
	         h->cfg.tags[f->tag].name);
	db_bind(stmt, 2, (int64_t[]){f->id, f->ts_us});
	db_bind_text(stmt, 3, h->cfg.devices[f->device].id);
	db_bind_text(stmt, 4, name);
	for (int i = 0; i < (int)ARRAY_SIZE(numbers); i++) {
		sqlite3_bind_double(stmt, 5 + i, numbers[i]);
	}
	sqlite3_bind_int(stmt, 5 + (int)ARRAY_SIZE(numbers), f->in_alarm);
	return history_fail(h, db_run(stmt));
}

static double number_at(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL
	               ? (double)NAN
	               : sqlite3_column_double(stmt, column);
}

static struct forecast outcome(sqlite3_stmt *stmt)
{
	return (struct forecast){.id = sqlite3_column_int64(stmt, 0),
	                         .ts_us = sqlite3_column_int64(stmt, 1),
	                         .device = EVENT_NOBODY,
	                         .tag = EVENT_NOBODY,
	                         .horizon_s = number_at(stmt, 4),
	                         .predicted = number_at(stmt, 5),
	                         .low = NAN,
	                         .high = NAN,
	                         .actual = number_at(stmt, 6),
	                         .error = number_at(stmt, 7),
	                         .persistence = number_at(stmt, 8),
	                         .half = number_at(stmt, 9),
	                         .model_error = number_at(stmt, 10),
	                         .in_alarm = sqlite3_column_int64(stmt, 11) != 0};
}

int forecast_outcomes(struct reader *r, size_t max,
                      void (*row)(void *arg, const struct forecast *f,
                                  const char *component, const char *tag),
                      void *arg)
{
	sqlite3 *db = reader_begin(r);
	int given = 0, rc = SQLITE_DONE;
	sqlite3_stmt *stmt;
	int err = db_prepare(
		db, &stmt,
		"select id, ts, component, tag, horizon_s, predicted, actual, error,"
		" persistence, half, model_error, in_alarm from forecast where id >="
		" (select min(id) from (select id from forecast order by id desc limit"
		" ?)) and actual is not null order by id");

	if (err) {
		return err;
	}
	db_bind(stmt, 1, (int64_t[]){(int64_t)max});
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *component = (const char *)sqlite3_column_text(stmt, 2);
		const char *tag = (const char *)sqlite3_column_text(stmt, 3);
		const struct forecast f = outcome(stmt);

		row(arg, &f, component ? component : "", tag ? tag : "");
		given++;
	}
	err = db_errno(db, rc);
	sqlite3_finalize(stmt);
	return err ? err : given;
}
