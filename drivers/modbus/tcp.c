/* SPDX-License-Identifier: Apache-2.0 */
/* Modbus TCP: the connections to one address, shared by the units behind it.  One where
 * nobody allows more; another one is made when requests wait and all are busy. */
#include <errno.h>
#include <stdlib.h>

#include "drivers/modbus/connection.h"
#include "drivers/modbus/resolve.h"
#include "drivers/modbus/transport.h"

/* A peer that does not want another connection beside those it has is asked again. */
#define SPARE_NS UINT64_C(60000000000)

struct tcp {
	struct transport base;                                     /* first */
	struct connection *connections[TRANSPORT_CONNECTIONS_MAX]; /* NULL: not yet */
	uv_timer_t timer; /* for the next of all deadlines */
	struct resolve resolve;
	bool resolving;
	enum reason failed;     /* to be told as soon as the loop runs; or REASON_NONE */
	uint64_t deadline_ns;   /* of the attempt to connect */
	uint64_t spare_ns;      /* no further connection before */
	bool leaving;           /* nobody uses it any more */
	unsigned int n_handles; /* that libuv holds: freed at 0 */
};

static uint64_t now_ns(const struct tcp *tcp)
{
	return tcp->base.env.now_ns();
}

static enum connection_state state_of(const struct tcp *tcp, size_t i)
{
	return tcp->connections[i] ? connection_state(tcp->connections[i])
	                           : CONNECTION_CLOSED;
}

static unsigned int count(const struct tcp *tcp, enum connection_state state)
{
	unsigned int n = 0;

	for (size_t i = 0; i < TRANSPORT_CONNECTIONS_MAX; i++) {
		n += state_of(tcp, i) == state;
	}
	return n;
}

static void kick(struct transport *t);

static void on_handle_gone(struct tcp *tcp)
{
	tcp->n_handles--;
	if (tcp->n_handles == 0) {
		for (size_t i = 0; i < TRANSPORT_CONNECTIONS_MAX; i++) {
			connection_free(tcp->connections[i]);
		}
		free(tcp);
	}
}

/* ---- deadlines ---- */

static void on_timer(uv_timer_t *timer);

static void arm(struct tcp *tcp)
{
	uint64_t at_ns = now_ns(tcp);
	uint64_t next_ns = UINT64_MAX;

	if (tcp->failed) {
		next_ns = 0;
	} else if (tcp->resolving) {
		next_ns = tcp->deadline_ns;
	} else {
		(void)transport_next(&tcp->base, 0, &next_ns);
	}

	for (size_t i = 0; i < TRANSPORT_CONNECTIONS_MAX; i++) {
		uint64_t due_ns = tcp->connections[i]
		                          ? connection_due_ns(tcp->connections[i])
		                          : UINT64_MAX;

		next_ns = due_ns < next_ns ? due_ns : next_ns;
	}
	if (next_ns == UINT64_MAX) {
		uv_timer_stop(&tcp->timer);
		return;
	}
	/* At least 1 ms, so that the sockets are looked at before the timers again. */
	uv_timer_start(&tcp->timer, on_timer,
	               next_ns > at_ns ? (next_ns - at_ns) / 1000000 + 1 : 1, 0);
}

/* No connection: nobody in the queue needs to wait for another attempt. */
static void fail(struct tcp *tcp, enum reason reason)
{
	resolve_blame(&tcp->resolve);
	tcp->resolving = false;
	tcp->failed = REASON_NONE;
	transport_fail_queue(&tcp->base, reason, now_ns(tcp));
}

static void on_timer(uv_timer_t *timer)
{
	struct tcp *tcp = timer->data;

	transport_begin(&tcp->base);
	if (tcp->failed) {
		fail(tcp, tcp->failed);
	} else if (tcp->resolving && now_ns(tcp) >= tcp->deadline_ns) {
		fail(tcp, REASON_TIMEOUT);
	}
	for (size_t i = 0; i < TRANSPORT_CONNECTIONS_MAX; i++) {
		if (tcp->connections[i]) {
			connection_look(tcp->connections[i]);
		}
	}
	transport_end(&tcp->base);
}

/* ---- connections ---- */

static void on_ready(void *arg)
{
	resolve_praise(&((struct tcp *)arg)->resolve);
}

/* What is queued goes on another connection, or on a new one; but not where the peer
 * takes none, or hangs up before it was asked. */
static void on_ended(void *arg, enum reason reason, enum connection_use use)
{
	struct tcp *tcp = arg;

	if (count(tcp, CONNECTION_READY) > 0) {
		tcp->spare_ns = use == CONNECTION_USED ? tcp->spare_ns
		                                       : now_ns(tcp) + SPARE_NS;
	} else if (use == CONNECTION_NEVER_READY) {
		fail(tcp, reason);
	} else if (use == CONNECTION_NEVER_ASKED) {
		transport_fail_queue(&tcp->base, reason, now_ns(tcp));
	}
}

static void on_closed(void *arg)
{
	struct tcp *tcp = arg;

	if (tcp->leaving) {
		on_handle_gone(tcp);
		return;
	}
	tcp->n_handles--;
	kick(&tcp->base);
}

static const struct connection_events events = {on_ready, on_ended, on_closed};

/* The first that is closed, or NULL. */
static struct connection *find_closed(struct tcp *tcp)
{
	for (size_t i = 0; i < tcp->base.connections; i++) {
		if (state_of(tcp, i) == CONNECTION_CLOSED &&
		    (tcp->connections[i] ||
		     !connection_new(&tcp->connections[i], &tcp->base, &events, tcp))) {
			return tcp->connections[i];
		}
	}
	return NULL;
}

static void start_connect(struct tcp *tcp)
{
	struct connection *c = find_closed(tcp);

	if (!c || connection_open(c, &tcp->resolve.peer, tcp->deadline_ns,
	                          count(tcp, CONNECTION_READY) > 0)) {
		tcp->failed = REASON_REFUSED;
		return;
	}
	tcp->n_handles++;
}

static void on_resolved(void *arg, int err)
{
	struct tcp *tcp = arg;

	transport_begin(&tcp->base);
	if (tcp->resolving && err) {
		fail(tcp, REASON_REFUSED);
	} else if (tcp->resolving) {
		tcp->resolving = false;
		start_connect(tcp);
	}
	transport_end(&tcp->base);
}

static void resolve_or_connect(struct tcp *tcp, uint32_t timeout_ms)
{
	int known = resolve_start(&tcp->resolve, tcp->base.env.loop, &tcp->base.address);

	tcp->deadline_ns = now_ns(tcp) + timeout_ms * UINT64_C(1000000);
	if (known > 0) {
		start_connect(tcp);
	} else if (known == 0) {
		tcp->resolving = true;
	} else {
		tcp->failed = REASON_REFUSED;
	}
}

/* When requests wait: have all connections there are shown that they are served? */
static bool wants_connection(const struct tcp *tcp)
{
	unsigned int n_used = 0;

	if (tcp->resolving || tcp->failed) {
		return false;
	}
	for (size_t i = 0; i < TRANSPORT_CONNECTIONS_MAX; i++) {
		enum connection_state state = state_of(tcp, i);

		if (state == CONNECTION_CONNECTING ||
		    (state == CONNECTION_READY &&
		     !connection_is_proven(tcp->connections[i]))) {
			return false;
		}
		n_used += state != CONNECTION_CLOSED;
	}
	return n_used < tcp->base.connections &&
	       (count(tcp, CONNECTION_READY) == 0 || now_ns(tcp) >= tcp->spare_ns);
}

static void send_queued(struct tcp *tcp)
{
	for (size_t i = 0; i < TRANSPORT_CONNECTIONS_MAX; i++) {
		struct connection *c = tcp->connections[i];

		while (c && connection_can_send(c, tcp->base.window)) {
			uint64_t due_ns;
			struct transaction *next = transport_next(&tcp->base, 0, &due_ns);

			if (!next) {
				return;
			}
			transport_take(&tcp->base, next);
			connection_send(c, next);
		}
	}
}

static void kick(struct transport *t)
{
	struct tcp *tcp = (struct tcp *)t;
	struct transaction *next;
	uint64_t due_ns;

	if (tcp->leaving) {
		return;
	}
	send_queued(tcp);
	next = transport_next(t, 0, &due_ns);
	if (next && wants_connection(tcp)) {
		resolve_or_connect(tcp, next->timeout_ms);
	}
	arm(tcp);
}

static void forget(struct transport *t, struct transaction *sent)
{
	struct tcp *tcp = (struct tcp *)t;

	for (size_t i = 0; i < TRANSPORT_CONNECTIONS_MAX; i++) {
		if (tcp->connections[i] && connection_forget(tcp->connections[i], sent)) {
			return;
		}
	}
}

/* ---- life ---- */

static int tcp_new(struct transport **out, const struct driver_env *env,
                   const struct address *address)
{
	struct tcp *tcp = calloc(1, sizeof(*tcp));
	int err;

	if (!tcp) {
		return -ENOMEM;
	}
	err = uv_timer_init(env->loop, &tcp->timer);
	if (err) {
		free(tcp);
		return err;
	}
	tcp->timer.data = tcp;
	tcp->resolve.done = on_resolved;
	tcp->resolve.arg = tcp;
	tcp->n_handles = 1;
	*out = &tcp->base;
	return 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
	on_handle_gone(handle->data);
}

static void tcp_free(struct transport *t)
{
	struct tcp *tcp = (struct tcp *)t;

	tcp->leaving = true;
	for (size_t i = 0; i < TRANSPORT_CONNECTIONS_MAX; i++) {
		if (tcp->connections[i]) {
			connection_close(tcp->connections[i]);
		}
	}
	resolve_cancel(&tcp->resolve);
	uv_close((uv_handle_t *)&tcp->timer, on_timer_closed);
}

const struct transport_kind transport_tcp = {
	.new = tcp_new,
	.kick = kick,
	.forget = forget,
	.free = tcp_free,
};
