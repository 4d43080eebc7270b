/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One session with a server, on a thread of its own: libopen62541 looks up names, makes
 * keys and waits for answers within its calls.  It connects, subscribes, and connects
 * again after a pause that doubles from 0.5 s to 30 s, by itself.  Everything between the
 * thread and the loop goes through the mailbox and the orders, which are bounded.
 */
#ifndef DRIVERS_OPCUA_SESSION_H
#define DRIVERS_OPCUA_SESSION_H

#include <uv.h>

#include "drivers/opcua/endpoint.h"
#include "drivers/opcua/mailbox.h"
#include "drivers/opcua/orders.h"

struct session;

/** Who listens; all on the loop thread. */
struct session_owner {
	/** The session came up or went down, see session_error(). */
	void (*changed)(void *arg);
	/** There is something in the mailbox. */
	void (*told)(void *arg);
	/** After session_close(): nothing is left of it. */
	void (*closed)(void *arg);
	void *arg;
};

struct session_config {
	uv_loop_t *loop;
	uint64_t (*now_ns)(void);           /* monotonic; any thread */
	const struct device_config *device; /* this and endpoint outlive the session */
	const struct endpoint *endpoint;
};

/** Begin to connect.  @return 0, -ENOMEM, -EINVAL: a point's `at:` */
int session_open(struct session **out, const struct session_config *cfg,
                 const struct session_owner *owner);

/** 0: up; -EINPROGRESS: the first attempt is under way; else why not, as a negative
 * errno of secure_client() or secure_errno(), -EAGAIN: no thread */
int session_error(const struct session *s);

/** More about that in the words of the standard, such as BadCertificateUntrusted; static;
 * NULL: there is none */
const char *session_detail(const struct session *s);

struct mailbox *session_mailbox(struct session *s);

/** Number of the present session: what was told before it counts no more. */
uint32_t session_number(const struct session *s);

/** How often the server confirms what it said, in ms; of the present session. */
uint32_t session_beat_ms(const struct session *s);

/** Sessions made since session_open(). */
uint64_t session_connects(const struct session *s);

/** Write; where the session is not up nothing is sent.  order->done runs later, at the
 * latest in session_close().
 * @return 0, or -EBUSY: ORDERS_MAX are on their way */
int session_write(struct session *s, const struct order *order);

/** Close; owner.closed runs later, nothing else does.  NULL is fine, then nothing runs.
 */
void session_close(struct session *s);

#endif
