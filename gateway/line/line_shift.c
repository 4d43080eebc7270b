/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_shift.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "gateway/line/line_exit.h"

enum {
	RUNS = 100,
	LEAD_S = 3600, /* before a shift in which its counters were read last */
	LATE_S = 60,   /* after it began, where they were not read before */
};

struct line_shift line_shift_at(int64_t local_s, double begins_s, double shift_s,
                                double period_s)
{
	const double week_s = 7 * 86400;
	double passed_s = fmod((double)local_s - begins_s + week_s, week_s);
	double since_s = fmod(passed_s, shift_s);

	return (struct line_shift){.since_s = since_s,
	                           .left_s = shift_s - since_s,
	                           .at_s = period_s > 0 ? fmod(passed_s, period_s) : 0};
}

/* The first time from the warm-up on at which the breaks stand as now. */
static double start_of(const struct line_config *c, double warm_up_s, double at_s)
{
	if (c->n_breaks == 0 || !(c->period_s > 0)) {
		return warm_up_s;
	}
	return at_s + ceil(fmax(warm_up_s - at_s, 0) / c->period_s) * c->period_s;
}

static int rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int line_shift_rest(const struct line_setup *setup, const struct line_shift *shift,
                    double parts[LINE_OUTPUTS])
{
	static const double share[LINE_OUTPUTS] = {0.1, 0.5, 0.9};
	struct line_wish wish = {.for_s = shift->left_s};
	double made[RUNS], warm_up_s;
	bool found;
	int err = line_warm_up(setup, &setup->run, &warm_up_s, &found);

	wish.warm_up_s = err ? 0 : start_of(&setup->config, warm_up_s, shift->at_s);
	for (uint64_t k = 0; k < RUNS && !err; k++) {
		struct line *l = NULL;

		wish.seed = line_seed(&setup->run, k);
		err = line_run(&l, &setup->config, &wish);
		if (!err) {
			made[k] = (double)line_figures(l)->good;
			line_free(l);
		}
	}
	if (err) {
		return err;
	}
	qsort(made, RUNS, sizeof(*made), rising);
	for (int i = 0; i < LINE_OUTPUTS; i++) {
		parts[i] = made[(size_t)(share[i] * RUNS)];
	}
	return 0;
}

/* What a counter rose by since then; -ENOENT: it was not read by then. */
static int add_steps(double *sum, struct reader *reader, const char *name,
                     const struct machine_wish *since)
{
	const double from_s = (double)since->since_us / 1e6;
	struct machine_wish wish = *since;
	struct machine_series s = {.n = 0};
	int err;

	if (!name) {
		return 0;
	}
	wish.since_us -= LEAD_S * INT64_C(1000000); /* what it read when that began */
	err = machine_series_read(&s, reader, name, &wish);
	if (!err && (s.n == 0 || s.t_s[0] > from_s + LATE_S)) {
		err = -ENOENT;
	}
	for (size_t i = 1; i < s.n && !err; i++) {
		double step = s.x[i] - s.x[i - 1];

		*sum += s.t_s[i] > from_s && step > 0 ? step : 0; /* NAN is not */
	}
	machine_series_free(&s);
	return err;
}

int line_shift_made(const struct line_setup *setup, struct reader *reader,
                    const struct machine_wish *since, double *parts)
{
	struct line_exit exits[LINE_EXITS_MAX];
	char why[LINE_EXIT_WHY_MAX];
	size_t n = line_exits(setup, exits, why);
	int err = n ? 0 : -ENOENT;

	*parts = 0;
	for (size_t i = 0; i < n && !err; i++) {
		double jobs = 0, rejects = 0;

		err = add_steps(&jobs, reader, exits[i].count, since);
		err = err ? err : add_steps(&rejects, reader, exits[i].rejects, since);
		*parts += (jobs - rejects) * exits[i].parts;
	}
	return err;
}
