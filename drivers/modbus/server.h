/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A Modbus TCP server on the loop: several masters at once, functions 1 to 6, 15, 16, 22
 * and 23.  What it serves lies behind hooks; image.h keeps the four tables for them.
 *
 * Everything is bounded: masters, bytes kept for each, and the time that one may take to
 * read its answers.  A master that reads slowly is not read from until it has; after
 * SERVER_STALL_MS it is cut.  A master beyond SERVER_CLIENTS_MAX is closed at once.
 */
#ifndef DRIVERS_MODBUS_SERVER_H
#define DRIVERS_MODBUS_SERVER_H

#include <uv.h>

#include "drivers/modbus/pdu.h"

enum {
	SERVER_CLIENTS_MAX = 32,
	SERVER_STALL_MS = 5000,
};

/** One access to a table: what a request comes down to. */
struct server_access {
	uint8_t unit;
	enum modbus_table table;
	uint16_t address, count; /* address + count never exceeds 65536 */
	bool write;
	uint16_t *words; /* count of them, to fill or to take: holding, input */
	bool *bits;      /* likewise: coils, discretes */
};

/** What becomes of a request. */
enum server_verdict {
	SERVER_ANSWER,
	SERVER_SILENCE,   /* no answer */
	SERVER_EXCEPTION, /* an exception of this code */
	SERVER_CLOSE,     /* the connection is closed */
};

struct server_hooks {
	/** Read or write.  @return 0, or the exception to answer with; a write that is
	 * refused has changed nothing */
	uint8_t (*access)(void *arg, const struct server_access *access);
	/** How is unit today?  NULL: always SERVER_ANSWER.
	 * @param[out] code  the exception's, for SERVER_EXCEPTION */
	enum server_verdict (*judge)(void *arg, uint8_t unit, uint8_t *code);
	/** How long does unit take to answer, ms?  NULL: no time.  The master's further
	 * requests wait behind. */
	uint32_t (*late_ms)(void *arg, uint8_t unit);
	/** What becomes of the n bytes of an answer on the wire.  NULL: nothing. */
	void (*garble)(void *arg, uint8_t unit, uint8_t *adu, size_t n);
	void *arg;
};

/** Since open, but for clients. */
struct server_stats {
	uint32_t clients; /* connected now */
	uint64_t accepted, refused;
	uint64_t requests, answers, exceptions; /* answers include exceptions */
	uint64_t cut; /* masters that did not read, or whose framing was lost */
};

struct server;

/**
 * Listen.
 *
 * @param[out] out  set on success only; end with server_close()
 * @param hooks     copied; run on the loop thread
 * @return 0, -ENOMEM, -EADDRINUSE, -EACCES, ...
 */
int server_open(struct server **out, uv_loop_t *loop, const struct sockaddr *address,
                const struct server_hooks *hooks);

/** The port that it listens on, also where 0 was asked for. */
uint16_t server_port(const struct server *s);

struct server_stats server_stats(const struct server *s);

/** Close all connections.  The memory goes in close callbacks, while the loop runs. */
void server_close(struct server *s);

#endif
