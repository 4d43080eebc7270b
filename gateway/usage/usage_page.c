/* SPDX-License-Identifier: Apache-2.0 */
/* The page: what happened, parameters by version, spectra as bars. */
#include <math.h>
#include <stdio.h>

#include "gateway/clock.h"
#include "gateway/html/chart.h"
#include "gateway/html/document.h"
#include "gateway/html/markup.h"
#include "gateway/usage/usage_view.h"

enum {
	DATE_BYTES = 32,
	WIDTH = 440,
	HEIGHT = 150,
	LEFT = 58,
	RIGHT = 10,
	BOTTOM = 40,
	TOP = 8
};

static const char style[] = ".pair{display:flex;gap:1.2rem;flex-wrap:wrap}.pair "
			    "figure{flex:1 1 400px;margin:0 0 "
			    "1rem}.bars text{font:11px system-ui,sans-serif;fill:#5b6672}"
			    ".bars .end{text-anchor:end}.bars .mid{text-anchor:middle}"
			    ".bars rect{fill:#17589c}.bars path{stroke:#dfe3e8;fill:none}"
			    "td.out{background:#fdf3f2;color:#b3261e;font-weight:600}\n";

/* ---- spectra ---- */

static double most_of(const struct spectrum *s)
{
	double most = 0;

	for (size_t i = 0; i < s->n; i++) {
		most = fmax(most, s->amount[i]);
	}
	return most;
}

#define ONE_VALUE 1e-3 /* of it: so narrow an axis has one tick */

struct paper {
	const struct spectrum *s;
	const char *x, *y; /* what the axes say */
	double scale;      /* of amounts */
};

static double x_of(const struct paper *p, double value)
{
	double from = spectrum_from(p->s, 0), to = spectrum_from(p->s, p->s->n);

	return LEFT + (value - from) / (to - from) * (WIDTH - LEFT - RIGHT);
}

static void print_tick(FILE *out, const struct paper *p, double value)
{
	fprintf(out, "<text class=\"mid\" x=\"%.1f\" y=\"%d\">%.4g</text>",
	        x_of(p, value), HEIGHT - BOTTOM + 15, value);
}

static void print_axes(FILE *out, const struct paper *p, double top)
{
	double step = chart_step(top, 4);
	double from = spectrum_from(p->s, 0), to = spectrum_from(p->s, p->s->n);
	double tick = chart_step(to - from, 6);
	int ticks = 12; /* at most */

	for (int i = 0; i * step <= top * (1 + 1e-9) && i < 10; i++) {
		double y = HEIGHT - BOTTOM - i * step / top * (HEIGHT - BOTTOM - TOP);

		fprintf(out,
		        "<path d=\"M%d %.1fH%d\"/><text class=\"end\" x=\"%d\" "
		        "y=\"%.1f\">%.4g"
		        "</text>",
		        LEFT, y, WIDTH - RIGHT, LEFT - 5, y + 4, i * step);
	}
	if (to - from < ONE_VALUE * fmax(fabs(from), fabs(to))) {
		print_tick(out, p, (from + to) / 2); /* others would say the same */
		ticks = 0;
	}
	for (int i = 0; i < ticks && ceil(from / tick) * tick + i * tick <= to; i++) {
		double value = ceil(from / tick) * tick + i * tick;

		print_tick(out, p, fabs(value) < tick * 1e-6 ? 0 : value);
	}
	fprintf(out, "<text class=\"mid\" x=\"%d\" y=\"%d\">", (LEFT + WIDTH) / 2,
	        HEIGHT - 6);
	markup_text(out, p->x);
	fprintf(out,
	        "</text><text class=\"mid\" transform=\"translate(11 %d) rotate(-90)\">%s"
	        "</text>\n",
	        (HEIGHT - BOTTOM + TOP) / 2, p->y);
}

static void print_bars(FILE *out, const struct paper *p)
{
	double top = most_of(p->s) * p->scale;

	if (p->s->n == 0 || !(top > 0)) {
		return;
	}
	fprintf(out,
	        "<figure><svg class=\"bars\" role=\"img\" viewBox=\"0 0 %d %d\" "
	        "width=\"100%%\">\n",
	        WIDTH, HEIGHT);
	print_axes(out, p, top);
	for (size_t i = 0; i < p->s->n; i++) {
		double height = p->s->amount[i] * p->scale / top *
		                (HEIGHT - BOTTOM - TOP);
		double x = x_of(p, spectrum_from(p->s, i));

		fprintf(out,
		        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", x,
		        HEIGHT - BOTTOM - height,
		        fmax(x_of(p, spectrum_from(p->s, i + 1)) - x - 1, 1), height);
	}
	fputs("</svg></figure>\n", out);
}

static const char *unit_of(const struct usage *u, const struct usage_tag *t)
{
	const char *unit = u->config->tags[t->tag].kind->unit;

	return unit ? unit : "";
}

static void print_spectra(FILE *out, const struct usage *u)
{
	fputs("<h2>Load spectra</h2>\n<p class=\"quiet\">Left the time at each level, "
	      "right "
	      "the cycles by their range (rainflow, ASTM E1049); turns below 1 % of the "
	      "whole range, or within the noise that the twin sees, are none.</p>\n",
	      out);
	for (size_t i = 0; i < u->n_tags; i++) {
		const struct usage_tag *t = &u->tags[i];
		const struct tag *tag = &u->config->tags[t->tag];
		char level[100], range[100];
		struct paper left = {&t->level, level, "hours", 1.0 / 3600};
		struct paper right = {&t->flow.cycles, range, "cycles", 1};

		if (t->is_switch || t->level.n == 0) {
			continue;
		}
		snprintf(level, sizeof(level), "%.60s%s%.30s", tag->name,
		         *unit_of(u, t) ? ", " : "", unit_of(u, t));
		snprintf(range, sizeof(range), "range%s%.30s", *unit_of(u, t) ? ", " : "",
		         unit_of(u, t));
		fputs("<h3>", out);
		markup_format(out, "%s/%s", tag->device, tag->name);
		fputs("</h3>\n<div class=\"pair\">", out);
		print_bars(out, &left);
		print_bars(out, &right);
		fputs("</div>\n", out);
	}
}

/* ---- tables ---- */

static void print_number(FILE *out, double number, bool bad)
{
	fprintf(out, "<td class=\"number%s\">", bad ? " out" : "");
	if (isfinite(number)) {
		fprintf(out, "%.5g", number);
	}
	fputs("</td>", out);
}

/* To a tenth. */
static void print_tenth(FILE *out, double number)
{
	fputs("<td class=\"number\">", out);
	if (isfinite(number)) {
		fprintf(out, "%.1f", number);
	}
	fputs("</td>", out);
}

static double share(const struct usage_tag *t, enum tag_state state)
{
	double all = 0;

	for (int i = 0; i <= STATE_BAD; i++) {
		all += t->state_s[i];
	}
	return all > 0 ? 100 * t->state_s[state] / all : (double)NAN;
}

static void print_tag(FILE *out, const struct usage *u, const struct usage_tag *t)
{
	const struct tag *tag = &u->config->tags[t->tag];

	fputs("<tr><td class=\"id\">", out);
	markup_format(out, "%s/%s", tag->device, tag->name);
	fputs("</td><td>", out);
	markup_text(out, unit_of(u, t));
	fputs("</td>", out);
	print_tenth(out, t->known_s / 3600);
	print_number(out, t->level.n ? t->level.least : (double)NAN, false);
	print_number(out, t->level.n ? t->level.most : (double)NAN, false);
	print_tenth(out, t->is_switch ? t->on_s / 3600 : (double)NAN);
	print_number(out, t->is_switch ? (double)t->starts : (double)NAN, false);
	print_number(out, t->is_switch ? (double)NAN : t->flow.cycles.sum, false);
	print_tenth(out, share(t, STATE_HEALTHY));
	print_tenth(out, share(t, STATE_DRIFT) + share(t, STATE_MISMATCH));
	print_tenth(out, share(t, STATE_BAD) + share(t, STATE_STALE));
	fputs("</tr>\n", out);
}

static void print_tags(FILE *out, const struct usage *u)
{
	fputs("<h2>What it did</h2>\n<table><thead><tr><th>Tag</th><th>Unit</th>"
	      "<th class=\"number\">Known, h</th><th class=\"number\">Least</th>"
	      "<th class=\"number\">Most</th><th class=\"number\">On, h</th>"
	      "<th class=\"number\">Starts</th><th class=\"number\">Cycles</th>"
	      "<th class=\"number\">Healthy, %</th><th class=\"number\">Off, %</th>"
	      "<th class=\"number\">Bad, %</th></tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < u->n_tags; i++) {
		print_tag(out, u, &u->tags[i]);
	}
	fputs("</tbody></table>\n", out);
}

static void print_envelope(FILE *out, const struct usage *u)
{
	bool any = false;

	for (size_t i = 0; i < u->n_tags; i++) {
		const struct usage_tag *t = &u->tags[i];
		const struct tag *tag = &u->config->tags[t->tag];
		char date[DATE_BYTES];

		if (isnan(t->min) && isnan(t->max)) {
			continue;
		}
		fputs(any ? ""
		          : "<h2>Against its design</h2>\n<table><thead><tr><th>Tag</th>"
		            "<th>Envelope</th><th class=\"number\">Min</th>"
		            "<th class=\"number\">Max</th><th class=\"number\">Outside, "
		            "s</th>"
		            "<th class=\"number\">By at most</th><th "
		            "class=\"number\">Times"
		            "</th><th>First</th></tr></thead><tbody>\n",
		      out);
		any = true;
		fputs("<tr><td class=\"id\">", out);
		markup_format(out, "%s/%s", tag->device, tag->name);
		fputs("</td><td>", out);
		markup_text(out, t->name ? t->name : "");
		fputs("</td>", out);
		print_number(out, t->min, false);
		print_number(out, t->max, false);
		print_number(out, t->outside_s, t->outside_us != 0);
		print_number(out, t->worst, t->outside_us != 0);
		print_number(out, (double)t->excursions, false);
		clock_iso(t->outside_us, date);
		fprintf(out, "<td>%s</td></tr>\n", t->outside_us ? date : "never");
	}
	fputs(any ? "</tbody></table>\n" : "", out);
}

static void print_machines(FILE *out, const struct usage *u)
{
	fputs(u->n_made ? "<h2>Machines</h2>\n<table><thead><tr><th>Machine</th>"
	                  "<th class=\"number\">Works, h</th><th class=\"number\">Idle, "
	                  "h</th><th class=\"number\">Down, h</th><th "
	                  "class=\"number\">Jobs</th><th class=\"number\">Bad</th><th "
	                  "class=\"number\">Availability, %</th><th "
	                  "class=\"number\">Effectiveness, %</th><th "
	                  "class=\"number\">Quality, %</th><th class=\"number\">OEE, "
	                  "%</th></tr></thead><tbody>\n"
	                : "",
	      out);
	for (size_t i = 0; i < u->n_made; i++) {
		const struct usage_made *m = &u->made[i];

		fputs("<tr><td class=\"id\">", out);
		markup_text(out, m->machine->id);
		fputs("</td>", out);
		print_tenth(out, m->time.work_s / 3600);
		print_tenth(out, m->time.idle_s / 3600);
		print_tenth(out, m->time.down_s / 3600);
		print_number(out, m->jobs, false);
		print_number(out, m->rejects, false);
		print_tenth(out, 100 * m->oee.availability);
		print_tenth(out, 100 * m->oee.effectiveness);
		print_tenth(out, 100 * m->oee.quality);
		print_tenth(out, 100 * m->oee.oee);
		fputs("</tr>\n", out);
	}
	fputs(u->n_made
	              ? "</tbody></table>\n<p class=\"quiet\">After ISO 22400-2; planned "
	                "to be busy is all the time that is known.</p>\n"
	              : "",
	      out);
}

static void print_alarms(FILE *out, const struct usage *u)
{
	if (u->n_kinds == 0) {
		fputs("<h2>Alarms</h2>\n<p>There were none.</p>\n", out);
		return;
	}
	fputs("<h2>Alarms</h2>\n<table><thead><tr><th>Tag</th><th>Kind</th><th>Severity</"
	      "th>"
	      "<th class=\"number\">How many</th></tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < u->n_kinds; i++) {
		const struct usage_kind *k = &u->kinds[i];

		fputs("<tr><td class=\"id\">", out);
		markup_text(out, k->tag);
		fputs("</td><td>", out);
		markup_text(out, k->kind);
		fputs("</td><td>", out);
		markup_text(out, k->severity);
		fprintf(out, "</td><td class=\"number\">%llu</td></tr>\n",
		        (unsigned long long)k->n);
	}
	fputs("</tbody></table>\n", out);
}

static void print_versions(FILE *out, const struct usage *u)
{
	fputs(u->n_versions
	              ? "<h2>How its parameters moved</h2>\n<table><thead><tr>"
	                "<th>Component</th><th class=\"number\">Version</th><th>Time"
	                "</th><th>Parameters</th></tr></thead><tbody>\n"
	              : "",
	      out);
	for (size_t i = 0; i < u->n_versions; i++) {
		const struct usage_version *v = &u->versions[i];
		const struct component_config *c =
			&u->config->twin.components[v->component];
		char date[DATE_BYTES];

		clock_iso(v->ts_us, date);
		fputs("<tr><td class=\"id\">", out);
		markup_text(out, c->id);
		fprintf(out, "</td><td class=\"number\">%lld%s</td><td>%s</td><td>",
		        (long long)v->number, v->in_force ? ", in force" : "", date);
		for (size_t k = 0; k < c->model->n_parameters; k++) {
			double before = c->parameters[k], now = v->parameters[k];

			if (fabs(now - before) > 0) {
				markup_format(out, "%s %.5g (%+.1f %%)  ",
				              c->model->parameters[k].name, now,
				              100 * (now / before - 1));
			}
		}
		fputs("</td></tr>\n", out);
	}
	fputs(u->n_versions ? "</tbody></table>\n<p class=\"quiet\">In % of what is "
	                      "configured.</p>\n"
	                    : "",
	      out);
}

void usage_print_page(FILE *out, const struct usage *u, const char *date)
{
	char since[DATE_BYTES], until[DATE_BYTES];

	clock_iso(u->since_us, since);
	clock_iso(u->until_us, until);
	document_open(out, style, "Use of %s", u->config->gateway_id);
	fputs("<p class=\"quiet\">Field data for design</p>\n<h1>", out);
	markup_format(out, "What %s did", u->config->gateway_id);
	fputs("</h1>\n<dl>\n", out);
	document_fact(out, "From", since);
	document_fact(out, "To", until);
	document_fact(out, "Configuration", u->config->path);
	document_fact(out, "Date", date);
	document_fact(out, "Made by", "pollux " POLLUX_VERSION);
	fputs("</dl>\n", out);
	print_machines(out, u);
	print_envelope(out, u);
	print_tags(out, u);
	print_alarms(out, u);
	print_versions(out, u);
	print_spectra(out, u);
	document_close(out);
}
