/* SPDX-License-Identifier: Apache-2.0 */
/* Modbus TCP on uv_tcp: one connection, a window of requests, no allocation per request.
 * An answer belongs to the request whose transaction id it carries; one whose request was
 * given up is dropped, and the connection stays. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/resolve.h"
#include "drivers/modbus/transport.h"

enum {
	/* In a row, without a byte of Modbus between: then the connection is made anew.
	 * Five timeouts late is late, not lost. */
	TIMEOUTS_MAX = 6,
	IDS_REMEMBERED = 32768, /* an answer to an older one is an answer to nothing */
	ABANDONED_MAX = 64,     /* ids that must not be used again so soon */
	KEEPALIVE_S = 30,
};

enum state {
	STATE_IDLE,
	STATE_RESOLVING,
	STATE_CONNECTING,
	STATE_READY,
	STATE_CLOSING, /* until the handle may be used again */
};

struct connection {
	struct transport base; /* first */
	enum state state;
	bool leaving;           /* nobody uses it any more */
	bool in_callback;       /* kick() is done at its end */
	enum reason broken;     /* to be lost as soon as the loop runs; or REASON_NONE */
	unsigned int n_handles; /* that libuv holds: freed at 0 */
	uv_tcp_t tcp;
	uv_timer_t timer; /* for the next of all deadlines */
	uv_connect_t connecting;
	struct resolve resolve;
	uint64_t connect_deadline_ns;
	uint64_t pause_until_ns;
	unsigned int n_timeouts; /* in a row */
	uint64_t heard_ns;       /* the last frame, also a late one */
	uint16_t next_id;
	uint32_t n_ids; /* sent on this connection, up to IDS_REMEMBERED */
	uint16_t abandoned[ABANDONED_MAX]; /* a ring: their answers may still come */
	size_t n_abandoned;                /* ever, on this connection */
	struct transaction *sent[TRANSPORT_WINDOW_MAX]; /* in order of sending */
	size_t n_sent;
	size_t n_in;
	uint8_t in[TRANSPORT_WINDOW_MAX * PDU_ADU_MAX];
};

static uint64_t now_ns(const struct connection *c)
{
	return c->base.env.now_ns();
}

static void kick(struct transport *t);

/* ---- handles ---- */

static void on_handle_gone(struct connection *c)
{
	c->n_handles--;
	if (c->n_handles == 0) {
		free(c);
	}
}

static void on_timer_closed(uv_handle_t *handle)
{
	on_handle_gone(handle->data);
}

static void on_tcp_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;

	c->state = STATE_IDLE;
	if (c->leaving) {
		on_handle_gone(c);
		return;
	}
	c->n_handles--;
	kick(&c->base);
}

static void close_tcp(struct connection *c)
{
	c->state = STATE_CLOSING;
	c->n_in = 0;
	c->n_ids = 0;
	c->n_abandoned = 0;
	c->n_timeouts = 0;
	uv_close((uv_handle_t *)&c->tcp, on_tcp_closed);
}

/* ---- deadlines ---- */

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

static uint64_t next_deadline_ns(const struct connection *c, uint64_t at_ns)
{
	uint64_t next_ns = UINT64_MAX;

	if (c->broken) {
		return at_ns;
	}
	if (c->state == STATE_RESOLVING || c->state == STATE_CONNECTING) {
		return c->connect_deadline_ns;
	}
	for (size_t i = 0; i < c->n_sent; i++) {
		next_ns = earlier(next_ns, c->sent[i]->deadline_ns);
	}
	if (c->base.queue && c->pause_until_ns > at_ns) {
		next_ns = earlier(next_ns, c->pause_until_ns);
	}
	return next_ns;
}

static void on_timer(uv_timer_t *timer);

static void arm(struct connection *c)
{
	uint64_t at_ns = now_ns(c);
	uint64_t next_ns = next_deadline_ns(c, at_ns);

	if (c->leaving) {
		return;
	}
	if (next_ns == UINT64_MAX) {
		uv_timer_stop(&c->timer);
		return;
	}
	/* At least 1 ms, so that the sockets are looked at before the timers again. */
	uv_timer_start(&c->timer, on_timer,
	               next_ns > at_ns ? (next_ns - at_ns) / 1000000 + 1 : 1, 0);
}

/* ---- ends ---- */

static void drop_sent(struct connection *c, size_t i)
{
	c->n_sent--;
	for (; i < c->n_sent; i++) {
		c->sent[i] = c->sent[i + 1];
	}
}

static void finish_sent(struct connection *c, size_t i, const struct answer *answer)
{
	struct transaction *t = c->sent[i];

	drop_sent(c, i);
	if (t->pause_ms) {
		c->pause_until_ns = answer->received_ns + t->pause_ms * UINT64_C(1000000);
	}
	transport_finish(t, answer);
}

/* The connection is of no further use: all that is on the way ends for this reason.  What
 * is queued goes on a new one, but for a peer that hangs up before it was asked. */
static void lose(struct connection *c, enum reason reason)
{
	const struct answer answer = {
		.reason = reason, .sent = true, .received_ns = now_ns(c)};
	bool unasked = c->n_ids == 0;

	c->broken = REASON_NONE;
	close_tcp(c);
	while (c->n_sent > 0) {
		finish_sent(c, 0, &answer);
	}
	if (unasked) {
		transport_fail_queue(&c->base, reason, now_ns(c));
	}
}

static enum reason reason_of_status(int status)
{
	return status == UV_ETIMEDOUT ? REASON_TIMEOUT : REASON_REFUSED;
}

/* No connection: nobody in the queue needs to wait for another attempt. */
static void fail_connect(struct connection *c, enum reason reason)
{
	resolve_blame(&c->resolve);
	c->broken = REASON_NONE;
	if (c->state == STATE_CONNECTING) {
		close_tcp(c);
	} else {
		c->state = STATE_IDLE;
	}
	transport_fail_queue(&c->base, reason, now_ns(c));
}

static void abandon(struct connection *c, const struct transaction *t)
{
	c->abandoned[c->n_abandoned++ % ABANDONED_MAX] = t->id;
}

static void time_out(struct connection *c, size_t i)
{
	const struct answer answer = {
		.reason = REASON_TIMEOUT, .sent = true, .received_ns = now_ns(c)};

	/* A window of requests that were all sent into one silence counts once. */
	if (c->sent[i]->sent_ns >= c->heard_ns) {
		c->heard_ns = answer.received_ns;
		c->n_timeouts++;
	}
	abandon(c, c->sent[i]);
	finish_sent(c, i, &answer);
	if (c->n_timeouts >= TIMEOUTS_MAX && c->state == STATE_READY) {
		lose(c, REASON_TIMEOUT);
	}
}

/* After a stall of the loop timers run before the sockets are read, where the answer may
 * lie in time: so a deadline counts from the second look on. */
static void time_out_overdue(struct connection *c)
{
	uint64_t at_ns = now_ns(c);

	for (size_t i = 0; i < c->n_sent && c->state == STATE_READY;) {
		struct transaction *t = c->sent[i];

		if (t->deadline_ns > at_ns) {
			i++;
		} else if (!t->overdue) {
			t->overdue = true;
			i++;
		} else {
			time_out(c, i);
		}
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct connection *c = timer->data;

	c->in_callback = true;
	if (c->state == STATE_RESOLVING || c->state == STATE_CONNECTING) {
		if (c->broken) {
			fail_connect(c, c->broken);
		} else if (now_ns(c) >= c->connect_deadline_ns) {
			fail_connect(c, REASON_TIMEOUT);
		}
	} else if (c->state == STATE_READY && c->broken) {
		lose(c, c->broken);
	} else {
		time_out_overdue(c);
	}
	c->in_callback = false;
	kick(&c->base);
}

/* ---- answers ---- */

/* Was the id given to a request on this connection, not too long ago? */
static bool was_sent(const struct connection *c, uint16_t id)
{
	return (uint16_t)(c->next_id - 1 - id) < c->n_ids;
}

static void note_life(struct connection *c)
{
	c->n_timeouts = 0;
	c->heard_ns = now_ns(c);
}

static void take_answer(struct connection *c, size_t i, const struct pdu_frame *frame)
{
	struct transaction *t = c->sent[i];
	struct answer answer = {.sent = true, .received_ns = now_ns(c)};

	if (frame->unit != t->unit ||
	    (frame->pdu[0] & ~PDU_EXCEPTION) != t->request.function) {
		lose(c, REASON_MISMATCH); /* a live id, and still of something else */
		return;
	}
	note_life(c);
	t->stats->bytes_in += PDU_MBAP + frame->n;
	answer.reason = pdu_check_answer(&t->request, frame->pdu, frame->n, &answer.data,
	                                 &answer.code);
	finish_sent(c, i, &answer);
}

static void take_frame(struct connection *c, const struct pdu_frame *frame)
{
	for (size_t i = 0; i < c->n_sent; i++) {
		if (c->sent[i]->id == frame->transaction) {
			take_answer(c, i, frame);
			return;
		}
	}
	if (was_sent(c, frame->transaction)) {
		note_life(c);
		transport_count_late(&c->base, frame->unit);
	} else {
		lose(c, REASON_MISMATCH);
	}
}

static void take_bytes(struct connection *c)
{
	size_t at = 0;

	while (c->state == STATE_READY) {
		struct pdu_frame frame;
		int n = pdu_take_frame(&frame, c->in + at, c->n_in - at, PDU_ANSWER_MIN);

		if (n < 0) {
			lose(c, REASON_MISMATCH);
		} else if (n == 0) {
			memmove(c->in, c->in + at, c->n_in - at);
			c->n_in -= at;
			return;
		} else {
			at += (size_t)n;
			take_frame(c, &frame);
		}
	}
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct connection *c = handle->data;

	/* Room for a whole window; less than one ADU of it is ever left over. */
	*buf = uv_buf_init((char *)c->in + c->n_in,
	                   (unsigned int)(sizeof(c->in) - c->n_in));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct connection *c = stream->data;

	if (c->state != STATE_READY || n == 0) {
		return;
	}
	c->in_callback = true;
	if (n < 0) {
		lose(c, REASON_RESET);
	} else {
		c->n_in += (size_t)n;
		take_bytes(c);
	}
	c->in_callback = false;
	kick(&c->base);
}

/* ---- connecting ---- */

static void on_connected(uv_connect_t *connecting, int status)
{
	struct connection *c = connecting->data;

	if (c->state != STATE_CONNECTING) {
		return; /* given up meanwhile */
	}
	c->in_callback = true;
	if (!status) {
		uv_tcp_nodelay(&c->tcp, 1);
		uv_tcp_keepalive(&c->tcp, 1, KEEPALIVE_S);
		status = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
	}
	if (status) {
		fail_connect(c, reason_of_status(status));
	} else {
		c->state = STATE_READY;
		resolve_praise(&c->resolve);
	}
	c->in_callback = false;
	kick(&c->base);
}

static void fail_soon(struct connection *c, enum reason reason)
{
	c->broken = reason;
	arm(c);
}

static void start_connect(struct connection *c)
{
	int err = uv_tcp_init(c->base.env.loop, &c->tcp);

	if (err) {
		c->state = STATE_RESOLVING; /* there is no handle to close */
		fail_soon(c, REASON_REFUSED);
		return;
	}
	c->n_handles++;
	c->tcp.data = c;
	c->connecting.data = c;
	c->state = STATE_CONNECTING;
	err = uv_tcp_connect(&c->connecting, &c->tcp, (struct sockaddr *)&c->resolve.peer,
	                     on_connected);
	if (err) {
		fail_soon(c, reason_of_status(err));
	}
}

static void on_resolved(void *arg, int err)
{
	struct connection *c = arg;

	c->in_callback = true;
	if (c->state == STATE_RESOLVING) {
		if (err) {
			fail_connect(c, REASON_REFUSED);
		} else {
			start_connect(c);
		}
	}
	c->in_callback = false;
	kick(&c->base);
}

static void resolve_or_connect(struct connection *c)
{
	int known;

	c->connect_deadline_ns = now_ns(c) +
	                         c->base.queue->timeout_ms * UINT64_C(1000000);
	c->state = STATE_RESOLVING;
	known = resolve_start(&c->resolve, c->base.env.loop, &c->base.address);
	if (known > 0) {
		start_connect(c);
	} else if (known < 0) {
		fail_soon(c, REASON_REFUSED);
	}
}

/* ---- requests ---- */

/* At thousands of requests a second all ids are used up in seconds, sooner than an answer
 * may come late: one that was given up is passed over. */
static bool is_abandoned(const struct connection *c, uint16_t id)
{
	for (size_t i = 0; i < c->n_abandoned && i < ABANDONED_MAX; i++) {
		if (c->abandoned[i] == id) {
			return true;
		}
	}
	return false;
}

static uint16_t take_id(struct connection *c)
{
	uint16_t id;

	do {
		id = c->next_id++;
		c->n_ids += c->n_ids < IDS_REMEMBERED;
	} while (is_abandoned(c, id));
	return id;
}

/* An ADU is small: a socket that does not take it whole at once belongs to a peer that
 * has not read for a long time. */
static void send_request(struct connection *c, struct transaction *t)
{
	uint8_t adu[PDU_ADU_MAX];
	size_t n = pdu_put_request(adu + PDU_MBAP, &t->request);
	uv_buf_t buf = uv_buf_init((char *)adu, (unsigned int)(PDU_MBAP + n));

	t->id = take_id(c);
	t->overdue = false;
	t->sent_ns = now_ns(c);
	t->deadline_ns = t->sent_ns + t->timeout_ms * UINT64_C(1000000);
	t->stats->requests++;
	t->stats->bytes_out += PDU_MBAP + n;
	c->sent[c->n_sent++] = t;
	pdu_put_mbap(adu, t->id, t->unit, n);
	if (uv_try_write((uv_stream_t *)&c->tcp, &buf, 1) != (int)buf.len) {
		c->broken = REASON_RESET;
	}
}

static void kick(struct transport *t)
{
	struct connection *c = (struct connection *)t;

	if (c->in_callback || c->leaving) {
		return;
	}
	if (c->state == STATE_IDLE && t->queue) {
		resolve_or_connect(c);
	}
	while (c->state == STATE_READY && !c->broken && t->queue &&
	       c->n_sent < t->window && c->pause_until_ns <= now_ns(c)) {
		struct transaction *first = t->queue;

		transport_take(t, first);
		send_request(c, first);
	}
	arm(c);
}

static void forget(struct transport *t, struct transaction *sent)
{
	struct connection *c = (struct connection *)t;

	for (size_t i = 0; i < c->n_sent; i++) {
		if (c->sent[i] == sent) {
			abandon(c, sent);
			drop_sent(c, i);
			return;
		}
	}
}

/* ---- life ---- */

static int tcp_new(struct transport **out, const struct driver_env *env,
                   const struct address *address)
{
	struct connection *c = calloc(1, sizeof(*c));
	int err;

	if (!c) {
		return -ENOMEM;
	}
	err = uv_timer_init(env->loop, &c->timer);
	if (err) {
		free(c);
		return err;
	}
	c->timer.data = c;
	c->resolve.done = on_resolved;
	c->resolve.arg = c;
	c->n_handles = 1;
	*out = &c->base;
	return 0;
}

static void tcp_free(struct transport *t)
{
	struct connection *c = (struct connection *)t;

	c->leaving = true;
	if (c->state == STATE_CONNECTING || c->state == STATE_READY) {
		close_tcp(c);
	}
	resolve_cancel(&c->resolve);
	uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

const struct transport_kind transport_tcp = {
	.new = tcp_new,
	.kick = kick,
	.forget = forget,
	.free = tcp_free,
};
