/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table with open addressing, at most half full. */
#include "gateway/config/once.h"

#include <stdint.h>
#include <string.h>

enum { ROOM = 64 }; /* at first; a power of two */

struct once_slot {
	void *value; /* NULL: free */
	size_t size;
	uint64_t hash;
};

/* FNV-1a; the high bits are mixed down, as the low ones choose the slot. */
static uint64_t hash_of(const unsigned char *bytes, size_t n)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++) {
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	}
	return hash ^ hash >> 32;
}

/* Where a value is, or is to be. */
static struct once_slot *find(const struct once *o, const void *value, size_t size,
                              uint64_t hash)
{
	size_t i = hash & (o->room - 1);

	while (o->slots[i].value &&
	       (o->slots[i].hash != hash || o->slots[i].size != size ||
	        memcmp(o->slots[i].value, value, size) != 0)) {
		i = (i + 1) & (o->room - 1);
	}
	return &o->slots[i];
}

static int grow(struct once *o)
{
	struct once grown = *o;

	grown.room = o->room ? 2 * o->room : ROOM;
	grown.slots = arena_scratch(o->arena, grown.room, sizeof(*grown.slots));
	if (!grown.slots) {
		return -1;
	}
	for (size_t i = 0; i < o->room; i++) {
		const struct once_slot *s = &o->slots[i];

		if (s->value) {
			*find(&grown, s->value, s->size, s->hash) = *s;
		}
	}
	*o = grown;
	return 0;
}

void *once_keep(struct once *o, const void *value, size_t size)
{
	uint64_t hash = hash_of(value, size);
	struct once_slot *slot;
	void *copy;

	if (2 * (o->n + 1) > o->room && grow(o)) {
		return NULL;
	}
	slot = find(o, value, size, hash);
	if (slot->value) {
		return slot->value;
	}
	copy = arena_array(o->arena, 1, size);
	if (copy) {
		memcpy(copy, value, size);
		*slot = (struct once_slot){copy, size, hash};
		o->n++;
	}
	return copy;
}

const char *once_text(struct once *o, const char *text)
{
	return once_keep(o, text, strlen(text) + 1);
}
