/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/ekf.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <string.h>

#define STEP_OF_TIME_CONSTANT 0.5

/* Step of a central difference: truncation and rounding balance at the cube root. */
static double difference(double x)
{
	return cbrt(DBL_EPSILON) * fmax(1, fabs(x));
}

static void jacobian(const struct ekf *e, const double *x, const double *u, double *J)
{
	double at[MODEL_STATES_MAX], up[MODEL_STATES_MAX], down[MODEL_STATES_MAX];
	size_t n = e->model->n_states;

	if (e->model->jacobian) {
		e->model->jacobian(e->p, x, u, J);
		return;
	}
	memcpy(at, x, n * sizeof(*at));
	for (size_t j = 0; j < n; j++) {
		double d = difference(x[j]);

		at[j] = x[j] + d;
		e->model->rates(e->p, at, u, up);
		at[j] = x[j] - d;
		e->model->rates(e->p, at, u, down);
		at[j] = x[j];
		for (size_t i = 0; i < n; i++) {
			J[i * n + j] = (up[i] - down[i]) / (2 * d);
		}
	}
}

void ekf_output_row(const struct ekf *e, const double *x, const double *u, size_t output,
                    double *row)
{
	double at[MODEL_STATES_MAX], up[MODEL_OUTPUTS_MAX], down[MODEL_OUTPUTS_MAX];
	size_t n = e->model->n_states;

	memcpy(at, x, n * sizeof(*at));
	for (size_t j = 0; j < n; j++) {
		double d = difference(x[j]);

		at[j] = x[j] + d;
		e->model->outputs_of(e->p, at, u, up);
		at[j] = x[j] - d;
		e->model->outputs_of(e->p, at, u, down);
		at[j] = x[j];
		row[j] = (up[output] - down[output]) / (2 * d);
	}
}

/* One step of the classical Runge-Kutta method (Kutta 1901). */
static void runge_kutta(const struct ekf *e, double *x, const double *u, double h)
{
	static const double at[] = {0, 0.5, 0.5, 1}, weight[] = {1, 2, 2, 1};
	double slope[MODEL_STATES_MAX] = {0}, sum[MODEL_STATES_MAX] = {0};
	double probe[MODEL_STATES_MAX];
	size_t n = e->model->n_states;

	for (size_t stage = 0; stage < 4; stage++) {
		for (size_t i = 0; i < n; i++) {
			probe[i] = x[i] + at[stage] * h * slope[i];
		}
		e->model->rates(e->p, probe, u, slope);
		for (size_t i = 0; i < n; i++) {
			sum[i] += weight[stage] * slope[i];
		}
	}
	for (size_t i = 0; i < n; i++) {
		x[i] += h * sum[i] / 6;
	}
}

/* F = I + J h + (J h)^2/2, and Q = Qc h. */
static void transition(const struct ekf *e, const double *J, double h, double *F,
                       double *Q)
{
	size_t n = e->model->n_states;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			double square = 0;

			for (size_t l = 0; l < n; l++) {
				square += J[i * n + l] * J[l * n + j];
			}
			F[i * n + j] = (i == j) + J[i * n + j] * h + square * h * h / 2;
			Q[i * n + j] = i == j ? e->qc[i] * h : 0;
		}
	}
}

/* Largest row sum, a bound on the fastest rate of the linearised model, 1/s. */
static double fastest(const double *J, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++) {
		double sum = 0;

		for (size_t j = 0; j < n; j++) {
			sum += fabs(J[i * n + j]);
		}
		most = fmax(most, sum);
	}
	return most;
}

int ekf_predict(const struct ekf *e, struct kalman *k, const double *u, double dt_s)
{
	double J[KALMAN_STATES_MAX * KALMAN_STATES_MAX] = {0};
	double F[KALMAN_STATES_MAX * KALMAN_STATES_MAX];
	double Q[KALMAN_STATES_MAX * KALMAN_STATES_MAX];

	for (int step = 0; dt_s > 0; step++) {
		double h = dt_s, rate;

		if (step == EKF_STEPS_MAX) {
			return -ERANGE;
		}
		jacobian(e, k->x, u, J);
		rate = fastest(J, k->n);
		if (!isfinite(rate)) {
			return -EDOM;
		}
		if (rate * dt_s > STEP_OF_TIME_CONSTANT) {
			/* Equal parts of what is left, so that no sliver comes last. */
			h = dt_s / ceil(rate * dt_s / STEP_OF_TIME_CONSTANT);
		}
		transition(e, J, h, F, Q);
		runge_kutta(e, k->x, u, h);
		kalman_predict(k, F, Q);
		if (e->model->limit) {
			e->model->limit(e->p, k->x);
		}
		dt_s = h < dt_s ? dt_s - h : 0;
	}
	for (size_t i = 0; i < k->n; i++) {
		if (!isfinite(k->x[i])) {
			return -EDOM;
		}
	}
	return 0;
}
