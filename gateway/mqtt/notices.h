/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What is published beside samples: availability, info, status of devices, alarms of
 * tags, events.  Keeps what is retained, so that every connection starts with all of it.
 *
 * Events wait for their acknowledgement.  Where too many wait the newer ones are left to
 * the history, which has them all, and are read from there (notices_behind()) as room
 * comes.  One thread owns it.
 */
#ifndef GATEWAY_MQTT_NOTICES_H
#define GATEWAY_MQTT_NOTICES_H

#include "gateway/config.h"
#include "gateway/mqtt/message.h"
#include "gateway/payload.h"

enum { NOTICES_EVENTS = 256 };

struct notices;

/** @param base      "<prefix>/<gateway>"; borrowed like cfg
 * @param acked_us  stamp of the newest event that the broker has: cursor.events
 * @return 0 or -ENOMEM */
int notices_new(struct notices **out, const struct config *cfg, const char *base,
                int64_t acked_us);
void notices_free(struct notices *n);

/** The broker may hold an alarm of this tag from an earlier run: it is taken back with
 * the first connection, unless one stands by then. */
void notices_expect(struct notices *n, uint32_t tag);

/** A new connection has nothing yet. */
void notices_connected(struct notices *n);

/** What was not acknowledged is to be sent again. */
void notices_disconnected(struct notices *n);

/** Copied.  An event of an alarm also changes P/D/T/alarm.  One that was read from the
 * history before is known already. */
void notices_event(struct notices *n, const struct event *e);
void notices_device(struct notices *n, uint32_t device, const struct device_status *s);
void notices_info(struct notices *n, const struct payload_info *info);

/** The next to send.  m borrows until the next call; ticket goes to notices_sent() and
 * notices_acked(). @return false: nothing */
bool notices_next(struct notices *n, struct message *m, uint64_t *ticket);
void notices_sent(struct notices *n, uint64_t ticket);
void notices_acked(struct notices *n, uint64_t ticket);

/** Are there events in the history alone, and is there room for some?
 * @param[out] after_us  read those later than this
 * @param[out] room      at most so many */
bool notices_behind(const struct notices *n, int64_t *after_us, size_t *room);

/** Read from the history, in order; its device and tag by name. */
void notices_stored(struct notices *n, const struct event *e, const char *device,
                    const char *tag);

/** The history gave all it has: true once that is all there was. */
void notices_read(struct notices *n);

/** Everything up to this stamp is acknowledged: cursor.events. */
int64_t notices_acked_to(const struct notices *n);

/** Events that no memory was there for. */
uint64_t notices_dropped(const struct notices *n);

#endif
