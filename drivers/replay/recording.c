/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/replay/recording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "drivers/epoch.h"
#include "drivers/reading.h"

enum { ABSENT = -1, FIELDS_MAX = 4096 };

/* A line taken apart; its fields point into it. */
struct fields {
	char separator;
	size_t n, time; /* time: which of them it is */
	char *field[FIELDS_MAX];
};

/* Next field of a line, unquoted, blanks at its ends taken off; NULL after the last. */
static char *next_field(char **line, char separator)
{
	char *field = *line, *end;

	if (!field) {
		return NULL;
	}
	end = strchr(field, separator);
	*line = end ? end + 1 : NULL;
	if (!end) {
		end = field + strlen(field);
	}
	while (end > field && strchr(" \t\r\n\"", end[-1])) {
		end--;
	}
	*end = '\0';
	return field + strspn(field, " \t\"");
}

static bool is_time(const char *heading)
{
	return strcasecmp(heading, "time") == 0 || strcasecmp(heading, "datetime") == 0 ||
	       strcasecmp(heading, "ts") == 0;
}

/* @return -EFBIG: too many */
static int split(struct fields *f, char *line)
{
	f->n = 0;
	while (line && f->n < FIELDS_MAX) {
		f->field[f->n++] = next_field(&line, f->separator);
	}
	return line ? -EFBIG : 0;
}

static int read_header(struct recording *r, struct fields *f, char *line,
                       const char *const *columns)
{
	int err;

	f->separator = strchr(line, ';') ? ';' : ',';
	err = split(f, line);
	if (err) {
		return err;
	}
	f->time = f->n;
	for (size_t i = f->n; i-- > 0;) {
		f->time = is_time(f->field[i]) ? i : f->time;
	}
	for (size_t k = 0; k + 1 < r->n_columns; k++) {
		r->from[k] = ABSENT;
		for (size_t i = 0; i < f->n && r->from[k] == ABSENT; i++) {
			if (strcmp(f->field[i], columns[k]) == 0) {
				r->from[k] = (int)i;
			}
		}
	}
	return f->time < f->n ? 0 : -EBADMSG;
}

static double parse_number(const char *text)
{
	char *end;
	double x = strtod(text, &end);

	return end == text || *end || !isfinite(x) ? (double)NAN : x;
}

static int read_row(const struct recording *r, struct fields *f, char *line, double *row)
{
	size_t n = f->n;

	if (split(f, line) || f->n != n || epoch_parse(f->field[f->time], row)) {
		return -EBADMSG;
	}
	for (size_t k = 0; k + 1 < r->n_columns; k++) {
		row[k + 1] = r->from[k] == ABSENT ? (double)NAN
		                                  : parse_number(f->field[r->from[k]]);
	}
	return 0;
}

/* Room for one more row; doubles. */
static int make_room(struct recording *r, size_t *capacity)
{
	size_t wanted = *capacity ? 2 * *capacity : 1024;
	double *cells;

	if (r->n_rows < *capacity) {
		return 0;
	}
	if (wanted * r->n_columns > RECORDING_CELLS_MAX) {
		return -EFBIG;
	}
	cells = realloc(r->cells, wanted * r->n_columns * sizeof(*cells));
	if (!cells) {
		return -ENOMEM;
	}
	r->cells = cells;
	*capacity = wanted;
	return 0;
}

static int add_row(struct recording *r, struct fields *f, char *line, size_t *capacity)
{
	double *row;
	int err = make_room(r, capacity);

	if (err) {
		return err;
	}
	row = r->cells + r->n_rows * r->n_columns;
	err = read_row(r, f, line, row);
	if (err || (r->n_rows > 0 && !(row[0] > row[-(ptrdiff_t)r->n_columns]))) {
		return -EBADMSG;
	}
	r->n_rows++;
	return 0;
}

static bool is_blank(const char *line)
{
	return line[strspn(line, " \t\r\n")] == '\0';
}

static int read_lines(struct recording *r, FILE *file, struct fields *f, char *line)
{
	size_t capacity = 0, number = 1;
	int err = 0;

	while (!err && fgets(line, RECORDING_LINE_MAX, file)) {
		number++;
		if (!strchr(line, '\n') && !feof(file)) {
			err = -EFBIG;
		} else if (!is_blank(line)) {
			err = add_row(r, f, line, &capacity);
		}
	}
	if (!err && ferror(file)) {
		err = -EIO;
	}
	if (err) {
		r->bad_line = number;
	}
	return err;
}

int recording_read(struct recording *r, FILE *file, const char *const *columns, size_t n)
{
	struct fields *f = malloc(sizeof(*f));
	char *line = malloc(RECORDING_LINE_MAX);
	int err = -ENOMEM;

	*r = (struct recording){.n_columns = n + 1};
	r->from = calloc(n + 1, sizeof(*r->from));
	if (!f || !line || !r->from) {
		goto done;
	}
	err = -EBADMSG;
	r->bad_line = 1;
	if (!fgets(line, RECORDING_LINE_MAX, file)) {
		goto done;
	}
	if (strncmp(line, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
		memmove(line, line + 3, strlen(line + 3) + 1);
	}
	err = read_header(r, f, line, columns);
	if (err) {
		goto done;
	}
	r->bad_line = 0;
	err = read_lines(r, file, f, line);
	if (!err && r->n_rows == 0) {
		err = -ENODATA;
	}
	for (size_t i = r->n_rows; !err && i-- > 0;) {
		r->cells[i * r->n_columns] -= r->cells[0];
	}

done:
	free(line);
	free(f);
	return err;
}

bool recording_has(const struct recording *r, size_t column)
{
	return r->from && column + 1 < r->n_columns && r->from[column] != ABSENT;
}

void recording_fini(struct recording *r)
{
	free(r->cells);
	free(r->from);
	r->cells = NULL;
	r->from = NULL;
	r->n_rows = 0;
}

double recording_length_s(const struct recording *r)
{
	return r->n_rows > 0 ? r->cells[(r->n_rows - 1) * r->n_columns] : 0;
}

const double *recording_at(const struct recording *r, double t_s)
{
	size_t low = 0, high = r->n_rows;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->cells[middle * r->n_columns] <= t_s) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low > 0 ? r->cells + (low - 1) * r->n_columns + 1 : NULL;
}
