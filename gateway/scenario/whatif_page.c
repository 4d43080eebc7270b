/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/amount.h"
#include "gateway/clock.h"
#include "gateway/html/chart.h"
#include "gateway/html/document.h"
#include "gateway/html/markup.h"
#include "gateway/scenario/whatif_view.h"

static void print_amount(FILE *out, const double value_half[2], bool sign)
{
	char text[80];

	amount_text(text, sizeof(text), value_half, sign);
	fprintf(out, "<td class=\"number\">%s</td>", isnan(value_half[0]) ? "" : text);
}

static void print_kpi(FILE *out, const struct whatif *w, size_t k)
{
	const struct scenario_setup *s = w->foresights->setup;

	for (size_t i = 0; i < s->n_scenarios; i++) {
		const struct foresight_kpi *f = &w->foresights->all[i].kpis[k];
		const double own[2] = {f->value, f->half};
		const double gain[2] = {i ? f->gain : (double)NAN, f->gain_half};

		fputs("<tr><td class=\"id\">", out);
		if (i == 0) {
			markup_format(out, "%s%s%s", s->world.kpis[k].id,
			              *s->world.kpis[k].unit ? ", " : "",
			              s->world.kpis[k].unit);
		}
		fputs("</td><td>", out);
		markup_text(out, s->scenarios[i].id);
		fputs("</td>", out);
		print_amount(out, own, false);
		print_amount(out, gain, true);
		fputs("</tr>\n", out);
	}
}

static void print_kpis(FILE *out, const struct whatif *w)
{
	const struct scenario_setup *s = w->foresights->setup;

	if (s->world.n_kpis == 0) {
		return;
	}
	fputs("<h2>Figures</h2>\n<table><thead><tr><th>Figure</th><th>Scenario</th>"
	      "<th class=\"number\">Over the horizon</th><th class=\"number\">More than "
	      "as now</th></tr></thead><tbody>\n",
	      out);
	for (size_t k = 0; k < s->world.n_kpis; k++) {
		print_kpi(out, w, k);
	}
	fputs("</tbody></table>\n", out);
	if (s->samples > 0) {
		fprintf(out,
		        "<p class=\"quiet\">± holds 95 %% of %u draws of what is not "
		        "known of the state, and of the disturbances; the same draws in "
		        "every scenario.</p>\n",
		        (unsigned)s->samples);
	}
}

/* --- courses --- */

static size_t bars_of(const struct scenario_setup *s, const struct scenario *scenario,
                      struct chart_bar *bars, char (*texts)[80])
{
	double end = s->world.horizon_s / 60;
	size_t n = 0;

	for (size_t i = 0; i < scenario->n_moves && n < CHART_BARS_MAX; i++, n++) {
		const struct scenario_move *m = &scenario->moves[i];

		snprintf(texts[n], sizeof(texts[n]), "%.50s %s%.5g",
		         s->world.plant->signals[m->signal].name, m->by ? "by " : "to ",
		         m->to);
		bars[n] = (struct chart_bar){m->at_s / 60, fmin(m->until_s / 60, end),
		                             CHART_NEUTRAL, texts[n]};
	}
	for (size_t i = 0; i < scenario->n_faults && n < CHART_BARS_MAX; i++, n++) {
		const struct fault *f = &scenario->faults[i];
		double until_s = f->for_s > 0 ? fmin(f->until_s, f->at_s + f->for_s)
		                              : f->until_s;

		snprintf(texts[n], sizeof(texts[n]), "fault %zu of the script", i + 1);
		bars[n] = (struct chart_bar){f->at_s / 60, fmin(until_s / 60, end),
		                             CHART_FAULT, texts[n]};
	}
	return n;
}

struct paper {
	struct chart_panel *panels;
	struct chart_point *points;
	double *beside;
};

static void fill_panel(const struct whatif *w, const struct paper *p, size_t scenario,
                       size_t k)
{
	const struct scenario_setup *s = w->foresights->setup;
	const struct foresight *f = &w->foresights->all[scenario];
	size_t n = s->world.points, shown = s->world.n_shown;

	p->panels[k] = (struct chart_panel){.name = s->shown[k].name,
	                                    .unit = s->shown[k].unit,
	                                    .kind = CHART_LINE,
	                                    .points = p->points + k * n,
	                                    .n = n,
	                                    .smooth = true,
	                                    .beside = scenario ? p->beside + k * n
	                                                       : NULL};
	for (size_t i = 0; i < n; i++) {
		double value = f->course[i * shown + k];
		double half = f->course_half[i * shown + k];

		p->points[k * n + i] = (struct chart_point){
			foresights_time(s, i) / 60, value - half, value + half, value};
		p->beside[k * n + i] = w->foresights->all[0].course[i * shown + k];
	}
}

static void print_course(FILE *out, const struct whatif *w, const struct paper *p,
                         size_t scenario)
{
	const struct scenario_setup *s = w->foresights->setup;
	const struct scenario *own = &s->scenarios[scenario];
	struct chart_bar bars[CHART_BARS_MAX];
	char texts[CHART_BARS_MAX][80];
	struct chart chart = {.title = own->id,
	                      .axis = "time from now, min",
	                      .to = s->world.horizon_s / 60,
	                      .panels = p->panels,
	                      .n_panels = s->world.n_shown,
	                      .bars = bars,
	                      .n_bars = bars_of(s, own, bars, texts)};

	fputs("<h3>", out);
	markup_text(out, own->id);
	fputs("</h3>\n", out);
	if (s->descriptions[scenario]) {
		fputs("<p class=\"quiet\">", out);
		markup_text(out, s->descriptions[scenario]);
		fputs("</p>\n", out);
	}
	for (size_t k = 0; k < s->world.n_shown; k++) {
		fill_panel(w, p, scenario, k);
	}
	fputs("<figure>\n", out);
	chart_print(out, &chart);
	fputs("</figure>\n", out);
}

static void print_courses(FILE *out, const struct whatif *w)
{
	const struct scenario_setup *s = w->foresights->setup;
	size_t n = s->world.n_shown * s->world.points;
	struct paper p = {.panels = calloc(s->world.n_shown + 1, sizeof(*p.panels)),
	                  .points = calloc(n + 1, sizeof(*p.points)),
	                  .beside = calloc(n + 1, sizeof(*p.beside))};

	fputs("<h2>Courses</h2>\n<p class=\"quiet\">The area is where 95 % of the "
	      "outcomes are expected; dotted, as now.</p>\n",
	      out);
	for (size_t i = 0; p.panels && p.points && p.beside && i < s->n_scenarios; i++) {
		print_course(out, w, &p, i);
	}
	free(p.panels);
	free(p.points);
	free(p.beside);
}

/* --- all --- */

static void print_facts(FILE *out, const struct whatif *w, const char *date)
{
	const struct scenario_setup *s = w->foresights->setup;
	char text[80], from[32];

	clock_iso(w->snapshot->ts_us, from);
	fputs("<dl>\n", out);
	document_fact(out, "Scenarios", s->path);
	document_fact(out, "Configuration", w->config->path);
	document_fact(out, "Gateway", w->config->gateway_id);
	document_fact(out, "State of", from);
	snprintf(text, sizeof(text), "%.6g min", s->world.horizon_s / 60);
	document_fact(out, "Horizon", text);
	document_fact(out, "Date", date);
	document_fact(out, "Made by", "pollux " POLLUX_VERSION);
	fputs("</dl>\n", out);
}

void whatif_print_page(FILE *out, const struct whatif *w, const char *date)
{
	char remark[400];

	document_open(out, "", "What if: %s", w->foresights->setup->path);
	fputs("<p class=\"quiet\">What if</p>\n<h1>", out);
	markup_format(out, "%s, ahead of time", w->config->gateway_id);
	fputs("</h1>\n", out);
	print_facts(out, w, date);
	print_kpis(out, w);
	print_courses(out, w);
	for (size_t i = 0; whatif_remark(w, i, remark, sizeof(remark)); i++) {
		fputs(i ? "<li>" : "<h2>To be known</h2>\n<ul><li>", out);
		markup_text(out, remark);
		fputs("</li>\n", out);
	}
	fputs(whatif_remark(w, 0, remark, sizeof(remark)) ? "</ul>\n" : "", out);
	document_close(out);
}
