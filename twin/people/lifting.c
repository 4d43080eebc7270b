/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/people/lifting.h"

#include <math.h>

#include "drivers/reading.h"

#define CONSTANT_KG 23
#define LOW_CM      75 /* V below it */

enum { CELLS = 17, DURATIONS = 3 };

/* Table 5 of the manual: by lifts a minute, duration, V below 75 cm or not. */
static const double rates[CELLS] = {0.2, 0.5, 1,  2,  3,  4,  5,  6, 7,
                                    8,   9,   10, 11, 12, 13, 14, 15};
static const double hours_up_to[DURATIONS] = {1, 2, 8};
static const double factors[DURATIONS][2][CELLS] = {
	{{1, .97, .94, .91, .88, .84, .80, .75, .70, .60, .52, .45, .41, .37, 0, 0, 0},
         {1, .97, .94, .91, .88, .84, .80, .75, .70, .60, .52, .45, .41, .37, .34, .31,
          .28}},
	{{.95, .92, .88, .84, .79, .72, .60, .50, .42, .35, .30, .26, 0, 0, 0, 0, 0},
         {.95, .92, .88, .84, .79, .72, .60, .50, .42, .35, .30, .26, .23, .21, 0, 0, 0}},
	{{.85, .81, .75, .65, .55, .45, .35, .27, .22, .18, 0, 0, 0, 0, 0, 0, 0},
         {.85, .81, .75, .65, .55, .45, .35, .27, .22, .18, .15, .13, 0, 0, 0, 0, 0}},
};

double lifting_frequency(double per_min, double hours, bool low)
{
	size_t duration = 0, i = 0;
	const double *f;
	double share;

	while (duration < DURATIONS && hours > hours_up_to[duration]) {
		duration++;
	}
	if (duration == DURATIONS || !(per_min <= rates[CELLS - 1]) || !(hours >= 0)) {
		return 0;
	}
	f = factors[duration][!low];
	if (per_min <= rates[0]) {
		return f[0];
	}
	while (per_min > rates[i + 1]) {
		i++;
	}
	if (per_min >= rates[i + 1]) {
		return f[i + 1];
	}
	share = (per_min - rates[i]) / (rates[i + 1] - rates[i]);
	return f[i + 1] > 0 ? f[i] + share * (f[i + 1] - f[i]) : 0;
}

static double coupling(enum lifting_grip grip, bool low)
{
	static const double by_grip[][2] = {
		[GRIP_GOOD] = {1, 1}, [GRIP_FAIR] = {1, .95}, [GRIP_POOR] = {.90, .90}};

	return by_grip[grip][low];
}

double lifting_limit_once(const struct lift *l)
{
	double h = fmax(l->h_cm, 25), d = fmax(l->d_cm, 25);

	if (!(h <= 63) || !(l->v_cm >= 0 && l->v_cm <= 175) || !(d <= 175) ||
	    !(l->a_deg >= 0 && l->a_deg <= 135)) {
		return 0;
	}
	return CONSTANT_KG * (25 / h) * (1 - .003 * fabs(l->v_cm - 75)) *
	       (.82 + 4.5 / d) * (1 - .0032 * l->a_deg) *
	       coupling(l->grip, l->v_cm < LOW_CM);
}

double lifting_limit(const struct lift *l)
{
	return lifting_limit_once(l) *
	       lifting_frequency(l->per_min, l->hours, l->v_cm < LOW_CM);
}

double lifting_index(const struct lift *l)
{
	double limit = lifting_limit(l);

	return limit > 0 ? l->load_kg / limit : (double)NAN;
}

/* Places of the tasks by their own index, the worst first. */
static void order(const struct lift *all, size_t n, size_t *places)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = i;

		while (at > 0 &&
		       lifting_index(&all[i]) > lifting_index(&all[places[at - 1]])) {
			places[at] = places[at - 1];
			at--;
		}
		places[at] = i;
	}
}

double lifting_composite(const struct lift *all, size_t n)
{
	size_t places[LIFTS_MAX];
	double index, per_min;

	if (n == 0 || n > LIFTS_MAX) {
		return (double)NAN;
	}
	for (size_t i = 0; i < n; i++) {
		if (isnan(lifting_index(&all[i]))) {
			return (double)NAN;
		}
	}
	order(all, n, places);
	index = lifting_index(&all[places[0]]);
	per_min = all[places[0]].per_min;
	for (size_t i = 1; i < n; i++) {
		const struct lift *l = &all[places[i]];
		bool low = l->v_cm < LOW_CM;
		double before = lifting_frequency(per_min, l->hours, low);
		double with = lifting_frequency(per_min + l->per_min, l->hours, low);

		if (!(with > 0) || !(before > 0)) {
			return (double)NAN;
		}
		index += l->load_kg / lifting_limit_once(l) * (1 / with - 1 / before);
		per_min += l->per_min;
	}
	return index;
}

/* The largest number of a lift, which `number` points into, up to high at which the index
 * is at most 1; NAN: none from low on. */
static double largest(const struct lift *l, double *number, double low, double high)
{
	for (int i = 0; i < 60 && high > low; i++) {
		*number = (low + high) / 2;
		if (lifting_index(l) <= 1) {
			low = *number;
		} else {
			high = *number;
		}
	}
	*number = low;
	return lifting_index(l) <= 1 ? low : (double)NAN;
}

struct lifting_remedy lifting_remedy(const struct lift *l)
{
	struct lift nearer = *l, seldom = *l;
	double limit = lifting_limit(l);

	return (struct lifting_remedy){
		.load_kg = limit > 0 ? limit : (double)NAN,
		.h_cm = largest(&nearer, &nearer.h_cm, 25, fmin(l->h_cm, 63)),
		.per_min = largest(&seldom, &seldom.per_min, 0, l->per_min),
	};
}
