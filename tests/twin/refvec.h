/* SPDX-License-Identifier: Apache-2.0 */
/** The shared reference values: CSV files beside the project; tests skip without them. */
#ifndef TESTS_TWIN_REFVEC_H
#define TESTS_TWIN_REFVEC_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFVEC_COLUMNS = 24, REFVEC_LINE = 1024 };

/** One row: cells as text and as numbers, NAN where empty or no number. */
struct refvec_row {
	char line[REFVEC_LINE];
	const char *text[REFVEC_COLUMNS];
	double number[REFVEC_COLUMNS];
	size_t n;
};

/** Was a file asked for that is not there? */
static bool refvec_is_missing;

/** What main() returns: a test that lacked its values counts as skipped (77), never as
 * passed. */
static inline int refvec_result(int failed)
{
	return failed ? failed : refvec_is_missing ? 77 : 0;
}

/** Open a file of refvec, past its heading; NULL where there is none. */
static inline FILE *refvec_open(const char *name)
{
	const char *shared = getenv("POLLUX_SHARED");
	char path[1024], heading[REFVEC_LINE];
	FILE *f;

	snprintf(path, sizeof(path), "%s/data/refvec/%s", shared ? shared : "", name);
	f = shared ? fopen(path, "r") : NULL;
	if (!f) {
		printf("reference values are not there: %s (POLLUX_SHARED)\n", name);
		refvec_is_missing = true;
	}
	if (f && !fgets(heading, sizeof(heading), f)) {
		fclose(f);
		return NULL;
	}
	return f;
}

/** The next row; false at the end. */
static inline bool refvec_next(FILE *f, struct refvec_row *row)
{
	char *rest = row->line, *cell;

	if (!fgets(row->line, sizeof(row->line), f)) {
		return false;
	}
	row->line[strcspn(row->line, "\r\n")] = '\0';
	for (row->n = 0; row->n < REFVEC_COLUMNS && (cell = strsep(&rest, ","));
	     row->n++) {
		row->text[row->n] = cell;
		row->number[row->n] = *cell ? strtod(cell, NULL) : (double)NAN;
	}
	return true;
}

/** All of a file, with a NUL; to be freed.  NULL where there is none. */
static inline char *refvec_text(const char *name)
{
	FILE *f = refvec_open(name);
	char *text = NULL;
	long size;

	if (f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0) {
		rewind(f);
		text = calloc(1, (size_t)size + 1);
		if (text && fread(text, 1, (size_t)size, f) != (size_t)size) {
			free(text);
			text = NULL;
		}
	}
	if (f) {
		fclose(f);
	}
	return text;
}

/** The numbers of a JSON value, however nested, behind the first `"key":` after from;
 * at most max.  @return how many */
static inline size_t refvec_numbers(const char *from, const char *key, double *out,
                                    size_t max)
{
	char quoted[64];
	const char *p;
	size_t n = 0;
	int depth = 0;

	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	p = strstr(from, quoted);
	for (p = p ? p + strlen(quoted) : ""; *p && n < max; p++) {
		char *end;
		double x = strtod(p, &end);

		if (*p != ' ' && *p != '\n' && end > p) {
			out[n++] = x;
			p = end - 1;
		}
		depth += (*p == '[') - (*p == ']');
		if (depth == 0 && *p != ' ') {
			break;
		}
	}
	return n;
}

/** Equal within a relative tolerance, or both NAN. */
static inline bool refvec_near(double got, double want, double tolerance)
{
	return isnan(want) ? isnan(got) : fabs(got - want) <= tolerance * fabs(want);
}

#endif
