/* SPDX-License-Identifier: Apache-2.0 */
/* Fleets, and the ways on which they bring parts. */
#include <math.h>
#include <string.h>

#include "gateway/line/line_build.h"

enum { IDLE, BUSY };

static void read_fleet(struct line_build *b, const struct schema_view *v,
                       struct line_fleet *out)
{
	struct schema_view battery = schema_sub(v, "battery"),
			   power = schema_sub(v, "power");
	double xy[2];

	line_place(b, v, "at", xy);
	*out = (struct line_fleet){.id = schema_text(v, "id"),
	                           .count = (uint32_t)schema_int(v, "count"),
	                           .capacity = (uint32_t)schema_int(v, "capacity"),
	                           .speed = schema_real(v, "speed"),
	                           .detour = schema_real(v, "detour"),
	                           .load = line_dist(b, v, "load"),
	                           .unload = line_dist(b, v, "unload"),
	                           .x = xy[0],
	                           .y = xy[1]};
	if (battery.map) {
		out->runs_s = line_seconds(&battery, "runs");
		out->charge_s = line_seconds(&battery, "charge");
	}
	out->power_w[IDLE] = schema_real(&power, "idle");
	out->power_w[BUSY] = schema_real(&power, "busy");
}

void line_vehicles_build(struct line_build *b)
{
	size_t n = schema_count(&b->root, "vehicles");
	struct line_fleet *fleets = line_room(b, n, sizeof(*fleets));
	double *investment = line_room(b, n, sizeof(*investment));

	for (size_t i = 0; fleets && investment && i < n; i++) {
		struct schema_view v = schema_item(&b->root, "vehicles", i);

		if (v.map) {
			read_fleet(b, &v, &fleets[i]);
			investment[i] = schema_real(&v, "investment");
		}
	}
	b->setup->config.fleets = fleets;
	b->setup->config.n_fleets = b->full ? 0 : n;
	b->setup->fleet_investment = investment;
}

static uint32_t find_fleet(struct line_build *b, const struct node *by)
{
	const struct line_config *c = &b->setup->config;
	struct nearest near = {.word = by->text};

	for (uint32_t i = 0; i < c->n_fleets; i++) {
		if (c->fleets[i].id && strcmp(c->fleets[i].id, by->text) == 0) {
			return i + 1;
		}
		nearest_offer(&near, c->fleets[i].id ? c->fleets[i].id : "");
	}
	line_unknown(b, by, "fleet", &near);
	return 0;
}

/* They drive between places. */
static void check_place(struct line_build *b, const struct node *by, uint32_t station)
{
	struct schema_view v = schema_item(&b->root, "stations", station);

	if (v.map && !schema_node(&v, "at")) {
		complaint_error(b->said, by->at,
		                "vehicles drive by the places of stations: '%s' has no "
		                "'at'",
		                b->setup->config.stations[station].id);
	}
}

void line_vehicles_way(struct line_build *b, const struct schema_view *v,
                       struct line_edge *out)
{
	const struct node *by = schema_node(v, "by");

	if (!by) {
		const struct node *alone = schema_node(v, "distance");

		alone = alone ? alone : schema_node(v, "pick_up");
		if (alone) {
			complaint_error(b->said, alone->at,
			                "'distance' and 'pick_up' are of a way 'by' "
			                "vehicles");
		}
		return;
	}
	out->fleet = find_fleet(b, by);
	out->pick_up = (uint32_t)schema_int(v, "pick_up");
	out->distance_m = schema_node(v, "distance") ? schema_real(v, "distance")
	                                             : (double)NAN;
	if (out->of_source || out->to == LINE_OUT) {
		complaint_error(b->said, by->at,
		                "a way by vehicles leads from a station to a station");
		return;
	}
	if (schema_node(v, "travel")) {
		complaint_error(b->said, by->at,
		                "'by' or 'travel': vehicles have a speed of their own");
	}
	check_place(b, by, out->from);
	check_place(b, by, out->to);
}
