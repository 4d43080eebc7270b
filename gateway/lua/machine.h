/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A Lua 5.4 state for a stranger's script: text only, memory and instructions limited,
 * and of the libraries only arithmetic, strings and tables.  Random numbers are not
 * there, and pairs() goes by sorted keys, so that the same script gives the same numbers
 * each time. What no counter of instructions sees (a pattern that takes for ever) the
 * process around it must end.
 */
#ifndef GATEWAY_LUA_MACHINE_H
#define GATEWAY_LUA_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MACHINE_BYTES_MAX = 16 << 20,   /* all that the state holds */
	MACHINE_INSTRUCTIONS = 5000000, /* of one request */
	MACHINE_TEXT_MAX = 200,
};

struct lua_State;
struct machine;

/** What went wrong, for a person. */
struct machine_error {
	unsigned line; /* of the script; 0: none in particular */
	char text[MACHINE_TEXT_MAX];
};

/** @return 0 or -ENOMEM; free with machine_free() */
int machine_new(struct machine **out);
void machine_free(struct machine *m);

/** Whose state it is.  Borrowed. */
struct lua_State *machine_lua(struct machine *m);

/** A new request: instructions are counted from here. */
void machine_begin(struct machine *m);

/**
 * Translate a script and run it.
 *
 * @param name  by which it is called in what is said
 * @return 0; -EINVAL: see why
 */
int machine_run(struct machine *m, const char *name, const char *text, size_t n,
                struct machine_error *why);

/** Work on its state: finds arg on the stack as a light userdata, and may raise errors.
 */
typedef int machine_work(struct lua_State *L);

/** Do that where errors, and want of memory, are caught.  @return 0; -EINVAL: see why */
int machine_protect(struct machine *m, machine_work *work, void *arg,
                    struct machine_error *why);

#endif
