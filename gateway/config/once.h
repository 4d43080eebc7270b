/* SPDX-License-Identifier: Apache-2.0 */
/** Values that come again and again, kept once: what 100,000 tags have in common. */
#ifndef GATEWAY_CONFIG_ONCE_H
#define GATEWAY_CONFIG_ONCE_H

#include "gateway/config/arena.h"

struct once_slot;

/** A set of values of any size.  All zero but for arena: empty.  Gone, unlike its values,
 * with the arena's scratch.  Not thread-safe. */
struct once {
	struct arena *arena;
	struct once_slot *slots; /* in scratch */
	size_t n, room;
};

/**
 * The one copy in the arena of size bytes, never to be changed.  Values are
 * the same where their bytes are: padding is to be zeroed, and pointers are compared, not
 * what they point to.
 * @return NULL where memory ran out
 */
void *once_keep(struct once *o, const void *value, size_t size);

/** The one copy of a text; NULL where memory ran out. */
const char *once_text(struct once *o, const char *text);

#endif
