/* SPDX-License-Identifier: Apache-2.0 */
/** The child's end: takes requests until the gateway is gone. */
#ifndef GATEWAY_LUA_LUAWORKER_H
#define GATEWAY_LUA_LUAWORKER_H

/** @param fd  the socket  @return an exit code of the process */
int luaworker_run(int fd);

#endif
