/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The FMUs of the live twin: each steps in a process of its own at the pace of the clock;
 * the loop only sends inputs and takes outputs when they come.
 *
 * At t0 + k h the outputs of that time are told, and the step to the next is sent with
 * the inputs as they are: what is told was computed with the inputs of the step before.
 * A unit that fails, dies, answers no number or not in time is told as not known, and
 * started anew at its start values (gateway/child/restart.h).  Loop thread.
 */
#ifndef GATEWAY_FMU_SUPERVISOR_H
#define GATEWAY_FMU_SUPERVISOR_H

#include <uv.h>

#include "gateway/config.h"

/** What the supervisor asks of, and tells, the rest of the gateway. */
struct supervisor_calls {
	/** Inputs of a component, SI, by port; NAN: never read. */
	void (*ask)(void *arg, size_t component, double *u);
	/** Its outputs, SI, by port; NULL: not known. */
	void (*tell)(void *arg, size_t component, const double *y);
	/** It failed, or runs again.  why is for people; NULL: it runs. */
	void (*event)(void *arg, size_t component, const char *why);
	void *arg;
};

/** All borrowed until supervisor_free(). */
struct supervisor_parts {
	const struct config *config;
	uv_loop_t *loop;
	uint64_t (*now_ns)(void);
	const char *folder;  /* made, and emptied first: FMUs are unpacked there */
	const char *program; /* of the children; NULL: this one */
	int deadline_ms;     /* of a step; 0: five steps, at least 1 s */
	struct supervisor_calls calls;
};

struct supervisor;

/** Unpack and start all FMUs of the configuration.  One that cannot be is told so and
 * costs its component only.
 * @return 0, -ENOMEM, or a negative errno where the folder cannot be made */
int supervisor_open(struct supervisor **out, const struct supervisor_parts *parts);

/** End the children; the loop closes the handles.  NULL-safe. */
void supervisor_close(struct supervisor *s);

/** After the loop ran out of handles.  NULL-safe. */
void supervisor_free(struct supervisor *s);

#endif
