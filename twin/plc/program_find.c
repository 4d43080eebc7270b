/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "twin/plc/blocks.h"
#include "twin/plc/layout.h"
#include "twin/plc/program_impl.h"
#include "twin/plc/standard.h"

/** What is found so far, and the rest of the path. */
struct found {
	const struct type *type;
	uint32_t at;
	bool kept;
	const char *rest;
};

/** A name within a path, not terminated. */
struct word {
	const char *text;
	size_t n;
};

static struct word next_word(const char **path)
{
	struct word w = {*path, strcspn(*path, ".[")};

	*path += w.n;
	return w;
}

static bool is_word(struct word w, const char *name)
{
	return name && strlen(name) == w.n && strncasecmp(w.text, name, w.n) == 0;
}

static bool is_seen(const struct variable *v)
{
	return v->section != SECTION_IN_OUT;
}

/* A variable of a program or block whose variables stand at `at`. */
static int in_pou(const struct pou *pou, struct word w, struct found *f)
{
	for (const struct variable *v = pou->variables; v; v = v->next) {
		const struct variable *g = v;

		if (!is_word(w, v->name.text) || !is_seen(v)) {
			continue;
		}
		while (g->section == SECTION_EXTERNAL && g->global) {
			g = g->global;
		}
		f->kept = g->retain == RETAIN_YES || (f->kept && g->retain != RETAIN_NO);
		f->at = g == v ? f->at + v->offset : g->offset;
		f->type = g->type;
		return 0;
	}
	return -ENOENT;
}

static bool in_list(const struct variable *list, struct word w, struct found *f)
{
	for (const struct variable *v = list; v; v = v->next) {
		if (is_word(w, v->name.text)) {
			f->type = v->type;
			f->at = v->offset;
			f->kept = v->retain == RETAIN_YES;
			return true;
		}
	}
	return false;
}

static bool in_globals(const struct program *p, struct word w, struct found *f)
{
	if (in_list(p->ast->globals, w, f)) {
		return true;
	}
	for (const struct configuration *c = p->ast->configurations; c; c = c->next) {
		if (in_list(c->globals, w, f)) {
			return true;
		}
		for (const struct resource *r = c->resources; r; r = r->next) {
			if (in_list(r->globals, w, f)) {
				return true;
			}
		}
	}
	return false;
}

/* By its bare name, which only one program may have. */
static int in_programs(const struct program *p, struct word w, struct found *f)
{
	int err = -ENOENT;

	for (size_t i = 0; i < p->made.n_instances; i++) {
		const struct compiled_instance *k = &p->made.instances[i];
		struct found one = {NULL, k->at, k->retain, NULL};

		if (in_pou(k->pou, w, &one) != 0) {
			continue;
		}
		if (err == 0 && one.at != f->at) {
			return -EEXIST;
		}
		one.rest = f->rest;
		*f = one;
		err = 0;
	}
	return err;
}

static int first_word(const struct program *p, struct found *f)
{
	struct word w = next_word(&f->rest);

	for (size_t i = 0; i < p->made.n_instances && *f->rest == '.'; i++) {
		const struct compiled_instance *k = &p->made.instances[i];

		if (is_word(w, k->name)) {
			const char *rest = f->rest + 1;
			struct word variable = next_word(&rest);

			f->at = k->at;
			f->kept = k->retain;
			f->rest = rest;
			return in_pou(k->pou, variable, f);
		}
	}
	return in_globals(p, w, f) ? 0 : in_programs(p, w, f);
}

static int in_standard(uint32_t standard, struct word w, struct found *f)
{
	const struct standard_block *b = standard_block_of(standard);

	for (uint32_t i = 0; b->variables[i].name; i++) {
		if (is_word(w, b->variables[i].name)) {
			f->at += block_offset(standard, i);
			f->type = type_elementary(b->variables[i].kind);
			return 0;
		}
	}
	return -ENOENT;
}

static int in_structure(const struct type *t, struct word w, struct found *f)
{
	for (uint32_t i = 0; i < t->u.structure.n; i++) {
		if (is_word(w, t->u.structure.fields[i].name)) {
			f->at += layout_field(t, i);
			f->type = t->u.structure.fields[i].type;
			return 0;
		}
	}
	return -ENOENT;
}

static int field(struct found *f)
{
	const struct type *t = f->type;
	struct word w;

	f->rest++;
	w = next_word(&f->rest);
	if (t->kind == KIND_STRUCT) {
		return in_structure(t, w, f);
	}
	if (t->kind == KIND_BLOCK) {
		return t->u.block.pou ? in_pou(t->u.block.pou, w, f)
		                      : in_standard(t->u.block.standard, w, f);
	}
	return -ENOENT;
}

/* "-12" */
static int whole_number(const char **text, int64_t *out)
{
	bool negative = **text == '-';
	const char *start;

	*text += negative ? 1 : 0;
	start = *text;
	*out = 0;
	while (**text >= '0' && **text <= '9' && *text - start < 12) {
		*out = *out * 10 + (*(*text)++ - '0');
	}
	*out = negative ? -*out : *out;
	return *text == start ? -EINVAL : 0;
}

static void skip_blank(const char **text)
{
	*text += strspn(*text, " ");
}

/* "[3,1]" */
static int element(struct found *f)
{
	const struct type *t = f->type;
	uint64_t offset = 0;

	if (t->kind != KIND_ARRAY) {
		return -ENOENT;
	}
	for (uint32_t k = 0; k < t->u.array.n_dims; k++) {
		const struct type_range *r = &t->u.array.dims[k];
		int64_t index;

		f->rest++; /* [ or , */
		skip_blank(&f->rest);
		if (whole_number(&f->rest, &index) != 0) {
			return -EINVAL;
		}
		skip_blank(&f->rest);
		if (index < r->low || index > r->high) {
			return -ERANGE;
		}
		offset = offset * (uint64_t)(r->high - r->low + 1) +
		         (uint64_t)(index - r->low);
		if (*f->rest != (k + 1 < t->u.array.n_dims ? ',' : ']')) {
			return -EINVAL;
		}
	}
	f->rest++;
	f->at += (uint32_t)offset * layout_stride(t);
	f->type = t->u.array.element;
	return 0;
}

static void find_cell(const struct program *p, struct program_variable *v)
{
	for (size_t i = 0; i < p->made.n_cells; i++) {
		if (p->made.cells[i].at == v->at) {
			v->cell = p->made.cells[i].cell;
			return;
		}
	}
}

static int by_address(const struct program *p, const char *path,
                      struct program_variable *out)
{
	int err = program_cell(path, &out->cell);

	if (err) {
		return err;
	}
	if (!cells_at(&p->cells, out->cell)) {
		return -ERANGE;
	}
	for (size_t i = 0; i < p->made.n_cells; i++) {
		const struct program_cell *c = &p->made.cells[i].cell;

		if (c->area == out->cell.area && c->size == out->cell.size &&
		    c->number == out->cell.number) {
			out->type = p->made.cells[i].type;
			out->at = p->made.cells[i].at;
			return 0;
		}
	}
	return 0;
}

int find_path(const struct program *p, const char *path, struct program_variable *out,
              bool *retained)
{
	struct found f = {.rest = path};
	int err;

	*out = (struct program_variable){0};
	*retained = false;
	if (path[0] == '%') {
		return by_address(p, path, out);
	}
	err = first_word(p, &f);
	while (!err && *f.rest != '\0') {
		err = *f.rest == '.' ? field(&f) : *f.rest == '[' ? element(&f) : -EINVAL;
	}
	if (err) {
		return err;
	}
	out->type = f.type;
	out->at = f.at;
	*retained = f.kept;
	find_cell(p, out);
	return 0;
}

int program_find(const struct program *p, const char *path, struct program_variable *out)
{
	bool retained;

	return find_path(p, path, out, &retained);
}
