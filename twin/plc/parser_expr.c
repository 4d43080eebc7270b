/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions (B.3.1), variables (B.1.4), calls (B.3.2.2), initial values (B.1.3.3). */
#include <assert.h>

#include "twin/plc/parser_impl.h"

static_assert(sizeof(struct expr) <= sizeof(((struct parser *)0)->spare), "a spare fits");

/** Operators between two operands; a higher level binds stronger; all go left to right.
 */
static const struct infix {
	enum token_kind kind;
	enum operator op;
	int level;
} infixes[] = {
	{WORD_OR, OPERATOR_OR, 0},
	{WORD_XOR, OPERATOR_XOR, 1},
	{WORD_AND, OPERATOR_AND, 2},
	{TOKEN_AMPERSAND, OPERATOR_AND, 2},
	{TOKEN_EQUAL, OPERATOR_EQUAL, 3},
	{TOKEN_NOT_EQUAL, OPERATOR_NOT_EQUAL, 3},
	{TOKEN_LESS, OPERATOR_LESS, 4},
	{TOKEN_GREATER, OPERATOR_GREATER, 4},
	{TOKEN_LESS_EQUAL, OPERATOR_LESS_EQUAL, 4},
	{TOKEN_GREATER_EQUAL, OPERATOR_GREATER_EQUAL, 4},
	{TOKEN_PLUS, OPERATOR_ADD, 5},
	{TOKEN_MINUS, OPERATOR_SUBTRACT, 5},
	{TOKEN_TIMES, OPERATOR_MULTIPLY, 6},
	{TOKEN_DIVIDE, OPERATOR_DIVIDE, 6},
	{WORD_MOD, OPERATOR_MOD, 6},
	{TOKEN_POWER, OPERATOR_POWER, 7},
};

static const struct infix *infix_of(enum token_kind kind)
{
	for (size_t i = 0; i < sizeof(infixes) / sizeof(*infixes); i++) {
		if (infixes[i].kind == kind) {
			return &infixes[i];
		}
	}
	return NULL;
}

struct expr *parser_expr_new(struct parser *p, enum expr_kind kind)
{
	struct expr *e = parser_new(p, sizeof(*e));
	const struct token *t = parser_peek(p, 0);

	e->kind = kind;
	e->at = t->at;
	e->length = t->length;
	e->depth = 1;
	return e;
}

/** Underline up to the last token, if that is on the same line. */
static void stretch(const struct parser *p, struct expr *e)
{
	if (p->last.at.line == e->at.line && p->last.at.column >= e->at.column) {
		e->length = (uint16_t)(p->last.at.column + p->last.length - e->at.column);
	}
}

/** e stands above below. @return e; or something bad in its place where that is too deep
 */
static struct expr *above(struct parser *p, struct expr *e, const struct expr *below)
{
	if (below && below->depth >= e->depth) {
		e->depth = (uint16_t)(below->depth + 1);
	}
	if (e->depth <= AST_EXPR_DEPTH_MAX) {
		return e;
	}
	parser_fail(p, "this expression is too long: split it (%d levels at most)",
	            AST_EXPR_DEPTH_MAX);
	return parser_expr_new(p, EXPR_BAD);
}

/** One level deeper in what recurses. @return false where that is too deep */
static bool enter(struct parser *p)
{
	if (p->depth == AST_NEST_MAX) {
		parser_fail(p, "more than %d parentheses stand within each other",
		            AST_NEST_MAX);
		return false;
	}
	p->depth++;
	return true;
}

/** What is wrong where a value should stand. */
static void complain_operand(struct parser *p)
{
	enum token_kind kind = parser_kind(p, 0);
	enum token_kind last = p->last.kind;

	if (kind == TOKEN_EQUAL && last == TOKEN_EQUAL) {
		parser_fail(p, "a single = compares; == is not known");
	} else if (last == TOKEN_EQUAL && (kind == TOKEN_LESS || kind == TOKEN_GREATER)) {
		parser_fail(p, "less or equal is written <=, greater or equal >=");
	} else if (kind == TOKEN_AMPERSAND && last == TOKEN_AMPERSAND) {
		parser_fail(p, "and is written AND or a single &");
	} else if (kind == TOKEN_POINT) {
		parser_fail(p, "a number begins with a digit: 0.5");
	} else if (kind == TOKEN_OPEN_INDEX) {
		parser_fail(p, "a list in [ ] can only be an initial value");
	} else if (kind == TOKEN_SIZED) {
		parser_fail(p, "an address begins with %%I, %%Q or %%M");
	} else if (lexer_is_word(kind) && !parser_is_edge(kind)) {
		parser_fail(p, "%s is a word of the language and is no value",
		            lexer_word(kind));
	} else {
		parser_fail(p, "a value is missing before %s", parser_found(p));
	}
}

static struct expr *literal(struct parser *p)
{
	const struct token *t = parser_peek(p, 0);
	struct expr *e = parser_expr_new(p, t->bad ? EXPR_BAD : EXPR_LITERAL);

	if (!t->bad) {
		e->u.literal.value = t->value;
		e->u.literal.type = t->type;
		e->u.literal.hex = t->hex;
	}
	parser_take(p);
	return e;
}

static struct expr *truth(struct parser *p)
{
	struct expr *e = parser_expr_new(p, EXPR_LITERAL);

	e->u.literal.value.kind = CONSTANT_INTEGER;
	e->u.literal.value.u.bits = parser_kind(p, 0) == WORD_TRUE;
	e->u.literal.type = type_elementary(KIND_BOOL);
	parser_take(p);
	return e;
}

static struct expr *enumerator(struct parser *p)
{
	const struct token *t = parser_peek(p, 0);
	struct expr *e = parser_expr_new(p, t->bad ? EXPR_BAD : EXPR_ENUM);
	struct name *type = &e->u.enumerator.type;
	struct name *value = &e->u.enumerator.value;
	size_t from = t->prefix + 1;

	if (!t->bad) {
		*type = parser_name_of(p);
		value->text = region_text(p->ast->region, t->text + from, t->n - from);
		value->key = ast_key(p->ast, t->text + from, t->n - from);
		type->length = (uint16_t)t->prefix;
		value->at = t->at;
		value->at.column = (uint16_t)(t->at.column + from);
		value->length = (uint16_t)(t->n - from);
	}
	parser_take(p);
	return e;
}

/** The name alone, which may be a word that is a function too: AND(a, b). */
static struct expr *name_alone(struct parser *p)
{
	struct expr *e = parser_expr_new(p, EXPR_NAME);

	e->u.name = parser_name_of(p);
	parser_take(p);
	return e;
}

/** Behind the point of base.x. */
static struct expr *member(struct parser *p, struct expr *base)
{
	const struct token *t = parser_peek(p, 0);
	struct expr *e = parser_expr_new(p, EXPR_FIELD);

	if (t->kind == TOKEN_LITERAL && t->value.kind == CONSTANT_INTEGER && !t->type) {
		e->kind = EXPR_BITS;
		e->u.bits.base = base;
		e->u.bits.size = 'X';
		e->u.bits.number = t->value.u.bits > 255 ? 255
		                                         : (uint32_t)t->value.u.bits;
		parser_take(p);
	} else if (t->kind == TOKEN_SIZED) {
		e->kind = t->bad ? EXPR_BAD : EXPR_BITS;
		if (!t->bad) {
			e->u.bits.base = base;
			e->u.bits.size = t->direct.size;
			e->u.bits.number = t->direct.parts[0];
		}
		parser_take(p);
	} else if (t->kind == TOKEN_DIRECT && p->in_access) {
		e->kind = t->bad ? EXPR_BAD : EXPR_DIRECT;
		e->u.direct = t->direct;
		parser_take(p);
	} else {
		e->u.field.base = base;
		e->u.field.name = parser_name(p, "a field behind the point");
		if (!e->u.field.name.text) {
			e->kind = EXPR_BAD;
		}
	}
	e->at = base->at;
	stretch(p, e);
	return above(p, e, base);
}

/** Behind the [ of base[...]. */
static struct expr *indexed(struct parser *p, struct expr *base)
{
	struct expr *e = parser_expr_new(p, EXPR_INDEX);
	struct item **tail = &e->u.index.items;

	e->u.index.base = base;
	e->at = base->at;
	e = above(p, e, base);
	if (e->kind == EXPR_BAD || !enter(p)) {
		return e;
	}
	do {
		struct item *item = parser_new(p, sizeof(*item));

		item->value = parser_expr(p);
		PARSER_APPEND(tail, item);
		e->u.index.n++;
		e = above(p, e, item->value);
	} while (e->kind == EXPR_INDEX && parser_accept(p, TOKEN_COMMA));
	p->depth--;
	(void)parser_expect(p, TOKEN_CLOSE_INDEX, "behind the index");
	stretch(p, e);
	return e;
}

struct expr *parser_path(struct parser *p)
{
	struct expr *e;

	if (parser_kind(p, 0) == TOKEN_DIRECT) {
		const struct token *t = parser_peek(p, 0);

		e = parser_expr_new(p, t->bad ? EXPR_BAD : EXPR_DIRECT);
		if (!t->bad) {
			e->u.direct = t->direct;
		}
		parser_take(p);
	} else {
		e = parser_expr_new(p, EXPR_NAME);
		e->u.name = parser_name(p, "a variable");
		if (!e->u.name.text) {
			e->kind = EXPR_BAD;
		}
	}
	while (!p->panic) {
		const struct token *t = parser_peek(p, 0);

		if (parser_accept(p, TOKEN_POINT)) {
			e = member(p, e);
		} else if (parser_accept(p, TOKEN_OPEN_INDEX)) {
			e = indexed(p, e);
		} else if (t->kind == TOKEN_CARET) {
			parser_remark(p, t->at, t->length,
			              "pointers and references (^) are not supported");
			parser_take(p);
			e->kind = EXPR_BAD;
		} else {
			break;
		}
	}
	return e;
}

/** x := value, x => variable, NOT x => variable, or a value alone. */
static struct item *argument(struct parser *p)
{
	struct item *item = parser_new(p, sizeof(*item));
	unsigned k = parser_kind(p, 0) == WORD_NOT ? 1 : 0;
	enum token_kind kind = parser_kind(p, k);
	enum token_kind next = parser_kind(p, k + 1);
	bool named = kind == TOKEN_NAME || lexer_is_word(kind);

	if (named && next == TOKEN_ARROW) {
		item->output = true;
		item->negated = parser_accept(p, WORD_NOT);
		item->name = parser_name(p, "an output");
		parser_take(p);
		if (parser_kind(p, 0) != TOKEN_COMMA &&
		    parser_kind(p, 0) != TOKEN_CLOSE) {
			item->value = parser_path(p);
		}
	} else if (named && next == TOKEN_ASSIGN && k == 0) {
		item->name = parser_name(p, "an input");
		parser_take(p);
		item->value = parser_expr(p);
	} else {
		item->value = parser_expr(p);
	}
	return item;
}

/** Between two arguments or elements. @return whether another one follows */
static bool next_item(struct parser *p, enum token_kind close)
{
	if (p->panic || parser_kind(p, 0) == close) {
		return false;
	}
	if (parser_accept(p, TOKEN_COMMA)) {
		if (parser_kind(p, 0) == close) {
			parser_fail(p, "something is missing between , and %s",
			            lexer_word(close));
		}
		return !p->panic;
	}
	if (parser_kind(p, 0) == TOKEN_SEMICOLON || parser_peek(p, 0)->first_on_line) {
		return false; /* the bracket is missing, which parser_expect() says */
	}
	parser_fail(p, "%s or %s is missing before %s", lexer_word(TOKEN_COMMA),
	            lexer_word(close), parser_found(p));
	return false;
}

struct expr *parser_call(struct parser *p, struct expr *callee)
{
	struct expr *e = parser_expr_new(p, EXPR_CALL);
	struct item **tail = &e->u.call.items;

	e->at = callee->at;
	e->length = callee->length;
	e->u.call.callee = callee;
	e = above(p, e, callee);
	if (e->kind == EXPR_BAD || !enter(p)) {
		return e;
	}
	parser_take(p);
	if (parser_kind(p, 0) != TOKEN_CLOSE) {
		do {
			struct item *item = argument(p);

			PARSER_APPEND(tail, item);
			e->u.call.n++;
			e = above(p, e, item->value);
		} while (e->kind == EXPR_CALL && next_item(p, TOKEN_CLOSE));
	}
	p->depth--;
	(void)parser_expect(p, TOKEN_CLOSE, "behind the values of the call");
	return e;
}

static struct expr *parenthesised(struct parser *p)
{
	struct expr *e;

	if (!enter(p)) {
		return parser_expr_new(p, EXPR_BAD);
	}
	parser_take(p);
	e = parser_expr(p);
	p->depth--;
	(void)parser_expect(p, TOKEN_CLOSE, "in this expression");
	e->parentheses = true;
	return e;
}

static bool is_function_word(enum token_kind kind)
{
	return kind == WORD_AND || kind == WORD_OR || kind == WORD_XOR ||
	       kind == WORD_MOD;
}

static struct expr *primary(struct parser *p)
{
	enum token_kind kind = parser_kind(p, 0);
	struct expr *e;

	if (kind == TOKEN_LITERAL) {
		return literal(p);
	}
	if (kind == WORD_TRUE || kind == WORD_FALSE) {
		return truth(p);
	}
	if (kind == TOKEN_ENUM) {
		return enumerator(p);
	}
	if (kind == TOKEN_OPEN) {
		return parenthesised(p);
	}
	if (is_function_word(kind) && parser_kind(p, 1) == TOKEN_OPEN) {
		e = name_alone(p);
		return parser_call(p, e);
	}
	if (kind == TOKEN_SIZED && parser_peek(p, 0)->bad) {
		e = parser_expr_new(p, EXPR_BAD);
		parser_take(p);
		return e;
	}
	if (kind != TOKEN_NAME && kind != TOKEN_DIRECT) {
		complain_operand(p);
		return parser_expr_new(p, EXPR_BAD);
	}
	e = parser_path(p);
	if (!p->panic && parser_kind(p, 0) == TOKEN_OPEN) {
		e = parser_call(p, e);
	}
	return e;
}

static struct expr *unary(struct parser *p)
{
	enum token_kind kind = parser_kind(p, 0);
	struct expr *e;

	if (kind != TOKEN_MINUS && kind != TOKEN_PLUS && kind != WORD_NOT) {
		return primary(p);
	}
	e = parser_expr_new(p, EXPR_UNARY);
	e->u.operation.op = kind == TOKEN_MINUS  ? OPERATOR_NEGATE
	                    : kind == TOKEN_PLUS ? OPERATOR_PLUS
	                                         : OPERATOR_NOT;
	if (!enter(p)) {
		e->kind = EXPR_BAD;
		return e;
	}
	parser_take(p);
	e->u.operation.left = unary(p);
	p->depth--;
	return above(p, e, e->u.operation.left);
}

/** Operators of at least this level (precedence climbing, Richards and Whitby-Strevens
 * 1979). */
static struct expr *binary(struct parser *p, int level)
{
	struct expr *left = unary(p);

	while (!p->panic) {
		const struct infix *in = infix_of(parser_kind(p, 0));
		struct expr *e;

		if (!in || in->level < level) {
			break;
		}
		e = parser_expr_new(p, EXPR_BINARY);
		parser_take(p);
		e->u.operation.op = in->op;
		e->u.operation.left = left;
		e->u.operation.right = binary(p, in->level + 1);
		e = above(p, e, left);
		left = above(p, e, e->kind == EXPR_BINARY ? e->u.operation.right : NULL);
	}
	return left;
}

struct expr *parser_expr(struct parser *p)
{
	return binary(p, 0);
}

/** One element of [ ]: a value, or 3(value), 3(), 3(value, value). */
static struct item *element(struct parser *p)
{
	struct item *item = parser_new(p, sizeof(*item));
	struct item **tail = &item->rest;

	if (parser_kind(p, 0) != TOKEN_LITERAL || parser_kind(p, 1) != TOKEN_OPEN) {
		item->value = parser_initial(p);
		return item;
	}
	item->repeat = literal(p);
	parser_take(p);
	if (parser_kind(p, 0) != TOKEN_CLOSE) {
		item->value = parser_initial(p);
		while (!p->panic && parser_accept(p, TOKEN_COMMA)) {
			struct item *next = parser_new(p, sizeof(*next));

			next->value = parser_initial(p);
			PARSER_APPEND(tail, next);
		}
	}
	(void)parser_expect(p, TOKEN_CLOSE, "behind the repeated value");
	return item;
}

/** One field of ( ): x := value. */
static struct item *field(struct parser *p)
{
	struct item *item = parser_new(p, sizeof(*item));

	item->name = parser_name(p, "a field");
	if (parser_expect(p, TOKEN_ASSIGN, "behind the name of the field")) {
		item->value = parser_initial(p);
	}
	return item;
}

/** [..] or (..): the first token is the bracket. */
static struct expr *aggregate(struct parser *p, enum expr_kind kind)
{
	enum token_kind close = kind == EXPR_LIST ? TOKEN_CLOSE_INDEX : TOKEN_CLOSE;
	struct expr *e = parser_expr_new(p, kind);
	struct item **tail = &e->u.list.items;

	if (!enter(p)) {
		e->kind = EXPR_BAD;
		return e;
	}
	parser_take(p);
	if (parser_kind(p, 0) != close) {
		do {
			struct item *item = kind == EXPR_LIST ? element(p) : field(p);

			PARSER_APPEND(tail, item);
			e->u.list.n++;
			e = above(p, e, item->value);
			for (item = item->rest; item; item = item->next) {
				e = above(p, e, item->value);
			}
		} while (e->kind == kind && next_item(p, close));
	}
	p->depth--;
	(void)parser_expect(p, close, "behind the initial values");
	stretch(p, e);
	return e;
}

struct expr *parser_initial(struct parser *p)
{
	if (parser_kind(p, 0) == TOKEN_OPEN_INDEX) {
		return aggregate(p, EXPR_LIST);
	}
	if (parser_kind(p, 0) == TOKEN_OPEN && parser_kind(p, 2) == TOKEN_ASSIGN) {
		return aggregate(p, EXPR_RECORD);
	}
	return parser_expr(p);
}
