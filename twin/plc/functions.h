/* SPDX-License-Identifier: Apache-2.0 */
/** The standard functions that have no operation of their own, as FUNCTION calls them. */
#ifndef TWIN_PLC_FUNCTIONS_H
#define TWIN_PLC_FUNCTIONS_H

#include <stdint.h>

#include "twin/plc/vm.h"

/** In operand a; what more there is to know of the call stands above (<< 8). */
enum function {
	FUNCTION_CONVERT, /* (out, in): convert_packed() */
	/* (out, in, n INT slot): bits of the type, 8 to 64 */
	FUNCTION_SHL,
	FUNCTION_SHR,
	FUNCTION_ROL,
	FUNCTION_ROR,
	/* (out, in): 1 where of REAL, 0 of LREAL */
	FUNCTION_LN,
	FUNCTION_LOG,
	FUNCTION_EXP,
	FUNCTION_SIN,
	FUNCTION_COS,
	FUNCTION_TAN,
	FUNCTION_ASIN,
	FUNCTION_ACOS,
	FUNCTION_ATAN,
	FUNCTION_ATAN2, /* (out, y, x) */
	FUNCTION_POWER, /* (out, base, exponent) */
	/* of strings; bytes of a character, 1 or 2; lengths and positions are DINT slots
	 */
	FUNCTION_ASSIGN,  /* (to, from): what does not fit is left out */
	FUNCTION_COMPARE, /* (out DINT: -1, 0, 1, in1, in2) */
	FUNCTION_LEN,     /* (out, in) */
	FUNCTION_LEFT,    /* (out, in, l) */
	FUNCTION_RIGHT,
	FUNCTION_MID,     /* (out, in, l, p) */
	FUNCTION_CONCAT,  /* (out, in1, in2) */
	FUNCTION_INSERT,  /* (out, in1, in2, p) */
	FUNCTION_DELETE,  /* (out, in, l, p) */
	FUNCTION_REPLACE, /* (out, in1, in2, l, p) */
	FUNCTION_FIND,    /* (out, in1, in2) */
	FUNCTION_COUNT,
};

enum { FUNCTION_ARGUMENTS_MAX = 5 };

/** Arguments by their places; more is operand a >> 8. */
typedef void (*function_work)(uint8_t *const *args, uint32_t more);

/** functions_string.c: those from FUNCTION_ASSIGN on. */
function_work functions_string(enum function id);

/** i is a FUNCTION whose operand b is the first of c arguments in vm->arguments. */
void functions_call(const struct vm *vm, uint8_t *fp, const struct insn *i);

#endif
