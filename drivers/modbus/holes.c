/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/holes.h"

#include <errno.h>
#include <stdlib.h>

static const uint64_t s_ns = 1000000000;

void holes_init(struct holes *holes, struct device_holes *shown)
{
	*holes = (struct holes){.shown = shown, .wait_s = HOLES_WAIT_S};
	*shown = (struct device_holes){0};
}

void holes_fini(struct holes *holes)
{
	free(holes->items);
	free(holes->doubts);
	if (holes->shown) {
		*holes->shown = (struct device_holes){0};
	}
}

bool holes_contains(const struct device_range *a, const struct device_range *b)
{
	return a->space == b->space && a->first <= b->first && a->last >= b->last;
}

static bool same(const struct device_range *a, const struct device_range *b)
{
	return holes_contains(a, b) && holes_contains(b, a);
}

static void drop(struct holes *holes, size_t i)
{
	size_t last = --holes->shown->n;

	holes->items[i] = holes->items[last];
	holes->doubts[i] = holes->doubts[last];
	holes->shown->version++;
}

static int make_room(struct holes *holes)
{
	size_t room = holes->room ? 2 * holes->room : 16;
	struct hole_doubt *doubts;
	struct device_hole *items;

	if (holes->shown->n < holes->room) {
		return 0;
	}
	if (holes->room >= HOLES_MAX) {
		return -ENOSPC;
	}
	items = realloc(holes->items, room * sizeof(*items));
	if (!items) {
		return -ENOMEM;
	}
	holes->items = items;
	holes->shown->items = items;
	doubts = realloc(holes->doubts, room * sizeof(*doubts));
	if (!doubts) {
		return -ENOMEM;
	}
	holes->doubts = doubts;
	holes->room = room;
	return 0;
}

static int put(struct holes *holes, const struct device_hole *hole, uint64_t now_ns,
               uint32_t wait_s)
{
	int err = make_room(holes);
	size_t at;

	if (err) {
		return err;
	}
	at = holes->shown->n++;
	holes->items[at] = *hole;
	holes->doubts[at] = (struct hole_doubt){now_ns + wait_s * s_ns, wait_s};
	holes->shown->version++;
	return 0;
}

/* Does a say all that b says of the same range?  The less was asked for, the more its
 * refusal tells. */
static bool says_more(const struct device_hole *a, const struct device_hole *b)
{
	return same(&a->range, &b->range) && (!a->guess || b->guess) &&
	       holes_contains(&b->asked, &a->asked);
}

int holes_add(struct holes *holes, const struct device_hole *hole, uint64_t now_ns,
              bool cause)
{
	for (size_t i = holes->shown->n; i-- > 0;) {
		const struct device_hole *old = &holes->items[i];
		bool wider = holes_contains(&old->asked, &hole->asked) &&
		             !same(&old->asked, &hole->asked);

		if ((cause && wider) || says_more(hole, old)) {
			drop(holes, i);
		} else if (says_more(old, hole)) {
			return 0;
		}
	}
	return put(holes, hole, now_ns, hole->guess ? 0 : holes->wait_s);
}

int holes_know(struct holes *holes, const struct device_hole *hole, uint64_t now_ns)
{
	return put(holes, hole, now_ns, HOLES_WAIT_S);
}

const struct device_hole *holes_refuse(const struct holes *holes,
                                       const struct device_range *range)
{
	for (size_t i = 0; i < holes->shown->n; i++) {
		const struct device_hole *hole = &holes->items[i];

		if (!hole->guess && holes_contains(range, &hole->asked)) {
			return hole;
		}
	}
	return NULL;
}

const struct device_hole *holes_due(const struct holes *holes, uint64_t now_ns)
{
	const struct device_hole *first = NULL;
	uint64_t at_ns = now_ns;

	for (size_t i = 0; i < holes->shown->n; i++) {
		if (holes->doubts[i].at_ns < at_ns ||
		    (!first && holes->doubts[i].at_ns == at_ns)) {
			first = &holes->items[i];
			at_ns = holes->doubts[i].at_ns;
		}
	}
	return first;
}

void holes_confirm(struct holes *holes, const struct device_range *asked, uint64_t now_ns)
{
	for (size_t i = 0; i < holes->shown->n; i++) {
		struct hole_doubt *doubt = &holes->doubts[i];

		if (same(&holes->items[i].asked, asked)) {
			doubt->wait_s = doubt->wait_s ? 2 * doubt->wait_s : HOLES_WAIT_S;
			if (doubt->wait_s > HOLES_WAIT_MAX_S) {
				doubt->wait_s = HOLES_WAIT_MAX_S;
			}
			doubt->at_ns = now_ns + doubt->wait_s * s_ns;
			if (holes->items[i].guess) {
				holes->items[i].guess = false;
				holes->shown->version++;
			}
		}
	}
}

void holes_refute(struct holes *holes, const struct device_range *asked, uint64_t now_ns)
{
	bool changed = false;

	for (size_t i = holes->shown->n; i-- > 0;) {
		if (same(&holes->items[i].asked, asked)) {
			changed = changed || holes->doubts[i].wait_s > 0;
			drop(holes, i);
		}
	}
	if (changed) {
		holes_doubt(holes, now_ns);
	}
}

void holes_doubt(struct holes *holes, uint64_t now_ns)
{
	for (size_t i = 0; i < holes->shown->n; i++) {
		holes->doubts[i].at_ns = now_ns;
	}
}
