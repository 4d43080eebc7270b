/* SPDX-License-Identifier: Apache-2.0 */
/**
 * `auto_identify`: when a component has been off its model for an hour by the slow test,
 * its parameters are sought on the rows since, judged on those held out, and what is
 * better becomes a version that is proposed, or put in force where that is wished.  One
 * component at a time, on libuv's pool; one proposal of each a day, unless its mismatch
 * changes.  Loop thread.
 */
#ifndef GATEWAY_PROPOSALS_H
#define GATEWAY_PROPOSALS_H

#include <uv.h>

#include "gateway/versions.h"
#include "storage/event.h"

enum {
	PROPOSALS_AFTER_S = 3600,  /* of mismatch, and between two attempts */
	PROPOSALS_EVERY_S = 86400, /* between two proposals */
	PROPOSALS_BACK_S = 86400,  /* the longest time that parameters are sought on */
};

/** What it works on; borrowed until proposals_free(). */
struct proposals_parts {
	const struct config *config;
	const struct twin *twin;
	struct versions *versions;
	uv_loop_t *loop;
	int64_t (*wall_us)(void); /* UTC, the stamps of the history */
	/** A proposal, as an event without stamp. */
	void (*tell)(void *arg, const struct event *e);
	void *arg;
};

struct proposals;

/** @return 0 or -ENOMEM */
int proposals_new(struct proposals **out, const struct proposals_parts *parts);

/** Once a second or so.  @param now_ns  monotonic */
void proposals_tick(struct proposals *p, uint64_t now_ns);

/** What runs is interrupted and ends with the loop; nothing is begun any more.  NULL is
 * fine. */
void proposals_stop(struct proposals *p);

/** The loop has ended.  NULL is fine. */
void proposals_free(struct proposals *p);

#endif
