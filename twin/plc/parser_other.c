/* SPDX-License-Identifier: Apache-2.0 */
/* What is not supported: it is named and skipped, so that the rest is still checked. */
#include "twin/plc/parser_impl.h"

/** Units and parts of units that edition 3 or other languages have. */
static const struct foreign {
	const char *word, *end; /* end NULL: up to the next ';' or unit */
	const char *what;
} units[] = {
	{"CLASS", "END_CLASS", "classes (CLASS) are"},
	{"INTERFACE", "END_INTERFACE", "interfaces (INTERFACE) are"},
	{"METHOD", "END_METHOD", "methods (METHOD) are"},
	{"PROPERTY", "END_PROPERTY", "properties (PROPERTY) are"},
	{"NAMESPACE", "END_NAMESPACE", "name spaces (NAMESPACE) are"},
	{"USING", NULL, "name spaces (USING) are"},
	{"VAR_STAT", "END_VAR", "VAR_STAT is"},
	{"VAR_INST", "END_VAR", "VAR_INST is"},
	{"VAR_GENERIC", "END_VAR", "VAR_GENERIC is"},
};

/** Complain at the current token and skip to behind the word that ends it. */
static void skip_foreign(struct parser *p, const struct foreign *f)
{
	parser_fail(p, "%s not supported", f->what);
	if (f->end) {
		parser_skip_behind(p, f->end);
		p->panic = false;
		(void)parser_accept(p, TOKEN_SEMICOLON);
	} else {
		parser_take(p);
		parser_recover(p);
	}
}

static bool foreign_word(struct parser *p)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		enum token_kind next = parser_kind(p, 1);

		if (parser_is(p, 0, units[i].word) &&
		    (next == TOKEN_NAME || lexer_is_word(next))) {
			skip_foreign(p, &units[i]);
			return true;
		}
	}
	return false;
}

/** Words that begin a part of a chart where a name follows; else they are names too. */
static const char *const chart_words[] = {"INITIAL_STEP", "STEP", "TRANSITION", "ACTION"};

/** Sequential Function Chart: all of it up to the end of the unit. */
static bool foreign_chart(struct parser *p)
{
	const char *word = NULL;

	for (size_t i = 0; i < sizeof(chart_words) / sizeof(*chart_words); i++) {
		if (parser_is(p, 0, chart_words[i]) && parser_kind(p, 1) == TOKEN_NAME &&
		    !parser_peek(p, 1)->first_on_line) {
			word = chart_words[i];
		}
	}
	if (!word) {
		return false;
	}
	parser_fail(p,
	            "Sequential Function Chart (%s) is not supported: write the steps "
	            "as a CASE",
	            word);
	while (parser_kind(p, 0) != TOKEN_END &&
	       !parser_is_unit_edge(parser_kind(p, 0))) {
		parser_take(p);
	}
	p->panic = false;
	return true;
}

bool parser_foreign_unit(struct parser *p)
{
	return foreign_word(p) || foreign_chart(p);
}

/** Operators of Instruction List that take one operand. */
static const char *const instructions[] = {
	"LD",   "LDN",   "ST",  "STN",  "S",     "R",   "ANDN", "ORN",   "XORN", "ADD",
	"SUB",  "MUL",   "DIV", "GT",   "GE",    "EQ",  "NE",   "LE",    "LT",   "JMP",
	"JMPC", "JMPCN", "CAL", "CALC", "CALCN", "RET", "RETC", "RETCN",
};

/** LD x: an instruction and its operand in one line, which no statement begins with. */
static bool is_instruction(struct parser *p, unsigned k)
{
	const struct token *operand = parser_peek(p, k + 1);
	bool fits = operand->kind == TOKEN_NAME || operand->kind == TOKEN_LITERAL ||
	            operand->kind == TOKEN_DIRECT || operand->kind == WORD_TRUE ||
	            operand->kind == WORD_FALSE;

	if (!fits || operand->first_on_line) {
		return false;
	}
	for (size_t i = 0; i < sizeof(instructions) / sizeof(*instructions); i++) {
		if (parser_is(p, k, instructions[i])) {
			return true;
		}
	}
	return false;
}

static bool foreign_list(struct parser *p)
{
	unsigned k = parser_kind(p, 0) == TOKEN_NAME && parser_kind(p, 1) == TOKEN_COLON
	                     ? 2
	                     : 0;

	if (!is_instruction(p, k)) {
		return false;
	}
	if (parser_is(p, k, "JMP")) {
		parser_fail(p, "jumps (JMP) are not supported");
		parser_recover(p);
		return true;
	}
	parser_fail(p, "Instruction List is not supported: write Structured Text");
	while (parser_kind(p, 0) != TOKEN_END &&
	       !parser_is_unit_edge(parser_kind(p, 0))) {
		parser_take(p);
	}
	p->panic = false;
	return true;
}

bool parser_foreign_body(struct parser *p)
{
	return foreign_chart(p) ||
	       (parser_kind(p, 0) == TOKEN_NAME && (foreign_list(p) || foreign_word(p)));
}

bool parser_foreign_type(struct parser *p)
{
	static const struct {
		const char *word;
		enum token_kind next; /* TOKEN_END: anything */
		const char *what;
	} types[] = {
		{"POINTER", WORD_TO, "pointers (POINTER TO)"},
		{"REFERENCE", WORD_TO, "references (REFERENCE TO)"},
		{"REF_TO", TOKEN_END, "references (REF_TO)"},
		{"UNION", TOKEN_NAME, "unions (UNION)"},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (parser_is(p, 0, types[i].word) &&
		    (types[i].next == TOKEN_END || types[i].next == parser_kind(p, 1))) {
			parser_fail(p, "%s are not supported", types[i].what);
			if (types[i].next == TOKEN_NAME) {
				parser_skip_behind(p, "END_UNION");
			}
			return true;
		}
	}
	return false;
}
