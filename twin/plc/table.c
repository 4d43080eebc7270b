/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/table.h"

#include <stdint.h>

enum { TABLE_ROOM_MIN = 16 };

/* Fibonacci hashing (Knuth 1973, 6.4); interned keys share their lowest bits. */
static size_t place(const struct table *t, const char *key)
{
	size_t i = (size_t)(((uint64_t)(uintptr_t)key * 0x9E3779B97F4A7C15u) >> 32);

	for (i &= t->room - 1; t->entries[i].key && t->entries[i].key != key;
	     i = (i + 1) & (t->room - 1)) {
	}
	return i;
}

void *table_get(const struct table *t, const char *key)
{
	return key && t->n > 0 ? t->entries[place(t, key)].value : NULL;
}

static void grow(struct table *t, struct region *r)
{
	struct table bigger = {.room = t->room ? t->room * 2 : TABLE_ROOM_MIN};

	bigger.entries = region_array(r, bigger.room, sizeof(*bigger.entries));
	if (!bigger.entries) {
		return;
	}
	for (size_t i = 0; i < t->room; i++) {
		if (t->entries[i].key) {
			bigger.entries[place(&bigger, t->entries[i].key)] = t->entries[i];
		}
	}
	bigger.n = t->n;
	*t = bigger;
}

void table_put(struct table *t, struct region *r, const char *key, void *value)
{
	size_t i;

	if (!key) {
		return;
	}
	if (t->n * 4 >= t->room * 3) {
		grow(t, r);
	}
	if (t->n * 4 >= t->room * 3) {
		return; /* no memory: one place must stay free */
	}
	i = place(t, key);
	if (!t->entries[i].key) {
		t->n++;
	}
	t->entries[i] = (struct table_entry){key, value};
}
