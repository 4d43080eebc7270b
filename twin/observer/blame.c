/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/blame.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "twin/cholesky.h"
#include "twin/observer/integrate.h"

#define KEEP   (1 - 1.0 / 60) /* of the sums, a row */
#define SOON   0.1            /* weight of a row in how loud it is */
#define LOUD   1.5            /* NIS over its degrees, where it becomes so */
#define QUIET  1.2            /* and where it ends */
#define CLEAR  25.0           /* evidence of a cause, five sigma */
#define MOST   0.5            /* of what NIS exceeds, a cause explains */
#define ALIKE  0.8            /* of the evidence of the likeliest */
#define SAME   0.95           /* likewise, of one kind: they act alike */
#define SPREAD 0.3            /* of a parameter that is not known, as a share */
#define SMALL  1e-4           /* share by which a parameter is moved */

enum { SINCE_LONG, BEFORE_LOUD, SINCE_LOUD };
enum { ANEW = 10 }; /* rows after which a bank begins anew as long as all is quiet */
enum { SQUARE = MODEL_STATES_MAX * MODEL_STATES_MAX };

/* What the rows of one moment are judged with. */
struct frame {
	const struct blame_row *row;
	double J[SQUARE];               /* of the rates */
	double rates[MODEL_STATES_MAX]; /* as they are, and the outputs */
	double y[MODEL_OUTPUTS_MAX];
};

/* The machine as it would be: a parameter or an input is other, by step. */
struct other {
	const double *p, *u;
	double step;
};

static void frame_init(struct frame *f, const struct blame_row *row)
{
	f->row = row;
	integrate_jacobian(row->model, row->p, row->u, row->prior->x, f->J);
	row->model->rates(row->p, row->prior->x, row->u, f->rates);
	row->model->outputs_of(row->p, row->prior->x, row->u, f->y);
}

/* Lay mark o against the innovations; q becomes S^-1 o. */
static void weigh(struct blame_sum *sum, const struct blame_row *row, const double *o,
                  double *q)
{
	size_t n = row->rows->n;

	memcpy(q, o, n * sizeof(*q));
	cholesky_solve(row->v->L, q, n);
	sum->mark2 *= KEEP;
	sum->product *= KEEP;
	for (size_t r = 0; r < n; r++) {
		sum->mark2 += o[r] * q[r];
		sum->product += q[r] * row->rows->nu[r];
	}
}

/* What the filter takes into x of a mark whose S^-1 o is q: P H' q. */
static void taken(const struct blame_row *row, const double *q, double *x)
{
	const struct kalman *k = row->prior;
	double h[MODEL_STATES_MAX] = {0};

	for (size_t r = 0; r < row->rows->n; r++) {
		for (size_t i = 0; i < k->n; i++) {
			h[i] += row->rows->H[r * k->n + i] * q[r];
		}
	}
	for (size_t i = 0; i < k->n; i++) {
		x[i] = 0;
		for (size_t j = 0; j < k->n; j++) {
			x[i] += k->P[i * k->n + j] * h[j];
		}
	}
}

/* The error of x that the other machine has made by now, at, moves on, shows in the
 * innovations, and is partly taken back by the update. */
static void follow(const struct frame *f, const struct other *other, double *at,
                   struct blame_sum *sum)
{
	const struct blame_row *row = f->row;
	double step = other->step;
	const struct kalman *k = row->prior;
	double rates[MODEL_STATES_MAX], y[MODEL_OUTPUTS_MAX];
	double o[KALMAN_ROWS_MAX], q[KALMAN_ROWS_MAX], x[MODEL_STATES_MAX];

	row->model->rates(other->p, k->x, other->u, rates);
	row->model->outputs_of(other->p, k->x, other->u, y);
	for (size_t i = 0; i < k->n; i++) {
		double pushed = at[i] + row->dt_s * (rates[i] - f->rates[i]) / step;

		at[i] = pushed / (1 + row->dt_s * fabs(f->J[i * (k->n + 1)]));
	}
	for (size_t r = 0; r < row->rows->n; r++) {
		o[r] = (y[row->port[r]] - f->y[row->port[r]]) / step;
		for (size_t i = 0; i < k->n; i++) {
			o[r] += row->rows->H[r * k->n + i] * at[i];
		}
	}
	weigh(sum, row, o, q);
	taken(row, q, x);
	for (size_t i = 0; i < k->n; i++) {
		at[i] -= x[i];
	}
}

static void follow_parameters(struct blame_bank *b, const struct frame *f)
{
	double p[MODEL_PARAMETERS_MAX];

	memcpy(p, f->row->p, f->row->n_parameters * sizeof(*p));
	for (size_t i = 0; i < f->row->n_parameters; i++) {
		double was = p[i];

		p[i] = was * (1 + SMALL);
		if (p[i] != was) {
			follow(f, &(struct other){p, f->row->u, SMALL},
			       b->parameter_at[i], &b->parameter[i]);
		}
		p[i] = was;
	}
}

static void follow_inputs(struct blame_bank *b, const struct frame *f)
{
	double u[MODEL_INPUTS_MAX];
	size_t n = f->row->model->n_inputs;

	memcpy(u, f->row->u, n * sizeof(*u));
	for (size_t i = 0; i < n; i++) {
		double was = u[i], step = cbrt(DBL_EPSILON) * fmax(1, fabs(was));

		if (f->row->inputs >> i & 1) {
			u[i] = was + step;
			follow(f, &(struct other){f->row->p, u, step}, b->input_at[i],
			       &b->input[i]);
			u[i] = was;
		}
	}
}

/* A sensor that drifts is ahead of what the filter has followed so far. */
static void follow_sensors(struct blame_bank *b, const struct blame_row *row)
{
	for (size_t r = 0; r < row->rows->n; r++) {
		double *at = &b->sensor_at[row->sensor[r]];
		double o[KALMAN_ROWS_MAX] = {0}, q[KALMAN_ROWS_MAX], x[MODEL_STATES_MAX];

		*at += row->dt_s;
		o[r] = *at;
		weigh(&b->sensor[row->sensor[r]], row, o, q);
		taken(row, q, x);
		for (size_t i = 0; i < row->prior->n; i++) {
			*at -= row->rows->H[r * row->prior->n + i] * x[i];
		}
	}
}

static void step(struct blame_bank *b, struct frame *f, const struct blame_row *row)
{
	follow_parameters(b, f);
	follow_inputs(b, f);
	follow_sensors(b, row);
	b->nis = KEEP * b->nis + row->v->nis;
	b->dof = KEEP * b->dof + (double)row->rows->n;
}

void blame_step(struct blame *b, const struct blame_row *given)
{
	struct blame_row row = *given;
	struct frame f;

	if (b->banks[SINCE_LONG].dof == 0) {
		row.dt_s = 0;
		b->mean = 1;
	}
	b->mean += SOON * (row.v->nis / (double)row.rows->n - b->mean);
	if (!b->loud && b->mean > LOUD) {
		b->banks[SINCE_LOUD] = (struct blame_bank){.nis = 0};
	}
	b->loud = b->mean > (b->loud ? QUIET : LOUD);
	if (!b->loud && ++b->rows >= ANEW) {
		b->banks[BEFORE_LOUD] = (struct blame_bank){.nis = 0};
		b->rows = 0;
	}
	frame_init(&f, &row);
	for (size_t i = 0; i < BLAME_BANKS; i++) {
		step(&b->banks[i], &f, &row);
	}
	for (size_t i = 0; i < BLAME_SENSORS_MAX; i++) {
		b->share[i] *= KEEP;
	}
	for (size_t r = 0; r < row.rows->n; r++) {
		b->share[row.sensor[r]] += row.rows->nu[r] * row.v->weighted[r] - 1;
	}
}

/* The likeliest of a kind; of those that act alike the first.  prior: what 1 over the
 * square of the usual amount is. */
static struct blame_cause likeliest(enum blame_kind kind, const struct blame_sum *sums,
                                    size_t n, double prior)
{
	struct blame_cause best = {.kind = kind};

	for (size_t i = 0; i < n; i++) {
		double weight = sums[i].mark2 + prior;
		double evidence = sums[i].mark2 > 0
		                          ? sums[i].product * sums[i].product / weight
		                          : 0;

		if (evidence * SAME > best.evidence) {
			best.i = i;
			best.amount = sums[i].product / weight;
			best.evidence = evidence;
		}
	}
	return best;
}

static int by_evidence(const void *a, const void *b)
{
	const struct blame_cause *left = a, *right = b;

	return (left->evidence < right->evidence) - (left->evidence > right->evidence);
}

/* The likeliest of one bank, sorted. */
static size_t causes_of(const struct blame_bank *b, struct blame_cause *out)
{
	size_t alike = 1;

	out[0] = likeliest(BLAME_PARAMETER, b->parameter, MODEL_PARAMETERS_MAX,
	                   1 / (SPREAD * SPREAD));
	out[1] = likeliest(BLAME_SENSOR, b->sensor, BLAME_SENSORS_MAX, 0);
	out[2] = likeliest(BLAME_INPUT, b->input, MODEL_INPUTS_MAX, 0);
	qsort(out, BLAME_CAUSES_MAX, sizeof(*out), by_evidence);
	if (out[0].evidence < CLEAR || out[0].evidence < MOST * (b->nis - b->dof)) {
		return 0;
	}
	while (alike < BLAME_CAUSES_MAX &&
	       out[alike].evidence >= ALIKE * out[0].evidence) {
		alike++;
	}
	return alike;
}

size_t blame_causes(const struct blame *b, struct blame_cause *out)
{
	size_t n = 0;

	for (size_t i = 0; i < BLAME_BANKS; i++) {
		struct blame_cause causes[BLAME_CAUSES_MAX];
		size_t of_bank = causes_of(&b->banks[i], causes);
		/* The last makes too much of what began before it. */
		double trust = i == SINCE_LOUD ? ALIKE : 1;

		if (of_bank > 0 &&
		    (n == 0 || trust * causes[0].evidence > out[0].evidence)) {
			memcpy(out, causes, of_bank * sizeof(*out));
			n = of_bank;
		}
	}
	return n;
}

bool blame_is_off(const struct blame *b, size_t sensor)
{
	double largest = 0;

	for (size_t i = 0; i < BLAME_SENSORS_MAX; i++) {
		largest = fmax(largest, b->share[i]);
	}
	return b->share[sensor] >= largest / 2;
}
