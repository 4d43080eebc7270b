/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/outlook.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "storage/reader.h"
#include "twin/health/trend.h"

#define EVERY_NS (UINT64_C(600) * 1000000000)
#define FIRST_NS (UINT64_C(60) * 1000000000)
#define DAY_S    86400.0

enum {
	HOURS_BACK_S = 60 * 86400, /* hourly means that count */
	MINUTES_BACK_S = 6 * 3600, /* where there are too few of them: means by minute */
};

/* A tag or component; what the pool writes is read by the loop when it is done. */
struct subject {
	struct outlook_item item;
	double well;   /* of a component's tag health */
	bool is_told;  /* that it approaches its limit */
	double told_s; /* its p50, as told */
	double last;   /* the newest mean; NAN: none */
};

struct outlook {
	struct outlook_parts parts;
	struct subject *subjects;
	struct outlook_item *items; /* as of the last time it was done */
	size_t n;
	uint64_t due_ns;
	int64_t now_us;
	uv_work_t work;
	bool busy;
};

int outlook_new(struct outlook **out, const struct outlook_parts *parts)
{
	const struct config *c = parts->config;
	size_t n = c->n_trends + c->twin.n_components;
	struct outlook *o = calloc(1, sizeof(*o));

	if (!o) {
		return -ENOMEM;
	}
	o->parts = *parts;
	o->subjects = calloc(n + 1, sizeof(*o->subjects));
	o->items = calloc(n + 1, sizeof(*o->items));
	if (!o->subjects || !o->items) {
		outlook_free(o);
		return -ENOMEM;
	}
	for (; o->n < n; o->n++) {
		bool component = o->n >= c->n_trends;
		const struct component_config *k =
			component ? &c->twin.components[o->n - c->n_trends] : NULL;

		o->items[o->n] = (struct outlook_item){
			.tag = k ? k->health_tag : c->trends[o->n].tag,
			.component = component,
			.name = k ? "alarm" : c->trends[o->n].name,
			.limit = k ? (double)NAN : c->trends[o->n].limit,
			.health = NAN,
			.remaining = remaining_none(REMAINING_LEARNING),
		};
		o->subjects[o->n].item = o->items[o->n];
	}
	*out = o;
	return 0;
}

void outlook_free(struct outlook *o)
{
	if (!o) {
		return;
	}
	free(o->subjects);
	free(o->items);
	free(o);
}

/* --- on the pool --- */

/* Means on their way into at most TREND_POINTS_MAX points. */
struct means {
	double *t, *y;
	size_t n, room;
};

static int on_mean(void *arg, int64_t ts_us, double mean)
{
	struct means *m = arg;

	if (m->n == m->room) {
		size_t room = m->room ? 2 * m->room : 256;
		double *t = reallocarray(m->t, room, sizeof(*t)), *y;

		m->t = t ? t : m->t;
		y = reallocarray(m->y, room, sizeof(*y));
		m->y = y ? y : m->y;
		if (!t || !y) {
			return -ENOMEM;
		}
		m->room = room;
	}
	m->t[m->n] = (double)ts_us / 1e6;
	m->y[m->n++] = mean;
	return 0;
}

/* Equal parts of the time, each by its mean; empty ones are left out. */
static struct trend_points points_of(struct means *m)
{
	double from = m->t[0], width = (m->t[m->n - 1] - from) / TREND_POINTS_MAX;
	size_t n = 0;

	for (size_t i = 0; i < m->n;) {
		double part = fmin(floor((m->t[i] - from) / width), TREND_POINTS_MAX - 1);
		double end = part + 1 < TREND_POINTS_MAX ? from + (part + 1) * width
		                                         : (double)INFINITY;
		double t = 0, y = 0;
		size_t k = 0;

		for (; i < m->n && (k == 0 || m->t[i] < end); i++, k++) {
			t += m->t[i] - from;
			y += m->y[i];
		}
		m->t[n] = t / (double)k;
		m->y[n++] = y / (double)k;
	}
	return (struct trend_points){m->t, m->y, n};
}

/* A component's tag health is a sum of squares: its root grows as a fault does. */
static double scaled(const struct subject *s, double x)
{
	return s->item.component ? sqrt(fmax(x, 0)) : x;
}

static struct remaining reckon(struct subject *s, struct means *m)
{
	double limit = scaled(s, s->item.limit);
	struct trend_points p;

	if (m->n < TREND_POINTS_MIN) {
		return remaining_none(REMAINING_LEARNING);
	}
	for (size_t i = 0; i < m->n; i++) {
		m->y[i] = scaled(s, m->y[i]);
	}
	s->last = m->y[m->n - 1];
	p = m->n > TREND_POINTS_MAX ? points_of(m)
	                            : (struct trend_points){m->t, m->y, m->n};
	return trend_until(&p, limit, s->item.component || p.y[0] < limit);
}

static void look(const struct outlook *o, struct subject *s, struct reader *reader)
{
	const struct tag *tag = &o->parts.config->tags[s->item.tag];
	struct means m = {.n = 0};
	int err;

	s->last = NAN;
	err = reader_means(reader, tag, true, o->now_us - HOURS_BACK_S * INT64_C(1000000),
	                   on_mean, &m);
	if (err >= 0 && m.n < TREND_POINTS_MIN) {
		m.n = 0;
		err = reader_means(reader, tag, false,
		                   o->now_us - MINUTES_BACK_S * INT64_C(1000000), on_mean,
		                   &m);
	}
	s->item.remaining = err < 0 ? remaining_none(REMAINING_BAD_INPUT) : reckon(s, &m);
	free(m.t);
	free(m.y);
}

static void on_work(uv_work_t *work)
{
	struct outlook *o = work->data;
	struct reader *reader = NULL;
	char *path;

	if (asprintf(&path, "%s/history.db", o->parts.config->state_dir) < 0) {
		return;
	}
	if (reader_open(&reader, path) == 0) {
		for (size_t i = 0; i < o->n; i++) {
			if (isfinite(o->subjects[i].item.limit)) {
				look(o, &o->subjects[i], reader);
			}
		}
	}
	reader_close(reader);
	free(path);
}

/* --- on the loop --- */

void outlook_span(char *buf, size_t size, const struct remaining *r)
{
	static const struct {
		double s;
		const char *name;
	} units[] = {{86400, "days"}, {3600, "hours"}, {60, "minutes"}};
	size_t u = 0;

	while (u < 2 && r->p50 < 2 * units[u].s) {
		u++;
	}
	if (r->p50 <= 0) {
		snprintf(buf, size, "now");
	} else if (isinf(r->p90)) {
		snprintf(buf, size, "%.0f %s or more", floor(r->p10 / units[u].s),
		         units[u].name);
	} else {
		snprintf(buf, size, "%.0f to %.0f %s", floor(r->p10 / units[u].s),
		         ceil(r->p90 / units[u].s), units[u].name);
	}
}

static void say(struct outlook *o, const struct subject *s)
{
	const struct tag *tag = &o->parts.config->tags[s->item.tag];
	const struct remaining *r = &s->item.remaining;
	bool known = r->why == REMAINING_KNOWN;
	char message[256], span[64];

	outlook_span(span, sizeof(span), r);
	if (s->item.component) {
		snprintf(message, sizeof(message),
		         known ? "%s departs ever more from its model: alarm %s%s"
		               : "%s no longer departs from its model%s%s",
		         tag->device, known ? (r->p50 > 0 ? "in " : "") : "",
		         known ? span : "");
	} else {
		snprintf(message, sizeof(message),
		         known ? "%s/%s reaches %.6g %s (%s) %s%s"
		               : "%s/%s no longer approaches %.6g %s (%s)%s%s",
		         tag->device, tag->name, s->item.limit, tag->kind->unit,
		         s->item.name, known ? (r->p50 > 0 ? "in " : "") : "",
		         known ? span : "");
	}
	o->parts.tell(
		o->parts.arg,
		&(struct event){.device = tag->device_index,
	                        .tag = s->item.tag,
	                        .kind = "outlook",
	                        .severity = known && r->p50 < DAY_S ? "warning" : "info",
	                        .message = message});
}

/* Once when it begins, again when it is twice as near, and when it is over. */
static void tell(struct outlook *o, struct subject *s)
{
	bool known = s->item.remaining.why == REMAINING_KNOWN;

	if (known ? !s->is_told || s->item.remaining.p50 < s->told_s / 2
	          : s->is_told && s->item.remaining.why == REMAINING_NO_TREND) {
		say(o, s);
		s->is_told = known;
		s->told_s = s->item.remaining.p50;
	}
}

static void on_done(uv_work_t *work, int status)
{
	struct outlook *o = work->data;

	o->busy = false;
	if (status) {
		return;
	}
	for (size_t i = 0; i < o->n; i++) {
		struct subject *s = &o->subjects[i];

		if (s->item.component && isfinite(s->item.limit) && isfinite(s->last)) {
			double way = (s->last - sqrt(s->well)) /
			             (sqrt(s->item.limit) - sqrt(s->well));

			s->item.health = fmin(fmax(1 - way, 0), 1);
		}
		tell(o, s);
		o->items[i] = s->item;
	}
}

void outlook_tick(struct outlook *o, uint64_t now_ns)
{
	const struct config *c = o->parts.config;

	if (o->due_ns == 0) {
		o->due_ns = now_ns + FIRST_NS;
	}
	if (o->busy || o->n == 0 || now_ns < o->due_ns) {
		return;
	}
	o->due_ns = now_ns + EVERY_NS;
	o->now_us = clock_wall_us();
	for (size_t i = 0; i < c->twin.n_components; i++) {
		struct subject *s = &o->subjects[c->n_trends + i];
		double alarm;

		if (twin_health_scale(o->parts.twin, (uint32_t)i, &s->well, &alarm)) {
			s->item.limit = alarm;
		}
	}
	o->work.data = o;
	o->busy = uv_queue_work(o->parts.loop, &o->work, on_work, on_done) == 0;
}

bool outlook_item(const struct outlook *o, size_t i, struct outlook_item *out)
{
	if (i >= o->n) {
		return false;
	}
	*out = o->items[i];
	return true;
}
