/* SPDX-License-Identifier: Apache-2.0 */
/** Names to what they are.  Keys are interned (ast_key()): compared by their pointer. */
#ifndef TWIN_PLC_TABLE_H
#define TWIN_PLC_TABLE_H

#include <stddef.h>

#include "twin/plc/region.h"

struct table_entry {
	const char *key; /* NULL: free */
	void *value;
};

/** Empty when all zero. */
struct table {
	struct table_entry *entries;
	size_t n, room; /* used, of a power of two */
};

/** What key stands for; NULL where nothing, or key is NULL. */
void *table_get(const struct table *t, const char *key);

/** Let key stand for value, also where it stood for another.  Without memory nothing
 * happens, and the region says so. */
void table_put(struct table *t, struct region *r, const char *key, void *value);

#endif
