/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/ekf.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "twin/observer/discretise.h"
#include "twin/observer/integrate.h"

enum { SQUARE = MODEL_STATES_MAX * MODEL_STATES_MAX };

/* Beyond that share of a time constant the second order is not enough. */
#define SHORT 0.1

/* (J h)^2/2 where the step is short; @return false where it is not */
static bool transition_short(const double *J, double h, size_t n, double *F)
{
	for (size_t i = 0; i < n; i++) {
		double sum = 0;

		for (size_t j = 0; j < n; j++) {
			double square = 0;

			for (size_t l = 0; l < n; l++) {
				square += J[i * n + l] * J[l * n + j];
			}
			sum += fabs(J[i * n + j]) * h;
			F[i * n + j] = (i == j) + J[i * n + j] * h + square * h * h / 2;
		}
		if (sum > SHORT) {
			return false;
		}
	}
	return true;
}

static void transition(const struct observer *o, const double *J, double h, double *F,
                       double *Q)
{
	double noise[SQUARE] = {0}, expanded[SQUARE];
	size_t n = o->model->n_states;

	for (size_t i = 0; i < n; i++) {
		noise[i * (n + 1)] = o->qc[i];
	}
	if (transition_short(J, h, n, F)) {
		for (size_t i = 0; i < n * n; i++) {
			Q[i] = noise[i] * h;
		}
		return;
	}
	for (size_t i = 0; i < n * n; i++) {
		expanded[i] = J[i] * h;
	}
	discretise_expm(expanded, F, n);
	discretise_noise(&(struct linear){.n = n, .A = J, .Qc = noise}, h, Q);
}

int ekf_predict(const struct observer *o, struct kalman *k, const double *u, double dt_s)
{
	double J[SQUARE], F[SQUARE], Q[SQUARE], h_s;
	struct integration in;
	int err = 0;

	integrate_begin(&in, o->model, o->p, u, dt_s);
	in.tolerance = o->tolerance > 0 ? o->tolerance : in.tolerance;
	while (!err && in.done_s < in.end_s) {
		integrate_jacobian(o->model, o->p, u, k->x, J);
		err = integrate_step(&in, J, k->x, &h_s);
		if (!err) {
			transition(o, J, h_s, F, Q);
			kalman_predict(k, F, Q);
		}
	}
	return err;
}

void ekf_outputs(const struct observer *o, const struct kalman *k, const double *u,
                 struct kalman_rows *rows, double *y)
{
	double at[MODEL_STATES_MAX], up[MODEL_OUTPUTS_MAX], down[MODEL_OUTPUTS_MAX];
	size_t n = k->n, m = o->model->n_outputs;

	rows->n = m;
	memset(rows->more, 0, m * m * sizeof(*rows->more));
	o->model->outputs_of(o->p, k->x, u, y);
	memcpy(at, k->x, n * sizeof(*at));
	for (size_t j = 0; j < n; j++) {
		/* Truncation and rounding balance at the cube root. */
		double d = cbrt(DBL_EPSILON) * fmax(1, fabs(k->x[j]));

		at[j] = k->x[j] + d;
		o->model->outputs_of(o->p, at, u, up);
		at[j] = k->x[j] - d;
		o->model->outputs_of(o->p, at, u, down);
		at[j] = k->x[j];
		for (size_t i = 0; i < m; i++) {
			rows->H[i * n + j] = (up[i] - down[i]) / (2 * d);
		}
	}
}
