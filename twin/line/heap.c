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

/* Put e where it belongs at or below the root. */
static void sink(struct heap *h, const struct heap_event *e)
{
	size_t i = 0, child;

	while ((child = 2 * i + 1) < h->n) {
		if (child + 1 < h->n && is_before(&h->all[child + 1], &h->all[child])) {
			child++;
		}
		if (!is_before(&h->all[child], e)) {
			break;
		}
		h->all[i] = h->all[child];
		i = child;
	}
	h->all[i] = *e;
}

static void rise(struct heap *h, const struct heap_event *e)
{
	size_t i = h->n++;

	while (i > 0 && is_before(e, &h->all[(i - 1) / 2])) {
		h->all[i] = h->all[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h->all[i] = *e;
}

int heap_push(struct heap *h, const struct heap_event *e)
{
	struct heap_event own = *e;

	if (h->n == h->room && grow(h)) {
		return -ENOMEM;
	}
	own.number = h->pushed++;
	if (h->hole) {
		h->hole = false;
		sink(h, &own);
	} else {
		rise(h, &own);
	}
	return 0;
}

static void fill_hole(struct heap *h)
{
	struct heap_event last = h->all[h->n - 1];

	h->hole = false;
	if (--h->n > 0) {
		sink(h, &last);
	}
}

bool heap_pop(struct heap *h, struct heap_event *out)
{
	if (h->hole) {
		fill_hole(h);
	}
	if (h->n == 0) {
		return false;
	}
	*out = h->all[0];
	h->hole = true;
	return true;
}

size_t heap_events(struct heap *h, const struct heap_event **all)
{
	if (h->hole) {
		fill_hole(h);
	}
	*all = h->all;
	return h->n;
}

void heap_fini(struct heap *h)
{
	free(h->all);
	*h = (struct heap){.n = 0};
}
