/* SPDX-License-Identifier: Apache-2.0 */
/* Texts in quotes (2.2.2). */
#include <string.h>

#include "twin/plc/lexer_impl.h"

/** Where the text between the quotes goes: bytes of STRING, 16-bit units of WSTRING. */
struct sink {
	bool wide;
	uint8_t *bytes; /* room for all of the source, NULL where memory ran out */
	uint16_t *units;
	uint32_t n;
};

/** Up to behind the closing quote. @return false where the line ends before */
static bool find_end(const struct lexer *l, char quote, size_t *end)
{
	size_t k = 1;

	for (;;) {
		char c = lexer_peek(l, k);

		if (k >= l->n - l->offset || c == '\n' || c == '\r') {
			*end = k;
			return false;
		}
		if (c == quote) {
			*end = k + 1;
			return true;
		}
		k += c == '$' && lexer_peek(l, k + 1) != '\n' &&
		                     lexer_peek(l, k + 1) != '\r' &&
		                     k + 1 < l->n - l->offset
		             ? 2
		             : 1;
	}
}

static void sink_put(struct sink *s, uint32_t unit)
{
	if (s->units) {
		s->units[s->n] = (uint16_t)unit;
	} else if (s->bytes) {
		s->bytes[s->n] = (uint8_t)unit;
	}
	s->n++;
}

/** One code point of UTF-8, or one byte where it is none. @return bytes taken */
static size_t decode(const char *text, size_t n, uint32_t *code)
{
	unsigned char first = (unsigned char)text[0];
	size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;

	*code = first;
	if (length == 1 || length > n || first > 0xf4) {
		return 1;
	}
	*code = first & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c & 0xc0u) != 0x80u) {
			*code = first;
			return 1;
		}
		*code = *code << 6 | (c & 0x3fu);
	}
	return length;
}

/** As it stands: of WSTRING as UTF-16, of STRING byte for byte. */
static size_t plain(struct sink *s, const char *text, size_t n)
{
	uint32_t code;
	size_t length = decode(text, n, &code);

	if (!s->wide) {
		sink_put(s, (unsigned char)text[0]);
		return 1;
	}
	if (code > 0xffff) {
		sink_put(s, 0xd800u + ((code - 0x10000u) >> 10));
		sink_put(s, 0xdc00u + ((code - 0x10000u) & 0x3ffu));
	} else {
		sink_put(s, code);
	}
	return length;
}

static int hex_value(char c)
{
	c = lexer_upper(c);
	if (lexer_is_digit(c)) {
		return c - '0';
	}
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/** Behind a '$'. @return bytes taken; 0: it means nothing */
static size_t escape(struct sink *s, const char *text, size_t n)
{
	static const char letters[] = "$'\"LNPRT";
	static const char values[] = "$'\"\n\n\f\r\t";
	const char *letter = n > 0 && text[0] ? strchr(letters, lexer_upper(text[0]))
	                                      : NULL;
	size_t digits = s->wide ? 4 : 2;
	uint32_t value = 0;

	if (letter) {
		sink_put(s, (unsigned char)values[letter - letters]);
		return 1;
	}
	if (n < digits) {
		return 0;
	}
	for (size_t i = 0; i < digits; i++) {
		int digit = hex_value(text[i]);

		if (digit < 0) {
			return 0;
		}
		value = value * 16 + (uint32_t)digit;
	}
	sink_put(s, value);
	return digits;
}

/** n bytes between the quotes. @return false where a '$' means nothing */
static bool fill(struct sink *s, const char *text, size_t n)
{
	bool ok = true;
	size_t i = 0;

	while (i < n) {
		if (text[i] == '$') {
			size_t taken = escape(s, text + i + 1, n - i - 1);

			ok = ok && taken > 0;
			i += 1 + taken;
		} else {
			i += plain(s, text + i, n - i);
		}
	}
	return ok;
}

void literal_string(struct lexer *l, struct token *t)
{
	const char *text = l->text + l->offset + 1;
	struct sink s = {.wide = *(text - 1) == '"'};
	struct region *r = sources_region(l->sources);
	size_t end;
	bool closed = find_end(l, *(text - 1), &end);
	size_t n = closed ? end - 2 : end - 1;
	bool ok;

	t->kind = TOKEN_LITERAL;
	lexer_skip(l, end);
	lexer_close(l, t);
	if (s.wide) {
		s.units = region_array(r, n + 1, sizeof(*s.units));
	} else {
		s.bytes = region_array(r, n + 1, 1);
	}
	ok = fill(&s, text, n);
	t->type = type_elementary(s.wide ? KIND_WSTRING : KIND_STRING);
	t->value.kind = CONSTANT_STRING;
	t->value.u.string.data = s.wide ? (const void *)s.units : s.bytes;
	t->value.u.string.length = s.n;
	if (!t->value.u.string.data) {
		t->bad = true; /* out of memory, which the region remembers */
	} else if (!closed) {
		lexer_bad(l, t,
		          "this text is not closed at the end of its line: %c is missing",
		          *(text - 1));
	} else if (!ok) {
		lexer_bad(l, t,
		          "a $ in a text is followed by $, ', L, N, P, R, T or %d "
		          "hexadecimal "
		          "digits",
		          s.wide ? 4 : 2);
	} else if (s.n > TYPE_STRING_MAX) {
		lexer_bad(l, t, "a text has at most %d characters", TYPE_STRING_MAX);
	}
}

void literal_typographic(struct lexer *l, struct token *t)
{
	size_t k = 3;

	/* U+2018, 2019, 201C and 201D begin with the same two bytes, U+2026 does too */
	while (k < l->n - l->offset && lexer_peek(l, k) != '\n' &&
	       lexer_peek(l, k) != '\r' &&
	       memcmp(l->text + l->offset + k, "\xe2\x80", 2) != 0) {
		k++;
	}
	if (lexer_peek(l, k) == '\xe2') {
		k += 3;
	}
	t->kind = TOKEN_LITERAL;
	lexer_skip(l, k < l->n - l->offset ? k : l->n - l->offset);
	lexer_bad(l, t, "a text stands between straight quotes: 'text'");
}
