/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/csv_table.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "drivers/text.h"

struct reader {
	struct arena *arena;
	struct complaints *said;
	const char *p, *end;
	struct place at; /* of p */
	char separator;
	struct csv_cell cells[CSV_COLUMNS_MAX]; /* of the row being read */
	size_t n;
};

static int refuse(struct reader *r, struct place at, const char *why)
{
	complaint_error(r->said, at, "%s", why);
	return -EINVAL;
}

/* Step over one byte; a column is a character. */
static void step(struct reader *r)
{
	if (*r->p == '\n') {
		r->at.line++;
		r->at.column = 1;
	} else if (((unsigned char)*r->p & 0xc0) != 0x80) {
		r->at.column++;
	}
	r->p++;
}

static bool at_end_of_line(const struct reader *r)
{
	return r->p == r->end || *r->p == '\n' || (*r->p == '\r' && r->p[1] == '\n');
}

static void skip_line(struct reader *r)
{
	while (r->p < r->end && *r->p != '\n') {
		step(r);
	}
	if (r->p < r->end) {
		step(r);
	}
}

static void skip_space(struct reader *r)
{
	while (r->p < r->end &&
	       (*r->p == ' ' || (*r->p == '\t' && r->separator != '\t'))) {
		step(r);
	}
}

/* The text between quotes into buf; r is behind the opening one. */
static int read_quoted(struct reader *r, char *buf, size_t *n)
{
	struct place began = r->at;

	while (r->p < r->end) {
		if (*r->p == '"') {
			step(r);
			if (r->p == r->end || *r->p != '"') {
				return 0;
			}
		}
		if (*n == CSV_CELL_MAX_BYTES) {
			return refuse(r, began, "a cell of more than 4000 bytes");
		}
		buf[(*n)++] = *r->p;
		step(r);
	}
	began.column--;
	return refuse(r, began, "a quote that is not closed");
}

static int read_plain(struct reader *r, char *buf, size_t *n)
{
	struct place began = r->at;

	while (!at_end_of_line(r) && *r->p != r->separator) {
		if (*n == CSV_CELL_MAX_BYTES) {
			return refuse(r, began, "a cell of more than 4000 bytes");
		}
		buf[(*n)++] = *r->p;
		step(r);
	}
	return 0;
}

/* Cut space off both ends of buf; returns its start. */
static char *trim(char *buf, size_t *n)
{
	while (*n && strchr(" \t\r\n", buf[*n - 1])) {
		--*n;
	}
	while (*n && strchr(" \t\r\n", *buf)) {
		buf++;
		--*n;
	}
	return buf;
}

static int read_cell(struct reader *r)
{
	char buf[CSV_CELL_MAX_BYTES], *text;
	struct csv_cell *cell = &r->cells[r->n];
	size_t n = 0;
	int err;

	skip_space(r);
	if (r->n == CSV_COLUMNS_MAX) {
		return refuse(r, r->at, "more than 256 columns");
	}
	cell->at = r->at;
	if (r->p < r->end && *r->p == '"') {
		step(r);
		err = read_quoted(r, buf, &n);
		skip_space(r);
		if (!err && !at_end_of_line(r) && *r->p != r->separator) {
			err = refuse(r, r->at, "text behind the closing quote of a cell");
		}
	} else {
		err = read_plain(r, buf, &n);
	}
	if (err) {
		return err;
	}
	text = trim(buf, &n);
	cell->text = arena_text(r->arena, text, n);
	if (!cell->text) {
		return -ENOMEM;
	}
	if (strlen(cell->text) != n || !text_is_valid(cell->text)) {
		return refuse(r, cell->at,
		              "not UTF-8: save the table with that encoding");
	}
	r->n++;
	return 0;
}

/* A line, perhaps several where quotes hold line ends. */
static int read_row(struct reader *r)
{
	int err;

	r->n = 0;
	for (;;) {
		err = read_cell(r);
		if (err || at_end_of_line(r)) {
			break;
		}
		step(r); /* the separator */
	}
	skip_line(r);
	return err;
}

static bool is_empty(const struct reader *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (*r->cells[i].text) {
			return false;
		}
	}
	return true;
}

/* The separator that the line has most of, outside quotes. */
static char guess_separator(const struct reader *r)
{
	static const char candidates[] = ",;\t";
	size_t counts[3] = {0}, best = 0;
	bool quoted = false;

	for (const char *p = r->p; p < r->end && (quoted || *p != '\n'); p++) {
		const char *found = *p ? strchr(candidates, *p) : NULL;

		quoted = *p == '"' ? !quoted : quoted;
		if (found && !quoted) {
			counts[found - candidates]++;
		}
	}
	for (size_t i = 1; i < 3; i++) {
		best = counts[i] > counts[best] ? i : best;
	}
	return candidates[best];
}

/* Up to the heading. */
static void skip_front(struct reader *r)
{
	if (r->end - r->p >= 3 && memcmp(r->p, "\xef\xbb\xbf", 3) == 0) {
		r->p += 3;
	}
	if (r->end - r->p >= 4 && strncasecmp(r->p, "sep=", 4) == 0) {
		skip_line(r);
	}
	while (r->p < r->end && (*r->p == '#' || at_end_of_line(r))) {
		skip_line(r);
	}
}

static int keep_row(struct reader *r, struct csv_row *row)
{
	struct csv_cell *cells = arena_scratch(r->arena, r->n, sizeof(*cells));

	if (!cells) {
		return -ENOMEM;
	}
	memcpy(cells, r->cells, r->n * sizeof(*cells));
	*row = (struct csv_row){cells, r->n};
	return 0;
}

/* An upper bound of the rows. */
static size_t count_lines(const struct reader *r)
{
	size_t n = 1;

	for (const char *p = r->p; p < r->end; p++) {
		n += *p == '\n';
	}
	return n < CSV_ROWS_MAX ? n : CSV_ROWS_MAX;
}

int csv_table_read(struct csv_table *out, struct arena *arena, struct complaints *said,
                   uint32_t source)
{
	struct reader *r = arena_scratch(arena, 1, sizeof(*r));
	struct csv_row *rows;
	size_t room, n;
	int err = 0;

	if (!r) {
		return -ENOMEM;
	}
	*r = (struct reader){.arena = arena, .said = said, .at = {source, 1, 1}};
	r->p = complaint_source_text(said, source, &n);
	r->end = r->p + n;
	*out = (struct csv_table){0};
	skip_front(r);
	if (r->p == r->end) {
		return refuse(r, (struct place){source, 1, 1}, "the table is empty");
	}
	r->separator = out->separator = guess_separator(r);
	room = count_lines(r);
	out->rows = rows = arena_scratch(arena, room, sizeof(*rows));
	while (rows && !err && r->p < r->end) {
		err = read_row(r);
		if (!err && !is_empty(r)) {
			err = out->n == room ? refuse(r, r->at, "more than 65536 rows")
			                     : keep_row(r, &rows[out->n++]);
		}
	}
	return rows ? err : -ENOMEM;
}
