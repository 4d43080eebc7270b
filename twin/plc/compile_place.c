/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/compile_impl.h"

static const enum op element_ops[] = {OP_ELEMENT1, OP_ELEMENT4, OP_ELEMENT8};
static const enum op dense_ops[] = {OP_DENSE1, OP_DENSE4, OP_DENSE8};
static const enum op set_dense_ops[] = {OP_SET_DENSE1, OP_SET_DENSE4, OP_SET_DENSE8};
static const enum op set_ops[] = {OP_SET_ELEMENT1, OP_SET_ELEMENT4, OP_SET_ELEMENT8};
static const enum op move_ops[] = {OP_MOVE1, OP_MOVE4, OP_MOVE8};
static const enum op load_ops[] = {OP_LOAD1, OP_LOAD4, OP_LOAD8};
static const enum op store_ops[] = {OP_STORE1, OP_STORE4, OP_STORE8};
static const enum op fetch_ops[] = {OP_FETCH1, OP_FETCH4, OP_FETCH8};
static const enum op keep_ops[] = {OP_KEEP1, OP_KEEP4, OP_KEEP8};

/* Which of the three sizes of an operation. */
static unsigned size_of(const struct type *t)
{
	uint32_t bytes = layout_slot_bytes(layout_slot(t));

	return bytes == 1 ? 0 : bytes == 4 ? 1 : 2;
}

static struct place own_variable(struct compiler *c, const struct variable *v)
{
	const struct body *b = c->body;
	const struct edge_note *edge = v->note;
	const struct pou_note *note = v->pou ? v->pou->note : NULL;
	struct place p = {.form = PLACE_FRAME, .type = v->type};
	uint32_t base = b->base;

	if (v->pou && v->pou->kind == POU_FUNCTION && note) {
		base = note->at;
	}
	p.at = base + (edge ? edge->pulse : v->offset);
	if (v->section == SECTION_IN_OUT) {
		p.form = PLACE_ADDRESS;
	}
	return p;
}

struct place place_of_variable(struct compiler *c, const struct variable *v)
{
	struct place p = {.form = c->body->relative ? PLACE_MEMORY : PLACE_FRAME};

	while (v->section == SECTION_EXTERNAL && v->global) {
		v = v->global;
	}
	if (v->pou) {
		return own_variable(c, v);
	}
	pou_global(c, (struct variable *)v);
	p.at = v->offset;
	p.type = v->type;
	return p;
}

struct place place_within(struct compiler *c, const struct place *p, uint32_t offset,
                          const struct type *t)
{
	struct place inner = *p;

	(void)c;
	if (p->form == PLACE_ADDRESS) {
		inner.offset += offset;
	} else {
		inner.at += offset;
	}
	inner.type = t;
	return inner;
}

static uint32_t array_of(struct compiler *c, const struct place *p)
{
	const struct code_array a = {p->at, p->n, p->low, p->stride};

	return emit_array(c, &a);
}

/* A slot of its own with the address of p, and p to start from it. */
static void to_address(struct compiler *c, struct place *p)
{
	struct place q = {.form = PLACE_ADDRESS, .type = p->type};

	if (p->form == PLACE_ADDRESS) {
		q.at = emit_value(c, OP_ADDRESS_ADD, p->at, p->offset);
	} else if (p->form == PLACE_MEMORY) {
		q.at = emit_value(c, OP_ADDRESS_ABSOLUTE, p->at, 0);
	} else if (p->indexed) {
		q.at = emit_value(c, OP_INDEX_ADDRESS, array_of(c, p), p->index);
	} else {
		q.at = emit_value(c, OP_ADDRESS, p->at, 0);
	}
	*p = q;
}

uint32_t place_address(struct compiler *c, const struct place *p)
{
	struct place q = *p;

	if (p->form == PLACE_ADDRESS && p->offset == 0) {
		return p->at;
	}
	to_address(c, &q);
	return q.at;
}

uint32_t place_argument(struct compiler *c, const struct place *p)
{
	if (p->form == PLACE_FRAME && !p->indexed) {
		return p->at;
	}
	if (p->form == PLACE_MEMORY) {
		return p->at | CODE_ABSOLUTE;
	}
	return place_address(c, p) | CODE_INDIRECT;
}

/** The indices of one access to an array. */
struct access_plan {
	bool fixed;      /* all are constants: */
	uint64_t offset; /* elements from the first one */
	uint32_t index;  /* else: slot of the index */
	uint32_t n;
	int32_t low;
};

static int64_t range_length(const struct type_range *r)
{
	return r->high - r->low + 1;
}

/* a[i, j, k] as one index, each checked against its own dimension. */
static struct access_plan flatten(struct compiler *c, const struct type *array,
                                  const struct expr *e)
{
	const struct type_range *dims = array->u.array.dims;
	struct access_plan plan = {.fixed = true};
	uint32_t n_dims = array->u.array.n_dims;
	uint32_t k = 0;

	for (const struct item *i = e->u.index.items; i && k < n_dims; i = i->next, k++) {
		const struct constant *known = i->value->constant;

		plan.fixed = plan.fixed && known;
		if (known) {
			plan.offset = plan.offset * (uint64_t)range_length(&dims[k]) +
			              (known->u.bits - (uint64_t)dims[k].low);
		}
	}
	if (plan.fixed) {
		return plan;
	}
	if (n_dims == 1) {
		plan.index = expr_index(c, e->u.index.items->value);
		plan.n = (uint32_t)range_length(dims);
		plan.low = (int32_t)dims->low;
		return plan;
	}
	plan.n = (uint32_t)array->u.array.n;
	k = 0;
	for (const struct item *i = e->u.index.items; i && k < n_dims; i = i->next, k++) {
		const struct code_array a = {0, (uint32_t)range_length(&dims[k]),
		                             (int32_t)dims[k].low, 0};
		uint32_t slot = expr_index(c, i->value);

		emit_line(c, i->value->at);
		if (k == 0) {
			plan.index = emit_value(c, OP_INDEX, emit_array(c, &a), slot);
		} else {
			emit(c, OP_INDEX_MORE, plan.index, emit_array(c, &a), slot);
		}
	}
	return plan;
}

static struct place element_of(struct compiler *c, const struct place *base,
                               const struct expr *e)
{
	const struct type *array = type_base(base->type);
	const struct type *element = array->u.array.element;
	struct access_plan plan = flatten(c, array, e);
	uint32_t stride = layout_stride(array);
	struct place p = *base;

	if (plan.fixed) {
		return place_within(c, base, (uint32_t)plan.offset * stride, element);
	}
	emit_line(c, e->u.index.items->value->at);
	if (p.form == PLACE_FRAME && !p.indexed) {
		p.indexed = true;
		p.index = plan.index;
		p.n = plan.n;
		p.low = plan.low;
		p.stride = stride;
	} else {
		const struct code_array a = {0, plan.n, plan.low, stride};

		to_address(c, &p);
		emit(c, OP_INDEX_FURTHER, p.at, emit_array(c, &a), plan.index);
	}
	p.type = element;
	return p;
}

static struct place field_of(struct compiler *c, const struct expr *e)
{
	struct place base = place_of(c, e->u.field.base);
	const struct type *t = type_base(base.type);
	uint32_t offset;

	if (t->kind == KIND_STRUCT) {
		offset = layout_field(t, e->field);
		return place_within(c, &base, offset,
		                    t->u.structure.fields[e->field].type);
	}
	if (t->kind == KIND_BLOCK && t->u.block.pou) {
		pou_ready(c, t->u.block.pou);
	}
	offset = layout_block_field(t, e->variable, e->field);
	return place_within(c, &base, offset, e->variable ? e->variable->type : e->type);
}

/* w.3, w.%B1 */
static struct place part_of(struct compiler *c, const struct expr *e)
{
	struct place p = place_of(c, e->u.bits.base);
	uint32_t bits = e->u.bits.size == 'B'   ? 8
	                : e->u.bits.size == 'W' ? 16
	                : e->u.bits.size == 'D' ? 32
	                                        : 1;

	p.part = (e->u.bits.number * bits) | bits << 8;
	return p;
}

struct place place_of(struct compiler *c, const struct expr *e)
{
	struct place p = {.form = PLACE_FRAME, .type = e->type};

	switch ((int)e->kind) {
	case EXPR_NAME:
	case EXPR_DIRECT:
		return place_of_variable(c, e->variable);
	case EXPR_FIELD:
		return field_of(c, e);
	case EXPR_INDEX:
		p = place_of(c, e->u.index.base);
		return element_of(c, &p, e);
	case EXPR_BITS:
		return part_of(c, e);
	case EXPR_CALL:
		return call_whole(c, e);
	default:
		compile_fail(c, e->at, "this cannot be compiled");
		return p;
	}
}

/* An element of an array, whose elements may stand side by side. */
static enum op element_op(const struct place *p, bool set)
{
	unsigned size = size_of(p->type);
	bool dense = p->stride == layout_slot_bytes(layout_slot(p->type));

	if (set) {
		return dense ? set_dense_ops[size] : set_ops[size];
	}
	return dense ? dense_ops[size] : element_ops[size];
}

static uint32_t load_all(struct compiler *c, const struct place *p)
{
	unsigned size = size_of(p->type);

	if (p->form == PLACE_MEMORY) {
		return emit_value(c, load_ops[size], p->at, 0);
	}
	if (p->form == PLACE_ADDRESS) {
		return emit_value(c, fetch_ops[size], p->at, p->offset);
	}
	return p->indexed ? emit_value(c, element_op(p, false), array_of(c, p), p->index)
	                  : p->at;
}

uint32_t place_load(struct compiler *c, const struct place *p)
{
	uint32_t whole = load_all(c, p);
	bool wide = size_of(p->type) == 2;
	uint32_t part;

	if (p->part == 0) {
		return whole;
	}
	part = emit_value(c, wide ? OP_PART_L : OP_PART_I, whole, p->part);
	/* little-endian: the low bytes of the slot are the value in any narrower one */
	return part;
}

static void store_all(struct compiler *c, const struct place *p, uint32_t slot)
{
	unsigned size = size_of(p->type);

	if (p->form == PLACE_MEMORY) {
		emit(c, store_ops[size], p->at, slot, 0);
	} else if (p->form == PLACE_ADDRESS) {
		emit(c, keep_ops[size], p->at, slot, p->offset);
	} else if (p->indexed) {
		emit(c, element_op(p, true), slot, array_of(c, p), p->index);
	} else if (slot != p->at && !emit_retarget(c, slot, p->at)) {
		emit(c, move_ops[size], p->at, slot, 0);
	}
}

/* A part of a bit string: the whole is read, changed and written. */
static void store_part(struct compiler *c, const struct place *p, uint32_t slot)
{
	struct place whole = *p;
	bool wide = size_of(p->type) == 2;
	uint32_t value = slot;
	uint32_t t;

	whole.part = 0;
	if (p->part >> 8 == 1) {
		value = emit_value(c, OP_B_TO_I, slot, 0);
	}
	if (wide && p->part >> 8 < 64) {
		value = emit_value(c, OP_U_TO_L, value, 0);
	}
	t = emit_value(c, wide ? OP_MOVE8 : OP_MOVE4, load_all(c, &whole), 0);
	emit(c, wide ? OP_SET_PART_L : OP_SET_PART_I, t, value, p->part);
	store_all(c, &whole, t);
}

void place_store(struct compiler *c, const struct place *p, uint32_t slot)
{
	if (p->part != 0) {
		store_part(c, p, slot);
	} else {
		store_all(c, p, slot);
	}
}

void place_copy(struct compiler *c, const struct place *to, const struct place *from,
                uint32_t n)
{
	if (to->form == PLACE_FRAME && !to->indexed) {
		if (from->form == PLACE_FRAME && !from->indexed) {
			emit(c, OP_MOVE_N, to->at, from->at, n);
			return;
		}
		if (from->form == PLACE_MEMORY) {
			emit(c, OP_LOAD_N, to->at, from->at, n);
			return;
		}
	} else if (to->form == PLACE_MEMORY && from->form == PLACE_FRAME &&
	           !from->indexed) {
		emit(c, OP_STORE_N, to->at, from->at, n);
		return;
	}
	{
		uint32_t target = place_address(c, to);
		uint32_t source = place_address(c, from);

		emit(c, OP_COPY, target, source, n);
	}
}
