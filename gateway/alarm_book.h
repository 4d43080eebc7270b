/* SPDX-License-Identifier: Apache-2.0 */
/** Which tags have an alarm, or had one that is remembered: few of many. */
#ifndef GATEWAY_ALARM_BOOK_H
#define GATEWAY_ALARM_BOOK_H

#include "gateway/alarm.h"

struct alarm_entry {
	struct alarm alarm;
	uint32_t tag;
};

struct alarm_book {
	uint32_t *entry_of; /* by tag: number + 1; 0: none */
	struct alarm_entry *entries;
	uint32_t n, room;
};

/** @return 0 or -ENOMEM; alarm_book_fini() either way */
int alarm_book_init(struct alarm_book *b, size_t n_tags);
void alarm_book_fini(struct alarm_book *b);

/** A tag's alarm, zeroed where it has none. */
struct alarm alarm_book_get(const struct alarm_book *b, uint32_t tag);

/**
 * Keep it; one that says nothing any more takes no room.
 *
 * @return 0, or -ENOMEM: the tag has what it had before
 */
int alarm_book_put(struct alarm_book *b, uint32_t tag, const struct alarm *a);

#endif
