/* SPDX-License-Identifier: Apache-2.0 */
/* Vehicles between stations, against what can be counted by hand. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "line_cases.h"
#include "twin/plant/rng.h"

/* Two stations 100 m apart, and vehicles between them. */
struct fleet_case {
	struct line_case c;
	struct line_fleet fleet;
};

static void by_vehicles(struct line_edge *e, uint32_t places)
{
	e->fleet = 1;
	e->capacity = places;
	e->pick_up = places;
	e->distance_m = (double)NAN;
}

static void build(struct fleet_case *f, uint32_t count, uint32_t capacity)
{
	*f = (struct fleet_case){.fleet = {.id = "agv",
	                                   .count = count,
	                                   .capacity = capacity,
	                                   .speed = 1,
	                                   .detour = 1,
	                                   .load = constant(10),
	                                   .unload = constant(10)}};
	chain(&f->c, 2, 100);
	f->c.source.unlimited = true;
	f->c.stations[0] = station(constant(1));
	f->c.stations[1] = station(constant(1));
	f->c.stations[1].x = 100;
	by_vehicles(&f->c.edges[1], 100);
	f->c.config.fleets = &f->fleet;
	f->c.config.n_fleets = 1;
}

static struct line *ran(const struct fleet_case *f, double warm_up_s, double for_s)
{
	struct line *l = NULL;
	size_t which = 0;
	const char *why = line_mistake(&f->c.config, &which);

	if (why) {
		fail_msg("%s (%zu)", why, which);
	}
	assert_int_equal(line_run(&l, &f->c.config,
	                          &(struct line_wish){.seed = 1,
	                                              .warm_up_s = warm_up_s,
	                                              .for_s = for_s}),
	                 0);
	return l;
}

static void near(const char *what, double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance)) {
		fail_msg("%s: %.12g, not %.12g within %g", what, got, want, tolerance);
	}
}

/* There, back, and a stop at each end: 220 s for as many as it carries. */
static void round_trips_say_the_throughput(void **state)
{
	static const uint32_t cases[][2] = {{1, 1}, {2, 1}, {1, 3}, {4, 5}, {20, 2}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double parts = cases[i][0] * cases[i][1];
		struct fleet_case f;
		const struct line_fleet_figures *v;
		struct line *l;

		build(&f, cases[i][0], cases[i][1]);
		l = ran(&f, 2200, 220000);
		v = line_figures(l)->fleets;
		near("throughput", line_figures(l)->throughput, parts / 220, 1e-3);
		near("loaded", v->share[LINE_LOADED], 100.0 / 220, 1e-3);
		near("empty", v->share[LINE_EMPTY], 100.0 / 220, 1e-3);
		near("loading", v->share[LINE_LOADING], 10.0 / 220, 1e-3);
		near("waiting", v->share[LINE_WAITING], 0, 1e-3);
		near("driven", v->driven_m, 200 * (double)v->trips, 200 * cases[i][0]);
		near("a load", (double)v->parts / (double)v->trips, cases[i][1], 1e-9);
		line_free(l);
	}
}

/* With time to spare each part waits for its vehicle to come and load: one stands at the
 * other end by then. */
static void a_part_alone_waits_for_its_vehicle(void **state)
{
	struct fleet_case f;
	const struct line_figures *g;
	struct line *l;

	(void)state;
	build(&f, 1, 1);
	f.c.source.unlimited = false;
	f.c.source.every = constant(500);
	l = ran(&f, 1000, 500000);
	g = line_figures(l);
	near("until it is loaded", g->fleets->fetched_s, 110, 1e-9);
	near("lead", g->lead_s, 1 + 110 + 110 + 1, 1e-9);
	near("active", g->fleets->active_s, 220, 1);
	line_free(l);
	/* with detours, and another way when it is loaded */
	f.fleet.detour = 1.5;
	f.fleet.speed = 2;
	f.c.edges[1].distance_m = 80;
	l = ran(&f, 1000, 500000);
	g = line_figures(l);
	near("until it is loaded", g->fleets->fetched_s, 75 + 10, 1e-9);
	near("lead", g->lead_s, 1 + 85 + 40 + 10 + 1, 1e-9);
	line_free(l);
}

/* What is not fetched blocks, and what is not taken is not fetched. */
static void places_at_both_ends_are_kept(void **state)
{
	struct fleet_case f;
	const struct line_figures *g;
	struct line *l;

	(void)state;
	build(&f, 3, 2);
	f.c.stations[1] = station(constant(1000)); /* one in 1000 s goes on */
	f.c.stations[1].x = 100;
	by_vehicles(&f.c.edges[1], 2);
	l = ran(&f, 5000, 100000);
	g = line_figures(l);
	near("throughput", g->throughput, 1e-3, 1e-5);
	near("first is blocked", g->stations[0].share[LINE_BLOCKED], 0.999, 1e-2);
	/* two called, one on the machine, 100 before it, two there, one at work */
	near("in the line", g->wip, 106, 0.5);
	assert_true(g->stations[1].queue <= 2);
	line_free(l);
}

/* On duty for 2200 s, ten round trips; then home, which is at the first station. */
static void they_are_charged(void **state)
{
	struct fleet_case f;
	const struct line_fleet_figures *v;
	struct line *l;

	(void)state;
	build(&f, 1, 1);
	f.fleet.runs_s = 2200 - 100; /* it is on its way to the first when it is due */
	f.fleet.charge_s = 780;
	f.fleet.power_w[1] = 1000;
	l = ran(&f, 0, 2980000);
	v = line_figures(l)->fleets;
	near("charging", v->share[LINE_CHARGING], 780.0 / 2980, 1e-3);
	near("waiting", v->share[LINE_WAITING], 0, 1e-3);
	near("trips", (double)v->trips, 10000, 20);
	near("energy", v->energy_j, 2.2e9, 2e6);
	line_free(l);
}

/* Two ways, 1000 m from each other, and two vehicles.  The far way called at 1 s, for
 * which one drives 1000 s, and at 51 s; the near one at 1 and 11 s.  Who brought its
 * first part is free at 121 s: the call of 11 s is the oldest that nobody comes for. */
static void the_oldest_call_is_next(void **state)
{
	static const struct line_order far[] = {{"a", 0, 0, 1, INFINITY},
	                                        {"b", 50, 0, 1, INFINITY}},
				       near_by[] = {{"c", 0, 0, 1, INFINITY},
	                                            {"d", 10, 0, 1, 400}};
	static struct line_source sources[2];
	struct fleet_case f;
	struct line *l;

	(void)state;
	build(&f, 2, 1);
	sources[0] = (struct line_source){.id = "x", .orders = far, .n_orders = 2};
	sources[1] = (struct line_source){.id = "y", .orders = near_by, .n_orders = 2};
	f.c.config.sources = sources;
	f.c.config.n_sources = 2;
	f.c.stations[2] = f.c.stations[0];
	f.c.stations[3] = f.c.stations[1];
	f.c.stations[0].y = f.c.stations[1].y = 1000;
	f.c.config.n_stations = 4;
	f.c.edges[3] = way(1, 2, 10);
	f.c.edges[3].of_source = true;
	f.c.edges[4] = way(2, 3, 10);
	by_vehicles(&f.c.edges[4], 10);
	f.c.edges[5] = way(3, LINE_OUT, 10);
	f.c.config.n_edges = 6;
	l = ran(&f, 0, 2000);
	assert_int_equal(line_figures(l)->good, 4);
	near("on time", line_figures(l)->on_time, 1, 1e-12);
	near("makespan", line_figures(l)->makespan_s,
	     341 + hypot(100, 1000) + 10 + 100 + 10 + 1, 1e-9);
	line_free(l);
}

/* Nothing is lost, doubled or stuck in lines that are drawn. */
static void parts_are_kept_in_any_line(void **state)
{
	static const struct line_order ordered = {"all", 0, 0, 200, INFINITY};

	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct fleet_case f;
		const struct line_figures *g;
		struct line *l;
		struct rng r;
		double shares = 0;

		rng_init(&r, seed, 2);
		build(&f, 1 + (uint32_t)(3 * rng_uniform(&r)),
		      1 + (uint32_t)(4 * rng_uniform(&r)));
		f.c.config.n_stations = 5;
		f.c.config.n_edges = 6;
		f.fleet.load = exponential(5);
		f.fleet.runs_s = 3000 * rng_uniform(&r);
		f.fleet.charge_s = seed % 2 ? 500 : 0;
		for (uint32_t i = 0; i < 6; i++) {
			struct line_edge *e = &f.c.edges[i];

			*e = way(i ? i - 1 : 0, i < 5 ? i : LINE_OUT,
			         1 + (uint32_t)(5 * rng_uniform(&r)));
			e->of_source = i == 0;
			e->take = i > 0 && i < 5 && e->capacity > 3 ? 2 : 1;
			if (i > 0 && i < 5 && rng_uniform(&r) < 0.6) {
				by_vehicles(e, e->capacity);
			}
		}
		for (uint32_t i = 0; i < 5; i++) {
			f.c.stations[i] = station(exponential(20));
			f.c.stations[i].x = 60 * rng_uniform(&r);
			f.c.stations[i].y = 60 * rng_uniform(&r);
			f.c.stations[i].servers = 1 + (uint32_t)(2 * rng_uniform(&r));
		}
		l = ran(&f, 2000, 50000);
		g = line_figures(l);
		near("Little", g->little, 0, 1e-9 * g->wip);
		assert_true(g->good > 50);
		for (size_t k = 0; k < LINE_DRIVES; k++) {
			shares += g->fleets->share[k];
		}
		near("shares", shares, 1, 1e-9);
		assert_true(g->fleets->parts <=
		            g->fleets->trips * f.fleet.capacity + f.fleet.count);
		line_free(l);
		/* what is ordered comes, all of it and once */
		f.c.source.unlimited = false;
		f.c.source.orders = &ordered;
		f.c.source.n_orders = 1;
		l = ran(&f, 0, 1000000);
		assert_int_equal(line_figures(l)->good, ordered.n);
		assert_true(isfinite(line_figures(l)->makespan_s));
		line_free(l);
	}
}

static void what_is_no_fleet_is_said(void **state)
{
	struct fleet_case f;
	struct line *l = NULL;
	size_t which;

	(void)state;
	build(&f, 0, 1);
	assert_non_null(line_mistake(&f.c.config, &which));
	build(&f, 1, 1);
	f.fleet.detour = 0.5;
	assert_non_null(line_mistake(&f.c.config, &which));
	build(&f, 1, 1);
	by_vehicles(&f.c.edges[0], 10);
	assert_string_equal(line_mistake(&f.c.config, &which),
	                    "a way by vehicles leads from a station to a station");
	build(&f, 1, 1);
	f.c.edges[1].fleet = 2;
	assert_non_null(line_mistake(&f.c.config, &which));
	build(&f, 1, 1);
	f.c.edges[1].travel_s = 5;
	assert_int_equal(line_run(&l, &f.c.config, &(struct line_wish){.for_s = 1}),
	                 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips_say_the_throughput),
		cmocka_unit_test(a_part_alone_waits_for_its_vehicle),
		cmocka_unit_test(places_at_both_ends_are_kept),
		cmocka_unit_test(they_are_charged),
		cmocka_unit_test(the_oldest_call_is_next),
		cmocka_unit_test(parts_are_kept_in_any_line),
		cmocka_unit_test(what_is_no_fleet_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
