/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/health/remaining.h"

#include <math.h>

#define REACH 10 /* times what was observed: beyond it nothing can be told */

struct remaining remaining_none(enum remaining_why why)
{
	return (struct remaining){.p10 = NAN, .p50 = NAN, .p90 = NAN, .why = why};
}

struct remaining remaining_of(double p10, double p50, double p90, double observed)
{
	struct remaining r = {.p10 = fmin(p10, p50), .p50 = p50, .p90 = fmax(p90, p50)};

	return r.p10 <= REACH * observed ? r : remaining_none(REMAINING_FAR);
}

const char *remaining_why_text(enum remaining_why why)
{
	switch (why) {
	case REMAINING_KNOWN:
		break;
	case REMAINING_FEW_HISTORIES:
		return "fewer than 5 histories to learn from";
	case REMAINING_LEARNING:
		return "too little seen of it yet";
	case REMAINING_BAD_INPUT:
		return "a reading is missing, bad or stale";
	case REMAINING_UNLIKE:
		return "unlike anything that was learnt from";
	case REMAINING_NO_TREND:
		return "no significant trend";
	case REMAINING_FAR:
		return "farther off than ten times what was seen of it";
	}
	return "";
}
