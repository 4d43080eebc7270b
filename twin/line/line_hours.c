/* SPDX-License-Identifier: Apache-2.0 */
/* What operators do by the hour. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "twin/line/line_impl.h"

#define HOUR_S 3600.0

int hours_init(struct line *l)
{
	const struct line_config *c = l->c;
	bool shifts = c->period_s > 0 && c->n_breaks > 0;
	double most = shifts ? LINE_HOURS_MAX : LINE_WEEK_H;
	double whole_s = shifts ? c->period_s : l->w->for_s;
	size_t n = (size_t)fmin(ceil(whole_s / HOUR_S), most);

	if (!l->w->hours || c->n_operators == 0) {
		return 0;
	}
	l->hours.observed_s = calloc(n, sizeof(double));
	l->hours.working_s = calloc(n * c->n_operators, sizeof(double));
	l->hours.walking_s = calloc(n * c->n_operators, sizeof(double));
	l->hours.walked_m = calloc(n * c->n_operators, sizeof(double));
	l->hours.jobs = calloc(n * c->n_operators * c->n_stations, sizeof(uint32_t));
	if (!l->hours.observed_s || !l->hours.working_s || !l->hours.walking_s ||
	    !l->hours.walked_m || !l->hours.jobs) {
		return -ENOMEM;
	}
	l->hours.n = n;
	return 0;
}

void hours_free(struct line *l)
{
	free(l->hours.observed_s);
	free(l->hours.working_s);
	free(l->hours.walking_s);
	free(l->hours.walked_m);
	free(l->hours.jobs);
}

/* The hour in which a moment lies, and how much of it is left. */
static size_t hour_of(const struct line *l, double t, double *left_s)
{
	bool shifts = l->c->period_s > 0 && l->c->n_breaks > 0;
	double whole_s = (double)l->hours.n * HOUR_S;
	double in = shifts ? fmod(t, l->c->period_s) : fmod(t - l->window, whole_s);
	size_t hour = (size_t)(in / HOUR_S);

	*left_s = ((double)hour + 1) * HOUR_S - in;
	if (shifts) {
		*left_s = fmin(*left_s, l->c->period_s - in);
	}
	return hour < l->hours.n ? hour : l->hours.n - 1;
}

/* A stretch of time over the hours that it lies in. */
static void spread(const struct line *l, double *row, double from, double to)
{
	while (from < to) {
		double left_s;
		size_t hour = hour_of(l, from, &left_s);
		double s = fmin(to - from, left_s);

		row[hour] += s;
		/* rounding must not stop it */
		from = fmax(from + s, nextafter(from, to));
	}
}

void hours_reset(struct line *l)
{
	size_t n = l->hours.n * l->c->n_operators;

	l->hours.open_since = l->now;
	if (l->hours.n == 0) {
		return;
	}
	memset(l->hours.observed_s, 0, l->hours.n * sizeof(double));
	memset(l->hours.working_s, 0, n * sizeof(double));
	memset(l->hours.walking_s, 0, n * sizeof(double));
	memset(l->hours.walked_m, 0, n * sizeof(double));
	memset(l->hours.jobs, 0, n * l->c->n_stations * sizeof(uint32_t));
}

void hours_break(struct line *l, bool begins)
{
	if (l->hours.n > 0 && begins && !l->on_break) {
		spread(l, l->hours.observed_s, l->hours.open_since, l->now);
	}
	l->hours.open_since = l->now;
}

void hours_close(struct line *l)
{
	if (l->hours.n > 0 && !l->on_break) {
		spread(l, l->hours.observed_s, l->hours.open_since, l->now);
	}
	l->figures.hours = (struct line_hours){l->hours.n,         l->hours.observed_s,
	                                       l->hours.working_s, l->hours.walking_s,
	                                       l->hours.walked_m,  l->hours.jobs};
}

void hours_operator(struct line *l, uint32_t operator, double s)
{
	if (l->hours.n > 0) {
		double *rows = l->operators[operator].walking ? l->hours.walking_s
		                                              : l->hours.working_s;

		spread(l, rows + operator* l->hours.n, l->now - s, l->now);
	}
}

void hours_walk(struct line *l, uint32_t operator, double m)
{
	if (l->hours.n > 0) {
		double left_s;

		l->hours.walked_m[operator* l->hours.n + hour_of(l, l->now, &left_s)] +=
			m;
	}
}

void hours_job(struct line *l, uint32_t operator, uint32_t station)
{
	if (l->hours.n > 0) {
		double left_s;
		size_t row = operator* l->c->n_stations + station;

		l->hours.jobs[row * l->hours.n + hour_of(l, l->now, &left_s)]++;
	}
}
