/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/region.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct region_block {
	struct region_block *older;
	alignas(max_align_t) unsigned char data[];
};

enum {
	REGION_BLOCK = 64 << 10, /* bytes of an ordinary block */
	REGION_LARGE = 8 << 10,  /* what is larger gets a block of its own */
	REGION_ALIGN = alignof(max_align_t),
};

/** A block with room bytes; NULL, and exhausted, where there is no memory for it. */
static struct region_block *block_new(struct region *r, size_t room)
{
	struct region_block *b = NULL;

	if (room <= r->ceiling && r->held <= r->ceiling - room) {
		b = calloc(1, sizeof(*b) + room);
	}
	if (!b) {
		r->exhausted = true;
		return NULL;
	}
	r->held += room;
	return b;
}

/** Something large: its block goes behind the newest, which stays in use. */
static void *alloc_large(struct region *r, size_t size)
{
	struct region_block *b = block_new(r, size);

	if (!b) {
		return NULL;
	}
	if (r->blocks) {
		b->older = r->blocks->older;
		r->blocks->older = b;
	} else {
		r->blocks = b;
		r->used = size;
		r->room = size;
	}
	return b->data;
}

void *region_alloc(struct region *r, size_t size)
{
	struct region_block *b;
	void *p;

	if (size > SIZE_MAX / 2) {
		r->exhausted = true;
		return NULL;
	}
	size = (size + REGION_ALIGN - 1) / REGION_ALIGN * REGION_ALIGN;
	if (size > REGION_LARGE) {
		return alloc_large(r, size);
	}
	if (!r->blocks || r->room - r->used < size) {
		b = block_new(r, REGION_BLOCK);
		if (!b) {
			return NULL;
		}
		b->older = r->blocks;
		r->blocks = b;
		r->used = 0;
		r->room = REGION_BLOCK;
	}
	p = r->blocks->data + r->used;
	r->used += size;
	return p;
}

void *region_array(struct region *r, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size) {
		r->exhausted = true;
		return NULL;
	}
	return region_alloc(r, n * size);
}

char *region_text(struct region *r, const char *text, size_t n)
{
	char *copy = n < SIZE_MAX ? region_alloc(r, n + 1) : NULL;

	if (copy && n) {
		memcpy(copy, text, n);
	}
	return copy;
}

void region_free(struct region *r)
{
	struct region_block *b = r->blocks;

	while (b) {
		struct region_block *older = b->older;

		free(b);
		b = older;
	}
	*r = (struct region){.ceiling = r->ceiling};
}
