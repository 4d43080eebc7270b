/* SPDX-License-Identifier: Apache-2.0 */
/** Where a host is: looked up once and kept, again after a connection failed.  Each
 * look-up has a thread of its own while it lasts, so that a name server that hangs holds
 * up no other name, nobody else of libuv's pool, and no end of the program. */
#ifndef DRIVERS_MODBUS_RESOLVE_H
#define DRIVERS_MODBUS_RESOLVE_H

#include <uv.h>

#include "drivers/modbus/address.h"

/** Look-ups at once in the whole program; one more is refused and may try again. */
enum { RESOLVE_LOOKUPS_MAX = 64 };

struct lookup;

/** A member of what connects.  Zero at start but for done and arg. */
struct resolve {
	/** @param err  0, or -EHOSTUNREACH: nobody knows the name */
	void (*done)(void *arg, int err);
	void *arg;
	struct sockaddr_storage peer; /* where known */
	bool known;
	bool was_known;        /* peer is where the host was when last looked up */
	unsigned int n_failed; /* connections in a row: each tries another address */
	struct lookup *lookup; /* under way; done will run */
};

/**
 * Find out where a host is.  While a look-up hangs or fails, the address that the host
 * had before goes on being used.
 *
 * @return 1: peer is known; 0: done will run; -EAGAIN: too many look-ups out, -ENOMEM, or
 *         what libuv answers
 */
int resolve_start(struct resolve *resolve, uv_loop_t *loop,
                  const struct address *address);

/** There was a connection to peer: it is kept. */
void resolve_praise(struct resolve *resolve);

/** There was none: the name may mean another address by now, or have a better one. */
void resolve_blame(struct resolve *resolve);

/** done does not run any more; a look-up that hangs is left to itself. */
void resolve_cancel(struct resolve *resolve);

#endif
