/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_people.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/line/line_study.h"
#include "gateway/spread.h"
#include "twin/people/carrying.h"
#include "twin/people/repetition.h"

enum {
	RUNS_MAX = 20,
	SHARE_MAX = 8,
	FINDINGS_MAX = PEOPLE_LIMITS,
	STEPS = 60,
	SHIFT_H = 8,
};

#define HOUR_S      3600.0
#define LONGEST_H   8.0  /* that the manual's table knows */
#define LEAST_JOBS  0.5  /* an hour: less is no cycle */
#define LEAST_SHARE 0.02 /* of an hour that is no break: less is none */
#define LEAST_RATE  1e-3 /* of today's: hardly ever */

/* Nothing is judged by the first bytes of it. */
struct made {
	struct line_people people;
	struct people_operator *operators;
	struct people_hour *hours;
	struct people_finding *findings;
};

/* All runs. */
struct work {
	const struct line_setup *setup;
	const struct line_run *run;
	double warm_up_s;
	struct line **lines;
	size_t n;
	struct made *made;
	double *rates; /* jobs an hour, by operator, station, hour */
};

const char *people_limit_name(enum people_limit kind)
{
	static const char *const names[] = {
		[PEOPLE_LIFTING] = "composite lifting index",
		[PEOPLE_CARRYING_HOUR] = "carried in an hour over the limit",
		[PEOPLE_CARRYING_SHIFT] = "carried over the limit of a shift",
		[PEOPLE_CARRYING_LOAD] = "kg carried at once",
		[PEOPLE_POSTURE] = "RULA score",
		[PEOPLE_REPETITION] = "s for a cycle, or the same motion for half of it",
	};

	return names[kind];
}

/* ---- runs ---- */

static int run_one(void *arg, size_t i)
{
	struct work *w = arg;

	return line_run(&w->lines[i], &w->setup->config,
	                &(struct line_wish){.seed = line_seed(w->run, i),
	                                    .warm_up_s = w->warm_up_s,
	                                    .for_s = w->run->for_s,
	                                    .hours = true});
}

static double *rate(const struct work *w, size_t operator, size_t station, size_t hour)
{
	size_t n = w->made->people.n_hours;

	return &w->rates[(operator* w->setup->config.n_stations + station) * n + hour];
}

static bool has_shifts(const struct work *w)
{
	return w->setup->config.n_breaks > 0 && w->setup->config.period_s > 0;
}

/* The share of an hour that is no break. */
static double free_in(const struct work *w, size_t hour)
{
	const struct line_config *c = &w->setup->config;
	double from_s = (double)hour * HOUR_S, to_s = from_s + HOUR_S, free_s;

	if (!has_shifts(w)) {
		return 1;
	}
	free_s = fmin(to_s, c->period_s) - from_s;
	for (size_t i = 0; i < c->n_breaks; i++) {
		const struct line_break *b = &c->breaks[i];

		free_s -= fmax(fmin(to_s, b->at_s + b->for_s) - fmax(from_s, b->at_s), 0);
	}
	return free_s / HOUR_S;
}

/* Sums over the runs, in their order, then shares and rates. */
static void add_hour(struct work *w, size_t operator, size_t hour)
{
	const struct line_config *c = &w->setup->config;
	size_t n = w->made->people.n_hours, row = operator* n + hour;
	struct people_hour *out = &w->made->hours[row];
	double seen_s = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct line_hours *h = &line_figures(w->lines[i])->hours;

		seen_s += h->observed_s[hour];
		out->working += h->working_s[row];
		out->walking += h->walking_s[row];
		out->walked_m += h->walked_m[row];
		for (size_t k = 0; k < c->n_stations; k++) {
			size_t at = (operator* c->n_stations + k) * n + hour;

			*rate(w, operator, k, hour) += h->jobs[at];
		}
	}
	out->observed = free_in(w, hour);
	if (out->observed < LEAST_SHARE || !(seen_s > 0)) {
		*out = (struct people_hour){0};
		seen_s = (double)INFINITY;
	} else {
		out->working /= seen_s;
		out->walking /= seen_s;
		out->walked_m *= HOUR_S / seen_s;
	}
	for (size_t k = 0; k < c->n_stations; k++) {
		*rate(w, operator, k, hour) *= HOUR_S / seen_s;
	}
}

/* ---- an hour ---- */

/* A task that is done otherwise; NAN: as it is. */
struct change {
	const struct line_work *task;
	double load_kg, h_cm, over_m;
	double factor; /* on all rates */
};

#define NO_CHANGE                                                                        \
	{                                                                                \
		NULL, (double)NAN, (double)NAN, (double)NAN, 1                           \
	}

static double or_else(double changed, double own)
{
	return isnan(changed) ? own : changed;
}

/* The hour so many behind one; of shifts the first comes after the last.
 * @return n: there is none */
static size_t hour_behind(const struct work *w, size_t hour, size_t behind)
{
	size_t n = w->made->people.n_hours, at = hour + behind;

	return at < n ? at : behind < n && has_shifts(w) ? at - n : n;
}

static bool works_in(const struct work *w, size_t operator, size_t hour)
{
	size_t n = w->made->people.n_hours;

	return hour < n && w->made->hours[operator* n + hour].working > 0;
}

/* Hours in a row, around one, in which he does something at all. */
static double in_a_row(const struct work *w, size_t operator, size_t hour)
{
	size_t n = w->made->people.n_hours, after = 1, before = 0;

	while (after < n && works_in(w, operator, hour_behind(w, hour, after))) {
		after++;
	}
	/* n - k behind is k before, where hours go round */
	while (before + after < n &&
	       works_in(w, operator, before<hour
	                                     ? hour - before - 1
	                                     : hour_behind(w, hour, n - before - 1))) {
		before++;
	}
	return fmin((double)(after + before), LONGEST_H);
}

static double lifting_in(const struct work *w, const size_t who_when[2],
                         const struct change *c)
{
	struct lift lifts[LIFTS_MAX];
	size_t n = 0;

	for (size_t k = 0; k < w->setup->config.n_stations; k++) {
		const struct line_module *m = &w->setup->modules[k];
		double jobs_h = *rate(w, who_when[0], k, who_when[1]) * c->factor;

		for (size_t i = 0; i < m->n_work && jobs_h > 0 && n < LIFTS_MAX; i++) {
			const struct line_work *t = &m->work[i];

			if (!t->lifts) {
				continue;
			}
			lifts[n] = t->lift;
			lifts[n].per_min = jobs_h / 60;
			lifts[n].hours = in_a_row(w, who_when[0], who_when[1]);
			if (t == c->task) {
				lifts[n].load_kg = or_else(c->load_kg, t->lift.load_kg);
				lifts[n].h_cm = or_else(c->h_cm, t->lift.h_cm);
			}
			n++;
		}
	}
	return n ? lifting_composite(lifts, n) : 0;
}

/* Masses over the limits of an hour, or of a shift. */
static double carrying_in(const struct work *w, const size_t who_when[2],
                          const struct change *c, bool shift)
{
	double sum = 0;

	for (size_t k = 0; k < w->setup->config.n_stations; k++) {
		const struct line_module *m = &w->setup->modules[k];
		double jobs_h = *rate(w, who_when[0], k, who_when[1]) * c->factor;

		for (size_t i = 0; i < m->n_work && jobs_h > 0; i++) {
			const struct line_work *t = &m->work[i];
			bool own = t == c->task;
			double over_m = own ? or_else(c->over_m, t->carry_m) : t->carry_m;
			double kg = own ? or_else(c->load_kg, t->carry_kg) : t->carry_kg;

			if (t->carries) {
				sum += jobs_h * kg /
				       (shift ? carrying_limit_shift(over_m)
				              : carrying_limit_hour(over_m));
			}
		}
	}
	return sum;
}

/* In eight hours from one on, and in which they are most. */
static double carrying_from(const struct work *w, const size_t who_from[2],
                            const struct change *c)
{
	size_t n = w->made->people.n_hours;
	double sum = 0;

	for (size_t i = 0; i < SHIFT_H; i++) {
		size_t h = hour_behind(w, who_from[1], i);

		sum += h == n ? 0
		              : w->made->hours[who_from[0] * n + h].observed *
		                        carrying_in(w, (const size_t[]){who_from[0], h},
		                                    c, true);
	}
	return sum;
}

static void sum_hour(struct work *w, size_t operator, size_t hour)
{
	const struct change none = NO_CHANGE;
	const size_t who_when[2] = {operator, hour };
	struct people_hour *out =
		&w->made->hours[operator* w->made->people.n_hours + hour];

	for (size_t k = 0; k < w->setup->config.n_stations; k++) {
		const struct line_module *m = &w->setup->modules[k];
		double jobs_h = *rate(w, operator, k, hour);

		for (size_t i = 0; i < m->n_work; i++) {
			const struct line_work *t = &m->work[i];

			out->lifts += t->lifts ? jobs_h : 0;
			out->lifted_kg += t->lifts ? jobs_h * t->lift.load_kg : 0;
			out->carried_kg += t->carries ? jobs_h * t->carry_kg : 0;
		}
	}
	out->lifting = lifting_in(w, who_when, &none);
	out->carrying = carrying_in(w, who_when, &none, false);
}

/* ---- what would be enough ---- */

/* The value of a limit with something changed. */
static double value_of(const struct work *w, enum people_limit kind,
                       const size_t who_when[2], const struct change *c)
{
	double x = kind == PEOPLE_LIFTING         ? lifting_in(w, who_when, c)
	           : kind == PEOPLE_CARRYING_HOUR ? carrying_in(w, who_when, c, false)
	                                          : carrying_from(w, who_when, c);

	return isnan(x) ? (double)INFINITY : x;
}

/* One of a change's numbers, by its place. */
static double *number_of(struct change *c, size_t i)
{
	double *const numbers[] = {&c->load_kg, &c->h_cm, &c->over_m, &c->factor};

	return numbers[i];
}

/* The number nearest to today's that is enough, from the least that it may be.
 * @return NAN: not even that */
static double nearest(const struct work *w, const struct people_finding *f,
                      const size_t who_when[2], const double at_least_today[3])
{
	size_t at = (size_t)at_least_today[0];
	double good = at_least_today[1], bad = at_least_today[2];
	struct change c = NO_CHANGE;

	c.task = f->task;
	*number_of(&c, at) = good;
	if (!(good < bad) || !(value_of(w, f->kind, who_when, &c) <= f->limit)) {
		return (double)NAN;
	}
	for (int i = 0; i < STEPS; i++) {
		double middle = (good + bad) / 2;

		*number_of(&c, at) = middle;
		if (value_of(w, f->kind, who_when, &c) <= f->limit) {
			good = middle;
		} else {
			bad = middle;
		}
	}
	return good;
}

static double sharing(const struct work *w, const struct people_finding *f,
                      const size_t who_when[2])
{
	for (int n = 2; n <= SHARE_MAX; n++) {
		struct change c = NO_CHANGE;

		c.factor = 1.0 / n;
		if (value_of(w, f->kind, who_when, &c) <= f->limit) {
			return n;
		}
	}
	return (double)NAN;
}

static double jobs_in(const struct work *w, const size_t who_when[2])
{
	double sum = 0;

	for (size_t k = 0; k < w->setup->config.n_stations; k++) {
		sum += w->setup->modules[k].n_work > 0
		               ? *rate(w, who_when[0], k, who_when[1])
		               : 0;
	}
	return sum;
}

static struct people_remedy remedy_of(const struct work *w,
                                      const struct people_finding *f, size_t operator)
{
	const size_t who_when[2] = {operator, f->worst };
	bool lifting = f->kind == PEOPLE_LIFTING;
	struct people_remedy r = {(double)NAN, (double)NAN, (double)NAN, (double)NAN,
	                          (double)NAN};
	double load, factor;

	if (!f->task) {
		return r;
	}
	load = lifting ? f->task->lift.load_kg : f->task->carry_kg;

	r.load_kg = nearest(w, f, who_when, (const double[]){0, 0, load});
	r.h_cm = lifting ? nearest(w, f, who_when,
	                           (const double[]){1, 25, f->task->lift.h_cm})
	                 : (double)NAN;
	r.over_m = lifting ? (double)NAN
	                   : nearest(w, f, who_when,
	                             (const double[]){2, 1, f->task->carry_m});
	factor = nearest(w, f, who_when, (const double[]){3, LEAST_RATE, 1});
	r.jobs_h = factor * jobs_in(w, who_when);
	r.share = sharing(w, f, who_when);
	return r;
}

/* ---- findings ---- */

/* The task without which the value is least. */
static void blame(const struct work *w, size_t operator, struct people_finding * f)
{
	const size_t who_when[2] = {operator, f->worst };
	double least = (double)INFINITY;

	for (size_t k = 0; k < w->setup->config.n_stations; k++) {
		const struct line_module *m = &w->setup->modules[k];

		for (size_t i = 0; i<m->n_work && * rate(w, operator, k, f->worst)> 0;
		     i++) {
			const struct line_work *t = &m->work[i];
			struct change c = NO_CHANGE;
			double value;

			if (f->kind == PEOPLE_LIFTING ? !t->lifts : !t->carries) {
				continue;
			}
			c.task = t;
			c.load_kg = 0;
			value = value_of(w, f->kind, who_when, &c);
			if (!f->task || value < least) {
				least = value;
				f->task = t;
				f->station = w->setup->config.stations[k].id;
			}
		}
	}
}

static struct people_finding *add(struct work *w, size_t operator,
                                  const struct people_finding * f)
{
	struct people_operator *o = &w->made->operators[operator];
	struct people_finding *all = &w->made->findings[operator* FINDINGS_MAX];

	o->findings = all;
	all[o->n_findings] = *f;
	return &all[o->n_findings++];
}

/* By the hour. */
static void judge_hours(struct work *w, size_t operator, enum people_limit kind,
                        double limit)
{
	const struct people_hour *h =
		&w->made->hours[operator* w->made->people.n_hours];
	struct people_finding f = {.kind = kind, .limit = limit}, *kept;

	for (size_t i = 0; i < w->made->people.n_hours; i++) {
		double x = kind == PEOPLE_LIFTING ? h[i].lifting : h[i].carrying;

		x = isnan(x) ? (double)INFINITY : x;
		if (x <= limit) {
			continue;
		}
		f.first = f.hours ? f.first : i;
		if (f.hours == 0 || x > f.value) {
			f.value = x;
			f.worst = i;
		}
		f.hours++;
	}
	if (f.hours > 0) {
		blame(w, operator, & f);
		kept = add(w, operator, & f);
		kept->remedy = remedy_of(w, kept, operator);
	}
}

static void judge_shift(struct work *w, size_t operator)
{
	const struct change none = NO_CHANGE;
	struct people_operator *o = &w->made->operators[operator];
	struct people_finding f = {.kind = PEOPLE_CARRYING_SHIFT, .limit = 1}, *kept;

	for (size_t i = 0; i < w->made->people.n_hours; i++) {
		double x = carrying_from(w, (const size_t[]){operator, i }, &none);

		o->carried_kg += o->hours[i].observed * o->hours[i].carried_kg;
		if (x > f.value) {
			f.value = x;
			f.first = f.worst = i;
		}
	}
	o->carrying = f.value;
	if (f.value > f.limit) {
		f.hours = SHIFT_H;
		blame(w, operator, & f);
		kept = add(w, operator, & f);
		kept->remedy = remedy_of(w, kept, operator);
	}
}

/* What does not hang on how often: loads and postures; and cycles. */
static double task_value(enum people_limit kind, const struct line_work *t,
                         double cycle_s)
{
	switch (kind) {
	case PEOPLE_CARRYING_LOAD:
		return t->carries ? t->carry_kg : 0;
	case PEOPLE_POSTURE:
		return t->poses ? rula_score(&t->posture) : 0;
	case PEOPLE_REPETITION: /* of cycles the shortest is worst */
		return repetition_is_high(cycle_s, t->same) ? -cycle_s
		                                            : -(double)INFINITY;
	case PEOPLE_LIFTING:
	case PEOPLE_CARRYING_HOUR:
	case PEOPLE_CARRYING_SHIFT:
	case PEOPLE_LIMITS:
		break;
	}
	return 0;
}

/* The time that a job at a station takes him, in an hour. */
static double cycle_of(const struct work *w, size_t operator, size_t station, size_t hour)
{
	const struct people_hour *h =
		&w->made->hours[operator* w->made->people.n_hours + hour];
	double jobs_h = *rate(w, operator, station, hour);

	return HOUR_S * (h->working + h->walking) / jobs_h;
}

/* @return does something of that station exceed it in that hour? */
static bool judge_station(const struct work *w, const size_t who_where_when[3],
                          struct people_finding *f)
{
	size_t station = who_where_when[1], hour = who_where_when[2];
	const struct line_module *m = &w->setup->modules[station];
	double cycle_s = cycle_of(w, who_where_when[0], station, hour);
	bool exceeds = false;

	for (size_t i = 0; i < m->n_work; i++) {
		double x = task_value(f->kind, &m->work[i], cycle_s);

		if (f->kind == PEOPLE_REPETITION ? isinf(x) : !(x > f->limit)) {
			continue;
		}
		exceeds = true;
		if (!f->task || x > f->value) {
			f->value = x;
			f->worst = hour;
			f->task = &m->work[i];
			f->station = w->setup->config.stations[station].id;
		}
	}
	return exceeds;
}

static void judge_tasks(struct work *w, size_t operator, enum people_limit kind,
                        double limit)
{
	struct people_finding f = {.kind = kind,
	                           .limit = limit,
	                           .remedy = {(double)NAN, (double)NAN, (double)NAN,
	                                      (double)NAN, (double)NAN}};

	for (size_t h = 0; h < w->made->people.n_hours; h++) {
		bool exceeds = false;

		for (size_t k = 0; k < w->setup->config.n_stations; k++) {
			if (*rate(w, operator, k, h) > LEAST_JOBS) {
				exceeds |= judge_station(
					w, (const size_t[]){operator, k, h}, &f);
			}
		}
		f.first = exceeds && f.hours == 0 ? h : f.first;
		f.hours += exceeds;
	}
	if (f.task) {
		f.value = fabs(f.value);
		add(w, operator, & f);
	}
}

/* ---- all ---- */

static void judge(struct work *w)
{
	size_t n = w->made->people.n_hours;
	const struct line_balance *limits = &w->setup->balance;

	for (size_t i = 0; i < w->made->people.n; i++) {
		w->made->operators[i].hours = &w->made->hours[i * n];
		for (size_t h = 0; h < n; h++) {
			add_hour(w, i, h);
		}
		for (size_t h = 0; h < n; h++) {
			sum_hour(w, i, h);
		}
		judge_hours(w, i, PEOPLE_LIFTING, limits->index_max);
		judge_hours(w, i, PEOPLE_CARRYING_HOUR, 1);
		judge_shift(w, i);
		judge_tasks(w, i, PEOPLE_CARRYING_LOAD, CARRYING_LOAD_KG);
		judge_tasks(w, i, PEOPLE_POSTURE, limits->score_max);
		judge_tasks(w, i, PEOPLE_REPETITION, REPETITION_CYCLE_S);
	}
}

static bool has_work(const struct line_setup *s)
{
	bool has = false;

	for (size_t i = 0; i < s->config.n_stations; i++) {
		has = has || s->modules[i].n_work > 0;
	}
	return has && s->config.n_operators > 0;
}

static int make(struct work *w)
{
	const struct line_config *c = &w->setup->config;
	struct made *m = w->made;

	m->people.n = c->n_operators;
	m->people.runs = w->n;
	m->people.n_hours = line_figures(w->lines[0])->hours.n;
	m->operators = calloc(c->n_operators, sizeof(*m->operators));
	m->hours = calloc(c->n_operators * m->people.n_hours, sizeof(*m->hours));
	m->findings = calloc(c->n_operators * FINDINGS_MAX, sizeof(*m->findings));
	m->people.operators = m->operators;
	w->rates = calloc(c->n_operators * c->n_stations * m->people.n_hours,
	                  sizeof(*w->rates));
	if (!m->operators || !m->hours || !m->findings || !w->rates) {
		return -ENOMEM;
	}
	judge(w);
	return 0;
}

int line_people_make(struct line_people **out, const struct line_setup *setup,
                     const struct line_run *run, double warm_up_s)
{
	struct work w = {.setup = setup,
	                 .run = run,
	                 .warm_up_s = warm_up_s,
	                 .n = run->replications < RUNS_MAX ? run->replications
	                                                   : RUNS_MAX};
	int err;

	*out = NULL;
	if (!has_work(setup)) {
		return 0;
	}
	w.lines = calloc(w.n, sizeof(*w.lines));
	w.made = calloc(1, sizeof(*w.made));
	err = w.lines && w.made ? spread_run(w.n, run_one, &w, NULL) : -ENOMEM;
	err = err ? err : make(&w);
	for (size_t i = 0; w.lines && i < w.n; i++) {
		line_free(w.lines[i]);
	}
	free(w.lines);
	free(w.rates);
	if (err) {
		line_people_free(w.made ? &w.made->people : NULL);
		return err;
	}
	*out = &w.made->people;
	return 0;
}

void line_people_free(struct line_people *p)
{
	struct made *m = (struct made *)p;

	if (m) {
		free(m->operators);
		free(m->hours);
		free(m->findings);
		free(m);
	}
}
