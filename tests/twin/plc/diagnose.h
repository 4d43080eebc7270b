/* SPDX-License-Identifier: Apache-2.0 */
/** Programs as text, and what is said of them. */
#ifndef TESTS_TWIN_PLC_DIAGNOSE_H
#define TESTS_TWIN_PLC_DIAGNOSE_H

#include <stddef.h>

/** One program and all that is said of it, in order: "3:5 E is not declared|4:1 W never".
 * E is an error, W a warning; the words must stand in the sentence.  "" is nothing at
 * all; warnings of variables that are never used count only where the list has "never
 * used". */
struct diagnose_case {
	const char *text, *want;
};

/** Parse and check the texts; fail with what was said instead. */
void diagnose_programs(const struct diagnose_case *cases, size_t n);

/** The same for bodies: `text` is "declarations -- statements" of a PROGRAM main, whose
 * first line of statements is line 3: PROGRAM main, the declarations, the statements. */
void diagnose_bodies(const struct diagnose_case *cases, size_t n);

#endif
