/* SPDX-License-Identifier: Apache-2.0 */
/** A goal whose trials are runs of a line: the sequence of a source's orders, or how many
 * machines, places and parts there are. */
#ifndef GATEWAY_LINE_LINE_GOAL_H
#define GATEWAY_LINE_LINE_GOAL_H

#include "gateway/line/line_file.h"
#include "gateway/scenario/optimum.h"

struct line_goal {
	const struct line_setup *setup;
	const struct goal *goal;
	struct line_run run;
	double warm_up_s;
	struct arena *arena;
	uint32_t source; /* whose orders are put in sequence */
	struct goal_order order;
	struct goal_world world;
};

/**
 * @param[out] l  until the goal is no longer used, where it stands
 * @param run     how each trial is simulated; its replications are the samples
 * @return the goal, which belongs to f; NULL: complaints say why
 */
const struct goal *line_goal_bind(struct line_goal *l, struct goal_file *f,
                                  const struct line_setup *setup,
                                  const struct line_run *run, FILE *complaints);

/** What was found, as a variant to lay over the line's file. */
void line_goal_print_variant(FILE *out, const struct line_goal *l,
                             const struct optimum *o);

#endif
