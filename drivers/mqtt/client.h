/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One MQTT 3.1.1 connection that listens: it connects, subscribes, and connects again
 * after a pause that doubles from 0.5 s to 30 s, by itself.  The session is clean, so
 * that each connection subscribes anew.  The only file of the drivers that sees Paho.
 *
 * Paho calls back on threads of its own: those callbacks only queue and wake the loop.
 * Paho is called from the loop's thread pool only, as it may hold its locks for long.
 * Names are looked up before Paho is asked, because it looks them up with the locks held
 * that every other connection of the process needs.
 */
#ifndef DRIVERS_MQTT_CLIENT_H
#define DRIVERS_MQTT_CLIENT_H

#include <uv.h>

#include "drivers/mqtt/inbox.h"
#include "drivers/mqtt/uri.h"

struct client;

/** Who listens; all on the loop thread but wants(). */
struct client_owner {
	/** The connection came up or went down, see client_error(). */
	void (*changed)(void *arg);
	/** Is anybody interested in a topic?  What a wildcard brings beyond that must not
	 * push out what is wanted.  Any thread. */
	bool (*wants)(void *arg, const char *topic);
	/** A message, borrowed for the call; in the order of their times. */
	void (*message)(void *arg, const struct inbox_message *m);
	/** After client_close(): nothing is left of it. */
	void (*closed)(void *arg);
	void *arg;
};

struct client_config {
	uv_loop_t *loop;
	uint64_t (*now_ns)(void); /* monotonic; any thread */
	const struct uri *uri;    /* this and filters outlive the client */
	char *const *filters;     /* n_filters, to be subscribed to */
	size_t n_filters;
};

/** Begin to connect; without any filter there is nothing to connect for.  @return 0 or
 * -ENOMEM */
int client_open(struct client **out, const struct client_config *cfg,
                const struct client_owner *owner);

/** 0: connected and subscribed; -EINPROGRESS: the first attempt is under way; else why
 * not: -ECONNREFUSED, -ETIMEDOUT, -ECONNRESET, -EACCES (credentials, or a secret that
 * everybody may read), -ENOENT (the name or a file) */
int client_error(const struct client *c);

/** Did the broker grant the i-th filter?  Of the present connection. */
bool client_granted(const struct client *c, size_t i);

/** Bring all messages that wait.  @return now, on now_ns' axis: later ones are later */
uint64_t client_drain(struct client *c);

/** Messages that found no room since client_open(). */
uint64_t client_dropped(struct client *c);

/** Connections made since client_open(). */
uint64_t client_connects(const struct client *c);

/** Close; owner.closed runs later, nothing else does.  NULL is fine, then nothing runs.
 */
void client_close(struct client *c);

#endif
