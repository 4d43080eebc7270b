/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/life_file.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

enum {
	UNIT,
	AGE,
	SENSORS = 5, /* after three settings */
	COLUMNS_MAX = 256,
};

struct parse {
	struct life_file *out;
	const char *path;
	FILE *complaints;
	size_t line, rows, capacity;
	size_t columns; /* 0: no row yet */
	double cell[COLUMNS_MAX];
	bool is_number; /* the line's first cell */
};

__attribute__((format(printf, 2, 3))) static int complain(const struct parse *p,
                                                          const char *format, ...)
{
	va_list args;

	fprintf(p->complaints, "%s:%zu: error: ", p->path, p->line);
	va_start(args, format);
	vfprintf(p->complaints, format, args);
	va_end(args);
	fputc('\n', p->complaints);
	return -EBADMSG;
}

static bool is_comma(char c)
{
	return c == ',' || c == ';';
}

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

/* One cell; NULL where it is no number.  A comma behind it is taken with it, and quotes
 * around it. */
static const char *parse_cell(const char *s, double *x)
{
	bool quoted = *s == '"';
	char *end;

	s += quoted;
	if (!quoted && (!*s || is_comma(*s))) {
		*x = NAN;
		return *s ? s + 1 : s;
	}
	*x = strtod(s, &end);
	if (end == s && quoted && *s == '"') {
		*x = NAN; /* "" */
	} else if (end == s) {
		return NULL;
	}
	if (quoted && *end++ != '"') {
		return NULL;
	}
	if (*end && !is_comma(*end) && !strchr(" \t\r\n", *end)) {
		return NULL;
	}
	s = skip_blanks(end);
	return is_comma(*s) ? s + 1 : s;
}

/* @return number of cells; 0: an empty line, or one that begins with a word */
static size_t parse_cells(struct parse *p, const char *s, int *err)
{
	size_t n = 0;
	bool comma = false;

	for (s = skip_blanks(s); *s || comma; s = skip_blanks(s)) {
		const char *start = s;

		if (n == COLUMNS_MAX) {
			*err = complain(p, "more than %d columns", COLUMNS_MAX);
			return 0;
		}
		s = parse_cell(s, &p->cell[n]);
		if (!s) {
			*err = complain(p, "column %zu: '%.*s' is no number", n + 1,
			                (int)strcspn(start, " \t\r\n,;"), start);
			return 0;
		}
		comma = s > start && is_comma(s[-1]);
		n++;
	}
	return n;
}

static int grow(struct parse *p)
{
	struct life_file *f = p->out;
	size_t n = p->capacity ? 2 * p->capacity : 1024;
	int64_t *unit = reallocarray(f->unit, n, sizeof(*unit));
	double *age, *sensors;

	f->unit = unit ? unit : f->unit;
	age = reallocarray(f->age, n, sizeof(*age));
	f->age = age ? age : f->age;
	sensors = reallocarray(f->sensors, n * (p->columns - SENSORS), sizeof(*sensors));
	f->sensors = sensors ? sensors : f->sensors;
	if (!unit || !age || !sensors) {
		return -ENOMEM;
	}
	p->capacity = n;
	return 0;
}

static bool is_whole(double x)
{
	return x >= 0 && x <= 1e15 && x == floor(x);
}

/* Is the machine's number new, or the last row's? */
static bool has_come_back(const struct parse *p, int64_t unit)
{
	const int64_t *units = p->out->unit;

	for (size_t i = p->rows; i > 0 && units[p->rows - 1] != unit; i--) {
		if (units[i - 1] == unit) {
			return true;
		}
	}
	return false;
}

static int check(const struct parse *p, size_t n)
{
	const struct life_file *f = p->out;
	double unit = p->cell[UNIT], age = p->cell[AGE];

	if (n <= SENSORS) {
		return complain(p,
		                "%zu columns; wanted are machine, cycle, 3 settings, "
		                "sensors",
		                n);
	}
	if (p->columns && n != p->columns) {
		return complain(p, "%zu columns, not %zu as above", n, p->columns);
	}
	if (!is_whole(unit) || !is_whole(age)) {
		return complain(p, "machine and cycle are whole numbers");
	}
	if (p->rows && (int64_t)unit == f->unit[p->rows - 1] &&
	    age <= f->age[p->rows - 1]) {
		return complain(p, "cycle %.0f is not beyond the last, %.0f", age,
		                f->age[p->rows - 1]);
	}
	if (has_come_back(p, (int64_t)unit)) {
		return complain(p, "machine %.0f comes again", unit);
	}
	return 0;
}

static int add_row(struct parse *p, size_t n)
{
	struct life_file *f = p->out;
	int err = check(p, n);

	if (err) {
		return err;
	}
	p->columns = n;
	if (p->rows == p->capacity) {
		err = grow(p);
		if (err) {
			return err;
		}
	}
	f->unit[p->rows] = (int64_t)p->cell[UNIT];
	f->age[p->rows] = p->cell[AGE];
	memcpy(f->sensors + p->rows * (n - SENSORS), p->cell + SENSORS,
	       (n - SENSORS) * sizeof(*f->sensors));
	p->rows++;
	return 0;
}

static bool is_heading(const struct parse *p, const char *text)
{
	char *end;

	text += *text == '"';
	strtod(text, &end);
	return p->rows == 0 && end == text;
}

static int parse_file(struct parse *p, FILE *in)
{
	char *text = NULL;
	size_t size = 0;
	int err = 0;

	while (!err && getline(&text, &size, in) > 0) {
		const char *row = text;
		size_t n;

		if (p->line++ == 0 && strncmp(text, BYTE_ORDER_MARK, 3) == 0) {
			row += 3;
		}
		if (is_heading(p, row)) {
			continue;
		}
		n = parse_cells(p, row, &err);
		if (n && !err) {
			err = add_row(p, n);
		}
	}
	free(text);
	if (!err && ferror(in)) {
		err = -EIO;
	}
	return err ? err : p->rows ? 0 : complain(p, "no rows");
}

int life_file_read(struct life_file *f, const char *path, FILE *complaints)
{
	struct parse p = {.out = f, .path = path, .complaints = complaints};
	FILE *in = fopen(path, "re");
	int err;

	*f = (struct life_file){.unit = NULL};
	if (!in) {
		return -errno;
	}
	err = parse_file(&p, in);
	fclose(in);
	if (err) {
		life_file_fini(f);
		return err;
	}
	f->table = (struct life_table){.unit = f->unit,
	                               .age = f->age,
	                               .sensors = f->sensors,
	                               .n_rows = p.rows,
	                               .n_sensors = p.columns - SENSORS};
	return 0;
}

void life_file_fini(struct life_file *f)
{
	free(f->unit);
	free(f->age);
	free(f->sensors);
	*f = (struct life_file){.unit = NULL};
}
