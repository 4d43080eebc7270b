/* SPDX-License-Identifier: Apache-2.0 */
/* Is it a line at all? */
#include <math.h>

#include "twin/line/line.h"

static bool is_positive(double x)
{
	return x > 0 && isfinite(x);
}

static const char *check_products(const struct line_config *c, size_t *which)
{
	double sum = 0;

	if (c->n_products < 1 || c->n_products > LINE_PRODUCTS_MAX) {
		return "a line makes 1 to 32 products";
	}
	for (*which = 0; *which < c->n_products; ++*which) {
		const struct line_product *p = &c->products[*which];

		if (!(p->share >= 0) || !isfinite(p->share) || isnan(p->due_s)) {
			return "a product's share or due time is no number";
		}
		sum += p->share;
	}
	return is_positive(sum) ? NULL : "no product has a share";
}

static const char *check_orders(const struct line_config *c, const struct line_source *s)
{
	for (size_t i = 0; i < s->n_orders; i++) {
		const struct line_order *o = &s->orders[i];

		if (!(o->at_s >= 0) || !isfinite(o->at_s) || isnan(o->due_s) ||
		    o->product >= c->n_products) {
			return "an order's time or product is out of range";
		}
	}
	return NULL;
}

static uint32_t leave(const struct line_config *c, bool source, uint32_t from)
{
	uint32_t products = 0;

	for (size_t i = 0; i < c->n_edges; i++) {
		if (c->edges[i].of_source == source && c->edges[i].from == from) {
			products |= c->edges[i].products;
		}
	}
	return products;
}

static bool all_products(const struct line_config *c, uint32_t products)
{
	for (size_t i = 0; i < c->n_products; i++) {
		if (!(products >> i & 1)) {
			return false;
		}
	}
	return true;
}

/* Parts whenever there is room, and room without end. */
static bool floods(const struct line_config *c, const struct line_source *s)
{
	size_t own = (size_t)(s - c->sources);
	bool found = false;

	for (size_t i = 0; i < c->n_edges && s->unlimited && s->wip == 0; i++) {
		const struct line_edge *e = &c->edges[i];

		found = found || (e->of_source && e->from == own && e->to != LINE_OUT &&
		                  e->capacity == UINT32_MAX);
	}
	return found;
}

static const char *check_sources(const struct line_config *c, size_t *which)
{
	if (c->n_sources < 1) {
		return "a line has a source";
	}
	for (*which = 0; *which < c->n_sources; ++*which) {
		const struct line_source *s = &c->sources[*which];
		const char *why = check_orders(c, s);

		if (why) {
			return why;
		}
		if (!s->unlimited && s->n_orders == 0 &&
		    (!dist_is_valid(&s->every) || !(dist_mean(&s->every) > 0))) {
			return "a source's time between parts is none";
		}
		if (!all_products(c, leave(c, true, (uint32_t)*which))) {
			return "a source has no way for some product";
		}
		if (floods(c, s)) {
			return "a source that gives whenever there is room wants "
			       "'places' on its way, or 'wip'";
		}
	}
	return NULL;
}

static const char *check_vehicles(const struct line_config *c, const struct line_edge *e)
{
	if (e->fleet > c->n_fleets || e->of_source || e->to == LINE_OUT) {
		return "a way by vehicles leads from a station to a station";
	}
	if (e->travel_s > 0 || e->pick_up < 1 || e->capacity < 1) {
		return "a way by vehicles has places at both ends, and no travel time of "
		       "its own";
	}
	return !isnan(e->distance_m) && !(e->distance_m >= 0 && isfinite(e->distance_m))
	               ? "a way's distance is no number"
	               : NULL;
}

static const char *check_fleets(const struct line_config *c, size_t *which)
{
	if (c->n_fleets > LINE_FLEETS_MAX) {
		return "at most 32 fleets";
	}
	for (*which = 0; *which < c->n_fleets; ++*which) {
		const struct line_fleet *f = &c->fleets[*which];

		if (f->count < 1 || f->count > LINE_VEHICLES_MAX || f->capacity < 1 ||
		    !is_positive(f->speed) || !(f->detour >= 1) || !isfinite(f->detour)) {
			return "a fleet's vehicles, what they carry or how fast they are "
			       "is "
			       "out of range";
		}
		if (!dist_is_valid(&f->load) || !dist_is_valid(&f->unload) ||
		    !isfinite(f->x + f->y) || !(f->runs_s >= 0) || !(f->charge_s >= 0) ||
		    !isfinite(f->runs_s + f->charge_s)) {
			return "a fleet's times or place are no numbers";
		}
	}
	return NULL;
}

static const char *check_edges(const struct line_config *c, size_t *which)
{
	for (*which = 0; *which < c->n_edges; ++*which) {
		const struct line_edge *e = &c->edges[*which];

		if (e->from >= (e->of_source ? c->n_sources : c->n_stations) ||
		    (e->to != LINE_OUT && e->to >= c->n_stations)) {
			return "a way leads from or to nowhere";
		}
		if (!is_positive(e->share) || !(e->travel_s >= 0) ||
		    !isfinite(e->travel_s)) {
			return "a way's share or time is no number";
		}
		if (e->to != LINE_OUT && (e->take < 1 || e->take > LINE_TAKE_MAX)) {
			return "1 to 1000 parts are taken at once";
		}
		if (e->fleet && check_vehicles(c, e)) {
			return check_vehicles(c, e);
		}
		if (e->to != LINE_OUT && e->capacity < e->take &&
		    (e->take > 1 || c->stations[e->to].join || e->travel_s > 0)) {
			return "a way has fewer places than parts are taken from it";
		}
	}
	return NULL;
}

static const char *check_times(const struct line_station *s)
{
	if (!dist_is_valid(&s->time)) {
		return "a station's time is no distribution of times";
	}
	if (s->fails && (!dist_is_valid(&s->up) || !(dist_mean(&s->up) > 0) ||
	                 !dist_is_valid(&s->down))) {
		return "a station's failures are no distributions of times";
	}
	if (s->policy != LINE_RUN_TO_FAILURE &&
	    (!is_positive(s->every_s) || !dist_is_valid(&s->service))) {
		return "a station's maintenance has no times";
	}
	return NULL;
}

static const char *check_numbers(const struct line_config *c,
                                 const struct line_station *s)
{
	for (size_t i = 0; s->factors && i < c->n_products; i++) {
		if (!is_positive(s->factors[i])) {
			return "a station's factor of a product is not above 0";
		}
	}
	for (size_t i = 0; s->setups_s && i < c->n_products * c->n_products; i++) {
		if (!(s->setups_s[i] >= 0) || !isfinite(s->setups_s[i])) {
			return "a station's set-up time is no time";
		}
	}
	return NULL;
}

static bool somebody_can(const struct line_config *c, uint32_t skill)
{
	for (size_t i = 0; i < c->n_operators; i++) {
		if (c->operators[i].skills & skill) {
			return true;
		}
	}
	return skill == 0;
}

static const char *check_stations(const struct line_config *c, size_t *which)
{
	if (c->n_stations < 1 || c->n_stations > LINE_STATIONS_MAX) {
		return "a line has 1 to 1000 stations";
	}
	for (*which = 0; *which < c->n_stations; ++*which) {
		const struct line_station *s = &c->stations[*which];
		const char *why = check_times(s);

		why = why ? why : check_numbers(c, s);
		if (why) {
			return why;
		}
		if (s->servers < 1 || s->servers > LINE_SERVERS_MAX ||
		    s->gives > LINE_TAKE_MAX) {
			return "a station has 1 to 1000 machines, and gives as many "
			       "parts";
		}
		if (!somebody_can(c, s->skill) || !somebody_can(c, s->repair_skill)) {
			return "no operator can what a station wants";
		}
		if (!all_products(c, leave(c, false, (uint32_t)*which))) {
			return "a station has no way out for some product";
		}
	}
	return NULL;
}

static const char *check_breaks(const struct line_config *c, size_t *which)
{
	double before = 0;

	for (*which = 0; *which < c->n_breaks; ++*which) {
		const struct line_break *b = &c->breaks[*which];

		if (!(b->at_s >= before) || !is_positive(b->for_s) ||
		    !(b->at_s + b->for_s <= c->period_s)) {
			return "breaks are in order, apart, and within their period";
		}
		before = b->at_s + b->for_s;
	}
	return NULL;
}

static const char *check_operators(const struct line_config *c, size_t *which)
{
	for (*which = 0; *which < c->n_operators; ++*which) {
		const struct line_operator *o = &c->operators[*which];

		if (!is_positive(o->speed) || !isfinite(o->x + o->y)) {
			return "an operator's speed or place is no number";
		}
	}
	return NULL;
}

const char *line_mistake(const struct line_config *c, size_t *which)
{
	const char *why = check_products(c, which);

	why = why ? why : check_stations(c, which);
	why = why ? why : check_fleets(c, which);
	why = why ? why : check_edges(c, which);
	why = why ? why : check_sources(c, which);
	why = why ? why : check_operators(c, which);
	return why ? why : check_breaks(c, which);
}

bool line_is_ordered(const struct line_config *c)
{
	for (size_t i = 0; i < c->n_sources; i++) {
		if (c->sources[i].n_orders == 0) {
			return false;
		}
	}
	return c->n_sources > 0;
}
