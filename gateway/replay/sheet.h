/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A recording in CSV, row by row, from a file of any size or a pipe.  Cells are parted by
 * the one of `,` and `;` that the heading has (`;` where both), may be in double quotes,
 * and end with their line.  Blank lines and a byte order mark are passed over.
 */
#ifndef GATEWAY_REPLAY_SHEET_H
#define GATEWAY_REPLAY_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sheet;

/** A cell as it stands in the file, without blanks and quotes around it; not terminated.
 */
struct sheet_cell {
	const char *at;
	size_t n;
	bool quoted; /* quotes within are doubled */
};

enum { SHEET_COLUMNS_MAX = 65536, SHEET_LINE_MAX_BYTES = 16 << 20 };

/**
 * Read the heading.  fd is borrowed until sheet_close().
 * @return 0; -ENODATA: nothing there; -E2BIG: too many columns; else as sheet_next().
 *         *out is set whenever it could be, for sheet_why() and sheet_line()
 */
int sheet_open(struct sheet **out, int fd);
void sheet_close(struct sheet *s);

size_t sheet_columns(const struct sheet *s);
/** Heading of column i, unquoted. */
const char *sheet_heading(const struct sheet *s, size_t i);

/**
 * Which columns are numbers: those with one in the first 256 KiB, or with nothing but
 * empty cells and what stands for no number there.  Before the first sheet_next().
 * @param numeric  sheet_columns() of them
 */
int sheet_find_numbers(struct sheet *s, bool *numeric);

/**
 * The next row, as many cells as the heading has, valid until the next call.
 * @return 1; 0 at the end; -EBADMSG: not such a row, -EFBIG: a line too long (both said
 * by sheet_why()); -EIO and the like
 */
int sheet_next(struct sheet *s, const struct sheet_cell **cells);

/** Line of the last row, from 1. */
uint64_t sheet_line(const struct sheet *s);

/** What was wrong with it, for a person. */
const char *sheet_why(const struct sheet *s);

/** Does a cell say that there is no number: empty, NaN, NA, null, inf, in any case? */
bool sheet_is_missing(const struct sheet_cell *cell);

#endif
