/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What moves slowly towards a limit, and when it will be there: the tags of twin.trends,
 * and the health of every component.  Every ten minutes, from the hourly means of the
 * history; the reading and the reckoning are the pool's.  What was told is kept, and
 * scored when the limit is reached or it goes back: view `outlooks`.  Loop thread.
 */
#ifndef GATEWAY_OUTLOOK_H
#define GATEWAY_OUTLOOK_H

#include <uv.h>

#include "gateway/config.h"
#include "storage/event.h"
#include "storage/outlook_row.h"
#include "twin/health/remaining.h"

/** What it works on; borrowed until outlook_free(). */
struct outlook_parts {
	const struct config *config;
	const struct twin *twin;
	uv_loop_t *loop;
	/** Something approaches its limit, nearer than was told, or no longer. */
	void (*tell)(void *arg, const struct event *e);
	/** The tag's latest sample. */
	struct sample (*latest)(void *arg, uint32_t tag);
	/** Keep what was told, or that it ended. */
	void (*put)(void *arg, const struct outlook_row *row);
	void *arg;
};

struct outlook;

/** @return 0 or -ENOMEM */
int outlook_new(struct outlook **out, const struct outlook_parts *parts);

/** Once a second or so.  @param wall_us  UTC */
void outlook_tick(struct outlook *o, uint64_t now_ns, int64_t wall_us);

/** The loop has ended.  NULL is fine. */
void outlook_free(struct outlook *o);

/** One tag or component. */
struct outlook_item {
	uint32_t tag; /* a component's: its tag health */
	bool component;
	const char *name;           /* what its limit means */
	double limit;               /* of the tag; NAN: not known yet */
	double health;              /* of a component: 1 as learnt, 0 its alarm; or NAN */
	struct remaining remaining; /* seconds from when it was looked at */
};

/** The i-th; false beyond the last. */
bool outlook_item(const struct outlook *o, size_t i, struct outlook_item *out);

/** "6 to 11 days", "14 hours or more"; for what is KNOWN. */
void outlook_span(char *buf, size_t size, const struct remaining *r);

#endif
