/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the line gives against what it should: tag line/throughput; and what the shift
 * will have given, line/shift_made, _p10, _p50, _p90.  Its value is counted where parts
 * leave the line, window by window (gateway/line/flow_count.h); what is expected comes
 * from a simulation of the line as it is, by `pollux line-flow --learn` in a process of
 * its own (gateway/child/errand.h), again and again, but is not taken while the tag is in
 * drift: a line that got slower is not to become what is expected of it.  The twin judges
 * the tag as it does any other.  Loop thread.
 */
#ifndef GATEWAY_FLOW_H
#define GATEWAY_FLOW_H

#include <uv.h>

#include "gateway/config.h"

enum { FLOW_LIMIT_S = 600 }; /* of a simulation; then it is given up */

/** What is lent; all borrowed until flow_free(). */
struct flow_parts {
	const struct config *config;
	uv_loop_t *loop;
	struct twin *twin; /* is told what is expected */
	uint64_t first_ms; /* until the first simulation: the history is to be there */
	/** The tag's latest sample. */
	struct sample (*latest)(void *arg, uint32_t tag);
	/** Readings of its tags. */
	void (*deliver)(void *arg, const struct reading *r, size_t n);
	/** What is to be told, a sentence, and whether it is well. */
	void (*tell)(void *arg, bool well, const char *message);
	void *arg;
};

struct flow;

/** Where the configuration has a line; else *out is NULL.  @return 0 or -ENOMEM */
int flow_open(struct flow **out, const struct flow_parts *parts);

/** Each second, or more often.  NULL is fine, here and below. */
void flow_tick(struct flow *f, uint64_t now_ns, int64_t wall_us);

/** What a simulation said, exit code and output; NULL: it said nothing, complaint is why.
 */
void flow_answer(struct flow *f, const char *output, const char *complaint);

/** What runs is ended; the loop closes the handles. */
void flow_close(struct flow *f);

/** After the loop. */
void flow_free(struct flow *f);

/** The zone of the configuration is that of the process from now on, where there is a
 * line whose shifts go by it.  Before any thread. */
void flow_zone(const struct config *c);

#endif
