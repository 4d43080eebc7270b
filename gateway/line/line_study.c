/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_study.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "gateway/spread.h"

enum { PILOT_BINS = 200, ROUND = 10 };

#define PILOT_RUNS  1.5 /* lengths of a run that the warm-up is sought in */
#define USUAL_SHARE 0.1 /* of a run, where it is not found */
#define WH_J        3.6e6
#define GROWTH      0.2 /* of the mean work in process, in half a run: no chance */

static const struct {
	const char *name, *unit;
} measures[] = {
	[MEASURE_THROUGHPUT] = {"throughput", "1/h"},
	[MEASURE_WIP] = {"work in process", ""},
	[MEASURE_LEAD] = {"lead time", "s"},
	[MEASURE_LEAD_05] = {"lead time, 5 %", "s"},
	[MEASURE_LEAD_50] = {"lead time, median", "s"},
	[MEASURE_LEAD_95] = {"lead time, 95 %", "s"},
	[MEASURE_ON_TIME] = {"on time", ""},
	[MEASURE_TARDINESS] = {"tardiness", "s"},
	[MEASURE_MAKESPAN] = {"makespan", "s"},
	[MEASURE_SCRAP] = {"scrap", ""},
	[MEASURE_ENERGY] = {"energy a part", "kWh"},
	[MEASURE_OEE] = {"OEE of the bottleneck", ""},
	[MEASURE_GROWTH] = {"growth", ""},
};

const char *line_measure_name(enum line_measure measure)
{
	return measures[measure].name;
}

const char *line_measure_unit(enum line_measure measure)
{
	return measures[measure].unit;
}

/* ---- one replication ---- */

struct study_run {
	struct line_study *study;
	const struct line_run *run;
	size_t from;
	double *values; /* of this round */
	uint32_t *bottlenecks;
	double *little;
	uint64_t *events;
};

void line_measures_of(const struct line_figures *f, double out[MEASURES])
{
	out[MEASURE_THROUGHPUT] = f->throughput * 3600;
	out[MEASURE_WIP] = f->wip;
	out[MEASURE_LEAD] = f->lead_s;
	out[MEASURE_LEAD_05] = f->lead_quantiles_s[0];
	out[MEASURE_LEAD_50] = f->lead_quantiles_s[1];
	out[MEASURE_LEAD_95] = f->lead_quantiles_s[2];
	out[MEASURE_ON_TIME] = f->on_time;
	out[MEASURE_TARDINESS] = f->tardiness_s;
	out[MEASURE_MAKESPAN] = f->makespan_s;
	out[MEASURE_SCRAP] = f->out ? (double)f->scrapped / (double)f->out : (double)NAN;
	out[MEASURE_ENERGY] = f->good ? f->energy_j / WH_J / (double)f->good
	                              : (double)NAN;
	out[MEASURE_OEE] = f->stations[f->bottleneck].oee.oee;
	out[MEASURE_GROWTH] = f->growth;
}

static void take_station(const struct line_station_figures *f, double *out)
{
	for (size_t i = 0; i < LINE_STATES; i++) {
		out[i] = f->share[i];
	}
	out[STATION_OEE] = f->oee.oee;
	out[STATION_AVAILABILITY] = f->oee.availability;
	out[STATION_EFFECTIVENESS] = f->oee.effectiveness;
	out[STATION_QUALITY] = f->oee.quality;
	out[STATION_ACTIVE] = f->active_s;
	out[STATION_QUEUE] = f->queue;
	out[STATION_WAIT] = f->wait_s;
	out[STATION_FAILURES] = (double)f->failures;
}

static void take_fleet(const struct line_fleet_figures *f, double *out)
{
	for (size_t i = 0; i < LINE_DRIVES; i++) {
		out[i] = f->share[i];
	}
	out[FLEET_TRIPS] = (double)f->trips;
	out[FLEET_PARTS] = f->trips ? (double)f->parts / (double)f->trips : (double)NAN;
	out[FLEET_FETCHED] = f->fetched_s;
	out[FLEET_DRIVEN] = f->driven_m / 1000;
	out[FLEET_ACTIVE] = f->active_s;
}

static void take(const struct line_study *s, const struct line_figures *f, double *out)
{
	const struct line_config *c = &s->setup->config;
	double *operators = out + MEASURES + c->n_stations * STATION_MEASURES;

	line_measures_of(f, out);
	for (size_t i = 0; i < c->n_stations; i++) {
		take_station(&f->stations[i], out + MEASURES + i * STATION_MEASURES);
	}
	for (size_t i = 0; i < c->n_operators; i++) {
		operators[i * OPERATOR_MEASURES + OPERATOR_WORKING] =
			f->operators[i].working;
		operators[i * OPERATOR_MEASURES + OPERATOR_WALKING] =
			f->operators[i].walking;
		operators[i * OPERATOR_MEASURES + OPERATOR_WALKED] =
			f->operators[i].walked_m;
	}
	for (size_t i = 0; i < c->n_fleets; i++) {
		take_fleet(&f->fleets[i], operators + c->n_operators * OPERATOR_MEASURES +
		                                  i * FLEET_MEASURES);
	}
}

uint64_t line_seed(const struct line_run *run, uint64_t replication)
{
	return run->seed * UINT64_C(1000003) + replication;
}

static int replicate(void *arg, size_t i)
{
	struct study_run *r = arg;
	struct line_study *s = r->study;
	const struct line_figures *f;
	struct line *l = NULL;
	int err = line_run(&l, &s->setup->config,
	                   &(struct line_wish){.seed = line_seed(r->run, r->from + i),
	                                       .warm_up_s = s->warm_up_s,
	                                       .for_s = r->run->for_s});

	if (err) {
		return err;
	}
	f = line_figures(l);
	take(s, f, r->values + i * s->width);
	r->bottlenecks[i] = f->bottleneck;
	r->little[i] = fabs(f->little) / fmax(f->wip, 1);
	r->events[i] = f->events;
	line_free(l);
	return 0;
}

/* ---- the warm-up ---- */

int line_warm_up(const struct line_setup *setup, const struct line_run *run,
                 double *warm_up_s, bool *found)
{
	double whole_s = PILOT_RUNS * run->for_s;
	struct line *l = NULL;
	size_t cut;
	int err;

	*found = isnan(run->warm_up_s) && !line_is_ordered(&setup->config);
	if (!*found) {
		*warm_up_s = isnan(run->warm_up_s) ? 0 : run->warm_up_s;
		return 0;
	}
	err = line_run(&l, &setup->config,
	               &(struct line_wish){.seed = run->seed,
	                                   .for_s = whole_s,
	                                   .bin_s = whole_s / PILOT_BINS});
	if (err) {
		return err;
	}
	cut = interval_warm_up(line_figures(l)->binned, PILOT_BINS);
	*warm_up_s = cut >= PILOT_BINS / 2 - 5 ? USUAL_SHARE * run->for_s
	                                       : (double)cut * whole_s / PILOT_BINS;
	line_free(l);
	return 0;
}

/* ---- all of them ---- */

static int keep_room(struct line_study *s, size_t n)
{
	double *values = reallocarray(s->values, n * s->width, sizeof(*values));

	if (!values) {
		return -ENOMEM;
	}
	s->values = values;
	return 0;
}

static bool is_known(const struct line_study *s, const struct line_run *run)
{
	struct interval in = line_study_of(s, MEASURE_THROUGHPUT);

	return !(run->precision > 0) || !(in.half > run->precision * in.mean);
}

static int do_round(struct line_study *s, const struct line_run *run, size_t n,
                    uint32_t *counts)
{
	struct study_run r = {.study = s, .run = run, .from = s->n};
	int err = keep_room(s, s->n + n);

	r.values = s->values + s->n * s->width;
	r.bottlenecks = calloc(n, sizeof(*r.bottlenecks));
	r.little = calloc(n, sizeof(*r.little));
	r.events = calloc(n, sizeof(*r.events));
	if (!r.bottlenecks || !r.little || !r.events) {
		err = -ENOMEM;
	}
	err = err ? err : spread_run(n, replicate, &r, NULL);
	for (size_t i = 0; i < n && !err; i++) {
		counts[r.bottlenecks[i]]++;
		s->worst_little = fmax(s->worst_little, r.little[i]);
		s->events += r.events[i];
	}
	s->n += err ? 0 : n;
	free(r.bottlenecks);
	free(r.little);
	free(r.events);
	return err;
}

static int run_all(struct line_study *s, const struct line_run *run)
{
	uint32_t *counts = calloc(s->setup->config.n_stations + 1, sizeof(*counts));
	size_t most = run->precision > 0 && run->most > run->replications
	                      ? run->most
	                      : run->replications;
	int err = counts ? do_round(s, run, run->replications, counts) : -ENOMEM;

	while (!err && s->n < most && !is_known(s, run)) {
		err = do_round(s, run, s->n + ROUND <= most ? ROUND : most - s->n,
		               counts);
	}
	for (size_t i = 0; !err && i < s->setup->config.n_stations; i++) {
		s->bottleneck = counts[i] > counts[s->bottleneck] ? i : s->bottleneck;
	}
	if (!err) {
		s->bottleneck_share = (double)counts[s->bottleneck] / (double)s->n;
	}
	free(counts);
	return err;
}

/* OEE is of one station in all replications, or it could not be averaged. */
static void choose_oee(struct line_study *s)
{
	for (size_t i = 0; i < s->n; i++) {
		double *row = s->values + i * s->width;

		row[MEASURE_OEE] =
			row[MEASURES + s->bottleneck * STATION_MEASURES + STATION_OEE];
	}
}

int line_study_run(struct line_study **out, const struct line_setup *setup,
                   const struct line_run *run)
{
	struct line_study *s = calloc(1, sizeof(*s));
	int err;

	if (!s) {
		return -ENOMEM;
	}
	s->setup = setup;
	s->width = MEASURES + setup->config.n_stations * STATION_MEASURES +
	           setup->config.n_operators * OPERATOR_MEASURES +
	           setup->config.n_fleets * FLEET_MEASURES;
	err = line_warm_up(setup, run, &s->warm_up_s, &s->found);
	err = err ? err : run_all(s, run);
	err = err ? err : line_people_make(&s->people, setup, run, s->warm_up_s);
	if (err) {
		line_study_free(s);
		return err;
	}
	choose_oee(s);
	*out = s;
	return 0;
}

void line_study_free(struct line_study *s)
{
	if (s) {
		line_people_free(s->people);
		free(s->values);
		free(s);
	}
}

/* ---- intervals ---- */

static struct interval column(const struct line_study *s, const struct line_study *less,
                              size_t at)
{
	size_t n = less && less->n < s->n ? less->n : s->n;
	double *x = calloc(2 * n + 1, sizeof(*x));
	struct interval out = {(double)NAN, (double)NAN, 0};

	for (size_t i = 0; x && i < n; i++) {
		x[i] = s->values[i * s->width + at];
		x[n + i] = less ? less->values[i * less->width + at] : 0;
	}
	if (x) {
		out = interval_of_pairs(x, less ? x + n : NULL, n);
	}
	free(x);
	return out;
}

struct interval line_study_of(const struct line_study *s, enum line_measure measure)
{
	return column(s, NULL, measure);
}

struct interval line_study_station(const struct line_study *s, size_t station,
                                   size_t measure)
{
	return column(s, NULL, MEASURES + station * STATION_MEASURES + measure);
}

struct interval line_study_operator(const struct line_study *s, size_t operator,
                                    size_t measure)
{
	return column(s, NULL,
	              MEASURES + s->setup->config.n_stations * STATION_MEASURES +
	                         operator* OPERATOR_MEASURES + measure);
}

struct interval line_study_fleet(const struct line_study *s, size_t fleet, size_t measure)
{
	const struct line_config *c = &s->setup->config;

	return column(s, NULL,
	              MEASURES + c->n_stations * STATION_MEASURES +
	                      c->n_operators * OPERATOR_MEASURES +
	                      fleet * FLEET_MEASURES + measure);
}

bool line_study_fleet_binds(const struct line_study *s, size_t fleet)
{
	return line_study_fleet(s, fleet, FLEET_ACTIVE).mean >
	       line_study_station(s, s->bottleneck, STATION_ACTIVE).mean;
}

static int rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Between two of them linear (Hyndman, Fan 1996, type 7). */
void line_study_output(const struct line_study *s, double for_s,
                       double parts[LINE_OUTPUTS])
{
	static const double shares[LINE_OUTPUTS] = {0.1, 0.5, 0.9};
	double *all = calloc(s->n + 1, sizeof(*all));

	for (size_t i = 0; all && i < s->n; i++) {
		all[i] = s->values[i * s->width + MEASURE_THROUGHPUT] * for_s / 3600;
	}
	if (all) {
		qsort(all, s->n, sizeof(*all), rising);
	}
	for (size_t k = 0; k < LINE_OUTPUTS; k++) {
		double at = shares[k] * (double)(s->n - 1);
		size_t low = (size_t)at, high = low + 1 < s->n ? low + 1 : low;

		parts[k] = all ? all[low] + (all[high] - all[low]) * (at - (double)low)
		               : (double)NAN;
	}
	free(all);
}

bool line_study_grows(const struct line_study *s)
{
	struct interval growth = line_study_of(s, MEASURE_GROWTH);
	double wip = line_study_of(s, MEASURE_WIP).mean;

	return growth.mean - growth.half > GROWTH * wip;
}

struct interval line_study_more(const struct line_study *a, const struct line_study *b,
                                enum line_measure measure)
{
	return column(a, b, measure);
}
