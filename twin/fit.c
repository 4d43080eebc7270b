/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/fit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SPAN_MIN = 20 }; /* rows */

int fit_new(struct fit **out, const struct component_config *cfg,
            const struct twin_config *twin, size_t rows)
{
	struct fit *f = calloc(1, sizeof(*f));

	if (!f) {
		return -ENOMEM;
	}
	f->twin = twin;
	f->learn = rows;
	f->room = rows ? rows + (twin->fit_apart ? FIT_LATER_MAX : 0) : 1;
	memcpy(f->p, cfg->parameters, sizeof(f->p));
	f->t_ns = calloc(f->room, sizeof(*f->t_ns));
	f->u = calloc(f->room * cfg->model->n_inputs + 1, sizeof(*f->u));
	f->y = calloc(f->room * cfg->n_outputs, sizeof(*f->y));
	if (!f->t_ns || !f->u || !f->y) {
		fit_free(f);
		return -ENOMEM;
	}
	*out = f;
	return 0;
}

void fit_forget(struct fit *f)
{
	free(f->t_ns);
	free(f->u);
	free(f->y);
	f->t_ns = NULL;
	f->u = f->y = NULL;
	f->n = 0;
}

void fit_free(struct fit *f)
{
	if (!f) {
		return;
	}
	fit_forget(f);
	free(f);
}

bool fit_row(struct fit *f, const struct component_config *cfg, int64_t t_ns,
             const double *u, const double *y)
{
	size_t n_inputs = cfg->model->n_inputs;

	if (f->n == f->room) {
		f->lost++;
		return true;
	}
	f->t_ns[f->n] = t_ns;
	memcpy(f->u + f->n * n_inputs, u, n_inputs * sizeof(*u));
	memcpy(f->y + f->n * cfg->n_outputs, y, cfg->n_outputs * sizeof(*y));
	f->n++;
	return f->n >= f->learn;
}

/* Rows in SI by the model's outputs, which come first among the component's. */
static void make_rows(const struct fit_rows *f, const struct component_config *cfg,
                      double *t_s, double *y)
{
	size_t m = cfg->model->n_outputs;

	for (size_t i = 0; i < f->n; i++) {
		t_s[i] = (double)(f->t_ns[i] - f->t_ns[0]) / 1e9;
		memcpy(y + i * m, f->y + i * cfg->n_outputs, m * sizeof(*y));
	}
}

/* Rows without a gap in which inputs could not be held. */
static size_t find_spans(const struct fit_rows *f, double max_age_s, struct span *spans)
{
	size_t n = 0, from = 0;

	for (size_t i = 1; i <= f->n; i++) {
		bool torn = i == f->n ||
		            (double)(f->t_ns[i] - f->t_ns[i - 1]) / 1e9 > max_age_s;

		if (torn && i - from >= SPAN_MIN) {
			spans[n++] = (struct span){from, i - from};
		}
		from = torn ? i : from;
	}
	return n;
}

static void take_result(struct fit *f, const struct model *m,
                        const struct identify_result *result)
{
	memcpy(f->p, result->parameters, m->n_parameters * sizeof(*f->p));
	memcpy(f->verdict, result->verdict, sizeof(f->verdict));
	f->news = true;
}

int fit_identify(struct fit *f, const struct fit_rows *kept,
                 const struct component_config *cfg, const struct patience *patience)
{
	const struct model *m = cfg->model;
	double *t_s = calloc(kept->n + 1, sizeof(*t_s));
	double *y = calloc(kept->n * m->n_outputs + 1, sizeof(*y));
	struct span *spans = calloc(kept->n / SPAN_MIN + 1, sizeof(*spans));
	struct recording_rows rows = {
		.model = m, .n = kept->n, .t_s = t_s, .u = kept->u, .y = y};
	double sigma[MODEL_OUTPUTS_MAX];
	bool wanted[MODEL_PARAMETERS_MAX];
	struct identify_task task = {.rows = &rows,
	                             .spans = spans,
	                             .sigma = sigma,
	                             .prior = cfg->parameters,
	                             .wanted = wanted,
	                             .patience = patience};
	struct identify_result result;
	int err = -ENOMEM;

	if (t_s && y && spans) {
		make_rows(kept, cfg, t_s, y);
		task.n_spans = find_spans(kept, cfg->max_age_s, spans);
		memcpy(sigma, cfg->noise, sizeof(sigma));
		identify_noise(&rows, spans, task.n_spans, sigma);
		for (size_t i = 0; i < MODEL_PARAMETERS_MAX; i++) {
			wanted[i] = cfg->fit >> i & 1;
		}
		err = identify(&task, &result);
	}
	if (!err) {
		take_result(f, m, &result);
	}
	free(t_s);
	free(y);
	free(spans);
	return err == -ECANCELED ? err : 0;
}
