/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations of variables (B.1.4.3). */
#include "twin/plc/parser_impl.h"

enum { SIGHT = 200 }; /* tokens that are looked over for an END_VAR */

/** What all variables of a section have in common. */
struct qualifiers {
	enum section section;
	enum retain retain;
	bool constant;
};

struct direct *parser_at(struct parser *p)
{
	const struct token *t;
	struct direct *d;

	if (!parser_accept(p, WORD_AT)) {
		return NULL;
	}
	t = parser_peek(p, 0);
	if (t->kind != TOKEN_DIRECT) {
		parser_fail(p, "behind AT stands an address as %%IX0.0, not %s",
		            parser_found(p));
		return NULL;
	}
	if (t->bad) {
		parser_take(p);
		return NULL;
	}
	d = parser_new(p, sizeof(*d));
	*d = t->direct;
	parser_take(p);
	return d;
}

struct expr *parser_assigned(struct parser *p)
{
	const struct token *t = parser_peek(p, 0);
	struct position at = t->at;

	if (p->panic) {
		return NULL;
	}
	if (parser_accept(p, TOKEN_EQUAL)) {
		parser_remark(p, at, 1, "an initial value is given with :=, not =");
	} else if (!parser_accept(p, TOKEN_ASSIGN)) {
		return NULL;
	}
	return parser_initial(p);
}

void parser_semicolon(struct parser *p, const char *behind)
{
	const struct token *t;

	if (p->panic) {
		parser_recover(p);
		return;
	}
	if (parser_accept(p, TOKEN_SEMICOLON)) {
		return;
	}
	t = parser_peek(p, 0);
	if (t->first_on_line || lexer_is_word(t->kind) || t->kind == TOKEN_END) {
		parser_remark(p, parser_behind(p), 1, "; is missing behind %s", behind);
		return;
	}
	parser_fail(p, "; is expected behind %s, not %s", behind, parser_found(p));
	parser_recover(p);
}

/** Whether END_VAR is in sight, before what cannot stand in a section. */
static bool end_in_sight(const struct parser *p)
{
	struct parser ahead = *p;

	for (unsigned i = 0; i < SIGHT; i++) {
		enum token_kind kind = parser_kind(&ahead, 0);

		if (kind == WORD_END_VAR) {
			return true;
		}
		if (kind == TOKEN_END || parser_is_edge(kind) ||
		    parser_is_unit_edge(kind) || parser_is_section(kind)) {
			return false;
		}
		parser_take(&ahead);
	}
	return false;
}

/** Whether what stands here shows that the section has ended without its END_VAR. */
static bool section_is_over(struct parser *p)
{
	enum token_kind kind = parser_kind(p, 0);
	enum token_kind next = kind == TOKEN_END ? TOKEN_END : parser_kind(p, 1);

	if (lexer_is_word(kind) && next == TOKEN_COLON) {
		return false; /* a keyword as a name, which is complained about */
	}
	if (kind == TOKEN_END || parser_is_edge(kind) || parser_is_unit_edge(kind) ||
	    parser_is_section(kind)) {
		return true;
	}
	return kind == TOKEN_NAME &&
	       (next == TOKEN_ASSIGN || next == TOKEN_OPEN || next == TOKEN_POINT ||
	        next == TOKEN_OPEN_INDEX) &&
	       !end_in_sight(p);
}

/** Names of elementary types that edition 2 has: a variable cannot be called so. */
static bool is_type_name(const struct name *n)
{
	const struct type *type = n->text ? type_find(n->text, n->length) : NULL;

	return type && type->kind != KIND_LTIME;
}

static struct name declared_name(struct parser *p)
{
	struct name n;

	if (parser_kind(p, 0) == TOKEN_NAME && parser_kind(p, 1) == TOKEN_NAME &&
	    !parser_peek(p, 1)->first_on_line) {
		n = parser_name_of(p);
		if (is_type_name(&n)) {
			parser_take(p);
			parser_fail(p, "the name stands first: %s : %s;", parser_found(p),
			            n.text);
			return n;
		}
	}
	n = parser_name(p, "a variable");
	if (is_type_name(&n)) {
		parser_remark(p, n.at, n.length,
		              "%s is a type and cannot be the name of a variable",
		              n.text);
	}
	return n;
}

/** a, b or nothing before AT. @return where the list ends */
static struct variable **names(struct parser *p, struct variable **tail)
{
	do {
		struct variable *v = parser_new(p, sizeof(*v));

		if (parser_kind(p, 0) == WORD_AT) {
			v->name.at = parser_peek(p, 0)->at;
			v->name.length = parser_peek(p, 0)->length;
		} else {
			v->name = declared_name(p);
			if (!v->name.text) {
				break;
			}
		}
		PARSER_APPEND(tail, v);
	} while (!p->panic && parser_accept(p, TOKEN_COMMA));
	return tail;
}

/** The ':' behind the names; `INT` behind them without it is understood. */
static void colon(struct parser *p)
{
	if (p->panic || parser_accept(p, TOKEN_COLON)) {
		return;
	}
	if (parser_kind(p, 0) == TOKEN_NAME && !parser_peek(p, 0)->first_on_line) {
		parser_remark(p, parser_behind(p), 1,
		              ": is missing between the name and the type");
	} else if (parser_kind(p, 0) == TOKEN_ASSIGN) {
		parser_fail(p, "the type is missing: name : type := value");
	} else {
		parser_fail(p, "behind a variable's name stands : and its type, not %s",
		            parser_found(p));
	}
}

/** CODESYS 2 leaves the brackets of a list out: := 1, 2, 3; */
static struct expr *bare_list(struct parser *p, struct expr *first)
{
	struct expr *list = parser_expr_new(p, EXPR_LIST);
	struct item **tail = &list->u.list.items;
	struct item *item = parser_new(p, sizeof(*item));

	list->at = first->at;
	list->length = first->length;
	sources_warning(p->sources, first->at, first->length,
	                "the values of an array stand between [ and ]");
	item->value = first;
	PARSER_APPEND(tail, item);
	list->u.list.n = 1;
	while (!p->panic && parser_accept(p, TOKEN_COMMA)) {
		item = parser_new(p, sizeof(*item));
		item->value = parser_initial(p);
		PARSER_APPEND(tail, item);
		list->u.list.n++;
	}
	list->depth = (uint16_t)(first->depth + 1);
	return list;
}

static enum edge edge(struct parser *p)
{
	if (p->panic) {
		return EDGE_NONE;
	}
	if (parser_accept(p, WORD_R_EDGE)) {
		return EDGE_RISING;
	}
	return parser_accept(p, WORD_F_EDGE) ? EDGE_FALLING : EDGE_NONE;
}

/** One declaration: a, b AT %IX0.0 : type := value; */
static struct variable **declaration(struct parser *p, struct variable **tail,
                                     const struct qualifiers *q)
{
	struct variable **first = tail;
	struct direct *direct;
	struct type_spec *spec;
	struct expr *initial;
	enum edge rise;

	tail = names(p, tail);
	direct = p->panic ? NULL : parser_at(p);
	if (direct && *first && (*first)->next) {
		parser_remark(p, direct->at, direct->length,
		              "one address cannot belong to several variables");
	}
	colon(p);
	spec = parser_spec(p);
	initial = parser_assigned(p);
	if (initial && !p->panic && parser_kind(p, 0) == TOKEN_COMMA &&
	    spec->kind != SPEC_STRUCT) {
		initial = bare_list(p, initial);
	}
	rise = edge(p);
	for (struct variable *v = *first; v; v = v->next) {
		v->section = q->section;
		v->retain = q->retain;
		v->constant = q->constant;
		v->edge = rise;
		v->direct = direct;
		v->spec = spec;
		v->initial = initial;
	}
	if (spec->kind == SPEC_STRUCT && !p->panic &&
	    parser_kind(p, 0) == WORD_END_TYPE) {
		return tail;
	}
	parser_semicolon(p, "the declaration");
	return tail;
}

/** VAR_INPUT and the like; PERSISTENT is another word for RETAIN. */
static void read_qualifiers(struct parser *p, struct qualifiers *q)
{
	for (;;) {
		if (parser_accept(p, WORD_CONSTANT)) {
			q->constant = true;
		} else if (parser_accept(p, WORD_RETAIN)) {
			q->retain = RETAIN_YES;
		} else if (parser_accept(p, WORD_NON_RETAIN)) {
			q->retain = RETAIN_NO;
		} else if (parser_is(p, 0, "PERSISTENT") &&
		           parser_kind(p, 1) != TOKEN_COLON &&
		           parser_kind(p, 1) != TOKEN_COMMA &&
		           parser_kind(p, 1) != WORD_AT) {
			q->retain = RETAIN_YES;
			parser_take(p);
		} else {
			return;
		}
	}
}

static enum section section_of(enum token_kind kind)
{
	switch ((int)kind) {
	case WORD_VAR_INPUT:
		return SECTION_INPUT;
	case WORD_VAR_OUTPUT:
		return SECTION_OUTPUT;
	case WORD_VAR_IN_OUT:
		return SECTION_IN_OUT;
	case WORD_VAR_TEMP:
		return SECTION_TEMP;
	case WORD_VAR_EXTERNAL:
		return SECTION_EXTERNAL;
	case WORD_VAR_GLOBAL:
		return SECTION_GLOBAL;
	default:
		return SECTION_VAR;
	}
}

struct variable **parser_section(struct parser *p, struct variable **tail)
{
	enum token_kind begin = parser_kind(p, 0);
	struct qualifiers q = {.section = section_of(begin)};

	if (!parser_open(p, begin, WORD_END_VAR)) {
		return tail;
	}
	parser_take(p);
	read_qualifiers(p, &q);
	while (!section_is_over(p)) {
		if (!parser_accept(p, TOKEN_SEMICOLON)) {
			tail = declaration(p, tail, &q);
		}
	}
	parser_shut(p);
	(void)parser_accept(p, TOKEN_SEMICOLON);
	return tail;
}

struct variable *parser_fields(struct parser *p)
{
	static const struct qualifiers q = {.section = SECTION_FIELD};
	struct variable *first = NULL;
	struct variable **tail = &first;

	while (parser_kind(p, 0) == TOKEN_NAME || parser_kind(p, 0) == TOKEN_SEMICOLON ||
	       (lexer_is_word(parser_kind(p, 0)) && parser_kind(p, 1) == TOKEN_COLON)) {
		if (!parser_accept(p, TOKEN_SEMICOLON)) {
			tail = declaration(p, tail, &q);
		}
	}
	return first;
}
