/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "twin/plc/message.h"

enum {
	/* of what is made of the texts: some 80 bytes of tree for a byte of text at
	 * worst, where a program as people write it needs 10 */
	SOURCES_REGION_MAX = 256 << 20,
};

struct file {
	const char *name, *text;
	size_t n;
	uint32_t *lines; /* where each begins */
	uint32_t n_lines;
};

struct sources {
	struct region region;
	struct file *files;
	size_t n_files;
	size_t n_text; /* bytes of all files */
	struct diagnosis *diagnoses;
	size_t n_diagnoses;
	bool sorted;
	size_t errors, warnings;
};

int sources_new(struct sources **out)
{
	struct sources *s = calloc(1, sizeof(*s));

	if (!s) {
		return -ENOMEM;
	}
	s->region.ceiling = SOURCES_REGION_MAX;
	s->diagnoses = calloc(SOURCES_DIAGNOSES_MAX, sizeof(*s->diagnoses));
	if (!s->diagnoses) {
		free(s);
		return -ENOMEM;
	}
	*out = s;
	return 0;
}

void sources_free(struct sources *s)
{
	if (!s) {
		return;
	}
	region_free(&s->region);
	free(s->files);
	free(s->diagnoses);
	free(s);
}

/** A line ends with LF, CR LF or a CR alone; the next one begins behind that. */
static uint32_t find_lines(const char *text, size_t n, uint32_t *lines)
{
	uint32_t count = 0;

	if (lines) {
		lines[0] = 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n')) {
			count++;
			if (lines) {
				lines[count] = (uint32_t)(i + 1);
			}
		}
	}
	return count + 1;
}

static int file_fill(struct sources *s, struct file *f, const char *text, size_t n)
{
	f->text = region_text(&s->region, text, n);
	if (!f->text) {
		return -ENOMEM;
	}
	f->n = n;
	f->n_lines = find_lines(f->text, n, NULL);
	f->lines = region_array(&s->region, f->n_lines, sizeof(*f->lines));
	if (!f->lines) {
		return -ENOMEM;
	}
	(void)find_lines(f->text, n, f->lines);
	if (f->lines[f->n_lines - 1] == n && n > 0) {
		f->n_lines--; /* nothing stands behind the last end of line */
	}
	return 0;
}

int sources_add(struct sources *s, const char *name, const char *text, size_t n)
{
	struct file *files;
	struct file f = {0};
	int err;

	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		n -= 3;
	}
	if (s->n_files == SOURCES_FILES_MAX || n > SOURCES_TEXT_MAX - s->n_text) {
		return -EFBIG;
	}
	f.name = region_text(&s->region, name, strlen(name));
	if (!f.name) {
		return -ENOMEM;
	}
	err = file_fill(s, &f, text, n);
	if (err) {
		return err;
	}
	files = realloc(s->files, (s->n_files + 1) * sizeof(*files));
	if (!files) {
		return -ENOMEM;
	}
	s->files = files;
	s->files[s->n_files] = f;
	s->n_files++;
	s->n_text += n;
	return 0;
}

size_t sources_count(const struct sources *s)
{
	return s->n_files;
}

const char *sources_name(const struct sources *s, size_t file)
{
	return s->files[file].name;
}

const char *sources_text(const struct sources *s, size_t file, size_t *n)
{
	*n = s->files[file].n;
	return s->files[file].text;
}

const char *sources_line(const struct sources *s, size_t file, uint32_t line, size_t *n)
{
	const struct file *f = &s->files[file];
	size_t begin, end;

	*n = 0;
	if (line == 0 || line > f->n_lines) {
		return NULL;
	}
	begin = f->lines[line - 1];
	end = begin;
	while (end < f->n && f->text[end] != '\n' && f->text[end] != '\r') {
		end++;
	}
	*n = end - begin;
	return f->text + begin;
}

uint32_t sources_lines(const struct sources *s, size_t file)
{
	return s->files[file].n_lines;
}

static int position_compare(const struct position *a, const struct position *b)
{
	if (a->file != b->file) {
		return a->file < b->file ? -1 : 1;
	}
	if (a->line != b->line) {
		return a->line < b->line ? -1 : 1;
	}
	return (a->column > b->column) - (a->column < b->column);
}

static bool is_known(const struct sources *s, const struct position *at, const char *text)
{
	for (size_t i = s->n_diagnoses; i > 0; i--) {
		const struct diagnosis *d = &s->diagnoses[i - 1];

		if (position_compare(&d->at, at) == 0 && strcmp(d->text, text) == 0) {
			return true;
		}
	}
	return false;
}

static void keep(struct sources *s, const struct diagnosis *new, const char *text)
{
	bool full = s->n_diagnoses == SOURCES_DIAGNOSES_MAX;
	char *copy;

	if (!full && is_known(s, &new->at, text)) {
		return;
	}
	if (new->severity == SEVERITY_ERROR) {
		s->errors++;
	} else {
		s->warnings++;
	}
	if (full) {
		return;
	}
	copy = region_text(&s->region, text, strlen(text));
	if (!copy) {
		return; /* counted, and the region says that it is exhausted */
	}
	s->diagnoses[s->n_diagnoses] = *new;
	s->diagnoses[s->n_diagnoses].text = copy;
	s->n_diagnoses++;
	s->sorted = false;
}

void sources_report(struct sources *s, const struct diagnosis *d, const char *format,
                    va_list args)
{
	struct diagnosis new = *d;
	char text[SOURCES_MESSAGE_MAX];

	new.length = d->length ? d->length : 1;
	message_format(text, sizeof(text), format, args);
	keep(s, &new, text);
}

void sources_error(struct sources *s, struct position at, uint16_t length,
                   const char *format, ...)
{
	struct diagnosis d = {.at = at, .length = length, .severity = SEVERITY_ERROR};
	va_list args;

	va_start(args, format);
	sources_report(s, &d, format, args);
	va_end(args);
}

void sources_warning(struct sources *s, struct position at, uint16_t length,
                     const char *format, ...)
{
	struct diagnosis d = {.at = at, .length = length, .severity = SEVERITY_WARNING};
	va_list args;

	va_start(args, format);
	sources_report(s, &d, format, args);
	va_end(args);
}

size_t sources_errors(const struct sources *s)
{
	return s->errors;
}

size_t sources_warnings(const struct sources *s)
{
	return s->warnings;
}

/** Sorted in place, stable: few, and mostly in order already. */
static void sort(struct sources *s)
{
	for (size_t i = 1; i < s->n_diagnoses; i++) {
		struct diagnosis d = s->diagnoses[i];
		size_t k = i;

		while (k > 0 && position_compare(&s->diagnoses[k - 1].at, &d.at) > 0) {
			s->diagnoses[k] = s->diagnoses[k - 1];
			k--;
		}
		s->diagnoses[k] = d;
	}
	s->sorted = true;
}

const struct diagnosis *sources_diagnoses(struct sources *s, size_t *n)
{
	if (!s->sorted) {
		sort(s);
	}
	*n = s->n_diagnoses;
	return s->diagnoses;
}

struct region *sources_region(struct sources *s)
{
	return &s->region;
}
