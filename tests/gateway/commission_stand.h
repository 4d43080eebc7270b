/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A stand for tests: a tank that a pump fills by 0.1 a second and a drain empties as
 * fast, in cycles of 100 ms.  Quantities: pump and drain (written), tank.level in m, mode
 * (Idle, Filling), and sensor, which is the level but while fault `sensor dropout` is on.
 * Fault `tank leak` drains by its value a second.  It stops for good at a level of 9.
 */
#ifndef TESTS_GATEWAY_COMMISSION_STAND_H
#define TESTS_GATEWAY_COMMISSION_STAND_H

#include "gateway/commission/script.h"

struct commission_stand {
	struct stand stand;
	double pump, drain, level, leak;
	bool blind;
	int64_t now_ns;
	struct {
		bool of_tank;
		double value;
	} faults[8];
	size_t n_faults, restarts;
};

void commission_stand_init(struct commission_stand *s);

/** A script of that text, bound; what is wrong in *complaints (free it), "" where
 * nothing.  @return the script, NULL: it is not valid */
struct script *commission_script(const struct commission_stand *s, const char *text,
                                 char **complaints);

#endif
