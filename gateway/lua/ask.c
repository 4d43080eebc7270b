/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/lua/ask.h"

#include <math.h>
#include <string.h>

static bool is_same(const double *a, const double *b, size_t n)
{
	bool same = true;

	for (size_t i = 0; i < n; i++) {
		same = same && (a[i] == b[i] || (isnan(a[i]) && isnan(b[i])));
	}
	return same;
}

bool ask_is_new(const struct ask_state *s, const struct local_question *q)
{
	return !s->begun || q->t_ns != s->last.t_ns || q->start != s->last.start ||
	       !is_same(q->x, s->last.x, MODEL_STATES_MAX) ||
	       !is_same(q->u, s->last.u, MODEL_INPUTS_MAX);
}

void ask_make(struct ask_state *s, const double *parameters,
              const struct local_question *q, struct luamodel_ask *out)
{
	if (!s->begun) {
		s->begun = true;
		s->t0_ns = q->t_ns;
	}
	s->last = *q;
	memcpy(out->p, parameters, sizeof(out->p));
	out->t = (double)(q->t_ns - s->t0_ns) / 1e9;
	out->q = *q;
}

static bool same_names(const struct model_port *a, size_t n,
                       const struct luamodel_port *b, size_t n_b)
{
	bool same = n == n_b;

	for (size_t i = 0; same && i < n; i++) {
		same = strcmp(a[i].name, b[i].name) == 0;
	}
	return same;
}

bool ask_is_same(const struct model *model, const struct luamodel_ports *ports)
{
	return ports->n_states == model->n_states &&
	       same_names(model->inputs, model->n_inputs, ports->inputs,
	                  ports->n_inputs) &&
	       same_names(model->outputs, model->n_outputs, ports->outputs,
	                  ports->n_outputs) &&
	       same_names(model->parameters, model->n_parameters, ports->parameters,
	                  ports->n_parameters);
}

static bool all_finite(const double *x, size_t n)
{
	bool finite = true;

	for (size_t i = 0; i < n; i++) {
		finite = finite && isfinite(x[i]);
	}
	return finite;
}

bool ask_is_finite(const struct model *model, const struct local_answer *a)
{
	size_t n = model->n_states, m = model->n_inputs, k = model->n_outputs;

	return all_finite(a->x0, n) && all_finite(a->u0, m) && all_finite(a->r, n) &&
	       all_finite(a->A, n * n) && all_finite(a->B, n * m) &&
	       all_finite(a->x1, n) && all_finite(a->y1, k) && all_finite(a->C, k * n) &&
	       all_finite(a->D, k * m) && all_finite(a->E, k * m);
}
