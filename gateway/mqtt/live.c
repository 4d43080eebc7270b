/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/mqtt/live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOBODY UINT32_MAX

struct slot {
	struct sample sample;
	char *text; /* room for VALUE_TEXT_MAX bytes, made when first needed */
	uint64_t ticket;
	uint32_t next; /* in the queue */
	bool known, queued;
};

struct live {
	const struct tag *tags;
	size_t n_tags;
	struct slot *slots;  /* by tag */
	uint32_t head, tail; /* of the queue, NOBODY where empty */
	size_t waiting;
};

int live_new(struct live **out, const struct tag *tags, size_t n_tags)
{
	struct live *l = calloc(1, sizeof(*l));

	if (!l) {
		return -ENOMEM;
	}
	l->tags = tags;
	l->n_tags = n_tags;
	l->head = l->tail = NOBODY;
	l->slots = calloc(n_tags ? n_tags : 1, sizeof(*l->slots));
	if (!l->slots) {
		live_free(l);
		return -ENOMEM;
	}
	*out = l;
	return 0;
}

void live_free(struct live *l)
{
	if (!l) {
		return;
	}
	for (size_t i = 0; l->slots && i < l->n_tags; i++) {
		free(l->slots[i].text);
	}
	free(l->slots);
	free(l);
}

bool live_waits(const struct live *l, uint32_t tag)
{
	return l->slots[tag].queued && l->slots[tag].ticket != 0;
}

static void enqueue(struct live *l, uint32_t tag)
{
	struct slot *slot = &l->slots[tag];

	if (slot->queued) {
		return; /* in its old place, or a busy tag would never be sent */
	}
	slot->queued = true;
	slot->next = NOBODY;
	if (l->tail == NOBODY) {
		l->head = tag;
	} else {
		l->slots[l->tail].next = tag;
	}
	l->tail = tag;
	l->waiting++;
}

void live_keep(struct live *l, const struct sample *s)
{
	struct slot *slot = &l->slots[s->tag];

	slot->sample = *s;
	slot->known = true;
	if (s->value.kind != VALUE_TEXT) {
		return;
	}
	if (!slot->text) {
		slot->text = malloc(VALUE_TEXT_MAX + 1);
	}
	if (slot->text && s->value.text) {
		size_t n = strnlen(s->value.text, VALUE_TEXT_MAX);

		memcpy(slot->text, s->value.text, n);
		slot->text[n] = '\0';
		slot->sample.value.text = slot->text;
	} else {
		slot->sample.value.kind = VALUE_NONE; /* no memory: the history has it */
	}
}

uint64_t live_put(struct live *l, const struct sample *s, uint64_t ticket)
{
	struct slot *slot = &l->slots[s->tag];
	uint64_t overtaken = slot->queued ? slot->ticket : 0;

	live_keep(l, s);
	slot->ticket = ticket;
	enqueue(l, s->tag);
	return overtaken;
}

void live_refresh(struct live *l)
{
	for (uint32_t tag = 0; tag < l->n_tags; tag++) {
		if (l->slots[tag].known && !l->slots[tag].queued) {
			l->slots[tag].ticket = 0;
			enqueue(l, tag);
		}
	}
}

void live_halt(struct live *l)
{
	live_pop(l, l->waiting);
}

size_t live_head(const struct live *l, const struct sample **rows, size_t max,
                 uint64_t *ticket)
{
	const struct slot *first = l->head == NOBODY ? NULL : &l->slots[l->head];
	size_t n = 0;

	for (uint32_t tag = l->head; tag != NOBODY && n < max; tag = l->slots[tag].next) {
		const struct slot *slot = &l->slots[tag];

		if (slot->ticket != first->ticket ||
		    slot->sample.ts_us != first->sample.ts_us ||
		    l->tags[tag].device_index != l->tags[l->head].device_index) {
			break;
		}
		rows[n++] = &slot->sample;
	}
	*ticket = first ? first->ticket : 0;
	return n;
}

void live_pop(struct live *l, size_t n)
{
	for (; n > 0 && l->head != NOBODY; n--) {
		struct slot *slot = &l->slots[l->head];

		slot->queued = false;
		slot->ticket = 0;
		l->head = slot->next;
		l->waiting--;
	}
	if (l->head == NOBODY) {
		l->tail = NOBODY;
	}
}

size_t live_waiting(const struct live *l)
{
	return l->waiting;
}
