/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/models/state_space.h"

#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "twin/cholesky.h"
#include "twin/observer/kalman.h"

/* Parameters: n, m, k, then the matrices in the order of struct state_space. */
enum { HEAD = 3 };

struct state_space state_space_view(const double *p)
{
	struct state_space s = {.n = (size_t)p[0], .m = (size_t)p[1], .k = (size_t)p[2]};

	s.A = p + HEAD;
	s.B = s.A + s.n * s.n;
	s.C = s.B + s.n * s.m;
	s.D = s.C + s.k * s.n;
	s.Q = s.D + s.k * s.m;
	s.x0 = s.Q + s.n;
	return s;
}

static double row(const double *M, size_t i, size_t n, const double *x)
{
	double sum = 0;

	for (size_t j = 0; j < n; j++) {
		sum += M[i * n + j] * x[j];
	}
	return sum;
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	struct state_space s = state_space_view(p);

	for (size_t i = 0; i < s.n; i++) {
		dx[i] = row(s.A, i, s.n, x) + row(s.B, i, s.m, u);
	}
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	struct state_space s = state_space_view(p);

	for (size_t i = 0; i < s.k; i++) {
		y[i] = row(s.C, i, s.n, x) + row(s.D, i, s.m, u);
	}
}

static void jacobian(const double *p, const double *x, const double *u, double *j)
{
	struct state_space s = state_space_view(p);

	(void)x;
	(void)u;
	memcpy(j, s.A, s.n * s.n * sizeof(*j));
}

static void noise(const double *p, double *qc)
{
	struct state_space s = state_space_view(p);

	memcpy(qc, s.Q, s.n * sizeof(*qc));
}

/* x0, moved by the least that meets what is measured: dx = C' (C C' + e I)^-1 (y - y0),
 * e so small that it only keeps the inverse where rows of C depend on each other. */
static void start(const double *p, const double *u, const double *y, double *x)
{
	struct state_space s = state_space_view(p);
	double gram[MODEL_OUTPUTS_MAX * MODEL_OUTPUTS_MAX], off[MODEL_OUTPUTS_MAX];
	double L[MODEL_OUTPUTS_MAX * MODEL_OUTPUTS_MAX];
	size_t rows[MODEL_OUTPUTS_MAX], n = 0;

	memcpy(x, s.x0, s.n * sizeof(*x));
	for (size_t i = 0; i < s.k; i++) {
		if (isfinite(y[i])) {
			off[n] = y[i] - row(s.C, i, s.n, x) - row(s.D, i, s.m, u);
			rows[n++] = i;
		}
	}
	for (size_t i = 0; i < n * n; i++) {
		gram[i] = row(s.C, rows[i / n], s.n, s.C + rows[i % n] * s.n);
	}
	for (size_t i = 0; i < n; i++) {
		gram[i * (n + 1)] += 1e-12 * (gram[i * (n + 1)] + 1e-12);
	}
	if (cholesky_factor(gram, L, n)) {
		return;
	}
	cholesky_solve(L, off, n);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < s.n; j++) {
			x[j] += s.C[rows[i] * s.n + j] * off[i];
		}
	}
}

size_t state_space_size(const struct state_space *s)
{
	return HEAD + s->n * s->n + s->n * s->m + s->k * s->n + s->k * s->m + 2 * s->n;
}

static double *put(double *to, const double *from, size_t n)
{
	memcpy(to, from, n * sizeof(*to));
	return to + n;
}

static const struct model_port inputs[] = {
	{"u1", "", "first input", NAN, -INFINITY, INFINITY},
	{"u2", "", "second input", NAN, -INFINITY, INFINITY},
	{"u3", "", "third input", NAN, -INFINITY, INFINITY},
	{"u4", "", "fourth input", NAN, -INFINITY, INFINITY},
	{"u5", "", "fifth input", NAN, -INFINITY, INFINITY},
	{"u6", "", "sixth input", NAN, -INFINITY, INFINITY},
	{"u7", "", "seventh input", NAN, -INFINITY, INFINITY},
	{"u8", "", "eighth input", NAN, -INFINITY, INFINITY},
};

static const struct model_port outputs[] = {
	{"y1", "", "first output", NAN, -INFINITY, INFINITY},
	{"y2", "", "second output", NAN, -INFINITY, INFINITY},
	{"y3", "", "third output", NAN, -INFINITY, INFINITY},
	{"y4", "", "fourth output", NAN, -INFINITY, INFINITY},
	{"y5", "", "fifth output", NAN, -INFINITY, INFINITY},
	{"y6", "", "sixth output", NAN, -INFINITY, INFINITY},
	{"y7", "", "seventh output", NAN, -INFINITY, INFINITY},
	{"y8", "", "eighth output", NAN, -INFINITY, INFINITY},
};

void state_space_make(struct model *out, double *p, const struct state_space *s)
{
	*out = (struct model){
		.name = "state_space",
		.source = "Franklin, Powell, Emami-Naeini 2015, section 7.4",
		.inputs = inputs,
		.n_inputs = s->m,
		.outputs = outputs,
		.n_outputs = s->k,
		.n_states = s->n,
		.start = start,
		.rates = rates,
		.outputs_of = outputs_of,
		.jacobian = jacobian,
		.noise = noise,
		.linear = true,
	};
	for (size_t i = 0; i < s->k * s->m; i++) {
		if (s->D[i] != 0) {
			out->direct[i / s->m] |= (uint8_t)(1U << i % s->m);
		}
	}
	*p++ = (double)s->n;
	*p++ = (double)s->m;
	*p++ = (double)s->k;
	p = put(p, s->A, s->n * s->n);
	p = put(p, s->B, s->n * s->m);
	p = put(p, s->C, s->k * s->n);
	p = put(p, s->D, s->k * s->m);
	p = put(p, s->Q, s->n);
	(void)put(p, s->x0, s->n);
}
