/* SPDX-License-Identifier: Apache-2.0 */
/** A CSV file as rows of cells that know where they stand.  Pure. */
#ifndef GATEWAY_CONFIG_CSV_TABLE_H
#define GATEWAY_CONFIG_CSV_TABLE_H

#include <stddef.h>

#include "gateway/config/arena.h"
#include "gateway/config/complaint.h"

enum {
	CSV_ROWS_MAX = 65536,
	CSV_COLUMNS_MAX = 256,
	CSV_CELL_MAX_BYTES = 4000,
};

/** Without the quotes and without space around it. */
struct csv_cell {
	const char *text; /* NUL-terminated UTF-8 */
	struct place at;
};

struct csv_row {
	const struct csv_cell *cells;
	size_t n;
};

/** A plain value in an arena; the first row is the heading. */
struct csv_table {
	const struct csv_row *rows;
	size_t n;
	char separator;
};

/**
 * Read a source (complaint_source()).  The separator is the one of `,` `;` and tab that
 * the heading has most of; cells may be in double quotes, a quote in them doubled, lines
 * end with LF or CRLF.  Empty lines, comments (#) before the heading, a byte order mark
 * and a line `sep=;` are passed over.
 *
 * @return 0; -EINVAL: no table (said says why); -ENOMEM
 */
int csv_table_read(struct csv_table *out, struct arena *arena, struct complaints *said,
                   uint32_t source);

#endif
