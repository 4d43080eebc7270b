/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers (2.2.1) and what follows a prefix as in INT#. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "twin/plc/lexer_impl.h"

enum { NUMBER_MAX = 400 }; /* characters of a number with a point or an exponent */

/** Digits and single underscores, from k on. @return where they end */
static size_t digits_end(const struct lexer *l, size_t k)
{
	while (lexer_is_digit(lexer_peek(l, k)) ||
	       (lexer_peek(l, k) == '_' && lexer_is_digit(lexer_peek(l, k + 1)))) {
		k++;
	}
	return k;
}

/** Where an exponent that begins at k ends; k where there is none. */
static size_t exponent_end(const struct lexer *l, size_t k)
{
	size_t first = k + 1;

	if (lexer_upper(lexer_peek(l, k)) != 'E') {
		return k;
	}
	if (lexer_peek(l, first) == '+' || lexer_peek(l, first) == '-') {
		first++;
	}
	return lexer_is_digit(lexer_peek(l, first)) ? digits_end(l, first) : k;
}

static int digit_value(char c)
{
	c = lexer_upper(c);
	if (lexer_is_digit(c)) {
		return c - '0';
	}
	return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
}

/** n characters as a number to a base, underscores left out.
 * @return false where it is larger than 64 bits */
static bool to_bits(const char *text, size_t n, unsigned base, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned)digit_value(text[i]);

		if (text[i] == '_') {
			continue;
		}
		if (value > (UINT64_MAX - digit) / base) {
			return false;
		}
		value = value * base + digit;
	}
	*out = value;
	return true;
}

/** Behind 16#: its digits. */
static void based(struct lexer *l, struct token *t, uint64_t base)
{
	size_t n = 0;
	bool fits = true;
	int worst = 0;

	while (lexer_is_letter(lexer_peek(l, n)) || lexer_is_digit(lexer_peek(l, n)) ||
	       lexer_peek(l, n) == '_') {
		int digit = lexer_peek(l, n) == '_' ? 0 : digit_value(lexer_peek(l, n));

		worst = digit > worst ? digit : worst;
		n++;
	}
	t->hex = true;
	if (base != 2 && base != 8 && base != 16) {
		lexer_skip(l, n);
		lexer_bad(l, t, "a number has the base 2, 8 or 16: 2#1010, 8#17, 16#FF");
		return;
	}
	if (n > 0 && worst < (int)base) {
		fits = to_bits(l->text + l->offset, n, (unsigned)base, &t->value.u.bits);
	}
	lexer_skip(l, n);
	if (n == 0) {
		lexer_bad(l, t, "digits are missing behind %u#", (unsigned)base);
	} else if (worst >= (int)base) {
		lexer_bad(l, t, "a digit is not one of a number to the base %u",
		          (unsigned)base);
	} else if (!fits) {
		lexer_bad(l, t, "the number has more than 64 bits");
	}
}

static void real(struct lexer *l, struct token *t, size_t n)
{
	char plain[NUMBER_MAX + 1];
	size_t used = 0;

	t->value.kind = CONSTANT_REAL;
	for (size_t i = 0; i < n && used < NUMBER_MAX; i++) {
		if (lexer_peek(l, i) != '_') {
			plain[used++] = lexer_peek(l, i);
		}
	}
	plain[used] = '\0';
	lexer_skip(l, n);
	t->value.u.real = strtod(plain, NULL);
	if (n > NUMBER_MAX) {
		lexer_bad(l, t, "a number has at most %d characters", NUMBER_MAX);
	} else if (isinf(t->value.u.real)) {
		lexer_bad(l, t, "the number is larger than LREAL holds (1.8E308)");
	}
}

/** Whether the letters from k on are a unit of time that people write behind a number. */
static bool is_unit(const struct lexer *l)
{
	static const char *const units[] = {"S", "MS", "US", "NS", "M", "H", "D"};
	size_t n = 0;

	while (lexer_is_name(lexer_peek(l, n))) {
		n++;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		size_t k = 0;

		while (k < n && units[i][k] == lexer_upper(lexer_peek(l, k))) {
			k++;
		}
		if (k == n && units[i][k] == '\0') {
			return true;
		}
	}
	return false;
}

/** Behind a number no letter may stand: 2ndPump, 100ms. */
static void judge_end(struct lexer *l, struct token *t)
{
	bool unit;

	if (!lexer_is_name(lexer_peek(l, 0))) {
		lexer_close(l, t);
		return;
	}
	unit = is_unit(l);
	lexer_skip_name(l);
	if (t->bad) {
		lexer_close(l, t);
		return;
	}
	lexer_close(l, t);
	if (unit) {
		lexer_bad(l, t, "a time is written with T# before it: T#%.*s", (int)t->n,
		          t->text);
		return;
	}
	if (t->value.kind == CONSTANT_INTEGER && !t->hex) {
		t->kind = TOKEN_NAME;
		lexer_bad(l, t, "a name does not begin with a digit: %.*s", (int)t->n,
		          t->text);
		return;
	}
	lexer_bad(l, t, "this is no number: %.*s", (int)t->n, t->text);
}

/** Unsigned, with or without base, point and exponent. */
static void number(struct lexer *l, struct token *t)
{
	size_t n = digits_end(l, 0);
	size_t end = n;

	t->value.kind = CONSTANT_INTEGER;
	if (lexer_peek(l, n) == '#') {
		uint64_t base = 0;

		(void)to_bits(l->text + l->offset, n, 10, &base);
		lexer_skip(l, n + 1);
		based(l, t, base <= 99 ? base : 0);
		return;
	}
	if (lexer_peek(l, n) == '.' && lexer_is_digit(lexer_peek(l, n + 1))) {
		end = digits_end(l, n + 1);
	}
	end = exponent_end(l, end);
	if (end > n) {
		real(l, t, end);
		return;
	}
	if (!to_bits(l->text + l->offset, n, 10, &t->value.u.bits)) {
		lexer_skip(l, n);
		lexer_bad(l, t,
		          "the number is larger than any integer type holds "
		          "(18446744073709551615)");
		return;
	}
	lexer_skip(l, n);
}

void literal_number(struct lexer *l, struct token *t)
{
	t->kind = TOKEN_LITERAL;
	number(l, t);
	judge_end(l, t);
}

/** BOOL#0, BOOL#1, BOOL#TRUE, BOOL#FALSE. */
static void boolean(struct lexer *l, struct token *t)
{
	static const char *const words[] = {"0", "1", "FALSE", "TRUE"};
	const char *text = l->text + l->offset;
	size_t n;

	lexer_skip_name(l);
	n = (size_t)(l->text + l->offset - text);
	for (size_t i = 0; i < 4; i++) {
		size_t k = 0;

		while (k < n && words[i][k] == lexer_upper(text[k])) {
			k++;
		}
		if (k == n && words[i][k] == '\0') {
			t->value.kind = CONSTANT_INTEGER;
			t->value.u.bits = i % 2;
			lexer_close(l, t);
			return;
		}
	}
	lexer_bad(l, t, "BOOL# has 0, 1, FALSE or TRUE behind it");
}

static void negate(struct constant *value)
{
	if (value->kind == CONSTANT_REAL) {
		value->u.real = -value->u.real;
	} else {
		value->u.bits = 0 - value->u.bits;
		value->negative = value->u.bits != 0;
	}
}

/** Whether an integer lies within its type, a number with a base being a pattern too:
 * INT#16#FFFF is -1. */
static void judge_range(struct lexer *l, struct token *t)
{
	struct constant *v = &t->value;
	unsigned bits = type_bits(t->type);
	uint64_t high;
	int64_t low;
	bool fits;

	if (t->bad || v->kind != CONSTANT_INTEGER) {
		return;
	}
	type_limits(t->type, &low, &high);
	if (v->negative) {
		fits = (int64_t)v->u.bits < 0 && (int64_t)v->u.bits >= low;
	} else if (t->hex && type_is_signed(t->type) && v->u.bits > high) {
		fits = v->u.bits >> (bits - 1) == 1;
		v->u.bits |= fits && bits < 64 ? UINT64_MAX << bits : 0;
		v->negative = true;
	} else {
		fits = v->u.bits <= high;
	}
	if (!fits) {
		lexer_bad(l, t, "%.*s is beyond %s", (int)t->n, t->text, t->type->name);
	}
}

/** INT#-5, REAL#1.5, BYTE#16#FF. */
static void signed_number(struct lexer *l, struct token *t)
{
	char c = lexer_peek(l, 0);
	bool sign = (c == '-' || c == '+') && !type_is_bits(t->type);

	if (sign) {
		lexer_skip(l, 1);
	}
	if (!lexer_is_digit(lexer_peek(l, 0))) {
		lexer_skip_name(l);
		lexer_bad(l, t, "a number is missing behind %.*s#", (int)t->prefix,
		          t->text);
		return;
	}
	number(l, t);
	judge_end(l, t);
	t->kind = TOKEN_LITERAL;
	if (t->bad) {
		return;
	}
	if (type_is_real(t->type)) {
		if (t->value.kind == CONSTANT_INTEGER) {
			t->value.kind = CONSTANT_REAL;
			t->value.u.real = (double)t->value.u.bits;
		}
	} else if (t->value.kind == CONSTANT_REAL) {
		lexer_bad(l, t, "%s has no fraction and no exponent", t->type->name);
		return;
	}
	if (sign && c == '-') {
		if (t->value.kind == CONSTANT_INTEGER && t->value.u.bits > (1ull << 63)) {
			lexer_bad(l, t, "%.*s is beyond %s", (int)t->n, t->text,
			          t->type->name);
			return;
		}
		negate(&t->value);
	}
	judge_range(l, t);
}

void literal_typed(struct lexer *l, struct token *t, const struct type *type)
{
	char c = lexer_peek(l, 0);

	t->kind = TOKEN_LITERAL;
	t->type = type;
	if (type_is_time(type)) {
		literal_duration(l, t);
	} else if (type_is_date(type)) {
		literal_date(l, t);
	} else if (type_is_string(type)) {
		if (c == (type->kind == KIND_STRING ? '\'' : '"')) {
			literal_string(l, t);
		} else {
			lexer_skip_name(l);
			lexer_bad(l, t, "a text in %s is missing behind %.*s#",
			          type->kind == KIND_STRING ? "single quotes"
			                                    : "double quotes",
			          (int)t->prefix, t->text);
		}
	} else if (type->kind == KIND_BOOL) {
		boolean(l, t);
	} else {
		signed_number(l, t);
	}
}
