/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/line/heap.h"

#include <errno.h>
#include <stdlib.h>

enum { ROOM = 64 };

static bool is_before(const struct heap_event *a, const struct heap_event *b)
{
	return a->t < b->t || (a->t <= b->t && a->number < b->number);
}

static int grow(struct heap *h)
{
	size_t room = h->room ? 2 * h->room : ROOM;
	struct heap_event *all = realloc(h->all, room * sizeof(*all));

	if (!all) {
		return -ENOMEM;
	}
	h->all = all;
	h->room = room;
	return 0;
}

int heap_push(struct heap *h, const struct heap_event *e)
{
	struct heap_event own = *e;
	size_t i = h->n;

	if (h->n == h->room && grow(h)) {
		return -ENOMEM;
	}
	own.number = h->pushed++;
	h->n++;
	while (i > 0 && is_before(&own, &h->all[(i - 1) / 2])) {
		h->all[i] = h->all[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h->all[i] = own;
	return 0;
}

bool heap_pop(struct heap *h, struct heap_event *out)
{
	struct heap_event last;
	size_t i = 0, child;

	if (h->n == 0) {
		return false;
	}
	*out = h->all[0];
	last = h->all[--h->n];
	while ((child = 2 * i + 1) < h->n) {
		if (child + 1 < h->n && is_before(&h->all[child + 1], &h->all[child])) {
			child++;
		}
		if (!is_before(&h->all[child], &last)) {
			break;
		}
		h->all[i] = h->all[child];
		i = child;
	}
	h->all[i] = last;
	return true;
}

void heap_fini(struct heap *h)
{
	free(h->all);
	*h = (struct heap){.n = 0};
}
