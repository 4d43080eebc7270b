/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One HTML page that needs no network, reads on a screen and prints well: what all
 * reports have in common.  Between document_open() and document_close() comes the body:
 * h1 to h3, p (class quiet), tables (td.number, td.id), dl of document_fact(), charts
 * (gateway/html/chart.h), details.
 */
#ifndef GATEWAY_HTML_DOCUMENT_H
#define GATEWAY_HTML_DOCUMENT_H

#include <stdio.h>

/**
 * @param style  further CSS of this kind of report; "": none
 * @param title  of the window, as printf()
 */
void document_open(FILE *out, const char *style, const char *title, ...)
	__attribute__((format(printf, 3, 4)));
void document_close(FILE *out);

/** A line of a <dl>; name is HTML, value any text. */
void document_fact(FILE *out, const char *name, const char *value);

enum { DOCUMENT_DATE_BYTES = 32 };

/** "2026-11-26T05:00:00": now, or what SOURCE_DATE_EPOCH says, for reports that are the
 * same to the byte. */
void document_date(char buf[DOCUMENT_DATE_BYTES]);

#endif
