/* SPDX-License-Identifier: Apache-2.0 */
/** A goal whose trials are scenarios: setpoints that are moved at their beginning. */
#ifndef GATEWAY_SCENARIO_GOAL_SCENARIOS_H
#define GATEWAY_SCENARIO_GOAL_SCENARIOS_H

#include "gateway/scenario/goal_file.h"
#include "gateway/scenario/scenario_file.h"

struct goal_scenarios {
	const struct scenario_setup *setup;
	const struct goal *goal;
	struct goal_figure figures[SCENARIO_KPIS_MAX];
	struct goal_world world;
};

/** @param[out] s  until the goal is no longer used, where it stands
 * @return the goal, which belongs to f; NULL: complaints say why */
const struct goal *goal_scenarios_bind(struct goal_scenarios *s, struct goal_file *f,
                                       const struct scenario_setup *setup,
                                       FILE *complaints);

#endif
