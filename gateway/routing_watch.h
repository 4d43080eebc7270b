/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Can the line still make its products?  Each routing of the configuration (`line:`) is
 * held against the line as it is, by `pollux validate --learn` in a process of its own
 * (gateway/child/errand.h), one after the other, again and again.  An answer that is
 * another than the last one is an event.  Loop thread.
 */
#ifndef GATEWAY_ROUTING_WATCH_H
#define GATEWAY_ROUTING_WATCH_H

#include <stdbool.h>
#include <uv.h>

#include "gateway/config.h"

enum { ROUTING_LIMIT_S = 600 }; /* of one; then it is given up */

/** All borrowed until routing_watch_free(). */
struct routing_watch_parts {
	const struct config *config;
	uv_loop_t *loop;
	uint64_t first_ms; /* until the first time: the history is to be there */
	/** What is to be told, a sentence, and whether it is well. */
	void (*tell)(void *arg, bool well, const char *message);
	void *arg;
};

struct routing_watch;

/** Where the configuration has routings; else *out is NULL.  @return 0 or -ENOMEM */
int routing_watch_open(struct routing_watch **out,
                       const struct routing_watch_parts *parts);

/** What runs is ended; the loop closes the handles.  NULL is fine. */
void routing_watch_close(struct routing_watch *w);

/** After the loop.  NULL is fine. */
void routing_watch_free(struct routing_watch *w);

#endif
