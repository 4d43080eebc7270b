/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "twin/plc/compile_impl.h"

bool compile_same_name(const char *word, const char *key)
{
	return strcasecmp(word, key) == 0;
}

const uint8_t *compile_template(const struct pou *pou)
{
	return ((const struct pou_note *)pou->note)->store.bytes;
}

/* ---- layout
 * ----------------------------------------------------------------------------
 */

static void ready_parts(struct compiler *c, const struct type *t, struct position at)
{
	if (++c->nest > COMPILE_NEST_MAX) {
		compile_fail(c, at, "types and blocks are nested too deeply");
	} else if (t->kind == KIND_ARRAY) {
		pou_type_size(c, t->u.array.element, at);
	} else if (t->kind == KIND_STRUCT) {
		for (uint32_t i = 0; i < t->u.structure.n; i++) {
			pou_type_size(c, t->u.structure.fields[i].type, at);
		}
	} else if (t->kind == KIND_BLOCK && t->u.block.pou) {
		pou_ready(c, t->u.block.pou);
	}
	c->nest--;
}

uint32_t pou_type_size(struct compiler *c, const struct type *t, struct position at)
{
	uint64_t size;

	if (c->err) {
		return 0;
	}
	if (t->align == 0) {
		ready_parts(c, t, at);
	}
	if (c->err) {
		return 0;
	}
	size = layout_size(t);
	if (size > CODE_MEMORY_MAX) {
		compile_fail(c, at, "this variable takes more than 256 MiB");
		return 0;
	}
	return (uint32_t)size;
}

/* Take a variable's place in s and write what it starts with. */
static uint32_t take_variable(struct compiler *c, struct store *s,
                              const struct variable *v)
{
	uint32_t size = v->section == SECTION_IN_OUT
	                        ? 4
	                        : pou_type_size(c, v->type, v->name.at);
	uint32_t at;

	if (!c->err && s->n + (uint64_t)size > CODE_MEMORY_MAX) {
		compile_fail(c, v->name.at,
		             "with this variable the program's take more than 256 MiB");
	}
	if (c->err) {
		return 0;
	}
	at = store_take(c, s, size,
	                v->section == SECTION_IN_OUT ? 4 : layout_align(v->type));
	if (!c->err && v->section != SECTION_IN_OUT) {
		layout_initial(s->bytes + at, v->type, v->initial);
	}
	return at;
}

static void take_edge(struct compiler *c, struct store *s, struct variable *v)
{
	struct edge_note *note;

	if (v->edge == EDGE_NONE) {
		return;
	}
	note = region_alloc(c->ast->region, sizeof(*note));
	if (!note) {
		c->err = -ENOMEM;
		return;
	}
	note->pulse = store_take(c, s, 2, 1);
	note->memory = note->pulse + 1;
	v->note = note;
}

/* All variables of a POU, those of VAR_TEMP last. */
static void take_variables(struct compiler *c, const struct pou *pou,
                           struct pou_note *note)
{
	struct store *s = &note->store;

	for (struct variable *v = pou->variables; v && !c->err; v = v->next) {
		if (v->section != SECTION_EXTERNAL && v->section != SECTION_TEMP) {
			v->offset = take_variable(c, s, v);
			take_edge(c, s, v);
		}
	}
	if (pou->result && !c->err) {
		pou->result->offset = take_variable(c, s, pou->result);
	}
	note->temp_first = (uint32_t)layout_up(s->n, 8);
	for (struct variable *v = pou->variables; v && !c->err; v = v->next) {
		if (v->section == SECTION_TEMP) {
			v->offset = take_variable(c, s, v);
		}
	}
	note->temp_end = s->n > note->temp_first ? s->n : note->temp_first;
	note->n_declared = s->n;
}

/* A copy of bytes in memory. @return its offset */
static uint32_t in_memory(struct compiler *c, const uint8_t *bytes, uint32_t n)
{
	uint32_t at = store_take(c, &c->memory, n, 8);

	if (!c->err && n > 0) {
		memcpy(c->memory.bytes + at, bytes, n);
	}
	return at;
}

/* ---- bodies
 * ----------------------------------------------------------------------------
 */

static void body_begin(struct compiler *c, struct body *b)
{
	b->outer = c->body;
	c->body = b;
}

static void append_lines(struct compiler *c, const struct body *b, uint32_t first)
{
	struct compiled *out = c->out;

	for (size_t i = 0; i < b->n_lines; i++) {
		if (COMPILE_GROW(c, out->lines, out->n_lines, c->lines_room)) {
			out->lines[out->n_lines] = b->lines[i];
			out->lines[out->n_lines++].first += first;
		}
	}
}

/* Append its code to the whole. @return where it begins */
static uint32_t body_end(struct compiler *c, struct body *b)
{
	struct compiled *out = c->out;
	uint32_t first = (uint32_t)out->n_code;

	for (size_t i = 0; i < b->n_code && !c->err; i++) {
		if (COMPILE_GROW(c, out->code, out->n_code, c->code_room) &&
		    COMPILE_GROW(c, out->ops, out->n_code, c->ops_room)) {
			out->code[out->n_code] = b->code[i];
			out->ops[out->n_code++] = b->ops[i];
		}
	}
	append_lines(c, b, first);
	for (size_t i = 0; i < b->n_fixes; i++) {
		if (COMPILE_GROW(c, c->fixes, c->n_fixes, c->fixes_room)) {
			c->fixes[c->n_fixes] = b->fixes[i];
			c->fixes[c->n_fixes++].insn += first;
		}
	}
	c->body = b->outer;
	free(b->code);
	free(b->ops);
	free(b->lines);
	free(b->fixes);
	free(b->texts);
	free(b->temps.at);
	return first;
}

/* VAR_TEMP anew, and what the body sees of inputs with an edge. */
static void prologue(struct compiler *c, const struct pou *pou,
                     const struct pou_note *note)
{
	struct body *b = c->body;
	uint32_t n = note->temp_end - note->temp_first;

	if (n > 0 && pou->kind != POU_FUNCTION) {
		emit(c, b->relative ? OP_LOAD_N : OP_MOVE_N, b->base + note->temp_first,
		     note->temp_pattern, n);
	}
	for (const struct variable *v = pou->variables; v; v = v->next) {
		const struct edge_note *edge = v->note;
		uint32_t input = b->base + v->offset;

		if (v->edge == EDGE_NONE || !edge) {
			continue;
		}
		if (v->edge == EDGE_FALLING) {
			input = emit_value(c, OP_NOT_B, input, 0);
		}
		emit(c, OP_ANDN_B, b->base + edge->pulse, input, b->base + edge->memory);
		emit(c, OP_MOVE1, b->base + edge->memory, input, 0);
	}
}

static void compile_body(struct compiler *c, const struct pou *pou,
                         const struct pou_note *note)
{
	prologue(c, pou, note);
	stmt_list(c, pou->body);
	emit_label(c, &c->body->leave);
}

static struct pou_note *note_of(struct compiler *c, const struct pou *pou)
{
	struct pou *p = (struct pou *)pou; /* its note is ours */

	if (!p->note) {
		p->note = region_alloc(c->ast->region, sizeof(struct pou_note));
	}
	if (!p->note) {
		c->err = -ENOMEM;
	}
	return p->note;
}

/* A block's body works on its instance: constants and temporaries are in it too. */
static void block_code(struct compiler *c, const struct pou *pou, struct pou_note *note)
{
	struct pool pool = {0};
	struct body body = {
		.pou = pou, .relative = true, .store = &note->store, .pool = &pool};

	body_begin(c, &body);
	compile_body(c, pou, note);
	emit(c, OP_RETURN, 0, 0, 0);
	note->entry = body_end(c, &body);
	note->has_code = true;
	free(pool.all);
	store_take(c, &note->store, 0, 8);
	pou->type->size = note->store.n ? note->store.n : 8;
	pou->type->align = 8;
	store_take(c, &note->store, pou->type->size - note->store.n, 1);
}

static void function_layout(struct compiler *c, struct pou_note *note)
{
	note->size = note->store.n;
	note->pattern = in_memory(c, note->store.bytes, note->size);
	note->at = in_memory(c, note->store.bytes, note->size);
}

struct pou_note *pou_ready(struct compiler *c, const struct pou *pou)
{
	static struct pou_note nothing;
	struct pou_note *note = note_of(c, pou);

	if (!note) {
		return &nothing;
	}
	if (note->state == POU_BUSY || c->nest > COMPILE_NEST_MAX) {
		compile_fail(c, pou->at, "this block needs itself to be laid out");
	}
	if (c->err || note->state != POU_NEW) {
		return note;
	}
	c->nest++;
	note->state = POU_BUSY;
	take_variables(c, pou, note);
	if (!c->err && pou->kind == POU_FUNCTION) {
		function_layout(c, note);
	} else if (!c->err) {
		note->temp_pattern = in_memory(c, note->store.bytes + note->temp_first,
		                               note->temp_end - note->temp_first);
	}
	if (!c->err && pou->kind == POU_BLOCK) {
		block_code(c, pou, note);
	}
	note->state = POU_DONE;
	c->nest--;
	return note;
}

static void function_code(struct compiler *c, const struct pou *pou)
{
	struct pou_note *note = pou_ready(c, pou);
	struct body body = {
		.pou = pou, .base = note->at, .store = &c->memory, .pool = &c->pool};

	if (c->err || note->has_code) {
		return;
	}
	body_begin(c, &body);
	compile_body(c, pou, note);
	emit(c, OP_RETURN, 0, 0, 0);
	note->entry = body_end(c, &body);
	note->has_code = true;
}

/* ---- globals and addresses
 * -------------------------------------------------------------
 */

static void add_cell(struct compiler *c, struct program_cell cell, const struct type *t,
                     uint32_t at)
{
	struct compiled *out = c->out;

	while (t->kind == KIND_ARRAY) { /* its elements, one behind the other */
		const struct type *element = t->u.array.element;

		if (element->kind != KIND_ARRAY) {
			for (uint64_t i = 0; i < t->u.array.n && !c->err; i++) {
				add_cell(c, cell, element,
				         at + (uint32_t)i * layout_stride(t));
				cell.number++;
			}
			return;
		}
		compile_fail(c, (struct position){0, 0, 0},
		             "an array of arrays cannot have an address");
		return;
	}
	if (cell.number >= 65536u * (cell.size == 'X' ? 8 : 1)) {
		compile_fail(c, (struct position){0, 0, 0},
		             "an address is beyond 65535, the last there is");
		return;
	}
	if (COMPILE_GROW(c, out->cells, out->n_cells, c->cells_room)) {
		out->cells[out->n_cells++] = (struct compiled_cell){cell, t, at};
	}
}

static void place_cell(struct compiler *c, const struct direct *d, const struct type *t,
                       uint32_t at)
{
	struct program_cell cell = {d->area, d->size, d->parts[0]};

	if (d->incomplete || d->n_parts == 0) {
		return;
	}
	if (cell.number > 65535) {
		compile_fail(c, d->at, "this address is beyond 65535, the last there is");
		return;
	}
	if (d->size == 'X') {
		cell.number = 8 * d->parts[0] + (d->n_parts > 1 ? d->parts[1] : 0);
	}
	add_cell(c, cell, t, at);
}

void pou_global(struct compiler *c, struct variable *v)
{
	if (v->note || c->err) {
		return;
	}
	v->offset = take_variable(c, &c->memory, v);
	v->note = v; /* it has its place */
	if (v->direct) {
		place_cell(c, v->direct, v->type, v->offset);
	}
	if (v->name.key && v->name.at.line == 0 &&
	    strcmp(v->name.key, "first_scan") == 0) {
		c->out->first_scan = v->offset;
	}
}

static void globals(struct compiler *c, struct variable *list)
{
	for (struct variable *v = list; v; v = v->next) {
		pou_global(c, v);
	}
}

/* ---- programs and tasks
 * ----------------------------------------------------------------
 */

/* PROGRAM p (inner := outer, inner => outer): before, or after, the body. */
static void connections(struct compiler *c, const struct instance *instance, bool outputs)
{
	for (const struct connection *k = instance ? instance->connections : NULL; k;
	     k = k->next) {
		struct place inner, outer;
		struct item item = {.value = k->outer};

		if (k->output != outputs || k->task.text || !k->outer) {
			continue;
		}
		inner = place_of(c, k->inner);
		emit_line(c, k->at);
		if (outputs) {
			call_output(c, &item, &inner);
		} else if (k->outer->constant) {
			expr_assign(c, &inner, k->outer);
		} else {
			outer = place_of(c, k->outer);
			item.value = k->inner;
			call_output(c, &item, &outer);
		}
	}
}

static void program_cells_of(struct compiler *c, const struct pou *pou, uint32_t base)
{
	for (const struct variable *v = pou->variables; v; v = v->next) {
		if (v->direct && v->section != SECTION_EXTERNAL) {
			place_cell(c, v->direct, v->type, base + v->offset);
		}
	}
}

static void add_program(struct compiler *c, const struct pou *pou,
                        const struct instance *instance, uint32_t task)
{
	struct compiled *out = c->out;
	struct pou_note *note = pou_ready(c, pou);
	struct body body = {.pou = pou, .store = &c->memory, .pool = &c->pool};
	struct compiled_instance *made;

	if (c->err ||
	    !COMPILE_GROW(c, out->instances, out->n_instances, c->instances_room)) {
		return;
	}
	body.base = in_memory(c, note->store.bytes, note->n_declared);
	program_cells_of(c, pou, body.base);
	body_begin(c, &body);
	connections(c, instance, false);
	compile_body(c, pou, note);
	connections(c, instance, true);
	emit(c, OP_RETURN, 0, 0, 0);
	made = &out->instances[out->n_instances++];
	made->name = instance ? instance->name.text : pou->name.text;
	made->pou = pou;
	made->at = body.base;
	made->entry = body_end(c, &body);
	made->task = task;
	made->retain = instance && instance->retain == RETAIN_YES;
}

static void add_task(struct compiler *c, const struct task *t)
{
	struct compiled *out = c->out;
	struct body body = {.store = &c->memory, .pool = &c->pool};
	struct compiled_task task = {.name = t->name.text,
	                             .interval_ns = t->interval_ns,
	                             .priority = t->priority_value};

	if (t->single) {
		struct place p = {.form = PLACE_FRAME,
		                  .type = type_elementary(KIND_BOOL)};

		p.at = store_take(c, &c->memory, 1, 1);
		task.single = p.at;
		body_begin(c, &body);
		expr_assign(c, &p, t->single);
		emit(c, OP_RETURN, 0, 0, 0);
		task.entry = body_end(c, &body);
	}
	if (COMPILE_GROW(c, out->tasks, out->n_tasks, c->tasks_room)) {
		out->tasks[out->n_tasks++] = task;
	}
}

static void add_resource(struct compiler *c, const struct resource *r)
{
	uint32_t first = (uint32_t)c->out->n_tasks;

	for (const struct task *t = r->tasks; t; t = t->next) {
		add_task(c, t);
	}
	for (const struct instance *i = r->instances; i; i = i->next) {
		uint32_t task = COMPILED_NO_TASK;
		uint32_t k = first;

		for (const struct task *t = r->tasks; t; t = t->next, k++) {
			task = t == i->task_found ? k : task;
		}
		if (i->pou) {
			add_program(c, i->pou, i, task);
		}
	}
}

/* VAR_CONFIG p.x AT %QX0.0 : BOOL := TRUE. */
static void preset(struct compiler *c, const struct preset *p)
{
	const struct variable *v = p->variable;
	const struct expr *base = p->path->kind == EXPR_FIELD ? p->path->u.field.base
	                                                      : NULL;
	const char *key = !base                      ? NULL
	                  : base->kind == EXPR_FIELD ? base->u.field.name.key
	                  : base->kind == EXPR_NAME  ? base->u.name.key
	                                             : NULL;

	for (size_t i = 0; v && key && i < c->out->n_instances; i++) {
		const struct compiled_instance *k = &c->out->instances[i];
		uint32_t at = k->at + v->offset;

		if (k->pou != v->pou || !compile_same_name(k->name, key)) {
			continue;
		}
		if (p->direct) {
			place_cell(c, p->direct, v->type, at);
		}
		if (p->initial && !c->err) {
			memset(c->memory.bytes + at, 0, (size_t)layout_size(v->type));
			layout_initial(c->memory.bytes + at, v->type, p->initial);
		}
	}
}

static void last_program(struct compiler *c)
{
	const struct pou *last = NULL;

	for (const struct pou *p = c->ast->pous; p; p = p->next) {
		last = p->kind == POU_PROGRAM ? p : last;
	}
	if (last) {
		add_program(c, last, NULL, COMPILED_NO_TASK);
	} else {
		compile_fail(c, (struct position){0, 0, 0},
		             "there is no PROGRAM that could run");
	}
}

void pou_configuration(struct compiler *c)
{
	globals(c, c->ast->globals);
	for (struct configuration *k = c->ast->configurations; k; k = k->next) {
		globals(c, k->globals);
		for (struct resource *r = k->resources; r; r = r->next) {
			globals(c, r->globals);
		}
	}
	for (struct configuration *k = c->ast->configurations; k; k = k->next) {
		for (struct resource *r = k->resources; r; r = r->next) {
			add_resource(c, r);
		}
		for (const struct preset *p = k->presets; p; p = p->next) {
			preset(c, p);
		}
	}
	if (c->out->n_instances == 0 && c->err == 0) {
		last_program(c);
	}
	for (const struct pou *p = c->ast->pous; p; p = p->next) {
		if (p->kind == POU_FUNCTION && c->err == 0) {
			function_code(c, p);
		}
	}
}

/* ---- the whole
 * -------------------------------------------------------------------------
 */

static void fix_calls(struct compiler *c)
{
	for (size_t i = 0; i < c->n_fixes && !c->err; i++) {
		const struct pou_note *note = c->fixes[i].pou->note;

		c->out->code[c->fixes[i].insn].c = note->entry - c->fixes[i].insn;
	}
}

/* What the tree notes of ours is freed, but for what the region holds. */
static void forget(struct compiler *c)
{
	for (const struct pou *p = c->ast->pous; p; p = p->next) {
		struct pou_note *note = p->note;

		if (note) {
			free(note->store.bytes);
			note->store.bytes = NULL;
		}
	}
	free(c->fixes);
	free(c->pool.all);
}

int compile_tree(struct compiled *out, struct ast *ast, bool coverage)
{
	struct compiler c = {.out = out, .ast = ast, .coverage = coverage};
	struct body nothing = {.store = &c.memory, .pool = &c.pool};

	memset(out, 0, sizeof(*out));
	store_take(&c, &c.memory, 16, 8); /* 0 is the offset of nothing */
	body_begin(&c, &nothing);
	emit(&c, OP_HALT, 0, 0, 0); /* and entry 0 of nothing */
	body_end(&c, &nothing);
	pou_configuration(&c);
	fix_calls(&c);
	store_take(&c, &c.memory, 8, 8); /* a slot is read in full */
	out->memory = c.memory.bytes;
	out->n_memory = c.memory.n;
	forget(&c);
	return c.err;
}

void compile_free(struct compiled *compiled)
{
	free(compiled->code);
	free(compiled->ops);
	free(compiled->lines);
	free(compiled->arrays);
	free(compiled->arguments);
	free(compiled->points);
	free(compiled->memory);
	free(compiled->cells);
	free(compiled->instances);
	free(compiled->tasks);
	memset(compiled, 0, sizeof(*compiled));
}
