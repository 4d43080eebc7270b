/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/functions.h"

#include <math.h>

#include "twin/plc/convert.h"
#include "twin/plc/slot.h"

static uint64_t load_bits(const uint8_t *slot, uint32_t width)
{
	return width == 64 ? get_q(slot) : get_u(slot);
}

static void keep_bits(uint8_t *slot, uint32_t width, uint64_t bits)
{
	if (width == 64) {
		put_q(slot, bits);
	} else if (width == 32) {
		put_u(slot, (uint32_t)bits);
	} else {
		put_u(slot, (uint32_t)(bits & ((UINT64_C(1) << width) - 1)));
	}
}

/* By the width or more there is nothing left; a negative n moves nothing. */
static void shift_left(uint8_t *const *args, uint32_t width)
{
	uint64_t bits = load_bits(args[1], width);
	int32_t n = get_i(args[2]);

	n = n < 0 ? 0 : n;
	keep_bits(args[0], width, (uint32_t)n >= width ? 0 : bits << n);
}

static void shift_right(uint8_t *const *args, uint32_t width)
{
	uint64_t bits = load_bits(args[1], width);
	int32_t n = get_i(args[2]);

	n = n < 0 ? 0 : n;
	keep_bits(args[0], width, (uint32_t)n >= width ? 0 : bits >> n);
}

/* To the left by n, 0 <= n < width. */
static uint64_t rotated(uint64_t bits, uint32_t n, uint32_t width)
{
	return n == 0 ? bits : bits << n | bits >> (width - n);
}

static uint32_t modulo(int32_t n, uint32_t width)
{
	int32_t rest = n % (int32_t)width;

	return (uint32_t)(rest < 0 ? rest + (int32_t)width : rest);
}

static void rotate_left(uint8_t *const *args, uint32_t width)
{
	uint32_t n = modulo(get_i(args[2]), width);

	keep_bits(args[0], width, rotated(load_bits(args[1], width), n, width));
}

static void rotate_right(uint8_t *const *args, uint32_t width)
{
	uint32_t n = (width - modulo(get_i(args[2]), width)) % width;

	keep_bits(args[0], width, rotated(load_bits(args[1], width), n, width));
}

/* REAL is computed in single precision. */
#define REAL_FUNCTION(name)                                                              \
	static void real_##name(uint8_t *const *args, uint32_t single)                   \
	{                                                                                \
		if (single) {                                                            \
			put_f(args[0], name##f(get_f(args[1])));                         \
		} else {                                                                 \
			put_d(args[0], name(get_d(args[1])));                            \
		}                                                                        \
	}

#define REAL_FUNCTION_OF_TWO(name)                                                       \
	static void real_##name(uint8_t *const *args, uint32_t single)                   \
	{                                                                                \
		if (single) {                                                            \
			put_f(args[0], name##f(get_f(args[1]), get_f(args[2])));         \
		} else {                                                                 \
			put_d(args[0], name(get_d(args[1]), get_d(args[2])));            \
		}                                                                        \
	}

REAL_FUNCTION(log)
REAL_FUNCTION(log10)
REAL_FUNCTION(exp)
REAL_FUNCTION(sin)
REAL_FUNCTION(cos)
REAL_FUNCTION(tan)
REAL_FUNCTION(asin)
REAL_FUNCTION(acos)
REAL_FUNCTION(atan)
REAL_FUNCTION_OF_TWO(atan2)
REAL_FUNCTION_OF_TWO(pow)

static void convert(uint8_t *const *args, uint32_t packed)
{
	convert_text(args[0], args[1], packed);
}

static const function_work works[FUNCTION_ASSIGN] = {
	[FUNCTION_CONVERT] = convert,  [FUNCTION_SHL] = shift_left,
	[FUNCTION_SHR] = shift_right,  [FUNCTION_ROL] = rotate_left,
	[FUNCTION_ROR] = rotate_right, [FUNCTION_LN] = real_log,
	[FUNCTION_LOG] = real_log10,   [FUNCTION_EXP] = real_exp,
	[FUNCTION_SIN] = real_sin,     [FUNCTION_COS] = real_cos,
	[FUNCTION_TAN] = real_tan,     [FUNCTION_ASIN] = real_asin,
	[FUNCTION_ACOS] = real_acos,   [FUNCTION_ATAN] = real_atan,
	[FUNCTION_ATAN2] = real_atan2, [FUNCTION_POWER] = real_pow,
};

void functions_call(const struct vm *vm, uint8_t *fp, const struct insn *i)
{
	uint8_t *args[FUNCTION_ARGUMENTS_MAX] = {NULL};
	enum function id = (enum function)(i->a & 255);

	for (uint32_t k = 0; k < i->c; k++) {
		uint32_t where = vm->arguments[i->b + k];
		uint32_t at = where & CODE_OFFSET;

		if ((where & CODE_INDIRECT) != 0) {
			args[k] = vm->mem + get_u(fp + at);
		} else {
			args[k] = ((where & CODE_ABSOLUTE) != 0 ? vm->mem : fp) + at;
		}
	}
	(id < FUNCTION_ASSIGN ? works[id] : functions_string(id))(args, i->a >> 8);
}
