/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The standard functions and blocks of IEC 61131-3 edition 2 (2.5.1.5, 2.5.2.3) as the
 * checker and the compiler know them: names, parameters, what they give back.
 *
 * A function that is an operator in words (ADD, GT, AND, ADD_TIME ...) is rewritten by
 * the checker: the tree it leaves holds EXPR_UNARY and EXPR_BINARY in its place, so the
 * compiler never sees one.  With EN or ENO it becomes MOVE(EN := ..., IN := a + b, ...).
 */
#ifndef TWIN_PLC_STANDARD_H
#define TWIN_PLC_STANDARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/plc/ast.h"

enum standard {
	STANDARD_NONE,

	/* functions; IN is the first argument, of its type after conversion */
	STANDARD_CONVERT,  /* X_TO_Y: from the argument's type to that of the call */
	STANDARD_TRUNC,    /* X_TRUNC_Y: likewise, towards zero */
	STANDARD_FROM_BCD, /* WORD_BCD_TO_UINT: a bit string of decimal digits to a number
	                    */
	STANDARD_TO_BCD,   /* UINT_TO_BCD_WORD: and back */
	STANDARD_ABS,
	STANDARD_SQRT,
	STANDARD_LN,
	STANDARD_LOG, /* to base 10 */
	STANDARD_EXP,
	STANDARD_SIN,
	STANDARD_COS,
	STANDARD_TAN,
	STANDARD_ASIN,
	STANDARD_ACOS,
	STANDARD_ATAN,
	STANDARD_ATAN2, /* (Y, X), of edition 3 */
	STANDARD_MOVE,  /* of any type, also structures and arrays */
	STANDARD_SHL,   /* (IN, N) */
	STANDARD_SHR,
	STANDARD_ROL,
	STANDARD_ROR,
	STANDARD_SEL,   /* (G, IN0, IN1): any type */
	STANDARD_MAX,   /* (IN1, IN2, ...): any elementary type */
	STANDARD_MIN,   /* likewise */
	STANDARD_LIMIT, /* (MN, IN, MX) */
	STANDARD_MUX,   /* (K, IN0, IN1, ...): any type */
	STANDARD_LEN,   /* characters, as INT */
	STANDARD_LEFT,  /* (IN, L) */
	STANDARD_RIGHT,
	STANDARD_MID,     /* (IN, L, P) */
	STANDARD_CONCAT,  /* (IN1, IN2, ...) */
	STANDARD_INSERT,  /* (IN1, IN2, P) */
	STANDARD_DELETE,  /* (IN, L, P) */
	STANDARD_REPLACE, /* (IN1, IN2, L, P) */
	STANDARD_FIND,    /* (IN1, IN2), as INT */
	STANDARD_CONCAT_DATE_TOD,
	STANDARD_OPERATOR, /* see above: only between table and checker */

	/* blocks */
	STANDARD_SR,
	STANDARD_RS,
	STANDARD_SEMA, /* not in edition 2, but in OpenPLC's library */
	STANDARD_R_TRIG,
	STANDARD_F_TRIG,
	STANDARD_CTU, /* of INT */
	STANDARD_CTU_DINT,
	STANDARD_CTU_LINT,
	STANDARD_CTU_UDINT,
	STANDARD_CTU_ULINT,
	STANDARD_CTD,
	STANDARD_CTD_DINT,
	STANDARD_CTD_LINT,
	STANDARD_CTD_UDINT,
	STANDARD_CTD_ULINT,
	STANDARD_CTUD,
	STANDARD_CTUD_DINT,
	STANDARD_CTUD_LINT,
	STANDARD_CTUD_UDINT,
	STANDARD_CTUD_ULINT,
	STANDARD_TP,
	STANDARD_TON,
	STANDARD_TOF,
	STANDARD_RTC,
	STANDARD_END,
};

/** What an argument may be: the generic types of table 11 and figure 5. */
enum standard_class {
	CLASS_KIND, /* exactly the kind beside it, or what widens to it */
	CLASS_ANY,
	CLASS_ELEMENTARY, /* no structure, array, enumeration */
	CLASS_MAGNITUDE,  /* numbers and time */
	CLASS_NUMBER,
	CLASS_INTEGER,
	CLASS_REAL, /* integers widen to it */
	CLASS_BITS,
	CLASS_STRING,
	CLASS_TIME, /* TIME, LTIME */
};

struct standard_parameter {
	const char *name; /* NULL ends the list */
	enum standard_class group;
	enum kind kind; /* of CLASS_KIND */
};

/** What the call's type is. */
enum standard_result {
	RESULT_KIND,     /* always the same: `kind` */
	RESULT_COMMON,   /* the widest of the arguments that are not CLASS_KIND, which are
	                    all converted to it (of SHL, LEFT ...: that of IN alone) */
	RESULT_CONTEXT,  /* the integer that is wanted where it stands; else DINT */
	RESULT_OPERATOR, /* as its operator says */
};

enum { STANDARD_PARAMETERS_MAX = 4, STANDARD_VARIABLES_MAX = 8 };

/** struct item.standard of a call is the index of its parameter, counted on for more
 * arguments than a row has (IN3 of MAX is 2); or one of these, also in calls of declared
 * functions and blocks. */
enum { STANDARD_EN = 1000000, STANDARD_ENO };

struct standard_function {
	const char *name; /* in capitals */
	enum standard id;
	enum standard_result result;
	enum kind kind;   /* of RESULT_KIND; of conversions the target */
	enum operator op; /* of RESULT_OPERATOR */
	bool extensible;  /* the last parameter may be repeated */
	struct standard_parameter parameters[STANDARD_PARAMETERS_MAX + 1];
};

/** One variable of a block that can be seen; what it hides besides is the compiler's. */
struct standard_variable {
	const char *name;     /* NULL ends the list */
	enum section section; /* SECTION_INPUT or SECTION_OUTPUT */
	enum kind kind;
};

struct standard_block {
	const char *name; /* in capitals */
	enum standard id;
	struct standard_variable variables[STANDARD_VARIABLES_MAX + 1];
};

/** By its name in any case, conversions included.  @return whether there is one;
 * out->name is then static, or name itself of a conversion. */
bool standard_function(struct standard_function *out, const char *name);

/** Row i of the table of functions (without conversions), for "did you mean"; NULL beyond
 * the last. */
const struct standard_function *standard_function_at(size_t i);

/** By its name in any case; TON_TIME, CTU_INT and so on are other names of TON, CTU; NULL
 * where there is none. */
const struct standard_block *standard_block(const char *name);

/** By its id, from STANDARD_SR on; NULL where it is no block's. */
const struct standard_block *standard_block_of(uint32_t id);

/** How many arguments a function has at least, its parameters in the table. */
uint32_t standard_parameters(const struct standard_function *f);

#endif
