/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/forecast.h"

#include <errno.h>
#include <stdio.h>

#include "storage/db.h"
#include "storage/history_impl.h"

enum { NAME_BYTES = 2 * 64 + 2 };

int forecast_put(struct history *h, const struct forecast *f)
{
	const double numbers[] = {f->horizon_s, f->predicted, f->low,        f->high,
	                          f->actual,    f->error,     f->persistence};
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
	return history_fail(h, db_run(stmt));
}
