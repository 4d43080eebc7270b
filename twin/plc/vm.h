/* SPDX-License-Identifier: Apache-2.0 */
/** The interpreter of code.h.  Opaque to nobody but touched by program.c alone. */
#ifndef TWIN_PLC_VM_H
#define TWIN_PLC_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/plc/code.h"

enum { VM_DEPTH_MAX = 256, VM_FORCES_MAX = 256, VM_ARGUMENTS_MAX = 512 };

struct vm_frame {
	const struct insn *back;
	uint8_t *fp;
};

/** A place held at bytes of its own. */
struct vm_force {
	uint32_t at, n; /* bytes in memory */
	uint8_t value[8];
	const uint8_t *text; /* n > 8: a string with its head; else NULL */
};

struct vm {
	uint8_t *mem; /* aligned for anything */
	const struct insn *code;
	const struct code_array *arrays;
	const uint32_t *arguments; /* of FUNCTION: b is the first */
	uint64_t *counts;          /* of POINT */
	int64_t now;               /* ns, of the scan */
	int64_t budget;            /* backward jumps and calls that are left */
	const struct vm_force *forces;
	size_t n_forces;

	/* why it stopped, when it did */
	enum fault fault;
	uint32_t at;              /* instruction */
	int64_t value, low, high; /* of FAULT_INDEX and FAULT_RANGE */

	struct vm_frame stack[VM_DEPTH_MAX];
};

/** Make n instructions, whose `go` are enum op, runnable; with forces they are linked
 * for the loop that looks at them after each instruction. */
void vm_link(struct insn *code, const uint8_t *ops, size_t n, bool forced);

/** Run from instruction `entry` to the HALT or RETURN that ends it.
 * @param forced  as linked
 * @return vm->fault */
enum fault vm_run(struct vm *vm, uint32_t entry, bool forced);

/** Put all forced values in their places. */
void vm_hold(const struct vm *vm);

#endif
