/* SPDX-License-Identifier: Apache-2.0 */
/** Memory of one fate, with a ceiling: what a program's texts, tree and types are made
 * of. */
#ifndef TWIN_PLC_REGION_H
#define TWIN_PLC_REGION_H

#include <stdbool.h>
#include <stddef.h>

struct region_block;

/** Empty when all zero but for its ceiling.  Not thread-safe. */
struct region {
	struct region_block *blocks; /* newest first */
	size_t used, room;           /* of the newest, bytes */
	size_t held, ceiling;        /* of all blocks, bytes */
	bool exhausted; /* something was refused: what was made is not whole */
};

/** size bytes, zeroed, aligned for anything, until region_free(); NULL where memory ran
 * out or the ceiling is reached, and then r->exhausted stays set. */
void *region_alloc(struct region *r, size_t size);

/** n elements of size bytes, as region_alloc(); NULL also where n * size overflows. */
void *region_array(struct region *r, size_t n, size_t size);

/** A copy of n bytes with a NUL behind; NULL as region_alloc(). */
char *region_text(struct region *r, const char *text, size_t n);

/** Free everything; r is empty then, with its ceiling. */
void region_free(struct region *r);

#endif
