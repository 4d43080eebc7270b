/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/vm.h"

#include <math.h>
#include <string.h>

#include "twin/plc/blocks.h"
#include "twin/plc/convert.h"
#include "twin/plc/functions.h"
#include "twin/plc/slot.h"

/* The minimum by -1 traps on x86 as division by zero does: it wraps here. */
static inline int32_t divide_i(int32_t a, int32_t b)
{
	return b == -1 ? (int32_t)(0u - (uint32_t)a) : a / b;
}

static inline int64_t divide_l(int64_t a, int64_t b)
{
	return b == -1 ? (int64_t)(0u - (uint64_t)a) : a / b;
}

static inline int32_t modulo_i(int32_t a, int32_t b)
{
	return b == -1 ? 0 : a % b;
}

static inline int64_t modulo_l(int64_t a, int64_t b)
{
	return b == -1 ? 0 : a % b;
}

/* IEEE 754: by zero there is infinity or NaN.  Said to the sanitizer, not to the user. */
__attribute__((no_sanitize("float-divide-by-zero"))) static inline float divide_f(float a,
                                                                                  float b)
{
	return a / b;
}

__attribute__((no_sanitize("float-divide-by-zero"))) static inline double divide_d(
	double a, double b)
{
	return a / b;
}

/* An index of 64 bits; what int32 cannot say is outside of any array. */
static inline int32_t cut_l(int64_t index)
{
	return index < INT32_MIN   ? INT32_MIN
	       : index > INT32_MAX ? INT32_MAX
	                           : (int32_t)index;
}

static inline int32_t cut_q(uint64_t index)
{
	return index > INT32_MAX ? INT32_MAX : (int32_t)index;
}

static inline uint64_t part_mask(uint32_t part)
{
	uint32_t bits = part >> 8;

	return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static inline uint64_t part_set(uint64_t whole, uint64_t value, uint32_t part)
{
	uint64_t mask = part_mask(part) << (part & 255);

	return (whole & ~mask) | ((value << (part & 255)) & mask);
}

/* FOR: does the loop go on, whose limit stands at `at` and whose step 8 behind it?  Of
 * distances, so that the end of the type's range is no obstacle. */
#define FOR_TYPE(letter, type, unsigned_type, step_type, get_step)                       \
	static inline bool step_##letter(const uint8_t *var, const uint8_t *at)          \
	{                                                                                \
		type v = get_##letter(var);                                              \
		type limit = get_##letter(at);                                           \
		step_type by = get_step(at + 8);                                         \
                                                                                         \
		if (by >= 0) {                                                           \
			return limit >= v && (unsigned_type)limit - (unsigned_type)v >=  \
			                             (unsigned_type)by;                  \
		}                                                                        \
		return v >= limit && (unsigned_type)v - (unsigned_type)limit >=          \
		                             (unsigned_type)0 - (unsigned_type)by;       \
	}                                                                                \
	static inline bool enter_##letter(const uint8_t *var, const uint8_t *at)         \
	{                                                                                \
		type v = get_##letter(var);                                              \
		type limit = get_##letter(at);                                           \
                                                                                         \
		return get_step(at + 8) >= 0 ? v <= limit : v >= limit;                  \
	}

FOR_TYPE(i, int32_t, uint32_t, int32_t, get_i)
FOR_TYPE(u, uint32_t, uint32_t, int32_t, get_i)
FOR_TYPE(l, int64_t, uint64_t, int64_t, get_l)
FOR_TYPE(q, uint64_t, uint64_t, int64_t, get_l)

void vm_hold(const struct vm *vm)
{
	for (size_t k = 0; k < vm->n_forces; k++) {
		const struct vm_force *f = &vm->forces[k];

		memcpy(vm->mem + f->at, f->text ? f->text : f->value, f->n);
	}
}

/* What the rows of ops.h say. */
#define A (fp + i->a)
#define B (fp + i->b)
#define C (fp + i->c)

#define IS_EQ(a, b)  ((a) == (b))
#define IS_NE(a, b)  ((a) != (b))
#define IS_LT(a, b)  ((a) < (b))
#define IS_LE(a, b)  ((a) <= (b))
#define IS_NLT(a, b) (!((a) < (b)))
#define IS_NLE(a, b) (!((a) <= (b)))

#define STOP(why)                                                                        \
	{                                                                                \
		vm->fault = (why);                                                       \
		goto stopped;                                                            \
	}

#define STOP_VALUE(why, v, l, h)                                                         \
	{                                                                                \
		vm->value = (int64_t)(v);                                                \
		vm->low = (int64_t)(l);                                                  \
		vm->high = (int64_t)(h);                                                 \
		STOP(why)                                                                \
	}

#define BRANCH(condition, by)                                                            \
	if (condition) {                                                                 \
		if ((int32_t)(by) <= 0 && --budget < 0) {                                \
			STOP(FAULT_WATCHDOG)                                             \
		}                                                                        \
		i += (int32_t)(by);                                                      \
		LOOP_STEP;                                                               \
		goto *(&&L_HALT + i->go);                                                \
	}

#define COUNT(condition, step)                                                           \
	bool more = condition;                                                           \
	step;                                                                            \
	BRANCH(more, i->c)

#define TABLE_INDEX                                                                      \
	((unsigned)get_b(B) | (unsigned)get_b(C) << 1 |                                  \
	 (unsigned)get_b(fp + i[1].a) << 2 | (unsigned)get_b(fp + i[1].b) << 3)

#define NONZERO(divisor, work)                                                           \
	if ((divisor) == 0) {                                                            \
		STOP(FAULT_DIVISION)                                                     \
	}                                                                                \
	work

#define ELEMENT     (fp + array->base + (size_t)at * array->stride)
#define DENSE(size) (fp + array->base + (size_t)at * (size))

#define CHECKED(which, index, work)                                                      \
	const struct code_array *array = &arrays[which];                                 \
	int32_t value = (index);                                                         \
	uint32_t at = (uint32_t)value - (uint32_t)array->low;                            \
                                                                                         \
	if (at >= array->n) {                                                            \
		STOP_VALUE(FAULT_INDEX, value, array->low,                               \
		           (int64_t)array->low + array->n - 1)                           \
	}                                                                                \
	work

#define RANGE(get)                                                                       \
	if (get(A) < get(B) || get(A) > get(C)) {                                        \
		STOP_VALUE(FAULT_RANGE, get(A), get(B), get(C))                          \
	}

#define CALLED(frame)                                                                    \
	if (--budget < 0) {                                                              \
		STOP(FAULT_WATCHDOG)                                                     \
	}                                                                                \
	if (top == floor + VM_DEPTH_MAX) {                                               \
		STOP(FAULT_DEPTH)                                                        \
	}                                                                                \
	top->back = i + 1;                                                               \
	top->fp = fp;                                                                    \
	top++;                                                                           \
	fp = (frame);                                                                    \
	i += (int32_t)i->c;                                                              \
	LOOP_STEP;                                                                       \
	goto *(&&L_HALT + i->go);

#define RETURNED                                                                         \
	if (top == floor) {                                                              \
		goto halted;                                                             \
	}                                                                                \
	top--;                                                                           \
	i = top->back;                                                                   \
	fp = top->fp;                                                                    \
	LOOP_STEP;                                                                       \
	goto *(&&L_HALT + i->go);

/* Labels as values and differences of them are GNU C, which gcc and clang share. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wpointer-arith"

#define LOOP      run_plain
#define LOOP_STEP (void)0
#include "twin/plc/loop.h"
#undef LOOP
#undef LOOP_STEP

#define LOOP      run_forced
#define LOOP_STEP vm_hold(vm)
#include "twin/plc/loop.h"
#undef LOOP
#undef LOOP_STEP

#pragma GCC diagnostic pop

void vm_link(struct insn *code, const uint8_t *ops, size_t n, bool forced)
{
	const int32_t *table = forced ? run_forced(NULL, 0) : run_plain(NULL, 0);

	for (size_t k = 0; k < n; k++) {
		code[k].go = table[ops[k]];
	}
}

enum fault vm_run(struct vm *vm, uint32_t entry, bool forced)
{
	vm->fault = FAULT_NONE;
	if (forced) {
		vm_hold(vm);
		run_forced(vm, entry);
	} else {
		run_plain(vm, entry);
	}
	return vm->fault;
}
