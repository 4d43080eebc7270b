/* SPDX-License-Identifier: Apache-2.0 */
/** A script's child that is waited for: not for the loop thread. */
#ifndef GATEWAY_LUA_CALLER_H
#define GATEWAY_LUA_CALLER_H

#include "gateway/child/runner.h"
#include "gateway/lua/luamodel.h"

enum {
	/** How long a script may take to load, and to answer: of the processor, s, for
	 * what no counter of instructions sees; and of the clock, ms, which a machine
	 * under load may need. */
	CALLER_LOAD_CPU_S = 5,
	CALLER_ASK_CPU_S = 1,
	CALLER_LOAD_MS = 30000,
	CALLER_ASK_MS = 5000,
};

/** All borrowed for the call. */
struct caller_wish {
	const char *program; /* of the child; NULL: this one */
	const char *name;    /* of the script, in what is said of it */
	const char *text;    /* n bytes, at most LUAMODEL_BYTES_MAX */
	size_t n;
};

struct caller;

/**
 * Start a child and load the script into it.
 *
 * @param[out] out    set on success only; free with caller_close()
 * @param[out] ports  what it declares
 * @return 0; -EINVAL: the script's fault, see why; another negative errno likewise
 */
int caller_open(struct caller **out, const struct caller_wish *wish,
                struct luamodel_ports *ports, struct machine_error *why);

/** luamodel_try() and luamodel_answer() in the child.  @return 0 or -EINVAL: see why;
 * then, where the child is gone, all that follow fail as well */
int caller_try(struct caller *c, const struct luamodel_ask *ask,
               struct machine_error *why);
int caller_answer(struct caller *c, const struct luamodel_ask *ask,
                  struct local_answer *a, struct machine_error *why);

/** NULL-safe. */
void caller_close(struct caller *c);

#endif
