/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* In a row, without a byte of Modbus between: then the connection is made anew.
	 * Five timeouts late is late, not lost. */
	TIMEOUTS_MAX = 6,
	IDS_REMEMBERED = 32768, /* an answer to an older one is an answer to nothing */
	ABANDONED_MAX = 64,     /* ids that must not be used again so soon */
	KEEPALIVE_S = 30,
};

struct connection {
	struct transport *transport;
	const struct connection_events *events;
	void *arg; /* theirs */
	enum connection_state state;
	enum reason broken; /* to be lost as soon as the loop runs; or REASON_NONE */
	uv_tcp_t tcp;
	uv_connect_t connecting;
	uint64_t connect_deadline_ns;
	uint64_t pause_until_ns;
	unsigned int n_timeouts, timeouts_max; /* in a row */
	bool heard;
	uint64_t heard_ns; /* the last frame, also a late one */
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
	return c->transport->env.now_ns();
}

enum connection_state connection_state(const struct connection *c)
{
	return c->state;
}

/* ---- ends ---- */

static void on_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;

	c->state = CONNECTION_CLOSED;
	c->events->closed(c->arg); /* may free it */
}

void connection_close(struct connection *c)
{
	if (c->state == CONNECTION_CONNECTING || c->state == CONNECTION_READY) {
		c->state = CONNECTION_CLOSING;
		uv_close((uv_handle_t *)&c->tcp, on_closed);
	}
}

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
	transport_finish(c->transport, t, answer);
}

static enum connection_use use_of(const struct connection *c)
{
	if (c->state == CONNECTION_CONNECTING) {
		return CONNECTION_NEVER_READY;
	}
	if (c->n_ids == 0) {
		return CONNECTION_NEVER_ASKED;
	}
	return c->heard ? CONNECTION_USED : CONNECTION_NEVER_HEARD;
}

/* The connection is of no further use: all that is on the way ends for this reason. */
static void lose(struct connection *c, enum reason reason)
{
	const struct answer answer = {
		.reason = reason, .sent = true, .received_ns = now_ns(c)};
	enum connection_use use = use_of(c);

	connection_close(c);
	while (c->n_sent > 0) {
		finish_sent(c, 0, &answer);
	}
	c->events->ended(c->arg, reason, use);
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
	if (c->n_timeouts >= c->timeouts_max && c->state == CONNECTION_READY) {
		lose(c, REASON_TIMEOUT);
	}
}

/* After a stall of the loop timers run before the sockets are read, where the answer may
 * lie in time: so a deadline counts from the second look on. */
static void time_out_overdue(struct connection *c)
{
	uint64_t at_ns = now_ns(c);

	for (size_t i = 0; i < c->n_sent && c->state == CONNECTION_READY;) {
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

void connection_look(struct connection *c)
{
	if (c->state != CONNECTION_CONNECTING && c->state != CONNECTION_READY) {
		return;
	}
	if (c->broken) {
		lose(c, c->broken);
	} else if (c->state == CONNECTION_READY) {
		time_out_overdue(c);
	} else if (now_ns(c) >= c->connect_deadline_ns) {
		lose(c, REASON_TIMEOUT);
	}
}

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

uint64_t connection_due_ns(const struct connection *c)
{
	uint64_t due_ns = UINT64_MAX;

	if (c->state != CONNECTION_CONNECTING && c->state != CONNECTION_READY) {
		return UINT64_MAX;
	}
	if (c->broken) {
		return 0;
	}
	if (c->state == CONNECTION_CONNECTING) {
		return c->connect_deadline_ns;
	}
	for (size_t i = 0; i < c->n_sent; i++) {
		due_ns = earlier(due_ns, c->sent[i]->deadline_ns);
	}
	if (c->transport->queue && c->pause_until_ns > now_ns(c)) {
		due_ns = earlier(due_ns, c->pause_until_ns);
	}
	return due_ns;
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
	c->timeouts_max = TIMEOUTS_MAX;
	c->heard = true;
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
		transport_count_late(c->transport, frame->unit);
	} else {
		lose(c, REASON_MISMATCH);
	}
}

static void take_bytes(struct connection *c)
{
	size_t at = 0;

	while (c->state == CONNECTION_READY) {
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

	if (c->state != CONNECTION_READY || n == 0) {
		return;
	}
	transport_begin(c->transport);
	if (n < 0) {
		lose(c, REASON_RESET);
	} else {
		c->n_in += (size_t)n;
		take_bytes(c);
	}
	transport_end(c->transport);
}

/* ---- connecting ---- */

static enum reason reason_of_status(int status)
{
	return status == UV_ETIMEDOUT ? REASON_TIMEOUT : REASON_REFUSED;
}

static void on_connected(uv_connect_t *connecting, int status)
{
	struct connection *c = connecting->data;

	if (c->state != CONNECTION_CONNECTING) {
		return; /* given up meanwhile */
	}
	transport_begin(c->transport);
	if (!status) {
		uv_tcp_nodelay(&c->tcp, 1);
		uv_tcp_keepalive(&c->tcp, 1, KEEPALIVE_S);
		status = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
	}
	if (status) {
		lose(c, reason_of_status(status));
	} else {
		c->state = CONNECTION_READY;
		c->events->ready(c->arg);
	}
	transport_end(c->transport);
}

int connection_open(struct connection *c, const struct sockaddr_storage *peer,
                    uint64_t deadline_ns, bool further)
{
	int err = uv_tcp_init(c->transport->env.loop, &c->tcp);

	if (err) {
		return err;
	}
	c->tcp.data = c;
	c->connecting.data = c;
	c->state = CONNECTION_CONNECTING;
	c->connect_deadline_ns = deadline_ns;
	c->broken = REASON_NONE;
	c->n_in = 0;
	c->n_ids = 0;
	c->n_abandoned = 0;
	c->n_timeouts = 0;
	c->timeouts_max = further ? 1 : TIMEOUTS_MAX;
	c->heard = false;
	err = uv_tcp_connect(&c->connecting, &c->tcp, (const struct sockaddr *)peer,
	                     on_connected);
	if (err) {
		c->broken = reason_of_status(err);
	}
	return 0;
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
void connection_send(struct connection *c, struct transaction *t)
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

bool connection_is_proven(const struct connection *c)
{
	return c->state == CONNECTION_READY && c->heard;
}

bool connection_can_send(const struct connection *c, size_t window)
{
	return c->state == CONNECTION_READY && !c->broken && c->n_sent < window &&
	       c->pause_until_ns <= now_ns(c);
}

bool connection_forget(struct connection *c, const struct transaction *t)
{
	for (size_t i = 0; i < c->n_sent; i++) {
		if (c->sent[i] == t) {
			abandon(c, t);
			drop_sent(c, i);
			return true;
		}
	}
	return false;
}

/* ---- life ---- */

int connection_new(struct connection **out, struct transport *transport,
                   const struct connection_events *events, void *arg)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c) {
		return -ENOMEM;
	}
	c->transport = transport;
	c->events = events;
	c->arg = arg;
	*out = c;
	return 0;
}

void connection_free(struct connection *c)
{
	free(c);
}
