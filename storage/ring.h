/* SPDX-License-Identifier: Apache-2.0 */
/** A bounded queue of byte messages between two threads: one puts, one gets, none waits.
 */
#ifndef STORAGE_RING_H
#define STORAGE_RING_H

#include <stddef.h>

struct ring;

/**
 * Memory is taken as messages need it and goes back to the system when they are gone.
 *
 * @param bytes  room for messages, rounded up to a power of two
 * @return 0 or -ENOMEM
 */
int ring_new(struct ring **out, size_t bytes);
void ring_free(struct ring *r);

/** Room for a message of n bytes, 8-aligned, or NULL when full or where n is more than
 * seven sixteenths of the ring.  Producer only. */
void *ring_reserve(struct ring *r, size_t n);

/** Hand over what was reserved last, of which n bytes (at most those) are used. */
void ring_commit(struct ring *r, size_t n);

/** The oldest message, or NULL; stays until ring_pop().  Consumer only. */
const void *ring_peek(struct ring *r, size_t *n);
void ring_pop(struct ring *r);

/** Look at messages without taking them: *pos starts as ring_tail() and moves on to the
 * next.  NULL when there is none yet.  Consumer only. */
size_t ring_tail(const struct ring *r);
const void *ring_walk(struct ring *r, size_t *pos, size_t *n);

/** Take all messages before pos, as ring_walk() left it.  Consumer only. */
void ring_pop_to(struct ring *r, size_t pos);

/** Bytes in use now; any thread. */
size_t ring_used(const struct ring *r);

#endif
