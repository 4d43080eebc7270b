/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "twin/plc/compile_impl.h"

bool compile_grow(struct compiler *c, void *array, size_t n, size_t *room, size_t each)
{
	void **items = array;
	size_t more = *room ? 2 * *room : 16;
	void *grown;

	if (n < *room) {
		return true;
	}
	grown = realloc(*items, more * each);
	if (!grown) {
		c->err = -ENOMEM;
		return false;
	}
	*items = grown;
	*room = more;
	return true;
}

void compile_fail(struct compiler *c, struct position at, const char *text)
{
	if (c->err == 0) {
		c->err = -E2BIG;
		sources_error(c->ast->sources, at, 1, "%s", text);
	}
}

uint32_t emit(struct compiler *c, enum op op, uint32_t a, uint32_t b, uint32_t cc)
{
	struct body *body = c->body;

	if (!COMPILE_GROW(c, body->code, body->n_code, body->code_room) ||
	    !COMPILE_GROW(c, body->ops, body->n_code, body->ops_room)) {
		return 0;
	}
	body->code[body->n_code] = (struct insn){0, a, b, cc};
	body->ops[body->n_code] = (uint8_t)op;
	return (uint32_t)body->n_code++;
}

uint32_t emit_value(struct compiler *c, enum op op, uint32_t b, uint32_t cc)
{
	uint32_t t = temp_new(c);

	emit(c, op, t, b, cc);
	return t;
}

void emit_line(struct compiler *c, struct position at)
{
	struct body *b = c->body;
	struct code_line *last = b->n_lines ? &b->lines[b->n_lines - 1] : NULL;

	if (at.line == 0 || (last && last->at.line == at.line &&
	                     last->at.column == at.column && last->at.file == at.file)) {
		return;
	}
	if (last && last->first == b->n_code) {
		last->at = at;
		return;
	}
	if (COMPILE_GROW(c, b->lines, b->n_lines, b->lines_room) && b->lines) {
		b->lines[b->n_lines++] = (struct code_line){(uint32_t)b->n_code, at};
	}
}

void emit_jump(struct compiler *c, enum op op, uint32_t a, uint32_t b,
               struct target *label)
{
	uint32_t at = emit(c, op, a, b, label->chain);

	if (c->err) {
		return;
	}
	if (label->bound) {
		c->body->code[at].c = label->at - at;
	} else {
		label->chain = at + 1;
	}
	c->body->barrier = c->body->n_code;
}

void emit_label(struct compiler *c, struct target *label)
{
	uint32_t waiting = label->chain;

	label->bound = true;
	label->at = (uint32_t)c->body->n_code;
	c->body->barrier = c->body->n_code;
	while (waiting && !c->err) {
		struct insn *i = &c->body->code[waiting - 1];
		uint32_t next = i->c;

		i->c = label->at - (waiting - 1);
		waiting = next;
	}
}

bool emit_retarget(struct compiler *c, uint32_t from, uint32_t to)
{
	struct body *b = c->body;
	struct insn *last;

	if (c->err || b->n_code <= c->body->barrier || !temp_is(c, from)) {
		return false;
	}
	last = &b->code[b->n_code - 1];
	if (b->ops[b->n_code - 1] == OP_TABLE_MORE) {
		last--;
	}
	switch ((int)b->ops[b->n_code - 1]) {
	case OP_FUNCTION: /* writes by its arguments */
	case OP_STORE1:
	case OP_STORE4:
	case OP_STORE8:
	case OP_STORE_N:
	case OP_KEEP1:
	case OP_KEEP4:
	case OP_KEEP8:
	case OP_COPY:
	case OP_SET_ELEMENT1:
	case OP_SET_ELEMENT4:
	case OP_SET_ELEMENT8:
	case OP_SET_DENSE1:
	case OP_SET_DENSE4:
	case OP_SET_DENSE8:
	case OP_INDEX_MORE: /* read what they write */
	case OP_INDEX_FURTHER:
	case OP_SET_PART_I:
	case OP_SET_PART_L:
	case OP_RANGE_I:
	case OP_RANGE_U:
	case OP_RANGE_L:
	case OP_RANGE_Q:
		return false;
	default:
		break;
	}
	if (last->a != from) {
		return false;
	}
	last->a = to;
	return true;
}

uint32_t emit_array(struct compiler *c, const struct code_array *array)
{
	struct compiled *out = c->out;

	/* Neighbouring accesses are often of one array. */
	for (size_t i = out->n_arrays; i > 0 && i + 8 > out->n_arrays; i--) {
		if (memcmp(&out->arrays[i - 1], array, sizeof(*array)) == 0) {
			return (uint32_t)(i - 1);
		}
	}
	if (!COMPILE_GROW(c, out->arrays, out->n_arrays, c->arrays_room)) {
		return 0;
	}
	out->arrays[out->n_arrays] = *array;
	return (uint32_t)out->n_arrays++;
}

void emit_function(struct compiler *c, enum function f, uint32_t more,
                   const uint32_t *args, uint32_t n)
{
	struct compiled *out = c->out;
	size_t first = out->n_arguments;

	for (uint32_t i = 0; i < n; i++) {
		if (!COMPILE_GROW(c, out->arguments, out->n_arguments,
		                  c->arguments_room)) {
			return;
		}
		out->arguments[out->n_arguments++] = args[i];
	}
	emit(c, OP_FUNCTION, (uint32_t)f | more << 8, (uint32_t)first, n);
}

void emit_point(struct compiler *c, struct position at, enum program_point_kind kind)
{
	struct compiled *out = c->out;
	const struct pou *pou = c->body->pou;

	if (!c->coverage || !pou ||
	    !COMPILE_GROW(c, out->points, out->n_points, c->points_room)) {
		return;
	}
	out->points[out->n_points] = (struct program_point){at, kind, pou->name.text};
	emit(c, OP_POINT, (uint32_t)out->n_points++, 0, 0);
	c->body->barrier = c->body->n_code; /* its operand is no slot */
}

/* ---- memory
 * ----------------------------------------------------------------------------
 */

uint32_t store_take(struct compiler *c, struct store *s, uint64_t size, uint32_t align)
{
	uint64_t at = layout_up(s->n, align);
	uint64_t end = at + size;
	uint64_t room = s->room ? s->room : 256;
	uint8_t *bytes;

	if (end > CODE_MEMORY_MAX) {
		compile_fail(c,
		             c->body && c->body->pou ? c->body->pou->at
		                                     : (struct position){0, 0, 0},
		             "the variables of the program take more than 256 MiB");
		return 0;
	}
	if (end > s->room) {
		while (room < end) {
			room *= 2;
		}
		bytes = realloc(s->bytes, room);
		if (!bytes) {
			c->err = -ENOMEM;
			return 0;
		}
		memset(bytes + s->room, 0, room - s->room);
		s->bytes = bytes;
		s->room = (uint32_t)room;
	}
	s->n = (uint32_t)end;
	return (uint32_t)at;
}

uint32_t constant_slot(struct compiler *c, uint64_t bits, uint32_t size)
{
	struct pool *p = c->body->pool;
	uint64_t h = (bits ^ bits >> 29 ^ size) * UINT64_C(0x9E3779B97F4A7C15);
	uint32_t *head = &p->heads[h >> 56];
	uint32_t at;

	for (uint32_t i = *head; i; i = p->all[i - 1].next) {
		if (p->all[i - 1].bits == bits && p->all[i - 1].size == size) {
			return p->all[i - 1].at;
		}
	}
	if (!COMPILE_GROW(c, p->all, p->n, p->room)) {
		return 0;
	}
	at = store_take(c, c->body->store, size, size);
	if (c->err) {
		return 0;
	}
	memcpy(c->body->store->bytes + at, &bits, size); /* little-endian */
	p->all[p->n] = (struct pooled){bits, size, at, *head};
	*head = (uint32_t)++p->n;
	return at;
}

uint32_t constant_int(struct compiler *c, int32_t value)
{
	return constant_slot(c, (uint32_t)value, 4);
}

uint32_t temp_new(struct compiler *c)
{
	struct temps *t = &c->body->temps;

	if (t->n_used == t->n) {
		if (!COMPILE_GROW(c, t->at, t->n, t->room)) {
			return 0;
		}
		t->at[t->n] = store_take(c, c->body->store, 8, 8);
		t->n++;
	}
	return t->at[t->n_used++];
}

size_t temp_mark(const struct compiler *c)
{
	return c->body->temps.n_used;
}

void temp_release(struct compiler *c, size_t mark)
{
	c->body->temps.n_used = mark;
}

bool temp_is(const struct compiler *c, uint32_t slot)
{
	const struct temps *t = &c->body->temps;

	/* the newest is asked for most */
	for (size_t i = t->n_used; i > 0; i--) {
		if (t->at[i - 1] == slot) {
			return true;
		}
	}
	return false;
}

uint32_t temp_text(struct compiler *c, uint32_t room, uint32_t width)
{
	struct code_string head = {(uint16_t)room, 0};
	uint32_t at;

	for (size_t i = 0; i < c->body->n_texts; i++) {
		struct text_temp *t = &c->body->texts[i];

		if (!t->used && t->room == room && t->width == width) {
			t->used = true;
			return t->at | CODE_ABSOLUTE;
		}
	}
	if (!COMPILE_GROW(c, c->body->texts, c->body->n_texts, c->body->texts_room)) {
		return 0;
	}
	at = store_take(c, &c->memory, sizeof(head) + (uint64_t)room * width, 4);
	if (c->err) {
		return 0;
	}
	memcpy(c->memory.bytes + at, &head, sizeof(head));
	c->body->texts[c->body->n_texts++] = (struct text_temp){at, room, width, true};
	return at | CODE_ABSOLUTE;
}
