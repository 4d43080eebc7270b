/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What goes out on the connection to a broker, and in which order: notices, then live
 * samples, then the backlog from the history, which yields to live but keeps one message
 * in sixteen.  Holds the window of messages without acknowledgement.  Knows neither Paho
 * nor threads nor clocks: one thread owns it, time is an argument (monotonic ns).
 */
#ifndef GATEWAY_MQTT_SENDER_H
#define GATEWAY_MQTT_SENDER_H

#include "gateway/config.h"
#include "gateway/mqtt/backlog.h"
#include "gateway/mqtt/message.h"
#include "gateway/mqtt/notices.h"
#include "storage/cursor.h"

enum { SENDER_WINDOW = 50 /* messages without acknowledgement, also with QoS 0 */ };

/** Hands a message to the connection, which copies it; the acknowledgement comes back as
 * sender_acked(slot).  @return 0 or a negative errno: the connection is of no use */
struct sender_link {
	int (*send)(void *arg, uint32_t slot, const struct message *m);
	void *arg;
};

/** A batch on its way in; taken and ticket belong to the sender and begin as 0. */
struct sender_batch {
	int64_t at_us;
	const struct sample *rows;
	size_t n;
	bool after_gap; /* batches before it were not shown */
	bool pressed;   /* take it even if newer samples overtake older ones, or, in
	                   layout device, it is left to the history */
	size_t taken;
	uint64_t ticket;
};

struct sender_stats {
	uint64_t messages, live_rows, history_rows; /* acknowledged */
	uint64_t coalesced, events_dropped;
	uint32_t in_flight;
};

struct sender;

/** @param cfg, source, link  borrowed until sender_free(); start: as history keeps it
 * @return 0 or -ENOMEM */
int sender_new(struct sender **out, const struct config *cfg, const struct cursor *start,
               const struct backlog_source *source, const struct sender_link *link);
void sender_free(struct sender *s);

/** Topic of the gateway, "<prefix>/<gateway>". */
const char *sender_base(const struct sender *s);
struct notices *sender_notices(struct sender *s);

/** A session has begun: everything retained goes out again. */
void sender_connected(struct sender *s);

/** It ended: what was not acknowledged is sent again, from the history. */
void sender_disconnected(struct sender *s);

/** Take a batch, or as much of it as overtakes nothing that waits.  In layout device it
 * is sent at once, as far as there is room.
 * @return true: all taken; false: offer it again after sender_run() */
bool sender_take(struct sender *s, struct sender_batch *b, uint64_t now_ns);

/** Batches came that were not shown, and none after them. */
void sender_gap(struct sender *s);

/** Send what may go.
 * @param committed_at  newest durable `at` of the history
 * @return 0 or the link's error */
int sender_run(struct sender *s, uint64_t now_ns, int64_t committed_at);

/** When sender_run() has something to do without being told; UINT64_MAX: never. */
uint64_t sender_due_ns(const struct sender *s);

void sender_acked(struct sender *s, uint32_t slot);

/** When the oldest message without acknowledgement was sent; UINT64_MAX: none. */
uint64_t sender_oldest_ns(const struct sender *s);

/** From now on no backlog is sent: what was not is there after the next start. */
void sender_drain(struct sender *s);

/** Nothing waits but backlog. */
bool sender_idle(struct sender *s);

void sender_cursor(const struct sender *s, struct cursor *out);
void sender_stats(const struct sender *s, struct sender_stats *out);

#endif
