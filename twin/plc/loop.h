/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter's loop, included by vm.c once for each way to run: LOOP is the name of
 * the function, LOOP_STEP what happens between two instructions.  Direct threaded: each
 * operation jumps to the next one's, so that the processor predicts each jump by itself.
 */
/* NOLINTNEXTLINE(readability-function-size): a table of operations */
static const int32_t *LOOP(struct vm *vm, uint32_t entry)
{
	static const int32_t table[] = {
#define OP(name, ...) (int32_t)(&&L_##name - &&L_HALT),
#include "twin/plc/ops.h"
#undef OP
	};
	const struct insn *i;
	const struct vm_frame *floor;
	const struct code_array *arrays;
	struct vm_frame *top;
	uint8_t *mem, *fp;
	int64_t budget, now;

	if (!vm) {
		return table;
	}
	i = vm->code + entry;
	arrays = vm->arrays;
	mem = vm->mem;
	fp = mem;
	budget = vm->budget;
	now = vm->now;
	top = vm->stack;
	floor = top;
	goto *(&&L_HALT + i->go);

#define OP(name, ...)                                                                    \
	L_##name:                                                                        \
	{                                                                                \
		__VA_ARGS__;                                                             \
	}                                                                                \
	i++;                                                                             \
	LOOP_STEP;                                                                       \
	goto *(&&L_HALT + i->go);
#include "twin/plc/ops.h"
#undef OP

stopped:
	vm->at = (uint32_t)(i - vm->code);
halted:
	vm->budget = budget;
	return NULL;
}
