/* SPDX-License-Identifier: Apache-2.0 */
/* The component that finds parameters first: its rows are kept, then taken again. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "twin/component_impl.h"

enum { PATIENCE_ROWS = 64 };

/* Take kept rows again. */
static void take_again(struct component *c, const struct fit_rows *rows, size_t from,
                       size_t end)
{
	size_t n_inputs = c->cfg->model->n_inputs, n_outputs = c->cfg->n_outputs;

	for (size_t row = from; row < end; row++) {
		for (size_t i = 0; i < n_inputs; i++) {
			component_input(c, i, rows->t_ns[row],
			                rows->u[row * n_inputs + i]);
		}
		for (size_t i = 0; i < n_outputs; i++) {
			double y = rows->y[row * n_outputs + i];

			if (isfinite(y)) {
				component_output(c, i, rows->t_ns[row], y);
			}
		}
		component_step(c, rows->t_ns[row]);
	}
}

int component_fit_begin(const struct component *c, struct fit_job *job)
{
	const struct fit *kept = c->fit;
	int err;

	*job = (struct fit_job){
		.cfg = *c->cfg,
		.rows = {kept->learn, kept->t_ns, kept->u, kept->y},
		.decided = kept->decided,
		.turn = kept->turn,
		.err = -ECANCELED, /* until it has run */
	};
	err = fit_new(&job->found, &job->cfg, kept->twin, 0);
	return err ? err : job->found ? 0 : -ENOMEM;
}

/* Learn from the rows with the parameters there are now. */
static int learn_again(struct fit_job *job, const struct patience *patience)
{
	struct component *c = &job->made;
	size_t n = job->rows.n;

	job->found->stage = FIT_DONE;
	if (component_begin(c, &job->cfg, job->found->twin, job->found)) {
		c->n_measured = 0; /* no memory: it says nothing from now on */
		c->phase = COMPONENT_JUDGING;
		return 0;
	}
	for (size_t row = 0; row < n; row += PATIENCE_ROWS) {
		size_t end = row + PATIENCE_ROWS;

		if (!patience_lasts(patience)) {
			return -ECANCELED;
		}
		take_again(c, &job->rows, row, end < n ? end : n);
	}
	return 0;
}

void component_fit_run(struct fit_job *job, const struct patience *patience)
{
	job->err = job->decided
	                   ? 0
	                   : fit_identify(job->found, &job->rows, &job->cfg, patience);
	if (!job->err) {
		job->err = learn_again(job, patience);
	}
}

void component_fit_end(struct fit_job *job)
{
	if (job->made.cfg) {
		component_fini(&job->made); /* and what was found, which is its */
	} else {
		fit_free(job->found);
	}
}

/* In the place of c, which gathered the rows. */
static void take_over(struct component *c, struct fit_job *job)
{
	const struct component_config *cfg = c->cfg;
	struct fit *kept = c->fit;
	const struct fit_rows rows = {kept->n, kept->t_ns, kept->u, kept->y};
	int64_t u_ns[MODEL_INPUTS_MAX];
	double u[MODEL_INPUTS_MAX];

	memcpy(u_ns, c->u_ns, sizeof(u_ns));
	memcpy(u, c->u_next, sizeof(u));
	c->fit = NULL; /* it stays */
	component_fini(c);
	*c = job->made;
	c->cfg = cfg;
	c->observer.qc = c->qc;
	job->made.cfg = NULL; /* given away, with what was found */
	job->found = NULL;
	take_again(c, &rows, job->rows.n, rows.n);
	for (size_t i = 0; i < cfg->model->n_inputs; i++) {
		component_input(c, i, u_ns[i], u[i]); /* the last may be of no row */
	}
	if (kept->lost) {
		c->running = false; /* there is a gap: anew from the next row */
	}
	fit_free(kept);
}

void component_fit_adopt(struct component *c, struct fit_job *job)
{
	if (job->err || job->turn != c->fit->turn) {
		c->fit->stage = FIT_WAITS;
	} else {
		take_over(c, job);
	}
	component_fit_end(job);
}

/* Find the parameters here and now. */
static void fit_at_once(struct component *c)
{
	struct fit_job *job = malloc(sizeof(*job));

	if (!job || component_fit_begin(c, job)) {
		free(job);
		c->n_measured = 0; /* no memory: it says nothing from now on */
		c->phase = COMPONENT_JUDGING;
		c->fit->stage = FIT_DONE;
		return;
	}
	component_fit_run(job, NULL);
	component_fit_adopt(c, job);
	free(job);
}

static bool is_known(const struct component *c, size_t input, int64_t t_ns)
{
	int64_t then_ns = c->u_ns[input];

	return then_ns == TIME_ALWAYS ||
	       (then_ns != TIME_NEVER &&
	        (double)(t_ns - then_ns) / 1e9 <= c->cfg->max_age_s);
}

void component_keep(struct component *c, int64_t t_ns)
{
	double y[COMPONENT_OUTPUTS_MAX];
	bool any = false, all = true;

	for (size_t i = 0; i < c->cfg->n_outputs; i++) {
		y[i] = c->fresh[i] ? c->out[i].y : (double)NAN;
		any |= c->fresh[i];
		c->fresh[i] = false;
	}
	for (size_t i = 0; i < c->cfg->model->n_inputs; i++) {
		all &= is_known(c, i, t_ns);
	}
	if (!any || !all) {
		return;
	}
	c->rows++;
	if (!fit_row(c->fit, c->cfg, t_ns, c->u_next, y) ||
	    c->fit->stage != FIT_GATHERS) {
		return;
	}
	if (c->fit->twin->fit_apart) {
		c->fit->stage = FIT_WAITS;
	} else {
		fit_at_once(c);
	}
}

void component_fitted(struct component *c)
{
	if (c->delay) {
		c->delay->dead_ns = llround(c->observer.model->dead_time(c->p) * 1e9);
	}
	if (c->augmented) {
		augment_parameters(c->augmented, c->fit->p);
	}
	c->fit->stage = FIT_DONE;
	fit_forget(c->fit);
}
