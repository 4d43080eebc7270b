/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_view.h"

#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/amount.h"
#include "gateway/json_number.h"
#include "gateway/line/line_fleet_view.h"
#include "gateway/line/line_people_view.h"
#include "gateway/line/line_plan_view.h"

/* ---- table ---- */

static void print_measures(FILE *out, const struct line_view *v)
{
	text_pad(out, "", 28);
	for (size_t i = 0; i < v->n; i++) {
		text_pad(out, v->studies[i]->setup->name, 22);
		text_pad(out, i ? "more than base" : "", i ? 22 : 0);
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
		text_pad(out, text, 28);
		for (size_t i = 0; i < v->n; i++) {
			struct interval in = line_study_of(v->studies[i],
			                                   (enum line_measure)m);

			amount_text(text, sizeof(text),
			            (const double[]){in.mean, in.half}, false);
			text_pad(out, text, 22);
			if (i > 0) {
				in = line_study_more(v->studies[i], v->studies[0],
				                     (enum line_measure)m);
				amount_text(text, sizeof(text),
				            (const double[]){in.mean, in.half}, true);
				text_pad(out, text, 22);
			}
		}
		fputc('\n', out);
	}
}

static void print_stations(FILE *out, const struct line_study *s)
{
	const struct line_config *c = &s->setup->config;

	fputs("\n% of the time            ", out);
	for (size_t k = 0; k < LINE_STATES; k++) {
		fprintf(out, "%12s", line_state_name((enum line_state)k));
	}
	fprintf(out, "%8s%9s%11s\n", "OEE", "queue", "active, s");
	for (size_t i = 0; i < c->n_stations; i++) {
		fprintf(out, "%-25.24s", c->stations[i].id);
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
		fprintf(out, "\n%-25s%12s%12s%12s\n", "operator", "working, %",
		        "walking, %", "walked, m");
	}
	for (size_t i = 0; i < c->n_operators; i++) {
		fprintf(out, "%-25.24s%12.1f%12.1f%12.0f\n", c->operators[i].id,
		        100 * line_study_operator(s, i, OPERATOR_WORKING).mean,
		        100 * line_study_operator(s, i, OPERATOR_WALKING).mean,
		        line_study_operator(s, i, OPERATOR_WALKED).mean);
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
		line_people_print(out, v->studies[i]);
	}
	for (size_t i = 1; i < v->n; i++) {
		line_plan_print(out, v, i);
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

json_t *line_interval_json(const struct interval *in)
{
	return json_pack("{s:o, s:o}", "mean", json_number(in->mean), "half",
	                 json_number(in->half));
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
	json_object_set_new(o, "people", line_people_json(s));
	if (i > 0) {
		json_object_set_new(o, "plan", line_plan_json(v, i));
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
