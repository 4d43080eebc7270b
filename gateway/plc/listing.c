/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plc/listing.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "gateway/config/arena.h"
#include "gateway/config/config_file.h"

enum { LINE_SHOWN_MAX = 160 }; /* characters of a source line */

/* ---- reading
 * ---------------------------------------------------------------------------
 */

static int read_one(struct sources *s, const char *path, FILE *complaints)
{
	struct arena arena = {0};
	char *text;
	size_t n;
	int err = config_file_read(path, false, &arena, &text, &n);

	if (!err) {
		err = sources_add(s, path, text, n);
	}
	if (err) {
		fprintf(complaints, "%s: error: %s\n", path, config_file_error(err));
	}
	arena_free(&arena);
	return err;
}

int listing_read(struct sources **out, char *const *paths, size_t n, FILE *complaints)
{
	struct sources *s;
	int err = sources_new(&s);

	if (err) {
		return err;
	}
	for (size_t i = 0; i < n; i++) {
		int failed = read_one(s, paths[i], complaints);

		err = err ? err : failed;
	}
	if (err) {
		sources_free(s);
		return err;
	}
	*out = s;
	return 0;
}

/* ---- printing
 * --------------------------------------------------------------------------
 */

/* Bytes of the character at p, one where it is no UTF-8. */
static size_t char_bytes(const char *p, size_t left)
{
	unsigned char c = (unsigned char)*p;
	size_t wanted = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1, n = 1;

	while (n < left && n < wanted && ((unsigned char)p[n] & 0xc0) == 0x80) {
		n++;
	}
	return n;
}

static void print_char(const char *p, size_t n, FILE *out)
{
	unsigned char c = (unsigned char)*p;

	if (c == '\t') {
		fputc('\t', out);
	} else if (c < 0x20 || c == 0x7f || (n == 1 && c >= 0x80)) {
		fputc('?', out); /* nothing that a terminal would obey */
	} else {
		fwrite(p, 1, n, out);
	}
}

/* Where the excerpt of a long line begins, so that the place is within it. */
static size_t first_shown(uint16_t column)
{
	return column > LINE_SHOWN_MAX * 3 / 4 ? column - LINE_SHOWN_MAX / 2u : 1;
}

/* The line; what stands before the place is kept as blanks and tabs in pad. */
static size_t print_line(const char *line, size_t n, uint16_t column, char *pad,
                         FILE *out)
{
	size_t first = first_shown(column), at = 1, n_pad = 0;

	for (size_t i = 0; i < n && at < first + LINE_SHOWN_MAX; at++) {
		size_t bytes = char_bytes(line + i, n - i);

		if (at >= first) {
			print_char(line + i, bytes, out);
			if (at < column) {
				pad[n_pad++] = line[i] == '\t' ? '\t' : ' ';
			}
		}
		i += bytes;
	}
	for (; at < column && n_pad < LINE_SHOWN_MAX; at++) {
		pad[n_pad++] = ' ';
	}
	return n_pad;
}

static void print_excerpt(const struct sources *s, const struct diagnosis *d, FILE *out)
{
	char pad[LINE_SHOWN_MAX + 1];
	size_t n, n_pad;
	const char *line = sources_line(s, d->at.file, d->at.line, &n);

	if (!line) {
		return;
	}
	fputs("    ", out);
	n_pad = print_line(line, n, d->at.column, pad, out);
	fprintf(out, "\n    %.*s^", (int)n_pad, pad);
	for (uint16_t i = 1; i < d->length && n_pad + i < LINE_SHOWN_MAX; i++) {
		fputc('~', out);
	}
	fputc('\n', out);
}

static void print_one(const struct sources *s, const struct diagnosis *d, FILE *out)
{
	const char *kind = d->severity == SEVERITY_ERROR ? "error" : "warning";
	const char *name = sources_count(s) > d->at.file ? sources_name(s, d->at.file)
	                                                 : "";

	if (d->at.line == 0) {
		fprintf(out, "%s: %s: %s\n", name, kind, d->text);
		return;
	}
	fprintf(out, "%s:%u:%u: %s: %s\n", name, d->at.line, d->at.column, kind, d->text);
	print_excerpt(s, d, out);
}

void listing_print(struct sources *s, FILE *out)
{
	size_t n;
	const struct diagnosis *list = sources_diagnoses(s, &n);
	size_t all = sources_errors(s) + sources_warnings(s);

	for (size_t i = 0; i < n; i++) {
		print_one(s, &list[i], out);
	}
	if (all > n) {
		fprintf(out, "... and %zu more\n", all - n);
	}
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

void listing_print_summary(const struct sources *s, FILE *out)
{
	size_t errors = sources_errors(s), warnings = sources_warnings(s);
	size_t files = sources_count(s);

	if (errors == 0 && warnings == 0) {
		fprintf(out, "no errors in %zu file%s\n", files, plural(files));
		return;
	}
	fprintf(out, "%zu error%s and %zu warning%s in %zu file%s\n", errors,
	        plural(errors), warnings, plural(warnings), files, plural(files));
}
