/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/lexer.h"

#include <stdlib.h>
#include <string.h>

#include "twin/plc/lexer_impl.h"

enum { WORD_MAX = 20 }; /* characters of the longest keyword, and more */

static const struct word {
	const char *text;
	enum token_kind kind;
} words[] = {
#define X(word) {#word, WORD_##word},
	LEXER_WORDS(X)
#undef X
};

/** Signs, the longer ones first. */
static const struct sign {
	const char *text;
	enum token_kind kind;
} signs[] = {
	{":=", TOKEN_ASSIGN},    {"=>", TOKEN_ARROW},      {"..", TOKEN_RANGE},
	{"**", TOKEN_POWER},     {"<=", TOKEN_LESS_EQUAL}, {">=", TOKEN_GREATER_EQUAL},
	{"<>", TOKEN_NOT_EQUAL}, {":", TOKEN_COLON},       {";", TOKEN_SEMICOLON},
	{",", TOKEN_COMMA},      {".", TOKEN_POINT},       {"(", TOKEN_OPEN},
	{")", TOKEN_CLOSE},      {"[", TOKEN_OPEN_INDEX},  {"]", TOKEN_CLOSE_INDEX},
	{"+", TOKEN_PLUS},       {"-", TOKEN_MINUS},       {"*", TOKEN_TIMES},
	{"/", TOKEN_DIVIDE},     {"<", TOKEN_LESS},        {">", TOKEN_GREATER},
	{"=", TOKEN_EQUAL},      {"&", TOKEN_AMPERSAND},   {"^", TOKEN_CARET},
};

enum {
	N_WORDS = sizeof(words) / sizeof(*words),
	N_SIGNS = sizeof(signs) / sizeof(*signs)
};

void lexer_init(struct lexer *l, struct sources *s, size_t file)
{
	*l = (struct lexer){.sources = s};
	l->text = sources_text(s, file, &l->n);
	l->at = (struct position){.line = 1, .column = 1, .file = (uint16_t)file};
}

bool lexer_is_word(enum token_kind kind)
{
	return kind > TOKEN_CARET;
}

const char *lexer_word(enum token_kind kind)
{
	static const char *const others[] = {
		[TOKEN_END] = "the end of the file",
		[TOKEN_BAD] = "a character",
		[TOKEN_NAME] = "a name",
		[TOKEN_LITERAL] = "a value",
		[TOKEN_ENUM] = "a value",
		[TOKEN_DIRECT] = "an address",
		[TOKEN_SIZED] = "an address",
	};

	if (lexer_is_word(kind)) {
		return words[kind - TOKEN_CARET - 1].text;
	}
	for (size_t i = 0; i < N_SIGNS; i++) {
		if (signs[i].kind == kind) {
			return signs[i].text;
		}
	}
	return others[kind];
}

void lexer_skip(struct lexer *l, size_t n)
{
	for (size_t end = l->offset + n; l->offset < end; l->offset++) {
		unsigned char c = (unsigned char)l->text[l->offset];

		if (c == '\n' || (c == '\r' && lexer_peek(l, 1) != '\n')) {
			l->at.line++;
			l->at.column = 1;
		} else if ((c & 0xc0u) != 0x80u && l->at.column < SOURCES_COLUMN_MAX) {
			l->at.column++;
		}
	}
}

void lexer_skip_name(struct lexer *l)
{
	size_t k = 0;

	while (lexer_is_name(lexer_peek(l, k))) {
		k++;
	}
	lexer_skip(l, k);
}

void lexer_close(const struct lexer *l, struct token *t)
{
	t->n = (size_t)(l->text + l->offset - t->text);
	t->length = (uint16_t)(l->at.column - t->at.column);
}

void lexer_bad(struct lexer *l, struct token *t, const char *format, ...)
{
	struct diagnosis d = {.severity = SEVERITY_ERROR};
	va_list args;

	lexer_close(l, t);
	t->bad = true;
	d.at = t->at;
	d.length = t->length;
	va_start(args, format);
	sources_report(l->sources, &d, format, args);
	va_end(args);
}

static int compare_word(const void *key, const void *element)
{
	return strcmp(key, ((const struct word *)element)->text);
}

static enum token_kind find_word(const char *text, size_t n)
{
	char folded[WORD_MAX + 1];
	const struct word *found;

	if (n > WORD_MAX) {
		return TOKEN_NAME;
	}
	for (size_t i = 0; i < n; i++) {
		folded[i] = lexer_upper(text[i]);
	}
	folded[n] = '\0';
	found = bsearch(folded, words, N_WORDS, sizeof(*words), compare_word);
	return found ? found->kind : TOKEN_NAME;
}

/** Names are letters, digits and single underscores (2.1.2). */
static void judge_name(struct lexer *l, struct token *t)
{
	bool doubled = false;
	size_t beyond = t->n;

	for (size_t i = 0; i < t->n; i++) {
		if ((unsigned char)t->text[i] >= 0x80 && beyond == t->n) {
			beyond = i;
		}
		doubled = doubled ||
		          (i > 0 && t->text[i] == '_' && t->text[i - 1] == '_');
	}
	if (beyond < t->n) {
		size_t n = 1;

		while (beyond + n < t->n &&
		       ((unsigned char)t->text[beyond + n] & 0xc0u) == 0x80u) {
			n++;
		}
		lexer_bad(l, t,
		          "names are made of A to Z, digits and _ only: %.*s in %.*s is "
		          "not "
		          "allowed",
		          (int)n, t->text + beyond, (int)t->n, t->text);
	} else if (t->length > AST_NAME_MAX) {
		lexer_bad(l, t, "a name has at most %d characters", AST_NAME_MAX);
	} else if (doubled) {
		lexer_bad(l, t, "a name has no two underscores in a row: %.*s", (int)t->n,
		          t->text);
	} else if (t->text[t->n - 1] == '_') {
		lexer_bad(l, t, "a name does not end with an underscore: %.*s", (int)t->n,
		          t->text);
	}
}

/** Behind `Colour#`: a value's name. */
static void enumerated(struct lexer *l, struct token *t)
{
	t->kind = TOKEN_ENUM;
	if (lexer_is_letter(lexer_peek(l, 0)) || lexer_peek(l, 0) == '_') {
		lexer_skip_name(l);
		lexer_close(l, t);
		return;
	}
	lexer_skip_name(l);
	lexer_bad(l, t, "%.*s# needs the name of one of its values behind it",
	          (int)t->prefix, t->text);
}

static void name(struct lexer *l, struct token *t)
{
	const struct type *type;

	lexer_skip_name(l);
	lexer_close(l, t);
	if (lexer_peek(l, 0) == '#') {
		t->prefix = t->n;
		type = type_find(t->text, t->n);
		if (!type && t->n == 1) {
			char c = lexer_upper(*t->text);

			type = c == 'T'   ? type_elementary(KIND_TIME)
			       : c == 'D' ? type_elementary(KIND_DATE)
			                  : NULL;
		} else if (!type && t->n == 2 && lexer_upper(t->text[0]) == 'L' &&
		           lexer_upper(t->text[1]) == 'T') {
			type = type_elementary(KIND_LTIME);
		}
		lexer_skip(l, 1);
		if (type) {
			literal_typed(l, t, type);
		} else {
			enumerated(l, t);
		}
		return;
	}
	t->kind = find_word(t->text, t->n);
	if (t->kind == TOKEN_NAME) {
		judge_name(l, t);
	}
}

/** The numbers between the points of an address. */
static bool address_parts(struct lexer *l, struct direct *d)
{
	do {
		uint64_t value = 0;

		if (d->n_parts > 0) {
			lexer_skip(l, 1); /* the point */
		}
		if (!lexer_is_digit(lexer_peek(l, 0)) || d->n_parts == 4) {
			return false;
		}
		while (lexer_is_digit(lexer_peek(l, 0))) {
			value = value * 10 + (uint64_t)(lexer_peek(l, 0) - '0');
			if (value > INT32_MAX) {
				return false;
			}
			lexer_skip(l, 1);
		}
		d->parts[d->n_parts++] = (uint32_t)value;
	} while (lexer_peek(l, 0) == '.' && lexer_peek(l, 1) != '.');
	return true;
}

/** %IX0.0, %QW3, %M*; or %X3 without an area. */
static void address(struct lexer *l, struct token *t)
{
	struct direct *d = &t->direct;
	char c = lexer_upper(lexer_peek(l, 1));
	bool ok;

	t->kind = TOKEN_SIZED;
	d->size = 'X';
	lexer_skip(l, 1);
	if (c != '\0' && strchr("IQM", c)) {
		t->kind = TOKEN_DIRECT;
		d->area = c;
		lexer_skip(l, 1);
		c = lexer_upper(lexer_peek(l, 0));
	}
	if (c != '\0' && strchr("XBWDL", c)) {
		d->size = c;
		lexer_skip(l, 1);
	}
	if (t->kind == TOKEN_DIRECT && lexer_peek(l, 0) == '*') {
		d->incomplete = true;
		lexer_skip(l, 1);
		ok = true;
	} else {
		ok = address_parts(l, d) && (t->kind == TOKEN_DIRECT || d->n_parts == 1);
	}
	if (!ok || lexer_is_name(lexer_peek(l, 0))) {
		lexer_skip_name(l);
		lexer_bad(l, t,
		          "not an address: they look like %%IX0.0, %%QW3, %%MD10, that "
		          "is I, Q "
		          "or M, then X, B, W, D or L, then numbers");
	}
	lexer_close(l, t);
	t->value.u.bits = d->parts[0];
	d->at = t->at;
	d->length = t->length;
}

/** What people write who come from other languages, and what they mean. */
static const char *hint_for(const char *text, size_t n)
{
	static const struct {
		const char *text, *hint;
	} hints[] = {
		{"!=", "; unequal is written <>"},
		{"!", "; write NOT"},
		{"||", "; write OR"},
		{"|", "; write OR"},
		{"%", "; an address begins with %I, %Q or %M, and the remainder is MOD"},
		{"#", "; it stands only within a value as in 16#FF or T#5s"},
		{"\xe2\x80\x93", "; the minus sign is -"},
		{"\xe2\x88\x92", "; the minus sign is -"},
		{"\xc2\xa0", "; it looks like a space, but is another character"},
	};

	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++) {
		if (n >= strlen(hints[i].text) &&
		    memcmp(text, hints[i].text, strlen(hints[i].text)) == 0) {
			return hints[i].hint;
		}
	}
	return "";
}

/** Whether a character means nothing: neither name, sign, quote nor blank. */
static bool is_unknown(const struct lexer *l)
{
	char c = lexer_peek(l, 0);

	return l->offset < l->n && !lexer_is_letter(c) && !lexer_is_digit(c) &&
	       !strchr("_'\" \t\n\r\f\v{:=.*<>;,()[]+-/&^", c ? c : '?');
}

/** One complaint for all unknown characters in a row. */
static void unknown(struct lexer *l, struct token *t)
{
	const char *hint = hint_for(t->text, l->n - l->offset);
	size_t n;

	t->kind = TOKEN_BAD;
	lexer_skip(l, 1);
	while ((lexer_peek(l, 0) & 0xc0) == 0x80) {
		lexer_skip(l, 1);
	}
	n = (size_t)(l->text + l->offset - t->text);
	while (is_unknown(l)) {
		lexer_skip(l, 1);
	}
	lexer_close(l, t);
	if ((unsigned char)*t->text < 0x20 || (unsigned char)*t->text == 0x7f) {
		lexer_bad(l, t, "a control character (%u) has no meaning in a program",
		          (unsigned)(unsigned char)*t->text);
	} else {
		lexer_bad(l, t, "the character %.*s has no meaning here%s", (int)n,
		          t->text, hint);
	}
}

static void sign(struct lexer *l, struct token *t)
{
	for (size_t i = 0; i < N_SIGNS; i++) {
		size_t n = strlen(signs[i].text);

		if (n <= l->n - l->offset && memcmp(t->text, signs[i].text, n) == 0) {
			t->kind = signs[i].kind;
			lexer_skip(l, n);
			lexer_close(l, t);
			return;
		}
	}
	unknown(l, t);
}

/** Whether a word begins here.  A character beyond ASCII begins one only where a letter
 * follows sooner or later: Überlauf does, a typographic quote does not. */
static bool begins_name(const struct lexer *l)
{
	size_t k = 0;

	while ((unsigned char)lexer_peek(l, k) >= 0x80) {
		k++;
	}
	return lexer_is_letter(lexer_peek(l, k)) || lexer_peek(l, k) == '_';
}

/** Quotes as a word processor writes them: U+2018, 2019, 201C, 201D. */
static bool is_typographic(const struct lexer *l)
{
	unsigned char last = (unsigned char)lexer_peek(l, 2);

	return lexer_peek(l, 0) == '\xe2' && lexer_peek(l, 1) == '\x80' &&
	       (last == 0x98 || last == 0x99 || last == 0x9c || last == 0x9d);
}

void lexer_next(struct lexer *l, struct token *out)
{
	char c;

	lexer_skip_blank(l);
	*out = (struct token){.at = l->at, .text = l->text + l->offset};
	out->first_on_line = l->at.line != l->last_line;
	l->last_line = l->at.line;
	if (l->offset == l->n) {
		return;
	}
	c = lexer_peek(l, 0);
	if (lexer_is_digit(c)) {
		literal_number(l, out);
	} else if (is_typographic(l)) {
		literal_typographic(l, out);
	} else if (begins_name(l) && hint_for(out->text, l->n - l->offset)[0] == '\0') {
		name(l, out);
	} else if (c == '\'' || c == '"') {
		literal_string(l, out);
	} else if (c == '%' && lexer_is_letter(lexer_peek(l, 1))) {
		address(l, out);
	} else {
		sign(l, out);
	}
}
