/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What is published beside samples: availability, info, status of devices, alarms of
 * tags, events.  Keeps what is retained, so that every connection starts with all of it;
 * events wait for their acknowledgement, the oldest go where too many wait.  One thread
 * owns it.
 */
#ifndef GATEWAY_MQTT_NOTICES_H
#define GATEWAY_MQTT_NOTICES_H

#include "gateway/config.h"
#include "gateway/mqtt/message.h"
#include "gateway/payload.h"

enum { NOTICES_EVENTS = 256 };

struct notices;

/** @param base  "<prefix>/<gateway>"; borrowed like cfg. @return 0 or -ENOMEM */
int notices_new(struct notices **out, const struct config *cfg, const char *base);
void notices_free(struct notices *n);

/** A new connection has nothing yet. */
void notices_connected(struct notices *n);

/** What was not acknowledged is to be sent again. */
void notices_disconnected(struct notices *n);

/** Copied.  An event of an alarm also changes P/D/T/alarm. */
void notices_event(struct notices *n, const struct event *e);
void notices_device(struct notices *n, uint32_t device, const struct device_status *s);
void notices_info(struct notices *n, const struct payload_info *info);

/** The next to send.  m borrows until the next call; ticket goes to notices_sent() and
 * notices_acked(). @return false: nothing */
bool notices_next(struct notices *n, struct message *m, uint64_t *ticket);
void notices_sent(struct notices *n, uint64_t ticket);
void notices_acked(struct notices *n, uint64_t ticket);

/** Events lost because too many waited. */
uint64_t notices_dropped(const struct notices *n);

#endif
