/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "twin/plc/blocks.h"
#include "twin/plc/digits.h"
#include "twin/plc/layout.h"
#include "twin/plc/program_impl.h"
#include "twin/plc/standard.h"
#include "twin/plc/text.h"

/** Something at a place, on the way down. */
struct node {
	const struct type *type;
	uint32_t at;
	bool kept;
};

static int walk(const struct program *p, struct walk *w, struct node node);

static void path_add(struct walk *w, const char *text)
{
	size_t n = strlen(text);

	if (w->n + n >= sizeof(w->path)) {
		n = sizeof(w->path) - 1 - w->n;
	}
	memcpy(w->path + w->n, text, n);
	w->n += n;
	w->path[w->n] = '\0';
}

static void path_cut(struct walk *w, size_t n)
{
	w->n = n;
	w->path[n] = '\0';
}

static struct program_variable variable_at(const struct program *p,
                                           const struct node *node)
{
	struct program_variable v = {.type = node->type, .at = node->at};

	for (size_t i = 0; i < p->made.n_cells; i++) {
		if (p->made.cells[i].at == node->at) {
			v.cell = p->made.cells[i].cell;
			break;
		}
	}
	return v;
}

static int leaf(const struct program *p, struct walk *w, const struct node *node)
{
	struct program_variable v;

	if (w->retained && !node->kept) {
		return 0;
	}
	v = variable_at(p, node);
	return w->visit(w, &v);
}

static void add_index(struct walk *w, const struct type *array, uint64_t element)
{
	int64_t index[TYPE_DIMENSIONS_MAX];
	char number[DIGITS_MAX];

	for (uint32_t k = array->u.array.n_dims; k-- > 0;) {
		const struct type_range *r = &array->u.array.dims[k];
		uint64_t n = (uint64_t)(r->high - r->low + 1);

		index[k] = r->low + (int64_t)(element % n);
		element /= n;
	}
	for (uint32_t k = 0; k < array->u.array.n_dims; k++) {
		digits_signed(number, index[k]);
		path_add(w, k == 0 ? "[" : ",");
		path_add(w, number);
	}
	path_add(w, "]");
}

static int walk_array(const struct program *p, struct walk *w, const struct node *node)
{
	uint32_t stride = layout_stride(node->type);
	size_t n = w->n;
	int err = 0;

	for (uint64_t i = 0; i < node->type->u.array.n && !err; i++) {
		add_index(w, node->type, i);
		err = walk(p, w,
		           (struct node){node->type->u.array.element,
		                         node->at + (uint32_t)i * stride, node->kept});
		path_cut(w, n);
	}
	return err;
}

static int below(const struct program *p, struct walk *w, const char *name,
                 struct node node)
{
	size_t n = w->n;
	int err;

	if (n > 0) {
		path_add(w, ".");
	}
	path_add(w, name);
	err = walk(p, w, node);
	path_cut(w, n);
	return err;
}

static int walk_structure(const struct program *p, struct walk *w,
                          const struct node *node)
{
	int err = 0;

	for (uint32_t i = 0; i < node->type->u.structure.n && !err; i++) {
		const struct type_field *f = &node->type->u.structure.fields[i];

		err = below(p, w, f->name,
		            (struct node){f->type, node->at + f->offset, node->kept});
	}
	return err;
}

/* The variables of a program or block that are its own. */
static int walk_pou(const struct program *p, struct walk *w, const struct pou *pou,
                    const struct node *node)
{
	int err = 0;

	for (const struct variable *v = pou->variables; v && !err; v = v->next) {
		bool kept = v->retain == RETAIN_YES ||
		            (node->kept && v->retain != RETAIN_NO);

		if (!v->name.text || v->section == SECTION_EXTERNAL ||
		    v->section == SECTION_IN_OUT || v->section == SECTION_TEMP) {
			continue;
		}
		err = below(p, w, v->name.text,
		            (struct node){v->type, node->at + v->offset,
		                          kept && !v->constant});
	}
	return err;
}

static int walk_standard(const struct program *p, struct walk *w, const struct node *node)
{
	const struct standard_block *b = standard_block_of(node->type->u.block.standard);
	int err = 0;

	if (w->retained) {
		return leaf(p, w, node);
	}
	for (uint32_t i = 0; b->variables[i].name && !err; i++) {
		err = below(p, w, b->variables[i].name,
		            (struct node){type_elementary(b->variables[i].kind),
		                          node->at + block_offset(b->id, i), node->kept});
	}
	return err;
}

static int walk(const struct program *p, struct walk *w, struct node node)
{
	switch ((int)node.type->kind) {
	case KIND_ARRAY:
		return walk_array(p, w, &node);
	case KIND_STRUCT:
		return walk_structure(p, w, &node);
	case KIND_BLOCK:
		return node.type->u.block.pou
		               ? walk_pou(p, w, node.type->u.block.pou, &node)
		               : walk_standard(p, w, &node);
	default:
		return leaf(p, w, &node);
	}
}

static int walk_globals(const struct program *p, struct walk *w,
                        const struct variable *list)
{
	int err = 0;

	for (const struct variable *v = list; v && !err; v = v->next) {
		if (v->name.text) {
			err = below(
				p, w, v->name.text,
				(struct node){v->type, v->offset,
			                      v->retain == RETAIN_YES && !v->constant});
		}
	}
	return err;
}

int walk_program(const struct program *p, struct walk *w)
{
	int err;

	path_cut(w, 0);
	err = walk_globals(p, w, p->ast->globals);
	for (const struct configuration *c = p->ast->configurations; c && !err;
	     c = c->next) {
		err = walk_globals(p, w, c->globals);
		for (const struct resource *r = c->resources; r && !err; r = r->next) {
			err = walk_globals(p, w, r->globals);
		}
	}
	for (size_t i = 0; i < p->made.n_instances && !err; i++) {
		const struct compiled_instance *k = &p->made.instances[i];
		const struct node node = {k->pou->type, k->at, k->retain};

		path_add(w, k->name);
		err = walk_pou(p, w, k->pou, &node);
		path_cut(w, 0);
	}
	return err;
}

/* ---- program_each()
 * --------------------------------------------------------------------
 */

struct each {
	int (*visit)(void *arg, const char *path,
	             const struct program_variable *variable);
	void *arg;
};

static int each_visit(struct walk *w, const struct program_variable *v)
{
	const struct each *e = w->arg;

	return e->visit(e->arg, w->path, v);
}

int program_each(const struct program *p,
                 int (*visit)(void *arg, const char *path,
                              const struct program_variable *variable),
                 void *arg)
{
	struct each each = {visit, arg};
	struct walk w = {.visit = each_visit, .arg = &each};

	return walk_program(p, &w);
}

/* ---- what is retained
 * ------------------------------------------------------------------
 */

/* Longest text of a value: each character may take four or five. */
static size_t text_room(const struct type *t)
{
	return layout_slot(t) == SLOT_TEXT ? 5 * (size_t)type_base(t)->u.length + 16
	                                   : TEXT_LITERAL_MAX + AST_NAME_MAX * 4;
}

static int scratch_visit(struct walk *w, const struct program_variable *v)
{
	size_t *room = w->arg;
	size_t need = text_room(v->type);

	*room = need > *room ? need : *room;
	return 0;
}

int walk_scratch(struct program *p)
{
	struct walk w = {
		.visit = scratch_visit, .arg = &p->scratch_room, .retained = true};

	p->scratch_room = (size_t)4 * BLOCK_SIZE;
	walk_program(p, &w);
	p->scratch = malloc(p->scratch_room);
	return p->scratch ? 0 : -ENOMEM;
}

struct keep {
	uint8_t *memory;
	const uint8_t *old;
};

static int keep_visit(struct walk *w, const struct program_variable *v)
{
	const struct keep *k = w->arg;

	memcpy(k->memory + v->at, k->old + v->at, (size_t)layout_size(v->type));
	if (v->type->kind == KIND_BLOCK) {
		block_rebase(v->type->u.block.standard, k->memory + v->at, 0);
	}
	return 0;
}

void walk_keep(struct program *p, const uint8_t *old)
{
	struct keep keep = {p->memory, old};
	struct walk w = {.visit = keep_visit, .arg = &keep, .retained = true};

	walk_program(p, &w);
}

struct retained {
	const struct program *p;
	int (*visit)(void *arg, const struct program_kept *kept);
	void *arg;
};

/* A standard block with all that it hides: its bytes, two digits each. */
static void write_bytes(char *out, const uint8_t *bytes, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = hex[bytes[i] >> 4];
		out[2 * i + 1] = hex[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

/* As declared, or what an unnamed one is made of. */
static const char *type_name(const struct type *t)
{
	if (t->kind == KIND_BLOCK) {
		return standard_block_of(t->u.block.standard)->name;
	}
	return t->name ? t->name : type_kind_name(layout_kind(t));
}

static int retained_visit(struct walk *w, const struct program_variable *v)
{
	const struct retained *r = w->arg;
	struct program_kept kept = {w->path, type_name(v->type), r->p->scratch};

	if (v->type->kind == KIND_BLOCK) {
		write_bytes(r->p->scratch, r->p->memory + v->at, BLOCK_SIZE);
	} else {
		text_write(r->p->scratch, r->p->scratch_room, v->type,
		           r->p->memory + v->at);
	}
	return r->visit(r->arg, &kept);
}

int program_retained(const struct program *p,
                     int (*visit)(void *arg, const struct program_kept *kept), void *arg)
{
	struct retained r = {p, visit, arg};
	struct walk w = {.visit = retained_visit, .arg = &r, .retained = true};

	return walk_program(p, &w);
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_bytes(uint8_t *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = nibble(text[2 * i]);
		int low = high < 0 ? -1 : nibble(text[2 * i + 1]);

		if (low < 0) {
			return -EINVAL;
		}
		out[i] = (uint8_t)(high << 4 | low);
	}
	return text[2 * n] == '\0' ? 0 : -EINVAL;
}

static int restore_block(struct program *p, const struct program_variable *v,
                         const char *text)
{
	uint8_t bytes[BLOCK_SIZE];
	int err = read_bytes(bytes, text, BLOCK_SIZE);

	if (!err) {
		memcpy(p->memory + v->at, bytes, BLOCK_SIZE);
		block_rebase(v->type->u.block.standard, p->memory + v->at, 0);
	}
	return err;
}

int program_restore(struct program *p, const struct program_kept *kept)
{
	struct program_variable v;
	bool retained;
	int err = find_path(p, kept->path, &v, &retained);

	if (err || !retained || !v.type) {
		return -ENOENT;
	}
	if ((v.type->kind >= KIND_ARRAY && v.type->kind != KIND_BLOCK) ||
	    (v.type->kind == KIND_BLOCK && v.type->u.block.pou) ||
	    strcmp(type_name(v.type), kept->type) != 0) {
		return -EMEDIUMTYPE;
	}
	if (v.type->kind == KIND_BLOCK) {
		return restore_block(p, &v, kept->value);
	}
	err = text_read(kept->value, v.type, p->memory + v.at);
	if (!err && v.cell.area != 0) {
		program_image_set(p, v.cell, cells_bits(v.type, p->memory + v.at));
	}
	return err;
}
