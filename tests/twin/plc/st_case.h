/* SPDX-License-Identifier: Apache-2.0 */
/** A few lines of Structured Text, and what a variable holds after them. */
#ifndef TESTS_TWIN_PLC_ST_CASE_H
#define TESTS_TWIN_PLC_ST_CASE_H

#include <stddef.h>
#include <stdint.h>

#include "twin/plc/program.h"

/** Run in one PROGRAM main. */
struct st_case {
	const char *variables; /* what stands in VAR ... END_VAR */
	const char *body;
	const char *watch; /* a variable */
	const char *want;  /* its value as text after one scan; "!..." a run-time error */
};

/** Run n cases, one scan each; fails the test with all that differ. */
void st_cases(const struct st_case *cases, size_t n);

/** A whole program, ready to run; fails the test where it does not load. */
struct program *st_load(struct sources **s, const char *text,
                        const struct program_options *options);

/** The value of a variable, static until the next call. */
const char *st_value(const struct program *p, const char *path);

/** Scan at k * cycle for k from *scan on, n times; fails the test on a fault. */
void st_scans(struct program *p, uint64_t *scan, uint64_t n);

/** Fails the test where a variable has another value. */
void st_expect(const struct program *p, const char *path, const char *want);

#endif
