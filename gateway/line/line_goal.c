/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_goal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/quantity.h"
#include "gateway/line/line_study.h"

#define H_S   3600.0
#define KWH_J 3.6e6

/* ---- figures ---- */

enum {
	FIGURE_GOOD = MEASURES, /* those of the study by their numbers, then: */
	FIGURE_ENERGY,
	FIGURE_SETUPS,
	FIGURE_INVESTMENT,
	FIGURE_FLOOR,
};

static const struct {
	struct goal_figure figure;
	size_t number;
} figures[] = {
	{{"throughput", "1/h"}, MEASURE_THROUGHPUT},
	{{"good", ""}, FIGURE_GOOD},
	{{"makespan", "s"}, MEASURE_MAKESPAN},
	{{"tardiness", "s"}, MEASURE_TARDINESS},
	{{"on_time", ""}, MEASURE_ON_TIME},
	{{"lead_time", "s"}, MEASURE_LEAD},
	{{"lead_time_95", "s"}, MEASURE_LEAD_95},
	{{"wip", ""}, MEASURE_WIP},
	{{"scrap", ""}, MEASURE_SCRAP},
	{{"energy", "kWh"}, FIGURE_ENERGY},
	{{"energy_a_part", "kWh"}, MEASURE_ENERGY},
	{{"setups", "h"}, FIGURE_SETUPS},
	{{"investment", ""}, FIGURE_INVESTMENT},
	{{"floor", "m2"}, FIGURE_FLOOR},
};

/* ---- what may be moved ---- */

enum knob {
	KNOB_MACHINES,
	KNOB_MAINTENANCE,
	KNOB_PLACES,
	KNOB_WIP,
	KNOB_VEHICLES,
	KNOBS,
};
enum { KNOB_BITS = 4 };

static const struct {
	const char *key, *unit;
	double least, most;
} knobs[KNOBS] = {
	[KNOB_MACHINES] = {"machines", "", 1, LINE_SERVERS_MAX},
	[KNOB_MAINTENANCE] = {"maintenance", "h", 0.01, 1e5},
	[KNOB_PLACES] = {"places", "", 1, 1e6},
	[KNOB_WIP] = {"wip", "", 1, 1e6},
	[KNOB_VEHICLES] = {"count", "", 1, LINE_VEHICLES_MAX},
};

/* The only way into a station; -1: there are several, or none has an end. */
static int64_t way_into(const struct line_config *c, size_t station)
{
	int64_t found = -1;

	for (size_t i = 0; i < c->n_edges; i++) {
		if (c->edges[i].to == station) {
			if (found >= 0 || c->edges[i].capacity == UINT32_MAX) {
				return -1;
			}
			found = (int64_t)i;
		}
	}
	return found;
}

/* @return its number as of today, where that can be moved; NAN: it cannot */
static double today_of(const struct line_config *c, enum knob knob, size_t i)
{
	int64_t way;

	switch (knob) {
	case KNOB_MACHINES:
		return i < c->n_stations ? c->stations[i].servers : (double)NAN;
	case KNOB_MAINTENANCE:
		return i < c->n_stations && c->stations[i].policy != LINE_RUN_TO_FAILURE
		               ? c->stations[i].every_s / H_S
		               : (double)NAN;
	case KNOB_PLACES:
		way = i < c->n_stations ? way_into(c, i) : -1;
		return way >= 0 ? c->edges[way].capacity : (double)NAN;
	case KNOB_WIP:
		return i < c->n_sources && c->sources[i].wip > 0 ? c->sources[i].wip
		                                                 : (double)NAN;
	case KNOB_VEHICLES:
		return i < c->n_fleets ? c->fleets[i].count : (double)NAN;
	case KNOBS:
		break;
	}
	return (double)NAN;
}

/* Where in the line it is that a knob belongs to. */
static size_t count_of(const struct line_config *c, size_t knob)
{
	return knob == KNOB_WIP        ? c->n_sources
	       : knob == KNOB_VEHICLES ? c->n_fleets
	                               : c->n_stations;
}

static const char *name_of(const struct line_config *c, size_t knob, size_t i)
{
	return knob == KNOB_WIP        ? c->sources[i].id
	       : knob == KNOB_VEHICLES ? c->fleets[i].id
	                               : c->stations[i].id;
}

static bool is_called(const char *id, const char *name, size_t n)
{
	return strncmp(id, name, n) == 0 && !id[n];
}

/* "capper.machines".  A station's name may have dots. */
static bool find(void *arg, const char *name, struct goal_variable *out)
{
	const struct line_goal *l = arg;
	const struct line_config *c = &l->setup->config;
	const char *dot = strrchr(name, '.');
	size_t knob = 0, i = 0, length = dot ? (size_t)(dot - name) : 0;

	while (dot && knob < KNOBS && strcmp(knobs[knob].key, dot + 1) != 0) {
		knob++;
	}
	if (!dot || knob == KNOBS) {
		return false;
	}
	while (i < count_of(c, knob) && !is_called(name_of(c, knob, i), name, length)) {
		i++;
	}
	*out = (struct goal_variable){.number = (uint32_t)(i << KNOB_BITS | knob),
	                              .name = arena_format(l->arena, "%s", name),
	                              .unit = knobs[knob].unit,
	                              .least = knobs[knob].least,
	                              .most = knobs[knob].most};
	out->range.today = today_of(c, (enum knob)knob, i);
	if (knob == KNOB_PLACES && isfinite(out->range.today)) {
		/* so many are taken at once */
		out->least = fmax(out->least, c->edges[way_into(c, i)].take);
	}
	return out->name && isfinite(out->range.today);
}

/* ---- the order ---- */

static const struct line_order *orders_of(const struct line_goal *l)
{
	return l->setup->config.sources[l->source].orders;
}

/* Stable: of two alike the one that is first today. */
static void sort_start(const struct line_goal *l, double *x, size_t n, bool by_due)
{
	const struct line_order *o = orders_of(l);

	for (size_t i = 1; i < n; i++) {
		double moved = x[i];
		size_t k = i;

		for (; k > 0; k--) {
			const struct line_order *a = &o[(size_t)x[k - 1]],
						*b = &o[(size_t)moved];

			if (by_due ? !(a->due_s > b->due_s) : a->product <= b->product) {
				break;
			}
			x[k] = x[k - 1];
		}
		x[k] = moved;
	}
}

/* As today, by due date, and product after product. */
static void make_starts(struct line_goal *l)
{
	struct goal_order *order = &l->order;

	order->n_starts = 3;
	for (size_t k = 0; k < order->n_starts; k++) {
		for (size_t i = 0; i < order->n; i++) {
			order->starts[k][i] = (double)i;
		}
		if (k > 0) {
			sort_start(l, order->starts[k], order->n, k == 1);
		}
	}
}

static const struct goal_order *find_order(void *arg, const char *name)
{
	struct line_goal *l = arg;
	const struct line_config *c = &l->setup->config;
	const char **names;

	l->source = 0;
	while (l->source < c->n_sources && strcmp(c->sources[l->source].id, name) != 0) {
		l->source++;
	}
	if (l->source == c->n_sources || c->sources[l->source].n_orders < 2 ||
	    c->sources[l->source].n_orders > SEARCH_X_MAX) {
		return NULL;
	}
	l->order.n = c->sources[l->source].n_orders;
	names = arena_array(l->arena, l->order.n, sizeof(*names));
	for (size_t i = 0; names && i < l->order.n; i++) {
		names[i] = orders_of(l)[i].id;
	}
	l->order.names = names;
	make_starts(l);
	return names ? &l->order : NULL;
}

static const char *no_variant(void *arg, size_t i)
{
	(void)arg;
	(void)i;
	return NULL;
}

/* ---- one run ---- */

/* A line of one's own, to be changed. */
struct copy {
	struct line_config c;
	struct line_station *stations;
	struct line_edge *edges;
	struct line_source *sources;
	struct line_order *orders;
	struct line_fleet *fleets;
};

static void *duplicate(const void *all, size_t n, size_t size)
{
	void *own = calloc(n + 1, size);

	if (own && n > 0) {
		memcpy(own, all, n * size);
	}
	return own;
}

static int copy_line(struct copy *out, const struct line_goal *l)
{
	const struct line_config *c = &l->setup->config;
	size_t n = l->order.n;

	out->c = *c;
	out->stations = duplicate(c->stations, c->n_stations, sizeof(*out->stations));
	out->edges = duplicate(c->edges, c->n_edges, sizeof(*out->edges));
	out->sources = duplicate(c->sources, c->n_sources, sizeof(*out->sources));
	out->fleets = duplicate(c->fleets, c->n_fleets, sizeof(*out->fleets));
	out->orders = duplicate(n ? orders_of(l) : NULL, n, sizeof(*out->orders));
	out->c.stations = out->stations;
	out->c.edges = out->edges;
	out->c.sources = out->sources;
	out->c.fleets = out->fleets;
	return out->stations && out->edges && out->sources && out->orders && out->fleets
	               ? 0
	               : -ENOMEM;
}

static void free_copy(struct copy *c)
{
	free(c->stations);
	free(c->edges);
	free(c->sources);
	free(c->orders);
	free(c->fleets);
}

static void turn(struct copy *c, uint32_t number, double x)
{
	size_t i = number >> KNOB_BITS;
	uint32_t count = (uint32_t)lround(x);

	switch ((enum knob)(number & ((1U << KNOB_BITS) - 1))) {
	case KNOB_MACHINES:
		c->stations[i].servers = count;
		break;
	case KNOB_MAINTENANCE:
		c->stations[i].every_s = x * H_S;
		break;
	case KNOB_PLACES:
		c->edges[way_into(&c->c, i)].capacity = count;
		break;
	case KNOB_WIP:
		c->sources[i].wip = count;
		break;
	case KNOB_VEHICLES:
		c->fleets[i].count = count;
		break;
	case KNOBS:
		break;
	}
}

/* None is released before the one that goes before it. */
static void put_in_order(struct copy *c, const struct line_goal *l, const double *x)
{
	double at_s = 0;

	for (size_t i = 0; i < l->order.n; i++) {
		c->orders[i] = orders_of(l)[(size_t)x[i]];
		at_s = fmax(at_s, c->orders[i].at_s);
		c->orders[i].at_s = at_s;
	}
	c->sources[l->source].orders = c->orders;
}

static double known(double x)
{
	return isnan(x) ? 0 : x;
}

static void take(const struct line_goal *l, const struct copy *c,
                 const struct line_figures *f, double *out)
{
	double all[FIGURE_FLOOR + 1] = {0};

	line_measures_of(f, all);
	all[FIGURE_GOOD] = (double)f->good;
	all[FIGURE_ENERGY] = f->energy_j / KWH_J;
	for (size_t i = 0; i < c->c.n_stations; i++) {
		double machines = c->stations[i].servers;

		all[FIGURE_SETUPS] += f->stations[i].share[LINE_SETTING_UP] * machines *
		                      f->time_s / H_S;
		all[FIGURE_INVESTMENT] += machines *
		                          known(l->setup->modules[i].investment);
		all[FIGURE_FLOOR] += machines * known(l->setup->modules[i].floor_m2);
	}
	for (size_t i = 0; i < l->setup->n_cells; i++) {
		all[FIGURE_INVESTMENT] += known(l->setup->cells[i].investment);
		all[FIGURE_FLOOR] += known(l->setup->cells[i].floor_m2);
	}
	for (size_t i = 0; i < c->c.n_fleets; i++) {
		all[FIGURE_INVESTMENT] += c->fleets[i].count *
		                          known(l->setup->fleet_investment[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
		out[i] = all[figures[i].number];
	}
}

static int run_trial(void *arg, const double *x, uint64_t draw, double *out)
{
	const struct line_goal *l = arg;
	const struct goal *goal = l->goal;
	struct copy c = {.stations = NULL};
	struct line *line = NULL;
	int err = copy_line(&c, l);

	for (size_t k = 0; k < goal->n_variables && !err; k++) {
		turn(&c, goal->variables[k].number, x[k]);
	}
	if (!err && goal->order) {
		put_in_order(&c, l, x);
	}
	err = err ? err
	          : line_run(&line, &c.c,
	                     &(struct line_wish){.seed = line_seed(&l->run, draw),
	                                         .warm_up_s = l->warm_up_s,
	                                         .for_s = l->run.for_s});
	if (!err) {
		take(l, &c, line_figures(line), out);
		line_free(line);
	}
	free_copy(&c);
	return err;
}

const struct goal *line_goal_bind(struct line_goal *l, struct goal_file *f,
                                  const struct line_setup *setup,
                                  const struct line_run *run, FILE *complaints)
{
	static struct goal_figure names[ARRAY_SIZE(figures)];
	bool found;
	int err;

	*l = (struct line_goal){.setup = setup, .run = *run, .arena = goal_file_arena(f)};
	err = line_warm_up(setup, run, &l->warm_up_s, &found);
	if (err) {
		fprintf(complaints, "the line cannot be run: %s\n", strerror(-err));
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
		names[i] = figures[i].figure;
	}
	l->world = (struct goal_world){
		.figures = names,
		.n_figures = ARRAY_SIZE(figures),
		.movable =
			"STATION.machines, STATION.places (of the only way there, with "
			"an "
			"end), STATION.maintenance (of one that has it) or SOURCE.wip of "
			"the line",
		.samples = run->replications > 1 ? run->replications : 0,
		.find = find,
		.order = find_order,
		.variant = no_variant,
		.run = run_trial,
		.arg = l};
	l->goal = goal_file_bind(f, &l->world, complaints);
	return l->goal;
}

/* ---- a variant of it ---- */

static void print_time(FILE *out, const char *key, double s)
{
	char text[40];

	quantity_print_duration(llround(1e3 * s), text, sizeof(text));
	fprintf(out, ", %s: %s", key, text);
}

static void print_orders(FILE *out, const struct line_goal *l, const double *x)
{
	const struct line_config *c = &l->setup->config;
	double at_s = 0;

	fprintf(out, "sources:\n  - id: %s\n    orders:\n", c->sources[l->source].id);
	for (size_t i = 0; i < l->order.n; i++) {
		const struct line_order *o = &orders_of(l)[(size_t)x[i]];

		at_s = fmax(at_s, o->at_s);
		fprintf(out, "      - {id: %s, product: %s, quantity: %u", o->id,
		        c->products[o->product].id, o->n);
		print_time(out, "at", at_s);
		if (isfinite(o->due_s)) {
			print_time(out, "due", o->due_s);
		}
		fputs("}\n", out);
	}
}

/* Of variables under one key of the file. */
static void print_knobs(FILE *out, const struct line_goal *l, const double *x,
                        const char *list)
{
	const struct line_config *c = &l->setup->config;
	bool begun = false;

	for (size_t k = 0; k < l->goal->n_variables; k++) {
		uint32_t number = l->goal->variables[k].number;
		size_t knob = number & ((1U << KNOB_BITS) - 1);
		const char *own = knob == KNOB_WIP        ? "sources"
		                  : knob == KNOB_VEHICLES ? "vehicles"
		                                          : "stations";

		if (strcmp(own, list) != 0 || knob == KNOB_PLACES) {
			continue;
		}
		if (!begun) {
			fprintf(out, "%s:\n", list);
			begun = true;
		}
		fprintf(out,
		        knob == KNOB_MAINTENANCE ? "  - {id: %s, %s: {every: %.0fs}}\n"
		                                 : "  - {id: %s, %s: %.0f}\n",
		        name_of(c, knob, number >> KNOB_BITS), knobs[knob].key,
		        knob == KNOB_MAINTENANCE ? H_S * x[k] : x[k]);
	}
}

void line_goal_print_variant(FILE *out, const struct line_goal *l,
                             const struct optimum *o)
{
	fputs("# What pollux optimise found: a variant, to look at and lay over the "
	      "line's file.\n",
	      out);
	if (l->goal->order) {
		print_orders(out, l, o->best.x);
		return;
	}
	print_knobs(out, l, o->best.x, "stations");
	print_knobs(out, l, o->best.x, "vehicles");
	print_knobs(out, l, o->best.x, "sources");
	for (size_t k = 0; k < l->goal->n_variables; k++) {
		if ((l->goal->variables[k].number & ((1U << KNOB_BITS) - 1)) ==
		    KNOB_PLACES) {
			/* A variant's ways are all of them: this is for who edits. */
			fprintf(out, "# %s: %.0f, today %.0f\n",
			        l->goal->variables[k].name, o->best.x[k], o->today.x[k]);
		}
	}
}
