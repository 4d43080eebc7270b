/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens with a look ahead, complaints, and going on after a mistake. */
#include <string.h>

#include "twin/plc/parser_impl.h"

enum {
	FOUND_MAX = 60, /* bytes of a token that a message shows */
	SCANS = 50,     /* ends that are looked at closely, of a parser */
	SIGHT = 2000,   /* tokens that are looked over for that */
};

const struct token *parser_peek(struct parser *p, unsigned k)
{
	while (p->n <= k) {
		struct token *t = &p->ring[(p->first + p->n) % PARSER_AHEAD];

		lexer_next(&p->lexer, t);
		p->n++;
	}
	return &p->ring[(p->first + k) % PARSER_AHEAD];
}

enum token_kind parser_kind(struct parser *p, unsigned k)
{
	return parser_peek(p, k)->kind;
}

void parser_take(struct parser *p)
{
	p->last = *parser_peek(p, 0);
	if (p->last.kind == TOKEN_END) {
		return;
	}
	p->first = (p->first + 1) % PARSER_AHEAD;
	p->n--;
	p->closing = false;
	if (p->last.kind == TOKEN_OPEN || p->last.kind == TOKEN_OPEN_INDEX) {
		p->brackets++;
	} else if (p->last.kind == TOKEN_CLOSE || p->last.kind == TOKEN_CLOSE_INDEX) {
		p->brackets -= p->brackets > 0 ? 1 : 0;
	} else if (p->last.kind == TOKEN_SEMICOLON) {
		p->brackets = 0;
	}
}

bool parser_accept(struct parser *p, enum token_kind kind)
{
	if (parser_kind(p, 0) != kind) {
		return false;
	}
	parser_take(p);
	return true;
}

bool parser_is(struct parser *p, unsigned k, const char *word)
{
	const struct token *t = parser_peek(p, k);
	size_t i = 0;

	if (t->kind != TOKEN_NAME) {
		return false;
	}
	while (i < t->n && word[i]) {
		char c = t->text[i];

		if (c != word[i] && (c < 'a' || c > 'z' || c - 'a' + 'A' != word[i])) {
			return false;
		}
		i++;
	}
	return i == t->n && word[i] == '\0';
}

void *parser_new(struct parser *p, size_t size)
{
	void *made = region_alloc(p->ast->region, size);

	if (!made) {
		memset(p->spare, 0, sizeof(p->spare));
		made = p->spare;
		p->lexer.offset = p->lexer.n;
		p->n = 0; /* so that no list gets the spare twice */
	}
	return made;
}

struct name parser_name_of(struct parser *p)
{
	const struct token *t = parser_peek(p, 0);
	size_t n = t->kind == TOKEN_ENUM ? t->prefix : t->n;
	struct name name = {.at = t->at, .length = t->length};

	name.text = region_text(p->ast->region, t->text, n);
	name.key = ast_key(p->ast, t->text, n);
	return name;
}

struct name parser_name(struct parser *p, const char *what)
{
	struct name name = {0};
	const struct token *t = parser_peek(p, 0);

	if (t->kind != TOKEN_NAME && !lexer_is_word(t->kind)) {
		parser_fail(p, "the name of %s is missing before %s", what,
		            parser_found(p));
		return name;
	}
	if (t->kind != TOKEN_NAME) {
		parser_remark(p, t->at, t->length,
		              "%s is a word of the language and cannot be the name of %s",
		              lexer_word(t->kind), what);
	}
	name = parser_name_of(p);
	parser_take(p);
	return name;
}

bool parser_may_fail(struct parser *p)
{
	const struct token *t = parser_peek(p, 0);

	return !p->panic && t->kind != TOKEN_BAD && !t->bad && !p->ast->region->exhausted;
}

static void complain(struct parser *p, struct position at, uint16_t length,
                     const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));

static void complain(struct parser *p, struct position at, uint16_t length,
                     const char *format, va_list args)
{
	struct diagnosis d = {.at = at, .length = length, .severity = SEVERITY_ERROR};

	sources_report(p->sources, &d, format, args);
}

void parser_fail(struct parser *p, const char *format, ...)
{
	const struct token *t = parser_peek(p, 0);
	va_list args;

	if (parser_may_fail(p)) {
		va_start(args, format);
		complain(p, t->at, t->length, format, args);
		va_end(args);
	}
	p->panic = true;
}

void parser_remark(struct parser *p, struct position at, uint16_t length,
                   const char *format, ...)
{
	va_list args;

	if (!p->panic) {
		va_start(args, format);
		complain(p, at, length, format, args);
		va_end(args);
	}
}

void parser_remark_here(struct parser *p, const char *format, ...)
{
	const struct token *t = parser_peek(p, 0);
	va_list args;

	if (!p->panic) {
		va_start(args, format);
		complain(p, t->at, t->length, format, args);
		va_end(args);
	}
}

const char *parser_found(struct parser *p)
{
	const struct token *t = parser_peek(p, 0);
	char text[FOUND_MAX + 8];
	size_t n = t->n < FOUND_MAX ? t->n : FOUND_MAX;
	const char *copy;

	if (t->kind == TOKEN_END) {
		return lexer_word(t->kind);
	}
	while (n < t->n && n > 0 && ((unsigned char)t->text[n] & 0xc0u) == 0x80u) {
		n--;
	}
	memcpy(text, t->text, n);
	for (size_t i = 0; n < t->n && i < 3; i++) {
		text[n + i] = '.';
	}
	n += n < t->n ? 3 : 0;
	copy = region_text(p->ast->region, text, n);
	return copy ? copy : lexer_word(t->kind);
}

struct position parser_behind(const struct parser *p)
{
	struct position at = p->last.at;
	uint32_t column = (uint32_t)at.column + p->last.length;

	at.column = (uint16_t)(column < SOURCES_COLUMN_MAX ? column : SOURCES_COLUMN_MAX);
	return at;
}

bool parser_is_edge(enum token_kind kind)
{
	switch ((int)kind) {
	case WORD_IF:
	case WORD_CASE:
	case WORD_FOR:
	case WORD_WHILE:
	case WORD_REPEAT:
	case WORD_EXIT:
	case WORD_CONTINUE:
	case WORD_RETURN:
	case WORD_ELSE:
	case WORD_ELSIF:
	case WORD_UNTIL:
	case WORD_END_IF:
	case WORD_END_CASE:
	case WORD_END_FOR:
	case WORD_END_WHILE:
	case WORD_END_REPEAT:
	case WORD_END_VAR:
	case WORD_END_STRUCT:
	case WORD_END_RESOURCE:
		return true;
	default:
		return false;
	}
}

bool parser_is_unit_edge(enum token_kind kind)
{
	switch ((int)kind) {
	case WORD_FUNCTION:
	case WORD_FUNCTION_BLOCK:
	case WORD_PROGRAM:
	case WORD_TYPE:
	case WORD_CONFIGURATION:
	case WORD_END_FUNCTION:
	case WORD_END_FUNCTION_BLOCK:
	case WORD_END_PROGRAM:
	case WORD_END_TYPE:
	case WORD_END_CONFIGURATION:
		return true;
	default:
		return false;
	}
}

bool parser_is_section(enum token_kind kind)
{
	return kind >= WORD_VAR && kind <= WORD_VAR_TEMP;
}

/** Whether a word stands further on in the same line, within sight. */
static unsigned same_line(struct parser *p, enum token_kind kind)
{
	for (unsigned k = 1; k < PARSER_AHEAD; k++) {
		if (parser_peek(p, k)->first_on_line || parser_kind(p, k) == TOKEN_END) {
			return 0;
		}
		if (parser_kind(p, k) == kind) {
			return k;
		}
	}
	return 0;
}

/** In panic: to the word, or to where a statement ends. @return whether it is there */
static bool skip_to(struct parser *p, enum token_kind kind)
{
	while (parser_kind(p, 0) != kind) {
		enum token_kind k = parser_kind(p, 0);

		if (k == TOKEN_END || k == TOKEN_SEMICOLON || parser_is_edge(k) ||
		    parser_is_unit_edge(k) || parser_is_section(k)) {
			return false;
		}
		parser_take(p);
	}
	return true;
}

/** A word between the parts of a statement. */
static bool is_joint(enum token_kind kind)
{
	return kind == WORD_THEN || kind == WORD_DO || kind == WORD_OF || kind == WORD_TO;
}

bool parser_expect(struct parser *p, enum token_kind kind, const char *where)
{
	unsigned k;

	if (parser_accept(p, kind)) {
		return true;
	}
	if (!lexer_is_word(kind)) { /* a sign: the statement is not understood */
		if (parser_may_fail(p)) {
			sources_error(p->sources, parser_behind(p), 1, "%s is missing %s",
			              lexer_word(kind), where);
		}
		p->panic = true;
		return false;
	}
	if (p->panic) {
		p->panic = !skip_to(p, kind);
		return parser_accept(p, kind);
	}
	k = same_line(p, kind);
	if (is_joint(parser_kind(p, 0))) {
		parser_fail(p, "%s is expected %s, not %s", lexer_word(kind), where,
		            parser_found(p));
		parser_take(p);
	} else if (k > 0) {
		parser_fail(p, "%s is expected %s, not %s", lexer_word(kind), where,
		            parser_found(p));
		while (!parser_accept(p, kind)) {
			parser_take(p);
		}
	} else if (parser_may_fail(p)) {
		sources_error(p->sources, parser_behind(p), 1, "%s is missing %s",
		              lexer_word(kind), where);
		(void)parser_accept(p, TOKEN_COMMA); /* FOR i := 1, 5 */
	}
	p->panic = false;
	p->brackets = 0;
	return true;
}

void parser_recover(struct parser *p)
{
	for (;;) {
		const struct token *t = parser_peek(p, 0);
		enum token_kind kind = t->kind;

		if (kind == TOKEN_END || parser_is_edge(kind) ||
		    parser_is_unit_edge(kind) || parser_is_section(kind)) {
			break;
		}
		if (kind == TOKEN_NAME && t->first_on_line && p->brackets == 0) {
			enum token_kind next = parser_kind(p, 1);

			if (next == TOKEN_ASSIGN || next == TOKEN_COLON ||
			    next == WORD_AT) {
				break;
			}
		}
		parser_take(p);
		if (kind == TOKEN_SEMICOLON) {
			break;
		}
	}
	p->panic = false;
	p->brackets = 0;
}

void parser_skip_behind(struct parser *p, const char *word)
{
	while (parser_kind(p, 0) != TOKEN_END && !parser_is(p, 0, word)) {
		parser_take(p);
	}
	parser_take(p);
}

bool parser_open(struct parser *p, enum token_kind begin, enum token_kind end)
{
	struct opened *o = &p->open[p->n_open];
	const struct token *t = parser_peek(p, 0);

	if (p->n_open == AST_NEST_MAX) {
		parser_fail(p, "more than %d statements stand within each other",
		            AST_NEST_MAX);
		while (parser_kind(p, 0) != TOKEN_END &&
		       !parser_is_unit_edge(parser_kind(p, 0))) {
			parser_take(p);
		}
		p->panic = false;
		p->closing = true;
		return false;
	}
	*o = (struct opened){
		.begin = begin, .end = end, .at = t->at, .length = t->length};
	if (begin == WORD_IF && p->last.kind == WORD_ELSE && p->n_open > 0 &&
	    p->last.at.line == t->at.line) {
		p->open[p->n_open - 1].else_if = t->at;
	}
	p->n_open++;
	return true;
}

static void complain_open(struct parser *p, const struct opened *o)
{
	const struct token *t = parser_peek(p, 0);

	while (o->else_if.line > 0 && o > p->open && o[-1].else_if.line > 0) {
		o--; /* the first of several ELSE IF */
	}
	if (o->else_if.line > 0) {
		sources_error(
			p->sources, o->else_if, o->length,
			"ELSE IF begins a second IF, which needs an END_IF of its own "
			"before %s of line %u; write ELSIF",
			parser_found(p), t->at.line);
	} else if (t->kind == TOKEN_END) {
		sources_error(
			p->sources, o->at, o->length,
			"%s is missing: this %s is still open at the end of the file",
			lexer_word(o->end), lexer_word(o->begin));
	} else {
		sources_error(p->sources, o->at, o->length,
		              "%s is missing: this %s is still open at %s of line %u",
		              lexer_word(o->end), lexer_word(o->begin), parser_found(p),
		              t->at.line);
	}
}

static bool is_begin(enum token_kind kind)
{
	return kind == WORD_IF || kind == WORD_CASE || kind == WORD_FOR ||
	       kind == WORD_WHILE || kind == WORD_REPEAT;
}

/** Words that end a statement. */
static bool is_end(enum token_kind kind)
{
	return kind == WORD_END_IF || kind == WORD_END_CASE || kind == WORD_END_FOR ||
	       kind == WORD_END_WHILE || kind == WORD_END_REPEAT;
}

/* The END_ of o was taken: was it meant for o?  Who forgets the END_ of an inner
 * statement has the outer one's in the outer one's column. */
static void note_slip(struct parser *p, const struct opened *o)
{
	const struct token *end = &p->last;

	if (!end->first_on_line || end->at.column == o->at.column) {
		if (p->slip.at.line >= o->at.line) {
			p->slip.at.line = 0; /* all is well in there */
		}
		return;
	}
	for (unsigned i = 0; i < p->n_open && p->slip.at.line == 0; i++) {
		if (p->open[i].end == o->end && p->open[i].at.column == end->at.column &&
		    p->open[i].at.line < o->at.line) {
			p->slip = *o;
		}
	}
}

void parser_shut(struct parser *p)
{
	const struct opened *o = &p->open[--p->n_open];

	if (parser_accept(p, o->end)) {
		note_slip(p, o);
		return;
	}
	if (p->closing) {
		return;
	}
	if (is_end(parser_kind(p, 0)) && !parser_at_end(p)) {
		parser_remark_here(p, "%s is expected here for the %s of line %u, not %s",
		                   lexer_word(o->end), lexer_word(o->begin), o->at.line,
		                   parser_found(p));
		parser_take(p);
		return;
	}
	if (parser_may_fail(p) && !p->lexer.torn) {
		bool inner = p->slip.at.line > o->at.line && p->slip.begin == o->begin &&
		             o->else_if.line == 0;

		complain_open(p, inner ? &p->slip : o);
	}
	p->closing = true;
}

bool parser_at_wrong_end(struct parser *p)
{
	struct parser ahead;
	unsigned depth = 0;

	if (!is_end(parser_kind(p, 0)) || p->n_open < 2 || p->scans == SCANS) {
		return false;
	}
	p->scans++;
	ahead = *p;
	for (unsigned i = 0; i < SIGHT; i++) {
		enum token_kind kind;

		parser_take(&ahead);
		kind = parser_kind(&ahead, 0);
		if (kind == TOKEN_END || parser_is_unit_edge(kind)) {
			return true;
		}
		if (depth == 0 && kind == p->open[p->n_open - 1].end) {
			return false;
		}
		if (is_begin(kind)) {
			depth++;
		} else if (is_end(kind)) {
			depth -= depth > 0 ? 1 : 0;
		}
	}
	return true;
}

bool parser_at_end(struct parser *p)
{
	enum token_kind kind = parser_kind(p, 0);

	if (kind == TOKEN_END || parser_is_unit_edge(kind) || parser_is_section(kind)) {
		return true;
	}
	for (unsigned i = p->n_open; i > 0; i--) {
		enum token_kind begin = p->open[i - 1].begin;

		if (kind == p->open[i - 1].end ||
		    (kind == WORD_ELSIF && begin == WORD_IF) ||
		    (kind == WORD_ELSE && (begin == WORD_IF || begin == WORD_CASE)) ||
		    (kind == WORD_UNTIL && begin == WORD_REPEAT)) {
			return true;
		}
	}
	return false;
}
