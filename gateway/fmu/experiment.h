/* SPDX-License-Identifier: Apache-2.0 */
/** An FMU's experiment run from start to stop in a child process of its own, waiting for
 * it: not for the loop thread. */
#ifndef GATEWAY_FMU_EXPERIMENT_H
#define GATEWAY_FMU_EXPERIMENT_H

#include "gateway/fmu/fmu.h"

enum { EXPERIMENT_STEPS_MAX = 1000000 };

struct experiment {
	double start, stop, step;     /* s */
	double tolerance;             /* 0: the unit's own */
	const struct wire_value *set; /* before it is initialised */
	size_t n_set;
	const struct wire_value *get; /* references and types of what is recorded */
	size_t n_get;
	int deadline_ms;     /* of a call; 0: five steps, at least 1 s */
	const char *program; /* to run; NULL: this one */
	bool going_back;     /* keep the state at each step, take it twice, compare */
};

/** What was recorded: row k at start + k * step. */
struct trace {
	double *values; /* n_rows x n_columns; free with trace_free() */
	size_t n_rows, n_columns;
	bool terminated; /* the unit asked for the end */
	bool same;       /* going_back: every step was the same twice */
};

/**
 * @param[out] out  whatever was recorded, also where it failed; trace_free() it
 * @return 0; -EIO: the unit failed; -EPIPE: it died; -ETIMEDOUT; -ENOMEM; why says it
 */
int experiment_run(const struct fmu *f, const struct experiment *e, struct trace *out,
                   struct fmu_error *why);
void trace_free(struct trace *t);

#endif
