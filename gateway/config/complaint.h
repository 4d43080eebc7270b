/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Complaints about source text: gathered in any order, printed once, in the order of the
 * text, as `file:line:col: error: ...` with the source line and a caret.
 */
#ifndef GATEWAY_CONFIG_COMPLAINT_H
#define GATEWAY_CONFIG_COMPLAINT_H

#include <stdint.h>
#include <stdio.h>

/** Where something stands.  Lines and columns (in characters) count from 1; line 0: the
 * file as a whole. */
struct place {
	uint32_t source; /* as complaint_source() returned it */
	uint32_t line, column;
};

struct complaints;

/** @return NULL where memory ran out; free with complaint_free() */
struct complaints *complaint_new(void);
void complaint_free(struct complaints *c);

/** Name a source; name and text (n bytes, UTF-8) are borrowed until complaint_free().
 * @return its number for struct place, or a negative errno */
int complaint_source(struct complaints *c, const char *name, const char *text, size_t n);

/** Say with every complaint about this source that it is used at a place in another one.
 * Where the text is used by several, a kind of complaint is kept once a place. */
void complaint_used(struct complaints *c, uint32_t source, struct place at);

/** A source's text as given, its size in *n. */
const char *complaint_source_text(const struct complaints *c, uint32_t source, size_t *n);

/** The name of a source as given. */
const char *complaint_source_name(const struct complaints *c, uint32_t source);

/** Never show what follows this word on a source line: "password:".  Borrowed. */
void complaint_hide(struct complaints *c, const char *word);

/** Control characters of the message are replaced; beyond 1000 complaints are only
 * counted. */
void complaint_error(struct complaints *c, struct place at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void complaint_warning(struct complaints *c, struct place at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

size_t complaint_errors(const struct complaints *c);
size_t complaint_warnings(const struct complaints *c);

/** Print all, by source, line and column. */
void complaint_print(struct complaints *c, FILE *out);

#endif
