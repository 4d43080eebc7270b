/* SPDX-License-Identifier: Apache-2.0 */
/** Memory that is freed all at once: what a configuration is made of. */
#ifndef GATEWAY_CONFIG_ARENA_H
#define GATEWAY_CONFIG_ARENA_H

#include <stddef.h>

struct arena_block;

/** Blocks of one fate. */
struct arena_pool {
	struct arena_block *blocks; /* newest first */
	size_t used, room;          /* of the newest, bytes */
};

/** Empty when all zero.  Not thread-safe. */
struct arena {
	struct arena_pool kept, scratch;
	const char **words; /* in scratch; those that arena_word() met last, by hash */
};

/** n elements of size bytes, zeroed, aligned for anything; never NULL for n = 0.
 * @return NULL where memory ran out or n * size overflows */
void *arena_array(struct arena *a, size_t n, size_t size);

/** A copy of n bytes of text with a NUL behind; NULL where memory ran out. */
char *arena_text(struct arena *a, const char *text, size_t n);

/** printf into the arena; NULL where memory ran out. */
char *arena_format(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** As arena_array(), until arena_drop_scratch(): for what is only needed on the way. */
void *arena_scratch(struct arena *a, size_t n, size_t size);

/** As arena_text(), for a word that may come again and again, never to be changed: often
 * the copy that was made before. */
const char *arena_word(struct arena *a, const char *text, size_t n);

/** Free what came from arena_scratch(). */
void arena_drop_scratch(struct arena *a);

/** Free everything that came from a. */
void arena_free(struct arena *a);

#endif
