/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/routing.h"

#include "gateway/json_number.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NONE SIZE_MAX

/* ---- reasons ---- */

static struct routing_reason *add(struct routing_verdict *v, size_t operation,
                                  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static struct routing_reason *add(struct routing_verdict *v, size_t operation,
                                  const char *format, ...)
{
	size_t at = v->n_reasons < ROUTING_REASONS_MAX ? v->n_reasons++
	                                               : ROUTING_REASONS_MAX - 1;
	struct routing_reason *r = &v->reasons[at];
	va_list args;

	*r = (struct routing_reason){.operation = operation};
	va_start(args, format);
	vsnprintf(r->text, sizeof(r->text), format, args);
	va_end(args);
	return r;
}

static bool has(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0) {
			return true;
		}
	}
	return false;
}

/* ---- an operation at a station ---- */

static const struct line_can *can_of(const struct line_setup *line, size_t station,
                                     const char *process)
{
	const struct line_module *m = &line->modules[station];

	for (size_t i = 0; i < m->n_can; i++) {
		if (strcmp(m->can[i].process, process) == 0) {
			return &m->can[i];
		}
	}
	return NULL;
}

static void check_quantity(struct routing_verdict *v, size_t op, const char *station,
                           const struct line_can *can, size_t i)
{
	const struct routing_quantity *q = &v->routing->operations[op].quantities[i];
	const struct line_range *range = NULL;
	double cpk;

	for (size_t k = 0; k < can->n_ranges; k++) {
		if (strcmp(can->ranges[k].name, q->name) == 0) {
			range = &can->ranges[k];
		}
	}
	if (!range) {
		add(v, op, "%s of '%s' says nothing of %s", can->process, station,
		    q->name);
		return;
	}
	if (!(q->value >= range->min && q->value <= range->max)) {
		struct routing_reason *r = add(
			v, op, "%s %.6g is outside %.6g to %.6g of '%s'", q->name,
			q->value, range->min, range->max, station);

		snprintf(r->nearest, sizeof(r->nearest), "%s %.6g", q->name,
		         q->value < range->min ? range->min : range->max);
	}
	if (isnan(q->tolerance)) {
		return;
	}
	cpk = (q->tolerance - fabs(range->offset)) / (3 * range->sigma);
	if (isnan(range->sigma)) {
		add(v, op, "the spread of %s of '%s' is not known, a tolerance is wanted",
		    q->name, station);
	} else if (!(cpk >= v->routing->cpk)) {
		double room = q->tolerance - fabs(range->offset);
		struct routing_reason *r = add(
			v, op, "tolerance %.4g of %s has Cpk %.2f at '%s', below %.2f",
			q->tolerance, q->name, cpk, station, v->routing->cpk);
		int n = (int)strlen(r->text);

		if (fabs(range->offset) > 0) {
			snprintf(r->text + n, sizeof(r->text) - (size_t)n,
			         ", for it is off by %+.3g", range->offset);
		}
		n = snprintf(r->nearest, sizeof(r->nearest), "tolerance %.4g",
		             3 * range->sigma * v->routing->cpk + fabs(range->offset));
		if (room > 0) {
			snprintf(r->nearest + n, sizeof(r->nearest) - (size_t)n,
			         ", or sigma %.4g", room / (3 * v->routing->cpk));
		}
	}
}

static void check_part(struct routing_verdict *v, size_t op, const char *station,
                       const struct line_can *can)
{
	const struct routing *r = v->routing;

	if (r->payload_kg > can->payload_kg) {
		struct routing_reason *why = add(v, op,
		                                 "payload %.4g kg is above %.4g of '%s'",
		                                 r->payload_kg, can->payload_kg, station);

		snprintf(why->nearest, sizeof(why->nearest), "%.4g kg", can->payload_kg);
	}
	if (r->material && can->n_materials > 0 &&
	    !has(can->materials, can->n_materials, r->material)) {
		struct routing_reason *why = add(v, op, "material %s is none of '%s'",
		                                 r->material, station);

		snprintf(why->nearest, sizeof(why->nearest), "%s", can->materials[0]);
	}
}

static void check_at(struct routing_verdict *v, size_t op, size_t station)
{
	const struct routing_operation *o = &v->routing->operations[op];
	const struct line_can *can = can_of(v->line, station, o->process);
	const char *id = v->line->config.stations[station].id;

	for (size_t i = 0; i < o->n_quantities; i++) {
		check_quantity(v, op, id, can, i);
	}
	for (size_t i = 0; i < o->n_tooling; i++) {
		if (!has(can->tooling, can->n_tooling, o->tooling[i])) {
			struct routing_reason *r = add(v, op, "'%s' has no tooling %s",
			                               id, o->tooling[i]);

			snprintf(r->nearest, sizeof(r->nearest), "%s",
			         can->n_tooling ? can->tooling[0] : "");
		}
	}
	check_part(v, op, id, can);
}

/* ---- its people ---- */

static void check_people(struct routing_verdict *v, size_t op)
{
	const struct routing_operation *o = &v->routing->operations[op];
	double index = o->lifts ? lifting_index(&o->lift) : 0;
	bool known = !o->skill;

	for (size_t i = 0; i < v->line->n_skills && !known; i++) {
		bool own = strcmp(v->line->skills[i], o->skill) == 0;

		for (size_t k = 0; own && k < v->line->config.n_operators && !known;
		     k++) {
			known = v->line->config.operators[k].skills >> i & 1;
		}
	}
	if (!known) {
		add(v, op, "nobody of the line has the skill %s", o->skill);
	}
	if (isnan(index) || index > v->routing->lifting_index) {
		struct lifting_remedy r = lifting_remedy(&o->lift);
		struct routing_reason *why =
			isnan(index) ? add(v, op, "%.4g kg are not to be lifted so",
		                           o->lift.load_kg)
				     : add(v, op, "lifting index %.2f is above %.2f",
		                           index, v->routing->lifting_index);

		if (!isnan(r.load_kg)) {
			snprintf(why->nearest, sizeof(why->nearest), "%.3g kg",
			         r.load_kg * v->routing->lifting_index);
		}
	}
}

/* ---- which station ---- */

/* Of those with the process the one with the fewest reasons against it; of equal ones the
 * first. */
static void choose(struct routing_verdict *v, size_t op)
{
	const struct line_config *c = &v->line->config;
	const char *process = v->routing->operations[op].process;
	size_t before = v->n_reasons, fewest = NONE;

	v->station[op] = NONE;
	for (size_t i = 0; i < c->n_stations; i++) {
		size_t n;

		if (!can_of(v->line, i, process)) {
			continue;
		}
		check_at(v, op, i);
		n = v->n_reasons - before;
		v->n_reasons = before;
		if (n < fewest) {
			fewest = n;
			v->station[op] = i;
		}
	}
	if (v->station[op] == NONE) {
		add(v, op, "no station has the process %s", process);
	} else {
		check_at(v, op, v->station[op]);
	}
	check_people(v, op);
}

/* Is there a way, however long?  Both are stations. */
static bool leads(const struct line_config *c, size_t from, size_t to)
{
	bool reached[LINE_STATIONS_MAX] = {false};

	reached[from] = true;
	for (size_t round = 0; round < c->n_stations; round++) {
		for (size_t i = 0; i < c->n_edges; i++) {
			const struct line_edge *e = &c->edges[i];

			if (!e->of_source && e->to != LINE_OUT && reached[e->from]) {
				reached[e->to] = true;
			}
		}
	}
	return reached[to];
}

static void check_order(struct routing_verdict *v)
{
	const struct line_config *c = &v->line->config;

	for (size_t op = 1; op < v->routing->n_operations; op++) {
		size_t from = v->station[op - 1], to = v->station[op];

		if (from != NONE && to != NONE && !leads(c, from, to)) {
			add(v, op, "no way leads from '%s' to '%s'", c->stations[from].id,
			    c->stations[to].id);
		}
	}
}

/* ---- how fast ---- */

/* Stations that work on it take what its operations take there, spread as before. */
static void set_times(const struct routing_verdict *v, struct line_station *stations,
                      double *factors)
{
	const struct line_config *c = &v->line->config;

	for (size_t i = 0; i < c->n_stations; i++) {
		double cycle_s = 0, mean_s = dist_mean(&c->stations[i].time);

		for (size_t op = 0; op < v->routing->n_operations; op++) {
			double own = v->routing->operations[op].cycle_s;

			cycle_s += v->station[op] == i && !isnan(own) ? own : 0;
		}
		for (size_t k = 0; k < c->n_products; k++) {
			double *factor = &factors[i * c->n_products + k];

			*factor = cycle_s > 0 && mean_s > 0 ? cycle_s / mean_s
			          : c->stations[i].factors  ? c->stations[i].factors[k]
			                                    : 1;
		}
		stations[i] = c->stations[i];
		stations[i].factors = factors + i * c->n_products;
	}
}

static int simulate(struct routing_verdict *v, struct line_setup *line)
{
	struct line_config kept = line->config;
	struct line_station *stations = calloc(kept.n_stations, sizeof(*stations));
	double *factors = calloc(kept.n_stations * kept.n_products, sizeof(*factors));
	struct line_study *study = NULL;
	int err = stations && factors ? 0 : -ENOMEM;

	if (!err) {
		set_times(v, stations, factors);
		line->config.stations = stations;
		err = line_study_run(&study, line, &line->run);
	}
	if (!err) {
		v->throughput = line_study_of(study, MEASURE_THROUGHPUT);
		v->bottleneck = study->bottleneck;
	}
	line_study_free(study);
	line->config = kept;
	free(stations);
	free(factors);
	return err;
}

static void check_rate(struct routing_verdict *v)
{
	double sure = v->throughput.mean -
	              (isnan(v->throughput.half) ? 0 : v->throughput.half);

	if (v->routing->rate_h > sure) {
		struct routing_reason *r = add(
			v, NONE,
			"%.5g an hour are wanted, %.5g ± %.2g come; '%s' is the "
			"bottleneck",
			v->routing->rate_h, v->throughput.mean, v->throughput.half,
			v->line->config.stations[v->bottleneck].id);

		snprintf(r->nearest, sizeof(r->nearest), "%.5g an hour", floor(sure));
	}
}

/* The module of an operation's station, where no operation before is done there. */
static const struct line_module *first_at(const struct routing_verdict *v, size_t op)
{
	for (size_t i = 0; i < op; i++) {
		if (v->station[i] == v->station[op]) {
			return NULL;
		}
	}
	return v->station[op] == NONE ? NULL : &v->line->modules[v->station[op]];
}

/* Does what it needs last until the parts are made, in nine of ten cases? */
static void check_lives(struct routing_verdict *v)
{
	double parts = isnan(v->routing->quantity) ? 0 : v->routing->quantity;
	double sure = v->throughput.mean - v->throughput.half;
	double wanted_s = parts > 0 && sure > 0 ? parts / sure * 3600 : 0;

	for (size_t op = 0; op < v->routing->n_operations; op++) {
		const struct line_module *m = first_at(v, op);
		const char *id = m ? v->line->config.stations[v->station[op]].id : NULL;
		struct routing_reason *r;

		if (!m || isnan(m->life_s) || m->life_s > wanted_s) {
			continue;
		}
		if (!(m->life_s > 0)) {
			add(v, op,
			    "'%s' may be at its limit by now, says %s (half of the "
			    "cases: %.1f h)",
			    id, m->life, m->middle_s / 3600);
			continue;
		}
		r = add(v, op,
		        "'%s' lasts %.1f h, says %s (half of the cases: %.1f h); %.1f h "
		        "are wanted",
		        id, m->life_s / 3600, m->life, m->middle_s / 3600,
		        wanted_s / 3600);
		snprintf(r->nearest, sizeof(r->nearest), "quantity %.0f",
		         floor(m->life_s / 3600 * sure));
	}
}

int routing_judge(struct routing_verdict *out, const struct routing *r,
                  struct line_setup *line)
{
	int err;

	*out = (struct routing_verdict){.routing = r, .line = line};
	for (size_t op = 0; op < r->n_operations; op++) {
		choose(out, op);
	}
	check_order(out);
	err = simulate(out, line);
	if (!err) {
		check_rate(out);
		check_lives(out);
	}
	return err;
}

/* ---- what is said ---- */

static const char *station_name(const struct routing_verdict *v, size_t op)
{
	return v->station[op] == NONE ? "-" : v->line->config.stations[v->station[op]].id;
}

void routing_print(FILE *out, const struct routing_verdict *v)
{
	const struct routing *r = v->routing;

	fprintf(out, "%s on %s: %s\n\n%-20s%-20s%s\n", r->product,
	        *v->line->title ? v->line->title : r->line, v->n_reasons ? "no" : "yes",
	        "operation", "process", "station");
	for (size_t op = 0; op < r->n_operations; op++) {
		fprintf(out, "%-20s%-20s%s\n", r->operations[op].id,
		        r->operations[op].process, station_name(v, op));
	}
	fprintf(out, "\n%.5g ± %.2g an hour", v->throughput.mean, v->throughput.half);
	if (!isnan(r->rate_h)) {
		fprintf(out, ", %.5g wanted: %+.1f %%", r->rate_h,
		        100 * (v->throughput.mean / r->rate_h - 1));
	}
	fprintf(out, "; bottleneck %s\n", v->line->config.stations[v->bottleneck].id);
	for (size_t i = 0; i < v->n_reasons; i++) {
		const struct routing_reason *why = &v->reasons[i];

		fprintf(out, "%s%s: %s%s%s\n", i ? "" : "\n",
		        why->operation == NONE ? "rate"
		                               : r->operations[why->operation].id,
		        why->text, *why->nearest ? "; would do: " : "", why->nearest);
	}
}

json_t *routing_json(const struct routing_verdict *v)
{
	json_t *operations = json_array(), *reasons = json_array();
	const struct routing *r = v->routing;

	for (size_t op = 0; op < r->n_operations; op++) {
		json_array_append_new(
			operations,
			json_pack("{s:s, s:s, s:s?}", "id", r->operations[op].id,
		                  "process", r->operations[op].process, "station",
		                  v->station[op] == NONE ? NULL : station_name(v, op)));
	}
	for (size_t i = 0; i < v->n_reasons; i++) {
		const struct routing_reason *why = &v->reasons[i];

		json_array_append_new(
			reasons, json_pack("{s:s?, s:s, s:s?}", "operation",
		                           why->operation == NONE
		                                   ? NULL
		                                   : r->operations[why->operation].id,
		                           "reason", why->text, "nearest",
		                           *why->nearest ? why->nearest : NULL));
	}
	return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:s, s:o, s:o}", "product",
	                 r->product, "feasible", v->n_reasons == 0, "rate_wanted",
	                 json_number(r->rate_h), "rate", json_number(v->throughput.mean),
	                 "rate_half", json_number(v->throughput.half), "margin",
	                 json_number(v->throughput.mean / r->rate_h - 1), "bottleneck",
	                 v->line->config.stations[v->bottleneck].id, "operations",
	                 operations, "reasons", reasons);
}
