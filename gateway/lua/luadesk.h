/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The scripts of the live twin: each in a process of its own.  After a row the loop sends
 * what the twin asks (twin_question()) and takes the answer when it comes, which is
 * before the next row as a rule; it never waits.  A script that fails, dies or does not
 * answer in time costs its component the state bad, and is started anew
 * (gateway/child/restart.h). Loop thread.
 */
#ifndef GATEWAY_LUA_LUADESK_H
#define GATEWAY_LUA_LUADESK_H

#include <uv.h>

#include "gateway/config.h"

/** What the desk asks of, and tells, the rest of the gateway. */
struct luadesk_calls {
	/** What is to be asked of a component.  @return false: nothing yet */
	bool (*question)(void *arg, size_t component, struct local_question *q);
	/** What came of it; NULL: it cannot be computed. */
	void (*answer)(void *arg, size_t component, const struct local_question *q,
	               const struct local_answer *a);
	/** It failed, or runs again.  why is for people; NULL: it runs. */
	void (*event)(void *arg, size_t component, const char *why);
	void *arg;
};

/** All borrowed until luadesk_free(). */
struct luadesk_parts {
	const struct config *config;
	const struct component_config *components; /* the twin's: parameters in force */
	uv_loop_t *loop;
	uint64_t (*now_ns)(void);
	const char *program; /* of the children; NULL: this one */
	int deadline_ms;     /* of an answer; 0: CALLER_ASK_MS */
	struct luadesk_calls calls;
};

struct luadesk;

/** Start all scripts of the configuration.  @return 0 or -ENOMEM */
int luadesk_open(struct luadesk **out, const struct luadesk_parts *parts);

/** There may be new questions.  NULL-safe. */
void luadesk_look(struct luadesk *d);

/** End the children; the loop closes the handles.  NULL-safe. */
void luadesk_close(struct luadesk *d);

/** After the loop ran out of handles.  NULL-safe. */
void luadesk_free(struct luadesk *d);

#endif
