/* SPDX-License-Identifier: Apache-2.0 */
/* Units: TYPE (B.1.3.3), FUNCTION, FUNCTION_BLOCK, PROGRAM (B.1.5). */
#include "twin/plc/parser.h"

#include <errno.h>
#include <stdlib.h>

#include "twin/plc/parser_impl.h"

/** FUNCTION_BLOCK x EXTENDS y IMPLEMENTS z: not supported, but the rest is read. */
static void foreign_header(struct parser *p)
{
	while (parser_is(p, 0, "EXTENDS") || parser_is(p, 0, "IMPLEMENTS")) {
		parser_remark_here(p, "inheritance (%s) is not supported",
		                   parser_found(p));
		do {
			parser_take(p);
			(void)parser_accept(p, TOKEN_NAME);
		} while (parser_kind(p, 0) == TOKEN_COMMA ||
		         parser_kind(p, 0) == TOKEN_POINT);
	}
}

static struct name pou_name(struct parser *p, enum pou_kind kind)
{
	static const char *const modifiers[] = {
		"PUBLIC",   "PRIVATE", "PROTECTED", "INTERNAL",
		"ABSTRACT", "FINAL",   "OVERRIDE",
	};
	struct name n;

	for (size_t i = 0; i < sizeof(modifiers) / sizeof(*modifiers); i++) {
		if (parser_kind(p, 1) == TOKEN_NAME && parser_is(p, 0, modifiers[i])) {
			parser_remark_here(p, "access rights (%s) are not supported",
			                   modifiers[i]);
			parser_take(p);
			i = 0;
		}
	}
	n = parser_name(p, ast_pou_word(kind));
	if (n.text && type_find(n.text, n.length)) {
		parser_remark(p, n.at, n.length,
		              "%s is a type and cannot be the name of a %s", n.text,
		              ast_pou_word(kind));
	}
	return n;
}

/** FUNCTION name : type. */
static void function_result(struct parser *p, struct pou *pou)
{
	struct variable *v = parser_new(p, sizeof(*v));

	v->name = pou->name;
	v->section = SECTION_RESULT;
	pou->result = v;
	if (!parser_accept(p, TOKEN_COLON)) {
		const struct token *t = parser_peek(p, 0);

		if (t->kind == TOKEN_NAME && !t->first_on_line) {
			parser_remark(p, parser_behind(p), 1,
			              ": is missing between the name and the type");
		} else {
			parser_remark(
				p, parser_behind(p), 1,
				"the type of the function is missing: FUNCTION %s : INT",
				pou->name.text ? pou->name.text : "name");
			v->spec = parser_new(p, sizeof(*v->spec)); /* SPEC_BAD */
			v->spec->at = pou->name.at;
			return;
		}
	}
	v->spec = parser_spec(p);
	(void)parser_accept(p, TOKEN_SEMICOLON);
}

/** Sections, then statements; a section behind a statement is refused, and read. */
static void pou_body(struct parser *p, struct pou *pou)
{
	struct variable **variables = &pou->variables;
	struct access **accesses = &pou->accesses;
	struct stmt **body = &pou->body;

	for (;;) {
		enum token_kind kind = parser_kind(p, 0);

		if (parser_is_section(kind) && pou->body) {
			parser_remark_here(
				p, "declarations (%s) stand before the first statement",
				lexer_word(kind));
		}
		if (kind == WORD_VAR_ACCESS) {
			accesses = parser_accesses(p, accesses);
		} else if (kind == WORD_VAR_CONFIG) {
			parser_fail(p, "VAR_CONFIG stands in a CONFIGURATION");
			parser_take(p);
			while (parser_kind(p, 0) != TOKEN_END &&
			       parser_kind(p, 0) != WORD_END_VAR &&
			       !parser_is_unit_edge(parser_kind(p, 0))) {
				parser_take(p);
			}
			p->panic = false;
			(void)parser_accept(p, WORD_END_VAR);
		} else if (parser_is_section(kind)) {
			variables = parser_section(p, variables);
		} else if (kind == TOKEN_END || parser_is_unit_edge(kind)) {
			return;
		} else {
			*body = parser_stmts(p);
			while (*body) {
				body = &(*body)->next;
			}
		}
	}
}

/** END_FUNCTION where END_FUNCTION_BLOCK is meant. */
static void wrong_end(struct parser *p, enum token_kind end)
{
	const struct token *t = parser_peek(p, 0);
	enum token_kind kind = t->kind;

	if (kind != end &&
	    (kind == WORD_END_FUNCTION || kind == WORD_END_FUNCTION_BLOCK ||
	     kind == WORD_END_PROGRAM)) {
		parser_remark(p, t->at, t->length, "%s is expected here, not %s",
		              lexer_word(end), lexer_word(kind));
		p->ring[p->first].kind = end;
	}
}

static void pou(struct parser *p, enum pou_kind kind)
{
	static const enum token_kind words[][2] = {
		[POU_FUNCTION] = {WORD_FUNCTION, WORD_END_FUNCTION},
		[POU_BLOCK] = {WORD_FUNCTION_BLOCK, WORD_END_FUNCTION_BLOCK},
		[POU_PROGRAM] = {WORD_PROGRAM, WORD_END_PROGRAM},
	};
	struct pou *made = parser_new(p, sizeof(*made));

	made->kind = kind;
	made->at = parser_peek(p, 0)->at;
	if (!parser_open(p, words[kind][0], words[kind][1])) {
		return;
	}
	parser_take(p);
	made->name = pou_name(p, kind);
	p->panic = false;
	foreign_header(p);
	if (kind == POU_FUNCTION) {
		function_result(p, made);
		p->panic = false;
	}
	if (made->name.text) {
		PARSER_APPEND(p->pous, made);
	}
	pou_body(p, made);
	made->end = parser_peek(p, 0)->at;
	wrong_end(p, words[kind][1]);
	parser_shut(p);
	(void)parser_accept(p, TOKEN_SEMICOLON);
}

/** name : spec := initial; */
static void type_decl(struct parser *p)
{
	struct type_decl *d = parser_new(p, sizeof(*d));

	d->name = parser_name(p, "the type");
	foreign_header(p);
	if (!p->panic && parser_expect(p, TOKEN_COLON, "behind the name of the type")) {
		d->spec = parser_spec(p);
		d->initial = parser_assigned(p);
	}
	if (d->name.text && d->spec) {
		PARSER_APPEND(p->types, d);
	}
	if (!p->panic && d->spec && d->spec->kind == SPEC_STRUCT &&
	    parser_kind(p, 0) == WORD_END_TYPE) {
		return; /* CODESYS writes no ';' there */
	}
	parser_semicolon(p, "the type");
}

static void types(struct parser *p)
{
	if (!parser_open(p, WORD_TYPE, WORD_END_TYPE)) {
		return;
	}
	parser_take(p);
	for (;;) {
		enum token_kind kind = parser_kind(p, 0);

		if (kind == TOKEN_NAME ||
		    (lexer_is_word(kind) && parser_kind(p, 1) == TOKEN_COLON)) {
			type_decl(p);
		} else if (kind == TOKEN_SEMICOLON) {
			parser_take(p);
		} else if (kind == WORD_END_TYPE || kind == TOKEN_END ||
		           parser_is_unit_edge(kind) || parser_is_section(kind)) {
			break;
		} else {
			parser_fail(p, "the name of a type is expected, not %s",
			            parser_found(p));
			parser_take(p);
			parser_recover(p);
		}
	}
	parser_shut(p);
	(void)parser_accept(p, TOKEN_SEMICOLON);
}

/** To where the next unit begins. */
static void skip_to_unit(struct parser *p)
{
	for (;;) {
		enum token_kind kind = parser_kind(p, 0);

		if (kind == TOKEN_END || kind == WORD_FUNCTION ||
		    kind == WORD_FUNCTION_BLOCK || kind == WORD_PROGRAM ||
		    kind == WORD_TYPE || kind == WORD_CONFIGURATION ||
		    kind == WORD_VAR_GLOBAL) {
			break;
		}
		parser_take(p);
	}
	p->panic = false;
}

/** Sections outside of a unit: only globals have a place there. */
static void lone_section(struct parser *p)
{
	struct variable *unused = NULL;
	const struct token *t = parser_peek(p, 0);

	if (t->kind == WORD_VAR_GLOBAL) {
		p->globals = parser_section(p, p->globals);
		return;
	}
	parser_fail(p, "%s stands within a PROGRAM, FUNCTION_BLOCK or FUNCTION",
	            lexer_word(t->kind));
	p->panic = false;
	(void)parser_section(p, &unused);
}

static void unit(struct parser *p)
{
	enum token_kind kind = parser_kind(p, 0);

	switch ((int)kind) {
	case WORD_FUNCTION:
		pou(p, POU_FUNCTION);
		return;
	case WORD_FUNCTION_BLOCK:
		pou(p, POU_BLOCK);
		return;
	case WORD_PROGRAM:
		pou(p, POU_PROGRAM);
		return;
	case WORD_TYPE:
		types(p);
		return;
	case WORD_CONFIGURATION:
		parser_configuration(p);
		return;
	case TOKEN_SEMICOLON:
		parser_take(p);
		return;
	default:
		break;
	}
	if (parser_is_section(kind) && kind != WORD_VAR_CONFIG &&
	    kind != WORD_VAR_ACCESS) {
		lone_section(p);
	} else if (!parser_foreign_unit(p)) {
		parser_fail(p,
		            "PROGRAM, FUNCTION_BLOCK, FUNCTION, TYPE or CONFIGURATION is "
		            "expected, not %s",
		            parser_found(p));
		parser_take(p);
		skip_to_unit(p);
	}
}

static void file(struct parser *p, size_t index)
{
	lexer_init(&p->lexer, p->sources, index);
	p->first = 0;
	p->n = 0;
	p->last = (struct token){.at = {.line = 1, .column = 1, .file = (uint16_t)index}};
	p->panic = false;
	p->closing = false;
	p->brackets = 0;
	p->depth = 0;
	p->n_open = 0;
	while (parser_kind(p, 0) != TOKEN_END) {
		unit(p);
	}
}

int parser_parse(struct ast **out, struct sources *s)
{
	struct region *r = sources_region(s);
	struct ast *ast = region_alloc(r, sizeof(*ast));
	struct parser *p = calloc(1, sizeof(*p));

	if (!ast || !p) {
		free(p);
		return -ENOMEM;
	}
	ast->sources = s;
	ast->region = r;
	p->ast = ast;
	p->sources = s;
	p->types = &ast->types;
	p->pous = &ast->pous;
	p->globals = &ast->globals;
	p->configurations = &ast->configurations;
	for (size_t i = 0; i < sources_count(s); i++) {
		file(p, i);
	}
	free(p);
	*out = ast;
	return r->exhausted ? -ENOMEM : 0;
}
