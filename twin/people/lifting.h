/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The revised NIOSH lifting equation (Waters, Putz-Anderson, Garg 1994, DHHS (NIOSH)
 * 94-110): a screening figure for lifting with two hands, no medical statement.
 */
#ifndef TWIN_PEOPLE_LIFTING_H
#define TWIN_PEOPLE_LIFTING_H

#include <stdbool.h>
#include <stddef.h>

enum lifting_grip { GRIP_GOOD, GRIP_FAIR, GRIP_POOR };

/** Where hands are at one end of a lift, and how often it is done. */
struct lift {
	double load_kg;
	double h_cm, v_cm;     /* of the hands before the ankles, above the floor */
	double d_cm;           /* that it is lifted */
	double a_deg;          /* that one turns */
	double per_min, hours; /* how often, for how long with the rest after it */
	enum lifting_grip grip;
};

/** Recommended weight limit, kg: 0: not to be lifted so. */
double lifting_limit(const struct lift *l);

/** The same without regard to how often (frequency-independent). */
double lifting_limit_once(const struct lift *l);

/** Load over limit: up to 1 nearly all may do it; NAN where the limit is 0. */
double lifting_index(const struct lift *l);

/** Frequency multiplier; between two cells of the manual's table linear (ours), towards
 * one that is 0: 0. */
double lifting_frequency(double per_min, double hours, bool low);

/**
 * Composite index of several tasks of one job, by the manual's procedure (section 3.5):
 * the worst, and what each further one adds at the frequency of all before it.
 * @return NAN where one of them is not to be lifted, or there are more than LIFTS_MAX
 */
enum { LIFTS_MAX = 32 };
double lifting_composite(const struct lift *all, size_t n);

/** What alone would bring the index to 1: the nearest value, where there is one. */
struct lifting_remedy {
	double load_kg, h_cm, per_min; /* NAN: that alone does not do */
};
struct lifting_remedy lifting_remedy(const struct lift *l);

#endif
