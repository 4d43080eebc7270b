/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/twin/plc/dump.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twin/plc/parser.h"

static void dump_expr(FILE *f, const struct expr *e);
static void dump_stmts(FILE *f, const struct stmt *s);
static void dump_spec(FILE *f, const struct type_spec *s);

static void dump_string(FILE *f, const struct constant *c, bool wide)
{
	(void)fputc(wide ? '"' : '\'', f);
	for (uint32_t i = 0; i < c->u.string.length; i++) {
		unsigned unit = wide ? ((const uint16_t *)c->u.string.data)[i]
		                     : ((const uint8_t *)c->u.string.data)[i];

		if (unit >= 0x20 && unit < 0x7f) {
			(void)fputc((int)unit, f);
		} else {
			(void)fprintf(f, "$%0*X", wide ? 4 : 2, unit);
		}
	}
	(void)fputc(wide ? '"' : '\'', f);
}

static void dump_literal(FILE *f, const struct expr *e)
{
	const struct constant *c = &e->u.literal.value;
	const struct type *type = e->u.literal.type;

	if (c->kind == CONSTANT_STRING) {
		dump_string(f, c, type->kind == KIND_WSTRING);
		return;
	}
	if (type) {
		(void)fprintf(f, "%s#", type->name);
	}
	if (c->kind == CONSTANT_REAL) {
		(void)fprintf(f, "%.17g%s", c->u.real, type ? "" : "r");
	} else if (c->negative) {
		(void)fprintf(f, "%" PRId64, (int64_t)c->u.bits);
	} else {
		(void)fprintf(f, "%" PRIu64 "%s", c->u.bits, e->u.literal.hex ? "h" : "");
	}
}

static void dump_direct(FILE *f, const struct direct *d)
{
	(void)fprintf(f, "%%%c%c", d->area, d->size);
	if (d->incomplete) {
		(void)fputc('*', f);
	}
	for (uint32_t i = 0; i < d->n_parts; i++) {
		(void)fprintf(f, "%s%" PRIu32, i ? "." : "", d->parts[i]);
	}
}

static void dump_items(FILE *f, const struct item *i)
{
	for (; i; i = i->next) {
		(void)fputc(' ', f);
		if (i->repeat) {
			dump_expr(f, i->repeat);
			(void)fputc('*', f);
		}
		if (i->name.text) {
			(void)fprintf(f, "%s%s%s", i->negated ? "NOT " : "", i->name.text,
			              i->output ? "=>" : ":=");
		}
		dump_expr(f, i->value);
	}
}

static void dump_operation(FILE *f, const struct expr *e)
{
	(void)fprintf(f, "(%s ", ast_operator_word(e->u.operation.op));
	dump_expr(f, e->u.operation.left);
	if (e->u.operation.right) {
		(void)fputc(' ', f);
		dump_expr(f, e->u.operation.right);
	}
	(void)fputc(')', f);
}

static void dump_expr(FILE *f, const struct expr *e)
{
	if (!e) {
		(void)fputs("-", f);
		return;
	}
	switch (e->kind) {
	case EXPR_BAD:
		(void)fputs("BAD", f);
		break;
	case EXPR_LITERAL:
		dump_literal(f, e);
		break;
	case EXPR_NAME:
		(void)fputs(e->u.name.text, f);
		break;
	case EXPR_ENUM:
		(void)fprintf(f, "%s#%s", e->u.enumerator.type.text,
		              e->u.enumerator.value.text);
		break;
	case EXPR_DIRECT:
		dump_direct(f, &e->u.direct);
		break;
	case EXPR_FIELD:
		dump_expr(f, e->u.field.base);
		(void)fprintf(f, ".%s", e->u.field.name.text);
		break;
	case EXPR_INDEX:
		dump_expr(f, e->u.index.base);
		(void)fputs("[", f);
		dump_items(f, e->u.index.items);
		(void)fputs("]", f);
		break;
	case EXPR_BITS:
		dump_expr(f, e->u.bits.base);
		(void)fprintf(f, ".%%%c%" PRIu32, e->u.bits.size, e->u.bits.number);
		break;
	case EXPR_UNARY:
	case EXPR_BINARY:
		dump_operation(f, e);
		break;
	case EXPR_CALL:
		(void)fputs("(call ", f);
		dump_expr(f, e->u.call.callee);
		dump_items(f, e->u.call.items);
		(void)fputc(')', f);
		break;
	case EXPR_LIST:
	case EXPR_RECORD:
		(void)fputs(e->kind == EXPR_LIST ? "(list" : "(record", f);
		dump_items(f, e->u.list.items);
		(void)fputc(')', f);
		break;
	}
}

static void dump_choice(FILE *f, const struct stmt *s)
{
	(void)fputs(s->kind == STMT_IF ? "(if" : "(case ", f);
	if (s->kind == STMT_CASE) {
		dump_expr(f, s->u.choice.selector);
	}
	for (const struct branch *b = s->u.choice.branches; b; b = b->next) {
		(void)fputs(" (", f);
		if (b->condition) {
			dump_expr(f, b->condition);
		}
		for (const struct label *l = b->labels; l; l = l->next) {
			dump_expr(f, l->low);
			if (l->high) {
				(void)fputs("..", f);
				dump_expr(f, l->high);
			}
			(void)fputs(l->next ? "," : "", f);
		}
		dump_stmts(f, b->body);
		(void)fputc(')', f);
	}
	if (s->u.choice.has_else) {
		(void)fputs(" (else", f);
		dump_stmts(f, s->u.choice.otherwise);
		(void)fputc(')', f);
	}
	(void)fputc(')', f);
}

static void dump_loop(FILE *f, const struct stmt *s)
{
	if (s->kind == STMT_FOR) {
		(void)fputs("(for ", f);
		dump_expr(f, s->u.loop.variable);
		(void)fputc(' ', f);
		dump_expr(f, s->u.loop.from);
		(void)fputc(' ', f);
		dump_expr(f, s->u.loop.to);
		(void)fputc(' ', f);
		dump_expr(f, s->u.loop.by);
		dump_stmts(f, s->u.loop.body);
	} else {
		(void)fputs(s->kind == STMT_WHILE ? "(while " : "(until ", f);
		dump_expr(f, s->u.until.condition);
		dump_stmts(f, s->u.until.body);
	}
	(void)fputc(')', f);
}

static void dump_stmts(FILE *f, const struct stmt *s)
{
	for (; s; s = s->next) {
		(void)fputc(' ', f);
		switch (s->kind) {
		case STMT_ASSIGN:
			(void)fputs("(:= ", f);
			dump_expr(f, s->u.assign.target);
			(void)fputc(' ', f);
			dump_expr(f, s->u.assign.value);
			(void)fputc(')', f);
			break;
		case STMT_CALL:
			dump_expr(f, s->u.call);
			break;
		case STMT_IF:
		case STMT_CASE:
			dump_choice(f, s);
			break;
		case STMT_FOR:
		case STMT_WHILE:
		case STMT_REPEAT:
			dump_loop(f, s);
			break;
		case STMT_EXIT:
			(void)fputs("exit", f);
			break;
		case STMT_CONTINUE:
			(void)fputs("continue", f);
			break;
		case STMT_RETURN:
			(void)fputs("return", f);
			break;
		}
	}
}

static void dump_variables(FILE *f, const struct variable *v)
{
	static const char *const retains[] = {"", " RETAIN", " NON_RETAIN"};
	static const char *const edges[] = {"", " R_EDGE", " F_EDGE"};

	for (; v; v = v->next) {
		(void)fprintf(f, " (%s%s%s %s", ast_section_word(v->section),
		              retains[v->retain], v->constant ? " CONSTANT" : "",
		              v->name.text ? v->name.text : "-");
		if (v->direct) {
			(void)fputs(" AT ", f);
			dump_direct(f, v->direct);
		}
		(void)fputc(' ', f);
		dump_spec(f, v->spec);
		(void)fputs(edges[v->edge], f);
		if (v->initial) {
			(void)fputs(" := ", f);
			dump_expr(f, v->initial);
		}
		(void)fputc(')', f);
	}
}

static void dump_ranges(FILE *f, const struct spec_range *r)
{
	for (; r; r = r->next) {
		(void)fputc(' ', f);
		dump_expr(f, r->low);
		(void)fputs("..", f);
		dump_expr(f, r->high);
	}
}

static void dump_spec(FILE *f, const struct type_spec *s)
{
	switch (s->kind) {
	case SPEC_BAD:
		(void)fputs("BAD", f);
		break;
	case SPEC_NAMED:
		(void)fputs(s->name.text, f);
		break;
	case SPEC_STRING:
		(void)fprintf(f, "(%s ", s->wide ? "WSTRING" : "STRING");
		dump_expr(f, s->size);
		(void)fputc(')', f);
		break;
	case SPEC_SUBRANGE:
		(void)fprintf(f, "(%s", s->name.text);
		dump_ranges(f, s->ranges);
		(void)fputc(')', f);
		break;
	case SPEC_ENUM:
		(void)fprintf(f, "(enum%s%s", s->name.text ? " " : "",
		              s->name.text ? s->name.text : "");
		for (const struct spec_value *v = s->values; v; v = v->next) {
			(void)fprintf(f, " %s", v->name.text);
			if (v->value) {
				(void)fputs(":=", f);
				dump_expr(f, v->value);
			}
		}
		(void)fputc(')', f);
		break;
	case SPEC_ARRAY:
		(void)fputs("(array", f);
		dump_ranges(f, s->ranges);
		(void)fputc(' ', f);
		dump_spec(f, s->element);
		(void)fputc(')', f);
		break;
	case SPEC_STRUCT:
		(void)fputs("(struct", f);
		dump_variables(f, s->fields);
		(void)fputc(')', f);
		break;
	}
}

static void dump_accesses(FILE *f, const struct access *a)
{
	for (; a; a = a->next) {
		(void)fprintf(f, " (access%s %s ", a->writable ? " rw" : "",
		              a->name.text);
		dump_expr(f, a->path);
		(void)fputc(' ', f);
		dump_spec(f, a->spec);
		(void)fputc(')', f);
	}
}

static void dump_instance(FILE *f, const struct instance *i)
{
	static const char *const retains[] = {"", " RETAIN", " NON_RETAIN"};

	(void)fprintf(f, " (program%s %s %s %s", retains[i->retain], i->name.text,
	              i->task.text ? i->task.text : "-", i->type.text);
	for (const struct connection *c = i->connections; c; c = c->next) {
		(void)fputs(" (", f);
		dump_expr(f, c->inner);
		(void)fputs(c->task.text ? " with " : c->output ? " => " : " := ", f);
		if (c->task.text) {
			(void)fputs(c->task.text, f);
		} else {
			dump_expr(f, c->outer);
		}
		(void)fputc(')', f);
	}
	(void)fputc(')', f);
}

static void dump_resource(FILE *f, const struct resource *r)
{
	(void)fprintf(f, " (resource %s %s", r->name.text ? r->name.text : "-",
	              r->on.text ? r->on.text : "-");
	dump_variables(f, r->globals);
	for (const struct task *t = r->tasks; t; t = t->next) {
		(void)fprintf(f, " (task %s ", t->name.text);
		dump_expr(f, t->interval);
		(void)fputc(' ', f);
		dump_expr(f, t->single);
		(void)fputc(' ', f);
		dump_expr(f, t->priority);
		(void)fputc(')', f);
	}
	for (const struct instance *i = r->instances; i; i = i->next) {
		dump_instance(f, i);
	}
	(void)fputc(')', f);
}

static void dump_configuration(FILE *f, const struct configuration *c)
{
	(void)fprintf(f, "(CONFIGURATION %s", c->name.text);
	dump_variables(f, c->globals);
	for (const struct resource *r = c->resources; r; r = r->next) {
		dump_resource(f, r);
	}
	dump_accesses(f, c->accesses);
	for (const struct preset *s = c->presets; s; s = s->next) {
		(void)fputs(" (preset ", f);
		dump_expr(f, s->path);
		if (s->direct) {
			(void)fputs(" AT ", f);
			dump_direct(f, s->direct);
		}
		(void)fputc(' ', f);
		dump_spec(f, s->spec);
		(void)fputs(" := ", f);
		dump_expr(f, s->initial);
		(void)fputc(')', f);
	}
	(void)fputc(')', f);
}

char *dump_ast(const struct ast *ast)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f) {
		abort();
	}
	for (const struct type_decl *t = ast->types; t; t = t->next) {
		(void)fprintf(f, "(TYPE %s ", t->name.text);
		dump_spec(f, t->spec);
		if (t->initial) {
			(void)fputs(" := ", f);
			dump_expr(f, t->initial);
		}
		(void)fputc(')', f);
	}
	for (const struct pou *p = ast->pous; p; p = p->next) {
		(void)fprintf(f, "(%s %s", ast_pou_word(p->kind), p->name.text);
		if (p->result) {
			(void)fputc(' ', f);
			dump_spec(f, p->result->spec);
		}
		dump_variables(f, p->variables);
		dump_accesses(f, p->accesses);
		dump_stmts(f, p->body);
		(void)fputc(')', f);
	}
	dump_variables(f, ast->globals);
	for (const struct configuration *c = ast->configurations; c; c = c->next) {
		dump_configuration(f, c);
	}
	(void)fclose(f);
	return text;
}

void dump_parse(struct sources **s, struct ast **ast, const char *text)
{
	if (sources_new(s) || sources_add(*s, "t.st", text, strlen(text)) ||
	    parser_parse(ast, *s)) {
		abort();
	}
}

char *dump_diagnoses(struct sources *s)
{
	char *text = NULL;
	size_t n, n_text;
	const struct diagnosis *d = sources_diagnoses(s, &n);
	FILE *f = open_memstream(&text, &n_text);

	if (!f) {
		abort();
	}
	for (size_t i = 0; i < n; i++) {
		(void)fprintf(f, "%" PRIu32 ":%d %s %s\n", d[i].at.line, d[i].at.column,
		              d[i].severity == SEVERITY_ERROR ? "error" : "warning",
		              d[i].text);
	}
	(void)fclose(f);
	return text;
}
