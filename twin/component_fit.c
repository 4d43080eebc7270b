/* SPDX-License-Identifier: Apache-2.0 */
/* The component that finds parameters first: its rows are kept, then taken again. */
#include <math.h>

#include "twin/component_impl.h"

/* Begin again with the parameters that were found, and learn from the rows kept. */
static void learn_from_kept(struct component *c)
{
	const struct component_config *cfg = c->cfg;
	struct fit *fit = c->fit;

	fit_identify(fit, cfg);
	c->fit = NULL; /* it stays */
	component_fini(c);
	if (component_begin(c, cfg, fit->twin, fit)) {
		c->n_measured = 0; /* no memory: it says nothing from now on */
		c->phase = COMPONENT_JUDGING;
	}
	for (size_t row = 0; row < fit->n; row++) {
		for (size_t i = 0; i < cfg->model->n_inputs; i++) {
			component_input(c, i, fit->t_ns[row],
			                fit->u[row * cfg->model->n_inputs + i]);
		}
		for (size_t i = 0; i < cfg->n_outputs; i++) {
			double y = fit->y[row * cfg->n_outputs + i];

			if (isfinite(y)) {
				component_output(c, i, fit->t_ns[row], y);
			}
		}
		component_step(c, fit->t_ns[row]);
	}
	fit_forget(fit);
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
	if (any && all) {
		c->rows++;
		if (fit_row(c->fit, c->cfg, t_ns, c->u_next, y)) {
			learn_from_kept(c);
		}
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
	c->fit->done = true;
	fit_forget(c->fit);
}
