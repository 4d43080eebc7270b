/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/augment.h"

#include <math.h>
#include <string.h>

/* Step of central differences in ln theta. */
#define STEP 1e-5

/* Models are pure functions of their parameters, so these tell all: the base's own, its
 * place in the list of models, how many are states, then of each its index and spread. */
enum {
	BASE = MODEL_PARAMETERS_MAX,
	COUNT,
	LIST,
};

struct view {
	const struct model *base;
	size_t n;
	const double *list;
	double p[MODEL_PARAMETERS_MAX]; /* as they are at x */
};

static struct view view_at(const double *p, const double *x)
{
	struct view v = {.base = model_at((size_t)p[BASE]),
	                 .n = (size_t)p[COUNT],
	                 .list = p + LIST};

	memcpy(v.p, p, sizeof(v.p));
	for (size_t i = 0; i < v.n; i++) {
		v.p[(size_t)v.list[2 * i]] *= exp(x[v.base->n_states + i]);
	}
	return v;
}

/* The parameters stay as they were. */
static void start(const double *p, const double *u, const double *y, double *x)
{
	const struct view v = view_at(p, x);

	v.base->start(v.p, u, y, x);
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	const struct view v = view_at(p, x);

	v.base->rates(v.p, x, u, dx);
	for (size_t i = v.base->n_states; i < v.base->n_states + v.n; i++) {
		dx[i] = -x[i] / AUGMENT_T_S;
	}
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	const struct view v = view_at(p, x);

	v.base->outputs_of(v.p, x, u, y);
	for (size_t i = 0; i < v.n; i++) {
		y[v.base->n_outputs + i] = v.p[(size_t)v.list[2 * i]];
	}
}

static void jacobian(const double *p, const double *x, const double *u, double *j)
{
	const struct view v = view_at(p, x);
	double own[MODEL_STATES_MAX * MODEL_STATES_MAX], at[MODEL_STATES_MAX];
	double up[MODEL_STATES_MAX], down[MODEL_STATES_MAX];
	size_t base = v.base->n_states, n = base + v.n;

	memset(j, 0, n * n * sizeof(*j));
	v.base->jacobian(v.p, x, u, own);
	for (size_t i = 0; i < base; i++) {
		memcpy(j + i * n, own + i * base, base * sizeof(*j));
	}
	memcpy(at, x, n * sizeof(*at));
	for (size_t k = base; k < n; k++) {
		at[k] = x[k] + STEP;
		rates(p, at, u, up);
		at[k] = x[k] - STEP;
		rates(p, at, u, down);
		at[k] = x[k];
		for (size_t i = 0; i < n; i++) {
			j[i * n + k] = (up[i] - down[i]) / (2 * STEP);
		}
	}
}

static void noise(const double *p, double *qc)
{
	const double none[MODEL_STATES_MAX] = {0};
	const struct view v = view_at(p, none);

	v.base->noise(v.p, qc);
	for (size_t i = 0; i < v.n; i++) {
		double spread = v.list[2 * i + 1];

		qc[v.base->n_states + i] = 2 * spread * spread / AUGMENT_T_S;
	}
}

static void limit(const double *p, double *x)
{
	struct view v = view_at(p, x);

	for (size_t i = 0; i < v.n; i++) {
		double most = AUGMENT_SPREADS * v.list[2 * i + 1];
		double *own = &x[v.base->n_states + i];

		*own = fmin(fmax(*own, -most), most);
	}
	if (v.base->limit) {
		v = view_at(p, x);
		v.base->limit(v.p, x);
	}
}

static double dead_time(const double *p)
{
	return model_at((size_t)p[BASE])->dead_time(p);
}

static size_t place_of(const struct model *base)
{
	size_t i = 0;

	while (model_at(i) && model_at(i) != base) {
		i++;
	}
	return i;
}

void augment_init(struct augmented *a, const struct model *base, const double *p,
                  const double *spread)
{
	*a = (struct augmented){.model = *base};
	augment_parameters(a, p);
	for (size_t i = 0; i < base->n_parameters; i++) {
		if (spread[i] > 0) {
			a->p[LIST + 2 * a->n] = (double)i;
			a->p[LIST + 2 * a->n++ + 1] = spread[i];
		}
	}
	a->p[BASE] = (double)place_of(base);
	a->p[COUNT] = (double)a->n;
	a->model.n_states += a->n;
	a->model.n_outputs += a->n;
	a->model.start = start;
	a->model.rates = rates;
	a->model.outputs_of = outputs_of;
	a->model.jacobian = base->jacobian ? jacobian : NULL;
	a->model.noise = noise;
	a->model.limit = limit;
	a->model.dead_time = base->dead_time ? dead_time : NULL;
	a->model.linear = false; /* a product of two states is none */
}

void augment_parameters(struct augmented *a, const double *p)
{
	memcpy(a->p, p, MODEL_PARAMETERS_MAX * sizeof(*p));
}

void augment_at(const struct augmented *a, const double *x, double *p)
{
	const struct view v = view_at(a->p, x);

	memcpy(p, v.p, sizeof(v.p));
}

double augment_variance(const struct augmented *a, size_t i)
{
	return pow(a->p[LIST + 2 * i + 1], 2);
}
