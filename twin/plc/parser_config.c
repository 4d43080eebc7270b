/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations (B.1.7): resources, tasks, program instances, access paths. */
#include "twin/plc/parser_impl.h"

/** Where the lists of a resource end. */
struct resource_tails {
	struct variable **globals;
	struct task **tasks;
	struct instance **instances;
};

/** Take a word that is one here only. */
static bool accept(struct parser *p, const char *word)
{
	bool there = parser_is(p, 0, word);

	if (there) {
		parser_take(p);
	}
	return there;
}

/** READ_WRITE or READ_ONLY behind a type; neither: read only. */
static bool writable(struct parser *p)
{
	if (accept(p, "READ_WRITE")) {
		return true;
	}
	(void)accept(p, "READ_ONLY");
	return false;
}

/** a.b.c, or with an address at its end: resource.%IX0.0. */
static struct expr *instance_path(struct parser *p)
{
	struct expr *e;

	p->in_access = true;
	e = parser_path(p);
	p->in_access = false;
	return e;
}

struct access **parser_accesses(struct parser *p, struct access **tail)
{
	if (!parser_open(p, WORD_VAR_ACCESS, WORD_END_VAR)) {
		return tail;
	}
	parser_take(p);
	while (parser_kind(p, 0) == TOKEN_NAME) {
		struct access *a = parser_new(p, sizeof(*a));

		a->name = parser_name(p, "the access path");
		if (parser_expect(p, TOKEN_COLON, "behind the name of the access path")) {
			a->path = instance_path(p);
		}
		if (!p->panic && parser_expect(p, TOKEN_COLON, "behind the path")) {
			a->spec = parser_spec(p);
		}
		a->writable = !p->panic && writable(p);
		if (a->path && a->spec) {
			PARSER_APPEND(tail, a);
		}
		parser_semicolon(p, "the access path");
	}
	parser_shut(p);
	return tail;
}

/** VAR_CONFIG. */
static struct preset **presets(struct parser *p, struct preset **tail)
{
	if (!parser_open(p, WORD_VAR_CONFIG, WORD_END_VAR)) {
		return tail;
	}
	parser_take(p);
	while (parser_kind(p, 0) == TOKEN_NAME) {
		struct preset *s = parser_new(p, sizeof(*s));

		s->path = instance_path(p);
		s->direct = p->panic ? NULL : parser_at(p);
		if (!p->panic && parser_expect(p, TOKEN_COLON, "behind the path")) {
			s->spec = parser_spec(p);
			s->initial = parser_assigned(p);
		}
		if (s->spec) {
			PARSER_APPEND(tail, s);
		}
		parser_semicolon(p, "the value");
	}
	parser_shut(p);
	return tail;
}

/** One of INTERVAL := t, SINGLE := x, PRIORITY := n. */
static void task_setting(struct parser *p, struct task *t)
{
	struct expr **where = &t->interval;

	if (parser_is(p, 0, "SINGLE")) {
		where = &t->single;
	} else if (parser_is(p, 0, "PRIORITY")) {
		where = &t->priority;
	} else if (!parser_is(p, 0, "INTERVAL")) {
		parser_fail(p, "a task has INTERVAL, SINGLE and PRIORITY, not %s",
		            parser_found(p));
		t->interval = parser_expr_new(p, EXPR_BAD); /* perhaps that was meant */
		return;
	}
	if (*where) {
		parser_fail(p, "%s is given twice", parser_found(p));
		return;
	}
	parser_take(p);
	if (parser_expect(p, TOKEN_ASSIGN, "before the value of the task's setting")) {
		*where = parser_expr(p);
	}
}

/** TASK name(INTERVAL := T#20ms, PRIORITY := 1); */
static struct task *task(struct parser *p)
{
	struct task *t = parser_new(p, sizeof(*t));

	parser_take(p);
	t->name = parser_name(p, "the task");
	if (!p->panic && parser_expect(p, TOKEN_OPEN, "behind the name of the task")) {
		do {
			task_setting(p, t);
		} while (!p->panic && parser_accept(p, TOKEN_COMMA));
		(void)parser_expect(p, TOKEN_CLOSE, "behind the settings of the task");
	}
	parser_semicolon(p, "the task");
	return t;
}

/** x := source, x => sink, fb WITH task. */
static struct connection *connection(struct parser *p)
{
	struct connection *c = parser_new(p, sizeof(*c));

	c->at = parser_peek(p, 0)->at;
	c->inner = parser_path(p);
	if (p->panic) {
		return c;
	}
	if (accept(p, "WITH")) {
		c->task = parser_name(p, "the task");
	} else if (parser_accept(p, TOKEN_ARROW)) {
		c->output = true;
		c->outer = parser_path(p);
	} else if (parser_expect(p, TOKEN_ASSIGN, "behind the variable of the program")) {
		c->outer = parser_expr(p);
	}
	return c;
}

/** Between the parentheses of an instance. */
static struct connection *connections(struct parser *p)
{
	struct connection *first = NULL;
	struct connection **tail = &first;

	if (parser_kind(p, 0) == TOKEN_CLOSE) {
		return NULL;
	}
	do {
		struct connection *c = connection(p);

		PARSER_APPEND(tail, c);
	} while (!p->panic && parser_accept(p, TOKEN_COMMA));
	return first;
}

/** PROGRAM p WITH t : T(...); */
static struct instance *instance(struct parser *p)
{
	struct instance *i = parser_new(p, sizeof(*i));

	parser_take(p);
	if (parser_accept(p, WORD_RETAIN)) {
		i->retain = RETAIN_YES;
	} else if (parser_accept(p, WORD_NON_RETAIN)) {
		i->retain = RETAIN_NO;
	}
	i->name = parser_name(p, "the program's instance");
	if (!p->panic && accept(p, "WITH")) {
		i->task = parser_name(p, "the task");
	}
	if (!p->panic && parser_expect(p, TOKEN_COLON, "before the program's type")) {
		i->type = parser_name(p, "the program");
	}
	if (!p->panic && parser_accept(p, TOKEN_OPEN)) {
		i->connections = connections(p);
		(void)parser_expect(p, TOKEN_CLOSE, "behind the program's connections");
	}
	parser_semicolon(p, "the program's instance");
	return i;
}

/** One task, instance or section of a resource. @return false where it is something else
 */
static bool resource_part(struct parser *p, struct resource_tails *tails)
{
	struct instance *i;

	if (parser_is(p, 0, "TASK")) {
		struct task *t = task(p);

		if (t->name.text) {
			PARSER_APPEND(tails->tasks, t);
		}
		return true;
	}
	switch ((int)parser_kind(p, 0)) {
	case WORD_VAR_GLOBAL:
		tails->globals = parser_section(p, tails->globals);
		return true;
	case WORD_PROGRAM:
		i = instance(p);
		if (i->name.text && i->type.text) {
			PARSER_APPEND(tails->instances, i);
		}
		return true;
	case TOKEN_SEMICOLON:
		parser_take(p);
		return true;
	default:
		return false;
	}
}

static void tails_init(struct resource_tails *tails, struct resource *r)
{
	*tails = (struct resource_tails){&r->globals, &r->tasks, &r->instances};
}

/** Something that has no place here: complain once, go on behind the next ';'. */
static void misplaced(struct parser *p, const char *where)
{
	parser_fail(p, "%s has no place in %s", parser_found(p), where);
	parser_take(p);
	parser_recover(p);
}

/** RESOURCE name ON type ... END_RESOURCE */
static struct resource *resource(struct parser *p)
{
	struct resource *r = parser_new(p, sizeof(*r));
	struct resource_tails tails;

	tails_init(&tails, r);
	r->at = parser_peek(p, 0)->at;
	if (!parser_open(p, WORD_RESOURCE, WORD_END_RESOURCE)) {
		return r;
	}
	parser_take(p);
	r->name = parser_name(p, "the resource");
	if (!p->panic) {
		if (!accept(p, "ON")) {
			sources_error(p->sources, parser_behind(p), 1,
			              "ON is missing behind the name of the resource");
		}
		r->on = parser_name(p, "the resource's type");
	}
	p->panic = false;
	while (parser_kind(p, 0) != WORD_END_RESOURCE && parser_kind(p, 0) != TOKEN_END) {
		enum token_kind kind = parser_kind(p, 0);

		if (resource_part(p, &tails)) {
			continue;
		}
		if (kind == WORD_RESOURCE || parser_is_unit_edge(kind) ||
		    parser_is_section(kind)) {
			break; /* END_RESOURCE is missing */
		}
		misplaced(p, "a RESOURCE");
	}
	r->end = parser_peek(p, 0)->at;
	parser_shut(p);
	(void)parser_accept(p, TOKEN_SEMICOLON);
	return r;
}

/** Where the lists of a configuration end. */
struct configuration_tails {
	struct variable **globals;
	struct resource **resources;
	struct access **accesses;
	struct preset **presets;
	struct resource *nameless; /* of tasks and programs without a RESOURCE */
	struct resource_tails own;
};

/** Tasks and programs directly in a configuration belong to a resource without a name. */
static bool nameless_part(struct parser *p, struct configuration_tails *tails)
{
	if (parser_kind(p, 0) != WORD_PROGRAM && !parser_is(p, 0, "TASK")) {
		return false;
	}
	if (!tails->nameless) {
		tails->nameless = parser_new(p, sizeof(*tails->nameless));
		tails->nameless->at = parser_peek(p, 0)->at;
		tails_init(&tails->own, tails->nameless);
		PARSER_APPEND(tails->resources, tails->nameless);
	}
	return resource_part(p, &tails->own);
}

static bool configuration_part(struct parser *p, struct configuration_tails *tails)
{
	struct resource *r;

	switch ((int)parser_kind(p, 0)) {
	case WORD_VAR_GLOBAL:
		tails->globals = parser_section(p, tails->globals);
		return true;
	case WORD_RESOURCE:
		r = resource(p);
		PARSER_APPEND(tails->resources, r);
		return true;
	case WORD_VAR_ACCESS:
		tails->accesses = parser_accesses(p, tails->accesses);
		return true;
	case WORD_VAR_CONFIG:
		tails->presets = presets(p, tails->presets);
		return true;
	case TOKEN_SEMICOLON:
		parser_take(p);
		return true;
	default:
		return nameless_part(p, tails);
	}
}

void parser_configuration(struct parser *p)
{
	struct configuration *c = parser_new(p, sizeof(*c));
	struct configuration_tails tails = {
		.globals = &c->globals,
		.resources = &c->resources,
		.accesses = &c->accesses,
		.presets = &c->presets,
	};

	c->at = parser_peek(p, 0)->at;
	if (!parser_open(p, WORD_CONFIGURATION, WORD_END_CONFIGURATION)) {
		return;
	}
	parser_take(p);
	c->name = parser_name(p, "the configuration");
	p->panic = false;
	PARSER_APPEND(p->configurations, c);
	while (parser_kind(p, 0) != WORD_END_CONFIGURATION &&
	       parser_kind(p, 0) != TOKEN_END) {
		enum token_kind kind = parser_kind(p, 0);

		if (configuration_part(p, &tails)) {
			continue;
		}
		if (parser_is_unit_edge(kind)) {
			break; /* END_CONFIGURATION is missing */
		}
		misplaced(p, "a CONFIGURATION");
	}
	c->end = parser_peek(p, 0)->at;
	parser_shut(p);
}
