/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/queue.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Messages lie one after the other, each behind a word with its length, 8-aligned, in
 * blocks that the producer links and the consumer takes down.  Positions count bytes of
 * messages for ever: that of a message less its block's start is its place there. */
enum {
	WORD = 8,
	BLOCK_BYTES = 128 << 10, /* unless a message needs more */
	SPARES = 2, /* empty blocks kept: fresh memory costs a fault a page */
};

struct block {
	struct block *_Atomic next; /* set once, by the producer, who leaves then */
	size_t start;               /* position of its first message */
	size_t size;                /* with this head */
	unsigned char bytes[];
};

struct queue {
	size_t limit;
	struct block *in;         /* producer: where messages go */
	struct block *out, *walk; /* consumer: the oldest, and where it looked last */
	struct block *_Atomic spares[SPARES];
	_Atomic size_t head; /* position of the next message; producer */
	_Atomic size_t tail; /* of the oldest; consumer */
};

static size_t padded(size_t n)
{
	return WORD + ((n + WORD - 1) & ~(size_t)(WORD - 1));
}

static uint64_t *word_at(struct block *b, size_t pos)
{
	return (uint64_t *)(void *)(b->bytes + (pos - b->start));
}

static struct block *map_block(size_t size)
{
	struct block *b = mmap(NULL, size, PROT_READ | PROT_WRITE,
	                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (b == MAP_FAILED) {
		return NULL;
	}
	b->size = size;
	return b;
}

/* A block with room for `need` bytes that begins at `start`, a spare one if possible. */
static struct block *take_block(struct queue *q, size_t need, size_t start)
{
	size_t size = sizeof(struct block) + need;
	struct block *b = NULL;

	for (size_t i = 0; !b && i < SPARES && size <= BLOCK_BYTES; i++) {
		b = atomic_exchange(&q->spares[i], NULL);
	}
	if (!b) {
		b = map_block(size > BLOCK_BYTES ? size : BLOCK_BYTES);
	}
	if (b) {
		atomic_store_explicit(&b->next, NULL, memory_order_relaxed);
		b->start = start;
	}
	return b;
}

static void give_block(struct queue *q, struct block *b)
{
	for (size_t i = 0; b->size == BLOCK_BYTES && i < SPARES; i++) {
		struct block *none = NULL;

		if (atomic_compare_exchange_strong(&q->spares[i], &none, b)) {
			return;
		}
	}
	munmap(b, b->size);
}

int queue_new(struct queue **out, size_t bytes)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (!q) {
		return -ENOMEM;
	}
	q->limit = bytes;
	q->in = q->out = q->walk = map_block(BLOCK_BYTES);
	if (!q->in) {
		free(q);
		return -ENOMEM;
	}
	*out = q;
	return 0;
}

void queue_free(struct queue *q)
{
	struct block *next;

	if (!q) {
		return;
	}
	for (struct block *b = q->out; b; b = next) {
		next = atomic_load(&b->next);
		munmap(b, b->size);
	}
	for (size_t i = 0; i < SPARES; i++) {
		struct block *spare = atomic_load(&q->spares[i]);

		if (spare) {
			munmap(spare, spare->size);
		}
	}
	free(q);
}

void *queue_reserve(struct queue *q, size_t n)
{
	size_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&q->tail, memory_order_acquire);
	struct block *b = q->in;

	if (padded(n) > q->limit / 2 || head + padded(n) - tail > q->limit) {
		return NULL;
	}
	if (head - b->start + padded(n) > b->size - sizeof(*b)) {
		b = take_block(q, padded(n), head);
		if (!b) {
			return NULL;
		}
		atomic_store_explicit(&q->in->next, b, memory_order_release);
		q->in = b;
	}
	return word_at(b, head) + 1;
}

void queue_commit(struct queue *q, size_t n)
{
	size_t head = atomic_load_explicit(&q->head, memory_order_relaxed);

	*word_at(q->in, head) = n;
	atomic_store_explicit(&q->head, head + padded(n), memory_order_release);
}

size_t queue_tail(const struct queue *q)
{
	struct queue *any = (struct queue *)q;

	return atomic_load_explicit(&any->tail, memory_order_relaxed);
}

const void *queue_walk(struct queue *q, size_t *pos, size_t *n)
{
	struct block *b = *pos < q->walk->start ? q->out : q->walk, *next;

	if (*pos == atomic_load_explicit(&q->head, memory_order_acquire)) {
		return NULL;
	}
	while ((next = atomic_load_explicit(&b->next, memory_order_acquire)) != NULL &&
	       *pos >= next->start) {
		b = next;
	}
	q->walk = b;
	*n = (size_t)*word_at(b, *pos);
	*pos += padded(*n);
	return word_at(b, *pos - padded(*n)) + 1;
}

void queue_pop_to(struct queue *q, size_t pos)
{
	struct block *next;

	while ((next = atomic_load_explicit(&q->out->next, memory_order_acquire)) !=
	               NULL &&
	       pos >= next->start) {
		q->walk = q->walk == q->out ? next : q->walk;
		give_block(q, q->out);
		q->out = next;
	}
	atomic_store_explicit(&q->tail, pos, memory_order_release);
}

const void *queue_peek(struct queue *q, size_t *n)
{
	size_t pos = queue_tail(q);

	return queue_walk(q, &pos, n);
}

void queue_pop(struct queue *q)
{
	size_t pos = queue_tail(q), n;

	if (queue_walk(q, &pos, &n)) {
		queue_pop_to(q, pos);
	}
}

size_t queue_used(const struct queue *q)
{
	struct queue *any = (struct queue *)q;
	size_t tail = atomic_load_explicit(&any->tail, memory_order_relaxed);

	return atomic_load_explicit(&any->head, memory_order_relaxed) - tail;
}
