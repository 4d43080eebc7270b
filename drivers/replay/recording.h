/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A recording: rows of a CSV file with a time column.  The separator is `,` or `;`; the
 * time column is called `time`, `datetime` or `ts`, and holds ISO 8601, `YYYY-MM-DD
 * HH:MM:SS` (both UTC where no zone is given) or epoch seconds.  Only wanted columns are
 * kept.
 */
#ifndef DRIVERS_REPLAY_RECORDING_H
#define DRIVERS_REPLAY_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	RECORDING_LINE_MAX = 65536,     /* bytes of a line */
	RECORDING_CELLS_MAX = 16777216, /* kept values, 128 MiB */
};

struct recording {
	double *cells; /* row-major: time in s since the first row, then the columns */
	size_t n_rows, n_columns; /* columns: the time too */
	int *from;       /* the field of each kept column, -1 where the file has none */
	size_t bad_line; /* where reading failed; 0: in none */
};

/**
 * Read a whole file.  Blocks: for a worker thread.
 *
 * @param columns  headings of the columns to keep, in the order to keep them
 * @return 0; -EBADMSG: no header, no time column, a row that is none, times that run
 *         backwards (bad_line says where); -ENOENT: a column is missing; -EFBIG;
 * -ENODATA: no rows; -ENOMEM.  End with recording_fini() in any case.  Cells that are
 * empty or no number are NAN
 */
int recording_read(struct recording *r, FILE *file, const char *const *columns, size_t n);
void recording_fini(struct recording *r);

/** Has the file the column, counted as in recording_read()? */
bool recording_has(const struct recording *r, size_t column);

/** The row in force at t_s: the last one not later.  @return its cells without the time,
 * or NULL before the first and where there are none */
const double *recording_at(const struct recording *r, double t_s);

/** Time of the last row, s after the first. */
double recording_length_s(const struct recording *r);

#endif
