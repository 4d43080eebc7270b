/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_view.h"

#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/amount.h"
#include "gateway/line/line_fleet_view.h"

/* ---- what changes ---- */

static bool same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool same_dist(const struct dist *a, const struct dist *b)
{
	return a->kind == b->kind && same(a->a, b->a) && same(a->b, b->b) &&
	       same(a->c, b->c) && a->n == b->n;
}

static bool same_station(const struct line_station *a, const struct line_station *b)
{
	return a->servers == b->servers && same_dist(&a->time, &b->time) &&
	       a->join == b->join && a->gives == b->gives && a->fails == b->fails &&
	       same_dist(&a->up, &b->up) && same_dist(&a->down, &b->down) &&
	       a->policy == b->policy && a->rule == b->rule && a->skill == b->skill;
}

static double known(double x)
{
	return isnan(x) ? 0 : x;
}

static void add_change(struct line_plan *p, const char *id)
{
	if (p->n_changed < ARRAY_SIZE(p->changed)) {
		p->changed[p->n_changed++] = id;
	}
}

static const struct line_station *find(const struct line_config *c, const char *id)
{
	for (size_t i = 0; i < c->n_stations; i++) {
		if (strcmp(c->stations[i].id, id) == 0) {
			return &c->stations[i];
		}
	}
	return NULL;
}

/* Money and floor of all stations; the machines of one are as many times. */
static void add_module(const struct line_setup *s, size_t i, double sign,
                       struct line_plan *p)
{
	const struct line_module *m = &s->modules[i];
	double servers = s->config.stations[i].servers;

	p->investment += sign * servers * known(m->investment);
	p->floor_m2 += sign * servers * known(m->floor_m2);
}

static void add_fleets(const struct line_setup *s, double sign, struct line_plan *p)
{
	for (size_t i = 0; i < s->config.n_fleets; i++) {
		p->investment += sign * s->config.fleets[i].count *
		                 known(s->fleet_investment[i]);
	}
}

static bool same_fleet(const struct line_fleet *a, const struct line_fleet *b)
{
	return a->count == b->count && a->capacity == b->capacity &&
	       same(a->speed, b->speed) && same(a->detour, b->detour) &&
	       same_dist(&a->load, &b->load) && same_dist(&a->unload, &b->unload) &&
	       same(a->runs_s, b->runs_s) && same(a->charge_s, b->charge_s);
}

/* Fleets that are new or another. */
static void find_fleets(const struct line_config *own, const struct line_config *base,
                        struct line_plan *p)
{
	for (size_t i = 0; i < own->n_fleets; i++) {
		bool same = false;

		for (size_t k = 0; k < base->n_fleets; k++) {
			same = same ||
			       (strcmp(own->fleets[i].id, base->fleets[k].id) == 0 &&
			        same_fleet(&own->fleets[i], &base->fleets[k]));
		}
		if (!same) {
			add_change(p, own->fleets[i].id);
		}
	}
}

void line_plan_of(const struct line_view *v, size_t variant, struct line_plan *out)
{
	const struct line_setup *base = v->studies[0]->setup;
	const struct line_setup *own = v->studies[variant]->setup;

	*out = (struct line_plan){.n_changed = 0};
	for (size_t i = 0; i < own->config.n_stations; i++) {
		const struct line_station *s = &own->config.stations[i];
		const struct line_station *before = find(&base->config, s->id);

		add_module(own, i, 1, out);
		if (!before || !same_station(s, before)) {
			add_change(out, s->id);
			out->downtime_s += known(own->modules[i].changeover_s);
		}
	}
	for (size_t i = 0; i < base->config.n_stations; i++) {
		add_module(base, i, -1, out);
	}
	add_fleets(own, 1, out);
	add_fleets(base, -1, out);
	find_fleets(&own->config, &base->config, out);
	out->gain_h = line_study_more(v->studies[variant], v->studies[0],
	                              MEASURE_THROUGHPUT)
	                      .mean;
	out->pays_h = out->gain_h > 0 && out->investment > 0 && own->margin > 0
	                      ? out->investment / (own->margin * out->gain_h)
	                      : (double)NAN;
}

/* ---- table ---- */

static void print_cell(FILE *out, const char *text, int columns)
{
	int n = 0;

	for (const char *c = text; *c; c++) {
		n += ((unsigned char)*c & 0xc0) != 0x80;
	}
	fprintf(out, "%s%*s", text, columns > n ? columns - n : 2, "");
}

static void print_measures(FILE *out, const struct line_view *v)
{
	print_cell(out, "", 28);
	for (size_t i = 0; i < v->n; i++) {
		print_cell(out, v->studies[i]->setup->name, 22);
		print_cell(out, i ? "more than base" : "", i ? 22 : 0);
	}
	fputc('\n', out);
	for (size_t m = 0; m < MEASURES_SHOWN; m++) {
		char text[80];

		if (isnan(line_study_of(v->studies[0], (enum line_measure)m).mean)) {
			continue;
		}
		snprintf(text, sizeof(text), "%s%s%s",
		         line_measure_name((enum line_measure)m),
		         *line_measure_unit((enum line_measure)m) ? ", " : "",
		         line_measure_unit((enum line_measure)m));
		print_cell(out, text, 28);
		for (size_t i = 0; i < v->n; i++) {
			struct interval in = line_study_of(v->studies[i],
			                                   (enum line_measure)m);

			amount_text(text, sizeof(text),
			            (const double[]){in.mean, in.half}, false);
			print_cell(out, text, 22);
			if (i > 0) {
				in = line_study_more(v->studies[i], v->studies[0],
				                     (enum line_measure)m);
				amount_text(text, sizeof(text),
				            (const double[]){in.mean, in.half}, true);
				print_cell(out, text, 22);
			}
		}
		fputc('\n', out);
	}
}

static void print_stations(FILE *out, const struct line_study *s)
{
	const struct line_config *c = &s->setup->config;

	fputs("\n% of the time    ", out);
	for (size_t k = 0; k < LINE_STATES; k++) {
		fprintf(out, "%12s", line_state_name((enum line_state)k));
	}
	fprintf(out, "%8s%9s%11s\n", "OEE", "queue", "active, s");
	for (size_t i = 0; i < c->n_stations; i++) {
		fprintf(out, "%-17.16s", c->stations[i].id);
		for (size_t k = 0; k < LINE_STATES; k++) {
			fprintf(out, "%12.1f", 100 * line_study_station(s, i, k).mean);
		}
		fprintf(out, "%8.1f%9.2f%11.1f%s\n",
		        100 * line_study_station(s, i, STATION_OEE).mean,
		        line_study_station(s, i, STATION_QUEUE).mean,
		        line_study_station(s, i, STATION_ACTIVE).mean,
		        i == s->bottleneck ? "  < bottleneck" : "");
	}
	if (c->n_operators > 0) {
		fprintf(out, "\n%-17s%12s%12s%12s\n", "operator", "working, %",
		        "walking, %", "walked, m");
	}
	for (size_t i = 0; i < c->n_operators; i++) {
		fprintf(out, "%-17.16s%12.1f%12.1f%12.0f\n", c->operators[i].id,
		        100 * line_study_operator(s, i, OPERATOR_WORKING).mean,
		        100 * line_study_operator(s, i, OPERATOR_WALKING).mean,
		        line_study_operator(s, i, OPERATOR_WALKED).mean);
	}
}

static void print_plan(FILE *out, const struct line_view *v, size_t variant)
{
	const struct line_setup *own = v->studies[variant]->setup;
	struct line_plan p;

	line_plan_of(v, variant, &p);
	fprintf(out, "\n%s: changes", own->name);
	for (size_t i = 0; i < p.n_changed; i++) {
		fprintf(out, "%s %s", i ? "," : "", p.changed[i]);
	}
	fprintf(out, "%s; %+.0f %s, %+.1f m2, %.1f h of downtime; ",
	        p.n_changed ? "" : " no station", p.investment, own->currency, p.floor_m2,
	        p.downtime_s / 3600);
	if (isnan(p.pays_h)) {
		fputs(isnan(own->margin)
		              ? "no margin is said, so nothing of paying back\n"
		              : "it does not pay back\n",
		      out);
	} else {
		fprintf(out, "pays back in %.0f h of running\n", p.pays_h);
	}
}

/* What one may count on in such a time, say a shift. */
static void print_outputs(FILE *out, const struct line_view *v)
{
	fputc('\n', out);
	for (size_t i = 0; i < v->n; i++) {
		double q[LINE_OUTPUTS];

		line_study_output(v->studies[i], v->run->for_s, q);
		fprintf(out,
		        "%s: in %.6g h %.0f good parts, p10 %.0f to p90 %.0f of %zu "
		        "runs\n",
		        v->studies[i]->setup->name, v->run->for_s / 3600, q[1], q[0],
		        q[2], v->studies[i]->n);
	}
}

void line_view_print(FILE *out, const struct line_view *v)
{
	const struct line_study *s = v->studies[0];

	fprintf(out,
	        "%s: %zu replications of %.6g h after %.3g h of warm-up%s, seed %llu\n\n",
	        *s->setup->title ? s->setup->title : v->path, s->n, v->run->for_s / 3600,
	        s->warm_up_s / 3600, s->found ? " (MSER-5)" : "",
	        (unsigned long long)v->run->seed);
	print_measures(out, v);
	print_outputs(out, v);
	for (size_t i = 0; i < v->n; i++) {
		if (v->n > 1) {
			fprintf(out, "\n-- %s", v->studies[i]->setup->name);
		}
		print_stations(out, v->studies[i]);
		line_fleets_print(out, v->studies[i]);
	}
	for (size_t i = 1; i < v->n; i++) {
		print_plan(out, v, i);
	}
	for (size_t i = 0; i < v->n; i++) {
		if (line_study_grows(v->studies[i])) {
			fprintf(out,
			        "\n%s: the work in process grows all the time, more "
			        "comes than "
			        "the line can take: its figures are of the length of the "
			        "run\n",
			        v->studies[i]->setup->name);
		}
	}
	fprintf(out,
	        "\n± is half of a 95 %% interval (Student's t).  Bottleneck: the longest "
	        "active period (Roser 2001), in %.0f %% of the runs.  Little's law holds "
	        "to %.1g in each.\n",
	        100 * s->bottleneck_share, s->worst_little);
}

/* ---- JSON ---- */

static json_t *real(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

json_t *line_interval_json(const struct interval *in)
{
	return json_pack("{s:o, s:o}", "mean", real(in->mean), "half", real(in->half));
}

static json_t *station_json(const struct line_study *s, size_t i)
{
	static const struct {
		const char *name;
		size_t measure;
	} figures[] = {{"oee", STATION_OEE},
	               {"availability", STATION_AVAILABILITY},
	               {"effectiveness", STATION_EFFECTIVENESS},
	               {"quality", STATION_QUALITY},
	               {"active_s", STATION_ACTIVE},
	               {"queue", STATION_QUEUE},
	               {"wait_s", STATION_WAIT},
	               {"failures", STATION_FAILURES}};
	json_t *o = json_pack("{s:s, s:b}", "id", s->setup->config.stations[i].id,
	                      "bottleneck", i == s->bottleneck);
	json_t *states = json_object();

	for (size_t k = 0; k < LINE_STATES; k++) {
		struct interval in = line_study_station(s, i, k);

		json_object_set_new(states, line_state_name((enum line_state)k),
		                    line_interval_json(&in));
	}
	json_object_set_new(o, "states", states);
	for (size_t k = 0; k < ARRAY_SIZE(figures); k++) {
		struct interval in = line_study_station(s, i, figures[k].measure);

		json_object_set_new(o, figures[k].name, line_interval_json(&in));
	}
	return o;
}

static json_t *operator_json(const struct line_study *s, size_t i)
{
	static const char *const names[] = {"working", "walking", "walked_m"};
	json_t *o = json_pack("{s:s}", "id", s->setup->config.operators[i].id);

	for (size_t k = 0; k < OPERATOR_MEASURES; k++) {
		struct interval in = line_study_operator(s, i, k);

		json_object_set_new(o, names[k], line_interval_json(&in));
	}
	return o;
}

static json_t *plan_json(const struct line_view *v, size_t i)
{
	struct line_plan p;
	json_t *changed = json_array();

	line_plan_of(v, i, &p);
	for (size_t k = 0; k < p.n_changed; k++) {
		json_array_append_new(changed, json_string(p.changed[k]));
	}
	return json_pack("{s:o, s:f, s:f, s:f, s:o}", "changed", changed, "investment",
	                 p.investment, "floor_m2", p.floor_m2, "downtime_s", p.downtime_s,
	                 "pays_back_h", real(p.pays_h));
}

static json_t *study_json(const struct line_view *v, size_t i)
{
	const struct line_study *s = v->studies[i];
	json_t *o = json_pack("{s:s, s:I, s:f, s:f}", "name", s->setup->name,
	                      "replications", (json_int_t)s->n, "warm_up_s", s->warm_up_s,
	                      "little", s->worst_little);
	json_t *figures = json_object(), *more = json_object(), *stations = json_array(),
	       *operators = json_array();
	double q[LINE_OUTPUTS];

	line_study_output(s, v->run->for_s, q);
	json_object_set_new(
		o, "output",
		json_pack("{s:f, s:f, s:f}", "p10", q[0], "p50", q[1], "p90", q[2]));

	for (size_t m = 0; m < MEASURES_SHOWN; m++) {
		struct interval in = line_study_of(s, (enum line_measure)m);

		json_object_set_new(figures, line_measure_name((enum line_measure)m),
		                    line_interval_json(&in));
		in = line_study_more(s, v->studies[0], (enum line_measure)m);
		json_object_set_new(more, line_measure_name((enum line_measure)m),
		                    line_interval_json(&in));
	}
	for (size_t k = 0; k < s->setup->config.n_stations; k++) {
		json_array_append_new(stations, station_json(s, k));
	}
	for (size_t k = 0; k < s->setup->config.n_operators; k++) {
		json_array_append_new(operators, operator_json(s, k));
	}
	json_object_set_new(o, "settles", json_boolean(!line_study_grows(s)));
	json_object_set_new(o, "figures", figures);
	json_object_set_new(o, "more_than_base", more);
	json_object_set_new(o, "stations", stations);
	json_object_set_new(o, "operators", operators);
	json_object_set_new(o, "vehicles", line_fleets_json(s));
	if (i > 0) {
		json_object_set_new(o, "plan", plan_json(v, i));
	}
	return o;
}

json_t *line_view_json(const struct line_view *v)
{
	json_t *studies = json_array();

	for (size_t i = 0; i < v->n; i++) {
		json_array_append_new(studies, study_json(v, i));
	}
	return json_pack("{s:s, s:f, s:I, s:o}", "line", v->path, "for_s", v->run->for_s,
	                 "seed", (json_int_t)v->run->seed, "variants", studies);
}
