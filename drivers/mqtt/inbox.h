/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Messages between the thread that receives them and the loop.  Bounded in number and
 * bytes: the oldest goes first, as a newer one of its topic says more, and is counted.
 */
#ifndef DRIVERS_MQTT_INBOX_H
#define DRIVERS_MQTT_INBOX_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INBOX_MESSAGES = 1024, INBOX_BYTES = 1 << 20 };

/** One message; topic, payload and owner belong to whom release() gives them back. */
struct inbox_message {
	char *topic;
	const char *payload;
	size_t n;             /* bytes of payload */
	bool retained;        /* it is from before we listened */
	uint64_t received_ns; /* set by inbox_put(), ascending */
	void *owner;          /* what holds payload */
};

struct inbox {
	pthread_mutex_t lock;
	struct inbox_message ring[INBOX_MESSAGES];
	size_t first, n, bytes;
	uint64_t dropped;
	uint64_t (*now_ns)(void);
	void (*release)(struct inbox_message *m); /* any thread */
};

void inbox_init(struct inbox *b, uint64_t (*now_ns)(void),
                void (*release)(struct inbox_message *m));

/** Releases what is left; nobody may put any more. */
void inbox_fini(struct inbox *b);

/** Any thread.  Takes m over; one that is larger than all of it is dropped itself. */
void inbox_put(struct inbox *b, struct inbox_message *m);

/** The oldest, or false.  The caller releases it.
 * @param[out] now_ns  where nothing is left: a time before which everything was taken;
 *                     NULL: not wanted */
bool inbox_take(struct inbox *b, struct inbox_message *out, uint64_t *now_ns);

/** Messages dropped since inbox_init(). */
uint64_t inbox_dropped(struct inbox *b);

#endif
