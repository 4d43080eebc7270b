/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Messages lie one after the other, each behind a word with its length, 8-aligned; one
 * that would wrap leaves a SKIP word and begins at the start.  head and tail count bytes
 * for ever; each is written by one side only. */
enum {
	WORD = 8,
	PIECE_BYTES = 256 << 10, /* memory goes back to the system in pieces */
	PIECES_MIN = 8,          /* of a ring that is worth it */
};
#define SKIP UINT64_MAX

struct ring {
	unsigned char *bytes;
	size_t size;         /* a power of two */
	size_t reserved;     /* producer: offset of the open reservation */
	size_t piece;        /* of memory that goes back; 0: none does */
	size_t released;     /* consumer: what was before it went back */
	_Atomic size_t head; /* producer */
	_Atomic size_t tail; /* consumer */
};

static size_t padded(size_t n)
{
	return WORD + ((n + WORD - 1) & ~(size_t)(WORD - 1));
}

static uint64_t *word_at(const struct ring *r, size_t at)
{
	return (uint64_t *)(void *)(r->bytes + (at & (r->size - 1)));
}

int ring_new(struct ring **out, size_t bytes)
{
	struct ring *r = calloc(1, sizeof(*r));

	if (!r) {
		return -ENOMEM;
	}
	for (r->size = 64; r->size < bytes; r->size *= 2) {
	}
	r->bytes = mmap(NULL, r->size, PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (r->bytes == MAP_FAILED) {
		free(r);
		return -ENOMEM;
	}
	r->piece = r->size >= PIECES_MIN * (size_t)PIECE_BYTES ? PIECE_BYTES : 0;
	*out = r;
	return 0;
}

void ring_free(struct ring *r)
{
	if (r) {
		munmap(r->bytes, r->size);
		free(r);
	}
}

/* A queue that is hardly ever empty comes round to all of its memory in time.  What was
 * taken before pos goes back to the system; the producer stays a piece behind the tail
 * that it knows, so it is not there. */
static void release(struct ring *r, size_t pos)
{
	while (r->piece > 0 && pos - r->released >= r->piece) {
		(void)madvise(r->bytes + (r->released & (r->size - 1)), r->piece,
		              MADV_DONTNEED);
		r->released += r->piece;
	}
}

static void set_tail(struct ring *r, size_t pos)
{
	release(r, pos);
	atomic_store_explicit(&r->tail, pos, memory_order_release);
}

void *ring_reserve(struct ring *r, size_t n)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	size_t to_end = r->size - (head & (r->size - 1));
	size_t skip = to_end < padded(n) ? to_end : 0;
	size_t room = r->size - r->piece;

	if (padded(n) > room / 2 || head + skip + padded(n) - tail > room) {
		return NULL;
	}
	if (skip) {
		*word_at(r, head) = SKIP;
	}
	r->reserved = head + skip;
	return word_at(r, r->reserved) + 1;
}

void ring_commit(struct ring *r, size_t n)
{
	*word_at(r, r->reserved) = n;
	atomic_store_explicit(&r->head, r->reserved + padded(n), memory_order_release);
}

size_t ring_tail(const struct ring *r)
{
	struct ring *any = (struct ring *)r;

	return atomic_load_explicit(&any->tail, memory_order_relaxed);
}

const void *ring_walk(struct ring *r, size_t *pos, size_t *n)
{
	size_t at = *pos;

	if (at == atomic_load_explicit(&r->head, memory_order_acquire)) {
		return NULL;
	}
	if (*word_at(r, at) == SKIP) {
		at += r->size - (at & (r->size - 1));
	}
	*n = (size_t)*word_at(r, at);
	*pos = at + padded(*n);
	return word_at(r, at) + 1;
}

void ring_pop_to(struct ring *r, size_t pos)
{
	set_tail(r, pos);
}

const void *ring_peek(struct ring *r, size_t *n)
{
	size_t pos = ring_tail(r);
	const void *message = ring_walk(r, &pos, n);

	if (message) {
		ring_pop_to(r, pos - padded(*n)); /* past what was skipped */
	}
	return message;
}

void ring_pop(struct ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	set_tail(r, tail + padded((size_t)*word_at(r, tail)));
}

size_t ring_used(const struct ring *r)
{
	struct ring *any = (struct ring *)r;
	size_t tail = atomic_load_explicit(&any->tail, memory_order_relaxed);

	return atomic_load_explicit(&any->head, memory_order_relaxed) - tail;
}
