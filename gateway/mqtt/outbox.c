/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/mqtt/outbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct stretch {
	int64_t from, to;
};

struct batch {
	int64_t at;
	size_t waiting; /* rows without acknowledgement */
	bool lost;
	bool after_gap; /* the batch before it is not known */
};

struct chunk {
	int64_t to;
	size_t waiting;
};

/* Tickets count from 1 for ever; an entry's place is its ticket modulo the size. */
struct outbox {
	int64_t acked; /* everything up to here is delivered */
	struct stretch stretches[OUTBOX_STRETCHES]; /* ascending, all beyond acked */
	size_t n_stretches;
	bool open; /* the next batch continues the last stretch; without one, acked */
	bool gap;  /* the next batch does not follow the newest known */
	struct batch batches[OUTBOX_BATCHES];
	uint64_t first_batch, next_batch;
	struct chunk chunks[OUTBOX_CHUNKS];
	uint64_t first_chunk, next_chunk;
	int64_t read_to; /* the hole is read up to here */
	int64_t committed;
};

static struct batch *batch_at(struct outbox *o, uint64_t ticket)
{
	return &o->batches[ticket % OUTBOX_BATCHES];
}

static struct chunk *chunk_at(struct outbox *o, uint64_t ticket)
{
	return &o->chunks[ticket % OUTBOX_CHUNKS];
}

static bool is_waiting(uint64_t ticket, uint64_t first, uint64_t next)
{
	return ticket >= first && ticket < next;
}

int outbox_new(struct outbox **out, const struct cursor *start)
{
	struct outbox *o = calloc(1, sizeof(*o));
	struct cursor c = *start;

	if (!o) {
		return -ENOMEM;
	}
	cursor_join(&c);
	o->acked = o->read_to = c.acked;
	if (c.live_from != 0 && c.live_to >= c.live_from) {
		o->stretches[0] = (struct stretch){c.live_from, c.live_to};
		o->n_stretches = 1;
	}
	o->first_batch = o->next_batch = 1;
	o->first_chunk = o->next_chunk = 1;
	*out = o;
	return 0;
}

void outbox_free(struct outbox *o)
{
	free(o);
}

/* Forget the shortest stretch: its rows are sent once more. */
static void forget_stretch(struct outbox *o)
{
	size_t shortest = 0;

	for (size_t i = 1; i < o->n_stretches; i++) {
		const struct stretch *s = &o->stretches[i],
				     *best = &o->stretches[shortest];

		shortest = s->to - s->from < best->to - best->from ? i : shortest;
	}
	o->n_stretches--;
	memmove(&o->stretches[shortest], &o->stretches[shortest + 1],
	        (o->n_stretches - shortest) * sizeof(o->stretches[0]));
}

static void deliver_batch(struct outbox *o, int64_t at)
{
	if (at <= o->acked) { /* the history was faster */
		o->open = o->n_stretches == 0;
	} else if (!o->open) {
		if (o->n_stretches == OUTBOX_STRETCHES) {
			forget_stretch(o);
		}
		o->stretches[o->n_stretches++] = (struct stretch){at, at};
		o->open = true;
	} else if (o->n_stretches > 0) {
		o->stretches[o->n_stretches - 1].to = at;
	} else {
		o->acked = at;
	}
}

static void settle_chunks(struct outbox *o)
{
	while (o->first_chunk < o->next_chunk) {
		const struct chunk *c = chunk_at(o, o->first_chunk);

		if (c->waiting > 0) {
			break;
		}
		o->acked = c->to > o->acked ? c->to : o->acked;
		o->first_chunk++;
	}
}

static void settle_batches(struct outbox *o)
{
	while (o->first_batch < o->next_batch) {
		const struct batch *b = batch_at(o, o->first_batch);

		if (!b->lost && b->waiting > 0) {
			return;
		}
		o->open = o->open && !b->after_gap;
		if (b->lost) {
			o->open = false;
		} else {
			deliver_batch(o, b->at);
		}
		o->first_batch++;
	}
	if (o->gap) {
		o->open = o->gap = false;
	}
}

/* Where the hole behind acked ends; INT64_MAX where nothing newer is delivered or on its
 * way, -1 where there is no hole. */
static int64_t hole_end(const struct outbox *o)
{
	if (o->n_stretches > 0) {
		return o->stretches[0].from;
	}
	if (o->open) {
		return -1;
	}
	return o->first_batch < o->next_batch
	               ? o->batches[o->first_batch % OUTBOX_BATCHES].at
	               : INT64_MAX;
}

/* Join what the cursor has reached.  @return false: nothing to join */
static bool join(struct outbox *o)
{
	int64_t end = hole_end(o);

	if (end == -1 || o->acked < end - 1) {
		return false;
	}
	if (o->n_stretches == 0) {
		o->open = true;
		return true;
	}
	o->acked = o->stretches[0].to > o->acked ? o->stretches[0].to : o->acked;
	o->n_stretches--;
	memmove(&o->stretches[0], &o->stretches[1],
	        o->n_stretches * sizeof(o->stretches[0]));
	return true;
}

static void settle(struct outbox *o)
{
	do {
		settle_chunks(o);
		settle_batches(o);
	} while (join(o));
	o->read_to = o->acked > o->read_to ? o->acked : o->read_to;
}

void outbox_disconnected(struct outbox *o)
{
	o->first_batch = o->next_batch;
	o->first_chunk = o->next_chunk;
	o->open = o->gap = false;
	o->read_to = o->acked;
}

void outbox_committed(struct outbox *o, int64_t at_us)
{
	o->committed = at_us > o->committed ? at_us : o->committed;
}

uint64_t outbox_live(struct outbox *o, int64_t at_us, size_t n)
{
	uint64_t ticket = o->next_batch;

	if (ticket - o->first_batch == OUTBOX_BATCHES) {
		o->gap = true;
		return 0;
	}
	*batch_at(o, ticket) = (struct batch){
		.at = at_us, .waiting = n, .after_gap = o->gap};
	o->gap = false;
	o->next_batch++;
	settle(o);
	return ticket;
}

void outbox_live_acked(struct outbox *o, uint64_t ticket, size_t n)
{
	struct batch *b = batch_at(o, ticket);

	if (is_waiting(ticket, o->first_batch, o->next_batch)) {
		assert(b->waiting >= n);
		b->waiting -= n;
		settle(o);
	}
}

void outbox_live_lost(struct outbox *o, uint64_t ticket)
{
	if (is_waiting(ticket, o->first_batch, o->next_batch)) {
		batch_at(o, ticket)->lost = true;
		settle(o);
	}
}

void outbox_gap(struct outbox *o)
{
	o->gap = true;
	settle(o);
}

bool outbox_in_step(const struct outbox *o)
{
	return o->open && o->n_stretches == 0 && o->first_batch == o->next_batch;
}

bool outbox_hole(const struct outbox *o, int64_t *after_us, int64_t *before_us)
{
	int64_t end = hole_end(o);

	*after_us = o->read_to;
	*before_us = end > o->committed ? o->committed + 1 : end;
	return end != -1 && *before_us > o->read_to + 1 &&
	       o->next_chunk - o->first_chunk < OUTBOX_CHUNKS;
}

uint64_t outbox_chunk(struct outbox *o, int64_t upto_us, size_t n)
{
	uint64_t ticket = o->next_chunk++;

	assert(ticket - o->first_chunk < OUTBOX_CHUNKS);
	*chunk_at(o, ticket) = (struct chunk){.to = upto_us, .waiting = n};
	o->read_to = upto_us;
	settle(o);
	return ticket;
}

void outbox_chunk_acked(struct outbox *o, uint64_t ticket, size_t n)
{
	struct chunk *c = chunk_at(o, ticket);

	if (is_waiting(ticket, o->first_chunk, o->next_chunk)) {
		assert(c->waiting >= n);
		c->waiting -= n;
		settle(o);
	}
}

void outbox_cursor(const struct outbox *o, struct cursor *out)
{
	const struct stretch *longest = NULL;

	for (size_t i = 0; i < o->n_stretches; i++) {
		const struct stretch *s = &o->stretches[i];

		if (!longest || s->to - s->from > longest->to - longest->from) {
			longest = s;
		}
	}
	out->acked = o->acked;
	out->live_from = longest ? longest->from : 0;
	out->live_to = longest ? longest->to : 0;
}
