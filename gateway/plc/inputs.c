/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plc/inputs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 4096 };

struct column {
	char *name;
	struct program_variable variable;
};

struct row {
	int64_t at_ns;
	unsigned line;
	char *text;   /* cells, each with a NUL behind */
	char **cells; /* of each column; "" where empty */
};

struct inputs {
	char *path;
	struct program *program;
	FILE *complaints;
	struct column *columns; /* without time_ms */
	size_t n_columns;
	struct row *rows;
	size_t n_rows, room, next;
};

/* One cell, unquoted in place.  @return its text, *line behind it; NULL: no more */
static char *next_cell(char **line)
{
	char *in = *line;
	char *out = in, *start = in;

	if (!in) {
		return NULL;
	}
	if (*in == '"') {
		for (in++; *in && (*in != '"' || in[1] == '"'); in++) {
			in += *in == '"' ? 1 : 0;
			*out++ = *in;
		}
		in += *in == '"' ? 1 : 0;
		in += strcspn(in, ",");
	} else {
		size_t n = strcspn(in, ",");

		out += n;
		in += n;
	}
	*line = *in == ',' ? in + 1 : NULL;
	*out = '\0';
	return start;
}

static int say(const struct inputs *in, unsigned line, const char *what, const char *name)
{
	fprintf(in->complaints, "%s:%u: error: %s%s%s%s\n", in->path, line, what,
	        name ? " '" : "", name ? name : "", name ? "'" : "");
	return -EINVAL;
}

static int find_column(const struct inputs *in, struct column *c, const struct program *p)
{
	int err = program_find(p, c->name, &c->variable);

	if (err) {
		return say(in, 1,
		           err == -EEXIST   ? "several variables are called"
		           : err == -ERANGE ? "outside of its array or area:"
		                            : "no variable is called",
		           c->name);
	}
	return 0;
}

static int add_column(struct inputs *in, const char *name)
{
	struct column *c = &in->columns[in->n_columns];

	c->name = strdup(name);
	if (!c->name) {
		return -ENOMEM;
	}
	in->n_columns++;
	return find_column(in, c, in->program);
}

int inputs_find(struct inputs *in, const struct program *p)
{
	int err = 0;

	for (size_t i = 0; i < in->n_columns; i++) {
		int wrong = find_column(in, &in->columns[i], p);

		err = err ? err : wrong;
	}
	return err;
}

static int read_heading(struct inputs *in, char *line)
{
	char *cell = next_cell(&line);
	int err = 0;

	if (!cell || strcmp(cell, "time_ms") != 0) {
		return say(in, 1, "the first column is to be called time_ms", NULL);
	}
	in->columns = calloc(COLUMNS_MAX, sizeof(*in->columns));
	if (!in->columns) {
		return -ENOMEM;
	}
	while ((cell = next_cell(&line))) {
		int wrong = in->n_columns < COLUMNS_MAX
		                    ? add_column(in, cell)
		                    : say(in, 1, "too many columns", NULL);

		err = err ? err : wrong;
	}
	return err;
}

/* "20" or "0.5" ms. */
static int read_time(const char *text, int64_t *ns)
{
	char *end;
	double ms = strtod(text, &end);

	if (end == text || *end || !(ms >= 0 && ms < 9e12)) {
		return -EINVAL;
	}
	*ns = (int64_t)(ms * 1e6 + 0.5);
	return 0;
}

static int fill_row(struct inputs *in, struct row *r)
{
	char *rest = r->text;
	char *cell = next_cell(&rest);
	size_t k = 0;

	if (read_time(cell, &r->at_ns) != 0) {
		return say(in, r->line, "no time in ms:", cell);
	}
	if (in->n_rows > 0 && r->at_ns < in->rows[in->n_rows - 1].at_ns) {
		return say(in, r->line, "earlier than the row before:", cell);
	}
	while ((cell = next_cell(&rest))) {
		if (k == in->n_columns) {
			return say(in, r->line, "more cells than the heading has", NULL);
		}
		r->cells[k++] = cell;
	}
	return 0;
}

static int add_row(struct inputs *in, const char *line, unsigned number)
{
	struct row r = {.line = number};
	int err = -ENOMEM;

	if (in->n_rows == in->room) {
		size_t room = in->room ? 2 * in->room : 64;
		struct row *rows = realloc(in->rows, room * sizeof(*rows));

		if (!rows) {
			return -ENOMEM;
		}
		in->rows = rows;
		in->room = room;
	}
	r.text = strdup(line);
	r.cells = calloc(in->n_columns + 1, sizeof(*r.cells));
	if (r.text && r.cells) {
		err = fill_row(in, &r);
	}
	if (err) {
		free(r.text);
		free(r.cells);
		return err;
	}
	in->rows[in->n_rows++] = r;
	return 0;
}

static int read_lines(struct inputs *in, FILE *f)
{
	char *line = NULL;
	size_t room = 0;
	unsigned number = 0;
	int err = 0;

	while (getline(&line, &room, f) >= 0 && err != -ENOMEM) {
		char *text = line;
		int wrong;

		line[strcspn(line, "\r\n")] = '\0';
		number++;
		if (number == 1 && strncmp(text, "\xef\xbb\xbf", 3) == 0) {
			text += 3;
		}
		if (number > 1 && *text == '\0') {
			continue;
		}
		wrong = number == 1 ? read_heading(in, text) : add_row(in, text, number);
		err = err ? err : wrong;
	}
	free(line);
	return number == 0 ? say(in, 1, "the file is empty", NULL) : err;
}

int inputs_open(struct inputs **out, const char *path, struct program *p,
                FILE *complaints)
{
	struct inputs *in = calloc(1, sizeof(*in));
	FILE *f;
	int err;

	if (!in) {
		return -ENOMEM;
	}
	in->program = p;
	in->complaints = complaints;
	in->path = strdup(path);
	f = fopen(path, "re");
	err = !in->path ? -ENOMEM : f ? read_lines(in, f) : -errno;
	if (!f) {
		fprintf(complaints, "%s: %s\n", path, strerror(-err));
	} else {
		fclose(f);
	}
	if (err) {
		inputs_close(in);
		return err;
	}
	*out = in;
	return 0;
}

void inputs_close(struct inputs *in)
{
	if (!in) {
		return;
	}
	for (size_t i = 0; i < in->n_columns; i++) {
		free(in->columns[i].name);
	}
	for (size_t i = 0; i < in->n_rows; i++) {
		free(in->rows[i].text);
		free(in->rows[i].cells);
	}
	free(in->columns);
	free(in->rows);
	free(in->path);
	free(in);
}

static int apply_row(const struct inputs *in, const struct row *r)
{
	int err = 0;

	for (size_t k = 0; k < in->n_columns; k++) {
		const char *cell = r->cells[k];

		if (!cell || *cell == '\0') {
			continue;
		}
		if (program_write(in->program, &in->columns[k].variable, cell) != 0) {
			fprintf(in->complaints, "%s:%u: error: '%s' is no value of %s\n",
			        in->path, r->line, cell, in->columns[k].name);
			err = -EINVAL;
		}
	}
	return err;
}

int inputs_apply(struct inputs *in, int64_t now_ns)
{
	int err = 0;

	while (in->next < in->n_rows && in->rows[in->next].at_ns <= now_ns) {
		int wrong = apply_row(in, &in->rows[in->next++]);

		err = err ? err : wrong;
	}
	return err;
}

int64_t inputs_end(const struct inputs *in)
{
	return in->n_rows > 0 ? in->rows[in->n_rows - 1].at_ns : -1;
}
