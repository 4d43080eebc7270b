/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/identify/simulate.h"

#include <errno.h>
#include <math.h>

#include "twin/observer/integrate.h"

/* Finer than the observer's: what is asked for are differences between two ways. */
#define TOLERANCE 1e-8

/* Where a run is. */
struct run {
	const struct recording_rows *rows;
	const double *p;
	double dead_s;
	size_t acting; /* row of the inputs that act; it moves on with time */
	double *x;
};

static int integrate_held(struct run *run, double dt_s)
{
	const struct model *model = run->rows->model;
	const double *u = run->rows->u + run->acting * model->n_inputs;
	struct integration in;
	int err;

	integrate_begin(&in, model, run->p, u, dt_s);
	in.tolerance = TOLERANCE;
	err = integrate(&in, run->x);
	if (!err && model->limit) {
		model->limit(run->p, run->x);
	}
	return err;
}

/* From one time to another; inputs change a dead time after their rows. */
static int go(struct run *run, double from_s, double to_s)
{
	const double *t_s = run->rows->t_s;
	int err = 0;

	while (!err && from_s < to_s) {
		double end_s = to_s;

		while (run->acting + 1 < run->rows->n &&
		       t_s[run->acting + 1] + run->dead_s <= from_s) {
			run->acting++;
		}
		if (run->acting + 1 < run->rows->n) {
			end_s = fmin(to_s, t_s[run->acting + 1] + run->dead_s);
		}
		err = integrate_held(run, end_s - from_s);
		from_s = end_s;
	}
	return err;
}

int simulate(const struct recording_rows *r, const double *p, struct span s, double *x,
             double *y)
{
	const struct model *m = r->model;
	struct run run = {.rows = r,
	                  .p = p,
	                  .dead_s = m->dead_time ? m->dead_time(p) : 0,
	                  .acting = s.from,
	                  .x = x};
	int err = 0;

	for (size_t i = 0; i < s.n && !err; i++) {
		size_t row = s.from + i;

		if (i) {
			err = go(&run, r->t_s[row - 1], r->t_s[row]);
		}
		if (y) {
			/* What is fed through at once has the inputs of its own row. */
			size_t at = run.dead_s > 0 ? run.acting : row;

			m->outputs_of(p, x, r->u + at * m->n_inputs,
			              y + i * m->n_outputs);
		}
	}
	for (size_t i = 0; i < m->n_states && !err; i++) {
		err = isfinite(x[i]) ? 0 : -EDOM;
	}
	return err;
}
