/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The self-tests of a running gateway's FMUs (gateway/fmu/selftest.h): one after the
 * other after the start, each by `pollux fmu check` in a process of its own, with the
 * least priority.  Loop thread; nothing waits.
 */
#ifndef GATEWAY_FMU_TRIALS_H
#define GATEWAY_FMU_TRIALS_H

#include <uv.h>

#include "gateway/config.h"

enum { TRIALS_MAX_S = 600 }; /* of one; then it is given up */

/** All borrowed until trials_free(). */
struct trials_parts {
	const struct config *config;
	uv_loop_t *loop;
	const char *folder; /* is there: FMUs are unpacked below it */
	/** A component's FMU is what its archive says (why NULL), or is not, for people.
	 */
	void (*verdict)(void *arg, size_t component, const char *why);
	void *arg;
};

struct trials;

/** Begin with the first.  @return 0 or -ENOMEM */
int trials_open(struct trials **out, const struct trials_parts *parts);

/** End what runs; the loop closes the handles.  NULL-safe. */
void trials_close(struct trials *t);

/** After the loop ran out of handles.  NULL-safe. */
void trials_free(struct trials *t);

#endif
