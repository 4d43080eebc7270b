/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/observer.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "twin/observer/ekf.h"
#include "twin/observer/ukf.h"

enum { SQUARE = MODEL_STATES_MAX * MODEL_STATES_MAX };

static void predict_linear(const struct observer *o, struct kalman *k, const double *u,
                           double dt_s)
{
	double A[SQUARE], Q[SQUARE], share;
	double zero[MODEL_STATES_MAX] = {0}, r[MODEL_STATES_MAX], x[MODEL_STATES_MAX];
	struct zoh_step scratch;
	const struct zoh_step *s;
	size_t n = k->n;

	o->model->jacobian(o->p, k->x, u, A);
	s = zoh_find(o->zoh, &(struct zoh_wish){n, A, o->qc, dt_s}, &share, &scratch);
	o->model->rates(o->p, zero, u, r);
	for (size_t i = 0; i < n; i++) {
		x[i] = 0;
		for (size_t j = 0; j < n; j++) {
			x[i] += s->F[i * n + j] * k->x[j] + s->G[i * n + j] * r[j];
			Q[i * n + j] = share * s->Q[i * n + j];
		}
	}
	memcpy(k->x, x, n * sizeof(*x));
	kalman_predict(k, s->F, Q);
	if (o->model->limit) {
		o->model->limit(o->p, k->x);
	}
}

int observer_predict(const struct observer *o, struct kalman *k, const double *u,
                     double dt_s)
{
	int err = 0;

	if (o->model->linear) {
		predict_linear(o, k, u, dt_s);
	} else if (o->unscented) {
		err = ukf_predict(o, k, u, dt_s);
	} else {
		err = ekf_predict(o, k, u, dt_s);
	}
	for (size_t i = 0; !err && i < k->n; i++) {
		if (!isfinite(k->x[i]) || !isfinite(k->P[i * (k->n + 1)])) {
			err = -EDOM;
		}
	}
	return err;
}

int observer_outputs(const struct observer *o, const struct kalman *k, const double *u,
                     struct kalman_rows *rows, double *y)
{
	if (o->unscented) {
		return ukf_outputs(o, k, u, rows, y);
	}
	ekf_outputs(o, k, u, rows, y);
	return 0;
}
