/* SPDX-License-Identifier: Apache-2.0 */
/* CONFIGURATION: resources, tasks, instances of programs (B.1.7). */
#include "twin/nearest.h"
#include "twin/plc/check_impl.h"

/* ---- tasks
 * -----------------------------------------------------------------------------
 */

static struct task *find_task(const struct resource *r, const struct name *name)
{
	for (struct task *t = r->tasks; t; t = t->next) {
		if (t->name.key == name->key) {
			return t;
		}
	}
	return NULL;
}

static void check_interval(struct check *c, struct task *t)
{
	struct expr *e = t->interval;
	struct check_slot slot = {.type = type_elementary(KIND_TIME), .text = "INTERVAL"};

	check_value_in(c, e, &slot);
	if (e->type->kind == KIND_ERROR || !type_is_time(e->type)) {
		return;
	}
	if (!e->constant) {
		check_say(c, e, "INTERVAL must be known before the program runs");
	} else if (e->constant->negative || e->constant->u.bits == 0) {
		check_say(c, e, "a task runs at intervals longer than 0");
	} else {
		t->interval_ns = check_int64(e->constant);
	}
}

static void check_priority(struct check *c, struct task *t)
{
	const struct constant *k = check_constant_integer(
		c, t->priority, type_elementary(KIND_UINT), "PRIORITY");

	if (k && (k->negative || k->u.bits > UINT16_MAX)) {
		check_say(c, t->priority, "PRIORITY goes from 0, the first, to 65535");
	} else if (k) {
		t->priority_value = (uint32_t)k->u.bits;
	}
}

static void check_task(struct check *c, const struct resource *r, struct task *t)
{
	const struct task *first = find_task(r, &t->name);

	if (first != t) {
		sources_error(c->sources, t->name.at, t->name.length,
		              "a second task is called %.*s, the first stands in line %u",
		              CHECK_NAME(&t->name), first->name.at.line);
	}
	if (t->interval) {
		check_interval(c, t);
	}
	if (t->single) {
		check_condition(c, t->single, "SINGLE");
	}
	if (t->priority) {
		check_priority(c, t);
	}
	if (!t->interval && !t->single) {
		sources_error(
			c->sources, t->name.at, t->name.length,
			"the task %.*s never runs: it has neither INTERVAL nor SINGLE",
			CHECK_NAME(&t->name));
	}
}

static struct task *task_named(struct check *c, const struct resource *r,
                               const struct name *name)
{
	struct task *t = find_task(r, name);
	struct nearest n = {.word = name->key};

	if (t) {
		return t;
	}
	for (const struct task *o = r->tasks; o; o = o->next) {
		const char *copy = region_text(c->region, o->name.text, o->name.length);

		if (copy) {
			nearest_offer(&n, copy);
		}
	}
	sources_error(c->sources, name->at, name->length, "no task is called %.*s%s%s%s",
	              CHECK_NAME(name), n.best ? "; did you mean " : "",
	              n.best ? n.best : "", n.best ? "?" : "");
	return NULL;
}

/* ---- connections
 * -----------------------------------------------------------------------
 */

/* Within the program, its variables are known. */
static void check_inner(struct check *c, struct expr *e, struct pou *p)
{
	c->pou = p;
	check_expr(c, e, NULL);
	c->pou = NULL;
}

static void check_given(struct check *c, struct connection *n, const struct variable *v)
{
	struct check_slot slot = {.type = n->inner->type};

	if (v) {
		slot.name = &v->name;
	}
	check_value_in(c, n->outer, &slot);
}

static void check_fetched(struct check *c, struct connection *n)
{
	const struct type *from = n->inner->type;

	check_target(c, n->outer);
	if (n->outer->kind == EXPR_DIRECT && check_adopt_place(n->outer, from)) {
		return;
	}
	if (!check_widens(from, n->outer->type)) {
		check_say(c, n->outer, "%s does not fit into %s", check_text(c, from),
		          check_text(c, n->outer->type));
	}
}

static void check_connection(struct check *c, const struct resource *r,
                             const struct instance *i, struct connection *n)
{
	const struct variable *v;

	check_inner(c, n->inner, i->pou);
	if (n->task.text) {
		task_named(c, r, &n->task);
		if (n->inner->type->kind != KIND_BLOCK &&
		    n->inner->type->kind != KIND_ERROR) {
			check_say(c, n->inner,
			          "only the instance of a block runs in a task");
		}
		return;
	}
	if (!n->outer || n->inner->type->kind == KIND_ERROR) {
		return;
	}
	v = check_root(n->inner);
	if (v && v->section != SECTION_INPUT && v->section != SECTION_OUTPUT &&
	    v->section != SECTION_IN_OUT) {
		check_say(c, n->inner,
		          "%.*s is inside the program, it is no input or output",
		          CHECK_NAME(&v->name));
	} else if (v && n->output != (v->section == SECTION_OUTPUT)) {
		check_say(c, n->inner,
		          n->output ? "%.*s is an input: it is given a value by :="
		                    : "%.*s is an output: it is fetched by =>",
		          CHECK_NAME(&v->name));
	} else if (n->output) {
		check_fetched(c, n);
	} else {
		check_given(c, n, v);
	}
}

/* ---- instances of programs
 * -------------------------------------------------------------
 */

static void offer_programs(struct check *c, const struct name *name)
{
	struct nearest n = {.word = name->key};

	for (const struct pou *p = c->ast->pous; p; p = p->next) {
		const char *copy = region_text(c->region, p->name.text, p->name.length);

		if (copy && p->kind == POU_PROGRAM) {
			nearest_offer(&n, copy);
		}
	}
	sources_error(c->sources, name->at, name->length,
	              "no program is called %.*s%s%s%s", CHECK_NAME(name),
	              n.best ? "; did you mean " : "", n.best ? n.best : "",
	              n.best ? "?" : "");
}

static void find_program(struct check *c, struct instance *i)
{
	struct pou *p = i->type.key ? table_get(&c->pous, i->type.key) : NULL;

	if (!i->type.key) {
		return; /* no name: the parser has said it */
	}
	if (!p) {
		offer_programs(c, &i->type);
	} else if (p->kind != POU_PROGRAM) {
		sources_error(c->sources, i->type.at, i->type.length,
		              "%.*s is a %s: only a PROGRAM runs in a CONFIGURATION",
		              CHECK_NAME(&i->type), ast_pou_word(p->kind));
	} else {
		i->pou = p;
	}
}

static void check_instance(struct check *c, const struct resource *r, struct instance *i,
                           struct table *known)
{
	const struct instance *first = table_get(known, i->name.key);

	if (first) {
		sources_error(
			c->sources, i->name.at, i->name.length,
			"a second program is called %.*s, the first stands in line %u",
			CHECK_NAME(&i->name), first->name.at.line);
	}
	table_put(known, c->region, i->name.key, i);
	if (i->task.text) {
		i->task_found = task_named(c, r, &i->task);
	}
	find_program(c, i);
	for (struct connection *n = i->connections; n && i->pou; n = n->next) {
		if (n->inner) {
			check_connection(c, r, i, n);
		}
	}
}

static void check_resource(struct check *c, struct resource *r, struct table *known)
{
	uint32_t n = 0;

	for (struct task *t = r->tasks; t; t = t->next) {
		n++;
	}
	if (n > CHECK_TASKS_MAX) {
		sources_error(c->sources, r->at, 1, "more than %u tasks",
		              (unsigned)CHECK_TASKS_MAX);
		return;
	}
	for (struct task *t = r->tasks; t; t = t->next) {
		check_task(c, r, t);
	}
	for (struct instance *i = r->instances; i; i = i->next) {
		check_instance(c, r, i, known);
	}
}

/* ---- VAR_CONFIG
 * ------------------------------------------------------------------------
 */

/* A path of names from the left, at most room of them; 0: it is none. */
static size_t names_of(const struct expr *e, const struct name **out, size_t room)
{
	size_t n;

	if (e->kind == EXPR_NAME && room > 0) {
		out[0] = &e->u.name;
		return 1;
	}
	if (e->kind != EXPR_FIELD || room == 0) {
		return 0;
	}
	n = names_of(e->u.field.base, out, room - 1);
	if (n > 0) {
		out[n++] = &e->u.field.name;
	}
	return n;
}

static struct pou *instance_named(const struct configuration *f, const struct name *name)
{
	for (const struct resource *r = f->resources; r; r = r->next) {
		for (const struct instance *i = r->instances; i; i = i->next) {
			if (i->name.key == name->key) {
				return i->pou;
			}
		}
	}
	return NULL;
}

static bool is_resource(const struct configuration *f, const struct name *name)
{
	for (const struct resource *r = f->resources; r; r = r->next) {
		if (r->name.key && r->name.key == name->key) {
			return true;
		}
	}
	return false;
}

/* resource.program.block.variable */
static struct variable *preset_variable(const struct configuration *f,
                                        const struct expr *path)
{
	const struct name *names[16];
	size_t n = names_of(path, names, sizeof(names) / sizeof(names[0])), i = 0;
	struct variable *v = NULL;
	struct pou *p;

	if (n > 1 && is_resource(f, names[0])) {
		i = 1;
	}
	p = n > i ? instance_named(f, names[i++]) : NULL;
	for (; p && i < n; i++) {
		v = p->scope ? table_get(p->scope, names[i]->key) : NULL;
		p = v && v->type && v->type->kind == KIND_BLOCK ? v->type->u.block.pou
		                                                : NULL;
		if (!p && i + 1 < n) {
			return NULL;
		}
	}
	return v;
}

/* Some program is not known: that was said, what it holds cannot be. */
static bool is_incomplete(const struct configuration *f)
{
	for (const struct resource *r = f->resources; r; r = r->next) {
		for (const struct instance *i = r->instances; i; i = i->next) {
			if (!i->pou) {
				return true;
			}
		}
	}
	return false;
}

static void check_preset(struct check *c, const struct configuration *f, struct preset *p)
{
	const struct type *t = check_spec(c, p->spec);
	struct variable *v = p->path ? preset_variable(f, p->path) : NULL;
	struct check_slot slot = {.type = t};

	if (!p->path || (!v && is_incomplete(f))) {
		return;
	}
	if (!v) {
		check_say(c, p->path,
		          "this path leads to no variable: it goes "
		          "resource.program.variable");
		return;
	}
	p->variable = v;
	v->reads++;
	if (v->type && !check_same_type(v->type, t)) {
		check_say(c, p->path, "%.*s is %s, here it is %s", CHECK_NAME(&v->name),
		          check_text(c, v->type), check_text(c, t));
		return;
	}
	if (p->direct && (!v->direct || !v->direct->incomplete)) {
		check_say(c, p->path, "%.*s was not declared with AT %%I*, %%Q* or %%M*",
		          CHECK_NAME(&v->name));
	} else if (p->direct) {
		check_direct(c, p->direct);
	}
	if (p->initial) {
		slot.name = &v->name;
		check_initial(c, p->initial, &slot);
	}
}

static bool is_placed(const struct check *c, const struct variable *v)
{
	if (!v->direct || !v->direct->incomplete) {
		return true;
	}
	for (const struct configuration *f = c->ast->configurations; f; f = f->next) {
		if (is_incomplete(f)) {
			return true;
		}
		for (const struct preset *s = f->presets; s; s = s->next) {
			if (s->variable == v && s->direct) {
				return true;
			}
		}
	}
	return false;
}

/* %I* that nothing gives a place. */
static void check_places(struct check *c)
{
	for (const struct pou *p = c->ast->pous; p; p = p->next) {
		for (const struct variable *v = p->variables; v; v = v->next) {
			if (!is_placed(c, v)) {
				sources_error(c->sources, v->direct->at,
				              v->direct->length,
				              "%.*s has no place: VAR_CONFIG of the "
				              "CONFIGURATION gives it one",
				              CHECK_NAME(&v->name));
			}
		}
	}
}

/* ---- all of it
 * -------------------------------------------------------------------------
 */

void check_configurations(struct check *c)
{
	const struct configuration *first = c->ast->configurations;

	for (struct configuration *f = c->ast->configurations; f; f = f->next) {
		struct table known = {0};

		c->pou = NULL;
		if (f != first) {
			sources_error(c->sources, f->name.at, f->name.length,
			              "a second CONFIGURATION: the first stands in line "
			              "%u of %s",
			              first->name.at.line,
			              sources_name(c->sources, first->name.at.file));
		}
		for (struct resource *r = f->resources; r; r = r->next) {
			check_resource(c, r, &known);
		}
		for (struct preset *p = f->presets; p; p = p->next) {
			check_preset(c, f, p);
		}
		for (const struct access *a = f->accesses; a; a = a->next) {
			sources_warning(c->sources, a->name.at, a->name.length,
			                "VAR_ACCESS has no effect: every variable can be "
			                "watched by its path");
		}
	}
	check_places(c);
}
