/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_learn.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"

/* Without a tag that says when it is busy, what is longer than so many medians is no
 * work but a wait. */
#define WAIT_MEDIANS 3

enum { EACH = 4 }; /* things that may be learnt of a station */

/* A tag's readings. */
struct series {
	double *t_s, *x; /* NAN: it was not known */
	size_t n, room;
};

/* Time in which a station worked, up to each change of what is known of that. */
struct worked {
	double *t_s, *work_s, *unknown_s;
	bool *works, *known; /* from there on */
	size_t n;
};

/* A list of times that grows. */
struct times {
	double *s;
	size_t n, room;
};

static const char *const what_names[] = {
	[LEARNT_TIME] = "time",
	[LEARNT_UP] = "between failures",
	[LEARNT_DOWN] = "repair",
	[LEARNT_SCRAP] = "scrap",
};

/* ---- readings ---- */

static double number_of(const struct history_row *row)
{
	if (strcmp(row->quality, "good") != 0 && strcmp(row->quality, "uncertain") != 0) {
		return (double)NAN;
	}
	return value_number(&row->value);
}

static int on_row(void *arg, const struct history_row *row)
{
	struct series *s = arg;

	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 1024;
		double *t_s = realloc(s->t_s, room * sizeof(*t_s));
		double *x = t_s ? realloc(s->x, room * sizeof(*x)) : NULL;

		s->t_s = t_s ? t_s : s->t_s;
		s->x = x ? x : s->x;
		if (!x) {
			return -ENOMEM;
		}
		s->room = room;
	}
	s->t_s[s->n] = (double)row->ts_us / 1e6;
	s->x[s->n++] = number_of(row);
	return 0;
}

static int read_series(struct series *s, struct reader *reader, const char *name,
                       const struct line_learning *l)
{
	const char *slash = name ? strchr(name, '/') : NULL;
	char device[128];
	int err;

	*s = (struct series){.n = 0};
	if (!slash) {
		return 0;
	}
	snprintf(device, sizeof(device), "%.*s", (int)(slash - name), name);
	err = reader_history(reader, device, slash + 1, l->since_us, l->until_us, 0,
	                     on_row, s);
	return err < 0 ? err : 0;
}

static void free_series(struct series *s)
{
	free(s->t_s);
	free(s->x);
}

/* ---- time that was worked ---- */

/* The value of a switch as it goes; NAN: not known. */
static double next_value(const struct series *s, size_t *at, double t_s, double value)
{
	while (*at < s->n && s->t_s[*at] <= t_s) {
		value = s->x[(*at)++];
	}
	return value;
}

static void add_change(struct worked *w, double t_s, bool works, bool known)
{
	if (w->n > 0) {
		double dt = t_s - w->t_s[w->n - 1];

		w->work_s[w->n] = w->work_s[w->n - 1] + (w->works[w->n - 1] ? dt : 0);
		w->unknown_s[w->n] = w->unknown_s[w->n - 1] +
		                     (w->known[w->n - 1] ? 0 : dt);
	}
	w->t_s[w->n] = t_s;
	w->works[w->n] = works;
	w->known[w->n++] = known;
}

static int find_worked(struct worked *w, const struct series *down,
                       const struct series *busy, const struct line_learning *l)
{
	size_t n = down->n + busy->n + 1, d = 0, b = 0;
	double is_down = down->n ? (double)NAN : 0, is_busy = busy->n ? (double)NAN : 1;
	double t_s = (double)l->since_us / 1e6;

	*w = (struct worked){.t_s = calloc(n, sizeof(double)),
	                     .work_s = calloc(n, sizeof(double)),
	                     .unknown_s = calloc(n, sizeof(double)),
	                     .works = calloc(n, sizeof(bool)),
	                     .known = calloc(n, sizeof(bool))};
	if (!w->t_s || !w->work_s || !w->unknown_s || !w->works || !w->known) {
		return -ENOMEM;
	}
	while (w->n < n) {
		double next_s = INFINITY;

		is_down = next_value(down, &d, t_s, is_down);
		is_busy = next_value(busy, &b, t_s, is_busy);
		add_change(w, t_s, is_down == 0 && is_busy != 0,
		           !isnan(is_down) && !isnan(is_busy));
		next_s = d < down->n ? down->t_s[d] : next_s;
		next_s = b < busy->n ? fmin(next_s, busy->t_s[b]) : next_s;
		if (isinf(next_s)) {
			break;
		}
		t_s = next_s;
	}
	return 0;
}

static void free_worked(struct worked *w)
{
	free(w->t_s);
	free(w->work_s);
	free(w->unknown_s);
	free(w->works);
	free(w->known);
}

/* Up to a time, and in *unknown_s what is not known of it. */
static double worked_to(const struct worked *w, double t_s, double *unknown_s)
{
	size_t low = 0, high = w->n;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (w->t_s[middle] <= t_s) {
			low = middle;
		} else {
			high = middle;
		}
	}
	*unknown_s = w->unknown_s[low] + (w->known[low] ? 0 : t_s - w->t_s[low]);
	return w->work_s[low] + (w->works[low] ? t_s - w->t_s[low] : 0);
}

/* Work between two times; NAN where some of it is not known. */
static double worked_between(const struct worked *w, double from_s, double to_s)
{
	double before, after, from = worked_to(w, from_s, &before),
			      to = worked_to(w, to_s, &after);

	return after > before ? (double)NAN : to - from;
}

/* ---- times ---- */

static int add_time(struct times *t, double s)
{
	if (!(s > 0)) {
		return 0; /* not known, or between two readings of one moment */
	}
	if (t->n == t->room) {
		size_t room = t->room ? 2 * t->room : 256;
		double *more = realloc(t->s, room * sizeof(*more));

		if (!more) {
			return -ENOMEM;
		}
		t->s = more;
		t->room = room;
	}
	t->s[t->n++] = s;
	return 0;
}

/* Each step of the counter by one is a job; *jobs counts all. */
static int find_cycles(const struct series *count, const struct worked *w,
                       struct times *t, double *jobs)
{
	double before = (double)NAN, at_s = (double)NAN;
	int err = 0;

	for (size_t i = 0; i < count->n && !err; i++) {
		double x = count->x[i], step = x - before;

		if (isnan(x) || isnan(before) || step < 0) {
			at_s = (double)NAN; /* a gap, or the counter began anew */
		} else if (step >= 1) {
			*jobs += step;
			if (step < 2 && !isnan(at_s)) {
				err = add_time(t, worked_between(w, at_s, count->t_s[i]));
			}
			at_s = count->t_s[i];
		}
		before = x;
	}
	return err;
}

static double steps_of(const struct series *count)
{
	double sum = 0;

	for (size_t i = 1; i < count->n; i++) {
		double step = count->x[i] - count->x[i - 1];

		sum += step > 0 ? step : 0; /* NAN is not */
	}
	return sum;
}

/* Whole stretches only: both of their ends were seen. */
static int find_failures(const struct series *down, const struct worked *w, bool calendar,
                         struct times *up, struct times *repair)
{
	double since_s = (double)NAN;
	bool was = false, known = false;
	int err = 0;

	for (size_t i = 0; i < down->n && !err; i++) {
		bool is = down->x[i] != 0;
		double t_s = down->t_s[i];

		if (isnan(down->x[i])) {
			since_s = (double)NAN;
			known = false;
			continue;
		}
		if (known && is != was) {
			if (!isnan(since_s)) {
				err = was        ? add_time(repair, t_s - since_s)
				      : calendar ? add_time(up, t_s - since_s)
				                 : add_time(up, worked_between(w, since_s,
				                                               t_s));
			}
			since_s = t_s;
		}
		was = is;
		known = true;
	}
	return err;
}

static int rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* @return how many are left out at the end */
static size_t leave_out_waits(struct times *t)
{
	size_t n = t->n;

	if (n == 0) {
		return 0;
	}
	qsort(t->s, n, sizeof(*t->s), rising);
	while (t->s[t->n - 1] > WAIT_MEDIANS * t->s[n / 2]) {
		t->n--;
	}
	return n - t->n;
}

/* ---- into the line ---- */

/* Whose times are now those of the item. */
static bool take_times(struct line_learnt *item, struct times *t, size_t least)
{
	item->times = t->s;
	item->fit.n = t->n;
	if (t->n < least || dist_fit(t->s, t->n, &item->fit)) {
		item->why = "too few of them";
	}
	return !item->why;
}

static void set_scrap(struct line_setup *setup, size_t station, struct line_learnt *item)
{
	struct line_edge *edges = (struct line_edge *)setup->config.edges;
	double good = 0, scrap = 0;

	for (size_t i = 0; i < setup->config.n_edges; i++) {
		if (!edges[i].of_source && edges[i].from == station) {
			*(edges[i].scrap ? &scrap : &good) += edges[i].share;
		}
	}
	item->before_s = good + scrap > 0 ? scrap / (good + scrap) : 0;
	if (!(scrap > 0) || !(good > 0)) {
		item->why = "no way with scrap leaves it";
		return;
	}
	for (size_t i = 0; i < setup->config.n_edges; i++) {
		struct line_edge *e = &edges[i];

		if (!e->of_source && e->from == station) {
			e->share *= e->scrap ? item->share / scrap
			                     : (1 - item->share) / good;
		}
	}
}

static struct line_learnt *add_item(struct line_learning *l, const char *station,
                                    enum line_learnt_what what, double before_s)
{
	struct line_learnt *item = &l->items[l->n++];

	*item = (struct line_learnt){
		.station = station, .what = what, .before_s = before_s};
	return item;
}

/* What a station's tags have told. */
struct told {
	struct series count, rejects, down, busy;
	struct worked worked;
};

static int learn_time(struct line_learning *l, struct line_station *s,
                      const struct told *told, double *jobs)
{
	struct line_learnt *item = add_item(l, s->id, LEARNT_TIME, dist_mean(&s->time));
	struct times t = {.n = 0};
	int err = find_cycles(&told->count, &told->worked, &t, jobs);

	if (!err && told->busy.n == 0) {
		item->left_out = leave_out_waits(&t);
	}
	if (take_times(item, &t, DIST_FIT_SHAPE_MIN)) {
		s->time = item->fit.dist;
	} else if (*jobs >= 2.0 * (double)DIST_FIT_SHAPE_MIN) {
		item->why = "its counter is read too rarely, it goes on by two and more";
	}
	return err;
}

static int learn_failures(struct line_learning *l, struct line_station *s,
                          const struct told *told)
{
	struct line_learnt *up = add_item(l, s->id, LEARNT_UP,
	                                  s->fails ? dist_mean(&s->up) : (double)NAN);
	struct line_learnt *down = add_item(l, s->id, LEARNT_DOWN,
	                                    s->fails ? dist_mean(&s->down) : (double)NAN);
	struct times times[2] = {{.n = 0}, {.n = 0}};
	int err = find_failures(&told->down, &told->worked, s->calendar, &times[0],
	                        &times[1]);
	bool both = take_times(up, &times[0], DIST_FIT_MIN);

	both = take_times(down, &times[1], DIST_FIT_MIN) && both;
	if (both) {
		s->fails = true;
		s->up = up->fit.dist;
		s->down = down->fit.dist;
	} else {
		up->why = down->why = "too few of them";
	}
	return err;
}

static void learn_scrap(struct line_learning *l, struct line_setup *setup, size_t station,
                        const struct told *told, double jobs)
{
	struct line_learnt *item = add_item(l, setup->config.stations[station].id,
	                                    LEARNT_SCRAP, (double)NAN);

	item->fit.n = (size_t)jobs;
	item->share = jobs > 0 ? fmin(steps_of(&told->rejects) / jobs, 1) : (double)NAN;
	if (jobs < DIST_FIT_SHAPE_MIN) {
		item->why = "too few jobs";
	} else {
		set_scrap(setup, station, item);
	}
}

static int learn_station(struct line_learning *l, struct line_setup *setup, size_t i,
                         struct reader *reader)
{
	struct line_station *s = (struct line_station *)&setup->config.stations[i];
	const struct line_tags *tags = &setup->modules[i].tags;
	struct told told = {.count = {.n = 0}};
	double jobs = 0;
	int err = read_series(&told.count, reader, tags->count, l);

	err = err ? err : read_series(&told.rejects, reader, tags->rejects, l);
	err = err ? err : read_series(&told.down, reader, tags->down, l);
	err = err ? err : read_series(&told.busy, reader, tags->busy, l);
	err = err ? err : find_worked(&told.worked, &told.down, &told.busy, l);
	err = err ? err : learn_time(l, s, &told, &jobs);
	if (!err && tags->down) {
		err = learn_failures(l, s, &told);
	}
	if (!err && tags->rejects) {
		learn_scrap(l, setup, i, &told, jobs);
	}
	free_worked(&told.worked);
	free_series(&told.count);
	free_series(&told.rejects);
	free_series(&told.down);
	free_series(&told.busy);
	return err;
}

int line_learn(struct line_learning *out, struct line_setup *setup, struct reader *reader)
{
	size_t n = setup->config.n_stations;
	int err = 0;

	out->n = 0;
	out->items = calloc(EACH * n + 1, sizeof(*out->items));
	if (!out->items) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n && !err; i++) {
		if (setup->modules[i].tags.count) {
			err = learn_station(out, setup, i, reader);
		}
	}
	return err;
}

void line_learning_free(struct line_learning *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->items[i].times);
	}
	free(l->items);
	*l = (struct line_learning){.n = 0};
}

/* ---- for people and programs ---- */

static void dist_text(const struct dist *d, char *out, size_t size)
{
	const char *name = dist_name((size_t)d->kind);

	switch (d->kind) {
	case DIST_CONSTANT:
		snprintf(out, size, "%.4gs", d->a);
		break;
	case DIST_EXPONENTIAL:
		snprintf(out, size, "%s(%.4gs)", name, d->a);
		break;
	case DIST_NORMAL:
	case DIST_LOGNORMAL:
	case DIST_UNIFORM:
		snprintf(out, size, "%s(%.4gs, %.3gs)", name, d->a, d->b);
		break;
	case DIST_WEIBULL:
	case DIST_GAMMA:
		snprintf(out, size, "%s(%.4gs, %.3g)", name, d->a, d->b);
		break;
	case DIST_TRIANGULAR:
		snprintf(out, size, "%s(%.4gs, %.4gs, %.4gs)", name, d->a, d->b, d->c);
		break;
	case DIST_EMPIRICAL:
		snprintf(out, size, "as observed, %.4gs", dist_mean(d));
		break;
	}
}

static void print_fit(FILE *out, const struct line_learnt *item)
{
	const struct dist_fit *f = &item->fit;
	char text[96];

	dist_text(&f->dist, text, sizeof(text));
	fprintf(out, "%-26s of %zu", text, f->n);
	if (f->dist.kind == DIST_EMPIRICAL) {
		fprintf(out, ", none fits (nearest %s, KS %.3f of %.3f)",
		        dist_name((size_t)f->likeliest), f->distance, f->allowed);
	} else if (!isnan(f->distance)) {
		fprintf(out, ", KS %.3f of %.3f", f->distance, f->allowed);
	}
	if (item->left_out) {
		fprintf(out, ", %zu waits left out", item->left_out);
	}
	if (!isnan(item->before_s)) {
		fprintf(out, "; the file has %.4g s", item->before_s);
	}
	fputc('\n', out);
}

void line_learning_print(FILE *out, const struct line_learning *l)
{
	char since[32], until[32];

	clock_iso(l->since_us, since);
	clock_iso(l->until_us, until);
	fprintf(out, "learnt from %s to %s\n", since, until);
	for (size_t i = 0; i < l->n; i++) {
		const struct line_learnt *item = &l->items[i];

		fprintf(out, "  %-14s %-17s ", item->station, what_names[item->what]);
		if (item->why) {
			fprintf(out, "as the file has it: %s (%zu)\n", item->why,
			        item->fit.n);
		} else if (item->what == LEARNT_SCRAP) {
			fprintf(out, "%-26.3g of %zu jobs; the file has %.3g\n",
			        item->share, item->fit.n, item->before_s);
		} else {
			print_fit(out, item);
		}
	}
	fputc('\n', out);
}

static json_t *real(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

json_t *line_learning_json(const struct line_learning *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct line_learnt *item = &l->items[i];
		bool times = item->what != LEARNT_SCRAP, taken = !item->why;
		const struct dist *d = &item->fit.dist;

		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:I, s:b, s:s?, s:s?, s:o, s:o, s:o, s:o, "
		                  "s:o, s:o}",
		                  "station", item->station, "what",
		                  what_names[item->what], "n", (json_int_t)item->fit.n,
		                  "taken", taken, "why", item->why, "distribution",
		                  taken && times ? dist_name((size_t)d->kind) : NULL,
		                  "mean_s", real(taken && times ? item->fit.mean : NAN),
		                  "sigma_s", real(taken && times ? item->fit.sigma : NAN),
		                  "ks", real(taken && times ? item->fit.distance : NAN),
		                  "ks_allowed",
		                  real(taken && times ? item->fit.allowed : NAN), "share",
		                  real(taken && !times ? item->share : NAN), "before",
		                  real(item->before_s)));
	}
	return list;
}
