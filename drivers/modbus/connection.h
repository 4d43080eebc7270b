/* SPDX-License-Identifier: Apache-2.0 */
/** One TCP connection of a transport: requests out, answers back, a window of them on the
 * way.  An answer belongs to the request whose transaction id it carries; one whose
 * request was given up is dropped and counted, and the connection stays.  It has no
 * timer: who owns it asks for connection_due_ns() and then calls connection_look(). */
#ifndef DRIVERS_MODBUS_CONNECTION_H
#define DRIVERS_MODBUS_CONNECTION_H

#include "drivers/modbus/transport.h"

struct connection;

enum connection_state {
	CONNECTION_CLOSED,
	CONNECTION_CONNECTING,
	CONNECTION_READY,
	CONNECTION_CLOSING, /* until its handle may be used again */
};

/** How far a connection came before it ended. */
enum connection_use {
	CONNECTION_NEVER_READY,
	CONNECTION_NEVER_ASKED, /* closed by the peer before a request */
	CONNECTION_NEVER_HEARD, /* asked, without any answer */
	CONNECTION_USED,
};

struct connection_events {
	/** It is ready. */
	void (*ready)(void *arg);
	/** It is closing, and all that was on the way has been told.
	 */
	void (*ended)(void *arg, enum reason reason, enum connection_use use);
	/** It is closed: to be opened again, or freed. */
	void (*closed)(void *arg);
};

/** @param transport  whose queue, users and clock these are; outlives the connection
 * @return 0 or -ENOMEM */
int connection_new(struct connection **out, struct transport *transport,
                   const struct connection_events *events, void *arg);

/** Only while closed.  NULL is fine. */
void connection_free(struct connection *c);

/**
 * Only while closed.
 *
 * @param further  the peer has other connections from here: a timeout before it has
 *                 answered anything on this one ends it
 * @return 0, or what libuv answers: it is still closed then
 */
int connection_open(struct connection *c, const struct sockaddr_storage *peer,
                    uint64_t deadline_ns, bool further);

/** Close it, telling nobody of what is on the way; closed runs later where it was open.
 */
void connection_close(struct connection *c);

enum connection_state connection_state(const struct connection *c);

/** Is it ready, and was it answered on it? */
bool connection_is_proven(const struct connection *c);

/** May another request be sent?  @param window  on the way at most */
bool connection_can_send(const struct connection *c, size_t window);

/** Send one, taken from the queue. */
void connection_send(struct connection *c, struct transaction *t);

/** Give one up that is on the way.  @return it was on this connection */
bool connection_forget(struct connection *c, const struct transaction *t);

/** When to look at it; UINT64_MAX: no need. */
uint64_t connection_due_ns(const struct connection *c);

/** End what its time is over for. */
void connection_look(struct connection *c);

#endif
