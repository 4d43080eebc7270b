/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16384 };

struct arena_block {
	struct arena_block *next;
	_Alignas(max_align_t) char bytes[];
};

static size_t align_up(size_t n)
{
	return (n + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) *
	       _Alignof(max_align_t);
}

static int add_block(struct arena *a, size_t bytes)
{
	size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
	struct arena_block *block = calloc(1, sizeof(*block) + room);

	if (!block) {
		return -1;
	}
	block->next = a->blocks;
	a->blocks = block;
	a->used = 0;
	a->room = room;
	return 0;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	void *out;

	if (size && n > (SIZE_MAX / 2) / size) {
		return NULL;
	}
	bytes = align_up(n * size + 1); /* something, also for nothing */
	if ((!a->blocks || a->room - a->used < bytes) && add_block(a, bytes)) {
		return NULL;
	}
	out = a->blocks->bytes + a->used;
	a->used += bytes;
	return out;
}

char *arena_text(struct arena *a, const char *text, size_t n)
{
	char *out = arena_array(a, n + 1, 1);

	if (out) {
		memcpy(out, text, n);
	}
	return out;
}

char *arena_format(struct arena *a, const char *format, ...)
{
	va_list args;
	char *out = NULL;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0) {
		return NULL;
	}
	out = arena_array(a, (size_t)n + 1, 1);
	if (out) {
		va_start(args, format);
		vsnprintf(out, (size_t)n + 1, format, args);
		va_end(args);
	}
	return out;
}

void arena_free(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *next = a->blocks->next;

		free(a->blocks);
		a->blocks = next;
	}
	*a = (struct arena){0};
}
