/* SPDX-License-Identifier: Apache-2.0 */
/** What a script's tables states, inputs, outputs and parameters say. */
#ifndef GATEWAY_LUA_DECLARE_H
#define GATEWAY_LUA_DECLARE_H

#include "gateway/lua/luamodel.h"

/**
 * Read the four tables, whatever they are.
 * @return 0; -EINVAL: see why (without a line)
 */
int declare_read(struct machine *m, struct luamodel_ports *out,
                 struct machine_error *why);

/** The line on which a script seems to declare a name in a table; 0: not found. */
unsigned declare_line(const char *text, size_t n, const char *table, const char *name);

#endif
