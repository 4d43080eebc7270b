/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/db.h"
#include "storage/history_impl.h"

int batch_first(struct history *h, int64_t after, int64_t none, int64_t *at)
{
	sqlite3_bind_int64(h->stmts[STMT_FIRST], 1, after);
	return db_int(h->stmts[STMT_FIRST], none, at);
}

int batch_slice(struct history *h, int64_t after, int64_t limit, int64_t *to)
{
	sqlite3_stmt *stmt = h->stmts[STMT_BATCHES];
	int64_t rows = 0;
	int rc = SQLITE_DONE;

	*to = after;
	db_bind(stmt, 2, (int64_t[]){after, limit});
	while (rows < SLICE_ROWS && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		*to = sqlite3_column_int64(stmt, 0);
		rows += sqlite3_column_int64(stmt, 1);
	}
	sqlite3_reset(stmt);
	if (rc == SQLITE_DONE) {
		*to = limit;
	}
	return db_errno(h->db, rc);
}

int batch_delete(struct history *h, int64_t to)
{
	/* The newest rows of tags may be among them. */
	int err = to > h->keys[STATE_LATEST] ? latest_save(h, true) : 0;

	if (!err) {
		sqlite3_bind_int64(h->stmts[STMT_DELETE], 1, to);
		err = db_run(h->stmts[STMT_DELETE]);
	}
	if (!err) {
		sqlite3_bind_int64(h->stmts[STMT_DELETE_BATCHES], 1, to);
		err = db_run(h->stmts[STMT_DELETE_BATCHES]);
	}
	return err;
}
