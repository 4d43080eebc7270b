/* SPDX-License-Identifier: Apache-2.0 */
/** Machines that are just what a model says of them: its equations, with its own noise,
 * inputs that move, and sensors whose noise is known. */
#ifndef TESTS_TWIN_MIMIC_H
#define TESTS_TWIN_MIMIC_H

#include <string.h>

#include "drivers/reading.h"
#include "noise.h"
#include "twin/models/model.h"

/** A usual machine of each kind at a usual point of work; parameters, inputs and outputs
 * in the order of the model. */
struct mimic_kind {
	const char *name;
	double p[MODEL_PARAMETERS_MAX];
	double u[MODEL_INPUTS_MAX], swing[MODEL_INPUTS_MAX]; /* u +- swing */
	double sigma[MODEL_OUTPUTS_MAX];                     /* 0: not measured */
	double dt_s;
};

static const struct mimic_kind mimic_kinds[] = {
	{"conveyor", {120, 8, 900, 0.025, 0.9}, {40, 1.6}, {10, 0}, {20, 0, 200}, 1},
	{"dc_motor",
         {0.5, 0.1, 2e-3, 1e-4, 300, 2, 0.00393},
         {24, 0.5, 298.15},
         {2, 0.2, 0},
         {0.5, 0.1, 0.2},
         0.02},
	{"first_order", {2, 30, 5, 1}, {3}, {1}, {0.02}, 1},
	{"heat_exchanger",
         {5e3, 4182, 4182, 8e4, 8e4},
         {1, 1.4, 353.15, 288.15},
         {0.2, 0.2, 2, 0},
         {0.1, 0.1},
         1},
	{"heated_tank",
         {1.2, 0.0021, 1e4, 998, 4182, 50},
         {0.006, 0.8, 288.15, 4e5, 293.15},
         {0.002, 0.1, 0, 2e5, 0},
         {0.002, 0.05},
         1},
	{"induction_motor",
         {2, 50, 26, 70, 0.2, 0.05, 8.1, 4, 350, 9e3, 9},
         {45, 20, 298.15},
         {3, 5, 0},
         {0.3, 0, 0.1, 0, 0.2},
         0.02},
	{"pipe",
         {100, 0.1, 4.5e-5, 2, 3, 998, 1.002e-3},
         {3e5, 2e5},
         {2e4, 0},
         {1e-4, 0},
         0.5},
	{"pump",
         {40, 4e4, 300, 10, 6e4, 1500, 998, 0.012, 0.7},
         {280},
         {20},
         {1e-4, 0.1, 0},
         0.5},
	{"tank", {1.2, 0.0021, 1e4}, {0.006, 0.8}, {0.002, 0.1}, {0.002}, 1},
	{"thermal", {350, 900, 4, 6, 800}, {0.4, 293.15}, {0.3, 0}, {0.1, 0.1}, 1},
	{"valve",
         {40 / 3600.0, 50, 2, 998},
         {0.6, 3e5, 2e5},
         {0.15, 2e4, 0},
         {0.005, 5e-5},
         0.2},
};

enum { MIMIC_SUBSTEPS = 25, MIMIC_HOLD = 40, MIMIC_DELAY = 8 };

struct mimic {
	const struct mimic_kind *kind;
	const struct model *model;
	double p[MODEL_PARAMETERS_MAX]; /* may be changed: a fault */
	double x[MODEL_STATES_MAX], u[MODEL_INPUTS_MAX];
	double acting[MIMIC_DELAY][MODEL_INPUTS_MAX]; /* u of the steps before */
	double walk; /* of its own noise, as a share of the model's; 1 at first */
	uint64_t seed;
	long step;
};

static inline const struct mimic_kind *mimic_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(mimic_kinds); i++) {
		if (strcmp(mimic_kinds[i].name, name) == 0) {
			return &mimic_kinds[i];
		}
	}
	return NULL;
}

/** Euler, Maruyama (1955) over one dt with the inputs that act. */
static inline void mimic_move(struct mimic *m, const double *u)
{
	double dx[MODEL_STATES_MAX], qc[MODEL_STATES_MAX];
	double h_s = m->kind->dt_s / MIMIC_SUBSTEPS;

	m->model->noise(m->kind->p, qc);
	for (int i = 0; i < MIMIC_SUBSTEPS; i++) {
		m->model->rates(m->p, m->x, u, dx);
		for (size_t k = 0; k < m->model->n_states; k++) {
			m->x[k] += h_s * dx[k] +
			           m->walk * sqrt(qc[k] * h_s) * noise_normal(&m->seed);
		}
		if (m->model->limit) {
			m->model->limit(m->p, m->x);
		}
	}
}

/** One dt; the inputs are then new every MIMIC_HOLD steps, each at steps of its own. */
static inline void mimic_step(struct mimic *m)
{
	double dead_s = m->model->dead_time ? m->model->dead_time(m->p) : 0;
	long delay = lround(dead_s / m->kind->dt_s);

	mimic_move(m, m->acting[(m->step + MIMIC_DELAY - delay) % MIMIC_DELAY]);
	m->step++;
	for (size_t i = 0; i < m->model->n_inputs; i++) {
		if ((m->step + 7 * (long)i) % MIMIC_HOLD == 0) {
			double way = 2 * noise_uniform(&m->seed) - 1;

			m->u[i] = m->kind->u[i] + way * m->kind->swing[i];
		}
	}
	memcpy(m->acting[m->step % MIMIC_DELAY], m->u, sizeof(m->u));
}

/** A machine of that kind, settled. */
static inline struct mimic mimic_new(const struct mimic_kind *kind, uint64_t seed)
{
	struct mimic m = {
		.kind = kind, .model = model_find(kind->name), .walk = 1, .seed = seed};
	double y[MODEL_OUTPUTS_MAX];

	memcpy(m.p, kind->p, sizeof(m.p));
	memcpy(m.u, kind->u, sizeof(m.u));
	for (size_t i = 0; i < MODEL_OUTPUTS_MAX; i++) {
		y[i] = NAN;
	}
	for (size_t i = 0; i < MIMIC_DELAY; i++) {
		memcpy(m.acting[i], m.u, sizeof(m.u));
	}
	m.model->start(m.p, m.u, y, m.x);
	for (int i = 0; i < 1000; i++) {
		mimic_step(&m);
	}
	return m;
}

/** All outputs as they are, without noise. */
static inline void mimic_outputs(const struct mimic *m, double *y)
{
	m->model->outputs_of(m->p, m->x, m->u, y);
}

/** What the sensor of output i adds. */
static inline double mimic_noise(struct mimic *m, size_t i)
{
	return m->kind->sigma[i] * noise_normal(&m->seed);
}

#endif
