/* SPDX-License-Identifier: Apache-2.0 */
/* The page: figures, time in state as bars, a Gantt chart of one run. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/amount.h"
#include "gateway/html/chart.h"
#include "gateway/html/document.h"
#include "gateway/html/markup.h"
#include "gateway/line/line_fleet_view.h"
#include "gateway/line/line_people_view.h"
#include "gateway/line/line_plan_view.h"
#include "gateway/line/line_view.h"

enum {
	GANTT_ROWS_MAX = 24,
	BAR_WIDTH = 700,
	BAR_LEFT = 130,
	BAR_HEIGHT = 20,
	BAR_STEP = 27
};

#define GANTT_S 3600 /* of the run that is drawn */

/* Told apart in black and white by their brightness and order. */
static const char *const colours[LINE_STATES] = {
	[LINE_STARVED] = "#e9edf1",    [LINE_BUSY] = "#17589c",
	[LINE_BLOCKED] = "#d98e04",    [LINE_SETTING_UP] = "#8fb1d3",
	[LINE_DOWN] = "#b3261e",       [LINE_MAINTAINED] = "#7c5295",
	[LINE_UNATTENDED] = "#f3d488", [LINE_PAUSED] = "#c3cad1",
};

static const char style[] =
	".states text{font:11px system-ui,sans-serif;fill:#1b242d}"
	".states .end{text-anchor:end}.states .inside{fill:#fff}"
	".key{display:inline-block;margin-right:1.1em;white-space:nowrap;font-size:13px}"
	".key i{display:inline-block;width:.9em;height:.9em;margin-right:.35em;"
	"border:1px solid #5b6672;vertical-align:-.1em}\n";

/* ---- figures ---- */

static void print_interval(FILE *out, const struct interval *in, bool sign)
{
	char text[80];

	amount_text(text, sizeof(text), (const double[]){in->mean, in->half}, sign);
	fprintf(out, "<td class=\"number\">%s</td>", isnan(in->mean) ? "" : text);
}

static void print_figures(FILE *out, const struct line_view *v)
{
	fputs("<h2>Figures</h2>\n<table><thead><tr><th>Figure</th>", out);
	for (size_t i = 0; i < v->n; i++) {
		fputs("<th class=\"number\">", out);
		markup_text(out, v->studies[i]->setup->name);
		fputs(i ? "</th><th class=\"number\">more than base</th>" : "</th>", out);
	}
	fputs("</tr></thead><tbody>\n", out);
	for (size_t m = 0; m < MEASURES_SHOWN; m++) {
		struct interval in = line_study_of(v->studies[0], (enum line_measure)m);

		if (isnan(in.mean)) {
			continue;
		}
		fputs("<tr><td class=\"id\">", out);
		markup_format(out, "%s%s%s", line_measure_name((enum line_measure)m),
		              *line_measure_unit((enum line_measure)m) ? ", " : "",
		              line_measure_unit((enum line_measure)m));
		fputs("</td>", out);
		for (size_t i = 0; i < v->n; i++) {
			in = line_study_of(v->studies[i], (enum line_measure)m);
			print_interval(out, &in, false);
			if (i > 0) {
				in = line_study_more(v->studies[i], v->studies[0],
				                     (enum line_measure)m);
				print_interval(out, &in, true);
			}
		}
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table>\n<p class=\"quiet\">± is half of a 95 % interval over "
	      "the "
	      "replications; the replications of a variant have the same chance as those "
	      "of the base.</p>\n",
	      out);
	for (size_t i = 0; i < v->n; i++) {
		if (line_study_grows(v->studies[i])) {
			fputs("<p><strong>", out);
			markup_text(out, v->studies[i]->setup->name);
			fputs("</strong>: the work in process grows all the time; its "
			      "figures "
			      "are of the length of the run.</p>\n",
			      out);
		}
	}
}

/* ---- time in state ---- */

static void print_key(FILE *out)
{
	fputs("<p>", out);
	for (size_t k = 0; k < LINE_STATES; k++) {
		fprintf(out,
		        "<span class=\"key\"><i style=\"background:%s\"></i>%s</span>",
		        colours[k], line_state_name((enum line_state)k));
	}
	fputs("</p>\n", out);
}

static void print_bar(FILE *out, const struct line_study *s, size_t station)
{
	double x = BAR_LEFT, y = (double)station * BAR_STEP;

	fprintf(out, "<text class=\"end\" x=\"%d\" y=\"%.0f\">", BAR_LEFT - 8, y + 14);
	markup_format(out, "%.18s", s->setup->config.stations[station].id);
	fputs("</text>", out);
	for (size_t k = 0; k < LINE_STATES; k++) {
		double share = line_study_station(s, station, k).mean;
		double width = share * BAR_WIDTH;
		bool dark = k == LINE_BUSY || k == LINE_DOWN || k == LINE_MAINTAINED;

		fprintf(out,
		        "<rect x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%d\" "
		        "fill=\"%s\" stroke=\"#5b6672\" stroke-width=\".5\"><title>%s "
		        "%.1f "
		        "%%</title></rect>",
		        x, y, width, BAR_HEIGHT, colours[k],
		        line_state_name((enum line_state)k), 100 * share);
		if (width > 34) {
			fprintf(out, "<text%s x=\"%.1f\" y=\"%.0f\">%.0f %%</text>",
			        dark ? " class=\"inside\"" : "", x + 4, y + 14,
			        100 * share);
		}
		x += width;
	}
	fprintf(out, "<text x=\"%.1f\" y=\"%.0f\">%s</text>\n", x + 6, y + 14,
	        station == s->bottleneck ? "bottleneck" : "");
}

static void print_bars(FILE *out, const struct line_study *s)
{
	size_t n = s->setup->config.n_stations;

	fprintf(out,
	        "<figure><svg class=\"states\" role=\"img\" aria-label=\"time in state\" "
	        "viewBox=\"0 0 920 %zu\" width=\"100%%\">\n",
	        n * BAR_STEP);
	for (size_t i = 0; i < n; i++) {
		print_bar(out, s, i);
	}
	fputs("</svg><figcaption>Share of the time of all machines of a station, % "
	      "</figcaption></figure>\n",
	      out);
}

static void print_stations(FILE *out, const struct line_study *s)
{
	fputs("<table><thead><tr><th>Station</th><th class=\"number\">OEE, %</th><th "
	      "class=\"number\">Availability, %</th><th class=\"number\">Effectiveness, "
	      "%</th><th class=\"number\">Quality, %</th><th class=\"number\">Queue</th>"
	      "<th class=\"number\">Wait, s</th><th class=\"number\">Active period, "
	      "s</th>"
	      "</tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < s->setup->config.n_stations; i++) {
		fputs("<tr><td class=\"id\">", out);
		markup_text(out, s->setup->config.stations[i].id);
		fputs("</td>", out);
		for (size_t k = STATION_OEE; k <= STATION_QUALITY; k++) {
			struct interval in = line_study_station(s, i, k);

			in.mean *= 100;
			in.half *= 100;
			print_interval(out, &in, false);
		}
		for (size_t k = 0; k < 3; k++) {
			static const size_t last[] = {STATION_QUEUE, STATION_WAIT,
			                              STATION_ACTIVE};
			struct interval in = line_study_station(s, i, last[k]);

			print_interval(out, &in, false);
		}
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
}

static void print_operators(FILE *out, const struct line_study *s)
{
	size_t n = s->setup->config.n_operators;

	fputs(n ? "<table><thead><tr><th>Operator</th><th class=\"number\">Working, "
	          "%</th>"
	          "<th class=\"number\">Walking, %</th><th class=\"number\">Walked, "
	          "m</th>"
	          "</tr></thead><tbody>\n"
	        : "",
	      out);
	for (size_t i = 0; i < n; i++) {
		fputs("<tr><td class=\"id\">", out);
		markup_text(out, s->setup->config.operators[i].id);
		fputs("</td>", out);
		for (size_t k = 0; k < OPERATOR_MEASURES; k++) {
			struct interval in = line_study_operator(s, i, k);

			in.mean *= k == OPERATOR_WALKED ? 1 : 100;
			in.half *= k == OPERATOR_WALKED ? 1 : 100;
			print_interval(out, &in, false);
		}
		fputs("</tr>\n", out);
	}
	fputs(n ? "</tbody></table>\n" : "", out);
}

/* ---- Gantt ---- */

struct gantt {
	const struct line_study *study;
	double from_s, to_s;
	struct chart_panel panels[GANTT_ROWS_MAX];
	struct chart_point *points[GANTT_ROWS_MAX];
	char names[GANTT_ROWS_MAX][80];
	size_t n, room[GANTT_ROWS_MAX];
	struct chart_point before[GANTT_ROWS_MAX]; /* as it was when the drawing begins */
	bool full;
};

static const char *state_name(void *arg, double value)
{
	(void)arg;
	return line_state_name((enum line_state)value);
}

static size_t row_of(const struct gantt *g, uint32_t station, uint32_t server)
{
	size_t row = server;

	for (uint32_t i = 0; i < station; i++) {
		row += g->study->setup->config.stations[i].servers;
	}
	return row;
}

static void add_point(struct gantt *g, size_t row, const struct chart_point *p)
{
	struct chart_panel *panel = &g->panels[row];

	if (panel->n == g->room[row]) {
		size_t room = g->room[row] ? 2 * g->room[row] : 256;
		struct chart_point *all = reallocarray(g->points[row], room,
		                                       sizeof(*all));

		g->full = g->full || !all;
		if (!all) {
			return;
		}
		g->points[row] = all;
		g->room[row] = room;
	}
	g->points[row][panel->n++] = *p;
	panel->points = g->points[row];
}

static void on_moment(void *arg, const struct line_moment *m)
{
	struct gantt *g = arg;
	size_t row = row_of(g, m->station, m->server);
	double value = m->state;
	const struct chart_point p = {(m->t_s - g->from_s) / 60, value, value, value};

	if (row >= g->n || m->t_s >= g->to_s) {
		return;
	}
	if (m->t_s < g->from_s) {
		g->before[row] = p;
		return;
	}
	if (g->panels[row].n == 0) {
		g->before[row].x = 0;
		add_point(g, row, &g->before[row]);
	}
	add_point(g, row, &p);
}

static void name_rows(struct gantt *g)
{
	const struct line_config *c = &g->study->setup->config;

	for (size_t i = 0; i < c->n_stations; i++) {
		for (uint32_t k = 0; k < c->stations[i].servers && g->n < GANTT_ROWS_MAX;
		     k++) {
			size_t row = g->n++;

			snprintf(g->names[row], sizeof(g->names[row]),
			         c->stations[i].servers > 1 ? "%.64s %u" : "%.64s",
			         c->stations[i].id, (unsigned)k + 1);
			g->panels[row] = (struct chart_panel){.name = g->names[row],
			                                      .unit = "",
			                                      .kind = CHART_STATE,
			                                      .state = state_name};
		}
	}
}

static void print_gantt(FILE *out, const struct line_study *s, const struct line_run *run)
{
	struct gantt g = {.study = s,
	                  .from_s = s->warm_up_s,
	                  .to_s = s->warm_up_s + fmin(run->for_s, GANTT_S)};
	struct line *l = NULL;
	struct chart chart = {.title = "states of the machines",
	                      .axis = "time from the end of the warm-up, min",
	                      .to = (g.to_s - g.from_s) / 60,
	                      .panels = g.panels};

	name_rows(&g);
	chart.n_panels = g.n;
	if (line_run(&l, &s->setup->config,
	             &(struct line_wish){.seed = run->seed * UINT64_C(1000003),
	                                 .warm_up_s = g.from_s,
	                                 .for_s = g.to_s - g.from_s,
	                                 .moment = on_moment,
	                                 .arg = &g}) == 0 &&
	    !g.full) {
		fputs("<h3>One run</h3>\n<figure>\n", out);
		chart_print(out, &chart);
		fputs("<figcaption>States of the machines in the first replication; "
		      "light: "
		      "starved.</figcaption></figure>\n",
		      out);
	}
	line_free(l);
	for (size_t i = 0; i < GANTT_ROWS_MAX; i++) {
		free(g.points[i]);
	}
}

/* ---- all ---- */

static void print_facts(FILE *out, const struct line_view *v, const char *date)
{
	char text[120];

	fputs("<dl>\n", out);
	document_fact(out, "Line", v->path);
	snprintf(text, sizeof(text), "%zu of %.6g h, after %.3g h of warm-up%s",
	         v->studies[0]->n, v->run->for_s / 3600, v->studies[0]->warm_up_s / 3600,
	         v->studies[0]->found ? " (MSER-5)" : "");
	document_fact(out, "Replications", text);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)v->run->seed);
	document_fact(out, "Seed", text);
	document_fact(out, "Date", date);
	document_fact(out, "Made by", "pollux " POLLUX_VERSION);
	fputs("</dl>\n", out);
}

void line_view_page(FILE *out, const struct line_view *v, const char *date)
{
	const struct line_setup *base = v->studies[0]->setup;
	const char *title = *base->title ? base->title : v->path;

	document_open(out, style, "Line: %s", title);
	fputs("<p class=\"quiet\">Production line, simulated</p>\n<h1>", out);
	markup_text(out, title);
	fputs("</h1>\n", out);
	print_facts(out, v, date);
	print_figures(out, v);
	line_plans_page(out, v);
	for (size_t i = 0; i < v->n; i++) {
		fputs("<h2>Stations", out);
		markup_format(out, "%s%s", v->n > 1 ? ", " : "",
		              v->n > 1 ? v->studies[i]->setup->name : "");
		fputs("</h2>\n", out);
		print_key(out);
		print_bars(out, v->studies[i]);
		print_stations(out, v->studies[i]);
		print_operators(out, v->studies[i]);
		line_fleets_page(out, v->studies[i]);
		line_people_page(out, v->studies[i]);
		print_gantt(out, v->studies[i], v->run);
	}
	document_close(out);
}
