/* SPDX-License-Identifier: Apache-2.0 */
/** Components whose model is a Lua script: what it declares become a model's ports. */
#ifndef GATEWAY_CONFIG_CONFIG_LUA_H
#define GATEWAY_CONFIG_CONFIG_LUA_H

#include "gateway/config/config_model.h"

/**
 * Read the component's script, see in a child process what it declares and whether its
 * functions do what they should, and make a model of it, for the component that is built
 * next.  What is wrong is complained about, in the script's own lines where it can be,
 * and out->model stays NULL.  Takes as long as the child, some seconds at most.
 *
 * @return 0 or -ENOMEM
 */
int config_lua_make(struct build *b, const struct schema_view *component,
                    struct made_model *out);

#endif
