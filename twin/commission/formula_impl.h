/* SPDX-License-Identifier: Apache-2.0 */
/** Between formula.c, formula_parse.c and requirement.c.  Nobody else's. */
#ifndef TWIN_COMMISSION_FORMULA_IMPL_H
#define TWIN_COMMISSION_FORMULA_IMPL_H

#include "twin/commission/formula.h"

enum formula_op {
	FORMULA_NUMBER,
	FORMULA_QUANTITY,
	FORMULA_NOT,
	FORMULA_NEGATE,
	FORMULA_ABS,
	FORMULA_CEIL,
	FORMULA_FLOOR,
	FORMULA_ROUND,
	FORMULA_SQRT,
	FORMULA_AND,
	FORMULA_OR,
	FORMULA_ADD,
	FORMULA_SUBTRACT,
	FORMULA_MULTIPLY,
	FORMULA_DIVIDE,
	FORMULA_MIN,
	FORMULA_MAX,
	FORMULA_LESS, /* from here on of three: the last is the tolerance */
	FORMULA_LESS_EQUAL,
	FORMULA_MORE,
	FORMULA_MORE_EQUAL,
	FORMULA_EQUAL,
	FORMULA_UNEQUAL,
};

/** How many cells of the stack an operation takes; it leaves one. */
static inline int formula_operands(enum formula_op op)
{
	return op >= FORMULA_LESS ? 3 : op >= FORMULA_AND ? 2 : op >= FORMULA_NOT ? 1 : 0;
}

/** Take a word (as a whole) or a sign at text + *at, spaces before it passed over. */
bool formula_take(const char *text, size_t *at, const char *word);

#endif
