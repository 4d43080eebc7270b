/* SPDX-License-Identifier: Apache-2.0 */
/* The component whose model is known around where it stands: what is asked about that. */
#include <math.h>
#include <string.h>

#include "twin/component_impl.h"

/* A row ahead is as far as rows lately were apart at most; a gap is soon forgotten. */
#define FADE 0.9
#define LEAP 3

void component_pace(struct component *c, int64_t t_ns)
{
	struct local *l = c->local;
	double dt_s = l->t_ns == TIME_NEVER ? 0 : (double)(t_ns - l->t_ns) / 1e9;

	if (l->dt_s > 0) {
		dt_s = fmax(fmin(dt_s, LEAP * l->dt_s), FADE * l->dt_s);
	}
	l->dt_s = fmax(dt_s, 0);
	l->t_ns = t_ns > l->t_ns ? t_ns : l->t_ns;
}

bool component_question(const struct component *c, struct local_question *q)
{
	const struct kalman *k = c->phase == COMPONENT_TUNING
	                                 ? &c->tune.filter[TUNE_MIDDLE]
	                                 : &c->filter;
	const struct model *model = c->cfg->model;

	if (!c->local || c->local->t_ns == TIME_NEVER) {
		return false;
	}
	*q = (struct local_question){.t_ns = c->running ? c->t_ns : c->local->t_ns,
	                             .dt_s = c->local->dt_s,
	                             .start = !c->running};
	memcpy(q->x, k->x, sizeof(q->x));
	for (size_t i = 0; i < model->n_inputs; i++) {
		if (c->u_ns[i] == TIME_NEVER) {
			return false;
		}
		q->u[i] = c->running && isfinite(c->u[i]) ? c->u[i] : c->u_next[i];
	}
	for (size_t i = 0; i < model->n_outputs; i++) {
		q->y[i] = NAN;
	}
	for (size_t i = 0; i < c->cfg->n_outputs; i++) {
		const struct component_output *out = &c->out[i];

		if (out->measured && !out->lost && out->t_ns != TIME_NEVER &&
		    (double)(q->t_ns - out->t_ns) / 1e9 <= c->cfg->max_age_s) {
			q->y[c->cfg->outputs[i].port] = out->y;
		}
	}
	return true;
}

void component_answer(struct component *c, const struct local_question *q,
                      const struct local_answer *a)
{
	struct local *l = c->local;

	c->news = c->news || c->bad != !a;
	c->bad = !a;
	l->known = a != NULL;
	if (!a) {
		c->running = l->can_start = false;
		return;
	}
	l->at = *a;
	l->can_start = q->start && !c->running;
	if (c->zoh) {
		*c->zoh = (struct zoh){.next = 0}; /* of another A */
	}
}
