/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/alarm_book.h"

#include <errno.h>
#include <stdlib.h>

enum { ROOM_MIN = 32 };

int alarm_book_init(struct alarm_book *b, size_t n_tags)
{
	*b = (struct alarm_book){.room = ROOM_MIN};
	b->entry_of = calloc(n_tags + 1, sizeof(*b->entry_of));
	b->entries = calloc(b->room, sizeof(*b->entries));
	return b->entry_of && b->entries ? 0 : -ENOMEM;
}

void alarm_book_fini(struct alarm_book *b)
{
	free(b->entry_of);
	free(b->entries);
	*b = (struct alarm_book){0};
}

struct alarm alarm_book_get(const struct alarm_book *b, uint32_t tag)
{
	uint32_t entry = b->entry_of[tag];

	return entry ? b->entries[entry - 1].alarm : (struct alarm){0};
}

static int add(struct alarm_book *b, uint32_t tag)
{
	if (b->n == b->room) {
		struct alarm_entry *grown = realloc(b->entries,
		                                    2 * (size_t)b->room * sizeof(*grown));

		if (!grown) {
			return -ENOMEM;
		}
		b->entries = grown;
		b->room *= 2;
	}
	b->entries[b->n].tag = tag;
	b->entry_of[tag] = ++b->n;
	return 0;
}

/* The last takes its place. */
static void drop(struct alarm_book *b, uint32_t tag)
{
	uint32_t entry = b->entry_of[tag];

	b->entries[entry - 1] = b->entries[--b->n];
	b->entry_of[b->entries[entry - 1].tag] = entry;
	b->entry_of[tag] = 0;
}

int alarm_book_put(struct alarm_book *b, uint32_t tag, const struct alarm *a)
{
	if (alarm_is_idle(a) && a->shelved_ns == 0) {
		if (b->entry_of[tag]) {
			drop(b, tag);
		}
		return 0;
	}
	if (!b->entry_of[tag] && add(b, tag)) {
		return -ENOMEM;
	}
	b->entries[b->entry_of[tag] - 1].alarm = *a;
	return 0;
}
