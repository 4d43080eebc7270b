/* SPDX-License-Identifier: Apache-2.0 */
/* A server of libopen62541 in a thread of the test's own, on a free port of loopback. */
#ifndef TESTS_DRIVERS_OPCUA_SERVER_H
#define TESTS_DRIVERS_OPCUA_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <open62541/types.h>

struct opcua_server;

/** @param port  0: a free one.  Fails the test. */
struct opcua_server *opcua_server_start(uint16_t port);
uint16_t opcua_server_port(const struct opcua_server *s);
void opcua_server_stop(struct opcua_server *s);

/** A variable ns=1;s=NAME; anybody may write it.  NULL value: not there any more. */
void opcua_server_add(struct opcua_server *s, const char *name, const UA_Variant *value);

/** What a variable is from now on; its source's time is now. */
void opcua_server_set(struct opcua_server *s, const char *name,
                      const UA_DataValue *value);
void opcua_server_get(struct opcua_server *s, const char *name, UA_Variant *out);

/** It does nothing any more, and nothing is closed, until it is let go on. */
void opcua_server_freeze(struct opcua_server *s, bool frozen);

#endif
