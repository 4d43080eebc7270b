/* SPDX-License-Identifier: Apache-2.0 */
/* Statements that are never reached. */
#include "twin/plc/check_impl.h"

static bool ends(struct check *c, const struct stmt *list);

static bool is_known(const struct expr *e, bool value)
{
	return e && e->type && e->type->kind == KIND_BOOL && e->constant &&
	       e->constant->kind == CONSTANT_INTEGER &&
	       (e->constant->u.bits != 0) == value;
}

/* EXIT that leaves this very loop. */
static bool has_exit(const struct stmt *list)
{
	for (const struct stmt *s = list; s; s = s->next) {
		if (s->kind == STMT_EXIT) {
			return true;
		}
		if (s->kind != STMT_IF && s->kind != STMT_CASE) {
			continue;
		}
		for (const struct branch *b = s->u.choice.branches; b; b = b->next) {
			if (has_exit(b->body)) {
				return true;
			}
		}
		if (has_exit(s->u.choice.otherwise)) {
			return true;
		}
	}
	return false;
}

/* All ways through IF or CASE end elsewhere. */
static bool choice_ends(struct check *c, const struct stmt *s)
{
	bool all = s->u.choice.has_else;

	for (const struct branch *b = s->u.choice.branches; b; b = b->next) {
		if (s->kind == STMT_IF && b->body && is_known(b->condition, false)) {
			sources_warning(
				c->sources, b->body->at, b->body->length,
				"this is never reached: the condition is always FALSE");
		}
		all = ends(c, b->body) && all;
	}
	return ends(c, s->u.choice.otherwise) && all;
}

static bool loop_ends(struct check *c, const struct stmt *s)
{
	bool forever = s->kind == STMT_WHILE ? is_known(s->u.until.condition, true)
	                                     : is_known(s->u.until.condition, false);

	ends(c, s->u.until.body);
	return forever && !has_exit(s->u.until.body);
}

/* What follows s is never reached. */
static bool stmt_ends(struct check *c, const struct stmt *s)
{
	switch (s->kind) {
	case STMT_IF:
	case STMT_CASE:
		return choice_ends(c, s);
	case STMT_FOR:
		ends(c, s->u.loop.body);
		return false;
	case STMT_WHILE:
	case STMT_REPEAT:
		return loop_ends(c, s);
	case STMT_EXIT:
	case STMT_CONTINUE:
	case STMT_RETURN:
		return true;
	case STMT_ASSIGN:
	case STMT_CALL:
		break;
	}
	return false;
}

static bool ends(struct check *c, const struct stmt *list)
{
	for (const struct stmt *s = list; s; s = s->next) {
		if (!stmt_ends(c, s)) {
			continue;
		}
		if (s->next) {
			sources_warning(
				c->sources, s->next->at, s->next->length,
				"this is never reached: what stands before it always "
				"leaves");
		}
		return true;
	}
	return false;
}

void check_flow(struct check *c, const struct pou *p)
{
	ends(c, p->body);
}
