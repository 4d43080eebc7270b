/* SPDX-License-Identifier: Apache-2.0 */
/** Where a host is: looked up once and kept, again after a connection failed.  The
 * look-up runs in libuv's pool, so a name server that hangs holds up nobody else. */
#ifndef DRIVERS_MODBUS_RESOLVE_H
#define DRIVERS_MODBUS_RESOLVE_H

#include <uv.h>

#include "drivers/modbus/address.h"

/** A member of what connects.  Zero at start but for done and arg. */
struct resolve {
	/** @param err  0, or what libuv says */
	void (*done)(void *arg, int err);
	void *arg;
	struct sockaddr_storage peer; /* where known */
	bool known;
	bool busy;             /* done will run, and the memory must stay until then */
	unsigned int n_failed; /* connections in a row: each tries another address */
	uv_getaddrinfo_t request;
};

/** Find out where a host is.  @return 1: peer is known; 0: done will run; or what libuv
 * answers, negative */
int resolve_start(struct resolve *resolve, uv_loop_t *loop,
                  const struct address *address);

/** There was a connection to peer: it is kept. */
void resolve_praise(struct resolve *resolve);

/** There was none: the name may mean another address by now, or have a better one. */
void resolve_blame(struct resolve *resolve);

/** Where busy, done still runs, sooner. */
void resolve_cancel(struct resolve *resolve);

#endif
