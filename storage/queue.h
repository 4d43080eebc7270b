/* SPDX-License-Identifier: Apache-2.0 */
/** A bounded queue of byte messages between two threads: one puts, one gets, none waits.
 */
#ifndef STORAGE_QUEUE_H
#define STORAGE_QUEUE_H

#include <stddef.h>

struct queue;

/**
 * Memory is taken in blocks as messages need it.  Some blocks stay for the next messages,
 * the others go back to the system when their messages are gone.
 *
 * @param bytes  room for messages, each with a word and padded to words
 * @return 0 or -ENOMEM
 */
int queue_new(struct queue **out, size_t bytes);
void queue_free(struct queue *q);

/** Room for a message of n bytes, 8-aligned, or NULL when full, where n is more than half
 * of the queue, or where there is no memory.  It does not move.  Producer only. */
void *queue_reserve(struct queue *q, size_t n);

/** Hand over what was reserved last, of which n bytes (at most those) are used. */
void queue_commit(struct queue *q, size_t n);

/** The oldest message, or NULL; stays until queue_pop().  Consumer only. */
const void *queue_peek(struct queue *q, size_t *n);
void queue_pop(struct queue *q);

/** Look at messages without taking them: *pos starts as queue_tail() and moves on to the
 * next.  NULL when there is none yet.  Consumer only. */
size_t queue_tail(const struct queue *q);
const void *queue_walk(struct queue *q, size_t *pos, size_t *n);

/** Take all messages before pos, as queue_walk() left it.  Consumer only. */
void queue_pop_to(struct queue *q, size_t pos);

/** Bytes in use now; any thread. */
size_t queue_used(const struct queue *q);

#endif
