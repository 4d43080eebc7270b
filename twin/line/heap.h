/* SPDX-License-Identifier: Apache-2.0 */
/** What is to happen, the earliest first; of the same moment what was planned first: a
 * binary heap (Williams 1964) keyed by time and number. */
#ifndef TWIN_LINE_HEAP_H
#define TWIN_LINE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_event {
	double t;
	uint64_t number; /* set by heap_push() */
	uint32_t kind : 4, who : 28;
	uint32_t turn; /* of who: whether the event still counts */
};

/** Zero-initialise; heap_fini() frees. */
struct heap {
	struct heap_event *all;
	size_t n, room; /* n counts a hole */
	uint64_t pushed;
	bool hole; /* the root was taken: mostly the next push takes its place, which is
	              half of the work of filling it first */
};

/** @return 0 or -ENOMEM */
int heap_push(struct heap *h, const struct heap_event *e);

/** Take the earliest.  @return false: there is none */
bool heap_pop(struct heap *h, struct heap_event *out);

/** All that are planned, in no order; until the next call. */
size_t heap_events(struct heap *h, const struct heap_event **all);

void heap_fini(struct heap *h);

#endif
