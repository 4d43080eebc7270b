/* SPDX-License-Identifier: Apache-2.0 */
/* Parts on their way: sources, edges, what a machine takes and gives. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "twin/line/line_impl.h"

/* ---- lists ---- */

static void append(struct line *l, struct parts *list, uint32_t part)
{
	l->part[part].next = NOBODY;
	if (list->n == 0) {
		list->first = part;
	} else {
		l->part[list->last].next = part;
	}
	list->last = part;
	list->n++;
}

static uint32_t take_first(struct line *l, struct parts *list)
{
	uint32_t part = list->first;

	list->first = l->part[part].next;
	list->n--;
	return part;
}

/* Out of the middle: before is the one before it, NOBODY where it is the first. */
static void unlink_part(struct line *l, struct parts *list, uint32_t before,
                        uint32_t part)
{
	if (before == NOBODY) {
		list->first = l->part[part].next;
	} else {
		l->part[before].next = l->part[part].next;
	}
	if (list->last == part) {
		list->last = before;
	}
	list->n--;
}

/* ---- parts ---- */

static uint32_t new_part(struct line *l)
{
	uint32_t part = l->free_part;

	if (part != NOBODY) {
		l->free_part = l->part[part].next;
	} else if (l->n_part == l->room) {
		size_t room = l->room ? 2 * l->room : 1024;
		struct part *all = room <= PARTS_MAX
		                           ? realloc(l->part, room * sizeof(*all))
		                           : NULL;

		if (!all) {
			l->err = -ENOMEM;
			return NOBODY;
		}
		l->part = all;
		l->room = room;
		part = (uint32_t)l->n_part++;
	} else {
		part = (uint32_t)l->n_part++;
	}
	figures_in_line(l, 1);
	return part;
}

static void drop_part(struct line *l, uint32_t part)
{
	struct part *p = &l->part[part];
	uint32_t source = p->source;

	l->sojourn += l->now - fmax(p->entered, l->window);
	figures_in_line(l, -1);
	p->next = l->free_part;
	l->free_part = part;
	l->sources[source].in_line--;
	if (l->c->sources[source].unlimited && l->c->sources[source].wip > 0) {
		flow_feed(l, source);
	}
}

static uint32_t draw_product(struct line *l, struct rng *g)
{
	double sum = 0, u;

	if (l->c->n_products == 1) {
		return 0;
	}
	for (size_t i = 0; i < l->c->n_products; i++) {
		sum += l->c->products[i].share;
	}
	u = rng_uniform(g) * sum;
	for (size_t i = 0; i < l->c->n_products; i++) {
		u -= l->c->products[i].share;
		if (u <= 0 && l->c->products[i].share > 0) {
			return (uint32_t)i;
		}
	}
	return 0;
}

static uint32_t born(struct line *l, uint32_t source, uint32_t product, double due)
{
	uint32_t part = new_part(l);

	if (part != NOBODY) {
		l->sources[source].in_line++;
		l->part[part] = (struct part){.born = l->now,
		                              .entered = l->now,
		                              .due = due,
		                              .product = product,
		                              .source = source,
		                              .next = NOBODY};
	}
	return part;
}

/* ---- ways ---- */

/* One of the ways of a product by their shares; NOBODY: there is none. */
static uint32_t choose(struct line *l, const struct span *ways, uint32_t product,
                       struct rng *g)
{
	const uint32_t *links = l->links + ways->first;
	uint32_t last = NOBODY, n = 0;
	double sum = 0, u;

	if (ways->n == 1) {
		return links[0]; /* it is for all: line_mistake() */
	}
	for (uint32_t i = 0; i < ways->n; i++) {
		const struct line_edge *e = &l->c->edges[links[i]];

		if (e->products >> product & 1) {
			sum += e->share;
			last = links[i];
			n++;
		}
	}
	if (n < 2) {
		return last;
	}
	u = rng_uniform(g) * sum;
	for (uint32_t i = 0; i < ways->n; i++) {
		const struct line_edge *e = &l->c->edges[links[i]];

		if (e->products >> product & 1 && (u -= e->share) <= 0) {
			return links[i];
		}
	}
	return last;
}

/* A place to wait, or a machine that takes it at once. */
static bool has_room(const struct line *l, uint32_t edge)
{
	const struct edge *e = &l->edges[edge];
	const struct station *s;

	if (e->kind == EDGE_FLEET) {
		return fleet_has_room(l, edge);
	}
	if (e->kind == EDGE_OUT || e->waiting.n + e->travelling < e->capacity) {
		return true;
	}
	s = &l->stations[e->to];
	return e->kind == EDGE_PLAIN && !l->c->stations[e->to].join &&
	       s->idle > s->queued;
}

void flow_wake(struct line *l, uint32_t station)
{
	struct station *s = &l->stations[station];

	if (!s->awake) {
		s->awake = true;
		l->awake[(l->first_awake + l->n_awake) % l->c->n_stations] = station;
		l->n_awake++;
	}
}

static void arrived(struct line *l, uint32_t part)
{
	struct part *p = &l->part[part];
	uint32_t station = l->edges[p->edge].to;

	p->queued = l->now;
	append(l, &l->edges[p->edge].waiting, part);
	figures_queue(l, station, 1);
	if (l->stations[station].idle > 0) { /* else who gets free looks for itself */
		flow_wake(l, station);
	}
}

void flow_travelled(struct line *l, uint32_t part)
{
	l->edges[l->part[part].edge].travelling--;
	arrived(l, part);
}

/* Along its edge, where there is room. */
static void send(struct line *l, uint32_t part)
{
	uint32_t edge = l->part[part].edge;
	const uint32_t who_turn[2] = {part, 0};

	switch (l->edges[edge].kind) {
	case EDGE_PLAIN:
		arrived(l, part);
		break;
	case EDGE_TRAVEL:
		l->edges[edge].travelling++;
		line_plan(l, l->c->edges[edge].travel_s, HAPPENS_TRAVELLED, who_turn);
		break;
	case EDGE_OUT:
		figures_left(l, &l->part[part], l->c->edges[edge].scrap);
		drop_part(l, part);
		break;
	case EDGE_FLEET:
		fleet_call(l, part);
		break;
	}
}

/* ---- sources ---- */

static void wait_for_room(struct line *l, uint32_t source, uint32_t edge)
{
	struct source *s = &l->sources[source];

	s->blocked = true;
	s->edge = edge;
	l->stations[l->c->edges[edge].to].wanted++;
	s->next_blocked = l->edges[edge].blocked_source;
	l->edges[edge].blocked_source = source;
}

static bool may_make(const struct line *l, uint32_t source)
{
	const struct line_source *c = &l->c->sources[source];

	return c->wip == 0 || l->sources[source].in_line < c->wip;
}

void flow_feed(struct line *l, uint32_t source)
{
	struct source *s = &l->sources[source];

	while (!s->blocked && may_make(l, source) && !l->err) {
		uint32_t product = draw_product(l, &s->kind), part;
		uint32_t edge = choose(l, &l->out_of_source[source], product, &s->route);

		if (edge == NOBODY) {
			return;
		}
		if (!has_room(l, edge)) {
			wait_for_room(l, source, edge);
			return;
		}
		part = born(l, source, product, l->now + l->c->products[product].due_s);
		if (part != NOBODY) {
			l->part[part].edge = edge;
			send(l, part);
		}
		if (l->c->edges[edge].capacity == UINT32_MAX && s->in_line > 10000000) {
			l->err = -EINVAL; /* without end */
		}
	}
}

static void send_backlog(struct line *l, uint32_t source)
{
	struct source *s = &l->sources[source];

	while (!s->blocked && s->backlog.n > 0) {
		uint32_t edge = l->part[s->backlog.first].edge;

		if (!has_room(l, edge)) {
			wait_for_room(l, source, edge);
			return;
		}
		send(l, take_first(l, &s->backlog));
	}
}

static void arrive(struct line *l, uint32_t source, uint32_t product, double due)
{
	struct source *s = &l->sources[source];
	uint32_t edge = choose(l, &l->out_of_source[source], product, &s->route);
	uint32_t part = edge == NOBODY ? NOBODY : born(l, source, product, due);

	if (part != NOBODY) {
		l->part[part].edge = edge;
		append(l, &s->backlog, part);
		send_backlog(l, source);
	}
}

void flow_arrive(struct line *l, uint32_t source)
{
	struct source *s = &l->sources[source];
	const uint32_t who_turn[2] = {source, 0};
	uint32_t product = draw_product(l, &s->kind);

	line_plan(l, dist_draw(&l->c->sources[source].every, &s->time), HAPPENS_ARRIVAL,
	          who_turn);
	arrive(l, source, product, l->now + l->c->products[product].due_s);
}

void flow_order(struct line *l, uint32_t source, uint32_t order)
{
	const struct line_order *o = &l->c->sources[source].orders[order];

	for (uint32_t i = 0; i < o->n && !l->err; i++) {
		arrive(l, source, o->product, o->due_s);
	}
}

/* ---- room again ---- */

static void unblock_sources(struct line *l, uint32_t edge)
{
	while (l->edges[edge].blocked_source != NOBODY && has_room(l, edge)) {
		uint32_t source = l->edges[edge].blocked_source;

		l->stations[l->c->edges[edge].to].wanted--;
		l->edges[edge].blocked_source = l->sources[source].next_blocked;
		l->sources[source].blocked = false;
		if (l->c->sources[source].unlimited) {
			flow_feed(l, source);
		} else {
			send_backlog(l, source);
		}
	}
}

static void unblock_edge(struct line *l, uint32_t edge)
{
	struct edge *e = &l->edges[edge];

	while (e->first_blocked != NOBODY && has_room(l, edge)) {
		uint32_t machine = e->first_blocked;

		l->stations[l->c->edges[edge].to].wanted--;
		e->first_blocked = l->machines[machine].next_blocked;
		if (flow_give(l, &l->machines[machine])) {
			machine_pushed(l, machine);
		}
	}
	unblock_sources(l, edge);
}

void flow_unblock(struct line *l, uint32_t station)
{
	const struct span *ways = &l->into[station];

	for (uint32_t i = 0; i < ways->n && l->stations[station].wanted > 0; i++) {
		uint32_t number = l->links[ways->first + i];
		const struct edge *e = &l->edges[number];

		if (e->wants_room) {
			fleet_send(l, l->c->edges[number].fleet - 1);
		}
		if (e->first_blocked != NOBODY || e->blocked_source != NOBODY) {
			unblock_edge(l, number);
		}
	}
}

/* ---- to and from machines ---- */

static double urgency(const struct line *l, uint32_t station, const struct part *p)
{
	const struct line_station *s = &l->c->stations[station];

	switch (s->rule) {
	case LINE_SPT:
		return s->factors ? s->factors[p->product] : 1;
	case LINE_EDD:
		return p->due;
	case LINE_CRITICAL:
		return (p->due - l->now) / fmax(l->work_left[station], 1e-9);
	case LINE_PRIORITY:
		return -l->c->products[p->product].priority;
	case LINE_FIFO:
	case LINE_SETUP:
		break;
	}
	return 0;
}

struct choice {
	uint32_t edge, before, part;
	double urgency, queued;
};

/* The most urgent of an edge, of two the one that waits longer. */
static void consider(const struct line *l, uint32_t edge, const struct machine *m,
                     struct choice *best)
{
	enum line_rule rule = l->c->stations[m->station].rule;
	uint32_t before = NOBODY;

	for (uint32_t i = l->edges[edge].waiting.first, n = l->edges[edge].waiting.n;
	     n > 0; n--, before = i, i = l->part[i].next) {
		const struct part *p = &l->part[i];
		double own = rule == LINE_SETUP ? p->product != m->product
		                                : urgency(l, m->station, p);

		if (best->part == NOBODY || own < best->urgency ||
		    (own <= best->urgency && p->queued < best->queued)) {
			*best = (struct choice){edge, before, i, own, p->queued};
		}
		if (rule == LINE_FIFO) {
			return;
		}
	}
}

static void hold_part(struct line *l, struct machine *m, uint32_t part)
{
	struct station *s = &l->stations[m->station];

	double since = l->part[part].queued;

	s->wait_sum += l->now - (since > l->window ? since : l->window);
	s->waits++;
	figures_queue(l, m->station, -1);
	append(l, &m->held, part);
}

static bool take_join(struct line *l, const struct span *ways, struct machine *m)
{
	const uint32_t *links = l->links + ways->first;

	for (uint32_t i = 0; i < ways->n; i++) {
		if (l->edges[links[i]].waiting.n < l->c->edges[links[i]].take) {
			return false;
		}
	}
	for (uint32_t i = 0; i < ways->n; i++) {
		for (uint32_t k = 0; k < l->c->edges[links[i]].take; k++) {
			hold_part(l, m, take_first(l, &l->edges[links[i]].waiting));
		}
	}
	return ways->n > 0;
}

bool flow_take(struct line *l, uint32_t station, struct machine *m)
{
	const struct span *ways = &l->into[station];
	const uint32_t *links = l->links + ways->first;
	struct choice best = {.part = NOBODY};
	struct parts *waiting;

	if (l->c->stations[station].join) {
		return take_join(l, ways, m);
	}
	/* The usual line, short. */
	if (ways->n == 1 && l->c->edges[links[0]].take == 1 &&
	    l->c->stations[station].rule == LINE_FIFO) {
		waiting = &l->edges[links[0]].waiting;
		if (waiting->n == 0) {
			return false;
		}
		hold_part(l, m, take_first(l, waiting));
		return true;
	}
	for (uint32_t i = 0; i < ways->n; i++) {
		if (l->edges[links[i]].waiting.n >= l->c->edges[links[i]].take) {
			consider(l, links[i], m, &best);
		}
	}
	if (best.part == NOBODY) {
		return false;
	}
	waiting = &l->edges[best.edge].waiting;
	unlink_part(l, waiting, best.before, best.part);
	hold_part(l, m, best.part);
	for (uint32_t k = 1; k < l->c->edges[best.edge].take; k++) {
		hold_part(l, m, take_first(l, waiting));
	}
	return true;
}

/* So many parts as the job gives: copies of the first, or the first of them. */
static void count_out(struct line *l, struct machine *m, uint32_t gives)
{
	while (m->held.n > gives) {
		uint32_t second = l->part[m->held.first].next;

		unlink_part(l, &m->held, m->held.first, second);
		drop_part(l, second);
	}
	while (m->held.n < gives && !l->err) {
		uint32_t copy = new_part(l);

		if (copy != NOBODY) {
			l->part[copy] = l->part[m->held.first];
			l->part[copy].entered = l->now;
			l->sources[l->part[copy].source].in_line++;
			append(l, &m->held, copy);
		}
	}
}

void flow_finish_job(struct line *l, struct machine *m)
{
	const struct line_station *c = &l->c->stations[m->station];
	struct station *s = &l->stations[m->station];
	uint32_t gives = c->gives;

	if (gives == 0) {
		gives = c->join ? l->c->edges[l->links[l->into[m->station].first]].take
		                : m->held.n;
	}
	count_out(l, m, gives);
	for (uint32_t i = m->held.first, n = m->held.n; n > 0; n--, i = l->part[i].next) {
		uint32_t edge = choose(l, &l->out_of[m->station], l->part[i].product,
		                       &s->route);

		l->part[i].edge = edge;
		s->parts++;
		s->scrapped += edge != NOBODY && l->c->edges[edge].scrap;
	}
	s->jobs++;
}

bool flow_give(struct line *l, struct machine *m)
{
	while (m->held.n > 0 && !l->err) {
		uint32_t edge = l->part[m->held.first].edge;
		struct edge *e = &l->edges[edge];
		uint32_t machine = (uint32_t)(m - l->machines);

		if (!has_room(l, edge)) {
			l->stations[l->c->edges[edge].to].wanted++;
			m->next_blocked = NOBODY;
			if (e->first_blocked == NOBODY) {
				e->first_blocked = machine;
			} else {
				l->machines[e->last_blocked].next_blocked = machine;
			}
			e->last_blocked = machine;
			return false;
		}
		send(l, take_first(l, &m->held));
	}
	return true;
}

/* ---- for who carries parts: what is called here alone may be inlined ---- */

void flow_append(struct line *l, struct parts *list, uint32_t part)
{
	append(l, list, part);
}

uint32_t flow_take_first(struct line *l, struct parts *list)
{
	return take_first(l, list);
}

void flow_arrived(struct line *l, uint32_t part)
{
	arrived(l, part);
}

void flow_unblock_edge(struct line *l, uint32_t edge)
{
	unblock_edge(l, edge);
}
