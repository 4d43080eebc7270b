/* SPDX-License-Identifier: Apache-2.0 */
/** A tank as a test sees it: switched inflow, a valve that moves, noisy sensors, a leak.
 */
#ifndef TESTS_TWIN_TANK_PLANT_H
#define TESTS_TWIN_TANK_PLANT_H

#include <stdbool.h>

#include "noise.h"

static const double tank_area = 1.2, tank_outlet = 0.0021; /* m2 */
static const double tank_step_s = 0.1;

struct tank_plant {
	double level;         /* m, true */
	double inflow, valve; /* m3/s, 0..1 */
	double leak;          /* share of the outflow that is lost beside it */
	double walk;          /* what nobody models, m a root of a second */
	double sigma;         /* of the level sensor, m */
	uint64_t seed;
	int step;
	bool held; /* pump and valve stay as they are */
};

static inline struct tank_plant tank_plant_new(uint64_t seed)
{
	return (struct tank_plant){.level = 0.8,
	                           .inflow = 0.006,
	                           .valve = 1,
	                           .walk = 1e-4,
	                           .sigma = 0.002,
	                           .seed = seed};
}

/** One step of tank_step_s: a pump that switches, a valve that moves, physics in tenths.
 */
static inline void tank_plant_step(struct tank_plant *p)
{
	if (!p->held) {
		p->step++;
	}
	p->inflow = p->step / 150 % 2 ? 0.0105 : 0.006;
	p->valve = p->step / 200 % 2 ? 0.85 : 1;
	for (int i = 0; i < 10; i++) {
		double out = p->valve * tank_outlet *
		             sqrt(2 * 9.80665 * fmax(p->level, 0));

		p->level += tank_step_s / 10 * (p->inflow - out * (1 + p->leak)) /
		            tank_area;
	}
	p->level += p->walk * sqrt(tank_step_s) * noise_normal(&p->seed);
}

static inline double tank_plant_level(struct tank_plant *p)
{
	return p->level + p->sigma * noise_normal(&p->seed);
}

static inline double tank_plant_inflow(struct tank_plant *p)
{
	return p->inflow * (1 + 0.005 * noise_normal(&p->seed));
}

#endif
