/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blocks double in size up to what malloc() takes from the system and gives back whole:
 * in between other things they would leave a heap of holes behind. */
enum { BLOCK_BYTES = 16 << 10, BLOCK_BYTES_MAX = 1 << 20, WORDS = 8192 };

struct arena_block {
	struct arena_block *next;
	_Alignas(max_align_t) char bytes[];
};

static int add_block(struct arena_pool *p, size_t bytes)
{
	size_t room = p->room < BLOCK_BYTES_MAX / 2 ? 2 * p->room : BLOCK_BYTES_MAX;
	struct arena_block *block;

	room = room > BLOCK_BYTES ? room : BLOCK_BYTES;
	room = room > bytes ? room : bytes;
	block = calloc(1, sizeof(*block) + room);
	if (!block) {
		return -1;
	}
	block->next = p->blocks;
	p->blocks = block;
	p->used = 0;
	p->room = room;
	return 0;
}

/* align: a power of two, at most that of max_align_t. */
static void *take(struct arena_pool *p, size_t bytes, size_t align)
{
	size_t at = (p->used + align - 1) & ~(align - 1);

	if (!p->blocks || at > p->room || p->room - at < bytes) {
		if (add_block(p, bytes)) {
			return NULL;
		}
		at = 0;
	}
	p->used = at + bytes;
	return p->blocks->bytes + at;
}

static void *take_array(struct arena_pool *p, size_t n, size_t size)
{
	if (size && n > (SIZE_MAX / 2) / size) {
		return NULL;
	}
	/* Something, also for nothing. */
	return take(p, n && size ? n * size : 1, _Alignof(max_align_t));
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	return take_array(&a->kept, n, size);
}

void *arena_scratch(struct arena *a, size_t n, size_t size)
{
	return take_array(&a->scratch, n, size);
}

/* FNV-1a. */
static size_t place_of(const char *text, size_t n)
{
	uint32_t hash = 0x811c9dc5;

	for (size_t i = 0; i < n; i++) {
		hash = (hash ^ (unsigned char)text[i]) * 0x01000193;
	}
	return (hash ^ hash >> 16) % WORDS;
}

const char *arena_word(struct arena *a, const char *text, size_t n)
{
	const char **word;

	if (!a->words) {
		a->words = arena_scratch(a, WORDS, sizeof(*a->words));
	}
	if (!a->words) {
		return NULL;
	}
	word = &a->words[place_of(text, n)];
	if (!*word || strncmp(*word, text, n) != 0 || (*word)[n] != '\0') {
		*word = arena_text(a, text, n);
	}
	return *word;
}

char *arena_text(struct arena *a, const char *text, size_t n)
{
	char *out = take(&a->kept, n + 1, 1); /* texts are many and short: no gaps */

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
	out = take(&a->kept, (size_t)n + 1, 1);
	if (out) {
		va_start(args, format);
		vsnprintf(out, (size_t)n + 1, format, args);
		va_end(args);
	}
	return out;
}

static void free_pool(struct arena_pool *p)
{
	while (p->blocks) {
		struct arena_block *next = p->blocks->next;

		free(p->blocks);
		p->blocks = next;
	}
	*p = (struct arena_pool){0};
}

void arena_drop_scratch(struct arena *a)
{
	free_pool(&a->scratch);
	a->words = NULL;
}

void arena_free(struct arena *a)
{
	arena_drop_scratch(a);
	free_pool(&a->kept);
}
