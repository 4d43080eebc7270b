/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/identification.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool identification_is_possible(const struct component_config *c)
{
	return (!c->made || c->model->local) && !c->model->remote &&
	       c->model->n_parameters > 0 && c->model->rates;
}

void identification_default(const struct component_config *c, bool *wanted)
{
	for (size_t i = 0; i < c->model->n_parameters; i++) {
		double preset = c->model->parameters[i].preset, p = c->parameters[i];
		bool said = isnan(preset) || fabs(p - preset) > 0;

		wanted[i] = said && p > 0 && isfinite(p);
	}
}

/* The spans before a row. */
static size_t spans_before(const struct component_history *h, size_t row,
                           struct span *out, size_t *rows)
{
	size_t n = 0;

	*rows = 0;
	for (size_t i = 0; i < h->n_spans && h->spans[i].from < row; i++) {
		struct span s = h->spans[i];

		s.n = s.from + s.n > row ? row - s.from : s.n;
		if (s.n >= 2) {
			out[n++] = s;
			*rows += s.n;
		}
	}
	return n;
}

static int fit(struct identification *out, const struct component_config *c,
               size_t held_out, const struct patience *patience)
{
	struct component_history *h = &out->history;
	struct span *spans = calloc(h->n_spans + 1, sizeof(*spans));
	double sigma[MODEL_OUTPUTS_MAX];
	struct identify_task task = {.rows = &h->rows,
	                             .spans = spans,
	                             .sigma = sigma,
	                             .prior = c->parameters,
	                             .wanted = out->wanted,
	                             .patience = patience};
	int err = -ENOMEM;

	if (spans) {
		memcpy(sigma, c->noise, sizeof(sigma));
		task.n_spans = spans_before(h, held_out, spans, &out->fit_rows);
		identify_noise(&h->rows, spans, task.n_spans, sigma);
		err = out->fit_rows < COMPONENT_HISTORY_SPAN_MIN
		              ? -ENODATA
		              : identify(&task, &out->result);
	}
	free(spans);
	return err;
}

/* Few rows leave it unjudged, which is no error. */
static int judge(struct identification *out, const struct held_out_task *task)
{
	int err = held_out_try(task, out->now, &out->before);

	if (!err) {
		err = held_out_try(task, out->result.parameters, &out->after);
	}
	out->judged = !err;
	out->better = !err && held_out_is_better(&out->before, &out->after);
	return err == -ENODATA ? 0 : err;
}

int identification_find(struct identification *out, const struct component_config *c,
                        const struct twin_config *twin, const struct patience *patience)
{
	const struct held_out_task task = {
		.rows = &out->history.rows,
		.spans = out->history.spans,
		.n_spans = out->history.n_spans,
		.from = component_history_held_out(&out->history),
		.component = c,
		.twin = twin,
		.patience = patience};
	int err = fit(out, c, task.from, patience);

	return err ? err : judge(out, &task);
}

int identification_run(struct identification *out, struct reader *reader,
                       const struct config *cfg,
                       const struct component_history_wish *wish)
{
	int err = component_history_read(&out->history, reader, cfg, wish);

	return err ? err
	           : identification_find(out, &cfg->twin.components[wish->component],
	                                 &cfg->twin, wish->patience);
}

void identification_fini(struct identification *i)
{
	component_history_fini(&i->history);
}

double identification_gain(const struct identification *i)
{
	double sum = 0;
	size_t n = 0;

	for (size_t h = 0; h < HELD_OUT_HORIZONS && i->judged; h++) {
		double ratio = held_out_ratio(&i->before, &i->after, h);

		if (isfinite(ratio)) {
			sum += ratio;
			n++;
		}
	}
	return n ? sum / (double)n : (double)NAN;
}
