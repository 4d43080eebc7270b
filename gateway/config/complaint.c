/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/complaint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	COMPLAINTS_MAX = 1000,
	SOURCES_MAX = 65536, /* a template is one at each use */
	TEXT_MAX = 400,      /* bytes of a message */
	EXCERPT_MAX = 120    /* characters of a source line; longer ones show a window */
};

struct source {
	const char *name, *text;
	size_t n;
	struct place used; /* line 0: nowhere, it stands for itself */
};

struct complaint {
	struct place at;
	size_t order; /* of complaining, where the place is the same */
	bool warning;
	const char *format; /* static: tells kinds of complaints apart */
	char text[TEXT_MAX];
};

struct complaints {
	struct source *sources;
	size_t n_sources;
	struct complaint *list;
	size_t n, room;
	size_t n_errors, n_warnings;
	const char *hide; /* NULL: nothing */
};

struct complaints *complaint_new(void)
{
	return calloc(1, sizeof(struct complaints));
}

void complaint_free(struct complaints *c)
{
	if (c) {
		free(c->sources);
		free(c->list);
		free(c);
	}
}

int complaint_source(struct complaints *c, const char *name, const char *text, size_t n)
{
	struct source *grown;

	if (c->n_sources == SOURCES_MAX) {
		return -E2BIG;
	}
	grown = realloc(c->sources, (c->n_sources + 1) * sizeof(*grown));
	if (!grown) {
		return -ENOMEM;
	}
	c->sources = grown;
	grown[c->n_sources] = (struct source){.name = name, .text = text, .n = n};
	return (int)c->n_sources++;
}

void complaint_used(struct complaints *c, uint32_t source, struct place at)
{
	c->sources[source].used = at;
}

void complaint_hide(struct complaints *c, const char *word)
{
	c->hide = word;
}

const char *complaint_source_text(const struct complaints *c, uint32_t source, size_t *n)
{
	*n = c->sources[source].n;
	return c->sources[source].text;
}

const char *complaint_source_name(const struct complaints *c, uint32_t source)
{
	return c->sources[source].name;
}

/* The next free complaint, or NULL: then it is counted and not kept. */
static struct complaint *add(struct complaints *c)
{
	size_t room = c->room ? c->room * 2 : 16;
	struct complaint *grown;

	if (c->n == COMPLAINTS_MAX) {
		return NULL;
	}
	if (c->n == c->room) {
		grown = realloc(c->list, room * sizeof(*grown));
		if (!grown) {
			return NULL;
		}
		c->list = grown;
		c->room = room;
	}
	return &c->list[c->n++];
}

static void clean(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f) {
			*text = '?';
		}
	}
}

/* Was the like of the newest said before, of another use of the same text? */
static bool is_repeated(const struct complaints *c)
{
	const struct complaint *new = &c->list[c->n - 1];
	const struct source *s = &c->sources[new->at.source];

	for (size_t i = 0; s->used.line && i + 1 < c->n; i++) {
		const struct complaint *old = &c->list[i];

		if (c->sources[old->at.source].text == s->text &&
		    old->at.line == new->at.line && old->at.column == new->at.column &&
		    old->format == new->format) {
			return true;
		}
	}
	return false;
}

__attribute__((format(printf, 4, 0))) static void complain(struct complaints *c,
                                                           struct place at, bool warning,
                                                           const char *format,
                                                           va_list args)
{
	struct complaint *new = add(c);

	if (new) {
		*new = (struct complaint){
			.at = at, .order = c->n, .warning = warning, .format = format};
		vsnprintf(new->text, sizeof(new->text), format, args);
		clean(new->text);
		if (is_repeated(c)) {
			c->n--;
			return;
		}
	}
	*(warning ? &c->n_warnings : &c->n_errors) += 1;
}

void complaint_error(struct complaints *c, struct place at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(c, at, false, format, args);
	va_end(args);
}

void complaint_warning(struct complaints *c, struct place at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(c, at, true, format, args);
	va_end(args);
}

size_t complaint_errors(const struct complaints *c)
{
	return c->n_errors;
}

size_t complaint_warnings(const struct complaints *c)
{
	return c->n_warnings;
}

/* By place, then as they came. */
static int compare(const void *left, const void *right)
{
	const struct complaint *l = left, *r = right;
	const uint64_t a[] = {l->at.source, l->at.line, l->at.column, l->order};
	const uint64_t b[] = {r->at.source, r->at.line, r->at.column, r->order};

	for (size_t i = 0; i < 4; i++) {
		if (a[i] != b[i]) {
			return a[i] < b[i] ? -1 : 1;
		}
	}
	return 0;
}

/* The text of a line, without its end. */
static const char *find_line(const struct source *s, uint32_t line, size_t *n)
{
	const char *p = s->text, *end = s->text + s->n, *eol;

	for (uint32_t i = 1; i < line && p; i++) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	if (!p) {
		return NULL;
	}
	eol = memchr(p, '\n', (size_t)(end - p));
	*n = (size_t)((eol ? eol : end) - p);
	if (*n && p[*n - 1] == '\r') {
		*n -= 1;
	}
	return p;
}

/* Bytes of the UTF-8 character at p; a stray byte is one character. */
static size_t char_bytes(const char *p, size_t left)
{
	size_t n = 1;

	while (n < left && n < 4 && ((unsigned char)p[n] & 0xc0) == 0x80) {
		n++;
	}
	return (unsigned char)*p < 0xc0 ? 1 : n;
}

static void print_char(const char *p, size_t n, FILE *out)
{
	if (*p == '\t') {
		fputc('\t', out);
	} else if ((unsigned char)*p < 0x20 || *p == 0x7f || (n == 1 && *p & 0x80)) {
		fputc('?', out);
	} else {
		fwrite(p, 1, n, out);
	}
}

/* Bytes of a line that may be shown: up to and with the word behind which secrets are. */
static size_t shown(const char *line, size_t n, const char *hide)
{
	const char *word = hide ? memmem(line, n, hide, strlen(hide)) : NULL;

	return word ? (size_t)(word - line) + strlen(hide) : n;
}

/* The line and a caret under the column; tabs are kept so that the caret fits. */
static void print_excerpt(const char *line, size_t n, uint32_t column, FILE *out)
{
	char pad[EXCERPT_MAX + 1];
	size_t first = column > EXCERPT_MAX * 3 / 4 ? column - EXCERPT_MAX / 2 : 1;
	size_t at = 1, n_pad = 0;

	for (size_t i = 0; i < n && at < first + EXCERPT_MAX; at++) {
		size_t bytes = char_bytes(line + i, n - i);

		if (at >= first) {
			print_char(line + i, bytes, out);
			if (at < column) {
				pad[n_pad++] = line[i] == '\t' ? '\t' : ' ';
			}
		}
		i += bytes;
	}
	for (; at < column && n_pad < EXCERPT_MAX; at++) {
		pad[n_pad++] = ' ';
	}
	fprintf(out, "\n    %.*s^\n", (int)n_pad, pad);
}

static void print_one(const struct complaints *c, const struct complaint *x, FILE *out)
{
	const struct source *s = &c->sources[x->at.source];
	const char *kind = x->warning ? "warning" : "error", *line;
	size_t n = 0;

	if (x->at.line == 0) {
		fprintf(out, "%s: %s: %s\n", s->name, kind, x->text);
		return;
	}
	fprintf(out, "%s:%u:%u: %s: %s\n", s->name, x->at.line, x->at.column, kind,
	        x->text);
	line = find_line(s, x->at.line, &n);
	if (line) {
		fputs("    ", out);
		print_excerpt(line, shown(line, n, c->hide), x->at.column, out);
	}
	if (s->used.line) {
		fprintf(out, "%s:%u:%u: note: used here\n",
		        c->sources[s->used.source].name, s->used.line, s->used.column);
	}
}

void complaint_print(struct complaints *c, FILE *out)
{
	if (c->n) {
		qsort(c->list, c->n, sizeof(*c->list), compare);
	}
	for (size_t i = 0; i < c->n; i++) {
		print_one(c, &c->list[i], out);
	}
	if (c->n_errors + c->n_warnings > c->n) {
		fprintf(out, "and %zu more\n", c->n_errors + c->n_warnings - c->n);
	}
}
