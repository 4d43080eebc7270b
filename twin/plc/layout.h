/* SPDX-License-Identifier: Apache-2.0 */
/** How values stand in memory: see code.h. */
#ifndef TWIN_PLC_LAYOUT_H
#define TWIN_PLC_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "twin/plc/ast.h"

/** What a value is to the instructions. */
enum slot {
	SLOT_B, /* BOOL */
	SLOT_I, /* int32: SINT INT DINT, and what is non-negative in it: USINT UINT BYTE
	           WORD */
	SLOT_U, /* UDINT, DWORD */
	SLOT_L, /* LINT, times and dates */
	SLOT_Q, /* ULINT, LWORD */
	SLOT_F, /* REAL */
	SLOT_D, /* LREAL */
	SLOT_TEXT,
	SLOT_WHOLE, /* arrays, structures, blocks */
};

enum slot layout_slot(const struct type *t);

/** Bytes of a scalar slot: 1, 4, 8; 0 of TEXT and WHOLE. */
uint32_t layout_slot_bytes(enum slot slot);

/** The kind that a value is stored as: an elementary one, ARRAY, STRUCT or BLOCK. */
enum kind layout_kind(const struct type *t);

/** Bytes of a character of a STRING or WSTRING. */
uint32_t layout_width(const struct type *t);

/**
 * Bytes and alignment of a value, which are noted in t.  Blocks must have been laid out,
 * see compile.  Of what is beyond CODE_MEMORY_MAX, more than that.
 */
uint64_t layout_size(const struct type *t);
uint32_t layout_align(const struct type *t);

/** Bytes from one element of an array to the next. */
uint32_t layout_stride(const struct type *array);

/** Where field i of a structure stands in it. */
uint32_t layout_field(const struct type *structure, uint32_t i);

/** A standard block's or declared block's variable within its instance. */
uint32_t layout_block_field(const struct type *block, const struct variable *v,
                            uint32_t index);

/** x up to a multiple of align. */
uint64_t layout_up(uint64_t x, uint32_t align);

/** The value of a constant of type `from` into a slot of type `to`, which it widens to.
 */
void layout_constant(uint8_t *slot, const struct constant *k, const struct type *from,
                     const struct type *to);

/**
 * Write the value that a variable of type t starts with: initial, or where that is NULL
 * the type's own.  place has layout_size(t) bytes of zeros.
 */
void layout_initial(uint8_t *place, const struct type *t, const struct expr *initial);

#endif
