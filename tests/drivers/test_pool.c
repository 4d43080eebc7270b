/* SPDX-License-Identifier: Apache-2.0 */
/* Several connections to one address: opened as they are needed, and given up where the
 * peer does not want them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "drivers/modbus/transport.h"
#include "tests/drivers/peer.h"
#include "tests/loop_wait.h"

enum {
	UNIT = 9,
	SILENT_UNIT = 2,
	CLIENTS_MAX = 8,
	QUERIES = 12,
	TIMEOUT_MS = 20,
	PATIENCE_MS = 5000
};

struct field;

/* One connection as the peer sees it. */
struct client {
	uv_tcp_t tcp;
	struct field *field;
	bool open, silent;
	uint8_t in[PDU_ADU_MAX], held[PDU_ADU_MAX];
	size_t n_in, n_held; /* n_held: bytes of an answer kept back */
};

/* What the peer does with a connection, by its number. */
enum manners { SERVE, HANG_UP, NEVER_READ };

struct field {
	uv_loop_t loop;
	void *shared;
	struct driver_env env;
	uv_tcp_t listener;
	uint16_t port;
	struct client clients[CLIENTS_MAX];
	size_t n_clients; /* ever */
	enum manners manners[CLIENTS_MAX];
	size_t together; /* answers are kept back until so many are due */
	struct transport *transport;
	struct transport_user user;
	struct device_stats stats;
	uint32_t timeout_ms;
};

struct query {
	struct transaction t;
	bool done;
	enum reason reason;
	bool right;
};

static uint64_t now_ns(void)
{
	return uv_hrtime();
}

/* ---- the peer ---- */

static size_t n_open(const struct field *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_clients; i++) {
		n += f->clients[i].open;
	}
	return n;
}

static void hang_up(struct client *client)
{
	if (client->open) {
		uv_close((uv_handle_t *)&client->tcp, NULL);
	}
	client->open = false;
}

static void answer_all(struct field *f)
{
	for (size_t i = 0; i < f->n_clients; i++) {
		struct client *client = &f->clients[i];
		uv_buf_t buf = uv_buf_init((char *)client->held,
		                           (unsigned int)client->n_held);

		if (client->open && client->n_held > 0) {
			client->n_held = 0;
			assert_int_equal(
				uv_try_write((uv_stream_t *)&client->tcp, &buf, 1),
				buf.len);
		}
	}
}

static void on_request(struct client *client)
{
	struct field *f = client->field;
	size_t n_held = 0;

	client->n_held = peer_answer(client->held, client->in, client->n_in);
	for (size_t i = 0; i < f->n_clients; i++) {
		n_held += f->clients[i].n_held > 0;
	}
	if (n_held >= f->together) {
		answer_all(f);
	}
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct client *client = handle->data;

	*buf = uv_buf_init((char *)client->in + client->n_in,
	                   (unsigned int)(sizeof(client->in) - client->n_in));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct client *client = stream->data;

	if (n < 0) {
		hang_up(client);
		return;
	}
	client->n_in += (size_t)n;
	if (client->n_in == 12) { /* a read; the window is 1 */
		if (client->in[6] == UNIT) {
			on_request(client);
		}
		client->n_in = 0;
	}
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct field *f = listener->data;
	struct client *client = &f->clients[f->n_clients];

	assert_int_equal(status, 0);
	assert_true(f->n_clients < CLIENTS_MAX);
	assert_int_equal(uv_tcp_init(&f->loop, &client->tcp), 0);
	client->tcp.data = client;
	client->field = f;
	client->open = true;
	assert_int_equal(uv_accept(listener, (uv_stream_t *)&client->tcp), 0);
	if (f->manners[f->n_clients] == HANG_UP) {
		hang_up(client);
	} else if (f->manners[f->n_clients] == SERVE) {
		uv_read_start((uv_stream_t *)&client->tcp, on_alloc, on_read);
	}
	f->n_clients++;
}

/* ---- who asks ---- */

static void listen_at(struct field *f)
{
	struct sockaddr_in address;
	int n = sizeof(address);

	uv_ip4_addr("127.0.0.1", 0, &address);
	assert_int_equal(uv_tcp_init(&f->loop, &f->listener), 0);
	f->listener.data = f;
	assert_int_equal(uv_tcp_bind(&f->listener, (struct sockaddr *)&address, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&f->listener, 16, on_connection), 0);
	assert_int_equal(
		uv_tcp_getsockname(&f->listener, (struct sockaddr *)&address, &n), 0);
	f->port = ntohs(address.sin_port);
}

static void set_up(struct field *f, uint16_t connections)
{
	struct address address;
	const char *why = NULL;
	char text[64];

	memset(f, 0, sizeof(*f));
	assert_int_equal(uv_loop_init(&f->loop), 0);
	f->env = (struct driver_env){
		.loop = &f->loop, .now_ns = now_ns, .shared = &f->shared};
	f->timeout_ms = PATIENCE_MS;
	f->together = 1;
	listen_at(f);
	snprintf(text, sizeof(text), "tcp://127.0.0.1:%u", f->port);
	assert_int_equal(address_parse(&address, text, &why), 0);
	f->user = (struct transport_user){.stats = &f->stats,
	                                  .window = 1,
	                                  .connections = connections,
	                                  .unit = UNIT};
	assert_int_equal(transport_join(&f->transport, &f->env, &address, &f->user, &why),
	                 0);
}

static void tear_down(struct field *f)
{
	transport_leave(f->transport, &f->user);
	for (size_t i = 0; i < f->n_clients; i++) {
		hang_up(&f->clients[i]);
	}
	uv_close((uv_handle_t *)&f->listener, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
}

static void on_done(struct transaction *t, const struct answer *answer)
{
	struct query *q = t->arg;

	assert_false(q->done);
	q->done = true;
	q->reason = answer->reason;
	q->right = answer->data &&
	           pdu_register(answer->data, 0) == peer_register(t->request.address);
}

static void ask(struct field *f, struct query *q, uint16_t address)
{
	*q = (struct query){.t = {.request = {.function = PDU_READ_HOLDING,
	                                      .address = address,
	                                      .count = 1},
	                          .unit = UNIT,
	                          .rank = RANK_READ,
	                          .timeout_ms = f->timeout_ms,
	                          .stats = &f->stats,
	                          .done = on_done,
	                          .arg = q}};
	transport_submit(f->transport, &q->t);
	assert_false(q->done); /* never from within submit */
}

static void ask_many(struct field *f, struct query *queries)
{
	for (uint16_t i = 0; i < QUERIES; i++) {
		ask(f, &queries[i], (uint16_t)(100 * i));
	}
}

/* @return how many were answered, and rightly */
static size_t wait_for_all(struct field *f, const struct query *queries, size_t n)
{
	size_t n_right = 0;

	for (size_t i = 0; i < n; i++) {
		while (!queries[i].done) {
			loop_turn(&f->loop);
		}
		assert_true(queries[i].right || queries[i].reason != REASON_NONE);
		n_right += queries[i].right;
	}
	return n_right;
}

/* ---- the tests ---- */

static void requests_that_wait_open_further_connections(void **state)
{
	struct query queries[QUERIES];
	struct field f;

	(void)state;
	set_up(&f, 3);
	for (size_t i = 1; i <= 3; i++) {
		f.together = i; /* no answer before so many are asked at once */
		ask_many(&f, queries);
		assert_int_equal(wait_for_all(&f, queries, QUERIES), QUERIES);
	}
	assert_int_equal(f.n_clients, 3);
	assert_int_equal(n_open(&f), 3);
	tear_down(&f);
}

static void one_request_at_a_time_needs_one_connection(void **state)
{
	struct query q;
	struct field f;

	(void)state;
	set_up(&f, 4);
	for (uint16_t i = 0; i < 5; i++) {
		ask(&f, &q, i);
		assert_int_equal(wait_for_all(&f, &q, 1), 1);
	}
	assert_int_equal(f.n_clients, 1);
	tear_down(&f);
}

static void limit_is_one_by_default(void **state)
{
	struct query queries[QUERIES];
	struct field f;

	(void)state;
	set_up(&f, 0);
	ask_many(&f, queries);
	assert_int_equal(wait_for_all(&f, queries, QUERIES), QUERIES);
	assert_int_equal(f.n_clients, 1);
	tear_down(&f);
}

/* Many devices hang up on a second connection. */
static void peer_that_hangs_up_on_more_is_asked_on_one(void **state)
{
	struct query queries[QUERIES];
	size_t n_clients = 0, n_right = 0;
	struct field f;

	(void)state;
	set_up(&f, 4);
	for (size_t i = 1; i < CLIENTS_MAX; i++) {
		f.manners[i] = HANG_UP;
	}
	for (int i = 0; i < 3; i++) {
		ask_many(&f, queries);
		n_right += wait_for_all(&f, queries, QUERIES);
		n_clients = i == 0 ? f.n_clients : n_clients;
	}
	/* At most the request that was on the way when it hung up. */
	assert_true(n_right >= 3 * QUERIES - 1);
	assert_int_equal(f.n_clients, n_clients);
	assert_int_equal(n_clients, 2);
	tear_down(&f);
}

/* Others let the second wait in their backlog until the first goes: the connection is
 * there, and nobody reads it. */
static void peer_that_never_reads_more_costs_one_timeout(void **state)
{
	struct query queries[QUERIES];
	size_t n_right = 0;
	struct field f;

	(void)state;
	set_up(&f, 4);
	f.timeout_ms = TIMEOUT_MS;
	for (size_t i = 1; i < CLIENTS_MAX; i++) {
		f.manners[i] = NEVER_READ;
	}
	for (int i = 0; i < 3; i++) {
		ask_many(&f, queries);
		n_right += wait_for_all(&f, queries, QUERIES);
	}
	assert_true(n_right >= 3 * QUERIES - 1);
	assert_int_equal(f.n_clients, 2);
	tear_down(&f);
}

static void connection_that_is_lost_costs_what_was_on_it(void **state)
{
	struct query queries[QUERIES];
	struct field f;

	(void)state;
	set_up(&f, 3);
	while (n_open(&f) < 3) {
		ask_many(&f, queries);
		assert_int_equal(wait_for_all(&f, queries, QUERIES), QUERIES);
	}
	f.together = SIZE_MAX;
	ask_many(&f, queries);
	while (f.clients[0].n_held == 0 || f.clients[1].n_held == 0 ||
	       f.clients[2].n_held == 0) {
		loop_turn(&f.loop);
	}
	f.clients[1].n_held = 0;
	hang_up(&f.clients[1]);
	f.together = 1;
	answer_all(&f);
	assert_int_equal(wait_for_all(&f, queries, QUERIES), QUERIES - 1);
	assert_int_equal(f.stats.errors[REASON_RESET], 1);
	tear_down(&f);
}

/* A gateway with a second unit behind it, which is dead. */
struct silent_unit {
	struct device_stats stats;
	struct transport_user user;
	struct query q;
};

static void join_silent_unit(struct field *f, struct silent_unit *silent, bool probe)
{
	struct transport *same = NULL;
	const char *why = NULL;

	memset(silent, 0, sizeof(*silent));
	silent->user.stats = &silent->stats;
	silent->user.unit = SILENT_UNIT;
	assert_int_equal(transport_join(&same, &f->env, &f->transport->address,
	                                &silent->user, &why),
	                 0);
	assert_ptr_equal(same, f->transport);
	silent->q.t = (struct transaction){.request = {PDU_READ_HOLDING, 0, 1, NULL},
	                                   .unit = SILENT_UNIT,
	                                   .rank = RANK_READ,
	                                   .probe = probe,
	                                   .timeout_ms = TIMEOUT_MS,
	                                   .stats = &silent->stats,
	                                   .done = on_done,
	                                   .arg = &silent->q};
}

/* Ask the other one, and meanwhile the living one, or not. */
static void ask_silent_unit(struct field *f, struct silent_unit *silent, bool meanwhile)
{
	struct query q;

	silent->q.done = false;
	transport_submit(f->transport, &silent->q.t);
	while (!silent->q.done) {
		loop_turn(&f->loop);
		if (meanwhile) {
			ask(f, &q, 100);
			assert_int_equal(wait_for_all(f, &q, 1), 1);
		}
	}
	assert_int_equal(silent->q.reason, REASON_TIMEOUT);
}

/* Its probes hold the other up 4 % of the time at most. */
static void probe_waits_where_another_unit_answers(void **state)
{
	struct silent_unit silent;
	struct query q;
	uint64_t began_ns;
	struct field f;

	(void)state;
	set_up(&f, 1);
	join_silent_unit(&f, &silent, true);
	ask(&f, &q, 0);
	assert_int_equal(wait_for_all(&f, &q, 1), 1);
	began_ns = uv_hrtime();
	ask_silent_unit(&f, &silent, true);
	ask_silent_unit(&f, &silent, true);
	assert_true(uv_hrtime() - began_ns >= 24 * TIMEOUT_MS * UINT64_C(1000000));
	transport_leave(f.transport, &silent.user);
	tear_down(&f);
}

/* One of them speaks now and then, so the connection is alive. */
static void silent_unit_costs_the_other_no_connection(void **state)
{
	struct silent_unit silent;
	struct query q;
	struct field f;

	(void)state;
	set_up(&f, 1);
	join_silent_unit(&f, &silent, false);
	for (int i = 0; i < 12; i++) {
		ask_silent_unit(&f, &silent, false);
		if (i % 4 == 3) {
			ask(&f, &q, 0);
			assert_int_equal(wait_for_all(&f, &q, 1), 1);
		}
	}
	assert_int_equal(f.n_clients, 1);
	transport_leave(f.transport, &silent.user);
	tear_down(&f);
}

static void leaving_closes_all(void **state)
{
	struct query queries[QUERIES];
	struct field f;

	(void)state;
	set_up(&f, 4);
	while (n_open(&f) < 4) {
		ask_many(&f, queries);
		assert_int_equal(wait_for_all(&f, queries, QUERIES), QUERIES);
	}
	f.together = SIZE_MAX;
	ask_many(&f, queries);
	for (size_t i = 0; i < QUERIES; i++) {
		transport_cancel(f.transport, &queries[i].t);
	}
	tear_down(&f); /* the loop would not end with a handle left */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_that_wait_open_further_connections),
		cmocka_unit_test(one_request_at_a_time_needs_one_connection),
		cmocka_unit_test(limit_is_one_by_default),
		cmocka_unit_test(peer_that_hangs_up_on_more_is_asked_on_one),
		cmocka_unit_test(peer_that_never_reads_more_costs_one_timeout),
		cmocka_unit_test(connection_that_is_lost_costs_what_was_on_it),
		cmocka_unit_test(probe_waits_where_another_unit_answers),
		cmocka_unit_test(silent_unit_costs_the_other_no_connection),
		cmocka_unit_test(leaving_closes_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
