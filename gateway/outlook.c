/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/outlook.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/reader.h"
#include "twin/health/approach.h"

#define EVERY_NS (UINT64_C(600) * 1000000000)
#define FIRST_NS (UINT64_C(5) * 1000000000)
#define DAY_S    86400.0

enum {
	HOURS_BACK_S = 60 * 86400, /* hourly means that count */
	MINUTES_BACK_S = 6 * 3600, /* where there are too few of them: means by minute */
};

/* A tag or component; what the pool writes is read by the loop when it is done. */
struct subject {
	struct outlook_item item;
	double well;              /* of a component's tag health */
	bool is_told;             /* that it approaches its limit */
	double told_s;            /* its p50, as told */
	double last;              /* the newest mean; NAN: none */
	int64_t from_us;          /* means before it do not count: it was repaired */
	struct outlook_last past; /* from the history, at the first look */
	struct approach_line line;
};

/* The loop's own of a subject. */
struct watch {
	struct approach approach;
	int64_t ts_us;               /* of the last reading taken */
	int64_t from_us;             /* its last repair; 0: none */
	int64_t first_us;            /* what was told first puts its end there; 0: none */
	enum remaining_why why_kept; /* the last row's */
	bool is_kept;                /* there is one */
};

struct outlook {
	struct outlook_parts parts;
	struct subject *subjects;
	struct watch *watches;      /* the loop's */
	struct outlook_item *items; /* as of the last time it was done */
	size_t n;
	uint64_t due_ns;
	int64_t now_us;
	uv_work_t work;
	bool busy;
	bool opened;   /* the history, at this look */
	bool recalled; /* what the history has of before is taken up */
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
	o->watches = calloc(n + 1, sizeof(*o->watches));
	if (!o->subjects || !o->items || !o->watches) {
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
		approach_init(&o->watches[o->n].approach, false);
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
	free(o->watches);
	free(o);
}

/* --- on the pool --- */

/* Means on their way into at most TREND_POINTS_MAX points. */
struct means {
	double *t, *y; /* t: the middle of each, s of UTC */
	size_t n, room;
	double half_s; /* of what each is the mean of */
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
	m->t[m->n] = (double)ts_us / 1e6 + m->half_s;
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
		m->t[n] = from + t / (double)k;
		m->y[n++] = y / (double)k;
	}
	return (struct trend_points){m->t, m->y, n};
}

/* A component's tag health is a sum of squares: its root grows as a fault does. */
static double scaled(const struct subject *s, double x)
{
	return s->item.component ? sqrt(fmax(x, 0)) : x;
}

/* The line is followed from its last point, which was a while ago. */
static struct remaining from_now(struct remaining r, double gone_s)
{
	r.p10 = fmax(r.p10 - gone_s, 0);
	r.p50 = fmax(r.p50 - gone_s, 0);
	r.p90 = fmax(r.p90 - gone_s, 0);
	return r.why == REMAINING_KNOWN ? r : remaining_none(r.why);
}

static struct remaining reckon(struct subject *s, struct means *m, double now_s)
{
	double limit = scaled(s, s->item.limit);
	struct remaining r;
	struct trend_points p;
	bool rises;

	if (m->n < TREND_POINTS_MIN) {
		return remaining_none(REMAINING_LEARNING);
	}
	for (size_t i = 0; i < m->n; i++) {
		m->y[i] = scaled(s, m->y[i]);
	}
	s->last = m->y[m->n - 1];
	p = m->n > TREND_POINTS_MAX ? points_of(m)
	                            : (struct trend_points){m->t, m->y, m->n};
	rises = s->item.component || p.y[0] < limit;
	r = from_now(trend_until(&p, limit, rises), now_s - p.t[p.n - 1]);
	s->line = approach_line(&p, limit, rises, r.why == REMAINING_KNOWN);
	return r;
}

/* Means of so many seconds back, but none of before its repair. */
static int read_means(const struct outlook *o, const struct subject *s,
                      struct reader *reader, bool hours, struct means *m)
{
	int64_t back_s = hours ? HOURS_BACK_S : MINUTES_BACK_S;
	int64_t since_us = o->now_us - back_s * INT64_C(1000000);

	m->n = 0;
	m->half_s = hours ? 1800 : 30;
	return reader_means(reader, &o->parts.config->tags[s->item.tag], hours,
	                    since_us > s->from_us ? since_us : s->from_us, on_mean, m);
}

static void look(const struct outlook *o, struct subject *s, struct reader *reader)
{
	struct means m = {.n = 0};
	int err;

	s->last = NAN;
	s->line.limit = NAN;
	err = read_means(o, s, reader, true, &m);
	if (err >= 0 && m.n < TREND_POINTS_MIN) {
		err = read_means(o, s, reader, false, &m);
	}
	s->item.remaining = err < 0 ? remaining_none(REMAINING_BAD_INPUT)
	                            : reckon(s, &m, (double)o->now_us / 1e6);
	free(m.t);
	free(m.y);
}

/* What was told before the gateway started; without it it begins anew. */
static void recall(const struct outlook *o, struct subject *s, struct reader *reader)
{
	const struct tag *tag = &o->parts.config->tags[s->item.tag];

	if (outlook_row_last(reader, tag, s->item.name,
	                     s->item.component ? (double)NAN : s->item.limit, &s->past)) {
		s->past = (struct outlook_last){0};
	}
	s->from_us = s->past.repaired_us;
}

static void on_work(uv_work_t *work)
{
	struct outlook *o = work->data;
	struct reader *reader = NULL;
	char *path;

	o->opened = false;
	if (asprintf(&path, "%s/history.db", o->parts.config->state_dir) < 0) {
		return;
	}
	o->opened = reader_open(&reader, path) == 0;
	for (size_t i = 0; o->opened && i < o->n; i++) {
		if (!o->recalled) {
			recall(o, &o->subjects[i], reader);
		}
		if (isfinite(o->subjects[i].item.limit)) {
			look(o, &o->subjects[i], reader);
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

/* --- what is kept, and what became of it --- */

/* When and of what; TOLD without prediction. */
static struct outlook_row row_of(const struct outlook *o, size_t i, int64_t ts_us)
{
	const struct outlook_item *item = &o->subjects[i].item;

	return (struct outlook_row){
		.id = ts_us + (int64_t)(i % 1000000),
		.ts_us = ts_us,
		.device = o->parts.config->tags[item->tag].device_index,
		.tag = item->tag,
		.name = item->name,
		.limit = item->limit,
		.learnt = item->component,
		.p10_s = NAN,
		.p50_s = NAN,
		.p90_s = NAN,
		.why = ""};
}

/* Every prediction; of none the reason, when it changes. */
static void keep(struct outlook *o, size_t i)
{
	const struct remaining *r = &o->subjects[i].item.remaining;
	struct watch *w = &o->watches[i];
	struct outlook_row row = row_of(o, i, o->now_us);
	bool known = r->why == REMAINING_KNOWN;

	if (!known && w->is_kept && w->why_kept == r->why) {
		return;
	}
	w->is_kept = true;
	w->why_kept = r->why;
	row.p10_s = r->p10;
	row.p50_s = r->p50;
	row.p90_s = r->p90;
	row.why = remaining_why_text(r->why);
	if (known && !w->first_us) {
		w->first_us = o->now_us + llround(r->p50 * 1e6);
	}
	row.first_us = known ? w->first_us : 0;
	o->parts.put(o->parts.arg, &row);
}

static void say_turn(struct outlook *o, const struct outlook_item *item, bool reached)
{
	const struct tag *tag = &o->parts.config->tags[item->tag];
	char message[256];

	if (item->component) {
		snprintf(message, sizeof(message),
		         reached ? "%s departs from its model as far as its alarm"
		                 : "%s departs from its model less again",
		         tag->device);
	} else {
		snprintf(message, sizeof(message),
		         reached ? "%s/%s has reached %.6g %s (%s)"
		                 : "%s/%s has gone back from %.6g %s (%s)",
		         tag->device, tag->name, item->limit, tag->kind->unit,
		         item->name);
	}
	o->parts.tell(o->parts.arg,
	              &(struct event){.device = tag->device_index,
	                              .tag = item->tag,
	                              .kind = "outlook",
	                              .severity = reached ? "warning" : "info",
	                              .message = message});
}

/* It reached its limit or went back: what was told of it has its outcome. */
static void turn(struct outlook *o, size_t i, bool reached, int64_t at_us)
{
	struct outlook_row row = row_of(o, i, at_us);
	struct watch *w = &o->watches[i];

	row.kind = reached ? OUTLOOK_REACHED : OUTLOOK_REPAIRED;
	row.why = reached ? "reached" : "went back";
	o->parts.put(o->parts.arg, &row);
	say_turn(o, &o->subjects[i].item, reached);
	w->first_us = 0;
	w->is_kept = false;
	if (!reached) {
		w->from_us = at_us;
		o->items[i].remaining = remaining_none(REMAINING_LEARNING);
	}
}

/* The newest reading of each. */
static void watch_readings(struct outlook *o)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct outlook_item *item = &o->items[i];
		struct watch *w = &o->watches[i];
		struct sample s = o->parts.latest(o->parts.arg, item->tag);
		double x = value_number(&s.value);
		enum approach_turn way;
		int64_t at_us;

		if (s.ts_us <= w->ts_us || s.est.quality != QUALITY_GOOD) {
			continue;
		}
		w->ts_us = s.ts_us;
		way = approach_add(&w->approach, s.ts_us,
		                   item->component ? sqrt(fmax(x, 0)) : x, &at_us);
		if (way != APPROACH_GOES_ON) {
			turn(o, i, way == APPROACH_REACHED, at_us);
		}
	}
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

static void take_up(struct outlook *o)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct outlook_last *past = &o->subjects[i].past;

		approach_init(&o->watches[i].approach,
		              past->reached_us > past->repaired_us);
		o->watches[i].from_us = past->repaired_us;
		o->watches[i].first_us = past->first_us;
	}
	o->recalled = true;
}

static void take_look(struct outlook *o, size_t i)
{
	struct subject *s = &o->subjects[i];

	if (s->from_us != o->watches[i].from_us) {
		return; /* repaired while it was looked at */
	}
	if (s->item.component && isfinite(s->item.limit) && isfinite(s->last)) {
		double way = (s->last - sqrt(s->well)) /
		             (sqrt(s->item.limit) - sqrt(s->well));

		s->item.health = fmin(fmax(1 - way, 0), 1);
	}
	if (isfinite(s->line.limit)) {
		approach_look(&o->watches[i].approach, &s->line);
	}
	if (o->watches[i].approach.reached) {
		s->item.remaining = (struct remaining){.why = REMAINING_KNOWN}; /* now */
	} else {
		tell(o, s);
		keep(o, i);
	}
	o->items[i] = s->item;
}

static void on_done(uv_work_t *work, int status)
{
	struct outlook *o = work->data;

	o->busy = false;
	if (status || !o->opened) {
		return;
	}
	if (!o->recalled) {
		take_up(o);
	}
	for (size_t i = 0; i < o->n; i++) {
		take_look(o, i);
	}
}

static void begin_look(struct outlook *o, int64_t wall_us)
{
	const struct config *c = o->parts.config;

	o->now_us = wall_us;
	for (size_t i = 0; i < o->n; i++) {
		o->subjects[i].from_us = o->watches[i].from_us;
	}
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

void outlook_tick(struct outlook *o, uint64_t now_ns, int64_t wall_us)
{
	if (o->due_ns == 0) {
		o->due_ns = now_ns + FIRST_NS;
	}
	watch_readings(o);
	if (!o->busy && o->n > 0 && now_ns >= o->due_ns) {
		o->due_ns = now_ns + EVERY_NS;
		begin_look(o, wall_us);
	}
}

bool outlook_item(const struct outlook *o, size_t i, struct outlook_item *out)
{
	if (i >= o->n) {
		return false;
	}
	*out = o->items[i];
	return true;
}
