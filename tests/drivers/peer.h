/* SPDX-License-Identifier: Apache-2.0 */
/** A scripted Modbus TCP peer on a free loopback port, on the test's own loop: every
 * request goes to a handler, which answers whatever bytes it likes, or not at all. */
#ifndef TESTS_DRIVERS_PEER_H
#define TESTS_DRIVERS_PEER_H

#include <uv.h>

#include "drivers/modbus/pdu.h"

struct peer;

/** @param adu  one whole request of n bytes */
typedef void (*peer_handler)(struct peer *peer, const uint8_t *adu, size_t n);

struct peer {
	uv_tcp_t listener;
	uv_tcp_t *client; /* the latest connection; NULL: none */
	uint16_t port;
	peer_handler handler;
	unsigned int n_connections, n_requests;
	uint8_t in[4096];
	size_t n_in;
	void *data; /* the test's */
};

/** Listen; asserts that it works. */
void peer_open(struct peer *peer, uv_loop_t *loop, peer_handler handler);
void peer_close(struct peer *peer);

void peer_send(struct peer *peer, const uint8_t *bytes, size_t n);
/** Close the connection. */
void peer_hang_up(struct peer *peer);

/** What register `address` of the peer's holding registers reads as. */
uint16_t peer_register(uint16_t address);

/** The right answer to a read of holding registers.  @return bytes of adu */
size_t peer_answer(uint8_t *adu, const uint8_t *request, size_t n);

/** A handler that answers rightly. */
void peer_behave(struct peer *peer, const uint8_t *adu, size_t n);

#endif
