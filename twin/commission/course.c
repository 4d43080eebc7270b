/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/commission/course.h"

#include <math.h>

void course_init(struct course *t)
{
	t->n = 0;
	t->stride = 1;
	t->in_last = 0;
	t->end_ns = 0;
}

/* fmin() and fmax() pass over NAN, as wanted here. */
static void widen(struct course_point *p, double min, double max)
{
	p->min = fmin(p->min, min);
	p->max = fmax(p->max, max);
}

/* Two points become one: half the points, twice the moments in each. */
static void halve(struct course *t)
{
	for (size_t i = 0; i < t->n / 2; i++) {
		struct course_point p = t->points[2 * i];
		const struct course_point *next = &t->points[2 * i + 1];

		widen(&p, next->min, next->max);
		p.last = next->last;
		t->points[i] = p;
	}
	t->n /= 2;
	t->in_last = t->stride * 2;
	t->stride *= 2;
}

void course_add(struct course *t, int64_t t_ns, double value)
{
	struct course_point *p;

	if (t->n == COURSE_POINTS_MAX && t->in_last == t->stride) {
		halve(t);
	}
	if (t->n == 0 || t->in_last == t->stride) {
		t->points[t->n++] = (struct course_point){t_ns, value, value, value};
		t->in_last = 0;
	}
	p = &t->points[t->n - 1];
	widen(p, value, value);
	p->last = value;
	t->in_last++;
	t->end_ns = t_ns;
}
