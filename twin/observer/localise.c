/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/localise.h"

#include <assert.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "twin/observer/discretise.h"
#include "twin/observer/integrate.h"

enum { N_MAX = MODEL_STATES_MAX, M_MAX = MODEL_INPUTS_MAX };

static_assert((int)MODEL_OUTPUTS_MAX == (int)MODEL_STATES_MAX, "a column has room");

/* Differences are taken as if a value were at least so large. */
#define LEAST 0.01
/* What an output bends in an input is taken over that share of the input. */
#define BEND 1e-3
/* A solution so much larger than the rates is none: G was as good as singular. */
#define ABSURD 1e6

/* Where a function of x and u is looked at. */
struct spot {
	const struct localised *of;
	const double *x, *u;
	bool outputs; /* y = h(x, u), else dx/dt = f(x, u) */
};

/* Which of x and u is moved. */
struct mover {
	bool input;
	size_t i;
	double d;
};

static size_t size_of(const struct spot *s)
{
	const struct model *m = s->of->model;

	return s->outputs ? m->n_outputs : m->n_states;
}

/* @return false: something is no number */
static bool look(const struct spot *s, const double *x, const double *u, double *out)
{
	const struct model *m = s->of->model;
	bool finite = true;

	if (s->outputs) {
		m->outputs_of(s->of->p, x, u, out);
	} else {
		m->rates(s->of->p, x, u, out);
	}
	for (size_t i = 0; i < size_of(s); i++) {
		finite = finite && isfinite(out[i]);
	}
	return finite;
}

static bool look_beside(const struct spot *s, const struct mover *m, double d,
                        double *out)
{
	double x[N_MAX] = {0}, u[M_MAX] = {0};

	memcpy(x, s->x, s->of->model->n_states * sizeof(*x));
	memcpy(u, s->u, s->of->model->n_inputs * sizeof(*u));
	if (m->input) {
		u[m->i] += d;
	} else {
		x[m->i] += d;
	}
	return look(s, x, u, out);
}

/* Derivative by one variable, a column of a matrix with n_columns; 0 where there is none
 * on either side. */
static void differentiate(const struct spot *s, const struct mover *m, size_t n_columns,
                          double *out)
{
	double up[N_MAX], here[N_MAX], down[N_MAX], *high = up, *low = down;
	bool has_up = look_beside(s, m, m->d, up), has_down;
	double width = 2 * m->d;

	has_down = look_beside(s, m, -m->d, down);
	if (!has_up || !has_down) {
		(void)look(s, s->x, s->u, here);
		high = has_up ? up : here;
		low = has_down ? down : here;
		width = m->d;
	}
	for (size_t i = 0; i < size_of(s); i++) {
		out[i * n_columns + m->i] = (high[i] - low[i]) / width;
	}
}

static double width_of(double x, double share)
{
	return share * fmax(fabs(x), LEAST);
}

static void differentiate_all(const struct spot *s, bool input, double *out)
{
	const struct model *m = s->of->model;
	size_t n = input ? m->n_inputs : m->n_states;

	for (size_t i = 0; i < n; i++) {
		double at = input ? s->u[i] : s->x[i];
		/* Truncation and rounding balance at the cube root. */
		const struct mover mover = {input, i, width_of(at, cbrt(DBL_EPSILON))};

		differentiate(s, &mover, n, out);
	}
}

/* Second derivatives by one input, as a parabola through three points; a kink is none.
 * @return false where the model is no number beside it */
static bool bend_over(const struct spot *s, const struct mover *m, double d, double *out)
{
	double up[N_MAX], here[N_MAX], down[N_MAX];

	if (!look(s, s->x, s->u, here) || !look_beside(s, m, d, up) ||
	    !look_beside(s, m, -d, down)) {
		return false;
	}
	for (size_t i = 0; i < size_of(s); i++) {
		out[i] = (up[i] - 2 * here[i] + down[i]) / (d * d);
	}
	return true;
}

static void bend_all(const struct spot *s, double *out)
{
	size_t n = s->of->model->n_inputs;
	double narrow[N_MAX] = {0}, wide[N_MAX] = {0};

	for (size_t j = 0; j < n; j++) {
		const struct mover mover = {true, j, width_of(s->u[j], BEND)};
		bool smooth = bend_over(s, &mover, mover.d, narrow) &&
		              bend_over(s, &mover, 2 * mover.d, wide);

		for (size_t i = 0; i < size_of(s); i++) {
			bool alike = smooth &&
			             fabs(wide[i] - narrow[i]) <= 0.05 * fabs(narrow[i]);

			out[i * n + j] = alike ? narrow[i] : 0;
		}
	}
}

/* G r = b by elimination with pivoting; both are spoilt. */
static void solve(double *G, double *b, size_t n)
{
	for (size_t c = 0; c < n; c++) {
		size_t best = c;

		for (size_t i = c + 1; i < n; i++) {
			best = fabs(G[i * n + c]) > fabs(G[best * n + c]) ? i : best;
		}
		for (size_t j = 0; j < n && best != c; j++) {
			double swap = G[c * n + j];

			G[c * n + j] = G[best * n + j];
			G[best * n + j] = swap;
		}
		if (best != c) {
			double swap = b[c];

			b[c] = b[best];
			b[best] = swap;
		}
		for (size_t i = c + 1; i < n; i++) {
			double m = G[i * n + c] / G[c * n + c];

			for (size_t j = c; j < n; j++) {
				G[i * n + j] -= m * G[c * n + j];
			}
			b[i] -= m * b[c];
		}
	}
	for (size_t i = n; i-- > 0;) {
		for (size_t j = i + 1; j < n; j++) {
			b[i] -= G[i * n + j] * b[j];
		}
		b[i] /= G[i * (n + 1)];
	}
}

/* r of a linear model that comes from x0 to x1; the rates at x0 where there is none. */
static void aim(struct local_answer *a, const double *f, double dt_s, size_t n)
{
	double unit[N_MAX * N_MAX] = {0}, F[N_MAX * N_MAX], G[N_MAX * N_MAX], r[N_MAX];
	double most = 0, rate = DBL_MIN;
	bool finite = dt_s > 0;

	memcpy(a->r, f, n * sizeof(*f));
	if (!finite) {
		return;
	}
	for (size_t i = 0; i < n; i++) {
		unit[i * (n + 1)] = 1;
		r[i] = a->x1[i] - a->x0[i];
		rate = fmax(rate, fmax(fabs(f[i]), fabs(r[i]) / dt_s));
	}
	discretise_inputs(&(struct linear){.n = n, .m = n, .A = a->A, .B = unit}, dt_s, F,
	                  G);
	solve(G, r, n);
	for (size_t i = 0; i < n; i++) {
		finite = finite && isfinite(r[i]);
		most = fmax(most, fabs(r[i]));
	}
	if (finite && most < ABSURD * rate) {
		memcpy(a->r, r, n * sizeof(*r));
	}
}

static bool go(const struct localised *of, const double *u, double dt_s, double *x)
{
	struct integration in;

	integrate_begin(&in, of->model, of->p, u, dt_s);
	if (integrate(&in, x)) {
		return false;
	}
	for (size_t i = 0; i < of->model->n_states; i++) {
		if (!isfinite(x[i])) {
			return false;
		}
	}
	return true;
}

int localise(const struct localised *of, const struct local_question *q,
             struct local_answer *a)
{
	size_t n = of->model->n_states;
	double half[N_MAX] = {0}, f[N_MAX] = {0}, dt_s = q->dt_s;
	struct spot s = {.of = of, .x = a->x0, .u = a->u0};

	*a = (struct local_answer){.x0 = {0}};
	memcpy(a->u0, q->u, of->model->n_inputs * sizeof(*a->u0));
	if (q->start) {
		of->model->start(of->p, a->u0, q->y, a->x0);
	} else {
		memcpy(a->x0, q->x, n * sizeof(*a->x0));
	}
	if (!look(&s, a->x0, a->u0, f)) {
		return -EDOM;
	}
	memcpy(half, a->x0, sizeof(half));
	if (dt_s > 0 && go(of, a->u0, dt_s / 2, half)) {
		memcpy(a->x1, half, sizeof(half));
		dt_s = go(of, a->u0, q->dt_s / 2, a->x1) ? q->dt_s : 0;
	} else {
		dt_s = 0;
	}
	if (!(dt_s > 0)) { /* too far away: only where it is */
		memcpy(half, a->x0, sizeof(half));
		memcpy(a->x1, a->x0, sizeof(half));
	}
	s.x = half;
	differentiate_all(&s, false, a->A);
	differentiate_all(&s, true, a->B);
	aim(a, f, dt_s, n);
	s.x = a->x1;
	s.outputs = true;
	if (!look(&s, a->x1, a->u0, a->y1)) {
		return -EDOM;
	}
	differentiate_all(&s, false, a->C);
	differentiate_all(&s, true, a->D);
	bend_all(&s, a->E);
	return 0;
}
