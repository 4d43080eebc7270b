/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What one destination has, as positions in `at` (storage/history.h): moves by
 * acknowledgements only and says where the history has to fill in.  Pure.
 *
 * Live batches come in order of `at` and are acknowledged in any order.  What was
 * acknowledged without a break is a stretch; what lies between the cursor and the first
 * stretch is a hole, which is read from the history in chunks, oldest first.  A stretch
 * that the cursor reaches is joined to it.
 */
#ifndef GATEWAY_MQTT_OUTBOX_H
#define GATEWAY_MQTT_OUTBOX_H

#include <stddef.h>

#include "storage/cursor.h"

enum {
	OUTBOX_BATCHES = 4096, /* live batches without all acknowledgements */
	OUTBOX_CHUNKS = 64,    /* chunks of the history likewise */
	OUTBOX_STRETCHES = 8,  /* beyond that the shortest is forgotten, and sent again */
};

struct outbox;

/** @param start  as kept by the history. @return 0 or -ENOMEM */
int outbox_new(struct outbox **out, const struct cursor *start);
void outbox_free(struct outbox *o);

/** The connection is gone, and with it what was not acknowledged. */
void outbox_disconnected(struct outbox *o);

/** Everything up to at_us is durable, or was never stored. */
void outbox_committed(struct outbox *o, int64_t at_us);

/** A live batch of n rows, newer than all before.
 * @return its ticket; 0 where too many wait: it is left to the history */
uint64_t outbox_live(struct outbox *o, int64_t at_us, size_t n);

/** n rows of it are acknowledged.  Tickets of before a disconnection are ignored. */
void outbox_live_acked(struct outbox *o, uint64_t ticket, size_t n);

/** Something of it will not be sent: the whole batch is left to the history. */
void outbox_live_lost(struct outbox *o, uint64_t ticket);

/** Batches were not shown to the outbox after the newest it knows. */
void outbox_gap(struct outbox *o);

/** Is everything stored also delivered, as far as live batches tell? */
bool outbox_in_step(const struct outbox *o);

/** Where to read next: rows with after < at < before.  @return false: nowhere now */
bool outbox_hole(const struct outbox *o, int64_t *after_us, int64_t *before_us);

/** All rows from outbox_hole()'s after to upto_us were read and are on their way.
 * @param n  of them; 0: there are none
 * @return a ticket */
uint64_t outbox_chunk(struct outbox *o, int64_t upto_us, size_t n);
void outbox_chunk_acked(struct outbox *o, uint64_t ticket, size_t n);

/** What to keep: everything it calls delivered was acknowledged. */
void outbox_cursor(const struct outbox *o, struct cursor *out);

#endif
