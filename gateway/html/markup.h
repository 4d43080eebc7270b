/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Text into HTML, SVG and XML: escaped for element content and for attributes in double
 * quotes.  What XML 1.0 does not allow (control characters, broken UTF-8, U+FFFE) becomes
 * U+FFFD, so that any text makes a valid document.
 */
#ifndef GATEWAY_HTML_MARKUP_H
#define GATEWAY_HTML_MARKUP_H

#include <stddef.h>
#include <stdio.h>

void markup_text(FILE *out, const char *text);
void markup_bytes(FILE *out, const char *text, size_t n);

/** As printf(), the whole result escaped; 4 KiB at most, the rest is cut. */
void markup_format(FILE *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
