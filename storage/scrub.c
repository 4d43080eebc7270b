/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/db.h"
#include "storage/history_impl.h"

/* The outbox is read through once after each start, slice by slice, because a damaged
 * page would else be met by whoever wants to send it, and by nobody who can help. */
int scrub_slice(struct history *h)
{
	sqlite3_stmt *stmt = h->stmts[STMT_SCAN];
	size_t rows = 0;
	int rc = SQLITE_DONE;

	if (h->scrubbed >= h->scrub_to) {
		return 0;
	}
	db_bind(stmt, 2, (int64_t[]){h->scrubbed, h->scrub_to});
	while (rows < SLICE_ROWS && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		h->scrubbed = sqlite3_column_int64(stmt, 0);
		rows++;
	}
	sqlite3_reset(stmt);
	if (rc == SQLITE_DONE) {
		h->scrubbed = h->scrub_to;
	}
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 1 : db_errno(h->db, rc);
}
