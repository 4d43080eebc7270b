/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/ukf.h"

#include <math.h>
#include <string.h>

#include "twin/cholesky.h"
#include "twin/observer/discretise.h"
#include "twin/observer/integrate.h"

enum { N_MAX = MODEL_STATES_MAX, M_MAX = MODEL_OUTPUTS_MAX, POINTS_MAX = 2 * N_MAX + 1 };

/* alpha^2 (n + kappa) - n */
#define LAMBDA 1.0
/* A share of a time constant beyond which noise is not just added up. */
#define SHORT 0.1
/* 1 - alpha^2 + beta, of the middle point in covariances */
#define MIDDLE 2.0

static double weight(size_t point, size_t n, bool covariance)
{
	double sum = (double)n + LAMBDA;

	if (point > 0) {
		return 0.5 / sum;
	}
	return LAMBDA / sum + (covariance ? MIDDLE : 0);
}

/* x and x +- the columns of the root of (n + lambda) P, one point a row. */
static int draw(const struct kalman *k, double points[][N_MAX])
{
	double L[N_MAX * N_MAX], root = sqrt((double)k->n + LAMBDA);
	size_t n = k->n;
	int err = cholesky_factor(k->P, L, n);

	for (size_t i = 0; !err && i < n; i++) {
		points[0][i] = k->x[i];
		for (size_t j = 0; j < n; j++) {
			points[1 + j][i] = k->x[i] + root * L[i * n + j];
			points[1 + n + j][i] = k->x[i] - root * L[i * n + j];
		}
	}
	return err;
}

/* What the noise adds over dt_s from x on. */
static void noise(const struct observer *o, const double *x, const double *u, double dt_s,
                  double *Q)
{
	double J[N_MAX * N_MAX], Qc[N_MAX * N_MAX] = {0}, largest = 0;
	size_t n = o->model->n_states;

	integrate_jacobian(o->model, o->p, u, x, J);
	for (size_t i = 0; i < n; i++) {
		double sum = 0;

		for (size_t j = 0; j < n; j++) {
			sum += fabs(J[i * n + j]) * dt_s;
			Q[i * n + j] = i == j ? o->qc[i] * dt_s : 0;
		}
		Qc[i * (n + 1)] = o->qc[i];
		largest = fmax(largest, sum);
	}
	if (largest > SHORT) {
		discretise_noise(&(struct linear){.n = n, .A = J, .Qc = Qc}, dt_s, Q);
	}
}

int ukf_predict(const struct observer *o, struct kalman *k, const double *u, double dt_s)
{
	double points[POINTS_MAX][N_MAX], Q[N_MAX * N_MAX] = {0};
	size_t n = k->n;
	int err = draw(k, points);

	noise(o, k->x, u, dt_s, Q);

	for (size_t s = 0; !err && s < 2 * n + 1; s++) {
		struct integration in;

		integrate_begin(&in, o->model, o->p, u, dt_s);
		in.tolerance = o->tolerance > 0 ? o->tolerance : in.tolerance;
		err = integrate(&in, points[s]);
	}
	if (err) {
		return err;
	}
	for (size_t i = 0; i < n; i++) {
		k->x[i] = 0;
		for (size_t s = 0; s < 2 * n + 1; s++) {
			k->x[i] += weight(s, n, false) * points[s][i];
		}
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			double sum = Q[i * n + j];

			for (size_t s = 0; s < 2 * n + 1; s++) {
				sum += weight(s, n, true) * (points[s][i] - k->x[i]) *
				       (points[s][j] - k->x[j]);
			}
			k->P[i * n + j] = sum;
		}
	}
	return 0;
}

int ukf_outputs(const struct observer *o, const struct kalman *k, const double *u,
                struct kalman_rows *rows, double *y)
{
	double points[POINTS_MAX][N_MAX], out[POINTS_MAX][M_MAX], cross[M_MAX][N_MAX];
	double L[N_MAX * N_MAX];
	size_t n = k->n, m = o->model->n_outputs;
	int err = draw(k, points);

	if (err || cholesky_factor(k->P, L, n)) {
		return err;
	}
	memset(y, 0, m * sizeof(*y));
	for (size_t s = 0; s < 2 * n + 1; s++) {
		o->model->outputs_of(o->p, points[s], u, out[s]);
		for (size_t r = 0; r < m; r++) {
			y[r] += weight(s, n, false) * out[s][r];
		}
	}
	rows->n = m;
	memset(rows->more, 0, m * m * sizeof(*rows->more));
	memset(cross, 0, sizeof(cross));
	for (size_t s = 0; s < 2 * n + 1; s++) {
		for (size_t r = 0; r < m; r++) {
			double off = weight(s, n, true) * (out[s][r] - y[r]);

			for (size_t i = 0; i < n; i++) {
				cross[r][i] += off * (points[s][i] - k->x[i]);
			}
			for (size_t q = 0; q < m; q++) {
				rows->more[r * m + q] += off * (out[s][q] - y[q]);
			}
		}
	}
	for (size_t r = 0; r < m; r++) {
		memcpy(rows->H + r * n, cross[r], n * sizeof(*rows->H));
		cholesky_solve(L, rows->H + r * n, n);
	}
	for (size_t r = 0; r < m; r++) {
		for (size_t q = 0; q < m; q++) {
			for (size_t i = 0; i < n; i++) {
				rows->more[r * m + q] -= rows->H[r * n + i] * cross[q][i];
			}
		}
	}
	return 0;
}
