/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/replay/sheet.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "drivers/reading.h"
#include "gateway/replay/decimal.h"

enum { BUFFER_BYTES = 1 << 20, PEEK_BYTES = 256 << 10 };

struct sheet {
	int fd;
	char *buf;
	size_t size, from, to; /* what is still to be taken: buf[from] to buf[to] */
	bool ended;            /* nothing more to be read into buf */
	char separator;
	struct sheet_cell *cells; /* of the row, and room for one more */
	char **headings;
	size_t columns;
	uint64_t line;
	char why[128];
};

static int fail(struct sheet *s, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct sheet *s, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->why, sizeof(s->why), format, args);
	va_end(args);
	return err;
}

/* Read until the buffer is full or the file ends. */
static int fill(struct sheet *s)
{
	while (!s->ended && s->to < s->size) {
		ssize_t n = read(s->fd, s->buf + s->to, s->size - s->to);

		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		s->ended = n == 0;
		s->to += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* More behind what is there, which moves to the front. */
static int refill(struct sheet *s)
{
	char *larger;

	memmove(s->buf, s->buf + s->from, s->to - s->from);
	s->to -= s->from;
	s->from = 0;
	if (s->to == s->size) {
		if (s->size >= SHEET_LINE_MAX_BYTES) {
			return fail(s, -EFBIG, "longer than %d MiB",
			            SHEET_LINE_MAX_BYTES >> 20);
		}
		larger = realloc(s->buf, 2 * s->size);
		if (!larger) {
			return -ENOMEM;
		}
		s->buf = larger;
		s->size *= 2;
	}
	return fill(s);
}

/* The next line, its end at *end; 0 at the end of the file. */
static int next_line(struct sheet *s, char **line, char **end)
{
	char *newline;
	int err;

	while (!(newline = memchr(s->buf + s->from, '\n', s->to - s->from)) &&
	       !s->ended) {
		err = refill(s);
		if (err) {
			s->line++;
			return err;
		}
	}
	if (!newline && s->from == s->to) {
		return 0;
	}
	*line = s->buf + s->from;
	*end = newline ? newline : s->buf + s->to;
	s->from = (size_t)(*end - s->buf) + (newline != NULL);
	s->line++;
	return 1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The end of a quoted cell that begins at p, or NULL where its quote does not end. */
static char *take_quoted(struct sheet_cell *cell, char *p, const char *end)
{
	cell->at = ++p;
	cell->quoted = true;
	while (p < end && (*p != '"' || (p + 1 < end && p[1] == '"'))) {
		p += *p == '"' ? 2 : 1;
	}
	if (p >= end) {
		return NULL;
	}
	cell->n = (size_t)(p - cell->at);
	for (p++; p < end && is_blank(*p);) {
		p++;
	}
	return p;
}

static char *take_plain(struct sheet_cell *cell, char *p, const char *end, char separator)
{
	char *last;

	cell->at = p;
	cell->quoted = false;
	while (p < end && *p != separator) {
		p++;
	}
	for (last = p; last > cell->at && is_blank(last[-1]);) {
		last--;
	}
	cell->n = (size_t)(last - cell->at);
	return p;
}

/* Take a line apart into at most s->columns cells.  @return their number, -EBADMSG */
static int split(struct sheet *s, char *p, const char *end)
{
	size_t n = 0;

	for (;; p++) {
		struct sheet_cell *cell = &s->cells[n++];

		while (p < end && is_blank(*p)) {
			p++;
		}
		p = p < end && *p == '"' ? take_quoted(cell, p, end)
		                         : take_plain(cell, p, end, s->separator);
		if (!p) {
			return fail(s, -EBADMSG, "a quote that does not end");
		}
		if (p == end) {
			return (int)n;
		}
		if (*p != s->separator) {
			return fail(s, -EBADMSG, "something behind a quote");
		}
		if (n > s->columns) {
			return fail(s, -EBADMSG, "more than the %zu cells of the heading",
			            s->columns);
		}
	}
}

int sheet_next(struct sheet *s, const struct sheet_cell **cells)
{
	char *line = NULL, *end = NULL;
	int n = next_line(s, &line, &end);

	*cells = s->cells;
	while (n > 0) {
		while (end > line && is_blank(end[-1])) {
			end--;
		}
		if (line < end) {
			break;
		}
		n = next_line(s, &line, &end);
	}
	if (n <= 0) {
		return n;
	}
	n = split(s, line, end);
	if (n >= 0 && (size_t)n != s->columns) {
		return fail(s, -EBADMSG, "%d cells, not %zu as in the heading", n,
		            s->columns);
	}
	return n < 0 ? n : 1;
}

static char *heading(const struct sheet_cell *cell)
{
	char *text = calloc(1, cell->n + 1), *to = text;

	for (size_t i = 0; text && i < cell->n; i++) {
		*to++ = cell->at[i];
		i += cell->quoted && cell->at[i] == '"';
	}
	return text;
}

/* Outside of quotes: the separators of a heading. */
static size_t count(const char *p, const char *end, char separator)
{
	bool quoted = false;
	size_t n = 0;

	for (; p < end; p++) {
		quoted ^= *p == '"';
		n += *p == separator && !quoted;
	}
	return n;
}

static int read_heading(struct sheet *s)
{
	char *line = NULL, *end = NULL;
	int n = next_line(s, &line, &end);

	if (n <= 0) {
		return n < 0 ? n : fail(s, -ENODATA, "nothing there, not even a heading");
	}
	if (end - line >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
		line += 3;
	}
	while (end > line && is_blank(end[-1])) {
		end--;
	}
	s->separator = count(line, end, ';') ? ';' : ',';
	s->columns = count(line, end, s->separator) + 1;
	if (s->columns > SHEET_COLUMNS_MAX) {
		return fail(s, -E2BIG, "more than %d columns", SHEET_COLUMNS_MAX);
	}
	s->cells = calloc(s->columns + 1, sizeof(*s->cells));
	s->headings = calloc(s->columns, sizeof(char *));
	if (!s->cells || !s->headings) {
		return -ENOMEM;
	}
	n = split(s, line, end);
	if (n >= 0 && (size_t)n != s->columns) {
		return fail(s, -EBADMSG, "quotes in the middle of a cell");
	}
	for (int i = 0; i < n; i++) {
		s->headings[i] = heading(&s->cells[i]);
		n = s->headings[i] ? n : -ENOMEM;
	}
	return n < 0 ? n : 0;
}

int sheet_open(struct sheet **out, int fd)
{
	struct sheet *s = calloc(1, sizeof(*s));
	int err;

	*out = s;
	if (!s) {
		return -ENOMEM;
	}
	s->fd = fd;
	s->size = BUFFER_BYTES;
	s->buf = malloc(s->size);
	if (!s->buf) {
		return -ENOMEM;
	}
	err = fill(s);
	return err ? err : read_heading(s);
}

void sheet_close(struct sheet *s)
{
	if (!s) {
		return;
	}
	for (size_t i = 0; s->headings && i < s->columns; i++) {
		free(s->headings[i]);
	}
	free(s->headings);
	free(s->cells);
	free(s->buf);
	free(s);
}

size_t sheet_columns(const struct sheet *s)
{
	return s->columns;
}

const char *sheet_heading(const struct sheet *s, size_t i)
{
	return s->headings[i];
}

uint64_t sheet_line(const struct sheet *s)
{
	return s->line;
}

const char *sheet_why(const struct sheet *s)
{
	return s->why;
}

bool sheet_is_missing(const struct sheet_cell *cell)
{
	static const char *const words[] = {"",     "nan",      "na",   "n/a",
	                                    "null", "none",     "inf",  "-",
	                                    "-nan", "infinity", "-inf", "+inf"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (cell->n == strlen(words[i]) &&
		    strncasecmp(cell->at, words[i], cell->n) == 0) {
			return true;
		}
	}
	return false;
}

/* The whole lines at the front of the buffer; at least one, however long it is. */
int sheet_find_numbers(struct sheet *s, bool *numeric)
{
	size_t from = s->from, peek = from + PEEK_BYTES;
	bool *number = calloc(s->columns, sizeof(*number));
	uint64_t line = s->line;
	const struct sheet_cell *cells;
	double x;

	if (!number) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < s->columns; i++) {
		numeric[i] = true; /* until a text, unless there is a number too */
	}
	while (s->from < peek && memchr(s->buf + s->from, '\n', s->to - s->from)) {
		if (sheet_next(s, &cells) <= 0) {
			continue; /* said when its turn comes */
		}
		for (size_t i = 0; i < s->columns; i++) {
			if (decimal_parse(cells[i].at, cells[i].n, &x)) {
				number[i] = true;
			} else if (!sheet_is_missing(&cells[i])) {
				numeric[i] = false;
			}
		}
	}
	for (size_t i = 0; i < s->columns; i++) {
		numeric[i] |= number[i];
	}
	s->from = from;
	s->line = line;
	free(number);
	return 0;
}
