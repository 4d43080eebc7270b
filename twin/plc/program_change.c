/* SPDX-License-Identifier: Apache-2.0 */
/* Online change: a program takes the place of one that runs, between two scans. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "twin/plc/blocks.h"
#include "twin/plc/code.h"
#include "twin/plc/compile_impl.h"
#include "twin/plc/convert.h"
#include "twin/plc/digits.h"
#include "twin/plc/layout.h"
#include "twin/plc/message.h"
#include "twin/plc/program_impl.h"
#include "twin/plc/slot.h"
#include "twin/plc/standard.h"

enum { SENTENCE_MAX = 2 * PROGRAM_PATH_MAX };

/** One change, gone through twice: to look, then to carry. */
struct change {
	const struct program *old;
	struct program *fresh;
	bool carries;
	const struct program_complaint *to;
	unsigned complaints;
	struct program_changed *counts;
	struct region *region; /* for what types are called */
	char path[PROGRAM_PATH_MAX];
	size_t n; /* of path */
};

/** A variable, or a part of one, in the old program and in the new one. */
struct pair {
	const struct type *from, *to;
	uint32_t from_at, to_at;
};

static void carry(struct change *ch, struct pair pair);

static void refuse(struct change *ch, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void refuse(struct change *ch, const char *format, ...)
{
	char text[SENTENCE_MAX];
	va_list args;

	va_start(args, format);
	message_format(text, sizeof(text), format, args);
	va_end(args);
	ch->complaints++;
	ch->to->say(ch->to->arg, text);
}

static void differs(struct change *ch, const struct pair *pair)
{
	refuse(ch, "%s was %s and is %s now", ch->path, type_text(pair->from, ch->region),
	       type_text(pair->to, ch->region));
}

static size_t path_add(struct change *ch, const char *text)
{
	size_t before = ch->n, n = strlen(text);

	if (n >= sizeof(ch->path) - ch->n) {
		n = sizeof(ch->path) - 1 - ch->n;
	}
	memcpy(ch->path + ch->n, text, n);
	ch->n += n;
	ch->path[ch->n] = '\0';
	return before;
}

static void path_cut(struct change *ch, size_t n)
{
	ch->n = n;
	ch->path[n] = '\0';
}

static void below(struct change *ch, const char *name, struct pair pair)
{
	size_t before = ch->n > 0 ? path_add(ch, ".") : ch->n;

	path_add(ch, name);
	carry(ch, pair);
	path_cut(ch, before);
}

static const uint8_t *old_slot(const struct change *ch, const struct pair *pair)
{
	return ch->old->memory + pair->from_at;
}

static uint8_t *new_slot(const struct change *ch, const struct pair *pair)
{
	return ch->fresh->memory + pair->to_at;
}

/* ---- what is elementary
 * ---------------------------------------------------------------
 */

static int64_t whole_number(const struct type *t, const uint8_t *slot)
{
	uint8_t wide[8];

	convert_slot(wide, slot,
	             convert_packed(layout_kind(t), KIND_LINT, CONVERT_ROUND));
	return get_l(wide);
}

static const struct type_value *value_of(const struct type *t, int64_t value)
{
	for (uint32_t i = 0; i < t->u.enumeration.n; i++) {
		if (t->u.enumeration.values[i].value == value) {
			return &t->u.enumeration.values[i];
		}
	}
	return NULL;
}

/* By the value's name: its number may have changed. */
static void carry_enumeration(struct change *ch, const struct pair *pair)
{
	const struct type_value *was = value_of(
		pair->from, whole_number(pair->from, old_slot(ch, pair)));
	uint8_t wide[8];

	for (uint32_t i = 0; was && i < pair->to->u.enumeration.n; i++) {
		const struct type_value *is = &pair->to->u.enumeration.values[i];

		if (strcmp(is->key, was->key) != 0) {
			continue;
		}
		if (ch->carries) {
			put_l(wide, is->value);
			convert_slot(new_slot(ch, pair), wide,
			             convert_packed(KIND_LINT, layout_kind(pair->to),
			                            CONVERT_ROUND));
		}
		return;
	}
	refuse(ch, "%s is %s, which its new type does not have", ch->path,
	       was ? was->name : "of no name");
}

static void carry_text(struct change *ch, const struct pair *pair)
{
	struct code_string from, to;

	memcpy(&from, old_slot(ch, pair), sizeof(from));
	memcpy(&to, new_slot(ch, pair), sizeof(to));
	if (from.length > to.room) {
		refuse(ch, "%s holds %u characters, of which its new type has only %u",
		       ch->path, (unsigned)from.length, (unsigned)to.room);
	} else if (ch->carries) {
		to.length = from.length;
		memcpy(new_slot(ch, pair), &to, sizeof(to));
		memcpy(new_slot(ch, pair) + sizeof(to), old_slot(ch, pair) + sizeof(from),
		       (size_t)from.length * layout_width(pair->to));
	}
}

static void carry_scalar(struct change *ch, const struct pair *pair)
{
	if (pair->to->kind == KIND_SUBRANGE) {
		const struct type_range *r = &pair->to->u.subrange.range;
		int64_t value = whole_number(pair->from, old_slot(ch, pair));

		if (value < r->low || value > r->high) {
			refuse(ch, "%s is %lld, outside of its new range %lld..%lld",
			       ch->path, (long long)value, (long long)r->low,
			       (long long)r->high);
			return;
		}
	}
	if (ch->carries) {
		memcpy(new_slot(ch, pair), old_slot(ch, pair),
		       layout_slot_bytes(layout_slot(pair->to)));
	}
}

static void carry_elementary(struct change *ch, const struct pair *pair)
{
	bool both = pair->from->kind == KIND_ENUM && pair->to->kind == KIND_ENUM;

	if (layout_kind(pair->from) != layout_kind(pair->to) ||
	    (!both && (pair->from->kind == KIND_ENUM || pair->to->kind == KIND_ENUM))) {
		differs(ch, pair);
	} else if (both) {
		carry_enumeration(ch, pair);
	} else if (layout_slot(pair->to) == SLOT_TEXT) {
		carry_text(ch, pair);
	} else {
		carry_scalar(ch, pair);
	}
}

/* ---- what has parts
 * -------------------------------------------------------------------
 */

/* Values of which any may stand in the other's place. */
static bool is_plain(const struct type *from, const struct type *to)
{
	return from->kind == to->kind && from->kind < KIND_ELEMENTARY_END &&
	       layout_slot(from) < SLOT_TEXT;
}

/* Stops after the first element that does not fit: the others are of the same type. */
static void carry_array(struct change *ch, const struct pair *pair)
{
	const struct type *from = pair->from->u.array.element;
	const struct type *to = pair->to->u.array.element;
	uint32_t from_step = layout_stride(pair->from), step = layout_stride(pair->to);
	unsigned before = ch->complaints;
	size_t cut;

	if (!type_same_bounds(pair->from, pair->to)) {
		differs(ch, pair);
		return;
	}
	if (is_plain(from, to)) {
		if (ch->carries) {
			memcpy(new_slot(ch, pair), old_slot(ch, pair),
			       (size_t)layout_size(pair->to));
		}
		return;
	}
	cut = path_add(ch, "[..]");
	for (uint64_t i = 0; i < pair->to->u.array.n && ch->complaints == before; i++) {
		carry(ch, (struct pair){from, to, pair->from_at + (uint32_t)i * from_step,
		                        pair->to_at + (uint32_t)i * step});
	}
	path_cut(ch, cut);
}

static const struct type_field *field_named(const struct type *t, const char *key)
{
	for (uint32_t i = 0; i < t->u.structure.n; i++) {
		if (strcmp(t->u.structure.fields[i].key, key) == 0) {
			return &t->u.structure.fields[i];
		}
	}
	return NULL;
}

static void carry_structure(struct change *ch, const struct pair *pair)
{
	for (uint32_t i = 0; i < pair->to->u.structure.n; i++) {
		const struct type_field *to = &pair->to->u.structure.fields[i];
		const struct type_field *from = field_named(pair->from, to->key);

		if (from) {
			below(ch, to->name,
			      (struct pair){from->type, to->type,
			                    pair->from_at + from->offset,
			                    pair->to_at + to->offset});
		}
	}
}

/* What keeps its value from scan to scan. */
static bool is_lasting(const struct variable *v)
{
	return v->name.text && !v->constant && v->section != SECTION_EXTERNAL &&
	       v->section != SECTION_IN_OUT && v->section != SECTION_TEMP;
}

static const struct variable *variable_named(const struct variable *list, const char *key)
{
	for (const struct variable *v = list; v; v = v->next) {
		if (is_lasting(v) && strcmp(v->name.key, key) == 0) {
			return v;
		}
	}
	return NULL;
}

/* Whether an input with R_EDGE or F_EDGE was on at the last call. */
static void carry_edge(const struct change *ch, const struct variable *from,
                       const struct variable *to, const struct pair *base)
{
	const struct edge_note *was = from->edge == to->edge ? from->note : NULL;
	const struct edge_note *is = to->edge != EDGE_NONE ? to->note : NULL;

	if (ch->carries && was && is) {
		ch->fresh->memory[base->to_at + is->memory] =
			ch->old->memory[base->from_at + was->memory];
	}
}

/* Variables of one name; base is where each list's offsets count from. */
static void carry_list(struct change *ch, const struct variable *from,
                       const struct variable *to, const struct pair *base)
{
	for (const struct variable *v = to; v; v = v->next) {
		const struct variable *was = is_lasting(v)
		                                     ? variable_named(from, v->name.key)
		                                     : NULL;

		ch->counts->begun += is_lasting(v) && !was;
		if (!was) {
			continue;
		}
		ch->counts->kept++;
		below(ch, v->name.text,
		      (struct pair){was->type, v->type, base->from_at + was->offset,
		                    base->to_at + v->offset});
		carry_edge(ch, was, v, base);
	}
	for (const struct variable *v = from; v; v = v->next) {
		ch->counts->dropped += is_lasting(v) && !variable_named(to, v->name.key);
	}
}

static void carry_block(struct change *ch, const struct pair *pair)
{
	const struct pou *from = pair->from->u.block.pou, *to = pair->to->u.block.pou;

	if (from && to && strcmp(from->name.key, to->name.key) == 0) {
		struct program_changed counts = *ch->counts;

		carry_list(ch, from->variables, to->variables, pair);
		*ch->counts = counts; /* an instance is one variable */
	} else if (from || to ||
	           pair->from->u.block.standard != pair->to->u.block.standard) {
		differs(ch, pair);
	} else if (ch->carries) {
		memcpy(new_slot(ch, pair), old_slot(ch, pair), BLOCK_SIZE);
	}
}

static void carry(struct change *ch, struct pair pair)
{
	bool parts = pair.to->kind >= KIND_ARRAY;

	if (parts != (pair.from->kind >= KIND_ARRAY) ||
	    (parts && pair.from->kind != pair.to->kind)) {
		differs(ch, &pair);
	} else if (!parts) {
		carry_elementary(ch, &pair);
	} else if (pair.to->kind == KIND_ARRAY) {
		carry_array(ch, &pair);
	} else if (pair.to->kind == KIND_STRUCT) {
		carry_structure(ch, &pair);
	} else {
		carry_block(ch, &pair);
	}
}

/* ---- programs, globals, tasks ---------------------------------------------------------
 */

static const struct configuration no_configuration;

static const struct configuration *configuration_of(const struct program *p)
{
	return p->ast->configurations ? p->ast->configurations : &no_configuration;
}

static const struct resource *resource_named(const struct configuration *c,
                                             const char *key)
{
	for (const struct resource *r = c->resources; r; r = r->next) {
		if (r->name.key == key ||
		    (r->name.key && key && strcmp(r->name.key, key) == 0)) {
			return r;
		}
	}
	return NULL;
}

static void carry_globals(struct change *ch)
{
	const struct configuration *from = configuration_of(ch->old);
	const struct configuration *to = configuration_of(ch->fresh);
	const struct pair base = {0};

	carry_list(ch, ch->old->ast->globals, ch->fresh->ast->globals, &base);
	carry_list(ch, from->globals, to->globals, &base);
	for (const struct resource *r = to->resources; r; r = r->next) {
		const struct resource *was = resource_named(from, r->name.key);

		carry_list(ch, was ? was->globals : NULL, r->globals, &base);
	}
	for (const struct resource *r = from->resources; r; r = r->next) {
		if (!resource_named(to, r->name.key)) {
			carry_list(ch, r->globals, NULL, &base);
		}
	}
}

static const struct compiled_instance *instance_named(const struct program *p,
                                                      const char *name)
{
	for (size_t i = 0; i < p->made.n_instances; i++) {
		const char *a = p->made.instances[i].name, *b = name;

		while (*a && (*a | 32) == (*b | 32)) {
			a++;
			b++;
		}
		if (*a == *b) {
			return &p->made.instances[i];
		}
	}
	return NULL;
}

static void carry_instances(struct change *ch)
{
	for (size_t i = 0; i < ch->fresh->made.n_instances; i++) {
		const struct compiled_instance *to = &ch->fresh->made.instances[i];
		const struct compiled_instance *from = instance_named(ch->old, to->name);
		const struct pair base = {.from_at = from ? from->at : 0,
		                          .to_at = to->at};

		path_add(ch, to->name);
		carry_list(ch, from ? from->pou->variables : NULL, to->pou->variables,
		           &base);
		path_cut(ch, 0);
	}
	for (size_t i = 0; i < ch->old->made.n_instances; i++) {
		const struct compiled_instance *from = &ch->old->made.instances[i];

		if (!instance_named(ch->fresh, from->name)) {
			carry_list(ch, from->pou->variables, NULL, &(struct pair){0});
		}
	}
}

/* A task of the same name goes on at its pace; one that is new runs in the next scan. */
static void carry_tasks(const struct program *old, struct program *fresh)
{
	for (size_t i = 0; i < fresh->made.n_tasks; i++) {
		const struct compiled_task *to = &fresh->made.tasks[i];
		struct task_state *s = &fresh->tasks[i];

		s->due = old->now + 1;
		for (size_t k = 0; k < old->made.n_tasks; k++) {
			const struct compiled_task *from = &old->made.tasks[k];

			if (strcmp(from->name, to->name) == 0) {
				s->was = old->tasks[k].was;
				s->due = from->interval_ns == to->interval_ns
				                 ? old->tasks[k].due
				                 : s->due;
			}
		}
	}
}

/* ---- the image
 * ------------------------------------------------------------------------
 */

static bool has_cell(const struct program *p, struct program_cell cell)
{
	for (size_t i = 0; i < p->made.n_cells; i++) {
		const struct program_cell *c = &p->made.cells[i].cell;

		if (c->area == cell.area && c->size == cell.size &&
		    c->number == cell.number) {
			return true;
		}
	}
	return false;
}

/* Places stay as they are; a variable that is new there brings its value, unless
 * somebody outside has written one. */
static void carry_cells(const struct program *old, struct program *fresh)
{
	for (int a = 0; a < AREAS; a++) {
		for (int s = 0; s < SIZES; s++) {
			uint32_t n = old->cells.n[a][s] < fresh->cells.n[a][s]
			                     ? old->cells.n[a][s]
			                     : fresh->cells.n[a][s];

			memcpy(fresh->cells.cells[a][s], old->cells.cells[a][s],
			       n * sizeof(uint64_t));
		}
	}
	for (size_t i = 0; i < fresh->made.n_cells; i++) {
		const struct compiled_cell *c = &fresh->made.cells[i];
		uint64_t *cell = cells_at(&fresh->cells, c->cell);

		if (c->cell.area != 'I' && *cell == 0 && !has_cell(old, c->cell)) {
			*cell = cells_bits(c->type, fresh->memory + c->at);
		}
	}
}

/* ---- what is forced
 * -------------------------------------------------------------------
 */

struct search {
	const struct program_variable *v;
	char path[PROGRAM_PATH_MAX];
};

static int is_it(void *arg, const char *path, const struct program_variable *v)
{
	struct search *s = arg;

	if (v->at != s->v->at) {
		return 0;
	}
	memcpy(s->path, path, strlen(path) + 1);
	return 1;
}

static void cell_path(char *out, const struct program_cell *c)
{
	bool bit = c->size == 'X';
	size_t n = 3;

	out[0] = '%';
	out[1] = c->area;
	out[2] = c->size;
	n += digits_unsigned(out + n, bit ? c->number / 8 : c->number);
	if (bit) {
		out[n++] = '.';
		n += digits_unsigned(out + n, c->number % 8);
	}
	out[n] = '\0';
}

/* Forces hold in the new program too, before it has run once. */
static int carry_forces(struct change *ch)
{
	char *value = ch->old->n_forces > 0 ? malloc(PROGRAM_TEXT_MAX) : NULL;

	if (!value) {
		return ch->old->n_forces > 0 ? -ENOMEM : 0;
	}
	for (size_t i = 0; i < ch->old->n_forces; i++) {
		const struct program_variable *v = &ch->old->forces[i].variable;
		struct search s = {.v = v};
		struct program_variable to;

		if (v->type) {
			program_each(ch->old, is_it, &s);
			program_read(ch->old, v, value, PROGRAM_TEXT_MAX);
		} else {
			cell_path(s.path, &v->cell);
			digits_unsigned(value, ch->old->forces[i].bits);
		}
		if (program_find(ch->fresh, s.path, &to) != 0 ||
		    program_force(ch->fresh, &to, value) != 0) {
			refuse(ch,
			       "%s is forced and not there any more, or of another "
			       "type: unforce it first",
			       s.path);
		}
	}
	free(value);
	return 0;
}

/* ---- all of it ------------------------------------------------------------------------
 */

static void carry_all(struct change *ch)
{
	*ch->counts = (struct program_changed){0};
	carry_globals(ch);
	carry_instances(ch);
}

static void look(struct change *ch)
{
	if (ch->old->stopped) {
		refuse(ch, "the program has stopped with a run-time error");
	} else if (ch->fresh->cycle_ns != ch->old->cycle_ns) {
		refuse(ch, "the cycle was %lld us and would be %lld us",
		       (long long)ch->old->cycle_ns / 1000,
		       (long long)ch->fresh->cycle_ns / 1000);
	}
	carry_all(ch);
}

/* Each keeps what points into itself. */
static void swap(struct program *a, struct program *b)
{
	struct program t = *a;

	*a = *b;
	*b = t;
	a->vm.forces = a->holds;
	b->vm.forces = b->holds;
}

int program_change(struct program *p, struct program *fresh,
                   const struct program_complaint *to, struct program_changed *counts)
{
	struct change ch = {.old = p, .fresh = fresh, .to = to, .counts = counts};
	int err;

	ch.region = fresh->ast->region;
	look(&ch);
	err = carry_forces(&ch);
	if (err || ch.complaints > 0) {
		return err ? err : -EINVAL;
	}
	ch.carries = true;
	carry_all(&ch);
	carry_tasks(p, fresh);
	carry_cells(p, fresh);
	fresh->fresh = p->fresh;
	fresh->now = p->now;
	fresh->scans = p->scans;
	fresh->effort = p->effort;
	swap(p, fresh);
	return 0;
}
