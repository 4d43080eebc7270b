/* SPDX-License-Identifier: Apache-2.0 */
/**
 * From the loop thread to the publisher thread: batches in a bounded ring of their own,
 * events and statuses in another.  Putting never waits; what finds no room is counted,
 * and the next batch says that it follows a gap.
 */
#ifndef GATEWAY_MQTT_FEED_H
#define GATEWAY_MQTT_FEED_H

#include "gateway/mqtt/sender.h"
#include "gateway/publisher.h"

struct feed;

/** @return 0 or -ENOMEM */
int feed_new(struct feed **out);
void feed_free(struct feed *f);

/** Loop thread; texts and strings are copied. */
void feed_put_samples(struct feed *f, int64_t at_us, const struct sample *rows, size_t n);
void feed_put_event(struct feed *f, const struct event *e);
void feed_put_device(struct feed *f, uint32_t device, const struct device_status *s);

/** The oldest batch, NULL: none; the same until feed_batch_done().  Publisher thread. */
struct sender_batch *feed_batch(struct feed *f);
void feed_batch_done(struct feed *f);

enum feed_kind { FEED_EVENT, FEED_DEVICE };

struct feed_item {
	enum feed_kind kind;
	struct event event; /* strings borrowed until feed_news_done() */
	uint32_t device;
	struct device_status status; /* figures likewise */
};

/** The oldest event or status. @return false: none.  Publisher thread. */
bool feed_news(struct feed *f, struct feed_item *item);
void feed_news_done(struct feed *f);

/** Any thread. */
size_t feed_bytes(const struct feed *f);
uint64_t feed_refused_rows(const struct feed *f);
uint64_t feed_refused_news(const struct feed *f);

#endif
