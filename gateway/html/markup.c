/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/html/markup.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Bytes of the UTF-8 sequence that begins here, 0 where there is none (RFC 3629). */
static size_t sequence(const unsigned char *s, size_t n, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = *s < 0x80             ? 1
	                : (*s & 0xe0) == 0xc0 ? 2
	                : (*s & 0xf0) == 0xe0 ? 3
	                : (*s & 0xf8) == 0xf0 ? 4
	                                      : 0;

	if (length == 0 || length > n) {
		return 0;
	}
	*code = length == 1 ? *s : *s & (0xffU >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			return 0;
		}
		*code = *code << 6 | (s[i] & 0x3fU);
	}
	return *code >= least[length] ? length : 0;
}

/* The characters of XML 1.0, production 2. */
static int is_allowed(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xd800) ||
	       (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

static const char *entity(uint32_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void markup_bytes(FILE *out, const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = 0; i < n;) {
		uint32_t code = 0;
		size_t length = sequence(s + i, n - i, &code);

		if (length == 0 || !is_allowed(code)) {
			fputs(REPLACEMENT, out);
		} else if (entity(code)) {
			fputs(entity(code), out);
		} else {
			fwrite(text + i, 1, length, out);
		}
		i += length ? length : 1;
	}
}

void markup_text(FILE *out, const char *text)
{
	markup_bytes(out, text, strlen(text));
}

void markup_format(FILE *out, const char *format, ...)
{
	char text[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	markup_text(out, text);
}
