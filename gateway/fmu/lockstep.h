/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The FMUs of a twin at the pace of a recording: as the supervisor's, but waiting for
 * each step, so that the same recording gives the same bytes.  Not for the loop thread.
 */
#ifndef GATEWAY_FMU_LOCKSTEP_H
#define GATEWAY_FMU_LOCKSTEP_H

#include <stdio.h>

#include "gateway/config.h"

/** All borrowed until lockstep_free(). */
struct lockstep_parts {
	const struct config *config;
	struct twin *twin;
	const char *program; /* of the children; NULL: this one */
	FILE *complaints;    /* a line for each unit that fails */
};

struct lockstep;

/** Unpack and start them, below $TMPDIR.  One that cannot be costs its component only.
 * @return 0 or -ENOMEM */
int lockstep_open(struct lockstep **out, const struct lockstep_parts *parts);

/**
 * Before the row of t_ns: take all steps that are due by then, with the inputs of the
 * rows before, and tell the twin the outputs of the last.  In a gap beyond a component's
 * max_age its FMU's time stands still.  A unit that fails is not started again.
 */
void lockstep_advance(struct lockstep *l, int64_t t_ns);

/** NULL-safe. */
void lockstep_free(struct lockstep *l);

#endif
