/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	BACKLOG = 16,
	LATE_MS = 5, /* how often late answers are looked at */
	IN_MAX = 4 * PDU_ADU_MAX,
	OUT_MAX = 16 * PDU_ADU_MAX,
	PDU_READ_WRITE = 23,
	READ_WRITE_HEAD = 10, /* bytes before the registers to write */
	READ_WRITE_MAX = 121, /* registers that function 23 writes at most */
};

/* One master.  Answers are gathered in one buffer while the other is on its way. */
struct client {
	uv_tcp_t tcp;
	uv_write_t write;
	struct server *server;
	bool closing, writing;
	uint8_t gathering; /* index of the buffer that takes answers */
	uint64_t since_ms; /* of the write under way */
	uint64_t due_ms;   /* of an answer that is late; 0: none is */
	size_t n_in, n_out;
	uint8_t in[IN_MAX], out[2][OUT_MAX];
};

struct server {
	uv_tcp_t tcp;
	uv_timer_t timer; /* looks for masters that do not read */
	uv_timer_t late;  /* runs while an answer is late */
	struct server_hooks hooks;
	struct server_stats stats;
	struct client *clients[SERVER_CLIENTS_MAX];
	uint16_t port;
	bool closing;
	size_t handles; /* that are not closed yet; the last one frees */
};

static void handle_closed(struct server *s)
{
	if (--s->handles == 0) {
		free(s);
	}
}

static void on_client_closed(uv_handle_t *handle)
{
	struct client *c = handle->data;
	struct server *s = c->server;

	for (size_t i = 0; i < SERVER_CLIENTS_MAX; i++) {
		if (s->clients[i] == c) {
			s->clients[i] = NULL;
			s->stats.clients--;
		}
	}
	free(c);
	handle_closed(s);
}

static void client_close(struct client *c)
{
	if (!c->closing) {
		c->closing = true;
		uv_close((uv_handle_t *)&c->tcp, on_client_closed);
	}
}

static void client_cut(struct client *c)
{
	c->server->stats.cut += !c->closing;
	client_close(c);
}

/* Requests to accesses.  Each returns the bytes of the answer in pdu. */

static uint8_t run_access(struct server *s, struct server_access *a)
{
	return s->hooks.access(s->hooks.arg, a);
}

static size_t read_registers(struct server *s, uint8_t unit, const struct pdu_request *r,
                             uint8_t *pdu)
{
	uint16_t words[PDU_READ_REGISTERS_MAX];
	struct server_access a = {.unit = unit,
	                          .table = r->function == PDU_READ_INPUT ? MODBUS_INPUT
	                                                                 : MODBUS_HOLDING,
	                          .address = r->address,
	                          .count = r->count,
	                          .words = words};
	uint8_t code = run_access(s, &a);

	return code ? pdu_answer_exception(pdu, r->function, code)
	            : pdu_answer_registers(pdu, r, words);
}

static size_t read_bits(struct server *s, uint8_t unit, const struct pdu_request *r,
                        uint8_t *pdu)
{
	bool bits[PDU_READ_BITS_MAX];
	struct server_access a = {
		.unit = unit,
		.table = r->function == PDU_READ_COILS ? MODBUS_COIL : MODBUS_DISCRETE,
		.address = r->address,
		.count = r->count,
		.bits = bits};
	uint8_t code = run_access(s, &a);

	return code ? pdu_answer_exception(pdu, r->function, code)
	            : pdu_answer_bits(pdu, r, bits);
}

static uint8_t write_words(struct server *s, uint8_t unit, const struct pdu_request *r)
{
	uint16_t words[PDU_WRITE_REGISTERS_MAX];
	struct server_access a = {.unit = unit,
	                          .table = MODBUS_HOLDING,
	                          .address = r->address,
	                          .count = r->count,
	                          .write = true,
	                          .words = words};

	for (size_t i = 0; i < r->count; i++) {
		words[i] = pdu_register(r->data, i);
	}
	return run_access(s, &a);
}

static uint8_t write_bits(struct server *s, uint8_t unit, const struct pdu_request *r)
{
	bool bits[PDU_WRITE_BITS_MAX];
	struct server_access a = {.unit = unit,
	                          .table = MODBUS_COIL,
	                          .address = r->address,
	                          .count = r->count,
	                          .write = true,
	                          .bits = bits};

	for (size_t i = 0; i < r->count; i++) {
		bits[i] = pdu_bit(r->data, i);
	}
	return run_access(s, &a);
}

/* Result = (current AND and_mask) OR (or_mask AND NOT and_mask). */
static uint8_t mask_word(struct server *s, uint8_t unit, const struct pdu_request *r)
{
	uint16_t word = 0, and_mask = pdu_register(r->data, 0);
	uint16_t or_mask = pdu_register(r->data, 1);
	struct server_access a = {.unit = unit,
	                          .table = MODBUS_HOLDING,
	                          .address = r->address,
	                          .count = 1,
	                          .words = &word};
	uint8_t code = run_access(s, &a);

	if (code) {
		return code;
	}
	word = (uint16_t)((word & and_mask) | (or_mask & ~and_mask));
	a.write = true;
	return run_access(s, &a);
}

/* Function 23 writes first, then reads; both parts are checked before either. */
static size_t read_write(struct server *s, uint8_t unit, const uint8_t *in, size_t n,
                         uint8_t *pdu)
{
	struct pdu_request read = {.function = PDU_READ_WRITE}, write = read;
	uint16_t words[PDU_READ_REGISTERS_MAX];
	struct server_access probe = {
		.unit = unit, .table = MODBUS_HOLDING, .words = words};
	uint8_t code;

	if (n < READ_WRITE_HEAD) {
		return pdu_answer_exception(pdu, PDU_READ_WRITE, PDU_ILLEGAL_VALUE);
	}
	read.address = pdu_register(in + 1, 0);
	read.count = pdu_register(in + 1, 1);
	write.address = pdu_register(in + 1, 2);
	write.count = pdu_register(in + 1, 3);
	write.data = in + READ_WRITE_HEAD;
	if (read.count < 1 || read.count > PDU_READ_REGISTERS_MAX || write.count < 1 ||
	    write.count > READ_WRITE_MAX || in[9] != 2 * write.count ||
	    n != READ_WRITE_HEAD + 2U * write.count) {
		return pdu_answer_exception(pdu, PDU_READ_WRITE, PDU_ILLEGAL_VALUE);
	}
	if (read.address + read.count > 65536 || write.address + write.count > 65536) {
		return pdu_answer_exception(pdu, PDU_READ_WRITE, PDU_ILLEGAL_ADDRESS);
	}
	probe.address = read.address;
	probe.count = read.count;
	code = run_access(s, &probe);
	code = code ? code : write_words(s, unit, &write);
	code = code ? code : run_access(s, &probe);
	return code ? pdu_answer_exception(pdu, PDU_READ_WRITE, code)
	            : pdu_answer_registers(pdu, &read, words);
}

static size_t carry_out(struct server *s, uint8_t unit, const struct pdu_request *r,
                        uint8_t *pdu)
{
	uint8_t code = PDU_ILLEGAL_FUNCTION;

	switch (r->function) {
	case PDU_READ_COILS:
	case PDU_READ_DISCRETE:
		return read_bits(s, unit, r, pdu);
	case PDU_READ_HOLDING:
	case PDU_READ_INPUT:
		return read_registers(s, unit, r, pdu);
	case PDU_WRITE_COIL:
	case PDU_WRITE_COILS:
		code = write_bits(s, unit, r);
		break;
	case PDU_WRITE_REGISTER:
	case PDU_WRITE_REGISTERS:
		code = write_words(s, unit, r);
		break;
	case PDU_MASK_REGISTER:
		code = mask_word(s, unit, r);
		break;
	default:
		break;
	}
	return code ? pdu_answer_exception(pdu, r->function, code)
	            : pdu_answer_write(pdu, r);
}

static size_t answer(struct server *s, const struct pdu_frame *f, uint8_t *pdu)
{
	struct pdu_request request;
	int code;

	if (f->pdu[0] == PDU_READ_WRITE) {
		return read_write(s, f->unit, f->pdu, f->n, pdu);
	}
	code = pdu_parse_request(&request, f->pdu, f->n);
	return code ? pdu_answer_exception(pdu, f->pdu[0], (uint8_t)code)
	            : carry_out(s, f->unit, &request, pdu);
}

/* Masters */

/* @return false where the connection goes */
static bool client_answer(struct client *c, const struct pdu_frame *f)
{
	struct server *s = c->server;
	enum server_verdict verdict = SERVER_ANSWER;
	uint8_t code = PDU_DEVICE_FAILURE;
	uint8_t *adu = c->out[c->gathering] + c->n_out, *pdu = adu + PDU_MBAP;
	size_t n;

	s->stats.requests++;
	if (s->hooks.judge) {
		verdict = s->hooks.judge(s->hooks.arg, f->unit, &code);
	}
	if (verdict == SERVER_CLOSE) {
		client_close(c);
		return false;
	}
	if (verdict == SERVER_SILENCE) {
		return true;
	}
	n = verdict == SERVER_EXCEPTION ? pdu_answer_exception(pdu, f->pdu[0], code)
	                                : answer(s, f, pdu);
	pdu_put_mbap(adu, f->transaction, f->unit, n);
	if (s->hooks.garble) {
		s->hooks.garble(s->hooks.arg, f->unit, adu, PDU_MBAP + n);
	}
	c->n_out += PDU_MBAP + n;
	s->stats.answers++;
	s->stats.exceptions += pdu[0] >> 7;
	return true;
}

static void on_late(uv_timer_t *timer);

/* Is it not yet time to answer?  Asked again until it is. */
static bool is_late(struct client *c, uint8_t unit)
{
	struct server *s = c->server;
	uint64_t now_ms = uv_now(c->tcp.loop);
	uint32_t ms;

	if (c->due_ms == 0) {
		ms = s->hooks.late_ms ? s->hooks.late_ms(s->hooks.arg, unit) : 0;
		if (ms == 0) {
			return false;
		}
		c->due_ms = now_ms + ms;
		uv_timer_start(&s->late, on_late, LATE_MS, LATE_MS);
	}
	if (now_ms < c->due_ms) {
		return true;
	}
	c->due_ms = 0;
	return false;
}

/* Answer the requests there, as many as have room for their answers. */
static void client_work(struct client *c)
{
	size_t taken = 0;

	while (OUT_MAX - c->n_out >= PDU_ADU_MAX) {
		struct pdu_frame f;
		int n = pdu_take_frame(&f, c->in + taken, c->n_in - taken,
		                       PDU_REQUEST_MIN);

		if (n < 0) {
			client_cut(c);
			return;
		}
		if (n == 0 || is_late(c, f.unit)) {
			break;
		}
		taken += (size_t)n;
		if (!client_answer(c, &f)) {
			return;
		}
	}
	c->n_in -= taken;
	memmove(c->in, c->in + taken, c->n_in);
}

static void client_pump(struct client *c);

static void on_written(uv_write_t *write, int status)
{
	struct client *c = write->data;

	c->writing = false;
	if (status < 0) {
		client_close(c);
	} else {
		client_pump(c);
	}
}

static void client_send(struct client *c)
{
	uv_buf_t buf = uv_buf_init((char *)c->out[c->gathering], (unsigned)c->n_out);

	c->write.data = c;
	if (uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_written) < 0) {
		client_close(c);
		return;
	}
	c->writing = true;
	c->since_ms = uv_now(c->tcp.loop);
	c->gathering = !c->gathering;
	c->n_out = 0;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct client *c = handle->data;

	*buf = uv_buf_init((char *)c->in + c->n_in, (unsigned)(IN_MAX - c->n_in));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct client *c = stream->data;

	if (n < 0) {
		client_close(c);
		return;
	}
	c->n_in += (size_t)n;
	client_pump(c);
}

/* Answer, send, and read on only while there is room: a slow reader is not read from. */
static void client_pump(struct client *c)
{
	if (c->closing) {
		return;
	}
	client_work(c);
	if (!c->closing && !c->writing && c->n_out > 0) {
		client_send(c);
	}
	if (c->closing) {
		return;
	}
	if (c->n_in == IN_MAX) {
		uv_read_stop((uv_stream_t *)&c->tcp);
	} else {
		/* UV_EALREADY where it was never stopped. */
		uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
	}
}

static void on_late(uv_timer_t *timer)
{
	struct server *s = timer->data;
	bool waiting = false;

	for (size_t i = 0; i < SERVER_CLIENTS_MAX; i++) {
		struct client *c = s->clients[i];

		if (c && c->due_ms > 0) {
			client_pump(c);
			waiting = waiting || (!c->closing && c->due_ms > 0);
		}
	}
	if (!waiting) {
		uv_timer_stop(timer);
	}
}

static void on_look(uv_timer_t *timer)
{
	struct server *s = timer->data;
	uint64_t now_ms = uv_now(timer->loop);

	for (size_t i = 0; i < SERVER_CLIENTS_MAX; i++) {
		struct client *c = s->clients[i];

		if (c && c->writing && now_ms - c->since_ms > SERVER_STALL_MS) {
			client_cut(c);
		}
	}
}

/* A slot, or none: the connection is then accepted to be closed. */
static struct client **free_slot(struct server *s)
{
	for (size_t i = 0; i < SERVER_CLIENTS_MAX; i++) {
		if (!s->clients[i]) {
			return &s->clients[i];
		}
	}
	return NULL;
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct server *s = listener->data;
	struct client **slot = free_slot(s);
	struct client *c = status < 0 ? NULL : calloc(1, sizeof(*c));

	if (!c) {
		return;
	}
	c->server = s;
	c->tcp.data = c;
	if (uv_tcp_init(listener->loop, &c->tcp)) {
		free(c);
		return;
	}
	s->handles++;
	if (!slot) {
		s->stats.refused++;
	} else {
		*slot = c;
		s->stats.clients++;
	}
	if (uv_accept(listener, (uv_stream_t *)&c->tcp) || !slot) {
		client_close(c);
		return;
	}
	s->stats.accepted++;
	uv_tcp_nodelay(&c->tcp, 1);
	if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read)) {
		client_close(c);
	}
}

/* Life */

static uint16_t bound_port(const uv_tcp_t *tcp)
{
	struct sockaddr_storage address;
	int n = sizeof(address);

	if (uv_tcp_getsockname(tcp, (struct sockaddr *)&address, &n)) {
		return 0;
	}
	return ntohs(address.ss_family == AF_INET6
	                     ? ((struct sockaddr_in6 *)&address)->sin6_port
	                     : ((struct sockaddr_in *)&address)->sin_port);
}

int server_open(struct server **out, uv_loop_t *loop, const struct sockaddr *address,
                const struct server_hooks *hooks)
{
	struct server *s = calloc(1, sizeof(*s));
	int err;

	if (!s) {
		return -ENOMEM;
	}
	s->hooks = *hooks;
	err = uv_timer_init(loop, &s->timer);
	if (err) {
		free(s);
		return err;
	}
	uv_timer_init(loop, &s->late);
	s->handles = 2;
	s->timer.data = s->late.data = s;
	err = uv_tcp_init(loop, &s->tcp);
	if (err) {
		goto fail;
	}
	s->handles++;
	s->tcp.data = s;
	err = uv_tcp_bind(&s->tcp, address, 0);
	err = err ? err : uv_listen((uv_stream_t *)&s->tcp, BACKLOG, on_connection);
	if (err) {
		goto fail;
	}
	s->port = bound_port(&s->tcp);
	uv_timer_start(&s->timer, on_look, SERVER_STALL_MS / 5, SERVER_STALL_MS / 5);
	*out = s;
	return 0;

fail:
	server_close(s); /* copes with a half-built server */
	return err;
}

uint16_t server_port(const struct server *s)
{
	return s->port;
}

struct server_stats server_stats(const struct server *s)
{
	return s->stats;
}

static void on_closed(uv_handle_t *handle)
{
	handle_closed(handle->data);
}

void server_close(struct server *s)
{
	if (!s || s->closing) {
		return;
	}
	s->closing = true;
	for (size_t i = 0; i < SERVER_CLIENTS_MAX; i++) {
		if (s->clients[i]) {
			client_close(s->clients[i]);
		}
	}
	if (s->tcp.data) {
		uv_close((uv_handle_t *)&s->tcp, on_closed);
	}
	uv_close((uv_handle_t *)&s->timer, on_closed);
	uv_close((uv_handle_t *)&s->late, on_closed);
}
