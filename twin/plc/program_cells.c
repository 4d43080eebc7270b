/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "twin/plc/convert.h"
#include "twin/plc/layout.h"
#include "twin/plc/program_impl.h"
#include "twin/plc/slot.h"

static const char area_letters[] = "IQM";
static const char size_letters[] = "XBWDL";

/* @return its place among the letters, or -1 */
static int letter(const char *letters, char c)
{
	const char *found = c == '\0' ? NULL : strchr(letters, c);

	return found ? (int)(found - letters) : -1;
}

int cells_init(struct cells *cells, const struct compiled *made)
{
	for (int a = 0; a < AREAS; a++) {
		for (int s = 0; s < SIZES; s++) {
			cells->n[a][s] = s == 0 ? PROGRAM_CELLS : PROGRAM_WORDS;
		}
	}
	for (size_t i = 0; i < made->n_cells; i++) {
		int a = letter(area_letters, made->cells[i].cell.area);
		int s = letter(size_letters, made->cells[i].cell.size);

		if (a >= 0 && s >= 0 && made->cells[i].cell.number >= cells->n[a][s]) {
			cells->n[a][s] = made->cells[i].cell.number + 1;
		}
	}
	for (int a = 0; a < AREAS; a++) {
		for (int s = 0; s < SIZES; s++) {
			cells->cells[a][s] = calloc(cells->n[a][s], sizeof(uint64_t));
			if (!cells->cells[a][s]) {
				return -ENOMEM;
			}
		}
	}
	return 0;
}

void cells_fini(struct cells *cells)
{
	for (int a = 0; a < AREAS; a++) {
		for (int s = 0; s < SIZES; s++) {
			free(cells->cells[a][s]);
		}
	}
}

uint64_t *cells_at(const struct cells *cells, struct program_cell cell)
{
	int a = letter(area_letters, cell.area);
	int s = letter(size_letters, cell.size);

	if (a < 0 || s < 0 || cell.number >= cells->n[a][s]) {
		return NULL;
	}
	return &cells->cells[a][s][cell.number];
}

uint64_t cells_bits(const struct type *t, const uint8_t *slot)
{
	unsigned bits = type_bits(type_base(t));
	uint64_t value;

	switch (layout_slot(t)) {
	case SLOT_B:
		return get_b(slot);
	case SLOT_L:
	case SLOT_Q:
	case SLOT_D:
		return get_q(slot);
	case SLOT_I:
	case SLOT_U:
	case SLOT_F:
	case SLOT_TEXT:
	case SLOT_WHOLE:
	default:
		value = get_u(slot);
		return bits < 32 ? value & ((UINT64_C(1) << bits) - 1) : value;
	}
}

void cells_slot(const struct type *t, uint8_t *slot, uint64_t bits)
{
	switch (layout_slot(t)) {
	case SLOT_B:
		put_b(slot, bits != 0);
		break;
	case SLOT_L:
	case SLOT_Q:
	case SLOT_D:
		put_q(slot, bits);
		break;
	case SLOT_I:
	case SLOT_U:
	case SLOT_F:
	case SLOT_TEXT:
	case SLOT_WHOLE:
	default:
		put_u(slot, convert_wrap((uint32_t)bits, layout_kind(t)));
	}
}

/* What is forced there comes instead of what stands there, for as long as it is. */
static void force_cells(const struct program *p)
{
	for (size_t i = 0; i < p->n_forces; i++) {
		const struct force *f = &p->forces[i];
		uint64_t *cell = f->variable.type ? NULL
		                                  : cells_at(&p->cells, f->variable.cell);

		if (cell) {
			*cell = f->bits;
		}
	}
}

void cells_load(struct program *p)
{
	force_cells(p);
	for (size_t i = 0; i < p->made.n_cells; i++) {
		const struct compiled_cell *c = &p->made.cells[i];
		const uint64_t *cell = cells_at(&p->cells, c->cell);
		uint8_t *slot = p->memory + c->at;

		if (p->fresh && c->cell.area != 'I' && *cell == 0) {
			/* outputs and memory begin with the program's initial value */
			p->loaded[i] = *cell;
			continue;
		}
		p->loaded[i] = *cell;
		cells_slot(c->type, slot, *cell);
	}
}

void cells_store(struct program *p)
{
	for (size_t i = 0; i < p->made.n_cells; i++) {
		const struct compiled_cell *c = &p->made.cells[i];
		uint64_t bits;

		if (c->cell.area == 'I') {
			continue;
		}
		bits = cells_bits(c->type, p->memory + c->at);
		/* of two variables at one place, the one that changed */
		if (bits != p->loaded[i]) {
			*cells_at(&p->cells, c->cell) = bits;
		}
	}
	force_cells(p);
}

void cells_clear(struct cells *cells)
{
	for (int a = 1; a < AREAS; a++) {
		for (int s = 0; s < SIZES; s++) {
			memset(cells->cells[a][s], 0, cells->n[a][s] * sizeof(uint64_t));
		}
	}
}

void cells_safe(struct program *p)
{
	for (size_t i = 0; i < p->made.n_cells; i++) {
		if (p->made.cells[i].cell.area == 'Q') {
			cells_slot(p->made.cells[i].type, p->memory + p->made.cells[i].at,
			           0);
		}
	}
	for (int s = 0; s < SIZES; s++) {
		memset(p->cells.cells[1][s], 0, p->cells.n[1][s] * sizeof(uint64_t));
	}
}

/* ---- outside
 * ---------------------------------------------------------------------------
 */

uint32_t program_cells(const struct program *p, char area, char size)
{
	int a = letter(area_letters, area);
	int s = letter(size_letters, size);

	return a < 0 || s < 0 ? 0 : p->cells.n[a][s];
}

uint64_t program_image_get(const struct program *p, struct program_cell cell)
{
	const uint64_t *at = cells_at(&p->cells, cell);

	return at ? *at : 0;
}

int program_image_set(struct program *p, struct program_cell cell, uint64_t bits)
{
	static const unsigned widths[] = {1, 8, 16, 32, 64};
	uint64_t *at = cells_at(&p->cells, cell);
	int size = letter(size_letters, cell.size);

	if (!at || size < 0) {
		return -ERANGE;
	}
	*at = widths[size] == 64 ? bits : bits & ((UINT64_C(1) << widths[size]) - 1);
	return 0;
}

static char capital(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static const char *number(const char *text, uint32_t *out)
{
	const char *start = text;

	*out = 0;
	while (*text >= '0' && *text <= '9' && text - start < 6) {
		*out = *out * 10 + (uint32_t)(*text++ - '0');
	}
	return text == start ? NULL : text;
}

int program_cell(const char *text, struct program_cell *out)
{
	uint32_t bit = 0;

	if (text[0] != '%' || letter(area_letters, capital(text[1])) < 0) {
		return -EINVAL;
	}
	out->area = capital(text[1]);
	out->size = 'X';
	text += 2;
	if (letter(size_letters, capital(*text)) >= 0) {
		out->size = capital(*text++);
	}
	text = number(text, &out->number);
	if (text && out->size == 'X') {
		out->number *= 8;
		if (*text == '.') {
			text = number(text + 1, &bit);
		}
		out->number += bit;
	}
	return !text || *text != '\0' || bit > 7 ? -EINVAL : 0;
}
