/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "twin/plc/convert.h"
#include "twin/plc/digits.h"
#include "twin/plc/layout.h"
#include "twin/plc/program_impl.h"
#include "twin/plc/slot.h"
#include "twin/plc/text.h"

static bool same_cell(const struct program_cell *a, const struct program_cell *b)
{
	return a->area == b->area && a->size == b->size && a->number == b->number;
}

const struct force *force_of(const struct program *p, const struct program_variable *v)
{
	for (size_t i = 0; i < p->n_forces; i++) {
		const struct program_variable *f = &p->forces[i].variable;

		if (v->type ? f->type && f->at == v->at
		            : !f->type && same_cell(&f->cell, &v->cell)) {
			return &p->forces[i];
		}
	}
	return NULL;
}

/* ---- as text
 * ---------------------------------------------------------------------------
 */

size_t program_read(const struct program *p, const struct program_variable *v, char *out,
                    size_t room)
{
	char number[DIGITS_MAX];
	size_t n;

	if (v->type) {
		return text_write(out, room, v->type, p->memory + v->at);
	}
	n = digits_unsigned(number, program_image_get(p, v->cell));
	n = n < room ? n : room - 1;
	memcpy(out, number, n);
	out[n] = '\0';
	return n;
}

/* The type that a cell has which no variable names. */
static const struct type *cell_type(const struct program_cell *cell)
{
	return type_elementary(cell->size == 'X'   ? KIND_BOOL
	                       : cell->size == 'B' ? KIND_BYTE
	                       : cell->size == 'W' ? KIND_WORD
	                       : cell->size == 'D' ? KIND_DWORD
	                                           : KIND_LWORD);
}

/* Read text for a variable that is no string. */
static int read_scalar(const struct program_variable *v, const char *text, uint8_t *slot)
{
	const struct type *t = v->type ? v->type : cell_type(&v->cell);

	if (layout_slot(t) > SLOT_D) {
		return -EINVAL;
	}
	return text_read(text, t, slot);
}

static void keep(struct program *p, const struct program_variable *v, const uint8_t *slot)
{
	const struct type *t = v->type ? v->type : cell_type(&v->cell);

	if (v->type) {
		memcpy(p->memory + v->at, slot, layout_slot_bytes(layout_slot(t)));
	}
	if (v->cell.area != 0) {
		program_image_set(p, v->cell, cells_bits(t, slot));
	}
}

int program_write(struct program *p, const struct program_variable *v, const char *text)
{
	uint8_t slot[8] = {0};
	int err;

	if (force_of(p, v)) {
		return 0;
	}
	if (v->type && layout_slot(v->type) == SLOT_TEXT) {
		return text_read(text, v->type, p->memory + v->at);
	}
	err = read_scalar(v, text, slot);
	if (!err) {
		keep(p, v, slot);
	}
	return err;
}

/* ---- as a number
 * -----------------------------------------------------------------------
 */

double program_number(const struct program *p, const struct program_variable *v)
{
	uint8_t slot[8];

	if (!v->type) {
		return (double)program_image_get(p, v->cell);
	}
	if (layout_slot(v->type) > SLOT_D) {
		return NAN;
	}
	convert_slot(slot, p->memory + v->at,
	             convert_packed(layout_kind(v->type), KIND_LREAL, CONVERT_ROUND));
	return get_d(slot);
}

static double within(double number, const struct type *t)
{
	double low, high;
	int64_t least;
	uint64_t most;

	if (t->kind == KIND_SUBRANGE) {
		low = (double)t->u.subrange.range.low;
		high = (double)t->u.subrange.range.high;
	} else if (type_is_integer(type_base(t)) ||
	           (type_is_bits(type_base(t)) && layout_slot(t) != SLOT_B)) {
		type_limits(type_base(t), &least, &most);
		low = (double)least;
		high = (double)most;
	} else {
		return number;
	}
	return number < low ? low : number > high ? high : number;
}

int program_set_number(struct program *p, const struct program_variable *v, double number)
{
	const struct type *t = v->type ? v->type : cell_type(&v->cell);
	uint8_t from[8], slot[8] = {0};

	if (layout_slot(t) > SLOT_D || isnan(number)) {
		return -EINVAL;
	}
	if (force_of(p, v)) {
		return 0;
	}
	put_d(from, within(number, t));
	convert_slot(slot, from,
	             convert_packed(KIND_LREAL, layout_kind(t), CONVERT_ROUND));
	keep(p, v, slot);
	return 0;
}

/* ---- forced
 * ----------------------------------------------------------------------------
 */

static void link_code(struct program *p)
{
	p->vm.n_forces = p->n_forces;
	vm_link(p->made.code, p->made.ops, p->made.n_code, p->n_forces > 0);
}

static void force_drop(struct program *p, size_t i)
{
	free(p->forces[i].text);
	p->n_forces--;
	p->forces[i] = p->forces[p->n_forces];
	p->holds[i] = p->holds[p->n_forces];
	p->forces[p->n_forces] = (struct force){0};
}

void force_fini(struct program *p)
{
	while (p->n_forces > 0) {
		force_drop(p, p->n_forces - 1);
	}
}

/* A string with its head, as it is to stand in memory. */
static int read_text(const struct program *p, const struct program_variable *v,
                     const char *text, uint8_t **out)
{
	size_t n = (size_t)layout_size(v->type);

	*out = malloc(n);
	if (!*out) {
		return -ENOMEM;
	}
	memcpy(*out, p->memory + v->at, n);
	return text_read(text, v->type, *out);
}

int program_force(struct program *p, const struct program_variable *v, const char *text)
{
	bool is_text = v->type && layout_slot(v->type) == SLOT_TEXT;
	struct force f = {.variable = *v};
	struct vm_force hold = {.at = v->at};
	int err = is_text ? read_text(p, v, text, &f.text)
	                  : read_scalar(v, text, hold.value);

	if (!err && !force_of(p, v) && p->n_forces == VM_FORCES_MAX) {
		err = -ENOSPC;
	}
	if (err) {
		free(f.text);
		return err;
	}
	program_unforce(p, v);
	if (is_text) {
		hold.n = (uint32_t)layout_size(v->type);
		hold.text = f.text;
	} else if (v->type) {
		hold.n = layout_slot_bytes(layout_slot(v->type));
	}
	f.bits = cells_bits(v->type ? v->type : cell_type(&v->cell), hold.value);
	p->forces[p->n_forces] = f;
	p->holds[p->n_forces++] = hold;
	link_code(p);
	vm_hold(&p->vm);
	return 0;
}

int program_unforce(struct program *p, const struct program_variable *v)
{
	const struct force *f = force_of(p, v);

	if (!f) {
		return -ENOENT;
	}
	force_drop(p, (size_t)(f - p->forces));
	link_code(p);
	return 0;
}

bool program_is_forced(const struct program *p, const struct program_variable *v)
{
	return force_of(p, v) != NULL;
}

size_t program_forces(const struct program *p)
{
	return p->n_forces;
}
