/* SPDX-License-Identifier: Apache-2.0 */
/* Recursive descent, one function a level of binding. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "twin/commission/formula.h"
#include "twin/commission/formula_impl.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct parser {
	const char *text;
	size_t at;
	const struct name_space *names;
	struct formula *out;
	struct formula_error *error;
	int height, nesting;
	bool failed;
};

static void implication(struct parser *p);

static void fail(struct parser *p, size_t n, const char *message)
{
	if (!p->failed) {
		p->failed = true;
		*p->error = (struct formula_error){p->at, n, message, false};
	}
}

static void emit(struct parser *p, struct formula_step step)
{
	p->height += 1 - formula_operands(step.op);
	if (p->out->n == FORMULA_STEPS_MAX || p->height > FORMULA_DEPTH_MAX) {
		fail(p, 1, "too long a condition: divide it into several");
	}
	if (!p->failed) {
		p->out->steps[p->out->n++] = step;
	}
}

static void emit_op(struct parser *p, enum formula_op op)
{
	emit(p, (struct formula_step){.op = (uint8_t)op});
}

static void emit_number(struct parser *p, double number)
{
	emit(p, (struct formula_step){.op = FORMULA_NUMBER, .number = number});
}

static bool is_letter(char c)
{
	return isalpha((unsigned char)c) || c == '_' || c == '%';
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static size_t skip_spaces(const char *text, size_t at)
{
	return at + strspn(text + at, " \t\r\n");
}

bool formula_take(const char *text, size_t *at, const char *word)
{
	size_t from = skip_spaces(text, *at), n = strlen(word);

	if (strncmp(text + from, word, n) != 0 ||
	    (is_word(*word) && is_word(text[from + n]))) {
		return false;
	}
	*at = from + n;
	return true;
}

static bool take(struct parser *p, const char *word)
{
	return formula_take(p->text, &p->at, word);
}

/* Words that begin something else. */
static bool is_reserved(const char *word, size_t n)
{
	static const char *const words[] = {
		"after", "always", "and",   "for",  "implies", "never",
		"not",   "or",     "until", "when", "within",
	};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (strlen(words[i]) == n && strncmp(words[i], word, n) == 0) {
			return true;
		}
	}
	return false;
}

/* The longest that may be a name: words joined by . / - and [indices]. */
static size_t name_length(const char *s)
{
	size_t n = 0;

	while (is_word(s[n]) || s[n] == '%') {
		n++;
	}
	for (;;) {
		size_t close = s[n] == '[' ? strcspn(s + n, "]") : 0;

		if (s[n] == '[' && s[n + close] == ']') {
			n += close + 1;
		} else if (n && strchr("./-", s[n]) && s[n] && is_word(s[n + 1])) {
			n++;
			while (is_word(s[n])) {
				n++;
			}
		} else {
			return n;
		}
	}
}

/* The shorter candidate: without its last joint; 0: none. */
static size_t shorter(const char *s, size_t n)
{
	while (n > 0 && !strchr("./-[", s[n - 1])) {
		n--;
	}
	return n > 0 ? n - 1 : 0;
}

static const struct {
	const char *name;
	enum formula_op op;
} functions[] = {
	{"abs", FORMULA_ABS},   {"ceil", FORMULA_CEIL}, {"floor", FORMULA_FLOOR},
	{"max", FORMULA_MAX},   {"min", FORMULA_MIN},   {"round", FORMULA_ROUND},
	{"sqrt", FORMULA_SQRT},
};

static void expect(struct parser *p, const char *sign, const char *message)
{
	if (!take(p, sign)) {
		p->at = skip_spaces(p->text, p->at);
		fail(p, 1, message);
	}
}

static bool call(struct parser *p, size_t n)
{
	for (size_t i = 0; i < COUNT(functions); i++) {
		if (strlen(functions[i].name) != n ||
		    strncmp(functions[i].name, p->text + p->at, n) != 0) {
			continue;
		}
		p->at += n;
		expect(p, "(", "'(' is missing behind the function");
		for (int k = 0; k < formula_operands(functions[i].op) && !p->failed;
		     k++) {
			if (k > 0) {
				expect(p, ",", "',' is missing: it takes two values");
			}
			implication(p);
		}
		expect(p, ")", "')' is missing");
		emit_op(p, functions[i].op);
		return true;
	}
	return false;
}

static bool quantity(struct parser *p)
{
	const char *word = p->text + p->at;

	for (size_t n = name_length(word); n > 0; n = shorter(word, n)) {
		struct formula_step step = {.op = FORMULA_QUANTITY};

		if (p->names->find(p->names->arg, word, n, &step.index) == 0) {
			p->at += n;
			emit(p, step);
			return true;
		}
	}
	return false;
}

static void named(struct parser *p)
{
	const char *word = p->text + p->at;
	size_t n = name_length(word), first = 0;

	while (is_word(word[first])) {
		first++;
	}
	if (is_reserved(word, first)) {
		fail(p, first, "a value is missing before this word");
	} else if (take(p, "true")) {
		emit_number(p, 1);
	} else if (take(p, "false")) {
		emit_number(p, 0);
	} else if (!quantity(p) && !call(p, first)) {
		fail(p, n, "nothing has this name");
		p->error->unknown_name = p->error->n == n;
	}
}

static void primary(struct parser *p)
{
	const char *s;
	char *end;

	if (++p->nesting > FORMULA_DEPTH_MAX) {
		fail(p, 1, "brackets too deep");
	}
	p->at = skip_spaces(p->text, p->at);
	s = p->text + p->at;
	if (p->failed) {
		return;
	}
	if (*s == '(') {
		p->at++;
		implication(p);
		expect(p, ")", "')' is missing");
	} else if (isdigit((unsigned char)*s) ||
	           (*s == '.' && isdigit((unsigned char)s[1]))) {
		emit_number(p, strtod(s, &end));
		if (is_letter(*end)) {
			fail(p, 1, "a unit or a name has no place behind a number");
		}
		p->at += (size_t)(end - s);
	} else if (is_letter(*s)) {
		named(p);
	} else {
		fail(p, *s ? 1 : 0,
		     *s == '\'' || *s == '"' ? "a word in quotes stands behind == or !="
		                             : "a value is missing here");
	}
	p->nesting--;
}

static void signed_value(struct parser *p)
{
	if (take(p, "-")) {
		if (++p->nesting > FORMULA_DEPTH_MAX) {
			fail(p, 1, "too many signs");
			return;
		}
		signed_value(p);
		emit_op(p, FORMULA_NEGATE);
		p->nesting--;
	} else {
		primary(p);
	}
}

static void product(struct parser *p)
{
	signed_value(p);
	while (!p->failed) {
		enum formula_op op = FORMULA_MULTIPLY;

		if (take(p, "/")) {
			op = FORMULA_DIVIDE;
		} else if (!take(p, "*")) {
			return;
		}
		signed_value(p);
		emit_op(p, op);
	}
}

/* Of + and +- the latter is no sum. */
static bool take_plus(struct parser *p)
{
	size_t at = p->at;

	if (formula_take(p->text, &at, "+-")) {
		return false;
	}
	return take(p, "+");
}

static void sum(struct parser *p)
{
	product(p);
	while (!p->failed) {
		enum formula_op op = FORMULA_ADD;

		if (!take_plus(p)) {
			if (!take(p, "-")) {
				return;
			}
			op = FORMULA_SUBTRACT;
		}
		product(p);
		emit_op(p, op);
	}
}

/* == 'Running': by the quantity on the left. */
static bool literal(struct parser *p, enum formula_op op)
{
	const struct formula_step *left = &p->out->steps[p->out->n - (p->out->n > 0)];
	size_t at = skip_spaces(p->text, p->at), n;
	char quote = p->text[at];
	double number;

	if (p->failed || (quote != '\'' && quote != '"')) {
		return false;
	}
	p->at = at;
	n = strcspn(p->text + at + 1, quote == '"' ? "\"" : "'");
	if (!p->text[at + 1 + n]) {
		fail(p, 1, "the quotes are not closed");
	} else if (left->op != FORMULA_QUANTITY ||
	           (op != FORMULA_EQUAL && op != FORMULA_UNEQUAL)) {
		fail(p, n + 2, "a word in quotes stands behind NAME == or NAME !=");
	} else if (p->names->literal(p->names->arg, left->index, p->text + at + 1, n,
	                             &number)) {
		fail(p, n + 2, "the quantity has no such value");
	} else {
		emit_number(p, number);
		emit_number(p, 0);
		p->at = at + n + 2;
	}
	return true;
}

static bool take_comparison(struct parser *p, enum formula_op *op)
{
	static const struct {
		const char *text;
		enum formula_op op;
	} signs[] = {
		{"<=", FORMULA_LESS_EQUAL}, {"≤", FORMULA_LESS_EQUAL},
		{">=", FORMULA_MORE_EQUAL}, {"≥", FORMULA_MORE_EQUAL},
		{"!=", FORMULA_UNEQUAL},    {"<>", FORMULA_UNEQUAL},
		{"≠", FORMULA_UNEQUAL},     {"==", FORMULA_EQUAL},
		{"<", FORMULA_LESS},        {">", FORMULA_MORE},
		{"=", FORMULA_EQUAL},
	};

	for (size_t i = 0; i < COUNT(signs); i++) {
		if (take(p, signs[i].text)) {
			*op = signs[i].op;
			return true;
		}
	}
	return false;
}

/* A minus sign can only be a mistake; what is computed may still come out negative. */
static void tolerance(struct parser *p)
{
	size_t at = skip_spaces(p->text, p->at);

	if (p->text[at] == '-') {
		p->at = at;
		fail(p, 1, "a tolerance is not negative");
		return;
	}
	sum(p);
}

static void comparison(struct parser *p)
{
	enum formula_op op;
	size_t at;

	sum(p);
	if (p->failed || !take_comparison(p, &op)) {
		return;
	}
	if (!literal(p, op)) {
		sum(p);
		if (take(p, "±") || take(p, "+-")) {
			tolerance(p);
		} else {
			emit_number(p, 0);
		}
	}
	emit_op(p, op);
	at = p->at;
	if (!p->failed && take_comparison(p, &op)) {
		p->at = skip_spaces(p->text, at);
		fail(p, 1, "one comparison at a time: join two by 'and'");
	}
}

static void negation(struct parser *p)
{
	if (!take(p, "not")) {
		comparison(p);
		return;
	}
	if (++p->nesting > FORMULA_DEPTH_MAX) {
		fail(p, 1, "too many 'not'");
		return;
	}
	negation(p);
	emit_op(p, FORMULA_NOT);
	p->nesting--;
}

static void conjunction(struct parser *p)
{
	negation(p);
	while (!p->failed && take(p, "and")) {
		negation(p);
		emit_op(p, FORMULA_AND);
	}
}

static void disjunction(struct parser *p)
{
	conjunction(p);
	while (!p->failed && take(p, "or")) {
		conjunction(p);
		emit_op(p, FORMULA_OR);
	}
}

/* a implies b implies c: a implies (b implies c). */
static void implication(struct parser *p)
{
	if (++p->nesting > FORMULA_DEPTH_MAX) {
		fail(p, 1, "brackets too deep");
		return;
	}
	disjunction(p);
	if (!p->failed && take(p, "implies")) {
		emit_op(p, FORMULA_NOT);
		implication(p);
		emit_op(p, FORMULA_OR);
	}
	p->nesting--;
}

int formula_parse(struct formula *out, const struct name_space *names, const char *text,
                  size_t *at, struct formula_error *error)
{
	struct parser p = {
		.text = text, .at = *at, .names = names, .out = out, .error = error};

	out->n = 0;
	implication(&p);
	if (p.failed) {
		return -EINVAL;
	}
	*at = p.at;
	return 0;
}
