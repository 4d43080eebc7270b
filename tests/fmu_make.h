/* SPDX-License-Identifier: Apache-2.0 */
/** FMUs of our own, put together for a test: descriptions of either version around the
 * shared libraries of tests/fmu/. */
#ifndef TESTS_FMU_MAKE_H
#define TESTS_FMU_MAKE_H

#include <stdbool.h>
#include <stddef.h>

struct fmu_variable_spec {
	const char *name;
	const char *type;      /* as 2.0 writes it: "Real", "Integer", "Boolean" */
	const char *causality; /* "output", "input", "parameter", "local" */
	const char *start;     /* NULL: calculated */
	const char *unit;      /* NULL: none */
	unsigned size;         /* values of an array (3.0); 0: it is none */
};

/** What an archive is made of. */
struct fmu_spec {
	const char *model; /* "ball": the library is ball2.so or ball3.so */
	unsigned version;
	const struct fmu_variable_spec *variables; /* value reference: index */
	size_t n_variables;
	const char *flags;         /* further attributes of CoSimulation; NULL: none */
	const char *experiment;    /* attributes of DefaultExperiment; NULL: none */
	const char *reference;     /* text of documentation/MODEL_ref.csv; NULL: none */
	const char *reference_end; /* in place of "_ref.csv"; NULL */
	const char *inputs;        /* text of documentation/MODEL_in.csv; NULL: none */
	const char *resource;      /* text of resources/y.txt; NULL: none */
	const char *platform;      /* folder of the library; NULL: this machine's */
	const char *token;         /* NULL: the model's */
	bool no_library;
};

/** Those of tests/fmu/ball.c, stiff.c, fixed.c, bad.c. */
extern const struct fmu_spec fmu_ball, fmu_stiff, fmu_fixed, fmu_bad;

/** Write the archive; fails the test where that fails. */
void fmu_make(const char *path, const struct fmu_spec *spec);

#endif
