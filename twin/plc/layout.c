/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/layout.h"

#include <string.h>

#include "twin/plc/blocks.h"
#include "twin/plc/code.h"
#include "twin/plc/compile_impl.h"
#include "twin/plc/convert.h"
#include "twin/plc/slot.h"
#include "twin/plc/standard.h"
#include "twin/plc/text.h"

enum kind layout_kind(const struct type *t)
{
	return type_base(t)->kind;
}

enum slot layout_slot(const struct type *t)
{
	switch ((int)layout_kind(t)) {
	case KIND_BOOL:
		return SLOT_B;
	case KIND_DWORD:
	case KIND_UDINT:
		return SLOT_U;
	case KIND_LINT:
	case KIND_TIME:
	case KIND_LTIME:
	case KIND_DATE:
	case KIND_TOD:
	case KIND_DT:
		return SLOT_L;
	case KIND_LWORD:
	case KIND_ULINT:
		return SLOT_Q;
	case KIND_REAL:
		return SLOT_F;
	case KIND_LREAL:
		return SLOT_D;
	case KIND_STRING:
	case KIND_WSTRING:
		return SLOT_TEXT;
	case KIND_ARRAY:
	case KIND_STRUCT:
	case KIND_BLOCK:
		return SLOT_WHOLE;
	default:
		return SLOT_I;
	}
}

uint32_t layout_slot_bytes(enum slot slot)
{
	static const uint32_t bytes[] = {
		[SLOT_B] = 1, [SLOT_I] = 4,    [SLOT_U] = 4,
		[SLOT_L] = 8, [SLOT_Q] = 8,    [SLOT_F] = 4,
		[SLOT_D] = 8, [SLOT_TEXT] = 0, [SLOT_WHOLE] = 0,
	};

	return bytes[slot];
}

uint32_t layout_width(const struct type *t)
{
	return layout_kind(t) == KIND_WSTRING ? 2 : 1;
}

uint64_t layout_up(uint64_t x, uint32_t align)
{
	return (x + align - 1) / align * align;
}

/* A structure's fields one behind the other, their offsets noted. */
static uint64_t structure_size(const struct type *t, uint32_t *align)
{
	uint64_t size = 0;

	*align = 1;
	for (uint32_t i = 0; i < t->u.structure.n; i++) {
		/* made by type_new(), whose users are to leave offset to the layout */
		struct type_field *f = (struct type_field *)&t->u.structure.fields[i];
		uint64_t bytes = layout_size(f->type);
		uint32_t a = layout_align(f->type);

		size = layout_up(size, a);
		f->offset = size < CODE_MEMORY_MAX ? (uint32_t)size : 0;
		size += bytes;
		*align = a > *align ? a : *align;
	}
	return layout_up(size, *align);
}

static uint64_t array_size(const struct type *t, uint32_t *align)
{
	uint64_t bytes = layout_size(t->u.array.element);
	uint64_t n = t->u.array.n;

	*align = layout_align(t->u.array.element);
	bytes = layout_up(bytes, *align);
	if (bytes > CODE_MEMORY_MAX || n > CODE_MEMORY_MAX) {
		return (uint64_t)CODE_MEMORY_MAX + 1;
	}
	return bytes * n;
}

/* Size and alignment of what is not elementary, once. */
static void measure(const struct type *t)
{
	struct type *made = (struct type *)t; /* not elementary: by type_new() */
	uint32_t align = 8;
	uint64_t size;

	if (t->align != 0) {
		return;
	}
	if (t->kind == KIND_ARRAY) {
		size = array_size(t, &align);
	} else if (t->kind == KIND_STRUCT) {
		size = structure_size(t, &align);
	} else {
		size = BLOCK_SIZE; /* a standard one: declared ones note theirs */
	}
	made->size = size > CODE_MEMORY_MAX ? CODE_MEMORY_MAX + 1 : (uint32_t)size;
	made->align = align;
}

uint64_t layout_size(const struct type *t)
{
	const struct type *base = type_base(t);
	enum slot slot = layout_slot(base);

	if (slot == SLOT_TEXT) {
		return sizeof(struct code_string) +
		       (uint64_t)base->u.length * layout_width(base);
	}
	if (slot != SLOT_WHOLE) {
		return layout_slot_bytes(slot);
	}
	measure(base);
	return base->size;
}

uint32_t layout_align(const struct type *t)
{
	const struct type *base = type_base(t);
	enum slot slot = layout_slot(base);

	if (slot == SLOT_TEXT) {
		return 4;
	}
	if (slot != SLOT_WHOLE) {
		return layout_slot_bytes(slot);
	}
	measure(base);
	return base->align;
}

uint32_t layout_stride(const struct type *array)
{
	const struct type *element = array->u.array.element;

	return (uint32_t)layout_up(layout_size(element), layout_align(element));
}

uint32_t layout_field(const struct type *structure, uint32_t i)
{
	measure(structure);
	return structure->u.structure.fields[i].offset;
}

uint32_t layout_block_field(const struct type *block, const struct variable *v,
                            uint32_t index)
{
	return block->u.block.pou ? v->offset
	                          : block_offset(block->u.block.standard, index);
}

/* ---- values that are known before the program runs ------------------------------------
 */

/* A constant in its own type. */
static void constant_scalar(uint8_t *slot, const struct constant *k, const struct type *t)
{
	uint64_t bits = k->u.bits;

	if (k->kind == CONSTANT_REAL) {
		if (layout_slot(t) == SLOT_F) {
			put_f(slot, (float)k->u.real);
		} else {
			put_d(slot, k->u.real);
		}
		return;
	}
	switch (layout_slot(t)) {
	case SLOT_B:
		put_b(slot, bits != 0);
		break;
	case SLOT_F:
		put_f(slot, k->negative ? (float)(int64_t)bits : (float)bits);
		break;
	case SLOT_D:
		put_d(slot, k->negative ? (double)(int64_t)bits : (double)bits);
		break;
	case SLOT_L:
	case SLOT_Q:
		put_q(slot, bits);
		break;
	case SLOT_I:
	case SLOT_U:
	case SLOT_TEXT:
	case SLOT_WHOLE:
	default:
		put_u(slot, convert_wrap((uint32_t)bits, layout_kind(t)));
	}
}

static void constant_text(uint8_t *place, const struct constant *k, const struct type *to)
{
	struct code_string head;
	uint32_t n = k->kind == CONSTANT_STRING ? k->u.string.length : 0;

	to = type_base(to);
	head.room = (uint16_t)to->u.length;
	head.length = (uint16_t)(n < head.room ? n : head.room);
	memcpy(place, &head, sizeof(head));
	if (head.length > 0) {
		memcpy(place + sizeof(head), k->u.string.data,
		       (size_t)head.length * layout_width(to));
	}
}

void layout_constant(uint8_t *slot, const struct constant *k, const struct type *from,
                     const struct type *to)
{
	uint8_t value[8] = {0};
	enum kind source = layout_kind(from);
	enum kind target = layout_kind(to);

	if (layout_slot(to) == SLOT_TEXT) {
		constant_text(slot, k, to);
	} else if (source == target || source > KIND_DT) {
		constant_scalar(slot, k, to);
	} else {
		constant_scalar(value, k, from);
		convert_slot(slot, value, convert_packed(source, target, CONVERT_ROUND));
	}
}

/* [1, 2, 3(0)], however it is nested; what the list leaves over has the element's own. */
static void initial_array(uint8_t *place, const struct type *t, const struct expr *list)
{
	const struct type *element = t->u.array.element;
	uint32_t stride = layout_stride(t);
	uint64_t at = 0;

	for (const struct item *i = list ? list->u.list.items : NULL; i; i = i->next) {
		uint64_t times = 1;

		if (i->repeat && i->repeat->constant) {
			times = i->repeat->constant->u.bits;
		}
		for (; times > 0 && at < t->u.array.n; times--) {
			layout_initial(place + at++ * stride, element, i->value);
			for (const struct item *k = i->rest; k && at < t->u.array.n;
			     k = k->next) {
				layout_initial(place + at++ * stride, element, k->value);
			}
		}
	}
	if (at < t->u.array.n) {
		uint8_t *first = place + at * stride;

		layout_initial(first, element, NULL);
		for (at++; at < t->u.array.n; at++) {
			memcpy(place + at * stride, first, stride);
		}
	}
}

static const struct expr *named_value(const struct expr *record, const char *key)
{
	for (const struct item *i = record ? record->u.list.items : NULL; i;
	     i = i->next) {
		if (i->name.key == key) {
			return i->value;
		}
	}
	return NULL;
}

static void initial_structure(uint8_t *place, const struct type *t,
                              const struct expr *record)
{
	for (uint32_t i = 0; i < t->u.structure.n; i++) {
		const struct type_field *f = &t->u.structure.fields[i];
		const struct expr *e = named_value(record, f->key);

		layout_initial(place + layout_field(t, i), f->type, e ? e : f->initial);
	}
}

/* t : TON := (PT := T#1s): the block's own first, then what is said. */
static void initial_block(uint8_t *place, const struct type *t, const struct expr *record)
{
	const struct pou *pou = t->u.block.pou;
	const struct standard_block *b = standard_block_of(t->u.block.standard);

	if (pou) {
		memcpy(place, compile_template(pou), t->size);
	}
	for (const struct item *i = record ? record->u.list.items : NULL; i;
	     i = i->next) {
		if (!i->name.key || !i->value) {
			continue;
		}
		for (const struct variable *v = pou ? pou->variables : NULL; v;
		     v = v->next) {
			if (v->name.key == i->name.key) {
				memset(place + v->offset, 0,
				       (size_t)layout_size(v->type));
				layout_initial(place + v->offset, v->type, i->value);
			}
		}
		for (uint32_t k = 0; !pou && b->variables[k].name; k++) {
			if (compile_same_name(b->variables[k].name, i->name.key)) {
				layout_initial(
					place + block_offset(t->u.block.standard, k),
					type_elementary(b->variables[k].kind), i->value);
			}
		}
	}
}

/* What a type without an initial value of its own starts with, where not with zeros. */
static void initial_plain(uint8_t *place, const struct type *t)
{
	struct constant first = {.kind = CONSTANT_INTEGER};
	int64_t value = 0;

	if (t->kind == KIND_ENUM && t->u.enumeration.n > 0) {
		value = t->u.enumeration.values[0].value;
	} else if (t->kind == KIND_SUBRANGE) {
		value = t->u.subrange.range.low; /* 2.3.3.2 */
	}
	first.u.bits = (uint64_t)value;
	first.negative = value < 0;
	layout_constant(place, &first, t, t);
}

void layout_initial(uint8_t *place, const struct type *t, const struct expr *initial)
{
	if (!initial) {
		initial = t->initial;
	}
	if (initial && initial->constant && layout_slot(t) != SLOT_WHOLE) {
		layout_constant(place, initial->constant,
		                initial->type ? initial->type : t, t);
	} else if (t->kind == KIND_ARRAY) {
		initial_array(place, t, initial);
	} else if (t->kind == KIND_STRUCT) {
		initial_structure(place, t, initial);
	} else if (t->kind == KIND_BLOCK) {
		initial_block(place, t, initial);
	} else {
		initial_plain(place, t);
	}
}
