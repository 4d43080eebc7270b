/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Keeps a connection to one of the servers: when to connect, what an answer means, when
 * to give one up, what to tell a person.  Knows neither Paho nor threads: one thread owns
 * it, time is an argument (monotonic ns), the client is behind struct session_client.
 */
#ifndef GATEWAY_MQTT_SESSION_H
#define GATEWAY_MQTT_SESSION_H

#include "gateway/config.h"
#include "gateway/mqtt/redial.h"
#include "gateway/mqtt/sender.h"

enum session_state { SESSION_DOWN, SESSION_CONNECTING, SESSION_UP };

enum session_news {
	SESSION_CONNECTED,
	SESSION_FAILED,   /* the attempt */
	SESSION_LOST,     /* the connection */
	SESSION_ANSWERED, /* the message of a slot */
	SESSION_REFUSED,  /* likewise: it was not sent */
	SESSION_GONE,     /* disconnected as we asked */
};

/** What the client says; a plain value. */
struct session_report {
	enum session_news news;
	uint32_t generation; /* of the attempt it belongs to; SESSION_LOST: any */
	uint32_t slot;
	int code;      /* SESSION_FAILED: return code of CONNACK, or negative */
	char text[80]; /* why, for a person; "" */
};

struct session_client {
	/** Begin to connect; the result comes as a report. @return 0 or negative errno */
	int (*connect)(void *arg, uint32_t generation, size_t server);
	/** Drop whatever it is doing; no report of before comes any more. */
	void (*renew)(void *arg);
	void *arg;
};

/** The slot of the last message, beyond the sender's window. */
enum { SESSION_FAREWELL = SENDER_WINDOW, SESSION_SLOTS };

struct session {
	const struct config *cfg;
	struct session_client client;
	struct sender *sender;
	struct redial redial;
	enum session_state state;
	uint32_t generation; /* of the attempt or session; counts attempts */
	uint64_t began_ns;   /* the attempt */
	uint64_t connects;   /* attempts that became sessions */
	bool closing;        /* no new attempts */
	bool farewell_answered;
	char error[160]; /* why not connected; "" */
};

/** @param sender  told when the connection comes and goes; borrowed like cfg */
void session_init(struct session *s, const struct config *cfg, struct sender *sender,
                  const struct session_client *client, uint64_t seed);

void session_report(struct session *s, const struct session_report *r, uint64_t now_ns);

/** Begin what is due, give up what takes too long. */
void session_keep(struct session *s, uint64_t now_ns);

/** A message could not be handed over: begin anew. */
void session_broken(struct session *s, uint64_t now_ns);

/** When session_keep() has something to do. */
uint64_t session_due_ns(const struct session *s);

/** As configured, of the attempt or session. */
const char *session_server(const struct session *s);

#endif
