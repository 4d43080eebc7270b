/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/version.h"

#include <errno.h>

#include "storage/db.h"
#include "storage/history_impl.h"

/* A version that is in force takes the place of the one that was. */
static int set_force(struct history *h, const char *component, int64_t number)
{
	sqlite3_stmt *stmt = h->stmts[STMT_VERSION_FORCE];

	sqlite3_bind_int64(stmt, 1, number);
	db_bind_text(stmt, 2, component);
	return db_run(stmt);
}

int version_put(struct history *h, const struct version *v)
{
	sqlite3_stmt *stmt = h->stmts[STMT_VERSION];
	const char *component;
	int err = history_begin(h);

	if (err) {
		return err;
	}
	if (v->device >= h->cfg.n_devices || v->number < 0) {
		return -EINVAL;
	}
	component = h->cfg.devices[v->device].id;
	if (v->ts_us) {
		db_bind(stmt, 2, (int64_t[]){v->ts_us, v->number});
		db_bind_text(stmt, 3, component);
		db_bind_text(stmt, 4, v->details);
		sqlite3_bind_double(stmt, 5, v->train_error);
		sqlite3_bind_double(stmt, 6, v->held_out_error);
		err = db_run(stmt);
	}
	if (!err && v->accepted) {
		err = set_force(h, component, v->number);
	}
	return history_fail(h, err);
}
