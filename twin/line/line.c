/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/line/line.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "drivers/reading.h"
#include "twin/line/line_impl.h"

enum { STUCK_MAX = 10000000, ASK_EVERY = 65536, BINS_MAX = 1000000 };

static const char *const rules[] = {
	[LINE_FIFO] = "fifo",         [LINE_SPT] = "spt",
	[LINE_EDD] = "edd",           [LINE_CRITICAL] = "critical",
	[LINE_PRIORITY] = "priority", [LINE_SETUP] = "setup",
};

const char *line_rule_name(size_t rule)
{
	return rule < ARRAY_SIZE(rules) ? rules[rule] : NULL;
}

/* Far apart, whatever the seed. */
void line_stream(struct line *l, struct rng *g, uint32_t kind, uint32_t who)
{
	rng_init(g, l->w->seed, (uint64_t)kind << 32 | who);
}

/* ---- making ---- */

static uint32_t vehicles_of(const struct line_config *c)
{
	uint32_t n = 0;

	for (size_t i = 0; i < c->n_fleets; i++) {
		n += c->fleets[i].count;
	}
	return n;
}

static uint32_t servers_of(const struct line_config *c)
{
	uint32_t n = 0;

	for (size_t i = 0; i < c->n_stations; i++) {
		n += c->stations[i].servers;
	}
	return n;
}

static int allocate(struct line *l)
{
	const struct line_config *c = l->c;

	l->n_machines = servers_of(c);
	l->n_vehicles = vehicles_of(c);
	l->bin_s = l->w->bin_s > 0 ? l->w->bin_s : 3600;
	l->n_bins = (size_t)fmin((l->w->warm_up_s + l->w->for_s) / l->bin_s + 1,
	                         BINS_MAX);
	l->edges = calloc(c->n_edges + 1, sizeof(*l->edges));
	l->sources = calloc(c->n_sources + 1, sizeof(*l->sources));
	l->machines = calloc(l->n_machines + 1, sizeof(*l->machines));
	l->stations = calloc(c->n_stations + 1, sizeof(*l->stations));
	l->operators = calloc(c->n_operators + 1, sizeof(*l->operators));
	l->links = calloc(2 * c->n_edges + 1, sizeof(*l->links));
	l->into = calloc(c->n_stations + 1, sizeof(*l->into));
	l->out_of = calloc(c->n_stations + 1, sizeof(*l->out_of));
	l->out_of_source = calloc(c->n_sources + 1, sizeof(*l->out_of_source));
	l->work_left = calloc(c->n_stations + 1, sizeof(*l->work_left));
	l->awake = calloc(c->n_stations + 1, sizeof(*l->awake));
	l->waiting = calloc(l->n_machines + 1, sizeof(*l->waiting));
	l->station_figures = calloc(c->n_stations + 1, sizeof(*l->station_figures));
	l->operator_figures = calloc(c->n_operators + 1, sizeof(*l->operator_figures));
	l->binned = calloc(l->n_bins, sizeof(*l->binned));
	l->vehicles = calloc(l->n_vehicles + 1, sizeof(*l->vehicles));
	l->fleets = calloc(c->n_fleets + 1, sizeof(*l->fleets));
	l->fleet_figures = calloc(c->n_fleets + 1, sizeof(*l->fleet_figures));
	return l->edges && l->sources && l->machines && l->stations && l->operators &&
	                       l->links && l->into && l->out_of && l->out_of_source &&
	                       l->work_left && l->awake && l->waiting &&
	                       l->station_figures && l->operator_figures && l->binned &&
	                       l->vehicles && l->fleets && l->fleet_figures
	               ? 0
	               : -ENOMEM;
}

static void link_edges(struct line *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->c->n_stations; i++) {
		l->into[i].first = n;
		for (uint32_t k = 0; k < l->c->n_edges; k++) {
			if (l->c->edges[k].to == i) {
				l->links[n++] = k;
			}
		}
		l->into[i].n = n - l->into[i].first;
	}
	for (uint32_t i = 0; i < l->c->n_stations + l->c->n_sources; i++) {
		bool source = i >= l->c->n_stations;
		uint32_t from = source ? i - (uint32_t)l->c->n_stations : i;
		struct span *out = source ? &l->out_of_source[from] : &l->out_of[from];

		out->first = n;
		for (uint32_t k = 0; k < l->c->n_edges; k++) {
			if (l->c->edges[k].of_source == source &&
			    l->c->edges[k].from == from) {
				l->links[n++] = k;
			}
		}
		out->n = n - out->first;
	}
}

/* Expected work from each station to the end, its own with it; where parts go round it is
 * cut off. */
static void sum_work(struct line *l)
{
	for (size_t round = 0; round < 100; round++) {
		for (size_t i = 0; i < l->c->n_stations; i++) {
			double rest = 0, shares = 0;

			for (uint32_t k = 0; k < l->out_of[i].n; k++) {
				const struct line_edge *e =
					&l->c->edges[l->links[l->out_of[i].first + k]];

				shares += e->share;
				rest += e->to == LINE_OUT
				                ? 0
				                : e->share * l->work_left[e->to];
			}
			l->work_left[i] = dist_mean(&l->c->stations[i].time) +
			                  (shares > 0 ? rest / shares : 0);
		}
	}
}

static void make_stations(struct line *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->c->n_stations; i++) {
		double ideal_s = l->c->stations[i].ideal_s;

		l->stations[i].first_machine = n;
		l->stations[i].ideal = isnan(ideal_s) ? dist_mean(&l->c->stations[i].time)
		                                      : ideal_s;
		line_stream(l, &l->stations[i].route, 1, i);
		for (uint32_t k = 0; k < l->c->stations[i].servers; k++, n++) {
			l->machines[n].station = i;
			l->machines[n].server = k;
			machine_init(l, n);
		}
	}
}

static void make_sources(struct line *l)
{
	for (uint32_t i = 0; i < l->c->n_sources; i++) {
		struct source *s = &l->sources[i];
		const struct line_source *c = &l->c->sources[i];

		line_stream(l, &s->time, 2, i);
		line_stream(l, &s->kind, 3, i);
		line_stream(l, &s->route, 4, i);
		for (uint32_t k = 0; k < c->n_orders; k++) {
			const uint32_t who_turn[2] = {i, k};

			line_plan(l, c->orders[k].at_s, HAPPENS_ORDER, who_turn);
		}
		if (c->n_orders == 0 && !c->unlimited) {
			const uint32_t who_turn[2] = {i, 0};

			line_plan(l, dist_draw(&c->every, &s->time), HAPPENS_ARRIVAL,
			          who_turn);
		}
	}
}

static void make_edges(struct line *l)
{
	for (size_t i = 0; i < l->c->n_edges; i++) {
		const struct line_edge *c = &l->c->edges[i];

		l->edges[i] = (struct edge){.kind = c->to == LINE_OUT ? EDGE_OUT
		                                    : c->fleet        ? EDGE_FLEET
		                                    : c->travel_s > 0 ? EDGE_TRAVEL
		                                                      : EDGE_PLAIN,
		                            .to = c->to,
		                            .capacity = c->capacity,
		                            .first_blocked = NOBODY,
		                            .last_blocked = NOBODY,
		                            .blocked_source = NOBODY};
	}
}

static void make_operators(struct line *l)
{
	for (size_t i = 0; i < l->c->n_operators; i++) {
		l->operators[i] = (struct operator){.machine = NOBODY,
		                                    .x = l->c->operators[i].x,
		                                    .y = l->c->operators[i].y};
	}
}

/* ---- breaks ---- */

/* The break's place in time: periods, then which of them, then its end. */
static void plan_break(struct line *l, uint32_t number, bool begins)
{
	size_t n = l->c->n_breaks;
	const struct line_break *b = n ? &l->c->breaks[number % n] : NULL;
	size_t period = n ? number / n : 0;
	double at = b ? (double)period * l->c->period_s + b->at_s : 0;
	const uint32_t who_turn[2] = {begins, number};

	if (b && l->c->period_s > 0) {
		line_plan(l, fmax(at + (begins ? 0 : b->for_s) - l->now, 0),
		          HAPPENS_BREAK, who_turn);
	}
}

/* ---- running ---- */

static void happen(struct line *l, const struct heap_event *e)
{
	switch ((enum happening)e->kind) {
	case HAPPENS_ARRIVAL:
		flow_arrive(l, e->who);
		break;
	case HAPPENS_ORDER:
		flow_order(l, e->who, e->turn);
		break;
	case HAPPENS_TRAVELLED:
		flow_travelled(l, e->who);
		break;
	case HAPPENS_DONE:
		machine_done(l, e->who);
		break;
	case HAPPENS_FAILURE:
	case HAPPENS_CLOCK_FAILURE:
		machine_fail(l, e->who);
		break;
	case HAPPENS_BREAK:
		machine_break(l, e->who != 0);
		plan_break(l, e->who ? e->turn : e->turn + 1, !e->who);
		break;
	case HAPPENS_VEHICLE:
		fleet_done(l, e->who);
		break;
	}
}

static bool is_void(const struct line *l, const struct heap_event *e)
{
	return (e->kind == HAPPENS_DONE || e->kind == HAPPENS_FAILURE) &&
	       l->machines[e->who].turn != e->turn;
}

/* Everything that follows at this moment. */
static void settle(struct line *l)
{
	while (l->n_awake > 0 && !l->err) {
		uint32_t station = l->awake[l->first_awake];

		l->first_awake = (l->first_awake + 1) % l->c->n_stations;
		l->n_awake--;
		l->stations[station].awake = false;
		machine_try(l, station);
		if (++l->stuck > STUCK_MAX) {
			l->err = -ELOOP;
		}
	}
}

/* The end of the warm-up, then the middle of what counts. */
static void pass_mark(struct line *l)
{
	double warm = l->w->warm_up_s;

	l->now = l->mark;
	if (!l->counting) {
		figures_reset(l);
		l->counting = true;
		l->mark = warm + l->w->for_s / 2;
	} else {
		l->in_line_middle = l->in_line;
		l->mark = (double)INFINITY;
	}
}

static int run(struct line *l)
{
	double end = l->w->warm_up_s + l->w->for_s;
	struct heap_event e;

	l->mark = l->w->warm_up_s;
	for (uint32_t i = 0; i < l->c->n_sources; i++) {
		if (l->c->sources[i].unlimited) {
			flow_feed(l, i);
		}
	}
	settle(l);
	while (!l->err && heap_pop(&l->heap, &e)) {
		if (is_void(l, &e)) {
			continue;
		}
		while (e.t > l->mark) {
			pass_mark(l);
		}
		if (e.t > end) {
			(void)heap_push(&l->heap, &e); /* it is still to come */
			break;
		}
		l->stuck = e.t > l->now ? 0 : l->stuck + 1;
		l->now = e.t;
		l->events++;
		happen(l, &e);
		settle(l);
		if (l->stuck > STUCK_MAX) {
			l->err = -ELOOP;
		} else if (l->events % ASK_EVERY == 0 && l->w->stop &&
		           l->w->stop(l->w->arg)) {
			l->err = -ECANCELED;
		}
	}
	while (!l->err && isfinite(l->mark)) {
		pass_mark(l);
	}
	l->now = end;
	return l->err;
}

int line_run(struct line **out, const struct line_config *c, const struct line_wish *w)
{
	size_t which;
	struct line *l;
	int err;

	if (line_mistake(c, &which) || !(w->for_s > 0) || !(w->warm_up_s >= 0) ||
	    !isfinite(w->for_s + w->warm_up_s)) {
		return -EINVAL;
	}
	l = calloc(1, sizeof(*l));
	if (!l) {
		return -ENOMEM;
	}
	l->c = c;
	l->w = w;
	l->free_part = NOBODY;
	err = allocate(l);
	err = err ? err : hours_init(l);
	if (!err) {
		link_edges(l);
		sum_work(l);
		make_edges(l);
		make_operators(l);
		make_stations(l);
		make_sources(l);
		fleet_init(l);
		plan_break(l, 0, true);
		err = run(l);
	}
	if (err) {
		line_free(l);
		return err;
	}
	figures_close(l);
	*out = l;
	return 0;
}

const struct line_figures *line_figures(const struct line *l)
{
	return &l->figures;
}

void line_free(struct line *l)
{
	if (!l) {
		return;
	}
	heap_fini(&l->heap);
	free(l->part);
	free(l->edges);
	free(l->sources);
	free(l->machines);
	free(l->stations);
	free(l->operators);
	free(l->links);
	free(l->into);
	free(l->out_of);
	free(l->out_of_source);
	free(l->work_left);
	free(l->awake);
	free(l->waiting);
	free(l->station_figures);
	free(l->operator_figures);
	free(l->binned);
	free(l->vehicles);
	free(l->fleets);
	free(l->fleet_figures);
	hours_free(l);
	free(l);
}
