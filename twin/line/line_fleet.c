/* SPDX-License-Identifier: Apache-2.0 */
/* Vehicles that fetch parts where they leave a station and bring them to the next.  A
 * call is a part that waits; the oldest that has a place at its end is served first, by
 * the vehicle that stands nearest. */
#include <math.h>

#include "twin/line/line_impl.h"

static const char *const drives[] = {
	[LINE_WAITING] = "waiting",     [LINE_EMPTY] = "empty",
	[LINE_LOADING] = "loading",     [LINE_LOADED] = "loaded",
	[LINE_UNLOADING] = "unloading", [LINE_CHARGING] = "charging",
};

const char *line_drive_name(enum line_drive drive)
{
	return drives[drive];
}

static const struct line_fleet *config_of(const struct line *l, const struct vehicle *v)
{
	return &l->c->fleets[v->fleet];
}

static const struct line_station *origin(const struct line *l, uint32_t edge)
{
	return &l->c->stations[l->c->edges[edge].from];
}

static double distance(const struct line *l, const struct vehicle *v, double x, double y)
{
	return hypot(v->x - x, v->y - y) * config_of(l, v)->detour;
}

/* ---- what it does ---- */

static void count(struct line *l, struct vehicle *v)
{
	double s = l->now - fmax(v->since, l->window);

	l->fleets[v->fleet].state_s[v->drive] += s;
	v->since = l->now;
}

/* An active period counts when it is sure that it has ended: a vehicle that is called at
 * the moment at which it gets free was not interrupted. */
static void end_active(struct line *l, struct vehicle *v)
{
	struct fleet *f = &l->fleets[v->fleet];
	double from = fmax(v->active_since, l->window);

	if (from < v->active_end) {
		f->active_sum += v->active_end - from;
		f->actives++;
	}
	v->active_since = v->active_end;
}

static void change(struct line *l, struct vehicle *v, enum line_drive drive)
{
	struct fleet *f = &l->fleets[v->fleet];
	bool was = v->drive == LINE_WAITING, is = drive == LINE_WAITING;

	count(l, v);
	if (was && !is) {
		f->waiting--;
		if (v->active_end < l->now) {
			end_active(l, v);
			v->active_since = l->now;
		}
	} else if (is && !was) {
		f->waiting++;
		v->active_end = l->now;
	}
	v->drive = drive;
}

static void plan(struct line *l, struct vehicle *v, enum line_drive drive, double s)
{
	const uint32_t who_turn[2] = {(uint32_t)(v - l->vehicles), 0};

	change(l, v, drive);
	v->used_s += drive == LINE_CHARGING ? 0 : s;
	line_plan(l, s, HAPPENS_VEHICLE, who_turn);
}

static void drive_to(struct line *l, struct vehicle *v, enum line_drive how,
                     const double xy_m[3])
{
	l->fleets[v->fleet].driven_m += xy_m[2];
	v->x = xy_m[0];
	v->y = xy_m[1];
	plan(l, v, how, xy_m[2] / config_of(l, v)->speed);
}

static void fetch(struct line *l, struct vehicle *v, uint32_t edge)
{
	const struct line_station *s = origin(l, edge);

	v->edge = edge;
	l->edges[edge].coming++;
	drive_to(l, v, LINE_EMPTY,
	         (const double[]){s->x, s->y, distance(l, v, s->x, s->y)});
}

/* ---- calls ---- */

/* Places there that nothing takes or has been promised. */
static uint32_t room_at_end(const struct line *l, uint32_t edge)
{
	const struct edge *e = &l->edges[edge];
	uint32_t taken = e->waiting.n + e->travelling + e->coming;

	return taken < l->c->edges[edge].capacity ? l->c->edges[edge].capacity - taken
	                                          : 0;
}

static void want_room(struct line *l, uint32_t edge, bool wants)
{
	struct edge *e = &l->edges[edge];
	struct station *s = &l->stations[l->c->edges[edge].to];

	s->wanted += (uint32_t)wants - (uint32_t)e->wants_room;
	e->wants_room = wants;
}

/* When the first of the parts that nobody comes for yet called; INFINITY: there is none.
 */
static double called_at(const struct line *l, uint32_t edge, uint32_t each)
{
	const struct edge *e = &l->edges[edge];
	uint64_t fetched = (uint64_t)e->coming * each;
	uint32_t part = e->calling.first;

	if (e->calling.n <= fetched) {
		return (double)INFINITY;
	}
	while (fetched-- > 0) {
		part = l->part[part].next;
	}
	return l->part[part].queued;
}

/* The edge of the oldest call that nobody comes for yet and that can be served. */
static uint32_t oldest_call(struct line *l, uint32_t fleet)
{
	uint32_t best = NOBODY, each = l->c->fleets[fleet].capacity;
	double oldest = (double)INFINITY;

	for (uint32_t i = 0; i < l->c->n_edges; i++) {
		double at;

		if (l->c->edges[i].fleet != fleet + 1) {
			continue;
		}
		want_room(l, i, false);
		at = called_at(l, i, each);
		if (isinf(at)) {
			continue;
		}
		if (room_at_end(l, i) == 0) {
			want_room(l, i, true);
		} else if (at < oldest) {
			oldest = at;
			best = i;
		}
	}
	return best;
}

/* Of two as near the first. */
static struct vehicle *nearest(const struct line *l, uint32_t fleet, uint32_t edge)
{
	struct vehicle *best = NULL;

	for (uint32_t i = 0; i < l->c->fleets[fleet].count; i++) {
		struct vehicle *v = &l->vehicles[l->fleets[fleet].first + i];
		const struct line_station *s = origin(l, edge);

		if (v->drive == LINE_WAITING &&
		    (!best ||
		     distance(l, v, s->x, s->y) < distance(l, best, s->x, s->y))) {
			best = v;
		}
	}
	return best;
}

void fleet_send(struct line *l, uint32_t fleet)
{
	uint32_t edge;

	while (l->fleets[fleet].waiting > 0 && (edge = oldest_call(l, fleet)) != NOBODY) {
		fetch(l, nearest(l, fleet, edge), edge);
	}
}

bool fleet_has_room(const struct line *l, uint32_t edge)
{
	return l->edges[edge].calling.n < l->c->edges[edge].pick_up;
}

void fleet_call(struct line *l, uint32_t part)
{
	uint32_t edge = l->part[part].edge;

	l->part[part].queued = l->now;
	flow_append(l, &l->edges[edge].calling, part);
	fleet_send(l, l->c->edges[edge].fleet - 1);
}

/* ---- a trip ---- */

/* As many as it carries and as there is room for; one place was promised. */
static void load(struct line *l, struct vehicle *v)
{
	struct edge *e = &l->edges[v->edge];
	const struct line_edge *c = &l->c->edges[v->edge];
	const struct line_station *to = &l->c->stations[c->to];
	uint32_t most = config_of(l, v)->capacity;

	e->coming--;
	while (v->load.n < most && e->calling.n > 0 && room_at_end(l, v->edge) > 0) {
		uint32_t part = flow_take_first(l, &e->calling);
		double since = l->part[part].queued;

		l->fleets[v->fleet].fetched_sum += l->now - fmax(since, l->window);
		l->fleets[v->fleet].fetched++;
		e->travelling++;
		flow_append(l, &v->load, part);
	}
	drive_to(l, v, LINE_LOADED,
	         (const double[]){to->x, to->y,
	                          isnan(c->distance_m) ? distance(l, v, to->x, to->y)
	                                               : c->distance_m});
	flow_unblock_edge(l, v->edge);
	fleet_send(l, v->fleet); /* for what is left, now that the promise is gone */
}

static void deliver(struct line *l, struct vehicle *v)
{
	struct fleet *f = &l->fleets[v->fleet];

	f->trips++;
	while (v->load.n > 0) {
		uint32_t part = flow_take_first(l, &v->load);

		f->parts++;
		l->edges[v->edge].travelling--;
		flow_arrived(l, part);
	}
}

/* Home, where it has been on duty for long enough; else to the next call. */
static void go_on(struct line *l, struct vehicle *v)
{
	const struct line_fleet *c = config_of(l, v);

	if (c->charge_s > 0 && v->used_s >= c->runs_s) {
		v->edge = NOBODY;
		drive_to(l, v, LINE_EMPTY,
		         (const double[]){c->x, c->y, distance(l, v, c->x, c->y)});
		return;
	}
	change(l, v, LINE_WAITING);
	fleet_send(l, v->fleet);
}

void fleet_done(struct line *l, uint32_t vehicle)
{
	struct vehicle *v = &l->vehicles[vehicle];
	const struct line_fleet *c = config_of(l, v);

	switch (v->drive) {
	case LINE_EMPTY:
		if (v->edge == NOBODY) {
			plan(l, v, LINE_CHARGING, c->charge_s);
		} else {
			plan(l, v, LINE_LOADING, dist_draw(&c->load, &v->time));
		}
		break;
	case LINE_LOADING:
		load(l, v);
		break;
	case LINE_LOADED:
		plan(l, v, LINE_UNLOADING, dist_draw(&c->unload, &v->time));
		break;
	case LINE_UNLOADING:
		deliver(l, v);
		go_on(l, v);
		break;
	case LINE_CHARGING:
		v->used_s = 0;
		change(l, v, LINE_WAITING);
		fleet_send(l, v->fleet);
		break;
	case LINE_WAITING:
	case LINE_DRIVES:
		break;
	}
}

/* ---- beginning and end ---- */

void fleet_init(struct line *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->c->n_fleets; i++) {
		const struct line_fleet *c = &l->c->fleets[i];

		l->fleets[i] = (struct fleet){.first = n, .waiting = c->count};
		for (uint32_t k = 0; k < c->count; k++, n++) {
			struct vehicle *v = &l->vehicles[n];

			*v = (struct vehicle){
				.fleet = i, .edge = NOBODY, .x = c->x, .y = c->y};
			line_stream(l, &v->time, 5, i * LINE_VEHICLES_MAX + k);
		}
	}
}

void fleet_reset(struct line *l)
{
	for (size_t i = 0; i < l->n_vehicles; i++) {
		count(l, &l->vehicles[i]);
	}
	for (size_t i = 0; i < l->c->n_fleets; i++) {
		l->fleets[i] = (struct fleet){.first = l->fleets[i].first,
		                              .waiting = l->fleets[i].waiting};
	}
}

/* A period under way counts as far as it has gone. */
static void close_vehicle(struct line *l, struct vehicle *v)
{
	count(l, v);
	if (v->drive != LINE_WAITING) {
		v->active_end = l->now;
	}
	end_active(l, v);
}

void fleet_close(struct line *l)
{
	for (size_t i = 0; i < l->n_vehicles; i++) {
		close_vehicle(l, &l->vehicles[i]);
	}
	for (size_t i = 0; i < l->c->n_fleets; i++) {
		const struct fleet *f = &l->fleets[i];
		const struct line_fleet *c = &l->c->fleets[i];
		double all_s = (l->now - l->window) * c->count, idle_s;
		struct line_fleet_figures *out = &l->fleet_figures[i];

		*out = (struct line_fleet_figures){
			.trips = f->trips,
			.parts = f->parts,
			.driven_m = f->driven_m,
			.fetched_s = f->fetched ? f->fetched_sum / (double)f->fetched
		                                : (double)NAN,
			.active_s = f->actives ? f->active_sum / (double)f->actives : 0};
		for (size_t k = 0; k < LINE_DRIVES; k++) {
			out->share[k] = f->state_s[k] / all_s;
		}
		idle_s = f->state_s[LINE_WAITING] + f->state_s[LINE_CHARGING];
		out->energy_j = c->power_w[0] * idle_s + c->power_w[1] * (all_s - idle_s);
	}
}
