/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted on the way, and what it comes to. */
#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "twin/line/line_impl.h"

static const char *const states[] = {
	[LINE_STARVED] = "starved",
	[LINE_BUSY] = "busy",
	[LINE_BLOCKED] = "blocked",
	[LINE_SETTING_UP] = "set-up",
	[LINE_DOWN] = "down",
	[LINE_MAINTAINED] = "maintenance",
	[LINE_UNATTENDED] = "unattended",
	[LINE_PAUSED] = "paused",
};

const char *line_state_name(enum line_state state)
{
	return states[state];
}

static bool is_active(enum line_state state)
{
	return state == LINE_BUSY || state == LINE_SETTING_UP || state == LINE_DOWN ||
	       state == LINE_MAINTAINED;
}

static void count_state(struct line *l, struct machine *m)
{
	l->stations[m->station].state_s[m->state] += l->now - m->since;
	m->since = l->now;
}

/* An active period that has ended is counted when it is sure that it has: a machine that
 * takes the next part at the same moment was not interrupted. */
static void end_active(struct line *l, struct machine *m)
{
	struct station *s = &l->stations[m->station];

	if (m->active_since < m->active_end) {
		s->active_sum += m->active_end - m->active_since;
		s->actives++;
	}
	m->active_since = m->active_end;
}

static void count_active(struct line *l, struct machine *m, enum line_state state)
{
	bool active = is_active(state);

	if (active && !m->active && m->active_end < l->now) {
		end_active(l, m);
		m->active_since = l->now;
	} else if (!active && m->active) {
		m->active_end = l->now;
	}
	m->active = active;
}

void figures_state(struct line *l, struct machine *m, enum line_state state)
{
	if (state != m->state) {
		count_state(l, m);
		count_active(l, m, state);
		m->state = state;
	}
	if (l->w->moment) {
		l->w->moment(l->w->arg, &(struct line_moment){
						l->now, m->station, m->server, state,
						m->held.n ? l->part[m->held.first].product
							  : NOBODY});
	}
}

void figures_in_line(struct line *l, int more)
{
	l->in_line_area += l->in_line * (l->now - l->in_line_since);
	l->in_line_since = l->now;
	l->in_line += (uint32_t)more;
}

void figures_left(struct line *l, const struct part *p, bool scrap)
{
	double lead = l->now - p->born;
	size_t bin_of_time = (size_t)(l->now / l->bin_s);
	int bin = (int)(log(fmax(lead, LEAD_MIN_S) / LEAD_MIN_S) / log(LEAD_GROWTH));

	l->last_out = l->now;
	if (scrap) {
		l->scrapped++;
		return;
	}
	l->good++;
	l->lead_sum += lead;
	l->lead_bins[bin < LEAD_BINS ? bin : LEAD_BINS - 1]++;
	if (bin_of_time < l->n_bins) {
		l->binned[bin_of_time]++;
	}
	if (isfinite(p->due)) {
		l->dated++;
		l->on_time += l->now <= p->due;
		l->late_sum += fmax(l->now - p->due, 0);
	}
}

void figures_reset(struct line *l)
{
	for (size_t i = 0; i < l->n_machines; i++) {
		count_state(l, &l->machines[i]);
		l->machines[i].active_since = l->machines[i].active_end = l->now;
	}
	for (size_t i = 0; i < l->c->n_stations; i++) {
		struct station *s = &l->stations[i];

		memset(s->state_s, 0, sizeof(s->state_s));
		s->wait_sum = s->queue_area = s->ideal_s = s->active_sum = 0;
		s->queue_since = l->now;
		s->waits = s->jobs = s->parts = s->scrapped = s->failures = 0;
		s->services = s->actives = 0;
	}
	for (size_t i = 0; i < l->c->n_operators; i++) {
		l->operators[i].work_s = l->operators[i].walk_s = 0;
		l->operators[i].walked_m = 0;
	}
	l->window = l->now;
	fleet_reset(l);
	hours_reset(l);
	l->in_line_area = l->sojourn = l->lead_sum = l->late_sum = 0;
	l->in_line_since = l->now;
	l->good = l->scrapped = l->dated = l->on_time = 0;
	memset(l->lead_bins, 0, sizeof(l->lead_bins));
}

/* ---- the end ---- */

/* The middle of the bin in which it lies, by its logarithm. */
static double lead_quantile(const struct line *l, double p)
{
	double wanted = p * (double)l->good, sum = 0;

	for (size_t i = 0; i < LEAD_BINS; i++) {
		sum += l->lead_bins[i];
		if (sum >= wanted && sum > 0) {
			return LEAD_MIN_S * pow(LEAD_GROWTH, (double)i + 0.5);
		}
	}
	return (double)NAN;
}

struct line_oee line_oee(double pbt_s, double apt_s, double pri_pq_s,
                         const double pq_gq[2])
{
	struct line_oee o = {.availability = pbt_s > 0 ? apt_s / pbt_s : (double)NAN,
	                     .effectiveness = apt_s > 0 ? pri_pq_s / apt_s : (double)NAN,
	                     .quality = pq_gq[0] > 0 ? pq_gq[1] / pq_gq[0] : (double)NAN};

	o.oee = o.availability * o.effectiveness * o.quality;
	return o;
}

static void judge_station(struct line *l, size_t i)
{
	struct line_station_figures *f = &l->station_figures[i];
	const struct station *s = &l->stations[i];
	const struct line_station *c = &l->c->stations[i];
	double time_s = l->now - l->window, all_s = time_s * c->servers;

	*f = (struct line_station_figures){.jobs = s->jobs,
	                                   .parts = s->parts,
	                                   .good = s->parts - s->scrapped,
	                                   .failures = s->failures,
	                                   .services = s->services};
	for (size_t k = 0; k < LINE_STATES; k++) {
		f->share[k] = s->state_s[k] / all_s;
		f->energy_j += s->state_s[k] * c->power_w[k];
	}
	f->oee = line_oee(all_s - s->state_s[LINE_PAUSED], s->state_s[LINE_BUSY],
	                  s->ideal_s, (double[]){(double)f->parts, (double)f->good});
	f->active_s = s->actives ? s->active_sum / (double)s->actives : 0;
	f->queue = s->queue_area / time_s;
	f->wait_s = s->waits ? s->wait_sum / (double)s->waits : (double)NAN;
}

static void judge_operators(struct line *l)
{
	double paid_s = 0;

	/* The time that is no break is what machines did not pause. */
	for (size_t i = 0; i < l->c->n_stations && i < 1; i++) {
		paid_s = (l->now - l->window) *
		         (1 - l->station_figures[i].share[LINE_PAUSED]);
	}
	for (size_t i = 0; i < l->c->n_operators; i++) {
		const struct operator* o = & l->operators[i];

		l->operator_figures[i] = (struct line_operator_figures){
			.working = o->work_s / paid_s,
			.walking = o->walk_s / paid_s,
			.walked_m = o->walked_m};
	}
}

/* Has everything that was ordered come and gone? */
static bool is_made(const struct line *l)
{
	bool made = l->in_line == 0 && line_is_ordered(l->c);

	for (size_t i = 0; i < l->c->n_sources; i++) {
		const struct line_source *s = &l->c->sources[i];

		for (size_t k = 0; k < s->n_orders; k++) {
			made = made && s->orders[k].at_s <= l->now;
		}
	}
	return made;
}

static void judge_line(struct line *l)
{
	static const double p[LINE_QUANTILES] = {0.05, 0.5, 0.95};
	struct line_figures *f = &l->figures;
	double time_s = l->now - l->window;

	*f = (struct line_figures){
		.time_s = time_s,
		.out = l->good + l->scrapped,
		.good = l->good,
		.scrapped = l->scrapped,
		.throughput = (double)l->good / time_s,
		.wip = l->in_line_area / time_s,
		.growth = (double)l->in_line - l->in_line_middle,
		.lead_s = l->good ? l->lead_sum / (double)l->good : (double)NAN,
		.on_time = l->dated ? (double)l->on_time / (double)l->dated : (double)NAN,
		.tardiness_s = l->dated ? l->late_sum / (double)l->dated : (double)NAN,
		.makespan_s = is_made(l) ? l->last_out - l->window : (double)NAN,
		.little = (l->in_line_area - l->sojourn) / time_s,
		.events = l->events,
		.stations = l->station_figures,
		.operators = l->operator_figures,
		.fleets = l->fleet_figures,
		.binned = l->binned,
		.n_bins = l->n_bins};
	for (size_t i = 0; i < LINE_QUANTILES; i++) {
		f->lead_quantiles_s[i] = lead_quantile(l, p[i]);
	}
	for (size_t i = 0; i < l->c->n_fleets; i++) {
		f->energy_j += l->fleet_figures[i].energy_j;
	}
	for (uint32_t i = 0; i < l->c->n_stations; i++) {
		f->energy_j += l->station_figures[i].energy_j;
		if (l->station_figures[i].active_s >
		    l->station_figures[f->bottleneck].active_s) {
			f->bottleneck = i;
		}
	}
}

/* Those that are still in a list have been in the line so long. */
static void count_list(struct line *l, const struct parts *list)
{
	for (uint32_t i = list->first, n = list->n; n > 0; n--, i = l->part[i].next) {
		l->sojourn += l->now - fmax(l->part[i].entered, l->window);
	}
}

static void count_travelling(struct line *l)
{
	const struct heap_event *all;
	size_t n = heap_events(&l->heap, &all);

	for (size_t i = 0; i < n; i++) {
		const struct heap_event *e = &all[i];

		if (e->kind == HAPPENS_TRAVELLED) {
			l->sojourn += l->now - fmax(l->part[e->who].entered, l->window);
		}
	}
}

void figures_close(struct line *l)
{
	figures_in_line(l, 0);
	for (uint32_t i = 0; i < l->c->n_stations; i++) {
		figures_queue(l, i, 0);
	}
	for (size_t i = 0; i < l->n_machines; i++) {
		count_state(l, &l->machines[i]);
		if (l->machines[i].active) {
			l->machines[i].active_end = l->now;
		}
		end_active(l, &l->machines[i]);
		count_list(l, &l->machines[i].held);
	}
	for (size_t i = 0; i < l->c->n_edges; i++) {
		count_list(l, &l->edges[i].waiting);
		count_list(l, &l->edges[i].calling);
	}
	for (size_t i = 0; i < l->n_vehicles; i++) {
		count_list(l, &l->vehicles[i].load);
	}
	fleet_close(l);
	for (size_t i = 0; i < l->c->n_sources; i++) {
		count_list(l, &l->sources[i].backlog);
	}
	count_travelling(l);
	for (size_t i = 0; i < l->c->n_stations; i++) {
		judge_station(l, i);
	}
	for (uint32_t i = 0; i < l->c->n_operators; i++) {
		machine_count_operator(l, i);
	}
	judge_operators(l);
	judge_line(l);
	hours_close(l);
}
