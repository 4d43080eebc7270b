/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of the lexer share. */
#ifndef TWIN_PLC_LEXER_IMPL_H
#define TWIN_PLC_LEXER_IMPL_H

#include "twin/plc/lexer.h"

/** The byte that is k further; 0 behind the end (and where the text has a NUL). */
static inline char lexer_peek(const struct lexer *l, size_t k)
{
	return k < l->n - l->offset ? l->text[l->offset + k] : '\0';
}

static inline bool lexer_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool lexer_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/** A letter, digit or '_', or a byte of a character beyond ASCII. */
static inline bool lexer_is_name(char c)
{
	return lexer_is_letter(c) || lexer_is_digit(c) || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static inline char lexer_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/** Go on by n bytes, keeping count of lines and columns. */
void lexer_skip(struct lexer *l, size_t n);

/** Skip letters, digits, '_' and characters beyond ASCII. */
void lexer_skip_name(struct lexer *l);

/** Blanks, comments and pragmas. */
void lexer_skip_blank(struct lexer *l);

/** Report at the whole token, from its beginning to where the lexer stands; it is bad. */
void lexer_bad(struct lexer *l, struct token *t, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Set the token's n and length: it ends where the lexer stands. */
void lexer_close(const struct lexer *l, struct token *t);

/* literal.c, literal_text.c: the lexer stands at the first digit, or behind the '#' of a
 * prefix */

/** A number without a prefix: 12, 1_000, 16#FF, 1.5E-3. */
void literal_number(struct lexer *l, struct token *t);

/** What follows INT#, REAL#, BOOL#, T#, D#, STRING#...; type is what stands before. */
void literal_typed(struct lexer *l, struct token *t, const struct type *type);

/** 'text' or "text", from its quote on. */
void literal_string(struct lexer *l, struct token *t);

/** The same between typographic quotes, which is wrong. */
void literal_typographic(struct lexer *l, struct token *t);

/* literal_time.c: behind the '#' */
void literal_duration(struct lexer *l, struct token *t);
void literal_date(struct lexer *l, struct token *t);

#endif
