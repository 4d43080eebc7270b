/* SPDX-License-Identifier: Apache-2.0 */
/* Types as written (B.1.3.3). */
#include "twin/plc/parser_impl.h"

static struct type_spec *spec_new(struct parser *p, enum spec_kind kind)
{
	struct type_spec *s = parser_new(p, sizeof(*s));
	const struct token *t = parser_peek(p, 0);

	s->kind = kind;
	s->at = t->at;
	s->length = t->length;
	return s;
}

/** low..high, in brackets of some kind. */
static struct spec_range *range(struct parser *p)
{
	struct spec_range *r = parser_new(p, sizeof(*r));

	if (parser_kind(p, 0) == TOKEN_TIMES) {
		parser_fail(p, "arrays of variable length (*) are not supported");
		return r;
	}
	r->low = parser_expr(p);
	if (!p->panic && !parser_accept(p, TOKEN_RANGE)) {
		parser_fail(p, "a range is written with two points, as 1..10; found %s",
		            parser_found(p));
	}
	if (!p->panic) {
		r->high = parser_expr(p);
	}
	return r;
}

static struct type_spec *array(struct parser *p)
{
	struct type_spec *s = spec_new(p, SPEC_ARRAY);
	struct spec_range **tail = &s->ranges;

	parser_take(p);
	if (!parser_expect(p, TOKEN_OPEN_INDEX, "behind ARRAY")) {
		return s;
	}
	do {
		struct spec_range *r = range(p);

		if (s->n_ranges == TYPE_DIMENSIONS_MAX) {
			parser_fail(p, "an array has at most %d dimensions",
			            TYPE_DIMENSIONS_MAX);
		}
		PARSER_APPEND(tail, r);
		s->n_ranges++;
	} while (!p->panic && parser_accept(p, TOKEN_COMMA));
	if (parser_expect(p, TOKEN_CLOSE_INDEX, "behind the range of the array")) {
		(void)parser_expect(p, WORD_OF, "before the type of the elements");
		s->element = parser_spec(p);
	}
	return s;
}

/** red, green := 5, ... behind the '('. */
static void enum_values(struct parser *p, struct type_spec *s)
{
	struct spec_value **tail = &s->values;

	s->kind = SPEC_ENUM;
	do {
		struct spec_value *v = parser_new(p, sizeof(*v));

		v->name = parser_name(p, "a value of the enumeration");
		if (!p->panic && parser_accept(p, TOKEN_ASSIGN)) {
			v->value = parser_expr(p);
		}
		PARSER_APPEND(tail, v);
	} while (!p->panic && parser_accept(p, TOKEN_COMMA));
	(void)parser_expect(p, TOKEN_CLOSE, "behind the values of the enumeration");
}

/** (red, green) UINT: a base behind it, as CODESYS writes it, is one too. */
static struct type_spec *enumeration(struct parser *p)
{
	struct type_spec *s = spec_new(p, SPEC_ENUM);

	parser_take(p);
	enum_values(p, s);
	if (!p->panic && parser_kind(p, 0) == TOKEN_NAME &&
	    !parser_peek(p, 0)->first_on_line &&
	    type_find(parser_peek(p, 0)->text, parser_peek(p, 0)->n)) {
		s->name = parser_name(p, "the base");
	}
	return s;
}

static struct type_spec *structure(struct parser *p)
{
	struct type_spec *s = spec_new(p, SPEC_STRUCT);

	if (!parser_open(p, WORD_STRUCT, WORD_END_STRUCT)) {
		return s;
	}
	parser_take(p);
	s->fields = parser_fields(p);
	parser_shut(p);
	return s;
}

/** STRING[20], STRING(20). */
static void string_size(struct parser *p, struct type_spec *s)
{
	enum token_kind close = parser_kind(p, 0) == TOKEN_OPEN ? TOKEN_CLOSE
	                                                        : TOKEN_CLOSE_INDEX;

	parser_take(p);
	s->size = parser_expr(p);
	(void)parser_expect(p, close, "behind the length of the text");
}

/** Whether the '(' behind a name begins values of an enumeration, and no subrange. */
static bool is_enum_list(struct parser *p)
{
	enum token_kind behind = parser_kind(p, 2);

	return parser_kind(p, 1) == TOKEN_NAME &&
	       (behind == TOKEN_COMMA || behind == TOKEN_CLOSE || behind == TOKEN_ASSIGN);
}

static struct type_spec *named(struct parser *p)
{
	struct type_spec *s = spec_new(p, SPEC_NAMED);
	const struct type *type;
	const struct token *t = parser_peek(p, 0);

	type = type_find(t->text, t->n);
	s->name = parser_name(p, "the type");
	if (type && type_is_string(type)) {
		s->kind = SPEC_STRING;
		s->wide = type->kind == KIND_WSTRING;
		if (parser_kind(p, 0) == TOKEN_OPEN ||
		    parser_kind(p, 0) == TOKEN_OPEN_INDEX) {
			string_size(p, s);
		}
	} else if (parser_kind(p, 0) == TOKEN_OPEN && is_enum_list(p)) {
		parser_take(p);
		enum_values(p, s);
	} else if (parser_accept(p, TOKEN_OPEN)) {
		s->kind = SPEC_SUBRANGE;
		s->ranges = range(p);
		s->n_ranges = 1;
		(void)parser_expect(p, TOKEN_CLOSE, "behind the range of the type");
	}
	return s;
}

static struct type_spec *spec(struct parser *p)
{
	switch ((int)parser_kind(p, 0)) {
	case WORD_ARRAY:
		return array(p);
	case WORD_STRUCT:
		return structure(p);
	case TOKEN_OPEN:
		return enumeration(p);
	case TOKEN_NAME:
		return named(p);
	default:
		parser_fail(p, "a type is missing before %s", parser_found(p));
		return spec_new(p, SPEC_BAD);
	}
}

struct type_spec *parser_spec(struct parser *p)
{
	struct type_spec *s;

	if (parser_foreign_type(p)) {
		return spec_new(p, SPEC_BAD);
	}
	if (p->depth == AST_NEST_MAX) {
		parser_fail(p, "more than %d types stand within each other",
		            AST_NEST_MAX);
		return spec_new(p, SPEC_BAD);
	}
	p->depth++;
	s = spec(p);
	p->depth--;
	if (p->panic) {
		s->kind = SPEC_BAD;
	}
	return s;
}
