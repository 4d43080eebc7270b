/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/drivers/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

uint16_t peer_register(uint16_t address)
{
	return (uint16_t)(address ^ 0xa5c3);
}

size_t peer_answer(uint8_t *adu, const uint8_t *request, size_t n)
{
	uint16_t words[PDU_READ_REGISTERS_MAX];
	struct pdu_request parsed;
	size_t n_pdu;

	assert_int_equal(pdu_parse_request(&parsed, request + PDU_MBAP, n - PDU_MBAP), 0);
	for (uint16_t i = 0; i < parsed.count; i++) {
		words[i] = peer_register((uint16_t)(parsed.address + i));
	}
	n_pdu = pdu_answer_registers(adu + PDU_MBAP, &parsed, words);
	pdu_put_mbap(adu, pdu_register(request, 0), request[6], n_pdu);
	return PDU_MBAP + n_pdu;
}

void peer_behave(struct peer *peer, const uint8_t *adu, size_t n)
{
	uint8_t answer[PDU_ADU_MAX];

	peer_send(peer, answer, peer_answer(answer, adu, n));
}

void peer_send(struct peer *peer, const uint8_t *bytes, size_t n)
{
	uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes, (unsigned int)n);

	int sent;

	if (peer->client) {
		sent = uv_try_write((uv_stream_t *)peer->client, &buf, 1);
		/* The other side may just have closed. */
		assert_true(sent == (int)n || sent == UV_EPIPE || sent == UV_ECONNRESET);
	}
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

void peer_hang_up(struct peer *peer)
{
	if (peer->client) {
		uv_close((uv_handle_t *)peer->client, on_closed);
	}
	peer->client = NULL;
	peer->n_in = 0;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct peer *peer = handle->data;

	*buf = uv_buf_init((char *)peer->in + peer->n_in,
	                   (unsigned int)(sizeof(peer->in) - peer->n_in));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct peer *peer = stream->data;
	struct pdu_frame frame;
	int taken;

	if (n < 0) {
		peer_hang_up(peer);
		return;
	}
	if (stream != (uv_stream_t *)peer->client) {
		return;
	}
	peer->n_in += (size_t)n;
	while ((taken = pdu_take_frame(&frame, peer->in, peer->n_in, PDU_REQUEST_MIN)) >
	       0) {
		uint8_t adu[PDU_ADU_MAX];

		memcpy(adu, peer->in, (size_t)taken);
		peer->n_in -= (size_t)taken;
		memmove(peer->in, peer->in + taken, peer->n_in);
		peer->n_requests++;
		peer->handler(peer, adu, (size_t)taken);
	}
	assert_int_equal(taken, 0);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct peer *peer = listener->data;

	assert_int_equal(status, 0);
	peer_hang_up(peer); /* one at a time: the other side has closed it */
	peer->client = calloc(1, sizeof(*peer->client));
	assert_non_null(peer->client);
	assert_int_equal(uv_tcp_init(listener->loop, peer->client), 0);
	peer->client->data = peer;
	peer->n_connections++;
	assert_int_equal(uv_accept(listener, (uv_stream_t *)peer->client), 0);
	uv_tcp_nodelay(peer->client, 1);
	uv_read_start((uv_stream_t *)peer->client, on_alloc, on_read);
}

void peer_open(struct peer *peer, uv_loop_t *loop, peer_handler handler)
{
	struct sockaddr_in address;
	int n = sizeof(address);

	signal(SIGPIPE, SIG_IGN);
	memset(peer, 0, sizeof(*peer));
	peer->handler = handler;
	uv_ip4_addr("127.0.0.1", 0, &address);
	assert_int_equal(uv_tcp_init(loop, &peer->listener), 0);
	peer->listener.data = peer;
	assert_int_equal(uv_tcp_bind(&peer->listener, (struct sockaddr *)&address, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&peer->listener, 16, on_connection), 0);
	assert_int_equal(
		uv_tcp_getsockname(&peer->listener, (struct sockaddr *)&address, &n), 0);
	peer->port = ntohs(address.sin_port);
}

void peer_close(struct peer *peer)
{
	peer_hang_up(peer);
	uv_close((uv_handle_t *)&peer->listener, NULL);
}
