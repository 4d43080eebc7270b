/* SPDX-License-Identifier: Apache-2.0 */
/** A tree of Structured Text in one line of text, for tests to compare. */
#ifndef TESTS_TWIN_PLC_DUMP_H
#define TESTS_TWIN_PLC_DUMP_H

#include "twin/plc/ast.h"

/**
 * All units, as "(PROGRAM p (VAR x INT) (:= x (+ x 1)))".
 *
 * @return to be freed
 */
char *dump_ast(const struct ast *ast);

/** Parse one text called "t.st"; *s to be freed after the last use of *ast. */
void dump_parse(struct sources **s, struct ast **ast, const char *text);

/** The diagnoses, one a line: "3:7 error text" or "3:7 warning text"; to be freed. */
char *dump_diagnoses(struct sources *s);

#endif
