/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The texts of a Structured Text program, places in them, and what is wrong there.
 *
 * Who reads the files hands the texts in and prints the diagnoses; nothing here does I/O.
 * The lexer, the parser, the checker and the compiler all report into one struct sources.
 */
#ifndef TWIN_PLC_SOURCES_H
#define TWIN_PLC_SOURCES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/plc/region.h"

enum {
	SOURCES_FILES_MAX = 4096,
	SOURCES_TEXT_MAX = 16 << 20,     /* bytes of all files */
	SOURCES_DIAGNOSES_MAX = 1000,    /* kept; further ones are counted */
	SOURCES_MESSAGE_MAX = 400,       /* bytes of one sentence */
	SOURCES_COLUMN_MAX = UINT16_MAX, /* further right counts as that */
};

/** Where something stands.  All zero (line 0) is nowhere: of the program as a whole. */
struct position {
	uint32_t line;   /* from 1 */
	uint16_t column; /* from 1, in characters (code points of UTF-8), a tab is one */
	uint16_t file;   /* index by order of sources_add() */
};

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

struct diagnosis {
	struct position at;
	uint16_t length; /* characters to underline, at least 1 */
	enum severity severity;
	const char *text; /* one sentence without position and full stop; belongs to
	                     sources */
};

/** Opaque, because the texts must not move: positions and names point into them. */
struct sources;

/** @return 0 or -ENOMEM */
int sources_new(struct sources **out);
void sources_free(struct sources *s);

/**
 * Add one file.
 *
 * @param name  as it shall be called in diagnoses; copied
 * @param text  n bytes, copied; a UTF-8 byte order mark at its beginning is left out
 * @return 0, -ENOMEM, or -EFBIG beyond SOURCES_FILES_MAX or SOURCES_TEXT_MAX
 */
int sources_add(struct sources *s, const char *name, const char *text, size_t n);

size_t sources_count(const struct sources *s);
const char *sources_name(const struct sources *s, size_t file);

/** The whole text, with a NUL behind its *n bytes (and perhaps others within them). */
const char *sources_text(const struct sources *s, size_t file, size_t *n);

/** One line (from 1) without its end, *n bytes, not terminated; NULL where there is none.
 */
const char *sources_line(const struct sources *s, size_t file, uint32_t line, size_t *n);

/** How many lines a file has; a last one without an end counts. */
uint32_t sources_lines(const struct sources *s, size_t file);

/**
 * Report.  The same sentence at the same place is kept once.
 *
 * @param length  characters to underline from at on; 0 counts as 1
 * @param format  of printf, but only %s %.*s %d %u %zu %lld %llu %c %%
 */
void sources_error(struct sources *s, struct position at, uint16_t length,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));
void sources_warning(struct sources *s, struct position at, uint16_t length,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

/** The same with the place and the severity of d; its text is not looked at. */
void sources_report(struct sources *s, const struct diagnosis *d, const char *format,
                    va_list args) __attribute__((format(printf, 3, 0)));

/** How many errors, or warnings, were reported, also those that were not kept. */
size_t sources_errors(const struct sources *s);
size_t sources_warnings(const struct sources *s);

/** Those that were kept, by file, line and column; the first *n are valid until the next
 * report.  Beyond SOURCES_DIAGNOSES_MAX nothing is kept but what was there. */
const struct diagnosis *sources_diagnoses(struct sources *s, size_t *n);

/** Memory that lives as long as s: the tree and the types are made in it. */
struct region *sources_region(struct sources *s);

#endif
