/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/identify/held_out.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "twin/component.h"

#define GAIN  0.95
#define LOSS  1.05
#define SLACK 0.1 /* of mean NIS */

enum { LEARN_MIN = 180, LEARN_MAX = 1800, PATIENCE_ROWS = 64 };

const double held_out_horizons_s[HELD_OUT_HORIZONS] = {60, 300, 600, 1800};

struct trial {
	const struct held_out_task *task;
	struct component_config cfg;
	struct component c;
	double *y; /* of one rollout */
	struct held_out *out;
	size_t count[HELD_OUT_HORIZONS][MODEL_OUTPUTS_MAX];
	double nis;
	size_t n_nis;
};

static int64_t at_ns(const struct held_out_task *t, size_t row)
{
	return llround(t->rows->t_s[row] * 1e9);
}

static void feed(struct trial *t, size_t row)
{
	const struct recording_rows *r = t->task->rows;
	const struct model *m = r->model;
	int64_t t_ns = at_ns(t->task, row);

	for (size_t i = 0; i < m->n_inputs; i++) {
		component_input(&t->c, i, t_ns, r->u[row * m->n_inputs + i]);
	}
	for (size_t i = 0; i < m->n_outputs; i++) {
		double y = r->y[row * m->n_outputs + i];

		if (isfinite(y)) {
			component_output(&t->c, i, t_ns, y);
		} else {
			component_lost(&t->c, i);
		}
	}
	component_step(&t->c, t_ns);
}

static void add_nis(struct trial *t)
{
	for (size_t i = 0; i < t->cfg.model->n_outputs; i++) {
		const struct component_output *o = &t->c.out[i];

		if (o->judged && o->sigma > 0) {
			t->nis += pow((o->y - o->predicted) / o->sigma, 2);
			t->n_nis++;
		}
	}
}

static void add_error(struct trial *t, size_t horizon, size_t row, size_t later)
{
	const struct recording_rows *r = t->task->rows;
	size_t m = r->model->n_outputs;

	for (size_t i = 0; i < m; i++) {
		double actual = r->y[later * m + i], before = r->y[row * m + i];
		double error = actual - t->y[(later - row) * m + i];

		if (isfinite(error) && isfinite(before)) {
			t->out->rmse[horizon][i] += error * error;
			t->out->persistence[horizon][i] += pow(actual - before, 2);
			t->count[horizon][i]++;
			t->out->n[horizon]++;
		}
	}
}

/* From where the observer stands at a row, as far as the span goes. */
static void roll_out(struct trial *t, const struct span *s, size_t row)
{
	const double *t_s = t->task->rows->t_s;
	size_t end = s->from + s->n, n = 1;
	double x[MODEL_STATES_MAX];

	while (row + n < end &&
	       t_s[row + n - 1] - t_s[row] < held_out_horizons_s[HELD_OUT_HORIZONS - 1]) {
		n++;
	}
	memcpy(x, t->c.filter.x, sizeof(x));
	if (simulate(t->task->rows, t->cfg.parameters, (struct span){row, n}, x, t->y)) {
		return;
	}
	for (size_t h = 0, later = row; h < HELD_OUT_HORIZONS; h++) {
		while (later < row + n &&
		       t_s[later] - t_s[row] < held_out_horizons_s[h]) {
			later++;
		}
		if (later < row + n) {
			add_error(t, h, row, later);
		}
	}
}

static int go_through(struct trial *t)
{
	const struct held_out_task *task = t->task;
	double next_s = -INFINITY;

	for (size_t i = 0; i < task->n_spans; i++) {
		const struct span *s = &task->spans[i];

		for (size_t row = s->from; row < s->from + s->n; row++) {
			if (row % PATIENCE_ROWS == 0 && !patience_lasts(task->patience)) {
				return -ECANCELED;
			}
			feed(t, row);
			if (row < task->from || t->c.phase != COMPONENT_JUDGING ||
			    !t->c.running) {
				continue;
			}
			t->out->rows++;
			add_nis(t);
			if (task->rows->t_s[row] >= next_s) {
				next_s = task->rows->t_s[row] + HELD_OUT_EVERY_S;
				roll_out(t, s, row);
			}
		}
	}
	return 0;
}

static void finish(struct trial *t)
{
	for (size_t h = 0; h < HELD_OUT_HORIZONS; h++) {
		for (size_t i = 0; i < MODEL_OUTPUTS_MAX; i++) {
			double n = (double)t->count[h][i];

			t->out->rmse[h][i] = sqrt(t->out->rmse[h][i] / n);
			t->out->persistence[h][i] = sqrt(t->out->persistence[h][i] / n);
		}
	}
	t->out->nis = t->nis / (double)t->n_nis;
}

static size_t rows_before(const struct held_out_task *task)
{
	size_t n = 0;

	for (size_t i = 0; i < task->n_spans; i++) {
		const struct span *s = &task->spans[i];

		if (s->from + s->n <= task->from) {
			n += s->n;
		} else if (s->from < task->from) {
			n += task->from - s->from;
		}
	}
	return n;
}

int held_out_try(const struct held_out_task *task, const double *parameters,
                 struct held_out *out)
{
	struct trial t = {.task = task, .cfg = *task->component, .out = out};
	size_t learn = rows_before(task) * 2 / 3;
	int err;

	*out = (struct held_out){.rows = 0};
	if (learn < LEARN_MIN) {
		return -ENODATA;
	}
	memcpy(t.cfg.parameters, parameters,
	       t.cfg.model->n_parameters * sizeof(*parameters));
	t.cfg.fit = 0;
	t.cfg.n_outputs = t.cfg.model->n_outputs; /* one sensor of each */
	t.cfg.learn = (uint32_t)(learn < LEARN_MAX ? learn : LEARN_MAX);
	err = component_init(&t.c, &t.cfg, task->twin);
	t.y = calloc(task->rows->n * task->rows->model->n_outputs + 1, sizeof(*t.y));
	if (!err && !t.y) {
		err = -ENOMEM;
	}
	err = err ? err : go_through(&t);
	if (!err) {
		finish(&t);
		err = out->rows ? 0 : -ENODATA;
	}
	component_fini(&t.c);
	free(t.y);
	return err;
}

double held_out_ratio(const struct held_out *a, const struct held_out *b, size_t horizon)
{
	double sum = 0;
	size_t n = 0;

	if (a->n[horizon] < HELD_OUT_MIN || b->n[horizon] < HELD_OUT_MIN) {
		return NAN;
	}
	for (size_t i = 0; i < MODEL_OUTPUTS_MAX; i++) {
		double ratio = b->rmse[horizon][i] / a->rmse[horizon][i];

		if (isfinite(ratio)) {
			sum += ratio * ratio;
			n++;
		}
	}
	return n ? sqrt(sum / (double)n) : (double)NAN;
}

bool held_out_is_better(const struct held_out *a, const struct held_out *b)
{
	double sum = 0;
	size_t n = 0;

	for (size_t h = 0; h < HELD_OUT_HORIZONS; h++) {
		double ratio = held_out_ratio(a, b, h);

		if (ratio > LOSS) {
			return false;
		}
		if (isfinite(ratio)) {
			sum += ratio;
			n++;
		}
	}
	return n > 0 && sum / (double)n <= GAIN &&
	       fabs(b->nis - 1) <= fabs(a->nis - 1) + SLACK;
}
