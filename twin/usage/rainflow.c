/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/usage/rainflow.h"

#include <math.h>
#include <string.h>

static void count(struct rainflow *r, double a, double b, double amount)
{
	double range = fabs(a - b);

	if (!(range > 0)) {
		return;
	}
	spectrum_add(&r->cycles, range, amount);
	if (r->cycle) {
		r->cycle(r->arg, range, (a + b) / 2, amount);
	}
}

static void drop_first(struct rainflow *r)
{
	r->n--;
	memmove(r->open, r->open + 1, r->n * sizeof(*r->open));
}

/* Section 5.4.4: X the newest range, Y the one before it; Y that holds the start is half
 * a cycle and loses its first point, another is a whole one and loses both. */
static void close_cycles(struct rainflow *r)
{
	while (r->n >= 3) {
		double *at = r->open + r->n - 3;
		double x = fabs(at[2] - at[1]), y = fabs(at[1] - at[0]);

		if (x < y) {
			return;
		}
		if (r->n == 3) {
			count(r, at[0], at[1], 0.5);
			drop_first(r);
		} else {
			count(r, at[0], at[1], 1);
			at[0] = at[2];
			r->n -= 2;
		}
	}
}

static void turn(struct rainflow *r, double value)
{
	if (r->n == RAINFLOW_OPEN_MAX) {
		count(r, r->open[0], r->open[1], 0.5);
		drop_first(r);
	}
	r->open[r->n++] = value;
	close_cycles(r);
}

void rainflow_add(struct rainflow *r, double value)
{
	if (!isfinite(value)) {
		return;
	}
	if (!r->any) {
		r->any = true;
		r->last = value;
		turn(r, value);
		return;
	}
	if (!r->moved) {
		r->moved = fabs(value - r->last) > r->band;
		r->rising = value > r->last;
		r->last = r->moved ? value : r->last;
	} else if (r->rising ? value >= r->last : value <= r->last) {
		r->last = value; /* on the same way */
	} else if (fabs(value - r->last) > r->band) {
		turn(r, r->last);
		r->rising = !r->rising;
		r->last = value;
	}
}

void rainflow_end(struct rainflow *r)
{
	if (r->moved) {
		turn(r, r->last);
	}
	for (size_t i = 0; i + 1 < r->n; i++) {
		count(r, r->open[i], r->open[i + 1], 0.5);
	}
	r->n = 0;
}
