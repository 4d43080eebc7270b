/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/models/local.h"

#include <math.h>
#include <string.h>

static const struct local *local_of(const double *p)
{
	return (const void *)p;
}

static void start(const double *p, const double *u, const double *y, double *x)
{
	const struct local *l = local_of(p);

	(void)u;
	(void)y;
	memcpy(x, l->at.x0, l->ports->n_states * sizeof(*x));
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	const struct local *l = local_of(p);
	const struct local_answer *at = &l->at;
	size_t n = l->ports->n_states, m = l->ports->n_inputs;

	for (size_t i = 0; i < n; i++) {
		dx[i] = at->r[i];
		for (size_t j = 0; j < n; j++) {
			dx[i] += at->A[i * n + j] * (x[j] - at->x0[j]);
		}
		for (size_t j = 0; j < m; j++) {
			dx[i] += at->B[i * m + j] * (u[j] - at->u0[j]);
		}
	}
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	const struct local *l = local_of(p);
	const struct local_answer *at = &l->at;
	size_t n = l->ports->n_states, m = l->ports->n_inputs;

	for (size_t i = 0; i < l->ports->n_outputs; i++) {
		y[i] = at->y1[i];
		for (size_t j = 0; j < n; j++) {
			y[i] += at->C[i * n + j] * (x[j] - at->x1[j]);
		}
		for (size_t j = 0; j < m; j++) {
			double du = u[j] - at->u0[j];

			y[i] += at->D[i * m + j] * du + at->E[i * m + j] * du * du / 2;
		}
	}
}

static void jacobian(const double *p, const double *x, const double *u, double *j)
{
	const struct local *l = local_of(p);
	size_t n = l->ports->n_states;

	(void)x;
	(void)u;
	memcpy(j, l->at.A, n * n * sizeof(*j));
}

static void noise(const double *p, double *qc)
{
	const struct local *l = local_of(p);
	size_t n = l->ports->n_states;

	for (size_t i = 0; i < n; i++) {
		qc[i] = l->made[2 * n + i] * l->made[2 * n + i];
	}
}

static void limit(const double *p, double *x)
{
	const struct local *l = local_of(p);
	size_t n = l->ports->n_states;

	for (size_t i = 0; i < n; i++) {
		/* fmin() and fmax() would hide a NAN. */
		x[i] = x[i] < l->made[i] ? l->made[i] : x[i];
		x[i] = x[i] > l->made[n + i] ? l->made[n + i] : x[i];
	}
}

void local_make(struct model *out, const struct model *ports)
{
	*out = *ports;
	out->start = start;
	out->rates = rates;
	out->outputs_of = outputs_of;
	out->jacobian = jacobian;
	out->noise = noise;
	out->limit = limit;
	out->dead_time = NULL;
	out->linear = ports->n_states > 0;
	out->local = true;
}

void local_init(struct local *l, const struct model *ports, const double *made)
{
	*l = (struct local){.ports = ports, .made = made, .t_ns = INT64_MIN};
}
