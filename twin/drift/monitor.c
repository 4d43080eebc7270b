/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/drift/monitor.h"

#include <math.h>

#include "twin/drift/quantile.h"
#include "twin/drift/select.h"

#define LAMBDA       MONITOR_LAMBDA
#define DRIFT_OFF    0.6  /* of the limit, where drift ends */
#define VARIANCE_MAX 1e38 /* what is learnt fits single precision */

enum {
	LEFT_OUT = 40,        /* readings that a pass of learning does not count */
	START = 20,           /* readings whose median is the first level */
	START_PRECISION = 20, /* the variance of such a level is r over this */
	AGAIN = 20,           /* readings to find a lost level */
	GAP_STEPS = 10,       /* silence after which a movement is none */
	SILENCE_STEPS = 600,  /* silence after which the level is lost */
	DRIFT_STEPS = 600,    /* drift after which the new level is the normal one */
	SIXTEENTHS = 16,
};

_Static_assert(sizeof(struct monitor) <= 88, "memory of a tag is promised");

/* Mean square of x[k + lag] - x[k], a structure function. */
static double structure(const double *x, size_t n, size_t lag)
{
	double sum = 0;

	for (size_t k = lag; k < n; k++) {
		double d = x[k] - x[k - lag];

		sum += d * d;
	}
	return sum / (double)(n - lag);
}

static double variance(const double *x, size_t n)
{
	double mean = 0, sum = 0;

	for (size_t i = 0; i < n; i++) {
		mean += (x[i] - mean) / (double)(i + 1);
	}
	for (size_t i = 0; i < n; i++) {
		sum += (x[i] - mean) * (x[i] - mean);
	}
	return sum / (double)n;
}

static double median(const double *x, size_t n)
{
	double v[START];

	for (size_t i = 0; i < n; i++) {
		size_t at = i;

		for (; at > 0 && v[at - 1] > x[i]; at--) {
			v[at] = v[at - 1];
		}
		v[at] = x[i];
	}
	return (v[(n - 1) / 2] + v[n / 2]) / 2;
}

/* Predict over so many steps; returns sqrt(S), the sigma of the innovation. */
static double predict(struct monitor *m, double steps)
{
	m->p += (double)m->q * steps;
	return monitor_sigma(m);
}

static void update(struct monitor *m, double x, double sigma)
{
	double gain = m->p / (sigma * sigma);

	m->m += gain * (x - m->m);
	m->p *= 1 - gain;
}

struct pass {
	double w2;           /* mean of w^2 */
	double w_max, z_max; /* largest |w|, |z| */
	double z, z2, zz;    /* sums of z, z^2, and of z with the one before */
};

/* Run over the buffer without alarms and without clipping. */
static struct pass run(struct monitor *m, const double *x, const float *steps, size_t n)
{
	struct pass pass = {0};
	double before = 0;

	m->m = median(x, START);
	m->p = (double)m->r / START_PRECISION;
	m->w = 0;
	for (size_t i = 0; i < n; i++) {
		double sigma = predict(m, (double)steps[i]);
		double z = (x[i] - m->m) / sigma;

		m->w += LAMBDA * (z - m->w);
		update(m, x[i], sigma);
		if (i >= LEFT_OUT) {
			pass.w2 += m->w * m->w / (double)(n - LEFT_OUT);
			pass.w_max = fmax(pass.w_max, fabs(m->w));
			pass.z_max = fmax(pass.z_max, fabs(z));
			pass.z += z;
			pass.z2 += z * z;
			pass.zz += z * before;
		}
		before = z;
	}
	return pass;
}

/* Lag-1 correlation of z over n readings. */
static double correlation(const struct pass *pass, double n)
{
	double mean = pass->z / n, variance = pass->z2 / n - mean * mean;

	return variance > 0 ? (pass->zz / n - mean * mean) / variance : 0;
}

/* Distances in seconds to multiples of their median, in place; returns the median. */
static float to_steps(float *dt_s, size_t n)
{
	float dt0_s = select_kth(dt_s + 1, n - 1, (n - 1) / 2);

	if (!(dt0_s > 0)) {
		dt0_s = 1;
	}
	dt_s[0] = 1;
	for (size_t i = 1; i < n; i++) {
		dt_s[i] /= dt0_s;
	}
	return dt0_s;
}

/* |w| reached from 0 by three readings clipped to zeta is the limit of w. */
static double clip(double w_limit)
{
	return w_limit / (1 - pow(1 - LAMBDA, 3));
}

void monitor_limits(struct monitor *m, const struct monitor_wish *wish,
                    const double w_and_z_max[2], struct monitor_learnt *l)
{
	l->h = fmax(quantile_normal(wish->false_alarm / 2 / wish->tags),
	            2 * w_and_z_max[0] / sqrt(l->c));
	l->zeta = clip(l->h * sqrt(l->c));
	l->z_spike = fmax(5, fmax(1.5 * w_and_z_max[1], l->zeta));
	m->w_limit = (float)(l->h * sqrt(l->c));
	m->z_spike = (float)l->z_spike;
}

void monitor_learn(struct monitor *m, const struct monitor_wish *wish,
                   const struct learner_rows *rows, struct monitor_learnt *out)
{
	const double *x = rows->x;
	float *dt_s = rows->dt_s;
	size_t n = rows->n;
	struct monitor_learnt l = {0};
	double c0 = LAMBDA / (2 - LAMBDA);
	struct pass pass;

	m->dt0_s = to_steps(dt_s, n);
	l.r = fmax(structure(x, n, 1) / 2, 1e-3 * variance(x, n));
	l.r = fmax(fmax(l.r, wish->lsb * wish->lsb / 12), 1e-12);
	l.r = fmin(l.r, VARIANCE_MAX);
	l.q = fmax((structure(x, n, 60) - structure(x, n, 15)) / 45, 1e-5 * l.r);
	m->r = (float)l.r;
	m->q = (float)fmin(l.q, VARIANCE_MAX);
	l.c = fmax(c0, run(m, x, dt_s, n).w2);
	pass = run(m, x, dt_s, n);
	l.correlation = correlation(&pass, (double)(n - LEFT_OUT));
	l.dt0_s = (double)m->dt0_s;
	monitor_limits(m, wish, (const double[]){pass.w_max, pass.z_max}, &l);
	transient_learn(&m->move, x, dt_s, n, wish->tags);
	m->ready = true;
	if (out) {
		*out = l;
	}
}

/* After a long silence: the level is the mean of the next readings, limits stay. */
static void find_level(struct monitor *m, double x, struct estimate *e)
{
	int k = AGAIN - m->again + 1;

	m->m = k == 1 ? x : m->m + (x - m->m) / k;
	m->again--;
	m->p = (double)m->r / START_PRECISION;
	m->w = 0;
	m->drift = m->spike = false;
	e->predicted = e->sigma = e->score = NAN;
	e->estimate = m->m;
	e->state = STATE_LEARNING;
	e->drift = false;
}

static bool is_off_level(struct monitor *m, double z)
{
	double zeta = clip((double)m->w_limit);
	double limit = (double)m->w_limit;

	m->w += LAMBDA * (fmin(fmax(z, -zeta), zeta) - m->w);
	return fabs(m->w) > (m->drift ? DRIFT_OFF * limit : limit);
}

static void judge_level(struct monitor *m, double z, double steps, struct sequence *test)
{
	bool off = is_off_level(m, z);

	if (test) {
		sequence_step(test, z);
		off = test->on;
	}
	m->drift_for = m->drift ? m->drift_for : 0;
	steps = m->drift ? fmin(steps, SILENCE_STEPS) : 1;
	m->drift = off;
	m->drift_for = (uint16_t)fmin(m->drift_for + SIXTEENTHS * steps, UINT16_MAX);
	m->spike = fabs(z) > (double)m->z_spike && !m->drift;
}

static enum tag_state state_of(const struct monitor *m)
{
	if (m->spike) {
		return STATE_SPIKE;
	}
	if (m->move.on) {
		return STATE_TRANSIENT;
	}
	return m->drift ? STATE_DRIFT : STATE_HEALTHY;
}

void monitor_step(struct monitor *m, int64_t t_ns, double x, struct sequence *test,
                  struct estimate *e)
{
	/* In float as in learning, so that a regular step is exactly 1. */
	float dt_s = (float)((double)(t_ns - m->t_ns) / 1e9);
	double steps = (double)(dt_s / m->dt0_s);
	bool after_gap = steps > GAP_STEPS;

	m->t_ns = t_ns;
	m->rebaselined = false;
	if (steps > SILENCE_STEPS) {
		m->again = AGAIN;
	}
	if (m->again) {
		find_level(m, x, e);
		transient_step(&m->move, x, after_gap);
		return;
	}
	e->predicted = m->m;
	e->sigma = predict(m, steps);
	judge_level(m, (x - m->m) / e->sigma, steps, test);
	e->score = test ? test->score : fabs(m->w) / (double)m->w_limit;
	if (m->spike) {
		m->move.age = after_gap ? 0 : m->move.age;
	} else {
		transient_step(&m->move, x, after_gap);
	}
	e->score = fmax(e->score, transient_score(&m->move));
	if (!m->drift && !m->spike) {
		update(m, x, e->sigma);
	} else if (m->drift && m->drift_for > DRIFT_STEPS * SIXTEENTHS) {
		m->m = m->move.slow;
		m->p = (double)m->r / START_PRECISION;
		m->w = 0;
		m->drift = false;
		m->rebaselined = true;
	}
	e->estimate = m->m;
	e->state = (uint8_t)state_of(m);
	e->drift = m->drift;
}

void monitor_expect(const struct monitor *m, struct estimate *e)
{
	if (m->ready && !m->again) {
		e->predicted = e->estimate = m->m;
		e->sigma = monitor_sigma(m);
	}
}

enum tag_state monitor_state(const struct monitor *m)
{
	return m->ready && !m->again ? state_of(m) : STATE_LEARNING;
}

double monitor_sigma(const struct monitor *m)
{
	return sqrt(m->p + (double)m->r);
}

double monitor_threshold(const struct monitor *m)
{
	return (double)m->w_limit * monitor_sigma(m);
}

double monitor_gate(const struct monitor *m)
{
	return (double)m->z_spike * monitor_sigma(m);
}
