/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the compiler makes and the interpreter runs: typed three-address code.
 *
 * All variables, temporaries and constants stand at fixed byte offsets of one memory.
 * An operand is an offset from the frame pointer.  The frame of programs and functions
 * is the memory itself: there is no recursion, so their variables have one place each.
 * The frame of a function block is its instance, which is followed by the constants and
 * temporaries of its body.
 *
 * Slots: BOOL one byte, 0 or 1; integers and bit strings up to 32 bits four bytes,
 * always within the range of their type; REAL four; all else eight; strings have a
 * struct code_string before their characters.  Arithmetic of types narrower than 32
 * bits is done in 32 bits and wrapped when stored.
 */
#ifndef TWIN_PLC_CODE_H
#define TWIN_PLC_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "twin/plc/sources.h"

/** One instruction.  Jumps are relative, in instructions. */
struct insn {
	int32_t go; /* once linked: how far its operation is from the first one */
	uint32_t a, b, c;
};

enum op {
#define OP(name, ...) OP_##name,
#include "twin/plc/ops.h"
#undef OP
	OP_COUNT,
};

/** An array as an instruction sees it. */
struct code_array {
	uint32_t base;   /* offset of its first element from the frame pointer */
	uint32_t n;      /* elements */
	int32_t low;     /* lowest index */
	uint32_t stride; /* bytes */
};

/** Stands before the characters of a string; they follow, 1 or 2 bytes each. */
struct code_string {
	uint16_t room;   /* most characters */
	uint16_t length; /* characters */
};

/** Where the arguments of a called standard function are: an offset, and from where. */
#define CODE_ABSOLUTE (1u << 31) /* from the start of memory, not of the frame */
#define CODE_INDIRECT (1u << 30) /* the frame's slot there holds an offset in memory */
#define CODE_OFFSET   (CODE_INDIRECT - 1)

/** Most bytes of all variables. */
#define CODE_MEMORY_MAX (256u << 20)

/** From instruction `first` on, up to the next of these, the code is of this place. */
struct code_line {
	uint32_t first;
	struct position at;
};

/** Why a program stopped. */
enum fault {
	FAULT_NONE,
	FAULT_DIVISION, /* by zero */
	FAULT_INDEX,    /* value outside low..high */
	FAULT_RANGE,    /* value outside low..high of a subrange */
	FAULT_WATCHDOG,
	FAULT_DEPTH, /* calls nested too deep: cannot happen in a checked program */
};

#endif
