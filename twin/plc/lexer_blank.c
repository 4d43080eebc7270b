/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between tokens: blanks, comments, pragmas. */
#include <string.h>

#include "twin/plc/lexer_impl.h"

/** A comment of `(* *)`, or with slashes; nested or not.
 * @return bytes up to behind its end; 0: it has none */
static size_t comment_length(const struct lexer *l, char outer, bool flat)
{
	char inner = '*';
	char close = outer == '(' ? ')' : outer;
	size_t depth = 1;

	for (size_t k = 2; k + 1 < l->n - l->offset; k++) {
		char c = lexer_peek(l, k);
		char next = lexer_peek(l, k + 1);

		if (c == inner && next == close) {
			depth--;
			k++;
			if (depth == 0) {
				return k + 1;
			}
		} else if (c == outer && next == inner && !flat) {
			depth++;
			k++;
		}
	}
	return 0;
}

static void skip_comment(struct lexer *l)
{
	char outer = lexer_peek(l, 0);
	bool flat = l->flat || outer == '/';
	size_t n = comment_length(l, outer, flat);

	if (n == 0 && !flat) {
		n = comment_length(l, outer, true);
		if (n > 0) {
			l->flat = true;
			sources_warning(
				l->sources, l->at, 2,
				"a second comment begins within this one and only "
				"one of them is closed; all up to the first *) is "
				"skipped");
		}
	}
	if (n == 0) {
		sources_error(l->sources, l->at, 2,
		              "this comment is never closed: %s is missing",
		              outer == '(' ? "*)" : "*/");
		n = l->n - l->offset;
		l->torn = true;
	}
	lexer_skip(l, n);
}

static bool begins_with(const char *text, size_t n, const char *word)
{
	size_t i = 0;

	while (word[i] && i < n && lexer_upper(text[i]) == word[i]) {
		i++;
	}
	return word[i] == '\0' && (i == n || !lexer_is_name(text[i]));
}

/** Pragmas without an effect on what a program does, and those that decide what of it
 * is there at all. */
static const char *const harmless[] = {
	"ATTRIBUTE",
	"REGION",
	"ENDREGION",
	"ENABLE_CODE_GENERATION",
	"DISABLE_CODE_GENERATION",
};
static const char *const conditional[] = {
	"IF", "ELSIF", "ELSE", "END_IF", "DEFINE", "UNDEFINE",
};

static bool is_one_of(const char *text, size_t n, const char *const *words,
                      size_t n_words)
{
	for (size_t i = 0; i < n_words; i++) {
		if (begins_with(text, n, words[i])) {
			return true;
		}
	}
	return false;
}

/** The pragma's text, without braces and the blanks before it. */
static void judge_pragma(struct lexer *l, const char *text, size_t n)
{
	while (n > 0 && (*text == ' ' || *text == '\t')) {
		text++;
		n--;
	}
	if (is_one_of(text, n, conditional, sizeof(conditional) / sizeof(*conditional))) {
		sources_error(
			l->sources, l->at, 1,
			"conditional compilation is not supported: without it, it is "
			"not known which part of the program counts");
	} else if (!is_one_of(text, n, harmless, sizeof(harmless) / sizeof(*harmless))) {
		sources_warning(l->sources, l->at, 1,
		                "the pragma in { } is not known and has no effect");
	}
}

/** To the brace that closes it; braces within quotes do not count. */
static void skip_pragma(struct lexer *l)
{
	size_t left = l->n - l->offset;
	char quote = '\0';
	size_t k = 1;

	while (k < left && (quote || lexer_peek(l, k) != '}')) {
		char c = lexer_peek(l, k);

		if (c == '\n') {
			quote = '\0';
		} else if (quote) {
			quote = c == quote ? '\0' : quote;
		} else if (c == '\'' || c == '"') {
			quote = c;
		}
		k++;
	}
	if (k == left) {
		sources_error(l->sources, l->at, 1,
		              "this pragma is never closed: } is missing");
		lexer_skip(l, left);
		l->torn = true;
		return;
	}
	judge_pragma(l, l->text + l->offset + 1, k - 1);
	lexer_skip(l, k + 1);
}

void lexer_skip_blank(struct lexer *l)
{
	while (l->offset < l->n) {
		char c = lexer_peek(l, 0);
		char next = lexer_peek(l, 1);

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' ||
		    c == '\v') {
			lexer_skip(l, 1);
		} else if ((c == '(' || c == '/') && next == '*') {
			skip_comment(l);
		} else if (c == '/' && next == '/') {
			size_t k = 2;

			while (k < l->n - l->offset && lexer_peek(l, k) != '\n' &&
			       lexer_peek(l, k) != '\r') {
				k++;
			}
			lexer_skip(l, k);
		} else if (c == '{') {
			skip_pragma(l);
		} else {
			return;
		}
	}
}
