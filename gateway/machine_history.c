/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/machine_history.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value holds so long at least, as in `pollux report`. */
#define HOLD_S 60.0

/* ---- readings ---- */

static double number_of(const struct history_row *row)
{
	if (strcmp(row->quality, "good") != 0 && strcmp(row->quality, "uncertain") != 0) {
		return (double)NAN;
	}
	return value_number(&row->value);
}

static int add_reading(struct machine_series *s, double t_s, double x)
{
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 1024;
		double *t = realloc(s->t_s, room * sizeof(*t));
		double *more = t ? realloc(s->x, room * sizeof(*more)) : NULL;

		s->t_s = t ? t : s->t_s;
		s->x = more ? more : s->x;
		if (!more) {
			return -ENOMEM;
		}
		s->room = room;
	}
	s->t_s[s->n] = t_s;
	s->x[s->n++] = x;
	return 0;
}

/* The last reading holds so long, and what it is then nobody knows. */
static int let_go(struct machine_series *s, double t_s)
{
	double end_s = s->n ? s->t_s[s->n - 1] + s->hold_s : INFINITY;

	return end_s < t_s && !isnan(s->x[s->n - 1]) ? add_reading(s, end_s, (double)NAN)
	                                             : 0;
}

static int on_row(void *arg, const struct history_row *row)
{
	struct machine_series *s = arg;
	double t_s = (double)row->ts_us / 1e6;
	int err = let_go(s, t_s);

	return err ? err : add_reading(s, t_s, number_of(row));
}

/* A tag that is stored only where it changes, without a limit, holds for ever. */
static double hold_of(const struct config *cfg, const char *name)
{
	int64_t tag = config_tag(cfg, name);
	const struct store_config *store = tag < 0 ? NULL : &cfg->options[tag]->store;
	double longest_ms;

	if (!store) {
		return HOLD_S;
	}
	if (!isnan(store->deviation) && store->max_interval_ms == 0) {
		return INFINITY;
	}
	longest_ms = fmax(store->max_interval_ms, cfg->tags[tag].period_ms);
	return fmax(HOLD_S, 3e-3 * longest_ms);
}

int machine_series_read(struct machine_series *s, struct reader *reader, const char *name,
                        const struct machine_wish *wish)
{
	const char *slash = name ? strchr(name, '/') : NULL;
	char device[128];
	int err;

	*s = (struct machine_series){.hold_s = slash ? hold_of(wish->config, name) : 0};
	if (!slash) {
		return 0;
	}
	snprintf(device, sizeof(device), "%.*s", (int)(slash - name), name);
	err = reader_history(reader, device, slash + 1, wish->since_us, wish->until_us, 0,
	                     on_row, s);
	return err < 0 ? err : let_go(s, (double)wish->until_us / 1e6);
}

void machine_series_free(struct machine_series *s)
{
	free(s->t_s);
	free(s->x);
}

/* ---- time that was worked ---- */

/* The value of a switch as it goes; NAN: not known. */
static double next_value(const struct machine_series *s, size_t *at, double t_s,
                         double value)
{
	while (*at < s->n && s->t_s[*at] <= t_s) {
		value = s->x[(*at)++];
	}
	return value;
}

static void add_change(struct machine_worked *w, double t_s, bool works, bool known)
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

static int find_worked(struct machine_worked *w, const struct machine_series *down,
                       const struct machine_series *busy, const struct machine_wish *wish)
{
	size_t n = down->n + busy->n + 1, d = 0, b = 0;
	double is_down = down->n ? (double)NAN : 0, is_busy = busy->n ? (double)NAN : 1;
	double t_s = (double)wish->since_us / 1e6;

	*w = (struct machine_worked){.t_s = calloc(n, sizeof(double)),
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

static void free_worked(struct machine_worked *w)
{
	free(w->t_s);
	free(w->work_s);
	free(w->unknown_s);
	free(w->works);
	free(w->known);
}

/* Up to a time, and in *unknown_s what is not known of it. */
static double worked_to(const struct machine_worked *w, double t_s, double *unknown_s)
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

double machine_worked_between(const struct machine_worked *w, double from_s, double to_s)
{
	double before, after, from = worked_to(w, from_s, &before),
			      to = worked_to(w, to_s, &after);

	return after > before ? (double)NAN : to - from;
}

double machine_steps(const struct machine_series *count)
{
	double sum = 0;

	for (size_t i = 1; i < count->n; i++) {
		double step = count->x[i] - count->x[i - 1];

		sum += step > 0 ? step : 0; /* NAN is not */
	}
	return sum;
}

/* ---- all of it ---- */

static double down_between(const struct machine_series *down, double from_s, double to_s)
{
	double sum = 0;

	for (size_t i = 0; i < down->n; i++) {
		double end_s = i + 1 < down->n ? down->t_s[i + 1] : to_s;
		double begin_s = fmax(down->t_s[i], from_s);

		end_s = fmin(end_s, to_s);
		if (!isnan(down->x[i]) && down->x[i] != 0 && end_s > begin_s) {
			sum += end_s - begin_s;
		}
	}
	return sum;
}

struct machine_time machine_time(const struct machine_history *h, double from_s,
                                 double to_s)
{
	double before_s, after_s, from = worked_to(&h->worked, from_s, &before_s),
				  to = worked_to(&h->worked, to_s, &after_s);
	struct machine_time t = {.work_s = to - from, .unknown_s = after_s - before_s};

	t.down_s = down_between(&h->down, from_s, to_s);
	t.idle_s = fmax(to_s - from_s - t.work_s - t.unknown_s - t.down_s, 0);
	return t;
}

int machine_history_read(struct machine_history *out, struct reader *reader,
                         const struct machine_wish *wish)
{
	int err = 0;

	*out = (struct machine_history){.count = {.n = 0}};
	err = machine_series_read(&out->count, reader, wish->tags.count, wish);
	err = err ? err
	          : machine_series_read(&out->rejects, reader, wish->tags.rejects, wish);
	err = err ? err : machine_series_read(&out->down, reader, wish->tags.down, wish);
	err = err ? err : machine_series_read(&out->busy, reader, wish->tags.busy, wish);
	return err ? err : find_worked(&out->worked, &out->down, &out->busy, wish);
}

void machine_history_free(struct machine_history *h)
{
	free_worked(&h->worked);
	machine_series_free(&h->count);
	machine_series_free(&h->rejects);
	machine_series_free(&h->down);
	machine_series_free(&h->busy);
}
