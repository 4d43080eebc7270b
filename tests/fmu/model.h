/* SPDX-License-Identifier: Apache-2.0 */
/** A small model, made an FMU of either version by fmi2.c or fmi3.c.  Every variable is a
 * double here; its value reference is its index in v. */
#ifndef TESTS_FMU_MODEL_H
#define TESTS_FMU_MODEL_H

#include <stdbool.h>

enum { MODEL_VALUES = 12 };

/** What a step tells; the numbers are those of the standard. */
enum {
	MODEL_OK = 0,
	MODEL_DISCARD = 2,
	MODEL_ERROR = 3,
	MODEL_FATAL = 4,
	MODEL_END = 100
};

extern const char *const model_token;

/** Values before anything is set. */
void model_reset(double *v);

/** Initialise; resources is a path, or a URI. */
int model_start(double *v, const char *resources);

/** @param[out] last  how far it came, where it discards */
int model_step(double *v, double t, double h, double *last);

#endif
