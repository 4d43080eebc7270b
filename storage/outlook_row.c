/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/outlook_row.h"

#include <errno.h>
#include <math.h>

#include "storage/db.h"
#include "storage/history_impl.h"
#include "storage/reader_impl.h"

static const char *const outcomes[] = {
	[OUTLOOK_TOLD] = "",
	[OUTLOOK_REACHED] = "reached",
	[OUTLOOK_REPAIRED] = "repaired",
};

/* What was told of it and is still open has come true, or was spared. */
static int close_rows(struct history *h, const struct outlook_row *row)
{
	sqlite3_stmt *stmt = h->stmts[STMT_OUTLOOK_END];

	sqlite3_bind_int64(stmt, 1, row->ts_us);
	db_bind_text(stmt, 2, outcomes[row->kind]);
	db_bind_text(stmt, 3, h->cfg.tags[row->tag].device);
	db_bind_text(stmt, 4, h->cfg.tags[row->tag].name);
	db_bind_text(stmt, 5, row->name);
	sqlite3_bind_double(stmt, 6, row->learnt ? (double)NAN : row->limit);
	return db_run(stmt);
}

int outlook_row_put(struct history *h, const struct outlook_row *row)
{
	const double numbers[] = {row->limit, row->p10_s, row->p50_s,
	                          isinf(row->p90_s) ? (double)NAN : row->p90_s};
	sqlite3_stmt *stmt = h->stmts[STMT_OUTLOOK];
	int err = history_begin(h);

	if (err) {
		return err;
	}
	if (row->device >= h->cfg.n_devices || row->tag >= h->cfg.n_tags) {
		return -EINVAL;
	}
	if (row->kind != OUTLOOK_TOLD) {
		err = close_rows(h, row);
	}
	if (!err) {
		db_bind(stmt, 2, (int64_t[]){row->id, row->ts_us});
		db_bind_text(stmt, 3, h->cfg.tags[row->tag].device);
		db_bind_text(stmt, 4, h->cfg.tags[row->tag].name);
		db_bind_text(stmt, 5, row->name);
		for (int i = 0; i < (int)ARRAY_SIZE(numbers); i++) {
			sqlite3_bind_double(stmt, 6 + i, numbers[i]);
		}
		sqlite3_bind_null(stmt, 10);
		if (row->first_us) {
			sqlite3_bind_int64(stmt, 10, row->first_us);
		}
		db_bind_text(stmt, 11, row->why);
		db_bind_text(stmt, 12, outcomes[row->kind]);
		err = db_run(stmt);
	}
	return history_fail(h, err);
}

int outlook_row_last(struct reader *r, const struct tag *tag, const char *name,
                     double limit, struct outlook_last *out)
{
	sqlite3 *db = reader_begin(r);
	sqlite3_stmt *stmt;
	int rc, err = db_prepare(
			db, &stmt,
			"select coalesce(max(ended) filter (where outcome = 'repaired'), "
			"0),"
			" coalesce(max(ended) filter (where outcome = 'reached'), 0),"
			" coalesce(max(first) filter (where ended is null), 0)"
			" from outlook where device = ?1 and tag = ?2 and name = ?3"
			" and (?4 is null or bound = ?4)");

	if (err) {
		return err;
	}
	db_bind_text(stmt, 1, tag->device);
	db_bind_text(stmt, 2, tag->name);
	db_bind_text(stmt, 3, name);
	sqlite3_bind_double(stmt, 4, limit);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*out = (struct outlook_last){
			.repaired_us = sqlite3_column_int64(stmt, 0),
			.reached_us = sqlite3_column_int64(stmt, 1),
			.first_us = sqlite3_column_int64(stmt, 2),
		};
		rc = SQLITE_DONE;
	}
	err = db_errno(db, rc);
	sqlite3_finalize(stmt);
	return err;
}

int outlook_row_told(struct reader *r, const struct tag *tag, struct outlook_told *out)
{
	sqlite3 *db = reader_begin(r);
	sqlite3_stmt *stmt;
	int rc, err = db_prepare(
			db, &stmt,
			"select coalesce(min(ts + p10 * 1e6), 0),"
			" coalesce(min(ts + p50 * 1e6), 0) from outlook"
			" where ended is null and p10 is not null and id in (select "
			"max(id)"
			" from outlook where device = ?1 and tag = ?2 group by name)");

	if (err) {
		return err;
	}
	db_bind_text(stmt, 1, tag->device);
	db_bind_text(stmt, 2, tag->name);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*out = (struct outlook_told){sqlite3_column_int64(stmt, 0),
		                             sqlite3_column_int64(stmt, 1)};
		rc = SQLITE_DONE;
	}
	err = db_errno(db, rc);
	sqlite3_finalize(stmt);
	return err;
}
