/* SPDX-License-Identifier: Apache-2.0 */
/* Statements (B.3.2). */
#include "twin/plc/parser_impl.h"

static struct stmt *stmt_new(struct parser *p, enum stmt_kind kind)
{
	struct stmt *s = parser_new(p, sizeof(*s));
	const struct token *t = parser_peek(p, 0);

	s->kind = kind;
	s->at = t->at;
	s->length = t->length;
	return s;
}

/** An expression behind IF, WHILE, UNTIL, where := and => are meant as = and >=. */
static struct expr *condition(struct parser *p)
{
	struct expr *e = parser_expr(p);
	const struct token *t = parser_peek(p, 0);

	if (t->kind == TOKEN_BAD) {
		e->kind = EXPR_BAD; /* only half of it is known */
	}
	if (p->panic || (t->kind != TOKEN_ASSIGN && t->kind != TOKEN_ARROW)) {
		return e;
	}
	if (t->kind == TOKEN_ASSIGN) {
		parser_remark(p, t->at, t->length, ":= assigns; to compare, write =");
	} else {
		parser_remark(p, t->at, t->length, "greater or equal is written >=");
	}
	parser_take(p);
	e->kind = EXPR_BAD;
	(void)parser_expr(p);
	return e;
}

static struct branch *branch_new(struct parser *p)
{
	struct branch *b = parser_new(p, sizeof(*b));

	b->at = parser_peek(p, 0)->at;
	return b;
}

/** IF or ELSIF up to the next of these. */
static struct branch *if_branch(struct parser *p)
{
	struct branch *b = branch_new(p);

	parser_take(p);
	b->condition = condition(p);
	(void)parser_expect(p, WORD_THEN, "behind the condition");
	b->body = parser_stmts(p);
	return b;
}

static struct stmt *if_stmt(struct parser *p)
{
	struct stmt *s = stmt_new(p, STMT_IF);
	struct branch **tail = &s->u.choice.branches;

	if (!parser_open(p, WORD_IF, WORD_END_IF)) {
		return NULL;
	}
	do {
		struct branch *b;

		if (s->u.choice.has_else) {
			parser_remark_here(p, "no ELSIF may follow the ELSE of line %u",
			                   s->u.choice.else_at.line);
		}
		b = if_branch(p);
		PARSER_APPEND(tail, b);
		while (parser_kind(p, 0) == WORD_ELSE) {
			if (s->u.choice.has_else) {
				parser_remark_here(
					p, "this IF has an ELSE already, in line %u",
					s->u.choice.else_at.line);
			}
			s->u.choice.has_else = true;
			s->u.choice.else_at = parser_peek(p, 0)->at;
			parser_take(p);
			s->u.choice.otherwise = parser_stmts(p);
		}
	} while (parser_kind(p, 0) == WORD_ELSIF);
	parser_shut(p);
	return s;
}

/** Whether a label of CASE begins here: a value up to ':', ',' or '..'. */
static bool at_label(struct parser *p)
{
	unsigned k = 1;

	switch ((int)parser_kind(p, 0)) {
	case TOKEN_LITERAL:
	case TOKEN_MINUS:
	case TOKEN_PLUS:
	case TOKEN_ENUM:
	case WORD_TRUE:
	case WORD_FALSE:
		return true;
	case TOKEN_NAME:
		break;
	default:
		return false;
	}
	while (k + 2 < PARSER_AHEAD && parser_kind(p, k) == TOKEN_POINT &&
	       parser_kind(p, k + 1) == TOKEN_NAME) {
		k += 2;
	}
	if (parser_kind(p, k) == TOKEN_COLON) {
		return parser_kind(p, k + 1) != TOKEN_EQUAL; /* a : = 5 */
	}
	return parser_kind(p, k) == TOKEN_COMMA || parser_kind(p, k) == TOKEN_RANGE;
}

static struct branch *case_branch(struct parser *p)
{
	struct branch *b = branch_new(p);
	struct label **tail = &b->labels;

	do {
		struct label *label = parser_new(p, sizeof(*label));

		label->low = parser_expr(p);
		if (!p->panic && parser_accept(p, TOKEN_RANGE)) {
			label->high = parser_expr(p);
		}
		PARSER_APPEND(tail, label);
	} while (!p->panic && parser_accept(p, TOKEN_COMMA));
	if (!parser_expect(p, TOKEN_COLON, "behind the value of a CASE")) {
		if (parser_kind(p, 0) == TOKEN_NAME) {
			p->panic = false; /* only the colon is missing */
		} else {
			parser_recover(p);
		}
	}
	b->body = parser_stmts(p);
	return b;
}

static struct stmt *case_stmt(struct parser *p)
{
	struct stmt *s = stmt_new(p, STMT_CASE);
	struct branch **tail = &s->u.choice.branches;

	if (!parser_open(p, WORD_CASE, WORD_END_CASE)) {
		return NULL;
	}
	parser_take(p);
	s->u.choice.selector = parser_expr(p);
	(void)parser_expect(p, WORD_OF, "behind the value of CASE");
	if (!at_label(p)) {
		/* statements before the first label, of which the first is refused */
		if (parser_kind(p, 0) != WORD_ELSE && !parser_at_end(p)) {
			parser_fail(
				p,
				"behind OF stands the first value with its colon, not %s",
				parser_found(p));
			parser_recover(p);
			(void)parser_stmts(p);
		}
	}
	while (at_label(p)) {
		struct branch *b = case_branch(p);

		PARSER_APPEND(tail, b);
	}
	if (parser_kind(p, 0) == WORD_ELSE) {
		s->u.choice.has_else = true;
		s->u.choice.else_at = parser_peek(p, 0)->at;
		parser_take(p);
		s->u.choice.otherwise = parser_stmts(p);
	}
	while (at_label(p)) {
		parser_remark_here(p, "no value may follow the ELSE of a CASE");
		(void)case_branch(p);
	}
	parser_shut(p);
	return s;
}

/** := behind the variable of FOR or of an assignment, or what is meant as that. */
static bool assign_sign(struct parser *p)
{
	const struct token *t = parser_peek(p, 0);

	if (parser_accept(p, TOKEN_ASSIGN)) {
		return true;
	}
	if (t->kind == TOKEN_EQUAL) {
		parser_remark(p, t->at, t->length, "= compares; to assign, write :=");
		parser_take(p);
		(void)parser_accept(p, TOKEN_EQUAL); /* a == 1 */
		return true;
	}
	if (t->kind == TOKEN_COLON && parser_kind(p, 1) == TOKEN_EQUAL) {
		parser_remark(p, t->at, t->length, ":= is written without a space in it");
		parser_take(p);
		parser_take(p);
		return true;
	}
	return false;
}

static struct stmt *for_stmt(struct parser *p)
{
	struct stmt *s = stmt_new(p, STMT_FOR);

	if (!parser_open(p, WORD_FOR, WORD_END_FOR)) {
		return NULL;
	}
	parser_take(p);
	s->u.loop.variable = parser_path(p);
	if (!p->panic && !assign_sign(p)) {
		parser_fail(
			p,
			"behind the variable of FOR stands := and its first value, not "
			"%s",
			parser_found(p));
	}
	s->u.loop.from = parser_expr(p);
	if (!p->panic) {
		(void)parser_expect(p, WORD_TO, "behind the first value");
		s->u.loop.to = parser_expr(p);
	}
	if (!p->panic && parser_accept(p, WORD_BY)) {
		s->u.loop.by = parser_expr(p);
	}
	(void)parser_expect(p, WORD_DO, "behind the last value of FOR");
	s->u.loop.body = parser_stmts(p);
	parser_shut(p);
	return s;
}

static struct stmt *while_stmt(struct parser *p)
{
	struct stmt *s = stmt_new(p, STMT_WHILE);

	if (!parser_open(p, WORD_WHILE, WORD_END_WHILE)) {
		return NULL;
	}
	parser_take(p);
	s->u.until.condition = condition(p);
	(void)parser_expect(p, WORD_DO, "behind the condition");
	s->u.until.body = parser_stmts(p);
	parser_shut(p);
	return s;
}

static struct stmt *repeat_stmt(struct parser *p)
{
	struct stmt *s = stmt_new(p, STMT_REPEAT);

	if (!parser_open(p, WORD_REPEAT, WORD_END_REPEAT)) {
		return NULL;
	}
	parser_take(p);
	s->u.until.body = parser_stmts(p);
	if (parser_accept(p, WORD_UNTIL)) {
		s->u.until.condition = condition(p);
		if (p->panic) {
			parser_recover(p);
		}
		(void)parser_accept(p, TOKEN_SEMICOLON);
	} else if (parser_kind(p, 0) == WORD_END_REPEAT) {
		(void)parser_expect(p, WORD_UNTIL,
		                    "before END_REPEAT, with its condition");
	}
	parser_shut(p);
	return s;
}

static struct stmt *simple_stmt(struct parser *p, enum stmt_kind kind)
{
	struct stmt *s = stmt_new(p, kind);

	parser_take(p);
	if (kind == STMT_RETURN && parser_kind(p, 0) != TOKEN_SEMICOLON &&
	    !parser_peek(p, 0)->first_on_line && !parser_at_end(p)) {
		parser_fail(p, "RETURN has no value behind it: assign the result to the "
		               "function's name");
	}
	return s;
}

/** What is wrong behind the variable that begins a statement. */
static void complain_statement(struct parser *p, const struct expr *target)
{
	enum token_kind kind = parser_kind(p, 0);
	enum token_kind next = parser_kind(p, 1);
	const struct name *name = target->kind == EXPR_NAME ? &target->u.name : NULL;

	if ((kind == TOKEN_PLUS || kind == TOKEN_MINUS || kind == TOKEN_TIMES ||
	     kind == TOKEN_DIVIDE) &&
	    (next == TOKEN_EQUAL || next == kind)) {
		parser_fail(
			p, "%s%s is not known: write the whole assignment, as x := x + 1",
			lexer_word(kind), lexer_word(next));
	} else if (kind == TOKEN_COLON) {
		parser_fail(p,
		            "a variable is declared between VAR and END_VAR; to assign, "
		            "write :=");
	} else if (kind == TOKEN_NAME && name && name->text &&
	           type_find(name->text, name->length)) {
		parser_fail(p,
		            "a variable is declared between VAR and END_VAR, as %s : %s",
		            parser_found(p), name->text);
	} else if (kind == TOKEN_SEMICOLON || parser_peek(p, 0)->first_on_line) {
		if (parser_may_fail(p)) {
			sources_error(
				p->sources, target->at, target->length,
				"this is no statement: assign with :=, call with ( )");
		}
		p->panic = true;
	} else {
		parser_fail(p, ":= or ( is expected here, not %s", parser_found(p));
	}
}

/** x := value; or instance(...); */
static struct stmt *assign_or_call(struct parser *p)
{
	struct stmt *s = stmt_new(p, STMT_ASSIGN);
	struct expr *target = parser_path(p);

	s->length = target->length;
	if (p->panic) {
		return s;
	}
	if (parser_kind(p, 0) == TOKEN_OPEN) {
		s->kind = STMT_CALL;
		s->u.call = parser_call(p, target);
		return s;
	}
	s->u.assign.target = target;
	if (!assign_sign(p)) {
		complain_statement(p, target);
		return s;
	}
	s->u.assign.value = parser_expr(p);
	if (parser_kind(p, 0) == TOKEN_BAD) {
		s->u.assign.value->kind = EXPR_BAD; /* only half of it is known */
	}
	if (!p->panic && parser_kind(p, 0) == TOKEN_ASSIGN) {
		parser_fail(p, "a statement assigns once: a second := cannot follow");
	}
	return s;
}

/** The ';' behind a statement. */
static void end_statement(struct parser *p)
{
	const struct token *t;

	if (p->panic) {
		parser_recover(p);
		return;
	}
	if (parser_accept(p, TOKEN_SEMICOLON) || p->closing) {
		return;
	}
	t = parser_peek(p, 0);
	if (t->kind == TOKEN_BAD || p->last.bad) {
		parser_recover(p);
	} else if (t->first_on_line || t->kind == TOKEN_END || lexer_is_word(t->kind)) {
		parser_remark(p, parser_behind(p), 1,
		              "; is missing at the end of the statement");
	} else {
		parser_fail(
			p,
			"%s makes no sense here: an operator or ; is missing before it",
			parser_found(p));
		parser_recover(p);
	}
}

/** ELSEIF, ENDIF, END IF: what is meant takes its place. */
static void correct_word(struct parser *p)
{
	static const struct {
		const char *text;
		enum token_kind kind;
	} words[] = {
		{"ELSEIF", WORD_ELSIF},           {"ELIF", WORD_ELSIF},
		{"ENDIF", WORD_END_IF},           {"ENDFOR", WORD_END_FOR},
		{"ENDCASE", WORD_END_CASE},       {"ENDWHILE", WORD_END_WHILE},
		{"ENDREPEAT", WORD_END_REPEAT},   {"ENDFUNCTION", WORD_END_FUNCTION},
		{"ENDPROGRAM", WORD_END_PROGRAM},
	};
	static const struct {
		enum token_kind begin, end;
	} pairs[] = {
		{WORD_IF, WORD_END_IF},
		{WORD_FOR, WORD_END_FOR},
		{WORD_CASE, WORD_END_CASE},
		{WORD_WHILE, WORD_END_WHILE},
		{WORD_REPEAT, WORD_END_REPEAT},
		{WORD_PROGRAM, WORD_END_PROGRAM},
		{WORD_FUNCTION, WORD_END_FUNCTION},
	};
	struct token *t = &p->ring[p->first];

	if (parser_kind(p, 1) == TOKEN_ASSIGN) {
		return;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (parser_is(p, 0, words[i].text)) {
			parser_remark(p, t->at, t->length, "this word is written %s",
			              lexer_word(words[i].kind));
			t->kind = words[i].kind;
			return;
		}
	}
	for (size_t i = 0; parser_is(p, 0, "END") && i < sizeof(pairs) / sizeof(*pairs);
	     i++) {
		if (parser_kind(p, 1) == pairs[i].begin) {
			parser_remark(p, t->at, t->length, "this word is written %s",
			              lexer_word(pairs[i].end));
			parser_take(p);
			p->ring[p->first].kind = pairs[i].end;
		}
	}
}

/** What cannot begin a statement, nor end one that is open. */
static void complain_beginning(struct parser *p)
{
	enum token_kind kind = parser_kind(p, 0);

	switch ((int)kind) {
	case WORD_END_IF:
	case WORD_END_CASE:
	case WORD_END_FOR:
	case WORD_END_WHILE:
	case WORD_END_REPEAT:
	case WORD_END_VAR:
	case WORD_END_STRUCT:
	case WORD_END_RESOURCE:
	case WORD_ELSE:
	case WORD_ELSIF:
	case WORD_UNTIL:
		parser_fail(p, "nothing is open that %s could belong to",
		            lexer_word(kind));
		parser_take(p);
		break;
	case TOKEN_BAD:
		p->panic = true;
		parser_take(p);
		break;
	default:
		parser_fail(p, "a statement does not begin with %s", parser_found(p));
		parser_take(p);
		break;
	}
}

/** One statement without its ';'. @return NULL where there is none */
static struct stmt *statement(struct parser *p)
{
	switch ((int)parser_kind(p, 0)) {
	case WORD_IF:
		return if_stmt(p);
	case WORD_CASE:
		return case_stmt(p);
	case WORD_FOR:
		return for_stmt(p);
	case WORD_WHILE:
		return while_stmt(p);
	case WORD_REPEAT:
		return repeat_stmt(p);
	case WORD_EXIT:
		return simple_stmt(p, STMT_EXIT);
	case WORD_CONTINUE:
		return simple_stmt(p, STMT_CONTINUE);
	case WORD_RETURN:
		return simple_stmt(p, STMT_RETURN);
	case TOKEN_NAME:
	case TOKEN_DIRECT:
		return assign_or_call(p);
	default:
		complain_beginning(p);
		return NULL;
	}
}

/** Whether a CASE is open, directly or around what should have ended before a label. */
static bool within_case(const struct parser *p)
{
	for (unsigned i = p->n_open; i > 0; i--) {
		if (p->open[i - 1].begin == WORD_CASE) {
			return true;
		}
	}
	return false;
}

struct stmt *parser_stmts(struct parser *p)
{
	struct stmt *first = NULL;
	struct stmt **tail = &first;

	for (;;) {
		struct stmt *s;

		p->brackets = 0;
		if (parser_kind(p, 0) == TOKEN_NAME) {
			correct_word(p);
		}
		if (parser_at_end(p) || parser_at_wrong_end(p) ||
		    (within_case(p) && at_label(p))) {
			return first;
		}
		if (parser_accept(p, TOKEN_SEMICOLON) || parser_foreign_body(p)) {
			continue;
		}
		s = statement(p);
		if (s) {
			PARSER_APPEND(tail, s);
		}
		end_statement(p);
	}
}
