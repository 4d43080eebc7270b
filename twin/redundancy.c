/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/redundancy.h"

#include <math.h>

#include "twin/component_impl.h"

void redundancy_init(struct component *c)
{
	const struct component_config *cfg = c->cfg;

	for (size_t i = 0; i < cfg->n_outputs; i++) {
		size_t sensors = 0;

		for (size_t k = 0; k < cfg->n_outputs; k++) {
			sensors += cfg->outputs[k].port == cfg->outputs[i].port &&
			           c->out[k].measured;
		}
		if (c->out[i].measured && sensors > 1) {
			c->witness.sensor[c->witness.n++] = (uint8_t)i;
		}
	}
}

void redundancy_predict(struct component *c, const struct observer *o, double dt_s)
{
	struct witness *w = &c->witness;

	for (size_t i = 0; w->running && i < w->n; i++) {
		w->running = !observer_predict(o, &w->without[i], c->u, dt_s);
	}
}

/* How far sensor i of the witnesses is from the others of its quantity.  What is compared
 * is their distance from the estimate, which may be of different moments. */
static void set_apart(struct component *c, size_t i)
{
	struct witness *w = &c->witness;
	uint32_t port = c->cfg->outputs[w->sensor[i]].port;
	double sum = 0, weights = 0;

	for (size_t k = 0; k < w->n; k++) {
		size_t other = w->sensor[k];

		if (k != i && c->cfg->outputs[other].port == port &&
		    isfinite(w->residual[k]) && !c->out[other].lost) {
			sum += w->residual[k] / c->R[other];
			weights += 1 / c->R[other];
		}
	}
	if (weights > 0) {
		witness_apart(w, i, w->residual[i] - sum / weights,
		              c->R[w->sensor[i]] + 1 / weights);
	}
}

/* What filter i of the witnesses makes of the row. */
static int hear(struct component *c, size_t i)
{
	struct witness *w = &c->witness;
	struct kalman *k = &w->without[i];
	struct kalman_rows rows = {0};
	struct innovation v;
	uint8_t which[KALMAN_ROWS_MAX];
	int err = component_rows(c, k, w->sensor[i], &rows, which);

	if (err || rows.n == 0) {
		return err;
	}
	err = kalman_innovate(k, &rows, &v);
	if (err) {
		return err;
	}
	witness_others(w, i, v.nis, rows.n);
	k->held = c->filter.held;
	err = kalman_update(k, &rows, &v);
	component_limit(c, k);
	return err;
}

void redundancy_step(struct component *c)
{
	struct witness *w = &c->witness;

	witness_row(w);
	for (size_t i = 0; i < w->n; i++) {
		const struct component_output *out = &c->out[w->sensor[i]];

		if (out->judged) {
			w->residual[i] = out->y - out->estimate;
		}
	}
	for (size_t i = 0; w->running && i < w->n; i++) {
		w->running = !hear(c, i);
		if (c->out[w->sensor[i]].judged) {
			set_apart(c, i);
		}
	}
	if (w->running) {
		witness_judge(w, c->nis.alarm || c->nis.mismatch, c->nis.high);
	} else {
		witness_start(w, &c->filter);
	}
}
