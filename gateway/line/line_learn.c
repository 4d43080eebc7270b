/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_learn.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/json_number.h"
#include "storage/outlook_row.h"

/* Without a tag that says when it is busy, what is longer than so many medians is no
 * work but a wait. */
#define WAIT_MEDIANS 3

#define LEAST_SHARE 1e-9 /* of a way: nothing is ever seen to go there */

enum { EACH = 4 }; /* things that may be learnt of a station */

/* A list of times that grows. */
struct times {
	double *s;
	size_t n, room;
};

static const char *const what_names[] = {
	[LEARNT_TIME] = "time",     [LEARNT_UP] = "between failures",
	[LEARNT_DOWN] = "repair",   [LEARNT_SCRAP] = "scrap",
	[LEARNT_SPREAD] = "spread", [LEARNT_LIFE] = "remaining life",
};

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
static int find_cycles(const struct machine_series *count, const struct machine_worked *w,
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
				err = add_time(t, machine_worked_between(w, at_s,
				                                         count->t_s[i]));
			}
			at_s = count->t_s[i];
		}
		before = x;
	}
	return err;
}

/* Whole stretches only: both of their ends were seen. */
static int find_failures(const struct machine_series *down,
                         const struct machine_worked *w, bool calendar, struct times *up,
                         struct times *repair)
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
				                 : add_time(up, machine_worked_between(
									w, since_s, t_s));
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
	/* where none was seen, or nothing else: a way has some share, however small */
	double part = fmin(fmax(item->share, LEAST_SHARE), 1 - LEAST_SHARE);

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
			e->share *= e->scrap ? part / scrap : (1 - part) / good;
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

static int learn_time(struct line_learning *l, struct line_station *s,
                      const struct machine_history *told, double *jobs)
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
                          const struct machine_history *told)
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
                        const struct machine_history *told, double jobs)
{
	struct line_learnt *item = add_item(l, setup->config.stations[station].id,
	                                    LEARNT_SCRAP, (double)NAN);

	item->fit.n = (size_t)jobs;
	item->share = jobs > 0 ? fmin(machine_steps(&told->rejects) / jobs, 1)
	                       : (double)NAN;
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
	const struct machine_tags *tags = &setup->modules[i].tags;
	const struct machine_wish wish = {l->config, *tags, l->since_us, l->until_us};
	struct machine_history told;
	double jobs = 0;
	int err = machine_history_read(&told, reader, &wish);

	err = err ? err : learn_time(l, s, &told, &jobs);
	if (!err && tags->down) {
		err = learn_failures(l, s, &told);
	}
	if (!err && tags->rejects) {
		learn_scrap(l, setup, i, &told, jobs);
	}
	machine_history_free(&told);
	return err;
}

/* ---- how it is today ---- */

/* Of readings as they come (Welford 1962): a week of them may be many. */
struct spread {
	size_t n;
	double mean, squares;
};

static int on_deviation(void *arg, const struct history_row *row)
{
	struct spread *s = arg;
	double x = value_number(&row->value), off = x - s->mean;

	if (strcmp(row->quality, "good") == 0 && isfinite(x)) {
		s->mean += off / (double)++s->n;
		s->squares += off * (x - s->mean);
	}
	return 0;
}

/* Spread and drift of a quantity. */
static int learn_spread(struct line_learning *l, const char *station,
                        struct line_range *range, struct reader *reader)
{
	struct line_learnt *item = add_item(l, station, LEARNT_SPREAD, range->sigma);
	const char *slash = strchr(range->deviation, '/');
	struct spread s = {.n = 0};
	char device[128];
	int err;

	snprintf(device, sizeof(device), "%.*s", (int)(slash - range->deviation),
	         range->deviation);
	err = reader_history(reader, device, slash + 1, l->since_us, l->until_us, 0,
	                     on_deviation, &s);
	item->quantity = range->name;
	item->fit.n = s.n;
	if (s.n < DIST_FIT_SHAPE_MIN) {
		item->why = "too few of them";
	} else {
		item->offset = range->offset = s.mean;
		item->share = range->sigma = sqrt(s.squares / (double)(s.n - 1));
	}
	return err < 0 ? err : 0;
}

static int learn_life(struct line_learning *l, const char *station, struct line_module *m,
                      struct reader *reader)
{
	struct line_learnt *item = add_item(l, station, LEARNT_LIFE, (double)NAN);
	int64_t tag = config_tag(l->config, m->life);
	struct outlook_told told = {0};
	int err = tag < 0 ? 0 : outlook_row_told(reader, &l->config->tags[tag], &told);

	if (told.p10_us == 0) {
		item->why = "nothing is foretold of it";
		return err;
	}
	m->life_s = (double)(told.p10_us - l->until_us) / 1e6;
	m->middle_s = (double)(told.p50_us - l->until_us) / 1e6;
	item->share = m->life_s;
	item->offset = m->middle_s;
	return err;
}

static int learn_today(struct line_learning *l, struct line_setup *setup, size_t i,
                       struct reader *reader)
{
	struct line_module *m = (struct line_module *)&setup->modules[i];
	const char *station = setup->config.stations[i].id;
	int err = m->life ? learn_life(l, station, m, reader) : 0;

	for (size_t k = 0; k < m->n_can; k++) {
		for (size_t q = 0; q < m->can[k].n_ranges && !err; q++) {
			struct line_range *r = (struct line_range *)&m->can[k].ranges[q];

			if (r->deviation) {
				err = learn_spread(l, station, r, reader);
			}
		}
	}
	return err;
}

/* Things that may be learnt. */
static size_t count_items(const struct line_setup *setup)
{
	size_t n = 1;

	for (size_t i = 0; i < setup->config.n_stations; i++) {
		const struct line_module *m = &setup->modules[i];

		n += EACH + 1;
		for (size_t k = 0; k < m->n_can; k++) {
			n += m->can[k].n_ranges;
		}
	}
	return n;
}

int line_learn(struct line_learning *out, struct line_setup *setup, struct reader *reader)
{
	size_t n = setup->config.n_stations;
	int err = 0;

	out->n = 0;
	out->items = calloc(count_items(setup), sizeof(*out->items));
	if (!out->items) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n && !err; i++) {
		if (setup->modules[i].tags.count) {
			err = learn_station(out, setup, i, reader);
		}
		err = err ? err : learn_today(out, setup, i, reader);
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
		} else if (item->what == LEARNT_SPREAD) {
			fprintf(out,
			        "%s: sigma %.3g, off by %+.3g, of %zu; the file has "
			        "sigma "
			        "%.3g\n",
			        item->quantity, item->share, item->offset, item->fit.n,
			        item->before_s);
		} else if (item->what == LEARNT_LIFE) {
			fprintf(out,
			        "%.1f h in nine of ten cases, %.1f h in half of them\n",
			        item->share / 3600, item->offset / 3600);
		} else {
			print_fit(out, item);
		}
	}
	fputc('\n', out);
}

json_t *line_learning_json(const struct line_learning *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct line_learnt *item = &l->items[i];
		bool times = item->what < LEARNT_SCRAP, taken = !item->why;
		const struct dist *d = &item->fit.dist;

		json_array_append_new(
			list,
			json_pack(
				"{s:s, s:s, s:I, s:b, s:s?, s:s?, s:o, s:o, s:o, s:o, "
				"s:o, s:o, s:s?, s:o}",
				"station", item->station, "what", what_names[item->what],
				"n", (json_int_t)item->fit.n, "taken", taken, "why",
				item->why, "distribution",
				taken && times ? dist_name((size_t)d->kind) : NULL,
				"mean_s",
				json_number(taken && times ? item->fit.mean : NAN),
				"sigma_s",
				json_number(taken && times ? item->fit.sigma : NAN), "ks",
				json_number(taken && times ? item->fit.distance : NAN),
				"ks_allowed",
				json_number(taken && times ? item->fit.allowed : NAN),
				"share", json_number(taken && !times ? item->share : NAN),
				"before", json_number(item->before_s), "quantity",
				item->quantity, "offset",
				json_number(taken && item->what > LEARNT_SCRAP
		                                    ? item->offset
		                                    : NAN)));
	}
	return list;
}
