/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/integrate.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "drivers/reading.h"

enum { N_MAX = MODEL_STATES_MAX };

/* A way of more time constants of the fastest rate: the explicit method would take a step
 * for every three for its stability alone. */
#define STIFF              50.0
#define ABSOLUTE_TOLERANCE 1e-12
/* A step that short, as a share of the way, is taken whatever its error: there the model
 * has a corner. */
#define CORNER   1e-9
#define SAFETY   0.9
#define GROW_MAX 5.0
#define CUT_MAX  0.2

/* ---- what both need ---- */

static double difference(double x)
{
	/* Truncation and rounding balance at the cube root. */
	return cbrt(DBL_EPSILON) * fmax(1, fabs(x));
}

void integrate_jacobian(const struct model *model, const double *p, const double *u,
                        const double *x, double *J)
{
	double at[N_MAX], up[N_MAX] = {0}, down[N_MAX] = {0};
	size_t n = model->n_states;

	if (model->jacobian) {
		model->jacobian(p, x, u, J);
		return;
	}
	memcpy(at, x, n * sizeof(*at));
	for (size_t j = 0; j < n; j++) {
		double d = difference(x[j]);

		at[j] = x[j] + d;
		model->rates(p, at, u, up);
		at[j] = x[j] - d;
		model->rates(p, at, u, down);
		at[j] = x[j];
		for (size_t i = 0; i < n; i++) {
			J[i * n + j] = (up[i] - down[i]) / (2 * d);
		}
	}
}

/* Largest row sum, a bound on the fastest rate, 1/s. */
static double fastest(const double *J, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++) {
		double sum = 0;

		for (size_t j = 0; j < n; j++) {
			sum += fabs(J[i * n + j]);
		}
		/* fmax() would lose a NAN. */
		most = sum <= most ? most : sum;
	}
	return most;
}

/* Largest error in units of the tolerance; INFINITY where it is no number. */
static double measure(const struct integration *in, const double *x, const double *next,
                      const double *error)
{
	double worst = 0;

	for (size_t i = 0; i < in->model->n_states; i++) {
		double size = fmax(fabs(x[i]), fabs(next[i]));
		double share = fabs(error[i]) /
		               (ABSOLUTE_TOLERANCE + in->tolerance * size);

		if (!isfinite(share) || !isfinite(next[i])) {
			return (double)INFINITY;
		}
		worst = fmax(worst, share);
	}
	return worst;
}

/* ---- Kutta ---- */

/* The slopes of the four stages and the one at the end; with 1/6, 1/3, 1/3, 0, 1/6 they
 * are of third order.  @return error in units of the tolerance */
static double explicit_step(const struct integration *in, const double *x, double h,
                            double *next)
{
	static const double at[] = {0, 0.5, 0.5, 1}, weight[] = {1, 2, 2, 1};
	double slope[N_MAX] = {0}, sum[N_MAX] = {0}, error[N_MAX];
	size_t n = in->model->n_states;

	for (size_t stage = 0; stage < ARRAY_SIZE(at); stage++) {
		for (size_t i = 0; i < n; i++) {
			next[i] = x[i] + at[stage] * h * slope[i];
		}
		in->model->rates(in->p, next, in->u, slope);
		for (size_t i = 0; i < n; i++) {
			sum[i] += weight[stage] * slope[i];
		}
	}
	for (size_t i = 0; i < n; i++) {
		next[i] = x[i] + h * sum[i] / 6;
		error[i] = h * slope[i] / 6;
	}
	in->model->rates(in->p, next, in->u, slope);
	for (size_t i = 0; i < n; i++) {
		error[i] -= h * slope[i] / 6;
	}
	return measure(in, x, next, error);
}

/* ---- Rodas3 ---- */

struct factors {
	size_t n;
	double LU[N_MAX * N_MAX];
	size_t pivot[N_MAX];
};

/* LU = 2/h I - J, with row pivoting. */
static int factor(struct factors *f, const double *J, double h)
{
	size_t n = f->n;

	for (size_t i = 0; i < n * n; i++) {
		f->LU[i] = (i % (n + 1) == 0 ? 2 / h : 0) - J[i];
	}
	for (size_t c = 0; c < n; c++) {
		size_t best = c;

		for (size_t i = c + 1; i < n; i++) {
			if (fabs(f->LU[i * n + c]) > fabs(f->LU[best * n + c])) {
				best = i;
			}
		}
		f->pivot[c] = best;
		for (size_t j = 0; j < n && best != c; j++) {
			double swap = f->LU[c * n + j];

			f->LU[c * n + j] = f->LU[best * n + j];
			f->LU[best * n + j] = swap;
		}
		if (!(fabs(f->LU[c * n + c]) > 0)) {
			return -EDOM;
		}
		for (size_t i = c + 1; i < n; i++) {
			double m = f->LU[i * n + c] /= f->LU[c * n + c];

			for (size_t j = c + 1; j < n; j++) {
				f->LU[i * n + j] -= m * f->LU[c * n + j];
			}
		}
	}
	return 0;
}

static void solve(const struct factors *f, double *b)
{
	size_t n = f->n;

	for (size_t i = 0; i < n; i++) {
		double swap = b[i];

		b[i] = b[f->pivot[i]];
		b[f->pivot[i]] = swap;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++) {
			b[i] -= f->LU[i * n + j] * b[j];
		}
	}
	for (size_t i = n; i-- > 0;) {
		for (size_t j = i + 1; j < n; j++) {
			b[i] -= f->LU[i * n + j] * b[j];
		}
		b[i] /= f->LU[i * n + i];
	}
}

/* In the form of Hairer, Wanner 1996, section IV.7: (2/h I - J) k_s = f(x + sum a k) +
 * sum c k / h; the last stage is the error. */
static double implicit_step(const struct integration *in, const double *J,
                            const double *x, double h, double *next)
{
	enum { ROSENBROCK = 4 };
	static const double a[ROSENBROCK][ROSENBROCK] = {{0}, {0}, {2, 0}, {2, 0, 1}};
	static const double c[ROSENBROCK][ROSENBROCK] = {
		{0}, {4}, {1, -1}, {1, -1, -8 / 3.0}};
	static const double m[ROSENBROCK] = {2, 0, 1, 1};
	double k[ROSENBROCK][N_MAX], at[N_MAX];
	struct factors f = {.n = in->model->n_states};
	size_t n = f.n;

	if (factor(&f, J, h)) {
		return (double)INFINITY;
	}
	for (size_t s = 0; s < ROSENBROCK; s++) {
		for (size_t i = 0; i < n; i++) {
			at[i] = x[i];
			for (size_t r = 0; r < s; r++) {
				at[i] += a[s][r] * k[r][i];
			}
		}
		in->model->rates(in->p, at, in->u, k[s]);
		for (size_t i = 0; i < n; i++) {
			for (size_t r = 0; r < s; r++) {
				k[s][i] += c[s][r] * k[r][i] / h;
			}
		}
		solve(&f, k[s]);
	}
	for (size_t i = 0; i < n; i++) {
		next[i] = x[i];
		for (size_t s = 0; s < ROSENBROCK; s++) {
			next[i] += m[s] * k[s][i];
		}
	}
	return measure(in, x, next, k[ROSENBROCK - 1]);
}

/* ---- steps ---- */

void integrate_begin(struct integration *in, const struct model *model, const double *p,
                     const double *u, double dt_s)
{
	*in = (struct integration){.model = model,
	                           .p = p,
	                           .u = u,
	                           .tolerance = INTEGRATE_TOLERANCE,
	                           .end_s = dt_s,
	                           .try_s = dt_s};
}

/* The error of a step goes with its length to that power. */
static double next_length(double h, double error, double power)
{
	double factor = error > 0 ? SAFETY * pow(error, -1 / power) : GROW_MAX;

	return h * fmin(fmax(factor, CUT_MAX), GROW_MAX);
}

int integrate_step(struct integration *in, const double *J, double *x, double *h_s)
{
	size_t n = in->model->n_states;
	double rate = fastest(J, n), least = in->end_s * CORNER;
	double next[N_MAX];

	if (!isfinite(rate)) {
		return -EDOM;
	}
	if (in->steps++ == INTEGRATE_STEPS_MAX) {
		return -ERANGE;
	}
	for (;;) {
		double left = in->end_s - in->done_s;
		double h = fmin(fmax(in->try_s, least), left);
		bool stiff = rate * left > STIFF;
		double error = stiff ? implicit_step(in, J, x, h, next)
		                     : explicit_step(in, x, h, next);

		in->try_s = isfinite(error) ? next_length(h, error, stiff ? 3 : 4)
		                            : h * CUT_MAX;
		if (error <= 1 || (h <= least && isfinite(error))) {
			in->done_s = h < left ? in->done_s + h : in->end_s;
			*h_s = h;
			break;
		}
		if (h <= least) {
			return -EDOM;
		}
	}
	memcpy(x, next, n * sizeof(*x));
	if (in->model->limit) {
		in->model->limit(in->p, x);
	}
	return 0;
}

int integrate(struct integration *in, double *x)
{
	double J[N_MAX * N_MAX], h_s;
	int err = 0;

	while (!err && in->done_s < in->end_s) {
		integrate_jacobian(in->model, in->p, in->u, x, J);
		err = integrate_step(in, J, x, &h_s);
	}
	return err;
}
