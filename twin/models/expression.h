/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Outputs as formulas of the inputs, in the units of their tags; no states.
 *
 *     formula: or, and, not · = == != < <= > >= · + - · * / · ^ (to the right) · ( )
 *     a ? b : c, numbers, pi, inputs by name, and the functions abs acos asin atan atan2
 *     ceil cos exp floor ln log10 max min round sign sin sqrt tan
 *
 * True is 1 and false 0; what is not 0 is true.  What has no value (0/0) is none.
 */
#ifndef TWIN_MODELS_EXPRESSION_H
#define TWIN_MODELS_EXPRESSION_H

#include "twin/models/model.h"

enum { EXPRESSION_DEPTH = 32, EXPRESSION_TEXT_MAX = 1000 };

enum expression_fault {
	EXPRESSION_EXPECTED, /* something else than stands there */
	EXPRESSION_UNKNOWN,  /* a name that is neither input nor function */
	EXPRESSION_NUMBER,   /* what begins like a number is none */
	EXPRESSION_TOO_DEEP, /* more at once than EXPRESSION_DEPTH */
	EXPRESSION_TOO_LONG, /* than EXPRESSION_TEXT_MAX */
};

struct expression_error {
	size_t at; /* byte of the text */
	enum expression_fault fault;
	const char *expected; /* "')'", "a value"; static */
};

/**
 * Translate one formula.
 *
 * @param inputs  names
 * @param[out] program  room for 2 * strlen(text) + 2 numbers
 * @return how many were written; 0: *error says why not
 */
size_t expression_compile(const char *text, const struct model_port *inputs, size_t n,
                          double *program, struct expression_error *error);

double expression_eval(const double *program, const double *u);

/**
 * A model of its own with those ports.  Its parameters p are the number of outputs, where
 * in p the program of each begins, and the programs.
 */
void expression_make(struct model *out, const struct model_port *inputs, size_t n_inputs,
                     const struct model_port *outputs, size_t n_outputs);

#endif
