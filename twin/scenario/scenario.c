/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/scenario/scenario.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Streams of one draw. */
#define DRAW_STREAMS (UINT64_C(1) << 24)
#define NOISE_STREAM (UINT64_C(1) << 20)

/* A move under way. */
struct moving {
	double from;
	bool begun, over;
};

struct wander {
	struct rng rng;
	double now; /* added to its signal */
};

struct run {
	const struct scenario_world *w;
	const struct scenario *s;
	struct plant_config config;
	struct part_config *parts; /* those of the plant, with parameters drawn */
	double (*parameters)[MODEL_PARAMETERS_MAX];
	struct plant *plant;
	struct moving moving[SCENARIO_MOVES_MAX];
	struct wander wander[SCENARIO_NOISES_MAX];
	struct kpi kpis[SCENARIO_KPIS_MAX];
};

static void draw_state(const struct scenario_part *p, struct rng *g, double *x)
{
	double n[MODEL_STATES_MAX];

	memcpy(x, p->x, sizeof(p->x));
	for (size_t i = 0; i < p->n; i++) {
		n[i] = rng_normal(g);
		for (size_t k = 0; k <= i; k++) {
			x[i] += p->root[i * p->n + k] * n[k];
		}
	}
}

/* States and parameters of all parts for a draw. */
static void draw_parts(struct run *r, uint64_t draw, double (*x)[MODEL_STATES_MAX])
{
	for (size_t i = 0; i < r->config.n_parts; i++) {
		const struct scenario_part *p = &r->w->parts[i];
		const struct model *m = r->config.parts[i].kind.model;
		struct rng g;

		rng_init(&g, r->w->seed, draw * DRAW_STREAMS + i);
		memcpy(x[i], p->x, sizeof(x[i]));
		if (!p->placed) {
			continue;
		}
		if (draw > 0) {
			draw_state(p, &g, x[i]);
		}
		if (p->n <= m->n_states) {
			continue;
		}
		memcpy(r->parameters[i], r->parts[i].parameters,
		       m->n_parameters * sizeof(**r->parameters));
		for (size_t k = m->n_states; k < p->n; k++) {
			r->parameters[i][p->theta[k]] *= exp(x[i][k]);
		}
		r->parts[i].parameters = r->parameters[i];
	}
}

static int begin(struct run *r, uint64_t draw)
{
	size_t n = r->config.n_parts;
	double(*x)[MODEL_STATES_MAX] = calloc(n + 1, sizeof(*x));
	int err = -ENOMEM;

	r->parts = calloc(n + 1, sizeof(*r->parts));
	r->parameters = calloc(n + 1, sizeof(*r->parameters));
	if (x && r->parts && r->parameters) {
		memcpy(r->parts, r->w->plant->parts, n * sizeof(*r->parts));
		draw_parts(r, draw, x);
		r->config.parts = r->parts;
		err = plant_new(&r->plant, &r->config);
	}
	for (size_t i = 0; !err && i < n; i++) {
		if (r->w->parts[i].placed) {
			plant_place(r->plant, (uint32_t)i, x[i]);
		}
	}
	for (size_t i = 0; i < r->w->n_noises && draw > 0; i++) {
		rng_init(&r->wander[i].rng, r->w->seed,
		         draw * DRAW_STREAMS + NOISE_STREAM + i);
	}
	free(x);
	return err;
}

static double value_of(const struct run *r, uint32_t signal)
{
	return plant_signals(r->plant)[signal];
}

static void move(struct run *r, size_t i, double t_s)
{
	const struct scenario_move *m = &r->s->moves[i];
	struct moving *now = &r->moving[i];
	double share, to;

	if (t_s < m->at_s || now->over) {
		return;
	}
	if (!now->begun) {
		now->begun = true;
		now->from = value_of(r, m->signal);
	}
	if (t_s >= m->until_s) {
		now->over = true;
		(void)plant_set(r->plant, m->signal, now->from);
		return;
	}
	to = m->by ? now->from + m->to : m->to;
	share = m->over_s > 0 ? fmin((t_s - m->at_s) / m->over_s, 1) : 1;
	(void)plant_set(r->plant, m->signal, now->from + share * (to - now->from));
	now->over = share >= 1 && isinf(m->until_s);
}

/* What is added goes away before the moves, which are of the value below it. */
static void disturb(struct run *r, double dt_s, bool on)
{
	for (size_t i = 0; i < r->w->n_noises; i++) {
		const struct scenario_noise *c = &r->w->noises[i];
		struct wander *n = &r->wander[i];
		double a = exp(-dt_s / c->tau_s);

		if (on) {
			n->now = a * n->now +
			         c->sigma * sqrt(1 - a * a) * rng_normal(&n->rng);
		}
		(void)plant_set(r->plant, c->signal,
		                value_of(r, c->signal) + (on ? n->now : -n->now));
	}
}

static void show(const struct run *r, size_t point, struct scenario_result *out)
{
	for (size_t i = 0; out->course && i < r->w->n_shown; i++) {
		out->course[point * r->w->n_shown + i] = value_of(r, r->w->shown[i]);
	}
}

static void go(struct run *r, bool disturbed, struct scenario_result *out)
{
	double cycle_s = plant_cycle_s(r->plant);
	uint64_t turns = (uint64_t)llround(r->w->horizon_s / cycle_s);
	size_t last = r->w->points - 1, point = 0;

	for (uint64_t k = 0; k <= turns; k++) {
		const double t_dt_s[2] = {(double)k * cycle_s, cycle_s};

		if (disturbed) {
			disturb(r, cycle_s, false);
		}
		for (size_t i = 0; i < r->s->n_moves; i++) {
			move(r, i, t_dt_s[0]);
		}
		if (disturbed) {
			disturb(r, cycle_s, true);
		}
		while (point <= last && k * last >= point * turns) {
			show(r, point++, out);
		}
		if (k == turns) {
			break;
		}
		plant_turn(r->plant);
		for (size_t i = 0; i < r->w->n_kpis; i++) {
			kpi_take(&r->kpis[i], &r->w->kpis[i], plant_signals(r->plant),
			         t_dt_s);
		}
	}
}

int scenario_run(const struct scenario_world *w, const struct scenario *s, uint64_t draw,
                 struct scenario_result *out)
{
	struct run *r;
	int err;

	if (s->n_moves > SCENARIO_MOVES_MAX || w->n_noises > SCENARIO_NOISES_MAX ||
	    w->n_kpis > SCENARIO_KPIS_MAX || w->points < 2 || !(w->horizon_s > 0)) {
		return -EINVAL;
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		return -ENOMEM;
	}
	r->w = w;
	r->s = s;
	r->config = *w->plant;
	r->config.faults = s->faults;
	r->config.n_faults = s->n_faults;
	err = begin(r, draw);
	if (!err) {
		go(r, draw > 0, out);
		for (size_t i = 0; i < w->n_kpis; i++) {
			out->kpis[i] = kpi_value(&r->kpis[i], &w->kpis[i]);
		}
		out->failures = plant_failures(r->plant);
	}
	plant_free(r->plant);
	free(r->parts);
	free(r->parameters);
	free(r);
	return err;
}
