/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/identify/identify.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "twin/cholesky.h"

enum {
	P_MAX = MODEL_PARAMETERS_MAX,
	X_MAX = MODEL_STATES_MAX,
	ITERATIONS_MAX = 60,
};

#define STEP        1e-4 /* of ln p, and of a state as a share, for differences */
#define STATE_SHARE 0.1  /* how unsure a start is */
#define ENOUGH      1e-7 /* relative gain at which it ends */
#define TIED        0.98
#define UNTOLD      0.95 /* of the prior's spread */
#define SIGMA_MIN   1e-6
#define DAMPING_MIN 1e-12
#define DAMPING_MAX 1e12

/* The state at the start of a span: where it began, and where it is now. */
struct start {
	double first[X_MAX], x[X_MAX];
};

/* Normal equations of a span: parameters q, start x. */
struct block {
	double qx[P_MAX * X_MAX], xx[X_MAX * X_MAX], gx[X_MAX];
};

struct fit {
	const struct identify_task *task;
	const struct model *model;
	size_t n_q;           /* parameters that are fitted now */
	size_t which[P_MAX];  /* of the model's */
	double q[P_MAX];      /* ln p less ln prior */
	struct start *starts; /* by span */
	struct block *blocks;
	double qq[P_MAX * P_MAX], gq[P_MAX];
	double *y, *moved; /* of the longest span: residuals, and after a step */
	double *jacobian;  /* its columns: parameters, then states */
	size_t longest;
	double cost, gain; /* and what the last step brought, as a share */
};

static void parameters_of(const struct fit *f, const double *q, double *p)
{
	const struct model *m = f->model;

	memcpy(p, f->task->prior, m->n_parameters * sizeof(*p));
	for (size_t i = 0; i < f->n_q; i++) {
		const struct model_port *port = &m->parameters[f->which[i]];

		p[f->which[i]] *= exp(q[i]);
		p[f->which[i]] = fmin(fmax(p[f->which[i]], port->min), port->max);
	}
}

static double state_scale(double x)
{
	return fmax(fabs(x), 1);
}

/* Residuals over sigma of a span; 0 where there was no reading. */
static int residuals(const struct fit *f, const double *q, size_t span,
                     const double *start, double *out)
{
	const struct identify_task *t = f->task;
	const struct span s = t->spans[span];
	size_t n_outputs = f->model->n_outputs;
	double p[P_MAX], x[X_MAX];
	int err;

	if (!patience_lasts(t->patience)) {
		return -ECANCELED;
	}
	parameters_of(f, q, p);
	memcpy(x, start, f->model->n_states * sizeof(*x));
	err = simulate(t->rows, p, s, x, out);
	for (size_t i = 0; i < s.n * n_outputs && !err; i++) {
		double y = t->rows->y[s.from * n_outputs + i];

		out[i] = isnan(y) ? 0 : (y - out[i]) / t->sigma[i % n_outputs];
		err = isfinite(out[i]) ? 0 : -EDOM;
	}
	return err;
}

static double sum_squares(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += x[i] * x[i];
	}
	return sum;
}

static double prior_cost(const struct fit *f, const double *q, const double *x,
                         size_t span)
{
	const double *first = f->starts[span].first;
	double sum = span ? 0
	                  : sum_squares(q, f->n_q) / (IDENTIFY_PRIOR * IDENTIFY_PRIOR);

	for (size_t i = 0; i < f->model->n_states; i++) {
		sum += pow((x[i] - first[i]) / (STATE_SHARE * state_scale(first[i])), 2);
	}
	return sum;
}

/* Cost at q with the starts that a step of all spans leads to; INFINITY: no way. */
static double cost_at(struct fit *f, const double *q, double (*x)[X_MAX])
{
	double cost = 0;

	for (size_t i = 0; i < f->task->n_spans; i++) {
		size_t n = f->task->spans[i].n * f->model->n_outputs;

		if (residuals(f, q, i, x[i], f->moved)) {
			return INFINITY;
		}
		cost += sum_squares(f->moved, n) + prior_cost(f, q, x[i], i);
	}
	return cost;
}

/* One column of the Jacobian of a span, by a difference. */
static int column(struct fit *f, size_t span, size_t k, double *out)
{
	size_t n = f->task->spans[span].n * f->model->n_outputs;
	double q[P_MAX], x[X_MAX], h = STEP;
	int err;

	memcpy(q, f->q, sizeof(q));
	memcpy(x, f->starts[span].x, sizeof(x));
	if (k < f->n_q) {
		q[k] += h;
	} else {
		h *= state_scale(x[k - f->n_q]);
		x[k - f->n_q] += h;
	}
	err = residuals(f, q, span, x, out);
	for (size_t i = 0; i < n && !err; i++) {
		out[i] = (out[i] - f->y[i]) / h;
	}
	return err;
}

static double dot(const double *a, const double *b, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += a[i] * b[i];
	}
	return sum;
}

/* Add a span to the normal equations J'J and J'r. */
static int add_span(struct fit *f, size_t span)
{
	size_t n = f->task->spans[span].n * f->model->n_outputs;
	size_t n_q = f->n_q, n_x = f->model->n_states;
	struct block *b = &f->blocks[span];
	const struct start *s = &f->starts[span];
	int err = residuals(f, f->q, span, s->x, f->y);

	for (size_t k = 0; k < n_q + n_x && !err; k++) {
		err = column(f, span, k, f->jacobian + k * f->longest);
	}
	for (size_t i = 0; i < n_q + n_x && !err; i++) {
		const double *a = f->jacobian + i * f->longest;

		for (size_t j = 0; j <= i; j++) {
			double sum = dot(a, f->jacobian + j * f->longest, n);

			if (i < n_q) {
				f->qq[i * P_MAX + j] += sum;
			} else if (j < n_q) {
				b->qx[j * X_MAX + i - n_q] = sum;
			} else {
				b->xx[(i - n_q) * X_MAX + j - n_q] = sum;
			}
		}
		*(i < n_q ? &f->gq[i] : &b->gx[i - n_q]) += dot(a, f->y, n);
	}
	for (size_t i = 0; i < n_x; i++) {
		double w = 1 / pow(STATE_SHARE * state_scale(s->first[i]), 2);

		b->xx[i * X_MAX + i] += w;
		b->gx[i] += w * (s->x[i] - s->first[i]);
	}
	return err;
}

static int linearise(struct fit *f)
{
	int err = 0;

	memset(f->qq, 0, sizeof(f->qq));
	memset(f->gq, 0, sizeof(f->gq));
	memset(f->blocks, 0, f->task->n_spans * sizeof(*f->blocks));
	for (size_t i = 0; i < f->task->n_spans && !err; i++) {
		err = add_span(f, i);
	}
	for (size_t i = 0; i < f->n_q; i++) {
		f->qq[i * P_MAX + i] += 1 / (IDENTIFY_PRIOR * IDENTIFY_PRIOR);
		f->gq[i] += f->q[i] / (IDENTIFY_PRIOR * IDENTIFY_PRIOR);
	}
	return err;
}

/* A symmetric matrix by its lower triangle, its diagonal to be made 1 + damping times as
 * large. */
struct lower {
	const double *a;
	size_t n, stride;
	double damping;
};

/* Solve A z = b for n_b right sides, one after the other. */
static int solve(struct lower A, double *b, size_t n_b)
{
	double L[P_MAX * P_MAX];
	int err;

	for (size_t i = 0; i < A.n; i++) {
		for (size_t j = 0; j <= i; j++) {
			L[i * A.n + j] = A.a[i * A.stride + j] *
			                 (i == j ? 1 + A.damping : 1);
		}
	}
	err = cholesky_factor(L, L, A.n);
	for (size_t i = 0; i < n_b && !err; i++) {
		cholesky_solve(L, b + i * A.n, A.n);
	}
	return err;
}

/* Eliminate the start of a span: S -= qx xx^-1 xq, g -= qx xx^-1 gx. */
static int eliminate(const struct fit *f, const struct block *b, double damping,
                     double *S, double *g)
{
	size_t n_q = f->n_q, n_x = f->model->n_states;
	double z[X_MAX * (P_MAX + 1)];
	int err;

	for (size_t j = 0; j < n_q; j++) {
		memcpy(z + j * n_x, b->qx + j * X_MAX, n_x * sizeof(*z));
	}
	memcpy(z + n_q * n_x, b->gx, n_x * sizeof(*z));
	err = solve((struct lower){b->xx, n_x, X_MAX, damping}, z, n_q + 1);
	for (size_t i = 0; i < n_q && !err; i++) {
		for (size_t k = 0; k < n_x; k++) {
			double a = b->qx[i * X_MAX + k];

			for (size_t j = 0; j <= i; j++) {
				S[i * P_MAX + j] -= a * z[j * n_x + k];
			}
			g[i] -= a * z[n_q * n_x + k];
		}
	}
	return err;
}

/* What the parameters alone are worth: J'J without the starts. */
static int reduce(const struct fit *f, double damping, double *S, double *g)
{
	int err = 0;

	memcpy(S, f->qq, sizeof(f->qq));
	memcpy(g, f->gq, sizeof(f->gq));
	for (size_t i = 0; i < f->n_q; i++) {
		S[i * P_MAX + i] *= 1 + damping;
	}
	for (size_t i = 0; i < f->task->n_spans && !err; i++) {
		err = eliminate(f, &f->blocks[i], damping, S, g);
	}
	return err;
}

/* A step of the parameters, and the starts that go with it. */
static int step(const struct fit *f, double damping, double *q, double (*x)[X_MAX])
{
	double S[P_MAX * P_MAX], dq[P_MAX];
	size_t n_x = f->model->n_states;
	int err = reduce(f, damping, S, dq);

	if (!err && f->n_q) {
		err = solve((struct lower){S, f->n_q, P_MAX, 0}, dq, 1);
	}
	for (size_t i = 0; i < f->n_q; i++) {
		double bound = log(IDENTIFY_BOUND);

		q[i] = fmin(fmax(f->q[i] - dq[i], -bound), bound);
		dq[i] = f->q[i] - q[i];
	}
	for (size_t s = 0; s < f->task->n_spans && !err; s++) {
		const struct block *b = &f->blocks[s];
		double dx[X_MAX];

		for (size_t i = 0; i < n_x; i++) {
			dx[i] = b->gx[i];
			for (size_t j = 0; j < f->n_q; j++) {
				dx[i] -= b->qx[j * X_MAX + i] * dq[j];
			}
		}
		err = solve((struct lower){b->xx, n_x, X_MAX, damping}, dx, 1);
		for (size_t i = 0; i < n_x; i++) {
			x[s][i] = f->starts[s].x[i] - dx[i];
		}
	}
	return err;
}

/* A step to where the cost is no larger, ever shorter.  @return false: there is none */
static bool descend(struct fit *f, double *damping, double (*x)[X_MAX])
{
	double q[P_MAX] = {0}, cost = INFINITY;

	while (*damping < DAMPING_MAX) {
		cost = step(f, *damping, q, x) == 0 ? cost_at(f, q, x) : (double)INFINITY;
		if (cost <= f->cost) {
			break;
		}
		*damping *= 8;
	}
	if (!(cost <= f->cost)) {
		return false;
	}
	f->gain = (f->cost - cost) / fmax(cost, 1);
	f->cost = cost;
	memcpy(f->q, q, sizeof(q));
	for (size_t s = 0; s < f->task->n_spans; s++) {
		memcpy(f->starts[s].x, x[s], sizeof(x[s]));
	}
	*damping = fmax(*damping / 10, DAMPING_MIN);
	return true;
}

/* Marquardt 1963: the damping falls while it goes well.  @return iterations, or a
 * negative errno */
static int minimise(struct fit *f, double (*x)[X_MAX])
{
	double damping = 1e-3;
	bool down = true;
	int i;

	for (size_t s = 0; s < f->task->n_spans; s++) {
		memcpy(x[s], f->starts[s].x, sizeof(x[s]));
	}
	f->cost = cost_at(f, f->q, x);
	if (isinf(f->cost)) {
		return -EDOM;
	}
	f->gain = INFINITY;
	for (i = 0; i < ITERATIONS_MAX && down && f->gain > ENOUGH; i++) {
		int err = linearise(f);

		if (err) {
			return err;
		}
		down = descend(f, &damping, x);
	}
	return i;
}

/* --- what the data tell --- */

/* Inverse of the reduced J'J: covariance of ln p. */
static int covariance(struct fit *f, double *C)
{
	double S[P_MAX * P_MAX], g[P_MAX];
	int err = linearise(f);

	if (!err) {
		err = reduce(f, 0, S, g);
	}
	for (size_t i = 0; i < f->n_q; i++) {
		for (size_t j = 0; j < f->n_q; j++) {
			C[i * f->n_q + j] = i == j;
		}
	}
	return err ? err : solve((struct lower){S, f->n_q, P_MAX, 0}, C, f->n_q);
}

/* Find the parameter of which the data tell least, if it is to be kept; f->n_q: none. */
static size_t worst(const struct fit *f, const double *C, struct identify_result *out)
{
	size_t n = f->n_q, which = n;
	double most = 0;

	for (size_t i = 0; i < n; i++) {
		double spread = sqrt(C[i * n + i]);
		enum identify_verdict verdict = IDENTIFY_FITTED;

		if (fabs(f->q[i]) > log(IDENTIFY_BOUND) * (1 - 1e-9)) {
			verdict = IDENTIFY_AT_BOUND;
		} else if (spread > UNTOLD * IDENTIFY_PRIOR) {
			verdict = IDENTIFY_UNTOLD;
		}
		for (size_t j = 0; j < n && verdict == IDENTIFY_FITTED; j++) {
			double r = C[i * n + j] / sqrt(C[i * n + i] * C[j * n + j]);

			if (j != i && fabs(r) > TIED) {
				verdict = IDENTIFY_TIED;
				out->tied_to[f->which[i]] = f->which[j];
			}
		}
		if (verdict != IDENTIFY_FITTED && spread > most) {
			most = spread;
			which = i;
			out->verdict[f->which[i]] = verdict;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (i != which) {
			out->verdict[f->which[i]] = IDENTIFY_FITTED;
		}
	}
	return which;
}

static void tell_correlations(const struct fit *f, const double *C,
                              struct identify_result *out)
{
	size_t n = f->n_q;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			out->correlation[f->which[i]][f->which[j]] = C[i * n + j] /
			                                             sqrt(C[i * n + i] *
			                                                  C[j * n + j]);
		}
	}
}

/* Fit, keep what the data don't tell, and fit the rest again. */
static int fit_all(struct fit *f, double (*x)[X_MAX], struct identify_result *out)
{
	double C[P_MAX * P_MAX];
	int err = 0;

	for (bool first = true;; first = false) {
		size_t keep;

		err = minimise(f, x);
		if (err < 0) {
			return err;
		}
		out->iterations += (unsigned)err;
		err = f->n_q ? covariance(f, C) : 0;
		if (err) {
			return err;
		}
		if (first) {
			tell_correlations(f, C, out);
		}
		keep = worst(f, C, out);
		if (keep == f->n_q) {
			break;
		}
		f->n_q--;
		for (size_t i = keep; i < f->n_q; i++) {
			f->which[i] = f->which[i + 1];
			f->q[i] = f->q[i + 1];
		}
	}
	for (size_t i = 0; i < f->n_q; i++) {
		out->spread[f->which[i]] = sqrt(C[i * f->n_q + i]);
	}
	return 0;
}

/* --- up and down --- */

static size_t count_values(const struct identify_task *t)
{
	size_t n_outputs = t->rows->model->n_outputs, n = 0;

	for (size_t i = 0; i < t->n_spans; i++) {
		for (size_t k = 0; k < t->spans[i].n * n_outputs; k++) {
			n += isnan(t->rows->y[t->spans[i].from * n_outputs + k]) ? 0 : 1;
		}
	}
	return n;
}

static void begin(struct fit *f, struct identify_result *out)
{
	const struct recording_rows *r = f->task->rows;
	const struct model *m = f->model;

	for (size_t i = 0; i < m->n_parameters; i++) {
		out->verdict[i] = IDENTIFY_LEFT;
		out->spread[i] = NAN;
		if (f->task->wanted[i] && f->task->prior[i] > 0) {
			f->which[f->n_q++] = i;
		}
	}
	for (size_t i = 0; i < f->task->n_spans; i++) {
		size_t row = f->task->spans[i].from;
		struct start *s = &f->starts[i];

		m->start(f->task->prior, r->u + row * m->n_inputs,
		         r->y + row * m->n_outputs, s->x);
		memcpy(s->first, s->x, sizeof(s->x));
	}
}

static void end(const struct fit *f, struct identify_result *out)
{
	double misfit = f->cost -
	                sum_squares(f->q, f->n_q) / (IDENTIFY_PRIOR * IDENTIFY_PRIOR);

	parameters_of(f, f->q, out->parameters);
	out->error = sqrt(fmax(misfit, 0) / (double)out->values);
	/* Where the model is not exact, its errors spread the parameters as well. */
	for (size_t i = 0; i < f->n_q; i++) {
		out->spread[f->which[i]] *= fmax(out->error, 1);
	}
}

int identify(const struct identify_task *task, struct identify_result *out)
{
	const struct model *m = task->rows->model;
	struct fit f = {.task = task, .model = m};
	double(*x)[X_MAX] = calloc(task->n_spans + 1, sizeof(*x));
	int err = -ENOMEM;

	*out = (struct identify_result){.values = count_values(task)};
	for (size_t i = 0; i < task->n_spans; i++) {
		size_t n = task->spans[i].n * m->n_outputs;

		f.longest = n > f.longest ? n : f.longest;
	}
	f.starts = calloc(task->n_spans + 1, sizeof(*f.starts));
	f.blocks = calloc(task->n_spans + 1, sizeof(*f.blocks));
	f.y = calloc(f.longest + 1, sizeof(*f.y));
	f.moved = calloc(f.longest + 1, sizeof(*f.moved));
	f.jacobian = calloc(f.longest * (m->n_parameters + m->n_states) + 1,
	                    sizeof(*f.jacobian));
	if (x && f.starts && f.blocks && f.y && f.moved && f.jacobian) {
		begin(&f, out);
		err = out->values ? fit_all(&f, x, out) : -ENODATA;
	}
	if (!patience_lasts(task->patience)) {
		err = -ECANCELED; /* whatever it passed for */
	}
	if (!err) {
		end(&f, out);
	}
	free(f.starts);
	free(f.blocks);
	free(f.y);
	free(f.moved);
	free(f.jacobian);
	free(x);
	return err;
}

/* Bends of one output over one span. */
struct bends {
	double squares, largest; /* of the bends; of the readings, without sign */
	size_t n;
};

static void add_bends(struct bends *b, const double *y, size_t n, size_t stride)
{
	for (size_t j = 2; j < n; j++) {
		double bend = y[j * stride] - 2 * y[(j - 1) * stride] +
		              y[(j - 2) * stride];

		if (isfinite(bend)) {
			b->squares += bend * bend;
			b->largest = fmax(b->largest, fabs(y[j * stride]));
			b->n++;
		}
	}
}

void identify_noise(const struct recording_rows *rows, const struct span *spans,
                    size_t n_spans, double *sigma)
{
	size_t m = rows->model->n_outputs;

	for (size_t k = 0; k < m; k++) {
		struct bends b = {.n = 0};

		for (size_t i = 0; i < n_spans; i++) {
			add_bends(&b, rows->y + spans[i].from * m + k, spans[i].n, m);
		}
		if (!(sigma[k] > 0)) {
			double r = b.n ? b.squares / (double)b.n / 6 : 0;

			sigma[k] = fmax(sqrt(r), fmax(SIGMA_MIN * b.largest, 1e-12));
		}
	}
}
